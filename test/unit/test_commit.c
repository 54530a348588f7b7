/* SPDX-License-Identifier: Apache-2.0 */
/* What was committed cannot be changed, and what was not opened cannot be found. */
#include "commit_paper.h"

#include "base_limits.h"
#include "hex.h"
#include "papers.h"

#include <sodium.h>
#include <time.h>

static void must(struct sr_err e)
{
	if (CHECK(!sr_bad(e), "%s", e.what ? e.what : ""))
		return;
	exit(EXIT_FAILURE);
}

static bool same(const struct commit_hash *a, const struct commit_hash *b)
{
	return memcmp(a->at, b->at, CRYPTO_HASH_LEN) == 0;
}

static void key_of(struct crypto_key *key, uint8_t first)
{
	uint8_t bytes[CRYPTO_KEY_LEN] = {first, 7, 9};
	must(crypto_key_copy(key, slice_make(bytes, sizeof bytes)));
}

/* Hexadecimal digits. */

static void hex_there_and_back(void)
{
	static const struct {
		const char *text;
		size_t len;
		bool good;
		const char *why;
	} rows[] = {
		{"", 0, true, "nothing"},
		{"00ff7a", 3, true, "lower case"},
		{"00FF7a", 3, false, "upper case: there is one form only"},
		{"00ff7", 3, false, "half a byte is missing"},
		{"00ff7a0", 3, false, "half a byte too many"},
		{"00ff7a00", 3, false, "a byte too many"},
		{"0g", 1, false, "no digit"},
		{" 0", 1, false, "a blank"},
		{"+1", 1, false, "a sign"},
		{"0x", 1, false, "a prefix"},
		{"/:", 1, false, "the neighbours of the digits"},
		{"`a", 1, false, "the neighbour of the letters"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint8_t out[8];
		struct build back = {0};
		bool good = hex_read(slice_str(rows[i].text), out, rows[i].len);
		CHECK(good == rows[i].good, "%s", rows[i].why);
		hex_write(&back, slice_make(out, good ? rows[i].len : 0));
		CHECK(!good || slice_eq(slice_make(back.ptr, back.len), slice_str(rows[i].text)),
		      "%s", rows[i].why);
		build_release(&back);
	}
	for (unsigned v = 0; v < 65536; v++) {
		uint8_t text[2] = {(uint8_t)(v >> 8), (uint8_t)v}, out;
		bool digits = strchr("0123456789abcdef", text[0]) && text[0] &&
			      strchr("0123456789abcdef", text[1]) && text[1];
		CHECK(hex_read(slice_make(text, 2), &out, 1) == digits, "%04x", v);
	}
}

/* Trees. */

enum { LEAVES_MAX = 40 };

static void leaves_make(struct commit_hash *leaf, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t state = i + 1;
		for (size_t k = 0; k < CRYPTO_HASH_LEN; k++)
			leaf[i].at[k] = (uint8_t)test_random(&state);
	}
}

/* plain_root computes a root without the module, level by level: RFC 6962's shape is that of
 * pairing neighbours from the left, where an odd last node goes up as it is. */
static void plain_root(const struct commit_hash *leaf, size_t n, struct commit_hash *root)
{
	struct commit_hash level[LEAVES_MAX];
	memcpy(level, leaf, n * sizeof *leaf);
	for (; n > 1; n = (n + 1) / 2)
		for (size_t i = 0; i < n; i += 2) {
			uint8_t bytes[65] = {1};
			if (i + 1 == n) {
				level[i / 2] = level[i];
				continue;
			}
			memcpy(bytes + 1, level[i].at, 32);
			memcpy(bytes + 33, level[i + 1].at, 32);
			crypto_generichash(level[i / 2].at, 32, bytes, sizeof bytes, NULL, 0);
		}
	*root = level[0];
}

static void roots_are_those_of_rfc_6962(void)
{
	struct commit_hash leaf[LEAVES_MAX], root, plain;
	leaves_make(leaf, LEAVES_MAX);
	for (size_t n = 1; n <= LEAVES_MAX; n++) {
		commit_tree_root(leaf, n, &root);
		plain_root(leaf, n, &plain);
		CHECK(same(&root, &plain), "%zu leaves", n);
	}
}

/* One proof: the leaves opened, and what is said of the rest. */
struct opening {
	struct commit_opened opened[LEAVES_MAX + 1];
	uint32_t index[LEAVES_MAX];
	size_t n;
	struct commit_hash hash[LEAVES_MAX + 1];
	struct commit_proof proof;
	struct commit_hash root;
};

static void open_leaves(struct arena *a, const struct commit_hash *leaf, size_t n, uint64_t set,
			struct opening *o)
{
	o->n = 0;
	for (uint32_t i = 0; i < n; i++) {
		if (!(set >> i & 1))
			continue;
		o->opened[o->n] = (struct commit_opened){i, leaf[i]};
		o->index[o->n++] = i;
	}
	must(commit_tree_prove(a, leaf, n, o->index, o->n, &o->proof));
	if (o->proof.n)
		memcpy(o->hash, o->proof.at, o->proof.n * sizeof *o->hash);
	o->proof.at = o->hash;
	commit_tree_root(leaf, n, &o->root);
}

/* holds tells whether what stands in o is accepted as the tree's. */
static bool holds(const struct opening *o, size_t n)
{
	struct commit_hash root;
	struct sr_err e = commit_tree_check(n, o->opened, o->n, &o->proof, &root);
	CHECK(!sr_bad(e) || e.code == SR_E_INPUT, "%d", (int)e.code);
	return !sr_bad(e) && same(&root, &o->root);
}

static void lengths_changed(const struct opening *good, size_t n, uint64_t set)
{
	struct opening o = *good;
	o.proof.at = o.hash;
	for (o.proof.n = 0; o.proof.n < good->proof.n; o.proof.n++)
		CHECK(!holds(&o, n), "%zu leaves, %llx: proof of %zu hashes", n,
		      (unsigned long long)set, o.proof.n);
	o.proof.n = good->proof.n + 1;
	CHECK(!holds(&o, n), "%zu leaves, %llx: one hash too many", n, (unsigned long long)set);
	o.proof.n = good->proof.n;
	for (o.n = 0; o.n < good->n; o.n++)
		CHECK(!holds(&o, n), "%zu leaves, %llx: %zu opened", n, (unsigned long long)set,
		      o.n);
	o.opened[o.n++] = (struct commit_opened){(uint32_t)n, good->root};
	CHECK(!holds(&o, n), "%zu leaves, %llx: a leaf behind the last", n,
	      (unsigned long long)set);
}

static void contents_changed(const struct opening *good, size_t n, uint64_t set)
{
	for (size_t i = 0; i < good->proof.n + good->n; i++) {
		struct opening o = *good;
		struct commit_hash *h =
			i < good->proof.n ? &o.hash[i] : &o.opened[i - good->proof.n].leaf;
		o.proof.at = o.hash;
		h->at[i % CRYPTO_HASH_LEN] ^= 4;
		CHECK(!holds(&o, n), "%zu leaves, %llx: hash %zu flipped", n,
		      (unsigned long long)set, i);
	}
	for (size_t i = 1; i < good->proof.n; i++) {
		struct opening o = *good;
		o.proof.at = o.hash;
		o.hash[i - 1] = good->hash[i];
		o.hash[i] = good->hash[i - 1];
		CHECK(!holds(&o, n), "%zu leaves, %llx: hashes %zu swapped", n,
		      (unsigned long long)set, i);
	}
}

static void places_changed(const struct opening *good, size_t n, uint64_t set)
{
	for (size_t i = 0; i < good->n; i++) {
		struct opening o = *good;
		o.proof.at = o.hash;
		o.opened[i].index = (o.opened[i].index + 1) % (uint32_t)n;
		CHECK(n == 1 || !holds(&o, n), "%zu leaves, %llx: leaf %zu moved", n,
		      (unsigned long long)set, i);
	}
	for (size_t i = 1; i < good->n; i++) {
		struct opening o = *good;
		o.proof.at = o.hash;
		o.opened[i - 1] = good->opened[i];
		o.opened[i] = good->opened[i - 1];
		CHECK(!holds(&o, n), "%zu leaves, %llx: order", n, (unsigned long long)set);
		o.opened[i] = o.opened[i - 1] = good->opened[i];
		CHECK(!holds(&o, n), "%zu leaves, %llx: twice", n, (unsigned long long)set);
	}
	CHECK(!holds(good, 0), "no leaves");
}

static void proofs_hold_and_nothing_else_does(void)
{
	struct commit_hash leaf[LEAVES_MAX];
	uint64_t state = 11;
	printf("# seed 11\n");
	leaves_make(leaf, LEAVES_MAX);
	for (size_t n = 1; n <= LEAVES_MAX; n++) {
		uint64_t all = (UINT64_C(1) << n) - 1;
		for (size_t round = 0; round < 60; round++) {
			struct arena a = {0};
			struct opening o = {0};
			uint64_t set = round == 0   ? all
				       : round <= n ? UINT64_C(1) << (round - 1)
				       : n < 6      ? round & all
					       : test_random(&state) & test_random(&state) & all;
			open_leaves(&a, leaf, n, set, &o);
			CHECK(holds(&o, n), "%zu leaves, %llx", n, (unsigned long long)set);
			lengths_changed(&o, n, set);
			contents_changed(&o, n, set);
			places_changed(&o, n, set);
			arena_release(&a);
		}
	}
}

/* Leaves. */

static const struct commit_salt salt_a = {{1, 2, 3}}, salt_b = {{1, 2, 4}};

static void symbol_leaf_is_as_written_down(void)
{
	const struct commit_symbol s = {0x01020304, COMMIT_LAYER_WORDS, COMMIT_SOURCE_ISSUER,
					0x05060708, 0x090a};
	uint8_t bytes[29] = {0x00, 1, 2, 3, [17] = 4, 3, 2, 1, 0, 0, 8, 7, 6, 5, 10, 9};
	struct commit_hash leaf, plain;
	commit_leaf_symbol(&salt_a, &s, &leaf);
	crypto_generichash(plain.at, 32, bytes, sizeof bytes, NULL, 0);
	CHECK(same(&leaf, &plain), "computed once more");
}

