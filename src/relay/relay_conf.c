/* SPDX-License-Identifier: Apache-2.0 */
#include "relay_conf.h"

#include <stddef.h>
#include <string.h>

enum kind { PLACE, TEXT, FLAG, NUMBER, NUMBER64, CLASSES };

/* at: where in struct relay_conf; least and most are of numbers. */
static const struct key {
	const char *name;
	enum kind kind;
	size_t at;
	uint64_t least, most;
} keys[] = {
	{"listen", PLACE, offsetof(struct relay_conf, listen), 0, 0},
	{"metrics", PLACE, offsetof(struct relay_conf, metrics), 0, 0},
	{"reached_at", PLACE, offsetof(struct relay_conf, reached_at), 0, 0},
	{"data", TEXT, offsetof(struct relay_conf, data), 0, 0},
	{"user", TEXT, offsetof(struct relay_conf, user), 0, 0},
	{"admission", FLAG, offsetof(struct relay_conf, admission), 0, 0},
	{"seccomp", FLAG, offsetof(struct relay_conf, seccomp), 0, 0},
	{"keep_days", CLASSES, offsetof(struct relay_conf, classes), 0, 0},
	{"log_cells", NUMBER64, offsetof(struct relay_conf, log_cells), 1, 1000 * 1000 * 1000},
	{"answer_mib", NUMBER, offsetof(struct relay_conf, answer_mib), 1, 1024 * 1024},
	{"threads", NUMBER, offsetof(struct relay_conf, limits.threads), 1, RELAY_THREADS_MAX},
	{"connections", NUMBER, offsetof(struct relay_conf, limits.connections), 1, 1000 * 1000},
	{"connections_per_address", NUMBER, offsetof(struct relay_conf, limits.per_address), 0,
	 1000 * 1000},
	{"polls", NUMBER, offsetof(struct relay_conf, limits.polls), 1, 1000 * 1000},
	{"requests_per_connection", NUMBER, offsetof(struct relay_conf, limits.requests), 1,
	 1000 * 1000 * 1000},
	{"idle_s", NUMBER, offsetof(struct relay_conf, limits.idle_s), 1, RELAY_DEADLINE_S_MAX},
	{"body_s", NUMBER, offsetof(struct relay_conf, limits.body_s), 1, RELAY_DEADLINE_S_MAX},
	{"store_s", NUMBER, offsetof(struct relay_conf, limits.store_s), 1, RELAY_DEADLINE_S_MAX},
	{"send_s", NUMBER, offsetof(struct relay_conf, limits.send_s), 1, RELAY_DEADLINE_S_MAX},
	{"stop_s", NUMBER, offsetof(struct relay_conf, limits.stop_s), 1, RELAY_DEADLINE_S_MAX},
};

enum {
	ALL_CLASSES = 1 << WIRE_DAYS_7 | 1 << WIRE_DAYS_30 | 1 << WIRE_DAYS_90 | 1 << WIRE_DAYS_400
};

