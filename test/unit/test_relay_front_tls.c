/* SPDX-License-Identifier: Apache-2.0 */
/* The front with TLS, by a client that knows the relay's pin and nothing else. */
#include "relay_play.h"
#include "test.h"

#include "relay_tls.h"

#include <gnutls/gnutls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CELLS = 4 };

/* What came in so far, as who listens on the way sees it. */
static size_t received;

static ssize_t pull(gnutls_transport_ptr_t ptr, void *data, size_t len)
{
	const ssize_t n = recv((int)(intptr_t)ptr, data, len, 0);
	received += n > 0 ? (size_t)n : 0;
	return n;
}

/* GnuTLS wants one of one's own beside a pull of one's own. */
static int pull_in_time(gnutls_transport_ptr_t ptr, unsigned ms)
{
	return gnutls_system_recv_timeout(ptr, ms);
}

/* struct tls: a client's connection. */
struct tls {
	int fd;
	gnutls_session_t session;
	gnutls_certificate_credentials_t none;
	uint8_t pin[WIRE_PIN_LEN];
};

/* tls_open connects; false: the relay does not agree. */
static bool tls_open(const struct play *p, const char *priorities, struct tls *t)
{
	unsigned n = 0;
	*t = (struct tls){.fd = play_connect(p)};
	if (gnutls_init(&t->session, GNUTLS_CLIENT) ||
	    gnutls_certificate_allocate_credentials(&t->none) ||
	    gnutls_priority_set_direct(t->session, priorities, NULL) ||
	    gnutls_credentials_set(t->session, GNUTLS_CRD_CERTIFICATE, t->none))
		return false;
	gnutls_transport_set_int(t->session, t->fd);
	gnutls_transport_set_pull_function(t->session, pull);
	gnutls_transport_set_pull_timeout_function(t->session, pull_in_time);
	gnutls_handshake_set_timeout(t->session, PLAY_PATIENCE_MS);
	int bad;
	while ((bad = gnutls_handshake(t->session)) && !gnutls_error_is_fatal(bad))
		;
	const gnutls_datum_t *der = bad ? NULL : gnutls_certificate_get_peers(t->session, &n);
	if (!der || n != 1)
		return false;
	gnutls_datum_t pem;
	if (gnutls_pem_base64_encode2("CERTIFICATE", der, &pem))
		return false;
	const bool ok = !sr_bad(relay_tls_pin(slice_make(pem.data, pem.size), t->pin));
	gnutls_free(pem.data);
	return ok;
}

static void tls_close(struct tls *t)
{
	gnutls_deinit(t->session);
	gnutls_certificate_free_credentials(t->none);
	(void)close(t->fd);
}

/* tls_send sends a request. */
static bool tls_send(struct tls *t, const char *path, const void *body, size_t len)
{
	char head[256];
	const int n = snprintf(head, sizeof head,
			       "POST %s HTTP/1.1\r\nHost: relay\r\nContent-Length: %zu\r\n\r\n",
			       path, len);
	return gnutls_record_send(t->session, head, (size_t)n) == n &&
	       gnutls_record_send(t->session, body, len) == (ssize_t)len;
}

/* tls_status reads an answer of this length and returns its status. */
static unsigned tls_status(struct tls *t, size_t len, struct wire_head *head)
{
	static uint8_t bytes[PLAY_HEAD_MAX + WIRE_HEAD_LEN + CELLS * WIRE_CELL_LEN];
	size_t got = 0;
	const char *end = NULL;
	gnutls_record_set_timeout(t->session, PLAY_PATIENCE_MS);
	while (!end || got < (size_t)(end + 4 - (char *)bytes) + len) {
		ssize_t n = gnutls_record_recv(t->session, bytes + got, sizeof bytes - 1 - got);
		if (n <= 0)
			return 0;
		got += (size_t)n;
		end = end ? end : memmem(bytes, got, "\r\n\r\n", 4);
	}
	const size_t front = (size_t)(end + 4 - (char *)bytes);
	if (got != front + len ||
	    sr_bad(wire_head_take(slice_make(bytes + front, WIRE_HEAD_LEN), head)))
		return 0;
	return (unsigned)strtoul((char *)bytes + strlen("HTTP/1.1 "), NULL, 10);
}

