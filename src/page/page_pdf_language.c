/* SPDX-License-Identifier: Apache-2.0 */
#include "page_pdf_language.h"

#include "page_sheet.h"

#include <string.h>

/* The last three lines of any PDF are shorter. */
enum { LAST_LINES = 64 };

static bool is_at(struct slice s, size_t off, const char *text)
{
	size_t len = strlen(text);
	return off <= s.len && len <= s.len - off && !memcmp(s.ptr + off, text, len);
}

/* find_last returns where text begins for the last time below to; s.len: nowhere. */
static size_t find_last(struct slice s, size_t to, const char *text)
{
	for (size_t i = to; i-- > 0;)
		if (is_at(s, i, text))
			return i;
	return s.len;
}

/* find_spots finds the end of the catalog's entries, and the line with the place of the
 * cross-reference table, and that place. */
static bool find_spots(struct slice s, size_t *entry, size_t *line, size_t *table)
{
	static const char start[] = "startxref\n", end[] = ">>\nendobj\n";
	size_t at = find_last(s, s.len, start);
	if (at == s.len || s.len - at > LAST_LINES)
		return false;
	*line = at + sizeof start - 1;
	*table = 0;
	for (at = *line; at < s.len && s.ptr[at] >= '0' && s.ptr[at] <= '9'; at++)
		*table = 10 * *table + (size_t)(s.ptr[at] - '0');
	if (!is_at(s, at, "\n%%EOF\n") || *table >= *line || *table < sizeof end - 1 ||
	    !is_at(s, *table, "xref\n"))
		return false;
	*entry = *table - (sizeof end - 1);
	size_t object = find_last(s, *entry, " obj\n");
	size_t catalog = object == s.len ? s.len : object + 5;
	return is_at(s, *entry, end) && is_at(s, catalog, "<< /Type /Catalog\n");
}

struct sr_err page_pdf_language(struct slice language, struct build *pdf)
{
	struct slice s, done;
	size_t entry, line, table;
	SR_TRY(build_done(pdf, &s));
	if (!language.len)
		return sr_ok();
	if (!page_language_ok(language))
		return sr_fail(SR_E_STATE, "the language of the paper is no language tag");
	if (!find_spots(s, &entry, &line, &table))
		return sr_fail(SR_E_STATE, "this version of Cairo writes another kind of PDF");
	struct arena scratch = {0};
	size_t kept_len = line - entry;
	const void *kept = arena_dup(&scratch, s.ptr + entry, kept_len);
	if (!kept)
		return sr_nomem();
	pdf->len = entry;
	build_str(pdf, "   /Lang (");
	build_slice(pdf, language);
	build_str(pdf, ")\n");
	size_t more = pdf->len - entry;
	build_bytes(pdf, kept, kept_len);
	build_fmt(pdf, "%zu\n%%%%EOF\n", table + more);
	arena_release(&scratch);
	return build_done(pdf, &done);
}
