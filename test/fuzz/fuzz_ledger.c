/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a ledger. What an input is depends on its first byte: S (as SQLite's magic) or s (as
 * that of a sealed ledger), the file itself; H, edits (16-bit offset, new byte) to the header of a
 * good sealed ledger, whose digest is then made right; P, edits to a good ledger that is sealed
 * afterwards; any other, edits to a good ledger, so that the fuzzer gets past SQLite's own checks.
 * Whatever the file, it is refused or it reads as it was. */
#include "fuzz.h"
#include "ledger.h"
#include "ledger_seal.h"
#include "platform.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/subrosa-fuzz-XXXXXX";
static char path[sizeof folder + 16];
static struct arena mem;
static struct slice good, good_sealed;
static struct ledger_keys *keys;
static struct crypto_key seal_key; /* the one of good_sealed */
static struct seal_header seal;

static void must(struct sr_err e)
{
	assert(e.code == SR_OK);
}

static void clean_up(void)
{
	(void)unlink(path);
	(void)rmdir(folder);
	ledger_keys_free(keys);
	crypto_key_release(&seal_key);
	arena_release(&mem);
}

static struct sr_err answer(void *user, const char *prompt, bool twice, char *buf, size_t len)
{
	(void)user;
	(void)prompt;
	(void)twice;
	(void)snprintf(buf, len, "x");
	return sr_ok();
}

static void make_sealed(void)
{
	static const struct ledger_argon cheap = {1, CRYPTO_ARGON_MEMORY_KIB_MIN};
	static const struct ledger_ask ask = {answer, NULL};
	must(ledger_keys_new(&ask, &cheap, &keys));
	must(ledger_keys_fresh(keys, path, NULL));
	must(ledger_seal(path, keys, NULL));
	must(platform_read_file(&mem, path, 1 << 20, &good_sealed));
	must(seal_header_read(good_sealed, &seal));
	must(crypto_key_from_passphrase(&seal_key, SLICE_LIT("x"), seal.params.salt,
					seal.params.passes, seal.params.memory_kib));
}

static void make_good(void)
{
	struct ledger_paper p = {
		.title = SLICE_LIT("title"), .lattice = SLICE_LIT("lattice"), .collusion = 3};
	struct ledger_reader r[2] = {{.id = SLICE_LIT("A"), .fold = SLICE_LIT("a")},
				     {.id = SLICE_LIT("b"), .fold = SLICE_LIT("b")}};
	struct ledger_issued copy = {.number = 1, .has_page = true};
	struct crypto_key seed;
	struct ledger *l;
	must(crypto_init());
	must(crypto_key_random(&seed));
	assert(mkdtemp(folder));
	(void)snprintf(path, sizeof path, "%s/ledger", folder);
	must(ledger_create(path, &p, SLICE_LIT("sheet"), &seed, NULL, NULL, &l));
	must(ledger_commit_readers(l, r, 2, 1, 1, SLICE_LIT("entry")));
	must(ledger_mark_issued(l, &copy, 1));
	ledger_close(l);
	crypto_key_release(&seed);
	must(platform_read_file(&mem, path, 1 << 20, &good));
	make_sealed();
	(void)atexit(clean_up);
}

static uint8_t *edit(struct slice from, size_t len, struct slice edits)
{
	uint16_t at;
	uint8_t value;
	uint8_t *bytes = malloc(from.len);
	assert(bytes);
	memcpy(bytes, from.ptr, from.len);
	while (slice_u16(&edits, &at) && slice_u8(&edits, &value))
		bytes[at % len] = value;
	return bytes;
}

static void put(struct slice bytes)
{
	FILE *f = fopen(path, "wb");
	assert(f);
	assert(fwrite(bytes.ptr, 1, bytes.len, f) == bytes.len);
	(void)fclose(f);
}

/* edited: the input was a good ledger once. */
static void check_content(struct ledger *l, bool edited)
{
	struct ledger_readers rs;
	struct ledger_commitments cs;
	struct slice sheet;
	struct arena a = {0};
	struct sr_err e = ledger_readers_load(l, &a, &rs);
	if (!sr_bad(e))
		e = ledger_commitments_load(l, &a, &cs);
	if (!sr_bad(e))
		e = ledger_sheet(l, &a, &sheet);
	if (!sr_bad(e) && edited)
		assert(rs.n == 2 && rs.at[0].has_page && slice_eq(sheet, SLICE_LIT("sheet")) &&
		       slice_eq(rs.at[0].id, SLICE_LIT("A")) && cs.n == 1 &&
		       slice_eq(cs.at[0].entry, SLICE_LIT("entry")) &&
		       slice_eq(ledger_paper(l)->lattice, SLICE_LIT("lattice")));
	arena_release(&a);
}

static void try_open(bool readonly, bool edited)
{
	struct ledger_reader more = {.id = SLICE_LIT("c"), .fold = SLICE_LIT("c")};
	struct ledger *l;
	if (sr_bad(ledger_open(path, readonly, keys, NULL, &l)))
		return;
	check_content(l, edited);
	if (!readonly) {
		struct sr_err e = ledger_commit_readers(l, &more, 1, 3, 1, SLICE_LIT(""));
		(void)e.code; /* whether it can be written is another matter */
	}
	ledger_close(l);
}

/* A header may ask for a second and a GiB, which no fuzzer has. */
static bool too_much_work(struct slice bytes)
{
	struct seal_header h;
	return !sr_bad(seal_header_read(bytes, &h)) &&
	       (h.params.passes > 1 || h.params.memory_kib > 64);
}

/* A header with any edits and a digest that is right. */
static uint8_t *forge(struct slice edits)
{
	enum { FRONT = SEAL_HEADER_LEN - SEAL_DIGEST_LEN };
	uint8_t digest[CRYPTO_HASH_LEN];
	uint8_t *bytes = edit(good_sealed, FRONT, edits);
	struct slice front = slice_make(bytes, FRONT);
	crypto_digest(&front, 1, digest);
	memcpy(bytes + FRONT, digest, SEAL_DIGEST_LEN);
	return bytes;
}

/* Makes the file that an input means; *made is freed by the caller. */
static struct slice make_file(struct slice in, uint8_t **made)
{
	uint8_t kind = 0;
	struct slice edits = in;
	(void)slice_u8(&edits, &kind);
	if (kind == 'S' || kind == 's')
		return in;
	if (kind == 'H') {
		*made = forge(edits);
		return slice_make(*made, good_sealed.len);
	}
	if (kind != 'P') {
		*made = edit(good, good.len, in);
		return slice_make(*made, good.len);
	}
	uint8_t *image = edit(good, good.len, edits);
	size_t len = 0;
	must(seal_write(&seal_key, &seal.params, slice_make(image, good.len), made, &len));
	free(image);
	return slice_make(*made, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *ptr, size_t len)
{
	static char journal[sizeof path + 16];
	uint8_t *made = NULL;
	if (!good.len)
		make_good();
	struct slice bytes = make_file(slice_make(ptr, len), &made);
	if (!too_much_work(bytes)) {
		put(bytes);
		try_open(true, made);
		try_open(false, made);
		(void)snprintf(journal, sizeof journal, "%s-journal", path);
		(void)unlink(journal);
	}
	free(made);
	return 0;
}
