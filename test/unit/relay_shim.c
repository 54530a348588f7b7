/* SPDX-License-Identifier: Apache-2.0 */
#include "relay_shim.h"

#include "test.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILES_MAX = 64, NAME_LEN = 256, SHM_REGIONS = 16, SHM_LEN = 32768, SECTOR = 512 };

/* ---- Bytes ---- */

struct bytes {
	uint8_t *ptr;
	size_t len, cap;
};

static void bytes_reserve(struct bytes *b, size_t len)
{
	if (len <= b->cap)
		return;
	b->cap = len < 2 * b->cap ? 2 * b->cap : len;
	b->ptr = realloc(b->ptr, b->cap);
	if (!b->ptr)
		abort();
}

static void bytes_resize(struct bytes *b, size_t len)
{
	bytes_reserve(b, len);
	if (len > b->len)
		memset(b->ptr + b->len, 0, len - b->len);
	b->len = len;
}

static void bytes_write(struct bytes *b, size_t at, const void *ptr, size_t len)
{
	if (at > b->len)
		bytes_resize(b, at);
	bytes_reserve(b, at + len);
	if (len)
		memcpy(b->ptr + at, ptr, len);
	b->len = at + len > b->len ? at + len : b->len;
}

static void bytes_copy(struct bytes *to, const struct bytes *from)
{
	to->len = 0;
	bytes_write(to, 0, from->ptr, from->len);
}

static void bytes_free(struct bytes *b)
{
	free(b->ptr);
	*b = (struct bytes){0};
}

/* ---- Files ---- */

/* struct inode: a file, and its name while named is true. Numbers, which are indices, are not used
 * again before all is forgotten. */
struct inode {
	char name[NAME_LEN];
	bool used, named;
	struct bytes now;
	int open_n, shared_n;
	const void *reserved, *pending, *exclusive; /* who holds these locks */
	uint8_t *shm[SHM_REGIONS];
	int shm_open_n, shm_shared[SQLITE_SHM_NLOCK];
	const void *shm_exclusive[SQLITE_SHM_NLOCK];
};

static struct inode inodes[FILES_MAX];

struct shim_file {
	sqlite3_file base;
	struct inode *inode;
	int level;
	bool delete_on_close, folder_to_sync, shm_open;
	uint8_t shm_shared; /* bits: slots that this one holds */
};

static struct inode *find(const char *name)
{
	for (size_t i = 0; i < FILES_MAX; i++)
		if (inodes[i].used && inodes[i].named && strcmp(inodes[i].name, name) == 0)
			return &inodes[i];
	return NULL;
}

static struct inode *inode_new(const char *name)
{
	for (size_t i = 0; i < FILES_MAX; i++) {
		if (inodes[i].used)
			continue;
		inodes[i] = (struct inode){.used = true, .named = true};
		(void)snprintf(inodes[i].name, NAME_LEN, "%s", name);
		return &inodes[i];
	}
	abort();
}

void relay_shim_reset(void)
{
	for (size_t i = 0; i < FILES_MAX; i++) {
		if (inodes[i].open_n)
			abort();
		bytes_free(&inodes[i].now);
		inodes[i] = (struct inode){0};
	}
}

void relay_shim_add(const char *path)
{
	(void)inode_new(path);
}

/* ---- Records ---- */

enum op_kind { OP_WRITE, OP_TRUNCATE, OP_SYNC, OP_SYNC_FAILED, OP_NAME, OP_UNNAME, OP_FOLDER };

struct op {
	enum op_kind kind;
	size_t inode, at, len;
	uint8_t *bytes;
};

/* struct disk: what of each file is on it. A number that is not named is a file that nobody finds.
 */
struct disk {
	struct bytes bytes[FILES_MAX];
	bool named[FILES_MAX];
};

/* Invariants: disk is what is synced after the first replayed_n ops, and pending are the numbers of
 * those among them that are neither synced nor lost, in order. */
struct relay_shim_record {
	struct op *ops;
	size_t n, cap, replayed_n;
	struct disk disk;
	size_t *pending, pending_n, pending_cap;
	char name[FILES_MAX][NAME_LEN];
};

static struct relay_shim_record *recording;

static void *grown(void *ptr, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return ptr;
	*cap = *cap ? 2 * *cap : 256;
	ptr = reallocarray(ptr, *cap, size);
	if (!ptr)
		abort();
	return ptr;
}

