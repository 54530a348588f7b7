/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto.h"
#include "test.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* RFC 8439, appendix A.1, test vectors 1 and 2: all-zero key and nonce, blocks 0 and 1. */
static const uint8_t rfc8439_blocks[128] = {
	0x76, 0xb8, 0xe0, 0xad, 0xa0, 0xf1, 0x3d, 0x90, 0x40, 0x5d, 0x6a, 0xe5, 0x53, 0x86, 0xbd,
	0x28, 0xbd, 0xd2, 0x19, 0xb8, 0xa0, 0x8d, 0xed, 0x1a, 0xa8, 0x36, 0xef, 0xcc, 0x8b, 0x77,
	0x0d, 0xc7, 0xda, 0x41, 0x59, 0x7c, 0x51, 0x57, 0x48, 0x8d, 0x77, 0x24, 0xe0, 0x3f, 0xb8,
	0xd8, 0x4a, 0x37, 0x6a, 0x43, 0xb8, 0xf4, 0x15, 0x18, 0xa1, 0x1c, 0xc3, 0x87, 0xb6, 0x69,
	0xb2, 0xee, 0x65, 0x86, 0x9f, 0x07, 0xe7, 0xbe, 0x55, 0x51, 0x38, 0x7a, 0x98, 0xba, 0x97,
	0x7c, 0x73, 0x2d, 0x08, 0x0d, 0xcb, 0x0f, 0x29, 0xa0, 0x48, 0xe3, 0x65, 0x69, 0x12, 0xc6,
	0x53, 0x3e, 0x32, 0xee, 0x7a, 0xed, 0x29, 0xb7, 0x21, 0x76, 0x9c, 0xe6, 0x4e, 0x43, 0xd5,
	0x71, 0x33, 0xb0, 0x74, 0xd8, 0x39, 0xd5, 0x31, 0xed, 0x1f, 0x28, 0x51, 0x0a, 0xfb, 0x45,
	0xac, 0xe1, 0x0a, 0x1f, 0x4b, 0x79, 0x4d, 0x6f,
};

static void counting_key(struct crypto_key *key)
{
	uint8_t bytes[CRYPTO_KEY_LEN];
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)i;
	struct sr_err e = crypto_key_copy(key, slice_make(bytes, sizeof bytes));
	CHECK(!sr_bad(e), "%s", e.what);
}

