/* SPDX-License-Identifier: Apache-2.0 */
#include "cli_find.h"

#include <errno.h>
#include <stdlib.h>

enum { OPT_WRITE = 256, OPT_JSON, OPT_READERS, OPT_MAX_COLLUSION };

static const struct argp_option options[] = {
	{"write", OPT_WRITE, "FILE", 0,
	 "write the paper with every automatic place in {..|..} form, for you to edit and approve",
	 0},
	{"json", OPT_JSON, NULL, 0, "print JSON", 0},
	{"max-collusion", OPT_MAX_COLLUSION, "C", 0,
	 "tell what it costs to be ready for C readers who put their copies together, 1 to 12", 0},
	{"readers", OPT_READERS, "N", 0, "of how many readers one is to be named (default: 100)",
	 0},
	{0},
};

static size_t readers(const char *text, struct argp_state *state)
{
	char *end;
	errno = 0;
	long n = strtol(text, &end, 10);
	if (errno || *end || end == text || n < 2 || n > 2000000)
		argp_error(state, "--readers takes a number from 2 to 2,000,000");
	return (size_t)n;
}

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
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->find;
		return 0;
	case OPT_READERS:
		o->readers = readers(arg, state);
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

static const struct argp_child children[] = {{&cli_find_argp, 0, NULL, 0}, {0}};

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.children = children,
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
