/* SPDX-License-Identifier: Apache-2.0 */
/* XML parts of an office document: parsed without network, DTD and entities, within limits, and
 * looked at. Names are those of WordprocessingML (ECMA-376 part 1, 17) in its transitional or its
 * strict namespace. */
#ifndef OFFICE_XML_H
#define OFFICE_XML_H

#include "build.h"
#include "err.h"
#include "slice.h"

#include <libxml/tree.h>

/* office_xml_parse parses a part; free *out with xmlFreeDoc. SR_E_INPUT: not well-formed, nested
 * too deep, or with a document type; SR_E_LIMIT beyond LIMIT_OFFICE_XML_BYTES; SR_E_NOMEM. */
SR_MUST struct sr_err office_xml_parse(struct slice bytes, xmlDocPtr *out);

/* office_xml_is tells whether n is a WordprocessingML element of that name. */
bool office_xml_is(const xmlNode *n, const char *name);

/* office_xml_is_any does so for a list of names that NULL ends. */
bool office_xml_is_any(const xmlNode *n, const char *const *names);

/* office_xml_local tells whether n is an element of that name in any namespace. */
bool office_xml_local(const xmlNode *n, const char *name);

/* office_xml_attr gives the value of a WordprocessingML attribute, or of one without a namespace;
 * NULL if it is not there. It is borrowed from the tree. */
const char *office_xml_attr(const xmlNode *n, const char *name);

/* office_xml_child returns the first child element of that WordprocessingML name, or NULL. */
xmlNodePtr office_xml_child(const xmlNode *n, const char *name);

/* office_xml_text appends the character data directly in n. */
void office_xml_text(const xmlNode *n, struct build *out);

/* office_xml_values appends the values of n's attributes, each on a line. */
void office_xml_values(const xmlNode *n, struct build *out);

/* office_xml_all appends all character data and values of attributes in and below n, so that what a
 * person reads as one line is one line: values, and paragraphs in any namespace, stand on lines of
 * their own. */
void office_xml_all(const xmlNode *n, struct build *out);

/* office_xml_braces looks for {a|b} within a line of text that was not escaped, also as addresses
 * have it (%7Ba%7Cb%7D); *out is the first one. */
bool office_xml_braces(struct slice text, struct slice *out);

#endif
