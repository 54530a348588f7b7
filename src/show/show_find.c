/* SPDX-License-Identifier: Apache-2.0 */
#include "show_find.h"

#include "mls_state.h"

#include <sodium.h>

/* The beginning of a message can by chance be the whole of something else, but not with keys and
 * hashes as long as any suite's. */
enum { KEY_LEN_MIN = 32 };

static bool message_likely(const void *object)
{
	const struct mls_message *m = object;
	return m->version == MLS_VERSION_10;
}

static bool key_package_likely(const void *object)
{
	const struct mls_key_package *k = object;
	return k->version == MLS_VERSION_10 && k->init_key.len >= KEY_LEN_MIN;
}

static bool context_likely(const void *object)
{
	const struct mls_context *c = object;
	return c->version == MLS_VERSION_10 && c->tree_hash.len >= KEY_LEN_MIN;
}

static bool group_info_likely(const void *object)
{
	const struct mls_group_info *g = object;
	return context_likely(&g->context);
}

static bool welcome_likely(const void *object)
{
	const struct mls_welcome *w = object;
	return w->secrets.n > 0;
}

static bool tree_likely(const void *object)
{
	const struct mls_nodes *t = object;
	return t->n > 0;
}

static bool leaf_likely(const void *object)
{
	const struct mls_leaf *l = object;
	return l->encryption_key.len >= KEY_LEN_MIN;
}

static bool private_likely(const void *object)
{
	const struct mls_private *p = object;
	return p->type >= MLS_CONTENT_APPLICATION && p->type <= MLS_CONTENT_COMMIT;
}

static bool commit_likely(const void *object)
{
	const struct mls_commit *c = object;
	return c->proposals.n || c->path;
}

static bool saved_likely(const void *object)
{
	const struct mls_saved *s = object;
	return s->version == MLS_SAVED_VERSION;
}

static bool saved_key_likely(const void *object)
{
	const struct mls_key_secrets *k = object;
	return k->version == MLS_SAVED_VERSION;
}

/* A kind of object, the strictest first; with a magic number it is looked at only behind that. */
static const struct kind {
	const struct mls_type *type;
	bool (*likely)(const void *object); /* NULL: yes */
	uint64_t magic;
} kinds[] = {
	{&mls_type_message, message_likely, 0},
	{&mls_type_saved, saved_likely, MLS_STATE_MAGIC},
	{&mls_type_saved_key, saved_key_likely, MLS_KEY_MAGIC},
	{&mls_type_key_package, key_package_likely, 0},
	{&mls_type_group_info, group_info_likely, 0},
	{&mls_type_context, context_likely, 0},
	{&mls_type_welcome, welcome_likely, 0},
	{&mls_type_tree, tree_likely, 0},
	{&mls_type_leaf, leaf_likely, 0},
	{&mls_type_public, NULL, 0},
	{&mls_type_private, private_likely, 0},
	{&mls_type_commit, commit_likely, 0},
	{&mls_type_proposal, NULL, 0},
};

enum { KINDS_N = sizeof kinds / sizeof *kinds };

/* On failure *at is how far it went. */
static struct sr_err decode(const struct kind *k, struct slice in, struct arena *a,
			    const void **object, size_t *at)
{
	struct slice rest = in;
	void *o = arena_alloc(a, 1, k->type->size);
	if (!o)
		return sr_nomem();
	struct sr_err e = mls_decode_front(k->type, &rest, a, o);
	*at = (size_t)(rest.ptr - in.ptr);
	SR_TRY(e);
	if (rest.len)
		return sr_fail(SR_E_INPUT, "bytes behind the end of an MLS object");
	if (k->likely && !k->likely(o)) {
		*at = 0;
		return sr_fail(SR_E_INPUT, "an MLS object of an unknown kind");
	}
	*object = o;
	return sr_ok();
}

/* Version, wire format, and behind that of a Welcome, GroupInfo or KeyPackage a small number again:
 * what begins so is told about as an MLSMessage, however far it can be read as something else. */
