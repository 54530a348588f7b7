/* SPDX-License-Identifier: Apache-2.0 */
/* Moves what is in the write-ahead log to its place in the store's file, between the writer's
 * transactions: when nothing waits, or when the log has grown too long. The log then begins anew
 * from its front. A thread of its own would gain nothing: both sync the same disk. */
#ifndef RELAY_CHECKPOINT_H
#define RELAY_CHECKPOINT_H

#include "relay_db.h"

/* struct relay_checkpoint_rules: pages in the log from which on it is done when there is time, and
 * without. */
struct relay_checkpoint_rules {
	int idle_pages, pages;
};

/* struct relay_checkpoint: pages is how many there are now. limit: rules.pages, or more after a
 * reader stood in the way for long, a backup. */
struct relay_checkpoint {
	struct relay_checkpoint_rules rules;
	int pages, limit;
};

/* relay_checkpoint_run does it if it is time, on the writer's connection and outside of a
 * transaction; idle tells that nothing waits. SR_E_NOMEM, SR_E_IO. */
SR_MUST struct sr_err relay_checkpoint_run(struct relay_checkpoint *c, sqlite3 *db, bool idle);

#endif
