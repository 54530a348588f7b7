/* SPDX-License-Identifier: Apache-2.0 */
#include "relay_conn.h"

#include "platform.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	FIRE_N = 256,   /* connections that are looked after while the lock is held */
	ACCEPT_N = 64,  /* connections that are accepted between two looks at the clock */
	EVICT_N = 16,   /* connections that go together */
	FULL_MS = 5,    /* until those are gone */
	TICK_MS = 1000, /* deadlines are whole seconds */
};

struct relay_front_limits relay_front_usual(void)
{
	const long cores = sysconf(_SC_NPROCESSORS_ONLN);
	return (struct relay_front_limits){
		.threads = cores < 2    ? 2
			   : cores > 16 ? 16
					: (unsigned)cores,
		.connections = 12 * 1000,
		.polls = 10 * 1000,
		.requests = 10 * 1000,
		.answer_bytes = (size_t)256 * 1024 * 1024,
		.idle_s = 60,
		.body_s = 20,
		.store_s = 20,
		.send_s = 60,
		.stop_s = 5,
	};
}

void relay_draw(struct relay_front *f, uint8_t out[CRYPTO_KEY_LEN])
{
	const uint64_t n = atomic_fetch_add(&f->draws, 1);
	const struct slice parts[] = {slice_make(f->o.seed, sizeof f->o.seed),
				      slice_make(&n, sizeof n)};
	crypto_digest(parts, sizeof parts / sizeof *parts, out);
}

static uint64_t tick_now(void)
{
	return (uint64_t)platform_clock_ms() / TICK_MS;
}

void relay_front_lock(struct relay_front *f)
{
	(void)pthread_mutex_lock(&f->lock);
}

void relay_front_unlock(struct relay_front *f)
{
	atomic_store(&f->count.polls, f->wait.n);
	(void)pthread_mutex_unlock(&f->lock);
}

static void leave_idle(struct relay_conn *c)
{
	if (relay_ring_is_in(&c->idle))
		relay_ring_remove(&c->idle);
}

void relay_conn_enter(struct relay_conn *c, enum relay_stage stage, uint64_t ticks)
{
	struct relay_front *f = c->worker->front;
	leave_idle(c);
	if (stage == RELAY_IDLE || stage == RELAY_BODY)
		relay_ring_add(&f->idle, &c->idle);
	c->stage = stage;
	relay_wheel_set(&f->wheel, &c->timer, ticks);
}

/* cut ends a connection: its thread will notice. It is not closed before it has taken the lock
 * (conn_close), so the descriptor is still its own. */
static void cut(struct relay_conn *c)
{
	leave_idle(c);
	relay_wheel_remove(&c->timer);
	(void)shutdown(c->fd, SHUT_RDWR);
}

/* take_one: as relay_conn_take, of one that is in the list. */
static void take_one(struct relay_conn *c)
{
	relay_wheel_remove(&c->timer);
	c->worker->front->resuming_n++;
}

void relay_conn_take(struct relay_conn *c, struct relay_ring *out)
{
	relay_ring_add(out, &c->waiter.ring);
	take_one(c);
}

static void count_limit(struct relay_front *f, enum relay_limit limit)
{
	(void)atomic_fetch_add(&f->count.limits[limit], 1);
}

/* fire does what has to be done with a connection whose deadline is over; to out goes one that has
 * to be resumed. */
static void fire(struct relay_front *f, struct relay_conn *c, struct relay_ring *out)
{
	switch (c->stage) {
	case RELAY_WAIT:
		relay_wait_remove(&f->wait, &c->waiter);
		break;
	case RELAY_STORE:
		count_limit(f, RELAY_LIMIT_STORE);
		c->ask->conn = NULL;
		c->ask = NULL;
		break;
	case RELAY_IDLE:
	case RELAY_BODY:
	case RELAY_SEND:
		/* A client that keeps a connection for later is not slow. */
		if (c->stage != RELAY_IDLE || c->requests_n == 0)
			count_limit(f, RELAY_LIMIT_SLOW);
		cut(c);
		return;
	}
	c->late = true;
	relay_conn_take(c, out);
}

/* Without the lock: while they are suspended and in no table, nobody else knows of them. But the
 * daemons must not be stopped before this is done. */
