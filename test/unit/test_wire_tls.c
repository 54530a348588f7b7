/* SPDX-License-Identifier: Apache-2.0 */
/* With TLS the pin decides, and nothing but the pin: here the certificate names somebody else and
 * is long out of date. */
#include "wire_client.h"
#include "wire_fake.h"

#include <microhttpd.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>

static struct wire_keys k;
static struct fake f;
static struct wire_relay relay; /* the TLS server */
static size_t heard;

/* One request as it comes in. */
struct request {
	uint8_t body[WIRE_APPEND_LEN];
	size_t len;
};

static enum MHD_Result reply(struct MHD_Connection *conn, const char *url, const struct request *r)
{
	static uint8_t answer[WIRE_HEAD_LEN + 64 * WIRE_CELL_LEN + 1];
	unsigned http;
	(void)pthread_mutex_lock(&f.lock);
	heard++;
	size_t len = fake_answer(&f, strcmp(url, "/v1/append") == 0, r->body,
				 (struct fake_trick){0}, answer, &http);
	struct MHD_Response *resp =
		MHD_create_response_from_buffer(len, answer, MHD_RESPMEM_MUST_COPY);
	(void)pthread_mutex_unlock(&f.lock);
	enum MHD_Result result = MHD_queue_response(conn, http, resp);
	MHD_destroy_response(resp);
	return result;
}

static enum MHD_Result on_request(void *user, struct MHD_Connection *conn, const char *url,
				  const char *method, const char *version, const char *data,
				  size_t *len, void **state)
{
	struct request *r = *state;
	(void)user;
	(void)method;
	(void)version;
	if (!r) {
		*state = calloc(1, sizeof *r);
		return *state ? MHD_YES : MHD_NO;
	}
	if (!*len)
		return reply(conn, url, r);
	if (*len > sizeof r->body - r->len)
		return MHD_NO;
	memcpy(r->body + r->len, data, *len);
	r->len += *len;
	*len = 0;
	return MHD_YES;
}

static void on_end(void *user, struct MHD_Connection *conn, void **state,
		   enum MHD_RequestTerminationCode code)
{
	(void)user;
	(void)conn;
	(void)code;
	free(*state);
	*state = NULL;
}

/* A key and a certificate that nobody should believe, as PEM, and the pin of the key. */
static void key_make(char **key_pem, char **cert_pem, uint8_t pin[32])
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	BIO *kb = BIO_new(BIO_s_mem()), *cb = BIO_new(BIO_s_mem());
	unsigned char *der = NULL;
	if (!key || !x || !kb || !cb || !X509_gmtime_adj(X509_getm_notBefore(x), -2000000) ||
	    !X509_gmtime_adj(X509_getm_notAfter(x), -1000000) || !X509_set_pubkey(x, key) ||
	    !X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
					(const unsigned char *)"somebody.else", -1, -1, 0) ||
	    !X509_sign(x, key, EVP_sha256()) ||
	    !PEM_write_bio_PrivateKey(kb, key, NULL, NULL, 0, NULL, NULL) ||
	    !PEM_write_bio_X509(cb, x))
		abort();
	int n = i2d_PUBKEY(key, &der);
	if (n <= 0 || !EVP_Digest(der, (size_t)n, pin, NULL, EVP_sha256(), NULL))
		abort();
	(void)BIO_write(kb, "", 1);
	(void)BIO_write(cb, "", 1);
	char *text;
	(void)BIO_get_mem_data(kb, &text);
	*key_pem = strdup(text);
	(void)BIO_get_mem_data(cb, &text);
	*cert_pem = strdup(text);
	OPENSSL_free(der);
	BIO_free(kb);
	BIO_free(cb);
	X509_free(x);
	EVP_PKEY_free(key);
}

static int64_t world_now(void *user)
{
	(void)user;
	return 1700000000;
}

static int64_t world_ms;

static int64_t world_clock(void *user)
{
	(void)user;
	return world_ms;
}

static void world_sleep(void *user, uint32_t ms)
{
	(void)user;
	world_ms += ms;
}

static uint64_t world_chance(void *user)
{
	(void)user;
	return 5;
}

static struct sr_err no_cell(void *user, const struct wire_view *after, const uint8_t *cell)
{
	(void)user;
	(void)after;
	(void)cell;
	return sr_ok();
}

static struct sr_err append_within(const struct wire_relay *to, uint64_t seed, uint32_t ms)
{
	struct wire_client_options o = {
		.relay = *to,
		.connect_ms = ms,
		.answer_ms = ms,
		.retry_ms = 1,
		.world = {world_now, world_clock, world_sleep, world_chance, NULL}};
	struct wire_reader reader = {.key = &k.read, .cell = no_cell};
	struct wire_client *c;
	struct wire_view v;
	uint8_t cell[WIRE_CELL_LEN];
	must(wire_client_open(&o, &c));
	wire_view_init(&v, &k.log, k.relay_public);
	cell_fill(cell, seed);
	struct sr_err e = wire_client_append(c, &v, &k.write, cell, NULL, &reader);
	wire_client_close(c);
	return e;
}

static struct sr_err append_to(const struct wire_relay *to, uint64_t seed)
{
	return append_within(to, seed, 60 * 1000);
}

static void the_right_pin(void)
{
	heard = 0;
	must(append_to(&relay, 1));
	CHECK(heard == 1 && f.n == 1, "it is stored");
}

static void a_wrong_pin(void)
{
	heard = 0;
	for (size_t i = 0; i < 32; i += 31) {
		struct wire_relay r = relay;
		r.pin[i] ^= 1;
		CHECK(append_to(&r, 1).code == SR_E_AUTH, "byte %zu", i);
	}
	CHECK(heard == 0, "nothing was said to it");
}

static void one_speaks_tls_and_the_other_not(void)
{
	struct wire_relay r = relay;
	r.tls = false;
	heard = 0;
	CHECK(sr_bad(append_to(&r, 2)), "the relay wants TLS");
	r = relay;
	r.port = f.address.port;
	CHECK(append_within(&r, 2, 1000).code == SR_E_IO, "the client wants TLS");
	CHECK(heard == 0, "nothing was said");
}

int main(void)
{
	char *key, *cert;
	must(crypto_init());
	keys_make(&k);
	fake_open(&f, &k);
	relay = f.address;
	relay.tls = true;
	key_make(&key, &cert, relay.pin);
	struct MHD_Daemon *d = MHD_start_daemon(
		MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_TLS, 0, NULL, NULL, on_request, NULL,
		MHD_OPTION_HTTPS_MEM_KEY, key, MHD_OPTION_HTTPS_MEM_CERT, cert,
		MHD_OPTION_NOTIFY_COMPLETED, on_end, NULL, MHD_OPTION_END);
	if (d) {
		relay.port = MHD_get_daemon_info(d, MHD_DAEMON_INFO_BIND_PORT)->port;
		test_run("the right pin", the_right_pin);
		test_run("a wrong pin", a_wrong_pin);
		test_run("one speaks TLS and the other not", one_speaks_tls_and_the_other_not);
		MHD_stop_daemon(d);
	} else {
		test_skip("TLS", "libmicrohttpd was built without it");
	}
	fake_close(&f);
	keys_release(&k);
	free(key);
	free(cert);
	return test_done();
}
