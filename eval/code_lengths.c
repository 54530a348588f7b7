/* SPDX-License-Identifier: Apache-2.0 */
/* How many places it takes to catch one of a coalition. For each row of a table of coalitions, and
 * each way in which they may choose what to write, measures how often at least one member is named
 * at a family-wise level of 1e-6, at the goal's length and around it, until it is 95% of the
 * trials; beside the named strategies one that was searched for. Innocents named are counted.
 *
 * usage: code_lengths [--only ROW] [--trials N] [--seed S] [--svg FOLDER] [--quick]
 * exit 0; 1: an innocent was named, or the simulation disagrees with what can be computed; 2: it
 * could not run. --quick makes a tenth of the trials. --svg writes a chart for each row. */
#include "instrument.h"
#include "plot.h"
#include "sim.h"
#include "strategy_search.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Lengths lie STEPS either side of the goal; a chart has POINTS, from CHART_FROM % of it on. */
enum { STEPS = 5, LENGTHS = 2 * STEPS + 1, PATH_LEN = 512 };
/* Two more strategies than have names: searched by coalitions that do not know the biases, and by
 * those that were told. */
enum { SEARCHED = STRATEGY_NAMED, TOLD, STRATEGIES };
enum { POINTS = 6, CHART_FROM = 70, LEAST_TRIALS = 16, CLOSER = 4 };

#define LEVEL 1e-6
#define CATCH 0.95

/* struct row: so many members of so many readers against a code designed for design of them. trials
 * are made at the goal's length, half as many elsewhere, CLOSER times as many of the strategy that
 * seems to be the worst; a chart takes a quarter a point and ends at chart_to % of the goal, 0:
 * there is none. */
struct row {
	const char *name;
	uint32_t readers, members, design, wordings_max, goal, step, chart_to;
	size_t trials;
	const char *published;
};

static const struct row rows[] = {
	{"c1", 100, 1, 1, 2, 27, 1, 240, 2000, "the least possible: 27"},
	{"c1-design2", 100, 1, 2, 2, 27, 1, 240, 2000, ""},
	{"c2", 100, 2, 2, 2, 125, 10, 240, 600, ""},
	{"c3", 100, 3, 3, 2, 350, 25, 205, 120, ""},
	{"c4", 100, 4, 4, 2, 700, 50, 170, 80, ""},
	{"c5", 100, 5, 5, 2, 1150, 90, 135, 50, ""},
	{"c5-1000", 1000, 5, 5, 2, 1400, 110, 135, 30,
	 "52,500 (100 c^2 ln(n/level), Tardos' constants); 1,689 (symmetric score alone, "
	 "Gauss-Legendre biases)"},
	{"c2-mixed", 100, 2, 2, 3, 125, 10, 0, 120, ""},
	{"c3-mixed", 100, 3, 3, 3, 350, 25, 0, 40, ""},
	{"c5-mixed", 100, 5, 5, 3, 1150, 90, 0, 16, ""},
};

enum { ROWS = sizeof rows / sizeof *rows };

struct options {
	const char *only, *svg;
	uint64_t trials, seed;
	bool quick;
};

/* struct needed: places, or a bound: fewer or more than that were not tried. */
struct needed {
	double places;
	enum { EXACTLY, BELOW, ABOVE } how;
};

/* struct study: a row at work. at[s][i]: strategy s at length i; no trials yet: not measured. */
struct study {
	const struct row *row;
	struct coalition c;
	uint64_t seed;
	size_t trials, closer; /* closer: which strategy is looked at so; STRATEGIES: none yet */
	struct strategy strategy[STRATEGIES];
	struct tally at[STRATEGIES][LENGTHS];
	struct needed needed[STRATEGIES];
	size_t innocents; /* named, of judged, over all trials */
	uint64_t judged;
};

/* struct outcome: what is left of a row at the end; worst among the named strategies. */
struct outcome {
	enum strategy_kind worst;
	struct tally goal, searched;
	struct needed needed, searched_needed;
	size_t innocents;
	uint64_t judged;
};

static uint32_t length_at(const struct row *r, size_t i)
{
	return r->goal + (uint32_t)i * r->step - STEPS * r->step;
}

static double caught(const struct tally *t)
{
	return t->trials ? (double)t->caught / (double)t->trials : 0;
}

static void run(struct study *s, const struct coalition *c, uint64_t seed, size_t trials,
		struct tally *out)
{
	sim_must(coalition_run(c, seed, trials, out));
	s->innocents += out->innocents;
	s->judged += (uint64_t)(c->readers - c->members) * out->trials;
}

