/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of code_calibration share: leaks, and how rates are held against claims. */
#ifndef CALIBRATION_H
#define CALIBRATION_H

#include "code_accuse.h"
#include "code_design.h"
#include "instrument.h"

enum { CALIBRATION_PLACES = 200, CALIBRATION_Q = 6, CALIBRATION_PARTIES = 9 };

/* What a leak is made of. The last four are written by parties who mix their copies. */
enum calibration_leak {
	LEAK_RANDOM,      /* any wording, read cleanly */
	LEAK_SOFT,        /* readings of every strength */
	LEAK_ALL_FIRST,   /* hostile: the first wording everywhere */
	LEAK_ORIGINAL,    /* a writer who prefers the original wording */
	LEAK_EDITED,      /* one copy, a fifth of it not read and a fifth of the rest changed */
	LEAK_SPLICED,     /* two passages, of two copies */
	LEAK_INTERLEAVED, /* each place from a party by lot */
	LEAK_MAJORITY,
	LEAK_MINORITY,
};

/* struct channel: places places with q_min .. q_max wordings in turn, coded for design readers; the
 * first parties readers had a part in the leak: they are not innocent and not counted. Of the
 * places so many, the last ones, are slots of the layout, with two symbols each. */
struct channel {
	const char *name;
	enum calibration_leak leak;
	uint32_t design, q_min, q_max, places, parties, slots;
};

/* struct trial: one leak and what it takes to draw readers for it. */
struct trial {
	struct arena a;
	const struct channel *channel;
	struct crypto_key key;
	uint8_t lattice_hash[CRYPTO_HASH_LEN];
	struct code_stream stream[CODE_LAYERS];
	struct code_bias bias[CALIBRATION_PLACES];
	float loglik[CALIBRATION_PLACES][CALIBRATION_Q];
	struct code_seen seen[CALIBRATION_PLACES];
	uint32_t place[CALIBRATION_PLACES], passage[CALIBRATION_PLACES];
	uint16_t party[CALIBRATION_PARTIES][CALIBRATION_PLACES];
	size_t layer_n[CODE_LAYERS];
	struct code_leak leak;
};

/* trial_open draws biases, copies of the parties, and the leak. trial_close frees them. */
SR_MUST struct sr_err trial_open(const struct channel *c, uint64_t seed, struct trial *t);
void trial_close(struct trial *t);

/* trial_symbols writes a reader's symbols at all places. */
SR_MUST struct sr_err trial_symbols(const struct trial *t, struct slice id, uint16_t *symbols);

/* trial_id writes the id of reader number r, which lasts as long as id. */
struct slice trial_id(uint64_t r, uint8_t id[8]);

/* limit_low returns the Clopper-Pearson lower limit for k of n, which the true rate is below with
 * a probability of at most risk. The upper one is 1 - limit_low(n - k, n, risk). Printed limits are
 * of 99% each, two-sided; claims are judged by limits that hold with 99% for all of a run's claims
 * together, of which there are fewer than CALIBRATION_CLAIMS. */
double limit_low(double k, double n, double risk);
#define CALIBRATION_CLAIMS 2000
#define RISK_PRINTED 0.005
#define RISK_JUDGED (0.01 / CALIBRATION_CLAIMS)

/* tail_enumerate holds the tail of scores of 18 places against all symbols there are, tail_sample
 * that of 150 places against importance sampling with draws draws, from 1e-5 to 1e-12. Both print
 * a table and add to checks and violated. */
SR_MUST struct sr_err tail_enumerate(uint64_t seed, unsigned *checks, unsigned *violated);
SR_MUST struct sr_err tail_sample(uint64_t seed, uint64_t draws, unsigned *checks,
				  unsigned *violated);

#endif
