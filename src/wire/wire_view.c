/* SPDX-License-Identifier: Apache-2.0 */
#include "wire_view.h"

#include "wire_bytes.h"

#include <assert.h>
#include <string.h>

static const char magic[] = "srview";
static const char domain_check[] = "subrosa/1 view";

enum { VERSION = 1 };

static bool same(const uint8_t *a, const uint8_t *b)
{
	return memcmp(a, b, CRYPTO_HASH_LEN) == 0;
}

static void start_of(const struct wire_log *log, uint8_t out[CRYPTO_HASH_LEN])
{
	uint8_t address[CRYPTO_HASH_LEN];
	wire_address(log, address);
	wire_chain_start(address, out);
}

void wire_view_init(struct wire_view *v, const struct wire_log *log,
		    const uint8_t relay[CRYPTO_PUBLIC_LEN])
{
	*v = (struct wire_view){.log = *log, .anchored = true};
	memcpy(v->relay, relay, sizeof v->relay);
	start_of(log, v->chain);
}

/* check_of is against damage; who can write the file can write this, too. */
static void check_of(const uint8_t bytes[WIRE_VIEW_LEN], uint8_t out[CRYPTO_HASH_LEN])
{
	struct slice parts[] = {slice_str(domain_check),
				slice_make(bytes, WIRE_VIEW_LEN - CRYPTO_HASH_LEN)};
	crypto_digest(parts, sizeof parts / sizeof *parts, out);
}

void wire_view_put(const struct wire_view *v, uint8_t out[WIRE_VIEW_LEN])
{
	uint8_t *at = wire_put(out, magic, sizeof magic - 1);
	at = wire_put_uint(at, VERSION, 2);
	at = wire_put(at, v->relay, CRYPTO_PUBLIC_LEN);
	at = wire_put_log(at, &v->log);
	at = wire_put_uint(at, v->seq, 8);
	at = wire_put(at, v->chain, CRYPTO_HASH_LEN);
	at = wire_put_uint(at, v->anchored, 1);
	at = wire_put_signed(at, &v->last);
	at = wire_put_signed(at, &v->sure);
	at = wire_put_uint(at, v->gap_from, 8);
	at = wire_put_uint(at, v->gap_to, 8);
	at = wire_put_uint(at, v->lost, 8);
	check_of(out, at);
	assert(at + CRYPTO_HASH_LEN == out + WIRE_VIEW_LEN);
}

static bool gap_holds(const struct wire_view *v)
{
	if (!v->gap_from)
		return !v->gap_to && !v->lost;
	return v->gap_from <= v->gap_to && v->gap_to <= v->seq &&
	       v->lost > v->gap_to - v->gap_from && v->lost <= v->seq;
}

static bool holds(const struct wire_view *v)
{
	static const uint8_t zeros[CRYPTO_HASH_LEN];
	uint8_t start[CRYPTO_HASH_LEN];
	start_of(&v->log, start);
	if (v->seq > v->last.seq || v->sure.seq > v->seq || !gap_holds(v) ||
	    (v->sure.seq == v->last.seq && v->last.seq))
		return false;
	if (!v->anchored)
		return v->seq > 0 && v->seq < v->last.seq && same(v->chain, zeros);
	if (v->seq == 0)
		return same(v->chain, start);
	return (v->seq < v->last.seq || same(v->chain, v->last.chain)) &&
	       (v->seq > v->sure.seq || same(v->chain, v->sure.chain));
}

/* signature_holds: a signature that is not the relay's would be taken for its word later. */
static bool signature_holds(const struct wire_view *v, const struct wire_signed *s)
{
	return !s->seq || !sr_bad(wire_signed_check(s, &v->log, v->relay));
}

static bool take_view(struct slice *s, struct wire_view *v)
{
	uint8_t anchored;
	if (!wire_take(s, v->relay, CRYPTO_PUBLIC_LEN) || !wire_take_log(s, &v->log) ||
	    !wire_take_seq(s, 0, &v->seq) || !wire_take(s, v->chain, CRYPTO_HASH_LEN) ||
	    !slice_u8(s, &anchored) || anchored > 1 || !wire_take_signed(s, &v->last) ||
	    !wire_take_signed(s, &v->sure) || !slice_u64(s, &v->gap_from) ||
	    !slice_u64(s, &v->gap_to) || !slice_u64(s, &v->lost))
		return false;
	v->anchored = anchored;
	return holds(v) && signature_holds(v, &v->last) && signature_holds(v, &v->sure);
}

