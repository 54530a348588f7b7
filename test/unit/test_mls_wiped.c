/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets are nowhere but in guarded memory, and not there either when they are over. The history
 * is played twice: in the first run all secrets are taken down, as they are found in the groups or
 * drawn; the second is the same, and whatever memory is freed in it is searched for them. Needs the
 * address sanitizer, which tells what is freed. */
#include "crypto.h"
#include "mls_guarded.h"
#include "mls_group.h"
#include "mls_play.h"

#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define WITH_HOOKS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_HOOKS 1
#endif
#endif
#ifdef WITH_HOOKS
/* As in sanitizer/allocator_interface.h, which not every compiler brings along. */
int __sanitizer_install_malloc_and_free_hooks(void (*malloc_hook)(const volatile void *ptr,
								  size_t len),
					      void (*free_hook)(const volatile void *ptr));
size_t __sanitizer_get_allocated_size(const volatile void *ptr);
#else
#define WITH_HOOKS 0
#endif

/* ---- Secrets: their first 16 bytes, in a table by the first eight ---- */

enum { MARK_LEN = 16, MARKS = 1 << 15, BLOCKS = 1 << 16 };

struct mark {
	uint8_t bytes[MARK_LEN];
	const char *what; /* NULL: free */
};
static struct mark marks[MARKS];
static uint64_t maybe[1 << 15]; /* bits: a hash that occurs */
static size_t marks_n;

static size_t hash_of(const uint8_t *bytes)
{
	uint64_t v;
	memcpy(&v, bytes, sizeof v);
	return (size_t)((v * UINT64_C(0x9e3779b97f4a7c15)) >> 43); /* 21 bits */
}

static struct mark *mark_at(const uint8_t *bytes)
{
	size_t i = hash_of(bytes) % MARKS;
	while (marks[i].what && memcmp(marks[i].bytes, bytes, MARK_LEN) != 0)
		i = (i + 1) % MARKS;
	return &marks[i];
}

static void mark(const char *what, const uint8_t *bytes)
{
	static const uint8_t zeros[MARK_LEN];
	struct mark *m = mark_at(bytes);
	if (m->what || !memcmp(bytes, zeros, MARK_LEN) ||
	    !CHECK(marks_n < MARKS / 2, "too many secrets"))
		return;
	memcpy(m->bytes, bytes, MARK_LEN);
	m->what = what;
	marks_n++;
	size_t h = hash_of(bytes);
	maybe[h / 64] |= UINT64_C(1) << h % 64;
}

/* find_mark gives the first secret in a block. */
static const struct mark *find_mark(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i + MARK_LEN <= len; i++) {
		size_t h = hash_of(p + i);
		if (!(maybe[h / 64] >> h % 64 & 1))
			continue;
		const struct mark *m = mark_at(p + i);
		if (m->what)
			return m;
	}
	return NULL;
}

/* ---- Taking them down ---- */

enum { PATHS = 64, PATH_LEN = 4 };

static bool nonces_are_drawn;                   /* what is drawn now is public */
static uint8_t paths[PATHS][PATH_LEN][MLS_LEN]; /* of what was drawn in this step */
static size_t paths_n;
static struct sr_err (*draw)(void *user, uint8_t *out, size_t len);
static const struct mls_suite *suite;

/* What a random string becomes if it is a leaf's secret: the secrets of the path above. */
static void mark_path(const uint8_t drawn[MLS_LEN])
{
	uint8_t node[MLS_LEN];
	if (!CHECK(paths_n < PATHS, "too much is drawn"))
		return;
	uint8_t(*path)[MLS_LEN] = paths[paths_n++];
	memcpy(path[0], drawn, MLS_LEN);
	for (int i = 0; i < PATH_LEN; i++) {
		if (i)
			OK(mls_derive_secret(suite, path[i - 1], MLS_L("path"), path[i]));
		mark("secret of a path", path[i]);
		OK(mls_derive_secret(suite, path[i], MLS_L("node"), node));
		mark("secret of a node", node);
	}
}

