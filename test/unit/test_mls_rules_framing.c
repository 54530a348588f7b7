/* SPDX-License-Identifier: Apache-2.0 */
/* The language of messages (2.1), their framing (6), and the keys of encrypted ones (9.1). */
#include "mls_forge.h"

#include <string.h>

/* ---- Scenes ---- */

/* HOSTILE commits, and VICTIM gets every beginning of that. */
static struct sr_err scene_beginnings(struct forge *f)
{
	struct forge_commit *c = forge_commit_new(f, HOSTILE);
	forge_group(f, 3);
	forge_commit(f, c);
	for (size_t len = 0; f->broken && len < c->message.len; len++) {
		struct sr_err e = forge_give(f, VICTIM, slice_make(forge_copy(f, c->message), len));
		if (e.code != SR_E_INPUT)
			return e;
	}
	if (f->broken)
		return sr_fail(SR_E_INPUT, "no beginning is taken");
	return forge_follow(f, VICTIM, c);
}

/* JOINER asks to join. */
static struct sr_err scene_join_proposal(struct forge *f)
{
	forge_group(f, 3);
	struct mls_authentic m = forge_outside(f, MLS_SENDER_NEW_PROPOSAL, MLS_CONTENT_PROPOSAL);
	m.content.proposal = forge_joiner(f).proposal;
	forge_arm(f);
	return forge_give(f, VICTIM, forge_send(f, JOINER, &m));
}

static void sender_if_honest(struct forge *f)
{
	if (!f->broken)
		with_sender(f);
}

static struct slice data_of(struct forge *f)
{
	struct mls_authentic m = forge_content(f, HOSTILE, MLS_CONTENT_APPLICATION);
	m.wire_format = MLS_WIRE_PRIVATE;
	m.content.application_data = SLICE_LIT("what is said, at more length than before");
	return forge_send(f, HOSTILE, &m);
}

/* VICTIM gets a message when two epochs have gone by, or three if broken. */
static struct sr_err scene_late(struct forge *f)
{
	forge_group(f, 3);
	struct slice message = data_of(f);
	for (int i = 0; i < (f->broken ? 3 : 2); i++)
		forge_turn(f, THIRD, (struct sr_mls_commit_options){0}, VICTIM, 0);
	return forge_give(f, VICTIM, message);
}

/* VICTIM gets a message again, if broken. */
static struct sr_err scene_again(struct forge *f)
{
	forge_group(f, 3);
	struct slice message = data_of(f);
	FORGE_OK(forge_give(f, VICTIM, message));
	return forge_give(f, VICTIM, f->broken ? message : data_of(f));
}

/* A message as far ahead as can be, or one more, or the last there is: arg. */
static struct sr_err scene_ahead(struct forge *f)
{
	forge_group(f, 3);
	f->generation = MLS_FORWARD_MAX + f->broken;
	if (f->broken && f->rule->arg)
		f->generation = UINT32_MAX;
	return forge_give(f, VICTIM, data_of(f));
}

/* VICTIM gets the first message after so many others that its key is the oldest one kept, or one
 * too old. */
static struct sr_err scene_old(struct forge *f)
{
	forge_group(f, 3);
	struct slice first = data_of(f);
	f->generation = MLS_SKIPPED_MAX;
	FORGE_OK(forge_give(f, VICTIM, data_of(f)));
	f->generation = MLS_SKIPPED_MAX + 2;
	if (f->broken)
		FORGE_OK(forge_give(f, VICTIM, data_of(f)));
	return forge_give(f, VICTIM, first);
}

/* A message is damaged on its way, and then comes whole. */
static struct sr_err scene_damaged(struct forge *f)
{
	forge_group(f, 3);
	struct slice message = data_of(f);
	struct slice damaged = forge_flip(f, message, 8 * message.len - 1);
	if (f->broken)
		CHECK(forge_give(f, VICTIM, damaged).code == SR_E_AUTH, "taken with another bit");
	return forge_give(f, VICTIM, message);
}

/* A message that says to be VICTIM's. */
static struct sr_err scene_ours(struct forge *f)
{
	forge_group(f, 3);
	forge_arm(f);
	struct sr_err e = forge_give(f, VICTIM, data_of(f));
	if (f->broken)
		CHECK(f->event.kind == SR_MLS_GOT_ECHO && !f->event.data.len &&
			      !f->event.own_commit,
		      "it was opened");
	return e;
}

