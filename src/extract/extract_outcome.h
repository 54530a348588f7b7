/* SPDX-License-Identifier: Apache-2.0 */
/* How reading a file can end, each with an error and words of its own. The child tells the parent
 * a number; the words are the parent's. */
#ifndef EXTRACT_OUTCOME_H
#define EXTRACT_OUTCOME_H

#include "err.h"
#include "slice.h"

enum extract_outcome {
	EXTRACT_OK,
	/* The child says: */
	EXTRACT_UNCONFINED, /* no seccomp, or a limit could not be set */
	EXTRACT_MEMORY,
	EXTRACT_LONG,
	EXTRACT_ENCODING, /* the system lacks the converter */
	EXTRACT_JUNK,
	EXTRACT_PARTLY,    /* the library gave up before the end */
	EXTRACT_DEEP,      /* more than LIMIT_MAIL_DEPTH or LIMIT_XML_DEPTH */
	EXTRACT_PARTS,     /* more than LIMIT_MAIL_PARTS */
	EXTRACT_NOTHING,   /* a mail or document without any text, of pictures for example */
	EXTRACT_ENCRYPTED, /* a document or mail under a password or key */
	EXTRACT_BROKEN,    /* an office document that is damaged */
	EXTRACT_BOMB,      /* an office document beyond the limits of office_zip.h */
	EXTRACT_ELSEWHERE, /* a part of a mail that only says where it lies */
	EXTRACT_IS_PDF,
	EXTRACT_IS_OFFICE,
	EXTRACT_IS_RTF,
	EXTRACT_IS_OUTLOOK,
	EXTRACT_IS_TNEF,
	EXTRACT_IS_POSTSCRIPT,
	EXTRACT_IS_PICTURE,
	EXTRACT_IS_ARCHIVE,
	EXTRACT_IS_MEDIA,
	EXTRACT_IS_PROGRAM,
	EXTRACT_PICTURE_BROKEN, /* a picture that is damaged or that no library knows */
	EXTRACT_PICTURE_MOVES,  /* a WebP of several frames, which Leptonica cannot read */
	EXTRACT_PICTURE_LARGE,  /* one beyond EXTRACT_PICTURE_SIDE_MAX or _PIXELS_MAX */
	EXTRACT_PDF_BROKEN,
	EXTRACT_MANY_PAGES, /* more than EXTRACT_PAGES_MAX or EXTRACT_GRAY_BYTES_MAX */
	EXTRACT_MANY_SCANS, /* more of them than can be read in LIMIT_EXTRACT_PAGES_S */
	/* The parent sees: */
	EXTRACT_SLOW,
	EXTRACT_FORBIDDEN, /* killed by the filter */
	EXTRACT_CRASHED,
	EXTRACT_KILLED,
	EXTRACT_GARBAGE,     /* an answer that is none */
	EXTRACT_NO_READER,   /* of pictures and PDFs */
	EXTRACT_NO_LANGUAGE, /* no data to read it */
};

/* The outcomes below this one are the child's to report. */
#define EXTRACT_CHILD_END EXTRACT_SLOW

/* What was found in a file. skipped_n counts the parts of a mail that were not read, by outcome. */
struct extract_found {
	struct slice text;
	uint64_t replaced_n; /* U+FFFD in text, if something could not be decoded; else 0 */
	uint32_t skipped_n[EXTRACT_CHILD_END];
};

/* extract_part_words names what a part of a mail is that was not read for this reason ("a
 * picture"), or more of them without their number; NULL where the reason ends the reading of the
 * whole mail. */
const char *extract_part_words(enum extract_outcome o, bool many);

/* extract_err gives the error of an outcome; sr_ok for EXTRACT_OK. */
SR_MUST struct sr_err extract_err(enum extract_outcome o);

#endif
