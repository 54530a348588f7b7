/* SPDX-License-Identifier: Apache-2.0 */
#include "extract_mail.h"
#include "extract_kind.h"
#include "extract_mail_words.h"
#include "extract_utf8.h"
#include "base_limits.h"

#include <assert.h>
#include <gmime/gmime.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* HIDDEN: the first letter of fields that GMime would make sense of. */
#define HIDDEN 'X'
#define SUBJECT "Xubject"

struct mail {
	struct parse *p;
	struct slice bytes; /* the mail; the skeleton has as many */
	GMimeStream *skeleton;
	size_t read_n; /* parts with text */
	bool encrypted;
};

static bool is_open;

static enum extract_outcome put_object(struct mail *m, GMimeObject *o, struct build *out);

/* is_hidden tells whether a line begins with a field that GMime parses as soon as it sees it:
 * addresses, dates and words in any encoding. Of them the text of the Subject is all we want. */
static bool is_hidden(const uint8_t *s, size_t len)
{
	static const char *const names[] = {"subject:",  "from:", "to:",     "cc:",        "bcc:",
					    "reply-to:", "date:", "sender:", "message-id:"};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		size_t n = strlen(names[i]);
		if (len >= n && strncasecmp((const char *)s, names[i], n) == 0)
			return true;
	}
	return false;
}

/* make_skeleton writes what GMime gets to see: ASCII, no encoded word ("=?", RFC 2047), no encoded
 * parameter ("*=", RFC 2231), so that it never wants a converter, and no field of is_hidden. What
 * becomes of a byte does not depend on where a boundary stands, so that boundaries stay equal. */
static void make_skeleton(struct slice s, uint8_t *to)
{
	bool starts = true;
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.ptr[i];
		if (starts && is_hidden(s.ptr + i, s.len - i))
			to[i] = HIDDEN;
		else if (c == '?' || (c == '*' && i + 1 < s.len && s.ptr[i + 1] == '='))
			to[i] = '_';
		else if (c >= 0x7f || (c < ' ' && !memchr("\t\r\n", c, 3)))
			to[i] = 'x';
		else
			to[i] = c;
		starts = c == '\n';
	}
}

/* put_text appends a part's text behind an empty line. */
static void put_text(struct build *out, struct slice text)
{
	while (text.len && (text.ptr[0] == '\n' || text.ptr[0] == '\r'))
		text = slice_sub(text, 1, text.len - 1);
	while (text.len && utf8_is_white(slice_sub(text, text.len - 1, 1)))
		text.len--;
	if (out->len && text.len)
		build_str(out, "\n\n");
	build_slice(out, text);
}

/* skip counts a part that is not read, unless the reason ends it all. */
static enum extract_outcome skip(struct mail *m, enum extract_outcome reason)
{
	if (!extract_part_words(reason, false))
		return reason;
	m->p->skipped_n[reason]++;
	m->encrypted |= reason == EXTRACT_ENCRYPTED;
	return EXTRACT_OK;
}

static bool is_type(GMimeObject *o, const char *type, const char *subtype)
{
	GMimeContentType *t = g_mime_object_get_content_type(o);
	return t && g_mime_content_type_is_type(t, type, subtype);
}

static const char *parameter(GMimeObject *o, const char *name)
{
	const char *s = g_mime_object_get_content_type_parameter(o, name);
	return s ? s : "";
}

/* is_no_text: parts that belong to the form of a mail, not to what it says. */
static bool is_no_text(GMimeObject *o)
{
	static const char *const list[][2] = {
		{"application", "pgp-signature"}, {"application", "pkcs7-signature"},
		{"application", "pgp-encrypted"}, {"application", "x-pkcs7-signature"},
		{"application", "javascript"},    {"text", "css"},
		{"application", "x-javascript"},  {"text", "javascript"},
	};
	for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
		if (is_type(o, list[i][0], list[i][1]))
			return true;
	}
	return false;
}

