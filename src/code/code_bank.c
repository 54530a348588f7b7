/* SPDX-License-Identifier: Apache-2.0 */
#include "code_bank.h"

#include <assert.h>
#include <string.h>

/* What the vectors of every machine of today hold: SSE2, NEON. */
enum { LANES = 4, GROUPS_MAX = CODE_BANK_MAX / LANES };

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

static inline lanes row_at(const struct row *row)
{
	lanes out;
	memcpy(&out, row, sizeof out);
	return out;
}

/* add_up is made for each number of groups; the sums then stay in registers. */
__attribute__((always_inline)) static inline void
add_up(const struct code_bank *b, const uint16_t *symbols, size_t groups_n, int32_t *units)
{
	lanes sum0 = {0}, sum1 = {0}, sum2 = {0}, sum3 = {0}, sum4 = {0};
	for (size_t i = 0; i < b->n; i++) {
		uint32_t at = b->first[i] + symbols[i];
		assert(at < b->first[i + 1]);
		const struct row *row = b->row + at * groups_n;
		sum0 += row_at(row);
		if (groups_n > 1)
			sum1 += row_at(row + 1);
		if (groups_n > 2)
			sum2 += row_at(row + 2);
		if (groups_n > 3)
			sum3 += row_at(row + 3);
		if (groups_n > 4)
			sum4 += row_at(row + 4);
	}
	memcpy(units, &sum0, sizeof sum0);
	memcpy(units + LANES, &sum1, sizeof sum1);
	memcpy(units + 2 * LANES, &sum2, sizeof sum2);
	memcpy(units + 3 * LANES, &sum3, sizeof sum3);
	memcpy(units + 4 * LANES, &sum4, sizeof sum4);
}

void code_bank_units(const struct code_bank *b, const uint16_t *symbols,
		     int32_t units[CODE_BANK_MAX])
{
	static_assert(GROUPS_MAX == 5, "one case for each number of groups");
	switch (b->groups_n) {
	case 1:
		add_up(b, symbols, 1, units);
		break;
	case 2:
		add_up(b, symbols, 2, units);
		break;
	case 3:
		add_up(b, symbols, 3, units);
		break;
	case 4:
		add_up(b, symbols, 4, units);
		break;
	case 5:
		add_up(b, symbols, 5, units);
		break;
	}
}
