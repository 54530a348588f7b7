/* SPDX-License-Identifier: Apache-2.0 */
/* The few errors of subrosa, told apart by what the caller can do about them, and the notes that
 * explain them to a person. An error is a small value with static words: it never carries input
 * or secrets. What a person needs beside it (file, line, column) goes to the caller's sink. */
#ifndef SUBROSA_ERR_H
#define SUBROSA_ERR_H

#include <stdarg.h>
#include <stdint.h>

#define SR_MUST __attribute__((warn_unused_result))

enum sr_code {
	SR_OK = 0,
	SR_E_INPUT, /* malformed bytes: reject them, keep running */
	SR_E_AUTH,  /* a signature, tag or check value failed */
	SR_E_STATE, /* right bytes, wrong moment or wrong ledger */
	SR_E_LIMIT, /* larger than a named limit */
	SR_E_NOMEM, /* no memory; nothing was changed */
	SR_E_IO,    /* the system said no; sys holds errno */
};

struct sr_err {
	enum sr_code code;
	int sys;          /* errno, or 0 */
	const char *what; /* static words, or NULL for SR_OK */
};

/* SR_INFO: no fault, but a person has to know it now. */
enum sr_level { SR_WARNING, SR_ERROR, SR_INFO };

/* sr_note: one remark for a person. file may be NULL; line and col count from 1, 0 for none; col
 * counts characters. text has no trailing newline and lives only during the call. */
struct sr_note {
	enum sr_level level;
	const char *file;
	uint32_t line, col;
	const char *text;
};

/* sr_sink: where notes go. fn may be NULL: they are dropped. file is the name put into the notes
 * that a function writes while it works on that file. */
struct sr_sink {
	void (*fn)(void *user, const struct sr_note *note);
	void *user;
	const char *file;
};

#endif
