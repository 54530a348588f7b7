/* SPDX-License-Identifier: Apache-2.0 */
/* Language packs as folders. */
#ifndef API_PACK_H
#define API_PACK_H

#include "vary.h"

/* api_pack_read reads all files of a folder whose names end in .pack; the pack lives in a. SR_E_IO,
 * SR_E_INPUT (noted): there is none, or it is not in order; SR_E_LIMIT, SR_E_NOMEM. */
SR_MUST struct sr_err api_pack_read(struct arena *a, const char *folder, const struct sr_sink *sink,
				    struct vary_pack *out);

/* api_pack_find reads the pack of a language (NULL: en) and an author's fixed terms (NULL: none).
 */
SR_MUST struct sr_err api_pack_find(struct arena *a, const char *language, const char *fixed,
				    const struct sr_sink *sink, struct vary_pack *out);

/* api_pack_grammar starts the grammar reader of a pack's language (api_grammar.h); a is for scratch.
 * SR_E_NOMEM. */
struct api_grammar;
SR_MUST struct sr_err api_pack_grammar(struct arena *a, const struct vary_pack *pack,
				       struct api_grammar **out);

#endif
