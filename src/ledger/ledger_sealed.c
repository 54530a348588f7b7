/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger_sealed.h"

#include "ledger_file.h"
#include "ledger_keyring.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- SQLite's memory, wiped. ---- */

static sqlite3_mem_methods plain;

static void wipe_free(void *p)
{
	if (p)
		crypto_wipe(p, (size_t)plain.xSize(p));
	plain.xFree(p);
}

static void *wipe_realloc(void *p, int n)
{
	int old = plain.xSize(p);
	void *q = plain.xMalloc(n);
	if (!q)
		return NULL;
	memcpy(q, p, (size_t)(old < n ? old : n));
	wipe_free(p);
	return q;
}

static void install(void)
{
	if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &plain) != SQLITE_OK)
		return;
	sqlite3_mem_methods wiping = plain;
	wiping.xFree = wipe_free;
	wiping.xRealloc = wipe_realloc;
	(void)sqlite3_config(SQLITE_CONFIG_MALLOC, &wiping);
}

void mem_wipe_install(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	(void)pthread_once(&once, install);
}

/* ---- Reading. ---- */

/* Makes a database in memory of all the bytes of the file. */
static struct sr_err decrypt(struct ledger *l, const struct seal_header *h, struct slice bytes)
{
	const struct crypto_key *key;
	size_t len;
	SR_TRY(keys_open(l->keys, h, &l->sink, &key));
	uint8_t *image = sqlite3_malloc64(h->body_len);
	if (!image)
		return sr_nomem();
	struct sr_err e = seal_read(key, h, bytes, image, &len);
	if (sr_bad(e)) {
		crypto_wipe(image, (size_t)h->body_len);
		sqlite3_free(image);
		return e.code == SR_E_NOMEM ? e : db_fail(l, e.code, e.what, "use a backup of it");
	}
	db_disconnect(l);
	return db_connect_memory(l, image, len, (size_t)h->body_len);
}

static struct sr_err load(struct ledger *l, int fd)
{
	struct arena scratch = {0};
	struct seal_header h;
	struct slice bytes;
	struct sr_err e = file_read_sealed(fd, &scratch, &l->sink, &h, &bytes);
	if (!sr_bad(e))
		e = decrypt(l, &h, bytes);
	arena_release(&scratch);
	l->stale = sr_bad(e);
	if (!sr_bad(e))
		l->header = h;
	return e;
}

static struct sr_err load_path(struct ledger *l)
{
	int fd;
	SR_TRY(file_open(l->real, &l->sink, O_RDONLY, &fd));
	struct sr_err e = load(l, fd);
	(void)close(fd);
	return e;
}

/* A replacement needs the folder; a file that is write-protected is meant to stay. */
static struct sr_err check_writable(struct ledger *l)
{
	const char *slash = strrchr(l->real, '/');
	char *folder = arena_dup(&l->mem, l->real, (size_t)(slash - l->real) + 1);
	if (!folder)
		return sr_nomem();
	if (faccessat(AT_FDCWD, l->real, W_OK, AT_EACCESS) ||
	    faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS))
		return db_sys(l, "the ledger cannot be written");
	return sr_ok();
}

struct sr_err sealed_connect(struct ledger *l)
{
	char *real = realpath(l->sink.file, NULL);
	if (!real)
		return errno == ENOMEM ? sr_nomem() : db_sys(l, "the ledger cannot be opened");
	l->real = arena_dup(&l->mem, real, strlen(real));
	free(real);
	if (!l->real)
		return sr_nomem();
	l->sealed = true;
	if (!l->readonly)
		SR_TRY(check_writable(l));
	return load_path(l);
}

struct sr_err sealed_refresh(struct ledger *l)
{
	return l->stale ? load_path(l) : sr_ok();
}

/* ---- Writing. ---- */

static struct sr_err seal(struct ledger *l, const struct seal_params *params,
			  const struct crypto_key *key, uint8_t **out, size_t *len)
{
	struct db_image image;
	SR_TRY(db_image(l, &image));
	struct sr_err e = seal_write(key, params, slice_make(image.ptr, image.len), out, len);
	db_image_free(&image);
	return e.code == SR_E_LIMIT ? db_fail(l, e.code, e.what, NULL) : e;
}

struct sr_err sealed_create(struct ledger *l)
{
	const struct seal_params *params;
	const struct crypto_key *key;
	uint8_t *bytes;
	size_t len;
	keys_fresh(l->keys, &params, &key);
	SR_TRY(seal(l, params, key, &bytes, &len));
	struct sr_err e = file_create(l->sink.file, &l->sink, slice_make(bytes, len));
	free(bytes);
	return e;
}

struct sr_err sealed_lock(struct ledger *l, int *out)
{
	struct seal_header h;
	int fd;
	SR_TRY(file_lock(l->real, &l->sink, &fd));
	struct sr_err e = file_header(fd, &l->sink, &h);
	/* The nonce is another one whenever the ledger was written. */
	if (!sr_bad(e) && (l->stale || memcmp(h.nonce, l->header.nonce, sizeof h.nonce) != 0))
		e = load(l, fd);
	if (sr_bad(e))
		(void)close(fd);
	else
		*out = fd;
	return e;
}

static struct sr_err store(struct ledger *l)
{
	const struct crypto_key *key;
	uint8_t *bytes;
	size_t len;
	SR_TRY(keys_open(l->keys, &l->header, &l->sink, &key));
	SR_TRY(seal(l, &l->header.params, key, &bytes, &len));
	struct sr_err e = file_replace(l->real, &l->sink, slice_make(bytes, len));
	if (!sr_bad(e))
		e = seal_header_read(slice_make(bytes, len), &l->header);
	free(bytes);
	return e;
}

struct sr_err sealed_write(struct ledger *l, struct sr_err (*fn)(struct ledger *l, void *arg),
			   void *arg)
{
	int fd;
	if (l->readonly)
		return db_fail(l, SR_E_STATE, "the ledger was opened for reading only", NULL);
	SR_TRY(sealed_lock(l, &fd));
	struct sr_err e = db_transaction(l, "BEGIN IMMEDIATE", fn, arg);
	if (!sr_bad(e)) {
		e = store(l);
		l->stale = sr_bad(e);
	}
	(void)close(fd);
	return e;
}
