/* SPDX-License-Identifier: Apache-2.0 */
#include "code_bank.h"

#include "code_clones.h"

#include <assert.h>
#include <string.h>

enum { LANES = 8, GROUPS_MAX = CODE_BANK_MAX / LANES };

static_assert(GROUPS_MAX == 2 && CODE_BANK_MAX % LANES == 0, "one or two groups of lanes");

typedef int32_t lanes __attribute__((vector_size(4 * LANES)));

/* struct row: what a symbol adds to LANES scores. */
struct row {
	int32_t lane[LANES];
};

/* The rows of symbol k of seen place i are row[(first[i] + k) * groups_n] and those behind it. */
struct code_bank {
	size_t n, groups_n;
	const uint32_t *first; /* n + 1 */
	const struct row *row;
};

static void fill(const struct code_score *const *scores, size_t scores_n, size_t groups_n, size_t n,
		 uint32_t *first, struct row *row)
{
	for (size_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < first[i + 1] - first[i]; k++, row += groups_n)
			for (size_t s = 0; s < scores_n; s++)
				row[s / LANES].lane[s % LANES] =
					(int32_t)code_score_weight(scores[s], i, k);
}

static bool same_places(const struct code_score *a, const struct code_score *b)
{
	bool same = code_score_places(a) == code_score_places(b);
	for (size_t i = 0; same && i < code_score_places(a); i++)
		same = code_score_wordings(a, i) == code_score_wordings(b, i);
	return same;
}

struct sr_err code_bank_make(struct arena *a, const struct code_score *const *scores, size_t n,
			     const struct code_bank **out)
{
	assert(n >= 1 && n <= CODE_BANK_MAX);
	for (size_t s = 1; s < n; s++)
		assert(same_places(scores[0], scores[s]));
	size_t places_n = code_score_places(scores[0]), groups_n = (n + LANES - 1) / LANES;
	struct code_bank *b = ARENA_NEW(a, struct code_bank);
	uint32_t *first = ARENA_ARRAY(a, places_n + 1, uint32_t);
	if (!b || !first)
		return sr_nomem();
	for (size_t i = 0; i < places_n; i++)
		first[i + 1] = first[i] + code_score_wordings(scores[0], i);
	struct row *row = arena_alloc(a, first[places_n], groups_n * sizeof *row);
	if (!row)
		return sr_nomem();
	fill(scores, n, groups_n, places_n, first, row);
	*b = (struct code_bank){places_n, groups_n, first, row};
	*out = b;
	return sr_ok();
}

size_t code_bank_places(const struct code_bank *b)
{
	return b->n;
}

static inline const struct row *row_of(const struct code_bank *b, size_t i, uint16_t symbol)
{
	uint32_t at = b->first[i] + symbol;
	assert(at < b->first[i + 1]);
	return b->row + at * b->groups_n;
}

CODE_CLONES
static void add_one(const struct code_bank *b, const uint16_t *symbols, int32_t *units)
{
	lanes sum = {0}, add;
	for (size_t i = 0; i < b->n; i++) {
		memcpy(&add, row_of(b, i, symbols[i]), sizeof add);
		sum += add;
	}
	memcpy(units, &sum, sizeof sum);
}

CODE_CLONES
static void add_two(const struct code_bank *b, const uint16_t *symbols, int32_t *units)
{
	lanes low = {0}, high = {0}, add;
	for (size_t i = 0; i < b->n; i++) {
		const struct row *row = row_of(b, i, symbols[i]);
		memcpy(&add, row, sizeof add);
		low += add;
		memcpy(&add, row + 1, sizeof add);
		high += add;
	}
	memcpy(units, &low, sizeof low);
	memcpy(units + LANES, &high, sizeof high);
}

void code_bank_units(const struct code_bank *b, const uint16_t *symbols,
		     int32_t units[CODE_BANK_MAX])
{
	memset(units, 0, CODE_BANK_MAX * sizeof *units);
	if (b->groups_n == 1)
		add_one(b, symbols, units);
	else
		add_two(b, symbols, units);
}
