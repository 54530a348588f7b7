/* SPDX-License-Identifier: Apache-2.0 */
#include "api_grammar.h"
#include "base_limits.h"
#include "base_parallel.h"
#include "grammar_protocol.h"
#include "platform.h"
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WHY_LEN = 160 };

/* STARTING waits for the greeting, BUSY for the answer to sentence `at`. */
enum state { DOWN, STARTING, IDLE, BUSY };

struct worker {
	enum state state;
	pid_t pid;
	int fd; /* both directions, non-blocking */
	int64_t deadline_ms;
	size_t at;
	size_t got; /* bytes in answer */
	uint8_t answer[GRAMMAR_ANSWER_MAX];
};

/* lost_n counts processes that were killed or died; status is how the last one ended. */
struct api_grammar {
	struct vary_grammar reader;
	char program[PROGRAM_PATH_LEN];
	char lang[16];
	char why[WHY_LEN]; /* empty: it can be used */
	struct worker workers[LIMIT_GRAMMAR_WORKERS];
	size_t workers_n, lost_n;
	int status;
};

/* One call of parse. next: the first sentence not dealt out. */
struct batch {
	struct arena *a;
	const struct slice *sentences;
	size_t n, next;
	struct vary_parse *out;
	struct sr_err err;
};

/* start leaves w DOWN if the system refuses, which counts as a process lost. */
static void start(struct api_grammar *g, struct worker *w)
{
	int fd[2];
	*w = (struct worker){.state = DOWN, .fd = -1};
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd)) {
		g->lost_n++;
		return;
	}
	const char *args[] = {NULL, g->lang, NULL};
	bool ok = fcntl(fd[0], F_SETFL, O_NONBLOCK) == 0 &&
		  program_spawn(g->program, args, fd[1], fd[1], NULL, &w->pid);
	(void)close(fd[1]);
	if (!ok) {
		(void)close(fd[0]);
		g->lost_n++;
		return;
	}
	w->state = STARTING;
	w->fd = fd[0];
	w->deadline_ms = platform_clock_ms() + LIMIT_GRAMMAR_START_MS;
}

/* stop kills and reaps. To a process that is dying by itself the signal changes nothing. */
static void stop(struct api_grammar *g, struct worker *w)
{
	if (w->state == DOWN)
		return;
	(void)close(w->fd);
	(void)kill(w->pid, SIGKILL);
	while (waitpid(w->pid, &g->status, 0) < 0 && errno == EINTR)
		;
	w->state = DOWN;
}

/* lose ends a process that is of no use any more; its sentence, if it has one, gets state. */
static void lose(struct api_grammar *g, struct worker *w, struct batch *b,
		 enum vary_parse_state state)
{
	if (w->state == BUSY)
		b->out[w->at] = (struct vary_parse){.state = state};
	stop(g, w);
	g->lost_n++;
}

/* is_quiet: an idle process has nothing to say. If it has, or is dead, it must go. */
static bool is_quiet(const struct worker *w)
{
	uint8_t byte;
	return recv(w->fd, &byte, 1, MSG_PEEK) < 0 && (errno == EAGAIN || errno == EINTR);
}

/* ask sends a sentence; at most one is on its way, so that it fits the socket's buffer. */
static bool ask(const struct worker *w, struct slice sentence)
{
	uint8_t bytes[4 + LIMIT_GRAMMAR_BYTES];
	for (size_t i = 0; i < 4; i++)
		bytes[i] = (uint8_t)(sentence.len >> (8 * i));
	memcpy(bytes + 4, sentence.ptr, sentence.len);
	size_t len = 4 + sentence.len;
	return is_quiet(w) && send(w->fd, bytes, len, MSG_NOSIGNAL) == (ssize_t)len;
}

/* wanted_len returns how many bytes the process should say in all, as far as that is known; 0 if
 * what it said cannot be. */
static size_t wanted_len(const struct worker *w)
{
	if (w->state == STARTING)
		return GRAMMAR_GREETING_LEN;
	if (w->got < GRAMMAR_HEAD_LEN)
		return GRAMMAR_HEAD_LEN;
	return grammar_answer_len(slice_make(w->answer, GRAMMAR_HEAD_LEN));
}

