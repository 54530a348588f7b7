/* SPDX-License-Identifier: Apache-2.0 */
#include "mls_secret_tree.h"

#include "crypto.h"
#include "mls_types.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

/* A place is the number of a node; or RATCHET | leaf << 2 | which << 1, for a skipped key, and with
 * HEAD for the ratchet itself. */
#define RATCHET (UINT32_C(1) << 31)
#define HEAD UINT32_C(1)

enum {
	DEPTH_MAX = 16,
	ITEMS_MIN = 64, /* fit into one page, which a guarded block takes anyway */
	LOAD_MIN = 4 + MLS_LEN,
};

static_assert(MLS_MEMBERS_MAX == 1 << DEPTH_MAX, "depth of the largest tree");

/* A head's generation is that of the next key; a node has none (0). */
struct item {
	uint32_t place, generation;
	union {
		uint8_t secret[MLS_LEN];    /* of a node or a head; then zeros */
		struct mls_message_key key; /* that was skipped */
	};
};

/* items[0..n) ascend by place, then by generation, so that the skipped keys of a ratchet stand
 * before its head, the oldest first. No node is above another, or above a leaf with ratchets; a
 * leaf has both ratchets or none. items[n..cap) are zero. */
struct mls_secret_store {
	uint32_t n, cap;
	uint32_t skipped; /* keys among them */
	uint32_t lent;    /* 1: the memory is somebody else's */
	struct item items[];
};

static_assert(MLS_SECRET_TREE_ROOM ==
		      sizeof(struct mls_secret_store) + ITEMS_MIN * sizeof(struct item),
	      "room for a small tree");

static void free_store(struct mls_secret_store *st)
{
	if (st && st->lent)
		crypto_wipe(st, MLS_SECRET_TREE_ROOM);
	else
		crypto_guarded_free(st);
}

/* reserve makes room for more items: a block that moves is wiped where it was. */
static struct sr_err reserve(struct mls_secret_tree *t, size_t more)
{
	size_t n = t->store ? t->store->n : 0, cap = t->store ? t->store->cap : ITEMS_MIN;
	if (t->store && n + more <= cap)
		return sr_ok();
	while (cap < n + more)
		cap *= 2;
	struct mls_secret_store *st = crypto_guarded_alloc(sizeof *st + cap * sizeof *st->items);
	if (!st)
		return sr_fail(SR_E_NOMEM, "no guarded memory for the keys of messages");
	if (t->store)
		memcpy(st, t->store, sizeof *st + n * sizeof *st->items);
	st->cap = (uint32_t)cap;
	st->lent = 0;
	free_store(t->store);
	t->store = st;
	return sr_ok();
}

/* insert makes n zero items at a place that reserve made room for. */
static struct item *insert(struct mls_secret_store *st, size_t at, size_t n)
{
	assert(n <= st->cap - st->n);
	struct item *gap = &st->items[at];
	memmove(gap + n, gap, (st->n - at) * sizeof *gap);
	crypto_wipe(gap, n * sizeof *gap);
	st->n += (uint32_t)n;
	return gap;
}

static void erase(struct mls_secret_store *st, size_t at, size_t n)
{
	st->n -= (uint32_t)n;
	memmove(&st->items[at], &st->items[at + n], (st->n - at) * sizeof *st->items);
	crypto_wipe(&st->items[st->n], n * sizeof *st->items);
}

static void erase_skipped(struct mls_secret_store *st, size_t at, size_t n)
{
	erase(st, at, n);
	st->skipped -= (uint32_t)n;
}

/* lower returns the number of items before a place and generation. */
static size_t lower(const struct mls_secret_store *st, uint32_t place, uint32_t generation)
{
	size_t from = 0, to = st->n;
	while (from < to) {
		size_t mid = from + (to - from) / 2;
		const struct item *i = &st->items[mid];
		bool below = i->place < place || (i->place == place && i->generation < generation);
		from = below ? mid + 1 : from;
		to = below ? to : mid;
	}
	return from;
}

/* find gives the first item of a place from a generation on. */
static bool find(const struct mls_secret_store *st, uint32_t place, uint32_t generation, size_t *at)
{
	*at = lower(st, place, generation);
	return *at < st->n && st->items[*at].place == place;
}

/* find_above gives the node above a leaf whose secret is still there. */
static bool find_above(const struct mls_secret_tree *t, uint32_t leaf, size_t *at)
{
	uint32_t x = 2 * leaf, root = mls_math_root(t->leaves_n);
	while (!find(t->store, x, 0, at)) {
		if (x == root)
			return false;
		x = mls_math_parent(x);
	}
	return true;
}

