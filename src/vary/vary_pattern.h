/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns of a pack (doc/packs.md, "Patterns"): rows of items, each of which matches a word or a
 * punctuation mark of a prepared text. */
#ifndef VARY_PATTERN_H
#define VARY_PATTERN_H

#include "vary_text.h"

enum vary_atom_kind {
	VARY_ATOM_WORD,   /* this word, folded */
	VARY_ATOM_PREFIX, /* words that begin so */
	VARY_ATOM_SUFFIX, /* words that end so */
	VARY_ATOM_ANY,    /* any word */
	VARY_ATOM_CLASS,  /* a word of class number number */
	VARY_ATOM_NAME,   /* a capitalised word inside a sentence */
	VARY_ATOM_DIGITS, /* a word that begins with a digit */
	VARY_ATOM_MARK,   /* this mark */
	VARY_ATOM_STOP,   /* any mark, or the end of the paragraph */
};

struct vary_atom {
	enum vary_atom_kind kind;
	struct slice text;
	uint32_t hash;   /* WORD: of text */
	uint32_t number; /* CLASS */
	uint8_t mark;
};

/* An item matches min to max elements, each of which one of its atoms matches. name is how a rule
 * calls what it matched, or empty. */
struct vary_item {
	const struct vary_atom *atoms;
	size_t atoms_n;
	uint8_t min, max;
	struct slice name;
};

struct vary_pattern {
	const struct vary_item *items;
	size_t items_n;
};

enum {
	VARY_PATTERN_ITEMS = 24, /* at most so many items in a pattern */
	VARY_REPEAT_MAX = 6,     /* what "+" matches at most */
};

/* What an item of a rule matched: the elements [from, to). */
struct vary_span {
	size_t from, to;
};

/* A class of words. wider: a bit for each class that names this one, itself or by way of others. */
struct vary_class {
	struct slice name;
	struct vary_atom *atoms;
	size_t atoms_n, atoms_cap;
	bool has_affixes;
	uint64_t wider[VARY_CLASS_WORDS];
};

struct vary_class_word {
	uint32_t hash, class;
	struct slice text;
};

/* words: after vary_classes_close, all words of all classes, by hash. */
struct vary_classes {
	struct vary_class *at;
	size_t n, cap;
	struct vary_class_word *words;
	size_t words_n;
};

/* vary_classes_get returns the number of a class, a new and empty one if there is none of that
 * name; SR_E_LIMIT beyond VARY_CLASSES, SR_E_NOMEM. */
SR_MUST struct sr_err vary_classes_get(struct arena *a, struct vary_classes *c, struct slice name,
				       uint32_t *out);

/* vary_class_add adds a word, or words, to a class. SR_E_NOMEM. */
SR_MUST struct sr_err vary_class_add(struct arena *a, struct vary_classes *c, uint32_t class,
				     const struct vary_atom *atom);

/* vary_classes_close makes the classes ready for matching, once all their words are there.
 * SR_E_INPUT: class number *bad has no words. SR_E_NOMEM. */
SR_MUST struct sr_err vary_classes_close(struct arena *a, struct vary_classes *c, uint32_t *bad);

/* vary_classes_mark fills which classes every word of t belongs to. SR_E_NOMEM. */
SR_MUST struct sr_err vary_classes_mark(struct arena *a, const struct vary_classes *c,
					struct vary_text *t);

/* vary_pattern_parse reads a pattern; names tells whether its items may have names. It lives in a
 * and borrows from text. *what says what is wrong: SR_E_INPUT. SR_E_NOMEM. */
SR_MUST struct sr_err vary_pattern_parse(struct arena *a, struct slice text, bool names,
					 struct vary_classes *c, struct vary_pattern *out,
					 const char **what);

/* vary_atoms_parse reads alternatives separated by slashes. As vary_pattern_parse. */
SR_MUST struct sr_err vary_atoms_parse(struct arena *a, struct slice text, struct vary_classes *c,
				       const struct vary_atom **out, size_t *out_n,
				       const char **what);

/* vary_pattern_forward tells whether the pattern matches a row of elements that begins with
 * element at, and where it ends. spans (NULL, or one an item) get what each item matched. */
bool vary_pattern_forward(const struct vary_pattern *p, const struct vary_text *t, size_t at,
			  struct vary_span *spans, size_t *end);

/* vary_pattern_back tells whether it matches a row of elements that ends right before element at.
 */
bool vary_pattern_back(const struct vary_pattern *p, const struct vary_text *t, size_t at);

/* vary_pattern_word tells whether one of the items of p matches a word, wherever it may stand; fold
 * and hash are those of its token. */
bool vary_pattern_word(const struct vary_classes *c, const struct vary_pattern *p,
		       struct slice fold, uint32_t hash);

#endif
