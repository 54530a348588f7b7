/* SPDX-License-Identifier: Apache-2.0 */
/* Sealed ledgers: without the passphrase they tell nothing, whatever is done to their bytes they
 * are refused or read as they were, and no failure loses what was reported as committed. */
#include "ledger.h"
#include "ledger_seal.h"
#include "platform.h"
#include "test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char root[64], file[128], other[128];

static char last_note[1024];

static void keep_note(void *user, const struct sr_note *n)
{
	(void)user;
	(void)snprintf(last_note, sizeof last_note, "%s: %s", n->file ? n->file : "?", n->text);
}

static const struct sr_sink sink = {keep_note, NULL, NULL};

/* As little work as Argon2id takes: what is tested is not its strength. */
static const struct ledger_argon cheap = {1, CRYPTO_ARGON_MEMORY_KIB_MIN};

/* ---- A person who knows a passphrase. ---- */

struct person {
	const char *says;
	struct sr_err fails;
	int asked, asked_twice;
};

static struct sr_err answer(void *user, const char *prompt, bool twice, char *buf, size_t len)
{
	struct person *p = user;
	CHECK(strstr(prompt, root), "the prompt names the file: %s", prompt);
	p->asked++;
	p->asked_twice += twice;
	size_t n = strlen(p->says);
	memcpy(buf, p->says, n < len ? n + 1 : len);
	return p->fails;
}

static struct person owner = {.says = "correct horse"};

static struct ledger_keys *keys_of(struct person *p)
{
	const struct ledger_ask ask = {answer, p};
	struct ledger_keys *k = NULL;
	struct sr_err e = ledger_keys_new(&ask, &cheap, &k);
	CHECK(!sr_bad(e), "keys: %s", e.what);
	return k;
}

static struct ledger_keys *fresh_keys(struct person *p)
{
	struct ledger_keys *k = keys_of(p);
	struct sr_err e = ledger_keys_fresh(k, file, &sink);
	CHECK(!sr_bad(e), "fresh keys: %s", e.what);
	return k;
}

/* ---- What the tests are made of. ---- */

static const char lattice_text[] = "not a lattice, but nobody here looks at it";
static const char sheet_text[] = "nor a sheet of pages";

static struct sr_err create(const char *path, struct ledger_keys *k, struct ledger **out)
{
	uint8_t bytes[CRYPTO_KEY_LEN];
	struct crypto_key seed = {NULL};
	memset(bytes, 0x5e, sizeof bytes);
	SR_TRY(crypto_key_copy(&seed, slice_make(bytes, sizeof bytes)));
	struct ledger_paper p = {.title = SLICE_LIT("Working paper on the strait"),
				 .lattice = SLICE_LIT(lattice_text),
				 .created = 1700000000,
				 .collusion = 3};
	struct sr_err e = ledger_create(path, &p, SLICE_LIT(sheet_text), &seed, k, &sink, out);
	crypto_key_release(&seed);
	return e;
}

/* Adds n readers u0000001 ... in the house "Ministry of Locks" and a commitment to all. (Nothing is
 * allocated here: that is for the code under test.) */
static struct sr_err add(struct ledger *l, uint32_t first, size_t n)
{
	static struct ledger_reader r[300];
	static char id[300][16];
	for (size_t i = 0; i < n && i < sizeof r / sizeof *r; i++) {
		(void)snprintf(id[i], sizeof id[i], "u%07zu", (first + i) % 10000000);
		r[i].id = r[i].fold = slice_str(id[i]);
		r[i].name = SLICE_LIT("Marga Oldenkamp");
		r[i].house = SLICE_LIT("Ministry of Locks");
	}
	return ledger_commit_readers(l, r, n, first, 1700000001, SLICE_LIT("a signed commitment"));
}

static struct sr_err issue_all(struct ledger *l, uint32_t n)
{
	static struct ledger_issued is[300];
	for (uint32_t i = 0; i < n && i < sizeof is / sizeof *is; i++)
		is[i] = (struct ledger_issued){.number = i + 1, .has_page = true, .page_hash = {9}};
	return ledger_mark_issued(l, is, n);
}

struct state {
	size_t readers, issued, commitments;
};

static struct sr_err get_state(struct ledger *l, struct state *out)
{
	struct arena a = {0};
	struct ledger_readers rs = {0};
	struct ledger_commitments cs = {0};
	struct sr_err e = ledger_readers_load(l, &a, &rs);
	if (!sr_bad(e))
		e = ledger_commitments_load(l, &a, &cs);
	*out = (struct state){.readers = rs.n, .commitments = cs.n};
	for (size_t i = 0; i < rs.n && !sr_bad(e); i++)
		out->issued += rs.at[i].state == LEDGER_ISSUED && rs.at[i].has_page &&
			       rs.at[i].page_hash[0] == 9;
	for (size_t i = 0; i < cs.n && !sr_bad(e); i++)
		CHECK(slice_eq(cs.at[i].entry, SLICE_LIT("a signed commitment")), "entry %zu", i);
	arena_release(&a);
	return e;
}

static struct ledger *open_ok(const char *path, bool readonly, struct ledger_keys *k)
{
	struct arena a = {0};
	struct ledger *l = NULL;
	struct slice sheet = {0};
	struct sr_err e = ledger_open(path, readonly, k, &sink, &l);
	if (!sr_bad(e))
		e = ledger_sheet(l, &a, &sheet);
	CHECK(!sr_bad(e), "open: %s: %s", e.what, last_note);
	if (l)
		CHECK(slice_eq(ledger_paper(l)->title, SLICE_LIT("Working paper on the strait")) &&
			      slice_eq(ledger_paper(l)->lattice, SLICE_LIT(lattice_text)) &&
			      slice_eq(sheet, SLICE_LIT(sheet_text)) &&
			      ledger_seed(l)->bytes[7] == 0x5e,
		      "other content");
	arena_release(&a);
	return l;
}

