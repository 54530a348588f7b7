/* SPDX-License-Identifier: Apache-2.0 */
#include "calibration.h"

#include <assert.h>
#include <math.h>
#include <string.h>

struct slice trial_id(uint64_t r, uint8_t id[8])
{
	for (int i = 0; i < 8; i++)
		id[i] = (uint8_t)(r >> 8 * i);
	return slice_make(id, 8);
}

/* read_as makes place i read as wording seen, cleanly. */
static void read_as(struct trial *t, size_t i, uint32_t seen)
{
	for (uint32_t k = 0; k < t->bias[i].q; k++)
		t->loglik[i][k] = k == seen ? -0.02f : -4;
}

/* voted returns the wording that most, or fewest but at least one, of the parties have. */
static uint32_t voted(const struct trial *t, size_t i, bool most)
{
	uint32_t votes[CALIBRATION_Q] = {0}, best = t->party[0][i];
	for (uint32_t r = 0; r < t->channel->parties; r++)
		votes[t->party[r][i]]++;
	for (uint32_t k = 0; k < t->bias[i].q; k++)
		if (votes[k] && (most ? votes[k] > votes[best] : votes[k] < votes[best]))
			best = k;
	return best;
}

static void leak_place(struct trial *t, size_t i, uint64_t *rng)
{
	const struct channel *c = t->channel;
	uint32_t q = t->bias[i].q, drawn = (uint32_t)(instrument_random(rng) % q);
	switch (c->leak) {
	case LEAK_RANDOM:
		read_as(t, i, drawn);
		break;
	case LEAK_SOFT:
		for (uint32_t k = 0; k < q; k++)
			t->loglik[i][k] = -(float)(instrument_random(rng) % 8000) / 1000;
		break;
	case LEAK_ALL_FIRST:
		read_as(t, i, 0);
		break;
	case LEAK_ORIGINAL:
		read_as(t, i, instrument_random(rng) % 10 ? 0 : drawn);
		break;
	case LEAK_EDITED:
		if (instrument_random(rng) % 5)
			read_as(t, i, instrument_random(rng) % 5 ? t->party[0][i] : drawn);
		break;
	case LEAK_SPLICED:
		read_as(t, i, t->party[i >= c->places / 2][i]);
		break;
	case LEAK_INTERLEAVED:
		read_as(t, i, t->party[instrument_random(rng) % c->parties][i]);
		break;
	case LEAK_MAJORITY:
	case LEAK_MINORITY:
		read_as(t, i, voted(t, i, c->leak == LEAK_MAJORITY));
		break;
	}
}

struct sr_err trial_symbols(const struct trial *t, struct slice id, uint16_t *symbols)
{
	return code_symbols_layers(t->stream, id, t->place, t->bias, t->layer_n, symbols);
}

static struct sr_err draw_parties(struct trial *t)
{
	for (uint32_t r = 0; r < t->channel->parties; r++) {
		uint8_t id[8];
		SR_TRY(trial_symbols(t, trial_id(r, id), t->party[r]));
	}
	return sr_ok();
}

static struct sr_err fill(struct trial *t, uint64_t seed)
{
	const struct channel *c = t->channel;
	uint8_t key[CRYPTO_KEY_LEN] = {0};
	uint32_t q[CALIBRATION_PLACES], words_n = c->places - c->slots;
	struct slice name = slice_str(c->name);
	const struct code_design design = {&t->key, t->lattice_hash, c->design};
	memcpy(key, &seed, sizeof seed);
	SR_TRY(crypto_key_copy(&t->key, slice_make(key, sizeof key)));
	crypto_digest(&name, 1, t->lattice_hash);
	for (enum code_layer l = 0; l < CODE_LAYERS; l++)
		t->stream[l] = (struct code_stream){&t->key, code_layer_label(l), t->lattice_hash};
	t->layer_n[CODE_LAYER_WORDS] = words_n;
	t->layer_n[CODE_LAYER_LAYOUT] = c->slots;
	for (uint32_t i = 0; i < c->places; i++) {
		uint32_t at = i < words_n ? i : i - words_n;
		t->place[i] = at + at / 20 * 10;
		t->passage[i] = i < words_n ? i >= c->places / 2 : CODE_NO_PASSAGE;
		q[i] = c->q_min + i % (c->q_max - c->q_min + 1);
	}
	SR_TRY(code_design_biases(&t->a, &design, CODE_LAYER_WORDS, q, words_n, t->bias));
	SR_TRY(code_design_biases(&t->a, &design, CODE_LAYER_LAYOUT, NULL, c->slots,
				  t->bias + words_n));
	SR_TRY(draw_parties(t));
	for (size_t i = 0; i < c->places; i++) {
		leak_place(t, i, &seed);
		t->seen[i] = (struct code_seen){t->bias[i], t->loglik[i]};
	}
	t->leak = (struct code_leak){.seen = t->seen,
				     .place = t->place,
				     .passage = t->passage,
				     .n = c->places,
				     .layer_n = {words_n, c->slots},
				     .passages_n = c->leak == LEAK_SPLICED && !c->slots ? 2 : 0,
				     .collusion = c->design};
	return sr_ok();
}

struct sr_err trial_open(const struct channel *c, uint64_t seed, struct trial *t)
{
	assert(c->places <= CALIBRATION_PLACES && c->parties <= CALIBRATION_PARTIES);
	assert(c->q_max <= CALIBRATION_Q);
	*t = (struct trial){.channel = c};
	struct sr_err err = fill(t, seed);
	if (sr_bad(err))
		trial_close(t);
	return err;
}

void trial_close(struct trial *t)
{
	crypto_key_release(&t->key);
	arena_release(&t->a);
}

/* at_least returns P(X >= k) for X binomial(n, p) with k > n p, summed until nothing changes. */
static double at_least(double k, double n, double p)
{
	double term = exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) + k * log(p) +
			  (n - k) * log1p(-p));
	double sum = 0;
	for (; k <= n && term > sum * 1e-17; k++) {
		sum += term;
		term *= (n - k) / (k + 1) * (p / (1 - p));
	}
	return sum;
}

double limit_low(double k, double n, double risk)
{
	double lo = 0, hi = k / n;
	if (k <= 0)
		return 0;
	for (int i = 0; i < 60; i++) {
		double mid = (lo + hi) / 2;
		if (at_least(k, n, mid) < risk)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}
