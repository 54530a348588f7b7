/* SPDX-License-Identifier: Apache-2.0 */
#include "text_fold.h"

#include <assert.h>
#include <string.h>
#include <utf8proc.h>

/* What a character does to the word around it. */
enum kind {
	KIND_BREAK, /* separates */
	KIND_WORD,  /* belongs to a word */
	KIND_ALONE, /* a token of its own */
	KIND_JOIN,  /* an apostrophe: nothing, but it does not separate between word characters */
	KIND_HYPHEN,
	KIND_DASH,    /* joins digits, separates words */
	KIND_STOP,    /* full stop: kept between digits, dropped inside abbreviations */
	KIND_COMMA,   /* dropped between digits */
	KIND_NOTHING, /* invisible */
};

enum { SOFT_HYPHEN = 0x00ad };

struct folder {
	struct arena *a;
	struct slice text;
	size_t pos;
	struct text_token *at;
	size_t n, cap;
	char *fold;
	size_t fold_len, fold_cap;
	struct text_token word; /* the token being read; fold_len 0: none */
	uint32_t since_stop;    /* characters of it since its start or its last full stop */
	bool digit_last;        /* its last character is a digit */
};

/* ASCII is nearly everything; one table keeps it off the slow path. */
static enum kind ascii_kind(uint8_t c)
{
	if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
		return KIND_WORD;
	switch (c) {
	case '\'':
	case '`':
		return KIND_JOIN;
	case '-':
		return KIND_HYPHEN;
	case '.':
		return KIND_STOP;
	case ',':
		return KIND_COMMA;
	case '%':
	case '$':
	case '&':
		return KIND_ALONE;
	default:
		return KIND_BREAK;
	}
}

/* Scripts written without spaces between words. */
static bool is_unspaced(utf8proc_int32_t c)
{
	static const struct {
		utf8proc_int32_t from, to;
	} blocks[] = {
		{0x0e00, 0x0eff}, {0x1000, 0x109f}, {0x1780, 0x17ff},
		{0x2e80, 0x2fff}, {0x3005, 0x3007}, {0x3040, 0x30ff},
		{0x3400, 0x9fff}, {0xf900, 0xfaff}, {0x20000, 0x3ffff},
	};
	for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
		if (c >= blocks[i].from && c <= blocks[i].to)
			return true;
	return false;
}

static enum kind unicode_kind(utf8proc_int32_t c)
{
	switch (c) {
	case 0x2018:
	case 0x2019:
	case 0x02bc:
	case 0x2032:
	case 0xff07:
		return KIND_JOIN;
	case 0x2010:
	case 0x2011:
		return KIND_HYPHEN;
	case 0x2012:
	case 0x2013:
	case 0x2212:
		return KIND_DASH;
	case 0x00a7: /* section sign */
	case 0x00b0: /* degree sign */
	case 0x2030: /* per mille sign */
		return KIND_ALONE;
	case SOFT_HYPHEN:
	case 0x200b:
	case 0x2060:
	case 0xfeff:
		return KIND_NOTHING;
	default:
		break;
	}
	const utf8proc_property_t *prop = utf8proc_get_property(c);
	if (prop->ignorable)
		return KIND_NOTHING;
	utf8proc_propval_t cat = prop->category;
	if (cat == UTF8PROC_CATEGORY_SC)
		return KIND_ALONE;
	if (cat == UTF8PROC_CATEGORY_MN || cat == UTF8PROC_CATEGORY_ME)
		return is_unspaced(c) ? KIND_ALONE : KIND_NOTHING;
	bool letter = (cat >= UTF8PROC_CATEGORY_LU && cat <= UTF8PROC_CATEGORY_LO) ||
		      cat == UTF8PROC_CATEGORY_MC;
	bool number = cat >= UTF8PROC_CATEGORY_ND && cat <= UTF8PROC_CATEGORY_NO;
	if (letter || number)
		return is_unspaced(c) ? KIND_ALONE : KIND_WORD;
	return KIND_BREAK;
}

static enum kind kind_of(utf8proc_int32_t c)
{
	return c < 0x80 ? ascii_kind((uint8_t)c) : unicode_kind(c);
}

