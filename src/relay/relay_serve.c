/* SPDX-License-Identifier: Apache-2.0 */
#include "relay_answer.h"
#include "relay_conn.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* struct answer: a whole answer to a read, while it is being sent. */
struct answer {
	struct relay_front *front;
	size_t len;
	uint8_t bytes[]; /* head, cells, filling */
};

static struct relay_front *front_of(const struct relay_conn *c)
{
	return c->worker->front;
}

static int64_t now_s(const struct relay_front *f)
{
	return f->o.clock->now(f->o.clock->user);
}

static void count_one(atomic_uint_least64_t *n)
{
	(void)atomic_fetch_add(n, 1);
}

/* answer_new: NULL: there is no memory for it, or too much of it is in use. */
static struct answer *answer_new(struct relay_front *f, uint8_t cells)
{
	const size_t len = wire_answer_len(cells);
	struct answer *a = NULL;
	if (atomic_fetch_add(&f->count.answer_bytes, len) + len > f->o.limits.answer_bytes)
		count_one(&f->count.limits[RELAY_LIMIT_ANSWERS]);
	else
		a = malloc(sizeof *a + len);
	if (!a) {
		(void)atomic_fetch_sub(&f->count.answer_bytes, len);
		return NULL;
	}
	a->front = f;
	a->len = len;
	return a;
}

/* answer_free is libmicrohttpd's MHD_ContentReaderFreeCallback. */
static void answer_free(void *user)
{
	struct answer *a = user;
	(void)atomic_fetch_sub(&a->front->count.answer_bytes, a->len);
	free(a);
}

/* add_headers gives every answer the same ones, and a first line and headers of the same length:
 * who sees only how much is sent does not see the status. */
static bool add_headers(struct MHD_Response *r, unsigned http, bool last)
{
	enum { FILLING_LEN = 64 };
	static const char close_line[] = "Connection: close\r\n";
	char filling[FILLING_LEN + 1] = {0};
	const size_t taken =
		MHD_get_reason_phrase_len_for(http) + (last ? sizeof close_line - 1 : 0);
	assert(taken < FILLING_LEN);
	memset(filling, 'x', FILLING_LEN - taken);
	return MHD_add_response_header(r, "Content-Type", "application/octet-stream") &&
	       MHD_add_response_header(r, "Cache-Control", "no-store") &&
	       MHD_add_response_header(r, "Filling", filling) &&
	       (!last || MHD_add_response_header(r, "Connection", "close"));
}

/* ends_all tells whether an answer ends its connection: it refuses what no client sends, and where
 * one such request came many may wait behind it. */
static bool ends_all(unsigned http)
{
	return http == MHD_HTTP_BAD_REQUEST || http == MHD_HTTP_FORBIDDEN;
}

/* send_response hands r (NULL: there was no memory) to libmicrohttpd and gives it up. refused: no
 * body is wanted any more. */
static enum MHD_Result send_response(struct relay_conn *c, unsigned http, struct MHD_Response *r,
				     bool refused)
{
	struct relay_front *f = front_of(c);
	if (!r)
		return MHD_NO;
	relay_front_lock(f);
	relay_conn_enter(c, RELAY_SEND, f->o.limits.send_s);
	const bool last =
		refused || ends_all(http) || f->stopping || c->requests_n >= f->o.limits.requests;
	relay_front_unlock(f);
	enum MHD_Result ok = MHD_NO;
	if (add_headers(r, http, last))
		ok = MHD_queue_response(c->mhd, http, r);
	MHD_destroy_response(r);
	return ok;
}

static enum MHD_Result send_head(struct relay_conn *c, unsigned http,
				 const uint8_t head[WIRE_HEAD_LEN], bool refused)
{
	return send_response(c, http,
			     MHD_create_response_from_buffer(WIRE_HEAD_LEN, (void *)(uintptr_t)head,
							     MHD_RESPMEM_MUST_COPY),
			     refused);
}

/* send_cells sends an answer with n cells behind the head. With none it goes the same way: in what
 * pieces something is sent shows through TLS. */