static size_t at_least(size_t n, size_t least)
{
	return n > least ? n : least;
}

/* measure fills at[k][i]. All strategies meet the same papers and copies. */
static const struct tally *measure(struct study *s, size_t k, size_t i)
{
	struct tally *t = &s->at[k][i];
	if (t->trials)
		return t;
	struct coalition c = s->c;
	c.strategy = &s->strategy[k];
	c.places = length_at(s->row, i);
	size_t trials = i == STEPS ? s->trials : at_least(s->trials / 2, LEAST_TRIALS);
	run(s, &c, s->seed, k == s->closer ? CLOSER * trials : trials, t);
	return t;
}

/* crossing returns where the line from one point to another has the height CATCH. */
static double crossing(double x0, double y0, double x1, double y1)
{
	return x0 + (CATCH - y0) / (y1 - y0) * (x1 - x0);
}

/* find_needed goes down from the goal while enough are caught, or up while they are not. Where
 * enough are caught at length number floor, nothing below is tried. Returns the number of the
 * length where too few were, 0 if there is none. */
static size_t find_needed(struct study *s, size_t k, size_t floor)
{
	size_t i = STEPS;
	if (caught(measure(s, k, i)) < CATCH)
		while (i < LENGTHS - 1 && caught(measure(s, k, i)) < CATCH)
			i++;
	else if (caught(measure(s, k, floor)) >= CATCH)
		i = floor;
	else
		while (i > floor && caught(measure(s, k, i - 1)) >= CATCH)
			i--;
	double here = caught(measure(s, k, i));
	s->needed[k] = (struct needed){length_at(s->row, i), here < CATCH ? ABOVE : BELOW};
	if (here < CATCH || i == floor)
		return here < CATCH ? LENGTHS - 1 : 0;
	s->needed[k].how = EXACTLY;
	s->needed[k].places = crossing(length_at(s->row, i - 1), caught(&s->at[k][i - 1]),
				       length_at(s->row, i), here);
	return i - 1;
}

static void print_needed(const struct needed *needed)
{
	printf(" %c%-5.0f", " <>"[needed->how], needed -> places);
}

static void print_caught(const struct tally *t)
{
	double low, high;
	sim_wilson(t->caught, t->trials, &low, &high);
	printf(" %5.1f%% [%5.1f, %5.1f]%% ", 100 * caught(t), 100 * fmax(0, low), 100 * high);
}

static void print_head(const struct study *s)
{
	const struct row *r = s->row;
	printf("\n## %s: %u readers, %u of them together, design %u, %s wordings, goal %u "
	       "places%s%s\n",
	       r->name, r->readers, r->members, r->design, r->wordings_max == 2 ? "2" : "2 and 3",
	       r->goal, *r->published ? "; published: " : "", r->published);
	printf("%-13s %6s %7s %-15s %7s %6s  %6s %6s %6s %6s %6s  %s\n", "strategy", "trials",
	       "caught", "  [95% limits]", "named", "-lg p", "single", "coal.", "pair", "triple",
	       "wrong", "95% needs");
}

static void print_tally(const struct study *s, const char *name, size_t k)
{
	const struct tally *t = &s->at[k][STEPS];
	double n = (double)t->trials;
	printf("%-13s %6zu", name, t->trials);
	print_caught(t);
	printf("%6.2f %6.1f  %6zu %6zu %6zu %6zu %6zu ", (double)t->members / n, t->digits / n,
	       t->stage[CODE_STAGE_SINGLE], t->stage[CODE_STAGE_COALITION],
	       t->stage[CODE_STAGE_PAIR], t->stage[CODE_STAGE_TRIPLE], t->innocents);
	print_needed(&s->needed[k]);
	printf("\n");
	(void)fflush(stdout);
}

/* has_strategy: one leaker has no choice, and to two all ties are one. */
static bool has_strategy(const struct row *r, size_t k)
{
	if (r->members == 1)
		return k == STRATEGY_INTERLEAVING;
	return r->members > 2 || r->wordings_max > 2 ||
	       (k != STRATEGY_MAJORITY && k != STRATEGY_MINORITY && k != STRATEGY_COIN);
}

/* by_danger writes the strategies of the row, those first whose members' p-values at the goal are
 * the largest, and returns how many there are. */
static size_t by_danger(struct study *s, size_t order[STRATEGY_NAMED])
{
	size_t n = 0;
	for (size_t k = 0; k < STRATEGY_NAMED; k++) {
		if (!has_strategy(s->row, k))
			continue;
		size_t at = n++;
		double digits = measure(s, k, STEPS)->digits;
		for (; at > 0 && s->at[order[at - 1]][STEPS].digits > digits; at--)
			order[at] = order[at - 1];
		order[at] = k;
	}
	return n;
}

