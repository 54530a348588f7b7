/* SPDX-License-Identifier: Apache-2.0 */
#include "cli_passphrase.h"

#include <stdlib.h>

enum { OPT_LEDGER = 256, OPT_MAX_FALSE, OPT_OCR_LANGUAGE, OPT_JSON };

static const struct argp_option options[] = {
	{"ledger", OPT_LEDGER, "FILE", 0,
	 "a ledger that mark wrote; may be given again for more papers", 0},
	{"max-false", OPT_MAX_FALSE, "P", 0,
	 "the chance of telling a copy by its wordings that is nobody's (default 1e-6)", 0},
	{"ocr-language", OPT_OCR_LANGUAGE, "LANG[+LANG]", 0,
	 "the languages of pictures, as Tesseract names them (default eng)", 0},
	{"json", OPT_JSON, NULL, 0, "print JSON", 0},
	{0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct sr_which_options *o = state->input;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->passphrase;
		return 0;
	case OPT_LEDGER:
		o->ledgers = cli_list((const char **)o->ledgers, &o->ledgers_n, arg);
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
	case ARGP_KEY_ARG:
		o->copies = cli_list((const char **)o->copies, &o->copies_n, arg);
		return 0;
	case ARGP_KEY_END:
		if (!o->copies_n || !o->ledgers_n)
			argp_error(state, "a COPY and a --ledger are needed");
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
	.args_doc = "COPY...",
	.doc = "Tells whose copy a file is: byte for byte, or else by its wordings if it is whole. "
	       "COPY may be '-' for standard input. For parts, pages, quotations and leaks there "
	       "is 'subrosa trace'."
	       "\vThe exit status is 0 if each COPY is one reader's, 1 if not, and 2 after an "
	       "error.",
};

int cli_which(int argc, char **argv)
{
	struct sr_which_options o = {
		.max_false = SR_MAX_FALSE_DEFAULT, .sink = cli_sink(), .progress = cli_progress()};
	(void)argp_parse(&argp, argc, argv, 0, NULL, &o);
	struct sr_bytes report;
	bool told;
	struct sr_err e = sr_which(&o, &report, &told);
	int status;
	if (e.code != SR_OK) {
		status = cli_fail(e);
	} else {
		status = told ? CLI_OK : CLI_NOBODY;
		cli_put(&report);
		sr_bytes_free(&report);
	}
	free((void *)o.copies);
	free((void *)o.ledgers);
	return status;
}