void mls_secret_tree_init(struct mls_secret_tree *t, uint32_t leaves_n, const uint8_t root[MLS_LEN],
			  void *room)
{
	assert(leaves_n && leaves_n <= MLS_MEMBERS_MAX && !(leaves_n & (leaves_n - 1)));
	*t = (struct mls_secret_tree){leaves_n, room};
	memset(room, 0, MLS_SECRET_TREE_ROOM);
	*t->store = (struct mls_secret_store){.cap = ITEMS_MIN, .lent = 1};
	struct item *i = insert(t->store, 0, 1);
	i->place = mls_math_root(leaves_n);
	memcpy(i->secret, root, MLS_LEN);
}

struct sr_err mls_secret_tree_clone(const struct mls_secret_tree *from, struct mls_secret_tree *out)
{
	struct mls_secret_tree made = {.leaves_n = from->leaves_n};
	if (from->store) {
		size_t n = from->store->n;
		SR_TRY(reserve(&made, n));
		memcpy(insert(made.store, 0, n), from->store->items,
		       n * sizeof *from->store->items);
		made.store->skipped = from->store->skipped;
	}
	*out = made;
	return sr_ok();
}

void mls_secret_tree_release(struct mls_secret_tree *t)
{
	free_store(t->store);
	*t = (struct mls_secret_tree){0};
}

/* struct fresh: what takes the place of a node's secret when a leaf below it is opened. */
struct fresh {
	struct item items[DEPTH_MAX + 2];
	size_t n;
};

/* descend derives the secret of a leaf from that of the node at top, and the secrets of the nodes
 * beside the path; room for all of them is made first, so that replace cannot fail. */
static struct sr_err descend(const struct mls_suite *s, struct mls_secret_tree *t, size_t top,
			     uint32_t leaf, struct fresh *f, uint8_t secret[MLS_LEN])
{
	SR_TRY(reserve(t, DEPTH_MAX + 2));
	uint32_t x = t->store->items[top].place;
	memcpy(secret, t->store->items[top].secret, MLS_LEN);
	while (mls_math_level(x)) {
		const uint32_t child[] = {mls_math_left(x), mls_math_right(x)};
		const struct slice side[] = {MLS_L("left"), MLS_L("right")};
		size_t right = 2 * leaf > x;
		struct item *other = &f->items[f->n++];
		other->place = child[!right];
		SR_TRY(mls_expand_label(s, secret, MLS_L("tree"), side[!right], other->secret,
					MLS_LEN));
		SR_TRY(mls_expand_label(s, secret, MLS_L("tree"), side[right], secret, MLS_LEN));
		x = child[right];
	}
	return sr_ok();
}

static void replace(struct mls_secret_store *st, size_t top, const struct fresh *f)
{
	erase(st, top, 1);
	for (size_t i = 0; i < f->n; i++)
		*insert(st, lower(st, f->items[i].place, 0), 1) = f->items[i];
}

static uint32_t head_of(uint32_t leaf, enum mls_ratchet which)
{
	return RATCHET | leaf << 2 | (uint32_t)which << 1 | HEAD;
}

/* derive_heads derives what a leaf without ratchets has instead of the node at top: both heads,
 * which come last. */
static struct sr_err derive_heads(const struct mls_suite *s, struct mls_secret_tree *t,
				  uint32_t leaf, size_t *top, struct fresh *f)
{
	if (!find_above(t, leaf, top))
		return sr_fail(SR_E_STATE, "a sender whose keys were all used up");
	CRYPTO_WIPED(uint8_t[MLS_LEN], secret);
	SR_TRY(descend(s, t, *top, leaf, f, secret));
	const struct slice labels[] = {
		[MLS_HANDSHAKE] = MLS_L("handshake"), [MLS_APPLICATION] = MLS_L("application")};
	for (enum mls_ratchet which = MLS_HANDSHAKE; which <= MLS_APPLICATION; which++) {
		struct item *head = &f->items[f->n++];
		head->place = head_of(leaf, which);
		SR_TRY(mls_derive_secret(s, secret, labels[which], head->secret));
	}
	return sr_ok();
}

/* find_head gives a copy of the head of a ratchet, where it is; or, if the leaf has none, also what
 * is to take the place of the node at at, which is left alone. */
static struct sr_err find_head(const struct mls_suite *s, struct mls_secret_tree *t, uint32_t leaf,
			       enum mls_ratchet which, struct fresh *f, struct item *head,
			       size_t *at)
{
	if (leaf >= t->leaves_n)
		return mls_refuse("a message of a sender that the group does not have");
	bool there = find(t->store, head_of(leaf, which), 0, at);
	if (!there)
		SR_TRY(derive_heads(s, t, leaf, at, f));
	*head = there ? t->store->items[*at] : f->items[f->n - 2 + (size_t)which];
	return sr_ok();
}

