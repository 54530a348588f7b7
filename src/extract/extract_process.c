/* SPDX-License-Identifier: Apache-2.0 */
#include "extract_process.h"
#include "platform.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct sr_err process_make(struct process *p, pid_t pid, int fd, int64_t wall_ms)
{
	const int64_t end = platform_clock_ms() + wall_ms;
	*p = (struct process){pid, fd, end, end, INT64_MAX};
	return fcntl(fd, F_SETFL, O_NONBLOCK) ? sr_sys("cannot be read: no pipe") : sr_ok();
}

/* cpu_of tells the processor time that a process used; one that is gone uses no more. */
static int64_t cpu_of(pid_t pid)
{
	clockid_t clock;
	struct timespec t;
	if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &t))
		return 0;
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void process_bound(struct process *p, int64_t cpu_ms)
{
	p->pause_end = platform_clock_ms() + PROCESS_PATIENCE * cpu_ms;
	p->cpu_end = cpu_of(p->pid) + cpu_ms;
}

/* left_to tells for how long the child cannot reach a limit. */
static int64_t left_to(const struct process *p)
{
	int64_t wall = (p->pause_end < p->end ? p->pause_end : p->end) - platform_clock_ms();
	int64_t cpu = p->cpu_end - cpu_of(p->pid);
	return wall < cpu ? wall : cpu;
}

/* wait_ready sleeps until the child wrote or died: SR_E_LIMIT if it has no time left. */
static struct sr_err wait_ready(const struct process *p)
{
	struct pollfd one = {p->fd, POLLIN, 0};
	for (;;) {
		int64_t left = left_to(p);
		if (left <= 0)
			return extract_err(EXTRACT_SLOW);
		int n = poll(&one, 1, left > 10000 ? 10000 : (int)left);
		if (n > 0)
			return sr_ok();
		if (n < 0 && errno != EINTR)
			return sr_sys("cannot be read: poll failed");
	}
}

struct sr_err process_receive(const struct process *p, uint8_t *to, size_t len, size_t *got)
{
	size_t at = 0;
	while (at < len) {
		SR_TRY(wait_ready(p));
		ssize_t n = read(p->fd, to + at, len - at);
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

enum extract_outcome process_end(const struct process *p, int *status_out)
{
	int status = 0;
	(void)close(p->fd);
	(void)kill(p->pid, SIGKILL);
	while (waitpid(p->pid, &status, 0) < 0) {
		if (errno != EINTR)
			return EXTRACT_KILLED;
	}
	if (status_out)
		*status_out = status;
	return outcome_of_end(status);
}
