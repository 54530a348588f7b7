/* SPDX-License-Identifier: Apache-2.0 */
#include "relay_peer.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

void peer_cell(struct peer_writer *w, uint8_t cell[WIRE_CELL_LEN])
{
	client_cell(w->id, w->cells++, cell);
}

/* ---- The relay ---- */

static bool relay_begin(struct peer *p)
{
	client_relay_init(&p->relay, p->b);
	(void)client_relay_start(&p->relay);
	p->port = p->relay.port;
	return true;
}

static void relay_end(struct peer *p)
{
	client_relay_stop(&p->relay, SIGTERM);
}

static void relay_greet(int fd)
{
	(void)fd;
}

static size_t relay_request(const struct peer *p, struct peer_writer *w, uint8_t *out)
{
	uint8_t cell[WIRE_CELL_LEN];
	if (w->ahead) {
		memcpy(out, w->ahead + (w->seq - 1) * w->ahead_len, w->ahead_len);
		return w->ahead_len;
	}
	peer_cell(w, cell);
	return client_append(&p->relay, &w->log, cell, out);
}

static enum peer_answer relay_answer(struct peer_writer *w, struct slice in)
{
	struct wire_head h;
	client_answer(in, &h, NULL);
	if (h.status != WIRE_OK && h.status != WIRE_CONFLICT)
		bench_fail("the relay refuses an append");
	w->log.seq = h.seq;
	memcpy(w->log.chain, h.chain, sizeof h.chain);
	w->seq = h.seq + 1;
	return h.status == WIRE_OK ? PEER_STORED : PEER_LOST;
}

const struct peer_ops peer_relay = {
	"relay", relay_begin, relay_end, relay_greet, relay_request, client_whole, relay_answer,
};

/* ---- Redis: a stream for each log, and the sequence as the entry's number, which must be above
 * the last one ---- */

static bool redis_begin(struct peer *p)
{
	char data[BENCH_PATH_LEN], port[8];
	p->port = bench_port();
	bench_path(p->b, "redis", data);
	(void)snprintf(port, sizeof port, "%u", (unsigned)p->port);
	if (access("/usr/bin/redis-server", X_OK) != 0)
		return false;
	if (mkdir(data, 0700) != 0)
		bench_fail("no folder for Redis");
	const char *argv[] = {"/usr/bin/redis-server",
			      "--port",
			      port,
			      "--bind",
			      "127.0.0.1",
			      "--dir",
			      data,
			      "--save",
			      "",
			      "--appendonly",
			      "yes",
			      "--appendfsync",
			      "always",
			      "--auto-aof-rewrite-percentage",
			      "0",
			      NULL};
	p->pid = bench_spawn(p->b, "redis", argv, -1);
	(void)close(bench_connect(p->port));
	return true;
}

static void process_end(struct peer *p)
{
	bench_stop(p->pid, SIGTERM);
}

static size_t redis_request(const struct peer *p, struct peer_writer *w, uint8_t *out)
{
	char log[24], seq[24];
	uint8_t cell[WIRE_CELL_LEN];
	(void)p;
	peer_cell(w, cell);
	const int log_len = snprintf(log, sizeof log, "%llu", (unsigned long long)w->log_id);
	const int seq_len = snprintf(seq, sizeof seq, "%llu", (unsigned long long)w->seq);
	size_t n = (size_t)snprintf((char *)out, PEER_REQUEST_MAX - WIRE_CELL_LEN,
				    "*5\r\n$4\r\nXADD\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n"
				    "$1\r\nc\r\n$%d\r\n",
				    log_len, log, seq_len, seq, (int)WIRE_CELL_LEN);
	memcpy(out + n, cell, sizeof cell);
	n += sizeof cell;
	memcpy(out + n, "\r\n", 2);
	return n + 2;
}

static size_t redis_whole(const uint8_t *in, size_t len)
{
	const uint8_t *end = memmem(in, len, "\r\n", 2);
	if (!end)
		return 0;
	size_t whole = (size_t)(end - in) + 2;
	if (*in == '$')
		whole += strtoul((const char *)in + 1, NULL, 10) + 2;
	return whole <= len ? whole : 0;
}