static struct state state_of(const char *path, struct person *p)
{
	struct state s = {SIZE_MAX, SIZE_MAX, SIZE_MAX};
	struct ledger_keys *k = keys_of(p);
	struct ledger *l = open_ok(path, true, k);
	if (l) {
		struct sr_err e = get_state(l, &s);
		CHECK(!sr_bad(e), "state: %s", e.what);
	}
	ledger_close(l);
	ledger_keys_free(k);
	return s;
}

/* Makes file a ledger with n readers, sealed if k is not NULL. */
static void make(struct ledger_keys *k, size_t n)
{
	struct ledger *l = NULL;
	(void)unlink(file);
	struct sr_err e = create(file, k, &l);
	if (!sr_bad(e) && n)
		e = add(l, 1, n);
	CHECK(!sr_bad(e), "make: %s: %s", e.what, last_note);
	ledger_close(l);
}

static struct slice bytes_of(struct arena *a, const char *path)
{
	struct slice s = {0};
	CHECK(!sr_bad(platform_read_file(a, path, 1 << 26, &s)), "%s", path);
	return s;
}

static void put(const char *path, struct slice bytes)
{
	CHECK(!sr_bad(platform_write_file(path, bytes, 0600)), "%s", path);
}

static size_t count_files(void)
{
	size_t n = 0;
	DIR *d = opendir(root);
	for (struct dirent *e; d && (e = readdir(d));)
		n += e->d_name[0] != '.';
	if (d)
		(void)closedir(d);
	return n;
}

static void header_of(const char *path, struct seal_header *h)
{
	struct arena a = {0};
	struct sr_err e = seal_header_read(bytes_of(&a, path), h);
	CHECK(!sr_bad(e), "%s: %s", path, e.what);
	arena_release(&a);
}

static double seconds(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- The tests. ---- */

static void keeps_everything(void)
{
	struct stat st;
	struct ledger *l = NULL;
	owner.asked = owner.asked_twice = 0;
	struct ledger_keys *k = fresh_keys(&owner);
	CHECK(!sr_bad(create(file, k, &l)), "create: %s", last_note);
	CHECK(ledger_sealed(l) && stat(file, &st) == 0 && (st.st_mode & 07777) == 0600, "0600");
	struct state s = state_of(file, &owner);
	CHECK(s.readers == 0 && s.commitments == 0, "an empty ledger");
	CHECK(!sr_bad(add(l, 1, 3)) && !sr_bad(issue_all(l, 2)) && !sr_bad(add(l, 4, 1)), "%s",
	      last_note);
	CHECK(!sr_bad(get_state(l, &s)) && s.readers == 4 && s.issued == 2 && s.commitments == 2,
	      "in the handle");
	ledger_close(l);
	ledger_keys_free(k);
	s = state_of(file, &owner);
	CHECK(s.readers == 4 && s.issued == 2 && s.commitments == 2, "in the file");
	CHECK(count_files() == 1, "nothing lies beside it");
	CHECK(owner.asked == 3 && owner.asked_twice == 1, "asked %d, twice %d", owner.asked,
	      owner.asked_twice);
}

/* The bytes tell neither what is in them nor how many readers there are. */
static void tells_nothing(void)
{
	static const char *const secret[] = {
		"Working paper", "not a lattice", "u0000001",      "Oldenkamp", "Ministry",
		"signed",        "SQLite",        "correct horse", "^^^^^^^^",  "nor a sheet"};
	struct arena a = {0};
	struct ledger_keys *k = fresh_keys(&owner);
	size_t len[2];
	for (size_t i = 0; i < 2; i++) {
		make(k, i ? 300 : 1);
		len[i] = bytes_of(&a, file).len;
	}
	struct slice sealed = bytes_of(&a, file);
	for (size_t i = 0; i < sizeof secret / sizeof *secret; i++)
		CHECK(!memmem(sealed.ptr, sealed.len, secret[i], strlen(secret[i])), "%s",
		      secret[i]);
	CHECK(len[0] == len[1], "%zu and %zu bytes for 1 and 300 readers", len[0], len[1]);
	CHECK(!sr_bad(ledger_unseal(file, k, &sink)), "%s", last_note);
	struct slice plain = bytes_of(&a, file);
	for (size_t i = 0; i < sizeof secret / sizeof *secret; i++)
		CHECK(i == 7 || memmem(plain.ptr, plain.len, secret[i], strlen(secret[i])),
		      "the instrument: %s is in the plain file", secret[i]);
	ledger_keys_free(k);
	arena_release(&a);
}

static void open_fails(struct ledger_keys *k, enum sr_code code, const char *word)
{
	for (int readonly = 0; readonly < 2; readonly++) {
		struct ledger *l = NULL;
		last_note[0] = 0;
		struct sr_err e = ledger_open(file, readonly, k, &sink, &l);
		CHECK(e.code == code && strstr(last_note, word), "wanted %s: code %d, %s", word,
		      (int)e.code, last_note);
		CHECK(strncmp(last_note, file, strlen(file)) == 0, "the file is named: %s",
		      last_note);
		ledger_close(l);
	}
}

static void refuses_other_passphrases(void)
{
	static char long_one[LEDGER_PASSPHRASE_BYTES + 1];
	memset(long_one, 'x', sizeof long_one - 1);
	const struct {
		const char *says, *word, *why;
		enum sr_code code;
	} row[] = {
		{"Correct horse", "wrong", "one letter", SR_E_AUTH},
		{"correct horse ", "wrong", "a blank more", SR_E_AUTH},
		{"correct hors", "wrong", "a letter less", SR_E_AUTH},
		{"", "empty", "nothing", SR_E_INPUT},
		{long_one, "too long", "no NUL", SR_E_LIMIT},
	};
	struct arena a = {0};
	struct ledger_keys *k = fresh_keys(&owner);
	make(k, 2);
	ledger_keys_free(k);
	struct slice before = bytes_of(&a, file);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct person p = {.says = row[i].says};
		k = keys_of(&p);
		open_fails(k, row[i].code, row[i].word);
		CHECK(sr_bad(ledger_unseal(file, k, &sink)), "%s", row[i].why);
		CHECK(!*row[i].says || !strstr(last_note, row[i].says), "%s: said", row[i].why);
		ledger_keys_free(k);
	}
	open_fails(NULL, SR_E_AUTH, "sealed");
	const struct ledger_ask nobody = {NULL, NULL};
	CHECK(!sr_bad(ledger_keys_new(&nobody, &cheap, &k)), "keys");
	open_fails(k, SR_E_AUTH, "passphrase");
	ledger_keys_free(k);
	struct person gone = {.says = "correct horse", .fails = {SR_E_IO, EINTR, "gone"}};
	k = keys_of(&gone);
	struct ledger *l;
	CHECK(ledger_open(file, true, k, &sink, &l).sys == EINTR, "his error is passed on");
	ledger_keys_free(k);
	CHECK(slice_eq(before, bytes_of(&a, file)), "not a byte changed");
	arena_release(&a);
}

