/* SPDX-License-Identifier: Apache-2.0 */
#include "trace_verify.h"

#include "hex.h"
#include "trace_out.h"

static void named_lines(const struct trace_external *x, size_t seen_n, struct build *out)
{
	for (size_t i = 0; i < x->named_n; i++) {
		const struct trace_opened_reader *r = &x->named[i];
		char odds[64];
		trace_round_up(r->p_value, odds, sizeof odds);
		build_str(out, "It names the copy of ");
		out_reader(out, r->reader.id, r->reader.name, r->reader.house, r->reader.side);
		build_fmt(
			out,
			".\n  %u of the %zu places that the leak shows agree with it, %u do%s not. "
			"The chance that anybody of\n  the %llu readers who had no part in this "
			"leak fits it this well is at most\n  %s (p = ",
			r->agree, seen_n, r->disagree, r->disagree == 1 ? "es" : "",
			(unsigned long long)x->tested_n, odds);
		out_bound(out, r->p_value);
		build_fmt(out, " over all of them; the level is %g).\n", x->max_false);
	}
}

static void entry_lines(const struct trace_external *x, const struct trace_exam *exam,
			const struct trace_finding *f, struct build *out)
{
	build_fmt(out,
		  "It rests on commitment %u of %zu in the file, which binds %u readers and a "
		  "paper with places at %u spots:\n  ",
		  f->entry->number, exam->chain->n, f->entry->readers_n, f->entry->places_n);
	hex_write(out, slice_make(x->entry.at, CRYPTO_HASH_LEN));
	build_str(out, "\n  dated ");
	out_time(out, f->entry->time);
	build_str(out, " by the issuer, signed with the key\n  ");
	hex_write(out, slice_make(f->entry->public_key, CRYPTO_PUBLIC_LEN));
	build_str(out, "\n");
}

/* What the leak might quote besides what is opened. */
static void rest_line(const struct trace_exam *exam, const struct trace_finding *f,
		      struct build *out)
{
	if (f->whole) {
		build_str(out, "The whole paper is opened: nothing that is quoted is kept back.\n");
		return;
	}
	if (exam->copies_n) {
		build_str(
			out,
			"The copy of the paper given shows that no quoted passage is kept back.\n");
		return;
	}
	build_fmt(out,
		  "  - that the leak takes nothing else from the paper: %zu of its %zu words stand "
		  "in no opened\n    passage. Whoever has any copy of the paper can check that: "
		  "--paper COPY.\n",
		  f->outside, f->words);
}

static void limits_lines(const struct trace_external *x, const struct trace_exam *exam,
			 const struct trace_finding *f, struct build *out)
{
	build_str(out,
		  "What you have to know by yourself:\n"
		  "  - that this file of commitments was lodged before the leak, and no other for "
		  "this paper;\n"
		  "  - that each reader was given the copy that was committed for him, drawn at "
		  "random: who is\n    named can hold his copy against the wordings opened, and "
		  "has to be heard;\n"
		  "  - that the files given are the leak;\n");
	if (x->files.publics_n)
		build_fmt(out, "  - that the %zu public text%s had been public before;\n",
			  x->files.publics_n, x->files.publics_n == 1 ? "" : "s");
	else
		build_str(out,
			  "  - that nothing made from a copy had been public before (a release, "
			  "a draft): none was\n    taken into account;\n");
	rest_line(exam, f, out);
	build_str(out,
		  "This is the copy, not yet the person: it may have been passed on, stolen, or "
		  "taken from the\nissuer's own archive. Priors, posteriors and likelihood "
		  "ratios in the verdict are the issuer's\nstatement.\n");
}

struct sr_err trace_finding_words(const struct trace_external *x, const struct trace_exam *exam,
				  const struct trace_finding *f, struct build *out)
{
	struct slice done;
	if (f->why) {
		build_fmt(out, "THE VERDICT DOES NOT FOLLOW: %s.\n", f->why);
		return build_done(out, &done);
	}
	build_str(out, "THE VERDICT FOLLOWS from the leak and the commitment.\n");
	named_lines(x, f->seen_n, out);
	entry_lines(x, exam, f, out);
	limits_lines(x, exam, f, out);
	return build_done(out, &done);
}

static json_t *named_json(const struct trace_external *x)
{
	json_t *list = json_array();
	for (size_t i = 0; i < x->named_n; i++) {
		const struct trace_opened_reader *r = &x->named[i];
		json_t *o = json_pack("{s:o, s:o, s:o, s:o, s:f, s:i, s:i}", "reader",
				      json_text(r->reader.id), "name", json_text(r->reader.name),
				      "house", json_text(r->reader.house), "side",
				      json_text(r->reader.side), "p_value", r->p_value, "agree",
				      (int)r->agree, "disagree", (int)r->disagree);
		if (!json_put(&list, o))
			break;
	}
	return list;
}

static json_t *finding_json(const struct trace_external *x, const struct trace_exam *exam,
			    const struct trace_finding *f)
{
	if (f->why)
		return json_pack("{s:s, s:b, s:s}", "format", "subrosa-check/1", "follows", 0,
				 "why", f->why);
	const struct commit_entry *e = f->entry;
	return json_pack("{s:s, s:b, s:n, s:o, s:f, s:I, s:I, s:{s:I, s:I, s:I, s:I, s:o, s:o}, "
			 "s:{s:I, s:I, "
			 "s:b, s:I}, s:I}",
			 "format", "subrosa-check/1", "follows", 1, "why", "named", named_json(x),
			 "max_false", x->max_false, "tested", (json_int_t)x->tested_n, "places",
			 (json_int_t)f->seen_n, "commitment", "number", (json_int_t)e->number, "of",
			 (json_int_t)exam->chain->n, "time", (json_int_t)e->time, "readers",
			 (json_int_t)e->readers_n, "digest", json_hex(x->entry.at, CRYPTO_HASH_LEN),
			 "key", json_hex(e->public_key, CRYPTO_PUBLIC_LEN), "leak", "words",
			 (json_int_t)f->words, "outside", (json_int_t)f->outside,
			 "whole_paper_opened", (int)f->whole, "copies_compared",
			 (json_int_t)exam->copies_n, "publics", (json_int_t)x->files.publics_n);
}

struct sr_err trace_finding_json(const struct trace_external *x, const struct trace_exam *exam,
				 const struct trace_finding *f, struct build *out)
{
	return json_write(finding_json(x, exam, f), out);
}
