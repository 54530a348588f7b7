/* SPDX-License-Identifier: Apache-2.0 */
#include "trace_external.h"

#include "base_limits.h"
#include "hex.h"
#include "trace_ground.h"

#include <math.h>
#include <string.h>

/* A verdict without groups has the form that it had before there were any. */
static const char format[] = "subrosa-external/2", format_groups[] = "subrosa-external/3";

static bool has_groups(const struct trace_external *x)
{
	bool groups = false;
	for (size_t i = 0; i < x->units_n; i++)
		groups |= x->unit[i].unit.group_n > 1;
	return groups;
}

static json_t *hashes_json(const struct commit_hash *at, size_t n)
{
	json_t *list = json_array();
	for (size_t i = 0; i < n; i++)
		if (!json_put(&list, json_hex(at[i].at, CRYPTO_HASH_LEN)))
			break;
	return list;
}

static json_t *texts_json(const struct slice *at, size_t n)
{
	json_t *list = json_array();
	for (size_t i = 0; i < n; i++)
		if (!json_put(&list, json_text(at[i])))
			break;
	return list;
}

/* The inner thresholds: 0 and 2^32 go without saying. */
static json_t *bias_json(const struct code_bias *bias)
{
	json_t *list = json_array();
	for (uint32_t k = 1; k < bias->q; k++)
		if (!json_put(&list, json_integer((json_int_t)bias->cum[k])))
			break;
	return list;
}

static json_t *unit_json(const struct trace_unit *u, const struct commit_salt *salt)
{
	json_t *number = json_hex(salt->at, COMMIT_SALT_LEN);
	if (u->unit.place == COMMIT_NO_PLACE)
		return json_pack("{s:I, s:o, s:o}", "unit", (json_int_t)u->index, "salt", number,
				 "text", json_text(u->unit.text));
	json_t *group = u->unit.group_n > 1
				? json_pack("{s:I, s:I}", "leader", (json_int_t)u->unit.leader,
					    "places", (json_int_t)u->unit.group_n)
				: NULL;
	return json_pack("{s:I, s:o, s:I, s:o*, s:o, s:o}", "unit", (json_int_t)u->index, "salt",
			 number, "place", (json_int_t)u->unit.place, "group", group, "wordings",
			 texts_json(u->unit.wordings, u->unit.bias.q), "thresholds",
			 bias_json(&u->unit.bias));
}

static json_t *units_json(const struct trace_external *x)
{
	json_t *list = json_array();
	for (size_t i = 0; i < x->units_n; i++)
		if (!json_put(&list, unit_json(&x->unit[i], &x->unit_salt[i])))
			break;
	return list;
}

static json_t *symbols_json(const struct trace_opened_reader *r)
{
	json_t *list = json_array();
	for (size_t i = 0; i < r->symbols_n; i++) {
		const struct trace_opened_symbol *s = &r->symbol[i];
		json_t *o =
			json_pack("{s:s, s:I, s:s, s:i, s:o}", "layer", "words", "place",
				  (json_int_t)s->place, "source", "issuer", "symbol",
				  (int)s->symbol, "salt", json_hex(s->salt.at, COMMIT_SALT_LEN));
		if (!json_put(&list, o))
			break;
	}
	return list;
}

static json_t *opinion_json(const struct trace_opinion *o)
{
	return json_pack("{s:f, s:f, s:f, s:f, s:f}", "prior", o->prior, "posterior", o->posterior,
			 "likelihood_ratio_nats", o->ratio, "house_prior", o->house_prior,
			 "house_posterior", o->house_posterior);
}

static json_t *score_json(const struct trace_opened_reader *r)
{
	json_t *list = json_array();
	for (uint32_t k = 0; k < code_partners_n(r->ground.stage); k++)
		if (!json_put(&list, json_integer((json_int_t)r->partner[k])))
			break;
	return trace_ground_json(&r->ground, list);
}

static json_t *named_json(const struct trace_external *x)
{
	json_t *list = json_array();
	for (size_t i = 0; i < x->named_n; i++) {
		const struct trace_opened_reader *r = &x->named[i];
		json_t *o = json_pack(
			"{s:o, s:o, s:o, s:o, s:I, s:I, s:o, s:f, s:o, s:i, s:i, s:o, s:o, s:o}",
			"reader", json_text(r->reader.id), "name", json_text(r->reader.name),
			"house", json_text(r->reader.house), "side", json_text(r->reader.side),
			"number", (json_int_t)r->reader.number, "committed_at",
			(json_int_t)r->reader.committed_at, "salt",
			json_hex(r->salt.at, COMMIT_SALT_LEN), "p_value", r->p_value, "score",
			score_json(r), "agree", (int)r->agree, "disagree", (int)r->disagree,
			"symbols", symbols_json(r), "symbols_proof",
			hashes_json(r->symbols_proof.at, r->symbols_proof.n), "issuer_statement",
			opinion_json(&r->opinion));
		if (!json_put(&list, o))
			break;
	}
	return list;
}

