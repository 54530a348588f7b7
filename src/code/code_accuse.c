/* SPDX-License-Identifier: Apache-2.0 */
#include "code_accuse.h"

#include "code_scan.h"

#include <assert.h>
#include <math.h>

uint32_t code_partners_n(enum code_stage stage)
{
	return stage == CODE_STAGE_PAIR ? 1 : stage == CODE_STAGE_TRIPLE ? 2 : 0;
}

static_assert((int)CODE_SCORES_MAX <= (int)CODE_BANK_MAX, "a reader gets all his scores at once");

/* struct accuser: everything at hand. likeliest[i] is the wording read at place i; suspect: the
 * readers who fit best, the best first, with their symbols. */
struct accuser {
	struct arena *a;
	const struct code_leak *leak;
	const struct code_scores *scores;
	const struct code_readers *readers;
	struct code_finding *out;
	struct code_bias *bias;
	uint16_t *likeliest;
	uint32_t suspect[CODE_PAIR_SUSPECTS];
	const uint16_t *symbols[CODE_PAIR_SUSPECTS];
	uint32_t suspects_n;
};

static struct sr_err prepare(struct accuser *c)
{
	const struct code_leak *l = c->leak;
	c->bias = ARENA_ARRAY(c->a, l->n, struct code_bias);
	c->likeliest = ARENA_ARRAY(c->a, l->n, uint16_t);
	if (!c->bias || !c->likeliest)
		return sr_nomem();
	for (size_t i = 0; i < l->n; i++) {
		c->bias[i] = l->seen[i].bias;
		for (uint32_t k = 1; k < l->seen[i].bias.q; k++)
			if (l->seen[i].loglik[k] > l->seen[i].loglik[c->likeliest[i]])
				c->likeliest[i] = (uint16_t)k;
	}
	return sr_ok();
}

static struct sr_err draw(const struct accuser *c, size_t reader, uint16_t *symbols)
{
	return code_symbols_layers(c->readers->stream, c->readers->id[reader], c->leak->place,
				   c->bias, c->leak->layer_n, symbols);
}

static bool is_consistent(const struct code_score *s, int64_t units)
{
	return code_score_leaker_tail(s, units) >= CODE_EXCLUDED;
}

/* find_layers judges one reader by each layer alone. */
static void find_layers(const struct accuser *c, const uint16_t *symbols, const int32_t *units,
			struct code_layer_finding out[CODE_LAYERS])
{
	size_t i = 0, end = 0;
	for (int l = 0; l < CODE_LAYERS; l++) {
		uint32_t k = c->scores->layer[l];
		out[l] = (struct code_layer_finding){.p_alone = 1, .consistent = true};
		for (end += c->leak->layer_n[l]; i < end; i++)
			out[l].agree_n += symbols[i] == c->likeliest[i];
		if (!k)
			continue;
		out[l].p_alone = code_score_tail(c->scores->score[k], units[k]);
		out[l].consistent = is_consistent(c->scores->score[k], units[k]);
	}
}

/* find judges one reader by all the scores that he gets alone. */
static void find(const struct accuser *c, const uint16_t *symbols, const int32_t *units,
		 struct code_finding *out)
{
	const struct code_scores *s = c->scores;
	uint32_t k = code_scores_best(s, units);
	*out = (struct code_finding){
		.p_value = code_scores_p(s, k, units[k], c->readers->total),
		.p_alone = code_score_tail(s->score[k], units[k]),
		.p_single = code_score_tail(s->score[0], units[0]),
		.nats = code_score_nats(s->score[0], symbols),
		.scores_n = s->stage_n[s->ground[k].stage],
		.ground = s->ground[k],
		.consistent = is_consistent(s->score[0], units[0]),
	};
	find_layers(c, symbols, units, out->layer);
}

static struct slice id_of(void *user, unsigned thread, size_t reader)
{
	const struct accuser *c = user;
	(void)thread;
	return c->readers->id[reader];
}

static struct sr_err find_one(void *user, unsigned thread, size_t reader, const uint16_t *symbols,
			      const int32_t *units)
{
	struct accuser *c = user;
	(void)thread;
	find(c, symbols, units, &c->out[reader]);
	return sr_ok();
}

static struct sr_err find_all(struct accuser *c)
{
	struct code_scan scan = {.stream = c->readers->stream,
				 .n = c->readers->n,
				 .id = id_of,
				 .each = find_one,
				 .user = c};
	SR_TRY(code_sight_make(c->a, c->leak->place, c->bias, c->leak->layer_n, &scan.sight));
	SR_TRY(code_bank_make(c->a, c->scores->score, c->scores->n, &scan.bank));
	return code_scan_run(&scan);
}

/* weight orders readers by how little is left of their p-value once its score is accounted for. */
static double weight(const struct code_finding *f, struct code_budget b)
{
	return f->p_alone * (double)f->scores_n / code_stage_share(f->ground.stage, b);
}

double code_finding_alone(const struct code_finding *f, struct code_budget b)
{
	return fmin(1, nextafter(weight(f, b), INFINITY));
}

