/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as what comes over the wire or is kept from it: the first byte selects which. With its
 * highest bit, the rest are edits (a 16-bit offset and a new byte) to a sample of that kind, so
 * that the fuzzer starts inside of it. What is taken is put as the same bytes. The last kind is a
 * play: a relay that signs whatever it likes, whose client's view must keep its invariants. (The
 * corpus are such first bytes, edits and plays, written by hand.) */
#include "fuzz.h"
#include "wire_relay.h"
#include "wire_view.h"

#include <stdlib.h>
#include <string.h>

enum kind { APPEND, READ, HEAD, VIEW, EVIDENCE, RELAY, PLAY, KINDS };

static struct crypto_key relay, writer;
static uint8_t relay_public[CRYPTO_PUBLIC_LEN];
static struct wire_log a_log;

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void start(void)
{
	uint8_t seed[CRYPTO_KEY_LEN] = {1};
	if (relay.bytes)
		return;
	must(!sr_bad(crypto_init()));
	must(!sr_bad(crypto_key_copy(&relay, slice_make(seed, sizeof seed))));
	seed[0] = 2;
	must(!sr_bad(crypto_key_copy(&writer, slice_make(seed, sizeof seed))));
	crypto_public_key(&relay, relay_public);
	crypto_public_key(&writer, a_log.write_key);
	crypto_public_key(&writer, a_log.read_key);
	a_log.class = WIRE_DAYS_7;
}

/* A position of the log as the relay signs it; fork tells its stories apart. */
static struct wire_head head_of(uint64_t seq, uint8_t fork)
{
	struct wire_head h = {.status = WIRE_OK, .seq = seq, .first = 1};
	wire_address(&a_log, h.address);
	wire_chain_start(h.address, h.chain);
	h.chain[0] ^= seq ? fork : 0;
	memcpy(h.before, h.chain, sizeof h.before);
	wire_head_sign(&h, &relay);
	return h;
}

static struct wire_view view_at(uint64_t seq)
{
	struct wire_view v;
	struct wire_evidence e;
	struct wire_head h = head_of(seq, 0);
	wire_view_init(&v, &a_log, relay_public);
	must(!sr_bad(wire_view_note(&v, &h, true, &e)));
	return v;
}

static size_t sample(enum kind kind, uint8_t out[WIRE_APPEND_LEN])
{
	static const uint8_t cell[WIRE_CELL_LEN];
	struct wire_append append = {.log = a_log, .seq = 1, .cell = cell};
	struct wire_read read = {.log = a_log, .from = 1, .cells = 4};
	struct wire_head head = head_of(3, 0), other = head_of(3, 1);
	struct wire_view view = view_at(3);
	struct wire_evidence e = {
		WIRE_ALARM_FORK, {0}, a_log, wire_signed_of(&head), wire_signed_of(&other)};
	struct wire_relay r = {.host = "relay.example.org", .port = 443, .tls = true};
	struct build b = {0};
	memcpy(e.relay, relay_public, sizeof e.relay);
	switch (kind) {
	case APPEND:
		wire_append_sign(&append, relay_public, &writer);
		wire_append_put(&append, out);
		return WIRE_APPEND_LEN;
	case READ:
		wire_read_sign(&read, relay_public, &writer);
		wire_read_put(&read, out);
		return WIRE_READ_LEN;
	case HEAD:
		wire_head_put(&head, out);
		return WIRE_HEAD_LEN;
	case VIEW:
		wire_view_put(&view, out);
		return WIRE_VIEW_LEN;
	case EVIDENCE:
		wire_evidence_put(&e, out);
		return WIRE_EVIDENCE_LEN;
	case RELAY:
	case PLAY:
	case KINDS:
		break;
	}
	wire_relay_write(&r, &b);
	size_t len = b.len;
	must(len && len < WIRE_APPEND_LEN);
	memcpy(out, b.ptr, len);
	build_release(&b);
	return len;
}

static void check_requests(enum kind kind, struct slice in)
{
	uint8_t out[WIRE_APPEND_LEN];
	struct wire_append append;
	struct wire_read read;
	struct wire_head head;
	struct sr_err e = kind == APPEND ? wire_append_take(in, &append)
			  : kind == READ ? wire_read_take(in, &read)
					 : wire_head_take(in, &head);
	must(!sr_bad(e) || e.code == SR_E_INPUT);
	if (sr_bad(e))
		return;
	if (kind == APPEND)
		wire_append_put(&append, out);
	else if (kind == READ)
		wire_read_put(&read, out);
	else
		wire_head_put(&head, out);
	must(memcmp(in.ptr, out, in.len) == 0);
}

