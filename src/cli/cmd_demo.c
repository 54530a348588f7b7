/* SPDX-License-Identifier: Apache-2.0 */
/* The main job, start to end, on an original paper: copies for 24 readers in four houses; then four
 * articles, and the verdict on the first in the hands of the other side. What the articles quote is
 * cut out of one reader's real copy (data/demo/quotes.txt). */
#include "cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { QUOTES_MAX = 9, PATH_LEN = 4096 };

static const char leaker[] = "r07";

/* One passage of the copy and what its journalist does to it. NULL: not that. */
struct quote {
	char *from, *to;
	char *cut_from, *cut_to;
	char *change, *into;
};

struct demo {
	char dir[PATH_LEN], copies[PATH_LEN], ledger[PATH_LEN];
	char verdict[PATH_LEN], report[PATH_LEN];
	char *copy; /* the leaker's, its white space folded */
	struct quote quotes[QUOTES_MAX + 1];
};

/* The demo has nobody to hand an error to: it says what is wrong and leaves. */
static _Noreturn void give_up(const char *what, const char *why)
{
	(void)fprintf(stderr, "subrosa demo: error: %s: %s\n", what, why);
	exit(CLI_ERROR);
}

static void *have(void *p)
{
	if (!p)
		give_up("memory", "there is not enough of it");
	return p;
}

static void path_in(char *out, const char *dir, const char *name)
{
	int n = snprintf(out, PATH_LEN, "%s/%s", dir, name);
	if (n < 0 || n >= PATH_LEN)
		give_up(dir, "the path is too long");
}

static void data_path(char *out, const char *name)
{
	struct sr_err e = sr_data_path(name, out, PATH_LEN);
	if (e.code != SR_OK)
		give_up(name,
			"the demo's data cannot be found; set SUBROSA_DATA to the data folder");
}

static char *read_file(const char *path)
{
	FILE *f = fopen(path, "r");
	if (!f)
		give_up(path, strerror(errno));
	char *text = NULL;
	size_t cap = 0;
	ssize_t n = getdelim(&text, &cap, 0, f);
	if (n < 0 || fclose(f) != 0)
		give_up(path, "it cannot be read, or is empty");
	return text;
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");
	if (!f || fputs(text, f) < 0 || fclose(f) != 0)
		give_up(path, strerror(errno));
}

/* fold_space makes every run of white space one blank, in place. */
static char *fold_space(char *text)
{
	char *to = text;
	for (const char *p = text; *p; p++) {
		bool space = *p == ' ' || *p == '\n' || *p == '\t' || *p == '\r';
		if (!space)
			*to++ = *p;
		else if (to > text && to[-1] != ' ')
			*to++ = ' ';
	}
	*to = 0;
	return text;
}

/* A line "KEY LEFT SEPARATOR RIGHT" of quotes.txt; right may be absent. */
static void split(const char *line, const char *key, const char *separator, char **left,
		  char **right)
{
	size_t n = strlen(key);
	if (strncmp(line, key, n) != 0 || line[n] != ' ')
		return;
	const char *rest = line + n + 1;
	const char *mid = right ? strstr(rest, separator) : NULL;
	if (!mid) {
		*left = have(strdup(rest));
		return;
	}
	*left = have(strndup(rest, (size_t)(mid - rest)));
	*right = have(strdup(mid + strlen(separator)));
}

static void read_quotes(struct demo *d)
{
	char path[PATH_LEN];
	data_path(path, "demo/quotes.txt");
	char *text = read_file(path), *rest = text, *line;
	struct quote *q = &d->quotes[0];
	while ((line = strsep(&rest, "\n"))) {
		if (strncmp(line, "quote ", 6) == 0 && line[6] > '0' && line[6] <= '9')
			q = &d->quotes[line[6] - '0'];
		split(line, "from", "", &q->from, NULL);
		split(line, "to", "", &q->to, NULL);
		split(line, "cut", " ... ", &q->cut_from, &q->cut_to);
		split(line, "change", " -> ", &q->change, &q->into);
	}
	free(text);
}

/* replace returns text with the bytes [from, to) replaced; it frees text. */
static char *replace(char *text, const char *from, const char *to, const char *by)
{
	char *out;
	if (asprintf(&out, "%.*s%s%s", (int)(from - text), text, by, to) < 0)
		have(NULL);
	free(text);
	return out;
}

static const char *find(const char *text, const char *words)
{
	const char *p = strstr(text, words);
	if (!p)
		give_up("demo/quotes.txt", "a passage does not stand in the copy");
	return p;
}

/* quotation cuts a passage out of the copy and edits it as the journalist did. */
static char *quotation(const struct demo *d, const struct quote *q)
{
	const char *from = find(d->copy, q->from);
	const char *to = find(from, q->to) + strlen(q->to);
	char *text = have(strndup(from, (size_t)(to - from)));
	if (q->cut_from) {
		const char *cut = find(text, q->cut_from);
		text = replace(text, cut, find(cut, q->cut_to) + strlen(q->cut_to), "\u2026");
	}
	if (q->change) {
		const char *change = find(text, q->change);
		text = replace(text, change, change + strlen(q->change), q->into);
	}
	return text;
}

