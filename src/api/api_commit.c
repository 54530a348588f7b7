/* SPDX-License-Identifier: Apache-2.0 */
#include "api_commit.h"

#include "api.h"
#include "base_parallel.h"
#include "page_sheet.h"
#include "platform.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static_assert((int)LEDGER_COMMITMENTS <= (int)COMMIT_ENTRIES_MAX,
	      "a ledger's commitments fit their file");
static_assert((int)COMMIT_ENTRY_3_LEN <= (int)LEDGER_ENTRY_BYTES, "a ledger takes an entry");

const char *api_commit_path(struct arena *a, const char *ledger)
{
	return arena_join(a, ledger, ".commitment");
}

struct sr_err api_commit_load(struct arena *a, struct ledger *l, const char *ledger,
			      const struct sr_sink *sink, struct commit_chain *out)
{
	struct sr_sink at = api_sink(sink, ledger);
	struct ledger_commitments c;
	SR_TRY(ledger_commitments_load(l, a, &c));
	*out = (struct commit_chain){0};
	if (!c.n)
		return sr_ok();
	struct slice *bytes = ARENA_ARRAY(a, c.n, struct slice);
	if (!bytes)
		return sr_nomem();
	for (size_t i = 0; i < c.n; i++)
		bytes[i] = c.at[i].entry;
	struct sr_err e = commit_chain_read(a, bytes, c.n, out);
	return api_blame(&at, e);
}

struct sr_err api_commit_read(struct arena *a, const char *path, const struct sr_sink *sink,
			      struct commit_chain *out)
{
	struct sr_sink at = api_sink(sink, path);
	struct slice bytes;
	struct sr_err e = platform_read_file(a, path, COMMIT_FILE_BYTES, &bytes);
	if (!sr_bad(e))
		e = commit_file_read(a, bytes, out);
	return api_blame(&at, e);
}

struct sr_err api_commit_guard(struct arena *a, const char *path, const struct commit_chain *chain,
			       const struct sr_sink *sink, size_t *n)
{
	struct sr_sink at = api_sink(sink, path);
	struct commit_chain file = {0};
	if (access(path, F_OK) == 0)
		SR_TRY(api_commit_read(a, path, sink, &file));
	if (commit_chain_extends(chain, &file)) {
		*n = file.n;
		return sr_ok();
	}
	if (chain->n && commit_chain_extends(&file, chain))
		return api_explain(&at, sr_fail(SR_E_STATE,
						"the ledger is not the one that was committed "
						"here last: another program has added readers "
						"meanwhile (then run the same command again), or "
						"it is an old copy (then put the right one back)"));
	return api_explain(&at, sr_fail(SR_E_STATE,
					"the ledger is not the one that was committed here: it was "
					"made anew, changed, or is an old copy; put the right one "
					"back, or move this file away"));
}

struct sr_err api_commit_write(const char *path, const struct slice *entry, size_t n,
			       const struct sr_sink *sink)
{
	enum { COMMIT_MODE = 0644 };
	struct sr_sink at = api_sink(sink, path);
	struct build file = {0};
	struct slice bytes;
	commit_file_write(entry, n, &file);
	struct sr_err e = build_done(&file, &bytes);
	/* A link to where it is lodged stays one, and what it leads to is replaced. */
	char *real = realpath(path, NULL);
	const char *to = real ? real : path;
	if (!sr_bad(e))
		e = platform_replace_file(to, bytes, COMMIT_MODE);
	/* It has to outlast a loss of power before the first copy appears. */
	if (!sr_bad(e))
		e = platform_sync_folder(to);
	free(real);
	build_release(&file);
	return api_blame(&at, e);
}

struct commit_layout api_commit_layout(struct slice sheet, uint32_t slots_n)
{
	struct commit_layout layout = {.slots_n = slots_n};
	crypto_digest(&sheet, 1, layout.sheet.at);
	return layout;
}

struct commit_reader *api_roll_readers(struct arena *a, const struct ledger_readers *readers,
				       size_t more)
{
	struct commit_reader *out = ARENA_ARRAY(a, readers->n + more, struct commit_reader);
	for (size_t i = 0; i < readers->n && out; i++) {
		const struct ledger_reader *r = &readers->at[i];
		out[r->number - 1] = (struct commit_reader){r->number, r->committed_at, r->id,
							    r->name,   r->house,        r->side};
	}
	return out;
}

/* Readers are hashed on every core, a span at a time, between which the progress is told. */
enum { SPAN_READERS = 2048, SLICE_LEAVES = 4096 };

struct hashing {
	struct api_roll *roll;
	struct commit_paper *paper; /* by thread */
	size_t from;                /* the first reader of the span */
};

static struct sr_err hash_some(void *user, unsigned thread, size_t from, size_t to)
{
	const struct hashing *h = user;
	for (size_t i = h->from + from; i < h->from + to; i++)
		SR_TRY(commit_paper_reader(&h->paper[thread], &h->roll->reader[i],
					   &h->roll->leaf[i]));
	return sr_ok();
}

static struct sr_err hash_spans(struct hashing *h, struct parallel *p,
				const struct sr_progress *progress)
{
	size_t n = h->roll->n;
	for (; h->from < n; h->from += p->n) {
		p->n = n - h->from < SPAN_READERS ? n - h->from : SPAN_READERS;
		SR_TRY(parallel_run(p));
		if (progress->fn)
			progress->fn(progress->user, "commitments", h->from + p->n, n);
	}
	return sr_ok();
}