/* The check value, which a fuzzer cannot guess, is made right. */
static void check_view(struct slice in)
{
	uint8_t bytes[WIRE_VIEW_LEN], out[WIRE_VIEW_LEN];
	struct wire_view v;
	if (in.len != WIRE_VIEW_LEN) {
		must(wire_view_take(in, &v).code == SR_E_INPUT);
		return;
	}
	memcpy(bytes, in.ptr, sizeof bytes);
	struct slice parts[] = {SLICE_LIT("subrosa/1 view"),
				{bytes, WIRE_VIEW_LEN - CRYPTO_HASH_LEN}};
	crypto_digest(parts, 2, bytes + WIRE_VIEW_LEN - CRYPTO_HASH_LEN);
	if (sr_bad(wire_view_take(slice_make(bytes, sizeof bytes), &v)))
		return;
	wire_view_put(&v, out);
	must(memcmp(bytes, out, sizeof out) == 0);
}

static void check_evidence(struct slice in)
{
	uint8_t out[WIRE_EVIDENCE_LEN];
	struct wire_evidence e;
	if (sr_bad(wire_evidence_take(in, &e)))
		return;
	wire_evidence_put(&e, out);
	must(in.len == sizeof out && memcmp(in.ptr, out, sizeof out) == 0);
	(void)sr_bad(wire_evidence_check(&e));
}

static void check_relay(struct slice in)
{
	struct wire_relay r;
	struct build b = {0};
	if (sr_bad(wire_relay_read(in, &r)))
		return;
	wire_relay_write(&r, &b);
	must(slice_eq(in, slice_make(b.ptr, b.len)));
	build_release(&b);
}

/* One act of the play: cells are said to follow, a position is signed, or a gap is skipped. */
static bool act(struct wire_view *v, struct slice *in)
{
	static const uint8_t cells[4 * WIRE_CELL_LEN];
	uint8_t what, far, fork, chains[WIRE_CELLS_MAX][CRYPTO_HASH_LEN];
	struct wire_view next = *v;
	struct wire_evidence e = {0};
	if (!slice_u8(in, &what) || !slice_u8(in, &far) || !slice_u8(in, &fork))
		return false;
	if (what % 3 == 0) {
		(void)sr_bad(wire_view_skip(v, v->seq + far));
		return true;
	}
	struct wire_head h = head_of(v->seq + far % 32, fork % 4);
	h.cells_n = what % 3 == 1 ? what / 3 % 5 : 0;
	memcpy(h.before, v->chain, sizeof h.before);
	if (h.cells_n) {
		h.seq = v->seq + h.cells_n;
		memcpy(h.chain, h.before, sizeof h.chain);
		for (unsigned i = 1; i <= h.cells_n; i++)
			wire_chain_next(h.chain, v->seq + i, cells, h.chain);
	}
	wire_head_sign(&h, &relay);
	if (sr_bad(wire_view_note(&next, &h, fork & 4, &e))) {
		must(e.alarm == WIRE_ALARM_NONE || !sr_bad(wire_evidence_check(&e)));
		return true;
	}
	if (!sr_bad(wire_view_follow(v, &h, cells, chains))) {
		for (unsigned i = 0; i < h.cells_n; i++)
			wire_view_advance(&next, chains[i]);
		*v = next;
	} else if (!h.cells_n) {
		*v = next; /* as after a lost race */
	}
	return true;
}

static void play(struct slice in)
{
	uint8_t out[WIRE_VIEW_LEN];
	struct wire_view v, back;
	wire_view_init(&v, &a_log, relay_public);
	while (act(&v, &in)) {
		wire_view_put(&v, out);
		must(!sr_bad(wire_view_take(slice_make(out, sizeof out), &back)));
	}
}

static void check(enum kind kind, struct slice in)
{
	if (kind <= HEAD)
		check_requests(kind, in);
	else if (kind == VIEW)
		check_view(in);
	else if (kind == EVIDENCE)
		check_evidence(in);
	else if (kind == RELAY)
		check_relay(in);
	else
		play(in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t first, value, bytes[WIRE_APPEND_LEN];
	uint16_t at;
	struct slice in = slice_make(data, size);
	start();
	if (!slice_u8(&in, &first))
		return 0;
	enum kind kind = (enum kind)((first & 0x7f) % KINDS);
	if (first & 0x80 && kind != PLAY) {
		size_t len = sample(kind, bytes);
		while (slice_u16(&in, &at) && slice_u8(&in, &value))
			bytes[at % len] = value;
		in = slice_make(bytes, len);
	}
	check(kind, in);
	return 0;
}
