/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <string.h>

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct sr_mls_options *o = state->input;
	switch (key) {
	case ARGP_KEY_ARG:
		if (state->arg_num == 0 && strcmp(arg, "show") != 0)
			argp_error(state, "the only thing to do with an MLS object is to show it");
		if (state->arg_num > 1)
			argp_error(state, "only one file can be shown at a time");
		if (state->arg_num == 1)
			o->file = arg;
		return 0;
	case ARGP_KEY_END:
		if (!o->file)
			argp_error(state, "show and FILE are needed");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.parser = parse,
	.args_doc = "show FILE",
	.doc = "Prints every field of the MLS object (RFC 9420) in FILE ('-': standard input): a "
	       "message, a key package, a ratchet tree and so on, as its bytes or as hexadecimal "
	       "or "
	       "base64 digits. Nothing is verified or decrypted."
	       "\vThe exit status is 0, or 2 after an error.",
};

int cli_mls(int argc, char **argv)
{
	struct sr_mls_options o = {.sink = cli_sink()};
	(void)argp_parse(&argp, argc, argv, 0, NULL, &o);
	struct sr_bytes report;
	struct sr_err e = sr_mls_show(&o, &report);
	if (e.code != SR_OK)
		return cli_fail(e);
	cli_put(&report);
	sr_bytes_free(&report);
	return CLI_OK;
}
