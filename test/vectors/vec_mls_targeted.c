/* SPDX-License-Identifier: Apache-2.0 */
/* Targeted messages: those of the drafts and those of make_targeted.py are opened, and those of the
 * latter made again byte for byte. With the argument "write", prints messages of our own for
 * make_targeted.py to open; else the argument is a folder with our own vectors. */
#include "crypto.h"
#include "mls_targeted.h"
#include "vec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* struct given: a case, and its epoch as its recipient has it. */
struct given {
	struct mls_targeted_epoch epoch;
	uint8_t psk[MLS_LEN], sender_secret[MLS_LEN];
	uint32_t sender, recipient;
	struct slice priv, sender_key, authenticated_data, data, message;
	uint8_t pub[MLS_LEN];
	size_t zeros;
};

static bool is_key(struct slice s, const char *what)
{
	return CHECK(s.len == MLS_LEN, "%s has %zu bytes", what, s.len);
}

static bool given_of(const struct vec *v, struct given *g)
{
	const struct mls_suite *s = mls_suite_find((uint16_t)vec_int(v, "cipher_suite"));
	struct slice exporter = vec_hex(v, "exporter_secret");
	*g = (struct given){.epoch = {s, MLS_TARGETED_02, vec_hex(v, "group_id"),
				      vec_int(v, "epoch"), g->psk, g->sender_secret},
			    .sender = (uint32_t)vec_int(v, "sender_leaf_index"),
			    .recipient = (uint32_t)vec_int(v, "recipient_leaf_index"),
			    .priv = vec_hex(v, "recipient_encryption_priv"),
			    .authenticated_data = vec_hex(v, "authenticated_data"),
			    .data = vec_hex(v, "application_data"),
			    .message = vec_hex(v, "targeted_message"),
			    .zeros = (size_t)vec_int(v, "padding_length")};
	if (vec_has(v, "sender_signature_pub")) {
		g->sender_key = vec_hex(v, "sender_signature_pub");
	} else {
		struct mls_leaf leaf = {0};
		VEC_OK(mls_decode(&mls_type_leaf, vec_hex(v, "sender_leaf_node"), vec_arena(),
				  &leaf));
		g->sender_key = leaf.signature_key;
	}
	if (!CHECK(s, "suite") || !is_key(exporter, "exporter_secret") || !is_key(g->priv, "priv"))
		return false;
	return VEC_OK(mls_targeted_secrets(s, exporter.ptr, g->psk, g->sender_secret)) &&
	       VEC_OK(s->dh_public(g->priv.ptr, g->pub));
}

/* receive opens a case's message, with all that a client would check. */
static struct sr_err receive(const struct given *g, struct slice message, uint32_t *sender,
			     struct slice *data)
{
	struct arena *a = vec_arena();
	struct mls_message m = {0};
	struct mls_targeted_sender from;
	SR_TRY(mls_decode(&mls_type_message, message, a, &m));
	if (m.version != MLS_VERSION_10 || m.wire_format != MLS_WIRE_TARGETED)
		return sr_fail(SR_E_INPUT, "not a targeted message");
	SR_TRY(mls_targeted_from(&g->epoch, g->recipient, &m.targeted, a, &from));
	SR_TRY(mls_targeted_open(&g->epoch, &m.targeted, &from, g->sender_key, g->priv.ptr, g->pub,
				 a, data));
	*sender = from.leaf;
	CHECK(slice_eq(m.targeted.authenticated_data, g->authenticated_data), "AAD");
	return sr_ok();
}

static void opens(struct given *g, enum mls_targeted_draft draft)
{
	uint32_t sender = 0;
	struct slice data = {0};
	g->epoch.draft = draft;
	VEC_OK(receive(g, g->message, &sender, &data));
	VEC_EQ(data, g->data, "data");
	CHECK(sender == g->sender, "sender %u", sender);
	/* The other draft signs the same but seals otherwise. */
	g->epoch.draft = draft == MLS_TARGETED_01 ? MLS_TARGETED_02 : MLS_TARGETED_01;
	CHECK(receive(g, g->message, &sender, &data).code == SR_E_AUTH, "by the other draft");
	g->epoch.draft = draft;
}

