/* SPDX-License-Identifier: Apache-2.0 */
#include "relay_conformance.h"

#include "test.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Appends ---- */

static void put(uint8_t *at, uint64_t v)
{
	v = htole64(v);
	memcpy(at, &v, 8);
}

static uint64_t get(const uint8_t *at)
{
	uint64_t v;
	memcpy(&v, at, 8);
	return le64toh(v);
}

void relay_case_address(uint64_t log, uint8_t out[CRYPTO_HASH_LEN])
{
	uint8_t number[8];
	put(number, log);
	struct slice parts[] = {SLICE_LIT("a log of a test"), {number, 8}};
	crypto_digest(parts, 2, out);
}

/* All but its numbers follow from them. */
void relay_case_cell(uint64_t log, uint64_t seq, uint64_t variant, uint8_t out[WIRE_CELL_LEN])
{
	uint64_t state = log * 1000003 + seq * 257 + variant;
	for (size_t i = 0; i < WIRE_CELL_LEN; i += 8)
		put(out + i, test_random(&state));
	put(out, log);
	put(out + 8, seq);
	put(out + 16, variant);
}

bool relay_case_cell_is(const uint8_t cell[WIRE_CELL_LEN], uint64_t *log, uint64_t *seq,
			uint64_t *variant)
{
	uint8_t want[WIRE_CELL_LEN];
	*log = get(cell);
	*seq = get(cell + 8);
	*variant = get(cell + 16);
	relay_case_cell(*log, *seq, *variant, want);
	return memcmp(cell, want, WIRE_CELL_LEN) == 0;
}

void relay_case_again(struct relay_case *c)
{
	wire_chain_next(c->before, c->append.seq, c->cell, c->chain);
}

void relay_case_make(struct relay_case *c, uint64_t log, uint64_t seq, uint64_t variant,
		     const uint8_t before[CRYPTO_HASH_LEN])
{
	relay_case_address(log, c->address);
	relay_case_cell(log, seq, variant, c->cell);
	if (before)
		memmove(c->before, before, CRYPTO_HASH_LEN);
	else
		wire_chain_start(c->address, c->before);
	c->append = (struct relay_append){.address = c->address,
					  .class = WIRE_DAYS_30,
					  .seq = seq,
					  .before = c->before,
					  .chain = c->chain,
					  .cell = c->cell};
	relay_case_again(c);
}

/* ---- The store that is tested ---- */

enum { DAY = 20500, CELLS_N = 20 };

static const struct relay_subject *subject;
static struct relay_store *store;
static struct relay_reader *reader;
static const struct relay_rules open_rules = {false, 1000};

static bool ok(struct sr_err e)
{
	return CHECK(!sr_bad(e), "%s: %s", subject->name, e.what ? e.what : "");
}

static void open_again(const struct relay_rules *rules)
{
	if (store) {
		store->ops->reader_close(reader);
		store->ops->close(store);
	}
	if (!ok(subject->open(rules, &store)) || !ok(store->ops->reader_open(store, &reader)))
		abort();
}

static void begin(const struct relay_rules *rules)
{
	subject->reset();
	open_again(rules);
}

static void end(void)
{
	store->ops->reader_close(reader);
	store->ops->close(store);
	store = NULL;
}

static void append_on(struct relay_case *c, uint32_t day)
{
	c->append.status = 0;
	if (!ok(store->ops->append(store, &c->append, 1, day)) ||
	    (store->ops->tidy && !ok(store->ops->tidy(store))))
		abort();
}

static bool is_head(const struct relay_append *r, uint64_t seq, const uint8_t *chain)
{
	return r->head == seq && memcmp(r->head_chain, chain, CRYPTO_HASH_LEN) == 0;
}

/* Appends, and it must be stored. */
static void must_store(struct relay_case *c, uint32_t day)
{
	append_on(c, day);
	CHECK(c->append.status == WIRE_OK && c->append.stored, "seq %llu: status %d",
	      (unsigned long long)c->append.seq, (int)c->append.status);
	CHECK(is_head(&c->append, c->append.seq, c->chain), "its own position");
}

/* Appends, and it must be refused, with the head at seq and chain. */
static void must_refuse(struct relay_case *c, uint32_t day, enum wire_status status, uint64_t seq,
			const uint8_t *chain)
{
	append_on(c, day);
	CHECK(c->append.status == status && !c->append.stored, "seq %llu: status %d, not %d",
	      (unsigned long long)c->append.seq, (int)c->append.status, (int)status);
	CHECK(is_head(&c->append, seq, chain), "%d: the head", (int)status);
}

