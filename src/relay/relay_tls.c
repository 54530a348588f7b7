/* SPDX-License-Identifier: Apache-2.0 */
#include "relay_tls.h"

#include "crypto.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <time.h>

/* Nobody looks at what it says: not at its name, and a time would only tell when it was made. */
static int fill(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key)
{
	static const char name[] = "subrosa-relay";
	uint8_t serial[16];
	int bad = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof serial);
	serial[0] &= 0x7f; /* positive (RFC 5280, 4.1.2.2) */
	serial[0] |= 0x01;
	bad = bad ? bad : gnutls_x509_crt_set_version(crt, 3);
	bad = bad ? bad : gnutls_x509_crt_set_serial(crt, serial, sizeof serial);
	bad = bad ? bad
		  : gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, name,
						  sizeof name - 1);
	bad = bad ? bad : gnutls_x509_crt_set_activation_time(crt, 0);
	bad = bad ? bad : gnutls_x509_crt_set_expiration_time(crt, (time_t)-1);
	bad = bad ? bad : gnutls_x509_crt_set_key(crt, key);
	return bad ? bad : gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0);
}

static void take(gnutls_datum_t *pem, struct build *out)
{
	build_bytes(out, pem->data, pem->size);
	crypto_wipe(pem->data, pem->size);
	gnutls_free(pem->data);
}

static int make(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key, struct build *key_out,
		struct build *crt_out)
{
	gnutls_datum_t pem = {0};
	int bad = gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
					       GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
	bad = bad ? bad : fill(crt, key);
	bad = bad ? bad : gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &pem);
	if (bad)
		return bad;
	take(&pem, key_out);
	bad = gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &pem);
	if (!bad)
		take(&pem, crt_out);
	return bad;
}

struct sr_err relay_tls_make(struct build *key, struct build *certificate)
{
	gnutls_x509_crt_t crt = NULL;
	gnutls_x509_privkey_t k = NULL;
	int bad = gnutls_x509_crt_init(&crt);
	bad = bad ? bad : gnutls_x509_privkey_init(&k);
	bad = bad ? bad : make(crt, k, key, certificate);
	if (k)
		gnutls_x509_privkey_deinit(k);
	if (crt)
		gnutls_x509_crt_deinit(crt);
	return bad ? sr_fail(SR_E_IO, "GnuTLS cannot make a key and a certificate") : sr_ok();
}

struct sr_err relay_tls_pin(struct slice certificate, uint8_t pin[WIRE_PIN_LEN])
{
	gnutls_x509_crt_t crt = NULL;
	if (gnutls_x509_crt_init(&crt))
		return sr_nomem();
	const gnutls_datum_t pem = {(unsigned char *)(uintptr_t)certificate.ptr,
				    (unsigned)certificate.len};
	uint8_t got[WIRE_PIN_LEN];
	size_t len = sizeof got;
	const bool ok = gnutls_x509_crt_import(crt, &pem, GNUTLS_X509_FMT_PEM) == 0 &&
			gnutls_x509_crt_get_key_id(crt, GNUTLS_KEYID_USE_SHA256, got, &len) == 0 &&
			len == sizeof got;
	gnutls_x509_crt_deinit(crt);
	if (!ok)
		return sr_fail(SR_E_INPUT, "a TLS certificate that GnuTLS cannot read");
	for (size_t i = 0; i < sizeof got; i++)
		pin[i] = got[i];
	return sr_ok();
}
