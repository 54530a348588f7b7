/* SPDX-License-Identifier: Apache-2.0 */
#include "office_docx_in.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { BASES_MAX = 32 }; /* styles that a style is based on, one on the other */

/* Word knows its own styles by these names in every language. */
static enum docx_look look_of(const char *name)
{
	static const struct {
		const char *begin;
		enum docx_look look;
	} known[] = {
		{"heading", DOCX_HEADING},
		{"title", DOCX_HEADING},
		{"subtitle", DOCX_HEADING},
		{"toc", DOCX_HEADING},
		{"quote", DOCX_QUOTE},
		{"quotations", DOCX_QUOTE},
		{"intense quote", DOCX_QUOTE},
		{"block text", DOCX_QUOTE},
		{"html preformatted", DOCX_CODE},
		{"preformatted text", DOCX_CODE},
		{"macro", DOCX_CODE},
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strncasecmp(name, known[i].begin, strlen(known[i].begin)) == 0)
			return known[i].look;
	return DOCX_PLAIN;
}

static const char *child_value(const xmlNode *n, const char *name)
{
	const xmlNode *c = office_xml_child(n, name);
	return c ? office_xml_attr(c, "val") : NULL;
}

static int by_id(const void *a, const void *b)
{
	const struct docx_style *x = a, *y = b;
	return strcmp(x->id, y->id);
}

struct sr_err docx_styles(struct office_docx *d)
{
	const xmlNode *n = d->styles ? xmlDocGetRootElement(d->styles)->children : NULL;
	for (; n; n = n->next) {
		const char *id = office_xml_is(n, "style") ? office_xml_attr(n, "styleId") : NULL;
		if (!id)
			continue;
		struct docx_style *s =
			arena_grow(&d->a, d->style, d->style_n, &d->style_cap, sizeof *s);
		if (!s)
			return sr_nomem();
		d->style = s;
		const char *name = child_value(n, "name");
		const xmlNode *format = office_xml_child(n, "pPr");
		s = &d->style[d->style_n++];
		*s = (struct docx_style){id, child_value(n, "basedOn"), look_of(name ? name : "")};
		if (format && office_xml_child(format, "outlineLvl"))
			s->look = DOCX_HEADING;
	}
	if (d->style_n)
		qsort(d->style, d->style_n, sizeof *d->style, by_id);
	return sr_ok();
}

enum docx_look docx_look(const struct office_docx *d, const char *style)
{
	for (int depth = 0; style && depth < BASES_MAX; depth++) {
		struct docx_style key = {.id = style};
		const struct docx_style *s =
			d->style_n ? bsearch(&key, d->style, d->style_n, sizeof key, by_id) : NULL;
		if (!s)
			return DOCX_PLAIN;
		if (s->look != DOCX_PLAIN)
			return s->look;
		style = s->based_on;
	}
	return DOCX_PLAIN;
}
