/* SPDX-License-Identifier: Apache-2.0 */
/* Leaves and drawn bytes for the tests of ratchet trees. */
#ifndef MLS_TREES_H
#define MLS_TREES_H

#include "mls_tree.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

#define OK(expr) test_ok((expr), __FILE__, __LINE__, #expr)
static inline bool test_ok(struct sr_err e, const char *file, int line, const char *text)
{
	return test_check(!sr_bad(e), file, line, text, "%s", e.what ? e.what : "?");
}

static inline void trees_draw(uint64_t *state, uint8_t out[MLS_LEN])
{
	for (size_t i = 0; i < MLS_LEN; i++)
		out[i] = (uint8_t)test_random(state);
}

/* trees_members counts the leaves that are not blank. */
static inline uint32_t trees_members(const struct mls_tree *t)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < t->leaves_n; i++)
		n += mls_tree_key(t, 2 * i) != NULL;
	return n;
}

/* trees_leaf encodes a leaf with drawn keys into a; key NULL: the encryption key drawn as well.
 * parent_hash NULL: one of a key package. The signature is none. */
static inline struct slice trees_leaf(uint64_t *state, struct arena *a, const uint8_t *key,
				      const struct slice *parent_hash)
{
	uint8_t drawn[2][MLS_LEN];
	uint16_t suites[] = {1, 3};
	struct mls_leaf leaf = {.source = MLS_SOURCE_KEY_PACKAGE, .not_after = 1000};
	trees_draw(state, drawn[0]);
	trees_draw(state, drawn[1]);
	leaf.encryption_key = slice_make(key ? key : drawn[0], MLS_LEN);
	leaf.signature_key = slice_make(drawn[1], MLS_LEN);
	leaf.credential.type = MLS_CREDENTIAL_BASIC;
	leaf.credential.identity = slice_make("somebody", test_random(state) % 9);
	leaf.capabilities.suites.ptr = suites;
	leaf.capabilities.suites.n = test_random(state) % 3;
	if (parent_hash) {
		leaf.source = MLS_SOURCE_COMMIT;
		leaf.parent_hash = *parent_hash;
	}
	struct slice out = {0};
	OK(mls_encoded(&mls_type_leaf, &leaf, a, &out));
	return out;
}

static inline struct slice trees_bytes(const struct mls_tree *t, struct arena *a)
{
	struct build b;
	struct slice out = {0};
	build_init(&b, 0);
	mls_tree_encode(t, &b);
	OK(build_keep(&b, a, &out));
	return out;
}

#endif
