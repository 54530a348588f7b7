/* SPDX-License-Identifier: Apache-2.0 */
#include "plot.h"

#include <math.h>
#include <stdio.h>

enum { WIDTH = 420, HEIGHT = 280, LEFT = 76, TOP = 48, BELOW = 56, GAP = 28, LEGEND = 24 };

/* Colours that are told apart on white and on near black, and by who does not see red or green;
 * dashes tell them apart in print. */
static const char style[] =
	"<style>\n"
	"svg{background:#fff;color:#222;font:13px sans-serif}\n"
	"text{fill:currentColor}.axis{stroke:currentColor;fill:none}\n"
	".grid{stroke:currentColor;opacity:.15}.mark{stroke:currentColor;stroke-dasharray:2 4}\n"
	".l{fill:none;stroke-width:2}.b{stroke-width:1}\n"
	".c0{stroke:#0072b2}.c1{stroke:#d55e00}.c2{stroke:#009e73}.c3{stroke:#cc79a7}\n"
	".c4{stroke:#b8860b}.c5{stroke:#7a7a7a}\n"
	".l.c1{stroke-dasharray:8 3}.l.c2{stroke-dasharray:3 3}.l.c3{stroke-dasharray:10 3 2 3}\n"
	".l.c4{stroke-dasharray:1 4}\n"
	"@media(prefers-color-scheme:dark){svg{background:#181a1b;color:#ddd}\n"
	".c0{stroke:#56b4e9}.c1{stroke:#ff8c3a}.c2{stroke:#2fd3a3}.c3{stroke:#e8a5cb}\n"
	".c4{stroke:#e5c04b}}\n"
	"</style>\n";

/* struct frame: where a panel lies, and which values its corners have. */
struct frame {
	double left, top, x_min, x_max, y_max;
};

static double at_x(const struct frame *f, double x)
{
	return f->left + (x - f->x_min) / (f->x_max - f->x_min) * WIDTH;
}

static double at_y(const struct frame *f, double y)
{
	return f->top + HEIGHT - fmin(1, fmax(0, y / f->y_max)) * HEIGHT;
}

/* round_step returns 1, 2 or 5 times a power of ten: at most n of them make range. */
static double round_step(double range, int n)
{
	double ten = pow(10, floor(log10(range / n)));
	double rest = range / n / ten;
	return ten * (rest <= 1 ? 1 : rest <= 2 ? 2 : rest <= 5 ? 5 : 10);
}

static void limits(const struct plot *p, const struct plot_panel *panel, struct frame *f)
{
	f->x_min = INFINITY;
	f->x_max = -INFINITY;
	f->y_max = panel->y_max;
	for (size_t l = 0; l < p->lines_n; l++)
		for (size_t i = 0; i < panel->line[l].n; i++) {
			f->x_min = fmin(f->x_min, panel->line[l].x[i]);
			f->x_max = fmax(f->x_max, panel->line[l].x[i]);
		}
	double step = round_step(fmax(1, f->x_max - f->x_min), 6);
	f->x_min = floor(f->x_min / step) * step;
	f->x_max = fmax(f->x_min + step, ceil(f->x_max / step) * step);
}

static void draw_axes(FILE *out, const struct frame *f)
{
	double step = round_step(f->x_max - f->x_min, 6);
	for (double x = f->x_min; x <= f->x_max + step / 2; x += step) {
		fprintf(out, "<path class=\"grid\" d=\"M%.1f %.1fv%d\"/>\n", at_x(f, x), f->top,
			HEIGHT);
		fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%.0f</text>\n",
			at_x(f, x), f->top + HEIGHT + 18, x);
	}
	step = round_step(f->y_max, 6);
	for (double y = 0; y <= f->y_max + step / 2; y += step) {
		fprintf(out, "<path class=\"grid\" d=\"M%.1f %.1fh%d\"/>\n", f->left, at_y(f, y),
			WIDTH);
		fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%g</text>\n",
			f->left - 6, at_y(f, y) + 4, y);
	}
	fprintf(out, "<path class=\"axis\" d=\"M%.1f %.1fv%dh%d\"/>\n", f->left, f->top, HEIGHT,
		WIDTH);
}

static void draw_line(FILE *out, const struct frame *f, const struct plot_line *l, size_t number)
{
	fprintf(out, "<path class=\"l c%zu\" d=\"", number);
	for (size_t i = 0; i < l->n; i++)
		fprintf(out, "%s%.1f %.1f", i ? "L" : "M", at_x(f, l->x[i]), at_y(f, l->y[i]));
	fprintf(out, "\"/>\n");
	for (size_t i = 0; i < l->n; i++)
		if (l->high[i] > l->low[i])
			fprintf(out, "<path class=\"b c%zu\" d=\"M%.1f %.1fV%.1f\"/>\n", number,
				at_x(f, l->x[i]), at_y(f, l->low[i]), at_y(f, l->high[i]));
}

static void draw_panel(FILE *out, const struct plot *p, const struct plot_panel *panel, double left)
{
	struct frame f = {.left = left, .top = TOP};
	limits(p, panel, &f);
	draw_axes(out, &f);
	if (panel->mark_x >= f.x_min && panel->mark_x <= f.x_max && panel->mark_x > 0)
		fprintf(out, "<path class=\"mark\" d=\"M%.1f %.1fv%d\"/>\n",
			at_x(&f, panel->mark_x), f.top, HEIGHT);
	if (panel->mark_y > 0)
		fprintf(out, "<path class=\"mark\" d=\"M%.1f %.1fh%d\"/>\n", left,
			at_y(&f, panel->mark_y), WIDTH);
	for (size_t l = 0; l < p->lines_n; l++)
		draw_line(out, &f, &panel->line[l], l);
	fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%s</text>\n",
		left + WIDTH / 2.0, f.top + HEIGHT + 40, p->x_axis);
	fprintf(out,
		"<text transform=\"translate(%.1f %.1f)rotate(-90)\" "
		"text-anchor=\"middle\">%s</text>\n",
		left - 42, f.top + HEIGHT / 2.0, panel->y_axis);
}

static void draw(FILE *out, const struct plot *p)
{
	size_t width = p->panels_n * (LEFT + WIDTH) + GAP, legend = TOP + HEIGHT + BELOW;
	size_t height = legend + p->lines_n * LEGEND + GAP / 2;
	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %zu %zu\" width=\"%zu\" "
		"height=\"%zu\" role=\"img\" aria-label=\"%s\">\n",
		width, height, width, height, p->title);
	fputs(style, out);
	fprintf(out, "<text x=\"%d\" y=\"26\" font-size=\"16\">%s</text>\n", LEFT, p->title);
	for (size_t i = 0; i < p->panels_n; i++)
		draw_panel(out, p, &p->panel[i], (double)(LEFT + i * (LEFT + WIDTH)));
	for (size_t l = 0; l < p->lines_n; l++) {
		size_t y = legend + l * LEGEND + LEGEND / 2;
		fprintf(out, "<path class=\"l c%zu\" d=\"M%d %zuh48\"/>\n", l, LEFT, y);
		fprintf(out, "<text x=\"%d\" y=\"%zu\">%s</text>\n", LEFT + 58, y + 4,
			p->panel[0].line[l].name);
	}
	fputs("</svg>\n", out);
}

bool plot_write(const struct plot *p, const char *path)
{
	FILE *out = fopen(path, "w");
	if (!out)
		return false;
	draw(out, p);
	bool good = !ferror(out);
	return fclose(out) == 0 && good;
}