void relay_conn_resume(struct relay_front *f, struct relay_ring *list)
{
	size_t n = 0;
	for (struct relay_ring *r; (r = relay_ring_first(list)); n++) {
		relay_ring_remove(r);
		MHD_resume_connection(RELAY_RING_OF(r, struct relay_conn, waiter.ring)->mhd);
	}
	if (!n)
		return;
	relay_front_lock(f);
	f->resuming_n -= n;
	if (f->resuming_n == 0 && f->stopping)
		(void)pthread_cond_signal(&f->ended);
	relay_front_unlock(f);
}

static struct relay_conn *conn_of(struct relay_timer *t)
{
	return RELAY_RING_OF(t, struct relay_conn, timer);
}

static void fire_due(struct relay_front *f)
{
	const uint64_t now = tick_now();
	for (size_t n = FIRE_N; n == FIRE_N;) {
		struct relay_ring out;
		relay_ring_init(&out);
		relay_front_lock(f);
		struct relay_timer *t = NULL;
		for (n = 0; n < FIRE_N && (t = relay_wheel_next(&f->wheel, now)); n++)
			fire(f, conn_of(t), &out);
		relay_front_unlock(f);
		relay_conn_resume(f, &out);
	}
}

static void fire_all(struct relay_front *f)
{
	struct relay_ring out;
	relay_ring_init(&out);
	relay_front_lock(f);
	for (struct relay_timer *t; (t = relay_wheel_any(&f->wheel));)
		fire(f, conn_of(t), &out);
	relay_front_unlock(f);
	relay_conn_resume(f, &out);
}

/* take_all takes all of a list; with the lock. */
static void take_all(const struct relay_ring *list)
{
	for (struct relay_ring *r = list->behind; r != list; r = r->behind)
		take_one(RELAY_RING_OF(r, struct relay_conn, waiter.ring));
}

void relay_front_changed(struct relay_front *f, const uint8_t address[CRYPTO_HASH_LEN])
{
	struct relay_ring out;
	relay_ring_init(&out);
	relay_front_lock(f);
	relay_wait_wake(&f->wait, address, &out);
	take_all(&out);
	relay_front_unlock(f);
	relay_conn_resume(f, &out);
}

static struct relay_conn *conn_open(struct relay_worker *w, struct MHD_Connection *mhd)
{
	struct relay_front *f = w->front;
	const int fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	struct relay_conn *c = calloc(1, sizeof *c);
	if (!c) {
		(void)shutdown(fd, SHUT_RDWR); /* it would have no deadline */
		return NULL;
	}
	c->worker = w;
	c->mhd = mhd;
	c->fd = fd;
	(void)atomic_fetch_add(&f->count.connections, 1);
	(void)atomic_fetch_add(&w->connections, 1);
	relay_front_lock(f);
	relay_conn_enter(c, RELAY_IDLE, f->o.limits.idle_s);
	relay_front_unlock(f);
	return c;
}

static void conn_close(struct relay_worker *w, struct relay_conn *c)
{
	relay_front_lock(w->front);
	leave_idle(c);
	relay_wheel_remove(&c->timer);
	relay_front_unlock(w->front);
	(void)atomic_fetch_sub(&w->front->count.connections, 1);
	(void)atomic_fetch_sub(&w->connections, 1);
	free(c);
}

/* on_connection is libmicrohttpd's MHD_NotifyConnectionCallback. */
static void on_connection(void *user, struct MHD_Connection *mhd, void **context,
			  enum MHD_ConnectionNotificationCode code)
{
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		*context = conn_open(user, mhd);
	else if (*context)
		conn_close(user, *context);
}

/* evict ends the connections that have asked for nothing for longest: among those that keep others
 * out they are the first, and whoever comes to ask something does so at once. */
static void evict(struct relay_front *f)
{
	relay_front_lock(f);
	for (unsigned i = 0; i < EVICT_N; i++) {
		struct relay_ring *r = relay_ring_first(&f->idle);
		if (!r)
			break;
		cut(RELAY_RING_OF(r, struct relay_conn, idle));
		count_limit(f, RELAY_LIMIT_CONNECTIONS);
	}
	relay_front_unlock(f);
}

