/* SPDX-License-Identifier: Apache-2.0 */
/* One relay over HTTP, and nothing that libcurl could do beyond that: a POST and its answer of at
 * most a known length. No redirect, no proxy but the one given, no authority of certificates. */
#ifndef WIRE_HTTP_H
#define WIRE_HTTP_H

#include "wire_relay.h"

struct wire_http;

/* struct wire_http_options: proxy is NULL or socks5h://HOST:PORT, so that it resolves names as
 * well. circuit: a word by which Tor tells connections apart that must not share a circuit (the
 * name and password for the proxy); empty: none. connect_ms > 0. */
struct wire_http_options {
	struct wire_relay relay;
	const char *proxy, *circuit;
	uint32_t connect_ms;
};

/* wire_http_open connects to nobody yet. SR_E_INPUT: the proxy is none such; SR_E_NOMEM.
 * wire_http_close may be given NULL. */
SR_MUST struct sr_err wire_http_open(const struct wire_http_options *o, struct wire_http **out);
void wire_http_close(struct wire_http *h);

/* struct wire_http_answer: at has room for len_max bytes; len and status are set. */
struct wire_http_answer {
	uint8_t *at;
	size_t len_max, len;
	unsigned status;
};

/* wire_http_post sends body to path and waits at most answer_ms for the whole answer, connecting
 * apart. SR_E_IO: there is none, and whether the request arrived is not known; SR_E_AUTH: the TLS
 * key is not that of the pin; SR_E_INPUT: what answers is no relay, or sends too much; SR_E_NOMEM.
 */
SR_MUST struct sr_err wire_http_post(struct wire_http *h, const char *path, struct slice body,
				     uint32_t answer_ms, struct wire_http_answer *answer);

#endif
