/* SPDX-License-Identifier: Apache-2.0 */
#include "jail.h"

#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define JAIL_ADDRESS_SANITIZER
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define JAIL_ADDRESS_SANITIZER
#endif

static void reset_signals(void)
{
	for (int i = 1; i < NSIG; i++)
		(void)signal(i, SIG_DFL);
	sigset_t none;
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static int memory_status;

/* last_words takes what a library prints before it ends the process: GLib does so when memory
 * ends, in messages that all speak of allocating (g_malloc, g_slice_alloc),
 * and C++ when it throws std::bad_alloc. */
static ssize_t last_words(void *cookie, const char *text, size_t len)
{
	(void)cookie;
	if (memmem(text, len, "allocat", strlen("allocat")) ||
	    memmem(text, len, "bad_alloc", strlen("bad_alloc")) ||
	    memmem(text, len, "MEMORY", strlen("MEMORY")))
		_exit(memory_status);
	return (ssize_t)len;
}

bool jail_hear(int status)
{
	memory_status = status;
	FILE *f = fopencookie(NULL, "w", (cookie_io_functions_t){.write = last_words});
	if (!f)
		return false;
	stderr = f;
	return setvbuf(f, NULL, _IONBF, 0) == 0;
}

bool jail_enter(pid_t parent, unsigned fds_n)
{
	reset_signals();
	/* The parent may have died before the request; then nobody waits for us. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		return false;
	return close_range(fds_n, UINT32_MAX, 0) == 0 && prctl(PR_SET_DUMPABLE, 0) == 0;
}

/* mapped_len returns the size of this process: RLIMIT_AS counts what was inherited, too. */
static size_t mapped_len(void)
{
	size_t pages = 0;
	FILE *f = fopen("/proc/self/statm", "re");
	if (!f)
		return 0;
	if (fscanf(f, "%zu", &pages) != 1)
		pages = 0;
	(void)fclose(f);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* limit sets what to n, or leaves it where it is lower. */
static bool limit(__rlimit_resource_t what, rlim_t n)
{
	struct rlimit r;
	if (getrlimit(what, &r))
		return false;
	r.rlim_max = r.rlim_max < n ? r.rlim_max : n;
	r.rlim_cur = r.rlim_max;
	return setrlimit(what, &r) == 0;
}

static bool set_limits(const struct jail *j)
{
	size_t len = mapped_len();
	return len && limit(RLIMIT_AS, len + j->memory_len) &&
	       limit(RLIMIT_CPU, (rlim_t)(j->cpu_ms / 1000 + 2)) && limit(RLIMIT_FSIZE, 0) &&
	       limit(RLIMIT_CORE, 0) && limit(RLIMIT_NPROC, 0) && limit(RLIMIT_NOFILE, 0);
}

/* Calls that touch nothing outside this process. Under the address sanitizer a few more are made
 * by its runtime. */
static const int allowed[] = {
	SCMP_SYS(munmap),       SCMP_SYS(mremap),         SCMP_SYS(brk),    SCMP_SYS(madvise),
	SCMP_SYS(exit),         SCMP_SYS(exit_group),     SCMP_SYS(futex),  SCMP_SYS(clock_gettime),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask), SCMP_SYS(gettid), SCMP_SYS(getpid),
#if defined(JAIL_ADDRESS_SANITIZER)
	SCMP_SYS(sched_yield),  SCMP_SYS(sigaltstack),
#endif
};

static bool add_rules(scmp_filter_ctx f, const struct jail *j)
{
	int bad = 0;
	for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
		bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, allowed[i], 0);
	for (size_t i = 0; i < j->calls_n; i++)
		bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, j->calls[i], 0);
	for (size_t i = 0; i < j->refused_n; i++)
		bad |= seccomp_rule_add(f, SCMP_ACT_ERRNO(EACCES), j->refused[i], 0);
	bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(write), 1,
				SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)j->write_fd, 0));
	if (j->read_fd >= 0)
		bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(read), 1,
					SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)j->read_fd, 0));
	bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
				SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
				SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	/* abort() sends a signal to its own thread. */
	bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
				SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0));
	return bad == 0;
}

bool jail_lock(const struct jail *j)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_KILL_PROCESS);
	if (!f)
		return false;
	/* Loading sets PR_SET_NO_NEW_PRIVS as well (seccomp_attr_set(3), SCMP_FLTATR_CTL_NNP). */
	bool ok = add_rules(f, j) && set_limits(j) && seccomp_load(f) == 0;
	seccomp_release(f);
	return ok;
}
