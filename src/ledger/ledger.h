/* SPDX-License-Identifier: Apache-2.0 */
/* What the issuer keeps about one paper: its lattice, the secret seed of all symbols, and its
 * readers, in one SQLite file (https://www.sqlite.org/fileformat2.html). It is made once, only
 * ever grows, and never serves another paper. A reader is committed before his copy is put
 * together and issued after it appeared, so that a crash leaves neither a copy without a row nor a
 * row that claims a copy.
 *
 * The file: application_id 0x53724c67 ("SrLg"), user_version 1, rollback journal, and exactly
 *
 *	CREATE TABLE paper(one INTEGER PRIMARY KEY CHECK(one=1), title BLOB NOT NULL,
 *		created INTEGER NOT NULL, source_hash BLOB NOT NULL, lattice_hash BLOB NOT NULL,
 *		lattice BLOB NOT NULL, seed BLOB NOT NULL, seed_check BLOB NOT NULL,
 *		check_value BLOB NOT NULL) STRICT
 *	CREATE TABLE roster(one INTEGER PRIMARY KEY CHECK(one=1), readers INTEGER NOT NULL,
 *		check_value BLOB NOT NULL) STRICT
 *	CREATE TABLE reader(number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE,
 *		fold BLOB NOT NULL UNIQUE, name BLOB NOT NULL, house BLOB NOT NULL,
 *		side BLOB NOT NULL, committed_at INTEGER NOT NULL, check_value BLOB NOT NULL,
 *		copy_hash BLOB, copy_check BLOB) STRICT
 *
 * (spaces as in ledger_db.c). Check values are crypto_derive(seed, label, info): seed_check with
 * CRYPTO_LABEL_LEDGER_SEED and no info, all others with CRYPTO_LABEL_LEDGER_ROW and an info that
 * begins with its kind (doc/FORMAT.md). They find damage, a lost and a swapped row; they do not
 * keep out somebody who can read the seed beside them. */
#ifndef LEDGER_H
#define LEDGER_H

#include "arena.h"
#include "crypto.h"
#include "err.h"
#include "base_limits.h"
#include "slice.h"

enum {
	LEDGER_VERSION = 1,
	LEDGER_LATTICE_BYTES = 8 * LIMIT_PAPER_BYTES, /* of a lattice blob */
	LEDGER_TITLE_BYTES = 64 * 1024,               /* of a title */
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
};

enum ledger_state { LEDGER_COMMITTED, LEDGER_ISSUED };

/* struct ledger_reader: number counts from 1 without gaps. fold is the id as it is compared
 * (Unicode case folding, made by the caller). copy_hash is the digest of the copy's bytes, zero
 * while the state is LEDGER_COMMITTED. */
struct ledger_reader {
	uint32_t number;
	enum ledger_state state;
	struct slice id, fold, name, house, side;
	int64_t committed_at; /* seconds since 1970 UTC */
	uint8_t copy_hash[CRYPTO_HASH_LEN];
};

struct ledger_readers {
	struct ledger_reader *at; /* sorted by number: at[i].number == i + 1 */
	size_t n;
};

/* struct ledger_issued: the copy of reader number has appeared, with this digest. */
struct ledger_issued {
	uint32_t number;
	uint8_t copy_hash[CRYPTO_HASH_LEN];
};

/* Every function below writes a note with the path and a hint to the sink that ledger_create or
 * ledger_open got (may be NULL; fn and user must live as long as the ledger), and fails with
 * SR_E_NOMEM, or SR_E_IO if the system refuses (sys is ENOSPC on a full disk), or SR_E_STATE while
 * another process holds the file longer than LEDGER_BUSY_MS, besides what is said. */

/* ledger_create makes a ledger (0600) with no readers; it appears whole or not at all. seed is
 * copied, lattice_hash of p is computed here. SR_E_STATE if path, or its -journal or -wal, is
 * there; SR_E_LIMIT. */
SR_MUST struct sr_err ledger_create(const char *path, const struct ledger_paper *p,
				    const struct crypto_key *seed, const struct sr_sink *sink,
				    struct ledger **out);

/* ledger_open checks what the file says of the paper. readonly never changes a byte and makes no
 * file, also in a folder that cannot be written. SR_E_INPUT: empty, not a ledger, truncated,
 * damaged; SR_E_AUTH: a check value is wrong; SR_E_STATE: from a newer version, or an interrupted
 * run left a journal that only a writer can roll back. */
SR_MUST struct sr_err ledger_open(const char *path, bool readonly, const struct sr_sink *sink,
				  struct ledger **out);

/* ledger_close wipes the seed. NULL is fine. */
void ledger_close(struct ledger *l);

/* ledger_paper and ledger_seed borrow from l. */
const struct ledger_paper *ledger_paper(const struct ledger *l);
const struct crypto_key *ledger_seed(const struct ledger *l);

/* ledger_readers_load reads all readers into a, each one checked, none missing: SR_E_INPUT or
 * SR_E_AUTH otherwise. */
SR_MUST struct sr_err ledger_readers_load(struct ledger *l, struct arena *a,
					  struct ledger_readers *out);

/* ledger_commit_readers adds n readers in one transaction that is on disk when it returns, in the
 * state committed since now; of each only id, fold, name, house and side are read. *first is the
 * number of batch[0], the others follow. SR_E_STATE: an id or fold is there already (noted);
 * SR_E_LIMIT; SR_E_INPUT: an empty id or fold. Nothing is changed on failure. */
SR_MUST struct sr_err ledger_commit_readers(struct ledger *l, const struct ledger_reader *batch,
					    size_t n, int64_t now, uint32_t *first);

/* ledger_mark_issued notes in one transaction that these copies have appeared. A copy that was
 * issued before with the same digest is fine; with another one, or an unknown number, SR_E_STATE
 * and nothing is changed. */
SR_MUST struct sr_err ledger_mark_issued(struct ledger *l, const struct ledger_issued *batch,
					 size_t n);

#endif
