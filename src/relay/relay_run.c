/* SPDX-License-Identifier: Apache-2.0 */
#include "relay_run.h"

#include "platform.h"
#include "relay_guard.h"
#include "relay_home.h"
#include "relay_metrics.h"
#include "relay_say.h"
#include "relay_sqlite.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	BACKLOG = 4096,
	SPARE_DESCRIPTORS = 256, /* of the store, the log, connections that are on their way out */
	MINUTE_MS = 60 * 1000,
};

/* struct run: a relay that runs. What is not there yet is NULL or -1. */
struct run {
	const struct relay_conf *conf;
	struct relay_front_limits limits;
	struct arena a;
	struct relay_home home;
	struct relay_clock clock;
	struct relay_writer_calls calls;
	int listen_fd, metrics_fd; /* until they are handed on */
	int signal_fd, failed_fd;
	struct relay_store *store;
	struct relay_front *front;
	struct relay_writer *writer;
	struct relay_metrics *metrics;
	struct sr_err failure;  /* the first one */
	atomic_flag has_failed; /* who sets it writes failure */
	uint64_t limits_said[RELAY_LIMITS];
};

static int64_t seconds(void *user)
{
	(void)user;
	return platform_now();
}

static void on_changed(void *user, const uint8_t address[CRYPTO_HASH_LEN])
{
	const struct run *r = user;
	relay_front_changed(r->front, address);
}

/* on_failure may be called by any thread; the main one hears of it. */
static void on_failure(void *user, struct sr_err e)
{
	struct run *r = user;
	if (atomic_flag_test_and_set(&r->has_failed))
		return;
	r->failure = e;
	(void)eventfd_write(r->failed_fd, 1);
}

static struct sr_err listen_at(const struct relay_place *p, int *out)
{
	char port[8];
	struct addrinfo *list = NULL;
	const struct addrinfo hints = {.ai_family = AF_UNSPEC,
				       .ai_socktype = SOCK_STREAM,
				       .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
	const int on = 1;
	(void)snprintf(port, sizeof port, "%u", (unsigned)p->port);
	if (getaddrinfo(p->host, port, &hints, &list))
		return sr_fail(SR_E_INPUT, "what to listen at is not a network address");
	const int fd = socket(list->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct sr_err e = sr_ok();
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) ||
	    bind(fd, list->ai_addr, list->ai_addrlen) || listen(fd, BACKLOG))
		e = sr_sys("cannot listen at that address");
	freeaddrinfo(list);
	if (sr_bad(e) && fd >= 0)
		(void)close(fd);
	if (!sr_bad(e))
		*out = fd;
	return e;
}

/* take_signals: the main thread reads them; no other one is interrupted. */
static struct sr_err take_signals(struct run *r)
{
	sigset_t set;
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR || pthread_sigmask(SIG_BLOCK, &set, NULL))
		return sr_fail(SR_E_IO, "signals cannot be held back");
	r->signal_fd = signalfd(-1, &set, SFD_CLOEXEC);
	r->failed_fd = eventfd(0, EFD_CLOEXEC);
	return r->signal_fd < 0 || r->failed_fd < 0 ? sr_sys("no descriptor for signals") : sr_ok();
}

/* fit_descriptors makes do with what the system allows. */
static void fit_descriptors(struct run *r)
{
	struct relay_front_limits *l = &r->limits;
	*l = r->conf->limits;
	const unsigned want = l->connections + SPARE_DESCRIPTORS;
	const unsigned got = relay_guard_descriptors(want);
	if (got >= want)
		return;
	l->connections = got > SPARE_DESCRIPTORS ? got - SPARE_DESCRIPTORS : 1;
	l->polls = l->polls < l->connections ? l->polls : l->connections - l->connections / 6;
	relay_say("warning", "few-descriptors", "open_files=%u connections=%u polls=%u", got,
		  l->connections, l->polls);
}

/* prepare does what may need root, and gives that up. */
static struct sr_err prepare(struct run *r)
{
	const struct relay_conf *c = r->conf;
	SR_TRY(take_signals(r));
	fit_descriptors(r);
	SR_TRY(listen_at(&c->listen, &r->listen_fd));
	if (c->metrics.host[0])
		SR_TRY(listen_at(&c->metrics, &r->metrics_fd));
	if (c->user)
		SR_TRY(relay_guard_user(c->user));
	else if (geteuid() == 0)
		relay_say("warning", "root", "what=\"runs with all privileges: set a user\"");
	return relay_guard_memory();
}

static struct sr_err open_front(struct run *r)
{
	struct relay_front_options o = {
		.terms = {.key = &r->home.key, .classes = r->conf->classes},
		.limits = r->limits,
		.store = r->store,
		.clock = &r->clock,
		.tls_key = (const char *)r->home.tls_key.ptr,
		.tls_certificate = (const char *)r->home.tls_certificate.ptr,
		.failed = on_failure,
		.user = r,
	};
	struct crypto_key seed = {0};
	SR_TRY(crypto_key_random(&seed));
	memcpy(o.seed, seed.bytes, sizeof o.seed);
	crypto_key_release(&seed);
	memcpy(o.terms.public_key, r->home.public_key, sizeof o.terms.public_key);
	struct sr_err e = relay_front_open(&o, &r->front);
	crypto_wipe(o.seed, sizeof o.seed);
	return e;
}

