/* SPDX-License-Identifier: Apache-2.0 */
/* Targeted messages (draft-ietf-mls-targeted-messages-02 and -01), made here from the text of the
 * drafts. */
#include "mls_forge.h"

#include "mls_hpke.h"
#include "mls_targeted.h"

#include <string.h>

/* ---- The forge ---- */

/* struct plan: a message of HOSTILE to VICTIM. Changes get it at FORGE_PLAN, at FORGE_CONTENT
 * before it is signed, and at FORGE_SIGNED after that. */
struct plan {
	struct mls_targeted m;
	uint8_t draft;
	uint32_t sender;
	enum forge_who signer;
	uint8_t psk[MLS_LEN], sender_secret[MLS_LEN];
	struct slice recipient_key, kem_output, signature;
};

static struct slice kept(struct forge *f, struct build *b)
{
	struct slice out = {0};
	FORGE_OK(build_keep(b, &f->a, &out));
	return out;
}

static void put_epoch(const struct mls_targeted *m, struct build *b)
{
	mls_put_opaque(b, m->group_id);
	mls_put_u64(b, m->epoch);
}

/* put_place: what is signed, and what a content of -01 is sealed with. */
static void put_place(const struct plan *p, struct build *b)
{
	put_epoch(&p->m, b);
	mls_put_u32(b, p->m.recipient);
	mls_put_opaque(b, p->m.authenticated_data);
	mls_put_u32(b, p->sender);
	mls_put_opaque(b, p->kem_output);
}

static struct slice info_of(struct forge *f, const struct plan *p)
{
	struct build b = {0};
	mls_put_label(&b, MLS_L("TargetedMessageData"));
	if (p->draft == 1) {
		mls_put_opaque(&b, (struct slice){0});
	} else {
		mls_put_u32(&b, p->m.recipient);
		mls_put_u32(&b, p->sender);
	}
	return kept(f, &b);
}

static void seal_content(struct forge *f, struct plan *p)
{
	struct build plain = {0}, id = {0}, aad = {0};
	struct mls_hpke h;
	uint8_t *enc = forge_bytes(f, MLS_LEN);
	mls_put_opaque(&plain, SLICE_LIT("for one alone"));
	for (int i = 0; i < 10; i++)
		build_u8(&plain, 0);
	forge_touch(f, FORGE_PLAIN, &plain);
	struct slice text = kept(f, &plain);
	put_epoch(&p->m, &id);
	mls_put_label(&id, MLS_L("targeted message psk"));
	struct mls_hpke_psk psk = {slice_make(p->psk, MLS_LEN), kept(f, &id)};
	uint8_t info[MLS_LEN];
	FORGE_OK(mls_hpke_info(f->s, info_of(f, p), info));
	FORGE_OK(mls_hpke_send(f->s, p->recipient_key.ptr, info, &psk, forge_draw(f, MLS_LEN).ptr,
			       enc, &h));
	p->kem_output = slice_make(enc, MLS_LEN);
	if (p->draft == 1)
		put_place(p, &aad);
	else
		build_slice(&aad, p->m.authenticated_data);
	uint8_t *sealed = forge_bytes(f, text.len + MLS_TAG_LEN);
	FORGE_OK(f->s->seal(h.first.key, h.first.nonce, kept(f, &aad), text, sealed));
	p->m.ciphertext = slice_make(sealed, text.len + MLS_TAG_LEN);
}

static struct slice sign(struct forge *f, const struct plan *p, struct slice label)
{
	struct build b = {0};
	uint8_t hash[MLS_LEN];
	FORGE_OK(mls_hash(f->s, p->m.ciphertext, hash));
	mls_put_u16(&b, MLS_VERSION_10);
	mls_put_u16(&b, MLS_WIRE_TARGETED);
	put_place(p, &b);
	mls_put_opaque(&b, slice_make(hash, MLS_LEN));
	return forge_sign(f, p->signer, label, kept(f, &b));
}

static void seal_sender(struct forge *f, struct plan *p)
{
	struct build b = {0}, aad = {0};
	uint8_t key[MLS_LEN], nonce[MLS_NONCE_LEN];
	struct mls_targeted with = p->m;
	size_t len = p->m.ciphertext.len;
	struct slice sample = slice_sub(p->m.ciphertext, 0, len < MLS_LEN ? len : MLS_LEN);
	mls_put_u32(&b, p->sender);
	mls_put_opaque(&b, p->signature);
	mls_put_opaque(&b, p->kem_output);
	forge_touch(f, FORGE_SENDER_PLAIN, &b);
	struct slice text = kept(f, &b);
	forge_touch(f, FORGE_SENDER_AAD, &with);
	put_epoch(&with, &aad);
	mls_put_u32(&aad, with.recipient);
	FORGE_OK(
		mls_expand_label(f->s, p->sender_secret, MLS_L("key"), sample, key, f->s->key_len));
	FORGE_OK(mls_expand_label(f->s, p->sender_secret, MLS_L("nonce"), sample, nonce,
				  MLS_NONCE_LEN));
	uint8_t *sealed = forge_bytes(f, text.len + MLS_TAG_LEN);
	FORGE_OK(f->s->seal(key, nonce, kept(f, &aad), text, sealed));
	p->m.encrypted_sender_auth_data = slice_make(sealed, text.len + MLS_TAG_LEN);
}

