/* SPDX-License-Identifier: Apache-2.0 */
#include "api.h"

#include "api_commit.h"
#include "api_design.h"
#include "hex.h"
#include "ledger.h"
#include "text_lattice.h"
#include "text_print.h"
#include "trace_out.h"

#include <assert.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

/* All that a ledger holds, read and checked. */
struct content {
	struct ledger *ledger;
	const struct ledger_paper *paper;
	struct text_lattice lattice;
	struct ledger_readers readers;
	struct ledger_commitments commitments;
	size_t issued_n;
	int version;
};

struct keeper {
	const struct sr_ledger_options *o;
	struct arena *a;
	struct ledger_keys *keys;
};

static struct sr_err read_content(struct keeper *k, const char *path, struct content *c)
{
	struct sr_sink at = api_sink(&k->o->sink, path);
	SR_TRY(ledger_readers_load(c->ledger, k->a, &c->readers));
	SR_TRY(ledger_commitments_load(c->ledger, k->a, &c->commitments));
	SR_TRY(ledger_version(c->ledger, &c->version));
	c->paper = ledger_paper(c->ledger);
	for (size_t i = 0; i < c->readers.n; i++)
		c->issued_n += c->readers.at[i].state == LEDGER_ISSUED;
	struct sr_err e = text_lattice_read(k->a, c->paper->lattice, &c->lattice);
	return e.code == SR_E_INPUT ? api_explain(&at, e) : e;
}

/* open_content opens path for reading; what it gives is valid until ledger_close. */
static struct sr_err open_content(struct keeper *k, const char *path, struct content *out)
{
	struct content c = {0};
	SR_TRY(ledger_open(path, true, k->keys, &k->o->sink, &c.ledger));
	struct sr_err e = read_content(k, path, &c);
	if (sr_bad(e))
		ledger_close(c.ledger);
	else
		*out = c;
	return e;
}

/* run_keeper runs fn with keys and an arena for scratch; the report, if any, is handed out. */
static struct sr_err run_keeper(const struct sr_ledger_options *o,
				struct sr_err (*fn)(struct keeper *k, struct build *out),
				struct sr_bytes *report)
{
	struct arena a = {0};
	struct build out = {0};
	struct keeper k = {.o = o, .a = &a};
	struct sr_err e =
		o->ledgers_n ? api_keys_new(&o->passphrase, &k.keys)
			     : api_explain(&o->sink, sr_fail(SR_E_INPUT, "a ledger is needed"));
	if (!sr_bad(e))
		e = fn(&k, &out);
	if (!sr_bad(e) && report)
		e = api_bytes(&out, report);
	build_release(&out);
	ledger_keys_free(k.keys);
	arena_release(&a);
	return e.code == SR_E_NOMEM ? api_explain(&o->sink, e) : e;
}

/* ---- Info. ---- */

enum { TIME_BYTES = 32 };

/* Writes a time as 2026-11-25T12:00:00Z; as a number if it is outside of the calendar. */
static const char *time_text(int64_t t, char buf[TIME_BYTES])
{
	time_t seconds = (time_t)t;
	struct tm tm;
	if (!gmtime_r(&seconds, &tm) || !strftime(buf, TIME_BYTES, "%Y-%m-%dT%H:%M:%SZ", &tm))
		(void)snprintf(buf, TIME_BYTES, "%lld", (long long)t);
	return buf;
}

/* A commitment is known by its digest, which a verdict names. */
static void commitment_words(const struct ledger_commitment *c, struct build *out)
{
	struct commit_entry entry;
	struct commit_hash digest;
	char made[TIME_BYTES];
	commit_entry_digest(c->entry, &digest);
	build_fmt(out, "    %u: %u readers", c->number, c->readers);
	if (!sr_bad(commit_entry_read(c->entry, &entry)))
		build_fmt(out, ", %s", time_text(entry.time, made));
	build_str(out, ", ");
	hex_write(out, slice_make(digest.at, CRYPTO_HASH_LEN));
	build_str(out, "\n");
}

