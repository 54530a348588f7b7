/* SPDX-License-Identifier: Apache-2.0 */
/* What a leaker does to a page before anybody sees it: screens, scanners, copiers, telephones and
 * what telephones do to pictures. Each attack is a function of the page and a seed. */
#ifndef PHOTO_ATTACK_H
#define PHOTO_ATTACK_H

#include "photo_page.h"

/* beyond: why some parts of a page cannot be named from it, or NULL; beyond_from: the largest of
 * those parts. whole: there is no leak of a part (a PDF). pages: how many of the PDF it shows. */
struct photo_attack {
	const char *name, *about, *beyond;
	enum photo_part beyond_from;
	bool whole;
	int pages;
	const struct photo_steps *steps;
};

extern const struct photo_attack photo_attacks[];
extern const size_t photo_attacks_n;

/* photo_attack_named finds an attack; NULL if there is none of that name. */
const struct photo_attack *photo_attack_named(const char *name);

/* photo_attack_beyond tells whether a part is beyond reach. */
bool photo_attack_beyond(const struct photo_attack *a, enum photo_part part);

/* photo_attack_of_raster tells whether an attack looks at the raster of the page alone, so that it
 * can be made of one that was altered. */
bool photo_attack_of_raster(const struct photo_attack *a);

/* photo_attack_run writes what is seen of a page after the attack to a file whose name is base with
 * an ending (".png", ".jpg", ".pdf") and puts that name into path. */
void photo_attack_run(const struct photo_attack *a, const struct photo_page *page,
		      enum photo_part part, uint64_t seed, const char *base, char *path,
		      size_t path_len);

#endif
