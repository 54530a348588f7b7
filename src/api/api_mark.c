/* SPDX-License-Identifier: Apache-2.0 */
#include "api.h"

#include "api_commit.h"
#include "api_design.h"
#include "api_pages.h"
#include "crypto.h"
#include "issue_copy.h"
#include "issue_readers.h"
#include "ledger.h"
#include "base_limits.h"
#include "platform.h"
#include "stage.h"
#include "text_print.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One run of mark. The order of what it does is the promise: copies are written aside, readers are
 * committed, the commitment is written, copies appear, readers are marked as issued. */
struct marker {
	const struct sr_mark_options *o;
	struct arena *a;
	struct issue_readers readers; /* of the readers' file */
	struct ledger *ledger;        /* NULL while a new one is not there yet */
	struct crypto_key seed;       /* of a new ledger */
	struct api_paper source;
	const struct text_lattice *lattice;
	uint8_t lattice_hash[CRYPTO_HASH_LEN];
	uint32_t collusion;
	struct api_pages pages;
	size_t questions_n;           /* left unanswered when a new ledger was planned */
	struct ledger_paper paper;    /* of a new ledger */
	struct ledger_readers known;  /* of an old one */
	uint32_t *number;             /* by reader of the file: 0 if new */
	struct ledger_issued *issued; /* by reader of the file */
	struct stage *stage;
	struct ledger_keys *keys;
	struct commit_chain chain; /* of an old ledger */
	const char *commit_path;
	size_t lodged_n; /* commitments in the file there */
};

static struct sr_err read_readers(struct marker *m)
{
	struct sr_sink at = api_sink(&m->o->sink, m->o->readers);
	struct slice bytes;
	struct sr_err e = platform_read_file(m->a, m->o->readers, LIMIT_READERS_BYTES, &bytes);
	if (sr_bad(e))
		return api_explain(&at, e);
	e = issue_readers_parse(m->a, bytes, &at, &m->readers);
	if (sr_bad(e))
		return e;
	m->number = ARENA_ARRAY(m->a, m->readers.n, uint32_t);
	m->issued = ARENA_ARRAY(m->a, m->readers.n, struct ledger_issued);
	return m->number && m->issued ? sr_ok() : sr_nomem();
}

/* keep_collusion takes the design size of an old ledger: all its symbols were drawn for that. */
static struct sr_err keep_collusion(struct marker *m)
{
	struct sr_sink at = api_sink(&m->o->sink, m->o->ledger);
	m->collusion = ledger_paper(m->ledger)->collusion;
	if (!m->o->max_collusion || m->o->max_collusion == m->collusion)
		return sr_ok();
	note(&at, SR_ERROR, 0, 0,
	     "this ledger was made with --max-collusion %u, and all copies depend on it: it cannot "
	     "be changed any more; leave the option out, or mark with a new ledger",
	     m->collusion);
	return sr_fail(SR_E_STATE, "the ledger has another design size");
}

/* An old ledger belongs to this very paper; its lattice, not today's language pack, is the truth.
 */
static struct sr_err use_ledger(struct marker *m)
{
	SR_TRY(ledger_open(m->o->ledger, false, m->keys, &m->o->sink, &m->ledger));
	struct text_lattice *l = ARENA_NEW(m->a, struct text_lattice);
	if (!l)
		return sr_nomem();
	SR_TRY(api_ledger_paper(m->a, m->ledger, m->o->ledger, m->o->paper, &m->o->sink, &m->source,
				l));
	m->lattice = l;
	memcpy(m->lattice_hash, ledger_paper(m->ledger)->lattice_hash, sizeof m->lattice_hash);
	/* The ledger has the wording of a text file; a document is needed for its looks. */
	if (office_docx_is(m->source.source))
		SR_TRY(api_paper_parse(m->a, m->o->paper, &m->o->sink, &m->source));
	SR_TRY(keep_collusion(m));
	SR_TRY(api_pages_use(m->a, m->o, m->ledger, &m->source, m->lattice, &m->pages));
	return ledger_readers_load(m->ledger, m->a, &m->known);
}

/* warn_questions tells that places are lost which the author may have meant to have. */
static void warn_questions(struct marker *m)
{
	struct sr_sink at = api_sink(&m->o->sink, m->o->paper);
	m->questions_n = m->source.text.questions_n;
	if (m->questions_n)
		note(&at, SR_WARNING, 0, 0,
		     "%zu question%s not answered, {?|...}: every copy has the first wording "
		     "there, "
		     "and that cannot be changed later with this ledger",
		     m->questions_n, m->questions_n == 1 ? " is" : "s are");
}

