/* SPDX-License-Identifier: Apache-2.0 */
#include "api.h"

#include "api_design.h"
#include "platform.h"
#include "text_fold.h"
#include "trace_out.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

enum { WRITE_MODE = 0600 };

/* A spot as it is listed. words: the words of the original wording, [from, to) of the paper's. */
struct listed {
	const struct text_place *place;
	uint32_t leader; /* in the list, of its group */
	uint32_t line, col;
	size_t from, to;
	double bits; /* of the symbol: a group's counts once */
};

struct lister {
	struct arena *a;
	const struct api_paper *paper;
	struct text_tokens words;
	struct listed *at;
	size_t n, symbols_n;  /* spots; places, of which a group is one */
	uint32_t *in_passage; /* by leader: how many of its spots a passage has */
	double bits;
	struct api_design design;
};

/* The questions that the table of shortest passages answers. */
static const size_t readers_asked[] = {10, 100, 1000};
static const double levels_asked[] = {1e-3, 1e-6};

enum {
	READERS_ASKED = sizeof readers_asked / sizeof *readers_asked,
	LEVELS_ASKED = sizeof levels_asked / sizeof *levels_asked,
	READERS_TOLD = 100, /* of whom the cost of the design size is told */
};

/* locate finds the line and column of a place at off: of its brace if the author made it; *own is
 * the next one that he made. */
static void locate(const struct api_paper *paper, const struct text_place *p, size_t off,
		   const struct text_paper_place **own, struct listed *out)
{
	bool author = p->origin == TEXT_ORIGIN_AUTHOR;
	const struct text_paper_place *made = author ? (*own)++ : NULL;
	if (made && !paper->form.docx) {
		out->line = made->line;
		out->col = made->col;
		return;
	}
	api_form_locate(&paper->form, paper->text.source, made ? made->from : paper->text.src[off],
			&out->line, &out->col);
}

static struct sr_err list_places(struct lister *l)
{
	const struct text_lattice *lat = &l->paper->lattice;
	const struct text_paper_place *own = l->paper->text.places;
	SR_TRY(text_tokens_make(l->a, l->paper->text.plain, &l->words));
	l->at = ARENA_ARRAY(l->a, lat->places_n, struct listed);
	l->in_passage = ARENA_ARRAY(l->a, lat->places_n, uint32_t);
	if (!l->at || !l->in_passage)
		return sr_nomem();
	size_t off = 0, word = 0;
	for (size_t i = 0; i < lat->places_n; i++) {
		const struct text_place *p = &lat->places[i];
		struct listed *out = &l->at[l->n++];
		off += lat->fixed[i].len;
		size_t end = off + p->wordings[0].len;
		locate(l->paper, p, off, &own, out);
		while (word < l->words.n && l->words.at[word].off < off)
			word++;
		out->from = word;
		while (word < l->words.n && l->words.at[word].off < end)
			word++;
		out->to = word;
		out->place = p;
		out->leader = p->leader;
		out->bits = code_design_bits(l->design.collusion, p->wordings_n);
		l->bits += p->leader == i ? out->bits : 0;
		l->symbols_n += p->leader == i;
		off = end;
	}
	return sr_ok();
}

/* worth returns the bits that the passage owes to this spot alone: none if it has another of the
 * same group. */
static double worth(const struct lister *l, size_t spot)
{
	const struct listed *p = &l->at[spot];
	return l->in_passage[p->leader] == 1 ? p->bits : 0;
}

/* shortest returns the words of the shortest passage, anchors included, whose places carry at
 * least so many bits; 0 if there is none. */
static size_t shortest(const struct lister *l, double bits)
{
	size_t best = 0, first = 0;
	double sum = 0;
	if (l->n)
		memset(l->in_passage, 0, l->n * sizeof *l->in_passage);
	for (size_t last = 0; last < l->n; last++) {
		l->in_passage[l->at[last].leader]++;
		sum += worth(l, last);
		while (first < last && sum - worth(l, first) >= bits) {
			sum -= worth(l, first);
			l->in_passage[l->at[first++].leader]--;
		}
		if (sum < bits)
			continue;
		size_t words = l->at[last].to - l->at[first].from + 2;
		if (!best || words < best)
			best = words;
	}
	return best;
}

static double bits_needed(size_t readers, double level)
{
	return log2((double)readers / level);
}

static void write_wordings(const struct text_place *p, struct build *out)
{
	for (uint32_t k = 0; k < p->wordings_n; k++) {
		build_str(out, k ? " | " : "");
		for (size_t i = 0; i < p->wordings[k].len; i++) {
			uint8_t c = p->wordings[k].ptr[i];
			build_u8(out, c < ' ' || c == 0x7f ? ' ' : c);
		}
	}
}

static void write_table(const struct lister *l, struct build *out)
{
	build_str(out,
		  "\nThe shortest passage that names one reader, in words quoted without a slip "
		  "(--: the whole\npaper is not enough):\n  readers");
	for (size_t k = 0; k < LEVELS_ASKED; k++)
		build_fmt(out, "   at %g", levels_asked[k]);
	for (size_t i = 0; i < READERS_ASKED; i++) {
		build_fmt(out, "\n  %7zu", readers_asked[i]);
		for (size_t k = 0; k < LEVELS_ASKED; k++) {
			size_t words = shortest(l, bits_needed(readers_asked[i], levels_asked[k]));
			if (words)
				build_fmt(out, "  %9zu", words);
			else
				build_str(out, "         --");
		}
	}
	build_str(out, "\n");
}

