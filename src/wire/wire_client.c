/* SPDX-License-Identifier: Apache-2.0 */
#include "wire_client.h"

#include "wire_http.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	CONNECT_MS = 60 * 1000,
	ANSWER_MS = 60 * 1000,
	PAUSE_MS = 500,
	PAUSE_MS_MAX = 30 * 1000,
	RETRY_MS = 180 * 1000,
	MORE = 4, /* so many times as many cells are asked for while there are more */
	ANSWER_LEN_MAX = WIRE_HEAD_LEN + WIRE_CELLS_MAX * WIRE_CELL_LEN,
};

struct wire_client {
	struct wire_http *http;
	uint8_t relay[CRYPTO_PUBLIC_LEN];
	uint32_t answer_ms, pause_ms, retry_ms;
	struct wire_world world;
	bool bound; /* to the log whose address is */
	uint8_t address[CRYPTO_HASH_LEN];
	int64_t deadline_ms; /* of the running call */
	struct wire_said said;
	uint8_t request[WIRE_APPEND_LEN];
	uint8_t answer[ANSWER_LEN_MAX];
};

static_assert((int)WIRE_READ_LEN <= (int)WIRE_APPEND_LEN, "both requests have room");

/* struct call: one request: append, or else read. */
struct call {
	const struct wire_append *append;
	struct wire_read *read;
	const struct crypto_key *read_key;
};

/* struct step: one read of a call: how to ask; then how many cells there were. mine: a cell that is
 * not given to the reader if it is the first; found: it was. */
struct step {
	uint16_t wait_s;
	uint8_t cells, got;
	const uint8_t *mine;
	bool found;
};

static uint32_t or_else(uint32_t value, uint32_t standard)
{
	return value ? value : standard;
}

static struct sr_err open_http(const struct wire_client_options *o, struct wire_http **out)
{
	char circuit[16 + 1];
	(void)snprintf(circuit, sizeof circuit, "%016llx",
		       (unsigned long long)o->world.chance(o->world.user));
	struct wire_http_options h = {.relay = o->relay,
				      .proxy = o->proxy,
				      .circuit = circuit,
				      .connect_ms = or_else(o->connect_ms, CONNECT_MS)};
	return wire_http_open(&h, out);
}

struct sr_err wire_client_open(const struct wire_client_options *o, struct wire_client **out)
{
	struct wire_client *c = calloc(1, sizeof *c);
	if (!c)
		return sr_nomem();
	c->answer_ms = or_else(o->answer_ms, ANSWER_MS);
	c->pause_ms = or_else(o->pause_ms, PAUSE_MS);
	c->retry_ms = or_else(o->retry_ms, RETRY_MS);
	c->world = o->world;
	memcpy(c->relay, o->relay.key, sizeof c->relay);
	struct sr_err e = open_http(o, &c->http);
	if (sr_bad(e))
		wire_client_close(c);
	else
		*out = c;
	return e;
}

void wire_client_close(struct wire_client *c)
{
	if (!c)
		return;
	wire_http_close(c->http);
	free(c);
}

const struct wire_said *wire_client_said(const struct wire_client *c)
{
	return &c->said;
}

static struct sr_err begin(struct wire_client *c, const struct wire_view *v, uint16_t wait_s)
{
	uint8_t address[CRYPTO_HASH_LEN];
	c->said = (struct wire_said){0};
	c->deadline_ms = c->world.clock_ms(c->world.user) + c->retry_ms + 1000 * (int64_t)wait_s;
	if (memcmp(v->relay, c->relay, sizeof c->relay) != 0)
		return sr_fail(SR_E_INPUT, "what is known of the log comes from another relay");
	wire_address(&v->log, address);
	if (c->bound && memcmp(c->address, address, sizeof address) != 0)
		return sr_fail(SR_E_INPUT, "one connection for two logs would show that they "
					   "belong together");
	memcpy(c->address, address, sizeof address);
	c->bound = true;
	return sr_ok();
}

