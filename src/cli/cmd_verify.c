/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <stdlib.h>

enum { OPT_PUBLIC = 256, OPT_PAPER, OPT_LEAKED_ON, OPT_MAX_FALSE, OPT_OCR_LANGUAGE, OPT_JSON };

static const struct argp_option options[] = {
	{"public", OPT_PUBLIC, "FILE", 0,
	 "a public text that the verdict took into account; all of them are needed, in their order",
	 0},
	{"paper", OPT_PAPER, "COPY", 0,
	 "a copy of the paper that you have: shows whether the verdict keeps quoted passages back",
	 0},
	{"leaked-on", OPT_LEAKED_ON, "YYYY-MM-DD", 0,
	 "the verdict has to rest on the last commitment up to that day (UTC); without it, on the "
	 "last one in COMMITMENT",
	 0},
	{"max-false", OPT_MAX_FALSE, "P", 0,
	 "the highest chance of naming somebody innocent that you accept (default 1e-6)", 0},
	{"ocr-language", OPT_OCR_LANGUAGE, "LANG[+LANG]", 0,
	 "the languages of pictures, as Tesseract names them (default eng)", 0},
	{"json", OPT_JSON, NULL, 0, "print JSON", 0},
	{0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct sr_verify_options *o = state->input;
	switch (key) {
	case OPT_PUBLIC:
		o->publics = cli_list((const char **)o->publics, &o->publics_n, arg);
		return 0;
	case OPT_PAPER:
		o->copies = cli_list((const char **)o->copies, &o->copies_n, arg);
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
	case ARGP_KEY_ARG:
		if (!o->verdict)
			o->verdict = arg;
		else
			o->leaks = cli_list((const char **)o->leaks, &o->leaks_n, arg);
		return 0;
	case ARGP_KEY_END:
		if (o->leaks_n < 2)
			argp_error(state, "VERDICT, LEAK and COMMITMENT are all needed");
		o->commitment = o->leaks[--o->leaks_n];
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "VERDICT LEAK... COMMITMENT",
	.doc = "Checks whether an external verdict follows from the leak and the commitment that "
	       "was "
	       "lodged before it, without trusting the one who traced. VERDICT is what 'trace "
	       "--verdict' wrote, LEAK the files that were traced, COMMITMENT the file that 'mark' "
	       "wrote beside its ledger."
	       "\vThe exit status is 0 if the verdict follows, 1 if it does not, and 2 after an "
	       "error.",
};

int cli_verify(int argc, char **argv)
{
	struct sr_verify_options o = {.leaked_by = INT64_MAX,
				      .max_false = SR_MAX_FALSE_DEFAULT,
				      .sink = cli_sink(),
				      .progress = cli_progress()};
	(void)argp_parse(&argp, argc, argv, 0, NULL, &o);
	struct sr_bytes report;
	bool follows;
	struct sr_err e = sr_verify(&o, &report, &follows);
	int status;
	if (e.code != SR_OK) {
		status = cli_fail(e);
	} else {
		status = follows ? CLI_OK : CLI_NOBODY;
		cli_put(&report);
		sr_bytes_free(&report);
	}
	free((void *)o.leaks);
	free((void *)o.publics);
	free((void *)o.copies);
	return status;
}