/* deliver makes the message and gives it to VICTIM. */
static struct sr_err deliver(struct forge *f)
{
	const struct mls_epoch *e = forge_now(f, HOSTILE);
	struct plan p = {.m = {.group_id = e->group_id,
			       .epoch = e->number,
			       .recipient = 1,
			       .authenticated_data = SLICE_LIT("for all to see")},
			 .draft = f->settings.targeted_draft,
			 .recipient_key = slice_make(mls_tree_key(&e->tree, 2), MLS_LEN)};
	struct mls_message m = {.version = MLS_VERSION_10, .wire_format = MLS_WIRE_TARGETED};
	FORGE_OK(mls_targeted_secrets(f->s, e->vault->secrets.exporter, p.psk, p.sender_secret));
	forge_touch(f, FORGE_PLAN, &p);
	seal_content(f, &p);
	forge_touch(f, FORGE_CONTENT, &p);
	p.signature = sign(f, &p, MLS_L("TargetedMessageTBS"));
	forge_touch(f, FORGE_SIGNED, &p);
	seal_sender(f, &p);
	forge_touch(f, FORGE_PRIVATE, &p.m);
	m.targeted = p.m;
	return forge_give(f, VICTIM, forge_encoded(f, &mls_type_message, &m));
}

static struct sr_err scene_targeted(struct forge *f)
{
	forge_group(f, 3);
	forge_arm(f);
	SR_TRY(deliver(f));
	CHECK(f->event.kind == SR_MLS_GOT_TARGETED && f->event.data.len == 13 &&
		      !memcmp(f->event.data.ptr, "for one alone", 13) && f->event.by_index == 0,
	      "something else was read");
	return sr_ok();
}

/* A message that says to be VICTIM's, if broken. */
static struct sr_err scene_ours(struct forge *f)
{
	forge_group(f, 3);
	forge_arm(f);
	SR_TRY(deliver(f));
	CHECK((f->event.kind == SR_MLS_GOT_ECHO && !f->event.data.len) == f->broken,
	      "it was opened");
	return sr_ok();
}

static void draft_1(struct forge *f)
{
	f->settings.targeted_draft = 1;
}

static void draft_2(struct forge *f)
{
	f->settings.targeted_draft = 2;
}

/* ---- Changes ---- */

/* CHANGE: of the plan. OVER: the signature is over something else than is sent. */
#define CHANGE(name, what)                                                                         \
	static void name(struct forge *f, void *object)                                            \
	{                                                                                          \
		struct plan *p = object;                                                           \
		(void)f;                                                                           \
		what;                                                                              \
	}
#define OVER(name, what)                                                                           \
	static void name(struct forge *f, void *object)                                            \
	{                                                                                          \
		struct plan *whole = object, other = *whole, *p = &other;                          \
		what;                                                                              \
		whole->signature = sign(f, p, MLS_L("TargetedMessageTBS"));                        \
	}
CHANGE(other_group, p->m.group_id = SLICE_LIT("another group"))
CHANGE(epoch_to_come, p->m.epoch++)
CHANGE(epoch_before, p->m.epoch--)
CHANGE(other_recipient, p->m.recipient = 2)
CHANGE(sender_blank, p->sender = 3)
CHANGE(sender_beyond, p->sender = UINT32_MAX)
CHANGE(other_sender, p->sender = 2)
CHANGE(sender_victim, p->sender = 1)
CHANGE(other_signer, p->signer = THIRD)
CHANGE(label_of_messages, p->signature = sign(f, p, MLS_L("FramedContentTBS")))
CHANGE(signature_short, p->signature = forge_shorter(f, p->signature))
CHANGE(data_after, p->m.authenticated_data = SLICE_LIT("for some to see"))
CHANGE(ciphertext_after, p->m.ciphertext = forge_flip(f, p->m.ciphertext, 0))
OVER(over_group, p->m.group_id = SLICE_LIT("another group"))
OVER(over_epoch, p->m.epoch++)
OVER(over_recipient, p->m.recipient = 2)
OVER(over_sender, p->sender = 2)
OVER(over_kem_output, p->kem_output = forge_flip(f, p->kem_output, 0))
CHANGE(kem_short, p->kem_output = forge_shorter(f, p->kem_output))
CHANGE(kem_small, p->kem_output = slice_make(forge_bytes(f, MLS_LEN), MLS_LEN))
CHANGE(other_psk, p->psk[0] ^= 1)
CHANGE(key_of_third, p->recipient_key = mls_slice(mls_tree_key(&forge_now(f, HOSTILE)->tree, 4)))
CHANGE(ciphertext_damaged, p->m.ciphertext = forge_flip(f, p->m.ciphertext, 8))
CHANGE(ciphertext_short, p->m.ciphertext = forge_shorter(f, p->m.ciphertext))
CHANGE(other_draft, p->draft ^= 3)

