/* SPDX-License-Identifier: Apache-2.0 */
/* Pictures and PDFs: subrosa-picture reads them (extract_pages.h), and this is how it is asked. */
#ifndef EXTRACT_PICTURE_H
#define EXTRACT_PICTURE_H

#include "extract.h"
#include "extract_kind.h"

/* extract_picture reads a KIND_PDF or KIND_PICTURE (others: asserted), as extract_file. The program
 * is $SUBROSA_PICTURE if that is set, else that of program_find. It is dead and reaped on return.
 */
SR_MUST struct sr_err extract_picture(struct arena *a, struct slice bytes, enum extract_kind kind,
				      const struct extract_how *how, struct extract_pages *out);

#endif
