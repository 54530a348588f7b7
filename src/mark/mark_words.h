/* SPDX-License-Identifier: Apache-2.0 */
/* The words layer: a copy carries its symbols as the wordings at the paper's places. Writer and
 * reader stand side by side. The writer is handed symbols; the reader hands soft values back.
 *
 * The reader's model of an honest scribe: what stands in the leak is a wording of the place, or
 * one slip of the keyboard or of character recognition away from it, in a long word, which costs
 * MARK_SLIP_NATS, or, with MARK_REPLACED_NATS, another wording of the place altogether. A wording
 * that none of these explains is an erasure, and so is everything that could be read in two ways.
 */
#ifndef MARK_WORDS_H
#define MARK_WORDS_H

#include "align.h"

/* MARK_SLIP_NATS: log-likelihood of one wrong character. MARK_REPLACED_NATS: the most that one
 * reading may speak against a wording: log of 1 in 100, for the writer who chose another. */
#define MARK_SLIP_NATS 3.5f
#define MARK_REPLACED_NATS 4.6f

/* What is known of a place: nothing was seen, it was read, or it was seen and cannot be used. */
enum mark_state { MARK_UNSEEN = 0, MARK_READ, MARK_ERASED };

/* Why an ERASED place cannot be used. */
enum mark_why {
	MARK_WHY_NONE = 0,     /* it is not erased */
	MARK_WHY_UNHELD,       /* in a passage, but no words of the paper hold it on both sides */
	MARK_WHY_MISSING,      /* nothing stands between the words that hold it */
	MARK_WHY_OTHER,        /* what stands there is none of its wordings, nor near one */
	MARK_WHY_AMBIGUOUS,    /* what stands there can be read as two of its wordings */
	MARK_WHY_CONTRADICTED, /* it was seen twice, with different wordings */
	MARK_WHY_PUBLIC,       /* a public text could have supplied it */
};

/* A place as far as it was seen: where READ, symbol is the wording read, and loglik[k] the natural
 * log-likelihood of what was seen if the copy has wording k: 0 for symbol, -MARK_REPLACED_NATS or
 * more for the others. Where it was seen first: the tokens [from, to) of text number text
 * (struct align_result); from == to: nothing stood there, or (UNHELD, UNSEEN) it is not known. Of a
 * group: spot is the number of the place that was seen there; of one place its own. */
struct mark_place {
	enum mark_state state;
	uint32_t symbol;
	float *loglik;     /* as many as the place has wordings; NULL unless READ */
	enum mark_why why; /* NONE unless ERASED */
	uint32_t text, from, to;
	uint32_t spot;
	uint32_t public_text; /* PUBLIC: the number of the public text */
};

/* mark_words_write appends the copy with the given symbols, one a place, each below the place's
 * wordings_n and the same in all of a group (asserted). */
void mark_words_write(const struct text_lattice *l, const uint16_t *symbols, struct build *out);

/* mark_words_read adds what one text shows (r, from align_text with the same g) to spots[], which
 * has one entry a place and starts out zeroed; r->text is noted as the place's text. A place that
 * is seen again counts once, by its surest reading; where two readings contradict each other it is
 * erased for good. A place inside a passage that cannot be read is erased unless it is read
 * elsewhere. Arrays live in a. SR_E_NOMEM.
 */
SR_MUST struct sr_err mark_words_read(struct arena *a, const struct align_graph *g,
				      const struct text_tokens *text, const struct align_result *r,
				      struct mark_place *spots);

/* mark_words_join makes of spots[], when all texts are read, what is known of the symbols: in
 * places[] the leader of a group has what its places show together, as if they were one place seen
 * several times, and the others stay UNSEEN. Arrays are shared with spots or live in a.
 * SR_E_NOMEM. */
SR_MUST struct sr_err mark_words_join(struct arena *a, const struct text_lattice *l,
				      const struct mark_place *spots, struct mark_place *places);

/* mark_words_supplied erases from places[] (mark_words_join) whatever a public text (r, read with
 * ALIGN_SCORE_PUBLIC) could have supplied: every symbol read in the leak of which the public text
 * touches a place, unless the public text clearly shows another wording there than the leak does.
 * r->text is noted as public_text, and where the leak showed the place is kept. supplied_n counts
 * them, added up. SR_E_NOMEM. */
SR_MUST struct sr_err mark_words_supplied(const struct align_graph *g,
					  const struct text_tokens *text,
					  const struct align_result *r, struct mark_place *places,
					  size_t *supplied_n);

#endif
