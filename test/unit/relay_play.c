/* SPDX-License-Identifier: Apache-2.0 */
#include "relay_play.h"

#include "platform.h"
#include "relay_sqlite.h"

#include <arpa/inet.h>
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

const char play_append_path[] = "/v1/append", play_read_path[] = "/v1/read";

enum { ANSWER_MAX = 1 << 20 };

static void must(struct sr_err e)
{
	if (sr_bad(e)) {
		printf("Bail out! %s (%s)\n", e.what, strerror(e.sys));
		exit(EXIT_FAILURE);
	}
}

static int64_t now(void *user)
{
	struct play *p = user;
	return platform_now() + atomic_load(&p->clock_ahead_s);
}

static void failed(void *user, struct sr_err e)
{
	struct play *p = user;
	(void)e;
	(void)atomic_fetch_add(&p->failures, 1);
}

static void changed(void *user, const uint8_t address[CRYPTO_HASH_LEN])
{
	struct play *p = user;
	relay_front_changed(p->front, address);
}

void play_init(struct play *p)
{
	const char *tmp = getenv("TMPDIR");
	*p = (struct play){.limits = relay_front_usual(),
			   .rules = {.admission = false, .log_cells = 1000 * 1000},
			   .classes = 1 << WIRE_DAYS_7 | 1 << WIRE_DAYS_30};
	p->limits.threads = 2;
	(void)snprintf(p->folder, sizeof p->folder, "%s/relay-XXXXXX", tmp ? tmp : "/tmp");
	must(crypto_init());
	if (!mkdtemp(p->folder))
		must(sr_sys("no folder"));
	(void)snprintf(p->path, sizeof p->path, "%s/relay.db", p->folder);
	must(relay_sqlite_create(p->path));
	must(crypto_key_random(&p->key));
	crypto_public_key(&p->key, p->public_key);
}

static int listen_somewhere(uint16_t *port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, len) || listen(fd, 1024) ||
	    getsockname(fd, (struct sockaddr *)&a, &len))
		must(sr_sys("no port"));
	*port = ntohs(a.sin_port);
	return fd;
}

void play_start(struct play *p)
{
	struct relay_front_options o = {.limits = p->limits,
					.clock = &p->clock,
					.tls_key = p->tls_key,
					.tls_certificate = p->tls_certificate,
					.failed = failed,
					.user = p};
	p->clock = (struct relay_clock){now, p};
	p->calls = (struct relay_writer_calls){changed, failed, p};
	o.terms = (struct relay_terms){.key = &p->key, .classes = p->classes};
	memcpy(o.terms.public_key, p->public_key, sizeof p->public_key);
	memset(o.seed, 7, sizeof o.seed);
	must(relay_sqlite_open(p->path, &p->rules, &p->store));
	if (p->wrap)
		p->store = p->wrap(p->store);
	o.store = p->store;
	must(relay_front_open(&o, &p->front));
	must(relay_writer_open(p->store, &p->clock, &p->calls, &p->writer));
	must(relay_front_start(p->front, p->writer, listen_somewhere(&p->port)));
}

void play_stop(struct play *p)
{
	relay_front_stop(p->front);
	relay_writer_close(p->writer);
	relay_front_close(p->front);
	p->store->ops->close(p->store);
	p->front = NULL;
}

void play_end(struct play *p)
{
	DIR *d = opendir(p->folder);
	for (struct dirent *e; d && (e = readdir(d));)
		if (e->d_name[0] != '.')
			(void)unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		(void)closedir(d);
	(void)rmdir(p->folder);
	crypto_key_release(&p->key);
}

void play_log_make(struct play_log *l)
{
	*l = (struct play_log){.log.class = WIRE_DAYS_30};
	must(crypto_key_random(&l->write));
	must(crypto_key_random(&l->read));
	crypto_public_key(&l->write, l->log.write_key);
	crypto_public_key(&l->read, l->log.read_key);
	wire_address(&l->log, l->address);
}

void play_log_end(struct play_log *l)
{
	crypto_key_release(&l->write);
	crypto_key_release(&l->read);
}

void play_append(const struct play *p, const struct play_log *l, uint64_t seq,
		 const uint8_t before[CRYPTO_HASH_LEN], uint8_t byte, uint8_t body[WIRE_APPEND_LEN])
{
	uint8_t cell[WIRE_CELL_LEN];
	struct wire_append r = {.log = l->log, .seq = seq, .cell = cell};
	memset(cell, byte, sizeof cell);
	memcpy(r.before, before, sizeof r.before);
	wire_append_sign(&r, p->public_key, &l->write);
	wire_append_put(&r, body);
}

void play_read(const struct play *p, const struct play_log *l, uint64_t from, uint8_t cells,
	       uint16_t wait_s, uint8_t body[WIRE_READ_LEN])
{
	struct wire_read r = {.log = l->log,
			      .from = from,
			      .wait_s = wait_s,
			      .cells = cells,
			      .time = (uint64_t)now((void *)(uintptr_t)p)};
	wire_read_sign(&r, p->public_key, &l->read);
	wire_read_put(&r, body);
}

int play_connect(const struct play *p)
{
	const struct sockaddr_in a = {.sin_family = AF_INET,
				      .sin_port = htons(p->port),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&a, sizeof a)) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

bool play_send(int fd, const void *ptr, size_t len)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = send(fd, (const char *)ptr + done, len - done, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return true;
}

