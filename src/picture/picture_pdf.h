/* SPDX-License-Identifier: Apache-2.0 */
/* The pages of a PDF, by poppler: words where it has text, else a picture. */
#ifndef PICTURE_PDF_H
#define PICTURE_PDF_H

#include "extract_outcome.h"
#include "picture_words.h"

#include <leptonica/allheaders.h>

/* pdf_prepare opens what poppler opens. false: it does not work. */
bool pdf_prepare(void);

/* pdf_version names the version of poppler. */
const char *pdf_version(void);

struct pdf;

/* pdf_open opens a document, which borrows bytes. EXTRACT_OK, _ENCRYPTED, _PDF_BROKEN,
 * _MANY_PAGES, _MEMORY. The process ends with it. */
enum extract_outcome pdf_open(struct slice bytes, struct pdf **out, unsigned *pages_n);

/* pdf_page gives page i: its words, in points from the top left of the page as it is shown, with
 * the origin of its first letter as the left of each, and *gray NULL; or, if it has no text or a
 * picture covers most of it, that page as a picture in 8 bits, for the caller to destroy. What of
 * its text is drawn invisibly does not count where there is a picture. EXTRACT_OK, _PDF_BROKEN,
 * _LONG, _MEMORY. */
enum extract_outcome pdf_page(struct arena *a, struct pdf *pdf, unsigned i,
			      struct extract_page *page, struct picture_words *words, PIX **gray);

#endif
