/* SPDX-License-Identifier: Apache-2.0 */
/* Framing (RFC 9420, 6): what is signed, what is tagged, what is encrypted. context is the encoded
 * GroupContext of the epoch the message is of. */
#ifndef MLS_FRAME_H
#define MLS_FRAME_H

#include "mls_schedule.h"
#include "mls_secret_tree.h"
#include "subrosa-mls.h"

/* mls_frame_sign writes the signature of a content (6.1); mls_frame_verify checks that of m:
 * SR_E_AUTH. content is bound to m->wire_format, and to context if the sender is a member or a new
 * member's commit. Both refuse (SR_E_INPUT) what no message may be: application data not
 * encrypted, encrypted messages of others than members, content that its kind of sender may not
 * send (6, 6.1). */
SR_MUST struct sr_err mls_frame_sign(const struct mls_suite *s, const struct mls_authentic *m,
				     struct slice context, const uint8_t seed[MLS_LEN],
				     const uint8_t pub[MLS_LEN], uint8_t out[MLS_SIGNATURE_LEN]);
SR_MUST struct sr_err mls_frame_verify(const struct mls_suite *s, const struct mls_authentic *m,
				       struct slice context, const uint8_t pub[MLS_LEN]);

/* mls_frame_membership writes the membership_tag (6.2) of m, signature and all;
 * mls_frame_membership_check: SR_E_AUTH; SR_E_INPUT if m is no member's PublicMessage, or as
 * above. */
SR_MUST struct sr_err mls_frame_membership(const struct mls_suite *s, const struct mls_authentic *m,
					   struct slice context, const uint8_t key[MLS_LEN],
					   uint8_t out[MLS_LEN]);
SR_MUST struct sr_err mls_frame_membership_check(const struct mls_suite *s,
						 const struct mls_authentic *m,
						 struct slice context, const uint8_t key[MLS_LEN]);

/* mls_frame_public appends an MLSMessage with m, signed as MLS_WIRE_PUBLIC, as PublicMessage. */
void mls_frame_public(const struct mls_authentic *m, struct build *b);

/* mls_frame_ratchet: which keys a content_type is encrypted with (9.1). */
static inline enum mls_ratchet mls_frame_ratchet(uint8_t type)
{
	return type == MLS_CONTENT_APPLICATION ? MLS_APPLICATION : MLS_HANDSHAKE;
}

/* mls_frame_private appends an MLSMessage with m, signed as MLS_WIRE_PRIVATE and from a member, as
 * PrivateMessage (6.3): its content filled up with zeros to a multiple of padding bytes (0 or 1:
 * none). The key is gone from tree afterwards, on success only: SR_E_LIMIT if b is at its limit,
 * SR_E_NOMEM. Also what mls_secret_tree_ahead says, and platform->random. */
SR_MUST struct sr_err mls_frame_private(const struct mls_suite *s, const struct mls_authentic *m,
					const uint8_t sender_data_secret[MLS_LEN],
					struct mls_secret_tree *tree, size_t padding,
					const struct sr_mls_platform *platform, struct build *b);

/* mls_frame_sender opens the sender data of a PrivateMessage (6.3.2): SR_E_AUTH, SR_E_INPUT. That
 * its leaf is a member's is the caller's to check. */
SR_MUST struct sr_err mls_frame_sender(const struct mls_suite *s, const struct mls_private *in,
				       const uint8_t sender_data_secret[MLS_LEN],
				       struct mls_sender_data *out);

/* mls_frame_open decrypts a PrivateMessage by its sender data; plaintext and lists in a, the rest
 * borrows from in. The signature is not verified yet: after that, mls_secret_tree_use with
 * mls_frame_ratchet. SR_E_AUTH, SR_E_INPUT (malformed, or padding that is not zero), and what
 * mls_secret_tree_peek says. */
SR_MUST struct sr_err mls_frame_open(const struct mls_suite *s, const struct mls_private *in,
				     const struct mls_sender_data *sender,
				     struct mls_secret_tree *tree, struct arena *a,
				     struct mls_authentic *out);

#endif