static void asks_when_needed(void)
{
	struct person p = {.says = "correct horse"};
	struct ledger_keys *k = keys_of(&p);
	make(NULL, 2);
	ledger_close(open_ok(file, false, k));
	CHECK(p.asked == 0, "not for an open ledger");
	ledger_keys_free(k);
}

/* The work on the passphrase is done once for ledgers that share a salt. */
static void one_key_for_many(void)
{
	static const struct ledger_argon some = {2, 64 * 1024};
	const struct ledger_ask ask = {answer, &owner};
	struct ledger_keys *k = NULL;
	struct seal_header a, b;
	make(NULL, 2);
	CHECK(!sr_bad(ledger_backup(file, other, &sink)), "backup: %s", last_note);
	CHECK(!sr_bad(ledger_keys_new(&ask, &some, &k)) &&
		      !sr_bad(ledger_keys_fresh(k, file, &sink)) &&
		      !sr_bad(ledger_seal(file, k, &sink)) && !sr_bad(ledger_seal(other, k, &sink)),
	      "seal: %s", last_note);
	ledger_keys_free(k);
	header_of(file, &a);
	header_of(other, &b);
	CHECK(memcmp(&a.params, &b.params, sizeof a.params) == 0 && a.params.passes == 2 &&
		      memcmp(a.nonce, b.nonce, sizeof a.nonce) != 0,
	      "same salt, same work, other nonce");
	owner.asked = 0;
	k = keys_of(&owner);
	double t0 = seconds();
	ledger_close(open_ok(file, true, k));
	double t1 = seconds();
	ledger_close(open_ok(other, true, k));
	double t2 = seconds();
	printf("# the first ledger %.4f s, the second %.4f s\n", t1 - t0, t2 - t1);
	CHECK(owner.asked == 1 && t2 - t1 < (t1 - t0) / 2, "asked %d", owner.asked);
	ledger_keys_free(k);

	(void)unlink(other);
	k = keys_of(&owner);
	struct ledger *l = NULL;
	CHECK(!sr_bad(ledger_keys_like(k, file, &sink)) && !sr_bad(create(other, k, &l)),
	      "like: %s", last_note);
	ledger_close(l);
	header_of(other, &b);
	CHECK(memcmp(&a.params, &b.params, sizeof a.params) == 0, "the key of an old one");
	ledger_keys_free(k);
	struct person wrong = {.says = "wrong"};
	k = keys_of(&wrong);
	CHECK(ledger_keys_like(k, file, &sink).code == SR_E_AUTH, "with another passphrase");
	ledger_keys_free(k);
	(void)unlink(other);
	make(NULL, 1);
	k = keys_of(&owner);
	CHECK(ledger_keys_like(k, file, &sink).code == SR_E_STATE, "like an open one");
	ledger_keys_free(k);
}

/* ---- Damage. ---- */

/* Rebuilds the digest at the end of the header, as a forger would. */
static void forge(uint8_t *bytes)
{
	uint8_t digest[CRYPTO_HASH_LEN];
	struct slice front = slice_make(bytes, SEAL_HEADER_LEN - SEAL_DIGEST_LEN);
	crypto_digest(&front, 1, digest);
	memcpy(bytes + front.len, digest, SEAL_DIGEST_LEN);
}

