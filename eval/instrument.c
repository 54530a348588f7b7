/* SPDX-License-Identifier: Apache-2.0 */
#include "instrument.h"

#include <math.h>
#include <stdlib.h>

uint64_t instrument_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

bool instrument_number(const char *text, uint64_t *out)
{
	char *end;
	unsigned long long v = strtoull(text, &end, 10);
	*out = v;
	return *text >= '0' && *text <= '9' && !*end;
}

/* at_least returns P(X >= k) of X binomial (n, p). */
static double at_least(size_t k, size_t n, double p)
{
	double sum = 0;
	for (size_t i = k; i <= n; i++)
		sum += exp(lgamma((double)n + 1) - lgamma((double)i + 1) -
			   lgamma((double)(n - i) + 1) + (double)i * log(p) +
			   (double)(n - i) * log1p(-p));
	return sum;
}

void instrument_limits(size_t k, size_t n, double *low, double *high)
{
	double a = 0, b = 1;
	for (int i = 0; i < 60; i++) {
		double mid = (a + b) / 2;
		*(at_least(k, n, mid) < 0.025 ? &a : &b) = mid;
	}
	*low = k ? a : 0;
	a = 0, b = 1;
	for (int i = 0; i < 60; i++) {
		double mid = (a + b) / 2;
		*(1 - at_least(k + 1, n, mid) > 0.025 ? &a : &b) = mid;
	}
	*high = k < n ? b : 1;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

double instrument_quantile(double *v, size_t n, double q)
{
	qsort(v, n, sizeof *v, by_value);
	return v[(size_t)(q * (double)(n - 1) + 0.5)];
}
