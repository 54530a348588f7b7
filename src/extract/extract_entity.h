/* SPDX-License-Identifier: Apache-2.0 */
/* Character references of HTML: "&eacute;", "&#233;", "&#xe9;", "&copy" (HTML Standard, WHATWG,
 * 13.2.5.72 and following). */
#ifndef EXTRACT_ENTITY_H
#define EXTRACT_ENTITY_H

#include "slice.h"

/* entity_take reads the reference that s begins with ('&' included) and returns its length; 0 if
 * it is none, and the '&' stands for itself. c may be a control character or beyond Unicode. Of
 * the named ones it knows those of HTML 4 and those of later ones that stand in prose; those of
 * Latin-1 need no semicolon. */
size_t entity_take(struct slice s, uint32_t *c);

#endif
