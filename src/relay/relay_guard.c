/* SPDX-License-Identifier: Apache-2.0 */
#include "relay_guard.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

struct sr_err relay_guard_memory(void)
{
	const struct rlimit none = {0, 0};
	if (setrlimit(RLIMIT_CORE, &none) || prctl(PR_SET_DUMPABLE, 0))
		return sr_sys("core files cannot be switched off");
	return sr_ok();
}

unsigned relay_guard_descriptors(unsigned n)
{
	struct rlimit r;
	if (getrlimit(RLIMIT_NOFILE, &r))
		return 0;
	const struct rlimit more = {n, r.rlim_max > n ? r.rlim_max : n};
	if (r.rlim_cur < n && setrlimit(RLIMIT_NOFILE, &more)) {
		r.rlim_cur = r.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &r);
	}
	(void)getrlimit(RLIMIT_NOFILE, &r);
	return r.rlim_cur < n ? (unsigned)r.rlim_cur : n;
}

struct sr_err relay_guard_user(const char *name)
{
	const struct passwd *p = getpwnam(name);
	if (!p)
		return sr_fail(SR_E_INPUT, "there is no such user");
	if (p->pw_uid == 0)
		return sr_fail(SR_E_INPUT, "a relay needs a user that is not root");
	if (geteuid() != 0)
		return p->pw_uid == geteuid()
			       ? sr_ok()
			       : sr_fail(SR_E_STATE, "only root can become another user");
	if (initgroups(name, p->pw_gid) || setresgid(p->pw_gid, p->pw_gid, p->pw_gid) ||
	    setresuid(p->pw_uid, p->pw_uid, p->pw_uid))
		return sr_sys("the privileges of root cannot be given up");
	if (setuid(0) == 0)
		return sr_fail(SR_E_STATE, "the privileges of root were not given up");
	return sr_ok();
}

static const int allowed[] = {
	/* memory, threads, time, chance */
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	SCMP_SYS(mlock),
	SCMP_SYS(munlock),
	SCMP_SYS(futex),
	SCMP_SYS(sched_yield),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(gettid),
	SCMP_SYS(getpid),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(sigaltstack),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(nanosleep),
	SCMP_SYS(getrandom),
	/* what a thread begins with: one may not have come further yet */
	SCMP_SYS(rseq),
	SCMP_SYS(set_robust_list),
	SCMP_SYS(sched_getaffinity),
	/* connections that are there, or that come in */
	SCMP_SYS(accept4),
	SCMP_SYS(shutdown),
	SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg),
	SCMP_SYS(sendto),
	SCMP_SYS(sendmsg),
	SCMP_SYS(getsockopt),
	SCMP_SYS(setsockopt),
	SCMP_SYS(getsockname),
	SCMP_SYS(getpeername),
	SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	/* files */
	SCMP_SYS(read),
	SCMP_SYS(write),
	SCMP_SYS(readv),
	SCMP_SYS(writev),
	SCMP_SYS(pread64),
	SCMP_SYS(pwrite64),
	SCMP_SYS(lseek),
	SCMP_SYS(openat),
	SCMP_SYS(close),
	SCMP_SYS(fcntl),
	SCMP_SYS(flock),
	SCMP_SYS(fsync),
	SCMP_SYS(fdatasync),
	SCMP_SYS(ftruncate),
	SCMP_SYS(fallocate),
	SCMP_SYS(fstat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(stat),
	SCMP_SYS(lstat),
	SCMP_SYS(statx),
	SCMP_SYS(access),
	SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2),
	SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),
	SCMP_SYS(unlink),
	SCMP_SYS(unlinkat),
	SCMP_SYS(getcwd),
	SCMP_SYS(geteuid),
	SCMP_SYS(fchmod),
	SCMP_SYS(fchown),
};

static bool add_rules(scmp_filter_ctx f)
{
	int bad = 0;
	for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
		bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, allowed[i], 0);
	bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
				SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
				SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1,
				SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME, 0));
	/* abort() sends a signal to its own thread. */
	bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
				SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0));
	return bad == 0;
}

/* refused may call nothing that is not safe in a signal's handler. */
static void refused(int sig, siginfo_t *info, void *context)
{
	char line[] = "level=error event=refused-call call=0000\n";
	(void)sig;
	(void)context;
	unsigned n = (unsigned)info->si_syscall;
	for (size_t at = sizeof line - 3; line[at] != '='; at--, n /= 10)
		line[at] = (char)('0' + n % 10);
	(void)!write(STDERR_FILENO, line, sizeof line - 1);
	_exit(RELAY_EXIT_REFUSED);
}

struct sr_err relay_guard_lock(void)
{
	struct sigaction action = {.sa_sigaction = refused, .sa_flags = SA_SIGINFO};
	(void)sigemptyset(&action.sa_mask);
	if (sigaction(SIGSYS, &action, NULL))
		return sr_sys("a signal's handler cannot be set");
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_TRAP);
	if (!f)
		return sr_nomem();
	/* Loading sets PR_SET_NO_NEW_PRIVS as well (seccomp_attr_set(3), SCMP_FLTATR_CTL_NNP). */
	const bool ok = seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1) == 0 && add_rules(f) &&
			seccomp_load(f) == 0;
	seccomp_release(f);
	return ok ? sr_ok() : sr_fail(SR_E_IO, "system calls cannot be confined here");
}
