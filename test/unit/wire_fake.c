/* SPDX-License-Identifier: Apache-2.0 */
#include "wire_fake.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	REQUEST_MAX = 16 * 1024,
	ANSWER_MAX = WIRE_HEAD_LEN + 64 * WIRE_CELL_LEN + 1,
	LATE_MS = 60 * 1000
};

/* The log. */

static void add(struct fake *f, const uint8_t *cell)
{
	if (f->n == FAKE_CELLS)
		abort();
	memcpy(f->cells[f->n], cell, WIRE_CELL_LEN);
	known_next(f->chain[f->n], f->n + 1, cell, f->chain[f->n + 1]);
	f->n++;
}

static void add_other(struct fake *f)
{
	uint8_t cell[WIRE_CELL_LEN];
	cell_fill(cell, UINT64_C(0x07000000) + f->others++);
	add(f, cell);
}

void fake_add(struct fake *f)
{
	(void)pthread_mutex_lock(&f->lock);
	add_other(f);
	(void)pthread_mutex_unlock(&f->lock);
}

void fake_cut(struct fake *f, uint64_t n)
{
	(void)pthread_mutex_lock(&f->lock);
	f->n = n;
	(void)pthread_mutex_unlock(&f->lock);
}

void fake_fork(struct fake *f, uint64_t seq)
{
	(void)pthread_mutex_lock(&f->lock);
	uint64_t n = f->n;
	for (f->n = seq - 1; f->n < n;)
		add_other(f);
	(void)pthread_mutex_unlock(&f->lock);
}

void fake_forget(struct fake *f, uint64_t first)
{
	(void)pthread_mutex_lock(&f->lock);
	f->first = first;
	(void)pthread_mutex_unlock(&f->lock);
}

size_t fake_count(struct fake *f, const uint8_t cell[WIRE_CELL_LEN])
{
	size_t n = 0;
	(void)pthread_mutex_lock(&f->lock);
	for (size_t i = 0; i < f->n; i++)
		n += memcmp(f->cells[i], cell, WIRE_CELL_LEN) == 0;
	(void)pthread_mutex_unlock(&f->lock);
	return n;
}

void fake_trick_next(struct fake *f, const struct fake_trick *tricks, size_t n)
{
	(void)pthread_mutex_lock(&f->lock);
	if (n)
		memcpy(f->tricks, tricks, n * sizeof *tricks);
	f->tricks_n = n;
	f->requests = 0;
	(void)pthread_mutex_unlock(&f->lock);
}

void fake_clear(struct fake *f)
{
	fake_trick_next(f, NULL, 0);
}

/* Answers. */

static void plain(struct wire_head *h, enum wire_status status)
{
	*h = (struct wire_head){.status = (uint8_t)status, .time = 1};
}

static void decide_append(struct fake *f, const uint8_t *body, bool drop, struct wire_head *h)
{
	struct wire_append r;
	uint8_t chain[32];
	if (sr_bad(wire_append_take(slice_make(body, WIRE_APPEND_LEN), &r)) ||
	    sr_bad(wire_append_check(&r, f->keys->relay_public))) {
		plain(h, WIRE_FORBIDDEN);
		return;
	}
	known_next(r.before, r.seq, r.cell, chain);
	memcpy(f->token, r.token, sizeof f->token);
	if (r.seq == f->n + 1 && memcmp(r.before, f->chain[f->n], 32) == 0 && !drop && !f->full)
		add(f, r.cell);
	bool stands = r.seq <= f->n && memcmp(f->chain[r.seq], chain, 32) == 0;
	h->seq = stands ? r.seq : f->n;
	h->status = stands ? WIRE_OK : f->full ? WIRE_FULL : WIRE_CONFLICT;
	if (r.seq < f->first) {
		h->status = WIRE_EXPIRED;
		h->seq = f->n;
	}
	memcpy(h->before, f->chain[h->seq], 32);
}

/* decide_read gives the number of cells that are asked for, so that the answer has its length. */
static uint8_t decide_read(struct fake *f, const uint8_t *body, uint8_t *cells, struct wire_head *h)
{
	struct wire_read r;
	if (sr_bad(wire_read_take(slice_make(body, WIRE_READ_LEN), &r)) ||
	    sr_bad(wire_read_check(&r, f->keys->relay_public))) {
		plain(h, WIRE_FORBIDDEN);
		return body[76];
	}
	if (f->now &&
	    ((int64_t)r.time < f->now - WIRE_SKEW_S || (int64_t)r.time > f->now + WIRE_SKEW_S)) {
		plain(h, WIRE_CLOCK);
		return r.cells;
	}
	h->status = r.from < f->first ? WIRE_EXPIRED : WIRE_OK;
	h->seq = f->n;
	memcpy(h->before, f->chain[f->n], 32);
	if (h->status != WIRE_OK || r.from > f->n || !r.cells)
		return r.cells;
	uint64_t n = f->n - r.from + 1;
	h->cells_n = n < r.cells ? (uint8_t)n : r.cells;
	h->seq = r.from + h->cells_n - 1;
	memcpy(h->before, f->chain[r.from - 1], 32);
	memcpy(cells, f->cells[r.from - 1], (size_t)h->cells_n * WIRE_CELL_LEN);
	return r.cells;
}

