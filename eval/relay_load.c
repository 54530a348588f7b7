/* SPDX-License-Identifier: Apache-2.0 */
#include "relay_load.h"

#include "relay_bench.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 256 };

/* struct conn: out[out_at..out_len) is still to be sent, in[0..in_len) has come. */
struct conn {
	int fd;
	uint8_t *out, *in;
	size_t out_at, out_len, in_len;
	double since;
	bool asks;
};

struct load {
	struct conn *conn;
	size_t n, answer_max;
	int epoll;
	const struct load_calls *calls;
	size_t begun, asking, ended;
	bool stopped;
};

struct load *load_open(const int *fds, size_t n, size_t request_max, size_t answer_max)
{
	struct load *l = calloc(1, sizeof *l);
	if (!l || !(l->conn = calloc(n, sizeof *l->conn)))
		bench_fail("out of memory");
	l->n = n;
	l->answer_max = answer_max;
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	for (size_t i = 0; i < n; i++) {
		struct conn *c = &l->conn[i];
		struct epoll_event e = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.u64 = i};
		c->fd = fds[i];
		c->out = malloc(request_max);
		c->in = malloc(answer_max);
		if (!c->out || !c->in || fcntl(c->fd, F_SETFL, O_NONBLOCK) != 0 ||
		    epoll_ctl(l->epoll, EPOLL_CTL_ADD, c->fd, &e) != 0)
			bench_fail("no memory or descriptors for so many connections");
	}
	return l;
}

void load_close(struct load *l)
{
	for (struct conn *c = l->conn; c < l->conn + l->n; c++) {
		if (c->fd >= 0)
			(void)close(c->fd);
		free(c->out);
		free(c->in);
	}
	(void)close(l->epoll);
	free(l->conn);
	free(l);
}

void load_stop(struct load *l)
{
	l->stopped = true;
}

static void lose(struct load *l, struct conn *c)
{
	(void)close(c->fd);
	c->fd = -1;
	l->asking -= c->asks;
	c->asks = false;
	l->ended++;
}

static void send_more(struct load *l, struct conn *c)
{
	while (c->out_at < c->out_len) {
		const ssize_t n =
			send(c->fd, c->out + c->out_at, c->out_len - c->out_at, MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			lose(l, c);
			return;
		}
		c->out_at += (size_t)n;
	}
}

/* ask begins a connection's next request, if it has one. */
static void ask(struct load *l, struct conn *c)
{
	c->out_at = 0;
	c->out_len = c->fd < 0 ? 0 : l->calls->next(l->calls->user, (size_t)(c - l->conn), c->out);
	l->asking -= c->asks;
	c->asks = c->out_len > 0;
	l->asking += c->asks;
	if (!c->asks)
		return;
	c->since = bench_now_s();
	send_more(l, c);
}

void load_kick(struct load *l, size_t conn)
{
	if (!l->conn[conn].asks)
		ask(l, &l->conn[conn]);
}

static void begin_more(struct load *l, size_t active)
{
	while (!l->stopped && l->asking < active && l->begun < l->n)
		load_kick(l, l->begun++);
}

static void take(struct load *l, struct conn *c)
{
	while (c->asks && !l->stopped) {
		const ssize_t n = recv(c->fd, c->in + c->in_len, l->answer_max - c->in_len, 0);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			lose(l, c);
			return;
		}
		c->in_len += (size_t)n;
		const size_t whole = l->calls->whole(c->in, c->in_len);
		if (!whole)
			continue;
		if (whole != c->in_len)
			bench_fail("an answer that nobody asked for");
		l->calls->answer(l->calls->user, (size_t)(c - l->conn), slice_make(c->in, whole),
				 c->since);
		c->in_len = 0;
		if (!l->stopped)
			ask(l, c);
	}
}

static void hear(struct load *l, struct conn *c, uint32_t events)
{
	if (c->fd >= 0 && events & EPOLLOUT)
		send_more(l, c);
	if (c->fd >= 0 && events & ~(uint32_t)EPOLLOUT)
		take(l, c);
}

size_t load_run(struct load *l, const struct load_calls *c, size_t active, double until)
{
	struct epoll_event e[EVENTS];
	l->calls = c;
	l->begun = l->ended = 0;
	l->stopped = false;
	for (begin_more(l, active); l->asking && !l->stopped; begin_more(l, active)) {
		const double left = until - bench_now_s();
		if (left <= 0)
			break;
		const int n = epoll_wait(l->epoll, e, EVENTS, (int)(left * 1e3) + 1);
		for (int i = 0; i < n && !l->stopped; i++)
			hear(l, &l->conn[e[i].data.u64], e[i].events);
	}
	return l->ended;
}