static const uint64_t half_cum[] = {0, 0x80000000, CODE_BIAS_ONE};
static const uint64_t third_cum[] = {0, 0x40000000, CODE_BIAS_ONE};

static void layout_leaves_are_as_written_down(void)
{
	static const char slot[] = "\4\1\2\3\0\0\0\0\0\0\0\0\0\0\0\0\0\4\3\2\1\0\0\0\x40";
	const struct code_bias bias = {2, third_cum};
	const struct commit_symbol s = {7, COMMIT_LAYER_LAYOUT, COMMIT_SOURCE_ISSUER, 3, 1};
	uint8_t bytes[29] = {0x00, 1, 2, 3, [17] = 7, 0, 0, 0, 1, 0, 3, 0, 0, 0, 1, 0};
	struct commit_hash leaf, plain;
	commit_leaf_symbol(&salt_a, &s, &leaf);
	crypto_generichash(plain.at, 32, bytes, sizeof bytes, NULL, 0);
	CHECK(same(&leaf, &plain), "a symbol");
	commit_leaf_slot(&salt_a, 0x01020304, &bias, &leaf);
	crypto_generichash(plain.at, 32, (const uint8_t *)slot, sizeof slot - 1, NULL, 0);
	CHECK(same(&leaf, &plain), "a slot");
}

static void reader_leaf_is_as_written_down(void)
{
	static const char bytes[] = "\2\1\2\3\0\0\0\0\0\0\0\0\0\0\0\0\0"
				    "\7\0\0\0"
				    "\5\0\0\0\0\0\0\0"
				    "\2\0\0\0id\4\0\0\0name\1\0\0\0h\0\0\0\0";
	const struct commit_reader r = {
		7, 5, SLICE_LIT("id"), SLICE_LIT("name"), SLICE_LIT("h"), SLICE_LIT("")};
	uint8_t all[sizeof bytes - 1 + 32];
	struct commit_hash leaf, plain, root = {{9, 9}};
	struct build b = {0};
	must(commit_leaf_reader(&b, &salt_a, &r, &root, &leaf));
	memcpy(all, bytes, sizeof bytes - 1);
	memcpy(all + sizeof bytes - 1, root.at, 32);
	crypto_generichash(plain.at, 32, all, sizeof all, NULL, 0);
	CHECK(same(&leaf, &plain), "computed once more");
	build_release(&b);
}

static const struct slice two_words[] = {{(const uint8_t *)"ab", 2}, {(const uint8_t *)"c", 1}};
static const struct slice other_words[] = {{(const uint8_t *)"a", 1}, {(const uint8_t *)"bc", 2}};

static struct commit_unit place_unit(uint32_t place, const struct slice *w, const uint64_t *cum)
{
	return (struct commit_unit){
		.place = place, .wordings = w, .bias = {2, cum}, .leader = place, .group_n = 1};
}

static struct commit_unit text_unit(struct slice text)
{
	return (struct commit_unit){.place = COMMIT_NO_PLACE, .text = text};
}

/* group_unit is a place of a group of n that leader leads. */
static struct commit_unit group_unit(uint32_t place, uint32_t leader, uint32_t n)
{
	struct commit_unit u = place_unit(place, two_words, half_cum);
	u.leader = leader;
	u.group_n = n;
	return u;
}

static void unit_leaves_are_as_written_down(void)
{
	static const char text[] = "\3\1\2\3\0\0\0\0\0\0\0\0\0\0\0\0\0\6\0\0\0\0some text";
	static const char place[] = "\3\1\2\3\0\0\0\0\0\0\0\0\0\0\0\0\0\6\0\0\0\1\x0b\0\0\0\2\0"
				    "\2\0\0\0ab\1\0\0\0c\0\0\0\x80";
	static const char group[] = "\3\1\2\3\0\0\0\0\0\0\0\0\0\0\0\0\0\6\0\0\0\2\x0b\0\0\0\4\0"
				    "\0\0\3\0\0\0\2\0\2\0\0\0ab\1\0\0\0c\0\0\0\x80";
	const struct commit_unit t = text_unit(SLICE_LIT("some text"));
	const struct commit_unit p = place_unit(11, two_words, half_cum);
	const struct commit_unit g = group_unit(11, 4, 3);
	struct commit_hash leaf, plain;
	struct build b = {0};
	must(commit_leaf_unit(&b, &salt_a, 6, &t, &leaf));
	crypto_generichash(plain.at, 32, (const uint8_t *)text, sizeof text - 1, NULL, 0);
	CHECK(same(&leaf, &plain), "a piece of text");
	must(commit_leaf_unit(&b, &salt_a, 6, &p, &leaf));
	crypto_generichash(plain.at, 32, (const uint8_t *)place, sizeof place - 1, NULL, 0);
	CHECK(same(&leaf, &plain), "a place");
	must(commit_leaf_unit(&b, &salt_a, 6, &g, &leaf));
	crypto_generichash(plain.at, 32, (const uint8_t *)group, sizeof group - 1, NULL, 0);
	CHECK(same(&leaf, &plain), "a place of a group");
	build_release(&b);
}

/* many_leaves gives leaves that differ in one thing each; the first byte of what is hashed keeps
 * the kinds apart. */
static size_t many_leaves(struct commit_hash *out)
{
	static const struct commit_symbol symbols[] = {
		{1, 0, 0, 1, 1}, {2, 0, 0, 1, 1}, {1, 1, 0, 1, 1},
		{1, 0, 1, 1, 1}, {1, 0, 0, 2, 1}, {1, 0, 0, 1, 2},
	};
	const struct commit_reader readers[] = {
		{1, 1, SLICE_LIT("ab"), SLICE_LIT("c"), SLICE_LIT("d"), SLICE_LIT("e")},
		{2, 1, SLICE_LIT("ab"), SLICE_LIT("c"), SLICE_LIT("d"), SLICE_LIT("e")},
		{1, 2, SLICE_LIT("ab"), SLICE_LIT("c"), SLICE_LIT("d"), SLICE_LIT("e")},
		{1, 1, SLICE_LIT("a"), SLICE_LIT("bc"), SLICE_LIT("d"), SLICE_LIT("e")},
		{1, 1, SLICE_LIT("ab"), SLICE_LIT("cd"), SLICE_LIT(""), SLICE_LIT("e")},
		{1, 1, SLICE_LIT("ab"), SLICE_LIT("c"), SLICE_LIT("de"), SLICE_LIT("")},
		{1, 1, SLICE_LIT("ab"), SLICE_LIT("c"), SLICE_LIT(""), SLICE_LIT("de")},
		{1, -1, SLICE_LIT("ab"), SLICE_LIT("c"), SLICE_LIT("d"), SLICE_LIT("e")},
	};
	const struct commit_unit units[] = {
		text_unit(SLICE_LIT("ab")),
		text_unit(SLICE_LIT("")),
		place_unit(1, two_words, half_cum),
		place_unit(2, two_words, half_cum),
		place_unit(1, other_words, half_cum),
		place_unit(1, two_words, third_cum),
		group_unit(1, 1, 2),
		group_unit(1, 0, 2),
		group_unit(1, 1, 3),
	};
	struct commit_hash root[2] = {{{1}}, {{2}}};
	struct build b = {0};
	size_t n = 0;
	for (int s = 0; s < 2; s++) {
		const struct commit_salt *salt = s ? &salt_b : &salt_a;
		for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++)
			commit_leaf_symbol(salt, &symbols[i], &out[n++]);
		for (size_t i = 0; i < 2 * sizeof readers / sizeof *readers; i++)
			must(commit_leaf_reader(&b, salt, &readers[i / 2], &root[i % 2],
						&out[n++]));
		for (size_t i = 0; i < 2 * sizeof units / sizeof *units; i++)
			must(commit_leaf_unit(&b, salt, (uint32_t)i % 2, &units[i / 2], &out[n++]));
		for (uint32_t i = 0; i < 4; i++)
			commit_leaf_slot(salt, i % 2,
					 &(struct code_bias){2, i < 2 ? half_cum : third_cum},
					 &out[n++]);
	}
	build_release(&b);
	return n;
}

static void leaves_bind_every_field(void)
{
	struct commit_hash leaf[88];
	size_t n = many_leaves(leaf);
	CHECK(n == 88, "%zu leaves", n);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++)
			CHECK(!same(&leaf[i], &leaf[k]), "leaves %zu and %zu", i, k);
}

/* A piece of text that spells the bytes of another kind of leaf is still a piece of text. */
static void kinds_cannot_collide(void)
{
	struct commit_hash left = {{1}}, right = {{2}}, inner, leaf;
	struct commit_hash two[] = {left, right};
	struct build b = {0};
	uint8_t bytes[64];
	commit_tree_root(two, 2, &inner);
	memcpy(bytes, left.at, 32);
	memcpy(bytes + 32, right.at, 32);
	struct commit_salt salt;
	memcpy(salt.at, bytes, sizeof salt.at);
	/* The text could stand for the rest of an inner node, were it not for the first byte. */
	for (size_t from = 16; from <= 22; from++) {
		const struct commit_unit u =
			text_unit(slice_make(bytes + from, sizeof bytes - from));
		must(commit_leaf_unit(&b, &salt, 0, &u, &leaf));
		CHECK(!same(&leaf, &inner), "from %zu", from);
	}
	build_release(&b);
}

/* Units. */