static void stream_is_chacha20(void)
{
	static const uint8_t zero[CRYPTO_KEY_LEN];
	uint32_t words[32];
	crypto_stream_words(zero, 0, 32, words);
	for (size_t i = 0; i < 32; i++) {
		const uint8_t *b = rfc8439_blocks + 4 * i;
		uint32_t want = (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 |
				(uint32_t)b[3] << 24;
		CHECK(words[i] == want, "word %zu", i);
	}
}

static void any_part_of_the_stream(void)
{
	enum { ALL = 1000 };
	static const uint8_t key[CRYPTO_KEY_LEN] = {1, 2, 3};
	uint32_t all[ALL], part[ALL];
	crypto_stream_words(key, 0, ALL, all);
	uint64_t state = 7;
	for (size_t round = 0; round < 2000; round++) {
		size_t first = test_random(&state) % ALL;
		size_t n = test_random(&state) % (ALL - first + 1);
		memset(part, 0xee, sizeof part);
		crypto_stream_words(key, first, n, part);
		CHECK(memcmp(part, all + first, n * sizeof *part) == 0, "%zu words from %zu", n,
		      first);
		CHECK(n == ALL || part[n] == 0xeeeeeeee, "written beyond %zu words", n);
	}
	/* The last words there are: no more may be asked of the cipher than that. */
	crypto_stream_words(key, (UINT64_C(1) << 36) - ALL, ALL, all);
	for (size_t n = 0; n <= 300; n++) {
		crypto_stream_words(key, (UINT64_C(1) << 36) - n, n, part);
		CHECK(memcmp(part, all + ALL - n, n * sizeof *part) == 0, "the last %zu", n);
	}
}

/* The expected bytes come from another implementation of BLAKE2b (CPython's hashlib). */
static void derivation(void)
{
	static const uint8_t want[CRYPTO_KEY_LEN] = {
		0x64, 0x6d, 0x54, 0x81, 0x36, 0xd1, 0x16, 0x60, 0x46, 0x65, 0x4d,
		0xac, 0xc1, 0x79, 0xb2, 0xa9, 0xc9, 0x06, 0xb6, 0x6b, 0x06, 0x1f,
		0x52, 0x6d, 0xb9, 0x26, 0x15, 0xec, 0x68, 0x6a, 0x39, 0x8b,
	};
	struct crypto_key key = {0}, derived = {0};
	uint8_t out[CRYPTO_KEY_LEN], other[CRYPTO_KEY_LEN];
	counting_key(&key);
	crypto_derive(&key, CRYPTO_LABEL_LEDGER_ROW, SLICE_LIT("info"), out);
	CHECK(memcmp(out, want, sizeof out) == 0, "label and info under the key");
	CHECK(!sr_bad(crypto_key_derive(&derived, &key, CRYPTO_LABEL_LEDGER_ROW,
					SLICE_LIT("info"))),
	      "into a key");
	CHECK(crypto_eq(derived.bytes, want, sizeof want), "the same in a key");
	for (int a = 0; a < CRYPTO_LABELS; a++) {
		for (int b = 0; b < a; b++) {
			crypto_derive(&key, (enum crypto_label)a, SLICE_LIT("x"), out);
			crypto_derive(&key, (enum crypto_label)b, SLICE_LIT("x"), other);
			CHECK(memcmp(out, other, sizeof out) != 0, "labels %d and %d", a, b);
		}
	}
	crypto_key_release(&derived);
	crypto_key_release(&key);
}

/* Wherever the common part ends, and however often it is used. */
static void derivation_by_front(void)
{
	static const size_t lens[] = {0, 1, 100, 103, 104, 105, 231, 232, 233, 300};
	struct crypto_key key = {0};
	uint8_t info[300], want[CRYPTO_KEY_LEN], out[CRYPTO_KEY_LEN];
	counting_key(&key);
	for (size_t i = 0; i < sizeof info; i++)
		info[i] = (uint8_t)(i * 31 + 7);
	for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
		crypto_derive(&key, CRYPTO_LABEL_SYMBOLS_WORDS, slice_make(info, lens[i]), want);
		for (size_t at = 0; at <= lens[i]; at++) {
			struct crypto_front front = {0};
			CHECK(!sr_bad(crypto_front_make(&front, &key, CRYPTO_LABEL_SYMBOLS_WORDS,
							slice_make(info, at))),
			      "front");
			for (int round = 0; round < 2; round++) {
				crypto_front_derive(&front, slice_make(info + at, lens[i] - at),
						    out);
				CHECK(memcmp(out, want, sizeof out) == 0, "%zu of %zu bytes", at,
				      lens[i]);
				crypto_front_derive(&front, slice_make(info, 9), out);
			}
			crypto_front_release(&front);
			crypto_front_release(&front); /* empty: nothing to do */
		}
	}
	crypto_key_release(&key);
}

static void digest(void)
{
	static const uint8_t want[CRYPTO_HASH_LEN] = {
		0xbd, 0xdd, 0x81, 0x3c, 0x63, 0x42, 0x39, 0x72, 0x31, 0x71, 0xef,
		0x3f, 0xee, 0x98, 0x57, 0x9b, 0x94, 0x96, 0x4e, 0x3b, 0xb1, 0xcb,
		0x3e, 0x42, 0x72, 0x62, 0xc8, 0xc0, 0x68, 0xd5, 0x23, 0x19,
	};
	uint8_t out[CRYPTO_HASH_LEN];
	const struct slice whole[] = {SLICE_LIT("abc")};
	const struct slice parts[] = {SLICE_LIT("a"), SLICE_LIT(""), SLICE_LIT("bc")};
	crypto_digest(whole, 1, out);
	CHECK(memcmp(out, want, sizeof out) == 0, "BLAKE2b-256 of abc");
	crypto_digest(parts, 3, out);
	CHECK(memcmp(out, want, sizeof out) == 0, "in parts");
}

