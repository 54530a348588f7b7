/* SPDX-License-Identifier: Apache-2.0 */
/* What a language model proposes for a paper: asked request by request, judged by vary_propose. */
#ifndef API_PROPOSE_H
#define API_PROPOSE_H

#include "api.h"
#include "vary_propose.h"

#include <jansson.h>

enum { API_PROPOSE_FAILURES = 3 }; /* so many in a row, and no more requests are made */

/* all: the automatic places of the paper and the proposals, ascending. failed_n requests of
 * requests_n were not answered as they should be, or not made any more. */
struct api_proposals {
	size_t sentences_n, requests_n, failed_n;
	struct vary_proposed *made; /* NULL: nobody was asked */
	struct vary_place *all;
	size_t all_n;
};

/* api_propose asks the model that o names about paper p, which was read; nothing if o names none.
 * Where the text goes is noted before anything is sent. It lives in a. SR_E_INPUT: an option is not
 * in order; SR_E_IO: every request failed. Both are noted. SR_E_NOMEM. */
SR_MUST struct sr_err api_propose(struct arena *a, const struct sr_places_options *o,
				  const struct api_paper *p, struct api_proposals *out);

/* api_propose_words appends what came of it. */
void api_propose_words(const struct api_proposals *p, struct build *out);

/* api_propose_json does so as JSON (doc/FORMAT.md): null if nobody was asked. */
json_t *api_propose_json(const struct api_proposals *p);

#endif
