/* SPDX-License-Identifier: Apache-2.0 */
#include "issue_readers.h"
#include "issue_readers_text.h"

#include "base_limits.h"

#include <assert.h>
#include <csv.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

enum field { FIELD_ID, FIELD_NAME, FIELD_HOUSE, FIELD_SIDE, FIELDS, FIELD_OTHER = FIELDS };

static const char *const field_name[FIELDS] = {"id", "name", "house", "side"};

/* How much of a bad field is repeated in a note. */
enum { SHOWN_BYTES = 60 };

/* Invariants: row counts its fields in fields_n; a row lasts from the line after the end of the
 * one before to the line where libcsv reports its end. */
struct reading {
	struct arena *mem;
	struct issue_problems problems;
	struct issue_readers readers;
	size_t readers_cap;
	enum field *columns; /* what each column of the header is */
	size_t columns_n, columns_cap;
	bool has_header, in_row, nomem, over;
	bool stop;               /* what follows a bad header line is not worth reading */
	uint32_t line, row_line; /* where the parser is, and where its row began */
	struct slice row[FIELDS];
	size_t fields_n;
	bool row_empty;
};

static int shown(struct slice s)
{
	size_t n = s.len < SHOWN_BYTES ? s.len : SHOWN_BYTES;
	while (n < s.len && n > 0 && (s.ptr[n] & 0xc0) == 0x80)
		n--;
	return (int)n;
}

/* Printing a borrowed slice with %.*s. */
#define SHOW(s) shown(s), (const char *)(s).ptr

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct slice trim(struct slice s)
{
	while (s.len && is_blank(s.ptr[0]))
		s = slice_sub(s, 1, s.len - 1);
	while (s.len && is_blank(s.ptr[s.len - 1]))
		s = slice_sub(s, 0, s.len - 1);
	return s;
}

static bool same_word(struct slice s, const char *word)
{
	return s.len == strlen(word) && strncasecmp((const char *)s.ptr, word, s.len) == 0;
}

static enum field field_of(struct slice title)
{
	for (int f = 0; f < FIELDS; f++)
		if (same_word(title, field_name[f]))
			return (enum field)f;
	return FIELD_OTHER;
}

/* Names that Windows gives to devices, whatever extension follows. */
static bool is_device(struct slice id)
{
	static const char *const name[] = {"con", "prn", "aux", "nul", "conin$", "conout$"};
	const uint8_t *dot = memchr(id.ptr, '.', id.len);
	struct slice stem = trim(slice_sub(id, 0, dot ? (size_t)(dot - id.ptr) : id.len));
	for (size_t i = 0; i < sizeof name / sizeof *name; i++)
		if (same_word(stem, name[i]))
			return true;
	if (stem.len < 4 || (strncasecmp((const char *)stem.ptr, "com", 3) != 0 &&
			     strncasecmp((const char *)stem.ptr, "lpt", 3) != 0))
		return false;
	struct slice digit = slice_sub(stem, 3, stem.len - 3);
	return (digit.len == 1 && digit.ptr[0] >= '0' && digit.ptr[0] <= '9') ||
	       slice_eq(digit, SLICE_LIT("\u00b9")) || slice_eq(digit, SLICE_LIT("\u00b2")) ||
	       slice_eq(digit, SLICE_LIT("\u00b3"));
}

/* True for a character that is not seen or that moves the others about. */
static bool is_unseen(utf8proc_int32_t c)
{
	utf8proc_category_t k = utf8proc_category(c);
	return k == UTF8PROC_CATEGORY_CC || k == UTF8PROC_CATEGORY_CF ||
	       k == UTF8PROC_CATEGORY_ZL || k == UTF8PROC_CATEGORY_ZP;
}

static const char *character_rule(struct slice id)
{
	for (size_t i = 0; i < id.len;) {
		utf8proc_int32_t c;
		utf8proc_ssize_t n =
			utf8proc_iterate(id.ptr + i, (utf8proc_ssize_t)(id.len - i), &c);
		if (n < 1)
			return "is not valid UTF-8";
		if (c < 0x80 && c && strchr("/\\<>:\"|?*", (int)c))
			return "contains one of / \\ < > : \" | ? *";
		if (is_unseen(c))
			return "contains a line break, tab, control or invisible character";
		i += (size_t)n;
	}
	return NULL;
}

const char *issue_id_rule(struct slice id)
{
	if (id.len == 0)
		return "is empty";
	if (id.len > LIMIT_ID_BYTES)
		return "is longer than 200 bytes";
	if (id.ptr[0] == '.' || id.ptr[0] == '-' || id.ptr[0] == ' ')
		return "begins with a dot, a hyphen or a space";
	if (id.ptr[id.len - 1] == '.' || id.ptr[id.len - 1] == ' ')
		return "ends with a dot or a space";
	const char *rule = character_rule(id);
	if (!rule && is_device(id))
		rule = "is a device name on Windows";
	return rule;
}