static json_t *whole_json(const struct trace_external *x)
{
	return json_pack(
		"{s:s, s:s, s:f, s:I, s:o, s:o, s:o, s:{s:o, s:o}, s:o, s:o, s:{s:s, s:f, s:f}}",
		"format", has_groups(x) ? format_groups : format, "decision", "named", "max_false",
		x->max_false, "tested", (json_int_t)x->tested_n, "commitment",
		json_hex(x->entry.at, CRYPTO_HASH_LEN), "leaks",
		hashes_json(x->files.leak, x->files.leaks_n), "publics",
		hashes_json(x->files.public_text, x->files.publics_n), "lattice", "opened",
		units_json(x), "proof", hashes_json(x->units_proof.at, x->units_proof.n), "named",
		named_json(x), "readers_proof",
		hashes_json(x->readers_proof.at, x->readers_proof.n), "issuer_statement", "note",
		"what stands under this key is the issuer's opinion, cannot be recomputed from "
		"this file, and decides nothing",
		"prior_none", x->prior_none, "none_of_these", x->none);
}

struct sr_err trace_external_write(const struct trace_external *x, struct build *out)
{
	return json_write(whole_json(x), out);
}

/* Reading. Everything is taken to the letter: a key too many is an error, too. */
struct reader {
	struct arena *a;
	bool memory; /* it ran out */
};

static void *array_of(struct reader *r, size_t n, size_t size)
{
	void *at = arena_alloc(r->a, n, size);
	r->memory |= !at;
	return at;
}

static bool take_hex(const json_t *j, void *out, size_t len)
{
	return json_is_string(j) &&
	       hex_read(slice_make(json_string_value(j), json_string_length(j)), out, len);
}

static bool take_text(struct reader *r, const json_t *j, size_t len_max, struct slice *out)
{
	if (!json_is_string(j) || json_string_length(j) > len_max)
		return false;
	size_t len = json_string_length(j);
	void *kept = arena_dup(r->a, json_string_value(j), len);
	r->memory |= !kept;
	*out = slice_make(kept, len);
	return kept;
}

static bool take_hashes(struct reader *r, const json_t *j, struct commit_hash **out, size_t *n)
{
	*n = json_array_size(j);
	*out = array_of(r, *n, sizeof **out);
	bool good = json_is_array(j) && *out;
	for (size_t i = 0; i < *n && good; i++)
		good = take_hex(json_array_get(j, i), (*out)[i].at, CRYPTO_HASH_LEN);
	return good;
}

static bool take_u32(json_int_t v, uint32_t *out)
{
	*out = (uint32_t)v;
	return v >= 0 && v < UINT32_MAX;
}

/* take_bias makes a bias of q - 1 inner thresholds. */
static bool take_bias(struct reader *r, const json_t *j, size_t q, struct code_bias *out)
{
	uint64_t *cum = array_of(r, q + 1, sizeof *cum);
	if (!cum || !json_is_array(j) || json_array_size(j) != q - 1)
		return false;
	for (size_t k = 1; k < q; k++) {
		const json_t *v = json_array_get(j, k - 1);
		json_int_t t = json_is_integer(v) ? json_integer_value(v) : -1;
		if (t < 0 || (uint64_t)t >= CODE_BIAS_ONE)
			return false;
		cum[k] = (uint64_t)t;
	}
	cum[q] = CODE_BIAS_ONE;
	*out = (struct code_bias){(uint32_t)q, cum};
	return !sr_bad(code_bias_check(out));
}

static bool take_place(struct reader *r, json_int_t place, const json_t *wordings,
		       const json_t *thresholds, struct commit_unit *out)
{
	size_t q = json_array_size(wordings);
	if (!take_u32(place, &out->place) || q < 2 || q > LIMIT_WORDINGS ||
	    !take_bias(r, thresholds, q, &out->bias))
		return false;
	struct slice *at = array_of(r, q, sizeof *at);
	for (size_t k = 0; k < q; k++)
		if (!at ||
		    !take_text(r, json_array_get(wordings, k), LIMIT_WORDING_BYTES, &at[k]) ||
		    !at[k].len)
			return false;
	out->wordings = at;
	out->leader = out->place;
	out->group_n = 1;
	return true;
}

static bool take_group(json_t *group, struct commit_unit *out)
{
	json_int_t leader, places;
	if (!group)
		return true;
	return json_unpack(group, "{s:I, s:I !}", "leader", &leader, "places", &places) == 0 &&
	       take_u32(leader, &out->leader) && take_u32(places, &out->group_n) &&
	       out->group_n > 1;
}