/* slots_of gives how many slots the last commitment says that a layout layer has; false if there is
 * none yet. */
static bool slots_of(const struct content *c, uint32_t *slots_n)
{
	struct commit_entry entry;
	if (!c->commitments.n ||
	    sr_bad(commit_entry_read(c->commitments.at[c->commitments.n - 1].entry, &entry)))
		return false;
	*slots_n = entry.layout.slots_n;
	return true;
}

static void layers_words(const struct content *c, struct build *out)
{
	uint32_t slots_n;
	build_fmt(out, "  layers       words%s\n", c->paper->has_sheet ? ", layout" : "");
	if (c->paper->has_sheet && slots_of(c, &slots_n))
		build_fmt(out, "  slots        %u\n", slots_n);
}

static void info_words(const char *path, const struct content *c, struct build *out)
{
	char created[TIME_BYTES];
	text_print(out, slice_str(path));
	build_str(out, "\n  title        ");
	text_print(out, c->paper->title);
	build_fmt(out, "\n  created      %s\n", time_text(c->paper->created, created));
	build_fmt(out, "  places       %zu, %.1f bits\n", text_lattice_symbols(&c->lattice),
		  api_design_bits(&c->lattice, c->paper->collusion));
	layers_words(c, out);
	build_fmt(out, "  design size  %u\n", c->paper->collusion);
	build_fmt(out, "  readers      %zu committed, %zu of them issued\n", c->readers.n,
		  c->issued_n);
	build_fmt(out, "  commitments  %zu\n", c->commitments.n);
	for (size_t i = 0; i < c->commitments.n; i++)
		commitment_words(&c->commitments.at[i], out);
	build_fmt(out, "  sealed       %s\n  version      %d\n",
		  ledger_sealed(c->ledger) ? "yes" : "no", c->version);
}

static json_t *commitments_json(const struct content *c)
{
	json_t *list = json_array();
	for (size_t i = 0; i < c->commitments.n; i++) {
		const struct ledger_commitment *m = &c->commitments.at[i];
		struct commit_hash digest;
		commit_entry_digest(m->entry, &digest);
		if (!json_put(&list, json_pack("{s:I, s:I, s:o}", "number", (json_int_t)m->number,
					       "readers", (json_int_t)m->readers, "digest",
					       json_hex(digest.at, CRYPTO_HASH_LEN))))
			break;
	}
	return list;
}

static json_t *layers_json(const struct content *c)
{
	return c->paper->has_sheet ? json_pack("[s, s]", "words", "layout")
				   : json_pack("[s]", "words");
}

static json_t *slots_json(const struct content *c)
{
	uint32_t slots_n = 0;
	bool known = !c->paper->has_sheet || slots_of(c, &slots_n);
	return known ? json_integer(slots_n) : json_null();
}

static json_t *info_json(const char *path, const struct content *c)
{
	char created[TIME_BYTES];
	return json_pack("{s:o, s:o, s:s, s:I, s:f, s:o, s:o, s:I, s:I, s:I, s:o, s:b, s:i}",
			 "ledger", json_text(slice_str(path)), "title", json_text(c->paper->title),
			 "created", time_text(c->paper->created, created), "places",
			 (json_int_t)text_lattice_symbols(&c->lattice), "bits",
			 api_design_bits(&c->lattice, c->paper->collusion), "layers",
			 layers_json(c), "slots", slots_json(c), "design_size",
			 (json_int_t)c->paper->collusion, "committed", (json_int_t)c->readers.n,
			 "issued", (json_int_t)c->issued_n, "commitments", commitments_json(c),
			 "sealed", ledger_sealed(c->ledger), "version", c->version);
}

static struct sr_err info(struct keeper *k, struct build *out)
{
	json_t *list = json_array();
	struct sr_err e = sr_ok();
	for (size_t i = 0; i < k->o->ledgers_n && !sr_bad(e); i++) {
		struct content c;
		e = open_content(k, k->o->ledgers[i], &c);
		if (sr_bad(e))
			break;
		if (!k->o->json)
			info_words(k->o->ledgers[i], &c, out);
		else if (!json_put(&list, info_json(k->o->ledgers[i], &c)))
			e = sr_nomem();
		ledger_close(c.ledger);
	}
	if (!sr_bad(e) && k->o->json)
		return json_write(
			json_pack("{s:s, s:o}", "format", "subrosa-ledgers/1", "ledgers", list),
			out);
	json_decref(list);
	return e;
}

