/* SPDX-License-Identifier: Apache-2.0 */
/* A reader taken over by its input: whatever it tries, the parent gets the right error, soon, and
 * keeps neither children nor descriptors. */
#include "extract.h"
#include "extract_child.h"
#include "extract_html.h"
#include "extract_process.h"
#include "base_limits.h"
#include "platform.h"
#include "test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TEST_ADDRESS_SANITIZER
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define TEST_ADDRESS_SANITIZER
#endif

#define BYTES(s)                                                                                   \
	{                                                                                          \
		(const uint8_t *)(s), sizeof(s) - 1                                                \
	}
#define ROWS(table) (sizeof(table) / sizeof(table)[0])

enum { TEXT_LEN_MAX = 1 << 20, WALL_MS = 20000, HANG_MS = 200, HOG_LEN = 64 * 1024 * 1024 };

/* A descriptor of the parent that no child should have. */
static int secret_fd = -1;

static pid_t parent_pid;

static void answer(const char *text)
{
	struct extract_found found = {.text = slice_str(text)};
	extract_answer(EXTRACT_OK, &found);
}

/* raw makes a system call past the C library and then claims that all is well. */
#define RAW(name, ...)                                                                             \
	static void name(void *state)                                                              \
	{                                                                                          \
		(void)state;                                                                       \
		(void)syscall(__VA_ARGS__);                                                        \
		answer("it was allowed");                                                          \
	}

static char *const no_words[] = {NULL};

RAW(opens, SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY)
RAW(creates, SYS_openat, AT_FDCWD, "/tmp/subrosa-must-not-exist", O_CREAT | O_WRONLY, 0600)
RAW(connects, SYS_socket, AF_INET, SOCK_STREAM, 0)
RAW(forks, SYS_fork)
RAW(clones, SYS_clone, SIGCHLD, NULL, NULL, NULL, 0)
RAW(executes, SYS_execve, "/bin/true", no_words, no_words)
RAW(maps_code, SYS_mmap, NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
RAW(kills_parent, SYS_kill, parent_pid, SIGTERM)
RAW(signals_parent, SYS_tgkill, parent_pid, parent_pid, SIGTERM)
RAW(writes_elsewhere, SYS_write, 2, "x", 1)
RAW(reads, SYS_read, secret_fd, &(char){0}, 1)
RAW(duplicates, SYS_dup, EXTRACT_FD)
RAW(closes, SYS_close, EXTRACT_FD)
RAW(traces, SYS_ptrace, 16, parent_pid, NULL, NULL)
RAW(unlinks, SYS_unlink, "/tmp/subrosa-must-not-exist")
RAW(raises_limits, SYS_prlimit64, 0, 7, &(uint64_t[2]){9, 9}, NULL)
RAW(installs_filter, SYS_seccomp, 1, 0, NULL)

static void makes_code(void *state)
{
	(void)state;
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	(void)mprotect(p, 4096, PROT_READ | PROT_EXEC);
	answer("it was allowed");
}

static void aborts(void *state)
{
	(void)state;
	abort();
}

/* Without the checks of the sanitizers, which would report it before it happens. */
__attribute__((no_sanitize("undefined", "address"))) static void faults(void *state)
{
	(void)state;
	*(volatile char *)state = 1;
}

static void loops(void *state)
{
	volatile bool *go = state;
	while (!*go)
		;
}

static void loops_after_answer(void *state)
{
	answer("now what");
	loops(state);
}

static void leaves(void *state)
{
	(void)state;
}

static void leaves_badly(void *state)
{
	(void)state;
	answer("text");
	_exit(EXIT_FAILURE);
}

/* hogs takes memory until there is none, and touches it. */
static void hogs(void *state)
{
	size_t *len_max = state;
	for (size_t len = 0; len < *len_max; len += 1 << 20) {
		char *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			       -1, 0);
		if (p == MAP_FAILED) {
			extract_answer(EXTRACT_MEMORY, NULL);
			return;
		}
		memset(p, 1, 1 << 20);
	}
	answer("it was allowed");
}

