/* SPDX-License-Identifier: Apache-2.0 */
/* A relay's address as text: where it is, and by which key it is known. http://HOST:PORT#KEY, or
 * https://HOST:PORT#KEY.PIN, KEY and PIN as 64 lower-case hexadecimal digits each. */
#ifndef WIRE_RELAY_H
#define WIRE_RELAY_H

#include "build.h"
#include "wire.h"

enum {
	WIRE_PIN_LEN = 32, /* SHA-256 of the TLS key, as SubjectPublicKeyInfo */
	WIRE_HOST_LEN = 253,
};

/* host: a name, an IPv4 address, or an IPv6 address in brackets. */
struct wire_relay {
	char host[WIRE_HOST_LEN + 1];
	uint16_t port;
	uint8_t key[CRYPTO_PUBLIC_LEN];
	bool tls;
	uint8_t pin[WIRE_PIN_LEN]; /* if tls */
};

/* wire_relay_read takes a whole text, nothing around it: SR_E_INPUT says what is wrong with it. */
SR_MUST struct sr_err wire_relay_read(struct slice text, struct wire_relay *out);

/* wire_relay_write appends the text; wire_relay_url only what is before the #. */
void wire_relay_write(const struct wire_relay *r, struct build *out);
void wire_relay_url(const struct wire_relay *r, struct build *out);

#endif
