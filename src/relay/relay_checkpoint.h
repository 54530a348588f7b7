/* SPDX-License-Identifier: Apache-2.0 */
/* Moves what is in the write-ahead log to its place in the store's file, in a thread with a
 * connection of its own, so that no append waits for it. Only when the log has outgrown that thread
 * does the writer lend a hand, so that it can begin anew from the front. */
#ifndef RELAY_CHECKPOINT_H
#define RELAY_CHECKPOINT_H

#include "relay_db.h"

/* struct relay_checkpoint_rules: pages in the log after which the thread is woken, and after which
 * the writer does what is left. Without thread the former happens in the writer as well. */
struct relay_checkpoint_rules {
	bool thread;
	int wake_pages, writer_pages;
};

struct relay_checkpoint;

/* relay_checkpoint_open makes a connection to path. failed is called by the thread, where a
 * checkpoint fails. SR_E_NOMEM, SR_E_IO. */
SR_MUST struct sr_err relay_checkpoint_open(const char *path,
					    const struct relay_checkpoint_rules *rules,
					    void (*failed)(void *user, struct sr_err e), void *user,
					    struct relay_checkpoint **out);

/* relay_checkpoint_after tells how many pages are in the log after a transaction, and wakes the
 * thread if there are many. relay_checkpoint_before is for before a transaction: it lends a hand if
 * it must, with the writer's connection db. */
void relay_checkpoint_after(struct relay_checkpoint *c, int pages);
SR_MUST struct sr_err relay_checkpoint_before(struct relay_checkpoint *c, sqlite3 *db);

/* relay_checkpoint_close ends the thread. NULL is fine. */
void relay_checkpoint_close(struct relay_checkpoint *c);

#endif