/* Every bit of a content is changed in turn, and the membership tag made anew. */
static struct sr_err scene_bits(struct forge *f)
{
	size_t wrong_signature = 0;
	forge_group(f, 3);
	struct mls_authentic m = forge_content(f, HOSTILE, MLS_CONTENT_PROPOSAL), other;
	m.content.proposal = forge_remove(f, HOSTILE, 2).proposal;
	if (!f->broken)
		return forge_give(f, VICTIM, forge_send(f, HOSTILE, &m));
	(void)forge_send(f, HOSTILE, &m);
	struct slice content = forge_encoded(f, &mls_type_content, &m.content);
	for (size_t bit = 0; bit < 8 * content.len; bit++) {
		struct build b = {0};
		struct slice message = {0};
		other = m;
		memset(&other.content, 0, sizeof other.content);
		if (sr_bad(mls_decode(&mls_type_content, forge_flip(f, content, bit), &f->a,
				      &other.content)))
			continue;
		other.membership_tag = forge_membership(f, HOSTILE, &other);
		mls_message_out(MLS_WIRE_PUBLIC, &b);
		mls_encode(&mls_type_public, &other, &b);
		FORGE_OK(build_keep(&b, &f->a, &message));
		struct sr_err e = forge_give(f, VICTIM, message);
		if (!sr_bad(e))
			return e;
		wrong_signature += e.code == SR_E_AUTH;
	}
	CHECK(wrong_signature > 64, "only %zu are of the signature", wrong_signature);
	return sr_fail(SR_E_AUTH, "no bit can be changed");
}

/* VICTIM takes for a message what is none: a key package, a GroupInfo, a Welcome. */
static struct sr_err scene_none(struct forge *f)
{
	struct forge_commit *c = forge_commit_new(f, HOSTILE);
	forge_group(f, 3);
	if (!f->broken)
		return forge_give(f, VICTIM, data_of(f));
	if (f->rule->arg == MLS_WIRE_KEY_PACKAGE)
		return forge_give(f, VICTIM, f->at[VICTIM].package.message);
	if (f->rule->arg == MLS_WIRE_GROUP_INFO)
		return forge_give(f, VICTIM, forge_info(f, HOSTILE, true));
	forge_commit_add(c, forge_joiner(f));
	forge_commit(f, c);
	return forge_give(f, VICTIM, forge_welcome(f, c, false));
}

/* ---- The language ---- */

static void longer(struct forge *f, void *object)
{
	struct slice *s = object;
	*s = forge_longer(f, *s);
}

static void shorter(struct forge *f, void *object)
{
	struct slice *s = object;
	*s = forge_shorter(f, *s);
}

/* One byte, off behind the last needle, is another. */
#define PATCH(name, needle, off, value)                                                            \
	static void name(struct forge *f, void *object)                                            \
	{                                                                                          \
		struct slice *s = object;                                                          \
		*s = forge_patch(f, *s, SLICE_LIT(needle), (off), (value));                        \
	}
PATCH(sender_type, "\0\0\0\0\0\0\0\1\1\0\0\0\0", 8, 5)
PATCH(content_type, "for all to see\2", 14, 4)
PATCH(no_content_type, "for all to see\2", 14, 0)
PATCH(leaf_source, "\4\0\1\0\2\1", 5, 4)
PATCH(reference_type,
	"\1\0\4\1\5"
	"a key",
	0, 3)
PATCH(psk_type,
	"\1\0\4\1\5"
	"a key",
	3, 3)
PATCH(odd_list, "\2\0\1\4\0\3\0\1", 0, 3)
PATCH(path_there, "of a commit\3\0\1", 13, 2)
PATCH(other_version,
	"\0\1\0\1\x16"
	"a group",
	1, 2)
PATCH(other_format,
	"\0\1\0\1\x16"
	"a group",
	3, 9)
PATCH(no_format,
	"\0\1\0\1\x16"
	"a group",
	3, 0)
PATCH(longest_form,
	"\x16"
	"a group",
	0, 0xd6)

/* patch_tree changes the last node of the tree in a GroupInfo. */
static void patch_tree(struct forge *f, void *object, size_t off, uint8_t value)
{
	struct slice *tree = &((struct mls_group_info *)object)->extensions.ptr[0].data;
	*tree = forge_patch(f, *tree, SLICE_LIT("\1\1\x20"), off, value);
}

static void node_there(struct forge *f, void *object)
{
	patch_tree(f, object, 0, 2);
}

static void node_type(struct forge *f, void *object)
{
	patch_tree(f, object, 1, 3);
}

static void path_secret_there(struct forge *f, void *object)
{
	struct slice *s = object;
	uint8_t *p = forge_copy(f, *s);
	p[1 + MLS_LEN] = 2;
	s->ptr = p;
}

