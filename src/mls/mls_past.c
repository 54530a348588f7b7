/* SPDX-License-Identifier: Apache-2.0 */
#include "mls_past.h"

#include "crypto.h"
#include "mls_targeted.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void past_release(struct mls_past **at)
{
	struct mls_past *p = *at;
	*at = NULL;
	if (!p)
		return;
	for (uint32_t i = 0; p->leaves && i < p->leaves_n; i++)
		mls_tree_node_release(p->leaves[i]);
	free(p->leaves);
	free(p->context_ptr);
	crypto_guarded_free(p->secrets);
	mls_secret_tree_release(&p->messages);
	free(p);
}

struct sr_err mls_past_new(uint32_t leaves_n, struct slice context, struct mls_past **out)
{
	SR_SCOPED(past_release) struct mls_past *p = calloc(1, sizeof *p);
	if (!p)
		return sr_nomem();
	p->leaves = calloc(leaves_n, sizeof(struct mls_tree_node *));
	p->context_ptr = malloc(context.len);
	p->secrets = crypto_guarded_alloc(sizeof *p->secrets);
	if (!p->leaves || !p->context_ptr || !p->secrets)
		return sr_nomem();
	p->leaves_n = leaves_n;
	memcpy(p->context_ptr, context.ptr, context.len);
	p->context = slice_make(p->context_ptr, context.len);
	struct slice rest = p->context, head;
	if (!slice_take(&rest, 4, &head) || !mls_next_opaque(&rest, &p->group_id) ||
	    !mls_next_int(&rest, MLS_U64, &p->number))
		return mls_refuse("a GroupContext that ends too early");
	*out = p;
	p = NULL;
	return sr_ok();
}

struct sr_err mls_targeted_now(const struct mls_epoch *e, struct mls_past_secrets *out)
{
	const uint8_t *leaf = mls_keys_find(&e->vault->keys, 2 * e->own);
	assert(leaf);
	memcpy(out->sender_data, e->vault->secrets.sender_data, MLS_LEN);
	memcpy(out->leaf, leaf, MLS_LEN);
	return mls_targeted_secrets(e->suite, e->vault->secrets.exporter, out->targeted_psk,
				    out->targeted_sender);
}

struct sr_err mls_past_of(const struct mls_epoch *e, struct mls_past **out)
{
	SR_SCOPED(past_release) struct mls_past *p = NULL;
	SR_TRY(mls_past_new(e->tree.leaves_n, e->context, &p));
	p->own = e->own;
	for (uint32_t i = 0; i < p->leaves_n; i++) {
		p->leaves[i] = e->tree.nodes[2 * i];
		if (p->leaves[i])
			p->leaves[i]->refs++;
	}
	SR_TRY(mls_targeted_now(e, p->secrets));
	SR_TRY(mls_secret_tree_clone(&e->messages, &p->messages));
	*out = p;
	p = NULL;
	return sr_ok();
}

struct mls_past *mls_past_find(struct mls_past *list, uint64_t epoch)
{
	while (list && list->number != epoch)
		list = list->older;
	return list;
}

bool mls_past_forget(struct mls_past **list, uint64_t epoch)
{
	while (*list && (*list)->number != epoch)
		list = &(*list)->older;
	struct mls_past *found = *list;
	if (!found)
		return false;
	*list = found->older;
	past_release(&found);
	return true;
}

void mls_past_keep(struct mls_past **list, size_t n)
{
	for (; n && *list; n--)
		list = &(*list)->older;
	while (*list) {
		struct mls_past *first = *list;
		*list = first->older;
		past_release(&first);
	}
}

bool mls_past_member(const struct mls_past *p, uint32_t leaf, struct sr_mls_member *out)
{
	if (leaf >= p->leaves_n || !p->leaves[leaf])
		return false;
	mls_leaf_member(slice_make(p->leaves[leaf]->bytes, p->leaves[leaf]->len), leaf, out);
	return true;
}