/* pause_before waits before another try; false: there is no time for one. */
static bool pause_before(struct wire_client *c, unsigned tries)
{
	uint32_t most = c->pause_ms;
	for (unsigned i = 1; i < tries && most < PAUSE_MS_MAX; i++)
		most *= 2;
	if (most > PAUSE_MS_MAX)
		most = PAUSE_MS_MAX;
	/* All clients of a relay that comes back must not come at once. */
	uint32_t ms = most / 2 + (uint32_t)(c->world.chance(c->world.user) % (most / 2 + 1));
	if (c->world.clock_ms(c->world.user) + ms > c->deadline_ms)
		return false;
	c->world.sleep_ms(c->world.user, ms);
	return true;
}

/* head_of reads the front of an answer and holds its length and HTTP status against it. */
static struct sr_err head_of(const struct wire_http_answer *a, bool append, struct wire_head *h)
{
	if (a->len < WIRE_HEAD_LEN || sr_bad(wire_head_take(slice_make(a->at, WIRE_HEAD_LEN), h)) ||
	    wire_http_status(h->status, append) != a->status)
		return a->status / 100 == 5
			       ? sr_fail(SR_E_IO, "something before the relay cannot reach it")
			       : sr_fail(SR_E_INPUT, "what answers is no relay");
	bool brief = h->status == WIRE_MALFORMED || h->status == WIRE_BUSY;
	if (a->len != a->len_max && !(brief && a->len == WIRE_HEAD_LEN))
		return sr_fail(SR_E_INPUT, "a relay's answer of another length");
	if (h->status == WIRE_BUSY)
		return sr_fail(SR_E_IO, "the relay is busy");
	return sr_ok();
}

static struct sr_err try_once(struct wire_client *c, const struct call *call, struct wire_head *h)
{
	struct wire_http_answer a = {.at = c->answer, .len_max = wire_answer_len(0)};
	struct slice body = slice_make(c->request, WIRE_APPEND_LEN);
	uint32_t answer_ms = c->answer_ms;
	if (call->append) {
		wire_append_put(call->append, c->request);
	} else {
		call->read->time = (uint64_t)c->world.now(c->world.user);
		wire_read_sign(call->read, c->relay, call->read_key);
		wire_read_put(call->read, c->request);
		body.len = WIRE_READ_LEN;
		a.len_max = wire_answer_len(call->read->cells);
		answer_ms += 1000U * call->read->wait_s;
	}
	SR_TRY(wire_http_post(c->http, call->append ? "/v1/append" : "/v1/read", body, answer_ms,
			      &a));
	return head_of(&a, call->append, h);
}

/* exchange sends the very same request until there is an answer. */
static struct sr_err exchange(struct wire_client *c, const struct call *call, struct wire_head *h)
{
	for (unsigned tries = 1;; tries++) {
		struct wire_head got;
		struct sr_err e = try_once(c, call, &got);
		if (e.code == SR_E_IO && pause_before(c, tries))
			continue;
		if (sr_bad(e))
			return e;
		c->said = (struct wire_said){
			.status = got.status, .first = got.first, .time = got.time};
		*h = got;
		return e;
	}
}

/* refusal says what an answer means that is neither success nor a lost race. */
static struct sr_err refusal(enum wire_status status)
{
	switch (status) {
	case WIRE_EXPIRED:
		return sr_fail(SR_E_LIMIT, "the log's next cells are not kept any more");
	case WIRE_FORBIDDEN:
		return sr_fail(SR_E_AUTH, "the relay says that this is not the log's key");
	case WIRE_CLOCK:
		return sr_fail(SR_E_INPUT, "the clock here and the relay's are more than five "
					   "minutes apart");
	case WIRE_TOKEN:
		return sr_fail(SR_E_LIMIT, "the relay wants a token of admission for a new log");
	case WIRE_FULL:
		return sr_fail(SR_E_LIMIT, "the log has as many cells as the relay keeps");
	case WIRE_CLASS:
		return sr_fail(SR_E_LIMIT, "the relay does not keep logs for so long or so short");
	case WIRE_MALFORMED:
	case WIRE_BUSY:
	case WIRE_CONFLICT:
	case WIRE_OK:
		break;
	}
	return sr_fail(SR_E_INPUT, "an answer that does not fit the request");
}

