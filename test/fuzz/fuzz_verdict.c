/* SPDX-License-Identifier: Apache-2.0 */
/* An external verdict from anywhere, and perhaps a file of commitments behind a line of three
 * percent signs, against the leak of a fixed case. An input that begins with M is a list of changes
 * to the genuine verdict's JSON, so that the fuzzer gets past the proofs' hashes: for each, 16 bits
 * say which value, one byte what is done to it, one byte with what. G is the same for a case with
 * groups. Whatever follows must say what the genuine verdict says. */
#include "fuzz.h"

#include "verdict.h"

#include <jansson.h>

static const char alone[] =
	"The {delegation|mission} came {back|home} from the {talks|meetings} on Monday and "
	"{said|told "
	"us} that both sides had {agreed|promised} to keep {silent|quiet} about the "
	"{border|frontier} "
	"until the {summer|autumn}. The {minister|secretary} was {pleased|content} with it, and "
	"{asked "
	"for|requested} a {second|further} round in {May|April}. There will be no "
	"{statement|release} "
	"to the press {before|until} then, and the {papers|documents} stay with those who have "
	"{received|got} them. Whoever is {asked|questioned} says that {nothing|little} was "
	"decided.\n";

static const char groups[] =
	"The {#who|delegation|mission} came {back|home} from the {#what|talks|meetings} on Monday "
	"and {said|told us} that both sides had {agreed|promised} to keep {silent|quiet} about "
	"these {#what|talks|meetings} until the {summer|autumn}. The {minister|secretary} was "
	"{pleased|content} with it, and {#ask|asked for|requested} a {second|further} round in "
	"{May|April}. There will be no {statement|release} to the press {before|until} then, and "
	"the {papers|documents} stay with those in the {#who|delegation|mission} who have "
	"{received|got} them. Whoever is {#ask|asked|questioned} says that {nothing|little} was "
	"decided.\n";

/* A case: the genuine verdict, what it says, and its JSON as a tree. */
struct verdict_case {
	struct issuer issuer;
	struct arena mem;
	struct slice genuine, essence;
	struct trace_exam exam;
	json_t *tree;
};

static struct verdict_case cases[2];

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void clean_up(void)
{
	for (size_t i = 0; i < 2; i++) {
		json_decref(cases[i].tree);
		arena_release(&cases[i].mem);
		issuer_close(&cases[i].issuer);
	}
}

static void make_genuine(struct verdict_case *v, const char *paper)
{
	struct trace_external x;
	struct trace_finding f;
	struct issuer *s = &v->issuer;
	world_open(&s->w, slice_str(paper));
	issuer_start(s, 4);
	text_of(&s->w.a, text_with(&s->w, &s->w.a, symbols_of(&s->w, &s->w.a, LEAKER)), &s->leak);
	v->exam = exam_of(s);
	v->exam.max_false = 0.05;
	issuer_external(s, &v->mem, 1, v->exam.max_false, false, &x);
	v->genuine = verdict_json(&v->mem, &x);
	v->essence = verdict_essence(&v->mem, &x);
	v->tree = json_loadb((const char *)v->genuine.ptr, v->genuine.len, 0, NULL);
	must(trace_verify(&x, &v->exam, &f));
	require(v->tree && !f.why);
}

/* Changes to the tree. */

struct change {
	uint32_t left; /* values until the one that is changed */
	uint8_t what, with;
};

static json_t *value_of(uint8_t with)
{
	static const char *const texts[] = {"",       "00",        "words",    "issuer",
					    "named",  "reader4",   "reader11", "pair",
					    "triple", "coalition", "passage"};
	static const json_int_t numbers[] = {0,  1,  -1,  2,     11,        12,
					     40, 30, 255, 65536, INT64_MAX, INT64_MIN};
	if (with < 64)
		return json_string(texts[with % (sizeof texts / sizeof *texts)]);
	if (with < 128)
		return json_integer(numbers[with % (sizeof numbers / sizeof *numbers)]);
	if (with < 160)
		return json_real(1.0 / (1 + (double)(with - 128) * 1e5));
	return with < 180 ? json_array() : with < 200 ? json_object() : json_null();
}

