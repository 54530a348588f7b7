/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger_keyring.h"

#include "arena.h"
#include "build.h"
#include "ledger_file.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct made_key {
	struct seal_params params;
	struct crypto_key key;
};

/* Invariants: passphrase is empty until it was asked for; every key in made comes from it; fresh is
 * what new ledgers are sealed with once has_fresh is true, and its key is in made. */
struct ledger_keys {
	struct arena mem;
	struct ledger_ask ask;
	struct ledger_argon argon;
	struct crypto_secret passphrase;
	size_t passphrase_len;
	struct made_key **made;
	size_t made_n, made_cap;
	struct seal_params fresh;
	bool has_fresh;
};

struct sr_err ledger_keys_new(const struct ledger_ask *ask, const struct ledger_argon *argon,
			      struct ledger_keys **out)
{
	static const struct ledger_argon moderate = {CRYPTO_ARGON_PASSES, CRYPTO_ARGON_MEMORY_KIB};
	SR_TRY(crypto_init());
	struct ledger_keys *k = calloc(1, sizeof *k);
	if (!k)
		return sr_nomem();
	k->ask = *ask;
	k->argon = argon ? *argon : moderate;
	assert(k->argon.passes >= 1 && k->argon.passes <= SEAL_PASSES_MAX);
	assert(k->argon.memory_kib >= CRYPTO_ARGON_MEMORY_KIB_MIN &&
	       k->argon.memory_kib <= SEAL_MEMORY_KIB_MAX);
	*out = k;
	return sr_ok();
}

void ledger_keys_free(struct ledger_keys *k)
{
	if (!k)
		return;
	for (size_t i = 0; i < k->made_n; i++)
		crypto_key_release(&k->made[i]->key);
	crypto_secret_release(&k->passphrase);
	arena_release(&k->mem);
	free(k);
}

static struct sr_err fail(const struct sr_sink *sink, struct sr_err e)
{
	note(sink, SR_ERROR, 0, 0, "%s", e.what);
	return e;
}

/* Asks into buf; only a passphrase that is whole and not empty is taken. */
static struct sr_err ask_into(struct ledger_keys *k, const struct sr_sink *sink, const char *prompt,
			      bool twice, char *buf)
{
	SR_TRY(k->ask.fn(k->ask.user, prompt, twice, buf, LEDGER_PASSPHRASE_BYTES));
	size_t len = strnlen(buf, LEDGER_PASSPHRASE_BYTES);
	if (!len)
		return fail(sink, sr_fail(SR_E_INPUT, "the passphrase is empty"));
	if (len == LEDGER_PASSPHRASE_BYTES)
		return fail(sink, sr_fail(SR_E_LIMIT, "the passphrase is too long"));
	k->passphrase_len = len;
	return sr_ok();
}

static struct sr_err ask(struct ledger_keys *k, const struct sr_sink *sink, const char *path,
			 bool twice)
{
	if (k->passphrase.bytes)
		return sr_ok();
	if (!k->ask.fn)
		return fail(sink, sr_fail(SR_E_AUTH, "a passphrase is needed"));
	struct crypto_secret s = {0};
	struct build prompt;
	struct slice text;
	build_init(&prompt, 0);
	build_str(&prompt, twice ? "New passphrase for " : "Passphrase for ");
	build_str(&prompt, path);
	build_u8(&prompt, 0);
	struct sr_err e = build_done(&prompt, &text);
	if (!sr_bad(e))
		e = crypto_secret_alloc(&s, LEDGER_PASSPHRASE_BYTES);
	if (!sr_bad(e))
		e = ask_into(k, sink, (const char *)text.ptr, twice, (char *)s.bytes);
	build_release(&prompt);
	if (sr_bad(e))
		crypto_secret_release(&s);
	else
		k->passphrase = s;
	return e;
}

static bool same_params(const struct seal_params *a, const struct seal_params *b)
{
	return a->passes == b->passes && a->memory_kib == b->memory_kib &&
	       memcmp(a->salt, b->salt, sizeof a->salt) == 0;
}

/* The key for params, made if it is not there yet. The passphrase is known. */
static struct sr_err get_key(struct ledger_keys *k, const struct seal_params *params,
			     const struct crypto_key **out)
{
	for (size_t i = 0; i < k->made_n; i++)
		if (same_params(&k->made[i]->params, params)) {
			*out = &k->made[i]->key;
			return sr_ok();
		}
	struct made_key *m = ARENA_NEW(&k->mem, struct made_key);
	struct made_key **made =
		arena_grow(&k->mem, k->made, k->made_n, &k->made_cap, sizeof *made);
	if (made)
		k->made = made;
	if (!m || !made)
		return sr_nomem();
	m->params = *params;
	SR_TRY(crypto_key_from_passphrase(&m->key,
					  slice_make(k->passphrase.bytes, k->passphrase_len),
					  params->salt, params->passes, params->memory_kib));
	k->made[k->made_n++] = m;
	*out = &m->key;
	return sr_ok();
}

struct sr_err keys_open(struct ledger_keys *k, const struct seal_header *h,
			const struct sr_sink *sink, const struct crypto_key **out)
{
	uint8_t check[SEAL_CHECK_LEN];
	const struct crypto_key *key;
	if (!k)
		return fail(sink,
			    sr_fail(SR_E_AUTH, "the ledger is sealed: a passphrase is needed"));
	SR_TRY(ask(k, sink, sink->file, false));
	struct sr_err e = get_key(k, &h->params, &key);
	if (sr_bad(e))
		return fail(sink, e);
	seal_check(key, check);
	if (!crypto_eq(check, h->check, sizeof check))
		return fail(sink, sr_fail(SR_E_AUTH, "the passphrase is wrong"));
	*out = key;
	return sr_ok();
}

struct sr_err ledger_keys_fresh(struct ledger_keys *k, const char *path, const struct sr_sink *sink)
{
	struct sr_sink at = {sink ? sink->fn : NULL, sink ? sink->user : NULL, path};
	const struct crypto_key *key;
	if (k->has_fresh)
		return sr_ok();
	SR_TRY(ask(k, &at, path, true));
	struct seal_params p = {.passes = k->argon.passes, .memory_kib = k->argon.memory_kib};
	crypto_random(p.salt, sizeof p.salt);
	struct sr_err e = get_key(k, &p, &key);
	if (sr_bad(e))
		return fail(&at, e);
	k->fresh = p;
	k->has_fresh = true;
	return sr_ok();
}

struct sr_err ledger_keys_like(struct ledger_keys *k, const char *path, const struct sr_sink *sink)
{
	struct sr_sink at = {sink ? sink->fn : NULL, sink ? sink->user : NULL, path};
	struct seal_header h;
	const struct crypto_key *key;
	assert(!k->has_fresh);
	SR_TRY(file_read_header(path, &at, &h));
	SR_TRY(keys_open(k, &h, &at, &key));
	k->fresh = h.params;
	k->has_fresh = true;
	return sr_ok();
}

void keys_fresh(const struct ledger_keys *k, const struct seal_params **params,
		const struct crypto_key **key)
{
	assert(k->has_fresh);
	*params = &k->fresh;
	for (size_t i = 0; i < k->made_n; i++)
		if (same_params(&k->made[i]->params, &k->fresh))
			*key = &k->made[i]->key;
}