/* insert puts bytes in place of the one that the group's id begins with: its length. */
static void insert(struct forge *f, struct slice *s, struct slice bytes)
{
	struct build b = {0};
	build_slice(&b, slice_sub(*s, 0, 4));
	build_slice(&b, bytes);
	build_slice(&b, slice_sub(*s, 5, s->len - 5));
	FORGE_OK(build_keep(&b, &f->a, s));
}

static void length_of_two(struct forge *f, void *object)
{
	insert(f, object, SLICE_LIT("\x40\x16"));
}

static void length_of_four(struct forge *f, void *object)
{
	insert(f, object, SLICE_LIT("\x80\0\0\x16"));
}

static void length_of_eight(struct forge *f, void *object)
{
	insert(f, object, SLICE_LIT("\xc0\0\0\0\0\0\0\x16"));
}

/* The last vector of a PublicMessage is its membership tag. */
static void beyond_the_end(struct forge *f, void *object)
{
	struct slice *s = object;
	uint8_t *p = forge_copy(f, *s);
	p[s->len - MLS_LEN - 1]++;
	s->ptr = p;
}

static void beyond_all(struct forge *f, void *object)
{
	insert(f, object, SLICE_LIT("\xbf\xff\xff\xff"));
}

static void extensions_too_many(struct forge *f, void *object)
{
	struct mls_extensions *x = &((struct mls_authentic *)object)->content.proposal.extensions;
	for (int i = 0; i <= MLS_EXTENSIONS_MAX; i++)
		forge_extension(f, x, (uint16_t)(0xf100 + i), (struct slice){0});
}

static void nodes_too_many(struct forge *f, void *object)
{
	struct mls_path *path = object;
	struct mls_path_node *nodes =
		ARENA_ARRAY(&f->a, MLS_PATH_NODES_MAX + 1, struct mls_path_node);
	for (int i = 0; i <= MLS_PATH_NODES_MAX; i++)
		nodes[i] = path->nodes.ptr[i % 2];
	path->nodes.ptr = nodes;
	path->nodes.n = MLS_PATH_NODES_MAX + 1;
}

/* ---- Framing ---- */

static void as_public(struct forge *f, void *object)
{
	(void)f;
	((struct mls_authentic *)object)->wire_format = MLS_WIRE_PUBLIC;
}

static void other_group(struct forge *f, void *object)
{
	(void)f;
	((struct mls_authentic *)object)->content.group_id = SLICE_LIT("another group");
}

static void epoch_to_come(struct forge *f, void *object)
{
	(void)f;
	((struct mls_authentic *)object)->content.epoch++;
}

static void epoch_before(struct forge *f, void *object)
{
	(void)f;
	((struct mls_authentic *)object)->content.epoch--;
}

/* sign_as signs with the key of a client, or in another way than is right. */
static void sign_as(struct forge *f, struct mls_authentic *m, enum forge_who who,
		    uint16_t wire_format, struct slice context)
{
	forge_sign_content(f, who, MLS_L("FramedContentTBS"), wire_format, context, m);
}

static struct slice context_of(struct forge *f)
{
	return forge_now(f, HOSTILE)->context;
}

static void signed_by_third(struct forge *f, void *object)
{
	struct mls_authentic *m = object;
	sign_as(f, m, THIRD, m->wire_format, context_of(f));
}

static void signed_by_fourth(struct forge *f, void *object)
{
	struct mls_authentic *m = object;
	sign_as(f, m, FOURTH, m->wire_format, context_of(f));
}

static void signed_in_other_format(struct forge *f, void *object)
{
	struct mls_authentic *m = object;
	sign_as(f, m, HOSTILE,
		m->wire_format == MLS_WIRE_PUBLIC ? MLS_WIRE_PRIVATE : MLS_WIRE_PUBLIC,
		context_of(f));
}

static void signed_in_other_context(struct forge *f, void *object)
{
	struct mls_authentic *m = object;
	sign_as(f, m, HOSTILE, m->wire_format, forge_flip(f, context_of(f), 100));
}

static void signed_without_context(struct forge *f, void *object)
{
	struct mls_authentic *m = object;
	sign_as(f, m, HOSTILE, m->wire_format, (struct slice){0});
}

static void joiner_signed_in_other_context(struct forge *f, void *object)
{
	struct mls_authentic *m = object;
	sign_as(f, m, JOINER, m->wire_format, forge_flip(f, context_of(f), 100));
}

static void sender_blank(struct forge *f, void *object)
{
	(void)f;
	((struct mls_authentic *)object)->content.sender_index = 3;
}