/* study_named returns the strategy that needs the most places. */
static size_t study_named(struct study *s)
{
	size_t order[STRATEGY_NAMED], n = by_danger(s, order), worst = order[0], floor = 0;
	s->closer = worst;
	s->at[worst][STEPS] = (struct tally){0};
	for (size_t i = 0; i < n; i++) {
		size_t k = order[i], too_few = find_needed(s, k, floor);
		floor = too_few > floor ? too_few : floor;
		if (s->needed[k].how != BELOW && s->needed[k].places > s->needed[worst].places)
			worst = k;
	}
	for (size_t k = 0; k < STRATEGY_NAMED; k++)
		if (has_strategy(s->row, k))
			print_tally(s,
				    s->row->members == 1 ? "one leaker"
							 : strategy_name((enum strategy_kind)k),
				    k);
	return worst;
}

static void print_table(const struct study *s, const struct strategy_found *f, bool told)
{
	printf("#   danger %.2f; writes the first wording, by how many have it:\n", f->danger);
	for (uint32_t b = 0; b < (told ? s->c.nodes.n : 1); b++) {
		if (told)
			printf("#   bias %.3f:", s->c.nodes.p[b]);
		else
			printf("#   any bias:  ");
		for (uint32_t k = 0; k <= s->c.members; k++)
			printf(" %u: %.2f", k, f->strategy.first[b][k]);
		printf("\n");
	}
}

/* search tries the least dangerous strategies found on papers that only serve to choose one. */
static void search(struct study *s, bool told, struct strategy_found *out)
{
	enum { TRIED = 4 };
	struct strategy_found found[STRATEGY_FOUND_MAX];
	size_t found_n;
	double least = INFINITY;
	sim_must(strategy_search(&s->c, told, s->seed, found, &found_n));
	for (size_t i = 0; i < found_n && i < TRIED; i++) {
		struct coalition c = s->c;
		struct tally t;
		c.strategy = &found[i].strategy;
		run(s, &c, s->seed + (UINT64_C(1) << 32), at_least(s->trials / 3, LEAST_TRIALS),
		    &t);
		/* How sure the members' p-values are tells strategies apart that are all caught. */
		double rank = caught(&t) + t.digits / (double)t.trials / 1000;
		if (rank < least) {
			least = rank;
			*out = found[i];
		}
	}
}

static void study_searched(struct study *s)
{
	struct strategy_found f = {.danger = 0};
	search(s, false, &f);
	s->strategy[SEARCHED] = f.strategy;
	(void)find_needed(s, SEARCHED, 0);
	print_tally(s, "searched", SEARCHED);
	print_table(s, &f, false);
	if (s->c.nodes.n == 1)
		return;
	search(s, true, &f);
	s->strategy[TOLD] = f.strategy;
	bool enough = caught(measure(s, TOLD, STEPS)) >= CATCH;
	s->needed[TOLD] = (struct needed){s->row->goal, enough ? BELOW : ABOVE};
	print_tally(s, "told biases", TOLD);
	print_table(s, &f, true);
}

/* struct channel: what a line of a chart shows. */
struct channel {
	char name[64];
	double erased, wrong;
	uint32_t more; /* members beyond the row's */
};

static uint32_t chart_length(const struct row *r, size_t i)
{
	uint32_t percent = CHART_FROM + (uint32_t)i * (r->chart_to - CHART_FROM) / (POINTS - 1);
	return (r->goal * percent + 50) / 100;
}

/* draw_point measures one point of both panels. */
static void draw_point(struct study *s, const struct channel *ch, size_t worst, size_t i,
		       struct plot_line *catch, struct plot_line *named)
{
	struct coalition c = s->c;
	struct tally t;
	c.strategy = &s->strategy[worst];
	c.places = chart_length(s->row, i);
	c.erased = ch->erased;
	c.wrong = ch->wrong;
	c.members += ch->more;
	run(s, &c, s->seed, at_least(s->trials / 4, LEAST_TRIALS), &t);
	size_t n = catch->n++;
	named->n++;
	catch->x[n] = named->x[n] = c.places;
	catch->y[n] = caught(&t);
	sim_wilson(t.caught, t.trials, &catch->low[n], &catch->high[n]);
	named->y[n] = (double)t.members / (double)t.trials;
}

static void print_line(const struct channel *ch, const struct plot_line *catch,
		       const struct plot_line *named)
{
	printf("# %-40s", ch->name);
	for (size_t i = 0; i < catch->n; i++)
		printf(" %.0f: %.0f%% %.1f;", catch->x[i], 100 * catch->y[i], named->y[i]);
	printf("\n");
	(void)fflush(stdout);
}

