/* SPDX-License-Identifier: Apache-2.0 */
#include "extract_kind.h"

#include <string.h>
#include <strings.h>

enum { LOOK_LEN = 64 * 1024 };

struct sign {
	enum extract_outcome kind;
	size_t off;
	struct slice bytes;
};

#define SIGN(kind, off, s)                                                                         \
	{                                                                                          \
		(kind), (off),                                                                     \
		{                                                                                  \
			(const uint8_t *)(s), sizeof(s) - 1                                        \
		}                                                                                  \
	}

/* The registered or published signatures of the formats. */
static const struct sign signs[] = {
	SIGN(EXTRACT_IS_PDF, 0, "%PDF-"),
	SIGN(EXTRACT_IS_POSTSCRIPT, 0, "%!PS"),
	SIGN(EXTRACT_IS_RTF, 0, "{\\rtf"),
	SIGN(EXTRACT_IS_TNEF, 0, "\x78\x9f\x3e\x22"),
	SIGN(EXTRACT_IS_OFFICE, 0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
	SIGN(EXTRACT_IS_PICTURE, 0, "\x89PNG\r\n\x1a\n"),
	SIGN(EXTRACT_IS_PICTURE, 0, "\xff\xd8\xff"),
	SIGN(EXTRACT_IS_PICTURE, 0, "GIF87a"),
	SIGN(EXTRACT_IS_PICTURE, 0, "GIF89a"),
	SIGN(EXTRACT_IS_PICTURE, 0, "II*\0"),
	SIGN(EXTRACT_IS_PICTURE, 0, "MM\0*"),
	SIGN(EXTRACT_IS_PICTURE, 8, "WEBPVP8"),
	SIGN(EXTRACT_IS_PICTURE, 4, "ftypheic"),
	SIGN(EXTRACT_IS_PICTURE, 4, "ftypmif1"),
	SIGN(EXTRACT_IS_PICTURE, 4, "ftypavif"),
	SIGN(EXTRACT_IS_ARCHIVE, 0, "\x1f\x8b\x08"),
	SIGN(EXTRACT_IS_ARCHIVE, 4, "1AY&SY"),
	SIGN(EXTRACT_IS_ARCHIVE, 0,
	     "\xfd"
	     "7zXZ\0"),
	SIGN(EXTRACT_IS_ARCHIVE, 0, "7z\xbc\xaf\x27\x1c"),
	SIGN(EXTRACT_IS_ARCHIVE, 0, "\x28\xb5\x2f\xfd"),
	SIGN(EXTRACT_IS_ARCHIVE, 0, "Rar!\x1a\x07"),
	SIGN(EXTRACT_IS_ARCHIVE, 257, "ustar"),
	SIGN(EXTRACT_IS_MEDIA, 4, "ftyp"),
	SIGN(EXTRACT_IS_MEDIA, 8, "WAVEfmt "),
	SIGN(EXTRACT_IS_MEDIA, 0, "OggS\0"),
	SIGN(EXTRACT_IS_MEDIA, 0, "ID3\x03\0"),
	SIGN(EXTRACT_IS_MEDIA, 0, "ID3\x04\0"),
	SIGN(EXTRACT_IS_MEDIA, 0, "\x1a\x45\xdf\xa3"),
	SIGN(EXTRACT_IS_PROGRAM, 0,
	     "\x7f"
	     "ELF"),
};

static bool is_at(struct slice s, size_t off, struct slice what)
{
	return s.ptr && s.len >= off && s.len - off >= what.len &&
	       memcmp(s.ptr + off, what.ptr, what.len) == 0;
}

/* is_bitmap tells a bitmap of Windows by its two letters, what is reserved, and the length of its
 * second header, of which there are six. */
static bool is_bitmap(struct slice s)
{
	static const uint8_t lengths[] = {12, 40, 52, 56, 108, 124};
	if (!is_at(s, 0, SLICE_LIT("BM")) || !is_at(s, 6, SLICE_LIT("\0\0\0\0")) ||
	    !is_at(s, 15, SLICE_LIT("\0\0\0")))
		return false;
	return memchr(lengths, s.ptr[14], sizeof lengths) != NULL;
}

static bool contains(struct slice s, struct slice what)
{
	return memmem(s.ptr, s.len, what.ptr, what.len) != NULL;
}

/* ends_contain looks at both ends: the names of a zip's files stand before each and again behind
 * all of them. */
static bool ends_contain(struct slice s, struct slice what)
{
	size_t len = s.len < LOOK_LEN ? s.len : LOOK_LEN;
	return contains(slice_sub(s, 0, len), what) ||
	       contains(slice_sub(s, s.len - len, len), what);
}

/* zip_kind looks at the names of the files in the archive (ECMA-376 part 2; ODF 1.3 part 2,
 * 3.3). */
static enum extract_outcome zip_kind(struct slice s, enum extract_kind *kind)
{
	if (ends_contain(s, SLICE_LIT("application/vnd.oasis.opendocument.text"))) {
		*kind = KIND_ODT;
		return EXTRACT_OK;
	}
	if (ends_contain(s, SLICE_LIT("application/vnd.oasis.opendocument")))
		return EXTRACT_IS_OFFICE;
	if (!ends_contain(s, SLICE_LIT("[Content_Types].xml")))
		return EXTRACT_IS_ARCHIVE;
	if (!ends_contain(s, SLICE_LIT("word/")))
		return EXTRACT_IS_OFFICE;
	*kind = KIND_DOCX;
	return EXTRACT_OK;
}

/* is_encrypted_office: Office puts an encrypted document into a compound file, as this stream
 * (MS-OFFCRYPTO, 2.3.4.4). */
static bool is_encrypted_office(struct slice s)
{
	return contains(s, SLICE_LIT("E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0"));
}

/* is_outlook: Outlook keeps a message in a compound file, too, as streams of such names (MS-OXMSG,
 * 2.1.3). */
static bool is_outlook(struct slice s)
{
	return contains(s, SLICE_LIT("_\0_\0s\0u\0b\0s\0t\0g\0001\0.\0000\0_\0"));
}

/* compound_kind tells what is in a compound file, the form of old Office documents. */
static enum extract_outcome compound_kind(struct slice s)
{
	if (is_encrypted_office(s))
		return EXTRACT_ENCRYPTED;
	return is_outlook(s) ? EXTRACT_IS_OUTLOOK : EXTRACT_IS_OFFICE;
}

/* is_flat_odt: an XML file with this root element and media type (ODF 1.3 part 3, 3.1.2). */
static bool is_flat_odt(struct slice s)
{
	return (is_at(s, 0, SLICE_LIT("<?xml")) || is_at(s, 3, SLICE_LIT("<?xml"))) &&
	       contains(s, SLICE_LIT("<office:document")) &&
	       contains(s, SLICE_LIT("application/vnd.oasis.opendocument.text"));
}

/* field_len returns the length of the name of a header field at the start of s (RFC 5322, 2.2),
 * or 0. */
static size_t field_len(struct slice s)
{
	size_t n = 0;
	while (n < s.len && s.ptr[n] > ' ' && s.ptr[n] < 0x7f && s.ptr[n] != ':')
		n++;
	return n < s.len && s.ptr[n] == ':' ? n : 0;
}

static bool is_field(struct slice name, const char *what)
{
	return name.len == strlen(what) && strncasecmp((const char *)name.ptr, what, name.len) == 0;
}

/* Fields that programs write and people do not. */
static bool is_machine_field(struct slice name)
{
	static const char *const names[] = {
		"received",       "return-path",  "message-id", "mime-version",
		"delivered-to",   "content-type", "x-mailer",   "content-transfer-encoding",
		"dkim-signature", "x-received",   "arc-seal",   "authentication-results"};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (is_field(name, names[i]))
			return true;
	}
	return false;
}