static void sender_beyond(struct forge *f, void *object)
{
	(void)f;
	((struct mls_authentic *)object)->content.sender_index = UINT32_MAX;
}

static void sender_second(struct forge *f, void *object)
{
	(void)f;
	((struct mls_authentic *)object)->content.sender_index = 1;
}

/* becomes_commit makes a commit of a message from outside. */
static void becomes_commit(struct forge *f, void *object)
{
	struct mls_authentic *m = object;
	m->content.type = MLS_CONTENT_COMMIT;
	memset(&m->content.commit, 0, sizeof m->content.commit);
	m->confirmation_tag = forge_draw(f, MLS_LEN);
}

static void of_new_commit(struct forge *f, void *object)
{
	(void)f;
	((struct mls_authentic *)object)->content.sender = MLS_SENDER_NEW_COMMIT;
}

static void becomes_remove(struct forge *f, void *object)
{
	((struct mls_authentic *)object)->content.proposal = forge_remove(f, HOSTILE, 2).proposal;
}

static void tag_damaged(struct forge *f, void *object)
{
	struct mls_authentic *m = object;
	m->membership_tag = forge_flip(f, m->membership_tag, 0);
}

static void tag_short(struct forge *f, void *object)
{
	struct mls_authentic *m = object;
	m->membership_tag = forge_shorter(f, m->membership_tag);
}

static void tag_long(struct forge *f, void *object)
{
	struct mls_authentic *m = object;
	m->membership_tag = forge_longer(f, m->membership_tag);
}

static void tag_none(struct forge *f, void *object)
{
	(void)f;
	((struct mls_authentic *)object)->membership_tag = (struct slice){0};
}

static void tag_of_other_signature(struct forge *f, void *object)
{
	struct mls_authentic *m = object, other = *m;
	other.signature = forge_flip(f, m->signature, 511);
	m->membership_tag = forge_membership(f, HOSTILE, &other);
}

static void tag_of_other_confirmation(struct forge *f, void *object)
{
	struct mls_authentic *m = object, other = *m;
	other.confirmation_tag = forge_flip(f, m->confirmation_tag, 255);
	m->membership_tag = forge_membership(f, HOSTILE, &other);
}

/* ---- PrivateMessages ---- */

static void padding_end(struct forge *f, void *object)
{
	struct build *b = object;
	(void)f;
	b->ptr[b->len - 1] = 1;
}

static void padding_middle(struct forge *f, void *object)
{
	struct build *b = object;
	(void)f;
	build_u8(b, 0x80);
	build_u8(b, 0);
}

static void plain_cut(struct forge *f, void *object)
{
	struct build *b = object;
	(void)f;
	b->len = 70;
}

static void plain_empty(struct forge *f, void *object)
{
	(void)f;
	((struct build *)object)->len = 0;
}

static void other_key(struct forge *f, void *object)
{
	(void)f;
	((struct mls_message_key *)object)->key[3] ^= 4;
}

static void other_guard(struct forge *f, void *object)
{
	(void)f;
	((struct mls_message_key *)object)->nonce[3] ^= 4;
}

/* The guard is taken off again; or put on, if it was not. */
static void no_guard(struct forge *f, void *object)
{
	struct mls_message_key *k = object;
	for (int i = 0; i < 4; i++)
		k->nonce[i] ^= f->sender.reuse_guard[i];
}

/* ratchet_of takes the key of the same generation, guarded, from a ratchet. */
static void ratchet_of(struct forge *f, void *object, enum mls_ratchet which)
{
	FORGE_OK(mls_secret_tree_peek(f->s, &f->at[HOSTILE].group->now->messages, 0, which,
				      f->sender.generation, object));
	no_guard(f, object);
}

static void key_of_handshake(struct forge *f, void *object)
{
	ratchet_of(f, object, MLS_HANDSHAKE);
}

static void key_of_application(struct forge *f, void *object)
{
	ratchet_of(f, object, MLS_APPLICATION);
}

static void aad_group(struct forge *f, void *object)
{
	(void)f;
	((struct mls_private *)object)->group_id = SLICE_LIT("another group");
}

static void aad_epoch(struct forge *f, void *object)
{
	(void)f;
	((struct mls_private *)object)->epoch++;
}

static void aad_type(struct forge *f, void *object)
{
	(void)f;
	((struct mls_private *)object)->type = MLS_CONTENT_COMMIT;
}

static void aad_data(struct forge *f, void *object)
{
	(void)f;
	((struct mls_private *)object)->authenticated_data = SLICE_LIT("for some to see");
}

