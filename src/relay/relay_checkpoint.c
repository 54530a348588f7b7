/* SPDX-License-Identifier: Apache-2.0 */
#include "relay_checkpoint.h"

#include <limits.h>

/* How long appends wait for readers of older pages. These are done in less, but for a backup or a
 * check: for them the log grows, and is looked at again when it is twice as long. */
enum { READERS_MS = 20 };

struct sr_err relay_checkpoint_run(struct relay_checkpoint *c, sqlite3 *db, bool idle)
{
	if (c->limit < c->rules.pages)
		c->limit = c->rules.pages;
	int least = idle && c->limit == c->rules.pages ? c->rules.idle_pages : c->limit;
	if (c->pages < least)
		return sr_ok();
	(void)sqlite3_busy_timeout(db, READERS_MS);
	int rc = sqlite3_wal_checkpoint_v2(db, "main", SQLITE_CHECKPOINT_RESTART, NULL, NULL);
	(void)sqlite3_busy_timeout(db, RELAY_DB_BUSY_MS);
	if (rc == SQLITE_OK) {
		c->pages = 0;
		c->limit = c->rules.pages;
		return sr_ok();
	}
	c->limit = c->pages < INT_MAX / 2 ? 2 * c->pages : INT_MAX;
	return (rc & 0xff) == SQLITE_BUSY ? sr_ok() : relay_db_error(db, rc);
}
