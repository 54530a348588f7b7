/* SPDX-License-Identifier: Apache-2.0 */
/* The relay's TLS key and a certificate that nobody but itself has signed: clients know the key by
 * its pin, which is part of the relay's address (doc/PROTOCOL.md). */
#ifndef RELAY_TLS_H
#define RELAY_TLS_H

#include "build.h"
#include "wire_relay.h"

enum { RELAY_PEM_MAX = 16 * 1024 };

/* relay_tls_make appends a new key (ECDSA, P-256) and a certificate of it, as PEM. key should be a
 * secret builder. SR_E_IO: GnuTLS could not. */
SR_MUST struct sr_err relay_tls_make(struct build *key, struct build *certificate);

/* relay_tls_pin writes the SHA-256 of the certificate's SubjectPublicKeyInfo. SR_E_INPUT: it is
 * none that GnuTLS can read. */
SR_MUST struct sr_err relay_tls_pin(struct slice certificate, uint8_t pin[WIRE_PIN_LEN]);

#endif
