/* SPDX-License-Identifier: Apache-2.0 */
/* One conversation with an OpenAI-compatible server that the user names: HTTP or HTTPS, straight to
 * that server. No proxy of the environment is used and no redirect followed, so that the text goes
 * where the user was told and nowhere else. The server is not trusted: what it sends is bounded in
 * bytes and time, and reaches a terminal only without what would steer it. */
#ifndef API_CHAT_H
#define API_CHAT_H

#include "api.h"

enum {
	API_CHAT_ANSWER_BYTES = 1024 * 1024, /* the body of an answer */
	API_CHAT_CONNECT_S = 10,
	API_CHAT_TIMEOUT_S = 300, /* for one answer, if nobody says otherwise */
	API_CHAT_ATTEMPTS = 3,    /* after 429, 5xx and broken connections ... */
	API_CHAT_PAUSE_MS = 500,  /* ... with this pause, and twice that before the third */
	API_CHAT_KEY_BYTES = 1024,
	API_CHAT_TOLD_BYTES = 300, /* of what the server says is wrong */
};

struct api_chat;

/* api_chat_open prepares a conversation; nothing is sent. The URL may end in /v1, a slash, or the
 * whole path. SR_E_INPUT, noted: it is no http or https URL, or has a name, a password, a query or
 * a fragment; the key is not printable ASCII; a key would go unencrypted to another machine.
 * SR_E_NOMEM. */
SR_MUST struct sr_err api_chat_open(const struct sr_propose_options *o, const struct sr_sink *sink,
				    struct api_chat **out);

/* api_chat_close wipes the key; NULL is fine. */
void api_chat_close(struct api_chat *c);

/* api_chat_where returns the server as SCHEME://HOST:PORT, harmless for a terminal; it is c's. */
const char *api_chat_where(const struct api_chat *c);

/* api_chat_open_air tells whether what is sent goes unencrypted to another machine. */
bool api_chat_open_air(const struct api_chat *c);

/* api_chat_ask sends a request and gives what the model answers, which lives in a. SR_E_IO,
 * SR_E_INPUT, SR_E_LIMIT: why says in words what went wrong, without the key; SR_E_NOMEM. */
SR_MUST struct sr_err api_chat_ask(struct api_chat *c, struct arena *a, struct slice request,
				   struct slice *answer, struct build *why);

#endif