/* note takes in where an answer says that the log stands. */
static struct sr_err note_head(struct wire_client *c, struct wire_view *v,
			       const struct wire_head *h, bool ends)
{
	return wire_view_note(v, h, ends, &c->said.evidence);
}

/* refused is what comes of an answer to a read with another status than OK. */
static struct sr_err refused(struct wire_client *c, struct wire_view *v, const struct wire_head *h,
			     uint64_t from)
{
	if (h->status == WIRE_EXPIRED) {
		SR_TRY(note_head(c, v, h, true));
		if (h->first <= from || h->first > h->seq + 1)
			return refusal(WIRE_OK);
	}
	return refusal(h->status);
}

/* ask_read sends one read. */
static struct sr_err ask_read(struct wire_client *c, const struct wire_view *v,
			      const struct crypto_key *key, struct wire_read *r,
			      struct wire_head *h)
{
	r->log = v->log;
	SR_TRY(exchange(c, &(struct call){.read = r, .read_key = key}, h));
	if (h->status == WIRE_OK && h->cells_n > r->cells)
		return sr_fail(SR_E_INPUT, "an answer with more cells than were asked for");
	return sr_ok();
}

/* prove looks for evidence where cells do not follow: what does the relay sign now for the position
 * up to which we are sure of what it signed before? */
static void prove(struct wire_client *c, const struct wire_view *v, const struct crypto_key *key)
{
	uint64_t seq = v->last.seq == v->seq ? v->last.seq : v->sure.seq;
	struct wire_read r = {.from = seq, .cells = 1};
	struct wire_view copy = *v;
	struct wire_head h;
	if (!seq || sr_bad(ask_read(c, v, key, &r, &h)) || h.status != WIRE_OK || h.seq != seq)
		return;
	(void)sr_bad(note_head(c, &copy, &h, false));
}

/* give hands verified cells to the reader, one by one. */
static struct sr_err give(struct wire_client *c, struct wire_view *v,
			  const struct wire_reader *reader,
			  uint8_t chains[WIRE_CELLS_MAX][CRYPTO_HASH_LEN], struct step *s)
{
	const uint8_t *cell = c->answer + WIRE_HEAD_LEN;
	for (size_t i = 0; i < s->got; i++, cell += WIRE_CELL_LEN) {
		struct wire_view after = *v;
		wire_view_advance(&after, chains[i]);
		s->found = s->mine && i == 0 && memcmp(cell, s->mine, WIRE_CELL_LEN) == 0;
		if (!s->found)
			SR_TRY(reader->cell(reader->user, &after, cell));
		*v = after;
	}
	return sr_ok();
}

/* fewer keeps a read from going past the last position that was signed: what is signed for that one
 * now is what an alarm needs. */
static uint8_t fewer(const struct wire_view *v, uint8_t cells)
{
	uint64_t known = v->last.seq - v->seq;
	while (known && cells > known)
		cells /= MORE;
	return cells;
}

/* read_step reads once from behind the view on. */
static struct sr_err read_step(struct wire_client *c, struct wire_view *v,
			       const struct wire_reader *reader, struct step *s)
{
	uint8_t chains[WIRE_CELLS_MAX][CRYPTO_HASH_LEN];
	struct wire_view next = *v;
	struct wire_head h;
	struct wire_read r = {.from = v->seq + 1, .wait_s = s->wait_s, .cells = fewer(v, s->cells)};
	SR_TRY(ask_read(c, v, reader->key, &r, &h));
	if (h.status != WIRE_OK)
		return refused(c, v, &h, r.from);
	SR_TRY(note_head(c, &next, &h, h.cells_n == 0));
	struct sr_err e = wire_view_follow(v, &h, c->answer + WIRE_HEAD_LEN, chains);
	if (e.code == SR_E_AUTH)
		prove(c, v, reader->key);
	SR_TRY(e);
	*v = next;
	s->cells = r.cells;
	s->got = h.cells_n;
	return give(c, v, reader, chains, s);
}

