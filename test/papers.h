/* SPDX-License-Identifier: Apache-2.0 */
/* Papers for tests: files of the source tree, lattices, copies with random symbols. What goes wrong
 * here is a fault of the test and ends it. Include it below the modules it uses. */
#ifndef PAPERS_H
#define PAPERS_H

#include "base_limits.h"
#include "build.h"
#include "platform.h"
#include "test.h"
#include "text_lattice.h"
#include "text_paper.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAPERS_N 5
static const char *const papers_paths[PAPERS_N] = {
	"test/corpus/papers/p1.md", "test/corpus/papers/p2.md", "test/corpus/papers/p3.md",
	"test/corpus/papers/p4.md", "data/demo/paper.md"};

/* papers_file reads a file below the source tree. */
static inline struct slice papers_file(struct arena *a, const char *path)
{
	const char *root = getenv("SUBROSA_SOURCE");
	char full[4096];
	struct slice out;
	(void)snprintf(full, sizeof full, "%s/%s", root ? root : ".", path);
	struct sr_err e = platform_read_file(a, full, LIMIT_LEAK_BYTES, &out);
	assert(!sr_bad(e));
	return out;
}

/* papers_lattice makes the lattice of a source whose author marked every place. */
static inline void papers_lattice(struct arena *a, struct slice source, struct text_lattice *out)
{
	struct text_paper p;
	struct sr_err e = text_paper_parse(a, source, NULL, &p);
	assert(!sr_bad(e));
	struct slice *fixed = ARENA_ARRAY(a, p.places_n + 1, struct slice);
	struct text_place *places = ARENA_ARRAY(a, p.places_n, struct text_place);
	assert(fixed && places);
	size_t at = 0;
	for (size_t i = 0; i < p.places_n; i++) {
		fixed[i] = slice_sub(p.plain, at, p.places[i].off - at);
		places[i] = p.places[i].place;
		at = p.places[i].off + p.places[i].len;
	}
	fixed[p.places_n] = slice_sub(p.plain, at, p.plain.len - at);
	*out = (struct text_lattice){fixed, places, p.places_n};
}

/* papers_random draws a symbol for each place. */
static inline uint16_t *papers_random(struct arena *a, const struct text_lattice *l,
				      uint64_t *state)
{
	uint16_t *s = ARENA_ARRAY(a, l->places_n, uint16_t);
	assert(s);
	for (size_t i = 0; i < l->places_n; i++)
		s[i] = (uint16_t)(test_random(state) % l->places[i].wordings_n);
	return s;
}

/* papers_copy spells the copy with these symbols: written here once more, so that it tests the
 * writer in mark/ as well. */
static inline struct slice papers_copy(struct arena *a, const struct text_lattice *l,
				       const uint16_t *symbols)
{
	struct build b = {0};
	struct slice done;
	for (size_t i = 0; i < l->places_n; i++) {
		build_slice(&b, l->fixed[i]);
		build_slice(&b, l->places[i].wordings[symbols[i]]);
	}
	build_slice(&b, l->fixed[l->places_n]);
	struct sr_err e = build_done(&b, &done);
	assert(!sr_bad(e));
	const void *kept = arena_dup(a, done.ptr, done.len);
	assert(kept);
	size_t len = done.len;
	build_release(&b);
	return slice_make(kept, len);
}

#endif
