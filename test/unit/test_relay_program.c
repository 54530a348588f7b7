/* SPDX-License-Identifier: Apache-2.0 */
/* The program itself (environment: SUBROSA_RELAY), started, stopped and killed while many write. */
#include "relay_play.h"
#include "test.h"

#include "platform.h"
#include "wire_relay.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WRITERS = 8, LOG_LEN = 32 * 1024 };

/* struct relay: the program, and where it is. play has what a client needs. */
struct relay {
	struct play play;
	char data[PLAY_PATH_LEN], log[PLAY_PATH_LEN], listen[32];
	pid_t pid;
};

static const char *program;

/* run starts the program with these arguments, its standard output and errors going to files. */
static pid_t run(const char *const args[], const char *out, const char *err)
{
	pid_t pid = fork();
	if (pid)
		return pid;
	int out_fd = open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	int err_fd = open(err, O_WRONLY | O_CREAT | O_APPEND, 0600);
	(void)dup2(out_fd, STDOUT_FILENO);
	(void)dup2(err_fd, STDERR_FILENO);
	/* Looking for leaks takes system calls that the relay has given up. */
	(void)setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
	(void)execv(program, (char *const *)(uintptr_t)args);
	_exit(127);
}

/* ended returns the exit status; -1: it was a signal. */
static int ended(pid_t pid)
{
	int status;
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void read_text(const char *path, char *out, size_t len)
{
	FILE *f = fopen(path, "re");
	size_t n = f ? fread(out, 1, len - 1, f) : 0;
	out[n] = '\0';
	if (f)
		(void)fclose(f);
}

/* free_port returns a port that nobody listens at, and that the system gives to nobody who does not
 * ask for it by number. */
static uint16_t free_port(void)
{
	enum { FIRST = 10 * 1000, PORTS = 20 * 1000 };
	uint64_t seed = (uint64_t)getpid() * 1000 + (uint64_t)platform_clock_ms();
	for (bool ok = false; !ok;) {
		struct sockaddr_in a = {
			.sin_family = AF_INET,
			.sin_port = htons((uint16_t)(FIRST + test_random(&seed) % PORTS)),
			.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		ok = bind(fd, (struct sockaddr *)&a, sizeof a) == 0;
		(void)close(fd);
		if (ok)
			return ntohs(a.sin_port);
	}
	return 0;
}

/* relay_init makes a relay in an empty folder data. */
static void relay_init(struct relay *r, const char *data)
{
	char text[512], out[sizeof r->log + 8];
	struct wire_relay address;
	play_init(&r->play);
	r->play.port = free_port();
	(void)snprintf(r->data, sizeof r->data, "%.200s%s", data ? data : r->play.folder,
		       data ? "" : "/data");
	(void)snprintf(r->log, sizeof r->log, "%.200s/log", r->play.folder);
	(void)snprintf(out, sizeof out, "%s.out", r->log);
	(void)snprintf(r->listen, sizeof r->listen, "127.0.0.1:%u", r->play.port);
	const char *args[] = {program, "init", "--data", r->data, "--listen", r->listen, NULL};
	CHECK(ended(run(args, out, r->log)) == 0, "init");
	read_text(out, text, sizeof text);
	text[strcspn(text, "\n")] = '\0';
	CHECK(!sr_bad(wire_relay_read(slice_str(text), &address)), "an address: %s", text);
	CHECK(address.port == r->play.port && !address.tls, "its own");
	memcpy(r->play.public_key, address.key, sizeof address.key);
}

/* starts_n returns how often the relay's log says that it has started. */
static unsigned starts_n(const struct relay *r)
{
	static char log[LOG_LEN];
	unsigned n = 0;
	read_text(r->log, log, sizeof log);
	for (const char *at = log; (at = strstr(at, "event=start ")); at++)
		n++;
	return n;
}

/* is_up waits until it says so once more. */
static bool is_up(const struct relay *r, unsigned before)
{
	const int64_t until = platform_clock_ms() + PLAY_PATIENCE_MS;
	while (platform_clock_ms() < until && waitpid(r->pid, NULL, WNOHANG) == 0) {
		if (starts_n(r) > before)
			return true;
		play_nap(5);
	}
	return false;
}

static bool relay_start(struct relay *r, const char *more)
{
	const char *args[] = {
		program, "run", "--data", r->data, "--listen", r->listen, more ? "--set" : NULL,
		more,    NULL};
	const unsigned before = starts_n(r);
	r->pid = run(args, "/dev/null", r->log);
	return CHECK(is_up(r, before), "the relay starts");
}

static int relay_stop(struct relay *r, int sig)
{
	(void)kill(r->pid, sig);
	return ended(r->pid);
}

static void relay_end(struct relay *r)
{
	struct play data = {0};
	(void)snprintf(data.folder, sizeof data.folder, "%s", r->data);
	play_end(&data);
	play_end(&r->play);
}

/* struct writer: appends to a log of its own until it cannot. acked: cells of which it was told
 * that they are stored; the one after them may be. */
struct writer {
	const struct play *play;
	struct play_log log;
	struct play_head head;
	unsigned refused;            /* answers that were neither */
	atomic_uint_least64_t begun; /* 1: it has a cell acknowledged */
};

static void *write_on(void *user)
{
	struct writer *w = user;
	int fd = play_connect(w->play);
	bool ok = fd >= 0;
	while (ok) {
		uint8_t body[WIRE_APPEND_LEN];
		struct play_answer a;
		play_append(w->play, &w->log, w->head.seq + 1, w->head.chain,
			    (uint8_t)(w->head.seq + 1), body);
		play_ask(fd, play_append_path, body, sizeof body, &a);
		ok = a.status == 201;
		w->refused += a.status != 201 && a.status != 0 && a.status != 503;
		if (ok) {
			play_head_step(&w->head, (uint8_t)(w->head.seq + 1));
			atomic_store(&w->begun, 1);
		}
		ok = ok && !a.closes;
		play_free(&a);
	}
	(void)close(fd);
	return NULL;
}

/* catch_up checks that all that was acknowledged is there, and at most one more: the one whose
 * answer was lost, which is then taken for stored. */
static void catch_up(const struct play *p, struct writer *w)
{
	uint8_t body[WIRE_APPEND_LEN];
	struct play_answer a;
	play_append(p, &w->log, w->head.seq + 1, w->head.chain, (uint8_t)(w->head.seq + 1), body);
	play_once(p, play_append_path, body, sizeof body, &a);
	play_head_step(&w->head, (uint8_t)(w->head.seq + 1));
	CHECK(a.status == 201 && a.wire.seq == w->head.seq &&
		      memcmp(a.wire.chain, w->head.chain, sizeof a.wire.chain) == 0,
	      "the next one: %u, sequence %d of %d", a.status, (int)a.wire.seq, (int)w->head.seq);
	play_free(&a);
	play_ask_read(p, &w->log, w->head.seq, 0, 0, &a);
	CHECK(a.status == 200 && a.wire.seq == w->head.seq, "it is the last one: %d of %d",
	      (int)a.wire.seq, (int)w->head.seq);
	play_free(&a);
}

/* write_until lets all write for some time, and then sends sig. */
static void write_until(struct relay *r, struct writer *w, long ms, int sig, int status)
{
	pthread_t thread[WRITERS];
	for (unsigned i = 0; i < WRITERS; i++) {
		atomic_store(&w[i].begun, 0);
		CHECK(pthread_create(&thread[i], NULL, write_on, &w[i]) == 0, "writer %u", i);
	}
	for (unsigned i = 0; i < WRITERS; i++)
		CHECK(play_wait(&w[i].begun, 1), "writer %u writes", i);
	play_nap(ms);
	const int got = relay_stop(r, sig);
	CHECK(got == status, "it ends with %d", got);
	for (unsigned i = 0; i < WRITERS; i++) {
		(void)pthread_join(thread[i], NULL);
		CHECK(w[i].refused == 0, "writer %u was refused", i);
	}
}

static void make_writers(const struct relay *r, struct writer *w)
{
	for (unsigned i = 0; i < WRITERS; i++) {
		w[i] = (struct writer){.play = &r->play};
		play_log_make(&w[i].log);
		play_head_start(&w[i].log, &w[i].head);
	}
}

static void end_writers(struct writer *w)
{
	for (unsigned i = 0; i < WRITERS; i++)
		play_log_end(&w[i].log);
}

/* says tells whether the relay's log has this text. */
static bool says(const struct relay *r, const char *text)
{
	char log[LOG_LEN];
	read_text(r->log, log, sizeof log);
	return strstr(log, text);
}

/* The log is pairs, and has nobody in it. */
static void check_log(const struct relay *r, const struct writer *w)
{
	char log[LOG_LEN];
	read_text(r->log, log, sizeof log);
	char *rest = log;
	for (char *line; (line = strsep(&rest, "\n"));)
		CHECK(!*line || (strstr(line, "level=") && strstr(line, " event=")), "%s", line);
	read_text(r->log, log, sizeof log);
	for (unsigned i = 0; i < WRITERS; i++) {
		char hex[2 * 4 + 1];
		for (size_t j = 0; j < 4; j++)
			(void)snprintf(hex + 2 * j, 3, "%02x", w[i].log.address[j]);
		CHECK(!strstr(log, hex), "a log's address");
	}
	CHECK(!strstr(log, "127.0.0.1 port=0") && !strstr(log, "client"), "a client");
}

static void test_stop(void)
{
	struct relay r;
	struct writer w[WRITERS];
	struct play_answer a;
	uint8_t body[WIRE_READ_LEN];
	relay_init(&r, NULL);
	make_writers(&r, w);
	if (relay_start(&r, "stop_s=60")) {
		int fd = play_connect(&r.play);
		struct play_log quiet;
		play_log_make(&quiet);
		play_read(&r.play, &quiet, 1, 4, 40, body);
		CHECK(play_request(fd, play_read_path, body, sizeof body), "somebody waits");
		write_until(&r, w, 300, SIGTERM, 0);
		play_receive(fd, &a);
		CHECK(a.status == 200 && a.body_len == wire_answer_len(4),
		      "who waits gets an answer");
		play_free(&a);
		(void)close(fd);
		play_log_end(&quiet);
	}
	CHECK(says(&r, "event=stop clean=yes"), "it says so");
	/* Nothing was cut off: all that was sent was answered, so that the next one is new. */
	if (relay_start(&r, NULL)) {
		for (unsigned i = 0; i < WRITERS; i++) {
			CHECK(w[i].head.seq > 0, "writer %u wrote", i);
			play_ask_read(&r.play, &w[i].log, 1, 0, 0, &a);
			CHECK(a.wire.seq == w[i].head.seq, "writer %u: %d of %d", i,
			      (int)a.wire.seq, (int)w[i].head.seq);
			play_free(&a);
			catch_up(&r.play, &w[i]);
		}
		CHECK(relay_stop(&r, SIGINT) == 0, "SIGINT ends it as well");
	}
	check_log(&r, w);
	end_writers(w);
	relay_end(&r);
}

static void test_kill(void)
{
	const size_t rounds = test_rounds(16);
	struct relay r;
	struct writer w[WRITERS];
	uint64_t seed = 3, cells = 0;
	relay_init(&r, NULL);
	make_writers(&r, w);
	for (size_t n = 0; n < rounds && relay_start(&r, NULL); n++) {
		for (unsigned i = 0; n && i < WRITERS; i++)
			catch_up(&r.play, &w[i]);
		write_until(&r, w, (long)(50 + test_random(&seed) % 200), SIGKILL, -1);
	}
	const char *check[] = {program, "check", "--data", r.data, NULL};
	char out[sizeof r.log + 8], text[256], want[64];
	(void)snprintf(out, sizeof out, "%s.out", r.log);
	CHECK(ended(run(check, out, r.log)) == 0, "the store is whole");
	for (unsigned i = 0; i < WRITERS; i++)
		cells += w[i].head.seq;
	/* Each writer's last one may be there without its knowledge. */
	read_text(out, text, sizeof text);
	(void)snprintf(want, sizeof want, "logs %d\ncells ", WRITERS);
	CHECK(strncmp(text, want, strlen(want)) == 0, "%s", text);
	const uint64_t found = strtoull(text + strlen(want), NULL, 10);
	CHECK(found >= cells && found <= cells + WRITERS, "%d cells of %d", (int)found, (int)cells);
	end_writers(w);
	relay_end(&r);
}

static void test_second(void)
{
	struct relay r;
	relay_init(&r, NULL);
	if (relay_start(&r, NULL)) {
		char other[32];
		(void)snprintf(other, sizeof other, "127.0.0.1:%u", free_port());
		const char *args[] = {program, "run", "--data", r.data, "--listen", other, NULL};
		const int status = ended(run(args, "/dev/null", r.log));
		CHECK(status == 2, "another one on the same store ends with %d", status);
		CHECK(says(&r, "event=not-started"), "and says why");
		const char *same[] = {program,    "run",    "--data", r.play.folder,
				      "--listen", r.listen, NULL};
		CHECK(ended(run(same, "/dev/null", r.log)) == 2 && says(&r, "cannot listen"),
		      "and on the same port");
		CHECK(relay_stop(&r, SIGTERM) == 0, "the first one goes on");
	}
	relay_end(&r);
}

/* get asks for a page of text at a port; false: it is not there. */
static bool get(uint16_t port, const char *path, unsigned status, char *out, size_t len)
{
	const struct play at = {.port = port};
	struct play_answer a;
	char request[128];
	const int n = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path);
	int fd = play_connect(&at);
	if (fd < 0)
		return false;
	(void)play_send(fd, request, (size_t)n);
	play_receive(fd, &a);
	const bool ok = a.status == status;
	(void)snprintf(out, len, "%.*s", ok ? (int)a.body_len : 0, ok ? (char *)a.body : "");
	play_free(&a);
	(void)close(fd);
	return ok;
}

static void test_metrics(void)
{
	static char text[16 * 1024];
	struct relay r;
	struct play_log l;
	struct play_head h;
	char setting[64];
	const uint16_t port = free_port();
	relay_init(&r, NULL);
	play_log_make(&l);
	play_head_start(&l, &h);
	(void)snprintf(setting, sizeof setting, "metrics=127.0.0.1:%u", port);
	if (relay_start(&r, setting)) {
		for (uint8_t i = 1; i <= 3; i++)
			CHECK(play_add(&r.play, &l, &h, i), "cell %u", i);
		CHECK(get(port, "/metrics", 200, text, sizeof text), "metrics");
		CHECK(strstr(text, "\nsubrosa_relay_appends_total{status=\"ok\"} 3\n") &&
			      strstr(text, "\nsubrosa_relay_cells 3\n") &&
			      strstr(text, "\nsubrosa_relay_logs 1\n"),
		      "%s", text);
		CHECK(get(port, "/healthz", 200, text, sizeof text) && strcmp(text, "ok\n") == 0,
		      "health");
		CHECK(get(port, "/v1/read", 404, text, sizeof text), "nothing else");
		CHECK(get(r.play.port, "/metrics", 404, text, sizeof text), "not for everybody");
		CHECK(relay_stop(&r, SIGTERM) == 0, "it ends");
	}
	play_log_end(&l);
	relay_end(&r);
}

/* status_of finds a line of /proc/PID/status; what is behind its name. */
static void status_of(pid_t pid, const char *name, char out[64])
{
	char path[64], text[4096];
	(void)snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
	read_text(path, text, sizeof text);
	const char *at = strstr(text, name);
	(void)snprintf(out, 64, "%s", at ? at + strlen(name) : "");
	out[strcspn(out, "\n")] = '\0';
}

static void test_guard(void)
{
	struct relay r;
	char text[64], want[64];
	const struct passwd *nobody = getpwnam("nobody");
	relay_init(&r, NULL);
	const bool as_root = geteuid() == 0 && nobody;
	if (as_root) {
		struct play data = {0};
		(void)snprintf(data.folder, sizeof data.folder, "%s", r.data);
		CHECK(chmod(r.play.folder, 0711) == 0 &&
			      chown(r.data, nobody->pw_uid, nobody->pw_gid) == 0,
		      "a folder for somebody else");
		static const char *const files[] = {"relay.db", "relay.key"};
		for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
			char path[sizeof r.data + 16];
			(void)snprintf(path, sizeof path, "%s/%s", r.data, files[i]);
			CHECK(chown(path, nobody->pw_uid, nobody->pw_gid) == 0, "%s", path);
		}
	}
	if (relay_start(&r, as_root ? "user=nobody" : NULL)) {
		status_of(r.pid, "\nSeccomp:\t", text);
		CHECK(strcmp(text, "2") == 0, "system calls are confined: %s", text);
		status_of(r.pid, "\nNoNewPrivs:\t", text);
		CHECK(strcmp(text, "1") == 0, "no privileges come back: %s", text);
		if (as_root) {
			(void)snprintf(want, sizeof want, "%u\t%u\t%u\t%u", nobody->pw_uid,
				       nobody->pw_uid, nobody->pw_uid, nobody->pw_uid);
			status_of(r.pid, "\nUid:\t", text);
			CHECK(strcmp(text, want) == 0, "another user: %s", text);
			status_of(r.pid, "\nCapEff:\t", text);
			CHECK(strcmp(text, "0000000000000000") == 0, "no capabilities: %s", text);
			status_of(r.pid, "\nGroups:\t", text);
			CHECK(strstr(text, "0") == NULL, "no groups of root: %s", text);
		} else {
			test_skip("another user", "not root");
		}
		struct writer w[WRITERS];
		make_writers(&r, w);
		write_until(&r, w, 200, SIGTERM, 0);
		CHECK(w[0].head.seq > 0, "it works like that");
		end_writers(w);
	}
	relay_end(&r);
}

