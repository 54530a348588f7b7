/* SPDX-License-Identifier: Apache-2.0 */
#include "grammar_protocol.h"

#include <string.h>

static_assert(sizeof((struct vary_parse_word *)0)->tag == GRAMMAR_WORD_LEN - 8, "a tag as sent");
static_assert(sizeof((struct vary_parse_link *)0)->label == GRAMMAR_LINK_LEN - 4,
	      "a label as sent");

bool grammar_language_is(const char *lang)
{
	size_t len = strlen(lang);
	return len >= 2 && len <= 8 && strspn(lang, "abcdefghijklmnopqrstuvwxyz") == len;
}

void grammar_write(const struct vary_parse *p, struct build *out)
{
	build_u32(out, p->state);
	build_u32(out, (uint32_t)p->words_n);
	build_u32(out, (uint32_t)p->links_n);
	for (size_t i = 0; i < p->words_n; i++) {
		build_u32(out, p->words[i].off);
		build_u32(out, p->words[i].len);
		build_bytes(out, p->words[i].tag, sizeof p->words[i].tag);
	}
	for (size_t i = 0; i < p->links_n; i++) {
		build_u16(out, p->links[i].left);
		build_u16(out, p->links[i].right);
		build_bytes(out, p->links[i].label, sizeof p->links[i].label);
	}
}

/* head reads what stands before the words. */
static bool head(struct slice *s, uint32_t *state, uint32_t *words_n, uint32_t *links_n)
{
	return slice_u32(s, state) && slice_u32(s, words_n) && slice_u32(s, links_n) &&
	       *state > VARY_PARSE_NONE && *state <= VARY_PARSE_GIVEN_UP &&
	       *words_n <= LIMIT_GRAMMAR_TOKENS && *links_n <= LIMIT_GRAMMAR_LINKS &&
	       (*state == VARY_PARSE_WHOLE ? *words_n > 0 : !*words_n && !*links_n);
}

size_t grammar_answer_len(struct slice s)
{
	uint32_t state, words_n, links_n;
	if (!head(&s, &state, &words_n, &links_n))
		return 0;
	return GRAMMAR_HEAD_LEN + (size_t)words_n * GRAMMAR_WORD_LEN +
	       (size_t)links_n * GRAMMAR_LINK_LEN;
}

/* take_name reads a tag or label. */
static bool take_name(struct slice *s, char *to, size_t len)
{
	struct slice name;
	if (!slice_take(s, len, &name) || name.ptr[len - 1])
		return false;
	bool ended = false;
	for (size_t i = 0; i < len; i++) {
		uint8_t c = name.ptr[i];
		if (c ? ended || c <= ' ' || c >= 0x7f : false)
			return false;
		ended = ended || !c;
	}
	memcpy(to, name.ptr, len);
	return true;
}

/* between tells whether a character can begin at off. */
static bool between(struct slice sentence, size_t off)
{
	return off == sentence.len || (sentence.ptr[off] & 0xc0) != 0x80;
}

/* take_word reads a word that does not begin before off_min. */
static bool take_word(struct slice *s, struct slice sentence, uint32_t off_min,
		      struct vary_parse_word *w)
{
	return slice_u32(s, &w->off) && slice_u32(s, &w->len) &&
	       take_name(s, w->tag, sizeof w->tag) && w->off >= off_min && w->off <= sentence.len &&
	       w->len <= sentence.len - w->off && between(sentence, w->off) &&
	       between(sentence, (size_t)w->off + w->len);
}

static bool take_link(struct slice *s, size_t words_n, struct vary_parse_link *l)
{
	return slice_u16(s, &l->left) && slice_u16(s, &l->right) &&
	       take_name(s, l->label, sizeof l->label) && l->left < l->right && l->right < words_n;
}

struct sr_err grammar_read(struct arena *a, struct slice s, struct slice sentence,
			   struct vary_parse *out)
{
	const struct sr_err bad = sr_fail(SR_E_INPUT, "an answer that cannot be");
	uint32_t state, words_n, links_n, off = 0;
	if (!head(&s, &state, &words_n, &links_n))
		return bad;
	struct vary_parse p = {(enum vary_parse_state)state,
			       ARENA_ARRAY(a, words_n, struct vary_parse_word), words_n,
			       ARENA_ARRAY(a, links_n, struct vary_parse_link), links_n};
	if (!p.words || !p.links)
		return sr_nomem();
	for (size_t i = 0; i < words_n; i++) {
		if (!take_word(&s, sentence, off, &p.words[i]))
			return bad;
		off = p.words[i].off;
	}
	for (size_t i = 0; i < links_n; i++) {
		if (!take_link(&s, words_n, &p.links[i]))
			return bad;
	}
	if (s.len)
		return bad;
	*out = p;
	return sr_ok();
}
