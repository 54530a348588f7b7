/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration files, what the relay keeps in its folder, and what it gives up. */
#include "test.h"

#include "relay_conf.h"
#include "relay_count.h"
#include "relay_guard.h"
#include "relay_home.h"
#include "relay_tls.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* struct noted: the lines that were complained of. */
struct noted {
	unsigned n, line[8];
};

static void take_note(void *user, const struct sr_note *note)
{
	struct noted *n = user;
	if (n->n < sizeof n->line / sizeof *n->line)
		n->line[n->n++] = note->line;
}

static struct sr_err read_text(struct relay_conf *c, struct arena *a, const char *text,
			       struct noted *noted)
{
	const struct sr_sink sink = {take_note, noted, "a file"};
	relay_conf_usual(c);
	return relay_conf_read(c, a, slice_str(text), &sink);
}

static void test_good(void)
{
	static const char text[] = "# a relay\n"
				   "\n"
				   "listen = [::1]:8080\r\n"
				   "  data=/srv/relay data  \n"
				   "\tuser\t=\tnobody\n"
				   "metrics = 127.0.0.1:9\n"
				   "admission = yes\n"
				   "seccomp = no\n"
				   "keep_days = 7  90\n"
				   "log_cells = 1000000000\n"
				   "connections_per_address = 0\n"
				   "polls = 5\n"
				   "connections = 6";
	struct arena a = {0};
	struct relay_conf c;
	struct noted noted = {0};
	CHECK(!sr_bad(read_text(&c, &a, text, &noted)) && noted.n == 0, "it is read");
	CHECK(strcmp(c.listen.host, "::1") == 0 && c.listen.port == 8080, "%s", c.listen.host);
	CHECK(strcmp(c.data, "/srv/relay data") == 0 && strcmp(c.user, "nobody") == 0, "%s",
	      c.data);
	CHECK(c.metrics.port == 9 && c.admission && !c.seccomp, "flags");
	CHECK(c.classes == (1 << WIRE_DAYS_7 | 1 << WIRE_DAYS_90), "%x", c.classes);
	CHECK(c.log_cells == 1000 * 1000 * 1000 && c.limits.per_address == 0, "numbers");
	CHECK(!sr_bad(relay_conf_check(&c)), "it goes together");
	CHECK(c.limits.answer_bytes == (size_t)256 << 20, "what follows");
	c.limits.polls = 6;
	CHECK(sr_bad(relay_conf_check(&c)), "polls that leave no connection");
	c.limits.polls = 1;
	c.data = NULL;
	CHECK(sr_bad(relay_conf_check(&c)), "no folder");
	arena_release(&a);
}

/* Each row is a line that is refused. */
static const struct {
	const char *line, *reason;
} bad[] = {
	{"listen", "no value"},
	{"listen =", "an empty one"},
	{"= 5", "no key"},
	{"lisen = a:1", "no such key"},
	{"Listen = a:1", "keys are in lower case"},
	{"listen = 127.0.0.1", "no port"},
	{"listen = :80", "no host"},
	{"listen = []:80", "no host"},
	{"listen = ::1:80", "no brackets"},
	{"listen = a:0", "no such port"},
	{"listen = a:65536", "no such port"},
	{"listen = a:8o", "no number"},
	{"admission = true", "neither yes nor no"},
	{"admission = yes no", "both"},
	{"keep_days = 8", "no such class"},
	{"keep_days = 7,30", "no blanks"},
	{"keep_days =", "none"},
	{"polls = 0", "too small"},
	{"polls = -1", "no number"},
	{"polls = 1000001", "too large"},
	{"polls = 99999999999999999999999", "far too large"},
	{"polls = 0x10", "no number"},
	{"idle_s = 121", "longer than any deadline"},
	{"data =", "no folder"},
};

static void test_bad(void)
{
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct arena a = {0};
		struct relay_conf c;
		struct noted noted = {0};
		char text[256];
		(void)snprintf(text, sizeof text, "polls = 7\n%s\npolls = 9\nnothing\n",
			       bad[i].line);
		struct sr_err e = read_text(&c, &a, text, &noted);
		CHECK(e.code == SR_E_INPUT && noted.n == 2 && noted.line[0] == 2 &&
			      noted.line[1] == 4,
		      "%s (%s): %u notes", bad[i].line, bad[i].reason, noted.n);
		CHECK(c.limits.polls == 9, "%s: the other lines hold", bad[i].line);
		struct relay_conf usual;
		relay_conf_usual(&usual);
		CHECK(strcmp(usual.listen.host, c.listen.host) == 0 &&
			      usual.listen.port == c.listen.port && !c.admission && !c.data &&
			      usual.classes == c.classes && usual.limits.idle_s == c.limits.idle_s,
		      "%s: nothing else is changed", bad[i].line);
		arena_release(&a);
	}
}

