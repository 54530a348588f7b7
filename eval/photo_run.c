/* SPDX-License-Identifier: Apache-2.0 */
#include "photo_run.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double clock_s(clockid_t clock)
{
	struct timespec t;
	(void)clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

double photo_now_s(void)
{
	return clock_s(CLOCK_MONOTONIC);
}

double photo_cpu_s(void)
{
	return clock_s(CLOCK_PROCESS_CPUTIME_ID);
}

/* forget_peak has the kernel forget how much memory this process once had: what it has at a spawn
 * counts as the new process's peak. */
static void forget_peak(void)
{
	int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
	if (fd >= 0) {
		(void)!write(fd, "5", 1);
		(void)close(fd);
	}
}

int photo_spawn(const char *const *argv, const char *file, struct photo_cost *c)
{
	extern char **environ;
	posix_spawn_file_actions_t to;
	struct rusage u = {0};
	pid_t pid;
	int status = -1;
	double start = photo_now_s();
	(void)posix_spawn_file_actions_init(&to);
	(void)posix_spawn_file_actions_addopen(&to, STDOUT_FILENO, file ? file : "/dev/null",
					       O_WRONLY | O_CREAT | O_TRUNC, 0600);
	(void)posix_spawn_file_actions_addopen(&to, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	forget_peak();
	if (posix_spawnp(&pid, argv[0], &to, NULL, (char *const *)argv, environ) == 0)
		(void)wait4(pid, &status, 0, &u);
	(void)posix_spawn_file_actions_destroy(&to);
	*c = (struct photo_cost){photo_now_s() - start,
				 (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
					 (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1e-6,
				 u.ru_maxrss};
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool photo_run(const char *const *argv)
{
	struct photo_cost c;
	return photo_spawn(argv, NULL, &c) == 0;
}