static_assert(LIMIT_ID_BYTES == 200, "issue_id_rule says so");

static struct sr_err fold_once(struct slice in, utf8proc_uint8_t **out, size_t *len)
{
	utf8proc_ssize_t n = utf8proc_map(in.ptr, (utf8proc_ssize_t)in.len, out,
					  UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD);
	if (n == UTF8PROC_ERROR_NOMEM)
		return sr_nomem();
	if (n < 0)
		return sr_fail(SR_E_INPUT, "an id is not valid UTF-8");
	*len = (size_t)n;
	return sr_ok();
}

static bool is_ascii(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] >= 0x80)
			return false;
	return true;
}

/* Folding may undo normalisation and the other way round: canonical caseless matching (Unicode
 * 15, section 3.13, D145) takes a second turn. */
static struct sr_err fold_unicode(struct arena *a, struct slice id, struct slice *out)
{
	utf8proc_uint8_t *one = NULL, *two = NULL;
	size_t n;
	struct sr_err e = fold_once(id, &one, &n);
	if (!sr_bad(e))
		e = fold_once(slice_make(one, n), &two, &n);
	if (!sr_bad(e)) {
		uint8_t *copy = arena_dup(a, two, n);
		if (copy)
			*out = slice_make(copy, n);
		else
			e = sr_nomem();
	}
	free(one);
	free(two);
	return e;
}

struct sr_err issue_id_fold(struct arena *a, struct slice id, struct slice *out)
{
	if (!is_ascii(id))
		return fold_unicode(a, id, out);
	uint8_t *copy = arena_dup(a, id.ptr, id.len);
	if (!copy)
		return sr_nomem();
	for (size_t i = 0; i < id.len; i++)
		if (copy[i] >= 'A' && copy[i] <= 'Z')
			copy[i] = (uint8_t)(copy[i] - 'A' + 'a');
	*out = slice_make(copy, id.len);
	return sr_ok();
}

static void take_title(struct reading *r, struct slice title)
{
	enum field *columns =
		arena_grow(r->mem, r->columns, r->columns_n, &r->columns_cap, sizeof *columns);
	if (!columns) {
		r->nomem = true;
		return;
	}
	r->columns = columns;
	enum field f = field_of(trim(title));
	for (size_t i = 0; f != FIELD_OTHER && i < r->columns_n; i++)
		if (columns[i] == f)
			issue_problem(&r->problems, r->row_line, 0, "two columns are called %s",
				      field_name[f]);
	if (f == FIELD_OTHER && trim(title).len)
		note(r->problems.sink, SR_WARNING, r->row_line, 0, "the column \"%.*s\" is ignored",
		     SHOW(title));
	columns[r->columns_n++] = f;
}

static void end_header(struct reading *r)
{
	for (int f = 0; f < FIELDS; f++) {
		bool has = false;
		for (size_t i = 0; i < r->columns_n; i++)
			has |= r->columns[i] == (enum field)f;
		if (!has)
			issue_problem(&r->problems, r->row_line, 0,
				      "the header line has no column \"%s\": it must name id, "
				      "name, house and side",
				      field_name[f]);
	}
	r->has_header = true;
	r->stop = r->problems.n > 0;
}

/* In place: a line break or tab within a name would break every table it is printed in. It returns
 * the new length: CR LF is one line break. */
static size_t unbreak(uint8_t *p, size_t len)
{
	size_t n = 0;
	for (size_t i = 0; i < len; i++) {
		if (p[i] == '\r' && i + 1 < len && p[i + 1] == '\n')
			continue;
		p[n++] = is_blank(p[i]) ? ' ' : p[i];
	}
	return n;
}

static void take_field(struct reading *r, struct slice s)
{
	size_t column = r->fields_n++;
	r->row_empty &= trim(s).len == 0;
	if (column >= r->columns_n || r->columns[column] == FIELD_OTHER)
		return;
	enum field f = r->columns[column];
	if (f != FIELD_ID && s.len > LIMIT_FIELD_BYTES) {
		issue_problem(&r->problems, r->row_line, 0, "the %s is longer than %d bytes",
			      field_name[f], LIMIT_FIELD_BYTES);
		s.len = 0;
	}
	if (f == FIELD_ID && s.len > LIMIT_ID_BYTES)
		s.len = LIMIT_ID_BYTES + 1; /* enough for the rule to be named */
	uint8_t *copy = arena_dup(r->mem, s.ptr, s.len);
	if (!copy) {
		r->nomem = true;
		return;
	}
	if (f != FIELD_ID)
		s.len = unbreak(copy, s.len);
	r->row[f] = slice_make(copy, s.len);
}

