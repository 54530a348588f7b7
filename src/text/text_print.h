/* SPDX-License-Identifier: Apache-2.0 */
/* Foreign text on its way to a terminal: nothing in it may steer the terminal or turn the order of
 * what stands around it. */
#ifndef TEXT_PRINT_H
#define TEXT_PRINT_H

#include "build.h"
#include "slice.h"

/* text_control_len returns the length of the character at i (i < s.len) if it steers a terminal or
 * turns the order of what stands around it (Unicode 15, chapter 23.3 and Bidi_Control), or 0. */
size_t text_control_len(struct slice s, size_t i);

/* text_print appends s with every such character, and every byte of a text that is not UTF-8 beyond
 * ASCII, as a question mark. */
void text_print(struct build *out, struct slice s);

/* text_print_lines does the same but keeps tabs and line ends; CR LF becomes LF. */
void text_print_lines(struct build *out, struct slice s);

#endif
