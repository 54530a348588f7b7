/* SPDX-License-Identifier: Apache-2.0 */
/* What the issuer keeps about one paper: its lattice, the sheet of its pages if they are marked
 * too, the secret seed of all symbols, its readers, and what was committed to about them, in one
 * SQLite file (https://www.sqlite.org/fileformat2.html). It is made once, only ever grows, and
 * never serves another paper. A reader is committed before his copy is put together and issued
 * after it appeared, so that a crash leaves neither a copy without a row nor a row that claims a
 * copy.
 *
 * The file: application_id 0x53724c67 ("SrLg"), user_version 4, rollback journal, and exactly
 *
 *	CREATE TABLE paper(one INTEGER PRIMARY KEY CHECK(one=1), title BLOB NOT NULL,
 *		created INTEGER NOT NULL, source_hash BLOB NOT NULL, lattice_hash BLOB NOT NULL,
 *		lattice BLOB NOT NULL, seed BLOB NOT NULL, seed_check BLOB NOT NULL,
 *		check_value BLOB NOT NULL, collusion INTEGER NOT NULL DEFAULT 2) STRICT
 *	CREATE TABLE roster(one INTEGER PRIMARY KEY CHECK(one=1), readers INTEGER NOT NULL,
 *		check_value BLOB NOT NULL) STRICT
 *	CREATE TABLE reader(number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE,
 *		fold BLOB NOT NULL UNIQUE, name BLOB NOT NULL, house BLOB NOT NULL,
 *		side BLOB NOT NULL, committed_at INTEGER NOT NULL, check_value BLOB NOT NULL,
 *		copy_hash BLOB, copy_check BLOB) STRICT
 *	CREATE TABLE commitment(number INTEGER PRIMARY KEY, readers INTEGER NOT NULL,
 *		entry BLOB NOT NULL, check_value BLOB NOT NULL) STRICT
 *	CREATE TABLE sheet(one INTEGER PRIMARY KEY CHECK(one=1), sheet BLOB NOT NULL,
 *		check_value BLOB NOT NULL) STRICT
 *	CREATE TABLE page(number INTEGER PRIMARY KEY, page_hash BLOB NOT NULL,
 *		page_check BLOB NOT NULL) STRICT
 *
 * (spaces as in ledger_db.c). Table sheet has its row only if the paper has a layout layer, which
 * is chosen when the ledger is made and never later, and only then table page has any. Version 3
 * lacks these two tables, is read as a ledger without a layout layer, and stays version 3. Versions
 * 1 and 2 also lack the column collusion and are read as ledgers of design size 2; version 1 has no
 * table commitment either and is read as a ledger without commitments. The first
 * ledger_commit_readers makes version 3 of these two. Check values are crypto_derive(seed, label,
 * info): seed_check with CRYPTO_LABEL_LEDGER_SEED and no info, all others with
 * CRYPTO_LABEL_LEDGER_ROW and an info that begins with its kind (doc/FORMAT.md). They find damage,
 * a lost and a swapped row; they do not keep out somebody who can read the seed beside them.
 *
 * A ledger may be sealed with a passphrase: the file is then one ciphertext of that SQLite file
 * (ledger_seal.h) and without the passphrase tells nothing but its size. SQLite works on it in
 * memory; no page, journal or other file in the clear is ever written. Each transaction that writes
 * seals it with a new nonce and replaces the file, under a lock. A handle for reading only shows
 * the ledger as it was when it was opened. While a sealed ledger is open, its content, the seed
 * among it, lies in ordinary memory of SQLite (wiped before it is given back, if nobody else in the
 * process used SQLite first) and, as far as it was asked for, in arenas (not wiped): who can read
 * the memory or the swap of the running process can read the ledger. Keys and passphrase lie in
 * guarded memory. */
#ifndef LEDGER_H
#define LEDGER_H

#include "arena.h"
#include "crypto.h"
#include "err.h"
#include "base_limits.h"
#include "ledger_keys.h"
#include "slice.h"

