/* SPDX-License-Identifier: Apache-2.0 */
/* A grammar reader that does what $SUBROSA_FAKE says, mostly wrong. */
#include "grammar_protocol.h"
#include "platform.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void say(const void *ptr, size_t len)
{
	if (sr_bad(platform_write_all(STDOUT_FILENO, ptr, len)))
		_exit(EXIT_FAILURE);
}

static void say_u32(uint32_t v)
{
	const uint8_t bytes[4] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16),
				  (uint8_t)(v >> 24)};
	say(bytes, sizeof bytes);
}

static void hang(void)
{
	for (;;)
		(void)pause();
}

/* listen_once returns the length of the next sentence; at the end of the input it leaves. */
static uint32_t listen_once(void)
{
	uint8_t head[4], sentence[LIMIT_GRAMMAR_BYTES];
	size_t got;
	uint32_t len = 0;
	if (sr_bad(platform_read_full(STDIN_FILENO, head, sizeof head, &got)))
		_exit(EXIT_FAILURE);
	struct slice s = slice_make(head, got);
	if (!slice_u32(&s, &len) || len > sizeof sentence ||
	    sr_bad(platform_read_full(STDIN_FILENO, sentence, len, &got)) || got != len)
		_exit(EXIT_SUCCESS);
	return len;
}

/* answer claims one word: off, len. */
static void answer(uint32_t off, uint32_t len)
{
	static const char tag[12] = "n";
	say_u32(VARY_PARSE_WHOLE);
	say_u32(1);
	say_u32(0);
	say_u32(off);
	say_u32(len);
	say(tag, sizeof tag);
}

static void counts(uint32_t words_n, uint32_t links_n)
{
	say_u32(VARY_PARSE_WHOLE);
	say_u32(words_n);
	say_u32(links_n);
}

static void flood(void)
{
	static const uint8_t bytes[4096] = {VARY_PARSE_WHOLE};
	for (;;)
		say(bytes, sizeof bytes);
}

/* before does what goes wrong before the greeting. */
static void before(const char *how)
{
	if (strcmp(how, "mute") == 0)
		hang();
	if (strcmp(how, "gone") == 0)
		_exit(EXIT_SUCCESS);
	if (strcmp(how, "no dictionary") == 0)
		_exit(GRAMMAR_EXIT_DICTIONARY);
	if (strcmp(how, "unconfined") == 0)
		_exit(GRAMMAR_EXIT_UNCONFINED);
	say_u32(strcmp(how, "rude") == 0 ? 0x12345678 : GRAMMAR_MAGIC);
}

static void respond(const char *how, uint32_t len, unsigned nth)
{
	if (strcmp(how, "dies") == 0 || (strcmp(how, "tires") == 0 && nth == 3))
		_exit(EXIT_FAILURE);
	if (strcmp(how, "crashes") == 0)
		abort();
	if (strcmp(how, "sleeps") == 0)
		hang();
	if (strcmp(how, "huge") == 0)
		counts(UINT32_MAX, UINT32_MAX);
	else if (strcmp(how, "half") == 0 || strcmp(how, "half and sleeps") == 0)
		counts(2, 1);
	else if (strcmp(how, "beyond") == 0)
		answer(0, len + 1);
	else if (strcmp(how, "garbage") == 0)
		say("I think it is a fine sentence, really.", 38);
	else
		answer(0, len);
	if (strcmp(how, "half") == 0)
		_exit(EXIT_SUCCESS);
	if (strcmp(how, "chatters") == 0)
		say("and", 3);
	if (strcmp(how, "floods") == 0)
		flood();
}

int main(void)
{
	const char *how = getenv("SUBROSA_FAKE");
	if (!how)
		return EXIT_FAILURE;
	before(how);
	for (unsigned nth = 1;; nth++)
		respond(how, listen_once(), nth);
}
