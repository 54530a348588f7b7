/* SPDX-License-Identifier: Apache-2.0 */
#include "relay_checkpoint.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

/* Invariants: the mutex guards wanted and stop. pages, asked and helped are the writer's: pages in
 * the log, and how many there were when the thread was woken last, and when it lent a hand. */
struct relay_checkpoint {
	struct relay_checkpoint_rules rules;
	sqlite3 *db;
	void (*failed)(void *user, struct sr_err e);
	void *user;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t wake;
	bool wanted, stop;
	int pages, asked, helped;
};

/* Readers of older pages, and another checkpoint, only leave some of it for later. So does a lack
 * of memory. */
static struct sr_err checkpoint(sqlite3 *db)
{
	int rc = sqlite3_wal_checkpoint_v2(db, "main", SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	if (rc == SQLITE_OK || (rc & 0xff) == SQLITE_BUSY || (rc & 0xff) == SQLITE_LOCKED)
		return sr_ok();
	struct sr_err e = relay_db_error(db, rc);
	return e.code == SR_E_NOMEM ? sr_ok() : e;
}

static void *work(void *arg)
{
	struct relay_checkpoint *c = arg;
	(void)pthread_mutex_lock(&c->mutex);
	while (!c->stop) {
		if (!c->wanted) {
			(void)pthread_cond_wait(&c->wake, &c->mutex);
			continue;
		}
		c->wanted = false;
		(void)pthread_mutex_unlock(&c->mutex);
		struct sr_err e = checkpoint(c->db);
		if (sr_bad(e))
			c->failed(c->user, e);
		(void)pthread_mutex_lock(&c->mutex);
	}
	(void)pthread_mutex_unlock(&c->mutex);
	return NULL;
}

/* Signals are for the threads that expect them. */
static bool start(struct relay_checkpoint *c)
{
	sigset_t all, before;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	bool started = pthread_create(&c->thread, NULL, work, c) == 0;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return started;
}

static void release(struct relay_checkpoint *c)
{
	relay_db_close(&c->db);
	(void)pthread_cond_destroy(&c->wake);
	(void)pthread_mutex_destroy(&c->mutex);
	free(c);
}

struct sr_err relay_checkpoint_open(const char *path, const struct relay_checkpoint_rules *rules,
				    void (*failed)(void *user, struct sr_err e), void *user,
				    struct relay_checkpoint **out)
{
	struct relay_checkpoint *c = calloc(1, sizeof *c);
	if (!c)
		return sr_nomem();
	c->rules = *rules;
	c->failed = failed;
	c->user = user;
	(void)pthread_mutex_init(&c->mutex, NULL);
	(void)pthread_cond_init(&c->wake, NULL);
	struct sr_err e = sr_ok();
	if (rules->thread) {
		e = relay_db_open(path, RELAY_DB_WRITE, &c->db);
		if (!sr_bad(e) && !start(c))
			e = sr_fail(SR_E_IO, "there is no thread for the store");
	}
	if (sr_bad(e))
		release(c);
	else
		*out = c;
	return e;
}

static void want(struct relay_checkpoint *c)
{
	(void)pthread_mutex_lock(&c->mutex);
	c->wanted = true;
	(void)pthread_cond_signal(&c->wake);
	(void)pthread_mutex_unlock(&c->mutex);
}

void relay_checkpoint_after(struct relay_checkpoint *c, int pages)
{
	if (pages < c->asked)
		c->asked = c->helped = 0; /* the log began anew */
	c->pages = pages;
	if (pages - c->asked < c->rules.wake_pages)
		return;
	c->asked = pages;
	want(c);
}

/* Takes what is wanted, where there is no thread to do so. */
static bool is_ours(struct relay_checkpoint *c)
{
	bool wanted = !c->rules.thread && c->wanted;
	if (wanted)
		c->wanted = false;
	return wanted;
}

/* The log begins anew by itself at the next append, if all that is in it is in the file and no
 * reader needs it. If one does, there is no sense in trying again at once. */
struct sr_err relay_checkpoint_before(struct relay_checkpoint *c, sqlite3 *db)
{
	bool many =
		c->pages >= c->rules.writer_pages && c->pages - c->helped >= c->rules.wake_pages;
	if (many)
		c->helped = c->pages;
	return many || is_ours(c) ? checkpoint(db) : sr_ok();
}

void relay_checkpoint_close(struct relay_checkpoint *c)
{
	if (!c)
		return;
	if (c->rules.thread) {
		(void)pthread_mutex_lock(&c->mutex);
		c->stop = true;
		(void)pthread_cond_signal(&c->wake);
		(void)pthread_mutex_unlock(&c->mutex);
		(void)pthread_join(c->thread, NULL);
	}
	release(c);
}