/* refused_type names why a part of this type is not even looked at. */
static enum extract_outcome refused_type(GMimeObject *o)
{
	if (is_type(o, "image", "*"))
		return EXTRACT_IS_PICTURE;
	if (is_type(o, "audio", "*") || is_type(o, "video", "*"))
		return EXTRACT_IS_MEDIA;
	if (is_type(o, "message", "external-body"))
		return EXTRACT_ELSEWHERE;
	if (is_type(o, "application", "ms-tnef") || is_type(o, "application", "vnd.ms-tnef"))
		return EXTRACT_IS_TNEF;
	if (!is_type(o, "application", "pkcs7-mime") && !is_type(o, "application", "x-pkcs7-mime"))
		return EXTRACT_OK;
	return strncasecmp(parameter(o, "smime-type"), "signed", 6) == 0 ? EXTRACT_JUNK
									 : EXTRACT_ENCRYPTED;
}

/* body_of returns where the body of a part lies in the mail. */
static struct slice body_of(const struct mail *m, GMimePart *part)
{
	GMimeDataWrapper *w = g_mime_part_get_content(part);
	GMimeStream *s = w ? g_mime_data_wrapper_get_stream(w) : NULL;
	if (!s || s->bound_start < 0 || s->bound_end < s->bound_start ||
	    (uint64_t)s->bound_end > m->bytes.len)
		return slice_make(NULL, 0);
	return slice_sub(m->bytes, (size_t)s->bound_start, (size_t)(s->bound_end - s->bound_start));
}

/* is_text: what must not be taken for a mail because it begins like one. */
static bool is_text(GMimeObject *o)
{
	return is_type(o, "text", "*") ||
	       (is_type(o, "message", "*") && !is_type(o, "message", "rfc822") &&
		!is_type(o, "message", "global") && !is_type(o, "message", "partial"));
}

static const char *name_of(GMimeObject *o)
{
	if (is_type(o, "text", "html"))
		return "part.html";
	if (is_type(o, "text", "*"))
		return "part.txt";
	return GMIME_IS_PART(o) ? g_mime_part_get_filename(GMIME_PART(o)) : NULL;
}

static enum extract_outcome put_read(struct mail *m, GMimeObject *o, struct slice text,
				     struct build *out)
{
	static const char pgp[] = "-----BEGIN PGP MESSAGE-----";
	struct build whole;
	enum extract_outcome outcome = EXTRACT_OK;
	build_init(&whole, out->len_max);
	if (text.len >= sizeof pgp - 1 && memcmp(text.ptr, pgp, sizeof pgp - 1) == 0)
		return skip(m, EXTRACT_ENCRYPTED);
	if (is_type(o, "text", "plain") && strcasecmp(parameter(o, "format"), "flowed") == 0) {
		mail_unflow(text, strcasecmp(parameter(o, "delsp"), "yes") == 0, &whole);
		outcome = parse_built(&whole, &text);
	}
	if (outcome == EXTRACT_OK) {
		m->read_n += !utf8_is_white(text);
		put_text(out, text);
	}
	build_release(&whole);
	return outcome;
}

static enum extract_outcome put_file(struct mail *m, GMimeObject *o, struct slice bytes,
				     struct build *out)
{
	struct parse_input in = {.bytes = bytes,
				 .name = name_of(o),
				 .label = g_mime_object_get_content_type_parameter(o, "charset"),
				 .is_text = is_text(o)};
	struct slice text;
	struct build scratch;
	build_init(&scratch, out->len_max);
	enum extract_outcome outcome = parse_file(m->p, &in, &scratch, &text);
	outcome = outcome == EXTRACT_OK ? put_read(m, o, text, out) : skip(m, outcome);
	build_release(&scratch);
	return outcome;
}

