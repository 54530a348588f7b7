/* SPDX-License-Identifier: Apache-2.0 */
/* Paper, reader and seed -> the reader's copy. A pure function: the same four things give the same
 * bytes, on any machine, at any time. */
#ifndef ISSUE_COPY_H
#define ISSUE_COPY_H

#include "arena.h"
#include "build.h"
#include "code_design.h"
#include "code_symbols.h"
#include "text_lattice.h"

/* struct issue_job: one paper made ready for any number of copies. Borrows lattice and seed. */
struct issue_job {
	const struct text_lattice *lattice;
	struct code_stream stream;
	struct code_bias *bias; /* by place, in a group all that of the leader */
	uint16_t *symbols;      /* likewise, of the reader asked for last */
};

/* issue_job_init prepares out in a. What the design points to is borrowed. Errors of
 * code_design_biases. */
SR_MUST struct sr_err issue_job_init(struct arena *a, const struct text_lattice *lattice,
				     const struct code_design *design, struct issue_job *out);

/* issue_symbols draws reader id's symbols. SR_E_LIMIT as for issue_copy. */
SR_MUST struct sr_err issue_symbols(struct issue_job *job, struct slice id);

/* issue_wordings writes reader id's wording of each place to out[0, places_n), borrowed from the
 * lattice: for copies that are not plain text. SR_E_LIMIT as for issue_copy. */
SR_MUST struct sr_err issue_wordings(struct issue_job *job, struct slice id, struct slice *out);

/* issue_copy replaces what out holds by the copy of reader id. SR_E_LIMIT for an id longer than
 * LIMIT_ID_BYTES, SR_E_NOMEM. */
SR_MUST struct sr_err issue_copy(struct issue_job *job, struct slice id, struct build *out);

#endif
