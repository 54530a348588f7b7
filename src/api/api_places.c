/* SPDX-License-Identifier: Apache-2.0 */
#include "api.h"

#include "api_design.h"
#include "platform.h"
#include "text_fold.h"
#include "trace_out.h"

#include <math.h>
#include <unistd.h>

enum { WRITE_MODE = 0600 };

/* A place as it is listed. words: the words of the original wording, [from, to) of the paper's. */
struct listed {
	const struct text_place *place;
	uint32_t line, col;
	size_t from, to;
	double bits;
};

struct lister {
	struct arena *a;
	const struct api_paper *paper;
	struct text_tokens words;
	struct listed *at;
	size_t n;
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
	if (!author || paper->form.docx) {
		api_form_locate(&paper->form, paper->text.source, paper->text.src[off] - author,
				&out->line, &out->col);
		return;
	}
	out->line = (*own)->line;
	out->col = (*own)->col;
	++*own;
}

static struct sr_err list_places(struct lister *l)
{
	const struct text_lattice *lat = &l->paper->lattice;
	const struct text_paper_place *own = l->paper->text.places;
	SR_TRY(text_tokens_make(l->a, l->paper->text.plain, &l->words));
	l->at = ARENA_ARRAY(l->a, lat->places_n, struct listed);
	if (!l->at)
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
		out->bits = code_design_bits(l->design.collusion, p->wordings_n);
		l->bits += out->bits;
		off = end;
	}
	return sr_ok();
}

/* shortest returns the words of the shortest passage, anchors included, whose places carry at
 * least so many bits; 0 if there is none. */
static size_t shortest(const struct lister *l, double bits)
{
	size_t best = 0, first = 0;
	double sum = 0;
	for (size_t last = 0; last < l->n; last++) {
		sum += l->at[last].bits;
		while (first < last && sum - l->at[first].bits >= bits)
			sum -= l->at[first++].bits;
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

static void write_text(const struct lister *l, struct build *out)
{
	size_t automatic = 0;
	for (size_t i = 0; i < l->n; i++) {
		bool own = l->at[i].place->origin == TEXT_ORIGIN_AUTHOR;
		automatic += !own;
		build_fmt(out, "%u:%u\t%s\t", l->at[i].line, l->at[i].col, own ? "author" : "auto");
		write_wordings(l->at[i].place, out);
		build_str(out, "\n");
	}
	build_fmt(out, "\n%zu places (%zu by the author, %zu automatic), %.1f bits in %zu words.\n",
		  l->n, l->n - automatic, automatic, l->bits, l->words.n);
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
		json_t *o = json_pack("{s:i, s:i, s:s, s:f, s:o}", "line", (int)p->line, "column",
				      (int)p->col, "origin", own ? "author" : "auto", "bits",
				      p->bits, "wordings", wordings);
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
	json_t *all = json_pack("{s:s, s:I, s:f, s:I, s:o, s:o, s:o}", "format", "subrosa-places/1",
				"places", (json_int_t)l->n, "bits", l->bits, "words",
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
	uint32_t collusion =
		o->max_collusion ? o->max_collusion : code_design_collusion(p->lattice.places_n);
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