static void put(uint8_t *p, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

/* say writes a header of the parts given, then text; skipped of a reason are what was left out. */
static void say_skipped(uint32_t magic, uint32_t outcome, uint64_t replaced_n, uint64_t len,
			struct slice text, enum extract_outcome reason, uint32_t skipped_n)
{
	uint8_t head[EXTRACT_HEADER_LEN] = {0};
	put(head, magic, 4);
	put(head + 4, outcome, 4);
	put(head + 8, replaced_n, 8);
	put(head + 16, len, 8);
	put(head + 24 + 4 * (size_t)reason, skipped_n, 4);
	if (sr_bad(platform_write_all(EXTRACT_FD, head, sizeof head)) ||
	    sr_bad(platform_write_all(EXTRACT_FD, text.ptr, text.len)))
		_exit(EXIT_FAILURE);
}

static void say(uint32_t magic, uint32_t outcome, uint64_t replaced_n, uint64_t len,
		struct slice text)
{
	say_skipped(magic, outcome, replaced_n, len, text, EXTRACT_OK, 0);
}

#define SAYS(name, ...)                                                                            \
	static void name(void *state)                                                              \
	{                                                                                          \
		(void)state;                                                                       \
		say(__VA_ARGS__);                                                                  \
	}

SAYS(says_wrong_magic, EXTRACT_MAGIC + 1, 0, 0, 1, SLICE_LIT("a"))
SAYS(says_parents_outcome, EXTRACT_MAGIC, EXTRACT_CRASHED, 0, 0, SLICE_LIT(""))
SAYS(says_no_outcome, EXTRACT_MAGIC, UINT32_MAX, 0, 0, SLICE_LIT(""))
SAYS(says_text_with_error, EXTRACT_MAGIC, EXTRACT_IS_PDF, 0, 1, SLICE_LIT("a"))
SAYS(says_too_many_replaced, EXTRACT_MAGIC, 0, 1, 2, SLICE_LIT("ab"))
SAYS(says_too_little, EXTRACT_MAGIC, 0, 0, 2, SLICE_LIT("a"))
SAYS(says_too_much, EXTRACT_MAGIC, 0, 0, 1, SLICE_LIT("ab"))
SAYS(says_nul, EXTRACT_MAGIC, 0, 0, 3, SLICE_LIT("a\0b"))
SAYS(says_half_character, EXTRACT_MAGIC, 0, 0, 1, SLICE_LIT("\xc3"))
SAYS(says_surrogate, EXTRACT_MAGIC, 0, 0, 3, SLICE_LIT("\xed\xa0\x80"))
SAYS(says_long_length, EXTRACT_MAGIC, 0, 0, (uint64_t)TEXT_LEN_MAX + 1, SLICE_LIT("a"))
SAYS(says_huge_length, EXTRACT_MAGIC, 0, 0, UINT64_MAX, SLICE_LIT("a"))
SAYS(says_unconfined, EXTRACT_MAGIC, EXTRACT_UNCONFINED, 0, 0, SLICE_LIT(""))
SAYS(says_junk, EXTRACT_MAGIC, EXTRACT_JUNK, 0, 0, SLICE_LIT(""))
SAYS(says_right, EXTRACT_MAGIC, 0, 1, 4, SLICE_LIT("a\xef\xbf\xbd"))

#define SAYS_SKIPPED(name, outcome, reason, n)                                                     \
	static void name(void *state)                                                              \
	{                                                                                          \
		(void)state;                                                                       \
		say_skipped(EXTRACT_MAGIC, outcome, 0, 0, SLICE_LIT(""), reason, n);               \
	}

SAYS_SKIPPED(says_skipped_mail, EXTRACT_OK, EXTRACT_MEMORY, 1)
SAYS_SKIPPED(says_too_many_skipped, EXTRACT_OK, EXTRACT_IS_PICTURE, LIMIT_MAIL_PARTS + 1)
SAYS_SKIPPED(says_skipped_with_error, EXTRACT_NOTHING, EXTRACT_IS_PICTURE, 1)

static void library_without_memory(void *state)
{
	(void)state;
	(void)fprintf(stderr, "x: failed to allocate 9 bytes\n");
	abort();
}

static void library_with_complaint(void *state)
{
	(void)state;
	(void)fprintf(stderr, "assertion failed\n");
	abort();
}

static void floods(void *state)
{
	(void)state;
	static const uint8_t block[4096];
	for (;;) {
		if (write(EXTRACT_FD, block, sizeof block) < 0)
			_exit(EXIT_FAILURE);
	}
}

static void floods_text(void *state)
{
	say(EXTRACT_MAGIC, 0, 0, 10, SLICE_LIT("0123456789"));
	floods(state);
}

static const struct {
	void (*run)(void *state);
	enum extract_outcome want;
	int64_t wall_ms;
	const char *why;
} misdeeds[] = {
	{opens, EXTRACT_FORBIDDEN, WALL_MS, "opens a file"},
	{creates, EXTRACT_FORBIDDEN, WALL_MS, "creates a file"},
	{unlinks, EXTRACT_FORBIDDEN, WALL_MS, "removes a file"},
	{connects, EXTRACT_FORBIDDEN, WALL_MS, "opens a socket"},
	{forks, EXTRACT_FORBIDDEN, WALL_MS, "forks"},
	{clones, EXTRACT_FORBIDDEN, WALL_MS, "clones"},
	{executes, EXTRACT_FORBIDDEN, WALL_MS, "executes a program"},
	{maps_code, EXTRACT_FORBIDDEN, WALL_MS, "maps executable memory"},
	{makes_code, EXTRACT_FORBIDDEN, WALL_MS, "makes memory executable"},
	{kills_parent, EXTRACT_FORBIDDEN, WALL_MS, "kills its parent"},
	{signals_parent, EXTRACT_FORBIDDEN, WALL_MS, "signals its parent's thread"},
	{writes_elsewhere, EXTRACT_FORBIDDEN, WALL_MS, "writes to another descriptor"},
	{reads, EXTRACT_FORBIDDEN, WALL_MS, "reads a descriptor of its parent"},
	{duplicates, EXTRACT_FORBIDDEN, WALL_MS, "duplicates its descriptor"},
	{closes, EXTRACT_FORBIDDEN, WALL_MS, "closes its descriptor"},
	{traces, EXTRACT_FORBIDDEN, WALL_MS, "traces its parent"},
	{raises_limits, EXTRACT_FORBIDDEN, WALL_MS, "raises a limit"},
	{installs_filter, EXTRACT_FORBIDDEN, WALL_MS, "changes its filter"},
	{aborts, EXTRACT_CRASHED, WALL_MS, "aborts"},
	{loops, EXTRACT_SLOW, HANG_MS, "loops"},
	{loops_after_answer, EXTRACT_SLOW, HANG_MS, "answers and loops"},
	{library_without_memory, EXTRACT_MEMORY, WALL_MS, "has a library abort for lack of it"},
	{library_with_complaint, EXTRACT_CRASHED, WALL_MS, "has a library abort otherwise"},
	{leaves, EXTRACT_GARBAGE, WALL_MS, "says nothing"},
	{leaves_badly, EXTRACT_GARBAGE, WALL_MS, "answers and fails"},
	{floods, EXTRACT_GARBAGE, WALL_MS, "writes zeros for ever"},
	{floods_text, EXTRACT_GARBAGE, WALL_MS, "adds zeros for ever"},
	{says_wrong_magic, EXTRACT_GARBAGE, WALL_MS, "another magic number"},
	{says_parents_outcome, EXTRACT_GARBAGE, WALL_MS, "an outcome that is not its own"},
	{says_no_outcome, EXTRACT_GARBAGE, WALL_MS, "an outcome that is none"},
	{says_text_with_error, EXTRACT_GARBAGE, WALL_MS, "an error and a text"},
	{says_too_many_replaced, EXTRACT_GARBAGE, WALL_MS, "more replacements than text"},
	{says_skipped_mail, EXTRACT_GARBAGE, WALL_MS, "a part skipped for no such reason"},
	{says_too_many_skipped, EXTRACT_GARBAGE, WALL_MS, "more parts skipped than there may be"},
	{says_skipped_with_error, EXTRACT_GARBAGE, WALL_MS, "an error and a part skipped"},
	{says_too_little, EXTRACT_GARBAGE, WALL_MS, "less than announced"},
	{says_too_much, EXTRACT_GARBAGE, WALL_MS, "more than announced"},
	{says_nul, EXTRACT_GARBAGE, WALL_MS, "a NUL"},
	{says_half_character, EXTRACT_GARBAGE, WALL_MS, "half a character"},
	{says_surrogate, EXTRACT_GARBAGE, WALL_MS, "a surrogate"},
	{says_long_length, EXTRACT_LONG, WALL_MS, "one byte more than allowed"},
	{says_huge_length, EXTRACT_LONG, WALL_MS, "a length that overflows"},
	{says_unconfined, EXTRACT_UNCONFINED, WALL_MS, "an outcome of its own"},
	{says_junk, EXTRACT_JUNK, WALL_MS, "another"},
	{says_right, EXTRACT_OK, WALL_MS, "a proper answer"},
};

static int64_t now_ms(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool same(struct sr_err a, struct sr_err b)
{
	return a.code == b.code &&
	       (a.what == b.what || (a.what && b.what && strcmp(a.what, b.what) == 0));
}

/* run_task runs one misdeed and checks what the parent makes of it. */
static void run_task(const struct extract_task *task, enum extract_outcome want, const char *why)
{
	struct arena a = {0};
	struct extract_found found = {SLICE_LIT("untouched"), 77, {0}};
	struct sr_err e = extract_run(&a, task, &found);
	CHECK(same(e, extract_err(want)), "%s: %s", why, e.what ? e.what : "no error");
	if (sr_bad(e))
		CHECK(slice_eq(found.text, SLICE_LIT("untouched")) && found.replaced_n == 77,
		      "%s: results", why);
	else
		CHECK(slice_eq(found.text, SLICE_LIT("a\xef\xbf\xbd")) && found.replaced_n == 1,
		      "%s: text", why);
	CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD, "%s: a child is left", why);
	arena_release(&a);
}

static void test_misdeeds(void)
{
	bool never = false;
	for (size_t i = 0; i < ROWS(misdeeds); i++) {
		struct extract_task task = {
			NULL, misdeeds[i].run, &never, misdeeds[i].wall_ms, TEXT_LEN_MAX, HOG_LEN};
		int64_t from = now_ms();
		run_task(&task, misdeeds[i].want, misdeeds[i].why);
		CHECK(now_ms() - from < WALL_MS / 2, "%s: took too long", misdeeds[i].why);
	}
	CHECK(access("/tmp/subrosa-must-not-exist", F_OK) != 0, "a file was created");
}

static void test_crash(void)
{
	struct extract_task task = {NULL, faults, NULL, WALL_MS, TEXT_LEN_MAX, HOG_LEN};
	run_task(&task, EXTRACT_CRASHED, "writes to address 0");
}

static void test_memory(void)
{
	size_t len_max = (size_t)4 * HOG_LEN;
	struct extract_task task = {NULL, hogs, &len_max, WALL_MS, TEXT_LEN_MAX, HOG_LEN};
	run_task(&task, EXTRACT_MEMORY, "takes memory without end");
}

/* closed_or_die runs before the filter, so that it is the closing that is tested. */
static void closed_or_die(void *state)
{
	(void)state;
	for (int fd = 0; fd < 1024; fd++) {
		if (fd != EXTRACT_FD && fcntl(fd, F_GETFD) >= 0)
			abort();
	}
}

static void test_inheritance(void)
{
	struct extract_task task = {closed_or_die, says_right,   NULL,
				    WALL_MS,       TEXT_LEN_MAX, HOG_LEN};
	run_task(&task, EXTRACT_OK, "inherits no descriptor");
	CHECK(fcntl(secret_fd, F_GETFD) >= 0, "the parent keeps its own");
}

/* A child that hangs before it is confined is the parent's to end, too. */
static void test_slow_start(void)
{
	bool never = false;
	struct extract_task task = {loops, says_right, &never, HANG_MS, TEXT_LEN_MAX, HOG_LEN};
	run_task(&task, EXTRACT_SLOW, "hangs before the filter");
}

/* A page of many times the same. */
struct long_page {
	const char *start, *again;
	size_t again_n;
};

static void opens_html(void *state)
{
	(void)state;
	if (!html_open())
		abort();
}

/* reads_page makes the page out of memory that the limit counts as well. */
static void reads_page(void *state)
{
	const struct long_page *page = state;
	struct build in, out;
	struct slice s;
	struct extract_found found = {0};
	build_init(&in, 0);
	build_init(&out, 0);
	build_str(&in, page->start);
	for (size_t i = 0; i < page->again_n; i++)
		build_str(&in, page->again);
	enum extract_outcome o = EXTRACT_MEMORY;
	if (!sr_bad(build_done(&in, &s)))
		o = html_text(s, &out);
	if (o == EXTRACT_OK && sr_bad(build_done(&out, &found.text)))
		o = EXTRACT_MEMORY;
	extract_answer(o, &found);
}

static const struct {
	struct long_page page;
	enum extract_outcome want;
	int64_t wall_ms;
	size_t text_len;
	const char *why;
} long_pages[] = {
	{{"", "<b>x</i>", 400000},
	 EXTRACT_SLOW,
	 HANG_MS,
	 0,
	 "ends of elements that were never opened"},
#if !defined(TEST_ADDRESS_SANITIZER)
	/* The sanitizer ends a process that has no memory left. */
	{{"", "<b>x", 6000000}, EXTRACT_MEMORY, WALL_MS, 0, "open elements without end"},
	{{"", "x", 40000000}, EXTRACT_MEMORY, WALL_MS, 0, "a page without room for its copy"},
#endif
	{{"<p>", "x", 12000000}, EXTRACT_OK, WALL_MS, 12000000, "more than 10 MB without a tag"},
	{{"<p title='>", "x", 12000000}, EXTRACT_OK, WALL_MS, 0, "more than 10 MB in an attribute"},
	{{"", "<b>x", 1000000}, EXTRACT_OK, WALL_MS, 1000000, "a million open elements"},
};

/* What libxml2 cannot do within the limits is refused, never cut short. */
static void test_long_pages(void)
{
	for (size_t i = 0; i < ROWS(long_pages); i++) {
		struct long_page page = long_pages[i].page;
		struct extract_task task = {
			opens_html,        reads_page, &page, long_pages[i].wall_ms,
			16 * TEXT_LEN_MAX, 2 * HOG_LEN};
		struct arena a = {0};
		struct extract_found found;
		struct sr_err e = extract_run(&a, &task, &found);
		CHECK(same(e, extract_err(long_pages[i].want)), "%s: %s", long_pages[i].why,
		      e.what ? e.what : "read");
		if (!sr_bad(e))
			CHECK(found.text.len == long_pages[i].text_len, "%s: %zu bytes of text",
			      long_pages[i].why, found.text.len);
		arena_release(&a);
	}
}

/* without_seccomp refuses the next filter, as a kernel without seccomp does. */
static bool without_seccomp(void)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);
	bool ok = f && seccomp_rule_add(f, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(seccomp), 0) == 0 &&
		  seccomp_rule_add(f, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(prctl), 1,
				   SCMP_A0(SCMP_CMP_EQ, 22 /* PR_SET_SECCOMP */, 0)) == 0 &&
		  seccomp_load(f) == 0;
	seccomp_release(f);
	return ok;
}