/* find_kept gives the skipped key of a generation before head. */
static struct sr_err find_kept(const struct mls_secret_store *st, const struct item *head,
			       uint32_t generation, size_t *at)
{
	if (!find(st, head->place & ~HEAD, generation, at) ||
	    st->items[*at].generation != generation)
		return sr_fail(SR_E_STATE, "a message whose key was used already, or is too old");
	return sr_ok();
}

static struct sr_err check_ahead(const struct mls_secret_store *st, const struct item *head,
				 uint32_t generation)
{
	if (generation == UINT32_MAX)
		return sr_fail(SR_E_LIMIT, "a sender without keys left in this epoch");
	if (generation - head->generation > MLS_FORWARD_MAX)
		return sr_fail(SR_E_LIMIT, "a message too far ahead of those before it");
	if (generation - head->generation > MLS_SKIPPED_TREE_MAX - st->skipped)
		return sr_fail(SR_E_LIMIT, "too many messages of this epoch did not come");
	return sr_ok();
}

/* step turns the secret of a generation into that of the next. */
static struct sr_err step(const struct mls_suite *s, uint8_t secret[MLS_LEN], uint32_t generation)
{
	return mls_derive_tree_secret(s, secret, MLS_L("secret"), generation, secret, MLS_LEN);
}

static struct sr_err message_key(const struct mls_suite *s, const uint8_t secret[MLS_LEN],
				 uint32_t generation, struct mls_message_key *out)
{
	const uint32_t big_endian = htobe32(generation);
	return mls_schedule_key(s, secret, slice_make(&big_endian, sizeof big_endian), out);
}

struct sr_err mls_secret_tree_peek(const struct mls_suite *s, struct mls_secret_tree *t,
				   uint32_t leaf, enum mls_ratchet which, uint32_t generation,
				   struct mls_message_key *out)
{
	size_t at;
	CRYPTO_WIPED(struct fresh, f);
	CRYPTO_WIPED(struct item, head);
	SR_TRY(find_head(s, t, leaf, which, &f, &head, &at));
	if (generation < head.generation) {
		SR_TRY(find_kept(t->store, &head, generation, &at));
		*out = t->store->items[at].key;
		return sr_ok();
	}
	SR_TRY(check_ahead(t->store, &head, generation));
	while (head.generation < generation)
		SR_TRY(step(s, head.secret, head.generation++));
	return message_key(s, head.secret, generation, out);
}

/* advance moves a head over n keys, which are kept, and one more, which is not. */
static struct sr_err advance(const struct mls_suite *s, struct mls_secret_store *st,
			     struct item *head, uint32_t n)
{
	const uint32_t place = head->place & ~HEAD;
	size_t first = lower(st, place, 0), at = lower(st, place, head->generation);
	struct item *kept = insert(st, at, n);
	struct sr_err e = sr_ok();
	for (uint32_t i = 0; i < n && !sr_bad(e); i++) {
		kept[i].place = place;
		kept[i].generation = head->generation;
		e = message_key(s, head->secret, head->generation, &kept[i].key);
		if (!sr_bad(e))
			e = step(s, head->secret, head->generation++);
	}
	if (!sr_bad(e))
		e = step(s, head->secret, head->generation++);
	size_t all = at + n - first;
	st->skipped += n;
	if (sr_bad(e))
		erase_skipped(st, at, n);
	else if (all > MLS_SKIPPED_MAX)
		erase_skipped(st, first, all - MLS_SKIPPED_MAX);
	return e;
}

struct sr_err mls_secret_tree_use(const struct mls_suite *s, struct mls_secret_tree *t,
				  uint32_t leaf, enum mls_ratchet which, uint32_t generation)
{
	size_t at;
	CRYPTO_WIPED(struct fresh, f);
	CRYPTO_WIPED(struct item, head);
	SR_TRY(find_head(s, t, leaf, which, &f, &head, &at));
	if (generation < head.generation) {
		SR_TRY(find_kept(t->store, &head, generation, &at));
		erase_skipped(t->store, at, 1);
		return sr_ok();
	}
	SR_TRY(check_ahead(t->store, &head, generation));
	uint32_t n = generation - head.generation;
	SR_TRY(reserve(t, n + f.n));
	SR_TRY(advance(s, t->store, &head, n));
	/* Nodes stand before keys: at is where it was. */
	if (f.n)
		replace(t->store, at, &f);
	t->store->items[lower(t->store, head.place, 0)] = head;
	return sr_ok();
}

struct sr_err mls_secret_tree_ahead(const struct mls_suite *s, struct mls_secret_tree *t,
				    uint32_t leaf, enum mls_ratchet which, uint32_t *generation,
				    struct mls_message_key *out)
{
	size_t at;
	CRYPTO_WIPED(struct fresh, f);
	CRYPTO_WIPED(struct item, head);
	SR_TRY(find_head(s, t, leaf, which, &f, &head, &at));
	SR_TRY(check_ahead(t->store, &head, head.generation));
	SR_TRY(message_key(s, head.secret, head.generation, out));
	*generation = head.generation;
	return sr_ok();
}

