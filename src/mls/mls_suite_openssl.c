/* SPDX-License-Identifier: Apache-2.0 */
/* AES-128-GCM, which libsodium does not have. */
#include "crypto.h"
#include "mls_suite.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdatomic.h>
#include <string.h>

/* Looking an algorithm up costs more than using it, so that it is done once. A context of our own
 * is not under the sway of a configuration, and unlike the library's it can be tried again after
 * there was no memory for it. Of threads that make one at once, the first is obeyed. */
static const EVP_CIPHER *algorithm(void)
{
	static _Atomic(EVP_CIPHER *) kept;
	EVP_CIPHER *have = atomic_load(&kept);
	if (have)
		return have;
	OSSL_LIB_CTX *ctx = OSSL_LIB_CTX_new();
	EVP_CIPHER *made = ctx ? EVP_CIPHER_fetch(ctx, "AES-128-GCM", NULL) : NULL;
	if (made && atomic_compare_exchange_strong(&kept, &have, made))
		return made;
	EVP_CIPHER_free(made);
	OSSL_LIB_CTX_free(ctx);
	return have;
}

static void context_scoped(EVP_CIPHER_CTX **c)
{
	EVP_CIPHER_CTX_free(*c);
	/* Nothing is left in the library's list of errors. */
	ERR_clear_error();
}

/* begin does what encryption and decryption share: all but the tag. */
static struct sr_err begin(EVP_CIPHER_CTX *c, bool encrypt, const uint8_t *key,
			   const uint8_t *nonce, struct slice aad, struct slice text, uint8_t *out)
{
	const EVP_CIPHER *gcm = algorithm();
	int n;
	if (aad.len > INT_MAX || text.len > INT_MAX)
		return sr_fail(SR_E_LIMIT, "too many bytes to encrypt or decrypt");
	bool ok = gcm && c && EVP_CipherInit_ex2(c, gcm, key, nonce, encrypt, NULL) &&
		  (!aad.len || EVP_CipherUpdate(c, NULL, &n, aad.ptr, (int)aad.len)) &&
		  (!text.len || EVP_CipherUpdate(c, out, &n, text.ptr, (int)text.len));
	return ok ? sr_ok() : sr_nomem();
}

struct sr_err mls_gcm_seal(const uint8_t *key, const uint8_t nonce[MLS_NONCE_LEN], struct slice aad,
			   struct slice text, uint8_t *out)
{
	SR_SCOPED(context_scoped) EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	uint8_t *tag = out + text.len;
	int n;
	SR_TRY(begin(c, true, key, nonce, aad, text, out));
	bool ok = EVP_CipherFinal_ex(c, tag, &n) &&
		  EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, MLS_TAG_LEN, tag) > 0;
	return ok ? sr_ok() : sr_nomem();
}

struct sr_err mls_gcm_open(const uint8_t *key, const uint8_t nonce[MLS_NONCE_LEN], struct slice aad,
			   struct slice text, uint8_t *out)
{
	SR_SCOPED(context_scoped) EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	uint8_t tag[MLS_TAG_LEN], none[1];
	int n;
	if (text.len < MLS_TAG_LEN)
		return sr_fail(SR_E_AUTH, "encrypted bytes are too short");
	text.len -= MLS_TAG_LEN;
	memcpy(tag, text.ptr + text.len, MLS_TAG_LEN);
	struct sr_err e = begin(c, false, key, nonce, aad, text, out);
	if (!sr_bad(e) && EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, MLS_TAG_LEN, tag) <= 0)
		e = sr_nomem();
	if (!sr_bad(e) && !EVP_CipherFinal_ex(c, none, &n))
		e = sr_fail(SR_E_AUTH, "encrypted bytes are damaged, or for another key");
	if (sr_bad(e))
		crypto_wipe(out, text.len);
	return e;
}