/* reads_in_child forks, changes the fork with prepare and reads a short text there. */
static bool reads_in_child(bool (*prepare)(void), enum extract_outcome want)
{
	pid_t pid = fork();
	if (pid == 0) {
		struct arena a = {0};
		struct slice text;
		bool ok = prepare() && same(extract_text(&a, SLICE_LIT("a"), NULL, NULL, &text),
					    extract_err(want));
		arena_release(&a);
		_exit(ok ? EXIT_SUCCESS : EXIT_FAILURE);
	}
	int status = -1;
	return waitpid(pid, &status, 0) == pid && status == 0;
}

static void test_unconfined(void)
{
	CHECK(reads_in_child(without_seccomp, EXTRACT_UNCONFINED), "nothing is read unconfined");
}

/* as_nobody: a user without rights, and with less time than a reader may have. */
static bool as_nobody(void)
{
	struct rlimit cpu = {LIMIT_EXTRACT_S / 2, LIMIT_EXTRACT_S / 2};
	return (geteuid() != 0 || (setgid(65534) == 0 && setuid(65534) == 0)) &&
	       setrlimit(RLIMIT_CPU, &cpu) == 0;
}

static bool without_stdio(void)
{
	return close(0) == 0 && close(1) == 0 && close(2) == 0;
}

