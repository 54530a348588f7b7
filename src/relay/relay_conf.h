/* SPDX-License-Identifier: Apache-2.0 */
/* How a relay is set up: what its configuration file or its command line says, as "key = value".
 * doc/man/subrosa-relay.8 lists the keys. */
#ifndef RELAY_CONF_H
#define RELAY_CONF_H

#include "arena.h"
#include "relay_front.h"

enum { RELAY_HOST_LEN = 256 };

/* struct relay_place: where something listens, or can be reached. An empty host: nowhere. */
struct relay_place {
	char host[RELAY_HOST_LEN]; /* a name or an address, without brackets */
	uint16_t port;
};

struct relay_conf {
	struct relay_place listen, metrics, reached_at;
	const char *data, *user; /* NULL: not set */
	bool admission, seccomp;
	unsigned classes; /* bit c: class c is kept */
	uint64_t log_cells;
	unsigned answer_mib;
	struct relay_front_limits limits;
};

/* relay_conf_usual sets what is not said. */
void relay_conf_usual(struct relay_conf *c);

/* relay_conf_set sets one key; the value is copied into a. SR_E_INPUT: there is no such key, or the
 * value is none for it. */
SR_MUST struct sr_err relay_conf_set(struct relay_conf *c, struct arena *a, struct slice key,
				     struct slice value);

/* relay_conf_pair takes "key = value" apart and sets it; blanks around both do not count. */
SR_MUST struct sr_err relay_conf_pair(struct relay_conf *c, struct arena *a, struct slice text);

/* relay_conf_read sets what the text of a file says, a pair on a line; empty lines and those that
 * begin with # are skipped. A wrong line is noted to sink, and the result is SR_E_INPUT. */
SR_MUST struct sr_err relay_conf_read(struct relay_conf *c, struct arena *a, struct slice text,
				      const struct sr_sink *sink);

/* relay_conf_check looks whether the values go together, and sets what follows from them. */
SR_MUST struct sr_err relay_conf_check(struct relay_conf *c);

#endif
