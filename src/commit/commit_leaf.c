/* SPDX-License-Identifier: Apache-2.0 */
#include "commit_leaf.h"

#include "code_symbols.h"

#include <assert.h>
#include <string.h>

enum { KIND_SYMBOL = 0x00, KIND_READER = 0x02, KIND_UNIT = 0x03, KIND_SLOT = 0x04 };
enum { UNIT_TEXT = 0, UNIT_PLACE = 1, UNIT_GROUP_PLACE = 2 };
enum { SYMBOL_LEN = 1 + COMMIT_SALT_LEN + 4 + 1 + 1 + 4 + 2, SLOT_LEN = 1 + COMMIT_SALT_LEN + 8 };

static uint8_t *put(uint8_t *p, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		*p++ = (uint8_t)(v >> (8 * i));
	return p;
}

void commit_leaf_symbol(const struct commit_salt *salt, const struct commit_symbol *s,
			struct commit_hash *out)
{
	uint8_t bytes[SYMBOL_LEN] = {KIND_SYMBOL}, *p = bytes + 1;
	memcpy(p, salt->at, COMMIT_SALT_LEN);
	p = put(p + COMMIT_SALT_LEN, s->reader, 4);
	p = put(p, s->layer, 1);
	p = put(p, s->source, 1);
	p = put(p, s->place, 4);
	(void)put(p, s->symbol, 2);
	struct slice all = slice_make(bytes, sizeof bytes);
	crypto_digest(&all, 1, out->at);
}

void commit_leaf_slot(const struct commit_salt *salt, uint32_t slot, const struct code_bias *bias,
		      struct commit_hash *out)
{
	uint8_t bytes[SLOT_LEN] = {KIND_SLOT}, *p = bytes + 1;
	assert(bias->q == 2);
	memcpy(p, salt->at, COMMIT_SALT_LEN);
	p = put(p + COMMIT_SALT_LEN, slot, 4);
	(void)put(p, bias->cum[1], 4);
	struct slice all = slice_make(bytes, sizeof bytes);
	crypto_digest(&all, 1, out->at);
}

static void begin(struct build *b, uint8_t kind, const struct commit_salt *salt)
{
	build_reset(b);
	build_u8(b, kind);
	build_bytes(b, salt->at, COMMIT_SALT_LEN);
}

static struct sr_err finish(const struct build *b, struct commit_hash *out)
{
	struct slice all;
	SR_TRY(build_done(b, &all));
	crypto_digest(&all, 1, out->at);
	return sr_ok();
}

struct sr_err commit_leaf_reader(struct build *b, const struct commit_salt *salt,
				 const struct commit_reader *r,
				 const struct commit_hash *symbols_root, struct commit_hash *out)
{
	begin(b, KIND_READER, salt);
	build_u32(b, r->number);
	build_u64(b, (uint64_t)r->committed_at);
	build_sized(b, r->id);
	build_sized(b, r->name);
	build_sized(b, r->house);
	build_sized(b, r->side);
	build_bytes(b, symbols_root->at, CRYPTO_HASH_LEN);
	return finish(b, out);
}

struct sr_err commit_leaf_unit(struct build *b, const struct commit_salt *salt, uint32_t index,
			       const struct commit_unit *unit, struct commit_hash *out)
{
	begin(b, KIND_UNIT, salt);
	build_u32(b, index);
	if (unit->place == COMMIT_NO_PLACE) {
		build_u8(b, UNIT_TEXT);
		build_slice(b, unit->text);
		return finish(b, out);
	}
	build_u8(b, unit->group_n > 1 ? UNIT_GROUP_PLACE : UNIT_PLACE);
	build_u32(b, unit->place);
	if (unit->group_n > 1) {
		build_u32(b, unit->leader);
		build_u32(b, unit->group_n);
	}
	build_u16(b, (uint16_t)unit->bias.q);
	for (uint32_t k = 0; k < unit->bias.q; k++)
		build_sized(b, unit->wordings[k]);
	for (uint32_t k = 1; k < unit->bias.q; k++)
		build_u32(b, (uint32_t)unit->bias.cum[k]);
	return finish(b, out);
}

static void draw(const uint8_t key[CRYPTO_KEY_LEN], size_t n, struct commit_salt *out)
{
	enum { SALT_WORDS = COMMIT_SALT_LEN / 4, CHUNK = 64 };
	uint32_t words[SALT_WORDS * CHUNK];
	for (size_t at = 0; at < n;) {
		size_t take = n - at < CHUNK ? n - at : CHUNK;
		crypto_stream_words(key, at * SALT_WORDS, take * SALT_WORDS, words);
		for (size_t i = 0; i < take; i++, at++)
			for (size_t w = 0; w < SALT_WORDS; w++)
				(void)put(out[at].at + 4 * w, words[SALT_WORDS * i + w], 4);
	}
	crypto_wipe(words, sizeof words);
}

static struct sr_err draw_for(const struct commit_secret *s, enum crypto_label label,
			      struct slice id, size_t n, struct commit_salt *out)
{
	uint8_t key[CRYPTO_KEY_LEN];
	const struct code_stream stream = {s->seed, label, s->lattice_hash};
	SR_TRY(code_stream_key(&stream, id, key));
	draw(key, n, out);
	crypto_wipe(key, sizeof key);
	return sr_ok();
}

struct sr_err commit_salts_symbols(const struct commit_secret *s, struct slice id, size_t n,
				   struct commit_salt *out)
{
	return draw_for(s, CRYPTO_LABEL_SALT_SYMBOLS, id, n, out);
}

struct sr_err commit_salts_layout(const struct commit_secret *s, struct slice id, size_t n,
				  struct commit_salt *out)
{
	return draw_for(s, CRYPTO_LABEL_SALT_LAYOUT, id, n, out);
}

struct sr_err commit_salt_reader(const struct commit_secret *s, struct slice id,
				 struct commit_salt *out)
{
	return draw_for(s, CRYPTO_LABEL_SALT_READER, id, 1, out);
}

struct sr_err commit_salts_lattice(const struct commit_secret *s, size_t n, struct commit_salt *out)
{
	return draw_for(s, CRYPTO_LABEL_SALT_LATTICE, SLICE_LIT(""), n, out);
}