static void test_conf_memory(void)
{
	for (size_t n = 1;; n++) {
		struct arena a = {0};
		struct relay_conf c;
		struct noted noted = {0};
		test_alloc_fail_at(n);
		struct sr_err e = read_text(&c, &a, "data = /x\nuser = y\n", &noted);
		const bool hit = test_alloc_failed();
		test_alloc_fail_at(0);
		CHECK(hit ? e.code == SR_E_NOMEM : !sr_bad(e), "allocation %zu", n);
		arena_release(&a);
		if (!hit)
			break;
	}
}

static char folder[256];

static void make_folder(void)
{
	const char *tmp = getenv("TMPDIR");
	(void)snprintf(folder, sizeof folder, "%s/relay-home-XXXXXX", tmp ? tmp : "/tmp");
	CHECK(mkdtemp(folder), "a folder");
}

static const char *in_folder(const char *name)
{
	static char path[300];
	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

static void remove_folder(void)
{
	DIR *d = opendir(folder);
	for (struct dirent *e; d && (e = readdir(d));)
		if (e->d_name[0] != '.')
			(void)unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		(void)closedir(d);
	(void)rmdir(folder);
}

static unsigned mode_of(const char *name)
{
	struct stat st;
	return stat(in_folder(name), &st) ? 0 : st.st_mode & 0777;
}

static void test_home(void)
{
	struct arena a = {0};
	struct relay_home h, again;
	uint8_t key[CRYPTO_PUBLIC_LEN];
	make_folder();
	CHECK(relay_home_open(folder, &a, &h).code == SR_E_STATE, "an empty folder is no relay");
	CHECK(!sr_bad(relay_home_make(folder, false)) && mode_of("relay.key") == 0600,
	      "one is made");
	CHECK(!sr_bad(relay_home_open(folder, &a, &h)) && !h.tls, "it is there");
	memcpy(key, h.public_key, sizeof key);
	relay_home_close(&h);
	CHECK(!sr_bad(relay_home_make(folder, true)) && mode_of("tls.key") == 0600, "TLS is added");
	CHECK(!sr_bad(relay_home_open(folder, &a, &h)) && h.tls, "it is there");
	CHECK(memcmp(key, h.public_key, sizeof key) == 0, "the relay's key is as it was");
	CHECK(!sr_bad(relay_home_make(folder, true)) &&
		      !sr_bad(relay_home_open(folder, &a, &again)) &&
		      memcmp(h.pin, again.pin, sizeof h.pin) == 0,
	      "and so is that of TLS");
	relay_home_close(&again);
	relay_home_close(&h);
	CHECK(chmod(in_folder("relay.key"), 0640) == 0, "a key that a group can read");
	CHECK(relay_home_open(folder, &a, &h).code == SR_E_STATE, "is refused");
	CHECK(chmod(in_folder("relay.key"), 0600) == 0 && truncate(in_folder("relay.key"), 64) == 0,
	      "a key that is cut");
	CHECK(relay_home_open(folder, &a, &h).code == SR_E_INPUT, "is refused");
	CHECK(unlink(in_folder("relay.key")) == 0, "no key");
	CHECK(relay_home_make(folder, false).code == SR_E_STATE, "a store without a key stays so");
	CHECK(mode_of("relay.key") == 0, "no key is made");
	CHECK(unlink(in_folder("relay.db")) == 0 && !sr_bad(relay_home_make(folder, false)) &&
		      unlink(in_folder("relay.db")) == 0,
	      "a key without a store");
	CHECK(relay_home_make(folder, false).code == SR_E_STATE, "stays so as well");
	remove_folder();
	arena_release(&a);
}

static void test_tls(void)
{
	struct build key, one, two;
	struct slice key_text, text;
	uint8_t pin_one[WIRE_PIN_LEN], pin_two[WIRE_PIN_LEN], untouched[WIRE_PIN_LEN] = {5};
	build_init_secret(&key, RELAY_PEM_MAX);
	build_init(&one, RELAY_PEM_MAX);
	build_init(&two, RELAY_PEM_MAX);
	CHECK(!sr_bad(relay_tls_make(&key, &one)) && !sr_bad(build_done(&one, &text)) &&
		      !sr_bad(relay_tls_pin(text, pin_one)),
	      "a key and its pin");
	build_reset(&key);
	CHECK(!sr_bad(relay_tls_make(&key, &two)) && !sr_bad(build_done(&two, &text)) &&
		      !sr_bad(relay_tls_pin(text, pin_two)),
	      "another one");
	CHECK(memcmp(pin_one, pin_two, sizeof pin_one) != 0, "has another pin");
	CHECK(!sr_bad(build_done(&key, &key_text)) &&
		      relay_tls_pin(key_text, untouched).code == SR_E_INPUT && untouched[0] == 5,
	      "a key is no certificate");
	build_release(&key);
	build_release(&one);
	build_release(&two);
}

/* in_child runs fn in a process of its own, and returns its exit status and what it wrote to
 * standard error. */
static int in_child(int (*fn)(void), char *out, size_t len)
{
	int fd[2], status;
	if (pipe(fd))
		return -1;
	pid_t pid = fork();
	if (pid == 0) {
		(void)dup2(fd[1], STDERR_FILENO);
		_exit(fn());
	}
	(void)close(fd[1]);
	ssize_t n = read(fd[0], out, len - 1);
	out[n > 0 ? n : 0] = '\0';
	(void)close(fd[0]);
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

enum { WORKS = 40, DOES_NOT = 41 };

static int lock_and_work(void)
{
	const char path[] = "/dev/null";
	if (sr_bad(relay_guard_memory()) || sr_bad(relay_guard_lock()))
		return DOES_NOT;
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *p = malloc((size_t)1 << 20);
	free(p);
	return p && fd >= 0 && close(fd) == 0 && prctl(PR_SET_NAME, "relay") == 0 ? WORKS
										  : DOES_NOT;
}

static int lock_and_connect(void)
{
	return sr_bad(relay_guard_lock()) ? DOES_NOT : socket(AF_INET, SOCK_STREAM, 0);
}

static int lock_and_spawn(void)
{
	return sr_bad(relay_guard_lock()) ? DOES_NOT : execl("/bin/true", "true", (char *)NULL);
}

static int lock_and_trace(void)
{
	return sr_bad(relay_guard_lock()) ? DOES_NOT : prctl(PR_SET_DUMPABLE, 1);
}

/* A failed assert says so and ends by its signal, as it would without the guard. */
static int lock_and_fail(void)
{
	if (sr_bad(relay_guard_memory()) || sr_bad(relay_guard_lock()))
		return DOES_NOT;
	assert(getpid() == 0);
	return WORKS;
}

static void test_guard(void)
{
	static const struct {
		const char *reason, *log;
		int (*fn)(void);
	} refused[] = {
		{"a new socket", "event=refused-call call=", lock_and_connect},
		{"another program", "event=refused-call call=", lock_and_spawn},
		{"a change of what was given up", "event=refused-call call=", lock_and_trace},
	};
	char log[256];
	CHECK(in_child(lock_and_work, log, sizeof log) == WORKS, "%s", log);
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		const int status = in_child(refused[i].fn, log, sizeof log);
		CHECK(status == RELAY_EXIT_REFUSED, "%s: %d", refused[i].reason, status);
		CHECK(strstr(log, refused[i].log) && log[strlen(log) - 1] == '\n', "%s: %s",
		      refused[i].reason, log);
	}
	CHECK(in_child(lock_and_fail, log, sizeof log) == -1 && strstr(log, "getpid() == 0") &&
		      !strstr(log, "refused-call"),
	      "an assert: %s", log);
	CHECK(relay_guard_user("nobody of this name").code == SR_E_INPUT, "no such user");
	CHECK(relay_guard_user("root").code == SR_E_INPUT, "not root");
}

static void test_counts(void)
{
	struct relay_count *c = calloc(1, sizeof *c);
	const struct relay_counts store = {.logs = 3, .cells = 4, .tokens = 5, .bytes = 6};
	struct build b;
	struct slice text;
	build_init(&b, 0);
	CHECK(c, "counts");
	if (!c)
		return;
	atomic_store(&c->appends[WIRE_OK], 11);
	atomic_store(&c->limits[RELAY_LIMIT_SLOW], 12);
	relay_count_write(c, &store, 13, &b);
	build_u8(&b, 0);
	CHECK(!sr_bad(build_done(&b, &text)), "written");
	static const char *const lines[] = {
		"\nsubrosa_relay_appends_total{status=\"ok\"} 11\n",
		"\nsubrosa_relay_appends_total{status=\"conflict\"} 0\n",
		"\nsubrosa_relay_limits_total{limit=\"slow\"} 12\n",
		"\nsubrosa_relay_queue 13\n",
		"\nsubrosa_relay_logs 3\n",
		"\nsubrosa_relay_cells 4\n",
		"\nsubrosa_relay_tokens 5\n",
		"\nsubrosa_relay_store_bytes 6\n",
	};
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		CHECK(strstr((const char *)text.ptr, lines[i]), "%s", lines[i]);
	build_release(&b);
	free(c);
}

int main(void)
{
	CHECK(!sr_bad(crypto_init()), "begins");
	test_run("a good file", test_good);
	test_run("bad lines", test_bad);
	test_run("no memory", test_conf_memory);
	test_run("a relay's folder", test_home);
	test_run("TLS keys", test_tls);
	test_run("what is given up", test_guard);
	test_run("counts", test_counts);
	return test_done();
}
