/* SPDX-License-Identifier: Apache-2.0 */
/* What a client knows of a log at a relay: up to where it verified every cell, and what the relay
 * signed last. The relay cannot take back what is in a view. No network here: the answers are
 * handed in, so that all of it can be tested and fuzzed. */
#ifndef WIRE_VIEW_H
#define WIRE_VIEW_H

#include "wire_evidence.h"

/* Invariants: sure.seq <= seq <= last.seq, and sure.seq < last.seq unless both are 0. A position
 * that is signed for seq above 0 has its chain; with seq 0, chain is the log's start and anchored.
 * Not anchored (behind a gap): chain is zeros until the next cells tell it, and seq < last.seq.
 * gap_from <= gap_to <= seq, or both are 0. */
struct wire_view {
	uint8_t relay[CRYPTO_PUBLIC_LEN];
	struct wire_log log;
	uint64_t seq; /* of the last cell that was verified; 0: none yet */
	uint8_t chain[CRYPTO_HASH_LEN];
	struct wire_signed last;   /* the farthest position that the relay signed */
	struct wire_signed sure;   /* the one before, when last went ahead of seq */
	uint64_t gap_from, gap_to; /* the last cells that were given up; 0: none */
	uint64_t lost;             /* how many were given up in all */
	bool anchored;
};

enum {
	WIRE_VIEW_LEN = 6 + 2 + CRYPTO_PUBLIC_LEN + WIRE_LOG_LEN + 8 + CRYPTO_HASH_LEN + 1 +
			2 * WIRE_SIGNED_LEN + 3 * 8 + CRYPTO_HASH_LEN,
};

/* wire_view_init makes the view of a log of which nothing is known. */
void wire_view_init(struct wire_view *v, const struct wire_log *log,
		    const uint8_t relay[CRYPTO_PUBLIC_LEN]);

/* wire_view_put writes its bytes (doc/FORMAT.md); wire_view_take reads them: SR_E_INPUT if they are
 * damaged or break an invariant. They hold no secret. */
void wire_view_put(const struct wire_view *v, uint8_t out[WIRE_VIEW_LEN]);
SR_MUST struct sr_err wire_view_take(struct slice in, struct wire_view *out);

/* wire_view_skip gives up the cells before first and notes the gap. SR_E_INPUT unless first is
 * behind the next sequence and at most one behind the last that the relay signed. */
SR_MUST struct sr_err wire_view_skip(struct wire_view *v, uint64_t first);

/* wire_view_note takes in a signed position; ends: the log has no more behind it. SR_E_AUTH if it
 * is of another log or not signed by the view's relay, and, with e->alarm set, if it contradicts
 * what the relay signed before. v is unchanged on failure; so is e, but for an alarm. */
SR_MUST struct sr_err wire_view_note(struct wire_view *v, const struct wire_head *h, bool ends,
				     struct wire_evidence *e);

/* wire_view_follow computes the chain behind each of the h->cells_n cells, one behind the other, of
 * an answer to a read from the next sequence on. SR_E_AUTH unless they follow the view and lead to
 * what h says; SR_E_INPUT if h is about other cells. */
SR_MUST struct sr_err wire_view_follow(const struct wire_view *v, const struct wire_head *h,
				       const uint8_t *cells,
				       uint8_t chains[WIRE_CELLS_MAX][CRYPTO_HASH_LEN]);

/* wire_view_advance moves to the next cell, behind which chain is: one of wire_view_follow's, whose
 * head was noted after that. */
void wire_view_advance(struct wire_view *v, const uint8_t chain[CRYPTO_HASH_LEN]);

#endif
