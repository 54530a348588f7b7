/* SPDX-License-Identifier: Apache-2.0 */
/* A store in a file of SQLite: a write-ahead log that is synced at each append, one connection that
 * writes, and readers that see whole appends or none. Beside the file PATH lie PATH-wal and
 * PATH-shm, which are part of it, and PATH-lock. doc/FORMAT.md has the tables. */
#ifndef RELAY_SQLITE_H
#define RELAY_SQLITE_H

#include "relay_log.h"

/* relay_sqlite_create makes an empty store (0600) of the name path: whole and on disk, or not at
 * all. SR_E_STATE if there is something of that name; SR_E_IO. */
SR_MUST struct sr_err relay_sqlite_create(const char *path);

/* relay_sqlite_open opens the store path and locks it, so that no other relay does: SR_E_STATE.
 * SR_E_INPUT: it is none of a relay, or of a newer version. What a crash left is put in order.
 * Readers of it must be closed before it is. */
SR_MUST struct sr_err relay_sqlite_open(const char *path, const struct relay_rules *rules,
					struct relay_store **out);

/* relay_sqlite_open_beside opens a store that a running relay may have locked: to read, and to add
 * tokens. Its append and expire are refused: SR_E_STATE. */
SR_MUST struct sr_err relay_sqlite_open_beside(const char *path, struct relay_store **out);

/* relay_sqlite_backup copies the store as it is at one moment, a relay may be running meanwhile, to
 * the new file to (0600): whole and on disk, or not at all. SR_E_STATE if there is one of that
 * name. */
SR_MUST struct sr_err relay_sqlite_backup(const char *path, const char *to);

/* relay_sqlite_check looks at everything in a store as it is at one moment, a relay may be running
 * meanwhile: SQLite's structures, each log's chain cell by cell from the oldest that is kept to its
 * head, and the totals. Each fault is noted to sink; logs are named by their number, not by their
 * address. SR_E_INPUT if there is any, SR_E_IO. out (may be NULL) is what it counted. */
SR_MUST struct sr_err relay_sqlite_check(const char *path, const struct sr_sink *sink,
					 struct relay_counts *out);

#endif
