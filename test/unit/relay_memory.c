/* SPDX-License-Identifier: Apache-2.0 */
#include "relay_memory.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct cell {
	uint32_t day;
	uint8_t before[CRYPTO_HASH_LEN], chain[CRYPTO_HASH_LEN], body[WIRE_CELL_LEN];
};

/* cells[i] has sequence i + 1; those below first are NULL. */
struct log {
	uint8_t address[CRYPTO_HASH_LEN], chain[CRYPTO_HASH_LEN];
	uint8_t class;
	uint64_t seq, first;
	struct cell **cells;
};

/* What a file is to another store. */
static struct {
	struct log *logs;
	size_t logs_n, tokens_n;
	uint8_t (*tokens)[CRYPTO_HASH_LEN];
} kept;

struct memory {
	struct relay_store base;
	struct relay_rules rules;
	pthread_mutex_t mutex;
};

struct memory_reader {
	struct relay_reader base;
	struct memory *store;
};

static void *grown(void *ptr, size_t n, size_t size)
{
	ptr = reallocarray(ptr, n, size);
	if (!ptr)
		abort();
	return ptr;
}

static bool same(const uint8_t *a, const uint8_t *b)
{
	return memcmp(a, b, CRYPTO_HASH_LEN) == 0;
}

static struct log *find(const uint8_t address[CRYPTO_HASH_LEN])
{
	for (size_t i = 0; i < kept.logs_n; i++)
		if (same(kept.logs[i].address, address))
			return &kept.logs[i];
	return NULL;
}

static bool token_take(const uint8_t *hash)
{
	for (size_t i = 0; hash && i < kept.tokens_n; i++) {
		if (!same(kept.tokens[i], hash))
			continue;
		memmove(kept.tokens[i], kept.tokens[--kept.tokens_n], CRYPTO_HASH_LEN);
		return true;
	}
	return false;
}

static void store_cell(struct log *l, const struct relay_append *r, uint32_t day)
{
	struct cell *c = grown(NULL, 1, sizeof *c);
	c->day = day;
	memcpy(c->before, r->before, CRYPTO_HASH_LEN);
	memcpy(c->chain, r->chain, CRYPTO_HASH_LEN);
	memcpy(c->body, r->cell, WIRE_CELL_LEN);
	l->cells = grown(l->cells, (size_t)l->seq + 1, sizeof *l->cells);
	l->cells[l->seq++] = c;
	memcpy(l->chain, r->chain, CRYPTO_HASH_LEN);
}

static enum wire_status decide(struct memory *m, const struct relay_append *r, struct log *l,
			       bool new)
{
	if (!wire_class_days(r->class))
		return WIRE_CLASS;
	if (r->seq < l->first)
		return WIRE_EXPIRED;
	if (r->seq <= l->seq)
		return same(l->cells[r->seq - 1]->chain, r->chain) ? WIRE_OK : WIRE_CONFLICT;
	if (r->seq != l->seq + 1 || !same(r->before, l->chain))
		return WIRE_CONFLICT;
	if (l->seq + 1 - l->first >= m->rules.log_cells)
		return WIRE_FULL;
	if (new && m->rules.admission && !token_take(r->token_hash))
		return WIRE_TOKEN;
	return WIRE_OK;
}

static void append_one(struct memory *m, struct relay_append *r, uint32_t day)
{
	struct log none = {.first = 1, .class = r->class}, *l = find(r->address);
	bool new = !l;
	if (new) {
		memcpy(none.address, r->address, CRYPTO_HASH_LEN);
		wire_chain_start(r->address, none.chain);
		l = &none;
	}
	r->status = decide(m, r, l, new);
	r->stored = r->status == WIRE_OK && r->seq > l->seq;
	if (r->stored) {
		if (new) {
			kept.logs = grown(kept.logs, kept.logs_n + 1, sizeof *kept.logs);
			l = &kept.logs[kept.logs_n++];
			*l = none;
		}
		store_cell(l, r, day);
	}
	r->head = r->status == WIRE_OK ? r->seq : l->seq;
	memcpy(r->head_chain, r->status == WIRE_OK ? r->chain : l->chain, CRYPTO_HASH_LEN);
	r->first = l->first;
}

static struct sr_err memory_append(struct relay_store *s, struct relay_append *requests, size_t n,
				   uint32_t day)
{
	struct memory *m = (struct memory *)s;
	(void)pthread_mutex_lock(&m->mutex);
	for (size_t i = 0; i < n; i++)
		append_one(m, &requests[i], day);
	(void)pthread_mutex_unlock(&m->mutex);
	return sr_ok();
}

static bool expire_one(struct log *l, uint32_t day)
{
	struct cell *c = l->first <= l->seq ? l->cells[l->first - 1] : NULL;
	if (!c || (uint64_t)c->day + wire_class_days(l->class) >= day)
		return false;
	free(c);
	l->cells[l->first++ - 1] = NULL;
	return true;
}

