/* SPDX-License-Identifier: Apache-2.0 */
/* A request from anywhere, below HTTP: the first byte says what to do with the others. Where it
 * asks for that, they are signed, so that what is behind the signature sees them as well. */
#include "fuzz.h"

#include "relay_answer.h"
#include "relay_conf.h"

#include <stdlib.h>
#include <string.h>

enum { NOW = 1800000000, SIGNED = 0x80 };

static struct crypto_key relay, member;
static struct relay_terms terms = {.key = &relay, .classes = 1 << WIRE_DAYS_7 | 1 << WIRE_DAYS_30};

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void prepare(void)
{
	static const uint8_t seed[2][CRYPTO_KEY_LEN] = {{1}, {2}};
	if (relay.bytes)
		return;
	must(!sr_bad(crypto_init()));
	must(!sr_bad(crypto_key_copy(&relay, slice_make(seed[0], CRYPTO_KEY_LEN))));
	must(!sr_bad(crypto_key_copy(&member, slice_make(seed[1], CRYPTO_KEY_LEN))));
	crypto_public_key(&relay, terms.public_key);
}

static void try_append(struct slice in, bool sign)
{
	static const struct relay_append late = {.status = WIRE_BUSY};
	struct relay_append_request r;
	struct relay_append a;
	struct wire_append w;
	uint8_t body[WIRE_APPEND_LEN], head[WIRE_HEAD_LEN];
	if (sign && !sr_bad(wire_append_take(in, &w))) {
		crypto_public_key(&member, w.log.write_key);
		wire_append_sign(&w, terms.public_key, &member);
		wire_append_put(&w, body);
		in = slice_make(body, sizeof body);
	}
	const enum wire_status status = relay_append_take(&terms, in, &r, &a);
	must(status == WIRE_OK || status == WIRE_MALFORMED || status == WIRE_CLASS ||
	     status == WIRE_FORBIDDEN);
	if (status == WIRE_OK) {
		must(in.len == WIRE_APPEND_LEN && a.seq >= 1 && a.seq <= WIRE_SEQ_MAX);
		must(a.cell >= in.ptr && a.cell + WIRE_CELL_LEN <= in.ptr + in.len);
		must(terms.classes >> a.class & 1);
		a.status = WIRE_OK;
		a.head = a.seq;
		memcpy(a.head_chain, a.chain, sizeof a.head_chain);
		relay_answer_append(&terms, &a, NOW, head);
	} else {
		relay_answer_append(&terms, &late, NOW, head);
	}
	struct wire_head h;
	must(!sr_bad(wire_head_take(slice_make(head, sizeof head), &h)));
	must(status != WIRE_OK || !sr_bad(wire_head_check(&h, terms.public_key)));
}

static void try_read(struct slice in, bool sign)
{
	struct relay_read_request r;
	struct wire_read w;
	uint8_t body[WIRE_READ_LEN], head[WIRE_HEAD_LEN];
	if (sign && !sr_bad(wire_read_take(in, &w))) {
		crypto_public_key(&member, w.log.read_key);
		w.time = NOW + w.time % (3 * WIRE_SKEW_S) - WIRE_SKEW_S;
		wire_read_sign(&w, terms.public_key, &member);
		wire_read_put(&w, body);
		in = slice_make(body, sizeof body);
	}
	const enum wire_status status = relay_read_take(&terms, in, NOW, &r);
	must(status == WIRE_OK || status == WIRE_MALFORMED || status == WIRE_CLOCK ||
	     status == WIRE_FORBIDDEN);
	must(status == WIRE_MALFORMED || wire_answer_len(r.wire.cells));
	if (status != WIRE_OK)
		return;
	const struct relay_found none = {.head = {.seq = 5, .first = 3}};
	must(!sr_bad(relay_answer_read(&terms, &r, &none, NULL, NOW, head)));
	must(relay_is_early(&r, &none) == (r.wire.from == 6));
	must((head[1] == WIRE_EXPIRED) == (r.wire.from < 3));
}

static void try_text(struct slice in)
{
	struct arena a = {0};
	struct relay_conf c;
	char *text = arena_dup(&a, in.ptr, in.len);
	must(text);
	const unsigned http = relay_length_status(RELAY_APPEND, text);
	must(http == 0 || http == 400 || http == 413);
	must(http != 0 || strtoul(text, NULL, 10) == WIRE_APPEND_LEN);
	(void)relay_route_of(text, text);
	relay_conf_usual(&c);
	const enum sr_code code = relay_conf_read(&c, &a, in, NULL).code;
	must(code == SR_OK || code == SR_E_INPUT);
	must(c.classes && c.limits.threads >= 1 && c.limits.threads <= RELAY_THREADS_MAX);
	must(memchr(c.listen.host, 0, sizeof c.listen.host));
	arena_release(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	prepare();
	if (size == 0)
		return 0;
	const struct slice in = slice_make(data + 1, size - 1);
	switch (data[0] % 3) {
	case 0:
		try_append(in, data[0] & SIGNED);
		break;
	case 1:
		try_read(in, data[0] & SIGNED);
		break;
	default:
		try_text(in);
		break;
	}
	return 0;
}
