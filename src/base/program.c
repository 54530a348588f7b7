/* SPDX-License-Identifier: Apache-2.0 */
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ENV_MAX = 4096 };

/* Where programs may lie, seen from the folder of the running one. In a build each has a folder of
 * its own. */
static const struct {
	const char *folder;
	bool build;
} places[] = {
	{"../" SUBROSA_LIBEXEC "/subrosa", false},
	{"..", true},     /* build/src/cli in the source tree */
	{"../src", true}, /* build/eval and build/test */
};

struct sr_err program_folder(char *buf, size_t len)
{
	ssize_t n = readlink("/proc/self/exe", buf, len - 1);
	if (n < 0)
		return sr_sys("the program's own path cannot be read");
	buf[n] = 0;
	char *slash = strrchr(buf, '/');
	if (slash)
		*slash = 0;
	return sr_ok();
}

static bool is_program(const char *path, int len)
{
	return len > 0 && len < PROGRAM_PATH_LEN && access(path, X_OK) == 0;
}

bool program_find(const char *name, const char *variable, char path[PROGRAM_PATH_LEN])
{
	const char *set = getenv(variable);
	char self[PROGRAM_PATH_LEN / 2];
	if (set && *set)
		return is_program(path, snprintf(path, PROGRAM_PATH_LEN, "%s", set));
	if (sr_bad(program_folder(self, sizeof self)))
		return false;
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		int n = snprintf(path, PROGRAM_PATH_LEN, "%s/%s/%s%ssubrosa-%s", self,
				 places[i].folder, places[i].build ? name : "",
				 places[i].build ? "/" : "", name);
		if (is_program(path, n))
			return true;
	}
	return false;
}

/* make_env puts env before our own environment; a longer one is cut. */
static void make_env(const char *env, const char *out[ENV_MAX + 1])
{
	size_t n = 0;
	if (env)
		out[n++] = env;
	for (char **e = environ; e && *e && n < ENV_MAX; e++)
		out[n++] = *e;
	out[n] = NULL;
}

/* direct leads in and out to where they go, errors to nowhere; it returns what is wrong, 0 if
 * nothing. */
static int direct(posix_spawn_file_actions_t *a, int in_fd, int out_fd)
{
	int bad = posix_spawn_file_actions_adddup2(a, in_fd, STDIN_FILENO);
	if (!bad)
		bad = posix_spawn_file_actions_adddup2(a, out_fd, STDOUT_FILENO);
	if (!bad)
		bad = posix_spawn_file_actions_addopen(a, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	return bad;
}

bool program_spawn(const char *path, const char *args[], int in_fd, int out_fd, const char *env,
		   pid_t *pid)
{
	const char *envp[ENV_MAX + 1];
	posix_spawn_file_actions_t actions;
	args[0] = path;
	make_env(env, envp);
	int bad = posix_spawn_file_actions_init(&actions);
	if (!bad) {
		bad = direct(&actions, in_fd, out_fd);
		if (!bad)
			bad = posix_spawn(pid, path, &actions, NULL, (char *const *)(uintptr_t)args,
					  (char *const *)(uintptr_t)envp);
		(void)posix_spawn_file_actions_destroy(&actions);
	}
	errno = bad;
	return !bad;
}
