/* SPDX-License-Identifier: Apache-2.0 */
/* The files of subrosa wire: keys there and back, cells of one's own making, evidence, and what
 * becomes of a call when memory ends. */
#include "api_wire.h"
#include "hex.h"
#include "platform.h"
#include "wire_evidence.h"
#include "wire_log.h"

#include <stdio.h>
#include <unistd.h>

#define SEED "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define OTHER "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
#define LINE "subrosa-log/1 90 " SEED " " OTHER

static void keys_there_and_back(void)
{
	struct api_wire_key k = {0};
	struct build line;
	must(api_wire_key_read(LINE, &k));
	CHECK(k.log.class == WIRE_DAYS_90, "class");
	for (uint8_t i = 0; i < 32; i++)
		CHECK(k.write.bytes[i] == i && k.read.bytes[i] == 32 + i, "byte %u", i);
	uint8_t public_key[CRYPTO_PUBLIC_LEN];
	crypto_public_key(&k.read, public_key);
	CHECK(memcmp(public_key, k.log.read_key, sizeof public_key) == 0, "public half");
	build_init_secret(&line, API_WIRE_KEY_LEN_MAX);
	api_wire_key_write(&k, &line);
	CHECK(slice_eq(slice_make(line.ptr, line.len), SLICE_LIT(LINE "\n")), "the line");
	build_release(&line);
	api_wire_key_release(&k);
}

static void lines_that_are_no_key(void)
{
	static const char *const lines[] = {
		"",
		"subrosa-log/2 90 " SEED " " OTHER,
		"subrosa-log/1 91 " SEED " " OTHER,
		"subrosa-log/1 090 " SEED " " OTHER,
		"subrosa-log/1 0 " SEED " " OTHER,
		"subrosa-log/1 4000 " SEED " " OTHER,
		"subrosa-log/1  90 " SEED " " OTHER,
		"subrosa-log/1 90 " SEED,
		"subrosa-log/1 90 " SEED " " SEED OTHER,
		"subrosa-log/1 90 " SEED "  " OTHER,
		"subrosa-log/1 90 " SEED " " OTHER " ",
	};
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct api_wire_key k = {0};
		CHECK(api_wire_key_read(lines[i], &k).code == SR_E_INPUT, "%s", lines[i]);
		api_wire_key_release(&k);
	}
	for (size_t n = 0; n < sizeof LINE - 1; n++) {
		char line[sizeof LINE] = LINE;
		struct api_wire_key k = {0};
		line[n] = 0;
		CHECK(api_wire_key_read(line, &k).code == SR_E_INPUT, "%zu bytes", n);
		line[n] = '~';
		CHECK(api_wire_key_read(line, &k).code == SR_E_INPUT, "byte %zu", n);
		api_wire_key_release(&k);
	}
}

static void cells_of_ones_own(void)
{
	static uint8_t bytes[SR_WIRE_BYTES + 1], cell[WIRE_CELL_LEN];
	struct slice back;
	memset(bytes, 0x62, sizeof bytes);
	for (size_t n = 0; n <= SR_WIRE_BYTES; n += n < 3 || n > 4090 ? 1 : 97) {
		must(api_wire_pad(slice_make(bytes, n), cell));
		CHECK(api_wire_bytes(cell, &back) && back.len == n &&
			      memcmp(back.ptr, bytes, n) == 0,
		      "%zu bytes", n);
		if (n < SR_WIRE_BYTES) {
			cell[WIRE_CELL_LEN - 1] = 1;
			CHECK(!api_wire_bytes(cell, &back), "%zu bytes and no zeros", n);
		}
	}
	CHECK(api_wire_pad(slice_make(bytes, sizeof bytes), cell).code == SR_E_LIMIT, "too many");
	cell[0] = 0xff;
	cell[1] = 0x0f;
	CHECK(!api_wire_bytes(cell, &back), "a length beyond the cell");
}

