/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"
#include "cli_passphrase.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPT_JSON = 256, OPT_SAME_KEY_AS, OPT_COMMITMENT };

/* What a command is told. to is the last word of backup. */
struct words {
	struct sr_ledger_options o;
	size_t ledgers_max;
};

static int show(struct sr_err e, struct sr_bytes *report)
{
	if (e.code != SR_OK)
		return cli_fail(e);
	cli_put(report);
	sr_bytes_free(report);
	return CLI_OK;
}

static int run_info(const struct sr_ledger_options *o)
{
	struct sr_bytes report;
	struct sr_err e = sr_ledger_info(o, &report);
	return show(e, &report);
}

static int run_check(const struct sr_ledger_options *o)
{
	struct sr_bytes report;
	struct sr_err e = sr_ledger_check(o, &report);
	return show(e, &report);
}

static int run_readers(const struct sr_ledger_options *o)
{
	struct sr_bytes report;
	struct sr_err e = sr_ledger_readers(o, &report);
	return show(e, &report);
}

static int run_backup(const struct sr_ledger_options *o)
{
	struct sr_ledger_options from = *o;
	from.ledgers_n = 1;
	struct sr_err e = sr_ledger_backup(&from, o->ledgers[1]);
	if (e.code != SR_OK)
		return cli_fail(e);
	cli_put_text(o->ledgers[0], stdout);
	(void)fputs(" copied to ", stdout);
	cli_put_text(o->ledgers[1], stdout);
	(void)puts(".");
	return CLI_OK;
}

static int run_seal(const struct sr_ledger_options *o)
{
	size_t sealed;
	struct sr_err e = sr_ledger_seal(o, &sealed);
	for (size_t i = 0; i < sealed; i++) {
		cli_put_text(o->ledgers[i], stdout);
		(void)puts(" is sealed.");
	}
	if (e.code != SR_OK)
		return cli_fail(e);
	(void)printf(
		"Whoever loses the passphrase has lost what it seals. Backups and old blocks of "
		"the disk may still hold it in the clear.\n");
	return CLI_OK;
}