/* by_address gives each network address one thread, which counts its connections. */
static unsigned by_address(const struct sockaddr_storage *from, unsigned n)
{
	const struct sockaddr_in *ip4 = (const void *)from;
	const struct sockaddr_in6 *ip6 = (const void *)from;
	const bool is_6 = from->ss_family == AF_INET6;
	const uint8_t *p = is_6 ? (const void *)&ip6->sin6_addr : (const void *)&ip4->sin_addr;
	unsigned sum = 0;
	for (size_t i = 0; i < (is_6 ? sizeof ip6->sin6_addr : sizeof ip4->sin_addr); i++)
		sum = sum * 31 + p[i];
	return sum % n;
}

static struct relay_worker *worker_for(struct relay_front *f, const struct sockaddr_storage *from)
{
	if (f->o.limits.per_address)
		return &f->worker[by_address(from, f->o.limits.threads)];
	struct relay_worker *least = f->worker;
	for (struct relay_worker *w = f->worker; w < f->worker + f->o.limits.threads; w++)
		if (atomic_load(&w->connections) < atomic_load(&least->connections))
			least = w;
	return least;
}

/* accept_some hands new connections to the workers; false: there are too many for another one. */
static bool accept_some(struct relay_front *f)
{
	for (unsigned i = 0; i < ACCEPT_N; i++) {
		struct sockaddr_storage from = {0};
		socklen_t len = sizeof from;
		/* After the first one nobody may be there to be let in. */
		if (atomic_load(&f->count.connections) >= f->o.limits.connections)
			return i > 0;
		int fd = accept4(f->listen_fd, (struct sockaddr *)&from, &len,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			return errno != EMFILE && errno != ENFILE && errno != ENOBUFS &&
			       errno != ENOMEM;
		/* It closes the descriptor where it fails. */
		(void)MHD_add_connection(worker_for(f, &from)->daemon, fd,
					 (const struct sockaddr *)&from, len);
	}
	return true;
}

static void *watch(void *user)
{
	struct relay_front *f = user;
	for (;;) {
		struct pollfd p[] = {{f->wake_fd, POLLIN, 0}, {f->listen_fd, POLLIN, 0}};
		fire_due(f);
		(void)poll(p, 2, (int)(TICK_MS - platform_clock_ms() % TICK_MS));
		if (p[1].revents && !accept_some(f)) {
			evict(f);
			(void)poll(p, 1, FULL_MS);
		}
		if (p[0].revents)
			return NULL;
	}
}

static struct sr_err open_readers(struct relay_front *f)
{
	for (unsigned i = 0; i < f->o.limits.threads; i++) {
		struct relay_worker *w = &f->worker[i];
		w->front = f;
		SR_TRY(f->o.store->ops->reader_open(f->o.store, &w->reader));
	}
	return sr_ok();
}

static bool init_locks(struct relay_front *f)
{
	pthread_condattr_t attr;
	if (pthread_mutex_init(&f->lock, NULL))
		return false;
	bool ok = pthread_condattr_init(&attr) == 0;
	if (ok) {
		ok = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 &&
		     pthread_cond_init(&f->ended, &attr) == 0;
		(void)pthread_condattr_destroy(&attr);
	}
	if (!ok)
		(void)pthread_mutex_destroy(&f->lock);
	return ok;
}

struct sr_err relay_front_open(const struct relay_front_options *o, struct relay_front **out)
{
	assert(o->limits.threads >= 1 && o->limits.threads <= RELAY_THREADS_MAX);
	struct relay_front *f = calloc(1, sizeof *f);
	uint8_t key[CRYPTO_KEY_LEN];
	if (!f)
		return sr_nomem();
	f->o = *o;
	f->listen_fd = f->wake_fd = -1;
	if (!init_locks(f)) {
		free(f);
		return sr_nomem();
	}
	relay_draw(f, key);
	relay_wait_init(&f->wait, key);
	relay_wheel_init(&f->wheel, tick_now());
	relay_ring_init(&f->idle);
	struct sr_err e = open_readers(f);
	if (sr_bad(e)) {
		relay_front_close(f);
		return e;
	}
	*out = f;
	return sr_ok();
}

static struct MHD_Daemon *start_daemon(struct relay_worker *w)
{
	const struct relay_front_options *o = &w->front->o;
	const struct MHD_OptionItem tls[] = {
		{MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)o->tls_key},
		{MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)o->tls_certificate},
		{MHD_OPTION_HTTPS_PRIORITIES, 0, "NORMAL:-VERS-ALL:+VERS-TLS1.3"},
		{MHD_OPTION_END, 0, NULL}};
	static const struct MHD_OptionItem none = {MHD_OPTION_END, 0, NULL};
	/* More than there can be: the limit is kept in accept_some. */
	const unsigned connections = o->limits.connections + ACCEPT_N;
	return MHD_start_daemon(
		MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ITC |
			MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TURBO | MHD_USE_SUPPRESS_DATE_NO_CLOCK |
			(o->tls_key ? MHD_USE_TLS : 0),
		0, NULL, NULL, relay_serve, w, MHD_OPTION_ARRAY, o->tls_key ? tls : &none,
		MHD_OPTION_NOTIFY_COMPLETED, relay_serve_end, w, MHD_OPTION_NOTIFY_CONNECTION,
		on_connection, w, MHD_OPTION_CONNECTION_LIMIT, connections,
		MHD_OPTION_PER_IP_CONNECTION_LIMIT, o->limits.per_address,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)RELAY_MEMORY_PER_REQUEST,
		MHD_OPTION_END);
}

