/* SPDX-License-Identifier: Apache-2.0 */
#include "api_which.h"

#include "text_fold.h"
#include "text_print.h"
#include "trace_out.h"

/* Words of the JSON, by enum which_decision. */
static const char *const decisions[] = {"exact",  "worded", "twins",   "unsure",
					"nobody", "part",   "not-ours"};

bool which_is_told(const struct which_copy *c)
{
	return c->decision == WHICH_EXACT || c->decision == WHICH_WORDED;
}

static const struct which_hits *hits_of(const struct which_copy *c)
{
	return c->exact.n ? &c->exact : &c->worded;
}

static void field(struct build *out, struct slice s)
{
	if (!s.len)
		return;
	build_str(out, ", ");
	text_print(out, s);
}

static void reader_line(struct build *out, const struct which_hit *h)
{
	const struct trace_reader *r = &h->reader;
	text_print(out, r->name.len ? r->name : r->id);
	build_str(out, " (");
	text_print(out, r->id);
	build_str(out, ")");
	field(out, r->house);
	field(out, r->side);
}

static void paper_words(struct build *out, struct slice title)
{
	build_str(out, "\"");
	text_print(out, title);
	build_str(out, "\"");
}

static void worded_lines(struct build *out, const struct which_copy *c)
{
	char odds[64];
	trace_round_up(c->p_value, odds, sizeof odds);
	build_fmt(out,
		  "  All %zu places that can be read (of %zu) have this reader's wordings, nobody "
		  "else's "
		  "copy has. The chance\n  that a text which is none of the copies of the %llu "
		  "readers reads like one is at most %s.\n",
		  c->read_n, c->places_n, (unsigned long long)c->tested_n, odds);
}

static void twins_lines(struct build *out, const struct which_copy *c)
{
	enum { LISTED_MAX = 24 };
	const struct which_hits *hits = hits_of(c);
	build_fmt(out, "TWINS: the copies of %zu readers %s; whose this is cannot be told.\n",
		  hits->n,
		  c->exact.n ? "are all, byte for byte, this file"
			     : "all have the wordings of this file");
	for (size_t i = 0; i < hits->n && i < LISTED_MAX; i++) {
		build_str(out, "  ");
		reader_line(out, &hits->at[i]);
		build_str(out, "; ");
		paper_words(out, hits->at[i].paper);
		build_str(out, "\n");
	}
	if (hits->n > LISTED_MAX)
		build_fmt(out, "  (and %zu more)\n", hits->n - LISTED_MAX);
}

static void unsure_lines(struct build *out, const struct which_copy *c)
{
	char odds[64];
	trace_round_up(c->p_value, odds, sizeof odds);
	build_fmt(out,
		  "NOT SURE: one reader's copy alone has the wordings of this file, but with %zu "
		  "place%s a text that\n  is nobody's copy reads like one with a chance of up to "
		  "%s. No name at this level.\n",
		  c->read_n, c->read_n == 1 ? "" : "s", odds);
}

static void part_lines(struct build *out, const struct which_copy *c)
{
	build_str(out, "NOBODY'S: no whole copy of ");
	paper_words(out, c->paper);
	if (c->places_n)
		build_fmt(out, ": %zu of its %zu places were read.\n", c->read_n, c->places_n);
	else
		build_str(out, " byte for byte, and all copies have the same wordings.\n");
	build_str(out, "  which is for whole copies; ask 'subrosa trace' about a part, a page, a "
		       "quotation or a leak.\n");
}

static void nobody_lines(struct build *out, const struct which_copy *c)
{
	build_str(out, "NOBODY'S: the whole of ");
	paper_words(out, c->paper);
	build_str(out, ", but nobody's copy has all of these wordings:\n  a draft, or a copy that "
		       "was changed, or several mixed. 'subrosa trace' tells whether it is a "
		       "leak.\n");
}

static void one_copy(struct build *out, const struct which_copy *c)
{
	text_print(out, slice_str(c->path));
	build_str(out, ": ");
	switch (c->decision) {
	case WHICH_EXACT:
	case WHICH_WORDED:
		build_str(out, c->decision == WHICH_EXACT ? "byte for byte the copy of "
							  : "by its wordings the copy of ");
		reader_line(out, hits_of(c)->at);
		build_str(out, "; ");
		paper_words(out, hits_of(c)->at->paper);
		build_str(out, ".\n");
		if (c->decision == WHICH_WORDED)
			worded_lines(out, c);
		else if (c->weak)
			build_str(out, "  But the paper has so few places that a text which is "
				       "nobody's copy can be the same by chance.\n");
		return;
	case WHICH_TWINS:
		twins_lines(out, c);
		return;
	case WHICH_UNSURE:
		unsure_lines(out, c);
		return;
	case WHICH_NOBODY:
		nobody_lines(out, c);
		return;
	case WHICH_PART:
		part_lines(out, c);
		return;
	case WHICH_NOT_OURS:
		build_str(out, "NOT OURS: nothing in it comes from a paper of these ledgers.\n");
		return;
	}
}

struct sr_err which_words(const struct which_copy *copies, size_t n, struct build *out)
{
	for (size_t i = 0; i < n; i++)
		one_copy(out, &copies[i]);
	struct slice done;
	return build_done(out, &done);
}

/* A path need not be UTF-8, JSON must. */
static json_t *path_json(const char *path)
{
	struct slice s = slice_str(path);
	return text_utf8_bad(s) < s.len ? json_null() : json_text(s);
}

/* Nobody is pointed at where nothing is sure. */
static json_t *readers_json(const struct which_copy *c)
{
	json_t *list = json_array();
	const struct which_hits *hits = hits_of(c);
	for (size_t i = 0; i < hits->n && c->decision != WHICH_UNSURE; i++) {
		const struct which_hit *h = &hits->at[i];
		json_t *o = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "reader",
				      json_text(h->reader.id), "name", json_text(h->reader.name),
				      "house", json_text(h->reader.house), "side",
				      json_text(h->reader.side), "paper", json_text(h->paper),
				      "ledger", path_json(h->ledger));
		if (!json_put(&list, o))
			break;
	}
	return list;
}

static json_t *copy_json(const struct which_copy *c)
{
	bool counted = c->decision == WHICH_WORDED || c->decision == WHICH_UNSURE;
	return json_pack("{s:o, s:s, s:o, s:o, s:I, s:I}", "file", path_json(c->path), "decision",
			 decisions[c->decision], "readers", readers_json(c), "p_value",
			 counted ? json_real(c->p_value) : json_null(), "read",
			 (json_int_t)c->read_n, "places", (json_int_t)c->places_n);
}

struct sr_err which_json(const struct which_copy *copies, size_t n, struct build *out)
{
	json_t *list = json_array();
	for (size_t i = 0; i < n; i++)
		if (!json_put(&list, copy_json(&copies[i])))
			break;
	return json_write(json_pack("{s:s, s:o}", "format", "subrosa-which/1", "copies", list),
			  out);
}
