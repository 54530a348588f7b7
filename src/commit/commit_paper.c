/* SPDX-License-Identifier: Apache-2.0 */
#include "commit_paper.h"

#include "base_limits.h"

#include <string.h>

static struct sr_err prepare_units(struct arena *a, const struct text_lattice *l,
				   struct commit_paper *p)
{
	SR_TRY(commit_units_cut(a, l, p->bias, &p->units));
	size_t n = p->units.n + p->slots_n;
	p->unit_salt = ARENA_ARRAY(a, n, struct commit_salt);
	p->unit_leaf = ARENA_ARRAY(a, n, struct commit_hash);
	if (!p->unit_salt || !p->unit_leaf)
		return sr_nomem();
	SR_TRY(commit_salts_lattice(&p->secret, n, p->unit_salt));
	for (size_t i = 0; i < p->units.n; i++)
		SR_TRY(commit_leaf_unit(&p->scratch, &p->unit_salt[i], (uint32_t)i, &p->units.at[i],
					&p->unit_leaf[i]));
	for (size_t i = 0; i < p->slots_n; i++)
		commit_leaf_slot(&p->unit_salt[p->units.n + i], (uint32_t)i, &p->slot_bias[i],
				 &p->unit_leaf[p->units.n + i]);
	return sr_ok();
}

/* make_room gives the arrays of a reader's symbols. */
static struct sr_err make_room(struct arena *a, struct commit_paper *p)
{
	size_t n = p->places_n + p->slots_n;
	p->symbol = ARENA_ARRAY(a, n, uint16_t);
	p->symbol_salt = ARENA_ARRAY(a, n, struct commit_salt);
	p->symbol_leaf = ARENA_ARRAY(a, n, struct commit_hash);
	return p->symbol && p->symbol_salt && p->symbol_leaf ? sr_ok() : sr_nomem();
}

static struct sr_err prepare(struct arena *a, const struct text_lattice *l,
			     const struct code_design *design, struct commit_paper *p)
{
	size_t n = l->places_n;
	uint32_t *q = ARENA_ARRAY(a, n, uint32_t);
	p->bias = ARENA_ARRAY(a, n, struct code_bias);
	p->slot_bias = ARENA_ARRAY(a, p->slots_n, struct code_bias);
	if (!q || !p->bias || !p->slot_bias)
		return sr_nomem();
	SR_TRY(make_room(a, p));
	text_lattice_sizes(l, q);
	SR_TRY(code_design_biases(a, design, CODE_LAYER_WORDS, q, n, p->bias));
	text_lattice_share(l, p->bias, sizeof *p->bias);
	if (p->slots_n)
		SR_TRY(code_design_biases(a, design, CODE_LAYER_LAYOUT, NULL, p->slots_n,
					  p->slot_bias));
	return prepare_units(a, l, p);
}

struct sr_err commit_paper_init(struct arena *a, const struct text_lattice *l,
				const struct code_design *design,
				const struct commit_layout *layout, struct commit_paper *out)
{
	struct commit_paper p = {.secret = {design->seed, design->lattice_hash},
				 .lattice = *l,
				 .places_n = l->places_n,
				 .has_layout = layout,
				 .collusion = design->collusion};
	if (layout) {
		if (layout->slots_n > LIMIT_PLACES)
			return sr_fail(SR_E_LIMIT, "too many words on the pages of a paper");
		p.layout = *layout;
		p.slots_n = layout->slots_n;
	}
	for (enum code_layer i = CODE_LAYER_WORDS; i < CODE_LAYERS; i++)
		p.stream[i] = (struct code_stream){design->seed, code_layer_label(i),
						   design->lattice_hash};
	build_init(&p.scratch, 0);
	struct sr_err e = prepare(a, l, design, &p);
	if (sr_bad(e))
		build_release(&p.scratch);
	else
		*out = p;
	return e;
}

struct sr_err commit_paper_fork(struct arena *a, const struct commit_paper *p,
				struct commit_paper *out)
{
	struct commit_paper fork = *p;
	SR_TRY(make_room(a, &fork));
	build_init(&fork.scratch, 0);
	*out = fork;
	return sr_ok();
}