static struct sr_err memory_expire(struct relay_store *s, uint32_t day, size_t n_max, size_t *n)
{
	struct memory *m = (struct memory *)s;
	(void)pthread_mutex_lock(&m->mutex);
	*n = 0;
	for (size_t i = 0; i < kept.logs_n; i++)
		while (*n < n_max && expire_one(&kept.logs[i], day))
			++*n;
	(void)pthread_mutex_unlock(&m->mutex);
	return sr_ok();
}

static struct sr_err memory_tokens(struct relay_store *s, const uint8_t *hashes, size_t n)
{
	struct memory *m = (struct memory *)s;
	(void)pthread_mutex_lock(&m->mutex);
	for (size_t i = 0; i < n; i++) {
		const uint8_t *hash = hashes + i * CRYPTO_HASH_LEN;
		(void)token_take(hash); /* so that there is one */
		kept.tokens = grown(kept.tokens, kept.tokens_n + 1, sizeof *kept.tokens);
		memcpy(kept.tokens[kept.tokens_n++], hash, CRYPTO_HASH_LEN);
	}
	(void)pthread_mutex_unlock(&m->mutex);
	return sr_ok();
}

static const struct relay_store_ops memory_ops;

static struct sr_err memory_reader_open(struct relay_store *s, struct relay_reader **out)
{
	struct memory_reader *r = grown(NULL, 1, sizeof *r);
	r->base.ops = &memory_ops;
	r->store = (struct memory *)s;
	*out = &r->base;
	return sr_ok();
}

static void memory_reader_close(struct relay_reader *r)
{
	free(r);
}

static struct sr_err memory_read(struct relay_reader *reader,
				 const uint8_t address[CRYPTO_HASH_LEN], uint64_t from,
				 size_t n_max, uint8_t *cells, size_t *n, struct relay_head *head,
				 uint8_t ends[2][CRYPTO_HASH_LEN])
{
	struct memory *m = ((struct memory_reader *)reader)->store;
	(void)pthread_mutex_lock(&m->mutex);
	const struct log *l = find(address);
	head->seq = l ? l->seq : 0;
	head->first = l ? l->first : 1;
	if (l)
		memcpy(head->chain, l->chain, CRYPTO_HASH_LEN);
	else
		wire_chain_start(address, head->chain);
	memcpy(ends[0], head->chain, CRYPTO_HASH_LEN);
	memcpy(ends[1], head->chain, CRYPTO_HASH_LEN);
	*n = 0;
	for (uint64_t seq = from; seq >= head->first && seq <= head->seq && *n < n_max; seq++) {
		if (!*n)
			memcpy(ends[0], l->cells[seq - 1]->before, CRYPTO_HASH_LEN);
		memcpy(ends[1], l->cells[seq - 1]->chain, CRYPTO_HASH_LEN);
		memcpy(cells + *n * WIRE_CELL_LEN, l->cells[seq - 1]->body, WIRE_CELL_LEN);
		++*n;
	}
	(void)pthread_mutex_unlock(&m->mutex);
	return sr_ok();
}

static struct sr_err memory_counts(struct relay_reader *reader, struct relay_counts *out)
{
	struct memory *m = ((struct memory_reader *)reader)->store;
	(void)pthread_mutex_lock(&m->mutex);
	*out = (struct relay_counts){.logs = kept.logs_n, .tokens = kept.tokens_n};
	for (size_t i = 0; i < kept.logs_n; i++)
		out->cells += kept.logs[i].seq + 1 - kept.logs[i].first;
	out->bytes = out->cells * WIRE_CELL_LEN;
	(void)pthread_mutex_unlock(&m->mutex);
	return sr_ok();
}

static void memory_close(struct relay_store *s)
{
	struct memory *m = (struct memory *)s;
	(void)pthread_mutex_destroy(&m->mutex);
	free(m);
}

static const struct relay_store_ops memory_ops = {
	.append = memory_append,
	.expire = memory_expire,
	.tokens = memory_tokens,
	.reader_open = memory_reader_open,
	.reader_close = memory_reader_close,
	.read = memory_read,
	.counts = memory_counts,
	.close = memory_close,
};

struct sr_err relay_memory_open(const struct relay_rules *rules, struct relay_store **out)
{
	struct memory *m = grown(NULL, 1, sizeof *m);
	m->base.ops = &memory_ops;
	m->rules = *rules;
	(void)pthread_mutex_init(&m->mutex, NULL);
	*out = &m->base;
	return sr_ok();
}

void relay_memory_reset(void)
{
	for (size_t i = 0; i < kept.logs_n; i++) {
		for (uint64_t j = 0; j < kept.logs[i].seq; j++)
			free(kept.logs[i].cells[j]);
		free(kept.logs[i].cells);
	}
	free(kept.logs);
	free(kept.tokens);
	memset(&kept, 0, sizeof kept);
}
