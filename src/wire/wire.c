/* SPDX-License-Identifier: Apache-2.0 */
#include "wire.h"

#include "wire_bytes.h"

#include <assert.h>
#include <string.h>

/* No two of them begin alike, and fields of fixed length follow. */
static const char domain_log[] = "subrosa/1 log";
static const char domain_start[] = "subrosa/1 start";
static const char domain_chain[] = "subrosa/1 chain";
static const char domain_append[] = "subrosa/1 append";
static const char domain_read[] = "subrosa/1 read";
static const char domain_head[] = "subrosa/1 head";

enum {
	DOMAIN_LEN_MAX = 16,
	HEAD_FIELDS_LEN =
		3 + 3 * CRYPTO_HASH_LEN + CRYPTO_SIGNATURE_LEN + 8 /* seq */ + 8 /* first */ + 8,
};

static_assert(sizeof domain_append - 1 == DOMAIN_LEN_MAX, "the longest of them");
static_assert((int)HEAD_FIELDS_LEN <= (int)WIRE_HEAD_LEN, "a head has room for its fields");
static_assert(WIRE_CELLS_MAX <= UINT8_MAX && WIRE_WAIT_S_MAX <= UINT16_MAX, "fields are wide");

unsigned wire_class_days(uint8_t class)
{
	static const unsigned days[] = {
		[WIRE_DAYS_7] = 7, [WIRE_DAYS_30] = 30, [WIRE_DAYS_90] = 90, [WIRE_DAYS_400] = 400};
	return class < sizeof days / sizeof *days ? days[class] : 0;
}

uint8_t wire_class_of(unsigned days)
{
	for (uint8_t class = WIRE_DAYS_7; wire_class_days(class); class ++)
		if (wire_class_days(class) == days)
			return class;
	return 0;
}

static bool take_version(struct slice *s)
{
	uint8_t version;
	return slice_u8(s, &version) && version == WIRE_VERSION;
}

void wire_address(const struct wire_log *log, uint8_t out[CRYPTO_HASH_LEN])
{
	struct slice parts[] = {
		slice_str(domain_log), slice_make(log->write_key, CRYPTO_PUBLIC_LEN),
		slice_make(log->read_key, CRYPTO_PUBLIC_LEN), slice_make(&log->class, 1)};
	crypto_digest(parts, sizeof parts / sizeof *parts, out);
}

void wire_chain_start(const uint8_t address[CRYPTO_HASH_LEN], uint8_t out[CRYPTO_HASH_LEN])
{
	struct slice parts[] = {slice_str(domain_start), slice_make(address, CRYPTO_HASH_LEN)};
	crypto_digest(parts, sizeof parts / sizeof *parts, out);
}

void wire_chain_next(const uint8_t before[CRYPTO_HASH_LEN], uint64_t seq,
		     const uint8_t cell[WIRE_CELL_LEN], uint8_t out[CRYPTO_HASH_LEN])
{
	uint8_t number[8];
	wire_put_uint(number, seq, sizeof number);
	struct slice parts[] = {slice_str(domain_chain), slice_make(before, CRYPTO_HASH_LEN),
				slice_make(number, sizeof number), slice_make(cell, WIRE_CELL_LEN)};
	crypto_digest(parts, sizeof parts / sizeof *parts, out);
}

/* put_front writes what a signature covers before the request's own bytes. */
static uint8_t *put_front(uint8_t *at, const char *domain, const uint8_t relay[CRYPTO_PUBLIC_LEN])
{
	at = wire_put(at, domain, strlen(domain));
	return wire_put(at, relay, CRYPTO_PUBLIC_LEN);
}

/* append_message writes what the writer signs: the request without the signature itself. */
static struct slice
append_message(const struct wire_append *r, const uint8_t relay[CRYPTO_PUBLIC_LEN],
	       uint8_t out[DOMAIN_LEN_MAX + CRYPTO_PUBLIC_LEN + WIRE_APPEND_LEN])
{
	uint8_t *at = put_front(out, domain_append, relay);
	wire_append_put(r, at);
	return slice_make(out, (size_t)(at - out) + WIRE_APPEND_LEN - CRYPTO_SIGNATURE_LEN);
}

void wire_append_sign(struct wire_append *r, const uint8_t relay[CRYPTO_PUBLIC_LEN],
		      const struct crypto_key *key)
{
	uint8_t bytes[DOMAIN_LEN_MAX + CRYPTO_PUBLIC_LEN + WIRE_APPEND_LEN];
	crypto_signature_make(key, append_message(r, relay, bytes), r->signature);
}