static void on_field(void *ptr, size_t len, void *arg)
{
	struct reading *r = arg;
	struct slice s = slice_make(ptr, len);
	if (r->nomem || r->over || r->stop)
		return;
	if (r->has_header)
		take_field(r, s);
	else
		take_title(r, s);
}

static bool row_is_whole(struct reading *r)
{
	for (size_t i = r->fields_n; i < r->columns_n; i++)
		if (r->columns[i] != FIELD_OTHER) {
			issue_problem(&r->problems, r->row_line, 0, "the field %s is missing",
				      field_name[r->columns[i]]);
			return false;
		}
	if (r->fields_n > r->columns_n) {
		issue_problem(&r->problems, r->row_line, 0,
			      "%zu fields, but the header line has %zu: quote a field that "
			      "contains the separator",
			      r->fields_n, r->columns_n);
		return false;
	}
	return true;
}

static void add_reader(struct reading *r)
{
	struct issue_reader *at =
		arena_grow(r->mem, r->readers.at, r->readers.n, &r->readers_cap, sizeof *at);
	if (!at) {
		r->nomem = true;
		return;
	}
	r->readers.at = at;
	struct issue_reader *one = &at[r->readers.n];
	*one = (struct issue_reader){
		r->row[FIELD_ID], r->row[FIELD_NAME], r->row[FIELD_HOUSE], r->row[FIELD_SIDE], {0},
		r->row_line};
	if (sr_bad(issue_id_fold(r->mem, one->id, &one->fold)))
		r->nomem = true;
	else
		r->readers.n++;
}

static void end_row(struct reading *r)
{
	if (r->row_empty || !row_is_whole(r))
		return;
	struct slice id = r->row[FIELD_ID];
	const char *rule = issue_id_rule(id);
	if (rule)
		issue_problem(&r->problems, r->row_line, 0,
			      "the id \"%.*s\" %s: it is used as a file name", SHOW(id), rule);
	else if (r->readers.n == LIMIT_READERS)
		r->over = true;
	else
		add_reader(r);
}

static void begin_row(struct reading *r)
{
	r->in_row = true;
	r->row_line = r->line;
	r->row_empty = true;
	r->fields_n = 0;
	for (int f = 0; f < FIELDS; f++)
		r->row[f] = (struct slice){0};
}

static void on_row(int end, void *arg)
{
	(void)end;
	struct reading *r = arg;
	r->in_row = false;
	if (r->nomem || r->over || r->stop)
		return;
	if (r->has_header)
		end_row(r);
	else
		end_header(r);
}

static bool line_is_blank(struct slice line)
{
	for (size_t i = 0; i < line.len; i++)
		if (line.ptr[i] != ' ' && line.ptr[i] != '\r' && line.ptr[i] != '\n')
			return false;
	return true;
}

static uint32_t column_at(struct slice line, size_t at)
{
	uint32_t col = 1;
	for (size_t i = 0; i < at && i < line.len; i++)
		col += (line.ptr[i] & 0xc0) != 0x80;
	return col;
}

static bool csv_begin(struct csv_parser *csv, uint8_t separator)
{
	if (csv_init(csv, CSV_STRICT | CSV_STRICT_FINI))
		return false;
	csv_set_delim(csv, separator);
	csv_set_blk_size(csv, 4096);
	/* Of our own, so that a test can make it fail. */
	csv_set_realloc_func(csv, realloc);
	return true;
}

/* A quotation mark where none may be. The next line starts afresh, so that one slip is one
 * problem. */
static void quote_problem(struct reading *r, struct csv_parser *csv, struct slice line, size_t at)
{
	if (csv_error(csv) != CSV_EPARSE) {
		r->nomem = true;
		return;
	}
	issue_problem(&r->problems, r->line, column_at(line, at),
		      "a quotation mark in the wrong place (the row begins in line %u): put the "
		      "whole field in "
		      "quotation marks and write those within it twice",
		      r->row_line);
	uint8_t separator = csv_get_delim(csv);
	csv_free(csv);
	r->nomem |= !csv_begin(csv, separator);
	r->in_row = false;
	r->stop = !r->has_header;
}

static void read_rows(struct reading *r, struct csv_parser *csv, struct slice text)
{
	while (text.len && !r->nomem && !r->over && !r->stop) {
		struct slice line = issue_line_next(&text);
		if (r->in_row || !line_is_blank(line)) {
			if (!r->in_row)
				begin_row(r);
			size_t n = csv_parse(csv, line.ptr, line.len, on_field, on_row, r);
			if (n < line.len)
				quote_problem(r, csv, line, n);
		}
		r->line++;
	}
	if (r->nomem || r->over || r->stop || csv_fini(csv, on_field, on_row, r) == 0)
		return;
	if (csv_error(csv) == CSV_EPARSE)
		issue_problem(&r->problems, r->row_line, 0,
			      "a quotation mark that was opened in this row is never closed");
	else
		r->nomem = true;
}