static void hostile_headers(void)
{
	static const struct {
		size_t at;
		uint8_t value[8];
		size_t len;
		enum sr_code code;
		const char *word, *why;
	} row[] = {
		{8, {2, 0}, 2, SR_E_STATE, "newer", "a newer version"},
		{8, {0, 0}, 2, SR_E_INPUT, "damaged", "version 0"},
		{10, {2}, 1, SR_E_STATE, "newer", "another kind of key"},
		{10, {0}, 1, SR_E_INPUT, "damaged", "no kind of key"},
		{11, {1}, 1, SR_E_INPUT, "damaged", "a zero that is not"},
		{12, {0, 0, 0, 0}, 4, SR_E_INPUT, "damaged", "no pass"},
		{12, {9, 0, 0, 0}, 4, SR_E_LIMIT, "time", "one pass too many"},
		{12, {255, 255, 255, 255}, 4, SR_E_LIMIT, "time", "passes for ever"},
		{16, {7, 0, 0, 0}, 4, SR_E_INPUT, "damaged", "too little memory"},
		{16, {1, 0, 16, 0}, 4, SR_E_LIMIT, "memory", "one KiB too much"},
		{16, {255, 255, 255, 255}, 4, SR_E_LIMIT, "memory", "4 TiB"},
		{76, {0}, 8, SR_E_INPUT, "damaged", "no ciphertext"},
		{76, {1, 0, 4, 0, 0, 0, 0, 0}, 8, SR_E_INPUT, "damaged", "no power of two"},
		{76, {0, 0, 2, 0, 0, 0, 0, 0}, 8, SR_E_INPUT, "damaged", "too small"},
		{76, {0, 0, 8, 0, 0, 0, 0, 0}, 8, SR_E_INPUT, "truncated", "twice as long"},
		{76, {0, 0, 0, 64, 0, 0, 0, 0}, 8, SR_E_INPUT, "truncated", "1 GiB"},
		{76, {0, 0, 0, 128, 0, 0, 0, 0}, 8, SR_E_LIMIT, "memory", "2 GiB"},
		{76, {0, 0, 0, 0, 0, 0, 0, 128}, 8, SR_E_LIMIT, "memory", "2^63"},
		{20, {1, 2, 3, 4}, 4, SR_E_AUTH, "wrong", "another salt"},
		{12, {2, 0, 0, 0}, 4, SR_E_AUTH, "wrong", "another pass"},
		{36, {1, 2, 3, 4}, 4, SR_E_AUTH, "wrong", "another check"},
		{52, {1, 2, 3, 4}, 4, SR_E_AUTH, "damaged", "another nonce"},
	};
	struct arena a = {0};
	struct ledger_keys *k = fresh_keys(&owner);
	make(k, 2);
	struct slice good = bytes_of(&a, file);
	uint8_t *bytes = arena_dup(&a, good.ptr, good.len);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		memcpy(bytes, good.ptr, good.len);
		memcpy(bytes + row[i].at, row[i].value, row[i].len);
		forge(bytes);
		put(file, slice_make(bytes, good.len));
		struct ledger *l = NULL;
		struct sr_err e = ledger_open(file, true, k, &sink, &l);
		CHECK(e.code == row[i].code && strstr(last_note, row[i].word), "%s: %d, %s",
		      row[i].why, (int)e.code, last_note);
		ledger_close(l);
	}
	memcpy(bytes, good.ptr, good.len);
	forge(bytes);
	put(file, slice_make(bytes, good.len));
	ledger_close(open_ok(file, true, k));
	ledger_keys_free(k);
	arena_release(&a);
}

struct sealed_bytes {
	struct arena a;
	struct seal_header h;
	struct slice good;
	uint8_t *bytes, *out;
	struct crypto_key key;
};

/* Some sealed bytes, and what it takes to open them without a file. */
static struct sealed_bytes seal_some(void)
{
	struct sealed_bytes s = {.h = {.params = {1, CRYPTO_ARGON_MEMORY_KIB_MIN, {0}}}};
	uint8_t *sealed = NULL;
	size_t len = 0;
	struct sr_err e = crypto_key_random(&s.key);
	if (!sr_bad(e))
		e = seal_write(&s.key, &s.h.params, SLICE_LIT("an image"), &sealed, &len);
	s.bytes = arena_dup(&s.a, sealed, len);
	s.good = slice_make(arena_dup(&s.a, sealed, len), len);
	s.out = arena_alloc(&s.a, len, 1);
	free(sealed);
	if (!sr_bad(e))
		e = seal_header_read(s.good, &s.h);
	CHECK(!sr_bad(e), "seal: %s", e.what);
	return s;
}

static bool opens(struct sealed_bytes *s, struct slice bytes)
{
	struct seal_header h;
	size_t len = 0;
	struct sr_err e = seal_header_read(bytes, &h);
	if (!sr_bad(e))
		e = seal_read(&s->key, &h, bytes, s->out, &len);
	return !sr_bad(e) && len == strlen("an image") && memcmp(s->out, "an image", len) == 0;
}

static void truncations(void)
{
	struct sealed_bytes s = seal_some();
	size_t tried = 0;
	for (size_t len = 0; len < s.good.len; len += len < 300 || len + 300 > s.good.len ? 1 : 7) {
		CHECK(!opens(&s, slice_sub(s.good, 0, len)), "%zu bytes", len);
		tried++;
	}
	printf("# %zu prefixes\n", tried);
	CHECK(opens(&s, s.good), "the instrument: whole it opens");
	CHECK(!opens(&s, slice_make(arena_dup(&s.a, s.good.ptr, s.good.len), s.good.len + 1)),
	      "a byte more");
	crypto_key_release(&s.key);
	arena_release(&s.a);
}

/* All bits of the header and the tag; elsewhere one bit in each of many bytes. */
static void bit_flips(void)
{
	struct sealed_bytes s = seal_some();
	size_t tried = 0;
	for (size_t at = 0; at < s.good.len;
	     at += at < SEAL_HEADER_LEN + 64 || at + 64 > s.good.len ? 1 : 37) {
		bool all = at < SEAL_HEADER_LEN || at + CRYPTO_TAG_LEN >= s.good.len;
		for (unsigned bit = all ? 0 : at % 8; bit < (all ? 8 : at % 8 + 1); bit++) {
			s.bytes[at] ^= (uint8_t)(1u << bit);
			CHECK(!opens(&s, slice_make(s.bytes, s.good.len)), "byte %zu bit %u", at,
			      bit);
			s.bytes[at] ^= (uint8_t)(1u << bit);
			tried++;
		}
	}
	printf("# %zu bits flipped\n", tried);
	CHECK(opens(&s, slice_make(s.bytes, s.good.len)), "the instrument: as it was it opens");
	crypto_key_release(&s.key);
	arena_release(&s.a);
}