static struct sr_err start_front(struct run *r)
{
	const int fd = r->listen_fd;
	r->listen_fd = -1;
	return relay_front_start(r->front, r->writer, fd);
}

static struct sr_err start_metrics(struct run *r)
{
	const int fd = r->metrics_fd;
	r->metrics_fd = -1;
	return fd < 0 ? sr_ok()
		      : relay_metrics_open(r->store, relay_front_count(r->front), r->writer, fd,
					   &r->metrics);
}

static struct sr_err start(struct run *r)
{
	const struct relay_rules rules = {r->conf->admission, r->conf->log_cells};
	SR_TRY(prepare(r));
	SR_TRY(relay_home_open(r->conf->data, &r->a, &r->home));
	SR_TRY(relay_sqlite_open(r->home.store, &rules, &r->store));
	SR_TRY(open_front(r));
	SR_TRY(relay_writer_open(r->store, &r->clock, &r->calls, &r->writer));
	SR_TRY(start_metrics(r));
	SR_TRY(start_front(r));
	return r->conf->seccomp ? relay_guard_lock() : sr_ok();
}

/* say_limits says which limits were reached since it last did. */
static void say_limits(struct run *r)
{
	const struct relay_count *c = relay_front_count(r->front);
	char text[512];
	size_t len = 0;
	for (enum relay_limit i = 0; i < RELAY_LIMITS; i++) {
		const uint64_t n = atomic_load(&c->limits[i]);
		if (n == r->limits_said[i])
			continue;
		len += (size_t)snprintf(text + len, sizeof text - len, "%s%s=%llu", len ? " " : "",
					relay_limit_name(i),
					(unsigned long long)(n - r->limits_said[i]));
		r->limits_said[i] = n;
	}
	if (len)
		relay_say("warning", "limits", "%s", text);
}

/* await waits for a signal to stop, which it returns, or for a failure: 0. */
static int await(struct run *r)
{
	int64_t minute = platform_clock_ms() + MINUTE_MS;
	for (;;) {
		struct pollfd p[] = {{r->failed_fd, POLLIN, 0}, {r->signal_fd, POLLIN, 0}};
		const int64_t left = minute - platform_clock_ms();
		(void)poll(p, 2, left > 0 ? (int)left : 0);
		struct signalfd_siginfo s;
		if (p[0].revents)
			return 0;
		/* SIGHUP: there is no file to open again. */
		if (p[1].revents && read(r->signal_fd, &s, sizeof s) == sizeof s &&
		    s.ssi_signo != SIGHUP)
			return (int)s.ssi_signo;
		if (platform_clock_ms() >= minute) {
			say_limits(r);
			minute += MINUTE_MS;
		}
	}
}

static void close_fd(int fd)
{
	if (fd >= 0)
		(void)close(fd);
}

/* stop ends what was started, in the order in which one needs the other. */
static void stop(struct run *r)
{
	if (r->front)
		relay_front_stop(r->front);
	relay_metrics_close(r->metrics);
	relay_writer_close(r->writer);
	relay_front_close(r->front);
	if (r->store)
		r->store->ops->close(r->store);
	relay_home_close(&r->home);
	arena_release(&r->a);
	close_fd(r->listen_fd);
	close_fd(r->metrics_fd);
	close_fd(r->signal_fd);
	close_fd(r->failed_fd);
}

int relay_run(const struct relay_conf *c)
{
	struct run r = {.conf = c,
			.clock = {seconds, NULL},
			.calls = {on_changed, on_failure, &r},
			.listen_fd = -1,
			.metrics_fd = -1,
			.signal_fd = -1,
			.failed_fd = -1,
			.has_failed = ATOMIC_FLAG_INIT};
	struct sr_err e = start(&r);
	if (sr_bad(e)) {
		relay_say_failure("not-started", e);
		stop(&r);
		return RELAY_ERROR;
	}
	relay_say("info", "start",
		  "version=%s listen=%s port=%u tls=%s admission=%s connections=%u polls=%u",
		  SUBROSA_VERSION, c->listen.host, (unsigned)c->listen.port,
		  r.home.tls ? "yes" : "no", c->admission ? "yes" : "no", r.limits.connections,
		  r.limits.polls);
	const int sig = await(&r);
	if (sig)
		relay_say("info", "stopping", "signal=%s", sigabbrev_np(sig));
	else
		relay_say_failure("store-failed", r.failure);
	say_limits(&r);
	stop(&r);
	relay_say("info", "stop", "clean=%s", sig ? "yes" : "no");
	return sig ? RELAY_OK : RELAY_FAILED;
}
