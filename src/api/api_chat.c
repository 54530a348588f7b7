/* SPDX-License-Identifier: Apache-2.0 */
#include "api_chat.h"

#include "text_print.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct api_chat {
	CURLU *url;
	CURL *curl;
	struct curl_slist *headers;
	const char *key; /* the caller's, or NULL */
	char *where;
	bool open_air;
	unsigned timeout_s;
	struct build body;
};

static struct sr_err refuse(const struct sr_sink *sink, const char *what)
{
	return api_explain(sink, sr_fail(SR_E_INPUT, what));
}

/* part returns a part of the URL, which the caller frees with curl_free; NULL if it has none. */
static char *part(CURLU *url, CURLUPart which)
{
	char *out = NULL;
	return curl_url_get(url, which, &out, CURLU_DEFAULT_PORT) == CURLUE_OK ? out : NULL;
}

static bool has_part(CURLU *url, CURLUPart which)
{
	char *text = part(url, which);
	curl_free(text);
	return text;
}

/* is_loopback: libcurl itself takes localhost for this machine, whatever a name server says. */
static bool is_loopback(const char *host)
{
	struct in_addr four;
	struct in6_addr six;
	char bare[64];
	size_t len = strlen(host);
	if (strcasecmp(host, "localhost") == 0)
		return true;
	if (inet_pton(AF_INET, host, &four) == 1)
		return ntohl(four.s_addr) >> 24 == 127;
	if (len < 3 || len - 2 >= sizeof bare || host[0] != '[')
		return false;
	memcpy(bare, host + 1, len - 2);
	bare[len - 2] = 0;
	return inet_pton(AF_INET6, bare, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

/* set_path completes the path to that of chat completions. */
static struct sr_err set_path(CURLU *url)
{
	static const char chat[] = "/chat/completions";
	char *path = part(url, CURLUPART_PATH);
	struct build b = {0};
	if (!path)
		return sr_nomem();
	size_t len = strlen(path);
	while (len && path[len - 1] == '/')
		len--;
	build_bytes(&b, path, len);
	curl_free(path);
	bool whole = len >= sizeof chat - 1 &&
		     memcmp(b.ptr + len - (sizeof chat - 1), chat, sizeof chat - 1) == 0;
	bool versioned = len >= 3 && memcmp(b.ptr + len - 3, "/v1", 3) == 0;
	if (!whole)
		build_fmt(&b, "%s%s", versioned ? "" : "/v1", chat);
	build_u8(&b, 0);
	struct slice all;
	struct sr_err e = build_done(&b, &all);
	if (!sr_bad(e) && curl_url_set(url, CURLUPART_PATH, (const char *)all.ptr, 0) != CURLUE_OK)
		e = sr_nomem();
	build_release(&b);
	return e;
}

static struct sr_err set_where(struct api_chat *c, const char *scheme, const char *host)
{
	char *port = part(c->url, CURLUPART_PORT);
	struct build b = {0};
	text_print(&b, slice_str(scheme));
	build_str(&b, "://");
	text_print(&b, slice_str(host));
	build_fmt(&b, ":%s", port ? port : "");
	curl_free(port);
	build_u8(&b, 0);
	struct slice all;
	struct sr_err e = build_done(&b, &all);
	if (!sr_bad(e))
		c->where = strdup((const char *)all.ptr);
	build_release(&b);
	return sr_bad(e) || c->where ? e : sr_nomem();
}

static struct sr_err check_host(struct api_chat *c, const char *scheme, const char *host,
				const struct sr_sink *sink)
{
	bool http = strcmp(scheme, "http") == 0;
	if (!http && strcmp(scheme, "https") != 0)
		return refuse(sink, "--propose takes an http or https URL");
	c->open_air = http && !is_loopback(host);
	if (c->open_air && c->key)
		return refuse(
			sink,
			"the key would go unencrypted over the network: use https, or give no "
			"key (SUBROSA_PROPOSE_KEY, --key-file); over http a key goes only to "
			"this machine itself");
	return set_where(c, scheme, host);
}

static struct sr_err take_url(struct api_chat *c, const char *url, const struct sr_sink *sink)
{
	if (curl_url_set(c->url, CURLUPART_URL, url, 0) != CURLUE_OK)
		return refuse(sink, "--propose takes an http or https URL");
	if (has_part(c->url, CURLUPART_USER) || has_part(c->url, CURLUPART_PASSWORD) ||
	    has_part(c->url, CURLUPART_QUERY) || has_part(c->url, CURLUPART_FRAGMENT))
		return refuse(sink, "the URL may have no name, password, query or fragment");
	char *scheme = part(c->url, CURLUPART_SCHEME), *host = part(c->url, CURLUPART_HOST);
	struct sr_err e = scheme && host ? check_host(c, scheme, host, sink)
					 : refuse(sink, "--propose takes an http or https URL");
	curl_free(scheme);
	curl_free(host);
	return sr_bad(e) ? e : set_path(c->url);
}

static struct sr_err check_key(const char *key, const struct sr_sink *sink)
{
	size_t n = strlen(key);
	bool good = n && n < API_CHAT_KEY_BYTES;
	for (size_t i = 0; i < n; i++)
		good = good && key[i] > 0x20 && key[i] < 0x7f;
	return good ? sr_ok()
		    : refuse(sink, "a key has printable ASCII characters and no blanks, 1,023 at "
				   "the most");
}

static struct sr_err add_header(struct api_chat *c, const char *name, const char *value)
{
	char line[API_CHAT_KEY_BYTES + 64];
	(void)snprintf(line, sizeof line, "%s%s", name, value);
	struct curl_slist *list = curl_slist_append(c->headers, line);
	explicit_bzero(line, sizeof line);
	if (!list)
		return sr_nomem();
	c->headers = list;
	return sr_ok();
}

static size_t receive(char *bytes, size_t one, size_t n, void *user)
{
	struct api_chat *c = user;
	build_bytes(&c->body, bytes, one * n);
	return c->body.failed == SR_OK ? one * n : 0;
}

static struct sr_err set_up(struct api_chat *c)
{
	CURL *h = c->curl;
	long connect_s =
		c->timeout_s < API_CHAT_CONNECT_S ? (long)c->timeout_s : API_CHAT_CONNECT_S;
	bool good =
		curl_easy_setopt(h, CURLOPT_CURLU, c->url) == CURLE_OK &&
		curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
		curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
		curl_easy_setopt(h, CURLOPT_PROXY, "") == CURLE_OK &&
		curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
		curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT, connect_s) == CURLE_OK &&
		curl_easy_setopt(h, CURLOPT_TIMEOUT, (long)c->timeout_s) == CURLE_OK &&
		curl_easy_setopt(h, CURLOPT_USERAGENT, "subrosa/" SUBROSA_VERSION) == CURLE_OK &&
		curl_easy_setopt(h, CURLOPT_HTTPHEADER, c->headers) == CURLE_OK &&
		curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, receive) == CURLE_OK &&
		curl_easy_setopt(h, CURLOPT_WRITEDATA, c) == CURLE_OK;
	return good ? sr_ok() : sr_nomem();
}

