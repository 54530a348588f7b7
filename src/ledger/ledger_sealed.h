/* SPDX-License-Identifier: Apache-2.0 */
/* A sealed ledger as it is worked on: SQLite has it in memory only, and every transaction that
 * writes makes a new file of it. */
#ifndef LEDGER_SEALED_H
#define LEDGER_SEALED_H

#include "ledger_db.h"

/* sealed_connect opens the sealed ledger l->sink.file. */
SR_MUST struct sr_err sealed_connect(struct ledger *l);

/* sealed_create writes the database of l, which lies in memory, to the new file l->sink.file,
 * sealed with the fresh key of l->keys. */
SR_MUST struct sr_err sealed_create(struct ledger *l);

/* sealed_refresh reads the ledger again if it is stale. */
SR_MUST struct sr_err sealed_refresh(struct ledger *l);

/* sealed_lock locks the file, and reads it again if another process has written it. */
SR_MUST struct sr_err sealed_lock(struct ledger *l, int *fd);

/* sealed_write runs fn in a transaction under the lock and replaces the file. On failure the file
 * is as it was. */
SR_MUST struct sr_err sealed_write(struct ledger *l,
				   struct sr_err (*fn)(struct ledger *l, void *arg), void *arg);

/* mem_wipe_install makes SQLite wipe all memory before it gives it back, if nobody in this process
 * has used SQLite before. */
void mem_wipe_install(void);

#endif
