/* SPDX-License-Identifier: Apache-2.0 */
/* A reader's codeword, drawn and never stored: the symbol of a place is word number PLACE of a
 * stream keyed by the reader, thinned to the place's bias. Nothing here sees a second reader. The
 * symbols of different readers, places and layers are independent, always; there is no balancing
 * and no structure, because the error bound rests on just that.
 *
 * reader key = crypto_derive(seed, label of the layer, info), and
 * info = le32(32) || lattice hash (32 bytes) || reader id (all remaining bytes). */
#ifndef CODE_SYMBOLS_H
#define CODE_SYMBOLS_H

#include "code_bias.h"
#include "crypto.h"

/* The layers of a paper: the wordings at its places, and the positions of its words on the page, of
 * which every place is a slot with two symbols. Each layer numbers its places from 0. */
enum code_layer { CODE_LAYER_WORDS, CODE_LAYER_LAYOUT, CODE_LAYERS };

/* CODE_SEEN_MAX: places of a paper, over all its layers. */
enum { CODE_SEEN_MAX = CODE_LAYERS * LIMIT_PLACES };

/* code_layer_label returns the label of a layer's symbols. */
enum crypto_label code_layer_label(enum code_layer layer);

/* struct code_stream: one layer of one paper. All pointers are borrowed. */
struct code_stream {
	const struct crypto_key *seed;
	enum crypto_label label;     /* each layer has its own */
	const uint8_t *lattice_hash; /* CRYPTO_HASH_LEN bytes: which text, which places */
};

/* code_stream_key writes the reader's key, which the caller wipes. SR_E_LIMIT if the reader's id is
 * longer than LIMIT_ID_BYTES. */
SR_MUST struct sr_err code_stream_key(const struct code_stream *s, struct slice reader,
				      uint8_t key[CRYPTO_KEY_LEN]);

/* code_stream_front makes ready, once, what is the same in every reader's key (SR_E_NOMEM);
 * code_stream_key_behind then writes what code_stream_key does, errors as above. */
SR_MUST struct sr_err code_stream_front(const struct code_stream *s, struct crypto_front *front);
SR_MUST struct sr_err code_stream_key_behind(const struct crypto_front *front, struct slice reader,
					     uint8_t key[CRYPTO_KEY_LEN]);

/* code_symbols_all writes the symbols of places 0 .. n-1, whose biases are given. SR_E_LIMIT if
 * the reader's id is longer than LIMIT_ID_BYTES; symbols are then untouched. */
SR_MUST struct sr_err code_symbols_all(const struct code_stream *s, struct slice reader,
				       const struct code_bias *bias, size_t n, uint16_t *symbols);

/* code_draw_end returns up to which of n seen places, strictly ascending (asserted), one call of
 * the cipher is worth its while, place[from] being the first; those span CODE_DRAW_WORDS words at
 * most. It depends on the places alone. */
enum { CODE_DRAW_WORDS = 128 };
size_t code_draw_end(const uint32_t *place, size_t from, size_t n);

/* code_symbols_seen writes the symbols of the n places place[i], strictly ascending (asserted),
 * with biases bias[i]; it draws only the parts of the stream that they need. Errors as above. */
SR_MUST struct sr_err code_symbols_seen(const struct code_stream *s, struct slice reader,
					const uint32_t *place, const struct code_bias *bias,
					size_t n, uint16_t *symbols);

/* code_symbols_layers writes those of several layers, one behind the other: layer_n[l] places of
 * layer l, which stream[l] draws; stream[l] is not looked at where there are none. */
SR_MUST struct sr_err code_symbols_layers(const struct code_stream *stream, struct slice reader,
					  const uint32_t *place, const struct code_bias *bias,
					  const size_t layer_n[CODE_LAYERS], uint16_t *symbols);

#endif