/* listen_to reads what is there: false if the process is dead or lies. *whole: all was said. */
static bool listen_to(struct worker *w, bool *whole)
{
	for (;;) {
		size_t want = wanted_len(w);
		if (!want)
			return false;
		*whole = w->got == want;
		if (*whole)
			return true;
		ssize_t n = recv(w->fd, w->answer + w->got, want - w->got, 0);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		if (n == 0)
			return false;
		w->got += (size_t)n;
	}
}

/* understand takes what was said in whole. */
static bool understand(struct worker *w, struct batch *b)
{
	struct slice said = slice_make(w->answer, w->got);
	uint32_t magic;
	if (w->state == STARTING)
		return slice_u32(&said, &magic) && magic == GRAMMAR_MAGIC;
	struct sr_err e = grammar_read(b->a, said, b->sentences[w->at], &b->out[w->at]);
	if (e.code == SR_E_NOMEM)
		b->err = e;
	return !sr_bad(e) || e.code == SR_E_NOMEM;
}

static void hear(struct api_grammar *g, struct worker *w, struct batch *b)
{
	bool whole = false;
	if (!listen_to(w, &whole) || (whole && !understand(w, b))) {
		lose(g, w, b, VARY_PARSE_NONE);
		return;
	}
	if (whole)
		w->state = IDLE;
}

/* attend sleeps until a process says something or a deadline passes, and deals with it. At least
 * one process is STARTING or BUSY. */
static void attend(struct api_grammar *g, struct batch *b)
{
	struct pollfd p[LIMIT_GRAMMAR_WORKERS];
	int64_t now = platform_clock_ms(), first = now + 10000;
	for (size_t i = 0; i < g->workers_n; i++) {
		struct worker *w = &g->workers[i];
		bool waits = w->state == STARTING || w->state == BUSY;
		p[i] = (struct pollfd){waits ? w->fd : -1, POLLIN, 0};
		if (waits && w->deadline_ms < first)
			first = w->deadline_ms;
	}
	int n = poll(p, g->workers_n, first > now ? (int)(first - now) : 0);
	now = platform_clock_ms();
	for (size_t i = 0; i < g->workers_n; i++) {
		struct worker *w = &g->workers[i];
		if (p[i].fd < 0)
			continue;
		if (n > 0 && p[i].revents)
			hear(g, w, b);
		if ((w->state == STARTING || w->state == BUSY) && now >= w->deadline_ms)
			lose(g, w, b, VARY_PARSE_GIVEN_UP);
	}
}

static bool is_long(struct slice s)
{
	size_t words_n = 0;
	if (s.len > LIMIT_GRAMMAR_BYTES)
		return true;
	for (size_t i = 0; i < s.len; i++)
		words_n += s.ptr[i] > ' ' && (i == 0 || s.ptr[i - 1] <= ' ');
	return words_n > LIMIT_GRAMMAR_WORDS;
}

/* next_sentence moves b->next to a sentence that is to be read: false if there is none. */
static bool next_sentence(struct batch *b)
{
	for (; b->next < b->n; b->next++) {
		struct slice s = b->sentences[b->next];
		if (s.len && !is_long(s))
			return true;
		b->out[b->next].state = s.len ? VARY_PARSE_GIVEN_UP : VARY_PARSE_NONE;
	}
	return false;
}

/* deal gives every idle process a sentence and starts what is missing. It returns whether there is
 * something to wait for. */
static bool deal(struct api_grammar *g, struct batch *b)
{
	bool waits = false;
	for (size_t i = 0; i < g->workers_n; i++) {
		struct worker *w = &g->workers[i];
		if (w->state == DOWN && g->lost_n < LIMIT_GRAMMAR_KILLS && next_sentence(b))
			start(g, w);
		if (w->state == IDLE && next_sentence(b)) {
			if (ask(w, b->sentences[b->next])) {
				w->state = BUSY;
				w->got = 0;
				w->at = b->next++;
				w->deadline_ms = platform_clock_ms() + LIMIT_GRAMMAR_MS;
			} else
				lose(g, w, b, VARY_PARSE_NONE);
		}
		waits = waits || w->state == BUSY ||
			((w->state == STARTING || w->state == DOWN) && next_sentence(b));
	}
	return waits;
}

