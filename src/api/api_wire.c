/* SPDX-License-Identifier: Apache-2.0 */
#include "api_wire.h"

#include "api.h"
#include "hex.h"
#include "platform.h"
#include "text_print.h"

#include <errno.h>
#include <string.h>
#include <time.h>

/* RETRY_MS: somebody sits there and waits. */
enum { TRIES = 64, CELLS_FIRST = 4, RETRY_MS = 30 * 1000 };

/* One run of a sub-command. */
struct run {
	const struct sr_wire_options *o;
	struct sr_sink at; /* the relay's host */
	bool told;         /* what was wrong, about a file */
	struct wire_relay relay;
	struct api_wire_key key;
	struct wire_client *client;
	struct wire_view view;
	struct crypto_key chance;
	uint64_t chance_n;
	struct build out;
	size_t cells_n; /* told in out */
};

/* The world of a client. */

static int64_t now(void *user)
{
	(void)user;
	return platform_now();
}

static int64_t clock_ms(void *user)
{
	(void)user;
	return platform_clock_ms();
}

static void sleep_ms(void *user, uint32_t ms)
{
	struct timespec left = {ms / 1000, (long)(ms % 1000) * 1000000};
	(void)user;
	while (nanosleep(&left, &left) != 0 && errno == EINTR)
		;
}

static uint64_t chance(void *user)
{
	struct run *r = user;
	uint32_t words[2];
	crypto_stream_words(r->chance.bytes, r->chance_n, 2, words);
	r->chance_n += 2;
	return (uint64_t)words[0] << 32 | words[1];
}

/* Cells of one's own making. */

struct sr_err api_wire_pad(struct slice bytes, uint8_t cell[WIRE_CELL_LEN])
{
	static_assert(SR_WIRE_BYTES == WIRE_CELL_LEN - 2, "a cell is full with them");
	if (bytes.len > SR_WIRE_BYTES)
		return sr_fail(SR_E_LIMIT, "a cell holds no more than 4,094 bytes");
	memset(cell, 0, WIRE_CELL_LEN);
	cell[0] = (uint8_t)bytes.len;
	cell[1] = (uint8_t)(bytes.len >> 8);
	if (bytes.len)
		memcpy(cell + 2, bytes.ptr, bytes.len);
	return sr_ok();
}

bool api_wire_bytes(const uint8_t cell[WIRE_CELL_LEN], struct slice *out)
{
	struct slice s = slice_make(cell, WIRE_CELL_LEN), bytes;
	uint16_t len;
	uint8_t any = 0;
	if (!slice_u16(&s, &len) || !slice_take(&s, len, &bytes))
		return false;
	for (size_t i = 0; i < s.len; i++)
		any |= s.ptr[i];
	*out = bytes;
	return !any;
}

/* Reports. */

static void cell_json(struct run *r, uint64_t seq, const struct slice *bytes)
{
	build_fmt(&r->out, "%s{\"seq\": %llu, \"hex\": ", r->cells_n ? ", " : "",
		  (unsigned long long)seq);
	if (!bytes) {
		build_str(&r->out, "null}");
		return;
	}
	build_str(&r->out, "\"");
	hex_write(&r->out, *bytes);
	build_str(&r->out, "\"}");
}

static void cell_text(struct run *r, uint64_t seq, const struct slice *bytes)
{
	build_fmt(&r->out, "cell %llu: ", (unsigned long long)seq);
	bool ends = bytes && bytes->len && bytes->ptr[bytes->len - 1] == '\n';
	if (bytes)
		text_print(&r->out, slice_sub(*bytes, 0, bytes->len - ends));
	else
		build_str(&r->out, "(not one that was appended by hand)");
	build_str(&r->out, "\n");
}

static struct sr_err tell_cell(void *user, const struct wire_view *after, const uint8_t *cell)
{
	struct run *r = user;
	struct slice bytes;
	const struct slice *own = api_wire_bytes(cell, &bytes) ? &bytes : NULL;
	if (r->o->json)
		cell_json(r, after->seq, own);
	else
		cell_text(r, after->seq, own);
	r->cells_n++;
	return r->out.failed ? build_done(&r->out, &bytes) : sr_ok();
}

static void begin_cells(struct run *r)
{
	if (r->o->json)
		build_str(&r->out, "{\"cells\": [");
}

