/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <stdlib.h>
#include <time.h>

enum { OPT_LEDGER = 256, OPT_PUBLIC, OPT_LEAKED_ON, OPT_MAX_FALSE, OPT_JSON };

static const struct argp_option options[] = {
	{"ledger", OPT_LEDGER, "FILE", 0,
	 "a ledger that mark wrote; may be given again for more papers", 0},
	{"public", OPT_PUBLIC, "FILE", 0,
	 "a text that could have supplied a wording: a release, a second draft, an earlier "
	 "article; "
	 "what it shows is no evidence; may be given again",
	 0},
	{"leaked-on", OPT_LEAKED_ON, "YYYY-MM-DD", 0,
	 "leave out copies that were committed after that day (UTC)", 0},
	{"max-false", OPT_MAX_FALSE, "P", 0,
	 "the chance of naming somebody innocent, over all readers (default 1e-6)", 0},
	{"json", OPT_JSON, NULL, 0, "print the verdict as JSON", 0},
	{0},
};

/* strptime(3) skips blanks and takes signs. */
static bool has_form(const char *text, const char *form)
{
	size_t i = 0;
	for (; form[i]; i++) {
		bool digit = text[i] >= '0' && text[i] <= '9';
		if (form[i] == '0' ? !digit : text[i] != form[i])
			return false;
	}
	return !text[i];
}

/* The last second of a day in UTC; false if the text is no date. */
static bool end_of_day(const char *text, int64_t *out)
{
	enum { DAY_S = 24 * 60 * 60 };
	struct tm tm = {0};
	if (!has_form(text, "0000-00-00") || !strptime(text, "%Y-%m-%d", &tm))
		return false;
	struct tm again = tm;
	time_t t = timegm(&again);
	if (again.tm_mday != tm.tm_mday || again.tm_mon != tm.tm_mon)
		return false; /* 31 February */
	*out = (int64_t)t + DAY_S - 1;
	return true;
}

static double level(const char *text, struct argp_state *state)
{
	char *end;
	double p = strtod(text, &end);
	if (end == text || *end || !(p > 0 && p < 1))
		argp_error(state, "--max-false takes a number between 0 and 1, such as 1e-6");
	return p;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct sr_trace_options *o = state->input;
	switch (key) {
	case OPT_LEDGER:
		o->ledgers = cli_list((const char **)o->ledgers, &o->ledgers_n, arg);
		return 0;
	case OPT_PUBLIC:
		o->publics = cli_list((const char **)o->publics, &o->publics_n, arg);
		return 0;
	case OPT_LEAKED_ON:
		if (!end_of_day(arg, &o->leaked_by))
			argp_error(state, "--leaked-on takes a day as YYYY-MM-DD");
		return 0;
	case OPT_MAX_FALSE:
		o->max_false = level(arg, state);
		return 0;
	case OPT_JSON:
		o->json = true;
		return 0;
	case ARGP_KEY_ARG:
		o->leaks = cli_list((const char **)o->leaks, &o->leaks_n, arg);
		return 0;
	case ARGP_KEY_END:
		if (!o->leaks_n || !o->ledgers_n)
			argp_error(state, "a LEAK and a --ledger are needed");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "LEAK...",
	.doc = "Tells whose copy a leak comes from. LEAK is a text, Markdown or HTML file, a mail, "
	       "a DOCX or ODT document, '-' for "
	       "standard input; several are parts of one leak. Nothing is remembered: the same "
	       "call gives "
	       "the same verdict."
	       "\vThe exit status is 0 if somebody is named, 1 if nobody can be named, and 2 after "
	       "an "
	       "error.",
};

int cli_trace(int argc, char **argv)
{
	struct sr_trace_options o = {.leaked_by = INT64_MAX,
				     .max_false = SR_MAX_FALSE_DEFAULT,
				     .sink = cli_sink(),
				     .progress = cli_progress()};
	(void)argp_parse(&argp, argc, argv, 0, NULL, &o);
	struct sr_bytes report;
	bool named;
	struct sr_err e = sr_trace(&o, &report, &named);
	int status;
	if (e.code != SR_OK) {
		status = cli_fail(e);
	} else {
		status = named ? CLI_OK : CLI_NOBODY;
		cli_put(&report);
		sr_bytes_free(&report);
	}
	free((void *)o.leaks);
	free((void *)o.ledgers);
	free((void *)o.publics);
	return status;
}
