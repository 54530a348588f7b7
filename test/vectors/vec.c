/* SPDX-License-Identifier: Apache-2.0 */
#include "vec.h"

#include "hex.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
	void (*run)(const struct vec *v);
	const struct vec *v;
	struct arena arena;
	bool failed;
} now;

bool vec_note(bool ok)
{
	now.failed |= !ok;
	return ok;
}

struct arena *vec_arena(void)
{
	return &now.arena;
}

static const struct vec *from_json(const json_t *j)
{
	return (const struct vec *)j;
}

static const json_t *find(const struct vec *v, const char *name)
{
	const json_t *j = (const json_t *)v;
	return name ? json_object_get(j, name) : j;
}

/* is fails the case unless ok; what should be in a missing value is not reported again. */
static bool is(const struct vec *v, const char *name, bool ok, const char *kind)
{
	return !v ? false : CHECK(ok, "%s is not %s", name ? name : "a value", kind);
}

bool vec_has(const struct vec *v, const char *name)
{
	const json_t *j = find(v, name);
	return j && !json_is_null(j);
}

const struct vec *vec_get(const struct vec *v, const char *name)
{
	const json_t *j = find(v, name);
	return is(v, name, j != NULL, "there") ? from_json(j) : NULL;
}

const char *vec_str(const struct vec *v, const char *name)
{
	const json_t *j = find(v, name);
	return is(v, name, json_is_string(j), "a string") ? json_string_value(j) : "";
}

struct slice vec_hex(const struct vec *v, const char *name)
{
	struct slice text = slice_str(vec_str(v, name));
	uint8_t *bytes = arena_alloc(&now.arena, text.len / 2, 1);
	if (!is(v, name, bytes && hex_read(text, bytes, text.len / 2), "hexadecimal"))
		return (struct slice){0};
	return slice_make(bytes, text.len / 2);
}

uint64_t vec_int(const struct vec *v, const char *name)
{
	const json_t *j = find(v, name);
	if (json_is_string(j)) {
		const char *s = json_string_value(j);
		bool digits = *s && strspn(s, "0123456789") == strlen(s) && strlen(s) < 20;
		return is(v, name, digits, "a number") ? strtoull(s, NULL, 10) : 0;
	}
	json_int_t i = json_integer_value(j);
	return is(v, name, json_is_integer(j) && i >= 0, "a number") ? (uint64_t)i : 0;
}

bool vec_bool(const struct vec *v, const char *name)
{
	const json_t *j = find(v, name);
	return is(v, name, json_is_boolean(j), "true or false") && json_is_true(j);
}

size_t vec_n(const struct vec *v, const char *name)
{
	const json_t *j = find(v, name);
	return is(v, name, json_is_array(j), "an array") ? json_array_size(j) : 0;
}

const struct vec *vec_at(const struct vec *v, const char *name, size_t i)
{
	const json_t *j = find(v, name);
	if (!is(v, name, json_is_array(j), "an array"))
		return NULL;
	bool there = i < json_array_size(j);
	return CHECK(there, "%s[%zu]", name ? name : "a value", i) ? from_json(json_array_get(j, i))
								   : NULL;
}

/* A long value is cut where it is no longer like the other. */
static void print_bytes(const char *what, struct slice s, size_t from)
{
	printf("#   %s, %zu bytes, from %zu:", what, s.len, from);
	for (size_t i = from; i < s.len && i < from + 32; i++)
		printf(" %02x", s.ptr[i]);
	(void)putchar('\n');
}

bool vec_eq(struct slice got, struct slice want, const char *what, const char *file, int line)
{
	if (slice_eq(got, want))
		return true;
	size_t at = 0;
	while (at < got.len && at < want.len && got.ptr[at] == want.ptr[at])
		at++;
	(void)vec_note(test_check(false, file, line, what, "differs at byte %zu", at));
	print_bytes("got", got, at);
	print_bytes("want", want, at);
	return false;
}

bool vec_ok(struct sr_err e, const char *what, const char *file, int line)
{
	return vec_note(test_check(!sr_bad(e), file, line, what, "%s", e.what ? e.what : "?"));
}

static void run_now(void)
{
	now.run(now.v);
}

static bool run_case(const char *name, const struct vec *v, void (*run)(const struct vec *v))
{
	now.run = run;
	now.v = v;
	now.failed = false;
	test_run(name, run_now);
	arena_release(&now.arena);
	return !now.failed;
}

static void whole_file(const struct vec *v)
{
	CHECK(v, "not a list of as many cases as there should be");
}

static bool is_ours(const json_t *c)
{
	const json_t *suite = json_object_get(c, "cipher_suite");
	json_int_t id = json_integer_value(suite);
	return !suite || !json_is_integer(suite) || id == 1 || id == 3;
}

static size_t count_ours(const json_t *list)
{
	size_t n = 0;
	for (size_t i = 0; i < json_array_size(list); i++)
		n += is_ours(json_array_get(list, i));
	return n;
}

/* NULL and *missing false: there is something that cannot be read. */
static json_t *load(const char *name, bool *missing)
{
	const char *folder = getenv("SUBROSA_VECTORS");
	char path[4096];
	int len = snprintf(path, sizeof path, "%s/mls/%s", folder ? folder : "../shared/vectors",
			   name);
	FILE *f = len > 0 && (size_t)len < sizeof path ? fopen(path, "rb") : NULL;
	*missing = !f && errno == ENOENT;
	if (!f)
		return NULL;
	json_error_t why;
	json_t *list = json_loadf(f, JSON_REJECT_DUPLICATES, &why);
	if (!list)
		printf("# %s:%d: %s\n", name, why.line, why.text);
	(void)fclose(f);
	return list;
}

void vec_file(const char *name, size_t n, void (*run)(const struct vec *v))
{
	bool missing;
	size_t passed = 0, failed = 0;
	json_t *list = load(name, &missing);
	char title[256];
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *c = json_array_get(list, i);
		json_int_t suite = json_integer_value(json_object_get(c, "cipher_suite"));
		if (!is_ours(c))
			continue;
		(void)snprintf(title, sizeof title, suite ? "%s %zu, suite %d" : "%s %zu", name, i,
			       (int)suite);
		if (run_case(title, from_json(c), run))
			passed++;
		else
			failed++;
	}
	for (size_t i = 0; missing && i < n; i++) {
		(void)snprintf(title, sizeof title, "%s %zu", name, i);
		test_skip(title, "no such file");
	}
	/* A file that is cut short or does not parse must not look like success. */
	if (!missing && (!json_is_array(list) || count_ours(list) != n))
		failed += !run_case(name, NULL, whole_file);
	printf("# %s: %zu passed, %zu failed, %zu skipped\n", name, passed, failed,
	       missing ? n : 0);
	json_decref(list);
}