/* bytes_of returns how many bytes an answer is on the way. */
static size_t bytes_of(const struct play *p, struct tls *t, const struct play_log *l, uint64_t from,
		       bool spoilt, unsigned want)
{
	uint8_t body[WIRE_READ_LEN];
	struct wire_head head;
	const size_t before = received;
	play_read(p, l, from, CELLS, 0, body);
	body[WIRE_READ_LEN - 1] ^= spoilt;
	CHECK(tls_send(t, play_read_path, body, sizeof body), "a read");
	const unsigned status = tls_status(t, wire_answer_len(CELLS), &head);
	CHECK(status == want, "%u", status);
	return received - before;
}

static void test_requests(const struct play *p, const uint8_t pin[WIRE_PIN_LEN])
{
	struct play_log l;
	struct play_head h;
	struct tls t, reader;
	struct wire_head head;
	uint8_t body[WIRE_APPEND_LEN], read[WIRE_READ_LEN];
	play_log_make(&l);
	play_head_start(&l, &h);
	CHECK(tls_open(p, "NORMAL", &t) && tls_open(p, "NORMAL", &reader), "two connections");
	CHECK(memcmp(t.pin, pin, sizeof t.pin) == 0, "by the pin that was told");
	CHECK(gnutls_protocol_get_version(t.session) == GNUTLS_TLS1_3, "TLS 1.3");
	play_read(p, &l, 1, 1, 40, read);
	CHECK(tls_send(&reader, play_read_path, read, sizeof read), "one waits");
	CHECK(play_wait(&relay_front_count(p->front)->polls, 1), "it does");
	for (uint8_t i = 1; i <= 3; i++) {
		play_append(p, &l, h.seq + 1, h.chain, i, body);
		play_head_step(&h, i);
		CHECK(tls_send(&t, play_append_path, body, sizeof body), "cell %u", i);
		const unsigned status = tls_status(&t, WIRE_HEAD_LEN, &head);
		CHECK(status == 201 && head.seq == i &&
			      !sr_bad(wire_head_check(&head, p->public_key)),
		      "cell %u: %u", i, status);
	}
	CHECK(tls_status(&reader, wire_answer_len(1), &head) == 200 && head.cells_n == 1,
	      "who waited has a cell");
	const size_t some = bytes_of(p, &t, &l, 1, false, 200);
	CHECK(bytes_of(p, &t, &l, 4, false, 200) == some, "whether there are cells does not show");
	CHECK(bytes_of(p, &t, &l, 1, true, 403) == some, "nor that it is refused");
	tls_close(&t);
	tls_close(&reader);
	play_log_end(&l);
}

static void test_tls(void)
{
	struct play p;
	struct build key, certificate;
	struct slice key_text, text;
	struct tls t;
	uint8_t pin[WIRE_PIN_LEN];
	build_init_secret(&key, RELAY_PEM_MAX);
	build_init(&certificate, RELAY_PEM_MAX);
	CHECK(!sr_bad(relay_tls_make(&key, &certificate)), "a key");
	build_u8(&key, 0);
	CHECK(!sr_bad(build_done(&certificate, &text)) && !sr_bad(relay_tls_pin(text, pin)),
	      "a pin");
	build_u8(&certificate, 0);
	CHECK(!sr_bad(build_done(&certificate, &text)) && !sr_bad(build_done(&key, &key_text)),
	      "as text");
	play_init(&p);
	p.tls_key = (const char *)key_text.ptr;
	p.tls_certificate = (const char *)text.ptr;
	play_start(&p);
	test_requests(&p, pin);
	CHECK(!tls_open(&p, "NORMAL:-VERS-ALL:+VERS-TLS1.2", &t), "not with TLS 1.2");
	tls_close(&t);
	struct play_answer a;
	play_once(&p, play_append_path, pin, sizeof pin, &a);
	CHECK(a.status == 0, "not without TLS: %u", a.status);
	play_free(&a);
	CHECK(play_wait(&relay_front_count(p.front)->connections, 0), "nobody is left");
	play_stop(&p);
	play_end(&p);
	build_release(&key);
	build_release(&certificate);
}

int main(void)
{
	test_run("TLS", test_tls);
	return test_done();
}