/* refuse_twins refuses to make copies that are all alike, unless the author wants it so. */
static struct sr_err refuse_twins(const struct marker *m)
{
	struct sr_sink at = api_sink(&m->o->sink, m->o->paper);
	if (m->lattice->places_n || m->pages.marks_n || m->o->force)
		return sr_ok();
	if (m->pages.wanted)
		return api_explain(
			&at, sr_fail(SR_E_INPUT,
				     "the paper has no place where copies could differ, and no "
				     "word on its pages has room to move, so no leak of it could "
				     "be traced; write {one wording|another} at some places, or "
				     "--force to make identical copies"));
	return api_explain(
		&at, sr_fail(SR_E_INPUT,
			     "the paper has no place where copies could differ, so no leak of it "
			     "could be traced; write {one wording|another} at some places, use "
			     "--layers words,layout to mark pages, or --force to make identical "
			     "copies"));
}

/* plan_ledger prepares everything of a new ledger but does not make it. */
static struct sr_err plan_ledger(struct marker *m)
{
	struct api_paper *p = &m->source;
	SR_TRY(api_paper_read(m->a, m->o->paper, &m->o->find, &m->o->sink, p));
	warn_questions(m);
	struct build lattice = {0};
	struct slice kept;
	text_lattice_write(&p->lattice, &lattice);
	SR_TRY(build_keep(&lattice, m->a, &kept));
	m->lattice = &p->lattice;
	m->collusion = m->o->max_collusion
			       ? m->o->max_collusion
			       : code_design_collusion(text_lattice_symbols(&p->lattice));
	m->paper = (struct ledger_paper){
		.collusion = m->collusion,
		.title = text_paper_title(p->text.plain),
		.lattice = kept,
		.created = platform_now(),
	};
	crypto_digest(&p->source, 1, m->paper.source_hash);
	crypto_digest(&m->paper.lattice, 1, m->lattice_hash);
	SR_TRY(api_pages_plan(m->a, m->o, p, m->lattice, m->paper.title, m->paper.created,
			      &m->pages));
	SR_TRY(refuse_twins(m));
	return crypto_key_random(&m->seed);
}

/* plan_seal asks for the passphrase of a new ledger before anything is written. */
static struct sr_err plan_seal(struct marker *m, bool old)
{
	struct sr_sink at = api_sink(&m->o->sink, m->o->ledger);
	if (!old)
		return api_keys_fresh(m->keys, m->o->ledger, m->o->same_key_as, &m->o->sink);
	if (ledger_sealed(m->ledger))
		return sr_ok();
	return api_explain(&at, sr_fail(SR_E_STATE, "the ledger is there and is not sealed; seal "
						    "it with 'subrosa ledger seal'"));
}

static int by_id(const void *a, const void *b)
{
	const struct ledger_reader *x = a, *y = b;
	return slice_order(x->id, y->id);
}

/* match_readers finds the readers of the file that the ledger has; their details must agree. */
static struct sr_err match_readers(struct marker *m)
{
	struct sr_sink at = api_sink(&m->o->sink, m->o->readers);
	if (m->known.n)
		qsort(m->known.at, m->known.n, sizeof *m->known.at, by_id);
	struct sr_err worst = sr_ok();
	for (size_t i = 0; i < m->readers.n && m->known.n; i++) {
		const struct issue_reader *r = &m->readers.at[i];
		struct ledger_reader key = {.id = r->id};
		const struct ledger_reader *k =
			bsearch(&key, m->known.at, m->known.n, sizeof key, by_id);
		if (!k)
			continue;
		m->number[i] = k->number;
		if (slice_eq(k->name, r->name) && slice_eq(k->house, r->house) &&
		    slice_eq(k->side, r->side))
			continue;
		note(&at, SR_ERROR, r->line, 1,
		     "reader \"%.*s\" stands in the ledger with another name, house or side; an "
		     "issued copy cannot change hands: use a new id",
		     (int)r->id.len, (const char *)r->id.ptr);
		worst = sr_fail(SR_E_STATE, "a reader's details differ from the ledger's");
	}
	return worst;
}

/* The extension of the paper's name with its dot; none for standard input. */
static struct slice extension(const struct marker *m)
{
	if (m->source.form.docx)
		return SLICE_LIT(".docx");
	const char *paper = m->o->paper;
	const char *slash = strrchr(paper, '/');
	const char *base = slash ? slash + 1 : paper;
	const char *dot = strrchr(base, '.');
	return slice_str(dot && dot != base ? dot : "");
}