/* The same through a file, at some places, with the words that a person is told. */
static void damaged_files(void)
{
	struct arena a = {0};
	struct ledger_keys *k = fresh_keys(&owner);
	make(k, 2);
	struct slice good = bytes_of(&a, file);
	static const size_t cut[] = {8, 20, SEAL_HEADER_LEN, 200, 4096};
	for (size_t i = 0; i < sizeof cut / sizeof *cut; i++) {
		put(file, slice_sub(good, 0, cut[i]));
		open_fails(k, SR_E_INPUT, "truncated");
	}
	put(file, slice_sub(good, 0, good.len - 1));
	open_fails(k, SR_E_INPUT, "truncated");
	put(file, slice_sub(good, 0, 7));
	open_fails(k, SR_E_INPUT, "not a ledger");
	for (size_t at = 8; at < good.len; at += at < SEAL_HEADER_LEN ? 5 : 9973) {
		uint8_t *bytes = arena_dup(&a, good.ptr, good.len);
		bytes[at] ^= 0x10;
		put(file, slice_make(bytes, good.len));
		open_fails(k, at < SEAL_HEADER_LEN ? SR_E_INPUT : SR_E_AUTH, "damaged");
	}
	put(file, good);
	CHECK(state_of(file, &owner).readers == 2, "the instrument: as it was it opens");
	ledger_keys_free(k);
	arena_release(&a);
}

/* Somebody who knows the passphrase seals what is not a ledger. */
static void hostile_content(void)
{
	static const char *const row[] = {
		"", "SQLite format 3",
		("a text that is longer than the header of an SQLite file, so that somebody has to "
		 "look at what it says before SQLite does")};
	struct person p = {.says = "x"};
	struct ledger_keys *k = keys_of(&p);
	struct seal_params params = {1, CRYPTO_ARGON_MEMORY_KIB_MIN, {7}};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct crypto_key key = {NULL};
		uint8_t *bytes = NULL;
		size_t len = 0;
		struct ledger *l = NULL;
		struct sr_err e =
			crypto_key_from_passphrase(&key, SLICE_LIT("x"), params.salt, 1, 8);
		if (!sr_bad(e))
			e = seal_write(&key, &params, slice_str(row[i]), &bytes, &len);
		CHECK(!sr_bad(e), "%s: %s", row[i], e.what);
		put(file, slice_make(bytes, len));
		e = ledger_open(file, true, k, &sink, &l);
		CHECK(e.code == SR_E_INPUT, "%s: code %d", row[i], (int)e.code);
		ledger_close(l);
		free(bytes);
		crypto_key_release(&key);
	}
	ledger_keys_free(k);
}

/* ---- Failures of the system. ---- */

static void io_faults(void)
{
	struct arena a = {0};
	struct ledger_keys *k = fresh_keys(&owner);
	make(k, 5);
	struct slice before = bytes_of(&a, file);
	size_t points = 0;
	for (size_t n = 1;; n++, points++) {
		put(file, before);
		struct ledger *l = open_ok(file, false, k);
		test_io_fail_at(n, ENOSPC);
		struct sr_err e1 = add(l, 6, 10);
		struct sr_err e2 = sr_bad(e1) ? e1 : issue_all(l, 15);
		bool failed = test_io_failed();
		test_io_fail_at(0, 0);
		struct state s, t = state_of(file, &owner);
		CHECK(!sr_bad(get_state(l, &s)), "call %zu: the handle works on", n);
		CHECK(memcmp(&s, &t, sizeof s) == 0, "call %zu: handle and file", n);
		CHECK((t.readers == 5 || t.readers == 15) && (!t.issued || t.issued == 15),
		      "call %zu: %zu readers, %zu issued", n, t.readers, t.issued);
		CHECK(sr_bad(e1) || t.readers == 15, "call %zu: committed readers are lost", n);
		CHECK(sr_bad(e2) || t.issued == 15, "call %zu: issued copies are lost", n);
		CHECK(!sr_bad(e2) || (e2.code == SR_E_IO && e2.sys == ENOSPC), "call %zu: %s", n,
		      e2.what);
		CHECK(count_files() == 1, "call %zu: something is left", n);
		CHECK(!sr_bad(add(l, (uint32_t)t.readers + 1, 1)), "call %zu: %s", n, last_note);
		ledger_close(l);
		if (!failed)
			break;
	}
	printf("# %zu failing calls\n", points);
	CHECK(points >= 8, "%zu points", points);
	ledger_keys_free(k);
	arena_release(&a);
}

/* What a process that dies may do; it ends with TEST_DIED at the n-th change of a file. */
static bool dies_at(size_t n, struct sr_err (*fn)(struct ledger_keys *k))
{
	pid_t pid = fork();
	if (pid == 0) {
		struct ledger_keys *k = keys_of(&owner);
		if (sr_bad(ledger_keys_fresh(k, file, NULL)))
			_exit(9);
		test_io_fail_at(n, 0);
		struct sr_err e = fn(k);
		_exit(sr_bad(e) ? 9 : 0);
	}
	int status = 1;
	CHECK(waitpid(pid, &status, 0) == pid, "wait");
	bool died = WIFEXITED(status) && WEXITSTATUS(status) == TEST_DIED;
	CHECK(died || status == 0, "call %zu: status %x", n, status);
	return died;
}

static struct sr_err two_writes(struct ledger_keys *k)
{
	struct ledger *l;
	SR_TRY(ledger_open(file, false, k, NULL, &l));
	struct sr_err e = add(l, 6, 10);
	if (!sr_bad(e))
		e = issue_all(l, 15);
	ledger_close(l);
	return e;
}