static void keys(void)
{
	struct crypto_key a = {0}, b = {0};
	static const uint8_t bytes[CRYPTO_KEY_LEN + 1];
	for (size_t n = 0; n <= sizeof bytes; n++) {
		struct sr_err e = crypto_key_copy(&a, slice_make(bytes, n));
		CHECK((e.code == SR_E_INPUT) == (n != CRYPTO_KEY_LEN), "%zu bytes", n);
		if (!sr_bad(e))
			crypto_key_release(&a);
		CHECK(!a.bytes, "%zu bytes: empty", n);
	}
	CHECK(!sr_bad(crypto_key_random(&a)) && !sr_bad(crypto_key_random(&b)), "random keys");
	CHECK(!crypto_eq(a.bytes, b.bytes, CRYPTO_KEY_LEN), "two random keys differ");
	crypto_key_release(&a);
	crypto_key_release(&b);
	crypto_key_release(&b); /* empty: nothing to do */
}

/* A child must not inherit a key: the reader of hostile files is one. */
static void a_child_sees_no_key(void)
{
	struct crypto_key key = {0};
	struct crypto_front front = {0};
	counting_key(&key);
	CHECK(!sr_bad(crypto_front_make(&front, &key, CRYPTO_LABEL_SIGN, SLICE_LIT("x"))), "front");
	pid_t pid = fork();
	if (pid == 0) {
		/* A front begins with a chaining value, its key further behind. */
		static const uint8_t zero[256];
		_exit(memcmp(key.bytes, zero, CRYPTO_KEY_LEN) == 0 &&
				      memcmp(front.state, zero, sizeof zero) == 0
			      ? 0
			      : 1);
	}
	int status = -1;
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
		      WEXITSTATUS(status) == 0,
	      "status %d", status);
	CHECK(key.bytes[1] == 1, "the parent still has it");
	crypto_front_release(&front);
	crypto_key_release(&key);
}

static void a_guard_stands_behind_a_key(void)
{
	struct crypto_key key = {0};
	counting_key(&key);
	pid_t pid = fork();
	if (pid == 0) {
		/* The page behind a key cannot be touched: write(2) says so without a signal. */
		int pipe_fd[2];
		bool refused =
			pipe(pipe_fd) == 0 && write(pipe_fd[1], key.bytes + CRYPTO_KEY_LEN, 1) < 0;
		_exit(refused ? 0 : 1);
	}
	int status = -1;
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
		      WEXITSTATUS(status) == 0,
	      "status %d", status);
	crypto_key_release(&key);
}

static void wiping(void)
{
	uint8_t secret[64];
	memset(secret, 0xaa, sizeof secret);
	crypto_wipe(secret, sizeof secret);
	for (size_t i = 0; i < sizeof secret; i++)
		CHECK(!secret[i], "byte %zu", i);
}

int main(void)
{
	struct sr_err e = crypto_init();
	CHECK(!sr_bad(e) && !sr_bad(crypto_init()), "starts, twice");
	test_run("the stream is ChaCha20 (RFC 8439, A.1)", stream_is_chacha20);
	test_run("any part of the stream", any_part_of_the_stream);
	test_run("derivation under labels", derivation);
	test_run("derivation with a common front", derivation_by_front);
	test_run("digest", digest);
	test_run("keys", keys);
	test_run("a child sees no key", a_child_sees_no_key);
	test_run("a guard stands behind a key", a_guard_stands_behind_a_key);
	test_run("wiping", wiping);
	return test_done();
}
