/* SPDX-License-Identifier: Apache-2.0 */
/* What each layer says alone, beside what all say together. Layers that name different readers are
 * told apart and never fused: a sum of what they show would be the work of a leaker whom neither of
 * them names, or would let one hide what the other says. */
#ifndef TRACE_LAYERS_H
#define TRACE_LAYERS_H

#include "trace_seen.h"

/* trace_layers_stand fills the layers of a standing from the reader's finding, for total readers at
 * the given level. */
void trace_layers_stand(const struct trace_seen *seen, const struct code_finding *f, uint64_t total,
			double level, struct trace_standing *out);

/* trace_layers_settle says whether the layers of v disagree and, if they do, rests every standing
 * on the layer that speaks most against the reader; finding[i] is that of v->ranking[i]. */
void trace_layers_settle(const struct trace_seen *seen, const struct code_finding *finding,
			 struct trace_verdict *v);

#endif
