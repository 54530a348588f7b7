/* SPDX-License-Identifier: Apache-2.0 */
#include "commit_entry.h"

#include "base_limits.h"
#include "code_design.h"
#include "commit_leaf.h"
#include "hex.h"

#include <assert.h>
#include <string.h>

static const char magic[] = "srcommit";
static const char file_head[] = "subrosa-commitment/1";

/* An entry of words alone is of version 2, one with a layout layer of version 3. */
enum { VERSION_WORDS = 2, VERSION = 3 };

static const uint16_t entry_len[VERSION + 1] = {0, COMMIT_ENTRY_1_LEN, COMMIT_ENTRY_LEN,
						COMMIT_ENTRY_3_LEN};

/* Every code was built for so many colluders before entries said for how many. */
enum { VERSION_1_COLLUSION = 2 };

static_assert(LIMIT_READERS <= UINT32_MAX, "the number of readers fits");

static void write_hash(struct build *out, const struct commit_hash *h)
{
	build_bytes(out, h->at, CRYPTO_HASH_LEN);
}

void commit_entry_write(const struct commit_entry *e, const struct crypto_key *key,
			struct build *out)
{
	uint8_t public_key[CRYPTO_PUBLIC_LEN], signature[CRYPTO_SIGNATURE_LEN];
	crypto_public_key(key, public_key);
	size_t from = out->len;
	assert(e->collusion >= 1 && e->collusion <= CODE_COLLUSION_MAX);
	assert(e->layout.slots_n <= (e->has_layout ? LIMIT_PLACES : 0));
	build_str(out, magic);
	build_u16(out, e->has_layout ? VERSION : VERSION_WORDS);
	build_u32(out, e->number);
	build_u64(out, (uint64_t)e->time);
	build_u32(out, e->readers_n);
	build_u8(out, e->has_layout ? 2 : 1);
	build_u8(out, COMMIT_LAYER_WORDS);
	if (e->has_layout)
		build_u8(out, COMMIT_LAYER_LAYOUT);
	build_u8(out, e->collusion);
	build_u32(out, e->places_n);
	build_u32(out, e->units_n);
	if (e->has_layout)
		build_u32(out, e->layout.slots_n);
	write_hash(out, &e->lattice_root);
	write_hash(out, &e->readers_root);
	if (e->has_layout)
		write_hash(out, &e->layout.sheet);
	write_hash(out, &e->previous);
	build_bytes(out, public_key, sizeof public_key);
	if (out->failed)
		return;
	crypto_signature_make(key, slice_make(out->ptr + from, out->len - from), signature);
	build_bytes(out, signature, sizeof signature);
}

static bool read_hash(struct slice *s, struct commit_hash *out)
{
	struct slice h;
	if (!slice_take(s, CRYPTO_HASH_LEN, &h))
		return false;
	memcpy(out->at, h.ptr, h.len);
	return true;
}

/* read_layers takes just the layers that entries of the version have. */
static bool read_layers(struct slice *s, bool has_layout)
{
	uint8_t n, layer;
	if (!slice_u8(s, &n) || n != (has_layout ? 2 : 1))
		return false;
	for (uint8_t i = COMMIT_LAYER_WORDS; i < n; i++)
		if (!slice_u8(s, &layer) || layer != i)
			return false;
	return true;
}

static bool read_fields(struct slice *s, uint16_t version, struct commit_entry *e)
{
	bool pages = version > VERSION_WORDS;
	uint64_t time;
	struct slice key;
	if (!slice_u32(s, &e->number) || !slice_u64(s, &time) || !slice_u32(s, &e->readers_n) ||
	    !read_layers(s, pages) || (version > 1 && !slice_u8(s, &e->collusion)) ||
	    !slice_u32(s, &e->places_n) || !slice_u32(s, &e->units_n) ||
	    (pages && !slice_u32(s, &e->layout.slots_n)) || !read_hash(s, &e->lattice_root) ||
	    !read_hash(s, &e->readers_root) || (pages && !read_hash(s, &e->layout.sheet)) ||
	    !read_hash(s, &e->previous) || !slice_take(s, CRYPTO_PUBLIC_LEN, &key))
		return false;
	memcpy(e->public_key, key.ptr, key.len);
	e->time = (int64_t)time;
	e->has_layout = pages;
	return time <= INT64_MAX && e->number && e->readers_n && e->readers_n <= LIMIT_READERS &&
	       e->units_n && e->places_n <= LIMIT_PLACES && e->layout.slots_n <= LIMIT_PLACES &&
	       e->collusion >= 1 && e->collusion <= CODE_COLLUSION_MAX;
}

struct sr_err commit_entry_read(struct slice bytes, struct commit_entry *out)
{
	static const char what[] = "this is not a commitment of subrosa, or it is damaged";
	struct slice s = bytes, word, signature;
	struct commit_entry e = {.collusion = VERSION_1_COLLUSION};
	uint16_t version;
	if (!slice_take(&s, sizeof magic - 1, &word) || !slice_eq(word, slice_str(magic)) ||
	    !slice_u16(&s, &version))
		return sr_fail(SR_E_INPUT, what);
	if (version > VERSION)
		return sr_fail(SR_E_STATE, "the commitment comes from a newer version of subrosa");
	size_t len = entry_len[version];
	if (!version || bytes.len != len || !read_fields(&s, version, &e) ||
	    !slice_take(&s, CRYPTO_SIGNATURE_LEN, &signature))
		return sr_fail(SR_E_INPUT, what);
	if (!crypto_signature_check(e.public_key, slice_sub(bytes, 0, len - CRYPTO_SIGNATURE_LEN),
				    signature.ptr))
		return sr_fail(SR_E_AUTH, "the signature of the commitment is wrong");
	*out = e;
	return sr_ok();
}

