/* SPDX-License-Identifier: Apache-2.0 */
#include "extract_child.h"
#include "extract_utf8.h"
#include "base_limits.h"
#include "jail.h"
#include "platform.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A running child and what it said so far. */
struct child {
	pid_t pid;
	int fd; /* its answer, non-blocking */
	int64_t deadline_ms;
};

struct answer {
	uint32_t outcome;
	uint64_t text_len;
	struct extract_found found;
	bool ended;
};

static int64_t now_ms(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void put(uint8_t *p, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

void extract_answer(enum extract_outcome o, const struct extract_found *found)
{
	static const struct extract_found nothing;
	uint8_t head[EXTRACT_HEADER_LEN];
	if (o != EXTRACT_OK || !found)
		found = &nothing;
	put(head, EXTRACT_MAGIC, 4);
	put(head + 4, o, 4);
	put(head + 8, found->replaced_n, 8);
	put(head + 16, found->text.len, 8);
	for (size_t i = 0; i < EXTRACT_CHILD_END; i++)
		put(head + 24 + 4 * i, found->skipped_n[i], 4);
	if (sr_bad(platform_write_all(EXTRACT_FD, head, sizeof head)) ||
	    sr_bad(platform_write_all(EXTRACT_FD, found->text.ptr, found->text.len)))
		_exit(EXIT_FAILURE);
}

/* last_words takes what a library prints before it ends the process: GLib does so when memory
 * ends, in messages that all speak of allocating (g_malloc, g_slice_alloc). */
static ssize_t last_words(void *cookie, const char *text, size_t len)
{
	(void)cookie;
	if (memmem(text, len, "allocat", strlen("allocat")) ||
	    memmem(text, len, "MEMORY", strlen("MEMORY")))
		_exit(EXTRACT_EXIT_MEMORY);
	return (ssize_t)len;
}

/* hear_last_words puts last_words in place of the descriptor, which is closed. */
static bool hear_last_words(void)
{
	FILE *f = fopencookie(NULL, "w", (cookie_io_functions_t){.write = last_words});
	if (!f)
		return false;
	stderr = f;
	return setvbuf(f, NULL, _IONBF, 0) == 0;
}

static _Noreturn void be_child(const struct extract_task *task, pid_t parent, int fd)
{
	const struct jail jail = {.read_fd = -1,
				  .write_fd = EXTRACT_FD,
				  .memory_len = task->memory_len,
				  .cpu_ms = task->wall_ms};
	if (dup2(fd, EXTRACT_FD) != EXTRACT_FD || !jail_enter(parent, EXTRACT_FD + 1) ||
	    !hear_last_words())
		_exit(EXIT_FAILURE);
	if (task->prepare)
		task->prepare(task->state);
	if (jail_lock(&jail))
		task->run(task->state);
	else
		extract_answer(EXTRACT_UNCONFINED, NULL);
	_exit(EXIT_SUCCESS);
}

static struct sr_err start(const struct extract_task *task, struct child *c)
{
	int fd[2];
	pid_t parent = getpid();
	if (pipe2(fd, O_CLOEXEC))
		return sr_sys("cannot be read: no pipe");
	pid_t pid = fork();
	if (pid == 0)
		be_child(task, parent, fd[1]);
	struct sr_err e = pid < 0 ? sr_sys("cannot be read: no process") : sr_ok();
	(void)close(fd[1]);
	if (!sr_bad(e) && fcntl(fd[0], F_SETFL, O_NONBLOCK))
		e = sr_sys("cannot be read: no pipe");
	if (sr_bad(e))
		(void)close(fd[0]);
	*c = (struct child){pid, fd[0], now_ms() + task->wall_ms};
	return e;
}

/* wait_ready sleeps until the child wrote or died: SR_E_LIMIT after the deadline. */
static struct sr_err wait_ready(const struct child *c)
{
	struct pollfd p = {c->fd, POLLIN, 0};
	for (;;) {
		int64_t left = c->deadline_ms - now_ms();
		if (left <= 0)
			return extract_err(EXTRACT_SLOW);
		int n = poll(&p, 1, left > 10000 ? 10000 : (int)left);
		if (n > 0)
			return sr_ok();
		if (n < 0 && errno != EINTR)
			return sr_sys("cannot be read: poll failed");
	}
}

/* receive takes up to len bytes; fewer only at the end of the answer. */
static struct sr_err receive(const struct child *c, uint8_t *to, size_t len, size_t *got)
{
	size_t at = 0;
	while (at < len) {
		SR_TRY(wait_ready(c));
		ssize_t n = read(c->fd, to + at, len - at);
		if (n == 0)
			break;
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return sr_sys("cannot be read: the pipe failed");
		if (n > 0)
			at += (size_t)n;
	}
	*got = at;
	return sr_ok();
}

/* skips_are_right reads how many parts were skipped: only for reasons that allow it. */
static bool skips_are_right(struct slice *head, struct answer *ans)
{
	for (size_t i = 0; i < EXTRACT_CHILD_END; i++) {
		uint32_t *n = &ans->found.skipped_n[i];
		bool may = ans->outcome == EXTRACT_OK &&
			   extract_part_words((enum extract_outcome)i, false);
		if (!slice_u32(head, n) || *n > (may ? LIMIT_MAIL_PARTS : 0))
			return false;
	}
	return true;
}

static bool head_is_right(struct slice head, struct answer *ans)
{
	uint32_t magic;
	return slice_u32(&head, &magic) && slice_u32(&head, &ans->outcome) &&
	       slice_u64(&head, &ans->found.replaced_n) && slice_u64(&head, &ans->text_len) &&
	       magic == EXTRACT_MAGIC && ans->outcome < EXTRACT_CHILD_END &&
	       (ans->outcome == EXTRACT_OK || (!ans->text_len && !ans->found.replaced_n)) &&
	       ans->found.replaced_n <= ans->text_len / 3 && skips_are_right(&head, ans);
}

static bool is_text(struct slice s)
{
	struct utf8_counts n = utf8_count(s);
	return n.bad_n == 0 && n.control_n == 0;
}

/* take_answer reads all that the child says and checks it; ended tells whether the child closed
 * its end, which it does only by dying. */
static struct sr_err take_answer(struct arena *a, const struct child *c, size_t text_len_max,
				 struct answer *ans)
{
	uint8_t head[EXTRACT_HEADER_LEN], more;
	uint8_t *text;
	size_t got;
	SR_TRY(receive(c, head, sizeof head, &got));
	ans->ended = got < sizeof head;
	if (!head_is_right(slice_make(head, got), ans))
		return extract_err(EXTRACT_GARBAGE);
	if (ans->text_len > text_len_max)
		return extract_err(EXTRACT_LONG);
	text = arena_alloc(a, (size_t)ans->text_len + 1, 1);
	if (!text)
		return sr_nomem();
	SR_TRY(receive(c, text, (size_t)ans->text_len, &got));
	ans->ended = got < ans->text_len;
	if (ans->ended)
		return extract_err(EXTRACT_GARBAGE);
	SR_TRY(receive(c, &more, 1, &got));
	ans->ended = got == 0;
	ans->found.text = slice_make(text, (size_t)ans->text_len);
	if (got || !is_text(ans->found.text))
		return extract_err(EXTRACT_GARBAGE);
	return extract_err((enum extract_outcome)ans->outcome);
}

/* outcome_of_end explains a child that did not leave by itself with status 0. */
static enum extract_outcome outcome_of_end(int status)
{
	if (WIFEXITED(status))
		return WEXITSTATUS(status) == 0                     ? EXTRACT_OK
		       : WEXITSTATUS(status) == EXTRACT_EXIT_MEMORY ? EXTRACT_MEMORY
								    : EXTRACT_GARBAGE;
	switch (WTERMSIG(status)) {
	case SIGSYS:
		return EXTRACT_FORBIDDEN;
	case SIGXCPU:
		return EXTRACT_SLOW;
	case SIGKILL:
		return EXTRACT_KILLED;
	default:
		return EXTRACT_CRASHED;
	}
}

/* end_child kills and reaps. To a child that is dying by itself the signal changes nothing. */
static enum extract_outcome end_child(const struct child *c)
{
	int status = 0;
	(void)close(c->fd);
	(void)kill(c->pid, SIGKILL);
	while (waitpid(c->pid, &status, 0) < 0) {
		if (errno != EINTR)
			return EXTRACT_KILLED;
	}
	return outcome_of_end(status);
}

struct sr_err extract_run(struct arena *a, const struct extract_task *task,
			  struct extract_found *found)
{
	struct child c;
	struct answer ans = {0};
	SR_TRY(start(task, &c));
	struct sr_err e = take_answer(a, &c, task->text_len_max, &ans);
	enum extract_outcome end = end_child(&c);
	/* Whoever closed its end died: what of says more than the missing answer. */
	if (ans.ended && end != EXTRACT_OK)
		return extract_err(end);
	if (sr_bad(e))
		return e;
	*found = ans.found;
	return sr_ok();
}