/* log_of makes and stores n cells; all[i] is sequence i + 1. The caller frees. */
static struct relay_case *log_of(uint64_t log, size_t n)
{
	struct relay_case *all = calloc(n, sizeof *all);
	if (!all)
		abort();
	for (size_t i = 0; i < n; i++) {
		relay_case_make(&all[i], log, i + 1, 0, i ? all[i - 1].chain : NULL);
		must_store(&all[i], DAY);
	}
	return all;
}

struct answer {
	struct relay_head head;
	uint8_t ends[2][CRYPTO_HASH_LEN], cells[CELLS_N * WIRE_CELL_LEN];
	size_t n;
};

static struct answer *read_from(const uint8_t *address, uint64_t from, size_t n_max)
{
	static struct answer a;
	if (!ok(reader->ops->read(reader, address, from, n_max, a.cells, &a.n, &a.head, a.ends)))
		abort();
	return &a;
}

/* The log must be all[first - 1 .. n - 1], read from wherever, however many at a time. */
static void must_be(const struct relay_case *all, uint64_t n, uint64_t first)
{
	for (uint64_t from = 0; from <= n + 2; from++) {
		for (size_t max = 0; max <= n - first + 2 && max <= CELLS_N; max++) {
			const struct answer *a = read_from(all[0].address, from, max);
			uint64_t want = from < first || from > n ? 0 : n + 1 - from;
			want = want < max ? want : max;
			CHECK(a->n == want, "from %llu max %zu: %zu", (unsigned long long)from, max,
			      a->n);
			CHECK(a->head.seq == n && a->head.first == first, "head %llu first %llu",
			      (unsigned long long)a->head.seq, (unsigned long long)a->head.first);
			CHECK(memcmp(a->head.chain, all[n - 1].chain, CRYPTO_HASH_LEN) == 0,
			      "the head's chain");
			const uint8_t *before = want ? all[from - 1].before : all[n - 1].chain;
			const uint8_t *behind = all[want ? from + want - 2 : n - 1].chain;
			CHECK(memcmp(a->ends[0], before, CRYPTO_HASH_LEN) == 0 &&
				      memcmp(a->ends[1], behind, CRYPTO_HASH_LEN) == 0,
			      "from %llu max %zu: its ends", (unsigned long long)from, max);
			for (size_t i = 0; i < a->n; i++)
				CHECK(memcmp(a->cells + i * WIRE_CELL_LEN, all[from - 1 + i].cell,
					     WIRE_CELL_LEN) == 0,
				      "from %llu cell %zu", (unsigned long long)from, i);
		}
	}
}

static void must_count(uint64_t logs, uint64_t cells, uint64_t tokens)
{
	struct relay_counts c;
	if (!ok(reader->ops->counts(reader, &c)))
		return;
	CHECK(c.logs == logs && c.cells == cells && c.tokens == tokens,
	      "%llu logs, %llu cells, %llu tokens", (unsigned long long)c.logs,
	      (unsigned long long)c.cells, (unsigned long long)c.tokens);
	CHECK(c.bytes >= cells * WIRE_CELL_LEN, "%llu bytes", (unsigned long long)c.bytes);
}

/* ---- The tests ---- */

static void unknown_log(void)
{
	struct relay_case c;
	uint8_t start[CRYPTO_HASH_LEN];
	begin(&open_rules);
	relay_case_make(&c, 1, 1, 0, NULL);
	wire_chain_start(c.address, start);
	for (uint64_t from = 0; from < 4; from++) {
		const struct answer *a = read_from(c.address, from, CELLS_N);
		CHECK(a->n == 0 && a->head.seq == 0 && a->head.first == 1, "from %llu",
		      (unsigned long long)from);
		CHECK(memcmp(a->head.chain, start, CRYPTO_HASH_LEN) == 0 &&
			      memcmp(a->ends[0], start, CRYPTO_HASH_LEN) == 0 &&
			      memcmp(a->ends[1], start, CRYPTO_HASH_LEN) == 0,
		      "the start");
	}
	c.append.seq = 2;
	must_refuse(&c, DAY, WIRE_CONFLICT, 0, start);
	must_count(0, 0, 0);
	end();
}

