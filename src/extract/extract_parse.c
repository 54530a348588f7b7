/* SPDX-License-Identifier: Apache-2.0 */
#include "extract_parse.h"
#include "extract_html.h"
#include "extract_kind.h"

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

static bool has_extension(const char *name, const char *const *list)
{
	const char *dot = name ? strrchr(name, '.') : NULL;
	for (; dot && *list; list++) {
		if (strcasecmp(dot + 1, *list) == 0)
			return true;
	}
	return false;
}

static bool is_named_page(const char *name)
{
	static const char *const list[] = {"html", "htm", "xhtml", "shtml", NULL};
	return has_extension(name, list);
}

static bool is_named_text(const char *name)
{
	static const char *const list[] = {"txt", "text", "md", "markdown", NULL};
	return has_extension(name, list);
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

/* page_text replaces a page, which may lie in out, by its text. */
static enum extract_outcome page_text(struct build *out, struct slice *text)
{
	struct build found;
	build_init(&found, out->len_max);
	enum extract_outcome o = html_text(*text, &found);
	build_release(out);
	*out = found;
	struct sr_err e = build_done(out, text);
	if (!sr_bad(e))
		return o;
	return e.code == SR_E_NOMEM ? EXTRACT_MEMORY : EXTRACT_LONG;
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

enum extract_outcome extract_parse(struct slice bytes, const char *name,
				   const struct decode_converters *conv, struct build *out,
				   struct slice *text, uint64_t *replaced_n)
{
	struct decode_result res;
	if (!bytes.len) {
		*text = bytes;
		*replaced_n = 0;
		return EXTRACT_OK;
	}
	enum extract_outcome o = kind_refused(bytes);
	if (o != EXTRACT_OK)
		return o;
	struct decode_choice how = decode_guess(bytes, is_page(bytes, name));
	o = decode_checked(bytes, how, conv, out, &res);
	if (o == EXTRACT_OK && is_page(res.text, name))
		o = page_text(out, &res.text);
	if (o != EXTRACT_OK)
		return o;
	*text = res.text;
	/* Of a page only what is left of it counts. */
	*replaced_n = res.replaced_n ? count_replaced(res.text) : 0;
	return EXTRACT_OK;
}
