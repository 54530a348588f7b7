/* SPDX-License-Identifier: Apache-2.0 */
/* Text that others wrote - names, titles, a leak - on its way to a person's eyes. */
#ifndef TRACE_FOREIGN_H
#define TRACE_FOREIGN_H

#include "slice.h"

/* foreign_control_len returns the length of the character at i (i < s.len) if it steers a terminal
 * or turns the order of what stands around it (Unicode 15, chapter 23.3 and Bidi_Control), or 0. */
size_t foreign_control_len(struct slice s, size_t i);

#endif
