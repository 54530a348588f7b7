/* SPDX-License-Identifier: Apache-2.0 */
/* Encodings: lengths of vectors (deserialization.json) and every kind of object (messages.json). */
#include "mls_types.h"
#include "vec.h"

#include <string.h>

static void length(const struct vec *v)
{
	struct slice header = vec_hex(v, "vlbytes_header"), rest = header;
	uint64_t want = vec_int(v, "length");
	size_t got = 0;
	CHECK(mls_next_length(&rest, &got) && !rest.len && got == want, "%zu", got);
	for (size_t len = 0; len < header.len; len++) {
		rest = slice_sub(header, 0, len);
		CHECK(!mls_next_length(&rest, &got) && rest.len == len, "%zu bytes of it", len);
	}
	/* The bytes behind the length have no room, and are never looked at. */
	struct build b;
	build_init(&b, header.len);
	mls_put_opaque(&b, slice_make(NULL, (size_t)want));
	(void)VEC_EQ(slice_make(b.ptr, b.len), header, "written");
	build_release(&b);
}

static const struct {
	const char *name;
	const struct mls_type *type;
	uint16_t number; /* the wire format of a message; of a proposal, which stands without it */
} fields[] = {
	{"mls_welcome", &mls_type_message, MLS_WIRE_WELCOME},
	{"mls_group_info", &mls_type_message, MLS_WIRE_GROUP_INFO},
	{"mls_key_package", &mls_type_message, MLS_WIRE_KEY_PACKAGE},
	{"ratchet_tree", &mls_type_tree, 0},
	{"group_secrets", &mls_type_group_secrets, 0},
	{"add_proposal", &mls_type_proposal, MLS_PROPOSAL_ADD},
	{"update_proposal", &mls_type_proposal, MLS_PROPOSAL_UPDATE},
	{"remove_proposal", &mls_type_proposal, MLS_PROPOSAL_REMOVE},
	{"pre_shared_key_proposal", &mls_type_proposal, MLS_PROPOSAL_PSK},
	{"re_init_proposal", &mls_type_proposal, MLS_PROPOSAL_REINIT},
	{"external_init_proposal", &mls_type_proposal, MLS_PROPOSAL_EXTERNAL_INIT},
	{"group_context_extensions_proposal", &mls_type_proposal, MLS_PROPOSAL_CONTEXT},
	{"commit", &mls_type_commit, 0},
	{"public_message_application", &mls_type_message, MLS_WIRE_PUBLIC},
	{"public_message_proposal", &mls_type_message, MLS_WIRE_PUBLIC},
	{"public_message_commit", &mls_type_message, MLS_WIRE_PUBLIC},
	{"private_message", &mls_type_message, MLS_WIRE_PRIVATE},
};

enum { FIELDS_N = sizeof fields / sizeof *fields };

union object {
	struct mls_message message;
	struct mls_nodes tree;
	struct mls_group_secrets secrets;
	struct mls_proposal proposal;
	struct mls_commit commit;
};

static const union object *decode(const struct mls_type *type, struct slice in)
{
	union object *o = ARENA_NEW(vec_arena(), union object);
	return o && VEC_OK(mls_decode(type, in, vec_arena(), o)) ? o : NULL;
}

/* The bytes of field i, a proposal with its type before it. */
static struct slice whole(const struct vec *v, size_t i)
{
	struct slice in = vec_hex(v, fields[i].name), out = {0};
	if (fields[i].type != &mls_type_proposal)
		return in;
	struct build b;
	build_init(&b, 0);
	mls_put_u16(&b, fields[i].number);
	build_slice(&b, in);
	(void)VEC_OK(build_keep(&b, vec_arena(), &out));
	return out;
}

static bool public_type(const char *name, uint8_t type)
{
	return (type == MLS_CONTENT_APPLICATION && strstr(name, "application")) ||
	       (type == MLS_CONTENT_PROPOSAL && strstr(name, "proposal")) ||
	       (type == MLS_CONTENT_COMMIT && strstr(name, "commit"));
}

static void check_number(size_t i, const union object *o)
{
	const char *name = fields[i].name;
	const struct mls_message *m = &o->message;
	if (fields[i].type == &mls_type_proposal)
		CHECK(o->proposal.type == fields[i].number, "%s", name);
	if (fields[i].type != &mls_type_message)
		return;
	CHECK(m->version == MLS_VERSION_10 && m->wire_format == fields[i].number, "%s", name);
	if (m->wire_format == MLS_WIRE_PUBLIC)
		CHECK(public_type(name, m->public->content.type), "%s", name);
}

static void messages(const struct vec *v)
{
	for (size_t i = 0; i < FIELDS_N; i++) {
		struct slice in = whole(v, i), out;
		const union object *o = decode(fields[i].type, in);
		if (!CHECK(o && in.len, "%s", fields[i].name))
			continue;
		if (VEC_OK(mls_encoded(fields[i].type, o, vec_arena(), &out)))
			(void)VEC_EQ(out, in, fields[i].name);
		check_number(i, o);
	}
}

/* The first few cases again, each field cut short everywhere, and with a byte too many. */
static void messages_cut(const struct vec *v)
{
	static size_t cases;
	enum { CASES = 3 };
	for (size_t i = 0; i < FIELDS_N && cases < CASES; i++) {
		struct slice in = whole(v, i);
		uint8_t *more = arena_dup(vec_arena(), in.ptr, in.len); /* and a NUL */
		union object o;
		CHECK(more, "no memory");
		for (size_t len = 0; more && len <= in.len + 1; len++) {
			struct arena a = {0};
			struct sr_err e = mls_decode(fields[i].type, slice_make(more, len), &a, &o);
			CHECK(e.code == (len == in.len ? SR_OK : SR_E_INPUT), "%s, %zu of %zu",
			      fields[i].name, len, in.len);
			arena_release(&a);
		}
	}
	cases++;
}

static void messages_all(const struct vec *v)
{
	messages(v);
	messages_cut(v);
}

int main(void)
{
	vec_file("deserialization.json", 14, length);
	vec_file("messages.json", 300, messages_all);
	return test_done();
}
