/* SPDX-License-Identifier: Apache-2.0 */
/* A relay's folder: its key, its store, and, if it has one, its TLS key. */
#ifndef RELAY_HOME_H
#define RELAY_HOME_H

#include "arena.h"
#include "relay_log.h"
#include "wire_relay.h"

/* struct relay_home: what is in a folder. */
struct relay_home {
	struct crypto_key key;
	uint8_t public_key[CRYPTO_PUBLIC_LEN];
	const char *store; /* path */
	bool tls;
	struct slice tls_key, tls_certificate; /* PEM, a NUL behind each */
	uint8_t pin[WIRE_PIN_LEN];
};

/* relay_home_make makes a relay in folder, which is made (0700) if it is missing: key and store.
 * One that is there is left alone, unless only one half of it is there: SR_E_STATE. tls: a TLS key
 * as well, unless it has one. SR_E_IO. */
SR_MUST struct sr_err relay_home_make(const char *folder, bool tls);

/* relay_home_open reads what is in folder; memory is a's, until relay_home_close, which wipes the
 * keys. SR_E_STATE if there is no relay in it, SR_E_INPUT if a key is damaged, SR_E_IO. */
SR_MUST struct sr_err relay_home_open(const char *folder, struct arena *a, struct relay_home *out);

void relay_home_close(struct relay_home *h);

/* relay_home_store returns the path of the store in folder, in a; NULL: no memory. */
const char *relay_home_store(const char *folder, struct arena *a);

#endif