/* peek decodes the character at pos: its kind, value and length in bytes (at least 1). */
static enum kind peek(struct slice text, size_t pos, utf8proc_int32_t *c, size_t *len)
{
	if (pos >= text.len) {
		*c = 0;
		*len = 0;
		return KIND_BREAK;
	}
	uint8_t b = text.ptr[pos];
	*c = b;
	*len = 1;
	if (b < 0x80)
		return ascii_kind(b);
	size_t left = text.len - pos;
	utf8proc_ssize_t n =
		utf8proc_iterate(text.ptr + pos, left < 4 ? (utf8proc_ssize_t)left : 4, c);
	if (n <= 0)
		return KIND_BREAK;
	*len = (size_t)n;
	return unicode_kind(*c);
}

static bool is_digit(utf8proc_int32_t c)
{
	return utf8proc_category(c) == UTF8PROC_CATEGORY_ND;
}

static struct sr_err fold_reserve(struct folder *f, size_t len)
{
	while (f->fold_cap - f->fold_len < len) {
		size_t cap = f->fold_cap ? 2 * f->fold_cap : 4096;
		char *p = arena_alloc(f->a, cap, 1);
		if (!p)
			return sr_nomem();
		if (f->fold_len)
			memcpy(p, f->fold, f->fold_len);
		f->fold = p;
		f->fold_cap = cap;
	}
	return sr_ok();
}

static void put_char(struct folder *f, const uint8_t *utf8, size_t len)
{
	if (f->word.fold_len + len > TEXT_FOLD_MAX)
		return;
	memcpy(f->fold + f->fold_len, utf8, len);
	f->fold_len += len;
	f->word.fold_len = (uint16_t)(f->word.fold_len + len);
	f->word.letters++;
}

/* append puts the folding of c to the word being read; it may be nothing. Signs in it, such as the
 * stroke of a fraction, are left out: typed by hand they separate. */
static struct sr_err append(struct folder *f, utf8proc_int32_t c, size_t off, size_t len)
{
	enum { EXPANSION_MAX = 32 }; /* Unicode's longest compatibility decomposition is 18 */
	SR_TRY(fold_reserve(f, (size_t)EXPANSION_MAX * 4));
	if (!f->word.fold_len) {
		f->word = (struct text_token){.off = (uint32_t)off, .fold = (uint32_t)f->fold_len};
		f->since_stop = 0;
	}
	f->word.len = (uint32_t)(off + len - f->word.off);
	f->since_stop++;
	if (c < 0x80) {
		uint8_t b = (uint8_t)(c >= 'A' && c <= 'Z' ? c + 32 : c);
		put_char(f, &b, 1);
		f->digit_last = b >= '0' && b <= '9';
		return sr_ok();
	}
	f->digit_last = is_digit(c);
	utf8proc_int32_t buf[EXPANSION_MAX];
	int boundary = 0;
	utf8proc_ssize_t n =
		utf8proc_decompose_char(c, buf, EXPANSION_MAX,
					UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD |
						UTF8PROC_STRIPMARK | UTF8PROC_IGNORE,
					&boundary);
	for (utf8proc_ssize_t i = 0; i < n && i < EXPANSION_MAX; i++) {
		uint8_t utf8[4];
		utf8proc_ssize_t k = utf8proc_encode_char(buf[i], utf8);
		enum kind kind = kind_of(buf[i]);
		if (k > 0 && (kind == KIND_WORD || kind == KIND_ALONE))
			put_char(f, utf8, (size_t)k);
	}
	return sr_ok();
}

static uint32_t fnv1a(const char *p, size_t len)
{
	uint32_t h = UINT32_C(2166136261);
	for (size_t i = 0; i < len; i++)
		h = (h ^ (uint8_t)p[i]) * UINT32_C(16777619);
	return h;
}

static struct sr_err end_word(struct folder *f)
{
	if (!f->word.fold_len)
		return sr_ok();
	struct text_token *at = arena_grow(f->a, f->at, f->n, &f->cap, sizeof *at);
	if (!at)
		return sr_nomem();
	f->at = at;
	f->word.hash = fnv1a(f->fold + f->word.fold, f->word.fold_len);
	f->at[f->n++] = f->word;
	f->word.fold_len = 0;
	return sr_ok();
}