static void stored_and_read(void)
{
	begin(&open_rules);
	struct relay_case *all = log_of(1, CELLS_N), *other = log_of(2, 3);
	must_be(all, CELLS_N, 1);
	must_be(other, 3, 1);
	must_count(2, CELLS_N + 3, 0);
	open_again(&open_rules);
	must_be(all, CELLS_N, 1);
	must_be(other, 3, 1);
	must_count(2, CELLS_N + 3, 0);
	free(all);
	free(other);
	end();
}

/* Any sequence but the next, and any chain but the head's. */
static void only_the_next(void)
{
	begin(&open_rules);
	struct relay_case *all = log_of(1, 5), c;
	static const uint64_t wrong[] = {1, 2, 4, 5, 7, 8, 1000, WIRE_SEQ_MAX};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		relay_case_make(&c, 1, wrong[i], 1, all[4].chain);
		must_refuse(&c, DAY, WIRE_CONFLICT, 5, all[4].chain);
	}
	for (unsigned bit = 0; bit < 8 * CRYPTO_HASH_LEN; bit++) {
		relay_case_make(&c, 1, 6, 1, all[4].chain);
		c.before[bit / 8] ^= (uint8_t)(1u << bit % 8);
		relay_case_again(&c);
		must_refuse(&c, DAY, WIRE_CONFLICT, 5, all[4].chain);
	}
	must_be(all, 5, 1);
	must_count(1, 5, 0);
	relay_case_make(&c, 1, 6, 1, all[4].chain);
	must_store(&c, DAY);
	free(all);
	end();
}

static void must_know(struct relay_case *c)
{
	append_on(c, DAY);
	CHECK(c->append.status == WIRE_OK && !c->append.stored, "again: %d", (int)c->append.status);
	CHECK(is_head(&c->append, c->append.seq, c->chain), "again: its own position");
}

static void same_again(void)
{
	uint8_t head[CRYPTO_HASH_LEN];
	begin(&open_rules);
	struct relay_case *all = log_of(1, 6);
	memcpy(head, all[5].chain, CRYPTO_HASH_LEN);
	for (size_t i = 0; i < 6; i++)
		must_know(&all[i]);
	open_again(&open_rules);
	for (size_t i = 0; i < 6; i++) {
		must_know(&all[i]);
		/* One bit less of it is another cell. */
		all[i].cell[i * 700] ^= 1;
		relay_case_again(&all[i]);
		must_refuse(&all[i], DAY, WIRE_CONFLICT, 6, head);
		all[i].cell[i * 700] ^= 1;
		relay_case_again(&all[i]);
	}
	must_be(all, 6, 1);
	must_count(1, 6, 0);
	free(all);
	end();
}

/* Puts n cases into one batch. */
static void append_batch(struct relay_case *all, size_t n)
{
	struct relay_append *r = calloc(n + 1, sizeof *r);
	if (!r)
		abort();
	for (size_t i = 0; i < n; i++)
		r[i] = all[i].append;
	if (!ok(store->ops->append(store, r, n, DAY)))
		abort();
	for (size_t i = 0; i < n; i++)
		all[i].append = r[i];
	free(r);
}

static void one_of_a_race(void)
{
	enum { RACERS = 16 };
	static struct relay_case c[RACERS];
	begin(&open_rules);
	struct relay_case *all = log_of(1, 3);
	for (size_t i = 0; i < RACERS; i++)
		relay_case_make(&c[i], 1, 4, i + 1, all[2].chain);
	append_batch(c, RACERS);
	CHECK(c[0].append.status == WIRE_OK && c[0].append.stored, "the first of them");
	for (size_t i = 1; i < RACERS; i++) {
		CHECK(c[i].append.status == WIRE_CONFLICT && !c[i].append.stored, "racer %zu", i);
		CHECK(is_head(&c[i].append, 4, c[0].chain), "racer %zu: who won", i);
	}
	must_count(1, 4, 0);
	free(all);
	end();
}