/* What the folder of the copies refuses is told with its name. */
static struct sr_err explain_folder(const struct marker *m, struct sr_err e)
{
	struct sr_sink at = api_sink(&m->o->sink, m->o->out_dir);
	return api_blame(&at, e);
}

/* put_file adds what a reader gets to the stage, as ID and extension, and gives its digest. */
static struct sr_err put_file(struct marker *m, struct slice id, struct slice ext,
			      const struct build *copy, uint8_t digest[CRYPTO_HASH_LEN])
{
	struct build name = {0};
	struct slice bytes = slice_make(copy->ptr, copy->len), file;
	build_slice(&name, id);
	build_slice(&name, ext);
	struct sr_err e = build_done(&name, &file);
	if (!sr_bad(e))
		e = explain_folder(m, stage_put(m->stage, file, bytes));
	crypto_digest(&bytes, 1, digest);
	build_release(&name);
	return e;
}

/* PAGES_BATCH: so many readers' pages are in memory at a time. */
enum { PAGES_BATCH = 64 };

/* stage_pages adds the pages of readers from .. to-1, at most PAGES_BATCH. */
static struct sr_err stage_pages(struct marker *m, size_t from, size_t to)
{
	struct build pdf[PAGES_BATCH] = {{0}};
	struct sr_err e = api_pages_make(&m->pages, &m->readers.at[from], to - from, pdf);
	for (size_t i = from; i < to && !sr_bad(e); i++) {
		m->issued[i].has_page = true;
		e = put_file(m, m->readers.at[i].id, SLICE_LIT(".pdf"), &pdf[i - from],
			     m->issued[i].page_hash);
	}
	for (size_t i = 0; i < PAGES_BATCH; i++)
		build_release(&pdf[i]);
	return e;
}

/* stage_batch adds what readers from .. to-1 get. */
static struct sr_err stage_batch(struct marker *m, struct issue_job *job, size_t from, size_t to)
{
	struct build copy = {0};
	struct sr_err e = sr_ok();
	for (size_t i = from; i < to && !sr_bad(e); i++) {
		struct slice id = m->readers.at[i].id;
		e = api_form_copy(&m->source.form, job, id, &copy);
		if (!sr_bad(e))
			e = put_file(m, id, extension(m), &copy, m->issued[i].copy_hash);
	}
	build_release(&copy);
	return sr_bad(e) || !m->pages.wanted ? e : stage_pages(m, from, to);
}

static struct sr_err stage_copies(struct marker *m)
{
	struct issue_job job;
	const struct crypto_key *seed = m->ledger ? ledger_seed(m->ledger) : &m->seed;
	const struct code_design design = {seed, m->lattice_hash, m->collusion};
	struct sr_sink at = api_sink(&m->o->sink, m->o->paper);
	SR_TRY(issue_job_init(m->a, m->lattice, &design, &job));
	SR_TRY(api_pages_open(m->a, m->lattice, &design, &at, &m->pages));
	SR_TRY(explain_folder(m, stage_open(m->o->out_dir, &m->o->sink, &m->stage)));
	for (size_t from = 0, to; from < m->readers.n; from = to) {
		to = m->readers.n - from < PAGES_BATCH ? m->readers.n : from + PAGES_BATCH;
		SR_TRY(stage_batch(m, &job, from, to));
		if (m->o->progress.fn)
			m->o->progress.fn(m->o->progress.user, "copies", to, m->readers.n);
	}
	return sr_ok();
}

/* A new ledger where a commitment of an old one lies, or an old one that is not what was committed,
 * is refused. */
static struct sr_err check_commitments(struct marker *m)
{
	m->commit_path = api_commit_path(m->a, m->o->ledger);
	if (!m->commit_path)
		return sr_nomem();
	if (m->ledger)
		SR_TRY(api_commit_load(m->a, m->ledger, m->o->ledger, &m->o->sink, &m->chain));
	struct sr_sink at = api_sink(&m->o->sink, m->o->ledger);
	if (m->chain.n && m->chain.at[m->chain.n - 1].readers_n > m->known.n)
		return api_explain(&at,
				   sr_fail(SR_E_STATE, "another program has added readers "
						       "meanwhile; run the same command again"));
	return api_commit_guard(m->a, m->commit_path, &m->chain, &m->o->sink, &m->lodged_n);
}