static enum MHD_Result send_cells(struct relay_conn *c, unsigned http, struct answer *a, size_t n)
{
	const size_t used = WIRE_HEAD_LEN + n * WIRE_CELL_LEN;
	uint8_t key[CRYPTO_KEY_LEN];
	relay_draw(front_of(c), key);
	relay_fill(key, a->bytes + used, a->len - used);
	(void)atomic_fetch_add(&front_of(c)->count.cells_read, n);
	struct MHD_Response *r = MHD_create_response_from_buffer_with_free_callback_cls(
		a->len, a->bytes, answer_free, a);
	if (!r)
		answer_free(a);
	return send_response(c, http, r, false);
}

/* refuse answers a request whose body is not even wanted, and the connection ends with it. */
static enum MHD_Result refuse(struct relay_conn *c, unsigned http, enum wire_status status)
{
	uint8_t head[WIRE_HEAD_LEN];
	count_one(&front_of(c)->count.refused);
	relay_answer_plain(status, now_s(front_of(c)), head);
	return send_head(c, http, head, true);
}

static enum MHD_Result send_health(struct relay_conn *c)
{
	return send_response(c, MHD_HTTP_OK,
			     MHD_create_response_from_buffer(3, "ok\n", MHD_RESPMEM_PERSISTENT),
			     true);
}

/* struct length: what a request's headers say of its body. */
struct length {
	const char *announced;
	bool is_plain; /* once, and in no other way */
};

/* take_length is libmicrohttpd's MHD_KeyValueIterator. */
static enum MHD_Result take_length(void *user, enum MHD_ValueKind kind, const char *name,
				   const char *value)
{
	struct length *l = user;
	(void)kind;
	if (strcasecmp(name, "Transfer-Encoding") == 0)
		l->is_plain = false;
	if (strcasecmp(name, "Content-Length") != 0)
		return MHD_YES;
	l->is_plain &= !l->announced;
	l->announced = value;
	return MHD_YES;
}

/* length_status: where two of us could read two lengths, whoever is in front of us might read
 * another request than we do (RFC 9112, 6.3). */
static unsigned length_status(struct MHD_Connection *mhd, enum relay_route route)
{
	struct length l = {.is_plain = true};
	(void)MHD_get_connection_values(mhd, MHD_HEADER_KIND, take_length, &l);
	const unsigned http = relay_length_status(route, l.announced);
	return http || l.is_plain ? http : MHD_HTTP_BAD_REQUEST;
}

/* begin starts a request, whose headers are here. */
static enum MHD_Result begin(struct relay_conn *c, const char *method, const char *path)
{
	struct relay_front *f = front_of(c);
	relay_front_lock(f);
	f->asks_n++;
	c->requests_n++;
	c->late = false;
	relay_conn_enter(c, RELAY_BODY, f->o.limits.body_s);
	relay_front_unlock(f);
	const enum relay_route route = relay_route_of(method, path);
	if (route == RELAY_NOWHERE)
		return refuse(c, MHD_HTTP_NOT_FOUND, WIRE_MALFORMED);
	if (route == RELAY_HEALTH)
		return send_health(c);
	const unsigned http = length_status(c->mhd, route);
	if (http)
		return refuse(c, http, WIRE_MALFORMED);
	c->ask = calloc(1, sizeof *c->ask + relay_body_len(route));
	if (!c->ask)
		return refuse(c, wire_http_status(WIRE_BUSY, false), WIRE_BUSY);
	c->ask->front = f;
	c->ask->conn = c;
	c->ask->route = route;
	return MHD_YES;
}

static enum MHD_Result take_body(struct relay_conn *c, const char *data, size_t *len)
{
	struct relay_ask *ask = c->ask;
	/* libmicrohttpd gives no more than was announced. */
	if (!ask || *len > relay_body_len(ask->route) - ask->len)
		return MHD_NO;
	memcpy(ask->body + ask->len, data, *len);
	ask->len += *len;
	*len = 0;
	return MHD_YES;
}

/* answer_append answers with what became of a, whose status may be any. */
static enum MHD_Result answer_append(struct relay_conn *c, const struct relay_append *a)
{
	struct relay_front *f = front_of(c);
	uint8_t head[WIRE_HEAD_LEN];
	relay_answer_append(&f->o.terms, a, now_s(f), head);
	count_one(&f->count.appends[a->status]);
	return send_head(c, wire_http_status(a->status, true), head, false);
}

/* append_done is a job's done: the request goes back to its connection, if that still wants it. */
static void append_done(struct relay_job *job)
{
	struct relay_ask *ask = job->user;
	struct relay_front *f = ask->front;
	struct relay_ring out;
	relay_ring_init(&out);
	relay_front_lock(f);
	const bool wanted = ask->conn;
	if (wanted)
		relay_conn_take(ask->conn, &out);
	relay_front_unlock(f);
	if (wanted)
		relay_conn_resume(f, &out);
	else
		free(ask);
}