static struct sr_err start(struct api_chat *c, const struct sr_propose_options *o,
			   const struct sr_sink *sink)
{
	if (!c->url || !c->curl)
		return sr_nomem();
	if (c->key)
		SR_TRY(check_key(c->key, sink));
	SR_TRY(take_url(c, o->url, sink));
	SR_TRY(add_header(c, "Content-Type: ", "application/json"));
	SR_TRY(add_header(c, "Expect:", ""));
	if (c->key)
		SR_TRY(add_header(c, "Authorization: Bearer ", c->key));
	return set_up(c);
}

struct sr_err api_chat_open(const struct sr_propose_options *o, const struct sr_sink *sink,
			    struct api_chat **out)
{
	struct api_chat *c = calloc(1, sizeof *c);
	if (!c || curl_global_init(CURL_GLOBAL_DEFAULT) != 0) {
		free(c);
		return sr_nomem();
	}
	build_init(&c->body, API_CHAT_ANSWER_BYTES);
	c->key = o->key;
	c->timeout_s = o->timeout_s ? o->timeout_s : API_CHAT_TIMEOUT_S;
	c->url = curl_url();
	c->curl = curl_easy_init();
	struct sr_err e = start(c, o, sink);
	if (sr_bad(e))
		api_chat_close(c);
	else
		*out = c;
	return e;
}

void api_chat_close(struct api_chat *c)
{
	if (!c)
		return;
	curl_easy_cleanup(c->curl);
	for (struct curl_slist *h = c->headers; h; h = h->next)
		explicit_bzero(h->data, strlen(h->data));
	curl_slist_free_all(c->headers);
	curl_url_cleanup(c->url);
	free(c->where);
	build_release(&c->body);
	free(c);
	curl_global_cleanup();
}

const char *api_chat_where(const struct api_chat *c)
{
	return c->where;
}

bool api_chat_open_air(const struct api_chat *c)
{
	return c->open_air;
}

/* told appends what the server says, without the key, made harmless and not too long. */
static void told(const struct api_chat *c, const char *text, struct build *why)
{
	struct build clean = {0}, shown = {0};
	size_t key_len = c->key ? strlen(c->key) : 0;
	for (const char *p = text; *p;) {
		if (key_len && strncmp(p, c->key, key_len) == 0) {
			build_str(&clean, "(the key)");
			p += key_len;
		} else {
			build_u8(&clean, (uint8_t)*p++);
		}
	}
	struct slice all;
	if (!sr_bad(build_done(&clean, &all)))
		text_print(&shown, all);
	if (!sr_bad(build_done(&shown, &all))) {
		size_t n = all.len < API_CHAT_TOLD_BYTES ? all.len : API_CHAT_TOLD_BYTES;
		while (n && n < all.len && (all.ptr[n] & 0xc0) == 0x80)
			n--;
		build_bytes(why, all.ptr, n);
	}
	build_release(&clean);
	build_release(&shown);
}