static void sender_data_damaged(struct forge *f, void *object)
{
	struct mls_private *p = object;
	p->encrypted_sender_data = forge_flip(f, p->encrypted_sender_data, 9);
}

static void sample_damaged(struct forge *f, void *object)
{
	struct mls_private *p = object;
	p->ciphertext = forge_flip(f, p->ciphertext, 255);
}

static void content_damaged(struct forge *f, void *object)
{
	struct mls_private *p = object;
	p->ciphertext = forge_flip(f, p->ciphertext, 256);
}

static void content_short(struct forge *f, void *object)
{
	struct mls_private *p = object;
	p->ciphertext = forge_shorter(f, p->ciphertext);
}

static void sender_long(struct forge *f, void *object)
{
	(void)f;
	build_u8(object, 0);
}

static void sender_short(struct forge *f, void *object)
{
	(void)f;
	((struct build *)object)->len--;
}

static void leaf_blank(struct forge *f, void *object)
{
	(void)f;
	((struct mls_sender_data *)object)->leaf = 3;
}

static void leaf_beyond(struct forge *f, void *object)
{
	(void)f;
	((struct mls_sender_data *)object)->leaf = UINT32_MAX;
}

static void leaf_of_victim(struct forge *f, void *object)
{
	(void)f;
	((struct mls_sender_data *)object)->leaf = 1;
}

static void leaf_of_third(struct forge *f, void *object)
{
	(void)f;
	((struct mls_sender_data *)object)->leaf = 2;
}