/* make_article fills the markers {{QUOTE N}} of a frame and writes it into the demo's folder. */
static void make_article(const struct demo *d, const char *name, char *path)
{
	char source[PATH_LEN], key[32], data[64];
	(void)snprintf(data, sizeof data, "demo/%s", name);
	data_path(source, data);
	char *text = read_file(source);
	for (int i = 1; i <= QUOTES_MAX; i++) {
		(void)snprintf(key, sizeof key, "{{QUOTE %d}}", i);
		const char *mark = strstr(text, key);
		if (!mark || !d->quotes[i].from)
			continue;
		char *quote = quotation(d, &d->quotes[i]);
		text = replace(text, mark, mark + strlen(key), quote);
		free(quote);
	}
	path_in(path, d->dir, name);
	write_file(path, text);
	free(text);
}

static void say(const char *title, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void say(const char *title, const char *fmt, ...)
{
	va_list ap;
	(void)printf("\n== %s\n", title);
	va_start(ap, fmt);
	(void)vprintf(fmt, ap);
	va_end(ap);
	(void)printf("\n\n");
}

/* make_copies marks the demo's paper with a ledger that is not there yet. */
static struct sr_mark_result make_copies(const char *copies, const char *ledger)
{
	char paper[PATH_LEN], readers[PATH_LEN];
	data_path(paper, "demo/paper.md");
	data_path(readers, "demo/readers.csv");
	struct sr_mark_options o = {.paper = paper,
				    .readers = readers,
				    .out_dir = copies,
				    .ledger = ledger,
				    .find.no_auto = true,
				    .page.wanted = true,
				    .sink = cli_sink()};
	struct sr_bytes report;
	struct sr_mark_result r;
	struct sr_err e = sr_mark(&o, &report, &r);
	if (e.code != SR_OK)
		exit(cli_fail(e));
	sr_bytes_free(&report);
	return r;
}

static void mark(struct demo *d)
{
	char copy[PATH_LEN], name[64];
	say("1. A confidential paper, 24 readers, one copy each",
	    "$ subrosa mark paper.md --readers readers.csv --out copies --ledger paper.ledger \\\n"
	    "      --layers words,layout --no-auto     # the author approved every alternative");
	struct sr_mark_result r = make_copies(d->copies, d->ledger);
	(void)printf(
		"%zu copies, %zu places, %.1f bits; as PDFs, too, on which %zu words are marked "
		"by where they stand.\nBefore a copy leaves, the other side is given "
		"paper.ledger.commitment, which tells it nothing yet.\n",
		r.copies, r.places, r.bits, r.marks);
	(void)snprintf(name, sizeof name, "%s.md", leaker);
	path_in(copy, d->copies, name);
	d->copy = fold_space(read_file(copy));
}

/* try_trace shows the verdict on one article, if there is one; *named tells whether somebody is
 * named. public_text may be NULL. */
static struct sr_err try_trace(const struct demo *d, const char *leak, const char *public_text,
			       bool write, struct sr_sink sink, bool *named)
{
	const char *leaks[] = {leak}, *ledgers[] = {d->ledger}, *publics[] = {public_text};
	struct sr_trace_options o = {.leaks = leaks,
				     .leaks_n = 1,
				     .ledgers = ledgers,
				     .ledgers_n = 1,
				     .publics = publics,
				     .publics_n = public_text ? 1 : 0,
				     .leaked_by = INT64_MAX,
				     .max_false = SR_MAX_FALSE_DEFAULT,
				     .report = write ? d->report : NULL,
				     .verdict = write ? d->verdict : NULL,
				     .sink = sink};
	struct sr_bytes report;
	struct sr_err e = sr_trace(&o, &report, named);
	if (e.code != SR_OK)
		return e;
	cli_put(&report);
	sr_bytes_free(&report);
	return e;
}

/* trace is try_trace where there must be a verdict; it returns whether somebody is named. */
static bool trace(const struct demo *d, const char *leak, const char *public_text, bool write)
{
	bool named;
	struct sr_err e = try_trace(d, leak, public_text, write, cli_sink(), &named);
	if (e.code != SR_OK)
		exit(cli_fail(e));
	return named;
}

/* trace_page is trace of a PDF. Where only the package subrosa is installed nothing reads it; then
 * it says so, and true is returned. */
static bool trace_page(const struct demo *d, const char *page)
{
	bool named;
	struct sr_err e = try_trace(d, page, NULL, false, (struct sr_sink){0}, &named);
	if (e.code == SR_OK)
		return named;
	if (e.code != SR_E_STATE)
		exit(cli_fail(e));
	(void)printf(
		"Left out: subrosa-picture, which reads pictures and PDFs, is not installed.\n");
	return true;
}

/* verify shows whether the written verdict follows, with a ledger's commitment, as it returns. */
static bool verify(const struct demo *d, const char *leak, const char *ledger)
{
	char commitment[PATH_LEN];
	const char *leaks[] = {leak};
	int n = snprintf(commitment, sizeof commitment, "%s.commitment", ledger);
	if (n < 0 || (size_t)n >= sizeof commitment)
		give_up(ledger, "the path is too long");
	struct sr_verify_options o = {.verdict = d->verdict,
				      .leaks = leaks,
				      .leaks_n = 1,
				      .commitment = commitment,
				      .leaked_by = INT64_MAX,
				      .max_false = SR_MAX_FALSE_DEFAULT,
				      .sink = cli_sink()};
	struct sr_bytes report;
	bool follows;
	struct sr_err e = sr_verify(&o, &report, &follows);
	if (e.code != SR_OK)
		exit(cli_fail(e));
	cli_put(&report);
	sr_bytes_free(&report);
	return follows;
}

/* show_checks lets others check the verdict on the article; it returns whether that came out right.
 */
static bool show_checks(const struct demo *d, const char *article)
{
	char copies[PATH_LEN], ledger[PATH_LEN];
	say("3. The other side checks it, without a secret and without believing anybody",
	    "$ subrosa verify verdict.json article.html paper.ledger.commitment");
	bool right = verify(d, article, d->ledger);
	path_in(copies, d->dir, "copies-anew");
	path_in(ledger, d->dir, "anew.ledger");
	say("4. A ledger made anew after the leak is not the one that was committed to",
	    "$ subrosa mark paper.md --readers readers.csv --out copies-anew --ledger anew.ledger "
	    "\\\n      --no-auto\n"
	    "$ subrosa verify verdict.json article.html anew.ledger.commitment");
	(void)make_copies(copies, ledger);
	return !verify(d, article, ledger) && right;
}

static void set_up(struct demo *d)
{
	const char *tmp = getenv("TMPDIR");
	path_in(d->dir, tmp && *tmp ? tmp : "/tmp", "subrosa-demo-XXXXXX");
	if (!mkdtemp(d->dir))
		give_up(d->dir, strerror(errno));
	path_in(d->copies, d->dir, "copies");
	path_in(d->ledger, d->dir, "paper.ledger");
	path_in(d->verdict, d->dir, "verdict.json");
	path_in(d->report, d->dir, "report.html");
	read_quotes(d);
}

static bool show_all(struct demo *d)
{
	char article[PATH_LEN], brief[PATH_LEN], stranger[PATH_LEN], release[PATH_LEN];
	char page[PATH_LEN], name[64];
	mark(d);
	make_article(d, "article.html", article);
	make_article(d, "short.html", brief);
	make_article(d, "stranger.html", stranger);
	make_article(d, "release.md", release);
	say("2. A newspaper quotes three passages of one copy",
	    "One is shortened, one has a word changed, all stand in the debris of a web page.\n"
	    "The copy was %s's. $ subrosa trace article.html --ledger paper.ledger \\\n"
	    "      --report report.html --verdict verdict.json",
	    leaker);
	bool right = trace(d, article, NULL, true);
	(void)printf("For the house only, as a page with every mark: %s\n", d->report);
	right = show_checks(d, article) && right;
	say("5. Another paper quotes a dozen words",
	    "$ subrosa trace short.html --ledger paper.ledger");
	right = !trace(d, brief, NULL, false) && right;
	say("6. An article by somebody who never saw a copy",
	    "$ subrosa trace stranger.html --ledger paper.ledger");
	right = !trace(d, stranger, NULL, false) && right;
	say("7. A release had been made from the same copy, so that anybody could quote it",
	    "$ subrosa trace article.html --ledger paper.ledger --public release.md");
	right = !trace(d, article, release, false) && right;
	(void)snprintf(name, sizeof name, "%s.pdf", leaker);
	path_in(page, d->copies, name);
	say("8. Somebody's PDF turns up, and its words are read, and where each of them stands",
	    "$ subrosa trace leaked.pdf --ledger paper.ledger");
	return trace_page(d, page) && right;
}

static void tidy_up(struct demo *d)
{
	for (size_t i = 0; i <= QUOTES_MAX; i++) {
		struct quote *q = &d->quotes[i];
		char *const owned[] = {q->from, q->to, q->cut_from, q->cut_to, q->change, q->into};
		for (size_t k = 0; k < sizeof owned / sizeof *owned; k++)
			free(owned[k]);
	}
	free(d->copy);
}

static const struct argp argp = {
	.doc = "Marks a paper for 24 readers and traces four articles and a PDF: one that quotes a "
	       "copy at "
	       "length, "
	       "one that quotes too little, one by a stranger, and the first again beside a "
	       "release "
	       "that could have supplied its quotations. The verdict on the first is checked as "
	       "the other side would check it, and against a commitment that is not its own."
	       "\vThe exit status is 0 if all came out as it should, or 2.",
};

int cli_demo(int argc, char **argv)
{
	(void)argp_parse(&argp, argc, argv, 0, NULL, NULL);
	struct demo d = {0};
	set_up(&d);
	bool right = show_all(&d);
	(void)printf("\nEverything is in %s.\n", d.dir);
	tidy_up(&d);
	if (!right)
		(void)fprintf(stderr,
			      "subrosa demo: error: something did not come out as it should\n");
	return right ? CLI_OK : CLI_ERROR;
}