static enum extract_outcome put_leaf(struct mail *m, GMimePart *part, struct build *out)
{
	GMimeObject *o = GMIME_OBJECT(part);
	enum extract_outcome outcome = refused_type(o);
	if (++m->p->parts_n > LIMIT_MAIL_PARTS)
		return EXTRACT_PARTS;
	if (is_no_text(o))
		return EXTRACT_OK;
	if (outcome != EXTRACT_OK)
		return skip(m, outcome);
	struct slice body = body_of(m, part);
	struct build decoded;
	build_init(&decoded, LIMIT_LEAK_BYTES);
	switch (g_mime_part_get_content_encoding(part)) {
	case GMIME_CONTENT_ENCODING_BASE64:
	case GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE:
	case GMIME_CONTENT_ENCODING_UUENCODE:
		mail_decode(body, g_mime_part_get_content_encoding(part), &decoded);
		outcome = parse_built(&decoded, &body);
		break;
	case GMIME_CONTENT_ENCODING_DEFAULT:
	case GMIME_CONTENT_ENCODING_7BIT:
	case GMIME_CONTENT_ENCODING_8BIT:
	case GMIME_CONTENT_ENCODING_BINARY:
		break;
	}
	if (outcome == EXTRACT_OK)
		outcome = put_file(m, o, body, out);
	build_release(&decoded);
	return outcome;
}

/* field_at returns the value of the field that begins at off, its folded lines included. */
static struct slice field_at(struct slice s, int64_t off)
{
	if (off < 0 || (uint64_t)off > s.len)
		return slice_make(NULL, 0);
	size_t from = (size_t)off;
	while (from < s.len && s.ptr[from] != ':')
		from++;
	from += from < s.len;
	size_t end = from;
	while (end < s.len &&
	       !(s.ptr[end] == '\n' &&
		 (s.len - end == 1 || (s.ptr[end + 1] != ' ' && s.ptr[end + 1] != '\t'))))
		end++;
	while (from < end && utf8_is_white(slice_sub(s, from, 1)))
		from++;
	return slice_sub(s, from, end - from);
}

static enum extract_outcome put_message(struct mail *m, GMimeMessage *message, struct build *out)
{
	GMimeHeaderList *list = g_mime_object_get_header_list(GMIME_OBJECT(message));
	GMimeHeader *subject = g_mime_header_list_get_header(list, SUBJECT);
	enum extract_outcome outcome = EXTRACT_OK;
	if (++m->p->parts_n > LIMIT_MAIL_PARTS)
		return EXTRACT_PARTS;
	if (subject) {
		struct build value;
		struct slice text;
		build_init(&value, out->len_max);
		outcome = mail_header(field_at(m->bytes, g_mime_header_get_offset(subject)), m->p,
				      &value);
		if (outcome == EXTRACT_OK)
			outcome = parse_built(&value, &text);
		if (outcome == EXTRACT_OK)
			put_text(out, text);
		build_release(&value);
	}
	GMimeObject *body = g_mime_message_get_mime_part(message);
	return body && outcome == EXTRACT_OK ? put_object(m, body, out) : outcome;
}

/* put_prologue reads a multipart in which no part was found, as where its boundary is not the one
 * that it names: all of it, as one text. */
static enum extract_outcome put_prologue(struct mail *m, GMimeMultipart *multipart,
					 struct build *out)
{
	GMimeObject *o = GMIME_OBJECT(multipart);
	GMimeHeader *h =
		g_mime_header_list_get_header(g_mime_object_get_header_list(o), "Content-Type");
	const char *prologue = g_mime_multipart_get_prologue(multipart);
	if (!h || !prologue)
		return EXTRACT_OK;
	struct slice s = field_at(m->bytes, g_mime_header_get_offset(h));
	if (!s.ptr)
		return EXTRACT_OK;
	s.len = (size_t)(m->bytes.ptr + m->bytes.len - s.ptr);
	while (s.len && !(s.ptr[0] == '\n' && s.len > 1 && (s.ptr[1] == '\n' || s.ptr[1] == '\r')))
		s = slice_sub(s, 1, s.len - 1);
	size_t len = strlen(prologue) + 3;
	return put_file(m, o, slice_sub(s, 0, len < s.len ? len : s.len), out);
}

/* letters_n counts the bytes that are not white: how much a text says. */
static size_t letters_n(const struct build *b)
{
	size_t n = 0;
	for (size_t i = 0; i < b->len; i++)
		n += !utf8_is_white(slice_make(b->ptr + i, 1));
	return n;
}

