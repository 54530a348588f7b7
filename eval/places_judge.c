/* SPDX-License-Identifier: Apache-2.0 */
#include "places.h"

#include "base_limits.h"
#include "instrument.h"
#include "platform.h"

#include <stdlib.h>
#include <string.h>

/* A line of the key, and what was said of it: 0 nothing, 1 a reader hesitates, 2 wrong. */
struct judged {
	char *line, *class;
	char original;
	int of_other, of_original;
	char *remark;
};

static char *field(char *line, size_t n)
{
	while (n-- && line)
		line = strchr(line, '\t') ? strchr(line, '\t') + 1 : NULL;
	if (!line)
		places_fail("a line has too few fields", "");
	return line;
}

static char *copy_field(const char *at)
{
	return places_need(arena_dup(&places_arena, at, strcspn(at, "\t\n")));
}

static size_t read_key(const char *path, struct judged **out)
{
	struct slice bytes;
	size_t n = 0, cap = 0;
	places_must(platform_read_file(&places_arena, path, LIMIT_PAPER_BYTES, &bytes), path);
	for (char *line = (char *)(uintptr_t)bytes.ptr, *end; line && *line; line = end) {
		end = strchr(line, '\n');
		if (end)
			*end++ = 0;
		if (line[0] == '#')
			continue;
		*out = places_need(arena_grow(&places_arena, *out, n, &cap, sizeof **out));
		(*out)[n] = (struct judged){.line = line,
					    .class = copy_field(field(line, 4)),
					    .original = *field(line, 5)};
		if (strtoul(line, NULL, 10) != ++n)
			places_fail("the key's numbers do not ascend", path);
		if (!strchr("AB", (*out)[n - 1].original))
			places_fail("the key does not tell which is the original", path);
	}
	return n;
}

/* read_marks reads "=", or A, A!, B, B! with blanks between. */
static void read_marks(char *mark, struct judged *x)
{
	const char *line = mark;
	bool natural = false;
	for (; *mark && *mark != '\t'; mark++) {
		int how = mark[1] == '!' ? 2 : 1;
		natural |= *mark == '=';
		if (*mark == 'A' || *mark == 'B') {
			*(*mark == x->original ? &x->of_original : &x->of_other) = how;
			mark += how - 1;
		} else if (*mark != '=' && *mark != ' ') {
			places_fail("a verdict is none of = A B A! B!", line);
		}
	}
	if (natural == (x->of_original || x->of_other))
		places_fail("a verdict says nothing, or two things", line);
	x->remark = *mark ? mark + 1 : mark;
}

static void read_verdicts(const char *path, struct judged *j, size_t n)
{
	struct slice bytes;
	bool *seen = places_need(ARENA_ARRAY(&places_arena, n + 1, bool));
	places_must(platform_read_file(&places_arena, path, LIMIT_PAPER_BYTES, &bytes), path);
	for (char *line = (char *)(uintptr_t)bytes.ptr, *end; line && *line; line = end) {
		end = strchr(line, '\n');
		if (end)
			*end++ = 0;
		if (line[0] == '#' || !line[0])
			continue;
		char *behind;
		size_t number = strtoul(line, &behind, 10);
		if (*behind != '\t' || !number || number > n || seen[number])
			places_fail("a verdict is about no line of the key, or a second one", line);
		seen[number] = true;
		read_marks(field(line, 1), &j[number - 1]);
	}
	for (size_t i = 1; i <= n; i++)
		if (!seen[i])
			places_fail("a line of the key has no verdict", j[i - 1].line);
}

static void print_rate(const char *what, size_t k, size_t n)
{
	double low, high;
	instrument_limits(k, n, &low, &high);
	(void)printf("%-44s %4zu of %4zu  %5.1f%%  [%.1f, %.1f]\n", what, k, n,
		     100 * (double)k / (double)n, 100 * low, 100 * high);
}

static void print_classes(const struct judged *j, size_t n)
{
	(void)printf("\n%-14s %5s %8s %8s %6s   %s\n", "class", "read", "natural", "hesitant",
		     "wrong", "natural, % [95%]");
	for (size_t i = 0; i < n; i++) {
		size_t count[3] = {0}, all = 0;
		double low, high;
		bool first = true;
		for (size_t k = 0; k < i && first; k++)
			first = strcmp(j[k].class, j[i].class) != 0;
		for (size_t k = i; first && k < n; k++)
			if (strcmp(j[k].class, j[i].class) == 0) {
				count[j[k].of_other]++;
				all++;
			}
		if (!first)
			continue;
		instrument_limits(count[0], all, &low, &high);
		(void)printf("%-14s %5zu %8zu %8zu %6zu   %3.0f [%.0f, %.0f]\n", j[i].class, all,
			     count[0], count[1], count[2], 100 * (double)count[0] / (double)all,
			     100 * low, 100 * high);
	}
}

/* print_faults lists what was said of the originals or of the others. */
static void print_faults(const char *what, const struct judged *j, size_t n, bool originals)
{
	(void)printf("\n%s (!: wrong)\n", what);
	for (size_t i = 0; i < n; i++) {
		int how = originals ? j[i].of_original : j[i].of_other;
		if (how)
			(void)printf("%s %s\t%s\n", how == 2 ? "!" : " ", j[i].line, j[i].remark);
	}
}

void places_judge(const char *key, const char *verdicts)
{
	struct judged *j = NULL;
	size_t n = read_key(key, &j), natural = 0, acceptable = 0, originals = 0,
	       original_wrong = 0;
	if (!n)
		places_fail("the key is empty", key);
	read_verdicts(verdicts, j, n);
	for (size_t i = 0; i < n; i++) {
		natural += !j[i].of_other;
		acceptable += j[i].of_other < 2;
		originals += !j[i].of_original;
		original_wrong += j[i].of_original < 2;
	}
	print_rate("substitutions fully natural", natural, n);
	print_rate("substitutions acceptable", acceptable, n);
	print_rate("for comparison, originals: fully natural", originals, n);
	print_rate("originals: acceptable", original_wrong, n);
	print_classes(j, n);
	print_faults("faulted substitutions", j, n, false);
	print_faults("faulted originals", j, n, true);
}
