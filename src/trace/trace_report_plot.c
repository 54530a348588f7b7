/* SPDX-License-Identifier: Apache-2.0 */
#include "trace_report_part.h"

#include <math.h>
#include <string.h>

/* The plot is made for the narrowest screen: 400 units wide. Few readers are dots that pile up,
 * many are bars. */
enum {
	WIDTH = 400,
	LEFT = 12,
	RIGHT = 388,
	DOT = 9, /* width of a column of dots */
	BAR = 31,
	COLUMNS_MAX = (RIGHT - LEFT) / DOT + 1,
	PILE_MAX = 16, /* dots in a column */
	BARS_HIGH = 110,
	LABEL_HIGH = 14,
	LABELS_MAX = 3, /* readers with a name in the plot */
	LABEL_BYTES = 28,
	TICKS_MAX = 5,
};

struct plot {
	const struct report_section *s;
	struct build *out;
	double bound, x_max; /* powers of ten below 1 */
	bool dots;
	double column;              /* width of a column */
	uint32_t columns_below;     /* columns below the bound */
	uint32_t pile[COLUMNS_MAX]; /* readers in each column, without the named ones if bars */
	uint32_t pile_max;
	size_t labels_n;
	double base; /* y of the axis */
};

static double power_of(const struct trace_standing *st)
{
	return -log10(st->p_alone);
}

static double x_at(const struct plot *p, double power)
{
	double part = power < p->x_max ? power / p->x_max : 1;
	return LEFT + (RIGHT - LEFT) * part;
}

/* column_of keeps the columns of those who are named apart from the others': the bound stands
 * between two columns. */
static uint32_t column_of(const struct plot *p, const struct trace_standing *st)
{
	uint32_t c = (uint32_t)((x_at(p, power_of(st)) - LEFT) / p->column);
	if (st->named)
		return c > p->columns_below ? c : p->columns_below;
	return c < p->columns_below ? c : p->columns_below - 1;
}

static void count_piles(struct plot *p, bool dots)
{
	const struct trace_verdict *v = p->s->v;
	double below = x_at(p, p->bound) - LEFT;
	p->dots = dots;
	double least = dots ? DOT : BAR;
	p->columns_below = (uint32_t)fmax(1, floor(below / least));
	p->column = fmax(least, below / p->columns_below);
	p->pile_max = 0;
	memset(p->pile, 0, sizeof p->pile);
	for (size_t i = 0; i < v->ranking_n; i++) {
		if (!dots && v->ranking[i].named)
			continue;
		uint32_t n = ++p->pile[column_of(p, &v->ranking[i])];
		p->pile_max = n > p->pile_max ? n : p->pile_max;
	}
}

/* scale settles the axis: the bound lies in the right half or, where somebody is far beyond it, in
 * the middle; who is farther out stands at the edge. */
static void scale(struct plot *p)
{
	const struct trace_verdict *v = p->s->v;
	double n = v->tested_n ? (double)v->tested_n : 1;
	p->bound = -log10(-expm1(log1p(-v->max_false) / n));
	double best = v->ranking_n ? power_of(&v->ranking[0]) : 0;
	p->x_max = fmax(1.4 * p->bound, fmin(1.05 * best, 2 * p->bound));
	p->x_max = fmax(p->x_max, 1);
	count_piles(p, true);
	if (p->pile_max > PILE_MAX)
		count_piles(p, false);
	p->labels_n = v->named_n < LABELS_MAX ? v->named_n : LABELS_MAX;
	double high = p->dots ? (double)p->pile_max * DOT : BARS_HIGH + LABEL_HIGH;
	p->base = LABEL_HIGH * (2.8 + (double)p->labels_n) + fmax(high, 4 * DOT);
}

