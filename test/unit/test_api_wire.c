/* SPDX-License-Identifier: Apache-2.0 */
/* The files of subrosa wire: keys there and back, cells of one's own making, and what becomes of a
 * call when memory ends. */
#include "api_wire.h"
#include "hex.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SEED "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define OTHER "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
#define LINE "subrosa-log/1 90 " SEED " " OTHER

static void must(struct sr_err e)
{
	if (CHECK(!sr_bad(e), "%s", e.what ? e.what : ""))
		return;
	exit(EXIT_FAILURE);
}

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

int main(void)
{
	must(sr_init());
	test_run("keys, there and back", keys_there_and_back);
	test_run("lines that are no key", lines_that_are_no_key);
	test_run("cells of one's own", cells_of_ones_own);
	test_run("memory ends", memory_ends);
	return test_done();
}