/* elsewhere: TM-1 to TM-3. */
static void elsewhere(const struct given *g)
{
	struct given group = *g, epoch = *g, leaf = *g;
	struct slice data;
	uint32_t sender;
	group.epoch.group_id.len--;
	epoch.epoch.epoch++;
	leaf.recipient++;
	CHECK(receive(&group, g->message, &sender, &data).code == SR_E_STATE, "another group");
	CHECK(receive(&epoch, g->message, &sender, &data).code == SR_E_STATE, "another epoch");
	CHECK(receive(&leaf, g->message, &sender, &data).code == SR_E_STATE, "another leaf");
}

/* refused: no bit of a message, nor its end, can be changed. */
static void refused(const struct given *g)
{
	elsewhere(g);
	uint8_t *copy = arena_dup(vec_arena(), g->message.ptr, g->message.len);
	struct slice bad = {copy, g->message.len}, data;
	uint32_t sender;
	for (size_t i = 0; i < bad.len; i++) {
		copy[i] ^= (uint8_t)(1 << i % 8);
		CHECK(receive(g, bad, &sender, &data).code != SR_OK, "byte %zu changed", i);
		copy[i] = g->message.ptr[i];
		CHECK(receive(g, slice_sub(bad, 0, i), &sender, &data).code == SR_E_INPUT,
		      "cut at %zu", i);
	}
}

static void of_draft_02(const struct vec *v)
{
	struct given g;
	if (!given_of(v, &g))
		return;
	opens(&g, MLS_TARGETED_02);
	refused(&g);
}

static void of_openmls(const struct vec *v)
{
	struct given g;
	if (!given_of(v, &g))
		return;
	opens(&g, MLS_TARGETED_01);
	refused(&g);
}

static struct sr_err make(const struct given *g, struct slice seed, struct slice ikm,
			  struct build *b)
{
	size_t length = g->data.len + (g->data.len < 1 << 6 ? 1 : g->data.len < 1 << 14 ? 2 : 4);
	struct mls_targeted_plan plan = {.sender = g->sender,
					 .recipient = g->recipient,
					 .seed = seed.ptr,
					 .pub = g->sender_key.ptr,
					 .recipient_key = g->pub,
					 .authenticated_data = g->authenticated_data,
					 .data = g->data,
					 .padding = g->zeros ? length + g->zeros : 0,
					 .ikm = ikm.ptr};
	return mls_targeted_make(&g->epoch, &plan, b);
}

/* Every allocation fails once. */
static void without_memory(const struct given *g, struct slice seed, struct slice ikm)
{
	for (size_t n = 1;; n++) {
		SR_SCOPED(build_release) struct build b = {0};
		struct slice data = {0};
		uint32_t sender;
		test_alloc_fail_at(n);
		struct sr_err e = make(g, seed, ikm, &b);
		if (!sr_bad(e))
			e = receive(g, g->message, &sender, &data);
		bool failed = test_alloc_failed();
		test_alloc_fail_at(0);
		CHECK(e.code == (failed ? SR_E_NOMEM : SR_OK), "allocation %zu: %s", n,
		      e.what ? e.what : "no error");
		CHECK(!failed || !data.ptr, "allocation %zu", n);
		if (!failed)
			break;
	}
}

static void of_python_refused(const struct vec *v)
{
	struct given g;
	struct slice data = {0};
	uint32_t sender;
	bool input = !strcmp(vec_str(v, "error"), "input");
	CHECK(input || !strcmp(vec_str(v, "error"), "auth"), "error");
	if (!given_of(v, &g))
		return;
	g.epoch.draft = (enum mls_targeted_draft)vec_int(v, "draft");
	struct sr_err e = receive(&g, g.message, &sender, &data);
	CHECK(e.code == (input ? SR_E_INPUT : SR_E_AUTH), "%s: %s", vec_str(v, "flaw"),
	      e.what ? e.what : "no error");
	CHECK(!data.ptr, "data of a message that was refused");
}

static void of_python(const struct vec *v)
{
	SR_SCOPED(build_release) struct build b = {0};
	struct given g;
	struct slice made = {0}, seed = vec_hex(v, "sender_signature_priv");
	struct slice ikm = vec_hex(v, "kem_ikm");
	uint64_t draft = vec_int(v, "draft");
	if (!given_of(v, &g) || !is_key(seed, "seed") || !is_key(ikm, "ikm") ||
	    !is_key(g.sender_key, "pub") || !CHECK(draft == 1 || draft == 2, "draft"))
		return;
	opens(&g, (enum mls_targeted_draft)draft);
	VEC_OK(make(&g, seed, ikm, &b));
	VEC_OK(build_done(&b, &made));
	VEC_EQ(made, g.message, "targeted_message");
	if (!g.data.len)
		without_memory(&g, seed, ikm);
}