struct sr_err wire_append_check(const struct wire_append *r, const uint8_t relay[CRYPTO_PUBLIC_LEN])
{
	uint8_t bytes[DOMAIN_LEN_MAX + CRYPTO_PUBLIC_LEN + WIRE_APPEND_LEN];
	if (!crypto_signature_check(r->log.write_key, append_message(r, relay, bytes),
				    r->signature))
		return sr_fail(SR_E_AUTH, "an append whose signature is wrong");
	return sr_ok();
}

void wire_append_put(const struct wire_append *r, uint8_t out[WIRE_APPEND_LEN])
{
	uint8_t *at = wire_put_uint(out, WIRE_VERSION, 1);
	at = wire_put_log(at, &r->log);
	at = wire_put_uint(at, r->seq, 8);
	at = wire_put(at, r->before, CRYPTO_HASH_LEN);
	at = wire_put(at, r->token, WIRE_TOKEN_LEN);
	at = wire_put(at, r->cell, WIRE_CELL_LEN);
	at = wire_put(at, r->signature, CRYPTO_SIGNATURE_LEN);
	assert(at == out + WIRE_APPEND_LEN);
}

struct sr_err wire_append_take(struct slice in, struct wire_append *out)
{
	struct wire_append r;
	struct slice s = in, cell;
	if (in.len != WIRE_APPEND_LEN || !take_version(&s) || !wire_take_log(&s, &r.log) ||
	    !wire_take_seq(&s, 1, &r.seq) || !wire_take(&s, r.before, CRYPTO_HASH_LEN) ||
	    !wire_take(&s, r.token, WIRE_TOKEN_LEN) || !slice_take(&s, WIRE_CELL_LEN, &cell) ||
	    !wire_take(&s, r.signature, CRYPTO_SIGNATURE_LEN))
		return sr_fail(SR_E_INPUT, "not an append to a log");
	r.cell = cell.ptr;
	*out = r;
	return sr_ok();
}

static struct slice read_message(const struct wire_read *r, const uint8_t relay[CRYPTO_PUBLIC_LEN],
				 uint8_t out[DOMAIN_LEN_MAX + CRYPTO_PUBLIC_LEN + WIRE_READ_LEN])
{
	uint8_t *at = put_front(out, domain_read, relay);
	wire_read_put(r, at);
	return slice_make(out, (size_t)(at - out) + WIRE_READ_LEN - CRYPTO_SIGNATURE_LEN);
}

void wire_read_sign(struct wire_read *r, const uint8_t relay[CRYPTO_PUBLIC_LEN],
		    const struct crypto_key *key)
{
	uint8_t bytes[DOMAIN_LEN_MAX + CRYPTO_PUBLIC_LEN + WIRE_READ_LEN];
	crypto_signature_make(key, read_message(r, relay, bytes), r->signature);
}

struct sr_err wire_read_check(const struct wire_read *r, const uint8_t relay[CRYPTO_PUBLIC_LEN])
{
	uint8_t bytes[DOMAIN_LEN_MAX + CRYPTO_PUBLIC_LEN + WIRE_READ_LEN];
	if (!crypto_signature_check(r->log.read_key, read_message(r, relay, bytes), r->signature))
		return sr_fail(SR_E_AUTH, "a read whose signature is wrong");
	return sr_ok();
}

void wire_read_put(const struct wire_read *r, uint8_t out[WIRE_READ_LEN])
{
	uint8_t *at = wire_put_uint(out, WIRE_VERSION, 1);
	at = wire_put_log(at, &r->log);
	at = wire_put_uint(at, r->from, 8);
	at = wire_put_uint(at, r->wait_s, 2);
	at = wire_put_uint(at, r->cells, 1);
	at = wire_put_uint(at, r->time, 8);
	at = wire_put(at, r->signature, CRYPTO_SIGNATURE_LEN);
	assert(at == out + WIRE_READ_LEN);
}

struct sr_err wire_read_take(struct slice in, struct wire_read *out)
{
	struct wire_read r;
	struct slice s = in;
	if (in.len != WIRE_READ_LEN || !take_version(&s) || !wire_take_log(&s, &r.log) ||
	    !wire_take_seq(&s, 1, &r.from) || !slice_u16(&s, &r.wait_s) ||
	    r.wait_s > WIRE_WAIT_S_MAX || !slice_u8(&s, &r.cells) || !wire_answer_len(r.cells) ||
	    !slice_u64(&s, &r.time) || !wire_take(&s, r.signature, CRYPTO_SIGNATURE_LEN))
		return sr_fail(SR_E_INPUT, "not a request to read a log");
	*out = r;
	return sr_ok();
}

/* What the rest of the program needs to know of each status: its HTTP status (of a read), and
 * whether a log's position comes with it. */
