/* SPDX-License-Identifier: Apache-2.0 */
/* The words in one XML part of an office document. */
#ifndef EXTRACT_OFFICE_XML_H
#define EXTRACT_OFFICE_XML_H

#include "build.h"
#include "extract_outcome.h"

/* office_xml_open prepares libxml2; false if there is no memory. */
bool office_xml_open(void);

/* office_xml_text appends the text of a part in clean UTF-8, whatever encoding it claims; what is
 * text, extract_office.h says. A DTD is passed over, its entities are unknown. EXTRACT_OK, _BROKEN
 * (not well-formed), _DEEP, _LONG, _MEMORY. office_xml_open comes first (asserted). */
enum extract_outcome office_xml_text(struct slice utf8, struct build *out);

#endif