static bool with_signals_blocked(void)
{
	sigset_t all;
	return sigfillset(&all) == 0 && sigprocmask(SIG_SETMASK, &all, NULL) == 0;
}

static void test_surroundings(void)
{
	CHECK(reads_in_child(as_nobody, EXTRACT_OK), "a user without rights");
	CHECK(reads_in_child(without_stdio, EXTRACT_OK), "no standard input and output");
	CHECK(reads_in_child(with_signals_blocked, EXTRACT_OK), "all signals blocked");
}

static void on_alarm(int sig)
{
	(void)sig;
}

/* Signals that arrive while the parent waits change nothing. */
static void test_interrupts(void)
{
	struct sigaction act = {.sa_handler = on_alarm}, old;
	struct itimerval often = {{0, 1000}, {0, 1000}}, off = {{0, 0}, {0, 0}};
	(void)sigaction(SIGALRM, &act, &old);
	(void)setitimer(ITIMER_REAL, &often, NULL);
	bool never = false;
	struct extract_task slow = {NULL, loops, &never, HANG_MS, TEXT_LEN_MAX, HOG_LEN};
	run_task(&slow, EXTRACT_SLOW, "interrupted, loops");
	struct extract_task good = {NULL, says_right, NULL, WALL_MS, TEXT_LEN_MAX, HOG_LEN};
	run_task(&good, EXTRACT_OK, "interrupted, proper");
	(void)setitimer(ITIMER_REAL, &off, NULL);
	(void)sigaction(SIGALRM, &old, NULL);
}

