/* SPDX-License-Identifier: Apache-2.0 */
#include "api_texts.h"

#include "api.h"
#include "base_limits.h"
#include "extract.h"
#include "platform.h"

static void tell_pages(void *user, size_t done, size_t total)
{
	const struct sr_progress *p = user;
	p->fn(p->user, "pages", done, total);
}

struct sr_err api_texts_file(struct arena *a, struct slice bytes, const char *path,
			     const struct api_texts_how *how, const struct sr_sink *sink,
			     struct extract_pages *out)
{
	const struct sr_progress *p = how->progress;
	const struct extract_how x = {.language = how->ocr_language,
				      .sink = sink,
				      .progress = p && p->fn ? tell_pages : NULL,
				      .user = (void *)(uintptr_t)p};
	return extract_file(a, bytes, path, &x, out);
}

static struct sr_err read_one(struct arena *a, const char *path, const struct api_texts_how *how,
			      const struct sr_sink *at, struct api_texts *out, size_t i)
{
	struct arena raw = {0};
	struct slice bytes;
	struct sr_err e = platform_read_file(&raw, path, LIMIT_LEAK_BYTES, &bytes);
	if (!sr_bad(e)) {
		crypto_digest(&bytes, 1, out->digest[i].at);
		e = api_texts_file(a, bytes, path, how, at, &out->pages[i]);
	}
	arena_release(&raw);
	if (sr_bad(e))
		return e;
	out->text[i] = out->pages[i].text;
	return text_tokens_make(a, out->text[i], &out->tokens[i]);
}

struct sr_err api_texts_read(struct arena *a, const char *const *paths, size_t n,
			     const struct api_texts_how *how, struct api_texts *out)
{
	struct api_texts t = {
		ARENA_ARRAY(a, n, struct slice), ARENA_ARRAY(a, n, struct extract_pages),
		ARENA_ARRAY(a, n, struct text_tokens), ARENA_ARRAY(a, n, struct commit_hash), n};
	if (!t.text || !t.pages || !t.tokens || !t.digest)
		return sr_nomem();
	for (size_t i = 0; i < n; i++) {
		struct sr_sink at = api_sink(how->sink, paths[i]);
		struct sr_err e = read_one(a, paths[i], how, &at, &t, i);
		if (sr_bad(e))
			return api_blame(&at, e);
	}
	*out = t;
	return sr_ok();
}