static bool says_message(struct slice in)
{
	uint64_t version, wire, next;
	if (!mls_next_int(&in, MLS_U16, &version) || version != MLS_VERSION_10 ||
	    !mls_next_int(&in, MLS_U16, &wire) || !mls_next_int(&in, MLS_U8, &next))
		return false;
	bool numbered = wire >= MLS_WIRE_WELCOME && wire <= MLS_WIRE_KEY_PACKAGE;
	return wire && wire <= MLS_WIRE_TARGETED && (!numbered || !next);
}

static bool has_magic(struct slice in, uint64_t magic)
{
	uint64_t v;
	return !magic || (mls_next_int(&in, MLS_U64, &v) && v == magic);
}

static struct sr_err find(struct slice in, struct arena *a, const struct mls_type **type,
			  const void **object, struct show_fault *fault)
{
	struct sr_err best = sr_fail(SR_E_INPUT, "there is nothing in it");
	if (in.len > MLS_MESSAGE_MAX)
		return sr_fail(SR_E_LIMIT, "an MLS object that is too long");
	for (size_t i = 0; i < KINDS_N && in.len; i++) {
		if (!has_magic(in, kinds[i].magic))
			continue;
		struct arena trial = {0};
		const void *ignored;
		size_t at;
		struct sr_err e = decode(&kinds[i], in, &trial, &ignored, &at);
		arena_release(&trial);
		if (!sr_bad(e)) {
			*type = kinds[i].type;
			return decode(&kinds[i], in, a, object, &at);
		}
		if (e.code == SR_E_NOMEM)
			return e;
		if (i > 0 && (at <= fault->at || says_message(in)))
			continue;
		*fault = (struct show_fault){kinds[i].type->name, at, false};
		best = e;
	}
	return best;
}

/* No object is without a byte below 9: one of its numbers, or that something optional is absent. */
static bool is_text(struct slice in)
{
	for (size_t i = 0; i < in.len; i++)
		if (in.ptr[i] != '\n' && in.ptr[i] != '\r' && in.ptr[i] != '\t' &&
		    (in.ptr[i] < 0x20 || in.ptr[i] > 0x7e))
			return false;
	return in.len > 0;
}

/* The ways to write bytes as digits; base64 has several. */
enum { WAY_HEX, WAYS_N = 5 };

/* undigit writes at most digits.len bytes; false: they are not written that way. */
static bool undigit(struct slice digits, size_t way, uint8_t *out, size_t *len)
{
	static const int variant[WAYS_N] = {
		0, sodium_base64_VARIANT_ORIGINAL, sodium_base64_VARIANT_ORIGINAL_NO_PADDING,
		sodium_base64_VARIANT_URLSAFE, sodium_base64_VARIANT_URLSAFE_NO_PADDING};
	static const char blanks[] = " \t\r\n";
	const char *text = (const char *)digits.ptr;
	if (way == WAY_HEX)
		return sodium_hex2bin(out, digits.len, text, digits.len, blanks, len, NULL) == 0;
	return sodium_base642bin(out, digits.len, text, digits.len, blanks, len, NULL,
				 variant[way]) == 0;
}

struct sr_err show_find(struct slice in, struct arena *a, const struct mls_type **type,
			const void **object, struct show_fault *fault)
{
	struct sr_err e =
		sr_fail(SR_E_INPUT, "neither MLS bytes nor hexadecimal or base64 digits of them");
	*fault = (struct show_fault){0};
	if (!is_text(in))
		return find(in, a, type, object, fault);
	uint8_t *bytes = arena_alloc(a, in.len, 1);
	if (!bytes)
		return sr_nomem();
	for (size_t way = 0; way < WAYS_N; way++) {
		struct show_fault why = {0};
		size_t len;
		if (!undigit(in, way, bytes, &len))
			continue;
		struct sr_err now = find(slice_make(bytes, len), a, type, object, &why);
		if (!sr_bad(now) || now.code == SR_E_NOMEM)
			return now;
		if (fault->digits)
			continue; /* hexadecimal digits are base64 as well, but hardly meant so */
		why.digits = true;
		*fault = why;
		e = now;
	}
	return e;
}
