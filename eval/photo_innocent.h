/* SPDX-License-Identifier: Apache-2.0 */
/* Pages that are no reader's: unmarked ones by other programs, copies of other ledgers and papers,
 * words moved at random. Nobody may be named from them. */
#ifndef PHOTO_INNOCENT_H
#define PHOTO_INNOCENT_H

#include "photo_house.h"
#include "photo_page.h"

enum { PHOTO_INNOCENTS = 7 };

/* jitter: of the words, sd in points, before the attack. copies: pdf is any reader's copy of it. */
struct photo_innocent {
	const char *name;
	char pdf[PHOTO_PATH_LEN];
	const struct photo_paper *copies;
	double jitter;
};

/* photo_innocents_make makes them for paper p, beside other, another paper with copies of the same
 * house. What needs a program that is not installed is left out; it returns how many there are. */
size_t photo_innocents_make(const struct photo_house *h, const struct photo_paper *p,
			    const struct photo_paper *other, struct photo_paper *twin,
			    struct photo_innocent out[PHOTO_INNOCENTS]);

/* photo_innocent_page opens a page of it; pdf is where its path is kept. */
void photo_innocent_page(const struct photo_house *h, const struct photo_innocent *i,
			 uint64_t *dice, char pdf[PHOTO_PATH_LEN], struct photo_page *out);

#endif
