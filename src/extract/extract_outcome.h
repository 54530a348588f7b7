/* SPDX-License-Identifier: Apache-2.0 */
/* How reading a file can end, each with an error and words of its own. The child tells the parent
 * a number; the words are the parent's. */
#ifndef EXTRACT_OUTCOME_H
#define EXTRACT_OUTCOME_H

#include "err.h"

enum extract_outcome {
	EXTRACT_OK,
	/* The child says: */
	EXTRACT_UNCONFINED, /* no seccomp, or a limit could not be set */
	EXTRACT_MEMORY,
	EXTRACT_LONG,
	EXTRACT_ENCODING, /* the system lacks the converter */
	EXTRACT_JUNK,
	EXTRACT_PARTLY, /* the library gave up before the end */
	EXTRACT_IS_PDF,
	EXTRACT_IS_WORD,
	EXTRACT_IS_ODT,
	EXTRACT_IS_OFFICE,
	EXTRACT_IS_RTF,
	EXTRACT_IS_MAIL,
	EXTRACT_IS_POSTSCRIPT,
	EXTRACT_IS_PICTURE,
	EXTRACT_IS_ARCHIVE,
	EXTRACT_IS_MEDIA,
	EXTRACT_IS_PROGRAM,
	/* The parent sees: */
	EXTRACT_SLOW,
	EXTRACT_FORBIDDEN, /* killed by the filter */
	EXTRACT_CRASHED,
	EXTRACT_KILLED,
	EXTRACT_GARBAGE, /* an answer that is none */
};

/* The outcomes below this one are the child's to report. */
#define EXTRACT_CHILD_END EXTRACT_SLOW

/* extract_err gives the error of an outcome; sr_ok for EXTRACT_OK. */
SR_MUST struct sr_err extract_err(enum extract_outcome o);

#endif
