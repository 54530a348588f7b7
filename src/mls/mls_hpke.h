/* SPDX-License-Identifier: Apache-2.0 */
/* HPKE (RFC 9180) with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and the AEAD of a suite: single-shot
 * encryption in base and PSK mode, and exports. */
#ifndef MLS_HPKE_H
#define MLS_HPKE_H

#include "mls_suite.h"

/* struct mls_hpke_psk: id and psk of mode_psk (5.1.2); both empty: base mode. One of them alone is
 * SR_E_INPUT (5.1, VerifyPSKInputs). */
struct mls_hpke_psk {
	struct slice psk, id;
};

/* struct mls_hpke: what a key schedule gives (5.1); wiped by who made it. */
struct mls_hpke {
	struct mls_message_key first; /* for the first message (6.1) */
	uint8_t exporter[MLS_LEN];
};

/* mls_hpke_derive: DeriveKeyPair (7.1.3) of DHKEM(X25519). */
SR_MUST struct sr_err mls_hpke_derive(const struct mls_suite *s, struct slice ikm,
				      uint8_t priv[MLS_LEN], uint8_t pub[MLS_LEN]);

/* mls_hpke_info hashes the info of a key schedule ("info_hash", 5.1): for many messages under the
 * same info it is hashed once. */
SR_MUST struct sr_err mls_hpke_info(const struct mls_suite *s, struct slice info,
				    uint8_t info_hash[MLS_LEN]);

/* mls_hpke_send: SetupBaseS or SetupPSKS (5.1), with the ephemeral key derived from ikm, fresh
 * random bytes; mls_hpke_receive: SetupBaseR or SetupPSKR. psk NULL: base mode. SR_E_INPUT: a
 * public key of small order or of a wrong length. enc is the KEM's output. */
SR_MUST struct sr_err mls_hpke_send(const struct mls_suite *s, const uint8_t pub[MLS_LEN],
				    const uint8_t info_hash[MLS_LEN],
				    const struct mls_hpke_psk *psk, const uint8_t ikm[MLS_LEN],
				    uint8_t enc[MLS_LEN], struct mls_hpke *out);
SR_MUST struct sr_err mls_hpke_receive(const struct mls_suite *s, const uint8_t priv[MLS_LEN],
				       const uint8_t pub[MLS_LEN], struct slice enc,
				       const uint8_t info_hash[MLS_LEN],
				       const struct mls_hpke_psk *psk, struct mls_hpke *out);

/* mls_hpke_export: Context.Export (5.3); as mls_expand. */
SR_MUST struct sr_err mls_hpke_export(const struct mls_suite *s, const struct mls_hpke *h,
				      struct slice context, uint8_t *out, size_t out_len);

#endif