static bool take_unit(struct reader *r, json_t *j, struct trace_unit *u, struct commit_salt *salt)
{
	json_int_t index, place;
	json_t *s, *text, *wordings, *thresholds, *group = NULL;
	bool good;
	*u = (struct trace_unit){.unit.place = COMMIT_NO_PLACE};
	if (json_object_get(j, "place"))
		good = json_unpack(j, "{s:I, s:o, s:I, s?o, s:o, s:o !}", "unit", &index, "salt",
				   &s, "place", &place, "group", &group, "wordings", &wordings,
				   "thresholds", &thresholds) == 0 &&
		       take_place(r, place, wordings, thresholds, &u->unit) &&
		       take_group(group, &u->unit);
	else
		good = json_unpack(j, "{s:I, s:o, s:o !}", "unit", &index, "salt", &s, "text",
				   &text) == 0 &&
		       take_text(r, text, COMMIT_PIECE_MAX, &u->unit.text);
	return good && take_hex(s, salt->at, COMMIT_SALT_LEN) && take_u32(index, &u->index);
}

static bool take_lattice(struct reader *r, json_t *j, struct trace_external *x)
{
	json_t *opened = NULL, *proof = NULL;
	if (json_unpack(j, "{s:o, s:o !}", "opened", &opened, "proof", &proof) ||
	    !json_is_array(opened) || !take_hashes(r, proof, &x->units_proof.at, &x->units_proof.n))
		return false;
	x->units_n = json_array_size(opened);
	x->unit = array_of(r, x->units_n, sizeof *x->unit);
	x->unit_salt = array_of(r, x->units_n, sizeof *x->unit_salt);
	bool good = x->unit && x->unit_salt && x->units_n;
	for (size_t i = 0; i < x->units_n && good; i++)
		good = take_unit(r, json_array_get(opened, i), &x->unit[i], &x->unit_salt[i]);
	return good;
}

static bool take_symbol(json_t *j, struct trace_opened_symbol *out)
{
	const char *layer, *source;
	json_int_t place, symbol;
	json_t *salt;
	if (json_unpack(j, "{s:s, s:I, s:s, s:I, s:o !}", "layer", &layer, "place", &place,
			"source", &source, "symbol", &symbol, "salt", &salt) ||
	    strcmp(layer, "words") != 0 || strcmp(source, "issuer") != 0 || symbol < 0 ||
	    symbol >= LIMIT_WORDINGS)
		return false;
	out->symbol = (uint16_t)symbol;
	out->source = COMMIT_SOURCE_ISSUER;
	return take_u32(place, &out->place) && take_hex(salt, out->salt.at, COMMIT_SALT_LEN);
}

static bool take_symbols(struct reader *r, const json_t *j, struct trace_opened_reader *out)
{
	out->symbols_n = json_array_size(j);
	out->symbol = array_of(r, out->symbols_n, sizeof *out->symbol);
	bool good = json_is_array(j) && out->symbol;
	for (size_t i = 0; i < out->symbols_n && good; i++)
		good = take_symbol(json_array_get(j, i), &out->symbol[i]);
	return good;
}

static bool is_share(double p)
{
	return p >= 0 && p <= 1;
}

static bool take_opinion(json_t *j, struct trace_opinion *o)
{
	return json_unpack(j, "{s:F, s:F, s:F, s:F, s:F !}", "prior", &o->prior, "posterior",
			   &o->posterior, "likelihood_ratio_nats", &o->ratio, "house_prior",
			   &o->house_prior, "house_posterior", &o->house_posterior) == 0 &&
	       is_share(o->prior) && is_share(o->posterior) && isfinite(o->ratio) &&
	       is_share(o->house_prior) && is_share(o->house_posterior);
}

static bool take_score(json_t *j, struct trace_opened_reader *out)
{
	const char *kind;
	json_int_t number;
	json_t *partners;
	if (json_unpack(j, "{s:s, s:I, s:o !}", "kind", &kind, "number", &number, "partners",
			&partners) ||
	    !trace_ground_read(kind, &out->ground.stage) || !take_u32(number, &out->ground.number))
		return false;
	uint32_t n = code_partners_n(out->ground.stage);
	bool good = json_is_array(partners) && json_array_size(partners) == n;
	for (uint32_t k = 0; k < n && good; k++) {
		const json_t *v = json_array_get(partners, k);
		good = json_is_integer(v) && take_u32(json_integer_value(v), &out->partner[k]);
	}
	return good;
}

