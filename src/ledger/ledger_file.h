/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are replaced as a whole: a sealed ledger, and a ledger that is sealed, unsealed or
 * copied. Who wants to replace one holds its lock (flock(2)) and has looked that the path still
 * names the file that he locked, so that no two processes lose each other's change. Every function
 * notes what goes wrong to sink, whose file is the path. */
#ifndef LEDGER_FILE_H
#define LEDGER_FILE_H

#include "arena.h"
#include "ledger_seal.h"

/* FILE_TMP_SUFFIX: a replacement is written under this name beside the file. One that is there
 * while the lock is held is left over from a crash, and is removed. */
#define FILE_TMP_SUFFIX ".subrosa-tmp"

/* FILE_NEW_SUFFIX: a file that is not there yet is made under this name, another one since who
 * makes it has no lock of path. */
#define FILE_NEW_SUFFIX ".subrosa-new"

/* file_is_sealed tells whether path is a sealed ledger, by its first bytes. file_read_header reads
 * its header: SR_E_STATE if it is not sealed, else as seal_header_read, or SR_E_IO. Not to be used
 * while this process is within a transaction on the same file: close(2) would drop the locks of
 * SQLite (fcntl(2)). */
SR_MUST struct sr_err file_is_sealed(const char *path, const struct sr_sink *sink, bool *sealed);
SR_MUST struct sr_err file_read_header(const char *path, const struct sr_sink *sink,
				       struct seal_header *out);

/* file_header does so with a file that is open. */
SR_MUST struct sr_err file_header(int fd, const struct sr_sink *sink, struct seal_header *out);

/* file_read_sealed reads the whole sealed ledger that fd is open for into a. The header has been
 * checked, and the length of the file against it, so that no more is read than belongs to it. */
SR_MUST struct sr_err file_read_sealed(int fd, struct arena *a, const struct sr_sink *sink,
				       struct seal_header *h, struct slice *out);

/* file_lock opens and locks path, waiting for at most LEDGER_BUSY_MS. The lock is let go with
 * close(2). SR_E_STATE: another process holds it; SR_E_IO. */
SR_MUST struct sr_err file_lock(const char *path, const struct sr_sink *sink, int *fd);

/* file_replace replaces path by bytes (0600), whole or not at all, on disk when it returns. The
 * caller holds the lock of path. */
SR_MUST struct sr_err file_replace(const char *path, const struct sr_sink *sink,
				   struct slice bytes);

/* file_sync_folder syncs the folder that path is in, so that its new name lasts. */
SR_MUST struct sr_err file_sync_folder(const char *path, const struct sr_sink *sink);

/* A ledger that is being made. */
struct file_new {
	char *tmp, *journal; /* its name until it is placed, and SQLite's of its journal */
	int fd;              /* holds its lock */
};

/* file_make_new opens a new, empty file (0600) beside path, with FILE_NEW_SUFFIX behind its name,
 * and locks it: two processes wait for each other, for at most LEDGER_BUSY_MS, and what a crash
 * left there is used up. Names live in a. SR_E_STATE: another process holds it, or it is not an
 * ordinary file of our own; SR_E_IO, SR_E_NOMEM. Then one of the following two is called:
 * file_place_new moves it to path, which must not be there (SR_E_STATE), on disk when it returns;
 * on failure it is removed. file_drop_new removes it. Nobody else has it open by then. */
SR_MUST struct sr_err file_make_new(const char *path, const struct sr_sink *sink, struct arena *a,
				    struct file_new *out);
SR_MUST struct sr_err file_place_new(const char *path, const struct sr_sink *sink,
				     const struct file_new *f);
void file_drop_new(const struct file_new *f);

/* file_create makes path, which must not be there (SR_E_STATE), with these bytes (0600): whole or
 * not at all, on disk when it returns. */
SR_MUST struct sr_err file_create(const char *path, const struct sr_sink *sink, struct slice bytes);

/* file_open opens the regular file path; flags as for open(2). */
SR_MUST struct sr_err file_open(const char *path, const struct sr_sink *sink, int flags, int *fd);

/* file_fail notes what and returns the error; file_sys does so with the present errno. */
struct sr_err file_fail(const struct sr_sink *sink, enum sr_code code, const char *what);
struct sr_err file_sys(const struct sr_sink *sink, const char *what);

#endif
