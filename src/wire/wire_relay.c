/* SPDX-License-Identifier: Apache-2.0 */
#include "wire_relay.h"

#include "hex.h"
#include "wire_bytes.h"

#include <assert.h>
#include <string.h>

enum { HEX_KEY_LEN = 2 * CRYPTO_PUBLIC_LEN };

static_assert((int)WIRE_PIN_LEN == (int)CRYPTO_PUBLIC_LEN, "both are taken by take_key");

static bool is_name_byte(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '.' || c == '-';
}

static bool is_ip6_byte(uint8_t c)
{
	return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || (c >= '0' && c <= '9') ||
	       c == '.' || c == ':';
}

/* host_len returns how many bytes at the front are a host; 0: none. Whether it exists, the system
 * says; here nothing gets through that means anything else in a URL. */
static size_t host_len(struct slice s)
{
	size_t n = 0;
	if (!s.len || s.ptr[0] != '[') {
		while (n < s.len && is_name_byte(s.ptr[n]))
			n++;
		return n && s.ptr[0] != '-' ? n : 0;
	}
	for (n = 1; n < s.len && is_ip6_byte(s.ptr[n]); n++)
		;
	return n > 1 && n < s.len && s.ptr[n] == ']' ? n + 1 : 0;
}

static bool take_host(struct slice *s, char host[WIRE_HOST_LEN + 1])
{
	struct slice name;
	size_t len = host_len(*s);
	if (!len || len > WIRE_HOST_LEN || !slice_take(s, len, &name))
		return false;
	memcpy(host, name.ptr, len);
	return true;
}

static bool take_port(struct slice *s, uint16_t *port)
{
	uint32_t v = 0;
	size_t n = 0;
	for (; n < s->len && n < 5 && s->ptr[n] >= '0' && s->ptr[n] <= '9'; n++)
		v = v * 10 + s->ptr[n] - '0';
	if (!n || v == 0 || v > UINT16_MAX || s->ptr[0] == '0')
		return false;
	*s = slice_sub(*s, n, s->len - n);
	*port = (uint16_t)v;
	return true;
}

static bool take_key(struct slice *s, uint8_t key[CRYPTO_PUBLIC_LEN])
{
	struct slice digits;
	return slice_take(s, HEX_KEY_LEN, &digits) && hex_read(digits, key, CRYPTO_PUBLIC_LEN);
}

struct sr_err wire_relay_read(struct slice text, struct wire_relay *out)
{
	struct wire_relay r = {0};
	struct slice s = text;
	r.tls = wire_take_word(&s, "https://");
	if (!r.tls && !wire_take_word(&s, "http://"))
		return sr_fail(SR_E_INPUT, "a relay's address that does not begin with http:// or "
					   "https://");
	if (!take_host(&s, r.host) || !wire_take_word(&s, ":") || !take_port(&s, &r.port))
		return sr_fail(SR_E_INPUT, "a relay's address without HOST:PORT");
	if (!wire_take_word(&s, "#") || !take_key(&s, r.key))
		return sr_fail(SR_E_INPUT,
			       "a relay's address without its key, # and 64 hexadecimal digits");
	if (r.tls && (!wire_take_word(&s, ".") || !take_key(&s, r.pin)))
		return sr_fail(SR_E_INPUT, "an https address of a relay without the pin of its TLS "
					   "key, a point and 64 hexadecimal digits");
	if (s.len)
		return sr_fail(SR_E_INPUT, "a relay's address with something behind it");
	*out = r;
	return sr_ok();
}

void wire_relay_url(const struct wire_relay *r, struct build *out)
{
	build_fmt(out, "http%s://%s:%u", r->tls ? "s" : "", r->host, (unsigned)r->port);
}

void wire_relay_write(const struct wire_relay *r, struct build *out)
{
	wire_relay_url(r, out);
	build_str(out, "#");
	hex_write(out, slice_make(r->key, sizeof r->key));
	if (r->tls) {
		build_str(out, ".");
		hex_write(out, slice_make(r->pin, sizeof r->pin));
	}
}
