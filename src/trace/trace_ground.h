/* SPDX-License-Identifier: Apache-2.0 */
/* What a p-value rests on, for reports. */
#ifndef TRACE_GROUND_H
#define TRACE_GROUND_H

#include "trace.h"
#include "trace_out.h"

/* trace_ground_kind returns the word of the formats for a kind of score, trace_ground_read the kind
 * for a word; false if there is none. */
const char *trace_ground_kind(enum code_stage stage);
bool trace_ground_read(const char *word, enum code_stage *out);

/* trace_ground_json makes the object "score" of doc/FORMAT.md, of partners that it takes over. */
json_t *trace_ground_json(const struct code_ground *g, json_t *partners);

/* trace_ground_words returns a clause that completes "this copy is named ..."; of somebody who is
 * named given a partner, whether all his partners are named too. */
const char *trace_ground_words(const struct trace_verdict *v, const struct trace_standing *s);

/* trace_layer_word returns the word of the formats for a layer, trace_layer_subject what it is
 * about, for people: "wordings", "positions of words". */
const char *trace_layer_word(enum code_layer layer);
const char *trace_layer_subject(enum code_layer layer);

/* trace_has_layers tells whether the paper of v has more layers than that of words. */
bool trace_has_layers(const struct trace_verdict *v);

/* trace_is_of_one tells whether what was seen can be the work of one copy as far as v tells: at
 * most one is named, and he is not excluded. Opinions are about nothing else. */
bool trace_is_of_one(const struct trace_verdict *v);

/* trace_is_named tells whether v names the reader. */
bool trace_is_named(const struct trace_verdict *v, const struct trace_reader *reader);

#endif
