/* SPDX-License-Identifier: Apache-2.0 */
/* Cryptography under a label (RFC 9420, 5.1 and 5.2): every use of a key says "MLS 1.0 " and what
 * it is for. */
#ifndef MLS_LABEL_H
#define MLS_LABEL_H

#include "mls_suite.h"
#include "mls_types.h"

/* A label is a literal without "MLS 1.0 ": MLS_L("sender"). */
#define MLS_L(s) SLICE_LIT(s)

/* mls_expand_label: ExpandWithLabel (8); label without the prefix. Otherwise as mls_expand. */
SR_MUST struct sr_err mls_expand_label(const struct mls_suite *s, const uint8_t secret[MLS_LEN],
				       struct slice label, struct slice context, uint8_t *out,
				       size_t out_len);

/* mls_derive_secret: DeriveSecret (8). out may be secret. */
SR_MUST struct sr_err mls_derive_secret(const struct mls_suite *s, const uint8_t secret[MLS_LEN],
					struct slice label, uint8_t out[MLS_LEN]);

/* mls_derive_tree_secret: DeriveTreeSecret (9). */
SR_MUST struct sr_err mls_derive_tree_secret(const struct mls_suite *s,
					     const uint8_t secret[MLS_LEN], struct slice label,
					     uint32_t generation, uint8_t *out, size_t out_len);

/* mls_sign, mls_verify: SignWithLabel, VerifyWithLabel (5.1.2); label without the prefix.
 * SR_E_AUTH: the signature is wrong; SR_E_INPUT: pub has a wrong length. */
SR_MUST struct sr_err mls_sign(const struct mls_suite *s, const uint8_t seed[MLS_LEN],
			       const uint8_t pub[MLS_LEN], struct slice label, struct slice text,
			       uint8_t out[MLS_SIGNATURE_LEN]);
SR_MUST struct sr_err mls_verify(const struct mls_suite *s, struct slice pub, struct slice label,
				 struct slice text, struct slice signature);

/* mls_encrypt: EncryptWithLabel (5.1.3) into a, with the ephemeral key derived from ikm, fresh
 * random bytes. mls_encrypt_info hashes label and context: once for many recipients. SR_E_INPUT:
 * pub is of small order. */
SR_MUST struct sr_err mls_encrypt_info(const struct mls_suite *s, struct slice label,
				       struct slice context, uint8_t info_hash[MLS_LEN]);
SR_MUST struct sr_err mls_encrypt(const struct mls_suite *s, const uint8_t pub[MLS_LEN],
				  const uint8_t info_hash[MLS_LEN], struct slice text,
				  const uint8_t ikm[MLS_LEN], struct arena *a,
				  struct mls_ciphertext *out);

/* mls_decrypt: DecryptWithLabel (5.1.3); out has room for text.len - MLS_TAG_LEN bytes. SR_E_AUTH:
 * a wrong or missing tag; SR_E_INPUT: enc is of small order or of a wrong length. */
SR_MUST struct sr_err mls_decrypt(const struct mls_suite *s, const uint8_t priv[MLS_LEN],
				  const uint8_t pub[MLS_LEN], struct slice label,
				  struct slice context, struct slice enc, struct slice text,
				  uint8_t *out);

/* mls_seal and mls_open: seal and open of the suite, into a. Errors as theirs, and SR_E_NOMEM. */
SR_MUST struct sr_err mls_seal(const struct mls_suite *s, const struct mls_message_key *k,
			       struct slice aad, struct slice text, struct arena *a,
			       struct slice *out);
SR_MUST struct sr_err mls_open(const struct mls_suite *s, const struct mls_message_key *k,
			       struct slice aad, struct slice sealed, struct arena *a,
			       struct slice *out);

/* mls_ref: RefHash (5.2); label is whole, with its prefix: one of these two. */
#define MLS_REF_KEY_PACKAGE SLICE_LIT("MLS 1.0 KeyPackage Reference")
#define MLS_REF_PROPOSAL SLICE_LIT("MLS 1.0 Proposal Reference")
SR_MUST struct sr_err mls_ref(const struct mls_suite *s, struct slice label, struct slice value,
			      uint8_t out[MLS_LEN]);

#endif