/* next_visible is peek at the first character that is not invisible. */
static enum kind next_visible(const struct folder *f, size_t pos, utf8proc_int32_t *c)
{
	size_t len;
	enum kind kind = peek(f->text, pos, c, &len);
	while (kind == KIND_NOTHING) {
		pos += len;
		kind = peek(f->text, pos, c, &len);
	}
	return kind;
}

static bool next_is_word(const struct folder *f, size_t pos)
{
	utf8proc_int32_t c;
	return next_visible(f, pos, &c) == KIND_WORD;
}

static bool next_is_digit(const struct folder *f, size_t pos)
{
	utf8proc_int32_t c;
	return next_visible(f, pos, &c) == KIND_WORD && is_digit(c);
}

/* A hyphen joins what stands on both its sides, over a line end and a quotation's ">" as well. */
static size_t skip_line_end(const struct folder *f, size_t pos)
{
	size_t p = pos;
	while (p < f->text.len && (f->text.ptr[p] == ' ' || f->text.ptr[p] == '\r'))
		p++;
	if (p >= f->text.len || f->text.ptr[p] != '\n')
		return pos;
	p++;
	while (p < f->text.len &&
	       (f->text.ptr[p] == ' ' || f->text.ptr[p] == '\t' || f->text.ptr[p] == '>'))
		p++;
	return p;
}

/* An invisible character does nothing, but a soft hyphen at a line end is a hyphen that shows. */
static size_t skip_invisible(const struct folder *f, utf8proc_int32_t c, size_t behind)
{
	if (c != SOFT_HYPHEN || !f->word.fold_len)
		return behind;
	size_t p = skip_line_end(f, behind);
	return p != behind && next_is_word(f, p) ? p : behind;
}

/* inside_word handles the signs that depend on both neighbours; the position behind it is in
 * *next. It returns whether the word goes on. */
static struct sr_err inside_word(struct folder *f, enum kind kind, size_t len, size_t *next,
				 bool *on)
{
	size_t behind = f->pos + len;
	*next = behind;
	*on = false;
	if (kind == KIND_JOIN) {
		*on = next_is_word(f, behind);
	} else if (kind == KIND_HYPHEN) {
		size_t p = skip_line_end(f, behind);
		*on = next_is_word(f, p);
		*next = *on ? p : behind;
	} else if (kind == KIND_DASH || kind == KIND_COMMA) {
		*on = f->digit_last && next_is_digit(f, behind);
	} else if (f->digit_last) {
		*on = next_is_digit(f, behind);
		if (*on) {
			SR_TRY(append(f, '.', f->pos, len));
			f->since_stop = 0;
		}
	} else {
		*on = f->since_stop == 1 && next_is_word(f, behind) && !next_is_digit(f, behind);
		f->since_stop = 0;
	}
	return sr_ok();
}

static struct sr_err step(struct folder *f)
{
	utf8proc_int32_t c;
	size_t len, next;
	bool on = true;
	enum kind kind = peek(f->text, f->pos, &c, &len);
	next = f->pos + len;
	switch (kind) {
	case KIND_WORD:
		SR_TRY(append(f, c, f->pos, len));
		break;
	case KIND_ALONE:
		SR_TRY(end_word(f));
		SR_TRY(append(f, c, f->pos, len));
		on = false;
		break;
	case KIND_NOTHING:
		next = skip_invisible(f, c, next);
		break;
	case KIND_JOIN:
	case KIND_HYPHEN:
	case KIND_DASH:
	case KIND_STOP:
	case KIND_COMMA:
		on = false;
		if (f->word.fold_len)
			SR_TRY(inside_word(f, kind, len, &next, &on));
		break;
	case KIND_BREAK:
		on = false;
		break;
	}
	if (!on)
		SR_TRY(end_word(f));
	f->pos = next;
	return sr_ok();
}