static void record(enum op_kind kind, const struct inode *n, size_t at, const void *ptr, size_t len)
{
	struct relay_shim_record *r = recording;
	if (!r)
		return;
	struct op op = {kind, n ? (size_t)(n - inodes) : 0, at, len, NULL};
	if (ptr && len) {
		op.bytes = malloc(len);
		if (!op.bytes)
			abort();
		memcpy(op.bytes, ptr, len);
	}
	if (kind == OP_NAME)
		memcpy(r->name[op.inode], n->name, NAME_LEN);
	r->ops = grown(r->ops, r->n, &r->cap, sizeof *r->ops);
	r->ops[r->n++] = op;
}

struct relay_shim_record *relay_shim_record_begin(void)
{
	struct relay_shim_record *r = calloc(1, sizeof *r);
	if (!r)
		abort();
	for (size_t i = 0; i < FILES_MAX; i++) {
		bytes_copy(&r->disk.bytes[i], &inodes[i].now);
		r->disk.named[i] = inodes[i].used && inodes[i].named;
		memcpy(r->name[i], inodes[i].name, NAME_LEN);
	}
	recording = r;
	return r;
}

void relay_shim_record_end(void)
{
	recording = NULL;
}

void relay_shim_record_free(struct relay_shim_record *r)
{
	for (size_t i = 0; i < r->n; i++)
		free(r->ops[i].bytes);
	for (size_t i = 0; i < FILES_MAX; i++)
		bytes_free(&r->disk.bytes[i]);
	free(r->ops);
	free(r->pending);
	free(r);
}

size_t relay_shim_record_n(const struct relay_shim_record *r)
{
	return r->n;
}

/* ---- What a cut leaves ---- */

/* A name stands for one file: whoever gets it takes it from another. */
static void name_file(struct disk *d, const struct relay_shim_record *r, size_t inode)
{
	for (size_t i = 0; i < FILES_MAX; i++)
		if (strcmp(r->name[i], r->name[inode]) == 0)
			d->named[i] = false;
	d->named[inode] = true;
}

static void apply(struct disk *d, const struct relay_shim_record *r, const struct op *op)
{
	if (op->kind == OP_WRITE)
		bytes_write(&d->bytes[op->inode], op->at, op->bytes, op->len);
	else if (op->kind == OP_TRUNCATE)
		bytes_resize(&d->bytes[op->inode], op->at);
	else if (op->kind == OP_NAME)
		name_file(d, r, op->inode);
	else if (op->kind == OP_UNNAME)
		d->named[op->inode] = false;
}

static bool is_name(const struct op *op)
{
	return op->kind == OP_NAME || op->kind == OP_UNNAME;
}

/* Takes out of what is pending what this sync is about; it gets to the disk, or is lost. */
static void settle(struct relay_shim_record *r, const struct op *sync)
{
	size_t left = 0;
	for (size_t i = 0; i < r->pending_n; i++) {
		const struct op *op = &r->ops[r->pending[i]];
		bool about = sync->kind == OP_FOLDER ? is_name(op)
						     : !is_name(op) && op->inode == sync->inode;
		if (!about)
			r->pending[left++] = r->pending[i];
		else if (sync->kind != OP_SYNC_FAILED)
			apply(&r->disk, r, op);
	}
	r->pending_n = left;
}

static void replay(struct relay_shim_record *r, size_t n)
{
	if (n < r->replayed_n || n > r->n)
		abort();
	for (; r->replayed_n < n; r->replayed_n++) {
		const struct op *op = &r->ops[r->replayed_n];
		if (op->kind == OP_SYNC || op->kind == OP_SYNC_FAILED || op->kind == OP_FOLDER) {
			settle(r, op);
			continue;
		}
		r->pending = grown(r->pending, r->pending_n, &r->pending_cap, sizeof *r->pending);
		r->pending[r->pending_n++] = r->replayed_n;
	}
}

/* By the sectors of the file. */
static void tear(struct disk *d, const struct op *op, bool garbage, uint64_t *seed)
{
	struct bytes *b = &d->bytes[op->inode];
	for (size_t at = op->at, end = op->at + op->len; at < end;) {
		size_t next = (at / SECTOR + 1) * SECTOR;
		next = next < end ? next : end;
		uint64_t chance = test_random(seed) % 4;
		if (chance < 2)
			bytes_write(b, at, op->bytes + (at - op->at), next - at);
		for (; garbage && chance == 2 && at < next; at++) {
			uint8_t byte = (uint8_t)test_random(seed);
			bytes_write(b, at, &byte, 1);
		}
		at = next;
	}
}

