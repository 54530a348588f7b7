/* SPDX-License-Identifier: Apache-2.0 */
/* Tags of HTML as browsers cut them (HTML Standard, WHATWG, 13.2.5), in time linear in the input.
 */
#ifndef EXTRACT_TAG_H
#define EXTRACT_TAG_H

#include "slice.h"

enum { TAG_NAME_LEN_MAX = 15 };

/* name is in lower case; that of an element with a longer name is empty. */
struct tag {
	char name[TAG_NAME_LEN_MAX + 1];
	bool is_end, is_void; /* </x>, <x/> */
};

/* tag_starts tells whether s begins with '<' or '</' and a letter. */
bool tag_starts(struct slice s);

/* tag_take cuts the tag that s starts with (tag_starts, asserted), attributes and '>' included;
 * false, and nothing changed, if it does not end. */
bool tag_take(struct slice *s, struct tag *t);

/* tag_take_loose does the same with the first '>' as the end, quoted or not. */
bool tag_take_loose(struct slice *s, struct tag *t);

/* tag_charset finds what a page says about its encoding within its first 1,024 bytes: a meta
 * element (13.2.3.2, prescan a byte stream) or the XML declaration. label borrows from bytes. */
bool tag_charset(struct slice bytes, struct slice *label);

#endif
