/* SPDX-License-Identifier: Apache-2.0 */
/* What Cairo 1.16 cannot write: the language of a document (ISO 32000-1, 14.9.2). */
#ifndef PAGE_PDF_LANGUAGE_H
#define PAGE_PDF_LANGUAGE_H

#include "build.h"

/* page_pdf_language puts /Lang into the catalog of a PDF as Cairo writes it: the catalog is the
 * last object before the cross-reference table, so that nothing else moves. Empty language: nothing
 * to do. SR_E_STATE: the PDF is not of that kind, or the language is not letters, digits and
 * hyphens; SR_E_NOMEM. */
SR_MUST struct sr_err page_pdf_language(struct slice language, struct build *pdf);

#endif
