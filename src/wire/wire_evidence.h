/* SPDX-License-Identifier: Apache-2.0 */
/* What shows that a relay said two things of a log that cannot both be so: two positions, both
 * signed by it. Whoever has its key and the log can check them without asking anybody. */
#ifndef WIRE_EVIDENCE_H
#define WIRE_EVIDENCE_H

#include "wire.h"

/* struct wire_signed: a position of a log as a relay signed it. seq 0: none. */
struct wire_signed {
	uint64_t seq;
	uint8_t chain[CRYPTO_HASH_LEN];
	uint8_t signature[CRYPTO_SIGNATURE_LEN];
};

/* A fork is proved by the two signatures. A shorter log is not: which of them came later is the
 * word of the client that kept them. */
enum wire_alarm {
	WIRE_ALARM_NONE = 0,
	WIRE_ALARM_FORK = 1,    /* two chains for one sequence */
	WIRE_ALARM_SHORTER = 2, /* a log that ends before a sequence it had */
};

struct wire_evidence {
	uint8_t alarm;
	uint8_t relay[CRYPTO_PUBLIC_LEN];
	struct wire_log log;
	struct wire_signed earlier, later;
};

enum {
	WIRE_SIGNED_LEN = 8 + CRYPTO_HASH_LEN + CRYPTO_SIGNATURE_LEN,
	WIRE_LOG_LEN = 2 * CRYPTO_PUBLIC_LEN + 1,
	WIRE_EVIDENCE_LEN = 7 + 2 + 1 + CRYPTO_PUBLIC_LEN + WIRE_LOG_LEN + 2 * WIRE_SIGNED_LEN,
};

/* wire_signed_of takes the position out of an answer's head; wire_signed_check: SR_E_AUTH unless
 * the relay signed it for this log. */
struct wire_signed wire_signed_of(const struct wire_head *h);
SR_MUST struct sr_err wire_signed_check(const struct wire_signed *s, const struct wire_log *log,
					const uint8_t relay[CRYPTO_PUBLIC_LEN]);

/* wire_evidence_contradicts tells whether the positions contradict each other as alarm says, be
 * they signed or not. */
bool wire_evidence_contradicts(const struct wire_evidence *e);

/* wire_evidence_check tells whether the positions contradict each other as alarm says (SR_E_INPUT)
 * and are the relay's (SR_E_AUTH). That relay and log are the ones in question, the caller knows.
 */
SR_MUST struct sr_err wire_evidence_check(const struct wire_evidence *e);

/* wire_evidence_put writes its bytes (doc/PROTOCOL.md), wire_evidence_take reads them: SR_E_INPUT.
 */
void wire_evidence_put(const struct wire_evidence *e, uint8_t out[WIRE_EVIDENCE_LEN]);
SR_MUST struct sr_err wire_evidence_take(struct slice in, struct wire_evidence *out);

#endif
