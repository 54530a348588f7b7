/* SPDX-License-Identifier: Apache-2.0 */
/* What goes between client and relay is as written down, and nothing else is taken for it. */
#include "wire_log.h"

static struct wire_keys k;
static uint8_t cell[WIRE_CELL_LEN];

static struct wire_append an_append(void)
{
	struct wire_append r = {.log = k.log, .seq = UINT64_C(0x0102030405060708), .cell = cell};
	cell_fill(cell, 7);
	memset(r.before, 0x5b, sizeof r.before);
	memset(r.token, 0x70, sizeof r.token);
	wire_append_sign(&r, k.relay_public, &k.write);
	return r;
}

static struct wire_read a_read(void)
{
	struct wire_read r = {
		.log = k.log, .from = 77, .wait_s = 50, .cells = 16, .time = 1700000000};
	wire_read_sign(&r, k.relay_public, &k.read);
	return r;
}

static struct wire_head a_head(void)
{
	struct wire_head h = {.status = WIRE_OK, .cells_n = 3, .seq = 12, .first = 4, .time = 99};
	wire_address(&k.log, h.address);
	memset(h.chain, 0xc4, sizeof h.chain);
	memset(h.before, 0xbe, sizeof h.before);
	wire_head_sign(&h, &k.relay);
	return h;
}

/* The layouts, by the tables of doc/PROTOCOL.md. */

static void layout_of_an_append(void)
{
	struct wire_append r = an_append(), back;
	uint8_t out[WIRE_APPEND_LEN], want[4298], seq[8];
	le64(r.seq, seq);
	memcpy(want, "\1", 1);
	memcpy(want + 1, r.log.write_key, 32);
	memcpy(want + 33, r.log.read_key, 32);
	want[65] = 2;
	memcpy(want + 66, seq, 8);
	memcpy(want + 74, r.before, 32);
	memcpy(want + 106, r.token, 32);
	memcpy(want + 138, cell, 4096);
	memcpy(want + 4234, r.signature, 64);
	wire_append_put(&r, out);
	CHECK(sizeof out == sizeof want && memcmp(out, want, sizeof want) == 0, "bytes");
	must(wire_append_take(slice_make(out, sizeof out), &back));
	must(wire_append_check(&back, k.relay_public));
	CHECK(back.cell == out + 138, "the cell is borrowed");
	back.cell = r.cell;
	CHECK(back.seq == r.seq && memcmp(&back.log, &r.log, sizeof r.log) == 0 &&
		      memcmp(back.before, r.before, 32) == 0 &&
		      memcmp(back.token, r.token, 32) == 0 &&
		      memcmp(back.signature, r.signature, 64) == 0,
	      "fields");
}

static void layout_of_a_read(void)
{
	struct wire_read r = a_read(), back;
	uint8_t out[WIRE_READ_LEN], want[149] = {1};
	memcpy(want + 1, r.log.write_key, 32);
	memcpy(want + 33, r.log.read_key, 32);
	want[65] = 2;
	le64(77, want + 66);
	want[74] = 50;
	want[76] = 16;
	le64(1700000000, want + 77);
	memcpy(want + 85, r.signature, 64);
	wire_read_put(&r, out);
	CHECK(sizeof out == sizeof want && memcmp(out, want, sizeof want) == 0, "bytes");
	must(wire_read_take(slice_make(out, sizeof out), &back));
	must(wire_read_check(&back, k.relay_public));
	CHECK(back.from == 77 && back.wait_s == 50 && back.cells == 16 && back.time == 1700000000,
	      "fields");
}

static void layout_of_a_head(void)
{
	struct wire_head h = a_head(), back;
	uint8_t out[WIRE_HEAD_LEN], want[256] = {1, 1, 3};
	known_address(&k.log, want + 3);
	le64(12, want + 35);
	memset(want + 43, 0xc4, 32);
	memcpy(want + 75, h.signature, 64);
	le64(4, want + 139);
	memset(want + 147, 0xbe, 32);
	le64(99, want + 179);
	wire_head_put(&h, out);
	CHECK(sizeof out == sizeof want && memcmp(out, want, sizeof want) == 0, "bytes");
	must(wire_head_take(slice_make(out, sizeof out), &back));
	must(wire_head_check(&back, k.relay_public));
	CHECK(back.status == 1 && back.cells_n == 3 && back.seq == 12 && back.first == 4 &&
		      back.time == 99 && memcmp(back.before, h.before, 32) == 0,
	      "fields");
}

/* What is signed, put together here. */

static bool signs(const uint8_t *key, const char *domain, struct slice a, struct slice b,
		  const uint8_t *signature)
{
	uint8_t text[8192];
	size_t n = strlen(domain);
	memcpy(text, domain, n);
	memcpy(text + n, a.ptr, a.len);
	memcpy(text + n + a.len, b.ptr, b.len);
	return crypto_signature_check(key, slice_make(text, n + a.len + b.len), signature);
}