static size_t line_len(struct slice s)
{
	size_t n = 0;
	while (n < s.len && s.ptr[n] != '\n' && s.ptr[n] != '\r')
		n++;
	if (n < s.len && s.ptr[n] == '\r' && s.len - n > 1 && s.ptr[n + 1] == '\n')
		n++;
	return n < s.len ? n + 1 : n;
}

struct slice kind_message(struct slice bytes)
{
	struct slice s = bytes;
	size_t n = 0;
	if (is_at(s, 0, SLICE_LIT("\xef\xbb\xbf")))
		s = slice_sub(s, 3, s.len - 3);
	while (n < s.len && s.ptr[n] >= '0' && s.ptr[n] <= '9')
		n++;
	while (n < s.len && strchr(" \r\n", s.ptr[n]) && s.ptr[n])
		n++;
	return slice_sub(s, n, s.len - n);
}

/* is_mail: a block of header fields, fields_n of them or one of a program, at the very start,
 * perhaps behind the "From " line of a mailbox. */
static bool is_mail(struct slice s, size_t fields_n)
{
	s = kind_message(s);
	if (is_at(s, 0, SLICE_LIT("From ")))
		s = slice_sub(s, line_len(s), s.len - line_len(s));
	for (size_t n = 0; s.len;) {
		size_t len = field_len(s);
		if (is_machine_field(slice_sub(s, 0, len)) || (len && n + 1 == fields_n))
			return true;
		if (!len && !(n && (s.ptr[0] == ' ' || s.ptr[0] == '\t')))
			return false;
		n += len > 0;
		s = slice_sub(s, line_len(s), s.len - line_len(s));
	}
	return false;
}