/* read_on reads until there is no more. */
static struct sr_err read_on(struct wire_client *c, struct wire_view *v,
			     const struct wire_reader *reader, struct step s)
{
	do {
		SR_TRY(read_step(c, v, reader, &s));
		s.wait_s = 0;
		if (s.got < s.cells && v->seq >= v->last.seq)
			return sr_ok();
		s.cells = s.cells < WIRE_CELLS_MAX ? (uint8_t)(s.cells * MORE) : WIRE_CELLS_MAX;
	} while (true);
}

struct sr_err wire_client_read(struct wire_client *c, struct wire_view *v,
			       const struct wire_reader *reader, uint16_t wait_s, uint8_t cells)
{
	assert(cells && wire_answer_len(cells) && wait_s <= WIRE_WAIT_S_MAX);
	SR_TRY(begin(c, v, wait_s));
	return read_on(c, v, reader, (struct step){.wait_s = wait_s, .cells = cells});
}

struct sr_err wire_client_head(struct wire_client *c, struct wire_view *v,
			       const struct crypto_key *read_key, uint64_t *first)
{
	struct wire_read r = {.from = v->seq + 1};
	struct wire_head h;
	SR_TRY(begin(c, v, 0));
	SR_TRY(ask_read(c, v, read_key, &r, &h));
	if (h.status != WIRE_OK && h.status != WIRE_EXPIRED)
		return refused(c, v, &h, r.from);
	SR_TRY(note_head(c, v, &h, true));
	*first = h.first;
	return sr_ok();
}

/* settle finds out what stands behind the view, where the relay signed that something does. */
static struct sr_err settle(struct wire_client *c, struct wire_view *v, const uint8_t *cell,
			    const struct wire_reader *reader)
{
	struct step s = {.cells = 1, .mine = cell};
	SR_TRY(read_step(c, v, reader, &s));
	if (s.found)
		return sr_ok();
	if (v->seq < v->last.seq)
		SR_TRY(read_on(c, v, reader, (struct step){.cells = MORE}));
	return sr_fail(SR_E_STATE, "others added to the log first");
}

/* conclude tells what an answer to an append means: SR_E_STATE if it has to be settled. */
static struct sr_err conclude(struct wire_client *c, struct wire_view *v,
			      const struct wire_append *r, const struct wire_head *h)
{
	uint8_t chain[CRYPTO_HASH_LEN];
	struct wire_view next = *v;
	if (h->status == WIRE_EXPIRED || !wire_status_signed(h->status))
		return refused(c, v, h, r->seq);
	SR_TRY(note_head(c, &next, h, h->status != WIRE_OK));
	if (h->status == WIRE_OK) {
		wire_chain_next(v->chain, r->seq, r->cell, chain);
		if (h->seq != r->seq || memcmp(h->chain, chain, sizeof chain) != 0)
			return sr_fail(SR_E_AUTH, "the relay acknowledges another cell");
		*v = next;
		wire_view_advance(v, chain);
		return sr_ok();
	}
	*v = next;
	if (h->seq < r->seq)
		return refusal(h->status);
	return sr_fail(SR_E_STATE, "something else stands there");
}

struct sr_err wire_client_append(struct wire_client *c, struct wire_view *v,
				 const struct crypto_key *write_key,
				 const uint8_t cell[WIRE_CELL_LEN], const uint8_t *token,
				 const struct wire_reader *reader)
{
	struct wire_append r = {.log = v->log, .seq = v->seq + 1, .cell = cell};
	struct wire_head h;
	SR_TRY(begin(c, v, 0));
	/* Nothing is signed on what others have built on already. */
	if (v->seq < v->last.seq)
		return settle(c, v, cell, reader);
	memcpy(r.before, v->chain, sizeof r.before);
	if (token)
		memcpy(r.token, token, sizeof r.token);
	wire_append_sign(&r, c->relay, write_key);
	SR_TRY(exchange(c, &(struct call){.append = &r}, &h));
	struct sr_err e = conclude(c, v, &r, &h);
	return e.code == SR_E_STATE ? settle(c, v, cell, reader) : e;
}