static void stop_daemons(struct relay_front *f)
{
	for (unsigned i = 0; i < f->o.limits.threads; i++) {
		MHD_stop_daemon(f->worker[i].daemon);
		f->worker[i].daemon = NULL;
	}
}

static bool start_daemons(struct relay_front *f)
{
	for (unsigned i = 0; i < f->o.limits.threads; i++)
		if (!(f->worker[i].daemon = start_daemon(&f->worker[i])))
			return false;
	return true;
}

struct sr_err relay_front_start(struct relay_front *f, struct relay_writer *writer, int listen_fd)
{
	f->writer = writer;
	f->listen_fd = listen_fd;
	f->wake_fd = eventfd(0, EFD_CLOEXEC);
	if (f->wake_fd < 0)
		return sr_sys("no descriptor to wake the front's thread with");
	if (!start_daemons(f)) {
		stop_daemons(f);
		return sr_fail(SR_E_IO, "libmicrohttpd does not start");
	}
	errno = pthread_create(&f->thread, NULL, watch, f);
	if (errno) {
		struct sr_err e = sr_sys("no thread to accept connections");
		stop_daemons(f);
		return e;
	}
	f->started = true;
	return sr_ok();
}

const struct relay_count *relay_front_count(const struct relay_front *f)
{
	return &f->count;
}

/* stop_watching ends the thread that accepts connections; those that wait get their answers. */
static void stop_watching(struct relay_front *f)
{
	struct relay_ring out;
	relay_ring_init(&out);
	relay_front_lock(f);
	f->stopping = true;
	relay_wait_all(&f->wait, &out);
	take_all(&out);
	relay_front_unlock(f);
	relay_conn_resume(f, &out);
	(void)eventfd_write(f->wake_fd, 1);
	(void)pthread_join(f->thread, NULL);
}

static void await_end(struct relay_front *f)
{
	struct timespec until;
	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += f->o.limits.stop_s;
	relay_front_lock(f);
	while (f->asks_n > 0 && pthread_cond_timedwait(&f->ended, &f->lock, &until) == 0)
		;
	relay_front_unlock(f);
}

/* libmicrohttpd ends the process if it is stopped with connections suspended. */
static void await_resumed(struct relay_front *f)
{
	relay_front_lock(f);
	while (f->resuming_n > 0)
		(void)pthread_cond_wait(&f->ended, &f->lock);
	relay_front_unlock(f);
}

void relay_front_stop(struct relay_front *f)
{
	if (!f->started)
		return;
	stop_watching(f);
	await_end(f);
	fire_all(f);
	await_resumed(f);
	stop_daemons(f);
	f->started = false;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		(void)close(fd);
}

void relay_front_close(struct relay_front *f)
{
	if (!f)
		return;
	assert(!f->started);
	for (unsigned i = 0; i < f->o.limits.threads; i++)
		if (f->worker[i].reader)
			f->worker[i].reader->ops->reader_close(f->worker[i].reader);
	close_fd(f->listen_fd);
	close_fd(f->wake_fd);
	(void)pthread_cond_destroy(&f->ended);
	(void)pthread_mutex_destroy(&f->lock);
	crypto_wipe(f->o.seed, sizeof f->o.seed);
	free(f);
}
