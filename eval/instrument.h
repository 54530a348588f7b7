/* SPDX-License-Identifier: Apache-2.0 */
/* What the programs of eval/ share: their dice, numbers on the command line, and limits of rates.
 */
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

#endif