static struct sr_err seal_file(struct ledger_keys *k)
{
	return ledger_seal(file, k, NULL);
}

static struct sr_err unseal_file(struct ledger_keys *k)
{
	return ledger_unseal(file, k, NULL);
}

static void crashes(void)
{
	static const struct {
		struct sr_err (*fn)(struct ledger_keys *k);
		bool sealed;
		const char *what;
	} row[] = {
		{two_writes, true, "writing"},
		{seal_file, false, "sealing"},
		{unseal_file, true, "unsealing"},
	};
	struct arena a = {0};
	struct ledger_keys *k = fresh_keys(&owner);
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		make(row[i].sealed ? k : NULL, 5);
		struct slice before = bytes_of(&a, file);
		size_t n = 0;
		for (bool died = true; died;) {
			put(file, before);
			died = dies_at(++n, row[i].fn);
			struct state s = state_of(file, &owner);
			CHECK((s.readers == 5 && !s.issued) ||
				      (s.readers == 15 && (!s.issued || s.issued == 15)),
			      "%s, call %zu: %zu readers", row[i].what, n, s.readers);
			CHECK(died || row[i].fn != two_writes || s.issued == 15, "all done");
			/* Whatever was left goes with the next replacement. */
			bool sealed = false;
			CHECK(!sr_bad(ledger_is_sealed(file, &sink, &sealed)), "%s", last_note);
			struct sr_err e = sealed ? unseal_file(k) : seal_file(k);
			CHECK(!sr_bad(e) && count_files() == 1, "%s, call %zu: %s", row[i].what, n,
			      last_note);
		}
		printf("# %s: %zu crash points\n", row[i].what, n - 1);
		CHECK(n > 3, "%s: %zu points", row[i].what, n);
	}
	ledger_keys_free(k);
	arena_release(&a);
}

/* One run over everything; what it returns is the first failure. */
static struct sr_err everything(void)
{
	const struct ledger_ask ask = {answer, &owner};
	struct ledger_keys *k = NULL;
	struct ledger *l = NULL;
	struct state s;
	SR_TRY(ledger_keys_new(&ask, &cheap, &k));
	struct sr_err e = ledger_keys_fresh(k, file, &sink);
	if (!sr_bad(e))
		e = create(file, k, &l);
	if (!sr_bad(e))
		e = add(l, 1, 10);
	if (!sr_bad(e))
		e = get_state(l, &s);
	ledger_close(l);
	if (!sr_bad(e))
		e = ledger_backup(file, other, &sink);
	if (!sr_bad(e))
		e = ledger_unseal(file, k, &sink);
	if (!sr_bad(e))
		e = ledger_seal(file, k, &sink);
	ledger_keys_free(k);
	return e;
}

static size_t mem_countdown;
static bool mem_failed;
static sqlite3_mem_methods mem_real;

static bool mem_fails_now(void)
{
	if (!mem_countdown || --mem_countdown)
		return false;
	mem_failed = true;
	return true;
}

static void *mem_malloc(int n)
{
	return mem_fails_now() ? NULL : mem_real.xMalloc(n);
}

/* Blocks that SQLite gave back with anything but zeros in them. */
static size_t unwiped_n;

static void mem_free(void *p)
{
	const uint8_t *bytes = p;
	size_t len = p ? (size_t)mem_real.xSize(p) : 0;
	unwiped_n += len && (bytes[0] || memcmp(bytes, bytes + 1, len - 1) != 0);
	mem_real.xFree(p);
}

static bool mem_install(void)
{
	if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &mem_real) != SQLITE_OK)
		return false;
	sqlite3_mem_methods m = mem_real;
	m.xMalloc = mem_malloc;
	m.xFree = mem_free;
	return sqlite3_config(SQLITE_CONFIG_MALLOC, &m) == SQLITE_OK;
}

static void memory_faults(void)
{
	size_t points = 0;
	test_io_no_sync(true);
	for (int sqlite = 0; sqlite < 2; sqlite++)
		for (size_t n = 1;; n += test_stride(3), points++) {
			(void)unlink(file);
			(void)unlink(other);
			mem_failed = false;
			if (sqlite)
				mem_countdown = n;
			else
				test_alloc_fail_at(n);
			struct sr_err e = everything();
			bool failed = sqlite ? mem_failed : test_alloc_failed();
			mem_countdown = 0;
			test_alloc_fail_at(0);
			bool there = access(file, F_OK) == 0;
			if (there) {
				struct state s = state_of(file, &owner);
				CHECK(s.readers == 0 || s.readers == 10, "allocation %zu", n);
			}
			CHECK(count_files() == (size_t)there + (access(other, F_OK) == 0),
			      "allocation %zu: something is left", n);
			CHECK(!sr_bad(e) || (failed && e.code == SR_E_NOMEM), "allocation %zu: %s",
			      n, e.what);
			if (!failed)
				break;
		}
	printf("# %zu failing allocations\n", points);
	test_io_no_sync(false);
	(void)unlink(other);
}

static void wiped(void)
{
	(void)unlink(file);
	(void)unlink(other);
	unwiped_n = 0;
	CHECK(!sr_bad(everything()), "%s", last_note);
	CHECK(unwiped_n == 0, "%zu blocks of SQLite were not wiped", unwiped_n);
	uint8_t *p = sqlite3_malloc(100);
	if (p)
		memset(p, 'x', 100);
	mem_free(p);
	CHECK(unwiped_n == 1, "the instrument sees one that is not");
	(void)unlink(file);
	(void)unlink(other);
}

/* ---- Several at a time. ---- */