/* error_text finds what servers say in their errors: {"error": {"message": ...}} or parts of it. */
static const char *error_text(const json_t *all)
{
	const json_t *error = json_object_get(all, "error");
	const json_t *m = json_object_get(json_is_object(error) ? error : all, "message");
	return json_string_value(json_is_string(error) ? error : m);
}

static void tell_status(const struct api_chat *c, long status, struct build *why)
{
	json_t *all = json_loadb((const char *)c->body.ptr, c->body.len, 0, NULL);
	const char *text = error_text(all);
	if (status >= 300 && status < 400)
		build_fmt(why,
			  "the server answers %ld, that it is elsewhere, which is not followed; "
			  "give the address itself",
			  status);
	else
		build_fmt(why, "the server answers %ld", status);
	if (text) {
		build_str(why, ": ");
		told(c, text, why);
	}
	json_decref(all);
}

/* read_answer finds what the model said in the server's answer. */
static struct sr_err read_answer(const struct api_chat *c, struct arena *a, struct slice *answer,
				 struct build *why)
{
	json_t *all =
		json_loadb((const char *)c->body.ptr, c->body.len, JSON_REJECT_DUPLICATES, NULL);
	const json_t *choice = json_array_get(json_object_get(all, "choices"), 0);
	const json_t *content = json_object_get(json_object_get(choice, "message"), "content");
	const char *text = json_string_value(content);
	struct sr_err e = sr_ok();
	if (!text) {
		build_str(why, "the server's answer is no chat completion");
		e = sr_fail(SR_E_INPUT, "the server's answer is no chat completion");
	} else if (c->key && strstr(text, c->key)) {
		build_str(why, "the model's answer repeats the key");
		e = sr_fail(SR_E_INPUT, "the model's answer repeats the key");
	} else {
		*answer = slice_make(arena_dup(a, text, strlen(text)), strlen(text));
		e = answer->ptr ? sr_ok() : sr_nomem();
	}
	json_decref(all);
	return e;
}

/* may_pass: another attempt may go better. */
static bool may_pass(CURLcode code, long status)
{
	if (code == CURLE_OK)
		return status == 429 || status >= 500;
	return code == CURLE_COULDNT_CONNECT || code == CURLE_SEND_ERROR ||
	       code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING || code == CURLE_PARTIAL_FILE;
}

static CURLcode post(struct api_chat *c, struct slice request, long *status)
{
	build_reset(&c->body);
	*status = 0;
	CURL *h = c->curl;
	CURLcode code = curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request.len);
	if (code == CURLE_OK)
		code = curl_easy_setopt(h, CURLOPT_POSTFIELDS, (const char *)request.ptr);
	if (code == CURLE_OK)
		code = curl_easy_perform(h);
	if (code == CURLE_OK)
		code = curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, status);
	return code;
}

static void pause_for(unsigned attempt)
{
	unsigned ms = (unsigned)API_CHAT_PAUSE_MS << attempt;
	struct timespec t = {ms / 1000, (long)(ms % 1000) * 1000000};
	(void)nanosleep(&t, NULL);
}

struct sr_err api_chat_ask(struct api_chat *c, struct arena *a, struct slice request,
			   struct slice *answer, struct build *why)
{
	long status = 0;
	CURLcode code = post(c, request, &status);
	for (unsigned i = 0; i + 1 < API_CHAT_ATTEMPTS && may_pass(code, status); i++) {
		pause_for(i);
		code = post(c, request, &status);
	}
	if (c->body.failed == SR_E_NOMEM || code == CURLE_OUT_OF_MEMORY)
		return sr_nomem();
	if (c->body.failed == SR_E_LIMIT) {
		build_str(why, "the server's answer is larger than 1 MiB");
		return sr_fail(SR_E_LIMIT, "the server's answer is too large");
	}
	if (code == CURLE_OPERATION_TIMEDOUT) {
		build_fmt(why, "no answer within %u s", c->timeout_s);
		return sr_fail(SR_E_IO, "the server does not answer in time");
	}
	if (code != CURLE_OK) {
		build_str(why, curl_easy_strerror(code));
		return sr_fail(SR_E_IO, "the server cannot be reached");
	}
	if (status == 200)
		return read_answer(c, a, answer, why);
	tell_status(c, status, why);
	return sr_fail(SR_E_IO, "the server refuses");
}
