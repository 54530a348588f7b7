/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a store: the lock that keeps a second relay off it, and new files that appear whole
 * or not at all. */
#ifndef RELAY_FILE_H
#define RELAY_FILE_H

#include "err.h"

/* relay_file_check refuses a path at which no store can be: SR_E_IO if there is nothing,
 * SR_E_INPUT if it is none of our ordinary files. */
SR_MUST struct sr_err relay_file_check(const char *path);

/* relay_file_lock locks PATH-lock, which is made if it is missing, until *fd is closed. SR_E_STATE:
 * somebody has. */
SR_MUST struct sr_err relay_file_lock(const char *path, int *fd);

/* relay_file_new lets fill write the new file path: it is handed the name of an empty one (0600),
 * which is synced and then renamed. SR_E_STATE if there is something of that name, or the -wal or
 * -journal of an older store, which SQLite would take for its own. On failure nothing is left. */
SR_MUST struct sr_err relay_file_new(const char *path,
				     struct sr_err (*fill)(const char *name, void *arg), void *arg);

/* relay_file_bytes returns how long the store's files are, together. */
uint64_t relay_file_bytes(const char *path);

#endif
