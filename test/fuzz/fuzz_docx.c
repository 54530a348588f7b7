/* SPDX-License-Identifier: Apache-2.0 */
/* A document from anywhere, or the XML of one: read, edited at spots that the input chooses,
 * copied; the text of a copy must be the text that was asked for. */
#include "fuzz.h"

#include "../docx.h"
#include "office_docx.h"

enum { EDITS_MAX = 64, STEP_MAX = 16 };

static const char filling[] = "w<o>r&d";

static void require(bool holds)
{
	if (!holds)
		abort();
}

/* letter returns where a letter begins at or behind off. */
static size_t letter(struct slice text, size_t off)
{
	while (off < text.len && (text.ptr[off] & 0xc0) == 0x80)
		off++;
	return off;
}

/* choose makes edits of spots that fit, from bytes that stand for where. */
static size_t choose(const struct office_docx *d, const uint8_t *data, size_t size,
		     struct office_edit *edits)
{
	struct slice text = office_docx_text(d);
	size_t n = 0, at = 0, len = text.len;
	for (size_t i = 0; i + 1 < size && n < EDITS_MAX && at < len; i++) {
		size_t from = letter(text, at + data[i] % STEP_MAX);
		size_t to = letter(text, from + 1 + data[i + 1] % STEP_MAX);
		if (to <= len && office_docx_fits(d, from, to))
			edits[n++] = (struct office_edit){from, to, from};
		at = to;
	}
	return n;
}

/* expect writes the text of the copy. */
static void expect(struct slice text, const struct office_edit *edits, size_t n, struct build *out)
{
	size_t at = 0;
	for (size_t i = 0; i < n; i++) {
		build_slice(out, slice_sub(text, at, edits[i].from - at));
		build_str(out, filling);
		at = edits[i].to;
	}
	build_slice(out, slice_sub(text, at, text.len - at));
}

static void check_copy(struct slice copy, struct slice want)
{
	struct office_docx *d = NULL;
	require(!sr_bad(office_docx_open(copy, NULL, &d)));
	require(slice_eq(office_docx_text(d), want));
	office_docx_close(d);
}

static void try_document(struct slice bytes, const uint8_t *data, size_t size)
{
	struct office_docx *d = NULL;
	struct office_edit edits[EDITS_MAX];
	struct slice texts[EDITS_MAX];
	struct build copy = {0}, want = {0};
	if (sr_bad(office_docx_open(bytes, NULL, &d)))
		return;
	size_t n = choose(d, data, size, edits);
	for (size_t i = 0; i < n; i++)
		texts[i] = slice_str(filling);
	expect(office_docx_text(d), edits, n, &want);
	struct sr_err e = office_docx_plan(d, edits, n, NULL);
	if (!sr_bad(e))
		e = office_docx_copy(d, texts, &copy);
	if (!sr_bad(e))
		check_copy(slice_make(copy.ptr, copy.len), slice_make(want.ptr, want.len));
	build_release(&copy);
	build_release(&want);
	office_docx_close(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct slice bytes = slice_make(data, size);
	try_document(bytes, data, size);
	const char *xml = arena_dup(&a, data, size);
	require(xml != NULL);
	struct slice zip = docx_make(&a, xml, NULL, (struct zips_part){0});
	try_document(zip, data, size);
	arena_release(&a);
	return 0;
}