static void no_places(struct slice text, struct text_lattice *l, struct slice *fixed)
{
	*fixed = text;
	*l = (struct text_lattice){.fixed = fixed};
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* check_piece: bounds, no character cut, and an end that is one of the two reasons. */
static void check_piece(const struct commit_unit *u, bool last, const char *name, size_t i)
{
	struct slice t = u->text;
	CHECK(t.len <= COMMIT_PIECE_MAX, "%s: piece %zu has %zu bytes", name, i, t.len);
	if (!t.len)
		return;
	CHECK((t.ptr[0] & 0xc0) != 0x80, "%s: piece %zu begins within a character", name, i);
	if (last)
		return;
	bool words = is_blank(t.ptr[t.len - 1]) && t.len >= COMMIT_PIECE_MIN;
	CHECK(words || t.len >= COMMIT_PIECE_MAX - 3, "%s: piece %zu ends after %zu bytes", name, i,
	      t.len);
	CHECK((t.ptr[t.len] & 0xc0) != 0x80, "%s: piece %zu cuts a character", name, i);
	CHECK(!words || t.len >= COMMIT_PIECE_MAX - 3 || !is_blank(t.ptr[t.len]),
	      "%s: piece %zu leaves blanks to the next", name, i);
}

static void check_units(const struct text_lattice *l, const struct code_bias *bias,
			const char *name)
{
	struct arena a = {0};
	struct commit_units u;
	struct build text = {0};
	size_t place = 0, at = 0;
	must(commit_units_cut(&a, l, bias, &u));
	CHECK(u.n >= 1, "%s", name);
	for (size_t i = 0; i < u.n; i++) {
		const struct commit_unit *x = &u.at[i];
		if (x->place == COMMIT_NO_PLACE) {
			struct slice fixed = l->fixed[place];
			CHECK(i == 0 || x->text.len, "%s: piece %zu is empty", name, i);
			CHECK(x->text.len == 0 || x->text.ptr == fixed.ptr + at, "%s: %zu", name,
			      i);
			at += x->text.len;
			check_piece(x, at == fixed.len, name, i);
			build_slice(&text, x->text);
			continue;
		}
		CHECK(at == l->fixed[place].len && x->place == place &&
			      x->wordings == l->places[place].wordings &&
			      x->bias.q == l->places[place].wordings_n &&
			      x->bias.cum == bias[place].cum,
		      "%s: place %zu", name, place);
		place++;
		at = 0;
	}
	CHECK(place == l->places_n && at == l->fixed[place].len, "%s: %zu places", name, place);
	size_t from = 0;
	for (size_t i = 0; i <= l->places_n; i++) {
		struct slice all = slice_make(text.ptr, text.len);
		CHECK(slice_eq(slice_sub(all, from, l->fixed[i].len), l->fixed[i]), "%s: text %zu",
		      name, i);
		from += l->fixed[i].len;
	}
	CHECK(from == text.len, "%s: nothing else", name);
	build_release(&text);
	arena_release(&a);
}

static struct code_bias *uniform(struct arena *a, const struct text_lattice *l)
{
	uint32_t *q = ARENA_ARRAY(a, l->places_n, uint32_t);
	struct code_bias *bias = ARENA_ARRAY(a, l->places_n, struct code_bias);
	text_lattice_sizes(l, q);
	const struct code_design even = {NULL, NULL, CODE_COLLUSION_DEFAULT};
	must(code_design_biases(a, &even, CODE_LAYER_WORDS, q, l->places_n, bias));
	return bias;
}

static void units_give_the_lattice_back(void)
{
	struct arena a = {0};
	struct text_lattice l;
	for (size_t i = 0; i < PAPERS_N; i++) {
		papers_lattice(&a, papers_file(&a, papers_paths[i]), &l);
		check_units(&l, uniform(&a, &l), papers_paths[i]);
	}
	static const char *const sources[] = {
		"", "{a|b}", "{a|b}{c|d}", "x{a|b}", "{a|b}x", " ", "\n\n\n{a|b} \n {c|d}\n",
	};
	for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
		papers_lattice(&a, slice_str(sources[i]), &l);
		check_units(&l, uniform(&a, &l), sources[i]);
	}
	arena_release(&a);
}

/* Texts of one kind of character, in every length around the bounds. */
static void units_of_every_script(void)
{
	static const struct {
		const char *unit;
		const char *why;
	} rows[] = {
		{"a", "a word without end"},
		{" ", "blanks only"},
		{"a ", "short words"},
		{"\xc3\xa9", "two bytes a character"},
		{"\xe6\xbc\xa2", "three bytes a character, no blanks"},
		{"\xf0\x9f\x93\x9c", "four bytes a character"},
		{"a\xf0\x9f\x93\x9c", "mixed"},
		{"word\r\n", "lines"},
		{"\xe6\xbc\xa2\xe5\xad\x97 ", "blanks between"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct build b = {0};
		for (size_t n = 0; n < 400; n++) {
			struct text_lattice l;
			struct slice fixed;
			no_places(slice_make(b.ptr, b.len), &l, &fixed);
			check_units(&l, NULL, rows[i].why);
			build_str(&b, rows[i].unit);
		}
		build_release(&b);
	}
}

/* Salts. */

static void salts_differ(void)
{
	enum { N = 70, SETS = 7 };
	static struct commit_salt all[SETS * N + 4];
	struct crypto_key seed, other;
	uint8_t hash[2][CRYPTO_HASH_LEN] = {{1}, {2}};
	key_of(&seed, 1);
	key_of(&other, 2);
	const struct commit_secret s = {&seed, hash[0]}, text = {&seed, hash[1]},
				   key = {&other, hash[0]};
	struct commit_salt *at = all;
	must(commit_salts_symbols(&s, SLICE_LIT("anna"), N, at));
	must(commit_salts_symbols(&s, SLICE_LIT("anna "), N, at + N));
	must(commit_salts_symbols(&s, SLICE_LIT(""), N, at + 2 * N));
	must(commit_salts_symbols(&text, SLICE_LIT("anna"), N, at + 3 * N));
	must(commit_salts_symbols(&key, SLICE_LIT("anna"), N, at + 4 * N));
	must(commit_salts_lattice(&s, N, at + 5 * N));
	must(commit_salts_layout(&s, SLICE_LIT("anna"), N, at + 6 * N));
	must(commit_salt_reader(&s, SLICE_LIT("anna"), at + 7 * N));
	must(commit_salt_reader(&s, SLICE_LIT("bert"), at + 7 * N + 1));
	must(commit_salt_reader(&text, SLICE_LIT("anna"), at + 7 * N + 2));
	must(commit_salt_reader(&key, SLICE_LIT("anna"), at + 7 * N + 3));
	size_t n = sizeof all / sizeof *all;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++)
			CHECK(memcmp(&all[i], &all[k], sizeof *all) != 0, "salts %zu and %zu", i,
			      k);
	uint8_t longest[LIMIT_ID_BYTES + 1] = {0};
	struct commit_salt kept = {{77}}, out = kept;
	must(commit_salt_reader(&s, slice_make(longest, LIMIT_ID_BYTES), &out));
	out = kept;
	struct sr_err e = commit_salt_reader(&s, slice_make(longest, sizeof longest), &out);
	CHECK(e.code == SR_E_LIMIT && memcmp(&out, &kept, sizeof out) == 0, "%d", (int)e.code);
	crypto_key_release(&seed);
	crypto_key_release(&other);
}

/* A salt is 16 bytes of the stream whose key is derived as doc/FORMAT.md says. */
static void salts_are_as_written_down(void)
{
	static const char label[] = "subrosa/1 salt symbols";
	enum { N = 130 };
	struct crypto_key seed;
	uint8_t hash[CRYPTO_HASH_LEN] = {5}, key[32], nonce[12] = {0}, stream[16 * N];
	struct commit_salt salt[N];
	struct build b = {0};
	key_of(&seed, 3);
	const struct commit_secret s = {&seed, hash};
	must(commit_salts_symbols(&s, SLICE_LIT("anna"), N, salt));
	build_u8(&b, sizeof label - 1);
	build_str(&b, label);
	build_u32(&b, sizeof hash);
	build_bytes(&b, hash, sizeof hash);
	build_str(&b, "anna");
	crypto_generichash(key, sizeof key, b.ptr, b.len, seed.bytes, CRYPTO_KEY_LEN);
	crypto_stream_chacha20_ietf(stream, sizeof stream, nonce, key);
	CHECK(memcmp(stream, salt, sizeof stream) == 0, "%d salts", N);
	build_release(&b);
	crypto_key_release(&seed);
}

/* Signatures. */

