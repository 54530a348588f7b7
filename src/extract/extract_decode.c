/* SPDX-License-Identifier: Apache-2.0 */
#include "extract_decode.h"
#include "extract_utf8.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <uchardet.h>

/* SAMPLE_LEN: how far uchardet and the count of zeros look. */
enum { SAMPLE_LEN = 256 * 1024, ACCENTS_N_MIN = 64, PRESCAN_LEN = 1024 };

/* unit: how many bytes an undecodable character takes. labels: separated by spaces. */
struct encoding {
	const char *iconv;
	size_t unit;
	const char *labels;
};

/* The labels are the common ones of the Encoding Standard (WHATWG), 4.2, which reads iso-8859-1
 * as windows-1252, and the names uchardet uses. */
static const struct encoding encodings[] = {
	{"UTF-8", 1, "utf-8 utf8 unicode-1-1-utf-8 utf-16 utf-16le utf-16be"},
	{"UTF-16LE", 2, ""},
	{"UTF-16BE", 2, ""},
	{"UTF-32LE", 4, ""},
	{"UTF-32BE", 4, ""},
	{"CP1252", 1,
	 "windows-1252 cp1252 x-cp1252 iso-8859-1 iso8859-1 iso88591 latin1 l1 us-ascii ascii "
	 "ansi_x3.4-1968 x-user-defined"},
	{"CP1250", 1, "windows-1250 cp1250 x-cp1250"},
	{"CP1251", 1, "windows-1251 cp1251 x-cp1251"},
	{"CP1253", 1, "windows-1253 cp1253 x-cp1253"},
	{"CP1254", 1, "windows-1254 cp1254 x-cp1254 iso-8859-9 iso8859-9 latin5 l5"},
	{"CP1255", 1, "windows-1255 cp1255 x-cp1255"},
	{"CP1256", 1, "windows-1256 cp1256 x-cp1256"},
	{"CP1257", 1, "windows-1257 cp1257 x-cp1257"},
	{"CP1258", 1, "windows-1258 cp1258 x-cp1258"},
	{"CP874", 1, "windows-874 tis-620 iso-8859-11 iso8859-11 dos-874"},
	{"ISO-8859-2", 1, "iso-8859-2 iso8859-2 latin2 l2"},
	{"ISO-8859-3", 1, "iso-8859-3 iso8859-3 latin3 l3"},
	{"ISO-8859-4", 1, "iso-8859-4 iso8859-4 latin4 l4"},
	{"ISO-8859-5", 1, "iso-8859-5 iso8859-5 cyrillic"},
	{"ISO-8859-6", 1, "iso-8859-6 iso8859-6 arabic asmo-708"},
	{"ISO-8859-7", 1, "iso-8859-7 iso8859-7 greek greek8"},
	{"ISO-8859-8", 1, "iso-8859-8 iso8859-8 hebrew visual iso-8859-8-i logical"},
	{"ISO-8859-10", 1, "iso-8859-10 iso8859-10 latin6 l6"},
	{"ISO-8859-13", 1, "iso-8859-13 iso8859-13"},
	{"ISO-8859-14", 1, "iso-8859-14 iso8859-14"},
	{"ISO-8859-15", 1, "iso-8859-15 iso8859-15 latin9 l9"},
	{"ISO-8859-16", 1, "iso-8859-16"},
	{"KOI8-R", 1, "koi8-r koi8 koi koi8_r"},
	{"KOI8-U", 1, "koi8-u koi8-ru"},
	{"MACINTOSH", 1, "macintosh mac x-mac-roman"},
	{"MAC-CYRILLIC", 1, "x-mac-cyrillic mac-cyrillic x-mac-ukrainian"},
	{"MAC-CENTRALEUROPE", 1, "mac-centraleurope"},
	{"IBM852", 1, "ibm852 cp852"},
	{"IBM855", 1, "ibm855 cp855"},
	{"IBM865", 1, "ibm865 cp865"},
	{"IBM866", 1, "ibm866 cp866 866"},
	{"VISCII", 1, "viscii"},
	{"GEORGIAN-ACADEMY", 1, "georgian-academy"},
	{"WINDOWS-31J", 1, "shift_jis shift-jis sjis x-sjis ms_kanji windows-31j ms932"},
	{"EUC-JP-MS", 1, "euc-jp x-euc-jp"},
	{"ISO-2022-JP", 1, "iso-2022-jp csiso2022jp"},
	{"GB18030", 1, "gb18030 gbk gb2312 gb_2312 gb_2312-80 x-gbk chinese csgb2312"},
	{"BIG5-HKSCS", 1, "big5 big5-hkscs cn-big5 x-x-big5"},
	{"UHC", 1, "euc-kr uhc ks_c_5601-1987 korean windows-949 cp949"},
	{"EUC-TW", 1, "euc-tw"},
	{"ISO-2022-KR", 1, "iso-2022-kr"},
	{"ISO-2022-CN", 1, "iso-2022-cn"},
};

