/* SPDX-License-Identifier: Apache-2.0 */
/* The encodings of mail: of bodies, of lines, of words in headers. */
#ifndef EXTRACT_MAIL_WORDS_H
#define EXTRACT_MAIL_WORDS_H

#include "build.h"
#include "extract_parse.h"

#include <gmime/gmime-encodings.h>

/* mail_decode appends what a body in an encoding (RFC 2045, 6; uuencode) stands for. What is no
 * proper base64 or quoted-printable is taken as far as it makes sense. */
void mail_decode(struct slice body, GMimeContentEncoding encoding, struct build *out);

/* mail_unflow appends a text of format=flowed with the lines of a paragraph joined (RFC 3676, 4);
 * delsp: without the space that each of them ends with. Marks of quotation stay before each joined
 * line only. */
void mail_unflow(struct slice text, bool delsp, struct build *out);

/* mail_header appends the value of a header field in UTF-8, with its encoded words (RFC 2047)
 * decoded. EXTRACT_OK, _MEMORY or _LONG; an encoding that nobody knows is guessed. */
enum extract_outcome mail_header(struct slice value, struct parse *p, struct build *out);

#endif
