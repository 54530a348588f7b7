/* SPDX-License-Identifier: Apache-2.0 */
/* From a verdict and its ledger to the external verdict, a file for others. */
#ifndef API_EXTERNAL_H
#define API_EXTERNAL_H

#include "api_texts.h"
#include "ledger.h"
#include "trace.h"

/* All borrowed. verdict names somebody, from the evidence in leaks and publics; ledger lies at
 * ledger_path. */
struct api_external {
	const struct sr_trace_options *o; /* with verdict, a new file's name */
	const struct trace_verdict *verdict;
	const struct api_texts *leaks, *publics;
	struct ledger *ledger;
	const char *ledger_path;
};

/* api_external_make appends the external verdict, which rests on the last commitment that is not
 * later than the leak, and has been examined as its reader will. Everything that is wrong is noted.
 * SR_E_STATE: the ledger has no such commitment, or the file beside it has another one; SR_E_AUTH:
 * the ledger is not what was committed; errors of the ledger. */
SR_MUST struct sr_err api_external_make(struct arena *a, const struct api_external *x,
					struct build *out);

#endif
