/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <string.h>

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct sr_pack_options *o = state->input;
	switch (key) {
	case ARGP_KEY_ARG:
		if (state->arg_num == 0 && strcmp(arg, "check") != 0)
			argp_error(state, "the only thing to do with a pack is to check it");
		if (state->arg_num > 1)
			argp_error(state, "only one pack can be checked at a time");
		if (state->arg_num == 1)
			o->folder = arg;
		return 0;
	case ARGP_KEY_END:
		if (!o->folder)
			argp_error(state, "check and DIR are needed");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.parser = parse,
	.args_doc = "check DIR",
	.doc = "Checks the language pack in the folder DIR, and runs its test sentences."
	       "\vThe exit status is 0, or 2 if something is wrong.",
};

int cli_pack(int argc, char **argv)
{
	struct sr_pack_options o = {.sink = cli_sink()};
	(void)argp_parse(&argp, argc, argv, 0, NULL, &o);
	struct sr_bytes report;
	struct sr_err e = sr_pack_check(&o, &report);
	if (e.code != SR_OK)
		return cli_fail(e);
	cli_put(&report);
	sr_bytes_free(&report);
	return CLI_OK;
}