struct sr_err mls_secret_tree_export(const struct mls_suite *s, struct mls_secret_tree *t,
				     uint16_t component, uint8_t out[MLS_LEN])
{
	size_t top;
	if (component >= t->leaves_n || !find_above(t, component, &top))
		return sr_fail(SR_E_STATE, "an exported secret that was given already");
	CRYPTO_WIPED(struct fresh, f);
	CRYPTO_WIPED(uint8_t[MLS_LEN], secret);
	SR_TRY(descend(s, t, top, component, &f, secret));
	replace(t->store, top, &f);
	memcpy(out, secret, MLS_LEN);
	return sr_ok();
}

static bool is_key(uint32_t place)
{
	return (place & RATCHET) && !(place & HEAD);
}

static size_t saved_len(uint32_t place)
{
	return is_key(place) ? sizeof(struct mls_message_key) : MLS_LEN;
}

void mls_secret_tree_save(const struct mls_secret_tree *t, struct build *b)
{
	uint32_t n = t->store ? t->store->n : 0;
	build_u32(b, t->leaves_n);
	build_u32(b, n);
	for (uint32_t j = 0; j < n; j++) {
		const struct item *i = &t->store->items[j];
		build_u32(b, i->place);
		if (i->place & RATCHET)
			build_u32(b, i->generation);
		build_bytes(b, &i->key, saved_len(i->place));
	}
}

static bool load_item(struct slice *in, struct item *i)
{
	struct slice bytes;
	if (!slice_u32(in, &i->place) || ((i->place & RATCHET) && !slice_u32(in, &i->generation)) ||
	    !slice_take(in, saved_len(i->place), &bytes))
		return false;
	memcpy(&i->key, bytes.ptr, bytes.len);
	return true;
}

/* node_ok: in the tree, and right of all nodes below the one before. */
static bool node_ok(const struct mls_secret_tree *t, const struct item *i,
		    const struct item *before)
{
	if (i->place >= mls_math_width(t->leaves_n))
		return false;
	if (!before)
		return true;
	uint32_t half = 1U << mls_math_level(i->place),
		 half_before = 1U << mls_math_level(before->place);
	return before->place + half_before <= i->place - half + 1;
}

/* ratchet_ok: of a leaf in the tree that has both and no node above; a key, which it counts, is
 * before its head. */
static bool ratchet_ok(const struct mls_secret_tree *t, size_t at, uint32_t *keys_n)
{
	const struct item *i = &t->store->items[at];
	uint32_t leaf = (i->place & ~RATCHET) >> 2;
	if (leaf >= t->leaves_n)
		return false;
	if (i->place & HEAD) {
		*keys_n = 0;
		return find(t->store, i->place ^ 2, 0, &at) && !find_above(t, leaf, &at);
	}
	return at + 1 < t->store->n && i[1].place - i->place <= HEAD &&
	       i[1].generation > i->generation && ++*keys_n <= MLS_SKIPPED_MAX &&
	       ++t->store->skipped <= MLS_SKIPPED_TREE_MAX;
}

/* in_order: above the item before; only skipped keys share their place. */
static bool in_order(const struct item *before, const struct item *i)
{
	if (before->place != i->place)
		return before->place < i->place;
	return is_key(i->place) && before->generation < i->generation;
}

static bool items_ok(const struct mls_secret_tree *t)
{
	uint32_t keys_n = 0;
	for (size_t j = 0; j < t->store->n; j++) {
		const struct item *i = &t->store->items[j], *before = j ? i - 1 : NULL;
		if (before && !in_order(before, i))
			return false;
		if (i->place & RATCHET ? !ratchet_ok(t, j, &keys_n) : !node_ok(t, i, before))
			return false;
	}
	return true;
}

struct sr_err mls_secret_tree_load(struct slice *in, struct mls_secret_tree *out)
{
	struct slice rest = *in;
	SR_SCOPED(mls_secret_tree_release) struct mls_secret_tree t = {0};
	uint32_t n;
	bool ok = slice_u32(&rest, &t.leaves_n) && slice_u32(&rest, &n) &&
		  n <= rest.len / LOAD_MIN && t.leaves_n <= MLS_MEMBERS_MAX &&
		  !(t.leaves_n & (t.leaves_n - 1)) && (t.leaves_n || !n);
	if (ok && t.leaves_n) {
		SR_TRY(reserve(&t, n));
		struct item *items = insert(t.store, 0, n);
		for (uint32_t j = 0; j < n && ok; j++)
			ok = load_item(&rest, &items[j]);
		ok = ok && items_ok(&t);
	}
	if (!ok)
		return mls_refuse("saved keys of messages that are damaged");
	*in = rest;
	*out = t;
	t.store = NULL;
	return sr_ok();
}
