/* SPDX-License-Identifier: Apache-2.0 */
#include "api.h"

#include "api_grammar.h"
#include "api_pack.h"
#include "crypto.h"
#include "base_limits.h"
#include "ledger.h"
#include "platform.h"
#include "program.h"
#include "text_print.h"
#include "trace.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct sr_err sr_init(void)
{
	return crypto_init();
}

const char *sr_version(void)
{
	return SUBROSA_VERSION;
}

void sr_bytes_free(struct sr_bytes *b)
{
	free(b->ptr);
	*b = (struct sr_bytes){0};
}

struct sr_err api_bytes(struct build *b, struct sr_bytes *out)
{
	build_u8(b, 0);
	struct slice all;
	SR_TRY(build_done(b, &all));
	*out = (struct sr_bytes){(char *)b->ptr, all.len - 1};
	*b = (struct build){.len_max = b->len_max};
	return sr_ok();
}

struct sr_sink api_sink(const struct sr_sink *sink, const char *file)
{
	return (struct sr_sink){sink->fn, sink->user, file};
}

struct sr_err api_explain(const struct sr_sink *sink, struct sr_err e)
{
	if (e.code == SR_OK)
		return e;
	if (e.sys)
		note(sink, SR_ERROR, 0, 0, "%s: %s", e.what, strerror(e.sys));
	else
		note(sink, SR_ERROR, 0, 0, "%s", e.what);
	return e;
}

struct sr_err api_blame(const struct sr_sink *sink, struct sr_err e)
{
	return e.code == SR_E_NOMEM ? e : api_explain(sink, e);
}

/* Where the data folder may lie, seen from the folder of the running program. */
static const char *const data_folders[] = {
	"../share/subrosa", /* installed */
	"../../../data",    /* build/src/cli in the source tree */
	"../data",
};

static struct sr_err try_data(const char *folder, const char *name, char *buf, size_t len)
{
	int n = snprintf(buf, len, "%s/%s", folder, name);
	if (n < 0 || (size_t)n >= len)
		return sr_fail(SR_E_LIMIT, "the path of the data folder is too long");
	if (access(buf, R_OK) != 0)
		return sr_sys("cannot be found");
	return sr_ok();
}

struct sr_err sr_data_path(const char *name, char *buf, size_t len)
{
	const char *set = getenv("SUBROSA_DATA");
	if (set && *set)
		return try_data(set, name, buf, len);
	char self[2048], folder[2200];
	struct sr_err e = program_folder(self, sizeof self);
	if (sr_bad(e))
		return e;
	for (size_t i = 0; i < sizeof data_folders / sizeof *data_folders; i++) {
		(void)snprintf(folder, sizeof folder, "%s/%s", self, data_folders[i]);
		e = try_data(folder, name, buf, len);
		if (!sr_bad(e))
			return e;
	}
	return e;
}

static_assert(SR_PASSPHRASE_BYTES == LEDGER_PASSPHRASE_BYTES, "room for a passphrase");

struct sr_err api_keys_new(const struct sr_passphrase *p, struct ledger_keys **out)
{
	const struct ledger_ask ask = {p->ask, p->user};
	return ledger_keys_new(&ask, NULL, out);
}

struct sr_err api_keys_fresh(struct ledger_keys *k, const char *path, const char *like,
			     const struct sr_sink *sink)
{
	return like ? ledger_keys_like(k, like, sink) : ledger_keys_fresh(k, path, sink);
}

static struct sr_err find_places(struct arena *a, const struct sr_find_options *find,
				 const struct sr_sink *sink, struct api_paper *p)
{
	struct vary_pack *pack = ARENA_NEW(a, struct vary_pack);
	if (!pack)
		return sr_nomem();
	SR_TRY(api_pack_find(a, find->language, find->fixed, sink, pack));
	p->language = pack->text;
	struct api_grammar *grammar;
	struct vary_found found;
	SR_TRY(api_pack_grammar(a, pack, &grammar));
	const struct vary_request q = {.pack = pack,
				       .paper = &p->text,
				       .grammar = api_grammar_reader(grammar),
				       .ask = p->ask};
	struct sr_err e = vary_find(a, &q, &found);
	if (!sr_bad(e) && found.lost_n)
		note(sink, SR_WARNING, 0, 0,
		     "the grammar reader cannot be used: %s. %zu entries of the language pack need "
		     "it and "
		     "find nothing",
		     api_grammar_why(grammar), found.lost_n);
	api_grammar_close(grammar);
	if (sr_bad(e))
		return e;
	p->found = found.places;
	p->found_n = found.places_n;
	return sr_ok();
}

