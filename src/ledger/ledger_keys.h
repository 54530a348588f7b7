/* SPDX-License-Identifier: Apache-2.0 */
/* The passphrase of sealed ledgers, and the keys made of it. Making one takes Argon2id most of a
 * second, so that a key is made once for all ledgers that share a salt. The passphrase is asked for
 * when it is first needed, once, and never leaves guarded memory. */
#ifndef LEDGER_KEYS_H
#define LEDGER_KEYS_H

#include "err.h"

#include <stddef.h>

/* LEDGER_PASSPHRASE_BYTES: room for a passphrase and its NUL. */
enum { LEDGER_PASSPHRASE_BYTES = 1024 };

/* struct ledger_ask: fn writes a passphrase with a NUL behind it to buf, guarded memory of len
 * bytes. prompt says what it is for; twice is true for a new one, which a person had better type
 * again. fn itself says what is wrong; its error is passed on. NULL: nobody can be asked. */
struct ledger_ask {
	struct sr_err (*fn)(void *user, const char *prompt, bool twice, char *buf, size_t len);
	void *user;
};

/* struct ledger_argon: the work that a new key takes. */
struct ledger_argon {
	uint32_t passes, memory_kib;
};

/* One passphrase and its keys. Belongs to one thread at a time. */
struct ledger_keys;

/* ledger_keys_new makes keys that do not know their passphrase yet. argon NULL: what libsodium
 * calls moderate; else within the limits of ledger_seal.h (asserted). SR_E_NOMEM, SR_E_IO. */
SR_MUST struct sr_err ledger_keys_new(const struct ledger_ask *ask,
				      const struct ledger_argon *argon, struct ledger_keys **out);

/* ledger_keys_free wipes everything. NULL is fine. */
void ledger_keys_free(struct ledger_keys *k);

/* ledger_keys_fresh gets the key that new ledgers are sealed with ready, asking for a new
 * passphrase for path if none is known yet: one key, one salt, as long as k lives. What goes wrong
 * is noted to sink for path, except by fn itself. SR_E_INPUT: an empty passphrase; SR_E_NOMEM; or
 * fn's error. */
SR_MUST struct sr_err ledger_keys_fresh(struct ledger_keys *k, const char *path,
					const struct sr_sink *sink);

/* ledger_keys_like makes that key the one of the sealed ledger path, after checking the passphrase
 * against it. Before ledger_keys_fresh only (asserted). SR_E_STATE: path is not sealed; SR_E_AUTH:
 * the passphrase is wrong; else as ledger_open. */
SR_MUST struct sr_err ledger_keys_like(struct ledger_keys *k, const char *path,
				       const struct sr_sink *sink);

#endif