/* New logs, cells upon cells, the same twice and what does not fit, all in one batch. */
static void batches(void)
{
	static struct relay_case c[7];
	static const bool stored[] = {true, true, true, false, false, true, false};
	static const enum wire_status status[] = {WIRE_OK, WIRE_OK, WIRE_OK,      WIRE_OK,
						  WIRE_OK, WIRE_OK, WIRE_CONFLICT};
	begin(&open_rules);
	append_batch(c, 0);
	must_count(0, 0, 0);
	relay_case_make(&c[0], 1, 1, 0, NULL);
	relay_case_make(&c[1], 1, 2, 0, c[0].chain);
	relay_case_make(&c[2], 2, 1, 0, NULL);
	relay_case_make(&c[3], 1, 2, 0, c[0].chain);
	relay_case_make(&c[4], 1, 1, 0, NULL);
	relay_case_make(&c[5], 1, 3, 0, c[1].chain);
	relay_case_make(&c[6], 2, 1, 1, NULL);
	append_batch(c, 7);
	for (size_t i = 0; i < 7; i++)
		CHECK(c[i].append.status == status[i] && c[i].append.stored == stored[i],
		      "case %zu: %d", i, (int)c[i].append.status);
	must_count(2, 4, 0);
	append_batch(c, 7);
	for (size_t i = 0; i < 7; i++)
		CHECK(c[i].append.status == status[i] && !c[i].append.stored, "case %zu again: %d",
		      i, (int)c[i].append.status);
	must_count(2, 4, 0);
	end();
}

static void large_batch(void)
{
	enum { N = 1024 };
	struct relay_case *c = calloc(N, sizeof *c);
	begin(&open_rules);
	if (!c)
		abort();
	for (size_t i = 0; i < N; i++)
		relay_case_make(&c[i], i / 4, i % 4 + 1, 0, i % 4 ? c[i - 1].chain : NULL);
	append_batch(c, N);
	for (size_t i = 0; i < N; i++)
		CHECK(c[i].append.status == WIRE_OK && c[i].append.stored, "case %zu", i);
	must_count(N / 4, N, 0);
	for (size_t i = 0; i < N; i += 64)
		must_be(&c[i], 4, 1);
	free(c);
	end();
}

/* Addresses that differ in one bit are different logs. */
static void logs_are_apart(void)
{
	struct relay_case c;
	begin(&open_rules);
	for (unsigned bit = 0; bit < 8 * CRYPTO_HASH_LEN; bit++) {
		relay_case_make(&c, 1, 1, bit, NULL);
		c.address[bit / 8] ^= (uint8_t)(1u << bit % 8);
		wire_chain_start(c.address, c.before);
		relay_case_again(&c);
		must_store(&c, DAY);
	}
	must_count(8 * CRYPTO_HASH_LEN, 8 * CRYPTO_HASH_LEN, 0);
	end();
}

static void give_token(struct relay_case *c, uint8_t number)
{
	memset(c->token_hash, number, CRYPTO_HASH_LEN);
	c->append.token_hash = c->token_hash;
}

static void add_tokens(uint8_t first, uint8_t n)
{
	uint8_t hashes[16 * CRYPTO_HASH_LEN];
	for (uint8_t i = 0; i < n; i++)
		memset(hashes + i * CRYPTO_HASH_LEN, first + i, CRYPTO_HASH_LEN);
	(void)ok(store->ops->tokens(store, hashes, n));
}

static void tokens_admit(void)
{
	static const struct relay_rules rules = {true, 1000};
	static struct relay_case c[4], next;
	uint8_t start[CRYPTO_HASH_LEN];
	begin(&rules);
	add_tokens(1, 3);
	add_tokens(3, 2);
	must_count(0, 0, 4);
	for (size_t i = 0; i < 4; i++)
		relay_case_make(&c[i], i, 1, 0, NULL);
	wire_chain_start(c[0].address, start);
	must_refuse(&c[0], DAY, WIRE_TOKEN, 0, start);
	give_token(&c[0], 9);
	must_refuse(&c[0], DAY, WIRE_TOKEN, 0, start);
	must_count(0, 0, 4);
	give_token(&c[0], 2);
	must_store(&c[0], DAY);
	must_count(1, 1, 3);
	wire_chain_start(c[1].address, start);
	give_token(&c[1], 2);
	must_refuse(&c[1], DAY, WIRE_TOKEN, 0, start);
	/* What needs none takes none. */
	must_know(&c[0]);
	c[0].append.token_hash = NULL;
	must_know(&c[0]);
	relay_case_make(&next, 0, 2, 0, c[0].chain);
	give_token(&next, 1);
	must_store(&next, DAY);
	must_count(1, 2, 3);
	/* One token for two logs of a batch, and after the relay began anew. */
	open_again(&rules);
	give_token(&c[1], 1);
	give_token(&c[2], 1);
	append_batch(&c[1], 2);
	CHECK(c[1].append.status == WIRE_OK && c[2].append.status == WIRE_TOKEN, "one of two");
	must_count(2, 3, 2);
	/* Where none is asked for, none is used up. */
	open_again(&open_rules);
	give_token(&c[3], 3);
	must_store(&c[3], DAY);
	must_count(3, 4, 2);
	end();
}