static struct sr_err draw_and_mark(void *user, uint8_t *out, size_t len)
{
	struct sr_err e = draw(user, out, len);
	if (len == MLS_LEN && !nonces_are_drawn)
		mark_path(out);
	return e;
}

static void mark_keys(const struct mls_keys *k)
{
	for (uint32_t i = 0; i < k->n; i++)
		mark("key of a node", k->at[i].priv);
}

static void mark_messages(struct mls_secret_tree *t)
{
	for (uint32_t leaf = 0; leaf < t->leaves_n; leaf++)
		for (uint32_t i = 0; i < 8; i++) {
			struct mls_message_key key;
			enum mls_ratchet which = i % 2 ? MLS_APPLICATION : MLS_HANDSHAKE;
			if (!mls_secret_tree_peek(suite, t, leaf, which, i / 2, &key).code)
				mark("key of a message", key.key);
		}
}

static void mark_epoch(struct mls_epoch *e)
{
	if (!e)
		return;
	const struct mls_secrets *s = &e->vault->secrets;
	mark("sender data secret", s->sender_data);
	mark("exporter secret", s->exporter);
	mark("external secret", s->external);
	mark("confirmation key", s->confirmation);
	mark("membership key", s->membership);
	mark("resumption_psk", s->resumption);
	mark("init secret", s->init);
	mark("seed", e->vault->seed);
	mark_keys(&e->vault->keys);
	mark_messages(&e->messages);
}

/* mark_joiner: which of the secrets is the commit secret we do not ask. */
static void mark_joiner(const struct mls_epoch *now, const struct mls_staged *s)
{
	uint8_t joiner[MLS_LEN];
	for (size_t i = 0; s && s->next && i < paths_n; i++)
		for (size_t k = 0; k < PATH_LEN; k++) {
			OK(mls_schedule_joiner(suite, now->vault->secrets.init, paths[i][k],
					       s->next->context, joiner));
			mark("joiner secret", joiner);
		}
}

static void mark_group(struct sr_mls_group *g)
{
	mark_epoch(g->now);
	mark_epoch(g->own ? g->own->next : NULL);
	mark_epoch(g->received ? g->received->next : NULL);
	mark_joiner(g->now, g->own);
	for (uint32_t i = 0; i < g->resumptions->n; i++)
		mark("resumption_psk of before", g->resumptions->at[i].psk);
	for (size_t i = 0; i < g->waiting.n; i++)
		if (g->waiting.ptr[i].fresh) {
			mark("key of an Update", g->waiting.ptr[i].fresh->priv);
			mark("seed of an Update", g->waiting.ptr[i].fresh->seed);
		}
	for (struct mls_past *p = g->past; p; p = p->older) {
		mark("sender data secret of before", p->secrets->sender_data);
		mark("psk for targeted messages", p->secrets->targeted_psk);
		mark("sender secret for targeted messages", p->secrets->targeted_sender);
		mark("leaf's key of before", p->secrets->leaf);
		mark_messages(&p->messages);
	}
}

static void mark_all(struct play *p)
{
	for (size_t i = 0; i < WORLD_N; i++) {
		struct who *m = &p->w.who[i];
		struct mls_key_secrets k;
		if (m->group)
			mark_group(m->group);
		struct slice secrets = slice_make(m->package.secrets.ptr, m->package.secrets.len);
		if (secrets.len && OK(mls_key_secrets_read(secrets, &k))) {
			mark("init key of a key package", k.init.ptr);
			mark("leaf key of a key package", k.leaf.ptr);
		}
		for (size_t j = 0; j < m->psks_n; j++)
			mark("pre-shared key", m->psks[j].secret);
	}
}

/* ---- What is freed ---- */

#if WITH_HOOKS
static bool watching;
static size_t freed_n;
static const char *found_what; /* the last secret in a freed block */
static size_t found_n;

