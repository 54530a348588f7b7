/* SPDX-License-Identifier: Apache-2.0 */
#include "api_pack.h"

#include "api.h"
#include "api_grammar.h"
#include "base_limits.h"
#include "platform.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The files of a pack, by name. */
struct files {
	const char **names;
	size_t n, cap;
};

static bool is_pack_file(const char *name)
{
	static const char end[] = ".pack";
	size_t n = strlen(name);
	return name[0] != '.' && n > sizeof end - 1 &&
	       strcmp(name + n - (sizeof end - 1), end) == 0;
}

static int order_names(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static struct sr_err add_file(struct arena *a, struct files *f, const char *folder,
			      const char *name)
{
	char path[4096];
	int n = snprintf(path, sizeof path, "%s/%s", folder, name);
	if (n < 0 || (size_t)n >= sizeof path)
		return sr_fail(SR_E_LIMIT, "the path of a pack's file is too long");
	const char **all = arena_grow(a, f->names, f->n, &f->cap, sizeof *all);
	if (!all)
		return sr_nomem();
	f->names = all;
	f->names[f->n] = arena_dup(a, path, (size_t)n);
	return f->names[f->n++] ? sr_ok() : sr_nomem();
}

static struct sr_err list_files(struct arena *a, const char *folder, struct files *f)
{
	DIR *dir = opendir(folder);
	if (!dir)
		return sr_sys("this folder cannot be read");
	struct sr_err e = sr_ok();
	for (const struct dirent *d; !sr_bad(e) && (d = readdir(dir));)
		if (is_pack_file(d->d_name))
			e = add_file(a, f, folder, d->d_name);
	(void)closedir(dir);
	if (!sr_bad(e) && !f->n)
		e = sr_fail(SR_E_INPUT, "this folder holds no language pack: no file of it ends "
					"in .pack");
	if (f->n)
		qsort(f->names, f->n, sizeof *f->names, order_names);
	return e;
}

static struct sr_err read_file(struct arena *a, const char *path, const struct sr_sink *sink,
			       struct vary_source *out)
{
	struct sr_sink at = api_sink(sink, path);
	out->name = path;
	return api_explain(&at, platform_read_file(a, path, LIMIT_PACK_BYTES, &out->bytes));
}

struct sr_err api_pack_read(struct arena *a, const char *folder, const struct sr_sink *sink,
			    struct vary_pack *out)
{
	struct files f = {0};
	struct sr_sink at = api_sink(sink, folder);
	struct sr_err e = list_files(a, folder, &f);
	if (sr_bad(e))
		return api_explain(&at, e);
	struct vary_source *sources = ARENA_ARRAY(a, f.n, struct vary_source);
	if (!sources)
		return sr_nomem();
	for (size_t i = 0; i < f.n; i++)
		SR_TRY(read_file(a, f.names[i], sink, &sources[i]));
	return vary_pack_make(a, sources, f.n, sink, out);
}

struct sr_err api_pack_find(struct arena *a, const char *language, const char *fixed,
			    const struct sr_sink *sink, struct vary_pack *out)
{
	char path[4096];
	const char *name = language ? language : "en";
	struct sr_err e = strchr(name, '/') || name[0] == '.'
				  ? sr_fail(SR_E_INPUT, "is no language")
				  : sr_data_path(name, path, sizeof path);
	if (sr_bad(e)) {
		note(sink, SR_ERROR, 0, 0,
		     "the language pack \"%s\" cannot be found; set SUBROSA_DATA to the folder "
		     "that holds it, or use --no-auto",
		     name);
		return e;
	}
	SR_TRY(api_pack_read(a, path, sink, out));
	if (!fixed)
		return sr_ok();
	struct vary_source terms;
	SR_TRY(read_file(a, fixed, sink, &terms));
	return vary_pack_fix(a, &terms, sink, out);
}

struct sr_err api_pack_grammar(struct arena *a, const struct vary_pack *pack,
			       struct api_grammar **out)
{
	const char *code = arena_dup(a, pack->language.ptr, pack->language.len);
	return code ? api_grammar_open(code, out) : sr_nomem();
}

struct sr_err sr_pack_check(const struct sr_pack_options *o, struct sr_bytes *report)
{
	struct arena a = {0};
	struct vary_pack pack;
	struct vary_tested tested = {0};
	struct build out = {0};
	struct api_grammar *grammar = NULL;
	struct sr_err e = api_pack_read(&a, o->folder, &o->sink, &pack);
	if (!sr_bad(e))
		e = api_pack_grammar(&a, &pack, &grammar);
	if (!sr_bad(e))
		e = vary_pack_test(&pack, api_grammar_reader(grammar), &o->sink, &tested);
	if (!sr_bad(e)) {
		build_fmt(&out, "%.*s: %zu entries, %zu fixed terms; %zu test sentences passed",
			  (int)pack.name.len, (const char *)pack.name.ptr, pack.entries_n,
			  pack.fixed_n, tested.passed_n);
		if (tested.skipped_n)
			build_fmt(&out,
				  ", %zu skipped, whose entries need the grammar reader: %s",
				  tested.skipped_n, api_grammar_why(grammar));
		build_str(&out, ".\n");
		e = api_bytes(&out, report);
	}
	api_grammar_close(grammar);
	build_release(&out);
	arena_release(&a);
	return e.code == SR_E_NOMEM ? api_explain(&o->sink, e) : e;
}
