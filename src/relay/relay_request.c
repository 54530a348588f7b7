/* SPDX-License-Identifier: Apache-2.0 */
#include "relay_request.h"

#include "relay_token.h"

#include <string.h>

enum relay_route relay_route_of(const char *method, const char *path)
{
	static const struct {
		const char *method, *path;
		enum relay_route route;
	} routes[] = {
		{"POST", "/v1/append", RELAY_APPEND},
		{"POST", "/v1/read", RELAY_READ},
		{"GET", "/healthz", RELAY_HEALTH},
	};
	for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
		if (strcmp(method, routes[i].method) == 0 && strcmp(path, routes[i].path) == 0)
			return routes[i].route;
	return RELAY_NOWHERE;
}

size_t relay_body_len(enum relay_route route)
{
	return route == RELAY_APPEND ? WIRE_APPEND_LEN : route == RELAY_READ ? WIRE_READ_LEN : 0;
}

unsigned relay_length_status(enum relay_route route, const char *content_length)
{
	if (!content_length)
		return 411;
	const size_t want = relay_body_len(route);
	size_t len = 0;
	const char *p = content_length;
	for (; *p >= '0' && *p <= '9' && len <= want; p++)
		len = len * 10 + (size_t)(*p - '0');
	if (len > want)
		return 413;
	return *p || len != want ? 400 : 0;
}

static bool has_token(const struct wire_append *r)
{
	static const uint8_t none[WIRE_TOKEN_LEN];
	return !crypto_eq(r->token, none, sizeof none);
}

enum wire_status relay_append_take(const struct relay_terms *t, struct slice body,
				   struct relay_append_request *r, struct relay_append *out)
{
	struct wire_append *w = &r->wire;
	if (sr_bad(wire_append_take(body, w)))
		return WIRE_MALFORMED;
	if (!(t->classes >> w->log.class & 1))
		return WIRE_CLASS;
	if (sr_bad(wire_append_check(w, t->public_key)))
		return WIRE_FORBIDDEN;
	wire_address(&w->log, r->address);
	wire_chain_next(w->before, w->seq, w->cell, r->chain);
	if (has_token(w))
		relay_token_hash(w->token, r->token_hash);
	*out = (struct relay_append){.address = r->address,
				     .class = w->log.class,
				     .seq = w->seq,
				     .before = w->before,
				     .chain = r->chain,
				     .cell = w->cell,
				     .token_hash = has_token(w) ? r->token_hash : NULL};
	return WIRE_OK;
}

/* is_near tells whether two clocks agree well enough. */
static bool is_near(uint64_t theirs, int64_t now)
{
	const uint64_t ours = now > 0 ? (uint64_t)now : 0;
	return (theirs > ours ? theirs - ours : ours - theirs) <= WIRE_SKEW_S;
}

enum wire_status relay_read_take(const struct relay_terms *t, struct slice body, int64_t now,
				 struct relay_read_request *out)
{
	if (sr_bad(wire_read_take(body, &out->wire)))
		return WIRE_MALFORMED;
	/* First: it costs nothing, and a recorded request ends here. */
	if (!is_near(out->wire.time, now))
		return WIRE_CLOCK;
	if (sr_bad(wire_read_check(&out->wire, t->public_key)))
		return WIRE_FORBIDDEN;
	wire_address(&out->wire.log, out->address);
	return WIRE_OK;
}