static struct sr_err hash_readers(struct api_roll *r, const struct sr_progress *progress)
{
	size_t leaves_n = r->paper.places_n + r->paper.slots_n + 1;
	struct hashing h = {.roll = r};
	struct parallel p = {.n = r->n < SPAN_READERS ? r->n : SPAN_READERS,
			     .slice_n = SLICE_LEAVES / leaves_n + 1,
			     .run = hash_some,
			     .user = &h};
	struct arena scratch = {0};
	unsigned threads = parallel_threads(&p), made = 0;
	p.threads_max = threads; /* for so many there is room */
	h.paper = ARENA_ARRAY(&scratch, threads, struct commit_paper);
	struct sr_err e = h.paper ? sr_ok() : sr_nomem();
	for (; made < threads && !sr_bad(e); made += !sr_bad(e))
		e = commit_paper_fork(&scratch, &r->paper, &h.paper[made]);
	if (!sr_bad(e))
		e = hash_spans(&h, &p, progress);
	for (unsigned i = 0; i < made; i++)
		build_release(&h.paper[i].scratch);
	arena_release(&scratch);
	return e;
}

struct sr_err api_roll_make(struct arena *a, const struct text_lattice *lattice,
			    const struct code_design *design, const struct commit_layout *layout,
			    struct commit_reader *reader, size_t n,
			    const struct sr_progress *progress, struct api_roll *out)
{
	struct api_roll r = {
		.reader = reader, .leaf = ARENA_ARRAY(a, n, struct commit_hash), .n = n};
	if (!r.leaf)
		return sr_nomem();
	SR_TRY(commit_paper_init(a, lattice, design, layout, &r.paper));
	struct sr_err e = hash_readers(&r, progress);
	if (sr_bad(e))
		api_roll_release(&r);
	else
		*out = r;
	return e;
}

void api_roll_release(struct api_roll *r)
{
	build_release(&r->paper.scratch);
}

static struct sr_err check_lodged(struct arena *a, const char *path, const char *lodged,
				  const struct sr_sink *sink, const struct commit_chain *chain)
{
	size_t n;
	struct sr_sink at = api_sink(sink, lodged);
	if (lodged && access(lodged, F_OK) != 0)
		return api_explain(&at, sr_sys("cannot be opened"));
	const char *file = lodged ? lodged : api_commit_path(a, path);
	return file ? api_commit_guard(a, file, chain, sink, &n) : sr_nomem();
}

const char *api_uncommitted(int version)
{
	return version < 2 ? "nothing was committed yet: an older version made this ledger; "
			     "'subrosa mark' with it once more does so"
			   : "nothing was committed yet, and no copy was made: 'subrosa mark' was "
			     "interrupted, by a crash or a full disk; run the same 'subrosa mark' "
			     "again";
}

/* find_layout gives what a layout layer is committed with: its sheet, and how many slots that has.
 * Everything that is wrong is noted. */
static struct sr_err find_layout(struct ledger *l, const struct sr_sink *at,
				 struct commit_layout *out)
{
	struct arena scratch = {0};
	struct page_sheet sheet;
	struct slice bytes;
	struct sr_err e = ledger_sheet(l, &scratch, &bytes);
	if (!sr_bad(e)) {
		e = api_blame(at, page_sheet_read(&scratch, bytes, &sheet));
	}
	if (!sr_bad(e))
		*out = api_commit_layout(bytes, sheet.slots_n);
	arena_release(&scratch);
	return e;
}

static struct sr_err compute(struct arena *a, const struct ledger_readers *readers,
			     const struct commit_layout *layout, const struct sr_progress *progress,
			     struct api_committed *c)
{
	struct commit_reader *reader = api_roll_readers(a, readers, 0);
	if (!reader)
		return sr_nomem();
	SR_TRY(api_roll_make(a, &c->lattice, &c->design, layout, reader, readers->n, progress,
			     &c->roll));
	struct sr_err e = commit_paper_check(&c->roll.paper, c->roll.leaf, c->roll.n, &c->chain);
	if (sr_bad(e))
		api_roll_release(&c->roll);
	return e;
}

struct sr_err api_committed_load(struct arena *a, struct ledger *l, const char *path,
				 const char *lodged, const struct sr_sink *sink,
				 const struct sr_progress *progress, struct api_committed *out)
{
	struct sr_sink at = api_sink(sink, path);
	const struct ledger_paper *p = ledger_paper(l);
	struct ledger_readers readers;
	struct api_committed c = {.design = api_ledger_design(l)};
	struct commit_layout layout;
	SR_TRY(api_commit_load(a, l, path, sink, &c.chain));
	SR_TRY(check_lodged(a, path, lodged, sink, &c.chain));
	SR_TRY(ledger_readers_load(l, a, &readers));
	if (p->has_sheet)
		SR_TRY(find_layout(l, &at, &layout));
	struct sr_err e = text_lattice_read(a, p->lattice, &c.lattice);
	if (!sr_bad(e))
		e = compute(a, &readers, p->has_sheet ? &layout : NULL, progress, &c);
	if (!sr_bad(e))
		*out = c;
	return api_blame(&at, e);
}