/* store suspends the connection until the append is decided; false: the front is being stopped. */
static bool store(struct relay_conn *c)
{
	struct relay_front *f = front_of(c);
	struct relay_ask *ask = c->ask;
	relay_front_lock(f);
	const bool ok = !f->stopping;
	if (ok) {
		relay_conn_enter(c, RELAY_STORE, f->o.limits.store_s);
		MHD_suspend_connection(c->mhd);
	}
	relay_front_unlock(f);
	if (!ok)
		return false;
	struct sr_err e = relay_writer_append(f->writer, &ask->job);
	if (sr_bad(e)) {
		if (e.code == SR_E_LIMIT)
			count_one(&f->count.limits[RELAY_LIMIT_QUEUE]);
		ask->job.append.status = WIRE_BUSY;
		append_done(&ask->job);
	}
	return true;
}

static enum MHD_Result serve_append(struct relay_conn *c)
{
	struct relay_ask *ask = c->ask;
	struct relay_append *a = &ask->job.append;
	ask->job.done = append_done;
	ask->job.user = ask;
	enum wire_status status = relay_append_take(
		&front_of(c)->o.terms, slice_make(ask->body, ask->len), &ask->append, a);
	if (status == WIRE_OK && store(c))
		return MHD_YES;
	a->status = status == WIRE_OK ? WIRE_BUSY : status;
	return answer_append(c, a);
}

static enum MHD_Result serve_stored(struct relay_conn *c)
{
	static const struct relay_append late = {.status = WIRE_BUSY};
	return answer_append(c, c->ask ? &c->ask->job.append : &late);
}

/* refuse_read answers a read with the length that it asked for, but is brief where there is no
 * memory for that. */
static enum MHD_Result refuse_read(struct relay_conn *c, enum wire_status status)
{
	struct relay_front *f = front_of(c);
	uint8_t head[WIRE_HEAD_LEN];
	struct answer *a = NULL;
	if (status != WIRE_BUSY)
		a = answer_new(f, c->ask->read.wire.cells);
	if (!a)
		status = WIRE_BUSY;
	relay_answer_plain(status, now_s(f), head);
	count_one(&f->count.reads[status]);
	if (!a)
		return send_head(c, wire_http_status(status, false), head, false);
	memcpy(a->bytes, head, sizeof head);
	return send_cells(c, wire_http_status(status, false), a, 0);
}

/* wait_ticks returns how long a read may wait now; 0: not at all. The first time it says until
 * when: never longer than was asked for, and by chance up to an eighth less, so that those who came
 * together do not go together. */
static uint64_t wait_ticks(struct relay_front *f, struct relay_ask *ask)
{
	const uint64_t wait = ask->read.wire.wait_s;
	if (!ask->until && wait) {
		uint8_t chance[CRYPTO_KEY_LEN];
		relay_draw(f, chance);
		ask->until = f->wheel.now + wait - chance[0] % (wait / 8 + 1);
	}
	return ask->until > f->wheel.now ? ask->until - f->wheel.now : 0;
}

enum outcome { WAITS, CHANGED, OVER, TOO_MANY };

/* wait_for suspends the connection until its log changes, unless it has since round. */
static enum outcome wait_for(struct relay_conn *c, uint64_t round)
{
	struct relay_front *f = front_of(c);
	struct relay_ask *ask = c->ask;
	enum outcome o = OVER;
	relay_front_lock(f);
	const uint64_t ticks = wait_ticks(f, ask);
	if (relay_wait_round(&f->wait, ask->read.address) != round) {
		o = CHANGED;
	} else if (ticks && !c->late && !f->stopping) {
		o = f->wait.n < f->o.limits.polls ? WAITS : TOO_MANY;
	}
	if (o == WAITS) {
		relay_conn_enter(c, RELAY_WAIT, ticks);
		relay_wait_add(&f->wait, &c->waiter, ask->read.address);
		MHD_suspend_connection(c->mhd);
	}
	relay_front_unlock(f);
	if (o == TOO_MANY)
		count_one(&f->count.limits[RELAY_LIMIT_POLLS]);
	return o;
}

