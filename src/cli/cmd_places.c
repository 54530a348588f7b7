/* SPDX-License-Identifier: Apache-2.0 */
#include "cli_find.h"
#include "cli_secret.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	OPT_WRITE = 256,
	OPT_JSON,
	OPT_READERS,
	OPT_MAX_COLLUSION,
	OPT_PROPOSE,
	OPT_MODEL,
	OPT_KEY_FILE,
	OPT_TIMEOUT
};

/* KEY_VARIABLE: where the key of the server is, unless a file is named. */
#define KEY_VARIABLE "SUBROSA_PROPOSE_KEY"

struct places {
	struct sr_places_options o;
	const char *key_file;
};

static const struct argp_option options[] = {
	{"write", OPT_WRITE, "FILE", 0,
	 "write the paper with every automatic place in {..|..} form, for you to edit and approve",
	 0},
	{"json", OPT_JSON, NULL, 0, "print JSON", 0},
	{"max-collusion", OPT_MAX_COLLUSION, "C", 0,
	 "tell what it costs to be ready for C readers who put their copies together, 1 to 12", 0},
	{"propose", OPT_PROPOSE, "URL", 0,
	 "send the sentences of the paper to this OpenAI-compatible server, and write what its "
	 "model proposes as questions {?|..|..} for you to answer; nothing is sent without this",
	 0},
	{"model", OPT_MODEL, "NAME", 0, "the model to ask", 0},
	{"key-file", OPT_KEY_FILE, "FILE", 0,
	 "read the key of that server from this file of one line; without it, " KEY_VARIABLE
	 " in the environment is taken",
	 0},
	{"timeout", OPT_TIMEOUT, "SECONDS", 0,
	 "how long one answer of the model may take (default: 300)", 0},
	{"readers", OPT_READERS, "N", 0, "of how many readers one is to be named (default: 100)",
	 0},
	{0},
};

/* number reads the value of an option, from min to max; what says so. */
static long number(const char *text, long min, long max, const char *what, struct argp_state *state)
{
	char *end;
	errno = 0;
	long n = strtol(text, &end, 10);
	if (errno || *end || end == text || n < min || n > max)
		argp_error(state, "%s", what);
	return n;
}

static void check_together(const struct places *p, struct argp_state *state)
{
	const struct sr_propose_options *m = &p->o.propose;
	if (!p->o.paper)
		argp_error(state, "PAPER is needed");
	if (m->url && (!m->model || !p->o.write))
		argp_error(state, "--propose needs --model and --write");
	if (!m->url && (m->model || p->key_file || m->timeout_s))
		argp_error(state, "--model, --key-file and --timeout go with --propose");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct places *p = state->input;
	struct sr_places_options *o = &p->o;
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
		o->readers = (size_t)number(arg, 2, 2000000,
					    "--readers takes a number from 2 to 2,000,000", state);
		return 0;
	case OPT_MAX_COLLUSION:
		o->max_collusion = cli_collusion(arg, state);
		return 0;
	case OPT_PROPOSE:
		o->propose.url = arg;
		return 0;
	case OPT_MODEL:
		o->propose.model = arg;
		return 0;
	case OPT_KEY_FILE:
		p->key_file = arg;
		return 0;
	case OPT_TIMEOUT:
		o->propose.timeout_s =
			(unsigned)number(arg, 1, SR_PROPOSE_TIMEOUT_MAX,
					 "--timeout takes seconds from 1 to 3,600", state);
		return 0;
	case ARGP_KEY_ARG:
		if (o->paper)
			argp_error(state, "only one paper can be listed at a time");
		o->paper = arg;
		return 0;
	case ARGP_KEY_END:
		check_together(p, state);
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

/* run lists the places, with the key in buf while it works. */
static struct sr_err run(struct places *p, char *buf, size_t len, struct sr_bytes *report)
{
	const char *variable = getenv(KEY_VARIABLE);
	if (p->key_file) {
		struct sr_err e = cli_secret_read(p->key_file, "key", buf, len);
		if (e.code != SR_OK)
			return e;
		p->o.propose.key = buf;
	} else if (p->o.propose.url && variable && *variable) {
		cli_secret_no_core();
		p->o.propose.key = variable;
	}
	return sr_places(&p->o, report);
}

int cli_places(int argc, char **argv)
{
	struct places p = {.o = {.sink = cli_sink(), .progress = cli_progress()}};
	char key[SR_PASSPHRASE_BYTES];
	(void)argp_parse(&argp, argc, argv, 0, NULL, &p);
	struct sr_bytes report;
	struct sr_err e = run(&p, key, sizeof key, &report);
	explicit_bzero(key, sizeof key);
	if (e.code != SR_OK)
		return cli_fail(e);
	cli_put(&report);
	sr_bytes_free(&report);
	return CLI_OK;
}
