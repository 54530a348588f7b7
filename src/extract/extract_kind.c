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
	SIGN(EXTRACT_IS_PICTURE, 6, "\0\0\0\0\x36\0\0\0\x28\0\0\0"), /* a bitmap of Windows */
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

static bool contains(struct slice s, struct slice what)
{
	return memmem(s.ptr, s.len, what.ptr, what.len) != NULL;
}

/* zip_kind looks at the names of the first files in the archive (ECMA-376 part 2; ODF 1.3 part 2,
 * 3.3). */
static enum extract_outcome zip_kind(struct slice s)
{
	if (contains(s, SLICE_LIT("application/vnd.oasis.opendocument")))
		return EXTRACT_IS_ODT;
	if (contains(s, SLICE_LIT("word/")))
		return EXTRACT_IS_WORD;
	if (contains(s, SLICE_LIT("[Content_Types].xml")))
		return EXTRACT_IS_OFFICE;
	return EXTRACT_IS_ARCHIVE;
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
	static const char *const names[] = {"received",     "return-path",  "message-id",
					    "mime-version", "delivered-to", "dkim-signature"};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (is_field(name, names[i]))
			return true;
	}
	return false;
}

/* is_mail: a block of header fields, one of them a program's, at the very start, perhaps behind
 * the "From " line of a mailbox (RFC 4155). */
static bool is_mail(struct slice s)
{
	bool first = true, folded_ok = false;
	while (s.len) {
		const uint8_t *nl = memchr(s.ptr, '\n', s.len);
		size_t line_len = nl ? (size_t)(nl - s.ptr) + 1 : s.len;
		size_t len = field_len(s);
		bool folded = folded_ok && (s.ptr[0] == ' ' || s.ptr[0] == '\t');
		bool mailbox = first && is_at(s, 0, SLICE_LIT("From "));
		if (is_machine_field(slice_sub(s, 0, len)))
			return true;
		if (!len && !folded && !mailbox)
			return false;
		folded_ok = true;
		first = false;
		s = slice_sub(s, line_len, s.len - line_len);
	}
	return false;
}

enum extract_outcome kind_refused(struct slice bytes)
{
	struct slice s = slice_sub(bytes, 0, bytes.len < LOOK_LEN ? bytes.len : LOOK_LEN);
	for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
		if (is_at(s, signs[i].off, signs[i].bytes))
			return signs[i].kind;
	}
	if (is_at(s, 0, SLICE_LIT("PK\x03\x04")) || is_at(s, 0, SLICE_LIT("PK\x05\x06")))
		return zip_kind(s);
	return is_mail(s) ? EXTRACT_IS_MAIL : EXTRACT_OK;
}