/* Excel's first line "sep=;" names the separator. */
static uint8_t cut_separator_line(struct reading *r, struct slice *text)
{
	struct slice rest = *text, line = issue_line_next(&rest);
	while (line.len && (line.ptr[line.len - 1] == '\n' || line.ptr[line.len - 1] == '\r'))
		line.len--;
	if (line.len == 7 && line.ptr[0] == '"' && line.ptr[6] == '"')
		line = slice_sub(line, 1, 5);
	if (line.len != 5 || strncasecmp((const char *)line.ptr, "sep=", 4) != 0)
		return 0;
	*text = rest;
	r->line++;
	return line.ptr[4];
}

/* The separator that the first line with text has most of, outside quotes. */
static uint8_t detect_separator(struct slice text)
{
	static const uint8_t candidate[] = {',', ';', '\t'};
	size_t n[sizeof candidate] = {0}, best = 0;
	struct slice line = {0};
	while (text.len && line_is_blank(line))
		line = issue_line_next(&text);
	bool quoted = false;
	for (size_t i = 0; i < line.len; i++) {
		quoted ^= line.ptr[i] == '"';
		for (size_t k = 0; k < sizeof candidate; k++)
			n[k] += !quoted && line.ptr[i] == candidate[k];
	}
	for (size_t k = 1; k < sizeof candidate; k++)
		if (n[k] > n[best])
			best = k;
	return candidate[best];
}

static int by_fold(const void *a, const void *b)
{
	const struct issue_reader *x = *(const struct issue_reader *const *)a;
	const struct issue_reader *y = *(const struct issue_reader *const *)b;
	int order = slice_order(x->fold, y->fold);
	return order ? order : (x->line > y->line) - (x->line < y->line);
}

static void note_twin(struct reading *r, const struct issue_reader *first,
		      const struct issue_reader *twin)
{
	if (slice_eq(first->id, twin->id))
		issue_problem(&r->problems, twin->line, 0, "the id \"%.*s\" is in line %u already",
			      SHOW(twin->id), first->line);
	else
		issue_problem(
			&r->problems, twin->line, 0,
			"the id \"%.*s\" differs from \"%.*s\" in line %u in nothing but case or "
			"accents' encoding: some systems take them for one file",
			SHOW(twin->id), SHOW(first->id), first->line);
}

/* Sorting, not hashing: no list can be made that is slow. */
static void find_twins(struct reading *r)
{
	size_t n = r->readers.n;
	struct issue_reader **at = ARENA_ARRAY(r->mem, n, struct issue_reader *);
	if (!at) {
		r->nomem = true;
		return;
	}
	for (size_t i = 0; i < n; i++)
		at[i] = &r->readers.at[i];
	qsort(at, n, sizeof *at, by_fold);
	for (size_t i = 1, first = 0; i < n; i++) {
		if (slice_eq(at[first]->fold, at[i]->fold))
			note_twin(r, at[first], at[i]);
		else
			first = i;
	}
}

static void read_text(struct reading *r, struct slice text)
{
	uint8_t separator = cut_separator_line(r, &text);
	if (!separator)
		separator = detect_separator(text);
	struct csv_parser csv;
	if (!csv_begin(&csv, separator)) {
		r->nomem = true;
		return;
	}
	read_rows(r, &csv, text);
	csv_free(&csv);
	if (r->nomem || r->over || r->stop)
		return;
	if (!r->has_header)
		issue_problem(&r->problems, 0, 0, "the list of readers is empty");
	else if (!r->readers.n && !r->problems.n)
		issue_problem(&r->problems, 0, 0, "a header line, but no reader below it");
	find_twins(r);
}

struct sr_err issue_readers_parse(struct arena *a, struct slice bytes, const struct sr_sink *sink,
				  struct issue_readers *out)
{
	struct reading r = {.mem = a, .problems = {sink, 0}, .line = 1};
	struct slice text;
	SR_TRY(issue_readers_text(a, bytes, &r.problems, &text));
	read_text(&r, text);
	if (r.nomem)
		return sr_nomem();
	if (r.over)
		return sr_fail(SR_E_LIMIT, "more readers than subrosa accepts");
	if (r.problems.n) {
		issue_problems_end(&r.problems);
		return sr_fail(SR_E_INPUT, "the list of readers has errors");
	}
	*out = r.readers;
	return sr_ok();
}