static void lose(struct disk *d, const struct relay_shim_record *r, const struct op *op,
		 enum relay_shim_loss loss, uint64_t *seed)
{
	if (loss == RELAY_SHIM_ALL)
		return;
	if (op->kind == OP_WRITE && (loss == RELAY_SHIM_TORN || loss == RELAY_SHIM_GARBAGE))
		tear(d, op, loss == RELAY_SHIM_GARBAGE, seed);
	else if (loss == RELAY_SHIM_NONE || test_random(seed) % 2)
		apply(d, r, op);
}

void relay_shim_cut(struct relay_shim_record *r, size_t n, enum relay_shim_loss loss, uint64_t seed)
{
	struct disk d;
	replay(r, n);
	memset(&d, 0, sizeof d);
	for (size_t i = 0; i < FILES_MAX; i++) {
		bytes_copy(&d.bytes[i], &r->disk.bytes[i]);
		d.named[i] = r->disk.named[i];
	}
	for (size_t i = 0; i < r->pending_n; i++)
		lose(&d, r, &r->ops[r->pending[i]], loss, &seed);
	relay_shim_reset();
	for (size_t i = 0; i < FILES_MAX; i++) {
		if (d.named[i])
			inode_new(r->name[i])->now = d.bytes[i];
		else
			bytes_free(&d.bytes[i]);
	}
}

/* ---- Failures ---- */

static struct {
	enum relay_shim_call call;
	size_t countdown;
	int rc;
	bool all, failed;
} failure;

void relay_shim_fail_at(enum relay_shim_call call, size_t n, int rc, bool all)
{
	failure.call = call;
	failure.countdown = n;
	failure.rc = rc;
	failure.all = all;
	failure.failed = false;
}

bool relay_shim_failed(void)
{
	return failure.failed;
}

static bool fails_now(enum relay_shim_call call)
{
	if (call != failure.call || !failure.countdown || --failure.countdown)
		return false;
	failure.failed = true;
	if (failure.all)
		failure.countdown = 1;
	return true;
}

/* ---- The file methods ---- */

static struct shim_file *of(sqlite3_file *f)
{
	return (struct shim_file *)f;
}

static int shim_unlock(sqlite3_file *f, int level)
{
	struct shim_file *s = of(f);
	struct inode *n = s->inode;
	if (level >= s->level)
		return SQLITE_OK;
	n->reserved = n->reserved == s ? NULL : n->reserved;
	n->pending = n->pending == s ? NULL : n->pending;
	n->exclusive = n->exclusive == s ? NULL : n->exclusive;
	if (level == SQLITE_LOCK_NONE)
		n->shared_n--;
	s->level = level;
	return SQLITE_OK;
}

static bool others(const void *holder, const void *self)
{
	return holder && holder != self;
}

static int shim_lock(sqlite3_file *f, int level)
{
	struct shim_file *s = of(f);
	struct inode *n = s->inode;
	if (level <= s->level)
		return SQLITE_OK;
	if (others(n->exclusive, s))
		return SQLITE_BUSY;
	if (level == SQLITE_LOCK_SHARED) {
		if (others(n->pending, s))
			return SQLITE_BUSY;
		n->shared_n++;
	} else if (others(n->reserved, s)) {
		return SQLITE_BUSY;
	} else if (level == SQLITE_LOCK_RESERVED) {
		n->reserved = s;
	} else {
		n->pending = s;
		if (n->shared_n > 1)
			return SQLITE_BUSY;
		n->exclusive = s;
	}
	s->level = level;
	return SQLITE_OK;
}

static int shim_reserved(sqlite3_file *f, int *out)
{
	*out = of(f)->inode->reserved != NULL;
	return SQLITE_OK;
}

static int shim_close(sqlite3_file *f)
{
	struct shim_file *s = of(f);
	(void)shim_unlock(f, SQLITE_LOCK_NONE);
	s->inode->open_n--;
	if (s->delete_on_close)
		s->inode->named = false;
	return SQLITE_OK;
}

