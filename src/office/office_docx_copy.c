/* SPDX-License-Identifier: Apache-2.0 */
#include "office_docx_in.h"

#include <assert.h>
#include <string.h>

enum { TOLD_MAX = 50, GAP_LEN = 3, GAPS_N = 16 };

/* piece_at returns the first piece that ends behind off, or pieces_n. */
static size_t piece_at(const struct office_docx *d, size_t off)
{
	size_t from = 0, to = d->pieces_n;
	while (from < to) {
		size_t mid = from + (to - from) / 2;
		if (d->pieces[mid].to <= off)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

/* barrier_in returns what stands inside text[from, to) that is no text, or NULL. */
static const char *barrier_in(const struct office_docx *d, size_t from, size_t to)
{
	size_t low = 0, high = d->barriers_n;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (d->barriers[mid].off <= from)
			low = mid + 1;
		else
			high = mid;
	}
	return low < d->barriers_n && d->barriers[low].off < to ? d->barriers[low].what : NULL;
}

/* obstacle tells why text[from, to) cannot be edited; NULL if it can. */
static const char *obstacle(const struct office_docx *d, size_t from, size_t to)
{
	const char *what = barrier_in(d, from, to);
	if (what)
		return what;
	size_t i = piece_at(d, from);
	if (i == d->pieces_n || d->pieces[i].from > from)
		return "something other than text";
	const xmlNode *holder = d->pieces[i].holder;
	for (size_t at = from; at < to; i++) {
		const struct docx_piece *p = &d->pieces[i];
		if (i == d->pieces_n || p->from > at)
			return "something other than text";
		if (p->in_field)
			return "a field or a control that is filled from data";
		if (p->holder != holder)
			return "the edge of a link or of a content control";
		at = p->to;
	}
	return NULL;
}

/* is_uniform: all signs in text[from, to) are formatted alike, but for those in except. */
static bool is_uniform(const struct office_docx *d, size_t from, size_t to, const char *except)
{
	const xmlNode *run = NULL;
	for (size_t i = piece_at(d, from); i < d->pieces_n && d->pieces[i].from < to; i++) {
		const struct docx_piece *p = &d->pieces[i];
		size_t at = p->from > from ? p->from : from, end = p->to < to ? p->to : to;
		while (at < end && d->text.ptr[at] && strchr(except, d->text.ptr[at]))
			at++;
		if (at == end)
			continue;
		if (run && !docx_same_look(run, p->t->parent))
			return false;
		run = p->t->parent;
	}
	return true;
}

bool office_docx_fits(const struct office_docx *d, size_t from, size_t to)
{
	assert(!d->planned);
	return from < to && !obstacle(d, from, to) && is_uniform(d, from, to, "");
}

static void tell(const struct office_docx *d, const struct office_edit *e, enum sr_level level,
		 const char *before, const char *what, const char *after,
		 const struct sr_sink *sink)
{
	uint32_t paragraph, character;
	if (!sink || !sink->fn)
		return;
	office_docx_locate(d, e->from, &paragraph, &character);
	struct slice words = office_docx_words(d, e->from);
	if (words.len > e->to - e->from)
		words.len = e->to - e->from;
	note(sink, level, 0, 0, "paragraph %u, \"%.*s\": %s%s%s", paragraph, (int)words.len,
	     (const char *)words.ptr, before, what, after);
}

/* check_edit tells what is wrong with an edit; false if it cannot be made. */
static bool check_edit(const struct office_docx *d, const struct office_edit *e,
		       const struct sr_sink *sink)
{
	const char *what = obstacle(d, e->from, e->to);
	if (what)
		tell(d, e, SR_ERROR, "a place cannot hold ", what,
		     ", or lie in it; mark text before and behind it separately", sink);
	else if (!is_uniform(d, e->from, e->to, "{|}\\"))
		tell(d, e, SR_WARNING, "", "the wordings are formatted in different ways",
		     "; copies use the formatting of the first letter", sink);
	return !what;
}

static struct sr_err check_edits(const struct office_docx *d, const struct office_edit *edits,
				 size_t n, const struct sr_sink *sink)
{
	static const struct sr_sink silent;
	size_t bad_n = 0;
	for (size_t i = 0; i < n; i++) {
		const struct office_edit *e = &edits[i];
		assert(e->from <= e->first && e->first < e->to && e->to <= d->text.len);
		assert(!i || edits[i - 1].to <= e->from);
		if (!check_edit(d, e, bad_n < TOLD_MAX ? sink : &silent))
			bad_n++;
	}
	if (bad_n > TOLD_MAX)
		note(sink, SR_ERROR, 0, 0, "%zu more places like these", bad_n - TOLD_MAX);
	return bad_n ? sr_fail(SR_E_INPUT, "a place that is not only text") : sr_ok();
}

/* edit_piece writes into b what is left of piece p, with a gap where an edit has its text; *at is
 * the first edit that does not end before p. */
static void edit_piece(const struct office_docx *d, const struct docx_piece *p,
		       const struct office_edit *edits, size_t n, size_t *at, const char *gap,
		       struct build *b)
{
	for (size_t i = p->from; i < p->to; i++) {
		while (*at < n && edits[*at].to <= i)
			++*at;
		if (*at == n || i < edits[*at].from)
			build_u8(b, d->text.ptr[i]);
		else if (i == edits[*at].first)
			build_bytes(b, gap, GAP_LEN);
	}
}

static struct sr_err edit_pieces(struct office_docx *d, const struct office_edit *edits, size_t n,
				 const char *gap)
{
	struct build b = {0};
	struct sr_err e = sr_ok();
	size_t at = 0;
	for (size_t i = 0; i < d->pieces_n && !sr_bad(e); i++) {
		build_reset(&b);
		edit_piece(d, &d->pieces[i], edits, n, &at, gap, &b);
		if (b.failed || !docx_set_text(d->pieces[i].t, slice_make(b.ptr, b.len)))
			e = sr_nomem();
	}
	build_release(&b);
	return e;
}

/* dump gives the XML of a part; free it with xmlFree. */
static struct sr_err dump(xmlDocPtr doc, struct slice *out)
{
	xmlChar *xml = NULL;
	int len = 0;
	xmlDocDumpMemoryEnc(doc, &xml, &len, "UTF-8");
	if (!xml)
		return sr_nomem();
	*out = slice_make(xml, (size_t)len);
	return sr_ok();
}

/* find_gap finds a noncharacter of Unicode (U+FDD0 to U+FDDF) that is in no part. */
static struct sr_err find_gap(struct office_docx *d, char gap[GAP_LEN + 1])
{
	bool used[GAPS_N] = {false};
	for (int role = 0; role < DOCX_ROLES; role++) {
		struct slice xml;
		if (!d->parts[role].doc)
			continue;
		SR_TRY(dump(d->parts[role].doc, &xml));
		for (size_t i = 0; i + 2 < xml.len; i++)
			if (xml.ptr[i] == 0xef && xml.ptr[i + 1] == 0xb7 &&
			    (xml.ptr[i + 2] & 0xf0) == 0x90)
				used[xml.ptr[i + 2] & 0x0f] = true;
		xmlFree((void *)(uintptr_t)xml.ptr);
	}
	for (size_t i = 0; i < GAPS_N; i++) {
		if (used[i])
			continue;
		gap[0] = (char)0xef;
		gap[1] = (char)0xb7;
		gap[2] = (char)(0x90 + i);
		gap[GAP_LEN] = 0;
		return sr_ok();
	}
	return sr_fail(SR_E_INPUT, "has too many characters that Unicode does not assign");
}

/* cut_part keeps the XML of a part, cut at its gaps. */
static struct sr_err cut_part(struct office_docx *d, struct docx_part *p, const char *gap)
{
	struct slice xml;
	SR_TRY(dump(p->doc, &xml));
	const uint8_t *kept = arena_dup(&d->a, xml.ptr, xml.len);
	size_t len = xml.len, n = p->edit_to - p->edit_from, at = 0;
	xmlFree((void *)(uintptr_t)xml.ptr);
	p->xml = ARENA_ARRAY(&d->a, n + 1, struct slice);
	if (!kept || !p->xml)
		return sr_nomem();
	for (size_t i = 0; i < n; i++) {
		const uint8_t *found = memmem(kept + at, len - at, gap, GAP_LEN);
		assert(found);
		size_t off = (size_t)(found - kept);
		p->xml[i] = slice_make(kept + at, off - at);
		at = off + GAP_LEN;
	}
	assert(!memmem(kept + at, len - at, gap, GAP_LEN));
	p->xml[n] = slice_make(kept + at, len - at);
	return sr_ok();
}

/* share_edits tells each part which edits are its own. */
static void share_edits(struct office_docx *d, const struct office_edit *edits, size_t n)
{
	size_t at = 0;
	for (int role = 0; role < DOCX_ROLES; role++) {
		d->parts[role].edit_from = at;
		while (at < n &&
		       d->pieces[piece_at(d, edits[at].from)].role == (enum docx_role)role)
			at++;
		d->parts[role].edit_to = at;
	}
	assert(at == n);
}

struct sr_err office_docx_plan(struct office_docx *d, const struct office_edit *edits, size_t n,
			       const struct sr_sink *sink)
{
	char gap[GAP_LEN + 1];
	assert(!d->planned);
	SR_TRY(check_edits(d, edits, n, sink));
	SR_TRY(find_gap(d, gap));
	d->planned = true;
	d->edits_n = n;
	share_edits(d, edits, n);
	SR_TRY(edit_pieces(d, edits, n, gap));
	for (int role = 0; role < DOCX_ROLES; role++) {
		if (!d->parts[role].doc)
			continue;
		if (!docx_join(d->parts[role].doc))
			return sr_nomem();
		SR_TRY(cut_part(d, &d->parts[role], gap));
	}
	return sr_ok();
}

/* put_text writes character data (XML 1.0, 2.2 and 2.4). */
static struct sr_err put_text(struct slice s, struct build *out)
{
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.ptr[i];
		if (c < ' ' && c != '\t' && c != '\n' && c != '\r')
			return sr_fail(SR_E_INPUT, "a wording has a control character");
		if (c == '&')
			build_str(out, "&amp;");
		else if (c == '<')
			build_str(out, "&lt;");
		else if (c == '>')
			build_str(out, "&gt;");
		else if (c == '\r')
			build_str(out, "&#13;");
		else
			build_u8(out, c);
	}
	return sr_ok();
}

