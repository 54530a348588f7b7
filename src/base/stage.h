/* SPDX-License-Identifier: Apache-2.0 */
/* A set of files that appears in a folder together, or not at all. The files are written to a
 * private folder inside the target, synced once, and then renamed into place without ever
 * replacing anything. What a crashed run left behind is recognised by its missing lock and removed
 * by the next one. */
#ifndef BASE_STAGE_H
#define BASE_STAGE_H

#include "err.h"
#include "slice.h"

/* Invariants: every name in it is a file in the private folder until stage_commit; the private
 * folder is locked with flock(2) from birth to stage_close. */
struct stage;

/* stage_open prepares a set of files for the folder target, which is created (0700, one level) if
 * it is missing. sink (may be NULL) must live until stage_close. SR_E_IO if the system refuses,
 * SR_E_NOMEM; nothing is left behind on failure. */
SR_MUST struct sr_err stage_open(const char *target, const struct sr_sink *sink,
				 struct stage **out);

/* stage_put writes one file (0600) to the private folder. name is copied; it must be one path
 * component of at most 255 bytes that is not one of ours (SR_E_INPUT), and new in this set
 * (SR_E_STATE). After a failure only stage_close is useful. */
SR_MUST struct sr_err stage_put(struct stage *s, struct slice name, struct slice bytes);

/* stage_check tells whether a name is taken in the target: one that is there with the same bytes is
 * fine; one with other bytes, or that is anything but a regular file, is noted to the sink, and the
 * result is SR_E_STATE. Changes nothing. SR_E_IO. */
SR_MUST struct sr_err stage_check(struct stage *s);

/* stage_commit lets all files appear, and has synced them when it returns. It checks first, as
 * stage_check does, and fails likewise; files that are there with the same bytes are left alone. On
 * any other failure (SR_E_IO, SR_E_NOMEM) the files that this call had put in place are removed
 * again. Once only. */
SR_MUST struct sr_err stage_commit(struct stage *s);

/* stage_close removes the private folder, and the target if stage_open made it and nothing was
 * committed. NULL is fine. */
void stage_close(struct stage *s);

/* stage_move_new renames a file to a name that must not exist: SR_E_IO with EEXIST if it does.
 * Atomic: renameat2(2) with RENAME_NOREPLACE, or link and unlink where the file system cannot. */
SR_MUST struct sr_err stage_move_new(int from_dir, const char *from, int to_dir, const char *to);

#endif