static const volatile void *live[BLOCKS];

static size_t live_at(const volatile void *p)
{
	size_t i = (size_t)((uintptr_t)p / 16 * UINT64_C(0x9e3779b97f4a7c15) >> 48) % BLOCKS;
	while (live[i] && live[i] != p)
		i = (i + 1) % BLOCKS;
	return i;
}

static void on_malloc(const volatile void *p, size_t len)
{
	(void)len;
	if (watching && p)
		live[live_at(p)] = p;
}

static void on_free(const volatile void *p)
{
	if (!watching || !p)
		return;
	size_t len = __sanitizer_get_allocated_size(p);
	const struct mark *m = find_mark((const uint8_t *)(uintptr_t)p, len);
	freed_n++;
	if (m) {
		found_what = m->what;
		found_n++;
	}
	/* Whoever stands behind is put in its place again. */
	size_t i = live_at(p);
	live[i] = NULL;
	for (i = (i + 1) % BLOCKS; live[i]; i = (i + 1) % BLOCKS) {
		const volatile void *other = live[i];
		live[i] = NULL;
		live[live_at(other)] = other;
	}
}

static void check_live(void)
{
	size_t n = 0;
	for (size_t i = 0; i < BLOCKS; i++) {
		if (!live[i])
			continue;
		const uint8_t *p = (const uint8_t *)(uintptr_t)live[i];
		const struct mark *m = find_mark(p, __sanitizer_get_allocated_size(p));
		CHECK(!m, "%s is in a block that is in use", m ? m->what : "");
		n++;
	}
	CHECK(n > 20, "%zu blocks in use", n);
}
#endif

/* ---- The history ---- */

static struct play play;

static void begin(uint16_t id)
{
	play_open(&play, id);
	suite = mls_suite_find(id);
	draw = play.w.who[0].platform.random;
}

static void clear(void)
{
	memset(marks, 0, sizeof marks);
	memset(maybe, 0, sizeof maybe);
	marks_n = 0;
}

static void take_down(void)
{
	clear();
	for (size_t i = 0; i < WORLD_N; i++)
		play.w.who[i].platform.random = draw_and_mark;
	for (size_t i = 0; i < play_steps; i++) {
		nonces_are_drawn = play_history[i].op == SHARED;
		paths_n = 0;
		play_step(&play, &play_history[i]);
		mark_all(&play);
	}
}

static void forget(void)
{
	for (size_t i = 0; i < WORLD_N; i++) {
		sr_mls_key_package_free(&play.w.who[i].package);
		for (uint64_t epoch = 0; play.w.who[i].group && epoch < 16; epoch++)
			(void)sr_mls_forget_past(play.w.who[i].group, epoch);
	}
}

/* mark_dead leaves marked what was marked and is not in use now. */
static void mark_dead(void)
{
	static struct mark before[MARKS];
	memcpy(before, marks, sizeof marks);
	clear();
	mark_all(&play);
	for (size_t i = 0; i < MARKS; i++)
		if (before[i].what && mark_at(before[i].bytes)->what)
			before[i].what = NULL;
	clear();
	for (size_t i = 0; i < MARKS; i++)
		if (before[i].what)
			mark(before[i].what, before[i].bytes);
}

/* marked_blocks counts the guarded blocks with something marked in them; any gets what it is. */
static size_t marked_blocks(const char **any)
{
	size_t n = 0, len;
	*any = "nothing";
	for (size_t i = 0; i < guarded_n(); i++) {
		const uint8_t *p = guarded_at(i, &len);
		const struct mark *m = find_mark(p, len);
		n += m != NULL;
		*any = m ? m->what : *any;
	}
	return n;
}