#define AAD(name, what)                                                                            \
	static void name(struct forge *f, void *object)                                            \
	{                                                                                          \
		struct mls_targeted *m = object;                                                   \
		(void)f;                                                                           \
		what;                                                                              \
	}
AAD(aad_group, m->group_id = SLICE_LIT("another group"))
AAD(aad_epoch, m->epoch++)
AAD(aad_recipient, m->recipient = 2)
AAD(sender_damaged, m->encrypted_sender_auth_data = forge_flip(f, m->encrypted_sender_auth_data, 9))
AAD(no_sender, m->encrypted_sender_auth_data.len = MLS_TAG_LEN - 1)
AAD(no_content, m->ciphertext.len = 0)

#define PLAIN(name, what)                                                                          \
	static void name(struct forge *f, void *object)                                            \
	{                                                                                          \
		struct build *b = object;                                                          \
		(void)f;                                                                           \
		what;                                                                              \
	}
PLAIN(one_more, build_u8(b, 0))
PLAIN(one_less, b->len--)
PLAIN(nothing, b->len = 0)
PLAIN(too_long_within, b->ptr[0] = 0x3f)
PLAIN(other_form, b->ptr[0] = 0xff)
PLAIN(padding_end, b->ptr[b->len - 1] = 1)
PLAIN(padding_begin, b->ptr[14] = 0x80)