/* power_words writes 1 in 10 to the power, with raised digits (there is no markup in a plot). */
static void power_words(struct build *out, unsigned power)
{
	static const char *const raised[] = {
		"\xe2\x81\xb0", "\xc2\xb9",     "\xc2\xb2",     "\xc2\xb3",     "\xe2\x81\xb4",
		"\xe2\x81\xb5", "\xe2\x81\xb6", "\xe2\x81\xb7", "\xe2\x81\xb8", "\xe2\x81\xb9"};
	static const char *const plain[] = {"1", "10", "100", "1,000", "10,000"};
	if (power < sizeof plain / sizeof *plain) {
		build_fmt(out, "1 in %s", plain[power]);
		return;
	}
	build_str(out, "1 in 10");
	if (power >= 100)
		build_str(out, raised[power / 100 % 10]);
	if (power >= 10)
		build_str(out, raised[power / 10 % 10]);
	build_str(out, raised[power % 10]);
}

static void axis(struct plot *p)
{
	static const unsigned steps[] = {1, 2, 3, 6, 12, 24, 48, 96, 192};
	size_t k = 0;
	while (k + 1 < sizeof steps / sizeof *steps && p->x_max / steps[k] >= TICKS_MAX)
		k++;
	build_fmt(p->out, "<line class=\"axis\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>\n",
		  LEFT, RIGHT, p->base, p->base);
	for (unsigned at = 0; at <= p->x_max; at += steps[k]) {
		double x = x_at(p, at);
		const char *anchor = x < LEFT + 20 ? "start" : x > RIGHT - 25 ? "end" : "middle";
		build_fmt(p->out,
			  "<line class=\"axis\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" "
			  "y2=\"%.1f\"/>\n<text class=\"faint\" x=\"%.1f\" y=\"%.1f\" "
			  "text-anchor=\"%s\">",
			  x, x, p->base, p->base + 4, x, p->base + 16, anchor);
		power_words(p->out, at);
		build_str(p->out, "</text>\n");
	}
	build_fmt(p->out,
		  "<text class=\"faint\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">chance that an "
		  "uninvolved copy fits as well \xe2\x86\x92</text>\n",
		  RIGHT, p->base + 32);
}

static void bound_line(struct plot *p)
{
	double x = x_at(p, p->bound);
	bool left = x > RIGHT - 130;
	build_fmt(p->out,
		  "<line class=\"bound\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%.1f\"/>\n"
		  "<text class=\"bound-name\" x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">%s</text>\n",
		  x, x, 4, p->base, left ? x - 5 : x + 5, LABEL_HIGH, left ? "end" : "start",
		  "named from here on \xe2\x86\x92");
}

static void diamond(struct plot *p, double x, double y)
{
	build_fmt(p->out, "<path class=\"who\" d=\"M%.1f %.1fl6 6l-6 6l-6 -6z\"/>\n", x, y - 6);
}

static void label(struct plot *p, const struct trace_standing *st, double x, double y, size_t row)
{
	double power = power_of(st), at = LABEL_HIGH * (2.4 + (double)row);
	bool right = x > WIDTH / 2.0;
	build_fmt(p->out,
		  "<line class=\"axis faint\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" "
		  "stroke-width=\"0.5\"/>\n<text class=\"who-name\" x=\"%.1f\" y=\"%.1f\" "
		  "text-anchor=\"%s\">",
		  x, x, at + 3, y - 8, right ? x + 6 : x - 6, at, right ? "end" : "start");
	struct slice name = st->reader->name;
	web_text(p->out, name.len && name.len <= LABEL_BYTES ? name : st->reader->id, LABEL_BYTES);
	if (power > p->x_max) {
		build_str(p->out, ": ");
		power_words(p->out, (unsigned)floor(power));
		build_str(p->out, " \xe2\x86\x92");
	}
	build_str(p->out, "</text>\n");
}

static void draw_named(struct plot *p, const struct trace_standing *st, double x, double y,
		       size_t *labelled)
{
	if (*labelled < LABELS_MAX)
		label(p, st, x, y, (*labelled)++);
	diamond(p, x, y);
}

