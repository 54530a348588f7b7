/* SPDX-License-Identifier: Apache-2.0 */
/* eval/instrument.h: numbers on the command line, limits of rates, quantiles. */
#include "instrument.h"
#include "test.h"

#include <math.h>
#include <stddef.h>

static void numbers(void)
{
	static const struct {
		const char *text;
		bool good;
		uint64_t value;
		const char *why;
	} rows[] = {
		{"0", true, 0, "nought"},           {"240", true, 240, "digits"},
		{"", false, 0, "nothing"},          {"-1", false, 0, "a sign"},
		{" 1", false, 0, "a blank before"}, {"1 ", false, 0, "a blank behind"},
		{"0x10", false, 0, "hexadecimal"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint64_t n = 7;
		bool good = instrument_number(rows[i].text, &n);
		CHECK(good == rows[i].good && (!good || n == rows[i].value), "%s", rows[i].why);
	}
}

/* Limits that can be worked out by hand: with no success the upper one is 1 - .025^(1/n), with
 * nothing but successes the lower one is .025^(1/n). */
static void known(void)
{
	for (size_t n = 1; n <= 2000; n = n * 2 + 1) {
		double low, high, root = pow(0.025, 1 / (double)n);
		instrument_limits(0, n, &low, &high);
		CHECK(low == 0 && fabs(high - (1 - root)) < 1e-9, "none of %zu", n);
		instrument_limits(n, n, &low, &high);
		CHECK(high == 1 && fabs(low - root) < 1e-9, "all of %zu", n);
	}
}

/* tail sums P(X >= k) of X binomial (n, p) by the recurrence of its terms, for small n. */
static double tail(size_t k, size_t n, double p)
{
	double term = pow(1 - p, (double)n), sum = 0;
	for (size_t i = 0; i <= n; i++) {
		if (i >= k)
			sum += term;
		term *= (double)(n - i) / (double)(i + 1) * p / (1 - p);
	}
	return sum;
}

/* What they are by definition: at the lower one so many successes or more have a chance of 2.5%, at
 * the upper one so few or fewer. */
static void defined(void)
{
	for (size_t n = 1; n <= 60; n++)
		for (size_t k = 0; k <= n; k++) {
			double low, high, rate = (double)k / (double)n;
			instrument_limits(k, n, &low, &high);
			CHECK(low <= rate && rate <= high, "%zu of %zu: outside", k, n);
			if (k > 0)
				CHECK(fabs(tail(k, n, low) - 0.025) < 1e-9, "%zu of %zu: low", k,
				      n);
			if (k < n)
				CHECK(fabs(1 - tail(k + 1, n, high) - 0.025) < 1e-9,
				      "%zu of %zu: high", k, n);
		}
}

/* Whatever the rate, they hold it in at least 95% of readings. */
static void covers(void)
{
	const size_t n = 40;
	double low[41], high[41];
	for (size_t k = 0; k <= n; k++)
		instrument_limits(k, n, &low[k], &high[k]);
	for (double p = 0.005; p < 1; p += 0.005) {
		double held = 0;
		for (size_t k = 0; k <= n; k++)
			if (low[k] <= p && p <= high[k])
				held += tail(k, n, p) - tail(k + 1, n, p);
		CHECK(held > 0.95 - 1e-9, "a rate of %.3f is held in %.4f", p, held);
	}
}

static void quantiles(void)
{
	static const struct {
		size_t n;
		double q, value;
		const char *why;
	} rows[] = {
		{1, 0, 3, "one value is its own least"},
		{1, 1, 3, "and its most"},
		{4, 0, -2, "the least"},
		{4, 0.5, 3, "the upper one of the middle"},
		{4, 1, 11, "the most"},
		{5, 0.5, 3, "the middle"},
		{5, 0.25, 2, "a quarter of the way"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		double v[] = {3, -2, 11, 2, 7};
		double x = instrument_quantile(v, rows[i].n, rows[i].q);
		CHECK(x == rows[i].value, "%s: %g", rows[i].why, x);
	}
}

int main(void)
{
	test_run("numbers: digits and nothing else", numbers);
	test_run("limits: none and all", known);
	test_run("limits: as they are defined", defined);
	test_run("limits: they hold the rate", covers);
	test_run("quantiles: least, middle and most", quantiles);
	return test_done();
}