enum { ENCODING_N = sizeof encodings / sizeof encodings[0] };
enum { UTF_8, UTF_16LE, UTF_16BE, UTF_32LE, UTF_32BE, WINDOWS_1252 };

static_assert((size_t)ENCODING_N <= DECODE_N_MAX, "every encoding has room for its converter");

void decode_open(struct decode_converters *conv)
{
	for (size_t i = 0; i < ENCODING_N; i++)
		conv->at[i] = iconv_open("UTF-8", encodings[i].iconv);
}

void decode_close(struct decode_converters *conv)
{
	for (size_t i = 0; i < ENCODING_N; i++) {
		if (conv->at[i] != (iconv_t)-1)
			(void)iconv_close(conv->at[i]);
	}
}

static bool has_label(const char *labels, struct slice label)
{
	while (*labels) {
		size_t len = strcspn(labels, " ");
		if (len == label.len && strncasecmp(labels, (const char *)label.ptr, len) == 0)
			return true;
		labels += len;
		labels += *labels == ' ';
	}
	return false;
}

bool decode_label(struct slice label, size_t *encoding)
{
	for (size_t i = 0; label.len && i < ENCODING_N; i++) {
		if (has_label(encodings[i].labels, label)) {
			*encoding = i;
			return true;
		}
	}
	return false;
}

static bool by_mark(struct slice s, struct decode_choice *c)
{
	static const struct {
		size_t encoding, len;
		const char *mark;
	} marks[] = {
		/* The mark of UTF-32LE begins with that of UTF-16LE. */
		{UTF_32LE, 4, "\xff\xfe\0\0"}, {UTF_32BE, 4, "\0\0\xfe\xff"},
		{UTF_16LE, 2, "\xff\xfe"},     {UTF_16BE, 2, "\xfe\xff"},
		{UTF_8, 3, "\xef\xbb\xbf"},
	};
	for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
		if (s.len >= marks[i].len && memcmp(s.ptr, marks[i].mark, marks[i].len) == 0) {
			*c = (struct decode_choice){marks[i].encoding, marks[i].len};
			return true;
		}
	}
	return false;
}

/* by_zeros: in UTF-16 at least the spaces and line ends have a zero byte, all on the same side;
 * in UTF-32 three or two bytes of four are zero. */
static bool by_zeros(struct slice s, struct decode_choice *c)
{
	size_t zero_n[4] = {0};
	size_t n = s.len < SAMPLE_LEN ? s.len : SAMPLE_LEN;
	for (size_t i = 0; i < n; i++)
		zero_n[i % 4] += s.ptr[i] == 0;
	size_t quarter = n / 4, even = zero_n[0] + zero_n[2], odd = zero_n[1] + zero_n[3];
	*c = (struct decode_choice){UTF_8, 0};
	if (s.len % 2 || n < 8)
		return false;
	if (s.len % 4 == 0 && zero_n[3] == quarter && zero_n[2] * 10 > quarter * 9 &&
	    zero_n[0] == 0)
		c->encoding = UTF_32LE;
	else if (s.len % 4 == 0 && zero_n[0] == quarter && zero_n[1] * 10 > quarter * 9 &&
		 zero_n[3] == 0)
		c->encoding = UTF_32BE;
	else if (odd * 20 > quarter * 2 && even * 20 < odd)
		c->encoding = UTF_16LE;
	else if (even * 20 > quarter * 2 && odd * 20 < even)
		c->encoding = UTF_16BE;
	return c->encoding != UTF_8;
}

/* by_statistics asks uchardet about the part that begins near the first byte beyond ASCII. */
static bool by_statistics(struct slice s, size_t *encoding)
{
	size_t from = 0;
	while (from < s.len && s.ptr[from] < 0x80 && s.ptr[from] != 0x1b)
		from++;
	from = from > 1024 ? from - 1024 : 0;
	size_t len = s.len - from < SAMPLE_LEN ? s.len - from : SAMPLE_LEN;
	uchardet_t d = uchardet_new();
	bool found = false;
	if (d && uchardet_handle_data(d, (const char *)s.ptr + from, len) == 0) {
		uchardet_data_end(d);
		found = decode_label(slice_str(uchardet_get_charset(d)), encoding);
	}
	if (d)
		uchardet_delete(d);
	return found;
}

