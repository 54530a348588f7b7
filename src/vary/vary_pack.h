/* SPDX-License-Identifier: Apache-2.0 */
/* A language pack as the program holds it: what a linguist wrote in data/LANG (doc/packs.md), every
 * form of every wording spelled out and sorted by its first word. */
#ifndef VARY_PACK_H
#define VARY_PACK_H

#include "vary_pattern.h"

enum vary_guard_kind {
	VARY_LEFT,
	VARY_NOT_LEFT,
	VARY_RIGHT,
	VARY_NOT_RIGHT,
	VARY_SENTENCE,
	VARY_NOT_SENTENCE,
};

enum { VARY_GUARD_KINDS = VARY_NOT_SENTENCE + 1 };

struct vary_guard {
	enum vary_guard_kind kind;
	struct vary_pattern pattern;
};

/* For the grammar reader. word: whose tag, by its name in the rule, W for an entry's head. */
struct vary_tag_guard {
	struct slice word;
	const struct slice *tags;
	size_t tags_n;
};

struct vary_link {
	struct slice left, label, right; /* names, or "_" for any word */
};

struct vary_link_guard {
	bool wanted;
	const struct vary_link *links; /* one of them must, or none may, be there */
	size_t links_n;
};

struct vary_register_guard {
	bool wanted;
	uint32_t number;
};

struct vary_guards {
	struct vary_guard *at;
	size_t n, cap;
	struct vary_tag_guard *tags;
	size_t tags_n, tags_cap;
	struct vary_link_guard *links;
	size_t links_n, links_cap;
	struct vary_register_guard *registers;
	size_t registers_n, registers_cap;
	bool at_start, not_at_start, at_name;
};

enum vary_tier { VARY_TIER_AUTOMATIC, VARY_TIER_ASK, VARY_TIER_OFF };

/* A test sentence. want: what one of the wordings makes of it, or empty. */
struct vary_test {
	bool finds;
	struct slice sentence, want;
	uint32_t line;
};

/* text is without marks of head and register; its head is text[head, head + head_len). forms[f]:
 * its form f, empty if it has none. */
struct vary_wording {
	struct slice text;
	size_t head, head_len;
	uint32_t style; /* number of its register plus 1; 0: none */
	struct slice *forms;
};

/* What a rule writes: words, and (number > 0) what item number - 1 of find matched. */
struct vary_part {
	struct slice text;
	size_t number;
};

struct vary_template {
	const struct vary_part *parts;
	size_t parts_n;
};

struct vary_entry {
	struct slice id, class;
	const char *file;
	uint32_t line;
	uint32_t pos;   /* number of its part of speech plus 1; 0: the wordings stand as they are */
	size_t forms_n; /* at least 1 */
	struct vary_wording *wordings; /* of a rule: none */
	size_t wordings_n, found_n;
	bool rule;
	struct vary_pattern find;
	struct vary_template *writes;
	size_t writes_n, writes_cap;
	struct vary_guards guards;
	enum vary_tier tier;
	bool whole;
	struct vary_test *tests;
	size_t tests_n, tests_cap;
};

/* A form of a wording, as it is looked for: lead bytes of punctuation, then its first word. */
struct vary_form {
	uint32_t hash; /* of the first word */
	uint32_t entry;
	uint16_t wording, form, lead;
};

enum vary_head { VARY_HEAD_NONE, VARY_HEAD_FIRST, VARY_HEAD_LAST };

/* A form can stand where one of its sets of guards holds, or anywhere if it has none. */
struct vary_form_name {
	struct slice name;
	struct vary_guards *sets;
	size_t sets_n, sets_cap;
};

struct vary_pos {
	struct slice name;
	enum vary_head head;
	const struct slice *tags;
	size_t tags_n;
	struct vary_form_name *forms;
	size_t forms_n;
};

struct vary_inflection {
	uint32_t pos;
	const struct slice *forms; /* as many as the part of speech has */
};

/* Two words of which the next word chooses one. */
struct vary_agree {
	struct slice first, second;
	struct vary_pattern is_second, doubt; /* items_n 0: none given */
};

/* A register: the class of the words that show it, and a bit for each rival. */
struct vary_register {
	struct slice name;
	uint32_t class;
	uint64_t rivals;
};

struct vary_pack {
	struct slice language, name;
	struct text_language text;
	struct vary_classes classes;
	struct vary_entry *entries;
	size_t entries_n, entries_cap;
	struct vary_form *forms; /* by hash */
	size_t forms_n;
	uint32_t *rules; /* the entries that are rules */
	size_t rules_n;
	struct vary_pos *pos;
	size_t pos_n, pos_cap;
	struct vary_inflection *inflections;
	size_t inflections_n, inflections_cap;
	struct vary_agree *agrees;
	size_t agrees_n, agrees_cap;
	struct vary_register *registers;
	size_t registers_n, registers_cap;
	struct vary_pattern *fixed;
	size_t fixed_n, fixed_cap;
};

/* A file of a pack. */
struct vary_source {
	const char *name;
	struct slice bytes;
};

/* vary_pack_make reads the files of a pack; it lives in a and borrows from sources. Every bad line
 * is written to sink with its file. SR_E_INPUT, SR_E_LIMIT, SR_E_NOMEM. */
SR_MUST struct sr_err vary_pack_make(struct arena *a, const struct vary_source *sources, size_t n,
				     const struct sr_sink *sink, struct vary_pack *out);

/* vary_pack_fix adds an author's fixed terms, one a line, to a pack. As vary_pack_make. */
SR_MUST struct sr_err vary_pack_fix(struct arena *a, const struct vary_source *source,
				    const struct sr_sink *sink, struct vary_pack *pack);

#endif
