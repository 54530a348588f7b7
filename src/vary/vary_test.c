/* SPDX-License-Identifier: Apache-2.0 */
/* The test sentences of a pack. Each is read as a paper, between two other sentences, by its entry
 * alone: what other entries find must not hide what this one does. */
#include "vary.h"

#include <string.h>

static bool needs_grammar(const struct vary_entry *e)
{
	return e->guards.tags_n || e->guards.links_n;
}

/* writes tells whether one of the wordings found turns the paper into want. */
static struct sr_err writes(const struct text_paper *p, const struct vary_found *f,
			    struct slice want, struct build *b, bool *out)
{
	*out = false;
	for (size_t i = 0; i < f->places_n; i++) {
		const struct vary_place *x = &f->places[i];
		for (uint32_t k = 1; k < x->place.wordings_n && !*out; k++) {
			struct slice got;
			size_t end = x->off + x->len;
			build_reset(b);
			build_slice(b, slice_sub(p->plain, 0, x->off));
			build_slice(b, x->place.wordings[k]);
			build_slice(b, slice_sub(p->plain, end, p->plain.len - end));
			SR_TRY(build_done(b, &got));
			*out = slice_eq(got, want);
		}
	}
	return sr_ok();
}

/* frame puts a sentence into a paragraph. */
static struct sr_err frame(struct arena *a, struct slice sentence, struct slice *out)
{
	static const char before[] = "So it was. ", behind[] = " So it is.";
	size_t len = sizeof before - 1 + sentence.len + sizeof behind - 1;
	uint8_t *text = arena_alloc(a, len, 1);
	if (!text)
		return sr_nomem();
	memcpy(text, before, sizeof before - 1);
	memcpy(text + sizeof before - 1, sentence.ptr, sentence.len);
	memcpy(text + sizeof before - 1 + sentence.len, behind, sizeof behind - 1);
	*out = slice_make(text, len);
	return sr_ok();
}

/* run tells what is wrong with a test, or leaves *wrong NULL. */
static struct sr_err run(struct arena *a, const struct vary_request *q, const struct vary_test *t,
			 const char **wrong)
{
	struct vary_request request = *q;
	struct text_paper paper;
	struct vary_found found;
	struct slice text, want;
	SR_TRY(frame(a, t->sentence, &text));
	struct sr_err e = text_paper_parse(a, text, NULL, &paper);
	if (e.code == SR_E_INPUT) {
		*wrong = "is no text of a paper";
		return sr_ok();
	}
	SR_TRY(e);
	request.paper = &paper;
	SR_TRY(vary_find(a, &request, &found));
	if (!t->finds && found.places_n)
		*wrong = "the entry finds a place here";
	if (t->finds && !found.places_n)
		*wrong = "the entry finds nothing here";
	if (*wrong || !t->want.len)
		return sr_ok();
	SR_TRY(frame(a, t->want, &want));
	struct build b = {0};
	bool good = false;
	e = writes(&paper, &found, want, &b, &good);
	build_release(&b);
	if (!good)
		*wrong = "no wording gives the second sentence";
	return e;
}

static struct sr_err test_entry(const struct vary_request *q, const struct sr_sink *sink,
				struct vary_tested *out)
{
	const struct vary_entry *e = q->only;
	struct sr_sink at = sink ? *sink : (struct sr_sink){0};
	at.file = e->file;
	for (size_t i = 0; i < e->tests_n; i++) {
		const struct vary_test *t = &e->tests[i];
		struct arena a = {0};
		const char *wrong = NULL;
		struct sr_err bad = run(&a, q, t, &wrong);
		arena_release(&a);
		SR_TRY(bad);
		out->failed_n += wrong != NULL;
		out->passed_n += wrong == NULL;
		if (wrong)
			note(&at, SR_ERROR, t->line, 1, "%.*s: %s: \"%.*s\"", (int)e->id.len,
			     (const char *)e->id.ptr, wrong, (int)t->sentence.len,
			     (const char *)t->sentence.ptr);
	}
	return sr_ok();
}

struct sr_err vary_pack_test(const struct vary_pack *pack, const struct vary_grammar *grammar,
			     const struct sr_sink *sink, struct vary_tested *out)
{
	*out = (struct vary_tested){0};
	for (size_t i = 0; i < pack->entries_n; i++) {
		const struct vary_entry *e = &pack->entries[i];
		/* Others are read without grammar: they have to work without it. */
		bool needs = needs_grammar(e);
		if (needs && !grammar) {
			out->skipped_n += e->tests_n;
			continue;
		}
		const struct vary_request q = {
			.pack = pack, .grammar = needs ? grammar : NULL, .only = e};
		SR_TRY(test_entry(&q, sink, out));
	}
	if (out->failed_n)
		return sr_fail(SR_E_INPUT, "test sentences of the language pack failed");
	return sr_ok();
}