/* chart_init: title has room for TITLE_LEN. */
enum { TITLE_LEN = 200 };
static void chart_init(const struct study *s, size_t worst, char *title, struct plot *out)
{
	const struct row *r = s->row;
	*out = (struct plot){.title = title, .x_axis = "places", .panels_n = 2};
	out->panel[0] = (struct plot_panel){.y_axis = "probability to catch at least one",
					    .y_max = 1,
					    .mark_x = r->goal,
					    .mark_y = CATCH};
	out->panel[1] = (struct plot_panel){
		.y_axis = "members named, mean", .y_max = r->members + 2, .mark_x = r->goal};
	(void)snprintf(title, TITLE_LEN,
		       "%s: %u of %u readers together, design %u, writing %s; level %.0e. Dotted: "
		       "the goal; bars: 95%% limits",
		       r->name, r->members, r->readers, r->design,
		       r->members == 1 ? "what they have"
				       : strategy_name((enum strategy_kind)worst),
		       LEVEL);
}

/* draw_chart measures the worst strategy, also where the coalition is larger than the design, and
 * draws that if there is a folder. */
static bool draw_chart(struct study *s, size_t worst, const char *folder)
{
	struct channel ch[] = {{"as designed", 0, 0, 0},
			       {"10% not read, 5% read wrongly", 0.1, 0.05, 0},
			       {"", 0, 0, 1},
			       {"", 0, 0, 2}};
	static struct plot p;
	char title[TITLE_LEN], path[PATH_LEN];
	chart_init(s, worst, title, &p);
	p.lines_n = sizeof ch / sizeof *ch;
	printf("# chart; places: caught, members named\n");
	for (size_t l = 0; l < p.lines_n; l++) {
		struct plot_line *catch = &p.panel[0].line[l], *named = &p.panel[1].line[l];
		if (ch[l].more)
			(void)snprintf(ch[l].name, sizeof ch[l].name, "%u together",
				       s->row->members + ch[l].more);
		for (size_t i = 0; i < POINTS; i++)
			draw_point(s, &ch[l], worst, i, catch, named);
		catch->name = named->name = ch[l].name;
		print_line(&ch[l], catch, named);
	}
	if (!folder)
		return true;
	(void)snprintf(path, sizeof path, "%s/code_lengths_%s.svg", folder, s->row->name);
	return plot_write(&p, path);
}

static void study_init(const struct row *r, const struct options *o, struct study *s)
{
	*s = (struct study){.row = r, .seed = o->seed, .trials = r->trials, .closer = STRATEGIES};
	if (o->quick)
		s->trials = at_least(r->trials / 10, LEAST_TRIALS);
	if (o->trials)
		s->trials = o->trials;
	s->c = (struct coalition){.design = r->design,
				  .members = r->members,
				  .readers = r->readers,
				  .places = r->goal,
				  .wordings_max = r->wordings_max,
				  .level = LEVEL};
	sim_must(nodes_of_design(r->design, &s->c.nodes));
	for (size_t k = 0; k < STRATEGY_NAMED; k++)
		s->strategy[k].kind = (enum strategy_kind)k;
}

static bool study_row(const struct row *r, const struct options *o, struct outcome *out)
{
	static struct study s;
	study_init(r, o, &s);
	print_head(&s);
	size_t worst = study_named(&s);
	if (r->members > 1 && r->wordings_max == 2)
		study_searched(&s);
	bool good = !r->chart_to || draw_chart(&s, worst, o->svg);
	*out = (struct outcome){.worst = (enum strategy_kind)worst,
				.goal = s.at[worst][STEPS],
				.searched = s.at[SEARCHED][STEPS],
				.needed = s.needed[worst],
				.searched_needed = s.needed[SEARCHED],
				.innocents = s.innocents,
				.judged = s.judged};
	return good;
}

static void print_outcome(const struct row *r, const struct outcome *x)
{
	printf("%-11s %7u %7u %6u ", r->name, r->readers, r->members, r->goal);
	print_needed(&x->needed);
	bool met = x->needed.how != ABOVE && x->needed.places <= r->goal;
	printf("%5.2f  %-6s", x->needed.places / r->goal, met ? "met" : "MISSED");
	print_caught(&x->goal);
	printf(" %4zu/%-8llu %-12s", x->innocents, (unsigned long long)x->judged,
	       r->members == 1 ? "" : strategy_name(x->worst));
	if (x->searched.trials) {
		print_needed(&x->searched_needed);
		print_caught(&x->searched);
	}
	printf("\n");
}