/* A token is not used up by an append that is refused for something else. */
static void tokens_stay(void)
{
	static const struct relay_rules rules = {true, 0};
	struct relay_case c;
	uint8_t start[CRYPTO_HASH_LEN];
	begin(&rules);
	add_tokens(1, 1);
	relay_case_make(&c, 1, 1, 0, NULL);
	wire_chain_start(c.address, start);
	give_token(&c, 1);
	must_refuse(&c, DAY, WIRE_FULL, 0, start);
	c.append.class = 0;
	must_refuse(&c, DAY, WIRE_CLASS, 0, start);
	relay_case_make(&c, 1, 2, 0, NULL);
	give_token(&c, 1);
	must_refuse(&c, DAY, WIRE_CONFLICT, 0, start);
	must_count(0, 0, 1);
	end();
}

static void quota(void)
{
	static const struct relay_rules rules = {false, 3};
	struct relay_case c, other;
	begin(&rules);
	struct relay_case *all = log_of(1, 3);
	relay_case_make(&c, 1, 4, 0, all[2].chain);
	must_refuse(&c, DAY, WIRE_FULL, 3, all[2].chain);
	must_know(&all[2]);
	relay_case_make(&other, 1, 5, 0, all[2].chain);
	must_refuse(&other, DAY, WIRE_CONFLICT, 3, all[2].chain);
	relay_case_make(&other, 2, 1, 0, NULL);
	must_store(&other, DAY);
	must_be(all, 3, 1);
	open_again(&rules);
	must_refuse(&c, DAY, WIRE_FULL, 3, all[2].chain);
	size_t n = 0;
	(void)ok(store->ops->expire(store, DAY + 31, 1, &n));
	must_store(&c, DAY + 31);
	free(all);
	end();
}

/* Forgets on this day, and must forget so many. */
static void must_expire(uint32_t day, size_t n_max, size_t want)
{
	size_t n = SIZE_MAX;
	if (ok(store->ops->expire(store, day, n_max, &n)))
		CHECK(n == want, "day %u: %zu, not %zu", day, n, want);
}

static void expiry_of_classes(void)
{
	static const uint8_t classes[] = {WIRE_DAYS_7, WIRE_DAYS_30, WIRE_DAYS_90, WIRE_DAYS_400};
	static struct relay_case c[4];
	begin(&open_rules);
	for (size_t i = 0; i < 4; i++) {
		relay_case_make(&c[i], i, 1, 0, NULL);
		c[i].append.class = classes[i];
		must_store(&c[i], DAY);
	}
	for (size_t i = 0; i < 4; i++) {
		uint32_t days = wire_class_days(classes[i]);
		must_expire(DAY + days, 100, 0);
		must_expire(DAY + days + 1, 100, 1);
		must_expire(DAY + days + 1, 100, 0);
		must_count(4, 3 - i, 0);
		const struct answer *a = read_from(c[i].address, 1, 1);
		CHECK(a->n == 0 && a->head.seq == 1 && a->head.first == 2, "class %d",
		      (int)classes[i]);
		CHECK(memcmp(a->head.chain, c[i].chain, CRYPTO_HASH_LEN) == 0, "the chain stays");
	}
	uint8_t start[CRYPTO_HASH_LEN];
	for (unsigned number = 0; number < 256; number++) {
		if (wire_class_days((uint8_t)number))
			continue;
		relay_case_make(&c[0], 9, 1, 0, NULL);
		c[0].append.class = (uint8_t)number;
		wire_chain_start(c[0].address, start);
		must_refuse(&c[0], DAY, WIRE_CLASS, 0, start);
	}
	end();
}