/* likelier replaces a guess that the bytes themselves speak against: what is a control character
 * in the ISO encoding is a quotation mark in that of Windows, and a handful of accents is no proof
 * of an encoding of old machines. */
static size_t likelier(struct slice s, size_t encoding)
{
	static const char *const pairs[][2] = {{"ISO-8859-2", "CP1250"},
					       {"ISO-8859-7", "CP1253"},
					       {"ISO-8859-13", "CP1257"},
					       {"ISO-8859-15", "CP1252"}};
	const char *name = encodings[encoding].iconv;
	size_t c1_n = 0, high_n = 0, better;
	for (size_t i = 0; i < s.len && high_n < ACCENTS_N_MIN; i++) {
		c1_n += s.ptr[i] >= 0x80 && s.ptr[i] < 0xa0;
		high_n += s.ptr[i] >= 0x80;
	}
	if (high_n < ACCENTS_N_MIN &&
	    (strncmp(name, "IBM", 3) == 0 || strncmp(name, "MAC", 3) == 0))
		return WINDOWS_1252;
	for (size_t i = 0; c1_n && i < sizeof pairs / sizeof pairs[0]; i++) {
		if (strcmp(name, pairs[i][0]) == 0 && decode_label(slice_str(pairs[i][1]), &better))
			return better;
	}
	return encoding;
}

/* A text of a few damaged characters is still UTF-8: chance hardly makes well-formed sequences. */
static bool is_utf8(struct slice s, struct utf8_counts n)
{
	if (n.bad_n)
		return n.wide_n > 4 * n.bad_n;
	return n.wide_n || !memchr(s.ptr, 0x1b, s.len);
}

static struct slice skip_spaces(struct slice s)
{
	size_t n = 0;
	while (n < s.len && strchr(" \t\n\f\r", s.ptr[n]) && s.ptr[n])
		n++;
	return slice_sub(s, n, s.len - n);
}

/* find returns the offset of word, in any case, or s.len. */
static size_t find(struct slice s, const char *word)
{
	size_t len = strlen(word);
	for (size_t i = 0; i + len <= s.len; i++) {
		if (strncasecmp((const char *)s.ptr + i, word, len) == 0)
			return i;
	}
	return s.len;
}

/* value_of finds the value behind word and '='. */
static bool value_of(struct slice s, const char *word, struct slice *value)
{
	size_t at = find(s, word);
	if (at == s.len)
		return false;
	s = skip_spaces(slice_sub(s, at + strlen(word), s.len - at - strlen(word)));
	if (!s.len || s.ptr[0] != '=')
		return false;
	s = skip_spaces(slice_sub(s, 1, s.len - 1));
	if (s.len && (s.ptr[0] == '"' || s.ptr[0] == '\''))
		s = skip_spaces(slice_sub(s, 1, s.len - 1));
	size_t n = 0;
	while (n < s.len && s.ptr[n] && !strchr(" \t\n\f\r\"';/>", s.ptr[n]))
		n++;
	*value = slice_sub(s, 0, n);
	return n > 0;
}

/* by_page finds what a page says about its encoding within its first 1,024 bytes: a meta element
 * (HTML Standard, WHATWG, 13.2.3.2, prescan a byte stream) or the XML declaration. */
static bool by_page(struct slice bytes, size_t *encoding)
{
	struct slice label;
	struct slice s = slice_sub(bytes, 0, bytes.len < PRESCAN_LEN ? bytes.len : PRESCAN_LEN);
	if (find(s, "<?xml") == 0 && value_of(slice_sub(s, 0, find(s, ">")), "encoding", &label))
		return decode_label(label, encoding);
	while (s.len) {
		bool is_comment = find(s, "<!--") == 0, is_meta = find(s, "<meta") == 0;
		struct slice tag = slice_sub(s, 0, find(s, is_comment ? "-->" : ">"));
		/* A charset in the content needs the http-equiv. */
		if (is_meta && value_of(tag, "charset", &label) &&
		    (find(tag, "content") > find(tag, "charset") ||
		     find(tag, "http-equiv") < tag.len))
			return decode_label(label, encoding);
		size_t skip = is_comment ? tag.len : 1;
		s = slice_sub(s, skip, s.len - skip);
	}
	return false;
}

