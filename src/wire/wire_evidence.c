/* SPDX-License-Identifier: Apache-2.0 */
#include "wire_evidence.h"

#include "wire_bytes.h"

#include <assert.h>
#include <string.h>

static const char magic[] = "srproof";

enum { VERSION = 1 };

struct wire_signed wire_signed_of(const struct wire_head *h)
{
	struct wire_signed s = {.seq = h->seq};
	memcpy(s.chain, h->chain, sizeof s.chain);
	memcpy(s.signature, h->signature, sizeof s.signature);
	return s;
}

struct sr_err wire_signed_check(const struct wire_signed *s, const struct wire_log *log,
				const uint8_t relay[CRYPTO_PUBLIC_LEN])
{
	struct wire_head h = {.seq = s->seq};
	wire_address(log, h.address);
	memcpy(h.chain, s->chain, sizeof h.chain);
	memcpy(h.signature, s->signature, sizeof h.signature);
	return wire_head_check(&h, relay);
}

bool wire_evidence_contradicts(const struct wire_evidence *e)
{
	switch ((enum wire_alarm)e->alarm) {
	case WIRE_ALARM_FORK:
		return e->earlier.seq == e->later.seq &&
		       memcmp(e->earlier.chain, e->later.chain, CRYPTO_HASH_LEN) != 0;
	case WIRE_ALARM_SHORTER:
		return e->later.seq < e->earlier.seq;
	case WIRE_ALARM_NONE:
		break;
	}
	return false;
}

struct sr_err wire_evidence_check(const struct wire_evidence *e)
{
	if (!wire_evidence_contradicts(e))
		return sr_fail(SR_E_INPUT, "two positions of a log that go together");
	SR_TRY(wire_signed_check(&e->earlier, &e->log, e->relay));
	return wire_signed_check(&e->later, &e->log, e->relay);
}

void wire_evidence_put(const struct wire_evidence *e, uint8_t out[WIRE_EVIDENCE_LEN])
{
	uint8_t *at = wire_put(out, magic, sizeof magic - 1);
	at = wire_put_uint(at, VERSION, 2);
	at = wire_put_uint(at, e->alarm, 1);
	at = wire_put(at, e->relay, CRYPTO_PUBLIC_LEN);
	at = wire_put_log(at, &e->log);
	at = wire_put_signed(at, &e->earlier);
	at = wire_put_signed(at, &e->later);
	assert(at == out + WIRE_EVIDENCE_LEN);
}

struct sr_err wire_evidence_take(struct slice in, struct wire_evidence *out)
{
	struct wire_evidence e;
	struct slice s = in;
	uint16_t version;
	if (in.len != WIRE_EVIDENCE_LEN || !wire_take_word(&s, magic) || !slice_u16(&s, &version) ||
	    version != VERSION || !slice_u8(&s, &e.alarm) || e.alarm < WIRE_ALARM_FORK ||
	    e.alarm > WIRE_ALARM_SHORTER || !wire_take(&s, e.relay, CRYPTO_PUBLIC_LEN) ||
	    !wire_take_log(&s, &e.log) || !wire_take_signed(&s, &e.earlier) ||
	    !wire_take_signed(&s, &e.later))
		return sr_fail(SR_E_INPUT, "not the evidence of an alarm about a relay");
	*out = e;
	return sr_ok();
}
