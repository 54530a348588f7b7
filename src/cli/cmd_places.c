/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

enum { OPT_WRITE = 256, OPT_JSON, OPT_NO_AUTO, OPT_MAX_COLLUSION };

static const struct argp_option options[] = {
	{"write", OPT_WRITE, "FILE", 0,
	 "write the paper with every automatic place in {..|..} form, for you to edit and approve",
	 0},
	{"json", OPT_JSON, NULL, 0, "print JSON", 0},
	{"no-auto", OPT_NO_AUTO, NULL, 0, "list only the places that the author marked", 0},
	{"max-collusion", OPT_MAX_COLLUSION, "C", 0,
	 "tell what it costs to be ready for C readers who put their copies together, 1 to 12", 0},
	{0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct sr_places_options *o = state->input;
	switch (key) {
	case OPT_WRITE:
		o->write = arg;
		return 0;
	case OPT_JSON:
		o->json = true;
		return 0;
	case OPT_NO_AUTO:
		o->no_auto = true;
		return 0;
	case OPT_MAX_COLLUSION:
		o->max_collusion = cli_collusion(arg, state);
		return 0;
	case ARGP_KEY_ARG:
		if (o->paper)
			argp_error(state, "only one paper can be listed at a time");
		o->paper = arg;
		return 0;
	case ARGP_KEY_END:
		if (!o->paper)
			argp_error(state, "PAPER is needed");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "PAPER",
	.doc = "Lists the places of PAPER, what they are worth in bits, and the shortest passage "
	       "that "
	       "would name one reader."
	       "\vThe exit status is 0, or 2 after an error.",
};

int cli_places(int argc, char **argv)
{
	struct sr_places_options o = {.sink = cli_sink()};
	(void)argp_parse(&argp, argc, argv, 0, NULL, &o);
	struct sr_bytes report;
	struct sr_err e = sr_places(&o, &report);
	if (e.code != SR_OK)
		return cli_fail(e);
	cli_put(&report);
	sr_bytes_free(&report);
	return CLI_OK;
}
