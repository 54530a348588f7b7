/* SPDX-License-Identifier: Apache-2.0 */
/* A reader of pictures that does what $SUBROSA_FAKE says, mostly wrong. */
#include "extract_pages.h"
#include "extract_process.h"
#include "platform.h"

#include <math.h>
#include <signal.h>
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

static void end(uint32_t outcome, uint64_t len)
{
	say_u32(0);
	say_u32(outcome);
	say_u32((uint32_t)len);
	say_u32((uint32_t)(len >> 32));
}

static void send_pages(const struct extract_pages *p)
{
	struct build b = {0};
	struct slice bytes;
	pages_write(p, &b);
	if (sr_bad(build_done(&b, &bytes)))
		_exit(EXIT_FAILURE);
	end(EXTRACT_OK, bytes.len);
	say(bytes.ptr, bytes.len);
	build_release(&b);
}

/* What is said of one page with two words, honestly or not. */
static void answer(const char *how)
{
	static const uint8_t gray[40 * 10];
	struct extract_word w[2] = {{SLICE_LIT("good"), 1, 1, 9, 5, 0, 0, 90},
				    {SLICE_LIT("words"), 20, 1, 9, 5, 0, 5, 90}};
	struct extract_page page[2] = {{0, 40, 10, gray, w, 2}, {1, 40, 10, gray, NULL, 0}};
	struct extract_pages p = {SLICE_LIT("good words\n"), page, 1};
	if (strcmp(how, "no number") == 0)
		w[1].x = NAN;
	if (strcmp(how, "infinitely wide") == 0)
		w[1].w = INFINITY;
	if (strcmp(how, "less than nothing high") == 0)
		w[1].h = -1;
	if (strcmp(how, "far away") == 0)
		w[1].x = 72;
	if (strcmp(how, "far to the left") == 0)
		w[0].x = -41;
	if (strcmp(how, "beyond the text") == 0)
		w[1].off = 7;
	if (strcmp(how, "backwards") == 0)
		w[1].off = 3;
	if (strcmp(how, "two in one") == 0)
		w[0].text = SLICE_LIT("good words");
	if (strcmp(how, "more than sure") == 0)
		w[0].confidence = 101;
	if (strcmp(how, "a line too many") == 0)
		w[1].line = 2;
	if (strcmp(how, "steers a terminal") == 0)
		p.text = SLICE_LIT("good\x1b"
				   "words\n");
	if (strcmp(how, "not UTF-8") == 0)
		p.text = SLICE_LIT("good \xff"
				   "ords\n");
	if (strcmp(how, "flat") == 0)
		page[0].h = 0;
	if (strcmp(how, "wider than it can be") == 0) {
		page[0].w = 2 * 1000 * 1000;
		page[0].gray = NULL;
	}
	if (strcmp(how, "a page too far") == 0)
		page[0].of = EXTRACT_PAGES_MAX;
	if (strcmp(how, "pages turned") == 0) {
		p.n = 2;
		page[0].of = 1;
		page[1].of = 0;
	}
	send_pages(&p);
}

static void at_once(const char *how)
{
	if (strcmp(how, "gone") == 0)
		_exit(EXIT_SUCCESS);
	if (strcmp(how, "no data") == 0)
		_exit(PAGES_EXIT_LANGUAGE);
	if (strcmp(how, "unconfined") == 0)
		_exit(PAGES_EXIT_UNCONFINED);
	if (strcmp(how, "no memory") == 0)
		_exit(EXTRACT_EXIT_MEMORY);
	if (strcmp(how, "crash") == 0)
		abort();
	if (strcmp(how, "killed") == 0)
		(void)kill(getpid(), SIGKILL);
	if (strcmp(how, "forbidden") == 0)
		(void)kill(getpid(), SIGSYS);
	say_u32(strcmp(how, "rude") == 0 ? 0x12345678 : PAGES_MAGIC);
}

static void progress(const char *how)
{
	if (strcmp(how, "goes back") == 0) {
		say_u32(2);
		say_u32(3);
		say_u32(1);
		say_u32(3);
	}
	if (strcmp(how, "beyond the end") == 0) {
		say_u32(4);
		say_u32(3);
	}
	if (strcmp(how, "honest") == 0) {
		say_u32(1);
		say_u32(2);
		say_u32(2);
		say_u32(2);
	}
}

int main(void)
{
	const char *how = getenv("SUBROSA_FAKE");
	if (!how)
		return EXIT_FAILURE;
	at_once(how);
	progress(how);
	if (strcmp(how, "encrypted") == 0) {
		end(EXTRACT_ENCRYPTED, 0);
		return EXIT_SUCCESS;
	}
	if (strcmp(how, "no such outcome") == 0)
		end(EXTRACT_SLOW, 0);
	if (strcmp(how, "refuses with text") == 0)
		end(EXTRACT_NOTHING, 1);
	if (strcmp(how, "huge") == 0)
		end(EXTRACT_OK, UINT64_MAX);
	if (strcmp(how, "half") == 0)
		end(EXTRACT_OK, 1000);
	else
		answer(how);
	if (strcmp(how, "chatters") == 0)
		say("and", 3);
	while (strcmp(how, "never ends") == 0)
		say(how, 1);
	return strcmp(how, "bad end") == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
