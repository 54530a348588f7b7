/* SPDX-License-Identifier: Apache-2.0 */
#include "extract_parse.h"
#include "extract_html.h"
#include "extract_kind.h"
#include "extract_mail.h"
#include "extract_office.h"

#include <string.h>
#include <strings.h>

enum {
	SAMPLE_LEN = 64 * 1024,
	JUNK_N_MIN = 8,   /* fewer are an accident */
	JUNK_PERCENT = 5, /* control and undecodable characters, of all */
	TAGS_N_MIN = 4,   /* tags that make a page of a file without a telling name */
};

/* Markdown has tags, too. */
#define TAGS_N_NEVER UINT32_MAX

static bool is_named_page(const char *name)
{
	static const char *const list[] = {"html", "htm", "xhtml", "shtml", NULL};
	return kind_has_extension(name, list);
}

static bool is_named_text(const char *name)
{
	static const char *const list[] = {"txt", "text", "md", "markdown", NULL};
	return kind_has_extension(name, list);
}

static bool is_page(struct slice text, const char *name)
{
	return is_named_page(name) ||
	       html_looks_like(text, is_named_text(name) ? TAGS_N_NEVER : TAGS_N_MIN);
}

static bool is_junk(const struct decode_result *r)
{
	uint64_t bad_n = r->control_n + r->replaced_n;
	return bad_n > JUNK_N_MIN && bad_n * 100 > r->all_n * JUNK_PERCENT;
}

/* decode_checked decodes a sample first, so that a large file of junk is refused soon. */
static enum extract_outcome decode_checked(struct slice bytes, struct decode_choice how,
					   const struct decode_converters *conv, struct build *out,
					   struct decode_result *res)
{
	struct slice sample = slice_sub(bytes, 0, bytes.len < SAMPLE_LEN ? bytes.len : SAMPLE_LEN);
	enum extract_outcome o = decode_text(sample, how, conv, out, res);
	if (o == EXTRACT_OK && !is_junk(res))
		o = decode_text(bytes, how, conv, out, res);
	if (o == EXTRACT_OK && is_junk(res))
		o = EXTRACT_JUNK;
	return o;
}

enum extract_outcome parse_built(const struct build *out, struct slice *text)
{
	struct sr_err e = build_done(out, text);
	if (!sr_bad(e))
		return EXTRACT_OK;
	return e.code == SR_E_NOMEM ? EXTRACT_MEMORY : EXTRACT_LONG;
}

/* page_text replaces a page, which may lie in out, by its text. */
static enum extract_outcome page_text(struct build *out, struct slice *text)
{
	struct build found;
	build_init(&found, out->len_max);
	enum extract_outcome o = html_text(*text, &found);
	build_release(out);
	*out = found;
	enum extract_outcome built = parse_built(out, text);
	return built == EXTRACT_OK ? o : built;
}

static uint64_t count_replaced(struct slice text)
{
	static const char mark[] = "\xef\xbf\xbd";
	uint64_t n = 0;
	if (!text.len)
		return 0;
	const uint8_t *end = text.ptr + text.len;
	const uint8_t *at = memmem(text.ptr, text.len, mark, sizeof mark - 1);
	for (; at; at = memmem(at, (size_t)(end - at), mark, sizeof mark - 1)) {
		n++;
		at += sizeof mark - 1;
	}
	return n;
}

static enum extract_outcome plain_text(struct parse *p, const struct parse_input *f,
				       struct build *out, struct slice *text)
{
	struct decode_result res;
	struct decode_choice how = decode_guess(f->bytes, f->label, is_page(f->bytes, f->name));
	enum extract_outcome o = decode_checked(f->bytes, how, p->conv, out, &res);
	if (o == EXTRACT_OK && is_page(res.text, f->name))
		o = page_text(out, &res.text);
	if (o != EXTRACT_OK)
		return o;
	*text = res.text;
	p->replaced |= res.replaced_n > 0;
	return EXTRACT_OK;
}

static enum extract_outcome text_of_kind(struct parse *p, const struct parse_input *f,
					 enum extract_kind kind, struct build *out,
					 struct slice *text)
{
	switch (kind) {
	case KIND_MAIL:
		if (!f->is_text)
			return mail_text(p, f->bytes, out, text);
		break;
	case KIND_DOCX:
	case KIND_ODT:
	case KIND_FLAT_ODT:
		return office_text(p, f->bytes, kind, out, text);
	case KIND_PDF:
		return EXTRACT_IS_PDF;
	case KIND_PICTURE:
		return EXTRACT_IS_PICTURE;
	case KIND_TEXT:
		break;
	}
	return plain_text(p, f, out, text);
}

enum extract_outcome parse_file(struct parse *p, const struct parse_input *f, struct build *out,
				struct slice *text)
{
	enum extract_kind kind;
	if (!f->bytes.len) {
		*text = f->bytes;
		return EXTRACT_OK;
	}
	enum extract_outcome o = kind_find(f->bytes, f->name, &kind);
	return o == EXTRACT_OK ? text_of_kind(p, f, kind, out, text) : o;
}

bool parse_open(struct decode_converters *conv)
{
	decode_open(conv);
	return html_open() && mail_open() && office_open();
}

enum extract_outcome extract_parse(struct slice bytes, const char *name,
				   const struct decode_converters *conv, struct build *out,
				   struct extract_found *found)
{
	struct parse p = {.conv = conv};
	struct parse_input f = {.bytes = bytes, .name = name};
	struct slice text;
	enum extract_outcome o = parse_file(&p, &f, out, &text);
	if (o != EXTRACT_OK)
		return o;
	/* Of a page only what is left of it counts. */
	*found = (struct extract_found){text, p.replaced ? count_replaced(text) : 0, {0}};
	memcpy(found->skipped_n, p.skipped_n, sizeof p.skipped_n);
	return EXTRACT_OK;
}