static void end_cells(struct run *r, bool appended)
{
	const struct wire_view *v = &r->view;
	unsigned long long seq = v->seq, from = v->gap_from, to = v->gap_to;
	if (!r->o->json) {
		if (appended)
			build_fmt(&r->out, "appended as cell %llu\n", seq);
		else if (!r->cells_n)
			build_str(&r->out, "no new cell\n");
		return;
	}
	build_fmt(&r->out,
		  "], \"appended\": %s, \"seq\": %llu, \"gap\": ", appended ? "true" : "false",
		  seq);
	if (from)
		build_fmt(&r->out, "[%llu, %llu]}\n", from, to);
	else
		build_str(&r->out, "null}\n");
}

static void tell_head(struct run *r, uint64_t first)
{
	unsigned long long last = r->view.last.seq, oldest = first, known = r->view.seq,
			   time = wire_client_said(r->client)->time;
	if (r->o->json)
		build_fmt(&r->out,
			  "{\"last\": %llu, \"first\": %llu, \"known\": %llu, \"time\": %llu}\n",
			  last, oldest, known, time);
	else
		build_fmt(&r->out,
			  "last cell:      %llu\noldest kept:    %llu\nread up to:     %llu\n"
			  "relay's clock:  %llu s since 1970\n",
			  last, oldest, known, time);
}

/* blame tells what is wrong with a file. */
static struct sr_err blame(struct run *r, const char *file, struct sr_err e)
{
	struct sr_sink at = api_sink(&r->o->sink, file);
	r->told = sr_bad(e) && e.code != SR_E_NOMEM;
	return api_blame(&at, e);
}

/* What is known of the log. */

static struct sr_err load_view(struct run *r)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	struct slice bytes;
	struct sr_err e = platform_read_file(&a, r->o->log, WIRE_VIEW_LEN, &bytes);
	if (e.code == SR_E_IO && e.sys == ENOENT) {
		wire_view_init(&r->view, &r->key.log, r->relay.key);
		return sr_ok();
	}
	if (!sr_bad(e))
		e = wire_view_take(bytes, &r->view);
	if (!sr_bad(e) && memcmp(&r->view.log, &r->key.log, sizeof r->view.log) != 0)
		e = sr_fail(SR_E_INPUT, "this is about another log than the key");
	return blame(r, r->o->log, e);
}

static struct sr_err save_view(struct run *r)
{
	uint8_t bytes[WIRE_VIEW_LEN];
	wire_view_put(&r->view, bytes);
	return blame(r, r->o->log,
		     platform_replace_file(r->o->log, slice_make(bytes, sizeof bytes), 0600));
}

/* is_proof tells whether a file of evidence proves a fork of this log. */
static bool is_proof(const struct run *r, const char *path)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	struct slice bytes;
	struct wire_evidence e;
	return !sr_bad(platform_read_file(&a, path, WIRE_EVIDENCE_LEN, &bytes)) &&
	       !sr_bad(wire_evidence_take(bytes, &e)) && e.alarm == WIRE_ALARM_FORK &&
	       memcmp(e.relay, r->relay.key, sizeof e.relay) == 0 &&
	       memcmp(&e.log, &r->key.log, sizeof e.log) == 0 && !sr_bad(wire_evidence_check(&e));
}

/* save_evidence keeps what shows an alarm: the relay need not say it a second time. What proves
 * more is not replaced. */
static void save_evidence(struct run *r)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	const struct wire_evidence *e = &wire_client_said(r->client)->evidence;
	uint8_t bytes[WIRE_EVIDENCE_LEN];
	const char *path = arena_join(&a, r->o->log, ".evidence");
	wire_evidence_put(e, bytes);
	if (path && e->alarm != WIRE_ALARM_FORK && is_proof(r, path))
		note(&r->at, SR_ERROR, 0, 0, "ALARM: the evidence of an earlier one is in %s",
		     path);
	else if (!path ||
		 sr_bad(platform_replace_file(path, slice_make(bytes, sizeof bytes), 0600)))
		note(&r->at, SR_ERROR, 0, 0, "ALARM, and the evidence cannot be written");
	else
		note(&r->at, SR_ERROR, 0, 0, "ALARM: the evidence is in %s", path);
}

/* The sub-commands. */

static struct wire_reader reader_of(struct run *r)
{
	return (struct wire_reader){.key = &r->key.read, .cell = tell_cell, .user = r};
}

static struct sr_err skip_gap(struct run *r, struct sr_err e)
{
	const struct wire_said *said = wire_client_said(r->client);
	if (e.code != SR_E_LIMIT || said->status != WIRE_EXPIRED)
		return e;
	if (!r->o->skip) {
		note(&r->at, SR_INFO, 0, 0,
		     "the oldest cell that is left is %llu; --skip goes on "
		     "there",
		     (unsigned long long)said->first);
		return e;
	}
	SR_TRY(wire_view_skip(&r->view, said->first));
	note(&r->at, SR_WARNING, 0, 0, "cells %llu to %llu are lost",
	     (unsigned long long)r->view.gap_from, (unsigned long long)r->view.gap_to);
	return sr_ok();
}

