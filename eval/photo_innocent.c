/* SPDX-License-Identifier: Apache-2.0 */
#include "photo_innocent.h"

#include "photo_sheet.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* printed notes a page that another program made of the plain text, if it did. */
static void printed(const char *name, const char *const *argv, const char *file, const char *pdf,
		    struct photo_innocent *out, size_t *n)
{
	struct photo_cost c;
	if (photo_spawn(argv, file, &c) != 0 || access(pdf, R_OK) != 0)
		return;
	out[*n] = (struct photo_innocent){.name = name};
	(void)snprintf(out[(*n)++].pdf, PHOTO_PATH_LEN, "%s", pdf);
}

static void by_pango(const struct photo_house *h, const struct photo_paper *p,
		     struct photo_innocent *out, size_t *n)
{
	char pdf[PHOTO_PATH_LEN + 16], to[PHOTO_PATH_LEN + 32];
	(void)snprintf(pdf, sizeof pdf, "%s/pango.pdf", h->folder);
	(void)snprintf(to, sizeof to, "--output=%s", pdf);
	const char *argv[] = {"pango-view",
			      "-q",
			      to,
			      "--dpi=72",
			      "--font=Liberation Serif 11",
			      "--width=453",
			      "--margin=71",
			      "--justify",
			      "--wrap=word",
			      "--hinting=none",
			      "--hint-metrics=off",
			      "--subpixel-positions",
			      p->plain,
			      NULL};
	printed("unmarked, by pango-view", argv, NULL, pdf, out, n);
}

static void by_groff(const struct photo_house *h, const struct photo_paper *p,
		     struct photo_innocent *out, size_t *n)
{
	char pdf[PHOTO_PATH_LEN + 16];
	(void)snprintf(pdf, sizeof pdf, "%s/groff.pdf", h->folder);
	const char *argv[] = {"groff", "-Tpdf", "-P-pa4", "-K", "utf8", p->plain, NULL};
	printed("unmarked, by groff", argv, pdf, pdf, out, n);
}

static void by_office(const struct photo_house *h, const struct photo_paper *p,
		      struct photo_innocent *out, size_t *n)
{
	char pdf[PHOTO_PATH_LEN], home[PHOTO_PATH_LEN + 64];
	size_t stem = strlen(p->plain) - strlen(".txt");
	(void)snprintf(pdf, sizeof pdf, "%.*s.pdf", (int)stem, p->plain);
	(void)snprintf(home, sizeof home, "-env:UserInstallation=file://%s/office", h->folder);
	const char *argv[] = {"soffice", home,     "--headless", "--convert-to", "pdf", "--outdir",
			      h->folder, p->plain, NULL};
	printed("unmarked, by LibreOffice", argv, NULL, pdf, out, n);
}

size_t photo_innocents_make(const struct photo_house *h, const struct photo_paper *p,
			    const struct photo_paper *other, struct photo_paper *twin,
			    struct photo_innocent out[PHOTO_INNOCENTS])
{
	size_t n = 0;
	struct photo_cost c;
	*twin = *p;
	photo_in_folder(h->folder, "twin", "", twin->copies);
	photo_in_folder(h->folder, "twin", ".ledger", twin->ledger);
	photo_paper_mark(h, twin, NULL, &c);
	out[n] = (struct photo_innocent){.name = "unmarked, by subrosa's own pages"};
	photo_in_folder(h->folder, "unmarked", ".pdf", out[n].pdf);
	photo_sheet_unmarked(p->source, out[n++].pdf);
	by_pango(h, p, out, &n);
	by_groff(h, p, out, &n);
	by_office(h, p, out, &n);
	out[n++] = (struct photo_innocent){.name = "a copy of another ledger", .copies = twin};
	out[n++] = (struct photo_innocent){.name = "a copy of another paper", .copies = other};
	out[n++] = (struct photo_innocent){
		.name = "that of another ledger, words moved", .copies = twin, .jitter = .2};
	return n;
}

void photo_innocent_page(const struct photo_house *h, const struct photo_innocent *i,
			 uint64_t *dice, char pdf[PHOTO_PATH_LEN], struct photo_page *out)
{
	if (i->copies)
		photo_copy(i->copies, (size_t)photo_uniform(dice, 0, (double)h->readers_n), pdf);
	else
		(void)snprintf(pdf, PHOTO_PATH_LEN, "%s", i->pdf);
	photo_page_open(pdf, 1, out);
	if (i->jitter > 0)
		photo_page_jitter(out, i->jitter, dice);
}