#define TARGETED(at) scene_targeted, at
static const struct rule rows[] = {
	{"TM-1", "for another group", SR_E_STATE, "another group", TARGETED(FORGE_PLAN),
	 other_group, draft_2, 0},
	{"TM-2", "of an epoch to come", SR_E_STATE, "epoch to come", TARGETED(FORGE_PLAN),
	 epoch_to_come, draft_2, 0},
	{"TM-2", "of an epoch before we came", SR_E_STATE, "not remembered", TARGETED(FORGE_PLAN),
	 epoch_before, draft_2, 0},
	{"TM-3", "for another member", SR_E_STATE, "another member", TARGETED(FORGE_PLAN),
	 other_recipient, draft_2, 0},
	{"TM-4", "sender data sealed for another group", SR_E_AUTH, "encrypted",
	 TARGETED(FORGE_SENDER_AAD), aad_group, draft_2, 0},
	{"TM-4", "... another epoch", SR_E_AUTH, "encrypted", TARGETED(FORGE_SENDER_AAD), aad_epoch,
	 draft_2, 0},
	{"TM-4", "... another recipient", SR_E_AUTH, "encrypted", TARGETED(FORGE_SENDER_AAD),
	 aad_recipient, draft_2, 0},
	{"TM-4", "sender data with a bit changed", SR_E_AUTH, "encrypted", TARGETED(FORGE_PRIVATE),
	 sender_damaged, draft_2, 0},
	{"TM-4", "... shorter than a tag", SR_E_AUTH, "encrypted", TARGETED(FORGE_PRIVATE),
	 no_sender, draft_2, 0},
	{"TM-4", "... of another content", SR_E_AUTH, "encrypted", TARGETED(FORGE_PRIVATE),
	 no_content, draft_2, 0},
	{"TM-5", "sender data with a byte behind", SR_E_INPUT, "malformed sender data",
	 TARGETED(FORGE_SENDER_PLAIN), one_more, draft_2, 0},
	{"TM-5", "... that end too early", SR_E_INPUT, "malformed sender data",
	 TARGETED(FORGE_SENDER_PLAIN), one_less, draft_2, 0},
	{"TM-5", "... that are empty", SR_E_INPUT, "malformed sender data",
	 TARGETED(FORGE_SENDER_PLAIN), nothing, draft_2, 0},
	{"TM-6", "a sender where nobody is", SR_E_INPUT, "nobody is", TARGETED(FORGE_PLAN),
	 sender_blank, draft_2, 0},
	{"TM-6", "... beyond the tree", SR_E_INPUT, "nobody is", TARGETED(FORGE_PLAN),
	 sender_beyond, draft_2, 0},
	{"TM-7", "signed by another member", SR_E_AUTH, "signature", TARGETED(FORGE_PLAN),
	 other_signer, draft_2, 0},
	{"TM-7", "... in draft 1", SR_E_AUTH, "signature", TARGETED(FORGE_PLAN), other_signer,
	 draft_1, 0},
	{"TM-7", "in the name of another member", SR_E_AUTH, "signature", TARGETED(FORGE_PLAN),
	 other_sender, draft_2, 0},
	{"TM-7", "signed under another label", SR_E_AUTH, "signature", TARGETED(FORGE_SIGNED),
	 label_of_messages, draft_2, 0},
	{"TM-7", "a signature too short", SR_E_AUTH, "signature", TARGETED(FORGE_SIGNED),
	 signature_short, draft_2, 0},
	{"TM-7", "other authenticated data after it was signed", SR_E_AUTH, "signature",
	 TARGETED(FORGE_SIGNED), data_after, draft_2, 0},
	{"TM-7", "another ciphertext after that", SR_E_AUTH, "signature", TARGETED(FORGE_SIGNED),
	 ciphertext_after, draft_2, 0},
	{"TM-7", "a signature over another group", SR_E_AUTH, "signature", TARGETED(FORGE_SIGNED),
	 over_group, draft_2, 0},
	{"TM-7", "... another epoch", SR_E_AUTH, "signature", TARGETED(FORGE_SIGNED), over_epoch,
	 draft_2, 0},
	{"TM-7", "... another recipient", SR_E_AUTH, "signature", TARGETED(FORGE_SIGNED),
	 over_recipient, draft_2, 0},
	{"TM-7", "... another sender", SR_E_AUTH, "signature", TARGETED(FORGE_SIGNED), over_sender,
	 draft_2, 0},
	{"TM-7", "... another KEM output", SR_E_AUTH, "signature", TARGETED(FORGE_SIGNED),
	 over_kem_output, draft_2, 0},
	{"TM-8", "a KEM output too short", SR_E_INPUT, "length", TARGETED(FORGE_CONTENT), kem_short,
	 draft_2, 0},
	{"TM-8", "... of small order", SR_E_INPUT, "small order", TARGETED(FORGE_CONTENT),
	 kem_small, draft_2, 0},
	{"TM-9", "sealed under another PSK", SR_E_AUTH, "encrypted", TARGETED(FORGE_PLAN),
	 other_psk, draft_2, 0},
	{"TM-9", "sealed for another leaf", SR_E_AUTH, "encrypted", TARGETED(FORGE_PLAN),
	 key_of_third, draft_2, 0},
	{"TM-9", "a ciphertext with a bit changed", SR_E_AUTH, "encrypted", TARGETED(FORGE_CONTENT),
	 ciphertext_damaged, draft_2, 0},
	{"TM-9", "... too short", SR_E_AUTH, "encrypted", TARGETED(FORGE_CONTENT), ciphertext_short,
	 draft_2, 0},
	{"TM-9", "other authenticated data than it was sealed with", SR_E_AUTH, "encrypted",
	 TARGETED(FORGE_CONTENT), data_after, draft_2, 0},
	{"TM-9", "... in draft 1", SR_E_AUTH, "encrypted", TARGETED(FORGE_CONTENT), data_after,
	 draft_1, 0},
	{"TM-10", "a content longer than what is there", SR_E_INPUT, "malformed content",
	 TARGETED(FORGE_PLAIN), too_long_within, draft_2, 0},
	{"TM-10", "... with a length in a wrong form", SR_E_INPUT, "malformed content",
	 TARGETED(FORGE_PLAIN), other_form, draft_2, 0},
	{"TM-10", "... that is empty", SR_E_INPUT, "malformed content", TARGETED(FORGE_PLAIN),
	 nothing, draft_2, 0},
	{"TM-11", "padding that ends with a 1", SR_E_INPUT, "padding that is not zero",
	 TARGETED(FORGE_PLAIN), padding_end, draft_2, 0},
	{"TM-11", "padding that begins with another byte", SR_E_INPUT, "padding that is not zero",
	 TARGETED(FORGE_PLAIN), padding_begin, draft_1, 0},
	{"TM-12", "draft 1 where draft 2 is spoken", SR_E_AUTH, "encrypted", TARGETED(FORGE_PLAN),
	 other_draft, draft_2, 0},
	{"TM-12", "draft 2 where draft 1 is spoken", SR_E_AUTH, "encrypted", TARGETED(FORGE_PLAN),
	 other_draft, draft_1, 0},
	{"TM-14", "a message that says to be ours", SR_OK, NULL, scene_ours, FORGE_PLAN,
	 sender_victim, draft_2, 0},
};

int main(void)
{
	return forge_main(rows, sizeof rows / sizeof *rows, "TM");
}
