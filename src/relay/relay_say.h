/* SPDX-License-Identifier: Apache-2.0 */
/* The program's log: one line of key=value pairs for each event, on standard error. It never holds
 * the address of a log or of a client, nor a key. */
#ifndef RELAY_SAY_H
#define RELAY_SAY_H

#include "err.h"

/* relay_say writes a line: time, level (info, warning, error), event, and what fmt makes: further
 * pairs, of numbers and words, or of texts in quotes. Longer ones than 1,000 bytes are cut. */
void relay_say(const char *level, const char *event, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* relay_say_failure writes a line about an error. */
void relay_say_failure(const char *event, struct sr_err e);

#endif
