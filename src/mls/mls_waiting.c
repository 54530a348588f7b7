/* SPDX-License-Identifier: Apache-2.0 */
#include "mls_proposals.h"

#include "crypto.h"

#include <string.h>

struct sr_err mls_item_read(struct slice bytes, struct arena *a, struct mls_item *out)
{
	out->bytes = bytes;
	return mls_decode(&mls_type_proposal, bytes, a, &out->proposal);
}

struct sr_err mls_item_make(const struct mls_proposal *p, uint8_t sender, uint32_t sender_index,
			    struct arena *a, struct mls_item *out)
{
	*out = (struct mls_item){.proposal = *p, .sender = sender, .sender_index = sender_index};
	return mls_encoded(&mls_type_proposal, p, a, &out->bytes);
}

const struct mls_waiting_item *mls_waiting_find(const struct mls_waiting *w, struct slice ref)
{
	for (size_t i = 0; i < w->n; i++)
		if (slice_eq(w->ptr[i].item.ref, ref))
			return &w->ptr[i];
	return NULL;
}

struct sr_err mls_waiting_add(struct mls_waiting *w, const uint8_t ref[MLS_LEN],
			      const struct mls_item *item, struct mls_fresh *fresh)
{
	if (mls_waiting_find(w, mls_slice(ref))) {
		crypto_guarded_free(fresh);
		return sr_ok();
	}
	if (w->n == MLS_WAITING_MAX || item->bytes.len > MLS_WAITING_BYTES_MAX - w->bytes)
		return sr_fail(SR_E_LIMIT, "too many proposals are waiting");
	uint8_t *copy = arena_dup(&w->arena, item->bytes.ptr, item->bytes.len);
	uint8_t *name = arena_dup(&w->arena, ref, MLS_LEN);
	void *grown = arena_grow(&w->arena, w->ptr, w->n, &w->cap, sizeof *w->ptr);
	if (grown)
		w->ptr = grown;
	if (!copy || !name || !grown)
		return sr_nomem();
	struct mls_waiting_item *it = &w->ptr[w->n];
	it->item = *item;
	SR_TRY(mls_item_read(slice_make(copy, item->bytes.len), &w->arena, &it->item));
	it->item.ref = mls_slice(name);
	it->item.by_reference = true;
	it->item.fresh = it->fresh = fresh;
	w->bytes += item->bytes.len;
	w->n++;
	return sr_ok();
}

bool mls_waiting_forget(struct mls_waiting *w, const uint8_t ref[MLS_LEN])
{
	const struct mls_waiting_item *found = mls_waiting_find(w, mls_slice(ref));
	if (!found)
		return false;
	size_t i = (size_t)(found - w->ptr);
	crypto_guarded_free(found->fresh);
	memmove(&w->ptr[i], &w->ptr[i + 1], (w->n - i - 1) * sizeof *w->ptr);
	w->n--;
	return true;
}

void mls_waiting_release(struct mls_waiting *w)
{
	for (size_t i = 0; i < w->n; i++)
		crypto_guarded_free(w->ptr[i].fresh);
	arena_release(&w->arena);
	*w = (struct mls_waiting){0};
}
