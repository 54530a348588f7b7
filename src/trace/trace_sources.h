/* SPDX-License-Identifier: Apache-2.0 */
/* Which passage of a leak comes from which of the copies that are named. */
#ifndef TRACE_SOURCES_H
#define TRACE_SOURCES_H

#include "trace_seen.h"

/* trace_sources_find fills v->sources in a: each passage that names one of the named readers by
 * itself, at the level of the verdict, and in which every other named one is excluded
 * (CODE_EXCLUDED). stream is by layer. Nothing if fewer than two readers have such a passage.
 * SR_E_LIMIT, SR_E_NOMEM.
 */
SR_MUST struct sr_err trace_sources_find(struct arena *a, const struct trace_seen *seen,
					 const struct code_stream *stream, struct trace_verdict *v);

#endif
