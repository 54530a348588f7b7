/* SPDX-License-Identifier: Apache-2.0 */
#include "api.h"

#include "crypto.h"
#include "issue_copy.h"
#include "ledger.h"
#include "text_print.h"

/* Underline on, underline off (ECMA-48, SGR 4 and 24). */
static const char mark_on[] = "\033[4m", mark_off[] = "\033[24m";

struct shower {
	const struct sr_show_options *o;
	struct arena *a;
	struct api_paper paper;
	struct ledger_keys *keys;
	struct ledger *ledger; /* NULL for a preview */
	struct crypto_key made_up;
	struct text_lattice lattice;
	uint8_t lattice_hash[CRYPTO_HASH_LEN];
	uint32_t collusion;
};

/* Whose copy is asked for must be in the ledger: a copy of anybody else was never made. */
static struct sr_err find_reader(struct shower *s)
{
	struct ledger_readers all;
	struct slice id = slice_str(s->o->reader);
	SR_TRY(ledger_readers_load(s->ledger, s->a, &all));
	for (size_t i = 0; i < all.n; i++)
		if (slice_eq(all.at[i].id, id))
			return sr_ok();
	struct sr_sink at = api_sink(&s->o->sink, s->o->ledger);
	return api_explain(&at, sr_fail(SR_E_STATE,
					"this ledger has no reader with that id, so there is no "
					"copy to show; mark adds readers, and without --ledger "
					"show makes a preview"));
}

static struct sr_err from_ledger(struct shower *s)
{
	SR_TRY(ledger_open(s->o->ledger, true, s->keys, &s->o->sink, &s->ledger));
	SR_TRY(api_ledger_paper(s->a, s->ledger, s->o->ledger, s->o->paper, &s->o->sink, &s->paper,
				&s->lattice));
	crypto_digest(&ledger_paper(s->ledger)->lattice, 1, s->lattice_hash);
	s->collusion = ledger_paper(s->ledger)->collusion;
	return find_reader(s);
}

/* A preview takes its symbols from a seed that everybody knows (doc/FORMAT.md, "Symbols"). */
static struct sr_err from_nothing(struct shower *s)
{
	struct slice name = SLICE_LIT("subrosa/1 preview"), bytes;
	uint8_t seed[CRYPTO_HASH_LEN];
	SR_TRY(api_paper_read(s->a, s->o->paper, &s->o->find, &s->o->sink, &s->paper));
	s->lattice = s->paper.lattice;
	s->collusion = code_design_collusion(text_lattice_symbols(&s->lattice));
	struct build lattice = {0};
	text_lattice_write(&s->lattice, &lattice);
	struct sr_err e = build_done(&lattice, &bytes);
	if (!sr_bad(e)) {
		crypto_digest(&bytes, 1, s->lattice_hash);
		crypto_digest(&name, 1, seed);
		e = crypto_key_copy(&s->made_up, slice_make(seed, sizeof seed));
	}
	build_release(&lattice);
	return e;
}

/* The copy as a terminal may have it: harmless, the wordings at places underlined if asked. */
static void write_shown(const struct shower *s, const uint16_t *symbols, struct build *out)
{
	const struct text_lattice *l = &s->lattice;
	text_print_lines(out, l->fixed[0]);
	for (size_t i = 0; i < l->places_n; i++) {
		build_str(out, s->o->highlight ? mark_on : "");
		text_print_lines(out, l->places[i].wordings[symbols[i]]);
		build_str(out, s->o->highlight ? mark_off : "");
		text_print_lines(out, l->fixed[i + 1]);
	}
}

static struct sr_err write_copy(struct shower *s, struct sr_bytes *copy)
{
	struct issue_job job;
	const struct crypto_key *seed = s->ledger ? ledger_seed(s->ledger) : &s->made_up;
	const struct code_design design = {seed, s->lattice_hash, s->collusion};
	SR_TRY(issue_job_init(s->a, &s->lattice, &design, &job));
	struct build out = {0};
	struct sr_err e = issue_copy(&job, slice_str(s->o->reader), &out);
	if (!sr_bad(e) && s->o->terminal) {
		build_reset(&out);
		write_shown(s, job.symbols, &out);
	}
	if (!sr_bad(e))
		e = api_bytes(&out, copy);
	build_release(&out);
	return e.code == SR_E_LIMIT ? api_explain(&s->o->sink, e) : e;
}

static struct sr_err show(struct shower *s, struct sr_bytes *copy)
{
	if (!*s->o->reader)
		return api_explain(&s->o->sink, sr_fail(SR_E_INPUT, "the reader's id is empty"));
	SR_TRY(s->o->ledger ? from_ledger(s) : from_nothing(s));
	struct sr_bytes made;
	SR_TRY(write_copy(s, &made));
	if (!s->ledger)
		note(&s->o->sink, SR_WARNING, 0, 0, "a preview: not the copy that mark will make");
	*copy = made;
	return sr_ok();
}

struct sr_err sr_show(const struct sr_show_options *o, struct sr_bytes *copy)
{
	struct arena a = {0};
	struct shower s = {.o = o, .a = &a};
	struct sr_err e = api_keys_new(&o->passphrase, &s.keys);
	if (!sr_bad(e))
		e = show(&s, copy);
	api_paper_close(&s.paper);
	ledger_close(s.ledger);
	ledger_keys_free(s.keys);
	crypto_key_release(&s.made_up);
	arena_release(&a);
	return e.code == SR_E_NOMEM ? api_explain(&o->sink, e) : e;
}
