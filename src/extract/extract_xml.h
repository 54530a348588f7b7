/* SPDX-License-Identifier: Apache-2.0 */
/* The words in one XML part of an office document. */
#ifndef EXTRACT_XML_H
#define EXTRACT_XML_H

#include "build.h"
#include "extract_outcome.h"

/* xml_open prepares libxml2; false if there is no memory. */
bool xml_open(void);

/* xml_text appends the text of a part in clean UTF-8, whatever encoding it claims; what is
 * text, extract_office.h says. A DTD is passed over, its entities are unknown. EXTRACT_OK, _BROKEN
 * (not well-formed), _DEEP, _LONG, _MEMORY. xml_open comes first (asserted). */
enum extract_outcome xml_text(struct slice utf8, struct build *out);

#endif
