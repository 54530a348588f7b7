/* SPDX-License-Identifier: Apache-2.0 */
#include "cli_find.h"
#include "cli_passphrase.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OPT_READER = 256, OPT_LEDGER };

static const struct argp_option options[] = {
	{"reader", OPT_READER, "ID", 0, "whose copy", 0},
	{"ledger", OPT_LEDGER, "FILE", 0,
	 "the paper's ledger, for the very copy that mark gives this reader", 0},
	{0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct sr_show_options *o = state->input;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->passphrase;
		state->child_inputs[1] = &o->find;
		return 0;
	case OPT_READER:
		o->reader = arg;
		return 0;
	case OPT_LEDGER:
		o->ledger = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (o->paper)
			argp_error(state, "only one paper can be shown at a time");
		o->paper = arg;
		return 0;
	case ARGP_KEY_END:
		if (!o->paper || !o->reader)
			argp_error(state, "PAPER and --reader are both needed");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = {
	{&cli_passphrase_argp, 0, NULL, 0}, {&cli_find_argp, 0, NULL, 0}, {0}};

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.children = children,
	.args_doc = "PAPER",
	.doc = "Prints a reader's copy of PAPER ('-': standard input). Without --ledger it is a "
	       "preview of a made-up copy. On a terminal the wordings at places are underlined."
	       "\vThe exit status is 0, or 2 after an error.",
};

/* https://no-color.org: set and not empty. */
static bool wants_plain(void)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
	return (no_color && *no_color) || !term || strcmp(term, "dumb") == 0;
}

int cli_show(int argc, char **argv)
{
	struct sr_show_options o = {.terminal = isatty(STDOUT_FILENO) != 0, .sink = cli_sink()};
	o.highlight = o.terminal && !wants_plain();
	(void)argp_parse(&argp, argc, argv, 0, NULL, &o);
	struct sr_bytes copy;
	struct sr_err e = sr_show(&o, &copy);
	if (e.code != SR_OK)
		return cli_fail(e);
	cli_put(&copy);
	sr_bytes_free(&copy);
	return CLI_OK;
}
