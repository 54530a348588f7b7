/* SPDX-License-Identifier: Apache-2.0 */
/* How ledger/ itself gets at the keys of ledger_keys.h. */
#ifndef LEDGER_KEYRING_H
#define LEDGER_KEYRING_H

#include "ledger_keys.h"
#include "ledger_seal.h"

/* keys_open gives the key of a ledger with header h, borrowed until ledger_keys_free. What goes
 * wrong is noted to sink. SR_E_AUTH: the passphrase is wrong, or k is NULL. */
SR_MUST struct sr_err keys_open(struct ledger_keys *k, const struct seal_header *h,
				const struct sr_sink *sink, const struct crypto_key **out);

/* keys_fresh gives what new ledgers are sealed with, borrowed until ledger_keys_free, after
 * ledger_keys_fresh (asserted). */
void keys_fresh(const struct ledger_keys *k, const struct seal_params **params,
		const struct crypto_key **key);

#endif