/* hear_byte takes over fd: a byte that pid writes, as long as both limits let it. */
static struct sr_err hear_byte(pid_t pid, int fd, int64_t wall_ms, int64_t cpu_ms, size_t *got)
{
	uint8_t byte;
	struct process p;
	SR_TRY(process_make(&p, pid, fd, wall_ms));
	process_bound(&p, cpu_ms);
	struct sr_err e = process_receive(&p, &byte, sizeof byte, got);
	if (pid == getpid())
		(void)close(fd);
	else
		(void)process_end(&p, NULL);
	return e;
}

/* What is heard may give more time, but not beyond the end. The "child" is this process, which
 * sleeps: only the clock can end it. */
static void test_patience(void)
{
	static const struct {
		int64_t cpu_ms, wall_ms;
		bool slow;
		const char *why;
	} rows[] = {
		{HANG_MS / PROCESS_PATIENCE, WALL_MS, true, "no longer than it says"},
		{WALL_MS, HANG_MS, true, "not beyond the end"},
		{WALL_MS, WALL_MS, false, "as long as both say"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		size_t got = 0;
		int fd[2];
		if (!CHECK(!pipe(fd), "a pipe"))
			return;
		if (!rows[i].slow)
			CHECK(write(fd[1], "", 1) == 1, "a byte");
		struct sr_err e = hear_byte(getpid(), fd[0], rows[i].wall_ms, rows[i].cpu_ms, &got);
		CHECK(rows[i].slow ? e.code == SR_E_LIMIT : !sr_bad(e) && got == 1, "%s: %s",
		      rows[i].why, sr_bad(e) ? e.what : "no error");
		(void)close(fd[1]);
	}
}

/* A page's time is the child's own: one that does nothing but compute has used it up long before
 * the clock ends it, one that waits for its turn has not. */
static void test_own_time(void)
{
	enum { CPU_MS = 200, AWAKE_MS = 2 * CPU_MS };
	for (int busy = 0; busy < 2; busy++) {
		size_t got = 0;
		int fd[2];
		if (!CHECK(!pipe(fd), "a pipe"))
			return;
		pid_t pid = fork();
		while (pid == 0 && busy)
			;
		if (pid == 0) {
			(void)usleep(AWAKE_MS * 1000);
			_exit(write(fd[1], "", 1) != 1);
		}
		if (!CHECK(pid > 0, "a process"))
			return;
		struct sr_err e = hear_byte(pid, fd[0], WALL_MS, CPU_MS, &got);
		CHECK(busy ? e.code == SR_E_LIMIT : !sr_bad(e) && got == 1, "%s: %s",
		      busy ? "computes" : "waits", sr_bad(e) ? e.what : "no error");
		(void)close(fd[1]);
	}
}

static unsigned open_fds(void)
{
	unsigned n = 0;
	DIR *d = opendir("/proc/self/fd");
	while (d && readdir(d))
		n++;
	if (d)
		(void)closedir(d);
	return n;
}

static void test_leftovers(void)
{
	unsigned before = open_fds();
	for (int i = 0; i < 100; i++) {
		struct extract_task task = {
			NULL, i % 2 ? says_right : says_nul, NULL, WALL_MS, TEXT_LEN_MAX, HOG_LEN};
		run_task(&task, i % 2 ? EXTRACT_OK : EXTRACT_GARBAGE, "one of many");
	}
	CHECK(open_fds() == before, "descriptors are left: %u, not %u", open_fds(), before);
}

static void count_notes(void *user, const struct sr_note *n)
{
	unsigned *notes_n = user;
	*notes_n += n->level == SR_WARNING;
}

static const struct {
	struct slice in;
	const char *name;
	enum extract_outcome want;
	const char *text;
	unsigned notes_n;
	const char *why;
} whole[] = {
	{{NULL, 0}, NULL, EXTRACT_OK, "", 0, "an empty file"},
	{{NULL, 0}, "x.html", EXTRACT_OK, "", 0, "an empty page"},
	{BYTES("text\n"), "x.txt", EXTRACT_OK, "text\n", 0, "text stays as it is"},
	{BYTES("# a {b|c} <i>d</i>\n"), "x.md", EXTRACT_OK, "# a {b|c} <i>d</i>\n", 0, "Markdown"},
	{BYTES("<html><p>a<p>b"), NULL, EXTRACT_OK, "a\nb", 0, "a page"},
	{BYTES("<html><meta charset=cp1251><p>\xcf"), NULL, EXTRACT_OK, "П", 0, "a converter"},
	{BYTES("<html><meta charset=gb18030><p>\xd6\xd0\xce"), NULL, EXTRACT_OK, "中\xef\xbf\xbd",
	 1, "what cannot be decoded is noted"},
	{BYTES("%PDF-1.7\n"), "x.txt", EXTRACT_IS_PDF, "", 0, "a refusal"},
};

static void test_whole(void)
{
	for (size_t i = 0; i < ROWS(whole); i++) {
		struct arena a = {0};
		unsigned notes_n = 0;
		struct sr_sink sink = {count_notes, &notes_n, "x"};
		struct slice text = {NULL, 0};
		struct sr_err e = extract_text(&a, whole[i].in, whole[i].name, &sink, &text);
		CHECK(same(e, extract_err(whole[i].want)), "%s: %s", whole[i].why, e.what);
		CHECK(slice_eq(text, slice_str(whole[i].text)), "%s: %.*s", whole[i].why,
		      (int)text.len, (const char *)text.ptr);
		CHECK(notes_n == whole[i].notes_n, "%s: %u notes", whole[i].why, notes_n);
		arena_release(&a);
	}
	struct arena a = {0};
	struct slice text, huge = {(const uint8_t *)"", (size_t)LIMIT_LEAK_BYTES + 1};
	CHECK(extract_text(&a, huge, NULL, NULL, &text).code == SR_E_LIMIT, "too large, unread");
}

/* The words for a person: each outcome has its own, and none is empty. */
static void test_words(void)
{
	for (unsigned i = EXTRACT_UNCONFINED; i <= EXTRACT_NO_LANGUAGE; i++) {
		struct sr_err e = extract_err((enum extract_outcome)i);
		CHECK(sr_bad(e) && e.what && *e.what, "outcome %u", i);
		for (unsigned k = EXTRACT_UNCONFINED; k < i; k++)
			CHECK(strcmp(e.what, extract_err((enum extract_outcome)k).what) != 0,
			      "outcomes %u and %u are told apart", i, k);
	}
}

int main(void)
{
	parent_pid = getpid();
	secret_fd = open("/dev/zero", O_RDONLY);
	test_run("misdeeds", test_misdeeds);
	test_run("crash", test_crash);
	test_run("memory", test_memory);
	test_run("inheritance", test_inheritance);
	test_run("slow start", test_slow_start);
	test_run("long pages", test_long_pages);
	test_run("unconfined", test_unconfined);
	test_run("surroundings", test_surroundings);
	test_run("interrupts", test_interrupts);
	test_run("patience", test_patience);
	test_run("a process has its own time", test_own_time);
	test_run("leftovers", test_leftovers);
	test_run("whole files", test_whole);
	test_run("words", test_words);
	(void)close(secret_fd);
	return test_done();
}
