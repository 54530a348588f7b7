/* SPDX-License-Identifier: Apache-2.0 */
#include "api.h"

#include "api_texts.h"
#include "base_limits.h"
#include "platform.h"
#include "trace_verify.h"

/* What an external verdict is held against, read from files. */
struct verifier {
	const struct sr_verify_options *o;
	struct arena *a;
	struct trace_external verdict;
	struct api_texts leaks, publics, copies;
	struct commit_chain chain;
};

/* read_chain makes a finding of commitments that are no chain, or signed wrongly. */
static struct sr_err read_chain(struct verifier *v, const char **why)
{
	struct sr_sink at = api_sink(&v->o->sink, v->o->commitment);
	struct slice bytes;
	struct sr_err e = platform_read_file(v->a, v->o->commitment, COMMIT_FILE_BYTES, &bytes);
	if (!sr_bad(e))
		e = commit_file_read(v->a, bytes, &v->chain);
	if (e.code == SR_E_AUTH) {
		*why = e.what;
		return sr_ok();
	}
	return api_blame(&at, e);
}

static struct sr_err read_verdict(struct verifier *v)
{
	struct sr_sink at = api_sink(&v->o->sink, v->o->verdict);
	struct slice bytes;
	struct sr_err e = platform_read_file(v->a, v->o->verdict, LIMIT_VERDICT_BYTES, &bytes);
	if (!sr_bad(e))
		e = trace_external_read(v->a, bytes, &v->verdict);
	return api_blame(&at, e);
}

static struct sr_err check_options(const struct sr_verify_options *o)
{
	bool taken = false;
	SR_TRY(api_stdin_once(&o->sink, o->verdict, &taken));
	SR_TRY(api_stdin_once(&o->sink, o->commitment, &taken));
	for (size_t i = 0; i < o->leaks_n; i++)
		SR_TRY(api_stdin_once(&o->sink, o->leaks[i], &taken));
	for (size_t i = 0; i < o->publics_n; i++)
		SR_TRY(api_stdin_once(&o->sink, o->publics[i], &taken));
	for (size_t i = 0; i < o->copies_n; i++)
		SR_TRY(api_stdin_once(&o->sink, o->copies[i], &taken));
	if (!o->leaks_n)
		return api_explain(&o->sink, sr_fail(SR_E_INPUT, "a leak is needed"));
	if (!(o->max_false > 0 && o->max_false < 1))
		return api_explain(&o->sink,
				   sr_fail(SR_E_INPUT, "--max-false must lie between 0 and 1"));
	return sr_ok();
}

static struct sr_err examine(struct verifier *v, struct build *out, bool *follows)
{
	const struct trace_exam exam = {
		.max_false = v->o->max_false,
		.leaked_by = v->o->leaked_by,
		.texts = {v->leaks.tokens, v->publics.tokens, v->leaks.n, v->publics.n},
		.files = {v->leaks.digest, v->publics.digest, v->leaks.n, v->publics.n},
		.copy = v->copies.text,
		.copies_n = v->copies.n,
		.chain = &v->chain};
	struct trace_finding f = {0};
	SR_TRY(read_chain(v, &f.why));
	if (!f.why)
		SR_TRY(trace_verify(&v->verdict, &exam, &f));
	*follows = !f.why;
	return v->o->json ? trace_finding_json(&v->verdict, &exam, &f, out)
			  : trace_finding_words(&v->verdict, &exam, &f, out);
}

static struct sr_err verify(struct verifier *v, struct sr_bytes *report, bool *follows)
{
	const struct sr_verify_options *o = v->o;
	const struct api_texts_how how = {o->ocr_language, &o->sink, &o->progress};
	SR_TRY(check_options(o));
	SR_TRY(read_verdict(v));
	SR_TRY(api_texts_read(v->a, o->leaks, o->leaks_n, &how, &v->leaks));
	SR_TRY(api_texts_read(v->a, o->publics, o->publics_n, &how, &v->publics));
	SR_TRY(api_texts_read(v->a, o->copies, o->copies_n, &how, &v->copies));
	struct build text = {0};
	bool yes = false;
	struct sr_err e = examine(v, &text, &yes);
	if (!sr_bad(e))
		e = api_bytes(&text, report);
	if (!sr_bad(e))
		*follows = yes;
	build_release(&text);
	return e;
}

struct sr_err sr_verify(const struct sr_verify_options *o, struct sr_bytes *report, bool *follows)
{
	struct arena a = {0};
	struct verifier v = {.o = o, .a = &a};
	struct sr_err e = verify(&v, report, follows);
	arena_release(&a);
	return e.code == SR_E_NOMEM ? api_explain(&o->sink, e) : e;
}