/* by_mail: bytes beyond ASCII in what claims to be ASCII show that the label is a mere default. */
static bool by_mail(const char *label, size_t *encoding)
{
	return label && strcasecmp(label, "us-ascii") != 0 &&
	       decode_label(slice_str(label), encoding) && *encoding != UTF_8;
}

struct decode_choice decode_guess(struct slice bytes, const char *label, bool page)
{
	struct decode_choice c = {UTF_8, 0};
	if (!bytes.len || by_mark(bytes, &c) || by_zeros(bytes, &c))
		return c;
	struct utf8_counts n = utf8_count(bytes);
	if (is_utf8(bytes, n))
		return c;
	/* What claims to be UTF-8 and is not, is something else. */
	if (by_mail(label, &c.encoding))
		return c;
	if (page && by_page(bytes, &c.encoding) && c.encoding != UTF_8)
		return c;
	if (!by_statistics(bytes, &c.encoding) || (c.encoding == UTF_8 && n.bad_n))
		c.encoding = n.bad_n ? WINDOWS_1252 : UTF_8;
	c.encoding = likelier(bytes, c.encoding);
	return c;
}

/* convert appends s in UTF-8 and returns how many U+FFFD stand for what is no character. */
static uint64_t convert(iconv_t cd, size_t unit, struct slice s, struct build *out)
{
	char buf[16 * 1024];
	/* iconv reads through a pointer to char without const. */
	char *in = (char *)s.ptr;
	size_t left = s.len;
	uint64_t bad_n = 0;
	bool flushed = false;
	(void)iconv(cd, NULL, NULL, NULL, NULL);
	while (!flushed && !out->failed) {
		char *to = buf;
		size_t room = sizeof buf;
		/* Some decoders hold back a letter that an accent may follow. */
		bool flush = left == 0;
		size_t r = flush ? iconv(cd, NULL, NULL, &to, &room)
				 : iconv(cd, &in, &left, &to, &room);
		build_bytes(out, buf, (size_t)(to - buf));
		flushed = flush && r != (size_t)-1;
		if (r != (size_t)-1 || errno == E2BIG)
			continue;
		flushed = flush;
		size_t skip = left < unit || errno == EINVAL ? left : unit;
		in += skip;
		left -= skip;
		utf8_put(out, UTF8_REPLACEMENT);
		bad_n++;
	}
	return bad_n;
}

/* blank_controls puts spaces over the control characters of UTF-8: two for one of C1. */
static void blank_controls(uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len;) {
		uint32_t c;
		size_t n = utf8_next(p + i, p + len, &c);
		if (utf8_is_control(c))
			memset(p + i, ' ', n);
		i += n;
	}
}

static enum extract_outcome built(const struct build *out, struct slice *text)
{
	struct sr_err e = build_done(out, text);
	if (!sr_bad(e))
		return EXTRACT_OK;
	return e.code == SR_E_NOMEM ? EXTRACT_MEMORY : EXTRACT_LONG;
}

static enum extract_outcome decode_utf8(struct slice s, struct build *out,
					struct decode_result *res)
{
	struct utf8_counts n = utf8_count(s);
	*res = (struct decode_result){s, n.all_n, n.bad_n, n.control_n};
	if (!n.bad_n && !n.control_n)
		return EXTRACT_OK;
	(void)utf8_clean(s, out);
	return built(out, &res->text);
}

enum extract_outcome decode_text(struct slice bytes, struct decode_choice how,
				 const struct decode_converters *conv, struct build *out,
				 struct decode_result *res)
{
	struct slice s = slice_sub(bytes, how.skip_len, bytes.len - how.skip_len);
	build_reset(out);
	if (how.encoding == UTF_8)
		return decode_utf8(s, out, res);
	if (conv->at[how.encoding] == (iconv_t)-1)
		return EXTRACT_ENCODING;
	uint64_t bad_n = convert(conv->at[how.encoding], encodings[how.encoding].unit, s, out);
	enum extract_outcome o = built(out, &res->text);
	if (o != EXTRACT_OK)
		return o;
	struct utf8_counts n = utf8_count(res->text);
	if (n.control_n)
		blank_controls(out->ptr, out->len);
	res->all_n = n.all_n;
	res->control_n = n.control_n;
	res->replaced_n = bad_n;
	return EXTRACT_OK;
}
