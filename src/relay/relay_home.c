/* SPDX-License-Identifier: Apache-2.0 */
#include "relay_home.h"

#include "hex.h"
#include "platform.h"
#include "relay_sqlite.h"
#include "relay_tls.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECRET_MODE = 0600, KEY_TEXT_LEN = 2 * CRYPTO_KEY_LEN + 1 };

static const char key_name[] = "/relay.key", store_name[] = "/relay.db",
		  tls_key_name[] = "/tls.key", tls_certificate_name[] = "/tls.crt";

static bool is_there(const char *path)
{
	struct stat st;
	return lstat(path, &st) == 0 || errno != ENOENT;
}

const char *relay_home_store(const char *folder, struct arena *a)
{
	return arena_join(a, folder, store_name);
}

/* write_new writes a file that is not there yet, to where only its owner reads it. */
static struct sr_err write_new(const char *path, struct slice bytes)
{
	SR_TRY(platform_write_file(path, bytes, SECRET_MODE));
	return platform_sync_folder(path);
}

static struct sr_err make_key(const char *path)
{
	struct crypto_key key = {0};
	struct build b;
	struct slice text;
	build_init_secret(&b, KEY_TEXT_LEN);
	struct sr_err e = crypto_key_random(&key);
	if (!sr_bad(e)) {
		hex_write(&b, slice_make(key.bytes, CRYPTO_KEY_LEN));
		build_str(&b, "\n");
		e = build_done(&b, &text);
	}
	if (!sr_bad(e))
		e = write_new(path, text);
	crypto_key_release(&key);
	build_release(&b);
	return e;
}

static struct sr_err make_tls(const char *key_path, const char *certificate_path)
{
	struct build key, certificate;
	struct slice key_text, text;
	build_init_secret(&key, RELAY_PEM_MAX);
	build_init(&certificate, RELAY_PEM_MAX);
	struct sr_err e = relay_tls_make(&key, &certificate);
	if (!sr_bad(e))
		e = build_done(&key, &key_text);
	if (!sr_bad(e))
		e = build_done(&certificate, &text);
	/* The certificate is nothing without its key, which is looked for. */
	if (!sr_bad(e))
		e = write_new(certificate_path, text);
	if (!sr_bad(e))
		e = write_new(key_path, key_text);
	build_release(&key);
	build_release(&certificate);
	return e;
}

/* make_relay makes key and store. A store whose key is gone is of no use, and an empty one under a
 * key that has signed already would have the relay contradict itself. */
static struct sr_err make_relay(const char *key, const char *store)
{
	const bool has_key = is_there(key), has_store = is_there(store);
	if (has_key && has_store)
		return sr_ok();
	if (has_key)
		return sr_fail(SR_E_STATE, "the folder has a relay.key but no relay.db: bring the "
					   "store back, or, if it was never used, remove the key");
	if (has_store)
		return sr_fail(SR_E_STATE,
			       "the folder has a relay.db but no relay.key: bring the "
			       "key back; without it the logs are lost to their readers");
	SR_TRY(make_key(key));
	return relay_sqlite_create(store);
}

struct sr_err relay_home_make(const char *folder, bool tls)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	const char *key = arena_join(&a, folder, key_name);
	const char *store = relay_home_store(folder, &a);
	const char *tls_key = arena_join(&a, folder, tls_key_name);
	const char *tls_certificate = arena_join(&a, folder, tls_certificate_name);
	if (!key || !store || !tls_key || !tls_certificate)
		return sr_nomem();
	if (mkdir(folder, 0700) && errno != EEXIST)
		return sr_sys("the folder cannot be made");
	SR_TRY(make_relay(key, store));
	return tls && !is_there(tls_key) ? make_tls(tls_key, tls_certificate) : sr_ok();
}

/* read_secret reads a file that nobody but its owner may read, into len_max bytes of out. */
static struct sr_err read_secret(const char *path, size_t len_max, uint8_t *out, size_t *len)
{
	struct stat st;
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return sr_sys("a key of the relay cannot be opened");
	struct sr_err e = sr_ok();
	if (fstat(fd, &st))
		e = sr_sys("a key of the relay cannot be looked at");
	else if (!platform_is_own(&st) || st.st_mode & 077)
		e = sr_fail(SR_E_STATE,
			    "a key of the relay belongs to somebody else, or others may "
			    "read it");
	else
		e = platform_read_full(fd, out, len_max, len);
	(void)close(fd);
	return e;
}

static struct sr_err read_key(const char *path, struct crypto_key *key)
{
	CRYPTO_WIPED(uint8_t[KEY_TEXT_LEN + 1], text);
	CRYPTO_WIPED(uint8_t[CRYPTO_KEY_LEN], bytes);
	size_t len;
	SR_TRY(read_secret(path, sizeof text, text, &len));
	if (len != KEY_TEXT_LEN || text[len - 1] != '\n' ||
	    !hex_read(slice_make(text, len - 1), bytes, sizeof bytes))
		return sr_fail(SR_E_INPUT, "relay.key is damaged");
	return crypto_key_copy(key, slice_make(bytes, sizeof bytes));
}

static struct sr_err read_tls(const char *key, const char *certificate, struct arena *a,
			      struct relay_home *h)
{
	uint8_t *text = arena_alloc(a, 1, RELAY_PEM_MAX + 1);
	size_t len = 0;
	if (!text)
		return sr_nomem();
	h->tls = true;
	h->tls_key = slice_make(text, RELAY_PEM_MAX); /* all of it is wiped */
	SR_TRY(read_secret(key, RELAY_PEM_MAX, text, &len));
	SR_TRY(platform_read_file(a, certificate, RELAY_PEM_MAX, &h->tls_certificate));
	return relay_tls_pin(h->tls_certificate, h->pin);
}

struct sr_err relay_home_open(const char *folder, struct arena *a, struct relay_home *out)
{
	struct relay_home h = {.store = relay_home_store(folder, a)};
	const char *key = arena_join(a, folder, key_name);
	const char *tls_key = arena_join(a, folder, tls_key_name);
	const char *tls_certificate = arena_join(a, folder, tls_certificate_name);
	if (!h.store || !key || !tls_key || !tls_certificate)
		return sr_nomem();
	if (!is_there(key))
		return sr_fail(SR_E_STATE, "there is no relay in this folder: 'subrosa-relay init' "
					   "makes one");
	struct sr_err e = read_key(key, &h.key);
	if (!sr_bad(e) && is_there(tls_key))
		e = read_tls(tls_key, tls_certificate, a, &h);
	if (sr_bad(e)) {
		relay_home_close(&h);
		return e;
	}
	crypto_public_key(&h.key, h.public_key);
	*out = h;
	return sr_ok();
}

void relay_home_close(struct relay_home *h)
{
	crypto_key_release(&h->key);
	if (h->tls)
		crypto_wipe((void *)(uintptr_t)h->tls_key.ptr, h->tls_key.len);
	*h = (struct relay_home){0};
}
