/* SPDX-License-Identifier: Apache-2.0 */
/* What the design size of a paper's code costs and what it buys, told to who chooses it. */
#ifndef API_DESIGN_H
#define API_DESIGN_H

#include "code_design.h"
#include "subrosa.h"
#include "text_lattice.h"
#include "trace_out.h"

/* api_design_check notes and refuses (SR_E_INPUT) a design size above SR_COLLUSION_MAX; 0 is fine.
 */
SR_MUST struct sr_err api_design_check(unsigned max_collusion, const struct sr_sink *sink);

/* api_design_bits returns what all places are worth together, in bits. */
double api_design_bits(const struct text_lattice *l, uint32_t collusion);

/* struct api_design: bits of a place on average; places count a group once. words: how many words
 * of the paper in a row, with as many places as on average, name one leaker who acts alone, of so
 * many readers at the default level; words_2 the same for design size 2; 0: however many there are,
 * none are enough. coalition_places: how many places it takes to name one of collusion leakers (as
 * many as it is designed for) who put their copies together, measured with 100 readers. */
struct api_design {
	uint32_t collusion;
	size_t places, readers;
	double bits;
	size_t words, words_2;
	uint32_t coalition_places;
};

/* api_design_weigh works it out for a paper and its readers; a is for scratch. SR_E_NOMEM. */
SR_MUST struct sr_err api_design_weigh(struct arena *a, const struct text_lattice *l,
				       uint32_t collusion, size_t readers, struct api_design *out);

/* api_design_words appends it in plain words, api_design_json gives it as doc/FORMAT.md has it
 * (NULL without memory). */
void api_design_words(const struct api_design *d, struct build *out);
json_t *api_design_json(const struct api_design *d);

#endif