/* new_readers gives those of the file that the ledger does not have. */
static struct ledger_reader *new_readers(struct marker *m, size_t *n)
{
	struct ledger_reader *batch = ARENA_ARRAY(m->a, m->readers.n, struct ledger_reader);
	*n = 0;
	for (size_t i = 0; i < m->readers.n && batch; i++) {
		const struct issue_reader *r = &m->readers.at[i];
		if (!m->number[i])
			batch[(*n)++] = (struct ledger_reader){.id = r->id,
							       .fold = r->fold,
							       .name = r->name,
							       .house = r->house,
							       .side = r->side};
	}
	return batch;
}

/* make_entry appends the commitment to the readers known and the n of batch, which begin at now. */
static struct sr_err make_entry(struct marker *m, const struct ledger_reader *batch, size_t n,
				int64_t now, struct build *entry)
{
	const struct code_design design = {ledger_seed(m->ledger), m->lattice_hash, m->collusion};
	const struct commit_chain *c = &m->chain;
	struct api_roll roll;
	struct commit_reader *reader = api_roll_readers(m->a, &m->known, n);
	if (!reader)
		return sr_nomem();
	for (size_t i = 0; i < n; i++) {
		size_t at = m->known.n + i;
		reader[at] = (struct commit_reader){(uint32_t)at + 1, now,
						    batch[i].id,      batch[i].name,
						    batch[i].house,   batch[i].side};
	}
	const struct commit_layout layout =
		api_commit_layout(m->pages.bytes, m->pages.sheet.slots_n);
	SR_TRY(api_roll_make(m->a, m->lattice, &design, m->pages.wanted ? &layout : NULL, reader,
			     m->known.n + n, &m->o->progress, &roll));
	struct sr_err e = commit_paper_check(&roll.paper, roll.leaf, m->known.n, c);
	if (!sr_bad(e))
		e = commit_paper_entry(&roll.paper, roll.leaf, roll.n, now,
				       c->n ? &c->at[c->n - 1] : NULL,
				       c->n ? c->bytes[c->n - 1] : SLICE_LIT(""), entry);
	api_roll_release(&roll);
	struct sr_sink at = api_sink(&m->o->sink, m->o->ledger);
	return api_blame(&at, e);
}

/* write_commitments brings the file up to the entries of the ledger. Another run may add some
 * meanwhile: whoever writes last has seen them all. */
static struct sr_err write_commitments(struct marker *m)
{
	for (;;) {
		struct commit_chain c;
		SR_TRY(api_commit_load(m->a, m->ledger, m->o->ledger, &m->o->sink, &c));
		if (c.n == m->lodged_n)
			return sr_ok();
		SR_TRY(api_commit_write(m->commit_path, c.bytes, c.n, &m->o->sink));
		m->lodged_n = c.n;
	}
}

/* commit_batch commits n readers in the ledger, and then in the file for others. */
static struct sr_err commit_batch(struct marker *m, const struct ledger_reader *batch, size_t n)
{
	struct build entry = {0};
	int64_t now = platform_now();
	uint32_t first = (uint32_t)m->known.n + 1;
	struct sr_err e = sr_ok();
	/* A ledger of an older version may have readers and no commitment. */
	if (n || !m->chain.n) {
		e = make_entry(m, batch, n, now, &entry);
		if (!sr_bad(e))
			e = ledger_commit_readers(m->ledger, batch, n, first, now,
						  slice_make(entry.ptr, entry.len));
	}
	if (!sr_bad(e))
		e = write_commitments(m);
	build_release(&entry);
	return e;
}

static struct sr_err commit_readers(struct marker *m, size_t *new_n)
{
	const struct ledger_reader *batch = new_readers(m, new_n);
	if (!batch)
		return sr_nomem();
	SR_TRY(commit_batch(m, batch, *new_n));
	uint32_t next = (uint32_t)m->known.n + 1;
	for (size_t i = 0; i < m->readers.n; i++) {
		if (!m->number[i])
			m->number[i] = next++;
		m->issued[i].number = m->number[i];
	}
	return sr_ok();
}

static void tell_words(const struct marker *m, const struct sr_mark_result *r,
		       const struct api_design *design, struct build *out)
{
	struct slice ledger = slice_str(m->o->ledger);
	build_fmt(out, "%zu copies in ", r->copies);
	text_print(out, slice_str(m->o->out_dir));
	build_fmt(out, " (%zu new readers); %zu places, %.1f bits.\n", r->new_readers, r->places,
		  r->bits);
	if (r->pages)
		build_fmt(
			out,
			"Each is there as a PDF, too: %zu page%s, on which %zu words are marked by "
			"where they\nstand.\n",
			r->pages, r->pages == 1 ? "" : "s", r->marks);
	api_design_words(design, out);
	build_str(out, "Keep ");
	text_print(out, ledger);
	build_str(out, ": it is needed to trace a leak, and whoever can read it can make every "
		       "copy.\nLodge ");
	text_print(out, ledger);
	build_str(out, ".commitment with somebody else before a copy leaves: a verdict can\nbe "
		       "verified only against what was lodged before the leak.\n");
}

