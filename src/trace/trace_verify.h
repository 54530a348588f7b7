/* SPDX-License-Identifier: Apache-2.0 */
/* Does an external verdict follow from the leak and the commitment? Everything is computed again
 * and nothing is believed: the opened text belongs to the committed lattice; the leak, aligned with
 * it, shows just the places that are opened; the named readers' symbols there are those committed;
 * and name, p-value and number of readers come out as claimed. Needs no secret. */
#ifndef TRACE_VERIFY_H
#define TRACE_VERIFY_H

#include "trace_external.h"

/* What the verdict is held against. It has to rest on the last commitment of the chain that is not
 * later than leaked_by (seconds since 1970, INT64_MAX: the last of all): which one is no choice of
 * the issuer's. max_false: the highest level that the verifier accepts. copies
 * (may be none) are texts of the paper that the verifier has: with them it shows whether the
 * verdict keeps quoted passages back. */
struct trace_exam {
	double max_false;
	int64_t leaked_by;
	struct trace_texts texts;
	struct trace_files files;
	const struct slice *copy;
	size_t copies_n;
	const struct commit_chain *chain;
};

/* why: static words that complete "the verdict does not follow: ..."; NULL if it follows, and the
 * rest is set only then. entry: the commitment it rests on. words: those of the leak; outside:
 * those of them that stand in no opened passage; whole: the whole paper is opened. */
struct trace_finding {
	const char *why;
	const struct commit_entry *entry;
	size_t seen_n, words, outside;
	bool whole;
};

/* trace_verify examines x. What is wrong with the verdict is a finding, not an error. SR_E_NOMEM;
 * errors of code_score_build. */
SR_MUST struct sr_err trace_verify(const struct trace_external *x, const struct trace_exam *exam,
				   struct trace_finding *out);

/* trace_finding_words appends the finding in plain words, trace_finding_json as the object of
 * doc/FORMAT.md ("Check of a verdict"). SR_E_NOMEM. */
SR_MUST struct sr_err trace_finding_words(const struct trace_external *x,
					  const struct trace_exam *exam,
					  const struct trace_finding *f, struct build *out);
SR_MUST struct sr_err trace_finding_json(const struct trace_external *x,
					 const struct trace_exam *exam,
					 const struct trace_finding *f, struct build *out);

#endif
