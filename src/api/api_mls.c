/* SPDX-License-Identifier: Apache-2.0 */
#include "api.h"

#include "platform.h"
#include "show_mls.h"

static struct sr_err tell_fault(const struct sr_sink *at, struct sr_err e,
				const struct show_fault *fault)
{
	if (!fault->kind || e.code == SR_E_NOMEM)
		return api_blame(at, e);
	note(at, SR_ERROR, 0, 0, "is no MLS object; as %s it cannot be read from byte %zu%s on: %s",
	     fault->kind, fault->at, fault->digits ? " of what the digits stand for" : "", e.what);
	return e;
}

struct sr_err sr_mls_show(const struct sr_mls_options *o, struct sr_bytes *report)
{
	struct sr_sink at = api_sink(&o->sink, o->file);
	struct arena a = {0};
	struct build out;
	struct slice in;
	struct show_fault fault = {0};
	build_init(&out, SHOW_OUT_MAX);
	struct sr_err e = platform_read_file(&a, o->file, SHOW_IN_MAX, &in);
	if (!sr_bad(e))
		e = show_mls(in, &out, &fault);
	e = sr_bad(e) ? tell_fault(&at, e, &fault) : api_blame(&at, api_bytes(&out, report));
	build_release(&out);
	arena_release(&a);
	return e.code == SR_E_NOMEM ? api_explain(&o->sink, e) : e;
}
