/* SPDX-License-Identifier: Apache-2.0 */
#include "code_family.h"

#include <assert.h>
#include <float.h>
#include <math.h>

/* The C library's log1p and expm1 are within a few units in the last place; this many are added. */
enum { SLACK_ULPS = 16 };

/* product_up returns a bound of x * y from above, for x, y >= 0. */
static double product_up(double x, double y)
{
	return nextafter(x * y, INFINITY);
}

double code_family_p(double p, uint64_t readers_n, uint64_t scores_n)
{
	assert(p >= 0 && p <= 1);
	/* Both numbers are far below 2^53 in earnest, where the cast would round. */
	double n = nextafter((double)(readers_n ? readers_n : 1), INFINITY);
	double one = product_up(p, (double)(scores_n ? scores_n : 1));
	if (one >= 1)
		return 1;
	double sidak = -expm1(n * log1p(-one)) * (1 + SLACK_ULPS * DBL_EPSILON);
	return fmin(1, fmin(sidak, product_up(n, one)));
}

double code_stage_share(enum code_stage stage, struct code_budget b)
{
	/* What layers have is taken from the single leaker: he is whom they look for. */
	static const double share[CODE_STAGES] = {
		[CODE_STAGE_SINGLE] = 0.90,  [CODE_STAGE_COALITION] = 0.03,
		[CODE_STAGE_PASSAGE] = 0.01, [CODE_STAGE_PAIR] = 0.04,
		[CODE_STAGE_TRIPLE] = 0.02,
	};
	static const double layered_single = 0.86, layers = 0.04, layers_alone = 0.1;
	bool alone = b.collusion <= 1;
	if (stage == CODE_STAGE_LAYER)
		return !b.layered ? 0 : alone ? layers_alone : layers;
	if (stage == CODE_STAGE_SINGLE && b.layered)
		return alone ? 1 - layers_alone : layered_single;
	return alone ? stage == CODE_STAGE_SINGLE : share[stage];
}

double code_stage_p(double p, enum code_stage stage, struct code_budget b, uint64_t readers_n,
		    uint64_t scores_n)
{
	double share = code_stage_share(stage, b);
	if (share <= 0)
		return 1;
	/* What two readers score as each other's partners is not independent. */
	if (stage == CODE_STAGE_PAIR || stage == CODE_STAGE_TRIPLE) {
		p = fmin(1, product_up(p, (double)(readers_n ? readers_n : 1)));
		readers_n = 1;
	}
	return fmin(1, nextafter(code_family_p(p, readers_n, scores_n) / share, INFINITY));
}

uint32_t code_places_needed(double p, uint64_t readers_n, uint64_t scores_n, double level,
			    double bits)
{
	/* Doubles p by 2^-bits until it is below any level: 2^-1100 is 0. */
	if (!(bits > 0) || !(level > 0))
		return CODE_NEVER;
	double most = fmin(1 + 1100 / bits, CODE_NEVER - 1.0);
	uint32_t lo = 0, hi = (uint32_t)most;
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		if (code_family_p(p * exp2(-bits * mid), readers_n, scores_n) <= level)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}
