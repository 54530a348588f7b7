/* SPDX-License-Identifier: Apache-2.0 */
/* Leaf nodes and key packages (RFC 9420, 5.3, 7.2, 7.3, 10, 11.1, 13): how they are made, and what
 * is asked of those that others made. Whether a credential is true is for the application to say. A
 * clock is asked by who sends a leaf, never by who gets it: mls_leaf_lifetime. */
#ifndef MLS_LEAF_H
#define MLS_LEAF_H

#include "mls_label.h"
#include "mls_tree.h"

enum { MLS_CREDENTIALS = 3 }; /* credential types that the codec knows lie below */

/* Where a list of extensions stands: the registry (17.3) says which type goes where. */
enum mls_extensions_in { MLS_IN_KEY_PACKAGE, MLS_IN_LEAF, MLS_IN_CONTEXT, MLS_IN_GROUP_INFO };

/* mls_extension_find returns the first extension of a type, NULL if there is none. */
const struct mls_extension *mls_extension_find(const struct mls_extensions *list, uint16_t type);

/* mls_extensions_check: SR_E_INPUT if a type is there twice (13.4), or one of RFC 9420 where it
 * does not belong (17.3). Types that are not known pass. */
SR_MUST struct sr_err mls_extensions_check(const struct mls_extensions *list,
					   enum mls_extensions_in where);

/* mls_external_senders_of decodes the external_senders (12.1.8.1) of a GroupContext into a; none if
 * the extension is not there. SR_E_INPUT, too, for a credential that does not fit its key. */
SR_MUST struct sr_err mls_external_senders_of(const struct mls_extensions *context, struct arena *a,
					      struct mls_external_senders *out);

/* struct mls_needs: what a group asks of every member: its version and suite, its GroupContext's
 * extensions, and its required_capabilities. Borrows from the context it comes from. */
struct mls_needs {
	uint16_t suite;
	struct mls_extensions extensions;
	struct mls_required required;
};

/* mls_needs_of checks the extensions of a GroupContext (13.4, 12.1.8.1) and tells what they ask
 * for, in a. SR_E_INPUT, SR_E_LIMIT. */
SR_MUST struct sr_err mls_needs_of(uint16_t suite, const struct mls_extensions *context,
				   struct arena *a, struct mls_needs *out);

/* mls_capable: SR_E_INPUT if capabilities lack what a group needs (7.3, 11.1, 13.4). Default types
 * need not be listed. A client that joins, or gets new extensions for its group, asks this of its
 * own capabilities. */
SR_MUST struct sr_err mls_capable(const struct mls_capabilities *c, const struct mls_needs *needs);

/* mls_lists tells whether a list has a value. */
bool mls_lists(const struct mls_u16_list *list, uint16_t value);

/* mls_credential_check: SR_E_INPUT if the first certificate of an X.509 chain is not for
 * signature_key (5.3), or there is none; the chain is not verified. Others pass. */
SR_MUST struct sr_err mls_credential_check(const struct mls_credential *c,
					   struct slice signature_key);

/* struct mls_leaf_at: where a leaf stands, and what its source adds to it. */
struct mls_leaf_at {
	uint8_t source;                 /* MLS_SOURCE_*; in a check 0: any, as in a tree */
	struct slice group_id;          /* update, commit */
	uint32_t index;                 /* update, commit */
	uint64_t not_before, not_after; /* to make that of a key package; seconds since 1970 */
	struct slice parent_hash;       /* to make that of a commit */
	struct slice replaced;          /* to check: the encryption key that was there; or empty */
};

/* mls_leaf_check checks a leaf by itself (7.3): its source, keys, credential, extensions,
 * capabilities against what its group needs (NULL: not in a group yet), and last its signature.
 * Not here: credentials among each other (struct mls_census), the parent hash (mls_path_apply,
 * mls_tree_check), whether keys are unique (mls_tree_unique). SR_E_INPUT; SR_E_AUTH for the
 * signature. */
SR_MUST struct sr_err mls_leaf_check(const struct mls_suite *s, const struct mls_leaf *leaf,
				     const struct mls_leaf_at *at, const struct mls_needs *needs);

/* mls_leaf_lifetime, for leaves that the client is about to send (7.3): SR_E_STATE if now, in
 * seconds since 1970, is not within the lifetime of a leaf from a key package. */
SR_MUST struct sr_err mls_leaf_lifetime(const struct mls_leaf *leaf, int64_t now);

/* mls_key_package_check checks a key package (10, 10.1), its leaf as well. needs NULL: not in a
 * group yet. Errors as mls_leaf_check. */
SR_MUST struct sr_err mls_key_package_check(const struct mls_suite *s,
					    const struct mls_key_package *kp,
					    const struct mls_needs *needs);

/* struct mls_census: how many members use and how many support something, so that a changed leaf
 * costs no walk through the tree. {0} has no members. */
struct mls_census {
	uint32_t members, self_remove; /* self_remove: who supports that proposal */
	uint32_t used[MLS_CREDENTIALS], supported[MLS_CREDENTIALS];
};

/* mls_census_add, _remove count a leaf that came or went. mls_census_check: SR_E_INPUT if a type of
 * credential is in use that a member does not support (7.3, 13.3). */
void mls_census_add(struct mls_census *c, const struct mls_leaf *leaf);
void mls_census_remove(struct mls_census *c, const struct mls_leaf *leaf);
SR_MUST struct sr_err mls_census_check(const struct mls_census *c);

/* mls_leaves_check checks every leaf of a tree, on all cores, and their credentials among each
 * other; the census goes to out. The first bad leaf decides the error: as mls_leaf_check. */
SR_MUST struct sr_err mls_leaves_check(const struct mls_suite *s, const struct mls_tree *t,
				       struct slice group_id, const struct mls_needs *needs,
				       struct mls_census *out);

/* mls_leaves_capable: mls_capable of every leaf of a tree, for a GroupContext that is to come
 * (12.1.7). */
SR_MUST struct sr_err mls_leaves_capable(const struct mls_tree *t, const struct mls_needs *needs);

/* mls_capabilities_default: version, suites, credentials and proposals of this library. A client
 * that adds to a list puts its own in the place of it. */
extern const struct mls_capabilities mls_capabilities_default;

/* struct mls_leaf_plan: what a client puts into every leaf it makes. Borrows. */
struct mls_leaf_plan {
	struct mls_credential credential;
	struct mls_capabilities capabilities;
	struct mls_extensions extensions; /* of the leaf */
	const uint8_t *seed, *pub;        /* MLS_LEN bytes each: the signature key */
};

/* mls_leaf_make signs a leaf with a public encryption key. What it holds borrows from what it was
 * made of, or lies in a. SR_E_INPUT for a plan that nobody would accept. */
SR_MUST struct sr_err mls_leaf_make(const struct mls_suite *s, const struct mls_leaf_plan *plan,
				    const struct mls_leaf_at *at, struct slice encryption_key,
				    struct arena *a, struct mls_leaf *out);

/* mls_key_package_make signs a key package (10) and its leaf, which has at->not_before and
 * at->not_after; extensions are those of the key package. As mls_leaf_make. */
SR_MUST struct sr_err mls_key_package_make(const struct mls_suite *s,
					   const struct mls_leaf_plan *plan,
					   const struct mls_leaf_at *at, struct slice init_key,
					   struct slice encryption_key,
					   const struct mls_extensions *extensions, struct arena *a,
					   struct mls_key_package *out);

#endif
