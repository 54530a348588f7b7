/* SPDX-License-Identifier: Apache-2.0 */
#include "commit_tree.h"

#include <assert.h>
#include <string.h>

bool commit_hash_eq(const struct commit_hash *a, const struct commit_hash *b)
{
	return memcmp(a->at, b->at, CRYPTO_HASH_LEN) == 0;
}

static void join(const struct commit_hash *left, const struct commit_hash *right,
		 struct commit_hash *out)
{
	static const uint8_t inner = 0x01;
	const struct slice parts[] = {slice_make(&inner, 1), slice_make(left->at, CRYPTO_HASH_LEN),
				      slice_make(right->at, CRYPTO_HASH_LEN)};
	crypto_digest(parts, 3, out->at);
}

/* half returns how many of n > 1 leaves stand on the left. */
static size_t half(size_t n)
{
	size_t k = 1;
	while (2 * k < n)
		k *= 2;
	return k;
}

void commit_tree_root(const struct commit_hash *leaf, size_t n, struct commit_hash *root)
{
	assert(n > 0);
	if (n == 1) {
		*root = leaf[0];
		return;
	}
	struct commit_hash left, right;
	size_t k = half(n);
	commit_tree_root(leaf, k, &left);
	commit_tree_root(leaf + k, n - k, &right);
	join(&left, &right, root);
}

/* below returns how many of the ascending indices are smaller than end. */
static size_t below(const uint32_t *index, size_t n, size_t end)
{
	size_t k = 0;
	while (k < n && index[k] < end)
		k++;
	return k;
}

/* prove appends the proof for the leaves [from, from + n) of the whole tree. */
static struct sr_err prove(struct arena *a, const struct commit_hash *leaf, size_t from, size_t n,
			   const uint32_t *index, size_t opened_n, size_t *cap,
			   struct commit_proof *out)
{
	if (opened_n == 0) {
		struct commit_hash *at = arena_grow(a, out->at, out->n, cap, sizeof *at);
		if (!at)
			return sr_nomem();
		out->at = at;
		commit_tree_root(leaf + from, n, &out->at[out->n++]);
		return sr_ok();
	}
	if (n == 1)
		return sr_ok();
	size_t k = half(n), left_n = below(index, opened_n, from + k);
	SR_TRY(prove(a, leaf, from, k, index, left_n, cap, out));
	return prove(a, leaf, from + k, n - k, index + left_n, opened_n - left_n, cap, out);
}

struct sr_err commit_tree_prove(struct arena *a, const struct commit_hash *leaf, size_t n,
				const uint32_t *index, size_t opened_n, struct commit_proof *out)
{
	assert(n > 0);
	for (size_t i = 0; i < opened_n; i++)
		assert(index[i] < n && (i == 0 || index[i - 1] < index[i]));
	struct commit_proof p = {0};
	size_t cap = 0;
	SR_TRY(prove(a, leaf, 0, n, index, opened_n, &cap, &p));
	*out = p;
	return sr_ok();
}

/* What is left of a check while it walks the tree from left to right. */
struct walk {
	const struct commit_opened *opened;
	size_t opened_n;
	const struct commit_hash *proof;
	size_t proof_n;
};

/* walk_root computes the root of the leaves [from, from + n); false if the proof is too short. */
static bool walk_root(struct walk *w, size_t from, size_t n, struct commit_hash *root)
{
	bool opened = w->opened_n && w->opened[0].index < from + n;
	if (!opened) {
		if (!w->proof_n)
			return false;
		*root = *w->proof++;
		w->proof_n--;
		return true;
	}
	if (n == 1) {
		*root = w->opened++->leaf;
		w->opened_n--;
		return true;
	}
	struct commit_hash left, right;
	size_t k = half(n);
	if (!walk_root(w, from, k, &left) || !walk_root(w, from + k, n - k, &right))
		return false;
	join(&left, &right, root);
	return true;
}

struct sr_err commit_tree_check(size_t n, const struct commit_opened *opened, size_t opened_n,
				const struct commit_proof *proof, struct commit_hash *root)
{
	struct walk w = {opened, opened_n, proof->at, proof->n};
	struct commit_hash found;
	bool good = n > 0;
	for (size_t i = 0; i < opened_n && good; i++)
		good = opened[i].index < n && (i == 0 || opened[i - 1].index < opened[i].index);
	good = good && walk_root(&w, 0, n, &found) && w.proof_n == 0;
	if (!good)
		return sr_fail(SR_E_INPUT, "a proof does not have the form of its tree");
	*root = found;
	return sr_ok();
}