static json_t *changed(const json_t *tree, json_t *v, const struct change *c)
{
	json_int_t number = json_integer_value(v);
	switch (c->what % 4) {
	case 0:
		return value_of(c->with);
	case 1:
		return json_is_integer(v)
			       ? json_integer(number ^ (json_int_t)(UINT64_C(1) << c->with % 63))
			       : json_null();
	case 2: { /* one character of a text */
		char *text = json_is_string(v) ? strdup(json_string_value(v)) : NULL;
		if (!text || !*text) {
			free(text);
			return json_null();
		}
		text[c->with % strlen(text)] ^= 1;
		json_t *j = json_string(text);
		free(text);
		return j ? j : json_null();
	}
	default:
		return json_deep_copy(json_object_get(tree, c->with & 1 ? "named" : "lattice"));
	}
}

static bool change_at(const json_t *tree, json_t *at, struct change *c);

static bool change_item(const json_t *tree, json_t *list, size_t i, struct change *c)
{
	json_t *v = json_array_get(list, i);
	if (c->left--)
		return change_at(tree, v, c);
	switch (c->what / 4 % 4) {
	case 0:
		require(json_array_remove(list, i) == 0);
		return true;
	case 1:
		require(json_array_insert(list, i, v) == 0);
		return true;
	case 2: {
		size_t k = c->with % json_array_size(list);
		json_t *other = json_incref(json_array_get(list, k));
		require(json_array_set(list, k, v) == 0 && json_array_set_new(list, i, other) == 0);
		return true;
	}
	default:
		require(json_array_set_new(list, i, changed(tree, v, c)) == 0);
		return true;
	}
}

/* change_at changes the value that is c->left values on, below at. */
static bool change_at(const json_t *tree, json_t *at, struct change *c)
{
	const char *key;
	json_t *v;
	for (size_t i = 0; i < json_array_size(at); i++)
		if (change_item(tree, at, i, c))
			return true;
	json_object_foreach(at, key, v)
	{
		if (c->left--) {
			if (change_at(tree, v, c))
				return true;
			continue;
		}
		json_t *n = changed(tree, v, c);
		require((c->what / 4 % 4 ? json_object_set(at, key, n)
					 : json_object_del(at, key)) == 0);
		json_decref(n);
		return true;
	}
	return false;
}

static json_t *mutated(const json_t *tree, struct slice changes)
{
	enum { CHANGES_MAX = 8 };
	json_t *j = json_deep_copy(tree);
	uint16_t which;
	struct change c;
	for (int i = 0; i < CHANGES_MAX && slice_u16(&changes, &which) &&
			slice_u8(&changes, &c.what) && slice_u8(&changes, &c.with);
	     i++) {
		c.left = which % 1024;
		(void)change_at(tree, j, &c);
	}
	return j;
}

/* One input. */

static void examine(struct arena *a, struct slice json, const struct trace_exam *e,
		    struct slice essence)
{
	struct trace_external x;
	struct trace_finding f;
	if (sr_bad(trace_external_read(a, json, &x)) || sr_bad(trace_verify(&x, e, &f)))
		return;
	require(f.why || slice_eq(verdict_essence(a, &x), essence));
	struct build out = {0};
	require(!sr_bad(trace_finding_words(&x, e, &f, &out)));
	require(!sr_bad(trace_finding_json(&x, e, &f, &out)));
	build_release(&out);
}

static struct slice cut(struct slice *rest)
{
	static const char line[] = "\n%%%\n";
	size_t n = sizeof line - 1;
	const uint8_t *p = rest->len ? memmem(rest->ptr, rest->len, line, n) : NULL;
	size_t len = p ? (size_t)(p - rest->ptr) : rest->len;
	struct slice part = slice_sub(*rest, 0, len);
	len += p ? n : 0;
	*rest = slice_sub(*rest, len, rest->len - len);
	return part;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct slice rest = slice_make(data, size);
	struct trace_exam e;
	struct commit_chain chain;
	if (!cases[0].tree) {
		must(crypto_init());
		make_genuine(&cases[0], alone);
		make_genuine(&cases[1], groups);
		(void)atexit(clean_up);
	}
	const struct verdict_case *v = &cases[size && data[0] == 'G'];
	e = v->exam;
	if (size && (data[0] == 'M' || data[0] == 'G')) {
		json_t *j = mutated(v->tree, slice_sub(rest, 1, size - 1));
		char *text = json_dumps(j, 0);
		if (text)
			examine(&a, slice_str(text), &e, v->essence);
		free(text);
		json_decref(j);
	} else {
		struct slice json = cut(&rest);
		if (rest.len && !sr_bad(commit_file_read(&a, rest, &chain)))
			e.chain = &chain;
		examine(&a, json, &e, v->essence);
	}
	arena_release(&a);
	return 0;
}
