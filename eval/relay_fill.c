/* SPDX-License-Identifier: Apache-2.0 */
#include "relay_fill.h"

#include "platform.h"
#include "relay_home.h"
#include "relay_sqlite.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH = 1024, DAY_S = 24 * 60 * 60 };

/* struct filler: a batch that is not yet in the store. */
struct filler {
	struct relay_store *store;
	uint32_t day;
	size_t n;
	struct relay_append batch[BATCH];
	struct {
		uint8_t before[CRYPTO_HASH_LEN], chain[CRYPTO_HASH_LEN], cell[WIRE_CELL_LEN];
	} body[BATCH];
};

static void flush(struct filler *f)
{
	bench_must(f->store->ops->append(f->store, f->batch, f->n, f->day));
	for (size_t i = 0; i < f->n; i++)
		if (!f->batch[i].stored)
			bench_fail("the store refuses a cell");
	f->n = 0;
}

static void add(struct filler *f, struct client_log *l, uint64_t log)
{
	const size_t i = f->n++;
	memcpy(f->body[i].before, l->chain, CRYPTO_HASH_LEN);
	client_cell(log, l->seq + 1, f->body[i].cell);
	client_step(l, f->body[i].cell);
	memcpy(f->body[i].chain, l->chain, CRYPTO_HASH_LEN);
	f->batch[i] = (struct relay_append){.address = l->address,
					    .class = l->log.class,
					    .seq = l->seq,
					    .before = f->body[i].before,
					    .chain = f->body[i].chain,
					    .cell = f->body[i].cell};
	if (f->n == BATCH)
		flush(f);
}

void relay_fill_store(const struct client_relay *r, struct client_log *logs, size_t n, size_t each)
{
	const struct relay_rules rules = {false, UINT32_MAX};
	struct arena a = {0};
	struct filler *f = calloc(1, sizeof *f);
	const char *path = relay_home_store(r->data, &a);
	if (!f || !path)
		bench_fail("out of memory");
	f->day = (uint32_t)(platform_now() / DAY_S);
	bench_must(relay_sqlite_open(path, &rules, &f->store));
	for (size_t k = 0; k < each; k++)
		for (size_t i = 0; i < n; i++)
			add(f, &logs[i], i);
	flush(f);
	f->store->ops->close(f->store);
	free(f);
	arena_release(&a);
}
