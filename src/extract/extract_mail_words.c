/* SPDX-License-Identifier: Apache-2.0 */
#include "extract_mail_words.h"
#include "extract_utf8.h"

#include <assert.h>
#include <string.h>

/* WORD_LEN_MAX: of an encoded word, which may have 75 by RFC 2047, 2. */
enum { CHUNK_LEN = 16 * 1024, WORD_LEN_MAX = 1024, LABEL_LEN_MAX = 63 };

/* behind_begin cuts the line "begin 644 name" off: GMime wants to be told that it was there. */
static struct slice behind_begin(struct slice s)
{
	static const char begin[] = "begin ";
	const uint8_t *at = s.len ? memmem(s.ptr, s.len, begin, sizeof begin - 1) : NULL;
	const uint8_t *nl = at ? memchr(at, '\n', (size_t)(s.ptr + s.len - at)) : NULL;
	size_t skip = nl ? (size_t)(nl - s.ptr) + 1 : s.len;
	return slice_sub(s, skip, s.len - skip);
}

void mail_decode(struct slice body, GMimeContentEncoding encoding, struct build *out)
{
	char buf[2 * CHUNK_LEN];
	GMimeEncoding state;
	g_mime_encoding_init_decode(&state, encoding);
	if (encoding == GMIME_CONTENT_ENCODING_UUENCODE) {
		body = behind_begin(body);
		state.state |= GMIME_UUDECODE_STATE_BEGIN;
	}
	while (body.len && !out->failed) {
		size_t n = body.len < CHUNK_LEN ? body.len : CHUNK_LEN;
		assert(g_mime_encoding_outlen(&state, n) <= sizeof buf);
		size_t made = g_mime_encoding_step(&state, (const char *)body.ptr, n, buf);
		build_bytes(out, buf, made);
		body = slice_sub(body, n, body.len - n);
	}
	/* What is left of a group whose padding is missing. */
	if (encoding == GMIME_CONTENT_ENCODING_BASE64)
		build_bytes(out, buf, g_mime_encoding_step(&state, "==", 2, buf));
	build_bytes(out, buf, g_mime_encoding_flush(&state, "", 0, buf));
}

/* One line: how deep it is quoted, and what is behind the marks and the stuffed space. */
struct line {
	size_t depth;
	struct slice text;
	bool flows;
};

static struct line cut_line(struct slice *s)
{
	const uint8_t *nl = memchr(s->ptr, '\n', s->len);
	size_t len = nl ? (size_t)(nl - s->ptr) : s->len;
	struct line l = {.text = slice_sub(*s, 0, len)};
	*s = nl ? slice_sub(*s, len + 1, s->len - len - 1) : slice_sub(*s, len, 0);
	if (len && l.text.ptr[len - 1] == '\r')
		l.text.len--;
	while (l.depth < l.text.len && l.text.ptr[l.depth] == '>')
		l.depth++;
	l.text = slice_sub(l.text, l.depth, l.text.len - l.depth);
	if (l.text.len && l.text.ptr[0] == ' ')
		l.text = slice_sub(l.text, 1, l.text.len - 1);
	/* 4.3: the separator of a signature does not flow. */
	l.flows = l.text.len && l.text.ptr[l.text.len - 1] == ' ' &&
		  !slice_eq(l.text, SLICE_LIT("-- "));
	return l;
}

void mail_unflow(struct slice text, bool delsp, struct build *out)
{
	struct line last = {0};
	while (text.len) {
		struct line l = cut_line(&text);
		/* 4.3, 4.5: a paragraph ends at a signature and where the depth changes. */
		bool joined =
			last.flows && last.depth == l.depth && !slice_eq(l.text, SLICE_LIT("-- "));
		if (last.flows && !joined)
			build_str(out, "\n");
		for (size_t i = 0; !joined && i < l.depth; i++)
			build_str(out, i + 1 < l.depth ? ">" : "> ");
		build_bytes(out, l.text.ptr, l.text.len - (l.flows && delsp));
		if (!l.flows)
			build_str(out, "\n");
		last = l;
	}
}

/* Encoded words that follow each other are decoded together: some mailers cut a character in
 * two. */
struct header {
	struct parse *p;
	struct build *out;
	struct build bytes, scratch;
	char label[LABEL_LEN_MAX + 1];
	enum extract_outcome outcome;
};

