/* SPDX-License-Identifier: Apache-2.0 */
/* What the programs of eval/ share: their dice, numbers on the command line, limits of rates, and
 * quantiles. */
#ifndef INSTRUMENT_H
#define INSTRUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* instrument_random draws the next 64 bits of SplitMix64: for the making of papers and leaks, never
 * for symbols. */
uint64_t instrument_random(uint64_t *state);

/* instrument_number reads decimal digits and nothing else; false if text is something else. */
bool instrument_number(const char *text, uint64_t *out);

/* instrument_limits gives the exact 95% limits of the rate behind k successes in n > 0 trials
 * (Clopper and Pearson 1934). */
void instrument_limits(size_t k, size_t n, double *low, double *high);

/* instrument_quantile sorts v and returns the value that the share q of its n > 0 values, from 0
 * for the least to 1 for the most, comes up to: of an even number, the upper one of the middle. */
double instrument_quantile(double *v, size_t n, double q);

#endif
