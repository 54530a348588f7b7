/* SPDX-License-Identifier: Apache-2.0 */
#include "wire_http.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

enum {
	HEADERS_LEN_MAX = 16 * 1024, /* of an answer, all of them */
	URL_LEN_MAX = 512,
	BASE64_PIN_LEN = 44,
};

struct wire_http {
	CURL *curl;
	struct curl_slist *headers;
	char base[URL_LEN_MAX];
	uint32_t connect_ms;
	struct wire_http_answer *answer; /* of the running request */
	size_t headers_len;
};

/* base64_pin writes the digits (RFC 4648, 4) of a pin, as libcurl wants it. */
static void base64_pin(const uint8_t pin[WIRE_PIN_LEN], char out[BASE64_PIN_LEN + 1])
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	for (size_t i = 0; i < BASE64_PIN_LEN; i++) {
		/* Six bits, of which the last ones may be beyond the pin. */
		size_t bit = 6 * i, byte = bit / 8;
		unsigned two = byte < WIRE_PIN_LEN ? pin[byte] * 256U : 0;
		two += byte + 1 < WIRE_PIN_LEN ? pin[byte + 1] : 0;
		out[i] = byte < WIRE_PIN_LEN ? digits[two >> (10 - bit % 8) & 63] : '=';
	}
	out[BASE64_PIN_LEN] = 0;
}

static size_t take_body(char *bytes, size_t one, size_t n, void *user)
{
	struct wire_http *h = user;
	struct wire_http_answer *a = h->answer;
	size_t len = one * n;
	if (len > a->len_max - a->len)
		return 0;
	memcpy(a->at + a->len, bytes, len);
	a->len += len;
	return len;
}

/* An endless row of headers or of 1xx answers would keep us for as long as time lasts. */
static size_t take_header(char *bytes, size_t one, size_t n, void *user)
{
	struct wire_http *h = user;
	(void)bytes;
	h->headers_len += one * n;
	return h->headers_len <= HEADERS_LEN_MAX ? one * n : 0;
}

static bool set_text(CURL *c, CURLoption option, const char *text)
{
	return curl_easy_setopt(c, option, text) == CURLE_OK;
}

static bool set_long(CURL *c, CURLoption option, long v)
{
	return curl_easy_setopt(c, option, v) == CURLE_OK;
}

static bool add_header(struct wire_http *h, const char *line)
{
	struct curl_slist *list = curl_slist_append(h->headers, line);
	if (list)
		h->headers = list;
	return list;
}

/* Whose certificate it is does not matter: the key is the relay's, or it is not. */
static bool set_tls(CURL *c, const struct wire_relay *r)
{
	char pin[sizeof "sha256//" + BASE64_PIN_LEN] = "sha256//";
	if (!r->tls)
		return true;
	base64_pin(r->pin, pin + strlen(pin));
	return set_long(c, CURLOPT_SSL_VERIFYPEER, 0) && set_long(c, CURLOPT_SSL_VERIFYHOST, 0) &&
	       set_long(c, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_3) &&
	       set_text(c, CURLOPT_PINNEDPUBLICKEY, pin);
}

/* An empty text switches off what the environment says. */
static bool set_proxy(CURL *c, const struct wire_http_options *o)
{
	if (!set_text(c, CURLOPT_NOPROXY, "") ||
	    !set_text(c, CURLOPT_PROXY, o->proxy ? o->proxy : ""))
		return false;
	return !o->proxy || !*o->circuit ||
	       (set_text(c, CURLOPT_PROXYUSERNAME, o->circuit) &&
		set_text(c, CURLOPT_PROXYPASSWORD, o->circuit));
}

static bool set_up(struct wire_http *h, const struct wire_http_options *o)
{
	CURL *c = h->curl;
	return add_header(h, "Content-Type: application/octet-stream") &&
	       add_header(h, "Accept:") && add_header(h, "Expect:") && set_proxy(c, o) &&
	       set_tls(c, &o->relay) &&
	       set_text(c, CURLOPT_PROTOCOLS_STR, o->relay.tls ? "https" : "http") &&
	       set_long(c, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1) &&
	       set_long(c, CURLOPT_FOLLOWLOCATION, 0) && set_long(c, CURLOPT_NOSIGNAL, 1) &&
	       set_long(c, CURLOPT_POST, 1) &&
	       curl_easy_setopt(c, CURLOPT_HTTPHEADER, h->headers) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_WRITEDATA, h) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, take_header) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_HEADERDATA, h) == CURLE_OK;
}

