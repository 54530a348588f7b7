/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of office_docx share. */
#ifndef OFFICE_DOCX_IN_H
#define OFFICE_DOCX_IN_H

#include "office_docx.h"
#include "office_xml.h"
#include "office_zip.h"

enum docx_role { DOCX_BODY, DOCX_FOOTNOTES, DOCX_ENDNOTES, DOCX_ROLES };

/* A part that holds text of the paper; doc is NULL if there is none. After the plan: xml with gaps,
 * and the edits [edit_from, edit_to) fill them. */
struct docx_part {
	xmlDocPtr doc;
	size_t number; /* in the archive */
	struct slice *xml;
	size_t edit_from, edit_to;
};

/* text[from, to) is the content of the w:t element t. holder is the element that the run is in. */
struct docx_piece {
	size_t from, to;
	xmlNodePtr t, holder;
	enum docx_role role;
	bool in_field; /* or in a control bound to data: Word writes it anew */
};

/* Something other than text stands before byte off, or is it. */
struct docx_barrier {
	size_t off;
	const char *what;
};

struct docx_paragraph {
	size_t from, to;
	uint32_t line;
};

enum docx_look { DOCX_PLAIN, DOCX_HEADING, DOCX_QUOTE, DOCX_CODE };

struct docx_style {
	const char *id, *based_on; /* borrowed from the styles' tree */
	enum docx_look look;
};

/* Invariants: previews are no parts with text; pieces, barriers and paragraphs ascend; a piece lies
 * in one paragraph. */
struct office_docx {
	struct arena a;
	struct office_zip *zip;
	struct docx_part parts[DOCX_ROLES];
	size_t *previews; /* pictures of the first page, by number in the archive */
	size_t previews_n, previews_cap;
	struct office_zip_change *changes; /* room for those of a copy */
	xmlDocPtr styles;
	struct docx_style *style; /* by id */
	size_t style_n, style_cap;
	struct build text;
	struct docx_piece *pieces;
	size_t pieces_n, pieces_cap;
	struct docx_barrier *barriers;
	size_t barriers_n, barriers_cap;
	struct docx_paragraph *paragraphs;
	size_t paragraphs_n, paragraphs_cap;
	bool planned;
	size_t edits_n;
};

/* docx_complain notes an error of a part, by its name, and returns SR_E_INPUT. */
struct sr_err docx_complain(const struct office_docx *d, size_t part, const struct sr_sink *sink,
			    const char *text);

/* docx_name gives the name of a part as it can be printed; it lives in d. */
const char *docx_name(const struct office_docx *d, size_t part, char *buf, size_t len);

/* docx_words appends the first words of the paragraph around or behind n, "" if it has none. */
void docx_words(const xmlNode *n, struct build *out);

/* docx_styles reads the styles of d->styles. SR_E_NOMEM. */
SR_MUST struct sr_err docx_styles(struct office_docx *d);

/* docx_look tells what a style makes of a paragraph (NULL: no style). */
enum docx_look docx_look(const struct office_docx *d, const char *style);

/* docx_check notes everything that keeps a document from being a paper, of all parts; SR_E_INPUT if
 * there is anything. */
SR_MUST struct sr_err docx_check(struct office_docx *d, const struct sr_sink *sink);

/* docx_read makes the text of all parts. SR_E_INPUT, SR_E_LIMIT, SR_E_NOMEM. */
SR_MUST struct sr_err docx_read(struct office_docx *d, const struct sr_sink *sink);

/* docx_strip takes out what no reader sees and what would keep runs apart: revision ids, marks of
 * the spelling checker, page breaks of the last rendering, smart tags, the place of the cursor.
 * Every w:t element has one text then, with xml:space="preserve". False without memory. */
SR_MUST bool docx_strip(xmlDocPtr doc);

/* docx_join takes out empty runs and joins neighbours that are formatted alike; runs that hold
 * other things than text stay apart. False without memory. */
SR_MUST bool docx_join(xmlDocPtr doc);

/* docx_same_look tells whether two runs look alike; language and spelling do not count. */
bool docx_same_look(const xmlNode *a, const xmlNode *b);

/* docx_set_text makes text all that the w:t element t holds; false without memory. */
SR_MUST bool docx_set_text(xmlNodePtr t, struct slice text);

#endif
