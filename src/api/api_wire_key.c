/* SPDX-License-Identifier: Apache-2.0 */
#include "api_wire.h"

#include "api.h"
#include "hex.h"
#include "platform.h"

#include <string.h>
#include <sys/stat.h>

static const char front[] = "subrosa-log/1 ";

enum { DIGITS = 2 * CRYPTO_KEY_LEN };

static void publish(struct api_wire_key *k, uint8_t class)
{
	crypto_public_key(&k->write, k->log.write_key);
	crypto_public_key(&k->read, k->log.read_key);
	k->log.class = class;
}

void api_wire_key_write(const struct api_wire_key *k, struct build *out)
{
	build_fmt(out, "%s%u ", front, wire_class_days(k->log.class));
	hex_write(out, slice_make(k->write.bytes, CRYPTO_KEY_LEN));
	build_str(out, " ");
	hex_write(out, slice_make(k->read.bytes, CRYPTO_KEY_LEN));
	build_str(out, "\n");
}

static bool take_seed(struct slice *s, uint8_t seed[CRYPTO_KEY_LEN])
{
	uint8_t blank;
	struct slice digits;
	return slice_u8(s, &blank) && blank == ' ' && slice_take(s, DIGITS, &digits) &&
	       hex_read(digits, seed, CRYPTO_KEY_LEN);
}

/* take_class takes a number of days as it is written, without zeros before it. */
static bool take_class(struct slice *s, uint8_t *class)
{
	unsigned days = 0;
	size_t n = 0;
	for (; n < s->len && n < 3 && s->ptr[n] >= '0' && s->ptr[n] <= '9'; n++)
		days = days * 10 + s->ptr[n] - '0';
	if (!n || s->ptr[0] == '0')
		return false;
	*s = slice_sub(*s, n, s->len - n);
	*class = wire_class_of(days);
	return *class;
}

struct sr_err api_wire_key_read(const char *line, struct api_wire_key *k)
{
	CRYPTO_WIPED(uint8_t[2][CRYPTO_KEY_LEN], seeds);
	struct slice s = slice_str(line), word;
	uint8_t class;
	if (!slice_take(&s, sizeof front - 1, &word) || !slice_eq(word, slice_str(front)) ||
	    !take_class(&s, &class) || !take_seed(&s, seeds[0]) || !take_seed(&s, seeds[1]) ||
	    s.len)
		return sr_fail(SR_E_INPUT, "the key file is none that \"wire key\" wrote");
	SR_TRY(crypto_key_copy(&k->write, slice_make(seeds[0], CRYPTO_KEY_LEN)));
	SR_TRY(crypto_key_copy(&k->read, slice_make(seeds[1], CRYPTO_KEY_LEN)));
	publish(k, class);
	return sr_ok();
}

void api_wire_key_release(struct api_wire_key *k)
{
	crypto_key_release(&k->write);
	crypto_key_release(&k->read);
}

static struct sr_err make_key(uint8_t class, struct build *line)
{
	SR_SCOPED(api_wire_key_release) struct api_wire_key k = {0};
	SR_TRY(crypto_key_random(&k.write));
	SR_TRY(crypto_key_random(&k.read));
	publish(&k, class);
	api_wire_key_write(&k, line);
	return sr_ok();
}

static struct sr_err write_key(const char *file, uint8_t class)
{
	SR_SCOPED(build_release) struct build line;
	struct slice bytes;
	struct stat st;
	build_init_secret(&line, API_WIRE_KEY_LEN_MAX);
	if (!class)
		return sr_fail(SR_E_INPUT, "cells are kept for 7, 30, 90 or 400 days");
	if (lstat(file, &st) == 0)
		return sr_fail(SR_E_STATE, "this file is there already and would be lost");
	SR_TRY(make_key(class, &line));
	SR_TRY(build_done(&line, &bytes));
	SR_TRY(platform_write_file(file, bytes, 0600));
	return platform_sync_folder(file);
}

struct sr_err sr_wire_key(const char *file, unsigned days, const struct sr_sink *sink)
{
	struct sr_sink at = api_sink(sink, file);
	return api_blame(&at, write_key(file, wire_class_of(days)));
}
