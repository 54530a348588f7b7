/* SPDX-License-Identifier: Apache-2.0 */
/* Word documents for tests, put together from the XML of their parts. */
#ifndef DOCX_H
#define DOCX_H

#include "zips.h"

#define DOCX_W "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\""
#define DOCX_STRICT "xmlns:w=\"http://purl.oclc.org/ooxml/wordprocessingml/main\""
#define DOCX_RELS "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define DOCX_LIST                                                                                  \
	"<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">"

enum { DOCX_PARTS = 6 };

static inline struct zips_part docx_part(const char *name, const char *xml)
{
	return (struct zips_part){.name = name, .bytes = slice_str(xml)};
}

/* docx_around wraps XML in an element with the namespace of WordprocessingML; it lives in a. */
static inline const char *docx_around(struct arena *a, const char *ns, const char *name,
				      const char *xml)
{
	struct build b = {0};
	build_fmt(&b, "<w:%s %s>%s</w:%s>", name, ns, xml, name);
	char *out = arena_dup(a, b.ptr, b.len);
	assert(out);
	build_release(&b);
	return out;
}

/* docx_make makes a document of whole parts; footnotes and extra may have a NULL name. */
static inline struct slice docx_make(struct arena *a, const char *document, const char *footnotes,
				     struct zips_part extra)
{
	struct zips_part p[DOCX_PARTS];
	size_t n = 0;
	p[n++] = docx_part("[Content_Types].xml", "<Types/>");
	p[n++] = docx_part("_rels/.rels",
			   DOCX_LIST "<Relationship Id=\"a\" Type=\"" DOCX_RELS "/officeDocument\" "
				     "Target=\"word/main.xml\"/></Relationships>");
	p[n++] = docx_part("word/main.xml", document);
	p[n++] = docx_part("word/_rels/main.xml.rels", DOCX_LIST
			   "<Relationship Id=\"a\" Type=\"" DOCX_RELS "/footnotes\" "
			   "Target=\"notes.xml\"/><Relationship Id=\"b\" Type=\"" DOCX_RELS
			   "/styles\" Target=\"/word/styles.xml\"/></Relationships>");
	if (footnotes)
		p[n++] = docx_part("word/notes.xml", footnotes);
	if (extra.name)
		p[n++] = extra;
	return zips_make(a, p, n);
}

/* docx_body makes a document of the XML inside its body. */
static inline struct slice docx_body(struct arena *a, const char *body)
{
	const char *in = docx_around(a, DOCX_W, "body", body);
	return docx_make(a, docx_around(a, DOCX_W, "document", in), NULL, (struct zips_part){0});
}

#endif