/* binomial_at_least returns P(X >= k), X binomial (n, p). */
static double binomial_at_least(uint32_t k, uint32_t n, double p)
{
	double sum = 0;
	for (uint32_t j = k; j <= n; j++)
		sum += exp(lgamma(n + 1.0) - lgamma(j + 1.0) - lgamma(n - j + 1.0) + j * log(p) +
			   (n - j) * log1p(-p));
	return sum;
}

/* check_one compares a single leaker under design 1 with what must come out: 27 readable places are
 * enough, 26 are not. */
static bool check_one(uint64_t seed, uint32_t places, double erased)
{
	enum { TRIALS = 4000 };
	const double SIGMAS = 4.5; /* once in 150,000 runs */
	const struct strategy s = {.kind = STRATEGY_INTERLEAVING};
	struct coalition c = {.design = 1,
			      .members = 1,
			      .readers = 100,
			      .places = places,
			      .wordings_max = 2,
			      .erased = erased,
			      .level = LEVEL,
			      .strategy = &s};
	struct tally t;
	sim_must(nodes_of_design(1, &c.nodes));
	sim_must(coalition_run(&c, seed, TRIALS, &t));
	double want = erased > 0 ? binomial_at_least(27, places, 1 - erased) : places >= 27;
	bool good = fabs(caught(&t) - want) <= SIGMAS * sqrt(want * (1 - want) / TRIALS) &&
		    !t.innocents;
	printf("# check, one leaker, %u places, %.0f%% not read: caught %.2f%%, computed %.2f%%: "
	       "%s\n",
	       places, 100 * erased, 100 * caught(&t), 100 * want, good ? "ok" : "WRONG");
	return good;
}

static bool check(uint64_t seed)
{
	bool good = check_one(seed, 26, 0);
	good &= check_one(seed, 27, 0);
	good &= check_one(seed, 30, 0.1);
	return check_one(seed, 33, 0.1) && good;
}

static bool parse(int argc, char **argv, struct options *o)
{
	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";
		if (!strcmp(argv[i], "--quick")) {
			o->quick = true;
			continue;
		}
		i++;
		if (!strcmp(argv[i - 1], "--only") && *value)
			o->only = value;
		else if (!strcmp(argv[i - 1], "--svg") && *value)
			o->svg = value;
		else if (!strcmp(argv[i - 1], "--trials") && instrument_number(value, &o->trials))
			continue;
		else if (!strcmp(argv[i - 1], "--seed") && instrument_number(value, &o->seed))
			continue;
		else
			return false;
	}
	return true;
}

static bool chosen(const struct options *o, const struct row *r)
{
	return !o->only || !strcmp(o->only, r->name);
}

static bool any_chosen(const struct options *o)
{
	for (size_t i = 0; i < ROWS; i++)
		if (chosen(o, &rows[i]))
			return true;
	return false;
}

static int run_all(const struct options *o)
{
	struct outcome x[ROWS];
	size_t innocents = 0;
	bool good = check(o->seed);
	for (size_t i = 0; i < ROWS; i++) {
		if (!chosen(o, &rows[i]))
			continue;
		if (!study_row(&rows[i], o, &x[i])) {
			(void)fputs("code_lengths: cannot write a chart\n", stderr);
			return 2;
		}
		innocents += x[i].innocents;
	}
	printf("\n## Places for 95%%, worst of the named strategies, and the searched one\n");
	printf("%-11s %7s %7s %6s %7s %5s  %-6s %6s %-15s  %-13s %-12s %8s %7s\n", "row", "readers",
	       "members", "goal", "places", "ratio", "", "goal:", "[95% limits]", "innocents",
	       "worst", "searched", "goal:");
	for (size_t i = 0; i < ROWS; i++)
		if (chosen(o, &rows[i]))
			print_outcome(&rows[i], &x[i]);
	return good && !innocents ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct options o = {.seed = 20261125};
	if (!parse(argc, argv, &o) || !any_chosen(&o)) {
		(void)fputs("usage: code_lengths [--only ROW] [--trials N] [--seed S] "
			    "[--svg FOLDER] [--quick]\n",
			    stderr);
		return 2;
	}
	if (sr_bad(crypto_init()))
		return 2;
	printf("# level %.0e, seed %llu; named: members a trial; -lg p: of the surest member, "
	       "mean; "
	       "single, coal.,\n# pair, triple: what he was named by; wrong: innocents named; "
	       "95%% needs: places, interpolated\n",
	       LEVEL, (unsigned long long)o.seed);
	return run_all(&o);
}
