/* SPDX-License-Identifier: Apache-2.0 */
#include "relay_bench.h"

#include "instrument.h"
#include "platform.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SYNCS = 50, CHILDREN_MAX = 16, UP_S = 60, PORT_FIRST = 10 * 1000, PORTS = 20 * 1000 };

static char folder[BENCH_PATH_LEN];
static pid_t owner, children[CHILDREN_MAX];

_Noreturn void bench_fail(const char *what)
{
	(void)fprintf(stderr, "relay: %s\n", what);
	exit(2);
}

void bench_must(struct sr_err e)
{
	if (sr_bad(e))
		bench_fail(e.what);
}

double bench_now_s(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

void bench_add(struct bench_times *t, double v)
{
	if (t->n == t->cap) {
		t->cap = t->cap ? 2 * t->cap : 1024;
		t->v = reallocarray(t->v, t->cap, sizeof *t->v);
		if (!t->v)
			bench_fail("out of memory");
	}
	t->v[t->n++] = v;
}

double bench_quantile(struct bench_times *t, double q)
{
	return t->n ? instrument_quantile(t->v, t->n, q) : 0;
}

/* ---- The folder ---- */

/* end: not in a child that did not come to run its program. */
static void end(void)
{
	if (getpid() != owner)
		return;
	for (size_t i = 0; i < CHILDREN_MAX; i++)
		if (children[i])
			bench_stop(children[i], SIGKILL);
	const char *argv[] = {"rm", "-rf", folder, NULL};
	pid_t pid = fork();
	if (pid == 0) {
		(void)execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	(void)waitpid(pid, NULL, 0);
}

void bench_begin(struct bench *b)
{
	(void)snprintf(b->folder, sizeof b->folder, "%.200s/subrosa-relay-XXXXXX", b->under);
	/* Programs of other users find what is theirs in it. */
	if (!mkdtemp(b->folder) || chmod(b->folder, 0711) != 0)
		bench_fail("no folder can be made; name one on a disk: --folder");
	memcpy(folder, b->folder, sizeof folder);
	owner = getpid();
	(void)signal(SIGPIPE, SIG_IGN);
	if (atexit(end) != 0)
		bench_fail("out of memory");
}

void bench_path(const struct bench *b, const char *name, char out[BENCH_PATH_LEN])
{
	(void)snprintf(out, BENCH_PATH_LEN, "%.220s/%.30s", b->folder, name);
}

void bench_disk(const struct bench *b, struct bench_times *t)
{
	static const uint8_t bytes[4096] = {1};
	char path[BENCH_PATH_LEN];
	bench_path(b, "disk", path);
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	for (int i = 0; i < SYNCS; i++) {
		const double start = bench_now_s();
		if (write(fd, bytes, sizeof bytes) != (ssize_t)sizeof bytes || fdatasync(fd) != 0)
			bench_fail("the folder's disk cannot be written to");
		bench_add(t, bench_now_s() - start);
	}
	(void)close(fd);
}

void bench_disk_print(struct bench_times *t)
{
	(void)printf(
		"4 KiB and fdatasync in the same folder, %zu times: p50 %.3f ms, p99 %.3f ms\n",
		t->n, 1e3 * bench_quantile(t, .5), 1e3 * bench_quantile(t, .99));
	(void)fflush(stdout);
}

/* ---- Programs ---- */

static _Noreturn void become(const char *log, const char *const argv[], int out_fd)
{
	const int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)dup2(out_fd < 0 ? fd : out_fd, STDOUT_FILENO);
	(void)dup2(fd, STDERR_FILENO);
	(void)execvp(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

pid_t bench_spawn(const struct bench *b, const char *name, const char *const argv[], int out_fd)
{
	char log[BENCH_PATH_LEN], file[40];
	(void)snprintf(file, sizeof file, "%.20s.log", name);
	bench_path(b, file, log);
	(void)fflush(NULL);
	const pid_t pid = fork();
	if (pid == 0)
		become(log, argv, out_fd);
	for (size_t i = 0; i < CHILDREN_MAX && pid > 0; i++)
		if (!children[i]) {
			children[i] = pid;
			return pid;
		}
	bench_fail("no process for a program");
}

int bench_wait(pid_t pid)
{
	int status;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	for (size_t i = 0; i < CHILDREN_MAX; i++)
		if (children[i] == pid)
			children[i] = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void bench_stop(pid_t pid, int sig)
{
	(void)kill(pid, sig);
	(void)bench_wait(pid);
}

/* ---- Sockets ---- */

static struct sockaddr_in at_port(uint16_t port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
				    .sin_port = htons(port),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

uint16_t bench_port(void)
{
	static uint64_t dice;
	if (!dice)
		dice = (uint64_t)getpid() << 32 ^ (uint64_t)platform_clock_ms();
	for (;;) {
		const uint16_t port = (uint16_t)(PORT_FIRST + instrument_random(&dice) % PORTS);
		const struct sockaddr_in a = at_port(port);
		const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		const bool ok = bind(fd, (const struct sockaddr *)&a, sizeof a) == 0;
		(void)close(fd);
		if (ok)
			return port;
	}
}

int bench_try(uint16_t port)
{
	const struct sockaddr_in a = at_port(port);
	const int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		bench_fail("no more sockets: raise the limit of open files");
	if (connect(fd, (const struct sockaddr *)&a, sizeof a) != 0) {
		(void)close(fd);
		return -1;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	return fd;
}

int bench_connect(uint16_t port)
{
	const double until = bench_now_s() + UP_S;
	for (int fd; bench_now_s() < until; (void)usleep(1000))
		if ((fd = bench_try(port)) >= 0)
			return fd;
	bench_fail("a server does not come up");
}

size_t bench_descriptors(size_t n)
{
	struct rlimit l;
	if (getrlimit(RLIMIT_NOFILE, &l) != 0)
		return 0;
	l.rlim_cur = n < l.rlim_max ? n : l.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &l) == 0 ? (size_t)l.rlim_cur : 0;
}