static int run_unseal(const struct sr_ledger_options *o)
{
	struct sr_err e = sr_ledger_unseal(o);
	if (e.code != SR_OK)
		return cli_fail(e);
	cli_put_text(o->ledgers[0], stdout);
	(void)puts(" is in the clear now.");
	return CLI_OK;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct words *w = state->input;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &w->o.passphrase;
		return 0;
	case OPT_JSON:
		w->o.json = true;
		return 0;
	case OPT_SAME_KEY_AS:
		w->o.same_key_as = arg;
		return 0;
	case OPT_COMMITMENT:
		w->o.commitment = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (w->o.ledgers_n == w->ledgers_max)
			argp_error(state, "there is one argument too many");
		w->o.ledgers = cli_list((const char **)w->o.ledgers, &w->o.ledgers_n, arg);
		return 0;
	case ARGP_KEY_END:
		if (!w->o.ledgers_n)
			argp_error(state, "a LEDGER is needed");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* backup takes exactly two words and no passphrase. */
static error_t parse_backup(int key, char *arg, struct argp_state *state)
{
	struct words *w = state->input;
	if (key == ARGP_KEY_INIT)
		return 0;
	if (key == ARGP_KEY_END && w->o.ledgers_n != 2)
		argp_error(state, "a LEDGER and the new file TO are needed");
	return parse(key, arg, state);
}

static const struct argp_option json_option[] = {
	{"json", OPT_JSON, NULL, 0, "print JSON", 0},
	{0},
};

static const struct argp_option seal_options[] = {
	{"same-key-as", OPT_SAME_KEY_AS, "OLD", 0,
	 "use the passphrase and the key of the sealed ledger OLD", 0},
	{0},
};

static const struct argp_option check_options[] = {
	{"commitment", OPT_COMMITMENT, "FILE", 0,
	 "compare with this file of commitments, which was lodged elsewhere, instead of "
	 "LEDGER.commitment",
	 0},
	{0},
};

static const struct argp_child passphrase[] = {{&cli_passphrase_argp, 0, NULL, 0}, {0}};

#define STATUS "\vThe exit status is 0, or 2 after an error."

static const struct verb {
	const char *name, *what;
	int (*run)(const struct sr_ledger_options *o);
	size_t words_max;
	struct argp argp;
} verbs[] = {
	{"info",
	 "tell what ledgers hold",
	 run_info,
	 SIZE_MAX,
	 {json_option, parse, "LEDGER...",
	  "Tells of each ledger: the paper's title, when it was made, places and bits, readers, "
	  "commitments, whether it is sealed." STATUS,
	  passphrase, NULL, NULL}},
	{"check",
	 "read all of ledgers and check it",
	 run_check,
	 SIZE_MAX,
	 {check_options, parse, "LEDGER...",
	  "Reads everything in each ledger, checks it against its check values, computes its "
	  "commitments again and compares them with those made before." STATUS,
	  passphrase, NULL, NULL}},
	{"backup",
	 "copy a ledger, also while it is in use",
	 run_backup,
	 2,
	 {NULL, parse_backup, "LEDGER TO",
	  "Copies LEDGER to the new file TO, whole or not at all. A sealed ledger stays "
	  "sealed." STATUS,
	  NULL, NULL, NULL}},
	{"seal",
	 "seal ledgers with a passphrase",
	 run_seal,
	 SIZE_MAX,
	 {seal_options, parse, "LEDGER...",
	  "Seals ledgers with one passphrase and one key. Without the passphrase a sealed ledger "
	  "tells nothing but its size, and is lost." STATUS,
	  passphrase, NULL, NULL}},
	{"unseal",
	 "take the seal off a ledger",
	 run_unseal,
	 1,
	 {NULL, parse, "LEDGER", "Puts the plain ledger in place of the sealed one." STATUS,
	  passphrase, NULL, NULL}},
	{"readers",
	 "list the readers of a ledger",
	 run_readers,
	 1,
	 {json_option, parse, "LEDGER",
	  "Lists the readers as CSV: id, name, house, side, state (committed, or issued when the "
	  "copy "
	  "has appeared), and when they were committed." STATUS,
	  passphrase, NULL, NULL}},
};

enum { VERBS_N = sizeof verbs / sizeof *verbs };

static void help(FILE *to)
{
	(void)fprintf(to, "Usage: subrosa ledger COMMAND [OPTION...] LEDGER...\n\n"
			  "Looks after ledgers, what mark keeps and trace needs.\n\nCommands:\n");
	for (size_t i = 0; i < VERBS_N; i++)
		(void)fprintf(to, "  %-8s %s\n", verbs[i].name, verbs[i].what);
	(void)fprintf(to, "\n'subrosa ledger COMMAND --help' tells more.\n");
}

static int run(const struct verb *v, int argc, char **argv)
{
	static char name[64];
	(void)snprintf(name, sizeof name, "subrosa ledger %s", v->name);
	argv[0] = name; /* argp prints it in its messages */
	struct words w = {
		.o.sink = cli_sink(), .o.progress = cli_progress(), .ledgers_max = v->words_max};
	(void)argp_parse(&v->argp, argc, argv, 0, NULL, &w);
	int status = v->run(&w.o);
	free((void *)w.o.ledgers);
	return status;
}

int cli_ledger(int argc, char **argv)
{
	if (argc < 2) {
		help(stderr);
		return CLI_ERROR;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-?") == 0 ||
	    strcmp(argv[1], "help") == 0) {
		help(stdout);
		return CLI_OK;
	}
	for (size_t i = 0; i < VERBS_N; i++)
		if (strcmp(argv[1], verbs[i].name) == 0)
			return run(&verbs[i], argc - 1, argv + 1);
	(void)fputs("subrosa ledger: error: there is no command \"", stderr);
	cli_put_text(argv[1], stderr);
	(void)fputs("\"; see 'subrosa ledger --help'\n", stderr);
	return CLI_ERROR;
}