/* Adds n readers one by one, each time as often as it takes. */
static int add_many(int n)
{
	struct ledger_keys *k = keys_of(&owner);
	struct ledger *l = NULL;
	struct sr_err e = ledger_open(file, false, k, NULL, &l);
	for (int done = 0; done < n && !sr_bad(e);) {
		struct state s;
		e = get_state(l, &s);
		if (sr_bad(e))
			break;
		e = add(l, (uint32_t)s.readers + 1, 1);
		done += !sr_bad(e);
		if (e.code == SR_E_STATE)
			e = sr_ok();
	}
	ledger_close(l);
	ledger_keys_free(k);
	return sr_bad(e);
}

static void two_processes(void)
{
	enum { PROCESSES = 3, EACH = 12 };
	struct ledger_keys *k = fresh_keys(&owner);
	make(k, 0);
	ledger_keys_free(k);
	for (int i = 0; i < PROCESSES; i++)
		if (fork() == 0)
			_exit(add_many(EACH));
	for (int i = 0; i < PROCESSES; i++) {
		int status = 1;
		CHECK(wait(&status) > 0 && status == 0, "status %x", status);
	}
	struct state s = state_of(file, &owner);
	CHECK(s.readers == (size_t)PROCESSES * EACH && s.commitments == s.readers,
	      "%zu readers, %zu commitments", s.readers, s.commitments);
	CHECK(count_files() == 1, "nothing is left");
}

static void changed_meanwhile(void)
{
	struct ledger_keys *k = fresh_keys(&owner);
	make(k, 2);
	struct seal_header h0, h1;
	header_of(file, &h0);
	struct ledger *l = open_ok(file, false, k), *reader = open_ok(file, true, k);
	struct ledger *m = open_ok(file, false, k);
	CHECK(!sr_bad(add(m, 3, 1)), "%s", last_note);
	header_of(file, &h1);
	CHECK(memcmp(h0.nonce, h1.nonce, sizeof h0.nonce) != 0, "a new nonce for each writing");
	CHECK(add(l, 3, 1).code == SR_E_STATE && strstr(last_note, "meanwhile"), "%s", last_note);
	CHECK(!sr_bad(add(l, 4, 1)), "it has seen what is there: %s", last_note);
	struct state s = {0};
	CHECK(!sr_bad(get_state(reader, &s)) && s.readers == 2, "a reader keeps what he has");
	CHECK(add(reader, 3, 1).code == SR_E_STATE && strstr(last_note, "reading"), "%s",
	      last_note);
	CHECK(!sr_bad(ledger_unseal(file, k, &sink)), "%s", last_note);
	CHECK(add(l, 5, 1).code == SR_E_STATE && strstr(last_note, "not sealed"), "%s", last_note);
	ledger_close(m);
	m = open_ok(file, false, k);
	CHECK(!sr_bad(ledger_seal(file, k, &sink)), "%s", last_note);
	CHECK(add(m, 5, 1).code == SR_E_STATE && strstr(last_note, "replaced"), "%s", last_note);
	ledger_close(l);
	ledger_close(m);
	ledger_close(reader);
	CHECK(state_of(file, &owner).readers == 4, "nothing was lost");
	ledger_keys_free(k);
}

static void locked(void)
{
	struct ledger_keys *k = fresh_keys(&owner);
	make(k, 2);
	struct ledger *l = open_ok(file, false, k);
	char command[300];
	(void)snprintf(command, sizeof command, "exec flock -x '%s' sh -c 'echo; exec sleep 5'",
		       file);
	FILE *p = popen(command, "r");
	CHECK(p && fgetc(p) == '\n', "%s", command);
	struct sr_err e = add(l, 3, 1);
	CHECK(e.code == SR_E_STATE && strstr(last_note, "in use"), "%s", last_note);
	CHECK(state_of(file, &owner).readers == 2, "reading goes on");
	if (p)
		(void)pclose(p);
	CHECK(!sr_bad(add(l, 3, 1)), "%s", last_note);
	ledger_close(l);
	ledger_keys_free(k);
}

static void readonly_folder(void)
{
	struct arena a = {0};
	struct ledger_keys *k = fresh_keys(&owner);
	make(k, 2);
	ledger_keys_free(k);
	struct slice before = bytes_of(&a, file);
	CHECK(chmod(root, 0555) == 0 && chmod(file, 0444) == 0, "read-only");
	pid_t pid = fork();
	if (pid == 0) {
		struct ledger *l;
		struct state s;
		k = keys_of(&owner);
		if (geteuid() == 0 && setresuid(65534, 65534, 65534))
			_exit(9);
		if (sr_bad(ledger_open(file, true, k, &sink, &l)) || sr_bad(get_state(l, &s)) ||
		    s.readers != 2)
			_exit(1);
		ledger_close(l);
		struct sr_err e = ledger_open(file, false, k, &sink, &l);
		_exit(e.code == SR_E_IO && e.sys == EACCES ? 0 : 3);
	}
	int status = 1;
	CHECK(waitpid(pid, &status, 0) == pid && status == 0, "status %x", status);
	(void)chmod(root, 0700);
	CHECK(slice_eq(before, bytes_of(&a, file)) && count_files() == 1, "nothing changed");
	arena_release(&a);
}

/* ---- Sealing, unsealing, copying. ---- */