#define BYTES scene_proposal, FORGE_BYTES
static const struct rule rows[] = {
	{"2.1-1", "a byte behind a message", SR_E_INPUT, "behind the end", BYTES, longer, NULL, 0},
	{"2.1-1", "... behind a GroupInfo in a Welcome", SR_E_INPUT, "behind the end",
	 scene_welcome, FORGE_INFO_BYTES, longer, NULL, 0},
	{"2.1-1", "... behind the secrets in one", SR_E_INPUT, "behind the end", scene_welcome,
	 FORGE_SECRETS_BYTES, longer, NULL, 0},
	{"2.1-2", "a message that ends too early", SR_E_INPUT, "no beginning", scene_beginnings,
	 FORGE_NOWHERE, NULL, NULL, 0},
	{"2.1-2", "... a GroupInfo in a Welcome", SR_E_INPUT, "ends too early", scene_welcome,
	 FORGE_INFO_BYTES, shorter, NULL, 0},
	{"2.1-2", "... the secrets in one", SR_E_INPUT, "ends too early", scene_welcome,
	 FORGE_SECRETS_BYTES, shorter, NULL, 0},
	{"2.1-3", "a type of sender that nobody knows", SR_E_INPUT, "unknown kind", BYTES,
	 sender_type, NULL, 0},
	{"2.1-3", "... of content", SR_E_INPUT, "unknown kind", BYTES, content_type, NULL, 0},
	{"2.1-3", "... of content: none", SR_E_INPUT, "unknown kind", BYTES, no_content_type, NULL,
	 0},
	{"2.1-3", "a source of a leaf that nobody knows", SR_E_INPUT, "unknown kind", scene_add,
	 FORGE_BYTES, leaf_source, NULL, 0},
	{"2.1-3", "a type of node that nobody knows", SR_E_INPUT, "unknown kind", scene_welcome,
	 FORGE_INFO, node_type, NULL, 0},
	{"2.1-3", "neither a proposal nor a reference", SR_E_INPUT, "unknown kind", scene_list,
	 FORGE_BYTES, reference_type, NULL, BASE_PSK},
	{"2.1-3", "a type of PSK that nobody knows", SR_E_INPUT, "unknown kind", scene_list,
	 FORGE_BYTES, psk_type, NULL, BASE_PSK},
	{"2.1-4", "a list with half an element", SR_E_INPUT, "ends too early", scene_add,
	 FORGE_BYTES, odd_list, NULL, 0},
	{"2.1-5", "more extensions than there may be", SR_E_LIMIT, "too many parts", scene_context,
	 FORGE_CONTENT, extensions_too_many, NULL, 0},
	{"2.1-5", "more nodes in a path", SR_E_LIMIT, "too many parts", scene_commit, FORGE_SEALED,
	 nodes_too_many, NULL, 0},
	{"2.1.1-1", "a path neither there nor absent", SR_E_INPUT, "neither there nor",
	 scene_commit, FORGE_BYTES, path_there, NULL, 0},
	{"2.1.1-1", "a path secret", SR_E_INPUT, "neither there nor", scene_welcome,
	 FORGE_SECRETS_BYTES, path_secret_there, NULL, 0},
	{"2.1.1-1", "a node", SR_E_INPUT, "neither there nor", scene_welcome, FORGE_INFO,
	 node_there, NULL, 0},
	{"2.1.2-1", "a length of two bytes where one will do", SR_E_INPUT, "in a wrong form", BYTES,
	 length_of_two, NULL, 0},
	{"2.1.2-1", "... of four", SR_E_INPUT, "in a wrong form", BYTES, length_of_four, NULL, 0},
	{"2.1.2-2", "a length that begins with 11", SR_E_INPUT, "in a wrong form", BYTES,
	 longest_form, NULL, 0},
	{"2.1.2-2", "... of eight bytes", SR_E_INPUT, "in a wrong form", BYTES, length_of_eight,
	 NULL, 0},
	{"2.1.2-3", "a vector longer than what is there", SR_E_INPUT, "ends too early", BYTES,
	 beyond_the_end, NULL, 0},
	{"2.1.2-3", "... longer than all", SR_E_INPUT, "ends too early", BYTES, beyond_all, NULL,
	 0},

	{"6-1", "a message of version 2", SR_E_INPUT, "another version", BYTES, other_version, NULL,
	 0},
	{"6-2", "a wire format that nobody knows", SR_E_INPUT, "unknown kind", BYTES, other_format,
	 NULL, 0},
	{"6-2", "... of value 0", SR_E_INPUT, "unknown kind", BYTES, no_format, NULL, 0},
	{"6-3", "application data as PublicMessage", SR_E_INPUT, "not encrypted", scene_data,
	 FORGE_CONTENT, as_public, NULL, 0},
	{"6-4", "a proposal for another group", SR_E_STATE, "another group", scene_proposal,
	 FORGE_CONTENT, other_group, NULL, 0},
	{"6-4", "data for another group", SR_E_STATE, "another group", scene_data, FORGE_CONTENT,
	 other_group, NULL, 0},
	{"6-5", "data of an epoch to come", SR_E_STATE, "epoch to come", scene_data, FORGE_CONTENT,
	 epoch_to_come, NULL, 0},
	{"6-5", "data of an epoch before we came", SR_E_STATE, "not remembered", scene_data,
	 FORGE_CONTENT, epoch_before, NULL, 0},
	{"6-5", "data of an epoch that is forgotten", SR_E_STATE, "not remembered", scene_late,
	 FORGE_NOWHERE, NULL, NULL, 0},
	{"6-7", "a key package", SR_E_INPUT, "not sent within a group", scene_none, FORGE_NOWHERE,
	 NULL, NULL, MLS_WIRE_KEY_PACKAGE},
	{"6-7", "a GroupInfo", SR_E_INPUT, "not sent within a group", scene_none, FORGE_NOWHERE,
	 NULL, NULL, MLS_WIRE_GROUP_INFO},
	{"6-7", "a Welcome", SR_E_INPUT, "not sent within a group", scene_none, FORGE_NOWHERE, NULL,
	 NULL, MLS_WIRE_WELCOME},

	{"6.1-1", "a proposal signed by another member", SR_E_AUTH, "signature", scene_proposal,
	 FORGE_SIGNED, signed_by_third, NULL, 0},
	{"6.1-1", "... a commit", SR_E_AUTH, "signature", scene_commit, FORGE_SIGNED,
	 signed_by_third, NULL, 0},
	{"6.1-1", "... an encrypted commit", SR_E_AUTH, "signature", scene_private_commit,
	 FORGE_SIGNED, signed_by_third, NULL, 0},
	{"6.1-2", "a sender where nobody is", SR_E_INPUT, "nobody is", scene_proposal,
	 FORGE_CONTENT, sender_blank, NULL, 0},
	{"6.1-2", "... beyond the tree", SR_E_INPUT, "nobody is", scene_proposal, FORGE_CONTENT,
	 sender_beyond, NULL, 0},
	{"6.1-2", "... of a commit", SR_E_INPUT, "nobody is", scene_commit, FORGE_CONTENT,
	 sender_beyond, NULL, 0},
	{"6.1-3", "an external sender with another key", SR_E_AUTH, "signature", scene_sender,
	 FORGE_SIGNED, signed_by_fourth, with_sender, 0},
	{"6.1-4", "an external sender that is not in the list", SR_E_INPUT, "does not know",
	 scene_sender, FORGE_CONTENT, sender_second, with_sender, 0},
	{"6.1-4", "... where there is no list", SR_E_INPUT, "does not know", scene_sender,
	 FORGE_NOWHERE, NULL, sender_if_honest, 0},
	{"6.1-5", "a commit of an external sender", SR_E_INPUT, "may not send", scene_sender,
	 FORGE_CONTENT, becomes_commit, with_sender, 0},
	{"6.1-7", "a proposal of a new_member_commit", SR_E_INPUT, "may not send", scene_sender,
	 FORGE_CONTENT, of_new_commit, with_sender, 0},
	{"6.1-8", "an external commit signed by somebody else", SR_E_AUTH, "signature",
	 scene_external, FORGE_SIGNED, signed_by_fourth, NULL, 0},
	{"6.1-9", "a commit of a new_member_proposal", SR_E_INPUT, "may not send",
	 scene_join_proposal, FORGE_CONTENT, becomes_commit, NULL, 0},
	{"6.1-10", "a Remove of a new_member_proposal", SR_E_INPUT, "may not send",
	 scene_join_proposal, FORGE_CONTENT, becomes_remove, NULL, 0},
	{"6.1-11", "a new member's proposal signed by somebody else", SR_E_AUTH, "signature",
	 scene_join_proposal, FORGE_SIGNED, signed_by_fourth, NULL, 0},
	{"6.1-12", "a PublicMessage signed as PrivateMessage", SR_E_AUTH, "signature",
	 scene_proposal, FORGE_SIGNED, signed_in_other_format, NULL, 0},
	{"6.1-12", "a PrivateMessage signed as PublicMessage", SR_E_AUTH, "signature",
	 scene_private_proposal, FORGE_SIGNED, signed_in_other_format, NULL, 0},
	{"6.1-13", "a signature under another GroupContext", SR_E_AUTH, "signature", scene_proposal,
	 FORGE_SIGNED, signed_in_other_context, NULL, 0},
	{"6.1-13", "... under none", SR_E_AUTH, "signature", scene_data, FORGE_SIGNED,
	 signed_without_context, NULL, 0},
	{"6.1-13", "... of an external commit", SR_E_AUTH, "signature", scene_external,
	 FORGE_SIGNED, joiner_signed_in_other_context, NULL, 0},
	{"6.1-14", "a content with a bit changed", SR_E_AUTH, "no bit", scene_bits, FORGE_NOWHERE,
	 NULL, NULL, 0},

	{"6.2-1", "a membership tag with a bit changed", SR_E_AUTH, "MAC", scene_proposal,
	 FORGE_TAGGED, tag_damaged, NULL, 0},
	{"6.2-1", "... of a commit", SR_E_AUTH, "MAC", scene_commit, FORGE_TAGGED, tag_damaged,
	 NULL, 0},
	{"6.2-2", "a membership tag too short", SR_E_AUTH, "MAC", scene_proposal, FORGE_TAGGED,
	 tag_short, NULL, 0},
	{"6.2-2", "... too long", SR_E_AUTH, "MAC", scene_proposal, FORGE_TAGGED, tag_long, NULL,
	 0},
	{"6.2-2", "... that is empty", SR_E_AUTH, "MAC", scene_proposal, FORGE_TAGGED, tag_none,
	 NULL, 0},
	{"6.2-3", "a membership tag of another signature", SR_E_AUTH, "MAC", scene_proposal,
	 FORGE_TAGGED, tag_of_other_signature, NULL, 0},
	{"6.2-3", "... of another confirmation tag", SR_E_AUTH, "MAC", scene_commit, FORGE_TAGGED,
	 tag_of_other_confirmation, NULL, 0},

	{"6.3.1-1", "padding that ends with a 1", SR_E_INPUT, "something else than zeros",
	 scene_data, FORGE_PLAIN, padding_end, NULL, 0},
	{"6.3.1-1", "... with something within", SR_E_INPUT, "something else than zeros",
	 scene_private_proposal, FORGE_PLAIN, padding_middle, NULL, 0},
	{"6.3.1-2", "a content under another key", SR_E_AUTH, "encrypted", scene_data, FORGE_KEY,
	 other_key, NULL, 0},
	{"6.3.1-2", "... under the key of another member", SR_E_AUTH, "signature", scene_data,
	 FORGE_SENDER, leaf_of_third, NULL, 0},
	{"6.3.1-2", "a ciphertext with a bit changed", SR_E_AUTH, "encrypted", scene_data,
	 FORGE_PRIVATE, content_damaged, NULL, 0},
	{"6.3.1-2", "... too short", SR_E_AUTH, "encrypted", scene_data, FORGE_PRIVATE,
	 content_short, NULL, 0},
	{"6.3.1-3", "sealed for another group", SR_E_AUTH, "encrypted", scene_data,
	 FORGE_CONTENT_AAD, aad_group, NULL, 0},
	{"6.3.1-3", "... another epoch", SR_E_AUTH, "encrypted", scene_data, FORGE_CONTENT_AAD,
	 aad_epoch, NULL, 0},
	{"6.3.1-3", "... another type of content", SR_E_AUTH, "encrypted", scene_data,
	 FORGE_CONTENT_AAD, aad_type, NULL, 0},
	{"6.3.1-3", "... other authenticated data", SR_E_AUTH, "encrypted", scene_data,
	 FORGE_CONTENT_AAD, aad_data, NULL, 0},
	{"6.3.1-4", "a content that ends too early", SR_E_INPUT, "ends too early", scene_data,
	 FORGE_PLAIN, plain_cut, NULL, 0},
	{"6.3.1-4", "... that is empty", SR_E_INPUT, "ends too early", scene_data, FORGE_PLAIN,
	 plain_empty, NULL, 0},
	{"6.3.1-5", "data signed by another member", SR_E_AUTH, "signature", scene_data,
	 FORGE_SIGNED, signed_by_third, NULL, 0},
	{"6.3.1-6", "a nonce with another reuse guard", SR_E_AUTH, "encrypted", scene_data,
	 FORGE_KEY, other_guard, NULL, 0},
	{"6.3.1-6", "... without one", SR_E_AUTH, "encrypted", scene_data, FORGE_KEY, no_guard,
	 NULL, 0},
	{"6.3.1-7", "data under a handshake key", SR_E_AUTH, "encrypted", scene_data, FORGE_KEY,
	 key_of_handshake, NULL, 0},
	{"6.3.1-7", "a proposal under an application key", SR_E_AUTH, "encrypted",
	 scene_private_proposal, FORGE_KEY, key_of_application, NULL, 0},

	{"6.3.2-1", "sender data with a bit changed", SR_E_AUTH, "encrypted", scene_data,
	 FORGE_PRIVATE, sender_data_damaged, NULL, 0},
	{"6.3.2-1", "... under the key of another ciphertext", SR_E_AUTH, "encrypted", scene_data,
	 FORGE_PRIVATE, sample_damaged, NULL, 0},
	{"6.3.2-2", "sender data sealed for another group", SR_E_AUTH, "encrypted", scene_data,
	 FORGE_SENDER_AAD, aad_group, NULL, 0},
	{"6.3.2-2", "... another epoch", SR_E_AUTH, "encrypted", scene_data, FORGE_SENDER_AAD,
	 aad_epoch, NULL, 0},
	{"6.3.2-2", "... another type of content", SR_E_AUTH, "encrypted", scene_data,
	 FORGE_SENDER_AAD, aad_type, NULL, 0},
	{"6.3.2-3", "sender data too long", SR_E_INPUT, "sender data of a wrong length", scene_data,
	 FORGE_SENDER_PLAIN, sender_long, NULL, 0},
	{"6.3.2-3", "... too short", SR_E_INPUT, "sender data of a wrong length", scene_data,
	 FORGE_SENDER_PLAIN, sender_short, NULL, 0},
	{"6.3.2-4", "data of a leaf where nobody is", SR_E_INPUT, "nobody is", scene_data,
	 FORGE_SENDER, leaf_blank, NULL, 0},
	{"6.3.2-4", "... of one beyond the tree", SR_E_INPUT, "nobody is", scene_data, FORGE_SENDER,
	 leaf_beyond, NULL, 0},
	{"6.3.2-5", "data that say to be ours", SR_OK, NULL, scene_ours, FORGE_SENDER,
	 leaf_of_victim, NULL, 0},

	{"9.1-1", "a message again", SR_E_STATE, "used already", scene_again, FORGE_NOWHERE, NULL,
	 NULL, 0},
	{"9.1-2", "a message too far ahead", SR_E_LIMIT, "too far ahead", scene_ahead,
	 FORGE_NOWHERE, NULL, NULL, 0},
	{"9.1-2", "... the last one of all", SR_E_LIMIT, "without keys left", scene_ahead,
	 FORGE_NOWHERE, NULL, NULL, 1},
	{"9.1-3", "a message that is too old", SR_E_STATE, "too old", scene_old, FORGE_NOWHERE,
	 NULL, NULL, 0},
	{"9.1-4", "a message that comes damaged first", SR_OK, NULL, scene_damaged, FORGE_NOWHERE,
	 NULL, NULL, 0},
};

int main(void)
{
	return forge_main(rows, sizeof rows / sizeof *rows,
			  "2.1 2.1.1 2.1.2 6 6.1 6.2 6.3.1 6.3.2 9.1");
}
