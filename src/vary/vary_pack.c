/* SPDX-License-Identifier: Apache-2.0 */
#include "vary.h"

#include "base_limits.h"
#include "text_fold.h"

#include <string.h>

struct reader {
	struct arena *a;
	const struct sr_sink *sink;
	uint32_t line;
	struct sr_err worst;
};

static struct slice cut(struct slice *rest, const char *sep)
{
	size_t n = strlen(sep);
	const uint8_t *p = rest->len ? memmem(rest->ptr, rest->len, sep, n) : NULL;
	size_t len = p ? (size_t)(p - rest->ptr) : rest->len;
	struct slice out = slice_sub(*rest, 0, len);
	size_t used = p ? len + n : len;
	*rest = slice_sub(*rest, used, rest->len - used);
	return out;
}

static bool is(struct slice s, const char *text)
{
	return slice_eq(s, slice_str(text));
}

static bool begins(struct slice s, const char *text)
{
	size_t n = strlen(text);
	return s.len >= n && memcmp(s.ptr, text, n) == 0;
}

static struct sr_err bad_entry(struct reader *r, const char *what)
{
	note(r->sink, SR_ERROR, r->line, 1, "%s", what);
	return r->worst = sr_fail(SR_E_INPUT, "the language pack has a bad entry");
}

static bool is_trimmed(struct slice s)
{
	return !s.len || (s.ptr[0] != ' ' && s.ptr[s.len - 1] != ' ');
}

/* A guard names words, or one kind of word with #. */
static bool is_known(struct slice words)
{
	return words.ptr[0] != '#' || is(words, "#number") || is(words, "#month") ||
	       is(words, "#gerund");
}

static struct sr_err read_wordings(struct reader *r, struct slice field, struct slice direction,
				   struct vary_entry *e)
{
	size_t cap = 0;
	while (field.len) {
		struct slice w = cut(&field, " | ");
		struct slice *all = arena_grow(r->a, e->wordings, e->wordings_n, &cap, sizeof *all);
		if (!all)
			return sr_nomem();
		e->wordings = all;
		e->wordings[e->wordings_n++] = w;
	}
	if (e->wordings_n < 2 || e->wordings_n > LIMIT_WORDINGS)
		return bad_entry(r, "an entry needs two or more wordings, separated by \" | \"");
	for (size_t k = 0; k < e->wordings_n; k++)
		if (!is_trimmed(e->wordings[k]))
			return bad_entry(r, "a wording begins or ends with a blank");
	if (!is(direction, "<>") && !is(direction, ">"))
		return bad_entry(r, "the direction is neither <> nor >");
	e->found_n = is(direction, ">") ? 1 : e->wordings_n;
	struct sr_err bad = text_wordings_check(e->wordings, e->wordings_n, NULL, r->line, 1);
	if (bad.code == SR_E_NOMEM)
		return bad;
	if (sr_bad(bad))
		return bad_entry(r, "two wordings of this entry are the same when folded, or one "
				    "is empty");
	return sr_ok();
}

static struct sr_err read_option(struct reader *r, struct slice f, struct vary_entry *e,
				 size_t *guards_cap, size_t *tests_cap)
{
	static const struct {
		const char *prefix;
		enum vary_guard_kind kind;
	} prefixes[] = {{"L!:", VARY_BEFORE_IS_NOT},
			{"L:", VARY_BEFORE_IS},
			{"R!:", VARY_BEHIND_IS_NOT},
			{"R:", VARY_BEHIND_IS}};
	if (is(f, "S")) {
		e->at_start = true;
		return sr_ok();
	}
	if (is(f, "NS")) {
		e->not_at_start = true;
		return sr_ok();
	}
	if (begins(f, "+ ") || begins(f, "- ")) {
		struct slice *t = arena_grow(r->a, e->tests, e->tests_n, tests_cap, sizeof *t);
		if (!t)
			return sr_nomem();
		e->tests = t;
		e->tests[e->tests_n++] = f;
		return sr_ok();
	}
	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
		size_t n = strlen(prefixes[i].prefix);
		if (!begins(f, prefixes[i].prefix) || f.len == n)
			continue;
		if (!is_known(slice_sub(f, n, f.len - n)))
			return bad_entry(
				r, "a guard's kind of word is none of #number #month #gerund");
		struct vary_guard *g =
			arena_grow(r->a, e->guards, e->guards_n, guards_cap, sizeof *g);
		if (!g)
			return sr_nomem();
		e->guards = g;
		e->guards[e->guards_n].kind = prefixes[i].kind;
		e->guards[e->guards_n++].words = slice_sub(f, n, f.len - n);
		return sr_ok();
	}
	return bad_entry(r, "a guard is not one of L: L!: R: R!: S NS, nor a test + or -");
}

static struct sr_err read_entry(struct reader *r, struct slice line, struct vary_entry *e)
{
	*e = (struct vary_entry){.line = r->line};
	if (text_utf8_bad(line) < line.len)
		return bad_entry(r, "this is not UTF-8 text");
	e->id = cut(&line, "\t");
	e->class = cut(&line, "\t");
	struct slice direction = cut(&line, "\t");
	struct slice wordings = cut(&line, "\t");
	if (!e->id.len || !e->class.len || !direction.len || !wordings.len)
		return bad_entry(r,
				 "an entry has at least four fields separated by tabs: id, class, "
				 "direction, wordings");
	SR_TRY(read_wordings(r, wordings, direction, e));
	size_t guards_cap = 0, tests_cap = 0;
	while (line.len)
		SR_TRY(read_option(r, cut(&line, "\t"), e, &guards_cap, &tests_cap));
	return sr_ok();
}

struct sr_err vary_pack_parse(struct arena *a, struct slice bytes, const struct sr_sink *sink,
			      struct vary_pack *out)
{
	struct reader r = {.a = a, .sink = sink};
	*out = (struct vary_pack){0};
	size_t cap = 0;
	while (bytes.len) {
		struct slice line = cut(&bytes, "\n");
		r.line++;
		if (line.len && line.ptr[line.len - 1] == '\r')
			line.len--;
		if (!line.len || line.ptr[0] == '#')
			continue;
		struct vary_entry e;
		struct sr_err bad = read_entry(&r, line, &e);
		if (bad.code == SR_E_NOMEM)
			return bad;
		if (sr_bad(bad))
			continue;
		struct vary_entry *all =
			arena_grow(a, out->entries, out->entries_n, &cap, sizeof *all);
		if (!all)
			return sr_nomem();
		out->entries = all;
		out->entries[out->entries_n++] = e;
	}
	return r.worst;
}