static enum peer_answer redis_answer(struct peer_writer *w, struct slice in)
{
	if (*in.ptr != '$' && !memmem(in.ptr, in.len, "equal or smaller", 16))
		bench_fail("Redis refuses an append");
	w->seq++;
	return *in.ptr == '$' ? PEER_STORED : PEER_LOST;
}

const struct peer_ops peer_redis = {
	"Redis", redis_begin, process_end, relay_greet, redis_request, redis_whole, redis_answer,
};

/* ---- PostgreSQL: protocol 3.0, a prepared call of a function that compares and appends ---- */

enum { READY_S = 60 };

static const char initdb[] = "/usr/lib/postgresql/15/bin/initdb",
		  postgres[] = "/usr/lib/postgresql/15/bin/postgres",
		  pg_isready[] = "/usr/lib/postgresql/15/bin/pg_isready";

static const char postgres_tables[] =
	"CREATE TABLE log(id int8 PRIMARY KEY, head int8 NOT NULL) WITH (fillfactor = 50);"
	"CREATE TABLE cell(log int8, seq int8, body bytea NOT NULL, PRIMARY KEY(log, seq));"
	"ALTER TABLE cell ALTER body SET STORAGE PLAIN;"
	"CREATE FUNCTION append(l int8, s int8, b bytea) RETURNS int8 LANGUAGE plpgsql AS $$"
	"DECLARE h int8; BEGIN "
	"IF s = 1 THEN INSERT INTO log VALUES(l, 0) ON CONFLICT DO NOTHING; END IF;"
	"UPDATE log SET head = s WHERE id = l AND head = s - 1;"
	"IF FOUND THEN INSERT INTO cell VALUES(l, s, b); RETURN s; END IF;"
	"SELECT head INTO h FROM log WHERE id = l; RETURN -h; END $$;";

static uint8_t *put_be(uint8_t *at, uint64_t v, size_t len)
{
	for (size_t i = 0; i < len; i++)
		at[i] = (uint8_t)(v >> 8 * (len - 1 - i));
	return at + len;
}

static uint64_t be(const uint8_t *at, size_t len)
{
	uint64_t v = 0;
	for (size_t i = 0; i < len; i++)
		v = v << 8 | at[i];
	return v;
}

static size_t postgres_message(uint8_t *out, char type, const void *body, size_t len)
{
	out[0] = (uint8_t)type;
	memcpy(put_be(out + 1, len + 4, 4), body, len);
	return len + 5;
}

/* postgres_whole: up to the message that says that the server is ready for a query. */
static size_t postgres_whole(const uint8_t *in, size_t len)
{
	for (size_t at = 0; len - at >= 5;) {
		const size_t n = 1 + (size_t)be(in + at + 1, 4);
		if (in[at] == 'E')
			bench_fail("PostgreSQL refuses something");
		if (n > len - at)
			return 0;
		if (in[at] == 'Z')
			return at + n;
		at += n;
	}
	return 0;
}

static void postgres_ask(int fd, const uint8_t *request, size_t len)
{
	uint8_t in[PEER_ANSWER_MAX];
	if (write(fd, request, len) != (ssize_t)len)
		bench_fail("PostgreSQL does not listen");
	for (size_t got = 0; !postgres_whole(in, got);) {
		const ssize_t n = read(fd, in + got, sizeof in - got);
		if (n <= 0)
			bench_fail("PostgreSQL does not answer");
		got += (size_t)n;
	}
}

static void postgres_login(int fd)
{
	static const char body[] = "\0\3\0\0user\0postgres\0database\0postgres\0";
	uint8_t out[64];
	memcpy(put_be(out, sizeof body + 4, 4), body, sizeof body);
	postgres_ask(fd, out, sizeof body + 4);
}

static void postgres_greet(int fd)
{
	static const char parse[] = "a\0SELECT append($1::int8, $2::int8, $3::bytea)\0\0";
	uint8_t out[128];
	postgres_login(fd);
	size_t n = postgres_message(out, 'P', parse, sizeof parse);
	n += postgres_message(out + n, 'S', "", 0);
	postgres_ask(fd, out, n);
}

static void postgres_make(struct peer *p)
{
	uint8_t out[sizeof postgres_tables + 8];
	const int fd = bench_connect(p->port);
	postgres_login(fd);
	postgres_ask(fd, out, postgres_message(out, 'Q', postgres_tables, sizeof postgres_tables));
	(void)close(fd);
}