void commit_entry_digest(struct slice bytes, struct commit_hash *out)
{
	crypto_digest(&bytes, 1, out->at);
}

static bool same_layout(const struct commit_entry *a, const struct commit_entry *b)
{
	return a->has_layout == b->has_layout && a->layout.slots_n == b->layout.slots_n &&
	       commit_hash_eq(&a->layout.sheet, &b->layout.sheet);
}

/* follows tells whether b can stand behind a (NULL: at the beginning), whose digest is given. */
static bool follows(const struct commit_entry *a, const struct commit_hash *digest,
		    const struct commit_entry *b)
{
	static const struct commit_hash none;
	if (!a)
		return b->number == 1 && commit_hash_eq(&b->previous, &none);
	return b->number == a->number + 1 && b->readers_n > a->readers_n && b->time >= a->time &&
	       b->places_n == a->places_n && b->units_n == a->units_n &&
	       b->collusion == a->collusion && same_layout(a, b) &&
	       commit_hash_eq(&b->lattice_root, &a->lattice_root) &&
	       memcmp(b->public_key, a->public_key, CRYPTO_PUBLIC_LEN) == 0 &&
	       commit_hash_eq(&b->previous, digest);
}

struct sr_err commit_chain_read(struct arena *a, const struct slice *bytes, size_t n,
				struct commit_chain *out)
{
	if (!n)
		return sr_fail(SR_E_INPUT, "there is no commitment in it");
	struct commit_chain c = {ARENA_ARRAY(a, n, struct commit_entry),
				 ARENA_ARRAY(a, n, struct slice), n};
	struct commit_hash digest = {{0}};
	if (!c.at || !c.bytes)
		return sr_nomem();
	for (size_t i = 0; i < n; i++) {
		SR_TRY(commit_entry_read(bytes[i], &c.at[i]));
		if (!follows(i ? &c.at[i - 1] : NULL, &digest, &c.at[i]))
			return sr_fail(SR_E_AUTH,
				       "the commitments do not form a chain: one was changed, "
				       "left out, or comes from another ledger");
		c.bytes[i] = bytes[i];
		commit_entry_digest(bytes[i], &digest);
	}
	*out = c;
	return sr_ok();
}

void commit_file_write(const struct slice *bytes, size_t n, struct build *out)
{
	build_str(out, file_head);
	build_str(out, "\n");
	for (size_t i = 0; i < n; i++) {
		hex_write(out, bytes[i]);
		build_str(out, "\n");
	}
}

/* take_line cuts a line and its end from the front of s. */
static struct slice take_line(struct slice *s)
{
	const uint8_t *end = s->len ? memchr(s->ptr, '\n', s->len) : NULL;
	size_t len = end ? (size_t)(end - s->ptr) : s->len;
	struct slice line = slice_sub(*s, 0, len);
	*s = slice_sub(*s, end ? len + 1 : len, s->len - (end ? len + 1 : len));
	while (line.len && (line.ptr[line.len - 1] == '\r' || line.ptr[line.len - 1] == ' '))
		line.len--;
	return line;
}

static struct sr_err read_lines(struct arena *a, struct slice file, struct slice **entries,
				size_t *n)
{
	size_t cap = 0;
	while (file.len) {
		struct slice line = take_line(&file);
		if (!line.len && !file.len)
			break;
		struct slice *at = arena_grow(a, *entries, *n, &cap, sizeof *at);
		if (!at)
			return sr_nomem();
		*entries = at;
		if (*n == COMMIT_ENTRIES_MAX)
			return sr_fail(SR_E_LIMIT, "there are too many commitments in it");
		uint8_t *bytes = arena_alloc(a, line.len / 2, 1);
		if (!bytes)
			return sr_nomem();
		if (!hex_read(line, bytes, line.len / 2))
			return sr_fail(SR_E_INPUT, "a line of it is not a commitment");
		at[(*n)++] = slice_make(bytes, line.len / 2);
	}
	return sr_ok();
}

struct sr_err commit_file_read(struct arena *a, struct slice file, struct commit_chain *out)
{
	struct slice *entries = NULL;
	size_t n = 0;
	if (file.len > COMMIT_FILE_BYTES)
		return sr_fail(SR_E_LIMIT, "is larger than a file of commitments can be");
	if (!slice_eq(take_line(&file), slice_str(file_head)))
		return sr_fail(SR_E_INPUT, "this is not a file of commitments of subrosa");
	SR_TRY(read_lines(a, file, &entries, &n));
	return commit_chain_read(a, entries, n, out);
}

bool commit_chain_extends(const struct commit_chain *chain, const struct commit_chain *older)
{
	if (older->n > chain->n)
		return false;
	for (size_t i = 0; i < older->n; i++)
		if (!slice_eq(chain->bytes[i], older->bytes[i]))
			return false;
	return true;
}
