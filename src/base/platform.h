/* SPDX-License-Identifier: Apache-2.0 */
/* The seam to the system: clock and files. Random bytes come from crypto/. */
#ifndef BASE_PLATFORM_H
#define BASE_PLATFORM_H

#include "arena.h"
#include "err.h"
#include "slice.h"

#include <sys/stat.h>

/* platform_now returns seconds since 1970 UTC. */
int64_t platform_now(void);

/* platform_clock_ms returns milliseconds on a clock that nobody sets: for deadlines. */
int64_t platform_clock_ms(void);

/* platform_read_file reads the whole of path ("-": standard input) into a: SR_E_IO if the system
 * refuses, SR_E_LIMIT beyond len_max bytes. A NUL stands behind the bytes. */
SR_MUST struct sr_err platform_read_file(struct arena *a, const char *path, size_t len_max,
					 struct slice *out);

/* platform_read_full reads up to len bytes of fd, through short reads and interrupts; *got is less
 * than len only at the end. SR_E_IO. */
SR_MUST struct sr_err platform_read_full(int fd, void *ptr, size_t len, size_t *got);

/* platform_write_all writes len bytes to fd, through short writes and interrupts. */
SR_MUST struct sr_err platform_write_all(int fd, const void *ptr, size_t len);

/* platform_write_file replaces path by bytes, whole or not at all: a temporary file beside it,
 * fsync, rename. mode as for open(2). */
SR_MUST struct sr_err platform_write_file(const char *path, struct slice bytes, unsigned mode);

/* platform_sync_folder syncs the folder that path is in, so that a new name there lasts. */
SR_MUST struct sr_err platform_sync_folder(const char *path);

/* platform_is_own tells whether a file is an ordinary one of this user's, with one name. */
bool platform_is_own(const struct stat *st);

/* PLATFORM_SPARE: what platform_replace_file puts behind a name. */
#define PLATFORM_SPARE ".subrosa-tmp"

/* platform_replace_file does the same with one name for the temporary file, PATH.subrosa-tmp: what
 * a crash left there is used up by the next call, and two processes wait for each other.
 * SR_E_STATE if that name is not an ordinary file of our own. */
SR_MUST struct sr_err platform_replace_file(const char *path, struct slice bytes, unsigned mode);

#endif
