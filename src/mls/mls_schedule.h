/* SPDX-License-Identifier: Apache-2.0 */
/* The key schedule (RFC 9420, 8): from one epoch's init secret to the next one's secrets. context
 * is always an encoded GroupContext. */
#ifndef MLS_SCHEDULE_H
#define MLS_SCHEDULE_H

#include "mls_label.h"
#include "mls_types.h"

/* Outputs are untouched on failure. Without another word it is SR_E_NOMEM. */

/* mls_schedule_key expands a secret under the labels "key" and "nonce", as it is done for messages
 * (9.1) and Welcomes; mls_schedule_sender does so for sender data, whose context is a sample of the
 * ciphertext it goes with (6.3.2). */
SR_MUST struct sr_err mls_schedule_key(const struct mls_suite *s, const uint8_t secret[MLS_LEN],
				       struct slice context, struct mls_message_key *out);
SR_MUST struct sr_err mls_schedule_sender(const struct mls_suite *s, const uint8_t secret[MLS_LEN],
					  struct slice ciphertext, struct mls_message_key *out);

/* struct mls_secrets: what an epoch keeps of its epoch_secret (8, table 4). Guarded memory. */
struct mls_secrets {
	uint8_t sender_data[MLS_LEN], exporter[MLS_LEN], external[MLS_LEN], confirmation[MLS_LEN],
		membership[MLS_LEN], resumption[MLS_LEN], authenticator[MLS_LEN], init[MLS_LEN];
};

/* struct mls_roots: the roots of the epoch's secret tree and exporter tree
 * (draft-ietf-mls-extensions, "Exported Secrets"); wiped once the trees are made. */
struct mls_roots {
	uint8_t encryption[MLS_LEN], application_export[MLS_LEN];
};

/* mls_schedule_joiner: joiner_secret of the new epoch. */
SR_MUST struct sr_err mls_schedule_joiner(const struct mls_suite *s, const uint8_t init[MLS_LEN],
					  const uint8_t commit_secret[MLS_LEN],
					  struct slice context, uint8_t out[MLS_LEN]);

/* mls_schedule_welcome: key and nonce for the GroupInfo in a Welcome (12.4.3.1). */
SR_MUST struct sr_err mls_schedule_welcome(const struct mls_suite *s, const uint8_t joiner[MLS_LEN],
					   const uint8_t psk_secret[MLS_LEN],
					   struct mls_message_key *out);

/* mls_schedule_epoch: the secrets of an epoch. mls_schedule_first: those of a group that begins,
 * whose epoch_secret is random (11). */
SR_MUST struct sr_err mls_schedule_epoch(const struct mls_suite *s, const uint8_t joiner[MLS_LEN],
					 const uint8_t psk_secret[MLS_LEN], struct slice context,
					 struct mls_secrets *out, struct mls_roots *roots);
SR_MUST struct sr_err mls_schedule_first(const struct mls_suite *s,
					 const uint8_t epoch_secret[MLS_LEN],
					 struct mls_secrets *out, struct mls_roots *roots);

/* struct mls_psk: a pre-shared key and its id; secret borrows. */
struct mls_psk {
	struct mls_psk_id id;
	struct slice secret;
};

/* mls_schedule_psks: psk_secret (8.4) of n keys; all zero of none. SR_E_LIMIT: n > 65535. */
SR_MUST struct sr_err mls_schedule_psks(const struct mls_suite *s, const struct mls_psk *psks,
					size_t n, uint8_t out[MLS_LEN]);

/* mls_schedule_confirmed: confirmed_transcript_hash (8.2) with a commit and its signature, after
 * the interim hash before it. mls_schedule_interim: interim_transcript_hash with a tag. */
SR_MUST struct sr_err mls_schedule_confirmed(const struct mls_suite *s, struct slice interim_before,
					     const struct mls_authentic *commit,
					     uint8_t out[MLS_LEN]);
SR_MUST struct sr_err mls_schedule_interim(const struct mls_suite *s, struct slice confirmed,
					   struct slice confirmation_tag, uint8_t out[MLS_LEN]);

/* mls_schedule_export: MLS-Exporter (8.5). SR_E_LIMIT and out as mls_expand. */
SR_MUST struct sr_err mls_schedule_export(const struct mls_suite *s,
					  const uint8_t exporter[MLS_LEN], struct slice label,
					  struct slice context, uint8_t *out, size_t out_len);

/* mls_schedule_external: the external key pair of an epoch (8.3), from secrets->external. */
SR_MUST struct sr_err mls_schedule_external(const struct mls_suite *s,
					    const uint8_t external[MLS_LEN], uint8_t priv[MLS_LEN],
					    uint8_t pub[MLS_LEN]);

/* mls_schedule_external_send, _receive (8.3): the init secret of an external commit and the KEM
 * output that carries it. ikm: fresh random bytes. SR_E_INPUT: external_pub or kem_output has a
 * wrong length or is of small order. */
SR_MUST struct sr_err mls_schedule_external_send(const struct mls_suite *s,
						 struct slice external_pub,
						 const uint8_t ikm[MLS_LEN],
						 uint8_t kem_output[MLS_LEN],
						 uint8_t init[MLS_LEN]);
SR_MUST struct sr_err mls_schedule_external_receive(const struct mls_suite *s,
						    const uint8_t external[MLS_LEN],
						    struct slice kem_output, uint8_t init[MLS_LEN]);

#endif
