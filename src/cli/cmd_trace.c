/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"
#include "cli_passphrase.h"

#include <stdlib.h>

enum {
	OPT_LEDGER = 256,
	OPT_PUBLIC,
	OPT_LEAKED_ON,
	OPT_MAX_FALSE,
	OPT_OCR_LANGUAGE,
	OPT_JSON,
	OPT_REPORT,
	OPT_VERDICT,
	OPT_WHOLE
};

static const struct argp_option options[] = {
	{"ledger", OPT_LEDGER, "FILE", 0,
	 "a ledger that mark wrote; may be given again for more papers", 0},
	{"public", OPT_PUBLIC, "FILE", 0,
	 "a text, picture or PDF that could have supplied what the leak shows: a release, a second "
	 "draft, an earlier article; what it shows is no evidence; may be given again",
	 0},
	{"leaked-on", OPT_LEAKED_ON, "YYYY-MM-DD", 0,
	 "leave out copies that were committed after that day (UTC)", 0},
	{"max-false", OPT_MAX_FALSE, "P", 0,
	 "the chance of naming somebody innocent, over all readers (default 1e-6)", 0},
	{"ocr-language", OPT_OCR_LANGUAGE, "LANG[+LANG]", 0,
	 "the languages of pictures, as Tesseract names them (default eng)", 0},
	{"json", OPT_JSON, NULL, 0, "print the verdict as JSON", 0},
	{"report", OPT_REPORT, "OUT.html", 0,
	 "also write the internal report, a page for people that never leaves the house, to a new "
	 "file",
	 0},
	{"verdict", OPT_VERDICT, "OUT.json", 0,
	 "if somebody is named by the wordings, also write the external verdict, which others can "
	 "check with 'subrosa verify', to a new file",
	 0},
	{"whole-paper", OPT_WHOLE, NULL, 0,
	 "let the external verdict open the whole paper, not only what the leak quotes", 0},
	{0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct sr_trace_options *o = state->input;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->passphrase;
		return 0;
	case OPT_LEDGER:
		o->ledgers = cli_list((const char **)o->ledgers, &o->ledgers_n, arg);
		return 0;
	case OPT_PUBLIC:
		o->publics = cli_list((const char **)o->publics, &o->publics_n, arg);
		return 0;
	case OPT_LEAKED_ON:
		o->leaked_by = cli_end_of_day(arg, state);
		return 0;
	case OPT_MAX_FALSE:
		o->max_false = cli_level(arg, state);
		return 0;
	case OPT_OCR_LANGUAGE:
		o->ocr_language = arg;
		return 0;
	case OPT_JSON:
		o->json = true;
		return 0;
	case OPT_REPORT:
		o->report = arg;
		return 0;
	case OPT_VERDICT:
		o->verdict = arg;
		return 0;
	case OPT_WHOLE:
		o->whole_paper = true;
		return 0;
	case ARGP_KEY_ARG:
		o->leaks = cli_list((const char **)o->leaks, &o->leaks_n, arg);
		return 0;
	case ARGP_KEY_END:
		if (!o->leaks_n || !o->ledgers_n)
			argp_error(state, "a LEAK and a --ledger are needed");
		if (o->whole_paper && !o->verdict)
			argp_error(state, "--whole-paper goes with --verdict");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = {{&cli_passphrase_argp, 0, NULL, 0}, {0}};

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.children = children,
	.args_doc = "LEAK...",
	.doc = "Tells whose copy a leak comes from. LEAK is a text, Markdown or HTML file, a mail, "
	       "a DOCX or ODT document, a PDF, a photo, scan or screenshot (PNG, JPEG, TIFF, "
	       "WebP), '-' for "
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
