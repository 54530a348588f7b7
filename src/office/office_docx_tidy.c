/* SPDX-License-Identifier: Apache-2.0 */
#include "office_docx_in.h"

#include <string.h>

bool docx_set_text(xmlNodePtr t, struct slice text)
{
	if (!t->children && !text.len)
		return true;
	/* An empty text still is a node: what has none was given up by libxml2. */
	xmlNodePtr fresh = xmlNewTextLen((const xmlChar *)(text.len ? (const char *)text.ptr : ""),
					 (int)text.len);
	if (!fresh)
		return false;
	xmlDocPtr doc = t->doc;
	while (t->children) {
		xmlNodePtr c = t->children;
		xmlUnlinkNode(c);
		xmlFreeNode(c);
	}
	xmlSetTreeDoc(fresh, doc);
	if (!xmlAddChild(t, fresh)) {
		xmlFreeNode(fresh);
		return false;
	}
	return true;
}

static void drop(xmlNodePtr n)
{
	xmlUnlinkNode(n);
	xmlFreeNode(n);
}

static void drop_revision_ids(xmlNodePtr n)
{
	for (xmlAttrPtr a = n->properties, next; a; a = next) {
		next = a->next;
		if (strncmp((const char *)a->name, "rsid", 4) == 0)
			(void)xmlRemoveProp(a);
	}
}

/* Word keeps the place of the cursor as a bookmark of this name; *id is the last one's. */
static bool is_cursor(const xmlNode *n, const char **id)
{
	static const char name[] = "_GoBack";
	const char *it = office_xml_attr(n, "name"), *its = office_xml_attr(n, "id");
	if (office_xml_is(n, "bookmarkStart") && it && its && strcmp(it, name) == 0) {
		*id = its;
		return true;
	}
	return office_xml_is(n, "bookmarkEnd") && *id && its && strcmp(its, *id) == 0;
}

/* clean_text makes the content of a w:t element one text without the space that does not count, so
 * that all space counts; false without memory. */
static bool clean_text(xmlNodePtr t)
{
	struct build b = {0};
	office_xml_text(t, &b);
	struct slice s = slice_make(b.ptr, b.len);
	bool keep = xmlNodeGetSpacePreserve(t) == 1;
	while (!keep && s.len && memchr(" \t\r\n", s.ptr[0], 4))
		s = slice_sub(s, 1, s.len - 1);
	while (!keep && s.len && memchr(" \t\r\n", s.ptr[s.len - 1], 4))
		s = slice_sub(s, 0, s.len - 1);
	bool ok = !b.failed && docx_set_text(t, s);
	build_release(&b);
	if (ok)
		xmlNodeSetSpacePreserve(t, 1);
	return ok;
}

/* unwrap puts what a smart tag holds in its place; returns what comes next in document order. */
static xmlNodePtr unwrap(xmlNodePtr tag)
{
	xmlNodePtr next = NULL;
	while (tag->children) {
		xmlNodePtr c = tag->children;
		xmlUnlinkNode(c);
		if (office_xml_is(c, "smartTagPr")) {
			xmlFreeNode(c);
			continue;
		}
		xmlNodePtr put = xmlAddPrevSibling(tag, c);
		next = next ? next : put;
	}
	next = next ? next : tag->next;
	drop(tag);
	return next;
}

/* strip_below takes ends of the cursor's bookmark out when their ids equal *id, which is borrowed
 * from a start that is kept until then. */
static bool strip_below(xmlNodePtr parent, const char **id, xmlNodePtr *kept)
{
	static const char *const unseen[] = {"proofErr", "lastRenderedPageBreak", NULL};
	for (xmlNodePtr n = parent->children, next; n; n = next) {
		next = n->next;
		if (n->type != XML_ELEMENT_NODE)
			continue;
		drop_revision_ids(n);
		if (office_xml_is(n, "smartTag") && !n->nsDef) {
			next = unwrap(n);
		} else if (office_xml_is_any(n, unseen)) {
			drop(n);
		} else if (is_cursor(n, id)) {
			xmlUnlinkNode(n);
			if (office_xml_is(n, "bookmarkStart")) {
				xmlFreeNode(*kept);
				*kept = n;
			} else {
				xmlFreeNode(n);
			}
		} else if (office_xml_is(n, "t") ? !clean_text(n) : !strip_below(n, id, kept)) {
			return false;
		}
	}
	return true;
}

bool docx_strip(xmlDocPtr doc)
{
	const char *id = NULL;
	xmlNodePtr kept = NULL;
	bool ok = strip_below(xmlDocGetRootElement(doc), &id, &kept);
	xmlFreeNode(kept);
	return ok;
}

static bool same_string(const xmlChar *a, const xmlChar *b)
{
	return xmlStrEqual(a, b) == 1;
}

static bool same_ns(const xmlNs *a, const xmlNs *b)
{
	return a == b || (a && b && same_string(a->href, b->href));
}

