/* SPDX-License-Identifier: Apache-2.0 */
#include "api.h"

#include "api_design.h"
#include "api_propose.h"
#include "api_strength.h"
#include "platform.h"
#include "text_print.h"
#include "trace_out.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

enum { WRITE_MODE = 0600 };

/* A spot as it is listed; bits: of the symbol, a group's counts once. */
struct listed {
	const struct text_place *place;
	uint32_t line, col;
	double bits;
};

struct lister {
	struct arena *a;
	const struct api_paper *paper;
	struct vary_text text;
	struct listed *at;
	struct api_spot *spots;
	size_t n, symbols_n; /* spots; places, of which a group is one */
	double bits;
	struct api_design design;
	struct api_proposals proposals;
	size_t readers; /* of whom one is to be named */
};

/* The questions that the table of shortest passages answers. */
static const size_t readers_asked[] = {10, 100, 1000};

enum {
	READERS_ASKED = sizeof readers_asked / sizeof *readers_asked,
	LEVELS_ASKED = sizeof api_strength_levels / sizeof *api_strength_levels,
	READERS_TOLD = 100, /* if nobody says how many there are */
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
	const struct text_tokens *words = &l->text.tokens;
	SR_TRY(vary_text_make(l->a, l->paper->text.plain, &l->paper->language, &l->text));
	l->at = ARENA_ARRAY(l->a, lat->places_n, struct listed);
	l->spots = ARENA_ARRAY(l->a, lat->places_n, struct api_spot);
	if (!l->at || !l->spots)
		return sr_nomem();
	size_t off = 0, word = 0;
	for (size_t i = 0; i < lat->places_n; i++) {
		const struct text_place *p = &lat->places[i];
		struct listed *out = &l->at[l->n++];
		off += lat->fixed[i].len;
		size_t end = off + p->wordings[0].len;
		locate(l->paper, p, off, &own, out);
		while (word < words->n && words->at[word].off < off)
			word++;
		size_t from = word;
		while (word < words->n && words->at[word].off < end)
			word++;
		out->place = p;
		out->bits = code_design_bits(l->design.collusion, p->wordings_n);
		l->bits += p->leader == i ? out->bits : 0;
		l->symbols_n += p->leader == i;
		l->spots[i] = (struct api_spot){from, word, p->leader, out->bits};
		off = end;
	}
	return sr_ok();
}

static uint32_t line_of(const void *user, size_t off)
{
	const struct api_paper *p = user;
	uint32_t line, col;
	api_form_locate(&p->form, p->text.source, p->text.src[off], &line, &col);
	return line;
}

static struct api_strength strength(const struct lister *l)
{
	return (struct api_strength){&l->text, l->spots, l->n, l->n, l->readers, line_of, l->paper};
}

/* shortest writes the words of the shortest passage, anchors included, whose places carry at least
 * so many bits; 0 if there is none. */
static struct sr_err shortest(const struct lister *l, double bits, size_t *out)
{
	const struct api_strength s = strength(l);
	size_t *words = ARENA_ARRAY(l->a, l->n, size_t);
	if (!words)
		return sr_nomem();
	SR_TRY(api_strength_passages(l->a, &s, bits, words));
	*out = 0;
	for (size_t i = 0; i < l->n; i++)
		if (words[i] && (!*out || words[i] < *out))
			*out = words[i];
	return sr_ok();
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

static struct sr_err write_table(const struct lister *l, struct build *out)
{
	build_str(out,
		  "\nThe shortest passage that names one reader, in words quoted without a slip "
		  "(--: the whole\npaper is not enough):\n  readers");
	for (size_t k = 0; k < LEVELS_ASKED; k++)
		build_fmt(out, "   at %g", api_strength_levels[k]);
	for (size_t i = 0; i < READERS_ASKED; i++) {
		build_fmt(out, "\n  %7zu", readers_asked[i]);
		for (size_t k = 0; k < LEVELS_ASKED; k++) {
			size_t words;
			SR_TRY(shortest(l, bits_needed(readers_asked[i], api_strength_levels[k]),
					&words));
			if (words)
				build_fmt(out, "  %9zu", words);
			else
				build_str(out, "         --");
		}
	}
	build_str(out, "\n");
	return sr_ok();
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
		  l->symbols_n, l->symbols_n - automatic, automatic, l->bits, l->text.tokens.n);
	if (l->symbols_n < l->n)
		build_fmt(out,
			  "They stand at %zu spots: those with the same tag change together and "
			  "count as one place.\n",
			  l->n);
	if (questions_n)
		build_fmt(out,
			  "%zu question%s not answered, {?|...}: the first wording stands there. "
			  "Take ?| away to say yes.\n",
			  questions_n, questions_n == 1 ? " is" : "s are");
}

/* asked counts the places that are proposed to the author, and what they would be worth. */
static size_t asked(const struct lister *l, double *bits)
{
	size_t n = 0;
	*bits = 0;
	for (size_t i = 0; i < l->paper->found_n; i++) {
		const struct vary_place *p = &l->paper->found[i];
		if (!vary_is_question(p))
			continue;
		*bits += code_design_bits(l->design.collusion, p->place.wordings_n);
		n++;
	}
	return n;
}

