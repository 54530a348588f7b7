/* SPDX-License-Identifier: Apache-2.0 */
/* Simulated leaks: papers, copies, people who retype and web pages around them. Everything is
 * drawn from one printed seed. Programs only: what goes wrong here ends the run. */
#ifndef SIM_H
#define SIM_H

#include "issue_copy.h"
#include "trace.h"

struct sim {
	uint64_t state; /* SplitMix64 */
};

uint64_t sim_u64(struct sim *s);
/* sim_below returns 0 .. n-1; sim_chance true with probability p. */
size_t sim_below(struct sim *s, size_t n);
bool sim_chance(struct sim *s, double p);

/* A paper with its lattice, and the readers it is issued to: ids r0, r1, ... of one house. */
struct sim_paper {
	struct slice source;
	struct text_lattice lattice;
	uint8_t hash[CRYPTO_HASH_LEN];
	double bits;
	size_t words;
};

struct sim_readers {
	struct trace_reader *at;
	size_t n;
};

/* sim_file reads a file below the source tree; it ends the program if it cannot. */
struct slice sim_file(struct arena *a, const char *path);
void sim_paper_read(struct arena *a, const char *path, struct sim_paper *out);
void sim_readers_make(struct arena *a, size_t n, struct sim_readers *out);

/* A text as words. */
struct sim_words {
	struct slice *at;
	size_t n;
};

void sim_split(struct arena *a, struct slice text, struct sim_words *out);

/* sim_retype types words again: visible ASCII, lines of about 72 columns, and a slip in each word
 * with probability slips: a letter wrong, missing, doubled or swapped, or the word dropped,
 * repeated, swapped with the next or replaced by another one of the text. */
void sim_retype(struct sim *s, const struct sim_words *w, double slips, struct build *out);

/* sim_seed draws a ledger's seed. */
void sim_seed(struct sim *s, struct crypto_key *out);

/* sim_trace traces leak against the paper at the given level. */
void sim_trace(struct arena *a, const struct sim_paper *p, const struct crypto_key *seed,
	       const struct sim_readers *readers, struct slice leak, struct slice public_text,
	       double level, struct trace_verdict *out);

/* sim_must ends the program on an error. */
void sim_must(struct sr_err e);

/* sim_wilson gives the 95% Wilson interval of k of n. */
void sim_wilson(size_t k, size_t n, double *lo, double *hi);

#endif