static void write_spot(const struct listed *p, struct build *out)
{
	bool own = p->place->origin == TEXT_ORIGIN_AUTHOR;
	build_fmt(out, "%u:%u\t%s\t", p->line, p->col, own ? "author" : "auto");
	write_wordings(p->place, out);
	if (p->place->group.len) {
		build_fmt(out, "\t%c", TEXT_TAG_SIGN);
		build_slice(out, p->place->group);
	}
	build_str(out, "\n");
}

static void write_counts(const struct lister *l, size_t automatic, struct build *out)
{
	size_t questions_n = l->paper->text.questions_n;
	build_fmt(out, "\n%zu places (%zu by the author, %zu automatic), %.1f bits in %zu words.\n",
		  l->symbols_n, l->symbols_n - automatic, automatic, l->bits, l->words.n);
	if (l->symbols_n < l->n)
		build_fmt(out,
			  "They stand at %zu spots: those with the same tag change together and "
			  "count as one place.\n",
			  l->n);
	if (questions_n)
		build_fmt(out,
			  "%zu question%s {?|...} not answered: the first wording stands there. "
			  "Take ?| away to say yes.\n",
			  questions_n, questions_n == 1 ? " is" : "s are");
}

static void write_text(const struct lister *l, struct build *out)
{
	size_t automatic = 0;
	for (size_t i = 0; i < l->n; i++) {
		const struct listed *p = &l->at[i];
		automatic += p->leader == i && p->place->origin == TEXT_ORIGIN_AUTOMATIC;
		write_spot(p, out);
	}
	write_counts(l, automatic, out);
	api_design_words(&l->design, out);
	write_table(l, out);
}

static json_t *list_json(const struct lister *l)
{
	json_t *list = json_array();
	for (size_t i = 0; i < l->n; i++) {
		const struct listed *p = &l->at[i];
		json_t *wordings = json_array();
		for (uint32_t k = 0; k < p->place->wordings_n; k++)
			if (!json_put(&wordings, json_text(p->place->wordings[k])))
				break;
		bool own = p->place->origin == TEXT_ORIGIN_AUTHOR;
		json_t *group = p->place->group.len ? json_text(p->place->group) : json_null();
		json_t *o = json_pack("{s:i, s:i, s:s, s:f, s:o, s:o}", "line", (int)p->line,
				      "column", (int)p->col, "origin", own ? "author" : "auto",
				      "bits", p->bits, "group", group, "wordings", wordings);
		if (!json_put(&list, o))
			break;
	}
	return list;
}

static json_t *shortest_json(const struct lister *l)
{
	json_t *list = json_array();
	for (size_t i = 0; i < READERS_ASKED; i++) {
		for (size_t k = 0; k < LEVELS_ASKED; k++) {
			size_t words = shortest(l, bits_needed(readers_asked[i], levels_asked[k]));
			json_t *o = json_pack(
				"{s:I, s:f, s:o}", "readers", (json_int_t)readers_asked[i],
				"max_false", levels_asked[k], "words",
				words ? json_integer((json_int_t)words) : json_null());
			if (!json_put(&list, o))
				return NULL;
		}
	}
	return list;
}

static struct sr_err write_json(const struct lister *l, struct build *out)
{
	json_t *all = json_pack("{s:s, s:I, s:I, s:I, s:f, s:I, s:o, s:o, s:o}", "format",
				"subrosa-places/1", "places", (json_int_t)l->symbols_n, "spots",
				(json_int_t)l->n, "questions",
				(json_int_t)l->paper->text.questions_n, "bits", l->bits, "words",
				(json_int_t)l->words.n, "design", api_design_json(&l->design),
				"shortest", shortest_json(l), "list", list_json(l));
	return json_write(all, out);
}

/* An author's approved file holds his work: it is never overwritten. */
static struct sr_err write_source(struct arena *a, struct api_paper *p,
				  const struct sr_places_options *o)
{
	struct sr_sink at = api_sink(&o->sink, o->write);
	if (access(o->write, F_OK) == 0)
		return api_explain(&at,
				   sr_fail(SR_E_STATE,
					   "this file is there already and would be lost; name "
					   "another one, or remove it"));
	struct build source = {0};
	struct slice bytes;
	struct sr_err e =
		api_form_source(a, &p->form, &p->text, p->found, p->found_n, &at, &source);
	if (!sr_bad(e))
		e = build_done(&source, &bytes);
	if (!sr_bad(e))
		e = platform_write_file(o->write, bytes, WRITE_MODE);
	build_release(&source);
	return e.code == SR_E_NOMEM ? e : api_explain(&at, e);
}

static struct sr_err places(struct arena *a, const struct sr_places_options *o, struct api_paper *p,
			    struct sr_bytes *report)
{
	SR_TRY(api_design_check(o->max_collusion, &o->sink));
	SR_TRY(api_paper_read(a, o->paper, o->no_auto, &o->sink, p));
	struct lister l = {.a = a, .paper = p};
	uint32_t collusion = o->max_collusion
				     ? o->max_collusion
				     : code_design_collusion(text_lattice_symbols(&p->lattice));
	SR_TRY(api_design_weigh(a, &p->lattice, collusion, READERS_TOLD, &l.design));
	SR_TRY(list_places(&l));
	if (o->write)
		SR_TRY(write_source(a, p, o));
	struct build out = {0};
	struct sr_err e = sr_ok();
	if (o->json)
		e = write_json(&l, &out);
	else
		write_text(&l, &out);
	if (!sr_bad(e))
		e = api_bytes(&out, report);
	build_release(&out);
	return e;
}

struct sr_err sr_places(const struct sr_places_options *o, struct sr_bytes *report)
{
	struct arena a = {0};
	struct api_paper p = {0};
	struct sr_err e = places(&a, o, &p, report);
	api_paper_close(&p);
	arena_release(&a);
	return e.code == SR_E_NOMEM ? api_explain(&o->sink, e) : e;
}