/* answer_read answers with what was found, in a, which it gives up. */
static enum MHD_Result answer_read(struct relay_conn *c, const struct relay_found *found,
				   struct answer *a)
{
	struct relay_front *f = front_of(c);
	const struct relay_read_request *r = &c->ask->read;
	struct sr_err e = relay_answer_read(&f->o.terms, r, found, a->bytes + WIRE_HEAD_LEN,
					    now_s(f), a->bytes);
	if (sr_bad(e)) {
		answer_free(a);
		f->o.failed(f->o.user, e);
		return refuse_read(c, WIRE_BUSY);
	}
	const enum wire_status status = relay_read_status(r, found);
	const unsigned http = wire_http_status(status, false);
	count_one(&f->count.reads[status]);
	return send_cells(c, http, a, found->n);
}

static uint64_t round_of(struct relay_front *f, const uint8_t address[CRYPTO_HASH_LEN])
{
	relay_front_lock(f);
	const uint64_t round = relay_wait_round(&f->wait, address);
	relay_front_unlock(f);
	return round;
}

/* look answers a read, or lets it wait; CHANGED: once more. */
static enum outcome look(struct relay_conn *c, enum MHD_Result *result)
{
	struct relay_front *f = front_of(c);
	const struct relay_read_request *r = &c->ask->read;
	const uint64_t round = round_of(f, r->address);
	struct relay_found found;
	struct answer *a = answer_new(f, r->wire.cells);
	if (!a) {
		*result = refuse_read(c, WIRE_BUSY);
		return OVER;
	}
	struct sr_err e = relay_find(c->worker->reader, r, a->bytes + WIRE_HEAD_LEN, &found);
	if (sr_bad(e) && e.code != SR_E_NOMEM)
		f->o.failed(f->o.user, e);
	enum outcome o = sr_bad(e)                   ? TOO_MANY
			 : relay_is_early(r, &found) ? wait_for(c, round)
						     : OVER;
	if (o == OVER) {
		*result = answer_read(c, &found, a);
		return OVER;
	}
	answer_free(a);
	if (o == TOO_MANY)
		*result = refuse_read(c, WIRE_BUSY);
	return o;
}

static enum MHD_Result serve_wait(struct relay_conn *c)
{
	enum MHD_Result result = MHD_YES;
	while (look(c, &result) == CHANGED)
		;
	return result;
}

static enum MHD_Result serve_read(struct relay_conn *c)
{
	struct relay_ask *ask = c->ask;
	struct relay_front *f = front_of(c);
	const enum wire_status status =
		relay_read_take(&f->o.terms, slice_make(ask->body, ask->len), now_s(f), &ask->read);
	return status == WIRE_OK ? serve_wait(c) : refuse_read(c, status);
}

/* go_on takes a request one step further: its body is here, or it was resumed. */
static enum MHD_Result go_on(struct relay_conn *c)
{
	switch (c->stage) {
	case RELAY_BODY:
		if (c->ask->len != relay_body_len(c->ask->route))
			return MHD_NO;
		return c->ask->route == RELAY_APPEND ? serve_append(c) : serve_read(c);
	case RELAY_WAIT:
		return serve_wait(c);
	case RELAY_STORE:
		return serve_stored(c);
	case RELAY_IDLE:
	case RELAY_SEND:
		break;
	}
	return MHD_NO;
}

enum MHD_Result relay_serve(void *user, struct MHD_Connection *mhd, const char *path,
			    const char *method, const char *version, const char *data, size_t *len,
			    void **context)
{
	(void)user;
	(void)version;
	if (*context)
		return *len ? take_body(*context, data, len) : go_on(*context);
	struct relay_conn *c =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
	if (!c)
		return MHD_NO;
	*context = c;
	return begin(c, method, path);
}

void relay_serve_end(void *user, struct MHD_Connection *mhd, void **context,
		     enum MHD_RequestTerminationCode code)
{
	struct relay_worker *w = user;
	struct relay_conn *c = *context;
	(void)mhd;
	(void)code;
	if (!c)
		return;
	*context = NULL;
	free(c->ask);
	c->ask = NULL;
	relay_front_lock(w->front);
	relay_conn_enter(c, RELAY_IDLE, w->front->o.limits.idle_s);
	if (--w->front->asks_n == 0 && w->front->stopping)
		(void)pthread_cond_signal(&w->front->ended);
	relay_front_unlock(w->front);
}