struct sr_err sr_ledger_info(const struct sr_ledger_options *o, struct sr_bytes *report)
{
	return run_keeper(o, info, report);
}

/* ---- Check. ---- */

/* check_commitments computes the commitments again: what was changed since shows. */
static struct sr_err check_commitments(struct keeper *k, const char *path, const struct content *c)
{
	struct api_committed found;
	struct sr_sink at = api_sink(&k->o->sink, path);
	SR_TRY(api_committed_load(k->a, c->ledger, path, k->o->commitment, &k->o->sink,
				  &k->o->progress, &found));
	api_roll_release(&found.roll);
	if (!found.chain.n)
		note(&at, SR_WARNING, 0, 0, "%s", api_uncommitted(c->version));
	return sr_ok();
}

static struct sr_err check_one(struct keeper *k, const char *path, struct build *out)
{
	struct content c;
	SR_TRY(open_content(k, path, &c));
	struct sr_err e = ledger_check(c.ledger);
	if (!sr_bad(e))
		e = check_commitments(k, path, &c);
	if (!sr_bad(e)) {
		text_print(out, slice_str(path));
		build_fmt(out, ": in order; %zu reader%s, %zu commitment%s\n", c.readers.n,
			  c.readers.n == 1 ? "" : "s", c.commitments.n,
			  c.commitments.n == 1 ? "" : "s");
	}
	ledger_close(c.ledger);
	return e;
}

static struct sr_err check(struct keeper *k, struct build *out)
{
	if (k->o->commitment && k->o->ledgers_n > 1)
		return api_explain(&k->o->sink, sr_fail(SR_E_INPUT, "a file of commitments belongs "
								    "to one ledger"));
	struct sr_err first = sr_ok();
	for (size_t i = 0; i < k->o->ledgers_n; i++) {
		struct sr_err e = check_one(k, k->o->ledgers[i], out);
		if (sr_bad(e) && !sr_bad(first))
			first = e;
	}
	return first;
}

struct sr_err sr_ledger_check(const struct sr_ledger_options *o, struct sr_bytes *report)
{
	return run_keeper(o, check, report);
}

/* ---- Readers. ---- */

static const char *state_text(enum ledger_state s)
{
	return s == LEDGER_ISSUED ? "issued" : "committed";
}

/* RFC 4180: a field with a separator, a quote or a line end is quoted, its quotes doubled. */
static void csv_field(struct build *out, struct slice s, const char *end)
{
	bool quoted = false;
	for (size_t i = 0; i < s.len; i++)
		quoted |=
			s.ptr[i] == ',' || s.ptr[i] == '"' || s.ptr[i] == '\n' || s.ptr[i] == '\r';
	if (quoted)
		build_u8(out, '"');
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '"')
			build_u8(out, '"');
		build_u8(out, s.ptr[i]);
	}
	if (quoted)
		build_u8(out, '"');
	build_str(out, end);
}

static void readers_csv(const struct content *c, struct build *out)
{
	char committed[TIME_BYTES];
	build_str(out, "id,name,house,side,state,committed\r\n");
	for (size_t i = 0; i < c->readers.n; i++) {
		const struct ledger_reader *r = &c->readers.at[i];
		csv_field(out, r->id, ",");
		csv_field(out, r->name, ",");
		csv_field(out, r->house, ",");
		csv_field(out, r->side, ",");
		build_fmt(out, "%s,%s\r\n", state_text(r->state),
			  time_text(r->committed_at, committed));
	}
}

