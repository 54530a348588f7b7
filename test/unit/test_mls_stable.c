/* SPDX-License-Identifier: Apache-2.0 */
/* Saved bytes of format version 1 that were written down once: they can be read for ever, and the
 * group in them works. test/vectors/data/mls-state-v1.hex was made by "test_mls_stable make",
 * deterministically, from the steps below, when the format was fixed. It is never made again: a
 * change of the format has a new version, and a file of its own. */
#include "hex.h"
#include "mls_play.h"
#include "platform.h"

#include "crypto.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is saved is b's state after these steps: with keys that were passed over, a past epoch,
 * proposals that wait, one of them an Update of its own, a commit of a's that is staged, and one of
 * its own; and d's key package. */
static const struct step steps[] = {
	{BEGIN, 0, 0},      {PACKAGE, 1, 0},    {PACKAGE, 2, 0},
	{ADD, 0, 1},        /* 0 */
	{ADD, 0, 2},        /* 1 */
	{COMMIT_ALL, 0, 0}, /* 2: commit, 3: Welcome */
	{MERGE, 0, 1},      {JOIN, 1, 3},       {JOIN, 2, 3},
	{SAY, 0, 0},     /* 4: b hears it when it is loaded */
	{SAY, 0, 0},     /* 5 */
	{HEAR, 1, 5},    /* before 4 */
	{WHISPER, 0, 1}, /* 6: as 4 */
	{UPDATE, 1, 0},  /* 7 */
	{HEAR, 0, 7},       {HEAR, 2, 7},       {EXPORT, 1, 7},
	{COMMIT_ALL, 0, 0}, /* 8 */
	{HEAR, 1, 8},       {HEAR, 2, 8},       {MERGE, 0, 1},
	{MERGE, 1, 0},      {MERGE, 2, 0},      {SHARED, 2, 0},     /* 9 */
	{HEAR, 0, 9},       {HEAR, 1, 9},       {UPDATE, 1, 0},     /* 10 */
	{HEAR, 0, 10},      {HEAR, 2, 10},      {SAY, 0, 0},        /* 11: as 4 */
	{PACKAGE, 3, 0},    {ADD, 0, 3},                            /* 12 */
	{HEAR, 1, 12},      {HEAR, 2, 12},      {COMMIT_ALL, 0, 0}, /* 13: commit, 14: Welcome */
	{HEAR, 1, 13},      {COMMIT_ALL, 1, 0},                     /* 15, and a Welcome */
	{MERGE, 0, 1},      {SAY, 0, 0}, /* 17: as 4, when the commit is merged */
};

enum part {
	SUITE,
	STATE,
	LATE,
	TO_B,
	NOW,
	NOW_AUTHENTICATOR,
	SECRETS,
	WELCOME,
	THEN,
	THEN_AUTHENTICATOR,
	PARTS
};
static const char *const part_names[PARTS] = {
	"suite",         "state",   "late",    "targeted", "now",
	"authenticator", "secrets", "welcome", "then",     "then_authenticator"};

/* ---- Making it ---- */

static void put(enum part part, struct sr_mls_data bytes)
{
	struct build b;
	struct slice text;
	build_init(&b, 0);
	hex_write(&b, slice_make(bytes.ptr, bytes.len));
	if (OK(build_done(&b, &text)))
		(void)printf("%s %.*s\n", part_names[part], (int)text.len, (const char *)text.ptr);
	build_release(&b);
}

static void make(uint16_t suite)
{
	static struct play p;
	const uint8_t id[] = {0, (uint8_t)suite};
	play_open(&p, suite);
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
		play_step(&p, &steps[i]);
	struct sr_mls_bytes state = world_save(&p.w.who[1]);
	put(SUITE, (struct sr_mls_data){id, sizeof id});
	put(STATE, world_in(state));
	put(LATE, world_in(p.mail[4]));
	put(TO_B, world_in(p.mail[6]));
	put(NOW, world_in(p.mail[11]));
	put(NOW_AUTHENTICATOR, world_facts(&p.w.who[1]).authenticator);
	put(SECRETS, world_in(p.w.who[3].package.secrets));
	put(WELCOME, world_in(p.mail[14]));
	put(THEN, world_in(p.mail[17]));
	put(THEN_AUTHENTICATOR, world_facts(&p.w.who[0]).authenticator);
	sr_mls_free(&state);
	play_close(&p);
}

/* ---- Reading it ---- */

static struct arena arena;
static struct slice file;