struct sr_err api_paper_load(struct arena *a, const char *path, const struct sr_sink *sink,
			     struct api_paper *out)
{
	struct sr_sink at = api_sink(sink, path);
	struct slice bytes;
	struct sr_err e = platform_read_file(a, path, LIMIT_OFFICE_BYTES, &bytes);
	if (!sr_bad(e) && bytes.len > LIMIT_PAPER_BYTES && !office_docx_is(bytes))
		e = sr_fail(SR_E_LIMIT, "is larger than subrosa accepts");
	if (sr_bad(e))
		return api_explain(&at, e);
	out->source = bytes;
	return sr_ok();
}

struct sr_err api_paper_parse(struct arena *a, const char *path, const struct sr_sink *sink,
			      struct api_paper *out)
{
	struct sr_sink at = api_sink(sink, path);
	struct slice text;
	SR_TRY(api_form_open(out->source, &at, &out->form, &text));
	return api_form_parse(a, &out->form, text, &at, &out->text);
}

void api_paper_close(struct api_paper *p)
{
	api_form_close(&p->form);
}

struct sr_err api_paper_read(struct arena *a, const char *path, const struct sr_find_options *find,
			     const struct sr_sink *sink, struct api_paper *out)
{
	struct sr_sink at = api_sink(sink, path);
	SR_TRY(api_paper_load(a, path, sink, out));
	SR_TRY(api_paper_parse(a, path, sink, out));
	if (!find->no_auto)
		SR_TRY(find_places(a, find, sink, out));
	out->found_n = api_form_keep(&out->form, &out->text, out->found, out->found_n);
	struct sr_err e = vary_lattice(a, &out->text, out->found, out->found_n, &out->lattice);
	return sr_bad(e) ? api_explain(&at, e) : e;
}

static struct sr_err refuse_paper(const struct sr_sink *at, struct slice title)
{
	struct build shown = {0};
	text_print(&shown, title);
	note(at, SR_ERROR, 0, 0,
	     "this ledger belongs to another paper, or to another version of it (\"%.*s\"); every "
	     "paper needs a ledger of its own",
	     (int)shown.len, shown.len ? (const char *)shown.ptr : "");
	build_release(&shown);
	return sr_fail(SR_E_STATE, "the ledger belongs to another paper");
}

struct sr_err api_ledger_paper(struct arena *a, const struct ledger *l, const char *ledger,
			       const char *path, const struct sr_sink *sink,
			       struct api_paper *paper, struct text_lattice *out)
{
	struct sr_sink at = api_sink(sink, ledger);
	uint8_t hash[CRYPTO_HASH_LEN];
	SR_TRY(api_paper_load(a, path, sink, paper));
	crypto_digest(&paper->source, 1, hash);
	const struct ledger_paper *p = ledger_paper(l);
	if (memcmp(hash, p->source_hash, sizeof hash) != 0)
		return refuse_paper(&at, p->title);
	struct sr_err e = text_lattice_read(a, p->lattice, out);
	return sr_bad(e) ? api_explain(&at, e) : e;
}

static_assert((int)LEDGER_COLLUSION_MAX == (int)CODE_COLLUSION_MAX, "a ledger keeps a design");

struct code_design api_ledger_design(const struct ledger *l)
{
	const struct ledger_paper *p = ledger_paper(l);
	return (struct code_design){ledger_seed(l), p->lattice_hash, p->collusion};
}

struct trace_reader *api_trace_readers(struct arena *a, const struct ledger_readers *readers)
{
	struct trace_reader *out = ARENA_ARRAY(a, readers->n, struct trace_reader);
	for (size_t i = 0; i < readers->n && out; i++) {
		const struct ledger_reader *r = &readers->at[i];
		out[i] = (struct trace_reader){r->id, r->name, r->house, r->side, r->committed_at};
	}
	return out;
}

struct sr_err api_stdin_once(const struct sr_sink *sink, const char *path, bool *taken)
{
	if (!path || strcmp(path, "-") != 0)
		return sr_ok();
	if (*taken)
		return api_explain(sink, sr_fail(SR_E_INPUT,
						 "standard input ('-') can be read only once; give "
						 "the others as files"));
	*taken = true;
	return sr_ok();
}

struct sr_err api_ledgers_once(struct arena *a, const char *const *ledgers, size_t n,
			       const struct sr_sink *sink)
{
	struct stat *st = ARENA_ARRAY(a, n, struct stat);
	if (!st)
		return sr_nomem();
	for (size_t i = 0; i < n; i++) {
		if (stat(ledgers[i], &st[i]) != 0)
			continue; /* ledger_open will say why */
		for (size_t k = 0; k < i; k++) {
			if (st[k].st_ino != st[i].st_ino || st[k].st_dev != st[i].st_dev)
				continue;
			struct sr_sink at = api_sink(sink, ledgers[i]);
			return api_explain(&at, sr_fail(SR_E_INPUT, "this ledger is given twice"));
		}
	}
	return sr_ok();
}
