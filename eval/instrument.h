/* SPDX-License-Identifier: Apache-2.0 */
/* What the programs of eval/ share: their dice, and numbers on the command line. */
#ifndef INSTRUMENT_H
#define INSTRUMENT_H

#include <stdbool.h>
#include <stdint.h>

/* instrument_random draws the next 64 bits of SplitMix64: for the making of papers and leaks, never
 * for symbols. */
uint64_t instrument_random(uint64_t *state);

/* instrument_number reads decimal digits and nothing else; false if text is something else. */
bool instrument_number(const char *text, uint64_t *out);

#endif