static bool take_named(struct reader *r, json_t *j, struct trace_opened_reader *out)
{
	json_t *id, *name, *house, *side, *salt, *symbols, *proof, *statement, *score;
	json_int_t number, at, agree, disagree;
	if (json_unpack(j,
			"{s:o, s:o, s:o, s:o, s:I, s:I, s:o, s:F, s:o, s:I, s:I, s:o, s:o, s:o !}",
			"reader", &id, "name", &name, "house", &house, "side", &side, "number",
			&number, "committed_at", &at, "salt", &salt, "p_value", &out->p_value,
			"score", &score, "agree", &agree, "disagree", &disagree, "symbols",
			&symbols, "symbols_proof", &proof, "issuer_statement", &statement) ||
	    !take_u32(agree, &out->agree) || !take_u32(disagree, &out->disagree))
		return false;
	out->reader.committed_at = at;
	return take_text(r, id, LIMIT_ID_BYTES, &out->reader.id) &&
	       take_text(r, name, LIMIT_FIELD_BYTES, &out->reader.name) &&
	       take_text(r, house, LIMIT_FIELD_BYTES, &out->reader.house) &&
	       take_text(r, side, LIMIT_FIELD_BYTES, &out->reader.side) &&
	       take_u32(number, &out->reader.number) && out->reader.number &&
	       is_share(out->p_value) && take_score(score, out) &&
	       take_hex(salt, out->salt.at, COMMIT_SALT_LEN) && take_symbols(r, symbols, out) &&
	       take_hashes(r, proof, &out->symbols_proof.at, &out->symbols_proof.n) &&
	       take_opinion(statement, &out->opinion);
}

static bool take_all(struct reader *r, json_t *j, struct trace_external *x)
{
	json_t *entry, *leaks, *publics, *lattice, *named, *proof;
	const char *name, *decision, *words;
	json_int_t tested;
	if (json_unpack(
		    j, "{s:s, s:s, s:F, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:{s:s, s:F, s:F !} !}",
		    "format", &name, "decision", &decision, "max_false", &x->max_false, "tested",
		    &tested, "commitment", &entry, "leaks", &leaks, "publics", &publics, "lattice",
		    &lattice, "named", &named, "readers_proof", &proof, "issuer_statement", "note",
		    &words, "prior_none", &x->prior_none, "none_of_these", &x->none) ||
	    strcmp(decision, "named") != 0 || !(x->max_false > 0 && x->max_false < 1) ||
	    tested < 1 || !json_is_array(named) || !is_share(x->prior_none) || !is_share(x->none))
		return false;
	x->tested_n = (uint64_t)tested;
	x->named_n = json_array_size(named);
	x->named = array_of(r, x->named_n, sizeof *x->named);
	bool good = x->named && x->named_n && take_lattice(r, lattice, x) &&
		    take_hex(entry, x->entry.at, CRYPTO_HASH_LEN) &&
		    take_hashes(r, leaks, &x->files.leak, &x->files.leaks_n) &&
		    take_hashes(r, publics, &x->files.public_text, &x->files.publics_n) &&
		    take_hashes(r, proof, &x->readers_proof.at, &x->readers_proof.n);
	for (size_t i = 0; i < x->named_n && good; i++)
		good = take_named(r, json_array_get(named, i), &x->named[i]);
	return good;
}

static struct sr_err take_document(struct arena *a, json_t *j, struct trace_external *out)
{
	static const char family[] = "subrosa-external/";
	struct reader r = {.a = a};
	struct trace_external x = {0};
	const char *name = json_string_value(json_object_get(j, "format"));
	if (!name || strncmp(name, family, sizeof family - 1) != 0)
		return sr_fail(SR_E_INPUT, "this is not an external verdict of subrosa");
	if (strcmp(name, format) != 0 && strcmp(name, format_groups) != 0)
		return sr_fail(SR_E_STATE, "the verdict comes from another version of subrosa");
	if (!take_all(&r, j, &x) || has_groups(&x) != (strcmp(name, format_groups) == 0))
		return r.memory ? sr_nomem()
				: sr_fail(SR_E_INPUT, "the verdict does not have the form of one: "
						      "it was damaged or changed");
	*out = x;
	return sr_ok();
}

struct sr_err trace_external_read(struct arena *a, struct slice json, struct trace_external *out)
{
	json_error_t e;
	json_t *j = json_loadb((const char *)json.ptr, json.len, JSON_REJECT_DUPLICATES, &e);
	if (!j)
		return json_error_code(&e) == json_error_out_of_memory
			       ? sr_nomem()
			       : sr_fail(SR_E_INPUT, "this is not an external verdict of subrosa: "
						     "it is not JSON, or is cut short");
	struct sr_err err = take_document(a, j, out);
	json_decref(j);
	return err;
}