void relay_conf_usual(struct relay_conf *c)
{
	*c = (struct relay_conf){
		.listen = {"127.0.0.1", 8787},
		.seccomp = true,
		.classes = ALL_CLASSES,
		.log_cells = 1000 * 1000,
		.answer_mib = 256,
		.limits = relay_front_usual(),
	};
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct slice trim(struct slice s)
{
	while (s.len && is_blank(s.ptr[0]))
		s = slice_sub(s, 1, s.len - 1);
	while (s.len && is_blank(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

/* cut_at cuts what is before the first c off the front of s, and c; all of s if there is none. */
static struct slice cut_at(struct slice *s, char c)
{
	const uint8_t *p = s->len ? memchr(s->ptr, c, s->len) : NULL;
	const size_t n = p ? (size_t)(p - s->ptr) : s->len;
	const struct slice front = slice_sub(*s, 0, n);
	*s = slice_sub(*s, n + (p ? 1 : 0), s->len - n - (p ? 1 : 0));
	return front;
}

static bool read_number(struct slice text, uint64_t least, uint64_t most, uint64_t *out)
{
	uint64_t v = 0;
	if (!text.len || text.len > 18)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return false;
		v = v * 10 + text.ptr[i] - '0';
	}
	*out = v;
	return v >= least && v <= most;
}

/* read_place reads HOST:PORT or [HOST]:PORT. */
static bool read_place(struct slice text, struct relay_place *out)
{
	struct slice host = text;
	const uint8_t *colon = text.len ? memrchr(text.ptr, ':', text.len) : NULL;
	uint64_t port;
	if (!colon)
		return false;
	host.len = (size_t)(colon - text.ptr);
	if (!read_number(slice_sub(text, host.len + 1, text.len - host.len - 1), 1, UINT16_MAX,
			 &port))
		return false;
	if (host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
		host = slice_sub(host, 1, host.len - 2);
	else if (host.len && (memchr(host.ptr, ':', host.len) || host.ptr[0] == '['))
		return false;
	if (!host.len || host.len >= sizeof out->host || memchr(host.ptr, 0, host.len))
		return false;
	*out = (struct relay_place){.port = (uint16_t)port};
	memcpy(out->host, host.ptr, host.len);
	return true;
}

static bool read_flag(struct slice text, bool *out)
{
	const bool yes = slice_eq(text, slice_str("yes"));
	if (!yes && !slice_eq(text, slice_str("no")))
		return false;
	*out = yes;
	return true;
}

/* read_classes reads numbers of days with blanks between them. */
static bool read_classes(struct slice text, unsigned *out)
{
	unsigned classes = 0;
	for (struct slice s = text; s.len; s = trim(s)) {
		uint64_t days;
		if (!read_number(trim(cut_at(&s, ' ')), 1, 1000, &days))
			return false;
		const uint8_t class = wire_class_of((unsigned)days);
		if (!class)
			return false;
		classes |= 1U << class;
	}
	if (classes)
		*out = classes;
	return classes;
}

static struct sr_err set_text(struct arena *a, struct slice value, const char **out)
{
	if (!value.len || memchr(value.ptr, 0, value.len))
		return sr_fail(SR_E_INPUT, "a text is needed");
	const char *text = arena_dup(a, value.ptr, value.len);
	if (!text)
		return sr_nomem();
	*out = text;
	return sr_ok();
}

static struct sr_err set_number(const struct key *k, struct slice value, void *at)
{
	uint64_t v;
	if (!read_number(value, k->least, k->most, &v))
		return sr_fail(SR_E_INPUT, "not a number, or too small or too large a one");
	if (k->kind == NUMBER64)
		*(uint64_t *)at = v;
	else
		*(unsigned *)at = (unsigned)v;
	return sr_ok();
}

static struct sr_err set(const struct key *k, struct arena *a, struct slice value, void *at)
{
	switch (k->kind) {
	case PLACE:
		return read_place(value, at) ? sr_ok()
					     : sr_fail(SR_E_INPUT, "not of the form HOST:PORT");
	case FLAG:
		return read_flag(value, at) ? sr_ok() : sr_fail(SR_E_INPUT, "neither yes nor no");
	case CLASSES:
		return read_classes(value, at)
			       ? sr_ok()
			       : sr_fail(SR_E_INPUT, "not a choice of 7, 30, 90 and 400");
	case TEXT:
		return set_text(a, value, at);
	case NUMBER:
	case NUMBER64:
		break;
	}
	return set_number(k, value, at);
}

struct sr_err relay_conf_set(struct relay_conf *c, struct arena *a, struct slice key,
			     struct slice value)
{
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (slice_eq(key, slice_str(keys[i].name)))
			return set(&keys[i], a, value, (char *)c + keys[i].at);
	return sr_fail(SR_E_INPUT, "there is no such key");
}

struct sr_err relay_conf_pair(struct relay_conf *c, struct arena *a, struct slice text)
{
	struct slice value = text;
	const struct slice key = cut_at(&value, '=');
	if (key.len == text.len)
		return sr_fail(SR_E_INPUT, "not of the form key = value");
	return relay_conf_set(c, a, trim(key), trim(value));
}

struct sr_err relay_conf_read(struct relay_conf *c, struct arena *a, struct slice text,
			      const struct sr_sink *sink)
{
	struct sr_err first = sr_ok();
	for (uint32_t n = 1; text.len; n++) {
		const struct slice line = trim(cut_at(&text, '\n'));
		if (!line.len || line.ptr[0] == '#')
			continue;
		struct sr_err e = relay_conf_pair(c, a, line);
		if (!sr_bad(e))
			continue;
		note(sink, SR_ERROR, n, 1, "%s", e.what);
		first = sr_bad(first) ? first : e;
	}
	return first;
}

struct sr_err relay_conf_check(struct relay_conf *c)
{
	if (!c->data)
		return sr_fail(SR_E_INPUT, "no folder is given: --data, or data in the "
					   "configuration");
	if (c->limits.polls >= c->limits.connections)
		return sr_fail(SR_E_INPUT, "polls must be less than connections, or those who wait "
					   "keep out those who write");
	c->limits.answer_bytes = (size_t)c->answer_mib * 1024 * 1024;
	return sr_ok();
}
