/* SPDX-License-Identifier: Apache-2.0 */
#include "relay_count.h"

#include <inttypes.h>

static const char *const statuses[RELAY_STATUSES] = {[WIRE_OK] = "ok",
						     [WIRE_CONFLICT] = "conflict",
						     [WIRE_EXPIRED] = "expired",
						     [WIRE_MALFORMED] = "malformed",
						     [WIRE_FORBIDDEN] = "forbidden",
						     [WIRE_CLOCK] = "clock",
						     [WIRE_TOKEN] = "token",
						     [WIRE_FULL] = "full",
						     [WIRE_BUSY] = "busy",
						     [WIRE_CLASS] = "class"};

static const char *const limits[RELAY_LIMITS] = {[RELAY_LIMIT_CONNECTIONS] = "connections",
						 [RELAY_LIMIT_POLLS] = "polls",
						 [RELAY_LIMIT_ANSWERS] = "answers",
						 [RELAY_LIMIT_QUEUE] = "queue",
						 [RELAY_LIMIT_STORE] = "store",
						 [RELAY_LIMIT_SLOW] = "slow"};

const char *relay_limit_name(enum relay_limit limit)
{
	return limits[limit];
}

static void write_type(const char *name, const char *type, const char *help, struct build *out)
{
	build_fmt(out, "# HELP subrosa_relay_%s %s\n# TYPE subrosa_relay_%s %s\n", name, help, name,
		  type);
}

static void write_one(const char *name, const char *type, const char *help, uint64_t value,
		      struct build *out)
{
	write_type(name, type, help, out);
	build_fmt(out, "subrosa_relay_%s %" PRIu64 "\n", name, value);
}

/* write_each writes one line for each of n values that has a name. */
static void write_each(const char *name, const char *label, const char *const *names,
		       const atomic_uint_least64_t *values, size_t n, struct build *out)
{
	for (size_t i = 0; i < n; i++)
		if (names[i])
			build_fmt(out, "subrosa_relay_%s{%s=\"%s\"} %" PRIu64 "\n", name, label,
				  names[i], (uint64_t)atomic_load(&values[i]));
}

void relay_count_write(const struct relay_count *c, const struct relay_counts *store,
		       size_t waiting, struct build *out)
{
	write_type("appends_total", "counter", "Appends answered, by status.", out);
	write_each("appends_total", "status", statuses, c->appends, RELAY_STATUSES, out);
	write_type("reads_total", "counter", "Reads answered, by status.", out);
	write_each("reads_total", "status", statuses, c->reads, RELAY_STATUSES, out);
	write_type("limits_total", "counter", "Refused or cut off, by limit.", out);
	write_each("limits_total", "limit", limits, c->limits, RELAY_LIMITS, out);
	write_one("refused_total", "counter", "Requests that were none of a client's.",
		  atomic_load(&c->refused), out);
	write_one("cells_read_total", "counter", "Cells sent.", atomic_load(&c->cells_read), out);
	write_one("connections", "gauge", "Connections now.", atomic_load(&c->connections), out);
	write_one("polls", "gauge", "Reads that wait now.", atomic_load(&c->polls), out);
	write_one("answer_bytes", "gauge", "Cells in memory on their way now.",
		  atomic_load(&c->answer_bytes), out);
	write_one("queue", "gauge", "Appends that wait now.", waiting, out);
	write_one("logs", "gauge", "Logs in the store.", store->logs, out);
	write_one("cells", "gauge", "Cells in the store.", store->cells, out);
	write_one("store_bytes", "gauge", "Bytes that the store takes.", store->bytes, out);
	write_one("tokens", "gauge", "Tokens of admission not used yet.", store->tokens, out);
}
