/* SPDX-License-Identifier: Apache-2.0 */
/* The text of a mail (RFC 5322, 2045 to 2049) or of all mails of a mailbox, in order. GMime takes
 * the structure apart, but sees a skeleton only: the same number of bytes, without anything that
 * it would convert, parse as an address or as a date. Where the parts lie in the skeleton, they
 * lie in the mail; our own decoder reads them there. */
#ifndef EXTRACT_MAIL_H
#define EXTRACT_MAIL_H

#include "build.h"
#include "extract_parse.h"

/* mail_open prepares GMime; false if it does not work. It calls for nothing later that the filter
 * forbids. Once is enough, more do no harm. */
bool mail_open(void);

/* mail_text finds the text of a mail: the Subject, then each part that is text, HTML, a document
 * or another mail, a blank line between them. Lines that format=flowed (RFC 3676) broke are whole
 * again. text borrows from out.
 *
 * Of alternatives (RFC 2046, 5.1.4) one is read, the same text counts once: the plainest, which
 * comes first, unless a later one says more than twice as much. Whoever makes a mail can let them
 * contradict each other; what is read does not depend on who reads.
 *
 * Other parts are counted in p->skipped_n; signatures, style sheets and scripts are not even that.
 * What lies elsewhere is not fetched. EXTRACT_OK; _NOTHING, or _ENCRYPTED if that is the reason, if
 * no part has text; _DEEP, _PARTS, _LONG, _MEMORY. mail_open comes first (asserted). */
enum extract_outcome mail_text(struct parse *p, struct slice bytes, struct build *out,
			       struct slice *text);

#endif
