/* SPDX-License-Identifier: Apache-2.0 */
/* Many readers against the same seen places. What the places have in common is worked out once
 * (struct code_sight); a reader then costs a key for each layer of which places were seen, the
 * blocks of his streams in which they lie, a comparison a place and one row of the bank. Nothing of
 * a reader is kept: a callback sees his symbols and scores while they are there. Time grows with
 * readers times places, memory with places alone. The symbols are those of code_symbols_layers, the
 * scores those of code_score_of. */
#ifndef CODE_SCAN_H
#define CODE_SCAN_H

#include "arena.h"
#include "code_bank.h"
#include "code_symbols.h"

/* struct code_sight: the seen places, made ready to be drawn. */
struct code_sight;

/* code_sight_make prepares the places place[i], layer after layer, layer_n[l] of each and strictly
 * ascending within it (asserted), with good biases bias[i] (code_bias_check), in a. The tables of
 * the biases are borrowed, nothing else. SR_E_LIMIT beyond LIMIT_PLACES places of a layer,
 * SR_E_NOMEM. */
SR_MUST struct sr_err code_sight_make(struct arena *a, const uint32_t *place,
				      const struct code_bias *bias,
				      const size_t layer_n[CODE_LAYERS],
				      const struct code_sight **out);

/* struct code_scan: readers 0 .. n-1. stream[l] draws layer l, and is not looked at if nothing of
 * it was seen. Both functions are called from several threads at once, with the number of the
 * thread (below LIMIT_THREADS), for different readers. id returns a reader's id, which lasts until
 * the same thread asks again. each gets the symbols at the seen places and, in units[s], his score
 * number s of the bank (NULL: none, and units is NULL), all of which last until it returns; what it
 * writes must be the reader's or the thread's own. */
struct code_scan {
	const struct code_stream *stream;
	const struct code_sight *sight;
	const struct code_bank *bank; /* over the same places as sight (asserted) */
	size_t n;
	unsigned threads_max; /* 0: as many as there are cores */
	struct slice (*id)(void *user, unsigned thread, size_t reader);
	struct sr_err (*each)(void *user, unsigned thread, size_t reader, const uint16_t *symbols,
			      const int32_t *units);
	void *user;
};

/* code_scan_run calls each for every reader and returns when all threads are done. The error is
 * that of the first reader who has one, whatever the number of threads: that of each, or SR_E_LIMIT
 * if his id is longer than LIMIT_ID_BYTES; each was called for all before him, and perhaps for some
 * behind. SR_E_NOMEM: it was called for nobody. */
SR_MUST struct sr_err code_scan_run(const struct code_scan *s);

#endif