/* write_asked tells what --write proposes beyond what is used without asking. */
static void write_asked(const struct lister *l, const char *file, struct build *out)
{
	double bits;
	size_t n = asked(l, &bits);
	if (n && file) {
		build_fmt(out, "%zu more, worth %.1f bits, stand in ", n, bits);
		text_print(out, slice_str(file));
		build_str(
			out,
			" as questions, {?|...}: take ?| away where you agree, delete the rest.\n");
	} else if (n) {
		build_fmt(out,
			  "%zu more, worth %.1f bits, are there for you to approve: --write puts "
			  "them into a file as questions.\n",
			  n, bits);
	}
}

static struct sr_err write_text(const struct lister *l, const char *file, struct build *out)
{
	const struct api_strength s = strength(l);
	size_t automatic = 0;
	for (size_t i = 0; i < l->n; i++) {
		const struct listed *p = &l->at[i];
		automatic += p->place->leader == i && p->place->origin == TEXT_ORIGIN_AUTOMATIC;
		write_spot(p, out);
	}
	write_counts(l, automatic, out);
	write_asked(l, file, out);
	api_design_words(&l->design, out);
	SR_TRY(write_table(l, out));
	SR_TRY(api_strength_words(l->a, &s, out));
	api_propose_words(&l->proposals, out);
	return sr_ok();
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
			double level = api_strength_levels[k];
			size_t words;
			if (sr_bad(shortest(l, bits_needed(readers_asked[i], level), &words))) {
				json_decref(list);
				return NULL;
			}
			json_t *o =
				json_pack("{s:I, s:f, s:o}", "readers",
					  (json_int_t)readers_asked[i], "max_false", level, "words",
					  words ? json_integer((json_int_t)words) : json_null());
			if (!json_put(&list, o))
				return NULL;
		}
	}
	return list;
}

static struct sr_err write_json(const struct lister *l, struct build *out)
{
	const struct api_strength s = strength(l);
	double bits;
	size_t n = asked(l, &bits);
	json_t *all = json_pack(
		"{s:s, s:I, s:I, s:I, s:I, s:f, s:f, s:I, s:o, s:o, s:o, s:o, s:o}", "format",
		"subrosa-places/1", "places", (json_int_t)l->symbols_n, "spots", (json_int_t)l->n,
		"questions", (json_int_t)l->paper->text.questions_n, "proposed", (json_int_t)n,
		"proposed_bits", bits, "bits", l->bits, "words", (json_int_t)l->text.tokens.n,
		"design", api_design_json(&l->design), "shortest", shortest_json(l), "strength",
		api_strength_json(l->a, &s), "model", api_propose_json(&l->proposals), "list",
		list_json(l));
	return json_write(all, out);
}

/* An author's approved file holds his work: it is never overwritten. */
static struct sr_err check_new(const struct sr_places_options *o)
{
	struct sr_sink at = api_sink(&o->sink, o->write);
	if (access(o->write, F_OK) != 0)
		return sr_ok();
	return api_explain(&at,
			   sr_fail(SR_E_STATE, "this file is there already and would be lost; name "
					       "another one, or remove it"));
}

/* check_folder: a model's work of an hour should not be lost for a slip in a path. */
static struct sr_err check_folder(struct arena *a, const struct sr_places_options *o)
{
	struct sr_sink at = api_sink(&o->sink, o->write);
	const char *slash = strrchr(o->write, '/');
	const char *folder = slash ? arena_dup(a, o->write, (size_t)(slash + 1 - o->write)) : ".";
	if (!folder)
		return sr_nomem();
	return access(folder, W_OK | X_OK) == 0 ? sr_ok()
						: api_explain(&at, sr_sys("cannot be written"));
}

static struct sr_err write_source(struct arena *a, struct api_paper *p,
				  const struct api_proposals *proposals,
				  const struct sr_places_options *o)
{
	struct sr_sink at = api_sink(&o->sink, o->write);
	SR_TRY(check_new(o));
	struct build source = {0};
	struct slice bytes;
	struct sr_err e = api_form_source(a, &p->form, &p->text, proposals->all, proposals->all_n,
					  &at, &source);
	if (!sr_bad(e))
		e = build_done(&source, &bytes);
	if (!sr_bad(e))
		e = platform_write_file(o->write, bytes, WRITE_MODE);
	build_release(&source);
	return api_blame(&at, e);
}

static struct sr_err places(struct arena *a, const struct sr_places_options *o, struct api_paper *p,
			    struct sr_bytes *report)
{
	SR_TRY(api_design_check(o->max_collusion, &o->sink));
	if (o->write)
		SR_TRY(check_new(o));
	if (o->write && o->propose.url)
		SR_TRY(check_folder(a, o));
	p->ask = true;
	SR_TRY(api_paper_read(a, o->paper, &o->find, &o->sink, p));
	struct lister l = {.a = a, .paper = p, .readers = o->readers ? o->readers : READERS_TOLD};
	uint32_t collusion = o->max_collusion
				     ? o->max_collusion
				     : code_design_collusion(text_lattice_symbols(&p->lattice));
	SR_TRY(api_design_weigh(a, &p->lattice, collusion, l.readers, &l.design));
	SR_TRY(list_places(&l));
	SR_TRY(api_propose(a, o, p, &l.proposals));
	if (o->write)
		SR_TRY(write_source(a, p, &l.proposals, o));
	struct build out = {0};
	struct sr_err e = sr_ok();
	if (o->json)
		e = write_json(&l, &out);
	else
		e = write_text(&l, o->write, &out);
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