struct sr_err wire_view_take(struct slice in, struct wire_view *out)
{
	struct wire_view v;
	struct slice s = in;
	uint16_t version;
	uint8_t check[CRYPTO_HASH_LEN];
	if (!wire_take_word(&s, magic) || !slice_u16(&s, &version))
		return sr_fail(SR_E_INPUT, "not what a client remembers of a log");
	if (version != VERSION)
		return sr_fail(SR_E_INPUT, "what another version of subrosa remembers of a log");
	if (in.len != WIRE_VIEW_LEN)
		return sr_fail(SR_E_INPUT, "what a client remembers of a log, damaged");
	check_of(in.ptr, check);
	if (!same(check, in.ptr + WIRE_VIEW_LEN - CRYPTO_HASH_LEN) || !take_view(&s, &v))
		return sr_fail(SR_E_INPUT, "what a client remembers of a log, damaged");
	*out = v;
	return sr_ok();
}

struct sr_err wire_view_skip(struct wire_view *v, uint64_t first)
{
	if (first <= v->seq + 1 || first > v->last.seq + 1)
		return sr_fail(SR_E_INPUT, "a gap in a log where there is none");
	v->gap_from = v->seq + 1;
	v->gap_to = first - 1;
	v->lost += first - 1 - v->seq;
	v->seq = first - 1;
	v->anchored = v->seq == v->last.seq;
	memset(v->chain, 0, sizeof v->chain);
	if (v->anchored)
		memcpy(v->chain, v->last.chain, sizeof v->chain);
	return sr_ok();
}

static struct sr_err alarm_about(const struct wire_view *v, const struct wire_signed *earlier,
				 const struct wire_signed *now, struct wire_evidence *e)
{
	bool fork = now->seq == earlier->seq;
	*e = (struct wire_evidence){.alarm = fork ? WIRE_ALARM_FORK : WIRE_ALARM_SHORTER,
				    .log = v->log,
				    .earlier = *earlier,
				    .later = *now};
	memcpy(e->relay, v->relay, sizeof e->relay);
	return sr_fail(SR_E_AUTH, fork ? "the relay signed another chain of this log before"
				       : "the log is shorter than the relay signed before");
}

static bool is_fork(const struct wire_signed *a, const struct wire_signed *b)
{
	return a->seq && a->seq == b->seq && !same(a->chain, b->chain);
}

struct sr_err wire_view_note(struct wire_view *v, const struct wire_head *h, bool ends,
			     struct wire_evidence *e)
{
	uint8_t address[CRYPTO_HASH_LEN], start[CRYPTO_HASH_LEN];
	struct wire_signed now = wire_signed_of(h);
	wire_address(&v->log, address);
	wire_chain_start(address, start);
	if (!same(h->address, address))
		return sr_fail(SR_E_AUTH, "an answer about another log");
	SR_TRY(wire_head_check(h, v->relay));
	if (is_fork(&v->sure, &now))
		return alarm_about(v, &v->sure, &now, e);
	if ((ends && now.seq < v->last.seq) || is_fork(&v->last, &now))
		return alarm_about(v, &v->last, &now, e);
	if (!now.seq && !same(now.chain, start))
		return sr_fail(SR_E_AUTH, "a log that has no cell and does not begin as it must");
	if (now.seq > v->last.seq) {
		if (v->last.seq <= v->seq)
			v->sure = v->last;
		v->last = now;
	}
	return sr_ok();
}

struct sr_err wire_view_follow(const struct wire_view *v, const struct wire_head *h,
			       const uint8_t *cells,
			       uint8_t chains[WIRE_CELLS_MAX][CRYPTO_HASH_LEN])
{
	const uint8_t *chain = v->anchored ? v->chain : h->before;
	assert(h->cells_n <= WIRE_CELLS_MAX);
	if (h->seq < v->seq || h->seq - v->seq != h->cells_n)
		return sr_fail(SR_E_INPUT, "an answer with other cells than were asked for");
	if (!same(h->before, chain))
		return sr_fail(SR_E_AUTH, "cells that do not follow those before");
	for (size_t i = 0; i < h->cells_n; i++) {
		wire_chain_next(chain, v->seq + 1 + i, cells + i * WIRE_CELL_LEN, chains[i]);
		chain = chains[i];
	}
	uint64_t known = v->last.seq - v->seq; /* 0, or how far ahead a position was signed */
	if (!same(chain, h->chain) ||
	    (known && known < h->cells_n && !same(chains[known - 1], v->last.chain)))
		return sr_fail(SR_E_AUTH, "cells that do not lead to what the relay signed");
	return sr_ok();
}

void wire_view_advance(struct wire_view *v, const uint8_t chain[CRYPTO_HASH_LEN])
{
	v->seq++;
	v->anchored = true;
	memcpy(v->chain, chain, sizeof v->chain);
	assert(holds(v));
}