static bool someone_is(const struct api_grammar *g, enum state state)
{
	for (size_t i = 0; i < g->workers_n; i++)
		if (g->workers[i].state == state)
			return true;
	return false;
}

/* end_all: too many were lost, or the memory is at its end. */
static void end_all(struct api_grammar *g, struct batch *b)
{
	for (size_t i = 0; i < g->workers_n; i++) {
		struct worker *w = &g->workers[i];
		if (w->state == BUSY)
			b->out[w->at] = (struct vary_parse){.state = VARY_PARSE_NONE};
		stop(g, w);
	}
}

static struct sr_err parse(void *context, struct arena *a, const struct slice *sentences, size_t n,
			   struct vary_parse *out)
{
	struct api_grammar *g = context;
	struct batch b = {a, sentences, n, 0, out, sr_ok()};
	for (size_t i = 0; i < n; i++)
		out[i] = (struct vary_parse){.state = VARY_PARSE_NONE};
	while (!sr_bad(b.err) && g->lost_n < LIMIT_GRAMMAR_KILLS && deal(g, &b)) {
		if (someone_is(g, STARTING) || someone_is(g, BUSY))
			attend(g, &b);
	}
	if (sr_bad(b.err) || g->lost_n >= LIMIT_GRAMMAR_KILLS)
		end_all(g, &b);
	return b.err;
}

static void explain(struct api_grammar *g)
{
	if (WIFEXITED(g->status) && WEXITSTATUS(g->status) == GRAMMAR_EXIT_DICTIONARY)
		(void)snprintf(g->why, WHY_LEN,
			       "its dictionary for %s is missing: apt install "
			       "link-grammar-dictionaries-%s",
			       g->lang, strcmp(g->lang, "en") == 0 ? "en" : "all");
	else if (WIFEXITED(g->status) && WEXITSTATUS(g->status) == GRAMMAR_EXIT_UNCONFINED)
		(void)snprintf(g->why, WHY_LEN, "this system cannot confine it");
	else
		(void)snprintf(g->why, WHY_LEN, "it does not start");
}

/* start_all starts every process and waits until the first is ready or none is left. */
static void start_all(struct api_grammar *g)
{
	struct batch none = {0};
	for (size_t i = 0; i < g->workers_n; i++)
		start(g, &g->workers[i]);
	while (!someone_is(g, IDLE) && someone_is(g, STARTING))
		attend(g, &none);
	if (!someone_is(g, IDLE))
		explain(g);
}

/* open_all tells in g->why what is missing. */
static void open_all(struct api_grammar *g, const char *lang)
{
	if (!grammar_language_is(lang)) {
		(void)snprintf(g->why, WHY_LEN, "it knows no such language");
		return;
	}
	(void)snprintf(g->lang, sizeof g->lang, "%s", lang);
	if (!program_find("grammar", "SUBROSA_GRAMMAR", g->program)) {
		(void)snprintf(g->why, WHY_LEN, "%s",
			       SUBROSA_GRAMMAR_BUILT ? "subrosa-grammar is not installed"
						     : "link-grammar was not built in");
		return;
	}
	start_all(g);
}

struct sr_err api_grammar_open(const char *lang, struct api_grammar **out)
{
	struct api_grammar *g = calloc(1, sizeof *g);
	if (!g)
		return sr_nomem();
	const struct parallel cores = {.n = LIMIT_GRAMMAR_WORKERS, .slice_n = 1};
	g->reader = (struct vary_grammar){g, parse};
	g->workers_n = parallel_threads(&cores);
	open_all(g, lang);
	*out = g;
	return sr_ok();
}

const char *api_grammar_why(const struct api_grammar *g)
{
	return g->why[0] ? g->why : NULL;
}

const struct vary_grammar *api_grammar_reader(const struct api_grammar *g)
{
	return g->why[0] ? NULL : &g->reader;
}

size_t api_grammar_lost(const struct api_grammar *g)
{
	return g->lost_n;
}

void api_grammar_close(struct api_grammar *g)
{
	if (!g)
		return;
	for (size_t i = 0; i < g->workers_n; i++)
		stop(g, &g->workers[i]);
	free(g);
}