static struct sr_err read_cells(struct run *r, uint16_t wait_s)
{
	const struct wire_reader reader = reader_of(r);
	struct sr_err e = wire_client_read(r->client, &r->view, &reader, wait_s, CELLS_FIRST);
	if (!sr_bad(e))
		return e;
	SR_TRY(skip_gap(r, e));
	return wire_client_read(r->client, &r->view, &reader, 0, CELLS_FIRST);
}

static struct sr_err do_read(struct run *r)
{
	begin_cells(r);
	SR_TRY(read_cells(r, (uint16_t)r->o->wait_s));
	end_cells(r, false);
	return sr_ok();
}

static struct sr_err do_head(struct run *r)
{
	uint64_t first;
	SR_TRY(wire_client_head(r->client, &r->view, &r->key.read, &first));
	tell_head(r, first);
	return sr_ok();
}

static struct sr_err load_cell(struct run *r, uint8_t cell[WIRE_CELL_LEN])
{
	SR_SCOPED(arena_release) struct arena a = {0};
	struct slice bytes;
	struct sr_err e = platform_read_file(&a, r->o->file, SR_WIRE_BYTES, &bytes);
	if (!sr_bad(e))
		e = api_wire_pad(bytes, cell);
	return blame(r, r->o->file, e);
}

static struct sr_err load_token(const char *text, uint8_t token[WIRE_TOKEN_LEN])
{
	if (text && !hex_read(slice_str(text), token, WIRE_TOKEN_LEN))
		return sr_fail(SR_E_INPUT, "a token of admission is 64 hexadecimal digits");
	return sr_ok();
}

static struct sr_err do_append(struct run *r)
{
	CRYPTO_WIPED(uint8_t[WIRE_TOKEN_LEN], token);
	const struct wire_reader reader = reader_of(r);
	uint8_t cell[WIRE_CELL_LEN];
	SR_TRY(load_cell(r, cell));
	SR_TRY(load_token(r->o->token, token));
	begin_cells(r);
	struct sr_err e = sr_fail(SR_E_STATE, "");
	for (unsigned i = 0; e.code == SR_E_STATE && i < TRIES; i++)
		e = wire_client_append(r->client, &r->view, &r->key.write, cell, token, &reader);
	if (e.code == SR_E_STATE)
		return sr_fail(SR_E_LIMIT, "others add to the log faster than this does");
	SR_TRY(e);
	end_cells(r, true);
	return sr_ok();
}

static struct sr_err prepare(struct run *r)
{
	SR_TRY(wire_relay_read(slice_str(r->o->relay), &r->relay));
	r->at.file = r->relay.host;
	SR_TRY(api_wire_key_read(r->o->key, &r->key));
	SR_TRY(crypto_key_random(&r->chance));
	SR_TRY(load_view(r));
	struct wire_client_options c = {.relay = r->relay,
					.proxy = r->o->proxy,
					.retry_ms = RETRY_MS,
					.world = {now, clock_ms, sleep_ms, chance, r}};
	return wire_client_open(&c, &r->client);
}

static struct sr_err go(struct run *r, struct sr_err (*what)(struct run *r))
{
	SR_TRY(prepare(r));
	struct sr_err e = what(r);
	if (sr_bad(e) && wire_client_said(r->client)->evidence.alarm)
		save_evidence(r);
	SR_TRY(e);
	return save_view(r);
}

static struct sr_err run(const struct sr_wire_options *o, struct sr_err (*what)(struct run *r),
			 struct sr_bytes *report)
{
	struct run r = {.o = o, .at = o->sink};
	build_init(&r.out, API_WIRE_OUT_MAX);
	struct sr_err e = go(&r, what);
	if (!sr_bad(e))
		e = api_bytes(&r.out, report);
	if (!r.told)
		e = api_blame(&r.at, e);
	wire_client_close(r.client);
	crypto_key_release(&r.chance);
	api_wire_key_release(&r.key);
	build_release(&r.out);
	return e;
}

struct sr_err sr_wire_append(const struct sr_wire_options *o, struct sr_bytes *report)
{
	return run(o, do_append, report);
}

struct sr_err sr_wire_read(const struct sr_wire_options *o, struct sr_bytes *report)
{
	return run(o, do_read, report);
}

struct sr_err sr_wire_head(const struct sr_wire_options *o, struct sr_bytes *report)
{
	return run(o, do_head, report);
}