static enum extract_outcome put_alternative(struct mail *m, GMimeMultipart *multipart,
					    struct build *out)
{
	enum extract_outcome outcome = EXTRACT_OK;
	struct build best, next, other;
	struct slice text;
	build_init(&best, out->len_max);
	build_init(&next, out->len_max);
	int n = g_mime_multipart_get_count(multipart);
	for (int i = 0; i < n && outcome == EXTRACT_OK; i++) {
		build_reset(&next);
		outcome = put_object(m, g_mime_multipart_get_part(multipart, i), &next);
		if (outcome != EXTRACT_OK)
			break;
		outcome = parse_built(&next, &text);
		if (i > 0 && letters_n(&next) <= 2 * letters_n(&best))
			continue;
		other = best;
		best = next;
		next = other;
	}
	if (outcome == EXTRACT_OK)
		put_text(out, slice_make(best.ptr, best.len));
	build_release(&best);
	build_release(&next);
	return outcome;
}

static enum extract_outcome put_multipart(struct mail *m, GMimeMultipart *multipart,
					  struct build *out)
{
	enum extract_outcome outcome = EXTRACT_OK;
	int n = g_mime_multipart_get_count(multipart);
	if (is_type(GMIME_OBJECT(multipart), "multipart", "encrypted"))
		return skip(m, EXTRACT_ENCRYPTED);
	if (n == 0)
		return put_prologue(m, multipart, out);
	if (is_type(GMIME_OBJECT(multipart), "multipart", "alternative"))
		return put_alternative(m, multipart, out);
	for (int i = 0; i < n && outcome == EXTRACT_OK; i++)
		outcome = put_object(m, g_mime_multipart_get_part(multipart, i), out);
	return outcome;
}

static enum extract_outcome put_object(struct mail *m, GMimeObject *o, struct build *out)
{
	enum extract_outcome outcome = EXTRACT_OK;
	if (m->p->level >= LIMIT_MAIL_DEPTH)
		return EXTRACT_DEEP;
	m->p->level++;
	if (GMIME_IS_MULTIPART(o)) {
		outcome = put_multipart(m, GMIME_MULTIPART(o), out);
	} else if (GMIME_IS_MESSAGE_PART(o)) {
		GMimeMessage *inner = g_mime_message_part_get_message(GMIME_MESSAGE_PART(o));
		if (inner)
			outcome = put_message(m, inner, out);
	} else if (GMIME_IS_PART(o)) {
		outcome = put_leaf(m, GMIME_PART(o), out);
	}
	m->p->level--;
	return outcome;
}

/* next_message finds the message that begins at from, behind its "From " line if it has one, and
 * its end. Such a line separates where a blank line is before it and a header field behind it: a
 * sentence can begin with "From ", too. */
static struct slice next_message(struct slice s, size_t *from)
{
	static const char mark[] = "\nFrom ";
	bool is_box = s.len >= 5 && memcmp(s.ptr, mark + 1, 5) == 0;
	size_t start = *from, end = s.len;
	const uint8_t *nl = is_box ? memchr(s.ptr + start, '\n', s.len - start) : NULL;
	if (is_box)
		start = nl ? (size_t)(nl - s.ptr) + 1 : s.len;
	for (size_t at = start; is_box && at < s.len; at++) {
		const uint8_t *p = memmem(s.ptr + at, s.len - at, mark, sizeof mark - 1);
		at = p ? (size_t)(p - s.ptr) : s.len;
		nl = p ? memchr(p + 1, '\n', s.len - at - 1) : NULL;
		size_t behind = nl ? (size_t)(nl - s.ptr) + 1 : s.len;
		bool blank = at > start && (s.ptr[at - 1] == '\n' ||
					    (s.ptr[at - 1] == '\r' && s.ptr[at - 2] == '\n'));
		if (nl && blank && kind_starts_message(slice_sub(s, behind, s.len - behind))) {
			end = at + 1;
			break;
		}
	}
	*from = end;
	return slice_sub(s, start, end - start);
}

