/* SPDX-License-Identifier: Apache-2.0 */
/* Pieces of a page that is HTML and well-formed XML alike. Whatever is foreign goes through
 * web_text and nowhere else: it can neither open a tag nor turn what stands around it. */
#ifndef TRACE_WEB_H
#define TRACE_WEB_H

#include "build.h"

/* web_text appends at most max bytes of foreign text, escaped for content and for quoted
 * attributes, with an ellipsis if it was longer. Line ends and tabs become blanks; characters that
 * steer, turn or hide, those that XML forbids, and bytes that are not UTF-8 become U+FFFD. */
void web_text(struct build *out, struct slice s, size_t max);

/* web_name appends foreign text as web_text does, isolated from the direction of the rest. */
void web_name(struct build *out, struct slice s);

/* web_count appends a number with commas: 1,234,567. */
void web_count(struct build *out, uint64_t n);

/* web_chance appends a bound as trace_round_up words it, powers of ten raised. */
void web_chance(struct build *out, double p);

/* web_percent appends a probability; 0 % and 100 % would promise too much. */
void web_percent(struct build *out, double p);

/* web_s returns the plural ending that goes with n. */
const char *web_s(uint64_t n);

enum { WEB_NAME_MAX = 160 }; /* bytes of a name, a title or a wording that a page shows */

#endif