/* RFC 8032, 7.1, test 3. */
static void ed25519_is_that_of_rfc_8032(void)
{
	static const char secret_hex[] =
		"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7";
	static const char public_hex[] =
		"fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025";
	static const char signature_hex[] =
		"6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
		"18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a";
	uint8_t secret[32], public_key[32], want[64], got[64], message[] = {0xaf, 0x82};
	struct crypto_key key;
	CHECK(hex_read(slice_str(secret_hex), secret, 32) &&
		      hex_read(slice_str(public_hex), want, 32),
	      "digits");
	must(crypto_key_copy(&key, slice_make(secret, 32)));
	crypto_public_key(&key, public_key);
	CHECK(memcmp(public_key, want, 32) == 0, "public key");
	CHECK(hex_read(slice_str(signature_hex), want, 64), "digits");
	crypto_signature_make(&key, slice_make(message, 2), got);
	CHECK(memcmp(got, want, 64) == 0, "signature");
	crypto_key_release(&key);
	must(crypto_key_copy(&key, slice_make(secret, 32)));
	for (int i = 0; i < 2; i++) {
		memset(got, 0, 64);
		crypto_signature_make(&key, slice_make(message, 2), got);
		CHECK(memcmp(got, want, 64) == 0, "signature %d of a key's own", i);
	}
	CHECK(crypto_signature_check(public_key, slice_make(message, 2), got), "it holds");
	for (size_t bit = 0; bit < 512; bit++) {
		got[bit / 8] ^= (uint8_t)(1U << bit % 8);
		CHECK(!crypto_signature_check(public_key, slice_make(message, 2), got), "bit %zu",
		      bit);
		got[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	CHECK(!crypto_signature_check(public_key, slice_make(message, 1), got), "shorter");
	memset(public_key, 0, 32);
	memset(got, 0, 64);
	CHECK(!crypto_signature_check(public_key, slice_make(message, 2), got),
	      "a key of small order signs everything");
	crypto_key_release(&key);
}

/* Entries. */

static struct commit_entry entry_of(uint32_t number, int64_t time, uint32_t readers)
{
	return (struct commit_entry){.number = number,
				     .time = time,
				     .readers_n = readers,
				     .places_n = 5,
				     .units_n = 9,
				     .collusion = 3,
				     .lattice_root = {{1}},
				     .readers_root = {{2, (uint8_t)number}}};
}

/* layout_entry_of is the same with a layout layer. */
static struct commit_entry layout_entry_of(uint32_t number, int64_t time, uint32_t readers)
{
	struct commit_entry e = entry_of(number, time, readers);
	e.has_layout = true;
	e.layout = (struct commit_layout){0x00010203, {{5, 6, [31] = 7}}};
	return e;
}

static struct slice entry_bytes(struct arena *a, const struct commit_entry *e, uint8_t key_no)
{
	struct crypto_key key;
	struct build b = {0};
	struct slice s;
	key_of(&key, key_no);
	commit_entry_write(e, &key, &b);
	must(build_done(&b, &s));
	s = slice_make(arena_dup(a, s.ptr, s.len), s.len);
	build_release(&b);
	crypto_key_release(&key);
	return s;
}

/* signed_again signs the fields of the len bytes, as they are, once more. */
static void signed_again(uint8_t *bytes, size_t len, uint8_t key_no)
{
	struct crypto_key key;
	size_t fields = len - CRYPTO_SIGNATURE_LEN;
	key_of(&key, key_no);
	crypto_signature_make(&key, slice_make(bytes, fields), bytes + fields);
	crypto_key_release(&key);
}

static bool same_fields(const struct commit_entry *a, const struct commit_entry *b)
{
	return a->number == b->number && a->time == b->time && a->readers_n == b->readers_n &&
	       a->places_n == b->places_n && a->units_n == b->units_n &&
	       a->collusion == b->collusion && a->has_layout == b->has_layout &&
	       a->layout.slots_n == b->layout.slots_n && same(&a->layout.sheet, &b->layout.sheet) &&
	       same(&a->lattice_root, &b->lattice_root) &&
	       same(&a->readers_root, &b->readers_root) && same(&a->previous, &b->previous);
}

static void entries_there_and_back(void)
{
	struct arena a = {0};
	struct commit_entry e = entry_of(0x01020304, 0x0102030405060708, 0x0000ffff), r;
	struct commit_entry e3 = layout_entry_of(0x01020304, 0x0102030405060708, 0x0000ffff);
	e.previous.at[31] = e3.previous.at[31] = 3;
	struct slice s = entry_bytes(&a, &e3, 4);
	CHECK(s.len == COMMIT_ENTRY_3_LEN && s.len == 266, "%zu bytes", s.len);
	must(commit_entry_read(s, &r));
	CHECK(same_fields(&e3, &r), "every field, with a layout layer");
	s = entry_bytes(&a, &e, 4);
	CHECK(s.len == COMMIT_ENTRY_LEN && s.len == 229, "%zu bytes", s.len);
	must(commit_entry_read(s, &r));
	CHECK(same_fields(&e, &r), "every field");
	struct commit_hash digest, plain;
	commit_entry_digest(s, &digest);
	crypto_generichash(plain.at, 32, s.ptr, s.len, NULL, 0);
	CHECK(same(&digest, &plain), "the digest is BLAKE2b-256 of the bytes");
	arena_release(&a);
}

static void nothing_damaged_is_taken(struct slice s)
{
	struct arena a = {0};
	uint8_t *bytes = arena_alloc(&a, s.len + 1, 1);
	memcpy(bytes, s.ptr, s.len);
	for (size_t n = 0; n <= s.len + 1; n++) {
		struct commit_entry out = {.number = 77};
		struct sr_err err = commit_entry_read(slice_make(bytes, n), &out);
		CHECK(n == s.len ? !sr_bad(err) : err.code == SR_E_INPUT && out.number == 77,
		      "%zu bytes: %d", n, (int)err.code);
	}
	for (size_t bit = 0; bit < 8 * s.len; bit++) {
		struct commit_entry out = {.number = 77};
		bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
		struct sr_err err = commit_entry_read(slice_make(bytes, s.len), &out);
		bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
		CHECK(sr_bad(err) && out.number == 77, "bit %zu", bit);
	}
	arena_release(&a);
}

/* An entry of version 1, as "subrosa mark" wrote it last: of data/demo/paper.md and readers.csv,
 * with --no-auto, taken from the ledger's .commitment. */
static const char entry_1_hex[] =
	"7372636f6d6d6974010001000000306e076b0000000018000000010097000000450100004741"
	"402912022b361a2c9026b6a53ab03424466e98e5621b6ec76a6cbf9b83ff3da639a83b9b6bae"
	"f42236bb7c870101d9152f197c7b5271f9909efd992b38530000000000000000000000000000"
	"0000000000000000000000000000000000005b5eda1679a13d23f70af1eef53caeb3d29dc4db"
	"2a64e7ffb7973624b53a0ce18faf581d9d4a7c3da4b41feb76ed95c014fe3f17590e1f2ca791"
	"e657d2560e518f375645e2aeccab8ee0ee807aaedaf94de95087409a3803927c7d0bf1a0e40a";

static struct slice entry_1(void)
{
	static uint8_t bytes[COMMIT_ENTRY_1_LEN];
	CHECK(hex_read(slice_str(entry_1_hex), bytes, sizeof bytes), "the entry of version 1");
	return slice_make(bytes, sizeof bytes);
}

static void damaged_entries_are_refused(void)
{
	struct arena a = {0};
	struct commit_entry e = entry_of(1, 5, 3), e3 = layout_entry_of(1, 5, 3);
	nothing_damaged_is_taken(entry_bytes(&a, &e, 4));
	nothing_damaged_is_taken(entry_bytes(&a, &e3, 4));
	nothing_damaged_is_taken(entry_1());
	arena_release(&a);
}

static void an_entry_of_version_1(void)
{
	static const struct commit_hash none;
	struct arena a = {0};
	struct commit_entry e;
	struct commit_chain c;
	struct slice bytes = entry_1();
	must(commit_entry_read(bytes, &e));
	CHECK(bytes.len == 228 && e.collusion == 2, "design size %d", e.collusion);
	CHECK(e.number == 1 && e.time == 1795649072 && e.readers_n == 24 && e.places_n == 151 &&
		      e.units_n == 325 && same(&e.previous, &none) && e.lattice_root.at[0] == 0x47,
	      "every field: time %lld, %u units", (long long)e.time, e.units_n);
	must(commit_chain_read(&a, &bytes, 1, &c));
	arena_release(&a);
}

/* struct strange: a field that no issuer of this version writes. */
struct strange {
	size_t at, len;
	uint8_t fill;
	enum sr_code code;
	const char *why;
};

/* check_strange puts each of them into e, correctly signed. */
static void check_strange(const struct commit_entry *e, const struct strange *row, size_t n)
{
	struct arena a = {0};
	struct commit_entry out;
	struct slice s = entry_bytes(&a, e, 4);
	for (size_t i = 0; i < n; i++) {
		uint8_t bytes[COMMIT_ENTRY_3_LEN];
		memcpy(bytes, s.ptr, s.len);
		memset(bytes + row[i].at, row[i].fill, row[i].len);
		signed_again(bytes, s.len, 4);
		struct sr_err err = commit_entry_read(slice_make(bytes, s.len), &out);
		CHECK(err.code == row[i].code, "%s: %d", row[i].why, (int)err.code);
	}
	arena_release(&a);
}

static void strange_entries_are_refused(void)
{
	static const struct strange rows[] = {
		{8, 1, 4, SR_E_STATE, "version 4"},
		{8, 1, 3, SR_E_INPUT, "version 3, without the pages"},
		{9, 1, 255, SR_E_STATE, "version 65282"},
		{8, 1, 1, SR_E_INPUT, "version 1, with a byte too many"},
		{8, 1, 0, SR_E_INPUT, "version 0"},
		{10, 4, 0, SR_E_INPUT, "number 0"},
		{21, 1, 0x80, SR_E_INPUT, "a time below 0"},
		{22, 4, 0, SR_E_INPUT, "no readers"},
		{22, 4, 255, SR_E_INPUT, "more readers than a ledger holds"},
		{26, 1, 0, SR_E_INPUT, "no layer"},
		{26, 1, 2, SR_E_INPUT, "two layers"},
		{27, 1, 1, SR_E_INPUT, "another layer"},
		{28, 1, 0, SR_E_INPUT, "a code for nobody"},
		{28, 1, 13, SR_E_INPUT, "a code for more than there are codes for"},
		{28, 1, 255, SR_E_INPUT, "the largest byte"},
		{29, 4, 255, SR_E_INPUT, "more places than a paper has"},
		{33, 4, 0, SR_E_INPUT, "no text at all"},
		{229 - 64 - 32, 32, 0, SR_E_AUTH, "another key than the one that signed"},
	};
	static const struct strange layout[] = {
		{8, 1, 3, SR_OK, "the instrument: as it was"},
		{8, 1, 4, SR_E_STATE, "version 4"},
		{8, 1, 2, SR_E_INPUT, "version 2, with pages"},
		{8, 1, 1, SR_E_INPUT, "version 1, with pages"},
		{26, 1, 0, SR_E_INPUT, "no layer"},
		{26, 1, 1, SR_E_INPUT, "one layer"},
		{26, 1, 3, SR_E_INPUT, "three layers"},
		{27, 1, 1, SR_E_INPUT, "the layout twice"},
		{28, 1, 0, SR_E_INPUT, "the words twice"},
		{28, 1, 2, SR_E_INPUT, "another layer"},
		{29, 1, 0, SR_E_INPUT, "a code for nobody"},
		{29, 1, 13, SR_E_INPUT, "a code for more than there are codes for"},
		{30, 4, 255, SR_E_INPUT, "more places than a paper has"},
		{34, 4, 0, SR_E_INPUT, "no text at all"},
		{38, 4, 255, SR_E_INPUT, "more slots than pages have"},
		{38, 4, 0, SR_OK, "pages without slots"},
		{266 - 64 - 32, 32, 0, SR_E_AUTH, "another key than the one that signed"},
	};
	struct commit_entry e = entry_of(1, 5, 3), e3 = layout_entry_of(1, 5, 3);
	check_strange(&e, rows, sizeof rows / sizeof *rows);
	check_strange(&e3, layout, sizeof layout / sizeof *layout);
}

/* Chains. */

enum { CHAIN = 3 };

/* Each row changes entry `which` of a good chain; everything is signed, and what follows is chained
 * to the changed one, as the issuer could do. */
struct broken {
	size_t which;
	void (*change)(struct commit_entry *);
	uint8_t key;
	bool good;
	const char *why;
};

static void nothing(struct commit_entry *e)
{
	(void)e;
}
static void number_again(struct commit_entry *e)
{
	e->number = 1;
}
static void number_leaps(struct commit_entry *e)
{
	e->number++;
}
static void same_readers(struct commit_entry *e)
{
	e->readers_n = 30;
}
static void fewer_readers(struct commit_entry *e)
{
	e->readers_n = 29;
}
static void earlier(struct commit_entry *e)
{
	e->time = 99;
}
static void same_time(struct commit_entry *e)
{
	e->time = 100;
}
static void more_places(struct commit_entry *e)
{
	e->places_n++;
}
static void more_units(struct commit_entry *e)
{
	e->units_n++;
}
static void another_lattice(struct commit_entry *e)
{
	e->lattice_root.at[5] ^= 1;
}
static void another_design(struct commit_entry *e)
{
	e->collusion++;
}
static void another_past(struct commit_entry *e)
{
	e->previous.at[0] ^= 1;
}
static void another_root(struct commit_entry *e)
{
	e->readers_root.at[0] ^= 1;
}

static void more_slots(struct commit_entry *e)
{
	e->layout.slots_n++;
}
static void another_sheet(struct commit_entry *e)
{
	e->layout.sheet.at[31] ^= 1;
}
static void without_pages(struct commit_entry *e)
{
	e->has_layout = false;
	e->layout = (struct commit_layout){0};
}
static void with_pages(struct commit_entry *e)
{
	*e = (struct commit_entry){.number = e->number,
				   .time = e->time,
				   .readers_n = e->readers_n,
				   .places_n = e->places_n,
				   .units_n = e->units_n,
				   .collusion = e->collusion,
				   .has_layout = true,
				   .lattice_root = e->lattice_root,
				   .readers_root = e->readers_root,
				   .previous = e->previous};
}

static const struct broken broken[] = {
	{1, nothing, 4, true, "nothing is changed"},
	{1, same_time, 4, true, "two entries within a second"},
	{1, another_root, 4, true, "another root of readers: a chain of its own"},
	{0, number_leaps, 4, false, "the first entry has number 2"},
	{0, another_past, 4, false, "something before the first entry"},
	{1, number_again, 4, false, "a number again"},
	{1, number_leaps, 4, false, "a number left out"},
	{1, same_readers, 4, false, "nobody was added"},
	{1, fewer_readers, 4, false, "somebody is gone"},
	{1, earlier, 4, false, "a later entry with an earlier date"},
	{1, more_places, 4, false, "a place more"},
	{1, more_units, 4, false, "a piece of text more"},
	{1, another_lattice, 4, false, "another lattice"},
	{1, another_design, 4, false, "another design size"},
	{0, another_design, 4, false, "another design size at first"},
	{1, another_past, 4, false, "not chained to the entry before"},
	{1, nothing, 5, false, "signed with another key"},
	{2, another_past, 4, false, "the last one is not chained"},
	{1, with_pages, 4, false, "a layout layer comes later"},
};

/* The same of chains with a layout layer. */
static const struct broken broken_layout[] = {
	{1, nothing, 4, true, "nothing is changed"},
	{1, more_slots, 4, false, "a slot more"},
	{0, more_slots, 4, false, "a slot more at first"},
	{2, another_sheet, 4, false, "another sheet"},
	{1, without_pages, 4, false, "the layout layer goes"},
	{1, more_places, 4, false, "a place more"},
	{1, another_past, 4, false, "not chained to the entry before"},
};

typedef struct commit_entry (*entry_maker)(uint32_t number, int64_t time, uint32_t readers);

static void chain_make_of(struct arena *a, entry_maker make, const struct broken *r,
			  struct slice *bytes)
{
	struct commit_hash digest = {{0}};
	for (size_t i = 0; i < CHAIN; i++) {
		struct commit_entry e =
			make((uint32_t)i + 1, 100 + 10 * (int64_t)i, 30 + 10 * (uint32_t)i);
		e.previous = digest;
		if (r && r->which == i)
			r->change(&e);
		bytes[i] = entry_bytes(a, &e, r && r->which == i ? r->key : 4);
		commit_entry_digest(bytes[i], &digest);
	}
}

static void chain_make(struct arena *a, const struct broken *r, struct slice *bytes)
{
	chain_make_of(a, entry_of, r, bytes);
}

static void check_rules(entry_maker make, const struct broken *rows, size_t n)
{
	struct arena a = {0};
	for (size_t i = 0; i < n; i++) {
		struct slice bytes[CHAIN];
		struct commit_chain c = {.n = 77};
		const struct broken *row = &rows[i];
		chain_make_of(&a, make, row, bytes);
		struct sr_err e = commit_chain_read(&a, bytes, CHAIN, &c);
		CHECK(row->good ? !sr_bad(e) && c.n == CHAIN : e.code == SR_E_AUTH && c.n == 77,
		      "%s: %d", row->why, (int)e.code);
	}
	arena_release(&a);
}

static void chains_keep_their_rules(void)
{
	check_rules(entry_of, broken, sizeof broken / sizeof *broken);
	check_rules(layout_entry_of, broken_layout, sizeof broken_layout / sizeof *broken_layout);
}

static struct slice file_of(struct arena *a, const struct slice *bytes, size_t n)
{
	struct build b = {0};
	struct slice s;
	commit_file_write(bytes, n, &b);
	must(build_done(&b, &s));
	s = slice_make(arena_dup(a, s.ptr, s.len), s.len);
	build_release(&b);
	return s;
}

/* entry_of_version_1 makes one of the bytes of a later one: it only lacks the design size. */
static struct slice entry_of_version_1(struct arena *a, struct slice later, uint8_t key_no)
{
	struct crypto_key key;
	enum { DESIGN = 28, SIGNED = COMMIT_ENTRY_1_LEN - CRYPTO_SIGNATURE_LEN };
	uint8_t *bytes = arena_alloc(a, COMMIT_ENTRY_1_LEN, 1);
	assert(bytes);
	memcpy(bytes, later.ptr, DESIGN);
	memcpy(bytes + DESIGN, later.ptr + DESIGN + 1, SIGNED - DESIGN);
	bytes[8] = 1;
	key_of(&key, key_no);
	crypto_signature_make(&key, slice_make(bytes, SIGNED), bytes + SIGNED);
	crypto_key_release(&key);
	return slice_make(bytes, COMMIT_ENTRY_1_LEN);
}

/* A ledger of version 1 has two commitments; then a third one says the design size. */
static void chains_that_begin_with_version_1(void)
{
	static const struct {
		uint8_t collusion;
		enum sr_code code;
	} rows[] = {{2, SR_OK}, {1, SR_E_AUTH}, {3, SR_E_AUTH}, {12, SR_E_AUTH}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct arena a = {0};
		struct slice bytes[CHAIN];
		struct commit_hash digest = {{0}};
		struct commit_chain c = {.n = 77}, again;
		for (uint32_t k = 0; k < CHAIN; k++) {
			struct commit_entry e = entry_of(k + 1, 100, 30 + k);
			e.previous = digest;
			e.collusion = rows[i].collusion;
			bytes[k] = entry_bytes(&a, &e, 4);
			if (k < CHAIN - 1)
				bytes[k] = entry_of_version_1(&a, bytes[k], 4);
			commit_entry_digest(bytes[k], &digest);
		}
		struct sr_err e = commit_chain_read(&a, bytes, CHAIN, &c);
		CHECK(e.code == rows[i].code && c.n == (sr_bad(e) ? 77 : CHAIN), "%d: %d",
		      rows[i].collusion, (int)e.code);
		CHECK(sr_bad(e) || (c.at[0].collusion == 2 && c.at[2].collusion == 2), "sizes");
		if (!sr_bad(e)) {
			must(commit_file_read(&a, file_of(&a, bytes, CHAIN), &again));
			CHECK(commit_chain_extends(&again, &c) && commit_chain_extends(&c, &again),
			      "a file of both versions");
		}
		arena_release(&a);
	}
}

static void chains_cut_and_reordered(void)
{
	struct arena a = {0};
	struct slice good[CHAIN], other[CHAIN];
	struct commit_chain c, shorter, fork;
	chain_make(&a, NULL, good);
	chain_make(&a, &broken[2], other);
	must(commit_chain_read(&a, good, CHAIN, &c));
	CHECK(commit_chain_read(&a, good, 0, &shorter).code == SR_E_INPUT, "none");
	CHECK(commit_chain_read(&a, good + 1, 2, &shorter).code == SR_E_AUTH, "the first is gone");
	struct slice swapped[] = {good[0], good[2], good[1]}, gone[] = {good[0], good[2]},
		     mixed[] = {good[0], good[1], other[2]};
	CHECK(commit_chain_read(&a, swapped, 3, &fork).code == SR_E_AUTH, "swapped");
	CHECK(commit_chain_read(&a, gone, 2, &fork).code == SR_E_AUTH, "one left out");
	CHECK(commit_chain_read(&a, mixed, 3, &fork).code == SR_E_AUTH, "of another chain");
	must(commit_chain_read(&a, good, 2, &shorter));
	must(commit_chain_read(&a, other, CHAIN, &fork));
	CHECK(commit_chain_extends(&c, &c) && commit_chain_extends(&c, &shorter), "extends");
	CHECK(!commit_chain_extends(&shorter, &c), "a shorter one does not extend a longer one");
	CHECK(!commit_chain_extends(&fork, &shorter), "entry 2 was replaced");
	arena_release(&a);
}

/* Files. */

/* replaced writes with for every what in s. */
static struct slice replaced(struct arena *a, struct slice s, const char *what, const char *with)
{
	struct build b = {0};
	for (size_t i = 0; i < s.len;) {
		bool here = s.len - i >= strlen(what) && memcmp(s.ptr + i, what, strlen(what)) == 0;
		if (here)
			build_str(&b, with);
		else
			build_u8(&b, s.ptr[i]);
		i += here ? strlen(what) : 1;
	}
	s = slice_make(arena_dup(a, b.ptr, b.len), b.len);
	build_release(&b);
	return s;
}

static struct slice between(struct arena *a, const char *before, struct slice s, const char *after)
{
	struct build b = {0};
	build_str(&b, before);
	build_slice(&b, s);
	build_str(&b, after);
	s = slice_make(arena_dup(a, b.ptr, b.len), b.len);
	build_release(&b);
	return s;
}

static void files_as_people_send_them(void)
{
	static const char head[] = "subrosa-commitment/1\n";
	struct arena a = {0};
	struct slice bytes[CHAIN];
	chain_make(&a, NULL, bytes);
	struct slice f = file_of(&a, bytes, CHAIN),
		     rest = slice_sub(f, sizeof head - 1, f.len - (sizeof head - 1));
	const struct {
		struct slice file;
		enum sr_code code;
		const char *why;
	} rows[] = {
		{f, SR_OK, "as written"},
		{replaced(&a, f, "\n", "\r\n"), SR_OK, "CR LF"},
		{replaced(&a, f, "\n", " \n"), SR_OK, "blanks at the ends of lines"},
		{slice_sub(f, 0, f.len - 1), SR_OK, "no newline at the end"},
		{between(&a, "", f, "\n"), SR_OK, "a blank line at the end"},
		{between(&a, "", f, "\r\n"), SR_OK, "the same with CR LF"},
		{slice_sub(f, 0, f.len - 3), SR_E_INPUT, "the last byte is gone"},
		{slice_sub(f, 0, f.len - 2), SR_E_INPUT, "the last digit is gone"},
		{replaced(&a, f, "\n", "\n\n"), SR_E_INPUT, "blank lines between"},
		{between(&a, "", f, "junk"), SR_E_INPUT, "a line that is none"},
		{between(&a, "", f, "00\n"), SR_E_INPUT, "an entry of one byte"},
		{between(&a, "\n", f, ""), SR_E_INPUT, "a blank line first"},
		{rest, SR_E_INPUT, "without the line that names the format"},
		{SLICE_LIT(head), SR_E_INPUT, "no entry"},
		{SLICE_LIT(""), SR_E_INPUT, "an empty file"},
		{slice_make(NULL, 0), SR_E_INPUT, "nothing"},
		{replaced(&a, f, "tment/1", "tment/2"), SR_E_INPUT, "another format"},
		{between(&a, "", f, "\xff\xfe"), SR_E_INPUT, "bytes that are no text"},
		{slice_make(f.ptr, (size_t)COMMIT_FILE_BYTES + 1), SR_E_LIMIT, "too large"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct commit_chain c = {.n = 77};
		struct sr_err e = commit_file_read(&a, rows[i].file, &c);
		CHECK(e.code == rows[i].code && c.n == (sr_bad(e) ? 77 : CHAIN), "%s: %d",
		      rows[i].why, (int)e.code);
	}
	arena_release(&a);
}

static void files_damaged(void)
{
	struct arena a = {0};
	struct slice bytes[CHAIN];
	struct commit_chain good, c;
	chain_make(&a, NULL, bytes);
	struct slice f = file_of(&a, bytes, CHAIN);
	must(commit_file_read(&a, f, &good));
	uint8_t *copy = arena_dup(&a, f.ptr, f.len);
	for (size_t n = 0; n < f.len; n++) {
		struct arena scratch = {0};
		bool same_chain = !sr_bad(commit_file_read(&scratch, slice_make(copy, n), &c));
		/* A file that ends after an entry is an older file: nothing shows what came after.
		 */
		CHECK(!same_chain || (commit_chain_extends(&good, &c) && (f.len - n) % 459 <= 1),
		      "%zu bytes", n);
		arena_release(&scratch);
	}
	for (size_t bit = 0; bit < 8 * f.len; bit += 5) {
		struct arena scratch = {0};
		copy[bit / 8] ^= (uint8_t)(1U << bit % 8);
		bool read = !sr_bad(commit_file_read(&scratch, slice_make(copy, f.len), &c));
		copy[bit / 8] ^= (uint8_t)(1U << bit % 8);
		CHECK(!read || (c.n == good.n && commit_chain_extends(&good, &c)), "bit %zu", bit);
		arena_release(&scratch);
	}
	arena_release(&a);
}

/* Papers. */

enum { READERS = 6, FIRST = 4 };

struct issuer {
	struct arena a;
	struct text_lattice lattice;
	struct crypto_key seed;
	uint8_t hash[CRYPTO_HASH_LEN];
	uint32_t collusion;
	bool has_layout;
	struct commit_layout layout;
	struct commit_reader reader[READERS];
	struct commit_hash leaf[READERS];
	struct commit_paper paper;
};

static const char issuer_source[] = "The {talks|meetings} of {May|last May} were {long|short}, and "
				    "nobody {said|told us|wrote down} what was {decided|agreed}.";

static void issuer_open(struct issuer *s)
{
	static const char *const ids[READERS] = {"a", "b", "c", "d", "e", "f"};
	*s = (struct issuer){0};
	papers_lattice(&s->a, SLICE_LIT(issuer_source), &s->lattice);
	key_of(&s->seed, 6);
	s->hash[0] = 42;
	s->collusion = 3;
	for (uint32_t i = 0; i < READERS; i++)
		s->reader[i] = (struct commit_reader){i + 1,
						      100,
						      slice_str(ids[i]),
						      SLICE_LIT("Name"),
						      SLICE_LIT("House"),
						      SLICE_LIT("Side")};
}

static void issuer_open_layout(struct issuer *s)
{
	issuer_open(s);
	s->has_layout = true;
	s->layout = (struct commit_layout){11, {{9, 8, 7}}};
}

static const struct commit_layout *layout_of(const struct issuer *s)
{
	return s->has_layout ? &s->layout : NULL;
}

static void issuer_compute(struct issuer *s)
{
	const struct code_design secret = {&s->seed, s->hash, s->collusion};
	must(commit_paper_init(&s->a, &s->lattice, &secret, layout_of(s), &s->paper));
	for (size_t i = 0; i < READERS; i++)
		must(commit_paper_reader(&s->paper, &s->reader[i], &s->leaf[i]));
}

static void issuer_close(struct issuer *s)
{
	build_release(&s->paper.scratch);
	crypto_key_release(&s->seed);
	arena_release(&s->a);
}

/* issuer_chain commits FIRST readers, then all. */
static void issuer_chain(struct issuer *s, struct commit_chain *out)
{
	struct build b = {0};
	struct slice bytes[2];
	struct commit_entry first;
	must(commit_paper_entry(&s->paper, s->leaf, FIRST, 1000, NULL, (struct slice){0}, &b));
	bytes[0] = slice_make(arena_dup(&s->a, b.ptr, b.len), b.len);
	must(commit_entry_read(bytes[0], &first));
	build_reset(&b);
	must(commit_paper_entry(&s->paper, s->leaf, READERS, 900, &first, bytes[0], &b));
	bytes[1] = slice_make(arena_dup(&s->a, b.ptr, b.len), b.len);
	build_release(&b);
	must(commit_chain_read(&s->a, bytes, 2, out));
}

static void check_entries(struct issuer *s)
{
	struct commit_chain c;
	struct commit_hash root;
	issuer_compute(s);
	issuer_chain(s, &c);
	CHECK(c.at[0].readers_n == FIRST && c.at[1].readers_n == READERS, "readers");
	CHECK(c.at[1].time == 1000, "a clock set back does not break the chain");
	plain_root(s->leaf, FIRST, &root);
	CHECK(same(&root, &c.at[0].readers_root), "the first readers alone");
	plain_root(s->paper.unit_leaf, s->paper.units.n + s->layout.slots_n, &root);
	CHECK(same(&root, &c.at[0].lattice_root), "the lattice");
	CHECK(c.at[0].collusion == 3 && c.at[1].collusion == 3, "design size");
	CHECK(c.at[0].places_n == s->lattice.places_n && c.at[0].units_n == s->paper.units.n,
	      "numbers");
	CHECK(c.at[1].has_layout == s->has_layout && c.at[1].layout.slots_n == s->layout.slots_n &&
		      same(&c.at[1].layout.sheet, &s->layout.sheet),
	      "layers");
	must(commit_paper_check(&s->paper, s->leaf, READERS, &c));
}

static void entries_of_a_paper(void)
{
	struct issuer s;
	issuer_open(&s);
	check_entries(&s);
	issuer_close(&s);
	issuer_open_layout(&s);
	check_entries(&s);
	issuer_close(&s);
}

/* An entry of version 3 as a program of its own computes it from doc/FORMAT.md alone (Python's
 * hashlib, and ChaCha20 and Ed25519 of its package cryptography): two readers, three places, four
 * slots, design size 3. */
static const char entry_3_hex[] =
	"7372636f6d6d6974030001000000e80300000000000002000000020001030300000006000000"
	"040000001230730f6bc91e4c4395de33cb89be6789ff56e4e98e8e183467c952aa1133c646cb"
	"a87802556ce8298ce03f8c56523df41399124715f1a7b47c88cb3af571b56402892fb97570c5"
	"a7f83f76d51da6e8be31b981b4df5b7a6889e8134216a5810000000000000000000000000000"
	"000000000000000000000000000000000000edbef797a9487f66bed3783e7127495c5d020240"
	"56c4f324be23b7f807445d967eb07e75d0630ccf2da299fd27ba2f282e56045645301b97f9f7"
	"d090379722c7e3a7de5817c7a810e3de96dfcabf841870c8a6b1238d7fa1ae10d36b76c9170e";

static void entry_of_version_3_is_as_written_down(void)
{
	const struct slice wordings[][2] = {{SLICE_LIT("a"), SLICE_LIT("bb")},
					    {SLICE_LIT("c"), SLICE_LIT("d")},
					    {SLICE_LIT("ee"), SLICE_LIT("f")}};
	const struct slice fixed[] = {SLICE_LIT(""), SLICE_LIT(" "), SLICE_LIT(" "), SLICE_LIT("")},
			   sheet = SLICE_LIT("a sheet");
	struct text_place place[3];
	for (uint32_t i = 0; i < 3; i++)
		place[i] =
			(struct text_place){.wordings = wordings[i], .wordings_n = 2, .leader = i};
	struct issuer s;
	uint8_t want[COMMIT_ENTRY_3_LEN];
	struct build b = {0};
	issuer_open_layout(&s);
	s.lattice = (struct text_lattice){fixed, place, 3};
	s.layout.slots_n = 4;
	crypto_digest(&sheet, 1, s.layout.sheet.at);
	for (size_t i = 0; i < READERS; i++)
		s.reader[i].side = SLICE_LIT("");
	s.reader[1].name = SLICE_LIT("Other");
	issuer_compute(&s);
	must(commit_paper_entry(&s.paper, s.leaf, 2, 1000, NULL, (struct slice){0}, &b));
	CHECK(hex_read(slice_str(entry_3_hex), want, sizeof want) && b.len == sizeof want &&
		      memcmp(b.ptr, want, sizeof want) == 0,
	      "other bytes");
	build_release(&b);
	issuer_close(&s);
}

/* A fork gives the leaves that the paper gives, and leaves its symbols alone. */
static void forks_agree(void)
{
	struct issuer s;
	struct commit_paper fork;
	struct commit_hash leaf, root;
	issuer_open_layout(&s);
	issuer_compute(&s);
	must(commit_paper_fork(&s.a, &s.paper, &fork));
	root = s.paper.symbols_root;
	for (size_t i = 0; i < READERS; i++) {
		must(commit_paper_reader(&fork, &s.reader[i], &leaf));
		CHECK(same(&leaf, &s.leaf[i]), "reader %zu", i + 1);
	}
	must(commit_paper_reader(&fork, &s.reader[0], &leaf));
	plain_root(s.paper.symbol_leaf, s.paper.places_n + s.paper.slots_n, &leaf);
	CHECK(same(&leaf, &root), "of the last reader");
	build_release(&fork.scratch);
	issuer_close(&s);
}

/* Leaves of words can be opened without those of the layout behind them, of which whoever checks
 * knows only how many there are. */
static void words_are_opened_alone(void)
{
	struct issuer s;
	issuer_open_layout(&s);
	issuer_compute(&s);
	const struct commit_paper *p = &s.paper;
	size_t n = p->places_n + p->slots_n;
	CHECK(p->places_n == 5 && p->slots_n == 11, "%zu places", p->places_n);
	for (uint64_t set = 1; set < 1U << p->places_n; set++) {
		struct opening o = {0};
		open_leaves(&s.a, p->symbol_leaf, n, set, &o);
		CHECK(holds(&o, n) && same(&o.root, &p->symbols_root), "set %llu",
		      (unsigned long long)set);
		CHECK(!holds(&o, p->places_n), "set %llu: as if there were words alone",
		      (unsigned long long)set);
	}
	issuer_close(&s);
}

/* With more than two colluders the slots have secret biases of their own: they are bound, too. */
static void slots_have_their_biases(void)
{
	struct issuer s;
	struct code_bias bias[11];
	size_t differ = 0;
	issuer_open_layout(&s);
	issuer_compute(&s);
	const struct code_design d = {&s.seed, s.hash, s.collusion};
	must(code_design_biases(&s.a, &d, CODE_LAYER_LAYOUT, NULL, 11, bias));
	for (size_t i = 0; i < 11; i++) {
		struct commit_hash leaf;
		const struct commit_hash *at = &s.paper.unit_leaf[s.paper.units.n + i];
		commit_leaf_slot(&s.paper.unit_salt[s.paper.units.n + i], (uint32_t)i, &bias[i],
				 &leaf);
		CHECK(same(&leaf, at), "slot %zu", i);
		differ += bias[i].cum[1] != bias[0].cum[1];
	}
	CHECK(differ > 0, "they are not all the same");
	issuer_close(&s);
}

/* An entry that nobody could read would make its ledger useless. */
static void clock_before_1970(void)
{
	struct issuer s;
	struct commit_entry e = {0};
	struct build b = {0};
	issuer_open(&s);
	issuer_compute(&s);
	must(commit_paper_entry(&s.paper, s.leaf, FIRST, -5, NULL, (struct slice){0}, &b));
	CHECK(!sr_bad(commit_entry_read(slice_make(b.ptr, b.len), &e)), "it can be read");
	CHECK(e.time == 0, "time %lld", (long long)e.time);
	build_release(&b);
	issuer_close(&s);
}

/* What somebody with the ledger could do to it after the leak, a row each. */
static void other_wording(struct issuer *s)
{
	papers_lattice(&s->a, replaced(&s->a, SLICE_LIT(issuer_source), "talks", "walks"),
		       &s->lattice);
}
static void wordings_swapped(struct issuer *s)
{
	papers_lattice(&s->a, replaced(&s->a, SLICE_LIT(issuer_source), "long|short", "short|long"),
		       &s->lattice);
}
static void other_text(struct issuer *s)
{
	papers_lattice(&s->a, replaced(&s->a, SLICE_LIT(issuer_source), "nobody", "Nobody"),
		       &s->lattice);
}
static void place_fewer(struct issuer *s)
{
	papers_lattice(&s->a, replaced(&s->a, SLICE_LIT(issuer_source), "{long|short}", "long"),
		       &s->lattice);
}
static void wording_more(struct issuer *s)
{
	papers_lattice(&s->a,
		       replaced(&s->a, SLICE_LIT(issuer_source), "long|short", "long|short|dull"),
		       &s->lattice);
}
static void other_hash(struct issuer *s)
{
	s->hash[0]++;
}
static void other_seed(struct issuer *s)
{
	s->seed.bytes[0]++;
}
static void other_design(struct issuer *s)
{
	s->collusion = 5;
}
static void same_biases(struct issuer *s)
{
	s->collusion = 4;
}
static void other_name(struct issuer *s)
{
	s->reader[1].name = SLICE_LIT("Namf");
}
static void other_house(struct issuer *s)
{
	s->reader[1].house = SLICE_LIT("");
}
static void other_side(struct issuer *s)
{
	s->reader[1].side = SLICE_LIT("Others");
}
static void ground_id(struct issuer *s)
{
	s->reader[1].id = SLICE_LIT("b1");
}
static void ground_late_id(struct issuer *s)
{
	s->reader[READERS - 1].id = SLICE_LIT("f1");
}
static void other_date(struct issuer *s)
{
	s->reader[1].committed_at--;
}
static void readers_swapped(struct issuer *s)
{
	struct slice id = s->reader[0].id;
	s->reader[0].id = s->reader[1].id;
	s->reader[1].id = id;
}

static void other_sheet(struct issuer *s)
{
	s->layout.sheet.at[0] ^= 1;
}
static void slot_more(struct issuer *s)
{
	s->layout.slots_n++;
}
static void slot_fewer(struct issuer *s)
{
	s->layout.slots_n--;
}
static void layout_dropped(struct issuer *s)
{
	s->has_layout = false;
	s->layout = (struct commit_layout){0};
}
static void layout_added(struct issuer *s)
{
	s->has_layout = true;
}

struct change {
	void (*change)(struct issuer *);
	const char *why;
};

static const struct change changes[] = {
	{other_wording, "a wording"},
	{wordings_swapped, "the order of wordings"},
	{other_text, "a letter of the text"},
	{place_fewer, "a place fewer"},
	{wording_more, "a bias: one wording more"},
	{other_hash, "another lattice hash"},
	{other_seed, "the seed"},
	{other_design, "another design size"},
	{same_biases, "another design size with the same biases"},
	{other_name, "a name"},
	{other_house, "a house"},
	{other_side, "a side"},
	{ground_id, "another id, so that his symbols fit"},
	{ground_late_id, "an id of the second entry only"},
	{other_date, "an earlier date"},
	{readers_swapped, "two readers' copies swapped"},
};
static const struct change words_changes[] = {{layout_added, "a layout layer without slots"}};
static const struct change layout_changes[] = {
	{other_sheet, "another sheet"},
	{slot_more, "a slot more"},
	{slot_fewer, "a slot fewer"},
	{layout_dropped, "no layout layer"},
};

static void check_changes(void (*open)(struct issuer *), const struct change *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct issuer honest, other;
		struct commit_chain c;
		open(&honest);
		issuer_compute(&honest);
		issuer_chain(&honest, &c);
		open(&other);
		rows[i].change(&other);
		issuer_compute(&other);
		struct sr_err e = commit_paper_check(&other.paper, other.leaf, READERS, &c);
		CHECK(e.code == SR_E_AUTH, "%s: %d", rows[i].why, (int)e.code);
		issuer_close(&other);
		issuer_close(&honest);
	}
}

static void a_changed_ledger_is_refused(void)
{
	size_t n = sizeof changes / sizeof *changes;
	check_changes(issuer_open, changes, n);
	check_changes(issuer_open_layout, changes, n);
	check_changes(issuer_open, words_changes, sizeof words_changes / sizeof *words_changes);
	check_changes(issuer_open_layout, layout_changes,
		      sizeof layout_changes / sizeof *layout_changes);
}

/* One symbol or one threshold is all that is changed, and the leaves are computed again. */
static void a_changed_symbol_or_bias_is_refused(void)
{
	struct issuer s;
	struct commit_chain c;
	issuer_open(&s);
	issuer_compute(&s);
	issuer_chain(&s, &c);
	CHECK(commit_paper_check(&s.paper, s.leaf, READERS - 1, &c).code == SR_E_AUTH,
	      "a reader is missing");
	struct commit_hash kept = s.leaf[READERS - 1];
	const struct commit_symbol flipped = {READERS, COMMIT_LAYER_WORDS, COMMIT_SOURCE_ISSUER, 0,
					      (uint16_t)!s.paper.symbol[0]};
	commit_leaf_symbol(&s.paper.symbol_salt[0], &flipped, &s.paper.symbol_leaf[0]);
	commit_tree_root(s.paper.symbol_leaf, s.paper.places_n, &s.paper.symbols_root);
	must(commit_leaf_reader(&s.paper.scratch, &s.paper.reader_salt, &s.reader[READERS - 1],
				&s.paper.symbols_root, &s.leaf[READERS - 1]));
	CHECK(commit_paper_check(&s.paper, s.leaf, READERS, &c).code == SR_E_AUTH, "a symbol");
	s.leaf[READERS - 1] = kept;
	must(commit_paper_check(&s.paper, s.leaf, READERS, &c));
	size_t i = 0;
	while (s.paper.units.at[i].place == COMMIT_NO_PLACE)
		i++;
	struct commit_unit u = s.paper.units.at[i];
	u.bias.cum = third_cum;
	must(commit_leaf_unit(&s.paper.scratch, &s.paper.unit_salt[i], (uint32_t)i, &u,
			      &s.paper.unit_leaf[i]));
	CHECK(commit_paper_check(&s.paper, s.leaf, READERS, &c).code == SR_E_AUTH, "a bias");
	issuer_close(&s);
}

/* The same of a slot. */
static void a_changed_slot_is_refused(void)
{
	struct issuer s;
	struct commit_chain c;
	issuer_open_layout(&s);
	issuer_compute(&s);
	issuer_chain(&s, &c);
	struct commit_paper *p = &s.paper;
	size_t at = p->places_n + 3, unit = p->units.n + 3;
	struct commit_hash kept = s.leaf[READERS - 1];
	const struct commit_symbol flipped = {READERS, COMMIT_LAYER_LAYOUT, COMMIT_SOURCE_ISSUER, 3,
					      (uint16_t)!p->symbol[at]};
	commit_leaf_symbol(&p->symbol_salt[at], &flipped, &p->symbol_leaf[at]);
	commit_tree_root(p->symbol_leaf, p->places_n + p->slots_n, &p->symbols_root);
	must(commit_leaf_reader(&p->scratch, &p->reader_salt, &s.reader[READERS - 1],
				&p->symbols_root, &s.leaf[READERS - 1]));
	CHECK(commit_paper_check(p, s.leaf, READERS, &c).code == SR_E_AUTH, "a symbol");
	s.leaf[READERS - 1] = kept;
	must(commit_paper_check(p, s.leaf, READERS, &c));
	commit_leaf_slot(&p->unit_salt[unit], 3, &(struct code_bias){2, third_cum},
			 &p->unit_leaf[unit]);
	CHECK(commit_paper_check(p, s.leaf, READERS, &c).code == SR_E_AUTH, "a bias");
	issuer_close(&s);
}

static void a_paper_without_places(void)
{
	for (int slots_n = -1; slots_n < 3; slots_n += 2) {
		struct issuer s;
		struct commit_chain c;
		issuer_open(&s);
		papers_lattice(&s.a, SLICE_LIT("Nothing to choose."), &s.lattice);
		s.has_layout = slots_n >= 0;
		s.layout.slots_n = slots_n >= 0 ? (uint32_t)slots_n : 0;
		issuer_compute(&s);
		issuer_chain(&s, &c);
		must(commit_paper_check(&s.paper, s.leaf, READERS, &c));
		issuer_close(&s);
	}
}

static void too_many_slots(void)
{
	struct issuer s;
	struct commit_paper p;
	const struct commit_layout layout = {LIMIT_PLACES + 1, {{0}}};
	issuer_open(&s);
	const struct code_design d = {&s.seed, s.hash, s.collusion};
	struct sr_err e = commit_paper_init(&s.a, &s.lattice, &d, &layout, &p);
	CHECK(e.code == SR_E_LIMIT, "%d", (int)e.code);
	issuer_close(&s);
}

/* What a page costs: leaves of 1,000 readers with so many slots, on one core. */
static void speed(void)
{
	struct issuer s;
	struct commit_hash leaf;
	issuer_open_layout(&s);
	s.layout.slots_n = 400;
	issuer_compute(&s);
	clock_t t0 = clock();
	for (size_t i = 0; i < 1000; i++)
		must(commit_paper_reader(&s.paper, &s.reader[i % READERS], &leaf));
	printf("# 1,000 readers with 400 slots: %.3f s\n", (double)(clock() - t0) / CLOCKS_PER_SEC);
	issuer_close(&s);
}

/* A group has one bias and one symbol, those that its leader draws, and its places say so. */
static void a_paper_with_groups(void)
{
	static const char grouped[] =
		"One {a|b|c} two {#x|d|e} three {#y|f|g|h} four {#x|i|k} five {l|m} six {#x|n|o} "
		"seven {#y|p|q|r} eight.";
	static const char alone[] = "One {a|b|c} two {d|e} three {f|g|h} four {i|k} five {l|m} six "
				    "{n|o} seven {p|q|r} eight.";
	static const uint32_t leader[] = {0, 1, 2, 1, 4, 1, 2}, group_n[] = {1, 3, 2, 3, 1, 3, 2};
	struct issuer s, t;
	size_t differ = 0, at = 0;
	issuer_open(&s);
	papers_lattice(&s.a, slice_str(grouped), &s.lattice);
	issuer_compute(&s);
	issuer_open(&t);
	papers_lattice(&t.a, slice_str(alone), &t.lattice);
	issuer_compute(&t);
	for (size_t i = 0; i < s.paper.units.n; i++) {
		const struct commit_unit *u = &s.paper.units.at[i];
		if (u->place == COMMIT_NO_PLACE)
			continue;
		CHECK(u->leader == leader[at] && u->group_n == group_n[at], "place %zu: %u of %u",
		      at, u->leader, u->group_n);
		CHECK(t.paper.units.at[i].leader == at && t.paper.units.at[i].group_n == 1,
		      "place %zu alone", at);
		at++;
	}
	CHECK(at == 7, "%zu places", at);
	for (size_t r = 0; r < READERS; r++) {
		struct commit_hash leaf;
		must(commit_paper_reader(&s.paper, &s.reader[r], &leaf));
		must(commit_paper_reader(&t.paper, &t.reader[r], &leaf));
		for (size_t i = 0; i < 7; i++) {
			CHECK(s.paper.symbol[i] == t.paper.symbol[leader[i]],
			      "reader %zu, place %zu: not what its leader draws", r, i);
			CHECK(s.paper.bias[i].cum == s.paper.bias[leader[i]].cum, "place %zu", i);
			differ += t.paper.symbol[i] != t.paper.symbol[leader[i]];
		}
	}
	CHECK(differ > 0, "alone they differ");
	issuer_close(&s);
	issuer_close(&t);
}

/* Memory. */

static struct sr_err once(struct arena *a, const struct issuer *s, struct slice file)
{
	const struct code_design secret = {&s->seed, s->hash, s->collusion};
	struct commit_paper p, fork = {0};
	struct commit_hash leaf;
	struct commit_proof proof;
	struct commit_chain c;
	struct build b = {0};
	static const uint32_t index[] = {1, 4};
	SR_TRY(commit_paper_init(a, &s->lattice, &secret, layout_of(s), &p));
	struct sr_err e = commit_paper_reader(&p, &s->reader[0], &leaf);
	if (!sr_bad(e))
		e = commit_paper_fork(a, &p, &fork);
	if (!sr_bad(e))
		e = commit_paper_reader(&fork, &s->reader[0], &leaf);
	if (!sr_bad(e))
		e = commit_tree_prove(a, p.unit_leaf, p.units.n, index, 2, &proof);
	if (!sr_bad(e))
		e = commit_paper_entry(&p, &leaf, 1, 5, NULL, (struct slice){0}, &b);
	if (!sr_bad(e))
		e = commit_file_read(a, file, &c);
	if (!sr_bad(e)) {
		build_reset(&b);
		commit_file_write(c.bytes, c.n, &b);
		struct slice done;
		e = build_done(&b, &done);
	}
	build_release(&b);
	build_release(&fork.scratch);
	build_release(&p.scratch);
	return e;
}

static void every_allocation_fails_once(void)
{
	struct issuer s;
	struct commit_chain c;
	issuer_open_layout(&s);
	issuer_compute(&s);
	issuer_chain(&s, &c);
	struct slice file = file_of(&s.a, c.bytes, c.n);
	size_t n = 1;
	for (;; n++) {
		struct arena a = {0};
		test_alloc_fail_at(n);
		struct sr_err e = once(&a, &s, file);
		bool failed = test_alloc_failed();
		test_alloc_fail_at(0);
		arena_release(&a);
		if (!failed) {
			CHECK(!sr_bad(e), "%s", e.what);
			break;
		}
		CHECK(e.code == SR_E_NOMEM, "allocation %zu: %d", n, (int)e.code);
	}
	CHECK(n > 5, "%zu allocations", n);
	issuer_close(&s);
}

int main(void)
{
	must(crypto_init());
	test_run("hexadecimal digits, and nothing else", hex_there_and_back);
	test_run("roots are those of RFC 6962", roots_are_those_of_rfc_6962);
	test_run("proofs hold, and nothing else does", proofs_hold_and_nothing_else_does);
	test_run("a symbol's leaf is as written down", symbol_leaf_is_as_written_down);
	test_run("leaves of a layout are as written down", layout_leaves_are_as_written_down);
	test_run("a reader's leaf is as written down", reader_leaf_is_as_written_down);
	test_run("a unit's leaf is as written down", unit_leaves_are_as_written_down);
	test_run("leaves bind every field", leaves_bind_every_field);
	test_run("kinds cannot collide", kinds_cannot_collide);
	test_run("units give the lattice back", units_give_the_lattice_back);
	test_run("units of every script", units_of_every_script);
	test_run("salts differ", salts_differ);
	test_run("salts are as written down", salts_are_as_written_down);
	test_run("Ed25519 is that of RFC 8032", ed25519_is_that_of_rfc_8032);
	test_run("entries, there and back", entries_there_and_back);
	test_run("an entry of version 1", an_entry_of_version_1);
	test_run("damaged entries are refused", damaged_entries_are_refused);
	test_run("strange entries are refused", strange_entries_are_refused);
	test_run("chains keep their rules", chains_keep_their_rules);
	test_run("chains that begin with version 1", chains_that_begin_with_version_1);
	test_run("chains cut and reordered", chains_cut_and_reordered);
	test_run("files as people send them", files_as_people_send_them);
	test_run("files damaged", files_damaged);
	test_run("entries of a paper", entries_of_a_paper);
	test_run("an entry of version 3 is as written down", entry_of_version_3_is_as_written_down);
	test_run("forks agree", forks_agree);
	test_run("words are opened alone", words_are_opened_alone);
	test_run("slots have their biases", slots_have_their_biases);
	test_run("a clock before 1970", clock_before_1970);
	test_run("a changed ledger is refused", a_changed_ledger_is_refused);
	test_run("a changed symbol or bias is refused", a_changed_symbol_or_bias_is_refused);
	test_run("a changed slot is refused", a_changed_slot_is_refused);
	test_run("a paper without places", a_paper_without_places);
	test_run("too many slots", too_many_slots);
	test_run("speed", speed);
	test_run("a paper with groups", a_paper_with_groups);
	test_run("every allocation fails once", every_allocation_fails_once);
	return test_done();
}