static void draw_dots(struct plot *p)
{
	const struct trace_verdict *v = p->s->v;
	uint32_t height[COLUMNS_MAX] = {0};
	size_t labelled = 0;
	for (size_t i = 0; i < v->ranking_n; i++) {
		const struct trace_standing *st = &v->ranking[i];
		uint32_t c = column_of(p, st);
		double x = LEFT + (c + 0.5) * p->column;
		double y = p->base - 2 - (height[c]++ + 0.5) * DOT;
		if (st->named)
			draw_named(p, st, x < RIGHT ? x : RIGHT, y, &labelled);
		else
			build_fmt(p->out,
				  "<circle class=\"dot%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"3.3\"/>\n",
				  st->consistent ? "" : " out", x, y);
	}
}

static void draw_bars(struct plot *p)
{
	const struct trace_verdict *v = p->s->v;
	size_t labelled = 0, drawn = 0;
	for (uint32_t c = 0; c < COLUMNS_MAX; c++) {
		if (!p->pile[c])
			continue;
		double high = BARS_HIGH * log1p(p->pile[c]) / log1p(p->pile_max);
		double x = LEFT + c * p->column + 1, wide = fmin(p->column - 2, RIGHT - x);
		build_fmt(p->out,
			  "<rect class=\"bar\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
			  "height=\"%.1f\"/>\n<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">",
			  x, p->base - high, fmax(wide, 2), high, x + wide / 2, p->base - high - 3);
		web_count(p->out, p->pile[c]);
		build_str(p->out, "</text>\n");
	}
	for (size_t i = 0; i < v->ranking_n && drawn < REPORT_NAMED; i++) {
		if (!v->ranking[i].named)
			continue;
		draw_named(p, &v->ranking[i], x_at(p, power_of(&v->ranking[i])), p->base - 8,
			   &labelled);
		drawn++;
	}
}

/* in_words is the plot for those who do not see it. */
static void in_words(struct plot *p)
{
	const struct trace_verdict *v = p->s->v;
	build_fmt(p->out,
		  "<title id=\"paper-%zu-plot-title\">How well each copy fits the leak</title>\n"
		  "<desc id=\"paper-%zu-plot-words\">",
		  p->s->number, p->s->number);
	web_count(p->out, v->ranking_n);
	build_fmt(p->out, " reader%s: ", web_s(v->ranking_n));
	web_count(p->out, v->named_n);
	build_fmt(p->out, " beyond the bound from which on a reader is named, ");
	web_count(p->out, v->ranking_n - v->named_n);
	build_str(p->out, " below it. The best ones stand in the table that follows.</desc>\n");
}

static void caption(struct plot *p)
{
	const struct trace_verdict *v = p->s->v;
	build_str(p->out, "<figcaption>Farther right: a better fit, harder to come by chance. "
			  "Dashed: the bound, for one copy ");
	web_chance(p->out, v->tested_n ? v->max_false / (double)v->tested_n : v->max_false);
	build_str(p->out, ", so that all readers together stay below ");
	web_chance(p->out, v->max_false);
	build_str(p->out, ". ");
	if (p->dots)
		build_str(p->out, "\xe2\x97\x86 named, \xe2\x97\x8f consistent with the leak, "
				  "\xe2\x97\x8b excluded.");
	else
		build_str(p->out, "\xe2\x97\x86 named; bars: how many others, by the numbers on "
				  "them (their heights grow with the logarithm).");
	build_str(p->out, "</figcaption>\n</figure>\n");
}

void report_plot(const struct report_section *s)
{
	struct plot p = {.s = s, .out = s->out};
	scale(&p);
	build_fmt(s->out,
		  "<h3>How well each copy fits</h3>\n<figure class=\"plot-figure\">\n"
		  "<svg class=\"plot\" viewBox=\"0 0 %d %.0f\" role=\"img\" "
		  "aria-labelledby=\"paper-%zu-plot-title paper-%zu-plot-words\">\n",
		  WIDTH, p.base + 40, s->number, s->number);
	in_words(&p);
	bound_line(&p);
	if (p.dots)
		draw_dots(&p);
	else
		draw_bars(&p);
	axis(&p);
	build_str(s->out, "</svg>\n");
	caption(&p);
}