/* lie changes a decided answer, before (head) and after (bytes) it is signed. */
static void lie_before(unsigned reply, struct wire_head *h)
{
	if (reply > FAKE_STATUS)
		plain(h, (enum wire_status)(reply - FAKE_STATUS));
	if (reply == FAKE_BUSY)
		plain(h, WIRE_BUSY);
	if (reply == FAKE_OTHER_LOG)
		h->address[0] ^= 1;
	if (reply == FAKE_OTHER_CHAIN)
		h->chain[0] ^= 1;
	if (reply == FAKE_MANY_CELLS) {
		h->seq += WIRE_CELLS_MAX - h->cells_n;
		h->cells_n = WIRE_CELLS_MAX;
	}
	if (reply == FAKE_KEEP_BACK)
		h->cells_n = 0;
}

static void lie_after(unsigned reply, struct wire_head *h, uint8_t *cells)
{
	if (reply == FAKE_BAD_SIGNATURE)
		h->signature[9] ^= 1;
	if (reply == FAKE_BAD_CELL)
		cells[WIRE_CELL_LEN / 2] ^= 1;
}

size_t fake_answer(struct fake *f, bool append, const uint8_t *body, struct fake_trick trick,
		   uint8_t *out, unsigned *http)
{
	struct wire_head h = {.first = f->first, .time = (uint64_t)f->now};
	uint8_t cells = 0;
	if (trick.before)
		add_other(f);
	memset(out, 0x5a, ANSWER_MAX);
	if (append)
		decide_append(f, body, trick.drop, &h);
	else
		cells = decide_read(f, body, out + WIRE_HEAD_LEN, &h);
	if (wire_status_signed(h.status)) {
		wire_address(&f->keys->log, h.address);
		memcpy(h.chain, f->chain[h.seq], 32);
	}
	lie_before(trick.reply, &h);
	if (wire_status_signed(h.status))
		wire_head_sign(&h, trick.reply == FAKE_OTHER_RELAY ? &f->keys->other_relay
								   : &f->keys->relay);
	lie_after(trick.reply, &h, out + WIRE_HEAD_LEN);
	wire_head_put(&h, out);
	*http = wire_http_status(h.status, append);
	if (trick.after)
		add_other(f);
	return wire_answer_len(cells);
}

/* The server: one connection at a time. */