static void what_is_signed(void)
{
	struct wire_append append = an_append();
	struct wire_read read = a_read();
	struct wire_head head = a_head();
	struct slice relay = slice_make(k.relay_public, 32);
	uint8_t a[WIRE_APPEND_LEN], r[WIRE_READ_LEN], h[WIRE_HEAD_LEN];
	wire_append_put(&append, a);
	wire_read_put(&read, r);
	wire_head_put(&head, h);
	CHECK(signs(k.log.write_key, "subrosa/1 append", relay, slice_make(a, 4298 - 64),
		    append.signature),
	      "append");
	CHECK(signs(k.log.read_key, "subrosa/1 read", relay, slice_make(r, 149 - 64),
		    read.signature),
	      "read");
	CHECK(signs(k.relay_public, "subrosa/1 head", slice_make(h + 3, 32 + 8 + 32),
		    slice_make(h, 0), head.signature),
	      "head");
}

static void address_and_chain(void)
{
	uint8_t got[32], want[32];
	wire_address(&k.log, got);
	known_address(&k.log, want);
	CHECK(memcmp(got, want, 32) == 0, "address");
	wire_chain_start(want, got);
	known_start(&k.log, want);
	CHECK(memcmp(got, want, 32) == 0, "start");
	for (uint64_t seq = 1; seq < 300; seq++) {
		uint8_t before[32];
		memcpy(before, got, 32);
		cell_fill(cell, seq);
		wire_chain_next(before, seq, cell, got);
		known_next(want, seq, cell, want);
		CHECK(memcmp(got, want, 32) == 0, "behind cell %u", (unsigned)seq);
		wire_chain_next(before, seq, cell, before);
		CHECK(memcmp(before, want, 32) == 0, "in place, cell %u", (unsigned)seq);
	}
	struct wire_log other = k.log;
	for (size_t i = 0; i < 65; i++) {
		uint8_t *at = i < 32 ? &other.write_key[i] : &other.read_key[i - 32];
		at = i < 64 ? at : &other.class;
		*at ^= 1;
		wire_address(&other, got);
		known_address(&k.log, want);
		CHECK(memcmp(got, want, 32) != 0, "byte %zu of the log changes its address", i);
		*at ^= 1;
	}
}

/* Refusals. */

enum kind { APPEND, READ, HEAD };

static struct sr_err take_and_check(enum kind kind, struct slice in)
{
	struct wire_append append;
	struct wire_read read;
	struct wire_head head;
	switch (kind) {
	case APPEND:
		SR_TRY(wire_append_take(in, &append));
		return wire_append_check(&append, k.relay_public);
	case READ:
		SR_TRY(wire_read_take(in, &read));
		return wire_read_check(&read, k.relay_public);
	case HEAD:
		break;
	}
	SR_TRY(wire_head_take(in, &head));
	return wire_head_check(&head, k.relay_public);
}

static size_t put_kind(enum kind kind, uint8_t out[WIRE_APPEND_LEN + 1])
{
	struct wire_append append = an_append();
	struct wire_read read = a_read();
	struct wire_head head = a_head();
	out[WIRE_APPEND_LEN] = 0;
	if (kind == APPEND)
		wire_append_put(&append, out);
	else if (kind == READ)
		wire_read_put(&read, out);
	else
		wire_head_put(&head, out);
	return kind == APPEND ? WIRE_APPEND_LEN : kind == READ ? WIRE_READ_LEN : WIRE_HEAD_LEN;
}

static void other_lengths_are_refused(void)
{
	for (enum kind kind = APPEND; kind <= HEAD; kind++) {
		uint8_t out[WIRE_APPEND_LEN + 1];
		size_t len = put_kind(kind, out);
		must(take_and_check(kind, slice_make(out, len)));
		for (size_t n = 0; n <= len + 1; n++) {
			/* A copy of just that length, so that reading on would be seen. */
			uint8_t *copy = malloc(n ? n : 1);
			memcpy(copy, out, n < sizeof out ? n : sizeof out);
			enum sr_code code = take_and_check(kind, slice_make(copy, n)).code;
			CHECK(n == len ? code == SR_OK : code == SR_E_INPUT, "%d, %zu bytes", kind,
			      n);
			free(copy);
		}
	}
}

/* unsigned_byte tells of a head's bytes which are the relay's word, but not signed. */
static bool unsigned_byte(size_t at)
{
	return at == 1 || at == 2 || (at >= 139 && at < 187);
}

