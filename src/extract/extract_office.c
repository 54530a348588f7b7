/* SPDX-License-Identifier: Apache-2.0 */
#include "extract_office.h"
#include "extract_utf8.h"
#include "extract_xml.h"
#include "base_limits.h"
#include "office_zip.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

/* Parts in the order in which they are read: all whose names begin and end like this and have no
 * further folder (Office numbers them). Without one of the first there is no document. */
static const char *const docx_parts[] = {"word/document", "word/footnotes", "word/endnotes",
					 "word/comments", "word/header",    "word/footer"};
static const char *const odt_parts[] = {"content", "styles"};

static bool is_open;

static enum extract_outcome outcome_of(struct sr_err e)
{
	switch (e.code) {
	case SR_OK:
		return EXTRACT_OK;
	case SR_E_NOMEM:
		return EXTRACT_MEMORY;
	case SR_E_LIMIT:
		return EXTRACT_BOMB;
	case SR_E_INPUT:
	case SR_E_AUTH:
	case SR_E_STATE:
	case SR_E_IO:
		break;
	}
	return EXTRACT_BROKEN;
}

static bool is_part(struct slice name, const char *start)
{
	size_t len = strlen(start);
	return name.len >= len + 4 && strncasecmp((const char *)name.ptr, start, len) == 0 &&
	       strncasecmp((const char *)name.ptr + name.len - 4, ".xml", 4) == 0 &&
	       !memchr(name.ptr + len, '/', name.len - len);
}

/* put_xml decodes an XML file, so that libxml2 needs no converter, and appends its text. */
static enum extract_outcome put_xml(struct parse *p, struct slice bytes, struct build *out)
{
	struct decode_result res;
	struct build decoded;
	build_init(&decoded, LIMIT_LEAK_BYTES);
	struct decode_choice how = decode_guess(bytes, NULL, true);
	enum extract_outcome o = decode_text(bytes, how, p->conv, &decoded, &res);
	if (o == EXTRACT_OK) {
		p->replaced |= res.replaced_n > 0;
		o = xml_text(res.text, out);
	}
	build_release(&decoded);
	return o;
}

static enum extract_outcome read_part(struct office_zip *z, size_t i, struct build *part,
				      struct slice *bytes)
{
	build_reset(part);
	enum extract_outcome o = outcome_of(office_zip_read(z, i, part));
	return o == EXTRACT_OK ? parse_built(part, bytes) : o;
}

static enum extract_outcome put_parts(struct parse *p, struct office_zip *z, enum extract_kind kind,
				      struct build *part, struct build *out)
{
	const char *const *names = kind == KIND_DOCX ? docx_parts : odt_parts;
	size_t names_n = kind == KIND_DOCX ? sizeof docx_parts / sizeof docx_parts[0]
					   : sizeof odt_parts / sizeof odt_parts[0];
	enum extract_outcome o = EXTRACT_OK;
	struct slice bytes;
	size_t read_n = 0;
	for (size_t n = 0; n < names_n && o == EXTRACT_OK; n++) {
		for (size_t i = 0; i < office_zip_parts(z) && o == EXTRACT_OK; i++) {
			if (!is_part(office_zip_name(z, i), names[n]))
				continue;
			o = read_part(z, i, part, &bytes);
			if (o == EXTRACT_OK)
				o = put_xml(p, bytes, out);
			read_n++;
		}
		if (o == EXTRACT_OK && !read_n)
			o = EXTRACT_BROKEN;
	}
	return o;
}

/* is_encrypted: an ODT says so in its manifest (ODF 1.3 part 2, 3.4.2, 4.8.2). */
static bool is_encrypted(struct office_zip *z, struct build *part)
{
	static const char mark[] = "encryption-data";
	struct slice bytes;
	size_t i;
	if (office_zip_find(z, SLICE_LIT("encrypted-package"), &i))
		return true;
	return office_zip_find(z, SLICE_LIT("META-INF/manifest.xml"), &i) &&
	       read_part(z, i, part, &bytes) == EXTRACT_OK && bytes.len &&
	       memmem(bytes.ptr, bytes.len, mark, sizeof mark - 1);
}

/* has_password: the first file of the archive is encrypted as ZIP itself has it (APPNOTE, 4.4.4).
 */
static bool has_password(struct slice bytes)
{
	return bytes.len > 6 && (bytes.ptr[6] & 1);
}

static enum extract_outcome put_archive(struct parse *p, struct slice bytes, enum extract_kind kind,
					struct build *out)
{
	struct office_zip *z;
	struct build part;
	enum extract_outcome o = outcome_of(office_zip_open(bytes, &z));
	if (o != EXTRACT_OK)
		return o == EXTRACT_BROKEN && has_password(bytes) ? EXTRACT_ENCRYPTED : o;
	build_init(&part, 0);
	o = is_encrypted(z, &part) ? EXTRACT_ENCRYPTED : put_parts(p, z, kind, &part, out);
	build_release(&part);
	office_zip_close(z);
	return o;
}

enum extract_outcome office_text(struct parse *p, struct slice bytes, enum extract_kind kind,
				 struct build *out, struct slice *text)
{
	assert(is_open && (kind == KIND_DOCX || kind == KIND_ODT || kind == KIND_FLAT_ODT));
	build_reset(out);
	enum extract_outcome o =
		kind == KIND_FLAT_ODT ? put_xml(p, bytes, out) : put_archive(p, bytes, kind, out);
	if (o == EXTRACT_OK)
		o = parse_built(out, text);
	return o == EXTRACT_OK && utf8_is_white(*text) ? EXTRACT_NOTHING : o;
}

bool office_open(void)
{
	is_open = is_open || (office_zip_prepare() && xml_open());
	return is_open;
}