static int shim_read(sqlite3_file *f, void *p, int len, sqlite3_int64 at)
{
	const struct bytes *b = &of(f)->inode->now;
	size_t from = (size_t)at, want = (size_t)len;
	if (fails_now(RELAY_SHIM_READ))
		return failure.rc;
	size_t got = from >= b->len ? 0 : b->len - from < want ? b->len - from : want;
	if (got)
		memcpy(p, b->ptr + from, got);
	memset((uint8_t *)p + got, 0, want - got);
	return got == want ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int shim_write(sqlite3_file *f, const void *p, int len, sqlite3_int64 at)
{
	bool fails = fails_now(RELAY_SHIM_WRITE);
	size_t n = (size_t)len / (fails ? 2 : 1);
	bytes_write(&of(f)->inode->now, (size_t)at, p, n);
	record(OP_WRITE, of(f)->inode, (size_t)at, p, n);
	return fails ? failure.rc : SQLITE_OK;
}

static int shim_truncate(sqlite3_file *f, sqlite3_int64 len)
{
	if (fails_now(RELAY_SHIM_TRUNCATE))
		return failure.rc;
	bytes_resize(&of(f)->inode->now, (size_t)len);
	record(OP_TRUNCATE, of(f)->inode, (size_t)len, NULL, 0);
	return SQLITE_OK;
}

/* As on unix: with the first sync of a journal that was to be made if it was missing, its name gets
 * to the disk. */
static int shim_sync(sqlite3_file *f, int flags)
{
	struct shim_file *s = of(f);
	(void)flags;
	if (fails_now(RELAY_SHIM_SYNC)) {
		record(OP_SYNC_FAILED, s->inode, 0, NULL, 0);
		return failure.rc;
	}
	record(OP_SYNC, s->inode, 0, NULL, 0);
	if (s->folder_to_sync)
		record(OP_FOLDER, NULL, 0, NULL, 0);
	s->folder_to_sync = false;
	return SQLITE_OK;
}

static int shim_size(sqlite3_file *f, sqlite3_int64 *len)
{
	*len = (sqlite3_int64)of(f)->inode->now.len;
	return SQLITE_OK;
}

/* planted: connections are made not to sync. planting: it is us who asks. */
static bool planted, planting;

/* Asked what it does about syncing, a connection lies. */
static int shim_control(sqlite3_file *f, int op, void *arg)
{
	char **words = arg;
	(void)f;
	if (op != SQLITE_FCNTL_PRAGMA || !planted || planting ||
	    sqlite3_stricmp(words[1], "synchronous") != 0)
		return SQLITE_NOTFOUND;
	words[0] = words[2] ? NULL : sqlite3_mprintf("2");
	return SQLITE_OK;
}

static int shim_sector(sqlite3_file *f)
{
	(void)f;
	return 4096;
}

/* What SQLite says of a disk on unix. */
static int shim_features(sqlite3_file *f)
{
	(void)f;
	return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static int shim_shm_map(sqlite3_file *f, int region, int len, int extend, void volatile **out)
{
	struct shim_file *s = of(f);
	uint8_t **at = &s->inode->shm[region];
	if (region >= SHM_REGIONS || len != SHM_LEN)
		abort();
	if (!s->shm_open)
		s->inode->shm_open_n++;
	s->shm_open = true;
	if (!*at && extend) {
		*at = calloc(1, SHM_LEN);
		if (!*at)
			abort();
	}
	*out = *at;
	return SQLITE_OK;
}

static int shm_lock_one(struct shim_file *s, int slot, int flags)
{
	struct inode *n = s->inode;
	uint8_t bit = (uint8_t)(1u << slot);
	bool exclusive = flags & SQLITE_SHM_EXCLUSIVE;
	if (flags & SQLITE_SHM_UNLOCK) {
		if (exclusive && n->shm_exclusive[slot] == s)
			n->shm_exclusive[slot] = NULL;
		if (!exclusive && s->shm_shared & bit) {
			s->shm_shared = (uint8_t)(s->shm_shared & ~bit);
			n->shm_shared[slot]--;
		}
		return SQLITE_OK;
	}
	if (others(n->shm_exclusive[slot], s) || (exclusive && n->shm_shared[slot]))
		return SQLITE_BUSY;
	if (exclusive) {
		n->shm_exclusive[slot] = s;
	} else if (!(s->shm_shared & bit)) {
		s->shm_shared |= bit;
		n->shm_shared[slot]++;
	}
	return SQLITE_OK;
}

/* All of them or none. */
static int shim_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
	for (int i = 0; i < n; i++) {
		int rc = shm_lock_one(of(f), offset + i, flags);
		if (rc == SQLITE_OK)
			continue;
		while (i-- > 0)
			(void)shm_lock_one(of(f), offset + i,
					   SQLITE_SHM_UNLOCK | (flags & ~SQLITE_SHM_LOCK));
		return rc;
	}
	return SQLITE_OK;
}

static void shim_shm_barrier(sqlite3_file *f)
{
	(void)f;
}

static int shim_shm_unmap(sqlite3_file *f, int delete)
{
	struct shim_file *s = of(f);
	(void)delete;
	if (!s->shm_open)
		return SQLITE_OK;
	s->shm_open = false;
	for (int i = 0; i < SQLITE_SHM_NLOCK; i++) {
		(void)shm_lock_one(s, i, SQLITE_SHM_UNLOCK | SQLITE_SHM_SHARED);
		(void)shm_lock_one(s, i, SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE);
	}
	if (--s->inode->shm_open_n)
		return SQLITE_OK;
	for (size_t i = 0; i < SHM_REGIONS; i++) {
		free(s->inode->shm[i]);
		s->inode->shm[i] = NULL;
	}
	return SQLITE_OK;
}

/* ---- The VFS methods ---- */

static const sqlite3_io_methods shim_methods = {
	.iVersion = 2,
	.xClose = shim_close,
	.xRead = shim_read,
	.xWrite = shim_write,
	.xTruncate = shim_truncate,
	.xSync = shim_sync,
	.xFileSize = shim_size,
	.xLock = shim_lock,
	.xUnlock = shim_unlock,
	.xCheckReservedLock = shim_reserved,
	.xFileControl = shim_control,
	.xSectorSize = shim_sector,
	.xDeviceCharacteristics = shim_features,
	.xShmMap = shim_shm_map,
	.xShmLock = shim_shm_lock,
	.xShmBarrier = shim_shm_barrier,
	.xShmUnmap = shim_shm_unmap,
};

static int shim_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags, int *out)
{
	(void)v;
	f->pMethods = NULL;
	if (fails_now(RELAY_SHIM_OPEN))
		return failure.rc;
	struct inode *n = name ? find(name) : NULL;
	bool new = !n;
	if (new && !(flags & SQLITE_OPEN_CREATE))
		return SQLITE_CANTOPEN;
	if (new) {
		n = inode_new(name ? name : "temporary");
		record(OP_NAME, n, 0, NULL, 0);
	}
	n->open_n++;
	*of(f) = (struct shim_file){
		.base.pMethods = &shim_methods,
		.inode = n,
		.delete_on_close = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0,
		.folder_to_sync = (flags & SQLITE_OPEN_CREATE) != 0 &&
				  (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0};
	if (out)
		*out = flags;
	return SQLITE_OK;
}

static int shim_delete(sqlite3_vfs *v, const char *name, int sync)
{
	(void)v;
	struct inode *n = find(name);
	if (!n)
		return SQLITE_IOERR_DELETE_NOENT;
	n->named = false;
	record(OP_UNNAME, n, 0, NULL, 0);
	if (sync)
		record(OP_FOLDER, NULL, 0, NULL, 0);
	return SQLITE_OK;
}

static int shim_access(sqlite3_vfs *v, const char *name, int flags, int *out)
{
	(void)v;
	(void)flags;
	*out = find(name) != NULL;
	return SQLITE_OK;
}

static int shim_full_name(sqlite3_vfs *v, const char *name, int len, char *out)
{
	(void)v;
	(void)snprintf(out, (size_t)len, "%s", name);
	return SQLITE_OK;
}

static int shim_random(sqlite3_vfs *v, int len, char *out)
{
	static uint64_t seed = 1;
	(void)v;
	for (int i = 0; i < len; i++)
		out[i] = (char)test_random(&seed);
	return len;
}

/* Only one thread is there: what is held will not be let go of meanwhile. */
static int shim_sleep(sqlite3_vfs *v, int us)
{
	(void)v;
	return us;
}

static int plant(sqlite3 *db, const char **error, const sqlite3_api_routines *api)
{
	(void)error;
	(void)api;
	if (!planted)
		return SQLITE_OK;
	planting = true;
	int rc = sqlite3_exec(db, "PRAGMA synchronous=OFF", NULL, NULL, NULL);
	planting = false;
	return rc;
}

void relay_shim_never_sync(bool on)
{
	planted = on;
}

bool relay_shim_install(void)
{
	static sqlite3_vfs vfs;
	const sqlite3_vfs *real = sqlite3_vfs_find(NULL);
	if (!real)
		return false;
	vfs = *real;
	vfs.zName = "subrosa-shim";
	vfs.szOsFile = (int)sizeof(struct shim_file);
	vfs.mxPathname = NAME_LEN;
	vfs.xOpen = shim_open;
	vfs.xDelete = shim_delete;
	vfs.xAccess = shim_access;
	vfs.xFullPathname = shim_full_name;
	vfs.xRandomness = shim_random;
	vfs.xSleep = shim_sleep;
	return sqlite3_vfs_register(&vfs, 1) == SQLITE_OK &&
	       sqlite3_auto_extension((void (*)(void))plant) == SQLITE_OK;
}