static struct sr_err set_base(struct wire_http *h, const struct wire_relay *r)
{
	struct build b;
	struct slice url;
	build_init(&b, sizeof h->base - 1);
	wire_relay_url(r, &b);
	struct sr_err e = build_done(&b, &url);
	if (!sr_bad(e))
		memcpy(h->base, url.ptr, url.len);
	build_release(&b);
	return e;
}

static struct sr_err check_proxy(const char *proxy)
{
	static const char scheme[] = "socks5h://";
	if (proxy &&
	    (strncmp(proxy, scheme, sizeof scheme - 1) != 0 ||
	     strcspn(proxy + sizeof scheme - 1, "/@?# ") != strlen(proxy + sizeof scheme - 1)))
		return sr_fail(SR_E_INPUT, "a proxy is socks5h://HOST:PORT");
	return sr_ok();
}

struct sr_err wire_http_open(const struct wire_http_options *o, struct wire_http **out)
{
	SR_TRY(check_proxy(o->proxy));
	struct wire_http *h = calloc(1, sizeof *h);
	if (!h || curl_global_init(CURL_GLOBAL_DEFAULT) != 0) {
		free(h);
		return sr_nomem();
	}
	h->connect_ms = o->connect_ms;
	h->curl = curl_easy_init();
	struct sr_err e = set_base(h, &o->relay);
	if (!sr_bad(e) && (!h->curl || !set_up(h, o)))
		e = sr_nomem();
	if (sr_bad(e))
		wire_http_close(h);
	else
		*out = h;
	return e;
}

void wire_http_close(struct wire_http *h)
{
	if (!h)
		return;
	curl_easy_cleanup(h->curl);
	curl_slist_free_all(h->headers);
	free(h);
	curl_global_cleanup();
}

/* What is not named here is a failure of the network, after which nothing is known. */
static struct sr_err failure(CURLcode code, long status)
{
	if (code == CURLE_WRITE_ERROR && status / 100 == 5)
		return sr_fail(SR_E_IO, "something before the relay cannot reach it");
	if (code == CURLE_SSL_PINNEDPUBKEYNOTMATCH)
		return sr_fail(SR_E_AUTH, "the TLS key is not the one that the relay's address "
					  "says");
	if (code == CURLE_OUT_OF_MEMORY)
		return sr_nomem();
	if (code == CURLE_WRITE_ERROR)
		return sr_fail(SR_E_INPUT, "an answer that is longer than a relay's");
	if (code == CURLE_WEIRD_SERVER_REPLY || code == CURLE_UNSUPPORTED_PROTOCOL ||
	    code == CURLE_BAD_CONTENT_ENCODING)
		return sr_fail(SR_E_INPUT, "what answers is no relay");
	if (code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_CONNECT)
		return sr_fail(SR_E_IO, "the relay cannot be reached");
	if (code == CURLE_PROXY || code == CURLE_COULDNT_RESOLVE_PROXY)
		return sr_fail(SR_E_IO, "the relay cannot be reached through the proxy");
	if (code == CURLE_SSL_CONNECT_ERROR)
		return sr_fail(SR_E_IO, "no TLS connection to the relay");
	if (code == CURLE_OPERATION_TIMEDOUT)
		return sr_fail(SR_E_IO, "the relay did not answer in time");
	return sr_fail(SR_E_IO, "the connection to the relay broke");
}

static bool set_request(struct wire_http *h, const char *path, struct slice body,
			uint32_t answer_ms)
{
	char url[URL_LEN_MAX + 32];
	(void)snprintf(url, sizeof url, "%s%s", h->base, path);
	return set_text(h->curl, CURLOPT_URL, url) &&
	       curl_easy_setopt(h->curl, CURLOPT_POSTFIELDS, body.ptr) == CURLE_OK &&
	       set_long(h->curl, CURLOPT_POSTFIELDSIZE, (long)body.len) &&
	       set_long(h->curl, CURLOPT_CONNECTTIMEOUT_MS, (long)h->connect_ms) &&
	       set_long(h->curl, CURLOPT_TIMEOUT_MS, (long)h->connect_ms + (long)answer_ms);
}

struct sr_err wire_http_post(struct wire_http *h, const char *path, struct slice body,
			     uint32_t answer_ms, struct wire_http_answer *answer)
{
	long status = 0;
	answer->len = 0;
	h->answer = answer;
	h->headers_len = 0;
	if (!set_request(h, path, body, answer_ms))
		return sr_nomem();
	CURLcode code = curl_easy_perform(h->curl);
	h->answer = NULL;
	(void)curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &status);
	if (code != CURLE_OK)
		return failure(code, status);
	answer->status = (unsigned)status;
	return sr_ok();
}
