/* SPDX-License-Identifier: Apache-2.0 */
#include "cli_secret.h"

#include <stdlib.h>
#include <string.h>

enum {
	OPT_RELAY = 1,
	OPT_KEY,
	OPT_LOG,
	OPT_PROXY,
	OPT_WAIT,
	OPT_TOKEN,
	OPT_SKIP,
	OPT_JSON,
	OPT_DAYS
};

enum { SECRET_LEN = 512, DAYS_STANDARD = 30 };

/* What can be done. talk: with a relay; NULL: it needs none, but a file. file: it may have one. */
static const struct verb {
	const char *name;
	bool file;
	struct sr_err (*talk)(const struct sr_wire_options *o, struct sr_bytes *report);
} verbs[] = {
	{"key", true, NULL},           {"append", true, sr_wire_append},
	{"read", false, sr_wire_read}, {"head", false, sr_wire_head},
	{"evidence", true, NULL},
};

/* What the arguments say; file is the key file to write, what a cell is to hold, or evidence. */
struct args {
	struct sr_wire_options o;
	const struct verb *verb;
	const char *file, *key_file, *token_file;
	unsigned days;
};

static const struct argp_option options[] = {
	{"relay", OPT_RELAY, "ADDRESS", 0,
	 "the relay, http://HOST:PORT#KEY or "
	 "https://HOST:PORT#KEY.PIN",
	 0},
	{"key", OPT_KEY, "FILE", 0, "the key of the log, as \"wire key\" wrote it", 0},
	{"log", OPT_LOG, "FILE", 0, "what is known of the log is kept here; made if it is missing",
	 0},
	{"proxy", OPT_PROXY, "URL", 0, "go through this proxy, socks5h://HOST:PORT, such as Tor",
	 0},
	{"wait", OPT_WAIT, "SECONDS", 0, "read: if there is no new cell, wait for one, up to 50 s",
	 0},
	{"skip", OPT_SKIP, NULL, 0, "read: go on behind cells that are not kept any more", 0},
	{"token", OPT_TOKEN, "FILE", 0, "append: a file with a token of admission, for a new log",
	 0},
	{"days", OPT_DAYS, "N", 0,
	 "key: how long the log's cells are kept, 7, 30 (the standard), 90 "
	 "or 400 days",
	 0},
	{"json", OPT_JSON, NULL, 0, "print JSON", 0},
	{0},
};

static unsigned number(const char *text, unsigned max, const char *what, struct argp_state *state)
{
	unsigned value = 0;
	const char *p = text;
	for (; *p >= '0' && *p <= '9' && value <= max; p++)
		value = value * 10 + (unsigned)(*p - '0');
	if (p == text || *p || value > max)
		argp_error(state, "%s takes a whole number, at most %u", what, max);
	return value;
}

static const struct verb *find_verb(const char *word)
{
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (strcmp(word, verbs[i].name) == 0)
			return &verbs[i];
	return NULL;
}

static void take_word(struct args *a, const char *word, struct argp_state *state)
{
	if (!a->verb) {
		a->verb = find_verb(word);
		if (!a->verb)
			argp_error(state,
				   "key, append, read, head or evidence is what can be done");
		return;
	}
	if (a->file || !a->verb->file)
		argp_error(state, "there is an argument too many");
	a->file = word;
}

static void check_end(struct args *a, struct argp_state *state)
{
	if (!a->verb)
		argp_error(state, "key, append, read, head or evidence is needed");
	else if (!a->verb->talk && !a->file)
		argp_error(state, "the file of the %s is needed", a->verb->name);
	else if (a->verb->talk && (!a->o.relay || !a->key_file || !a->o.log))
		argp_error(state, "--relay, --key and --log are needed");
	a->o.file = a->file ? a->file : "-";
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;
	switch (key) {
	case OPT_RELAY:
		a->o.relay = arg;
		return 0;
	case OPT_KEY:
		a->key_file = arg;
		return 0;
	case OPT_LOG:
		a->o.log = arg;
		return 0;
	case OPT_PROXY:
		a->o.proxy = arg;
		return 0;
	case OPT_WAIT:
		a->o.wait_s = number(arg, SR_WIRE_WAIT_S, "--wait", state);
		return 0;
	case OPT_TOKEN:
		a->token_file = arg;
		return 0;
	case OPT_DAYS:
		a->days = number(arg, 400, "--days", state);
		return 0;
	case OPT_SKIP:
		a->o.skip = true;
		return 0;
	case OPT_JSON:
		a->o.json = true;
		return 0;
	case ARGP_KEY_ARG:
		take_word(a, arg, state);
		return 0;
	case ARGP_KEY_END:
		check_end(a, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "key FILE\nappend [FILE]\nread\nhead\nevidence FILE",
	.doc = "Tries out a relay by hand. \"key\" writes the secret keys of a new log to FILE; "
	       "\"append\" adds a cell with the bytes of FILE, at most 4,094 ('-', the standard: "
	       "standard input); \"read\" prints the cells that are new; \"head\" tells how far "
	       "the "
	       "log goes; \"evidence\" checks what an alarm wrote to FILE, without a relay. "
	       "What is appended so is NOT ENCRYPTED: the relay can read it."
	       "\vThe exit status is 0, or 2 after an error. An alarm, which is a relay that "
	       "contradicts what it signed before, is an error, and its evidence is in the file "
	       "of --log with .evidence behind its name. Of \"evidence\" the status is 0 if "
	       "FILE proves that the key in it signed two different logs, and 1 if it does not.",
};

/* talk reads the secrets that the options name, for as long as it takes. */
static struct sr_err talk(const struct args *a, struct sr_bytes *report)
{
	char key[SECRET_LEN], token[SECRET_LEN];
	struct sr_wire_options o = a->o;
	struct sr_err e = cli_secret_read(a->key_file, "key", key, sizeof key);
	if (e.code == SR_OK && a->token_file)
		e = cli_secret_read(a->token_file, "token", token, sizeof token);
	if (e.code == SR_OK) {
		o.key = key;
		o.token = a->token_file ? token : NULL;
		e = a->verb->talk(&o, report);
	}
	explicit_bzero(key, sizeof key);
	explicit_bzero(token, sizeof token);
	return e;
}

static struct sr_err run(const struct args *a, struct sr_bytes *report, bool *good)
{
	if (a->verb->talk)
		return talk(a, report);
	if (strcmp(a->verb->name, "key") == 0)
		return sr_wire_key(a->o.file, a->days, &a->o.sink);
	return sr_wire_evidence(&a->o, report, good);
}

int cli_wire(int argc, char **argv)
{
	struct args a = {.o = {.sink = cli_sink()}, .days = DAYS_STANDARD};
	struct sr_bytes report = {0};
	(void)argp_parse(&argp, argc, argv, 0, NULL, &a);
	bool good = true;
	struct sr_err e = run(&a, &report, &good);
	if (e.code != SR_OK)
		return cli_fail(e);
	cli_put(&report);
	sr_bytes_free(&report);
	return good ? CLI_OK : CLI_NOBODY;
}
