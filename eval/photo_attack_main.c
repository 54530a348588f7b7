/* SPDX-License-Identifier: Apache-2.0 */
/* The attacks of eval/photo by hand.
 *
 * Usage: photo_attack NAME IN OUT [SEED [PART]]
 *
 * IN is a PDF (its first page), or a picture of a page at 400 dpi, from which screenshots and PDFs
 * cannot be made. OUT gets the ending of what is made. PART: whole (if none is given), half,
 * six or four (lines). Without a word the attacks are listed. */
#include "photo_attack.h"

#include "instrument.h"

#include <stdio.h>
#include <string.h>

static void list(void)
{
	for (size_t i = 0; i < photo_attacks_n; i++)
		(void)printf("%-15s %s%s%s\n", photo_attacks[i].name, photo_attacks[i].about,
			     photo_attacks[i].beyond ? "; beyond reach: " : "",
			     photo_attacks[i].beyond ? photo_attacks[i].beyond : "");
}

static enum photo_part part_named(const char *name)
{
	static const char *const names[PHOTO_PARTS] = {"whole", "half", "six", "four"};
	for (int i = 0; i < PHOTO_PARTS; i++)
		if (!strcmp(names[i], name))
			return (enum photo_part)i;
	photo_die("is no part of a page", name);
}

int main(int argc, char **argv)
{
	uint64_t seed = 1;
	if (argc == 1) {
		list();
		return 0;
	}
	if (argc < 4 || argc > 6 || (argc > 4 && !instrument_number(argv[4], &seed))) {
		(void)fprintf(stderr, "usage: photo_attack NAME IN OUT [SEED [PART]]\n");
		return 2;
	}
	const struct photo_attack *a = photo_attack_named(argv[1]);
	const char *dot = strrchr(argv[2], '.');
	char path[512];
	struct photo_page page;
	if (!a)
		photo_die("is no attack", argv[1]);
	if (dot && !strcmp(dot, ".pdf"))
		photo_page_open(argv[2], 1, &page);
	else
		photo_page_of(argv[2], 1, photo_image_read(argv[2]), &page);
	photo_attack_run(a, &page, argc > 5 ? part_named(argv[5]) : PHOTO_WHOLE, seed, argv[3],
			 path, sizeof path);
	(void)printf("%s\n", path);
	photo_page_close(&page);
	return 0;
}