/* draw_symbols draws symbols and salts of both layers. */
static struct sr_err draw_symbols(struct commit_paper *p, struct slice id)
{
	size_t n = p->places_n;
	SR_TRY(code_symbols_all(&p->stream[CODE_LAYER_WORDS], id, p->bias, n, p->symbol));
	text_lattice_share(&p->lattice, p->symbol, sizeof *p->symbol);
	SR_TRY(commit_salts_symbols(&p->secret, id, n, p->symbol_salt));
	if (!p->slots_n)
		return sr_ok();
	SR_TRY(code_symbols_all(&p->stream[CODE_LAYER_LAYOUT], id, p->slot_bias, p->slots_n,
				p->symbol + n));
	return commit_salts_layout(&p->secret, id, p->slots_n, p->symbol_salt + n);
}

struct sr_err commit_paper_reader(struct commit_paper *p, const struct commit_reader *r,
				  struct commit_hash *leaf)
{
	size_t places_n = p->places_n, n = places_n + p->slots_n;
	SR_TRY(draw_symbols(p, r->id));
	SR_TRY(commit_salt_reader(&p->secret, r->id, &p->reader_salt));
	for (size_t i = 0; i < n; i++) {
		bool words = i < places_n;
		const struct commit_symbol s = {
			r->number, words ? COMMIT_LAYER_WORDS : COMMIT_LAYER_LAYOUT,
			COMMIT_SOURCE_ISSUER, (uint32_t)(words ? i : i - places_n), p->symbol[i]};
		commit_leaf_symbol(&p->symbol_salt[i], &s, &p->symbol_leaf[i]);
	}
	/* A paper without places and slots has no symbols to commit to. */
	p->symbols_root = (struct commit_hash){{0}};
	if (n)
		commit_tree_root(p->symbol_leaf, n, &p->symbols_root);
	return commit_leaf_reader(&p->scratch, &p->reader_salt, r, &p->symbols_root, leaf);
}

struct sr_err commit_paper_entry(const struct commit_paper *p, const struct commit_hash *leaf,
				 size_t n, int64_t time, const struct commit_entry *older,
				 struct slice older_bytes, struct build *out)
{
	struct crypto_key key;
	struct slice done;
	struct commit_entry e = {.number = older ? older->number + 1 : 1,
				 .time = time > 0 ? time : 0, /* a clock may be before 1970 */
				 .readers_n = (uint32_t)n,
				 .places_n = (uint32_t)p->places_n,
				 .units_n = (uint32_t)p->units.n,
				 .collusion = (uint8_t)p->collusion,
				 .has_layout = p->has_layout,
				 .layout = p->layout};
	/* A clock that was set back must not break the chain. */
	if (older && older->time > e.time)
		e.time = older->time;
	commit_tree_root(p->unit_leaf, p->units.n + p->slots_n, &e.lattice_root);
	commit_tree_root(leaf, n, &e.readers_root);
	if (older)
		commit_entry_digest(older_bytes, &e.previous);
	SR_TRY(crypto_key_derive(&key, p->secret.seed, CRYPTO_LABEL_SIGN, SLICE_LIT("")));
	commit_entry_write(&e, &key, out);
	crypto_key_release(&key);
	return build_done(out, &done);
}

struct sr_err commit_paper_check(const struct commit_paper *p, const struct commit_hash *leaf,
				 size_t n, const struct commit_chain *chain)
{
	struct crypto_key key;
	uint8_t public_key[CRYPTO_PUBLIC_LEN];
	struct commit_hash lattice, readers;
	SR_TRY(crypto_key_derive(&key, p->secret.seed, CRYPTO_LABEL_SIGN, SLICE_LIT("")));
	crypto_public_key(&key, public_key);
	crypto_key_release(&key);
	commit_tree_root(p->unit_leaf, p->units.n + p->slots_n, &lattice);
	bool good = true;
	for (size_t i = 0; i < chain->n && good; i++) {
		const struct commit_entry *e = &chain->at[i];
		good = e->readers_n <= n && e->places_n == p->places_n &&
		       e->units_n == p->units.n && e->collusion == p->collusion &&
		       e->has_layout == p->has_layout && e->layout.slots_n == p->layout.slots_n &&
		       commit_hash_eq(&e->layout.sheet, &p->layout.sheet) &&
		       memcmp(e->public_key, public_key, sizeof public_key) == 0;
		if (!good)
			break;
		commit_tree_root(leaf, e->readers_n, &readers);
		good = commit_hash_eq(&e->lattice_root, &lattice) &&
		       commit_hash_eq(&e->readers_root, &readers);
	}
	return good ? sr_ok()
		    : sr_fail(SR_E_AUTH, "the ledger is not what was committed: its text, its "
					 "pages, its readers or its seed were changed afterwards");
}