static bool send_all(int fd, const void *ptr, size_t len)
{
	const char *p = ptr;
	while (len) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

static bool send_text(int fd, const char *text)
{
	return send_all(fd, text, strlen(text));
}

static bool recv_all(int fd, void *ptr, size_t len)
{
	char *p = ptr;
	while (len) {
		ssize_t n = recv(fd, p, len, 0);
		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

/* recv_request reads headers byte by byte, which is slow and simple, and a body of a known length.
 */
static bool recv_request(int fd, char headers[REQUEST_MAX], uint8_t *body, bool *append)
{
	size_t n = 0;
	do {
		if (n == REQUEST_MAX - 1 || !recv_all(fd, headers + n, 1))
			return false;
		headers[++n] = 0;
	} while (n < 4 || memcmp(headers + n - 4, "\r\n\r\n", 4) != 0);
	*append = strncmp(headers, "POST /v1/append HTTP/1.1\r\n", 26) == 0;
	if (!*append && strncmp(headers, "POST /v1/read HTTP/1.1\r\n", 24) != 0)
		return false;
	return recv_all(fd, body, *append ? WIRE_APPEND_LEN : WIRE_READ_LEN);
}

static void endless(int fd, const char *front, const char *text)
{
	if (!send_text(fd, front))
		return;
	for (size_t i = 0; i < 100000 && send_text(fd, text); i++)
		;
}

/* strange replies without any answer of ours; false: it is not one of them. */
static bool reply_strange(struct fake *f, int fd, unsigned reply)
{
	char text[200];
	if (reply == FAKE_BARE_503)
		return send_text(fd, "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nlate"), true;
	if (reply == FAKE_BARE_404)
		return send_text(fd, "HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\nno"), true;
	if (reply == FAKE_NOT_HTTP)
		return send_text(fd, "220 mail.example.org ESMTP\r\n"), true;
	if (reply == FAKE_LONG_502)
		return endless(fd, "HTTP/1.1 502 Bad\r\nContent-Length: 1000000\r\n\r\n",
			       "<html>Bad gateway</html>"),
		       true;
	if (reply == FAKE_ENDLESS_BODY)
		return endless(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
			       "40\r\n0123456789abcdef0123456789abcdef0123456789abcdef"
			       "0123456789abcdef\r\n"),
		       true;
	if (reply == FAKE_ENDLESS_HEADERS)
		return endless(fd, "HTTP/1.1 200 OK\r\n", "X-More: and more and more\r\n"), true;
	if (reply == FAKE_ENDLESS_INTERIM)
		return endless(fd, "HTTP/1.1 100 Continue\r\n\r\n",
			       "HTTP/1.1 100 Continue\r\n\r\n"),
		       true;
	if (reply != FAKE_REDIRECT)
		return false;
	(void)snprintf(text, sizeof text,
		       "HTTP/1.1 307 There\r\nLocation: http://127.0.0.1:%u/v1/append\r\n"
		       "Content-Length: 0\r\n\r\n",
		       (unsigned)f->address.port);
	(void)send_text(fd, text);
	return true;
}

/* reply_request sends an answer; false: the connection ends there. */
static bool reply_request(struct fake *f, int fd, unsigned reply, const uint8_t *answer, size_t len,
			  unsigned http)
{
	char front[200];
	if (reply == FAKE_CLOSE)
		return false;
	if (reply_strange(f, fd, reply))
		return false;
	if (reply == FAKE_WRONG_HTTP)
		http = 409;
	len += reply == FAKE_BYTE_MORE ? 1U : 0;
	len -= reply == FAKE_BYTE_LESS ? 1U : 0;
	(void)snprintf(front, sizeof front,
		       "HTTP/1.1 %u X\r\nContent-Type: application/octet-stream\r\n"
		       "Content-Length: %zu\r\n\r\n",
		       http, len);
	if (reply == FAKE_LATE) {
		/* Until the client has gone. */
		struct pollfd p = {.fd = fd, .events = POLLIN};
		(void)poll(&p, 1, LATE_MS);
	}
	if (reply == FAKE_HALF)
		return send_text(fd, front) && send_all(fd, answer, len / 2) && false;
	return send_text(fd, front) && send_all(fd, answer, len);
}

/* socks_hello is the proxy's part of RFC 1928 and RFC 1929, which asks for a name. */
static bool socks_hello(struct fake *f, int fd)
{
	uint8_t b[600], n, port[2];
	static const uint8_t granted[10] = {5, 0, 0, 1, 127, 0, 0, 1, 0, 0};
	if (!recv_all(fd, b, 2) || b[0] != 5 || !recv_all(fd, b + 2, b[1]) ||
	    !memchr(b + 2, 2, b[1]) || !send_all(fd, "\5\2", 2))
		return false;
	if (!recv_all(fd, b, 2) || !recv_all(fd, f->socks_user, b[1]) || !recv_all(fd, &n, 1))
		return false;
	f->socks_user[b[1]] = 0;
	if (!recv_all(fd, b, n) || !send_all(fd, "\1\0", 2) || !recv_all(fd, b, 5) || b[3] != 3 ||
	    !recv_all(fd, f->socks_host, b[4]) || !recv_all(fd, port, 2))
		return false;
	f->socks_host[b[4]] = 0;
	return send_all(fd, granted, sizeof granted);
}

static void serve(struct fake *f, int fd)
{
	static uint8_t body[WIRE_APPEND_LEN], answer[ANSWER_MAX];
	static char headers[REQUEST_MAX];
	bool append, go_on = !f->socks || socks_hello(f, fd);
	while (go_on && recv_request(fd, headers, body, &append)) {
		unsigned http;
		(void)pthread_mutex_lock(&f->lock);
		size_t at = f->requests++;
		struct fake_trick trick = {0};
		if (at < f->tricks_n)
			trick = f->tricks[at];
		if (at < FAKE_TRICKS)
			f->asked[at] = append ? 255 : body[76];
		size_t len = fake_answer(f, append, body, trick, answer, &http);
		(void)pthread_mutex_unlock(&f->lock);
		go_on = reply_request(f, fd, trick.reply, answer, len, http);
	}
}

static void *run(void *user)
{
	struct fake *f = user;
	const int on = 1;
	for (;;) {
		int fd = accept(f->listener, NULL, NULL);
		if (fd < 0)
			return NULL;
		/* An answer is sent in two pieces. */
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
		serve(f, fd);
		(void)shutdown(fd, SHUT_WR);
		(void)close(fd);
	}
}

void fake_open(struct fake *f, const struct wire_keys *keys)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof a;
	memset(f, 0, sizeof *f);
	f->keys = keys;
	f->first = 1;
	known_start(&keys->log, f->chain[0]);
	(void)pthread_mutex_init(&f->lock, NULL);
	f->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (f->listener < 0 || bind(f->listener, (struct sockaddr *)&a, sizeof a) != 0 ||
	    listen(f->listener, 16) != 0 ||
	    getsockname(f->listener, (struct sockaddr *)&a, &len) != 0)
		abort();
	(void)snprintf(f->address.host, sizeof f->address.host, "127.0.0.1");
	f->address.port = ntohs(a.sin_port);
	memcpy(f->address.key, keys->relay_public, 32);
	if (pthread_create(&f->thread, NULL, run, f) != 0)
		abort();
}

void fake_close(struct fake *f)
{
	(void)shutdown(f->listener, SHUT_RDWR);
	(void)pthread_join(f->thread, NULL);
	(void)close(f->listener);
	(void)pthread_mutex_destroy(&f->lock);
}
