/* SPDX-License-Identifier: Apache-2.0 */
/* Which MLS object some bytes are. Bare ones do not say so, but hardly any bytes are two of them.
 */
#ifndef SHOW_FIND_H
#define SHOW_FIND_H

#include "show_mls.h"

/* show_find decodes in as the first kind of object that the whole of it can be: an MLSMessage, what
 * may stand in one, a ratchet_tree, GroupContext, LeafNode, Commit or Proposal, a saved group or
 * the saved secrets of a key package; the digits of one if in is text. The object lives in a and
 * borrows from in or a. Errors and *fault as for show_mls.
 */
SR_MUST struct sr_err show_find(struct slice in, struct arena *a, const struct mls_type **type,
				const void **object, struct show_fault *fault);

#endif
