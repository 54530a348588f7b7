/* SPDX-License-Identifier: Apache-2.0 */
/* Passive clients: recorded groups that a client joins by a Welcome and then follows. */
#include "crypto.h"
#include "mls_group.h"
#include "vec.h"

#include <string.h>

static const struct vec *psks; /* external_psks of the running case */

static struct sr_err no_random(void *user, uint8_t *out, size_t len)
{
	(void)user;
	(void)out;
	(void)len;
	return sr_fail(SR_E_IO, "who only follows needs nothing random");
}

static int64_t no_clock(void *user)
{
	(void)user;
	CHECK(false, "who only follows does not look at a clock");
	return 0;
}

static struct sr_err find_psk(void *user, const struct sr_mls_psk_id *id, uint8_t *out, size_t *len)
{
	(void)user;
	for (size_t i = 0; i < vec_n(psks, NULL); i++) {
		const struct vec *psk = vec_at(psks, NULL, i);
		struct slice secret = vec_hex(psk, "psk");
		if (id->kind != SR_MLS_PSK_EXTERNAL ||
		    !slice_eq(slice_make(id->id.ptr, id->id.len), vec_hex(psk, "psk_id")) ||
		    secret.len > SR_MLS_PSK_MAX)
			continue;
		memcpy(out, secret.ptr, secret.len);
		*len = secret.len;
		return sr_ok();
	}
	return sr_fail(SR_E_STATE, "no such key");
}

static const struct sr_mls_platform platform = {no_random, no_clock, find_psk, NULL};

/* secrets_of puts a case's private keys into the form that we keep them in. */
static struct slice secrets_of(const struct vec *v)
{
	struct build b;
	struct slice message = vec_hex(v, "key_package"), out = {0};
	struct slice init = vec_hex(v, "init_priv"), leaf = vec_hex(v, "encryption_priv"),
		     seed = vec_hex(v, "signature_priv");
	build_init(&b, 0);
	if (CHECK(message.len > 4 && init.len == MLS_LEN && leaf.len == MLS_LEN &&
			  seed.len == MLS_LEN,
		  "keys of a wrong length"))
		mls_key_secrets_put(&(struct mls_key_secrets){.key_package = slice_sub(
								      message, 4, message.len - 4),
							      .init = init,
							      .leaf = leaf,
							      .seed = seed},
				    &b);
	VEC_OK(build_keep(&b, vec_arena(), &out));
	return out;
}

static struct sr_mls_data data_of(struct slice s)
{
	return (struct sr_mls_data){s.ptr, s.len};
}

static void check_authenticator(const struct sr_mls_group *g, const struct vec *v, const char *name)
{
	struct sr_mls_facts facts;
	sr_mls_facts(g, &facts);
	VEC_FIELD(v, name, slice_make(facts.authenticator.ptr, facts.authenticator.len));
}

static void receive(struct sr_mls_group *g, struct slice message, enum sr_mls_event_kind want)
{
	struct sr_mls_event event = {0};
	if (VEC_OK(sr_mls_receive(g, data_of(message), &event)))
		CHECK(event.kind == want, "another kind of message: %d", event.kind);
	sr_mls_event_free(&event);
}

/* reload saves a group and goes on with what it is read back as. */
static void reload(struct sr_mls_group **g)
{
	struct sr_mls_bytes state = {0}, again = {0};
	struct sr_mls_group *loaded = NULL;
	if (VEC_OK(sr_mls_save(*g, &state)) &&
	    VEC_OK(sr_mls_load(&platform, (struct sr_mls_data){state.ptr, state.len}, &loaded)) &&
	    VEC_OK(sr_mls_save(loaded, &again))) {
		VEC_EQ(slice_make(again.ptr, again.len), slice_make(state.ptr, state.len),
		       "a state that was read and written again");
		sr_mls_close(*g);
		*g = loaded;
		loaded = NULL;
	}
	sr_mls_close(loaded);
	sr_mls_free(&state);
	sr_mls_free(&again);
}

static void follow(struct sr_mls_group **g, const struct vec *epoch, size_t number)
{
	for (size_t i = 0; i < vec_n(epoch, "proposals"); i++)
		receive(*g, vec_hex(vec_at(epoch, "proposals", i), NULL), SR_MLS_GOT_PROPOSAL);
	if (number % 8 == 1)
		reload(g);
	receive(*g, vec_hex(epoch, "commit"), SR_MLS_GOT_COMMIT);
	if (number % 8 == 0)
		reload(g);
	VEC_OK(sr_mls_merge(*g, false));
	check_authenticator(*g, epoch, "epoch_authenticator");
}

static void run_case(const struct vec *v)
{
	struct sr_mls_group *g = NULL;
	struct sr_mls_data secrets = data_of(secrets_of(v));
	struct sr_mls_join_options options = {.secrets = &secrets, .secrets_n = 1};
	size_t used = 1;
	psks = vec_get(v, "external_psks");
	if (vec_has(v, "ratchet_tree"))
		options.tree = data_of(vec_hex(v, "ratchet_tree"));
	if (VEC_OK(sr_mls_join(&platform, data_of(vec_hex(v, "welcome")), &options, &used, &g))) {
		CHECK(used == 0, "another key package was used: %zu", used);
		check_authenticator(g, v, "initial_epoch_authenticator");
		for (size_t i = 0; i < vec_n(v, "epochs"); i++)
			follow(&g, vec_at(v, "epochs", i), i);
	}
	sr_mls_close(g);
}

int main(void)
{
	if (sr_bad(crypto_init()))
		return 1;
	vec_file("passive-client-welcome.json", 16, run_case);
	vec_file("passive-client-handling-commit.json", 26, run_case);
	vec_file("passive-client-random.json", 1, run_case);
	vec_file("interop-welcome_join.json", 16, run_case);
	vec_file("interop-external_join.json", 12, run_case);
	vec_file("interop-application.json", 12, run_case);
	vec_file("interop-commit.json", 88, run_case);
	vec_file("interop-external_proposals.json", 56, run_case);
	vec_file("interop-branch.json", 64, run_case);
	vec_file("interop-reinit.json", 96, run_case);
	return test_done();
}
