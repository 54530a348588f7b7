/* SPDX-License-Identifier: Apache-2.0 */
/* subrosa-grammar: reads sentences, one after the other (grammar_protocol.h). */
#include "grammar_parse.h"
#include "grammar_protocol.h"
#include "jail.h"
#include "platform.h"

#include <fcntl.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { IN_FD = 0, OUT_FD = 3 };

/* The parser measures its own time. */
static const int calls[] = {SCMP_SYS(getrusage), SCMP_SYS(gettimeofday)};

static ssize_t swallow(void *cookie, const char *text, size_t len)
{
	(void)cookie;
	(void)text;
	return (ssize_t)len;
}

/* set_output_aside: the parser prints remarks to standard output, where answers should go. */
static bool set_output_aside(void)
{
	FILE *nowhere = fopencookie(NULL, "w", (cookie_io_functions_t){.write = swallow});
	int null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (!nowhere || null_fd < 0 || setvbuf(nowhere, NULL, _IONBF, 0))
		return false;
	stdout = stderr = nowhere;
	int out = fcntl(STDOUT_FILENO, F_DUPFD, OUT_FD + 1);
	return out >= 0 && dup2(null_fd, STDOUT_FILENO) >= 0 && dup2(null_fd, STDERR_FILENO) >= 0 &&
	       dup2(out, OUT_FD) == OUT_FD;
}

static bool send(struct build *b)
{
	struct slice bytes;
	return !sr_bad(build_done(b, &bytes)) &&
	       !sr_bad(platform_write_all(OUT_FD, bytes.ptr, bytes.len));
}

static bool greet(void)
{
	struct build b;
	build_init(&b, 0);
	build_u32(&b, GRAMMAR_MAGIC);
	bool ok = send(&b);
	build_release(&b);
	return ok;
}

/* receive reads a request into sentence; *ended if the input ended before it. */
static bool receive(uint8_t sentence[LIMIT_GRAMMAR_BYTES], uint32_t *len, bool *ended)
{
	uint8_t head[4];
	size_t got;
	if (sr_bad(platform_read_full(IN_FD, head, sizeof head, &got)))
		return false;
	struct slice s = slice_make(head, got);
	*ended = got == 0;
	if (*ended)
		return true;
	return slice_u32(&s, len) && *len > 0 && *len <= LIMIT_GRAMMAR_BYTES &&
	       !sr_bad(platform_read_full(IN_FD, sentence, *len, &got)) && got == *len;
}

static bool answer(struct grammar_parser *p, struct slice sentence)
{
	struct arena a = {0};
	struct build b;
	struct vary_parse parse;
	build_init(&b, GRAMMAR_ANSWER_MAX);
	bool ok = !sr_bad(grammar_parse(p, &a, sentence, &parse));
	if (ok) {
		grammar_write(&parse, &b);
		ok = send(&b);
	}
	build_release(&b);
	arena_release(&a);
	return ok;
}

static int serve(struct grammar_parser *p)
{
	static uint8_t sentence[LIMIT_GRAMMAR_BYTES];
	uint32_t len = 0;
	bool ended = false;
	if (!greet())
		return GRAMMAR_EXIT_BROKEN;
	while (receive(sentence, &len, &ended)) {
		if (ended)
			return EXIT_SUCCESS;
		if (!answer(p, slice_make(sentence, len)))
			break;
	}
	return GRAMMAR_EXIT_BROKEN;
}

int main(int argc, char **argv)
{
	const struct jail jail = {.read_fd = IN_FD,
				  .write_fd = OUT_FD,
				  .calls = calls,
				  .calls_n = sizeof calls / sizeof *calls,
				  .memory_len = LIMIT_GRAMMAR_MEMORY_BYTES,
				  .cpu_ms = (int64_t)LIMIT_GRAMMAR_CPU_S * 1000};
	if (argc != 2 || !grammar_language_is(argv[1])) {
		(void)fputs("usage: subrosa-grammar LANGUAGE; subrosa starts it by itself\n",
			    stderr);
		return GRAMMAR_EXIT_BROKEN;
	}
	if (!set_output_aside() || !jail_enter(getppid(), OUT_FD + 1))
		_exit(GRAMMAR_EXIT_UNCONFINED);
	struct grammar_parser *p = grammar_parser_open(argv[1]);
	if (!p)
		_exit(GRAMMAR_EXIT_DICTIONARY);
	if (!jail_lock(&jail))
		_exit(GRAMMAR_EXIT_UNCONFINED);
	_exit(serve(p));
}
