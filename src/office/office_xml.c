/* SPDX-License-Identifier: Apache-2.0 */
#include "office_xml.h"

#include "base_limits.h"

#include <libxml/parser.h>
#include <string.h>
#include <strings.h>

static const char *const namespaces[] = {
	"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
	"http://purl.oclc.org/ooxml/wordprocessingml/main",
};

struct sr_err office_xml_parse(struct slice bytes, xmlDocPtr *out)
{
	static const char doctype[] = "<!DOCTYPE";
	if (bytes.len > LIMIT_OFFICE_XML_BYTES)
		return sr_fail(SR_E_LIMIT, "is larger than subrosa accepts");
	if (!bytes.len || memmem(bytes.ptr, bytes.len, doctype, sizeof doctype - 1))
		return sr_fail(SR_E_INPUT, "is damaged");
	xmlParserCtxtPtr ctxt = xmlNewParserCtxt();
	if (!ctxt)
		return sr_nomem();
	xmlDocPtr doc = xmlCtxtReadMemory(ctxt, (const char *)bytes.ptr, (int)bytes.len, NULL, NULL,
					  XML_PARSE_NONET | XML_PARSE_NOERROR |
						  XML_PARSE_NOWARNING | XML_PARSE_NOCDATA);
	bool nomem = ctxt->errNo == XML_ERR_NO_MEMORY;
	xmlFreeParserCtxt(ctxt);
	if (!doc)
		return nomem ? sr_nomem() : sr_fail(SR_E_INPUT, "is damaged");
	if (doc->intSubset || doc->extSubset || !xmlDocGetRootElement(doc)) {
		xmlFreeDoc(doc);
		return sr_fail(SR_E_INPUT, "is damaged");
	}
	*out = doc;
	return sr_ok();
}

static bool is_w(const xmlNs *ns)
{
	for (size_t i = 0; ns && ns->href && i < sizeof namespaces / sizeof *namespaces; i++)
		if (strcmp((const char *)ns->href, namespaces[i]) == 0)
			return true;
	return false;
}

bool office_xml_local(const xmlNode *n, const char *name)
{
	return n->type == XML_ELEMENT_NODE && strcmp((const char *)n->name, name) == 0;
}

bool office_xml_is(const xmlNode *n, const char *name)
{
	return office_xml_local(n, name) && is_w(n->ns);
}

bool office_xml_is_any(const xmlNode *n, const char *const *names)
{
	for (; *names; names++)
		if (office_xml_is(n, *names))
			return true;
	return false;
}

const char *office_xml_attr(const xmlNode *n, const char *name)
{
	for (const xmlAttr *a = n->properties; a; a = a->next) {
		if (strcmp((const char *)a->name, name) != 0 || (a->ns && !is_w(a->ns)))
			continue;
		/* Without entities a value is one text, or none. */
		return a->children && a->children->content ? (const char *)a->children->content
							   : "";
	}
	return NULL;
}

xmlNodePtr office_xml_child(const xmlNode *n, const char *name)
{
	for (xmlNodePtr c = n->children; c; c = c->next)
		if (office_xml_is(c, name))
			return c;
	return NULL;
}

static bool is_text(const xmlNode *n)
{
	return (n->type == XML_TEXT_NODE || n->type == XML_CDATA_SECTION_NODE) && n->content;
}

void office_xml_text(const xmlNode *n, struct build *out)
{
	for (const xmlNode *c = n->children; c; c = c->next)
		if (is_text(c))
			build_str(out, (const char *)c->content);
}

void office_xml_values(const xmlNode *n, struct build *out)
{
	for (const xmlAttr *a = n->properties; a; a = a->next) {
		if (!a->children || !a->children->content)
			continue;
		build_str(out, (const char *)a->children->content);
		build_str(out, "\n");
	}
}

/* put_on_line appends a text whose line ends are mere spaces: those of an XML that was indented do
 * not part what a person reads as one line. */
static void put_on_line(const xmlChar *s, struct build *out)
{
	for (; *s; s++)
		build_u8(out, *s == '\n' || *s == '\r' ? ' ' : *s);
}

/* all_text appends texts first, without the values of attributes between them. */
static void all_text(const xmlNode *n, struct build *out)
{
	for (const xmlNode *c = n->children; c; c = c->next) {
		if (is_text(c))
			put_on_line(c->content, out);
		else if (c->type == XML_ELEMENT_NODE)
			all_text(c, out);
	}
	if (office_xml_local(n, "p"))
		build_str(out, "\n");
}

static void all_attributes(const xmlNode *n, struct build *out)
{
	office_xml_values(n, out);
	for (const xmlNode *c = n->children; c; c = c->next)
		if (c->type == XML_ELEMENT_NODE)
			all_attributes(c, out);
}

void office_xml_all(const xmlNode *n, struct build *out)
{
	all_text(n, out);
	build_str(out, "\n");
	all_attributes(n, out);
}

/* sign_at returns the sign at text[i], also where an address has it in its own way (RFC 3986,
 * 2.1); *end is where it ends. */
static uint8_t sign_at(struct slice text, size_t i, size_t *end)
{
	static const struct {
		const char *code;
		uint8_t sign;
	} codes[] = {{"%7b", '{'}, {"%7c", '|'}, {"%7d", '}'}};
	*end = i + 1;
	if (text.ptr[i] != '%' || text.len - i < 3)
		return text.ptr[i];
	for (size_t k = 0; k < sizeof codes / sizeof *codes; k++) {
		if (strncasecmp((const char *)text.ptr + i, codes[k].code, 3) != 0)
			continue;
		*end = i + 3;
		return codes[k].sign;
	}
	return text.ptr[i];
}

bool office_xml_braces(struct slice text, struct slice *out)
{
	size_t open = SIZE_MAX;
	bool bar = false;
	for (size_t i = 0, end; i < text.len; i = end) {
		uint8_t c = sign_at(text, i, &end);
		if (c == '\\' && i + 1 < text.len && memchr("{|}\\", text.ptr[i + 1], 4)) {
			end = i + 2;
		} else if (c == '{') {
			open = i;
			bar = false;
		} else if (c == '\n') {
			open = SIZE_MAX;
		} else if (c == '|') {
			bar = true;
		} else if (c == '}') {
			if (open != SIZE_MAX && bar) {
				*out = slice_sub(text, open, end - open);
				return true;
			}
			open = SIZE_MAX;
		}
	}
	return false;
}
