/* SPDX-License-Identifier: Apache-2.0 */
#include "api.h"
#include "api_wire.h"
#include "hex.h"
#include "platform.h"
#include "wire_evidence.h"

/* What is found in a file of evidence. */
struct finding {
	struct wire_evidence e;
	bool earlier, later; /* signed with the relay's key */
	bool proved;
};

static struct finding judge(const struct wire_evidence *e)
{
	struct finding f = {
		.e = *e,
		.earlier = !sr_bad(wire_signed_check(&e->earlier, &e->log, e->relay)),
		.later = !sr_bad(wire_signed_check(&e->later, &e->log, e->relay)),
	};
	f.proved =
		e->alarm == WIRE_ALARM_FORK && wire_evidence_contradicts(e) && f.earlier && f.later;
	return f;
}

static void put_hex(struct build *out, const char *before, const uint8_t hash[CRYPTO_HASH_LEN],
		    const char *behind)
{
	build_str(out, before);
	hex_write(out, slice_make(hash, CRYPTO_HASH_LEN));
	build_str(out, behind);
}

static void tell_names(struct build *out, const struct finding *f, const char *relay,
		       const char *log, const char *behind)
{
	uint8_t address[CRYPTO_HASH_LEN];
	static_assert(CRYPTO_PUBLIC_LEN == CRYPTO_HASH_LEN, "printed by one function");
	wire_address(&f->e.log, address);
	put_hex(out, relay, f->e.relay, "");
	put_hex(out, log, address, behind);
}

static void position_json(struct build *out, const char *name, const struct wire_signed *s,
			  bool is_signed)
{
	build_fmt(out, ", \"%s\": {\"seq\": %llu, ", name, (unsigned long long)s->seq);
	put_hex(out, "\"chain\": \"", s->chain, "\", ");
	build_fmt(out, "\"signed\": %s}", is_signed ? "true" : "false");
}

static void tell_json(struct build *out, const struct finding *f)
{
	build_fmt(out, "{\"proved\": %s, \"alarm\": \"%s\", ", f->proved ? "true" : "false",
		  f->e.alarm == WIRE_ALARM_FORK ? "fork" : "shorter");
	tell_names(out, f, "\"relay\": \"", "\", \"log\": \"", "\"");
	position_json(out, "earlier", &f->e.earlier, f->earlier);
	position_json(out, "later", &f->e.later, f->later);
	build_str(out, "}\n");
}

static void position_text(struct build *out, const char *name, const struct wire_signed *s,
			  bool is_signed)
{
	build_fmt(out, "%scell %llu, ", name, (unsigned long long)s->seq);
	put_hex(out, "chain ", s->chain, is_signed ? ", signed\n" : ", NOT SIGNED with the key\n");
}

static void tell_text(struct build *out, const struct finding *f)
{
	tell_names(out, f, "relay's key: ", "\nlog:         ", "\n");
	position_text(out, "earlier:     ", &f->e.earlier, f->earlier);
	position_text(out, "later:       ", &f->e.later, f->later);
	if (f->proved)
		build_str(out, "PROVED: two chains for one cell of one log were signed with this "
			       "key. Compare it with\nthe KEY in the relay's address.\n");
	else if (!f->earlier || !f->later)
		build_str(out, "NOTHING IS PROVED: the key did not sign both.\n");
	else if (wire_evidence_contradicts(&f->e)) /* no fork, which would be proved */
		build_str(out,
			  "NOT PROVED: both are signed, as they are of every log that "
			  "grows. That the shorter one came\nlater is the word of whoever hands "
			  "this out. If the log goes on from there, read it\nonce more: it "
			  "becomes a fork, which is proof.\n");
	else
		build_str(out, "NOTHING IS PROVED: the two do not contradict each other.\n");
}

static struct sr_err examine(const struct sr_wire_options *o, struct build *out, bool *proved)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	struct slice bytes;
	struct wire_evidence e;
	SR_TRY(platform_read_file(&a, o->file, WIRE_EVIDENCE_LEN, &bytes));
	SR_TRY(wire_evidence_take(bytes, &e));
	struct finding f = judge(&e);
	(o->json ? tell_json : tell_text)(out, &f);
	*proved = f.proved;
	return sr_ok();
}

struct sr_err sr_wire_evidence(const struct sr_wire_options *o, struct sr_bytes *report,
			       bool *proved)
{
	SR_SCOPED(build_release) struct build out;
	struct sr_sink at = api_sink(&o->sink, o->file);
	bool yes = false;
	build_init(&out, API_WIRE_OUT_MAX);
	struct sr_err e = examine(o, &out, &yes);
	if (!sr_bad(e))
		e = api_bytes(&out, report);
	if (!sr_bad(e))
		*proved = yes;
	return api_blame(&at, e);
}
