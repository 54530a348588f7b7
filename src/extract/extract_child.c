/* SPDX-License-Identifier: Apache-2.0 */
#include "extract_child.h"
#include "extract_jail.h"
#include "extract_utf8.h"
#include "platform.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
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
	uint64_t replaced_n;
	uint64_t text_len;
	uint8_t *text;
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

void extract_answer(enum extract_outcome o, uint64_t replaced_n, struct slice text)
{
	uint8_t head[EXTRACT_HEADER_LEN];
	if (o != EXTRACT_OK)
		text.len = 0;
	put(head, EXTRACT_MAGIC, 4);
	put(head + 4, o, 4);
	put(head + 8, replaced_n, 8);
	put(head + 16, text.len, 8);
	if (sr_bad(platform_write_all(EXTRACT_FD, head, sizeof head)) ||
	    sr_bad(platform_write_all(EXTRACT_FD, text.ptr, text.len)))
		_exit(EXIT_FAILURE);
}

static _Noreturn void be_child(const struct extract_task *task, pid_t parent, int fd)
{
	if (!jail_enter(parent, fd))
		_exit(EXIT_FAILURE);
	if (task->prepare)
		task->prepare(task->state);
	if (jail_lock(task->memory_len, task->wall_ms))
		task->run(task->state);
	else
		extract_answer(EXTRACT_UNCONFINED, 0, slice_make(NULL, 0));
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

static bool head_is_right(struct slice head, struct answer *ans)
{
	uint32_t magic;
	return slice_u32(&head, &magic) && slice_u32(&head, &ans->outcome) &&
	       slice_u64(&head, &ans->replaced_n) && slice_u64(&head, &ans->text_len) &&
	       magic == EXTRACT_MAGIC && ans->outcome < EXTRACT_CHILD_END &&
	       (ans->outcome == EXTRACT_OK || (!ans->text_len && !ans->replaced_n)) &&
	       ans->replaced_n <= ans->text_len / 3;
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
	size_t got;
	SR_TRY(receive(c, head, sizeof head, &got));
	ans->ended = got < sizeof head;
	if (!head_is_right(slice_make(head, got), ans))
		return extract_err(EXTRACT_GARBAGE);
	if (ans->text_len > text_len_max)
		return extract_err(EXTRACT_LONG);
	ans->text = arena_alloc(a, (size_t)ans->text_len + 1, 1);
	if (!ans->text)
		return sr_nomem();
	SR_TRY(receive(c, ans->text, (size_t)ans->text_len, &got));
	ans->ended = got < ans->text_len;
	if (ans->ended)
		return extract_err(EXTRACT_GARBAGE);
	SR_TRY(receive(c, &more, 1, &got));
	ans->ended = got == 0;
	if (got || !is_text(slice_make(ans->text, (size_t)ans->text_len)))
		return extract_err(EXTRACT_GARBAGE);
	return extract_err((enum extract_outcome)ans->outcome);
}

/* outcome_of_end explains a child that did not leave by itself with status 0. */
static enum extract_outcome outcome_of_end(int status)
{
	if (WIFEXITED(status))
		return WEXITSTATUS(status) == 0 ? EXTRACT_OK : EXTRACT_GARBAGE;
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

struct sr_err extract_run(struct arena *a, const struct extract_task *task, struct slice *text,
			  uint64_t *replaced_n)
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
	*text = slice_make(ans.text, (size_t)ans.text_len);
	*replaced_n = ans.replaced_n;
	return sr_ok();
}
