/* SPDX-License-Identifier: Apache-2.0 */
#include "api_texts.h"

#include "api.h"
#include "base_limits.h"
#include "extract.h"
#include "platform.h"

static struct sr_err read_one(struct arena *a, const char *path, const struct sr_sink *at,
			      struct api_texts *out, size_t i)
{
	struct arena raw = {0};
	struct slice bytes;
	struct sr_err e = platform_read_file(&raw, path, LIMIT_LEAK_BYTES, &bytes);
	if (!sr_bad(e)) {
		crypto_digest(&bytes, 1, out->digest[i].at);
		e = extract_text(a, bytes, path, at, &out->text[i]);
	}
	arena_release(&raw);
	return sr_bad(e) ? e : text_tokens_make(a, out->text[i], &out->tokens[i]);
}

struct sr_err api_texts_read(struct arena *a, const char *const *paths, size_t n,
			     const struct sr_sink *sink, struct api_texts *out)
{
	struct api_texts t = {ARENA_ARRAY(a, n, struct slice),
			      ARENA_ARRAY(a, n, struct text_tokens),
			      ARENA_ARRAY(a, n, struct commit_hash), n};
	if (!t.text || !t.tokens || !t.digest)
		return sr_nomem();
	for (size_t i = 0; i < n; i++) {
		struct sr_sink at = api_sink(sink, paths[i]);
		struct sr_err e = read_one(a, paths[i], &at, &t, i);
		if (sr_bad(e))
			return e.code == SR_E_NOMEM ? e : api_explain(&at, e);
	}
	*out = t;
	return sr_ok();
}