static bool same_attributes(const xmlNode *a, const xmlNode *b)
{
	const xmlAttr *x = a->properties, *y = b->properties;
	for (; x && y; x = x->next, y = y->next) {
		const xmlChar *v = x->children ? x->children->content : NULL;
		const xmlChar *w = y->children ? y->children->content : NULL;
		if (!same_string(x->name, y->name) || !same_ns(x->ns, y->ns) || !same_string(v, w))
			return false;
	}
	return !x && !y;
}

/* next_look returns the first element from n on that says how a run looks; with lenient, language
 * and spelling do not count. */
static const xmlNode *next_look(const xmlNode *n, bool lenient)
{
	static const char *const unseen[] = {"lang", "noProof", NULL};
	while (n && (n->type != XML_ELEMENT_NODE || (lenient && office_xml_is_any(n, unseen))))
		n = n->next;
	return n;
}

static bool same_children(const xmlNode *a, const xmlNode *b, bool lenient)
{
	const xmlNode *x = next_look(a ? a->children : NULL, lenient);
	const xmlNode *y = next_look(b ? b->children : NULL, lenient);
	while (x && y) {
		if (!same_string(x->name, y->name) || !same_ns(x->ns, y->ns) ||
		    !same_attributes(x, y) || !same_children(x, y, lenient))
			return false;
		x = next_look(x->next, lenient);
		y = next_look(y->next, lenient);
	}
	return !x && !y;
}

bool docx_same_look(const xmlNode *a, const xmlNode *b)
{
	return a == b ||
	       same_children(office_xml_child(a, "rPr"), office_xml_child(b, "rPr"), true);
}

/* is_plain: a run that holds text and the like only. */
static bool is_plain(const xmlNode *n)
{
	static const char *const plain[] = {"rPr",           "t",          "tab", "br", "cr",
					    "noBreakHyphen", "softHyphen", NULL};
	if (!n || !office_xml_is(n, "r") || n->properties || n->nsDef)
		return false;
	for (const xmlNode *c = n->children; c; c = c->next)
		if (c->type != XML_ELEMENT_NODE || !office_xml_is_any(c, plain))
			return false;
	return true;
}

static bool is_blank(const xmlNode *n)
{
	return n->type == XML_TEXT_NODE && xmlIsBlankNode(n);
}

/* clean_run takes out the white space between a run's elements, and texts without a sign; false if
 * nothing is left that a reader could see. */
static bool clean_run(xmlNodePtr run)
{
	bool has = false;
	for (xmlNodePtr c = run->children, next; c; c = next) {
		next = c->next;
		bool empty = office_xml_is(c, "t") &&
			     (!c->children || !c->children->content || !*c->children->content);
		if (is_blank(c) || empty)
			drop(c);
		else if (!office_xml_is(c, "rPr"))
			has = true;
	}
	return has;
}

/* join_text makes one text of t and the texts right behind it; false without memory. */
static bool join_text(xmlNodePtr t)
{
	struct build b = {0};
	office_xml_text(t, &b);
	for (xmlNodePtr more; (more = t->next) && office_xml_is(more, "t"); drop(more))
		office_xml_text(more, &b);
	bool ok = !b.failed && docx_set_text(t, slice_make(b.ptr, b.len));
	build_release(&b);
	return ok;
}

static bool join_texts(xmlNodePtr run)
{
	for (xmlNodePtr c = run->children; c; c = c->next)
		if (c->next && office_xml_is(c, "t") && office_xml_is(c->next, "t") &&
		    !join_text(c))
			return false;
	return true;
}

static void absorb(xmlNodePtr into, xmlNodePtr run)
{
	for (xmlNodePtr c = run->children, next; c; c = next) {
		next = c->next;
		if (office_xml_is(c, "rPr"))
			continue;
		xmlUnlinkNode(c);
		(void)xmlAddChild(into, c);
	}
	drop(run);
}

static xmlNodePtr next_run(xmlNodePtr run)
{
	xmlNodePtr n = run->next;
	while (n && is_blank(n))
		n = n->next;
	return n && office_xml_is(n, "r") ? n : NULL;
}

/* join_after joins the runs behind run to it; false without memory. */
static bool join_after(xmlNodePtr run)
{
	/* Both stay as they are while the run grows. */
	bool plain = is_plain(run);
	const xmlNode *look = office_xml_child(run, "rPr");
	xmlNodePtr next;
	while ((next = next_run(run))) {
		if (!clean_run(next))
			drop(next);
		else if (plain && is_plain(next) &&
			 same_children(look, office_xml_child(next, "rPr"), false))
			absorb(run, next);
		else
			break;
	}
	return join_texts(run);
}

static bool join_below(xmlNodePtr parent)
{
	for (xmlNodePtr n = parent->children, next; n; n = next) {
		next = n->next;
		if (n->type != XML_ELEMENT_NODE || office_xml_is(n, "rPr"))
			continue;
		if (office_xml_is(n, "r")) {
			if (!clean_run(n)) {
				drop(n);
				continue;
			}
			if (!join_after(n))
				return false;
			next = n->next;
		}
		if (!join_below(n))
			return false;
	}
	return true;
}

bool docx_join(xmlDocPtr doc)
{
	return join_below(xmlDocGetRootElement(doc));
}
