/* SPDX-License-Identifier: Apache-2.0 */
#include "extract_outcome.h"

#include <stdlib.h>

struct sr_err extract_err(enum extract_outcome o)
{
	switch (o) {
	case EXTRACT_OK:
		return sr_ok();
	case EXTRACT_UNCONFINED:
		return sr_fail(SR_E_STATE, "was not read: this system cannot confine the reader "
					   "(seccomp, resource limits and /proc are needed)");
	case EXTRACT_MEMORY:
		return sr_fail(SR_E_LIMIT, "takes more memory to read than subrosa allows; give "
					   "it in parts, or smaller");
	case EXTRACT_LONG:
		return sr_fail(SR_E_LIMIT, "holds more text than subrosa accepts; give it in "
					   "parts");
	case EXTRACT_ENCODING:
		return sr_fail(SR_E_INPUT, "is in an encoding that this system cannot convert");
	case EXTRACT_JUNK:
		return sr_fail(SR_E_INPUT, "is not text: it holds binary data");
	case EXTRACT_PARTLY:
		return sr_fail(SR_E_INPUT, "cannot be read to its end");
	case EXTRACT_DEEP:
		return sr_fail(SR_E_LIMIT, "is nested deeper than subrosa accepts");
	case EXTRACT_PARTS:
		return sr_fail(SR_E_LIMIT, "has more parts than subrosa accepts");
	case EXTRACT_NOTHING:
		return sr_fail(SR_E_INPUT, "holds no text that subrosa can read");
	case EXTRACT_ENCRYPTED:
		return sr_fail(SR_E_INPUT, "is encrypted; decrypt it first");
	case EXTRACT_BROKEN:
		return sr_fail(SR_E_INPUT, "is a damaged document: its text cannot be read whole");
	case EXTRACT_BOMB:
		return sr_fail(SR_E_LIMIT, "unpacks to more than subrosa accepts; the file may "
					   "be an attack");
	case EXTRACT_ELSEWHERE:
		return sr_fail(SR_E_INPUT, "only says where its text lies; subrosa does not "
					   "fetch it");
	case EXTRACT_IS_PDF:
		return sr_fail(SR_E_INPUT, "is a PDF, where a text is expected");
	case EXTRACT_IS_OFFICE:
		return sr_fail(SR_E_INPUT, "is an Office document of a kind that subrosa cannot "
					   "read; save it as DOCX or ODT");
	case EXTRACT_IS_RTF:
		return sr_fail(SR_E_INPUT, "is an RTF document; subrosa cannot read those yet");
	case EXTRACT_IS_OUTLOOK:
		return sr_fail(SR_E_INPUT, "is a message in Outlook's own form; save it as .eml");
	case EXTRACT_IS_TNEF:
		return sr_fail(SR_E_INPUT, "is a winmail.dat of Outlook; subrosa cannot read "
					   "those");
	case EXTRACT_IS_POSTSCRIPT:
		return sr_fail(SR_E_INPUT, "is a PostScript file; subrosa cannot read those");
	case EXTRACT_IS_PICTURE:
		return sr_fail(SR_E_INPUT, "is a picture, where a text is expected");
	case EXTRACT_IS_ARCHIVE:
		return sr_fail(SR_E_INPUT, "is an archive or compressed file; unpack it first");
	case EXTRACT_IS_MEDIA:
		return sr_fail(SR_E_INPUT, "is a sound or video file; subrosa reads text only");
	case EXTRACT_IS_PROGRAM:
		return sr_fail(SR_E_INPUT, "is a program; subrosa reads text only");
	case EXTRACT_PICTURE_BROKEN:
		return sr_fail(SR_E_INPUT, "is a picture that is damaged or of a kind that subrosa "
					   "cannot read; save it as PNG or JPEG");
	case EXTRACT_PICTURE_MOVES:
		return sr_fail(SR_E_INPUT, "is a moving WebP, which subrosa cannot read; save what "
					   "it shows as PNG or JPEG");
	case EXTRACT_PICTURE_LARGE:
		return sr_fail(SR_E_LIMIT, "is a larger picture than subrosa accepts (20,000 "
					   "pixels a side, 120 million in all); scale it down");
	case EXTRACT_PDF_BROKEN:
		return sr_fail(SR_E_INPUT, "is a damaged PDF: its pages cannot be read");
	case EXTRACT_MANY_PAGES:
		return sr_fail(SR_E_LIMIT, "has more or larger pages than subrosa accepts (500 "
					   "pages, 256 MiB of pictures); give it in parts");
	case EXTRACT_MANY_SCANS:
		return sr_fail(SR_E_LIMIT, "has more pages of pictures than subrosa reads in its "
					   "time (10 minutes); give it in parts");
	case EXTRACT_SLOW:
		return sr_fail(SR_E_LIMIT, "takes longer to read than subrosa allows (60 "
					   "seconds); give it in parts, or smaller");
	case EXTRACT_FORBIDDEN:
		return sr_fail(SR_E_INPUT, "was refused: its reader attempted what it must not do; "
					   "the file may be an attack");
	case EXTRACT_CRASHED:
		return sr_fail(SR_E_INPUT, "cannot be read: its reader crashed on it");
	case EXTRACT_KILLED:
		return sr_fail(SR_E_LIMIT, "was not read: the system killed its reader, "
					   "perhaps for lack of memory");
	case EXTRACT_GARBAGE:
		return sr_fail(SR_E_INPUT, "cannot be read: its reader gave no proper answer");
	case EXTRACT_NO_READER:
		return sr_fail(SR_E_STATE, "needs the reader of pictures and PDFs, which is not "
					   "installed: apt install subrosa-picture");
	case EXTRACT_NO_LANGUAGE:
		return sr_fail(SR_E_STATE, "needs Tesseract's data for the language of "
					   "--ocr-language: apt install tesseract-ocr-LANG");
	}
	abort();
}

static const struct {
	enum extract_outcome o;
	const char *one, *many;
} parts[] = {
	{EXTRACT_ENCODING, "a text in an unknown encoding", "texts in unknown encodings"},
	{EXTRACT_JUNK, "a file of binary data", "files of binary data"},
	{EXTRACT_PARTLY, "a damaged page", "damaged pages"},
	{EXTRACT_NOTHING, "a file without text", "files without text"},
	{EXTRACT_ENCRYPTED, "an encrypted part", "encrypted parts"},
	{EXTRACT_BROKEN, "a damaged document", "damaged documents"},
	{EXTRACT_BOMB, "a document that unpacks to too much", "documents that unpack to too much"},
	{EXTRACT_ELSEWHERE, "a part that lies elsewhere", "parts that lie elsewhere"},
	{EXTRACT_IS_PDF, "a PDF", "PDFs"},
	{EXTRACT_IS_OFFICE, "an Office document", "Office documents"},
	{EXTRACT_IS_RTF, "an RTF document", "RTF documents"},
	{EXTRACT_IS_OUTLOOK, "an Outlook message", "Outlook messages"},
	{EXTRACT_IS_TNEF, "a winmail.dat", "winmail.dat files"},
	{EXTRACT_IS_POSTSCRIPT, "a PostScript file", "PostScript files"},
	{EXTRACT_IS_PICTURE, "a picture", "pictures"},
	{EXTRACT_IS_ARCHIVE, "an archive", "archives"},
	{EXTRACT_IS_MEDIA, "a sound or video file", "sound or video files"},
	{EXTRACT_IS_PROGRAM, "a program", "programs"},
};

const char *extract_part_words(enum extract_outcome o, bool many)
{
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		if (parts[i].o == o)
			return many ? parts[i].many : parts[i].one;
	}
	return NULL;
}