/* get reads len bytes; false: they do not come. */
static bool get(int fd, void *ptr, size_t len)
{
	for (size_t done = 0; done < len;) {
		struct pollfd p = {fd, POLLIN, 0};
		if (poll(&p, 1, PLAY_PATIENCE_MS) <= 0)
			return false;
		ssize_t n = recv(fd, (char *)ptr + done, len - done, 0);
		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return true;
}

static bool receive_head(int fd, struct play_answer *a)
{
	while (a->head_len + 1 < sizeof a->head) {
		if (!get(fd, a->head + a->head_len, 1))
			return false;
		a->head_len++;
		if (a->head_len >= 4 && memcmp(a->head + a->head_len - 4, "\r\n\r\n", 4) == 0)
			return true;
	}
	return false;
}

void play_receive(int fd, struct play_answer *out)
{
	static const char version[] = "HTTP/1.1 ", length[] = "\r\nContent-Length: ";
	*out = (struct play_answer){0};
	if (!receive_head(fd, out) || strncmp(out->head, version, sizeof version - 1) != 0)
		return;
	const char *at = strstr(out->head, length);
	out->body_len = at ? strtoul(at + sizeof length - 1, NULL, 10) : ANSWER_MAX;
	out->closes = strstr(out->head, "\r\nConnection: close\r\n");
	if (out->body_len >= ANSWER_MAX)
		return;
	out->body = malloc(out->body_len + 1);
	if (!out->body || !get(fd, out->body, out->body_len))
		return;
	out->status = (unsigned)strtoul(out->head + sizeof version - 1, NULL, 10);
	if (out->body_len < WIRE_HEAD_LEN ||
	    sr_bad(wire_head_take(slice_make(out->body, WIRE_HEAD_LEN), &out->wire)))
		out->wire = (struct wire_head){0};
}

void play_free(struct play_answer *a)
{
	free(a->body);
	*a = (struct play_answer){0};
}

bool play_request(int fd, const char *path, const void *body, size_t len)
{
	char head[PLAY_HEAD_MAX];
	const int n = snprintf(head, sizeof head,
			       "POST %s HTTP/1.1\r\nHost: relay\r\nContent-Length: %zu\r\n\r\n",
			       path, len);
	uint8_t *all = malloc((size_t)n + len);
	if (!all)
		return false;
	memcpy(all, head, (size_t)n);
	memcpy(all + n, body, len);
	const bool ok = play_send(fd, all, (size_t)n + len);
	free(all);
	return ok;
}

void play_ask(int fd, const char *path, const void *body, size_t len, struct play_answer *out)
{
	(void)play_request(fd, path, body, len);
	play_receive(fd, out);
}

void play_once(const struct play *p, const char *path, const void *body, size_t len,
	       struct play_answer *out)
{
	int fd = play_connect(p);
	play_ask(fd, path, body, len, out);
	(void)close(fd);
}

bool play_ended(int fd, int ms)
{
	const int64_t until = platform_clock_ms() + ms;
	for (int64_t left; (left = until - platform_clock_ms()) > 0;) {
		char any[256];
		struct pollfd p = {fd, POLLIN, 0};
		if (poll(&p, 1, (int)left) > 0 && recv(fd, any, sizeof any, 0) <= 0)
			return true;
	}
	return false;
}

bool play_wait(const atomic_uint_least64_t *n, uint64_t value)
{
	const struct timespec nap = {0, 2 * 1000 * 1000};
	const int64_t until = platform_clock_ms() + PLAY_PATIENCE_MS;
	while (atomic_load(n) != value) {
		if (platform_clock_ms() > until)
			return false;
		(void)nanosleep(&nap, NULL);
	}
	return true;
}

void play_nap(long ms)
{
	const struct timespec t = {ms / 1000, ms % 1000 * 1000000};
	(void)nanosleep(&t, NULL);
}

void play_head_start(const struct play_log *l, struct play_head *h)
{
	h->seq = 0;
	wire_chain_start(l->address, h->chain);
}

void play_head_step(struct play_head *h, uint8_t byte)
{
	uint8_t cell[WIRE_CELL_LEN];
	memset(cell, byte, sizeof cell);
	wire_chain_next(h->chain, ++h->seq, cell, h->chain);
}

bool play_add(const struct play *p, const struct play_log *l, struct play_head *h, uint8_t byte)
{
	uint8_t body[WIRE_APPEND_LEN];
	struct play_answer a;
	play_append(p, l, h->seq + 1, h->chain, byte, body);
	play_once(p, play_append_path, body, sizeof body, &a);
	const bool ok = a.status == 201;
	if (ok)
		play_head_step(h, byte);
	play_free(&a);
	return ok;
}

void play_ask_read(const struct play *p, const struct play_log *l, uint64_t from, uint8_t cells,
		   uint16_t wait_s, struct play_answer *a)
{
	uint8_t body[WIRE_READ_LEN];
	play_read(p, l, from, cells, wait_s, body);
	play_once(p, play_read_path, body, sizeof body, a);
}

bool play_signed(const struct play *p, const struct play_answer *a)
{
	return !sr_bad(wire_head_check(&a->wire, p->public_key));
}

bool play_says_nothing(const struct play_answer *a)
{
	static const struct wire_head nothing;
	return a->wire.seq == 0 && a->wire.first == 0 &&
	       memcmp(a->wire.chain, nothing.chain, sizeof nothing.chain) == 0 &&
	       memcmp(a->wire.address, nothing.address, sizeof nothing.address) == 0 &&
	       memcmp(a->wire.signature, nothing.signature, sizeof nothing.signature) == 0;
}