enum {
	LEDGER_VERSION = 4,
	LEDGER_VERSION_PLAIN = 3,                     /* what is made of an older one */
	LEDGER_COLLUSION_MAX = 12,                    /* design size */
	LEDGER_LATTICE_BYTES = 8 * LIMIT_PAPER_BYTES, /* of a lattice blob */
	LEDGER_SHEET_BYTES = 128 * 1024 * 1024,       /* of a sheet */
	LEDGER_TITLE_BYTES = 64 * 1024,               /* of a title */
	LEDGER_ENTRY_BYTES = 4096,                    /* of a commitment */
	LEDGER_COMMITMENTS = 10 * 1000,               /* in one ledger */
	LEDGER_BUSY_MS = 3000,                        /* how long another process may hold it */
};

/* A ledger belongs to one thread at a time. Several processes may open the same file. */
struct ledger;

/* struct ledger_paper: what never changes. Slices given by a ledger live until ledger_close. */
struct ledger_paper {
	struct slice title, lattice;
	uint8_t source_hash[CRYPTO_HASH_LEN];  /* crypto_digest of the paper's source */
	uint8_t lattice_hash[CRYPTO_HASH_LEN]; /* crypto_digest of lattice */
	int64_t created;                       /* seconds since 1970 UTC */
	uint32_t collusion; /* design size of the code, 1 .. LEDGER_COLLUSION_MAX */
	bool has_sheet;     /* the paper has a layout layer: ledger_sheet gives its sheet */
};

enum ledger_state { LEDGER_COMMITTED, LEDGER_ISSUED };

/* struct ledger_reader: number counts from 1 without gaps. fold is the id as it is compared
 * (Unicode case folding, made by the caller). copy_hash is the digest of the copy's bytes, zero
 * while the state is LEDGER_COMMITTED; page_hash that of his pages, zero unless has_page. */
struct ledger_reader {
	uint32_t number;
	enum ledger_state state;
	struct slice id, fold, name, house, side;
	int64_t committed_at; /* seconds since 1970 UTC */
	uint8_t copy_hash[CRYPTO_HASH_LEN];
	bool has_page;
	uint8_t page_hash[CRYPTO_HASH_LEN];
};

struct ledger_readers {
	struct ledger_reader *at; /* sorted by number: at[i].number == i + 1 */
	size_t n;
};

/* struct ledger_commitment: number counts from 1 without gaps; it answers for the readers 1 to
 * readers. entry is signed elsewhere and means nothing here. */
struct ledger_commitment {
	uint32_t number, readers;
	struct slice entry;
};

struct ledger_commitments {
	struct ledger_commitment *at; /* the oldest first: at[i].number == i + 1 */
	size_t n;
};

/* struct ledger_issued: the copy of reader number has appeared, with this digest, and, with
 * has_page, his pages with that one. */
struct ledger_issued {
	uint32_t number;
	uint8_t copy_hash[CRYPTO_HASH_LEN];
	bool has_page;
	uint8_t page_hash[CRYPTO_HASH_LEN];
};

/* Every function below writes a note with the path and a hint to the sink that ledger_create or
 * ledger_open got (may be NULL; fn and user must live as long as the ledger), and fails with
 * SR_E_NOMEM, or SR_E_IO if the system refuses (sys is ENOSPC on a full disk), or SR_E_STATE while
 * another process holds the file longer than LEDGER_BUSY_MS, besides what is said. */

/* ledger_create makes a ledger (0600) with no readers; it appears whole or not at all. sheet gives
 * the paper a layout layer, empty: none; what it is means nothing here. seed is copied,
 * lattice_hash and has_sheet of p are computed here, its collusion in range (asserted). keys NULL:
 * an open ledger; else one that is sealed from birth with their fresh key (ledger_keys_fresh), and
 * keys must live until ledger_close. SR_E_STATE if path, or its -journal or -wal, is there;
 * SR_E_LIMIT.
 */
SR_MUST struct sr_err ledger_create(const char *path, const struct ledger_paper *p,
				    struct slice sheet, const struct crypto_key *seed,
				    struct ledger_keys *keys, const struct sr_sink *sink,
				    struct ledger **out);

/* ledger_open checks what the file says of the paper. readonly never changes a byte and makes no
 * file, also in a folder that cannot be written. keys (NULL: none) are asked if the ledger is
 * sealed, and must live until ledger_close. SR_E_INPUT: empty, not a ledger, truncated, damaged;
 * SR_E_AUTH: a check value is wrong, the passphrase is wrong or missing; SR_E_STATE: from a newer
 * version, or an interrupted run left a journal that only a writer can roll back; SR_E_LIMIT: a
 * sealed one that asks for too much work. */