/* postgres_spawn: it refuses to be root. */
static pid_t postgres_spawn(const struct bench *b, const char *const argv[])
{
	const char *all[32] = {"setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups",
			       "--pdeathsig=KILL"};
	size_t n = geteuid() ? 0 : 5;
	for (; *argv; argv++)
		all[n++] = *argv;
	all[n] = NULL;
	return bench_spawn(b, "postgres", all, -1);
}

/* postgres_await: it listens before it answers. */
static void postgres_await(const struct bench *b, const char *port)
{
	const char *argv[] = {pg_isready, "-q", "-h", "127.0.0.1", "-p", port, NULL};
	const double until = bench_now_s() + READY_S;
	while (bench_wait(bench_spawn(b, "postgres", argv, -1)) != 0)
		if (bench_now_s() > until)
			bench_fail("PostgreSQL does not come up");
}

static void postgres_folder(const char *data)
{
	if (mkdir(data, 0700) != 0)
		bench_fail("no folder for PostgreSQL");
	if (geteuid())
		return;
	const char *argv[] = {"chown", "postgres:", data, NULL};
	const pid_t pid = fork();
	if (pid == 0) {
		(void)execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	if (waitpid(pid, NULL, 0) != pid)
		bench_fail("no folder for PostgreSQL");
}

static bool postgres_begin(struct peer *p)
{
	char data[BENCH_PATH_LEN], port[8];
	if (access(postgres, X_OK) != 0)
		return false;
	bench_path(p->b, "postgres", data);
	postgres_folder(data);
	p->port = bench_port();
	(void)snprintf(port, sizeof port, "%u", (unsigned)p->port);
	const char *init[] = {initdb, "-U", "postgres", "-A", "trust", "-D", data, NULL};
	if (bench_wait(postgres_spawn(p->b, init)) != 0)
		bench_fail("initdb does not do what it should");
	const char *run[] = {postgres,
			     "-D",
			     data,
			     "-p",
			     port,
			     "-k",
			     "",
			     "-c",
			     "listen_addresses=127.0.0.1",
			     "-c",
			     "max_connections=200",
			     "-c",
			     "max_wal_size=8GB",
			     "-c",
			     "fsync=on",
			     "-c",
			     "synchronous_commit=on",
			     NULL};
	p->pid = postgres_spawn(p->b, run);
	postgres_await(p->b, port);
	postgres_make(p);
	return true;
}

static void postgres_end(struct peer *p)
{
	bench_stop(p->pid, SIGINT);
}

static size_t postgres_request(const struct peer *p, struct peer_writer *w, uint8_t *out)
{
	static const uint8_t execute[] = {0, 0, 0, 0, 0};
	uint8_t body[64 + WIRE_CELL_LEN] = {0, 'a', 0, 0, 1, 0, 1, 0, 3};
	uint8_t cell[WIRE_CELL_LEN];
	(void)p;
	peer_cell(w, cell);
	uint8_t *at = put_be(put_be(body + 9, 8, 4), w->log_id, 8);
	at = put_be(put_be(at, 8, 4), w->seq, 8);
	memcpy(put_be(at, sizeof cell, 4), cell, sizeof cell);
	at = put_be(at + 4 + sizeof cell, 1, 2);
	at = put_be(at, 1, 2);
	size_t n = postgres_message(out, 'B', body, (size_t)(at - body));
	n += postgres_message(out + n, 'E', execute, sizeof execute);
	return n + postgres_message(out + n, 'S', "", 0);
}

static enum peer_answer postgres_answer(struct peer_writer *w, struct slice in)
{
	const uint8_t *at = in.ptr;
	while (*at != 'D') {
		at += 1 + be(at + 1, 4);
		if (at >= in.ptr + in.len)
			bench_fail("PostgreSQL does not say what became of an append");
	}
	const int64_t head = (int64_t)be(at + 11, 8);
	w->seq = (uint64_t)(head < 0 ? -head : head) + 1;
	return head > 0 ? PEER_STORED : PEER_LOST;
}

const struct peer_ops peer_postgres = {
	"PostgreSQL",     postgres_begin, postgres_end,    postgres_greet,
	postgres_request, postgres_whole, postgres_answer,
};