/* Nobody listens there; the clock of the client is not asked to wait long. */
static struct sr_wire_options options(const char *log)
{
	return (struct sr_wire_options){.relay = "http://[::1]:80#" SEED,
					.key = LINE,
					.log = log,
					.token = "not a token",
					.file = "/dev/null"};
}

/* An append that ends at its token, the last thing that is looked at before anything is sent. */
static void memory_ends(void)
{
	char folder[] = "/tmp/test-wire-XXXXXX", log[64];
	if (!CHECK(mkdtemp(folder) != NULL, "folder"))
		return;
	(void)snprintf(log, sizeof log, "%s/log", folder);
	for (size_t n = 1;; n++) {
		const struct sr_wire_options o = options(log);
		struct sr_bytes report = {0};
		test_alloc_fail_at(n);
		enum sr_code code = sr_wire_append(&o, &report).code;
		bool failed = test_alloc_failed();
		test_alloc_fail_at(0);
		CHECK(code == (failed ? SR_E_NOMEM : SR_E_INPUT), "allocation %zu: %d", n, code);
		CHECK(!report.ptr && access(log, F_OK) != 0, "nothing is left");
		if (!failed)
			break;
	}
	(void)rmdir(folder);
}

/* Evidence. Positions are signed here, with chains of one's own choosing. */

static struct wire_keys k;

static struct wire_signed position(uint64_t seq, uint8_t chain, const struct wire_log *log,
				   const struct crypto_key *relay)
{
	struct wire_head h = {.seq = seq};
	wire_address(log, h.address);
	memset(h.chain, chain, sizeof h.chain);
	wire_head_sign(&h, relay);
	return wire_signed_of(&h);
}

static struct wire_evidence evidence(uint8_t alarm, uint64_t earlier, uint64_t later)
{
	struct wire_evidence e = {.alarm = alarm,
				  .log = k.log,
				  .earlier = position(earlier, 1, &k.log, &k.relay),
				  .later = position(later, 2, &k.log, &k.relay)};
	memcpy(e.relay, k.relay_public, sizeof e.relay);
	return e;
}

static char evidence_path[64];

/* judged: what is said of n bytes in a file. 1: proved; 0: not; else -1, and nothing is told. */
static int judged(const uint8_t *bytes, size_t n, bool json)
{
	const struct sr_wire_options o = {.file = evidence_path, .json = json};
	struct sr_bytes report = {0};
	bool proved = true;
	must(platform_replace_file(evidence_path, slice_make(bytes, n), 0600));
	struct sr_err e = sr_wire_evidence(&o, &report, &proved);
	if (sr_bad(e)) {
		CHECK(proved && !report.ptr, "untouched");
		CHECK(e.code == SR_E_INPUT || e.code == SR_E_LIMIT, "%d", e.code);
		return -1;
	}
	CHECK(report.len > 0, "something is told");
	sr_bytes_free(&report);
	return proved;
}

static int judged_all(const struct wire_evidence *e)
{
	uint8_t bytes[WIRE_EVIDENCE_LEN];
	wire_evidence_put(e, bytes);
	const int text = judged(bytes, sizeof bytes, false);
	CHECK(judged(bytes, sizeof bytes, true) == text, "JSON says the same");
	return text;
}

static void evidence_proves(void)
{
	struct wire_log other = k.log;
	other.class = WIRE_DAYS_7;
	const struct wire_evidence fork = evidence(WIRE_ALARM_FORK, 5, 5);
	struct wire_evidence e = fork;
	CHECK(judged_all(&e) == 1, "a fork");
	e.later = e.earlier;
	CHECK(judged_all(&e) == 0, "the same position twice");
	e = evidence(WIRE_ALARM_FORK, 5, 4);
	CHECK(judged_all(&e) == 0, "two cells, as of any log");
	e = evidence(WIRE_ALARM_FORK, 4, 5);
	CHECK(judged_all(&e) == 0, "a log that grows");
	e = evidence(WIRE_ALARM_SHORTER, 5, 4);
	CHECK(judged_all(&e) == 0, "a shorter log is one's word");
	e = evidence(WIRE_ALARM_SHORTER, 5, 5);
	CHECK(judged_all(&e) == 0, "a fork that is called shorter");
	e = fork;
	e.later = position(5, 2, &other, &k.relay);
	CHECK(judged_all(&e) == 0, "two logs");
	e = fork;
	e.earlier = position(5, 1, &k.log, &k.other_relay);
	CHECK(judged_all(&e) == 0, "two relays");
	memcpy(e.relay, k.other_public, sizeof e.relay);
	CHECK(judged_all(&e) == 0, "the other of the two relays");
	e.later = position(5, 2, &k.log, &k.other_relay);
	CHECK(judged_all(&e) == 1, "a fork of that one");
}