static void expiry_goes_on(void)
{
	enum { N = 10 };
	static struct relay_case all[N + 2];
	begin(&open_rules);
	for (size_t i = 0; i < N; i++) {
		relay_case_make(&all[i], 1, i + 1, 0, i ? all[i - 1].chain : NULL);
		must_store(&all[i], DAY + (uint32_t)i / 2); /* two a day */
	}
	must_expire(DAY + 31, 100, 2);
	must_be(all, N, 3);
	must_expire(DAY + 33, 1, 1);
	must_expire(DAY + 33, 2, 2);
	must_expire(DAY + 33, 100, 1);
	must_be(all, N, 7);
	open_again(&open_rules);
	must_be(all, N, 7);
	must_count(1, 4, 0);
	for (size_t i = 0; i < 6; i++)
		must_refuse(&all[i], DAY, WIRE_EXPIRED, N, all[N - 1].chain);
	for (size_t i = 6; i < N; i++)
		must_know(&all[i]);
	CHECK(all[6].append.first == 7, "what is the oldest");
	must_expire(DAY + 1000, 100, 4);
	must_count(1, 0, 0);
	for (size_t i = 0; i < N; i++)
		must_refuse(&all[i], DAY, WIRE_EXPIRED, N, all[N - 1].chain);
	/* An empty log goes on where it was, and is due again. */
	for (size_t i = N; i < N + 2; i++) {
		relay_case_make(&all[i], 1, i + 1, 0, all[i - 1].chain);
		must_store(&all[i], DAY + 1000);
	}
	must_be(all, N + 2, N + 1);
	must_expire(DAY + 1030, 100, 0);
	must_expire(DAY + 1031, 100, 2);
	must_count(1, 0, 0);
	end();
}

/* After a clock was set back: what is behind a cell that has to stay, stays. */
static void expiry_from_the_oldest(void)
{
	static struct relay_case all[3];
	static const uint32_t days[] = {DAY + 5, DAY, DAY + 9};
	begin(&open_rules);
	for (size_t i = 0; i < 3; i++) {
		relay_case_make(&all[i], 1, i + 1, 0, i ? all[i - 1].chain : NULL);
		must_store(&all[i], days[i]);
	}
	must_expire(DAY + 35, 100, 0);
	must_expire(DAY + 36, 100, 2);
	must_be(all, 3, 3);
	must_expire(0, 100, 0);
	must_expire(DAY + 40, 100, 1);
	end();
}

static void expiry_in_portions(void)
{
	enum { LOGS = 7, EACH = 5 };
	static struct relay_case all[LOGS][EACH];
	begin(&open_rules);
	for (size_t i = 0; i < LOGS; i++) {
		for (size_t j = 0; j < EACH; j++) {
			relay_case_make(&all[i][j], i, j + 1, 0, j ? all[i][j - 1].chain : NULL);
			must_store(&all[i][j], DAY);
		}
	}
	for (size_t left = LOGS * EACH; left;) {
		size_t n = left < 3 ? left : 3;
		must_expire(DAY + 31, 3, n);
		left -= n;
		must_count(LOGS, left, 0);
	}
	must_expire(DAY + 31, 3, 0);
	end();
}

/* A reader that was there before sees what was stored since; one of them does not disturb another.
 */
static void many_readers(void)
{
	struct relay_reader *more[4];
	static uint8_t cells[2 * WIRE_CELL_LEN];
	uint8_t ends[2][CRYPTO_HASH_LEN];
	begin(&open_rules);
	for (size_t i = 0; i < 4; i++)
		if (!ok(store->ops->reader_open(store, &more[i])))
			abort();
	struct relay_case *all = log_of(1, 2);
	for (size_t i = 0; i < 4; i++) {
		struct relay_head head;
		size_t n;
		CHECK(!sr_bad(more[i]->ops->read(more[i], all[0].address, 1, 2, cells, &n, &head,
						 ends)) &&
			      n == 2 && head.seq == 2,
		      "reader %zu", i);
	}
	for (size_t i = 0; i < 4; i++)
		more[i]->ops->reader_close(more[i]);
	must_be(all, 2, 1);
	free(all);
	end();
}

void relay_conformance(const struct relay_subject *s)
{
	static const struct {
		const char *name;
		void (*fn)(void);
	} tests[] = {
		{"a log that there is not", unknown_log},
		{"what was stored is read, also later", stored_and_read},
		{"only the next sequence, only behind the head", only_the_next},
		{"the same append again", same_again},
		{"of a race one wins", one_of_a_race},
		{"a batch is decided in its order", batches},
		{"a large batch", large_batch},
		{"logs are apart", logs_are_apart},
		{"tokens admit one log each", tokens_admit},
		{"tokens are not used up for nothing", tokens_stay},
		{"a log has its quota", quota},
		{"each class expires on its day", expiry_of_classes},
		{"a log goes on after its cells expired", expiry_goes_on},
		{"cells expire from the oldest on", expiry_from_the_oldest},
		{"cells expire in portions", expiry_in_portions},
		{"many readers", many_readers},
	};
	subject = s;
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
		char name[128];
		(void)snprintf(name, sizeof name, "%s: %s", s->name, tests[i].name);
		test_run(name, tests[i].fn);
	}
	s->reset();
}