static struct sr_err tell_json(const struct marker *m, const struct sr_mark_result *r,
			       const struct api_design *design, struct build *out)
{
	json_t *all =
		json_pack("{s:s, s:I, s:I, s:I, s:f, s:I, s:I, s:I, s:o, s:o, s:o}", "format",
			  "subrosa-mark/1", "copies", (json_int_t)r->copies, "new_readers",
			  (json_int_t)r->new_readers, "places", (json_int_t)r->places, "bits",
			  r->bits, "pages", (json_int_t)r->pages, "marks", (json_int_t)r->marks,
			  "questions", (json_int_t)m->questions_n, "design",
			  api_design_json(design), "ledger", json_text(slice_str(m->o->ledger)),
			  "commitment", json_text(slice_str(m->commit_path)));
	return json_write(all, out);
}

/* tell puts together what the issuer should know, as words or as JSON. */
static struct sr_err tell(struct marker *m, const struct sr_mark_result *r, struct sr_bytes *report)
{
	struct api_design design;
	struct build out = {0};
	SR_TRY(api_design_weigh(m->a, m->lattice, m->collusion, m->known.n + r->new_readers,
				&design));
	struct sr_err e = sr_ok();
	if (m->o->json)
		e = tell_json(m, r, &design, &out);
	else
		tell_words(m, r, &design, &out);
	if (!sr_bad(e))
		e = api_bytes(&out, report);
	build_release(&out);
	return e;
}

static struct sr_err mark_all(struct marker *m, struct sr_bytes *report, struct sr_mark_result *out)
{
	bool taken = false;
	SR_TRY(api_design_check(m->o->max_collusion, &m->o->sink));
	SR_TRY(api_pages_check(&m->o->page, &m->o->sink));
	SR_TRY(api_stdin_once(&m->o->sink, m->o->paper, &taken));
	SR_TRY(api_stdin_once(&m->o->sink, m->o->readers, &taken));
	SR_TRY(read_readers(m));
	/* Whatever is there is looked at as a ledger, and refused if it is none. */
	bool old = access(m->o->ledger, F_OK) == 0;
	SR_TRY(old ? use_ledger(m) : plan_ledger(m));
	if (m->o->seal)
		SR_TRY(plan_seal(m, old));
	SR_TRY(match_readers(m));
	SR_TRY(check_commitments(m));
	struct sr_sink at = api_sink(&m->o->sink, m->o->paper);
	SR_TRY(api_form_plan(m->a, &m->source.form, &m->source.text, m->lattice, &at));
	SR_TRY(stage_copies(m));
	/* What stands in the way is found before anything is committed. */
	SR_TRY(stage_check(m->stage));
	if (!old)
		SR_TRY(ledger_create(m->o->ledger, &m->paper, m->pages.bytes, &m->seed,
				     m->o->seal ? m->keys : NULL, &m->o->sink, &m->ledger));
	struct sr_mark_result r = {.copies = m->readers.n,
				   .places = text_lattice_symbols(m->lattice),
				   .bits = api_design_bits(m->lattice, m->collusion),
				   .pages = m->pages.pages_n,
				   .marks = m->pages.marks_n,
				   .max_collusion = m->collusion};
	SR_TRY(commit_readers(m, &r.new_readers));
	SR_TRY(explain_folder(m, stage_commit(m->stage)));
	SR_TRY(ledger_mark_issued(m->ledger, m->issued, m->readers.n));
	/* A sealed ledger shows only since then what another run has added. */
	SR_TRY(write_commitments(m));
	SR_TRY(tell(m, &r, report));
	*out = r;
	return sr_ok();
}

struct sr_err sr_mark(const struct sr_mark_options *o, struct sr_bytes *report,
		      struct sr_mark_result *out)
{
	struct arena a = {0};
	struct marker m = {.o = o, .a = &a};
	struct sr_err e = api_keys_new(&o->passphrase, &m.keys);
	if (!sr_bad(e))
		e = mark_all(&m, report, out);
	stage_close(m.stage);
	api_pages_close(&m.pages);
	api_paper_close(&m.source);
	ledger_close(m.ledger);
	ledger_keys_free(m.keys);
	crypto_key_release(&m.seed);
	arena_release(&a);
	return e.code == SR_E_NOMEM ? api_explain(&o->sink, e) : e;
}