struct sr_err text_tokens_make(struct arena *a, struct slice text, struct text_tokens *out)
{
	assert(text.len < UINT32_MAX);
	struct folder f = {.a = a, .text = text};
	/* Most texts fit these first guesses; growing would leave the old arrays in the arena. */
	f.cap = text.len / 5 + 16;
	f.at = ARENA_ARRAY(a, f.cap, struct text_token);
	f.fold_cap = text.len + 256;
	f.fold = ARENA_ARRAY(a, f.fold_cap, char);
	if (!f.at || !f.fold)
		return sr_nomem();
	while (f.pos < text.len)
		SR_TRY(step(&f));
	SR_TRY(end_word(&f));
	*out = (struct text_tokens){f.at, f.n, f.fold, f.fold_len};
	return sr_ok();
}

struct slice text_token_fold(const struct text_tokens *t, size_t i)
{
	return text_tokens_span(t, i, i + 1);
}

struct slice text_tokens_span(const struct text_tokens *t, size_t from, size_t to)
{
	if (from >= to)
		return slice_make(NULL, 0);
	const struct text_token *last = &t->at[to - 1];
	size_t off = t->at[from].fold;
	return slice_make(t->fold + off, last->fold + last->fold_len - off);
}

void text_position(struct slice text, size_t off, uint32_t *line, uint32_t *col)
{
	uint32_t l = 1, c = 1;
	for (size_t i = 0; i < off && i < text.len; i++) {
		uint8_t b = text.ptr[i];
		if (b == '\n') {
			l++;
			c = 1;
		} else if ((b & 0xc0) != 0x80) {
			c++;
		}
	}
	*line = l;
	*col = c;
}

size_t text_utf8_bad(struct slice text)
{
	size_t pos = 0;
	while (pos < text.len) {
		if (text.ptr[pos] < 0x80) {
			pos++;
			continue;
		}
		utf8proc_int32_t c;
		size_t left = text.len - pos;
		utf8proc_ssize_t n =
			utf8proc_iterate(text.ptr + pos, left < 4 ? (utf8proc_ssize_t)left : 4, &c);
		if (n <= 0)
			return pos;
		pos += (size_t)n;
	}
	return pos;
}

/* first_of returns the first character of s and its length; -1 and 1 if it is none. */
static utf8proc_int32_t first_of(struct slice s, size_t *len)
{
	utf8proc_int32_t c = -1;
	utf8proc_ssize_t n =
		s.len ? utf8proc_iterate(s.ptr, s.len < 4 ? (utf8proc_ssize_t)s.len : 4, &c) : 0;
	*len = n > 0 ? (size_t)n : 1;
	return n > 0 ? c : -1;
}

bool text_is_letter(struct slice s, size_t *len)
{
	utf8proc_int32_t c = first_of(s, len);
	if (c < 0x80)
		return c >= 0 && ascii_kind((uint8_t)c) == KIND_WORD;
	utf8proc_category_t k = utf8proc_category(c);
	return k >= UTF8PROC_CATEGORY_LU && k <= UTF8PROC_CATEGORY_NO;
}

bool text_is_lower(struct slice s)
{
	size_t len;
	utf8proc_int32_t c = first_of(s, &len);
	return c >= 0 && utf8proc_islower(c);
}

bool text_is_upper(struct slice s)
{
	size_t len;
	utf8proc_int32_t c = first_of(s, &len);
	return c >= 0 && utf8proc_isupper(c);
}

bool text_same_first(struct slice x, struct slice small, size_t *x_len, size_t *small_len)
{
	utf8proc_int32_t a = first_of(x, x_len), b = first_of(small, small_len);
	return a >= 0 && (a == b || utf8proc_tolower(a) == b);
}

void text_put_first(struct build *out, struct slice s, bool capital)
{
	size_t len;
	utf8proc_int32_t c = first_of(s, &len);
	uint8_t utf8[4];
	if (c < 0) {
		build_slice(out, s);
		return;
	}
	c = capital ? utf8proc_toupper(c) : utf8proc_tolower(c);
	build_bytes(out, utf8, (size_t)utf8proc_encode_char(c, utf8));
	build_slice(out, slice_sub(s, len, s.len - len));
}
