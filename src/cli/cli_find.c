/* SPDX-License-Identifier: Apache-2.0 */
#include "cli_find.h"

enum { OPT_NO_AUTO = 2048, OPT_LANGUAGE, OPT_FIXED };

static const struct argp_option options[] = {
	{"no-auto", OPT_NO_AUTO, NULL, 0, "use only the places that the author marked", 0},
	{"language", OPT_LANGUAGE, "CODE", 0, "the paper's language: en (the default), ru", 0},
	{"fixed", OPT_FIXED, "FILE", 0, "terms in which nothing may change, one a line", 0},
	{0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct sr_find_options *o = state->input;
	switch (key) {
	case OPT_NO_AUTO:
		o->no_auto = true;
		return 0;
	case OPT_LANGUAGE:
		o->language = arg;
		return 0;
	case OPT_FIXED:
		o->fixed = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp cli_find_argp = {.options = options, .parser = parse};