/* ---- Our own, for another to read ---- */

static void print_hex(const char *name, struct slice s)
{
	printf("\"%s\": \"", name);
	for (size_t i = 0; i < s.len; i++)
		printf("%02x", s.ptr[i]);
	printf("\", ");
}

static struct slice draw(uint64_t *state, struct arena *a, size_t len)
{
	uint8_t *bytes = arena_alloc(a, len, 1);
	for (size_t i = 0; bytes && i < len; i++)
		bytes[i] = (uint8_t)test_random(state);
	return slice_make(bytes, bytes ? len : 0);
}

/* write_one prints a message; false if it could not be made. */
static bool write_one(uint64_t *state, const struct mls_suite *s, int draft, const size_t shape[3],
		      struct arena *a)
{
	SR_SCOPED(build_release) struct build b = {0};
	struct slice exporter = draw(state, a, MLS_LEN), seed = draw(state, a, MLS_LEN);
	struct slice ikm = draw(state, a, MLS_LEN), made = {0};
	uint8_t sender_key[MLS_LEN];
	struct given g = {.sender = (uint32_t)test_random(state),
			  .recipient = (uint32_t)test_random(state),
			  .priv = draw(state, a, MLS_LEN),
			  .data = draw(state, a, shape[0]),
			  .zeros = shape[1],
			  .authenticated_data = draw(state, a, shape[2])};
	g.epoch = (struct mls_targeted_epoch){s,
					      (enum mls_targeted_draft)draft,
					      draw(state, a, 1 + test_random(state) % 100),
					      test_random(state) >> 1,
					      g.psk,
					      g.sender_secret};
	g.sender_key = slice_make(sender_key, MLS_LEN);
	if (!exporter.len || !seed.len || !ikm.len || !g.priv.len ||
	    sr_bad(s->dh_public(g.priv.ptr, g.pub)) ||
	    sr_bad(s->sign_public(seed.ptr, sender_key)) ||
	    sr_bad(mls_targeted_secrets(s, exporter.ptr, g.psk, g.sender_secret)) ||
	    sr_bad(make(&g, seed, ikm, &b)) || sr_bad(build_done(&b, &made)))
		return false;
	printf("{\"cipher_suite\": %u, \"draft\": %d, \"epoch\": %llu, ", s->id, draft,
	       (unsigned long long)g.epoch.epoch);
	printf("\"sender_leaf_index\": %u, \"recipient_leaf_index\": %u, ", g.sender, g.recipient);
	print_hex("group_id", g.epoch.group_id);
	print_hex("exporter_secret", exporter);
	print_hex("sender_signature_pub", g.sender_key);
	print_hex("recipient_encryption_priv", g.priv);
	print_hex("authenticated_data", g.authenticated_data);
	print_hex("application_data", g.data);
	print_hex("targeted_message", made);
	printf("\"padding_length\": %zu}", g.zeros);
	return true;
}

static int write_all(void)
{
	static const size_t shapes[][3] = {{0, 0, 0},       {0, 300, 0},    {14, 0, 0},
					   {15, 0, 7},      {63, 257, 63},  {64, 256, 64},
					   {16383, 0, 100}, {16384, 1, 0},  {20000, 255, 16384},
					   {70000, 0, 0},   {1, 70000, 64}, {300, 84, 2}};
	uint64_t state = 20260302;
	for (int draft = 1; draft <= 2; draft++)
		for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
			SR_SCOPED(arena_release) struct arena a = {0};
			printf("%s", draft == 1 && i == 0 ? "[" : ",\n");
			if (!write_one(&state, mls_suite_find(3), draft, shapes[i], &a))
				return 1;
		}
	printf("]\n");
	return 0;
}

int main(int argc, char **argv)
{
	if (sr_bad(crypto_init()))
		return 1;
	if (argc == 2 && !strcmp(argv[1], "write"))
		return write_all();
	vec_file("targeted-messages.draft-02.json", 3, of_draft_02);
	vec_file("targeted-messages.openmls.json", 3, of_openmls);
	if (argc == 2 && setenv("SUBROSA_VECTORS", argv[1], 1) == 0) {
		vec_file("targeted-suite3.json", 24, of_python);
		vec_file("targeted-suite3-refused.json", 22, of_python_refused);
	} else {
		test_skip("targeted-suite3", "no folder with our own vectors was given");
	}
	return test_done();
}