static void flipped_bits_are_refused(void)
{
	for (enum kind kind = APPEND; kind <= HEAD; kind++) {
		uint8_t out[WIRE_APPEND_LEN + 1];
		size_t len = put_kind(kind, out);
		for (size_t bit = 0; bit < 8 * len; bit++) {
			size_t at = bit / 8;
			bool inside = kind == APPEND && at > 150 && at < 4220;
			if (inside && bit % 61)
				continue;
			out[at] ^= (uint8_t)(1U << bit % 8);
			enum sr_code code = take_and_check(kind, slice_make(out, len)).code;
			if (kind == HEAD && unsigned_byte(at))
				CHECK(code == SR_OK || code == SR_E_INPUT, "byte %zu", at);
			else
				CHECK(code == SR_E_INPUT || code == SR_E_AUTH, "%d, byte %zu", kind,
				      at);
			out[at] ^= (uint8_t)(1U << bit % 8);
		}
		must(take_and_check(kind, slice_make(out, len)));
	}
}

static void strange_fields_are_refused(void)
{
	static const struct {
		enum kind kind;
		size_t at, len;
		uint64_t value;
		enum sr_code code;
		const char *why;
	} rows[] = {
		{APPEND, 0, 1, 0, SR_E_INPUT, "version 0"},
		{APPEND, 0, 1, 2, SR_E_INPUT, "version 2"},
		{APPEND, 65, 1, 0, SR_E_INPUT, "no class"},
		{APPEND, 65, 1, 5, SR_E_INPUT, "a class that there is not"},
		{APPEND, 65, 1, 4, SR_E_AUTH, "another class"},
		{APPEND, 66, 8, 0, SR_E_INPUT, "sequence 0"},
		{APPEND, 66, 8, INT64_MAX, SR_E_INPUT, "a sequence behind which there is none"},
		{APPEND, 66, 8, INT64_MAX - 1, SR_E_AUTH, "the last sequence there is"},
		{APPEND, 66, 8, UINT64_MAX, SR_E_INPUT, "a sequence that SQLite has not"},
		{READ, 0, 1, 2, SR_E_INPUT, "version 2"},
		{READ, 65, 1, 5, SR_E_INPUT, "a class that there is not"},
		{READ, 66, 8, 0, SR_E_INPUT, "from 0"},
		{READ, 66, 8, UINT64_MAX, SR_E_INPUT, "from nowhere"},
		{READ, 74, 2, 51, SR_E_INPUT, "waiting too long"},
		{READ, 74, 2, 256, SR_E_INPUT, "much too long"},
		{READ, 74, 2, 49, SR_E_AUTH, "not as long as signed"},
		{READ, 76, 1, 2, SR_E_INPUT, "two cells"},
		{READ, 76, 1, 65, SR_E_INPUT, "too many cells"},
		{READ, 76, 1, 64, SR_E_AUTH, "more cells than signed"},
		{HEAD, 0, 1, 2, SR_E_INPUT, "version 2"},
		{HEAD, 1, 1, 0, SR_E_INPUT, "no status"},
		{HEAD, 1, 1, 11, SR_E_INPUT, "a status that there is not"},
		{HEAD, 1, 1, 255, SR_E_INPUT, "nor that"},
		{HEAD, 2, 1, 65, SR_E_INPUT, "more cells than any answer has"},
		{HEAD, 35, 8, UINT64_MAX, SR_E_INPUT, "a sequence that there is not"},
		{HEAD, 139, 8, UINT64_MAX, SR_E_INPUT, "the oldest of them likewise"},
		{HEAD, 187, 1, 1, SR_E_INPUT, "the first byte of the filling"},
		{HEAD, 255, 1, 1, SR_E_INPUT, "and the last"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint8_t out[WIRE_APPEND_LEN + 1], value[8];
		size_t len = put_kind(rows[i].kind, out);
		le64(rows[i].value, value);
		memcpy(out + rows[i].at, value, rows[i].len);
		enum sr_code code = take_and_check(rows[i].kind, slice_make(out, len)).code;
		CHECK(code == rows[i].code, "%s: %d", rows[i].why, code);
	}
}

static void failures_leave_outputs_alone(void)
{
	struct wire_append append = {.seq = 7, .before = {7}, .signature = {7}};
	struct wire_read read = {.from = 7, .wait_s = 7, .time = 7, .signature = {7}};
	struct wire_head head = {.status = 7, .seq = 7, .chain = {7}, .first = 7, .time = 7};
	for (enum kind kind = APPEND; kind <= HEAD; kind++) {
		uint8_t out[WIRE_APPEND_LEN + 1];
		size_t len = put_kind(kind, out);
		for (size_t n = 0; n < 200 && n < len; n++) {
			CHECK(sr_bad(wire_append_take(slice_make(out, n), &append)), "%zu", n);
			CHECK(sr_bad(wire_read_take(slice_make(out, n == 149 ? 148 : n), &read)),
			      "%zu", n);
			CHECK(sr_bad(wire_head_take(slice_make(out, n), &head)), "%zu", n);
		}
	}
	CHECK(append.seq == 7 && append.before[0] == 7 && append.signature[0] == 7, "append");
	CHECK(read.from == 7 && read.wait_s == 7 && read.time == 7 && read.signature[0] == 7,
	      "read");
	CHECK(head.status == 7 && head.seq == 7 && head.chain[0] == 7 && head.first == 7 &&
		      head.time == 7,
	      "head");
}

/* What a signature is worth elsewhere. */

static void a_recorded_request_is_for_one_relay(void)
{
	struct wire_append append = an_append();
	struct wire_read read = a_read();
	struct wire_head head = a_head();
	CHECK(wire_append_check(&append, k.other_public).code == SR_E_AUTH, "append");
	CHECK(wire_read_check(&read, k.other_public).code == SR_E_AUTH, "read");
	CHECK(wire_head_check(&head, k.other_public).code == SR_E_AUTH, "head");
}

static void a_request_needs_its_own_key(void)
{
	struct wire_append append = an_append();
	struct wire_read read = a_read();
	wire_append_sign(&append, k.relay_public, &k.read);
	wire_read_sign(&read, k.relay_public, &k.write);
	CHECK(wire_append_check(&append, k.relay_public).code == SR_E_AUTH,
	      "who can read cannot write");
	CHECK(wire_read_check(&read, k.relay_public).code == SR_E_AUTH, "nor the other way round");
}

/* One key for both would still not let a read be taken for an append, or for a head. */
static void uses_of_a_key_are_apart(void)
{
	struct wire_read read = a_read();
	uint8_t text[16 + 32 + 149];
	memcpy(read.log.write_key, read.log.read_key, 32);
	memcpy(text, "subrosa/1 append", 16);
	memcpy(text + 16, k.relay_public, 32);
	wire_read_put(&read, text + 48);
	crypto_signature_make(&k.read, slice_make(text, 48 + 149 - 64), read.signature);
	CHECK(wire_read_check(&read, k.relay_public).code == SR_E_AUTH, "signed as an append");
}

/* Tables. */

static void statuses(void)
{
	static const struct {
		enum wire_status status;
		unsigned read, append;
		bool is_signed;
	} rows[] = {
		{WIRE_OK, 200, 201, true},         {WIRE_CONFLICT, 409, 409, true},
		{WIRE_EXPIRED, 410, 410, true},    {WIRE_MALFORMED, 400, 400, false},
		{WIRE_FORBIDDEN, 403, 403, false}, {WIRE_CLOCK, 401, 401, false},
		{WIRE_TOKEN, 402, 402, false},     {WIRE_FULL, 507, 507, true},
		{WIRE_BUSY, 503, 503, false},      {WIRE_CLASS, 422, 422, false},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		CHECK((size_t)rows[i].status == i + 1, "%zu", i);
		CHECK(wire_http_status(rows[i].status, false) == rows[i].read, "%zu", i);
		CHECK(wire_http_status(rows[i].status, true) == rows[i].append, "%zu", i);
		CHECK(wire_status_signed(rows[i].status) == rows[i].is_signed, "%zu", i);
	}
}

static void lengths_and_classes(void)
{
	static const unsigned days[] = {0, 7, 30, 90, 400};
	for (unsigned n = 0; n < 256; n++) {
		bool known = n == 0 || n == 1 || n == 4 || n == 16 || n == 64;
		CHECK(wire_answer_len((uint8_t)n) == (known ? 256 + 4096 * n : 0), "%u cells", n);
		CHECK(wire_class_days((uint8_t)n) == (n < 5 ? days[n] : 0), "class %u", n);
	}
	for (unsigned n = 0; n <= 1000; n++) {
		uint8_t class = wire_class_of(n);
		CHECK(class ? class < 5 && days[class] == n
			    : n != 7 && n != 30 && n != 90 && n != 400,
		      "%u days: class %u", n, class);
	}
}

int main(void)
{
	must(crypto_init());
	keys_make(&k);
	test_run("layout of an append", layout_of_an_append);
	test_run("layout of a read", layout_of_a_read);
	test_run("layout of a head", layout_of_a_head);
	test_run("what is signed", what_is_signed);
	test_run("address and chain", address_and_chain);
	test_run("other lengths are refused", other_lengths_are_refused);
	test_run("flipped bits are refused", flipped_bits_are_refused);
	test_run("strange fields are refused", strange_fields_are_refused);
	test_run("failures leave outputs alone", failures_leave_outputs_alone);
	test_run("a recorded request is for one relay", a_recorded_request_is_for_one_relay);
	test_run("a request needs its own key", a_request_needs_its_own_key);
	test_run("uses of a key are apart", uses_of_a_key_are_apart);
	test_run("statuses", statuses);
	test_run("lengths and classes", lengths_and_classes);
	keys_release(&k);
	return test_done();
}
