/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger_file.h"
#include "ledger_keyring.h"
#include "ledger_sealed.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct sr_sink sink_for(const struct sr_sink *sink, const char *path)
{
	return (struct sr_sink){sink ? sink->fn : NULL, sink ? sink->user : NULL, path};
}

struct sr_err ledger_is_sealed(const char *path, const struct sr_sink *sink, bool *sealed)
{
	struct sr_sink at = sink_for(sink, path);
	return file_is_sealed(path, &at, sealed);
}

/* ---- Sealing. ---- */

static struct sr_err replace_real(struct ledger *l, struct slice bytes)
{
	char *real = realpath(l->sink.file, NULL);
	if (!real)
		return db_sys(l, "the ledger cannot be replaced");
	struct sr_err e = file_replace(real, &l->sink, bytes);
	free(real);
	return e;
}

static struct sr_err check_whole(struct ledger *l, void *arg)
{
	(void)arg;
	return db_check_integrity(l);
}

/* Nobody else is at work in the file that goes. Who waits for it will see that it was moved. */
static struct sr_err seal_locked(struct ledger *l, struct ledger_keys *keys)
{
	const struct seal_params *params;
	const struct crypto_key *key;
	struct db_image image;
	uint8_t *bytes = NULL;
	size_t len = 0;
	SR_TRY(check_whole(l, NULL));
	keys_fresh(keys, &params, &key);
	SR_TRY(db_image(l, &image));
	struct sr_err e = seal_write(key, params, slice_make(image.ptr, image.len), &bytes, &len);
	db_image_free(&image);
	if (sr_bad(e))
		return e.code == SR_E_LIMIT ? db_fail(l, e.code, e.what, NULL) : e;
	e = replace_real(l, slice_make(bytes, len));
	free(bytes);
	return e;
}

static struct sr_err seal_now(struct ledger *l, void *arg)
{
	return seal_locked(l, arg);
}

struct sr_err ledger_seal(const char *path, struct ledger_keys *keys, const struct sr_sink *sink)
{
	struct sr_sink at = sink_for(sink, path);
	struct ledger *l;
	bool sealed;
	SR_TRY(file_is_sealed(path, &at, &sealed));
	if (sealed)
		return file_fail(&at, SR_E_STATE, "the ledger is sealed already");
	SR_TRY(ledger_open(path, false, NULL, sink, &l));
	struct sr_err e = db_transaction(l, "BEGIN EXCLUSIVE", seal_now, keys);
	ledger_close(l);
	return e;
}

static struct sr_err unseal_locked(struct ledger *l)
{
	struct db_image image;
	SR_TRY(db_check_beside(l, l->real));
	SR_TRY(db_read(l, check_whole, NULL));
	SR_TRY(db_image(l, &image));
	struct sr_err e = file_replace(l->real, &l->sink, slice_make(image.ptr, image.len));
	db_image_free(&image);
	return e;
}

struct sr_err ledger_unseal(const char *path, struct ledger_keys *keys, const struct sr_sink *sink)
{
	struct sr_sink at = sink_for(sink, path);
	struct ledger *l;
	bool sealed;
	int fd = -1;
	SR_TRY(file_is_sealed(path, &at, &sealed));
	if (!sealed)
		return file_fail(&at, SR_E_STATE, "the ledger is not sealed");
	SR_TRY(ledger_open(path, false, keys, sink, &l));
	struct sr_err e = l->sealed ? sealed_lock(l, &fd)
				    : file_fail(&at, SR_E_STATE, "the ledger is not sealed");
	if (!sr_bad(e)) {
		e = unseal_locked(l);
		(void)close(fd);
	}
	ledger_close(l);
	return e;
}

/* ---- Copying. ---- */

static struct sr_err backup_sealed(const char *path, const char *to, const struct sr_sink *sink)
{
	struct sr_sink from = sink_for(sink, path), at = sink_for(sink, to);
	struct arena scratch = {0};
	struct seal_header h;
	struct slice bytes;
	int fd;
	SR_TRY(file_open(path, &from, O_RDONLY, &fd));
	/* The file that is open is never written again: it is one state of the ledger. */
	struct sr_err e = file_read_sealed(fd, &scratch, &from, &h, &bytes);
	(void)close(fd);
	if (!sr_bad(e))
		e = file_create(to, &at, bytes);
	arena_release(&scratch);
	return e;
}

static struct sr_err copy_image(struct ledger *l, void *arg)
{
	const struct sr_sink *at = arg;
	struct db_image image;
	SR_TRY(check_whole(l, NULL));
	SR_TRY(db_image(l, &image));
	struct sr_err e = file_create(at->file, at, slice_make(image.ptr, image.len));
	db_image_free(&image);
	return e;
}

static struct sr_err backup_open(const char *path, const char *to, const struct sr_sink *sink)
{
	struct sr_sink at = sink_for(sink, to);
	struct ledger *l;
	SR_TRY(ledger_open(path, true, NULL, sink, &l));
	struct sr_err e = db_read(l, copy_image, &at);
	ledger_close(l);
	return e;
}

struct sr_err ledger_backup(const char *path, const char *to, const struct sr_sink *sink)
{
	struct sr_sink from = sink_for(sink, path), at = sink_for(sink, to);
	struct ledger target = {.sink = at};
	bool sealed;
	SR_TRY(file_is_sealed(path, &from, &sealed));
	SR_TRY(db_check_free(&target));
	return sealed ? backup_sealed(path, to, sink) : backup_open(path, to, sink);
}