static void seals_and_unseals(void)
{
	struct arena a = {0};
	char link[150], journal[150];
	struct stat st;
	make(NULL, 5);
	struct slice plain = bytes_of(&a, file);
	struct ledger_keys *k = fresh_keys(&owner);
	(void)snprintf(link, sizeof link, "%s/link", root);
	(void)snprintf(journal, sizeof journal, "%s-journal", file);
	CHECK(ledger_unseal(file, k, &sink).code == SR_E_STATE, "it is open");
	CHECK(symlink("ledger", link) == 0 && chmod(file, 0644) == 0, "%s", link);
	CHECK(!sr_bad(ledger_seal(link, k, &sink)), "%s", last_note);
	CHECK(lstat(link, &st) == 0 && S_ISLNK(st.st_mode), "the link stays one");
	CHECK(stat(file, &st) == 0 && (st.st_mode & 07777) == 0600, "mode %o", st.st_mode);
	CHECK(state_of(link, &owner).readers == 5 && count_files() == 2, "through the link");
	CHECK(ledger_seal(file, k, &sink).code == SR_E_STATE, "it is sealed");
	struct ledger *l = open_ok(link, false, k);
	CHECK(!sr_bad(add(l, 6, 1)) && lstat(link, &st) == 0 && S_ISLNK(st.st_mode),
	      "writing through the link: %s", last_note);
	ledger_close(l);
	(void)unlink(link);
	put(journal, SLICE_LIT("x"));
	CHECK(ledger_unseal(file, k, &sink).code == SR_E_STATE && strstr(last_note, "-journal"),
	      "a journal that SQLite would believe: %s", last_note);
	(void)unlink(journal);
	make(NULL, 5);
	plain = bytes_of(&a, file);
	CHECK(!sr_bad(ledger_seal(file, k, &sink)) && !sr_bad(ledger_unseal(file, k, &sink)), "%s",
	      last_note);
	CHECK(slice_eq(plain, bytes_of(&a, file)), "the same bytes as before");
	put(file, slice_sub(plain, 0, plain.len - 1));
	CHECK(ledger_seal(file, k, &sink).code == SR_E_INPUT, "a truncated one is not sealed");
	CHECK(bytes_of(&a, file).len == plain.len - 1 && count_files() == 1, "and stays");
	ledger_keys_free(k);
	arena_release(&a);
}

static void copies(void)
{
	struct arena a = {0};
	struct stat st;
	struct ledger_keys *k = fresh_keys(&owner);
	for (int sealed = 0; sealed < 2; sealed++) {
		make(sealed ? k : NULL, 5);
		struct ledger *l = open_ok(file, false, k);
		owner.asked = 0;
		CHECK(!sr_bad(ledger_backup(file, other, &sink)), "%s", last_note);
		CHECK(owner.asked == 0, "nobody was asked");
		CHECK(!sr_bad(add(l, 6, 1)), "the ledger works on: %s", last_note);
		ledger_close(l);
		CHECK(stat(other, &st) == 0 && (st.st_mode & 07777) == 0600, "mode %o", st.st_mode);
		CHECK(state_of(other, &owner).readers == 5, "the copy");
		struct slice before = bytes_of(&a, other);
		CHECK(ledger_backup(file, other, &sink).code == SR_E_STATE, "never over another");
		CHECK(slice_eq(before, bytes_of(&a, other)), "which stays");
		(void)unlink(other);
		for (size_t n = 1; n < 4; n++) {
			test_io_fail_at(n, ENOSPC);
			CHECK(sr_bad(ledger_backup(file, other, &sink)) && count_files() == 1,
			      "call %zu fails", n);
			test_io_fail_at(0, 0);
		}
		struct slice all = bytes_of(&a, file);
		put(file, slice_sub(all, 0, all.len - 10));
		CHECK(ledger_backup(file, other, &sink).code == SR_E_INPUT && count_files() == 1,
		      "a truncated one is not copied");
	}
	ledger_keys_free(k);
	arena_release(&a);
}

static void too_large(void)
{
	struct sealed_bytes s = seal_some();
	uint8_t *out;
	size_t len;
	struct slice huge = {s.bytes, (size_t)SEAL_BODY_MAX - SEAL_IMAGE_LEN_LEN + 1};
	CHECK(seal_write(&s.key, &s.h.params, huge, &out, &len).code == SR_E_LIMIT, "1 GiB");
	huge.len = SIZE_MAX;
	CHECK(seal_write(&s.key, &s.h.params, huge, &out, &len).code == SR_E_LIMIT, "everything");
	crypto_key_release(&s.key);
	arena_release(&s.a);
}

int main(void)
{
	const char *tmp = getenv("TMPDIR");
	(void)snprintf(root, sizeof root, "%s/subrosa-test-XXXXXX",
		       tmp && strlen(tmp) < 30 ? tmp : "/tmp");
	if (!mkdtemp(root) || !mem_install() || sr_bad(crypto_init()))
		return EXIT_FAILURE;
	(void)snprintf(file, sizeof file, "%s/ledger", root);
	(void)snprintf(other, sizeof other, "%s/other", root);
	test_run("keeps everything", keeps_everything);
	test_run("tells nothing", tells_nothing);
	test_run("refuses other passphrases", refuses_other_passphrases);
	test_run("asks when it is needed", asks_when_needed);
	test_run("one key for many", one_key_for_many);
	test_run("hostile headers", hostile_headers);
	test_run("truncations", truncations);
	test_run("bit flips", bit_flips);
	test_run("damaged files", damaged_files);
	test_run("hostile content", hostile_content);
	test_run("too large", too_large);
	test_run("several processes write", two_processes);
	test_run("changed by others meanwhile", changed_meanwhile);
	test_run("locked by another process", locked);
	test_run("a read-only folder", readonly_folder);
	test_run("seals and unseals", seals_and_unseals);
	test_run("copies", copies);
	test_run("every change of a file fails once", io_faults);
	test_run("a crash at every change of a file", crashes);
	test_run("memory of SQLite is wiped", wiped);
	test_run("every allocation fails once", memory_faults);
	(void)unlink(file);
	CHECK(rmdir(root) == 0, "%s is not empty", root);
	return test_done();
}