static json_t *readers_json(const struct content *c)
{
	char committed[TIME_BYTES];
	json_t *list = json_array();
	for (size_t i = 0; i < c->readers.n; i++) {
		const struct ledger_reader *r = &c->readers.at[i];
		json_t *o = json_pack("{s:o, s:o, s:o, s:o, s:s, s:s}", "id", json_text(r->id),
				      "name", json_text(r->name), "house", json_text(r->house),
				      "side", json_text(r->side), "state", state_text(r->state),
				      "committed", time_text(r->committed_at, committed));
		if (!json_put(&list, o))
			break;
	}
	return json_pack("{s:s, s:o}", "format", "subrosa-readers/1", "readers", list);
}

static struct sr_err readers(struct keeper *k, struct build *out)
{
	struct content c;
	SR_TRY(open_content(k, k->o->ledgers[0], &c));
	struct sr_err e = sr_ok();
	if (k->o->json)
		e = json_write(readers_json(&c), out);
	else
		readers_csv(&c, out);
	ledger_close(c.ledger);
	return e;
}

struct sr_err sr_ledger_readers(const struct sr_ledger_options *o, struct sr_bytes *report)
{
	return run_keeper(o, readers, report);
}

/* ---- Backup, seal, unseal. ---- */

struct sr_err sr_ledger_backup(const struct sr_ledger_options *o, const char *to)
{
	assert(o->ledgers_n == 1);
	struct sr_err e = ledger_backup(o->ledgers[0], to, &o->sink);
	return e.code == SR_E_NOMEM ? api_explain(&o->sink, e) : e;
}

/* Sealing replaces one name of the file; under another it would stay in the clear. */
static struct sr_err check_one_name(const struct sr_sink *at, const char *path)
{
	struct stat st;
	if (stat(path, &st) == 0 && st.st_nlink > 1)
		return api_explain(at, sr_fail(SR_E_STATE,
					       "the ledger has another name (a hard link), under "
					       "which it would stay in the clear; remove that name "
					       "first"));
	return sr_ok();
}

/* Nothing is sealed, and no passphrase asked for, unless all can be. */
static struct sr_err check_open(const struct keeper *k)
{
	SR_TRY(api_ledgers_once(k->a, k->o->ledgers, k->o->ledgers_n, &k->o->sink));
	for (size_t i = 0; i < k->o->ledgers_n; i++) {
		const char *path = k->o->ledgers[i];
		struct sr_sink at = api_sink(&k->o->sink, path);
		struct ledger *l;
		bool sealed;
		SR_TRY(ledger_is_sealed(path, &k->o->sink, &sealed));
		if (sealed)
			return api_explain(&at,
					   sr_fail(SR_E_STATE, "the ledger is sealed already"));
		SR_TRY(check_one_name(&at, path));
		SR_TRY(ledger_open(path, false, NULL, &k->o->sink, &l));
		ledger_close(l);
	}
	return sr_ok();
}

static struct sr_err seal_all(struct keeper *k, size_t *done)
{
	SR_TRY(check_open(k));
	SR_TRY(api_keys_fresh(k->keys, k->o->ledgers[0], k->o->same_key_as, &k->o->sink));
	for (size_t i = 0; i < k->o->ledgers_n; i++) {
		SR_TRY(ledger_seal(k->o->ledgers[i], k->keys, &k->o->sink));
		*done = i + 1;
	}
	return sr_ok();
}

struct sr_err sr_ledger_seal(const struct sr_ledger_options *o, size_t *sealed)
{
	struct arena a = {0};
	struct keeper k = {.o = o, .a = &a};
	*sealed = 0;
	struct sr_err e = api_keys_new(&o->passphrase, &k.keys);
	if (!sr_bad(e))
		e = seal_all(&k, sealed);
	ledger_keys_free(k.keys);
	arena_release(&a);
	return e.code == SR_E_NOMEM ? api_explain(&o->sink, e) : e;
}

static struct sr_err unseal(struct keeper *k, struct build *out)
{
	(void)out;
	return ledger_unseal(k->o->ledgers[0], k->keys, &k->o->sink);
}

struct sr_err sr_ledger_unseal(const struct sr_ledger_options *o)
{
	return run_keeper(o, unseal, NULL);
}