static enum extract_outcome put_messages(struct mail *m, struct build *out)
{
	enum extract_outcome outcome = EXTRACT_OK;
	for (size_t from = 0; from < m->bytes.len && outcome == EXTRACT_OK;) {
		struct slice s = next_message(m->bytes, &from);
		int64_t start = s.ptr - m->bytes.ptr;
		GMimeStream *part =
			g_mime_stream_substream(m->skeleton, start, start + (int64_t)s.len);
		GMimeParser *parser = g_mime_parser_new_with_stream(part);
		GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);
		if (message) {
			outcome = put_message(m, message, out);
			g_object_unref(message);
		}
		g_object_unref(parser);
		g_object_unref(part);
	}
	return outcome;
}

static enum extract_outcome read_mail(struct mail *m, struct build *out)
{
	if (!m->bytes.len)
		return EXTRACT_NOTHING;
	uint8_t *skeleton = malloc(m->bytes.len);
	if (!skeleton)
		return EXTRACT_MEMORY;
	make_skeleton(m->bytes, skeleton);
	GByteArray *array = g_byte_array_new_take(skeleton, m->bytes.len);
	m->skeleton = g_mime_stream_mem_new_with_byte_array(array);
	g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(m->skeleton), FALSE);
	enum extract_outcome outcome = put_messages(m, out);
	g_object_unref(m->skeleton);
	g_byte_array_free(array, TRUE);
	if (outcome != EXTRACT_OK || m->read_n)
		return outcome;
	return m->encrypted ? EXTRACT_ENCRYPTED : EXTRACT_NOTHING;
}

/* old_lines makes line feeds of the carriage returns of a mail that has nothing else: lines of old
 * Macintoshes. */
static enum extract_outcome old_lines(struct slice *bytes, struct build *fixed)
{
	if (!bytes->len || memchr(bytes->ptr, '\n', bytes->len) ||
	    !memchr(bytes->ptr, '\r', bytes->len))
		return EXTRACT_OK;
	build_slice(fixed, *bytes);
	enum extract_outcome outcome = parse_built(fixed, bytes);
	for (size_t i = 0; i < fixed->len; i++)
		fixed->ptr[i] = fixed->ptr[i] == '\r' ? '\n' : fixed->ptr[i];
	return outcome;
}

enum extract_outcome mail_text(struct parse *p, struct slice bytes, struct build *out,
			       struct slice *text)
{
	struct mail m = {.p = p, .bytes = kind_message(bytes)};
	struct build fixed;
	assert(is_open);
	if (p->level >= LIMIT_MAIL_DEPTH)
		return EXTRACT_DEEP;
	p->level++;
	build_init(&fixed, 0);
	build_reset(out);
	enum extract_outcome outcome = old_lines(&m.bytes, &fixed);
	if (outcome == EXTRACT_OK)
		outcome = read_mail(&m, out);
	build_release(&fixed);
	p->level--;
	return outcome == EXTRACT_OK ? parse_built(out, text) : outcome;
}

/* on_log hears what GLib and GMime have to say; the last words before an abort only are for
 * somebody. */
static void on_log(const char *domain, GLogLevelFlags level, const char *text, void *user)
{
	(void)domain;
	(void)user;
	/* Without memory there is no text. */
	if (level & G_LOG_FLAG_FATAL)
		(void)fputs(text ? text : "failed to allocate", stderr);
}

bool mail_open(void)
{
	static const char warm_up[] =
		"MIME-Version: 1.0\nSubject: a\nContent-Type: multipart/mixed; boundary=b\n\n--b\n"
		"Content-Type: text/plain; charset=utf-8\nContent-Disposition: inline\n"
		"Content-Transfer-Encoding: quoted-printable\n\na\n--b\n"
		"Content-Type: message/rfc822\n\nSubject: c\n\nd\n--b--\n";
	struct parse p = {0};
	struct build out;
	struct slice text;
	if (is_open)
		return true;
	g_mime_init();
	(void)g_log_set_default_handler(on_log, NULL);
	is_open = true;
	/* Whatever it puts off until it is needed. */
	build_init(&out, 0);
	is_open = mail_text(&p, SLICE_LIT(warm_up), &out, &text) == EXTRACT_OK;
	build_release(&out);
	return is_open;
}