static struct sr_err fill_part(const struct docx_part *p, const struct slice *texts,
			       struct build *out)
{
	size_t n = p->edit_to - p->edit_from;
	for (size_t i = 0; i < n; i++) {
		build_slice(out, p->xml[i]);
		SR_TRY(put_text(texts[p->edit_from + i], out));
	}
	build_slice(out, p->xml[n]);
	struct slice all;
	return build_done(out, &all);
}

struct sr_err office_docx_copy(struct office_docx *d, const struct slice *texts, struct build *out)
{
	struct build xml[DOCX_ROLES] = {{0}};
	struct sr_err e = sr_ok();
	size_t n = 0;
	assert(d->planned);
	for (int role = 0; role < DOCX_ROLES && !sr_bad(e); role++) {
		const struct docx_part *p = &d->parts[role];
		if (!p->doc)
			continue;
		e = fill_part(p, texts, &xml[role]);
		d->changes[n++] = (struct office_zip_change){
			p->number, slice_make(xml[role].ptr, xml[role].len)};
	}
	for (size_t i = 0; i < d->previews_n; i++)
		d->changes[n++] = (struct office_zip_change){.part = d->previews[i]};
	if (!sr_bad(e))
		e = office_zip_write(d->zip, d->changes, n, out);
	for (int role = 0; role < DOCX_ROLES; role++)
		build_release(&xml[role]);
	return e;
}
