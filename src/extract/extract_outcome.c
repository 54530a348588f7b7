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
		return sr_fail(SR_E_LIMIT, "takes more memory to read than subrosa allows");
	case EXTRACT_LONG:
		return sr_fail(SR_E_LIMIT, "holds more text than subrosa accepts");
	case EXTRACT_ENCODING:
		return sr_fail(SR_E_INPUT, "is in an encoding that this system cannot convert");
	case EXTRACT_JUNK:
		return sr_fail(SR_E_INPUT, "is not text: it holds binary data");
	case EXTRACT_PARTLY:
		return sr_fail(SR_E_INPUT, "cannot be read to its end");
	case EXTRACT_IS_PDF:
		return sr_fail(SR_E_INPUT, "is a PDF; subrosa cannot read PDFs yet");
	case EXTRACT_IS_WORD:
		return sr_fail(SR_E_INPUT, "is a Word document; subrosa cannot read those yet");
	case EXTRACT_IS_ODT:
		return sr_fail(SR_E_INPUT,
			       "is an OpenDocument file; subrosa cannot read those yet");
	case EXTRACT_IS_OFFICE:
		return sr_fail(SR_E_INPUT, "is an Office document; subrosa cannot read those yet");
	case EXTRACT_IS_RTF:
		return sr_fail(SR_E_INPUT, "is an RTF document; subrosa cannot read those yet");
	case EXTRACT_IS_MAIL:
		return sr_fail(SR_E_INPUT, "is an e-mail message; subrosa cannot read those yet");
	case EXTRACT_IS_POSTSCRIPT:
		return sr_fail(SR_E_INPUT, "is a PostScript file; subrosa cannot read those");
	case EXTRACT_IS_PICTURE:
		return sr_fail(SR_E_INPUT, "is a picture; subrosa cannot read pictures yet");
	case EXTRACT_IS_ARCHIVE:
		return sr_fail(SR_E_INPUT, "is an archive or compressed file; unpack it first");
	case EXTRACT_IS_MEDIA:
		return sr_fail(SR_E_INPUT, "is a sound or video file; subrosa reads text only");
	case EXTRACT_IS_PROGRAM:
		return sr_fail(SR_E_INPUT, "is a program; subrosa reads text only");
	case EXTRACT_SLOW:
		return sr_fail(SR_E_LIMIT, "takes longer to read than subrosa allows");
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
	}
	abort();
}