bool kind_starts_message(struct slice s)
{
	return field_len(s) > 0;
}

bool kind_has_extension(const char *name, const char *const *list)
{
	const char *dot = name ? strrchr(name, '.') : NULL;
	for (; dot && *list; list++) {
		if (strcasecmp(dot + 1, *list) == 0)
			return true;
	}
	return false;
}

static enum extract_outcome find_sign(struct slice s)
{
	for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
		if (is_at(s, signs[i].off, signs[i].bytes))
			return signs[i].kind;
	return is_bitmap(s) ? EXTRACT_IS_PICTURE : EXTRACT_OK;
}

static bool paged_kind(enum extract_outcome sign, enum extract_kind *kind)
{
	if (sign != EXTRACT_IS_PDF && sign != EXTRACT_IS_PICTURE)
		return false;
	*kind = sign == EXTRACT_IS_PDF ? KIND_PDF : KIND_PICTURE;
	return true;
}

bool kind_is_paged(struct slice bytes, enum extract_kind *kind)
{
	return paged_kind(find_sign(bytes), kind);
}

enum extract_outcome kind_find(struct slice bytes, const char *name, enum extract_kind *kind)
{
	static const char *const mails[] = {"eml", "mbox", NULL};
	struct slice s = slice_sub(bytes, 0, bytes.len < LOOK_LEN ? bytes.len : LOOK_LEN);
	enum extract_outcome sign = find_sign(s);
	if (paged_kind(sign, kind))
		return EXTRACT_OK;
	if (sign == EXTRACT_IS_OFFICE)
		return compound_kind(bytes);
	if (sign != EXTRACT_OK)
		return sign;
	if (is_at(s, 0, SLICE_LIT("PK\x03\x04")) || is_at(s, 0, SLICE_LIT("PK\x05\x06")))
		return zip_kind(bytes, kind);
	*kind = is_mail(s, kind_has_extension(name, mails) ? 1 : 0) ? KIND_MAIL
		: is_flat_odt(s)                                    ? KIND_FLAT_ODT
								    : KIND_TEXT;
	return EXTRACT_OK;
}
