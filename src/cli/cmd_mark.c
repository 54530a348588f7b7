/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"
#include "cli_find.h"
#include "cli_page.h"
#include "cli_passphrase.h"

enum {
	OPT_READERS = 256,
	OPT_OUT,
	OPT_LEDGER,
	OPT_NO_AUTO,
	OPT_FORCE,
	OPT_SEAL,
	OPT_SAME_KEY_AS,
	OPT_MAX_COLLUSION,
	OPT_JSON
};

static const struct argp_option options[] = {
	{"readers", OPT_READERS, "R.csv", 0,
	 "the readers: CSV with a header line id,name,house,side", 0},
	{"out", OPT_OUT, "DIR", 0, "where the copies go, one a reader: DIR/ID.EXTENSION", 0},
	{"ledger", OPT_LEDGER, "FILE", 0,
	 "what you keep: made if it is missing; needed to trace, and secret", 0},
	{"seal", OPT_SEAL, NULL, 0, "seal a new ledger with a passphrase", 0},
	{"same-key-as", OPT_SAME_KEY_AS, "OLD", 0,
	 "seal it with the passphrase and the key of the sealed ledger OLD", 0},
	{"max-collusion", OPT_MAX_COLLUSION, "C", 0,
	 "be ready for up to C readers who put their copies together, 1 to 12; 2 if it is not "
	 "given, and 5 from 1,500 places on; it cannot be changed later",
	 0},
	{"json", OPT_JSON, NULL, 0, "print JSON", 0},
	{"force", OPT_FORCE, NULL, 0, "also mark a paper that has no place", 0},
	{0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct sr_mark_options *o = state->input;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->passphrase;
		state->child_inputs[1] = &o->find;
		state->child_inputs[2] = &o->page;
		return 0;
	case OPT_READERS:
		o->readers = arg;
		return 0;
	case OPT_OUT:
		o->out_dir = arg;
		return 0;
	case OPT_LEDGER:
		o->ledger = arg;
		return 0;
	case OPT_FORCE:
		o->force = true;
		return 0;
	case OPT_SEAL:
		o->seal = true;
		return 0;
	case OPT_SAME_KEY_AS:
		o->seal = true;
		o->same_key_as = arg;
		return 0;
	case OPT_MAX_COLLUSION:
		o->max_collusion = cli_collusion(arg, state);
		return 0;
	case OPT_JSON:
		o->json = true;
		return 0;
	case ARGP_KEY_ARG:
		if (o->paper)
			argp_error(state, "only one paper can be marked at a time");
		o->paper = arg;
		return 0;
	case ARGP_KEY_END:
		if (!o->paper || !o->readers || !o->out_dir || !o->ledger)
			argp_error(state, "PAPER, --readers, --out and --ledger are all needed");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = {
	{&cli_passphrase_argp, 0, NULL, 0},
	{&cli_find_argp, 0, NULL, 0},
	{&cli_page_argp, 0, "Copies on pages:", 0},
	{0}};

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.children = children,
	.args_doc = "PAPER",
	.doc = "Writes a copy of PAPER for each reader. The copies differ in their wording at the "
	       "places {one wording|another} of the paper and at places found automatically, and, on "
	       "pages, by hairs in where their words stand. Run "
	       "again with more readers, it adds them and leaves the old copies valid."
	       "\vThe exit status is 0, or 2 after an error.",
};

int cli_mark(int argc, char **argv)
{
	struct sr_mark_options o = {.sink = cli_sink(), .progress = cli_progress()};
	(void)argp_parse(&argp, argc, argv, 0, NULL, &o);
	struct sr_bytes report;
	struct sr_mark_result r;
	struct sr_err e = sr_mark(&o, &report, &r);
	if (e.code != SR_OK)
		return cli_fail(e);
	cli_put(&report);
	sr_bytes_free(&report);
	return CLI_OK;
}