static void insert_suspect(struct accuser *c, uint32_t reader)
{
	struct code_budget b = c->scores->budget;
	uint32_t at = c->suspects_n;
	double own = weight(&c->out[reader], b);
	if (at == CODE_PAIR_SUSPECTS && weight(&c->out[c->suspect[at - 1]], b) <= own)
		return;
	if (at < CODE_PAIR_SUSPECTS)
		c->suspects_n++;
	else
		at--;
	for (; at > 0 && weight(&c->out[c->suspect[at - 1]], b) > own; at--)
		c->suspect[at] = c->suspect[at - 1];
	c->suspect[at] = reader;
}

static struct sr_err list_suspects(struct accuser *c)
{
	for (size_t r = 0; r < c->readers->n; r++)
		insert_suspect(c, (uint32_t)r);
	for (uint32_t i = 0; i < c->suspects_n; i++) {
		uint16_t *symbols = ARENA_ARRAY(c->a, c->leak->n, uint16_t);
		if (!symbols)
			return sr_nomem();
		SR_TRY(draw(c, c->suspect[i], symbols));
		c->symbols[i] = symbols;
	}
	return sr_ok();
}

/* take gives a suspect the p-value of a joint score if it is smaller than what he has. */
static void take(struct accuser *c, uint32_t suspect, enum code_stage stage,
		 const struct code_joint *j)
{
	uint32_t partners_n = code_partners_n(stage);
	struct code_budget b = c->scores->budget;
	struct code_finding *f = &c->out[c->suspect[suspect]];
	uint64_t scores_n = code_joint_searched(b.collusion, partners_n, c->readers->total);
	double p = code_stage_p(j->p, stage, b, c->readers->total, scores_n);
	if (p >= f->p_value)
		return;
	f->p_value = p;
	f->p_alone = j->p;
	f->scores_n = scores_n;
	f->ground = (struct code_ground){stage, j->number};
	for (uint32_t k = 0; k < partners_n; k++)
		f->partner[k] = c->suspect[j->partner[k]];
}

/* least_nats is the fit below which a joint score cannot bring a family-wise p-value below 1: the
 * exact law is seldom more than SLACK nats below the bound exp(-fit). */
static double least_nats(const struct accuser *c, enum code_stage stage)
{
	const double SLACK = 8;
	struct code_budget b = c->scores->budget;
	uint64_t total = c->readers->total;
	uint64_t searched = code_joint_searched(b.collusion, code_partners_n(stage), total);
	return log(fmax(1, (double)searched) * (double)total / code_stage_share(stage, b)) - SLACK;
}

static struct sr_err join(struct accuser *c, enum code_stage stage)
{
	struct code_joint found[CODE_PAIR_SUSPECTS];
	SR_TRY(code_joint_search(c->leak->seen, c->leak->n, c->scores->budget.collusion,
				 code_partners_n(stage), c->symbols, c->suspects_n,
				 least_nats(c, stage), found));
	for (uint32_t i = 0; i < c->suspects_n; i++)
		take(c, i, stage, &found[i]);
	return sr_ok();
}

static struct sr_err accuse(struct accuser *c)
{
	SR_TRY(prepare(c));
	SR_TRY(find_all(c));
	/* Nothing seen, or a design for one leaker: there is nothing to join. */
	if (c->leak->n == 0 || c->scores->budget.collusion < 2)
		return sr_ok();
	SR_TRY(list_suspects(c));
	SR_TRY(join(c, CODE_STAGE_PAIR));
	return join(c, CODE_STAGE_TRIPLE);
}

struct sr_err code_accuse(const struct code_leak *leak, const struct code_scores *scores,
			  const struct code_readers *readers, struct code_finding *out)
{
	struct arena a = {0};
	struct accuser c = {
		.a = &a, .leak = leak, .scores = scores, .readers = readers, .out = out};
	assert(readers->total >= readers->n);
	struct sr_err err = accuse(&c);
	arena_release(&a);
	return err;
}

static struct sr_err alone_again(const struct code_scores *scores, const struct code_ground *g,
				 const uint16_t *own, uint64_t total, double *p_value)
{
	for (uint32_t k = 0; k < scores->n; k++) {
		if (scores->ground[k].stage != g->stage || scores->ground[k].number != g->number)
			continue;
		*p_value = code_scores_p(scores, k, code_score_of(scores->score[k], own), total);
		return sr_ok();
	}
	return sr_fail(SR_E_INPUT, "there is no such score");
}

struct sr_err code_accuse_again(const struct code_leak *leak, const struct code_scores *scores,
				const struct code_ground *ground, const uint16_t *own,
				const uint16_t *const *partner, uint64_t total, double *p_value)
{
	struct code_model models[CODE_JOINT_MODELS];
	uint32_t partners_n = code_partners_n(ground->stage);
	double p;
	if (!partners_n)
		return alone_again(scores, ground, own, total, p_value);
	if (ground->number >= code_joint_models(scores->budget.collusion, partners_n, models))
		return sr_fail(SR_E_INPUT, "there is no such score");
	SR_TRY(code_joint_p(leak->seen, leak->n, &models[ground->number], partner, partners_n, own,
			    &p));
	*p_value = code_stage_p(p, ground->stage, scores->budget, total,
				code_joint_searched(scores->budget.collusion, partners_n, total));
	return sr_ok();
}