static void what_is_over_is_not_in_guarded_memory(struct world *w)
{
	const char *what;
	begin(w->who[0].client.suite);
	take_down();
	size_t all = marks_n, n = marked_blocks(&what);
	CHECK(n > 10, "%zu blocks with secrets, while they are needed", n);
	forget();
	mark_dead();
	n = marked_blocks(&what);
	CHECK(!n, "%s is still in one of %zu blocks", what, n);
	CHECK(marks_n > 500 && all > marks_n + 50, "%zu secrets, %zu of them over", all, marks_n);
	play_close(&play);
	CHECK(!guarded_n(), "%zu blocks are left", guarded_n());
}

#if WITH_HOOKS
/* find_planted tries the instrument: a secret that is freed as it is. */
static void find_planted(uint16_t id)
{
	struct build b;
	world_open(&play.w, id, 7);
	world_found(&play.w, 1);
	const uint8_t *init = play.w.who[0].group->now->vault->secrets.init;
	mark("planted", init);
	build_init(&b, 0);
	build_bytes(&b, "x", 1);
	build_bytes(&b, init, MLS_LEN);
	watching = true;
	build_release(&b);
	watching = false;
	CHECK(found_n == 1, "a planted secret is not found");
	world_close(&play.w);
}

/* What is said is nowhere either once both sides are done with it, be it refused. */
static void nothing_that_is_freed_has_what_was_said(struct world *w)
{
	static const char said[] = "sixteen bytes, and then some more of them";
	static const char aside[] = "what goes along in the open is the same to us";
	struct sr_mls_bytes message[3] = {{0}};
	struct who *a = &w->who[0], *b = &w->who[1];
	world_found(w, 2);
	clear();
	mark("what is said", (const uint8_t *)said);
	found_n = 0;
	watching = true;
	OK(sr_mls_protect(a->group, world_text(aside), world_text(said), &message[0]));
	OK(sr_mls_protect_to(a->group, 1, world_text(aside), world_text(said), &message[1]));
	OK(sr_mls_protect(a->group, world_text(aside), world_text(said), &message[2]));
	message[2].ptr[message[2].len - 1] ^= 1;
	world_give(b, world_in(message[0]), SR_MLS_GOT_DATA);
	world_give(b, world_in(message[1]), SR_MLS_GOT_TARGETED);
	FAILS(SR_E_AUTH, world_refuse(b, world_in(message[2])));
	watching = false;
	CHECK(!found_n, "in %zu blocks", found_n);
	for (size_t i = 0; i < 3; i++)
		sr_mls_free(&message[i]);
}

static void nothing_that_is_freed_has_secrets(struct world *w)
{
	begin(w->who[0].client.suite);
	take_down();
	play_close(&play);
	begin(w->who[0].client.suite);
	freed_n = found_n = 0;
	memset(live, 0, sizeof live);
	watching = true;
	for (size_t i = 0; i < play_steps; i++) {
		size_t before = found_n;
		play_step(&play, &play_history[i]);
		CHECK(found_n == before, "step %zu: %zu blocks with secrets: %s", i,
		      found_n - before, found_what);
	}
	for (size_t i = 0; i < WORLD_N; i++)
		sr_mls_key_package_free(&play.w.who[i].package);
	check_live();
	play_close(&play);
	watching = false;
	CHECK(!found_n && freed_n > 1000 && marks_n > 200, "%zu blocks, %zu secrets", freed_n,
	      marks_n);
	find_planted(w->who[0].client.suite);
}
#endif

int main(void)
{
	world_run("what is over is not in guarded memory", what_is_over_is_not_in_guarded_memory);
#if WITH_HOOKS
	if (__sanitizer_install_malloc_and_free_hooks(on_malloc, on_free)) {
		world_run("nothing that is freed has secrets", nothing_that_is_freed_has_secrets);
		world_run("nothing that is freed has what was said",
			  nothing_that_is_freed_has_what_was_said);
	} else
		test_skip("nothing that is freed has secrets", "no room for hooks");
#else
	test_skip("nothing that is freed has secrets", "without the address sanitizer");
#endif
	return test_done();
}