SR_MUST struct sr_err ledger_open(const char *path, bool readonly, struct ledger_keys *keys,
				  const struct sr_sink *sink, struct ledger **out);

/* ledger_close wipes the seed. NULL is fine. */
void ledger_close(struct ledger *l);

/* ledger_paper and ledger_seed borrow from l. */
const struct ledger_paper *ledger_paper(const struct ledger *l);
const struct crypto_key *ledger_seed(const struct ledger *l);

/* ledger_sheet reads the sheet into a, checked, empty if the paper has no layout layer: SR_E_INPUT
 * or SR_E_AUTH if it is not the one that the ledger was made with. */
SR_MUST struct sr_err ledger_sheet(struct ledger *l, struct arena *a, struct slice *out);

/* ledger_sealed tells whether the file is sealed. */
bool ledger_sealed(const struct ledger *l);

/* ledger_version tells the version of the file; ledger_check lets SQLite look at all of its
 * structures (SR_E_INPUT). */
SR_MUST struct sr_err ledger_version(struct ledger *l, int *out);
SR_MUST struct sr_err ledger_check(struct ledger *l);

/* ledger_readers_load reads all readers into a, each one checked, none missing: SR_E_INPUT or
 * SR_E_AUTH otherwise. */
SR_MUST struct sr_err ledger_readers_load(struct ledger *l, struct arena *a,
					  struct ledger_readers *out);

/* ledger_commitments_load reads all commitments into a, each one checked, none missing, none with
 * fewer readers than the one before or more than there are: SR_E_INPUT or SR_E_AUTH otherwise. */
SR_MUST struct sr_err ledger_commitments_load(struct ledger *l, struct arena *a,
					      struct ledger_commitments *out);

/* ledger_commit_readers adds n readers in one transaction that is on disk when it returns, in the
 * state committed since now; of each only id, fold, name, house and side are read. batch[0] gets
 * the number first, the others follow. In the same transaction a commitment to all readers that are
 * there then is added, unless entry is empty. n may be 0. SR_E_STATE: first is not the next number,
 * or this handle has shown fewer commitments than there are and entry would not follow the last
 * one, because another process was faster; or an id or fold is there already (noted); SR_E_LIMIT;
 * SR_E_INPUT: an empty id or fold. Nothing is changed on failure. */
SR_MUST struct sr_err ledger_commit_readers(struct ledger *l, const struct ledger_reader *batch,
					    size_t n, uint32_t first, int64_t now,
					    struct slice entry);

/* ledger_mark_issued notes in one transaction that these copies have appeared, pages only of a
 * paper with a layout layer (asserted). What was issued before with the same digest is fine, and
 * pages may follow a copy; with another digest, or an unknown number, SR_E_STATE and nothing is
 * changed. */
SR_MUST struct sr_err ledger_mark_issued(struct ledger *l, const struct ledger_issued *batch,
					 size_t n);

/* ledger_is_sealed tells by its first bytes whether path is a sealed ledger. */
SR_MUST struct sr_err ledger_is_sealed(const char *path, const struct sr_sink *sink, bool *sealed);

/* ledger_seal seals the open ledger path with the fresh key of keys (ledger_keys_fresh); the file
 * is replaced, whole or not at all, and on disk when it returns. What the old file was written on
 * is not overwritten. SR_E_STATE: it is sealed already. */
SR_MUST struct sr_err ledger_seal(const char *path, struct ledger_keys *keys,
				  const struct sr_sink *sink);

/* ledger_unseal puts the SQLite file in place of the sealed ledger path, likewise. SR_E_STATE: it
 * is not sealed, or a -journal or -wal is beside it that SQLite would believe. */
SR_MUST struct sr_err ledger_unseal(const char *path, struct ledger_keys *keys,
				    const struct sr_sink *sink);

/* ledger_backup copies the ledger path to the new file to (0600) as it is after some transaction,
 * whole or not at all. An open ledger is checked as by ledger_open; a sealed one stays sealed, and
 * no more than its header and its length can be checked without keys. SR_E_STATE: to is there. */
SR_MUST struct sr_err ledger_backup(const char *path, const char *to, const struct sr_sink *sink);

#endif