/* next_line reads a part: its name, a space, digits. */
static struct sr_mls_data next_line(enum part part)
{
	struct slice name = slice_str(part_names[part]), found;
	size_t len = 0;
	while (file.len && file.ptr[0] == '#') {
		const uint8_t *end = memchr(file.ptr, '\n', file.len);
		size_t skipped = end ? (size_t)(end - file.ptr) + 1 : file.len;
		file = slice_sub(file, skipped, file.len - skipped);
	}
	if (!CHECK(slice_take(&file, name.len, &found) && slice_eq(found, name) &&
			   slice_take(&file, 1, &found),
		   "%s is missing", part_names[part]))
		return (struct sr_mls_data){0};
	while (len < file.len && file.ptr[len] != '\n')
		len++;
	uint8_t *out = arena_alloc(&arena, len / 2, 1);
	CHECK(hex_read(slice_sub(file, 0, len), out, len / 2), "%s", part_names[part]);
	file = slice_sub(file, len, file.len - len);
	(void)slice_take(&file, 1, &found);
	return (struct sr_mls_data){out, len / 2};
}

/* reads checks that a message of a's is read. */
static void reads(struct who *m, struct sr_mls_data message, enum sr_mls_event_kind kind)
{
	struct sr_mls_event e = {0};
	if (OK(sr_mls_receive(m->group, message, &e)))
		CHECK(e.kind == kind && world_eq(e.data, world_text("a")) && !e.by_index &&
			      world_eq(e.sender.credential, world_text("a")),
		      "it is a's");
	sr_mls_event_free(&e);
}

static void check_b(struct who *b, const struct sr_mls_data part[PARTS])
{
	uint8_t ref[SR_MLS_LEN], key[SR_MLS_LEN];
	struct sr_mls_change change;
	if (!OK(sr_mls_load(&b->platform, part[STATE], &b->group)))
		return;
	struct sr_mls_facts f = world_facts(b);
	CHECK(f.suite == part[SUITE].ptr[1] && f.epoch == 2 && f.own_leaf == 1 &&
		      f.members_n == 3 && f.staged_own && f.staged_received &&
		      world_eq(f.authenticator, part[NOW_AUTHENTICATOR]),
	      "what it is");
	for (size_t i = 0; i < 4; i++)
		CHECK(sr_mls_waiting(b->group, i, ref, &change) == (i < 3), "%zu waiting", i);
	reads(b, part[NOW], SR_MLS_GOT_DATA);
	reads(b, part[LATE], SR_MLS_GOT_DATA);
	reads(b, part[TO_B], SR_MLS_GOT_TARGETED);
	FAILS(SR_E_STATE, world_refuse(b, part[LATE]));
	OK(sr_mls_export_safe(b->group, 7, key));
	OK(sr_mls_merge(b->group, false));
	CHECK(world_eq(world_facts(b).authenticator, part[THEN_AUTHENTICATOR]), "what it will be");
	reads(b, part[THEN], SR_MLS_GOT_DATA);
}

static void the_first_version_is_read(void)
{
	static struct world w;
	const char *source = getenv("SUBROSA_SOURCE");
	char path[4096];
	struct sr_mls_data part[PARTS];
	(void)snprintf(path, sizeof path, "%s/test/vectors/data/mls-state-v1.hex",
		       source ? source : ".");
	if (!OK(platform_read_file(&arena, path, 1 << 20, &file)))
		return;
	for (int n = 0; n < 2; n++) {
		for (enum part i = SUITE; i < PARTS; i++)
			part[i] = next_line(i);
		if (!CHECK(part[SUITE].len == 2 && part[THEN_AUTHENTICATOR].len, "it is whole"))
			break;
		world_open(&w, part[SUITE].ptr[1], 1);
		for (size_t i = 0; i < WORLD_N; i++)
			world_share(&w.who[i], "psk", 0, 1);
		check_b(&w.who[1], part);
		struct sr_mls_join_options o = {.secrets = &part[SECRETS], .secrets_n = 1};
		OK(sr_mls_join(&w.who[3].platform, part[WELCOME], &o, NULL, &w.who[3].group));
		world_agree(&w);
		world_talk(&w);
		world_close(&w);
	}
	CHECK(!file.len, "something is behind it");
	arena_release(&arena);
}

int main(int argc, char **argv)
{
	if (!OK(crypto_init()))
		return 1;
	if (argc == 2 && !strcmp(argv[1], "make")) {
		make(SR_MLS_SUITE_1);
		make(SR_MLS_SUITE_3);
		return 0;
	}
	test_run("the first version is read", the_first_version_is_read);
	return test_done();
}