/* A disk of two megabytes, in a name space of its own; so this runs in a child. */
static int fill_disk(void)
{
	struct relay r;
	struct writer w[WRITERS];
	char folder[] = "/tmp/relay-disk-XXXXXX";
	if (!mkdtemp(folder))
		return 1;
	if (mount("none", folder, "tmpfs", 0, "size=2m,mode=0700")) {
		(void)rmdir(folder);
		return 2;
	}
	char data[sizeof folder + 8];
	(void)snprintf(data, sizeof data, "%s/data", folder);
	relay_init(&r, data);
	make_writers(&r, w);
	bool ok = relay_start(&r, NULL);
	for (unsigned i = 0; ok && i < WRITERS; i++)
		(void)write_on(&w[i]); /* until the disk is full */
	const int status = ended(r.pid);
	ok = CHECK(status == 1, "it ends with %d", status) &&
	     CHECK(says(&r, "event=store-failed"), "it says that it failed") &&
	     CHECK(says(&r, "full"), "and why") &&
	     CHECK(w[0].head.seq > 10, "it was used: %d", (int)w[0].head.seq);
	/* With room again, nothing is lost. */
	ok &= mount("none", folder, "tmpfs", MS_REMOUNT, "size=8m,mode=0700") == 0 &&
	      relay_start(&r, NULL);
	for (unsigned i = 0; ok && i < WRITERS; i++)
		catch_up(&r.play, &w[i]);
	ok &= relay_stop(&r, SIGTERM) == 0;
	end_writers(w);
	relay_end(&r);
	(void)umount2(folder, MNT_DETACH);
	(void)rmdir(folder);
	return ok ? 0 : 1;
}

static void test_disk(void)
{
	const char *name = "a full disk";
	if (geteuid() != 0) {
		test_skip(name, "not root");
		return;
	}
	pid_t pid = fork();
	if (pid == 0) {
		const bool own = unshare(CLONE_NEWNS) == 0 &&
				 mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
		const int status = own ? fill_disk() : 2;
		(void)fflush(stdout);
		_exit(status);
	}
	const int status = ended(pid);
	if (status == 2)
		test_skip(name, "nothing can be mounted here");
	else
		CHECK(status == 0, "%s", name);
}

int main(void)
{
	program = getenv("SUBROSA_RELAY");
	if (!program) {
		(void)puts("1..0 # SKIP the program was not built");
		return EXIT_SUCCESS;
	}
	test_run("a relay that is stopped", test_stop);
	test_run("a relay that is killed", test_kill);
	test_run("two relays", test_second);
	test_run("what a relay gives up", test_guard);
	test_run("metrics", test_metrics);
	test_run("a full disk", test_disk);
	return test_done();
}