static const struct {
	unsigned http;
	bool is_signed;
} statuses[] = {
	[WIRE_OK] = {200, true},         [WIRE_CONFLICT] = {409, true},
	[WIRE_EXPIRED] = {410, true},    [WIRE_MALFORMED] = {400, false},
	[WIRE_FORBIDDEN] = {403, false}, [WIRE_CLOCK] = {401, false},
	[WIRE_TOKEN] = {402, false},     [WIRE_FULL] = {507, true},
	[WIRE_BUSY] = {503, false},      [WIRE_CLASS] = {422, false},
};

static bool is_status(unsigned status)
{
	return status > 0 && status < sizeof statuses / sizeof *statuses;
}

unsigned wire_http_status(enum wire_status status, bool append)
{
	assert(is_status(status));
	return status == WIRE_OK && append ? 201 : statuses[status].http;
}

bool wire_status_signed(enum wire_status status)
{
	assert(is_status(status));
	return statuses[status].is_signed;
}

enum { HEAD_MESSAGE_LEN = sizeof domain_head - 1 + CRYPTO_HASH_LEN + 8 + CRYPTO_HASH_LEN };

/* The relay's key is not among it: Ed25519 itself signs under the public key. */
static struct slice head_message(const struct wire_head *h, uint8_t out[HEAD_MESSAGE_LEN])
{
	uint8_t *at = wire_put(out, domain_head, sizeof domain_head - 1);
	at = wire_put(at, h->address, CRYPTO_HASH_LEN);
	at = wire_put_uint(at, h->seq, 8);
	at = wire_put(at, h->chain, CRYPTO_HASH_LEN);
	return slice_make(out, (size_t)(at - out));
}

void wire_head_sign(struct wire_head *h, const struct crypto_key *relay)
{
	uint8_t bytes[HEAD_MESSAGE_LEN];
	crypto_signature_make(relay, head_message(h, bytes), h->signature);
}

struct sr_err wire_head_check(const struct wire_head *h, const uint8_t relay[CRYPTO_PUBLIC_LEN])
{
	uint8_t bytes[HEAD_MESSAGE_LEN];
	if (!crypto_signature_check(relay, head_message(h, bytes), h->signature))
		return sr_fail(SR_E_AUTH, "an answer that this relay did not sign");
	return sr_ok();
}

void wire_head_put(const struct wire_head *h, uint8_t out[WIRE_HEAD_LEN])
{
	uint8_t *at = wire_put_uint(out, WIRE_VERSION, 1);
	at = wire_put_uint(at, h->status, 1);
	at = wire_put_uint(at, h->cells_n, 1);
	at = wire_put(at, h->address, CRYPTO_HASH_LEN);
	at = wire_put_uint(at, h->seq, 8);
	at = wire_put(at, h->chain, CRYPTO_HASH_LEN);
	at = wire_put(at, h->signature, CRYPTO_SIGNATURE_LEN);
	at = wire_put_uint(at, h->first, 8);
	at = wire_put(at, h->before, CRYPTO_HASH_LEN);
	at = wire_put_uint(at, h->time, 8);
	assert(at == out + HEAD_FIELDS_LEN);
	memset(at, 0, WIRE_HEAD_LEN - HEAD_FIELDS_LEN);
}

static bool is_zeros(struct slice s)
{
	uint8_t any = 0;
	for (size_t i = 0; i < s.len; i++)
		any |= s.ptr[i];
	return !any;
}

struct sr_err wire_head_take(struct slice in, struct wire_head *out)
{
	struct wire_head h;
	struct slice s = in;
	if (in.len != WIRE_HEAD_LEN || !take_version(&s) || !slice_u8(&s, &h.status) ||
	    !is_status(h.status) || !slice_u8(&s, &h.cells_n) || h.cells_n > WIRE_CELLS_MAX ||
	    !wire_take(&s, h.address, CRYPTO_HASH_LEN) || !wire_take_seq(&s, 0, &h.seq) ||
	    !wire_take(&s, h.chain, CRYPTO_HASH_LEN) ||
	    !wire_take(&s, h.signature, CRYPTO_SIGNATURE_LEN) || !slice_u64(&s, &h.first) ||
	    h.first > WIRE_SEQ_MAX + 1 || !wire_take(&s, h.before, CRYPTO_HASH_LEN) ||
	    !slice_u64(&s, &h.time) || !is_zeros(s))
		return sr_fail(SR_E_INPUT, "not the head of a relay's answer");
	*out = h;
	return sr_ok();
}

size_t wire_answer_len(uint8_t cells)
{
	bool known = cells == 0 || cells == 1 || cells == 4 || cells == 16 || cells == 64;
	return known ? WIRE_HEAD_LEN + (size_t)cells * WIRE_CELL_LEN : 0;
}
