/* SPDX-License-Identifier: Apache-2.0 */
#include "issue_copy.h"

#include "mark_words.h"

struct sr_err issue_job_init(struct arena *a, const struct text_lattice *lattice,
			     const struct code_design *design, struct issue_job *out)
{
	struct issue_job job = {
		.lattice = lattice,
		.stream = {design->seed, CRYPTO_LABEL_SYMBOLS_WORDS, design->lattice_hash},
		.symbols = ARENA_ARRAY(a, lattice->places_n, uint16_t),
		.bias = ARENA_ARRAY(a, lattice->places_n, struct code_bias),
	};
	uint32_t *q = ARENA_ARRAY(a, lattice->places_n, uint32_t);
	if (!job.symbols || !job.bias || !q)
		return sr_nomem();
	text_lattice_sizes(lattice, q);
	SR_TRY(code_design_biases(a, design, CODE_LAYER_WORDS, q, lattice->places_n, job.bias));
	text_lattice_share(lattice, job.bias, sizeof *job.bias);
	*out = job;
	return sr_ok();
}

struct sr_err issue_symbols(struct issue_job *job, struct slice id)
{
	SR_TRY(code_symbols_all(&job->stream, id, job->bias, job->lattice->places_n, job->symbols));
	text_lattice_share(job->lattice, job->symbols, sizeof *job->symbols);
	return sr_ok();
}

struct sr_err issue_wordings(struct issue_job *job, struct slice id, struct slice *out)
{
	SR_TRY(issue_symbols(job, id));
	for (size_t i = 0; i < job->lattice->places_n; i++)
		out[i] = job->lattice->places[i].wordings[job->symbols[i]];
	return sr_ok();
}

struct sr_err issue_copy(struct issue_job *job, struct slice id, struct build *out)
{
	SR_TRY(issue_symbols(job, id));
	build_reset(out);
	mark_words_write(job->lattice, job->symbols, out);
	struct slice copy;
	return build_done(out, &copy);
}