static void evidence_of_every_length(void)
{
	uint8_t bytes[WIRE_EVIDENCE_LEN + 1] = {0};
	const struct wire_evidence fork = evidence(WIRE_ALARM_FORK, 5, 5);
	wire_evidence_put(&fork, bytes);
	for (size_t n = 0; n <= sizeof bytes; n++)
		CHECK(judged(bytes, n, false) == (n == WIRE_EVIDENCE_LEN ? 1 : -1), "%zu bytes", n);
}

/* No byte can be another one: the evidence is refused, or proves nothing. */
static void evidence_with_a_byte_changed(void)
{
	uint8_t bytes[WIRE_EVIDENCE_LEN];
	const struct wire_evidence fork = evidence(WIRE_ALARM_FORK, 5, 5);
	wire_evidence_put(&fork, bytes);
	for (size_t i = 0; i < sizeof bytes; i++) {
		bytes[i] ^= (uint8_t)(1U << i % 8);
		CHECK(judged(bytes, sizeof bytes, i % 2) < 1, "byte %zu", i);
		bytes[i] ^= (uint8_t)(1U << i % 8);
	}
	CHECK(judged(bytes, sizeof bytes, false) == 1, "as it was");
}

static void memory_ends_with_evidence(void)
{
	uint8_t bytes[WIRE_EVIDENCE_LEN];
	const struct wire_evidence fork = evidence(WIRE_ALARM_FORK, 5, 5);
	const struct sr_wire_options o = {.file = evidence_path};
	wire_evidence_put(&fork, bytes);
	must(platform_replace_file(evidence_path, slice_make(bytes, sizeof bytes), 0600));
	for (size_t n = 1;; n++) {
		struct sr_bytes report = {0};
		bool proved = false;
		test_alloc_fail_at(n);
		enum sr_code code = sr_wire_evidence(&o, &report, &proved).code;
		bool failed = test_alloc_failed();
		test_alloc_fail_at(0);
		CHECK(code == (failed ? SR_E_NOMEM : SR_OK), "allocation %zu: %d", n, code);
		CHECK(proved == !failed && !report.ptr == failed, "all or nothing");
		sr_bytes_free(&report);
		if (!failed)
			break;
	}
}

static void with_evidence(void (*test)(void))
{
	char folder[] = "/tmp/test-wire-XXXXXX";
	if (!CHECK(mkdtemp(folder) != NULL, "folder"))
		return;
	(void)snprintf(evidence_path, sizeof evidence_path, "%s/evidence", folder);
	keys_make(&k);
	test();
	keys_release(&k);
	(void)unlink(evidence_path);
	(void)rmdir(folder);
}

static void evidence_tests(void)
{
	with_evidence(evidence_proves);
	with_evidence(evidence_of_every_length);
	with_evidence(evidence_with_a_byte_changed);
	with_evidence(memory_ends_with_evidence);
}

int main(void)
{
	must(sr_init());
	test_run("keys, there and back", keys_there_and_back);
	test_run("lines that are no key", lines_that_are_no_key);
	test_run("cells of one's own", cells_of_ones_own);
	test_run("memory ends", memory_ends);
	test_run("evidence proves or does not", evidence_tests);
	return test_done();
}