static void put_decoded(struct header *h, struct slice s, const char *label)
{
	struct decode_result res;
	if (h->outcome != EXTRACT_OK || !s.len)
		return;
	struct decode_choice how = decode_guess(s, label, false);
	h->outcome = decode_text(s, how, h->p->conv, &h->scratch, &res);
	if (h->outcome == EXTRACT_ENCODING) {
		how = decode_guess(s, NULL, false);
		h->outcome = decode_text(s, how, h->p->conv, &h->scratch, &res);
	}
	if (h->outcome != EXTRACT_OK)
		return;
	build_slice(h->out, res.text);
	h->p->replaced |= res.replaced_n > 0;
}

static void put_words(struct header *h)
{
	struct slice s;
	enum extract_outcome o = parse_built(&h->bytes, &s);
	if (o == EXTRACT_OK)
		put_decoded(h, s, h->label);
	else if (h->outcome == EXTRACT_OK)
		h->outcome = o;
	build_reset(&h->bytes);
}

struct word {
	struct slice label, payload;
	bool is_base64;
};

static bool cut_until(struct slice *s, const char *end, struct slice *out)
{
	const uint8_t *at = s->len ? memmem(s->ptr, s->len, end, strlen(end)) : NULL;
	if (!at)
		return false;
	size_t len = (size_t)(at - s->ptr);
	*out = slice_sub(*s, 0, len);
	*s = slice_sub(*s, len + strlen(end), s->len - len - strlen(end));
	return true;
}

/* cut_word takes "=?charset?B?payload?=" from the front; RFC 2231, 5 adds a language to the
 * charset. */
static bool cut_word(struct slice *s, struct word *w)
{
	struct slice rest = slice_sub(*s, 0, s->len < WORD_LEN_MAX ? s->len : WORD_LEN_MAX);
	struct slice label, kind;
	if (!cut_until(&rest, "=?", &label) || label.len || !cut_until(&rest, "?", &label) ||
	    !cut_until(&rest, "?", &kind) || kind.len != 1 || !cut_until(&rest, "?=", &w->payload))
		return false;
	const uint8_t *star = label.len ? memchr(label.ptr, '*', label.len) : NULL;
	w->label = star ? slice_sub(label, 0, (size_t)(star - label.ptr)) : label;
	w->is_base64 = (kind.ptr[0] | 0x20) == 'b';
	if (!w->label.len || w->label.len > LABEL_LEN_MAX ||
	    (!w->is_base64 && (kind.ptr[0] | 0x20) != 'q'))
		return false;
	size_t len = (size_t)(rest.ptr - s->ptr);
	*s = slice_sub(*s, len, s->len - len);
	return true;
}

static void put_word(struct header *h, const struct word *w)
{
	bool same = strlen(h->label) == w->label.len &&
		    memcmp(h->label, w->label.ptr, w->label.len) == 0;
	if (!same)
		put_words(h);
	memcpy(h->label, w->label.ptr, w->label.len);
	h->label[w->label.len] = 0;
	if (w->is_base64) {
		mail_decode(w->payload, GMIME_CONTENT_ENCODING_BASE64, &h->bytes);
		return;
	}
	/* 4.2 (2): an underscore is a space; a real one is written as =5F. */
	build_reset(&h->scratch);
	build_slice(&h->scratch, w->payload);
	for (size_t i = 0; i < h->scratch.len; i++) {
		if (h->scratch.ptr[i] == '_')
			h->scratch.ptr[i] = ' ';
	}
	mail_decode(slice_make(h->scratch.ptr, h->scratch.len),
		    GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE, &h->bytes);
	if (h->scratch.failed && !h->bytes.failed)
		h->bytes.failed = h->scratch.failed;
}

enum extract_outcome mail_header(struct slice value, struct parse *p, struct build *out)
{
	struct header h = {.p = p, .out = out, .outcome = EXTRACT_OK};
	build_init(&h.bytes, out->len_max);
	build_init(&h.scratch, out->len_max);
	bool behind_word = false;
	while (value.len && h.outcome == EXTRACT_OK) {
		struct word w;
		const uint8_t *at = memmem(value.ptr, value.len, "=?", 2);
		size_t len = at ? (size_t)(at - value.ptr) : value.len;
		struct slice plain = slice_sub(value, 0, len);
		value = slice_sub(value, len, value.len - len);
		bool is_word = cut_word(&value, &w);
		/* 6.2: white space between encoded words is none. */
		if (!(behind_word && is_word && utf8_is_white(plain))) {
			put_words(&h);
			put_decoded(&h, plain, NULL);
		}
		if (is_word)
			put_word(&h, &w);
		else if (value.len) {
			put_decoded(&h, slice_sub(value, 0, 2), NULL);
			value = slice_sub(value, 2, value.len - 2);
		}
		behind_word = is_word;
	}
	put_words(&h);
	build_release(&h.bytes);
	build_release(&h.scratch);
	return h.outcome;
}
