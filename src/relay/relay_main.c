/* SPDX-License-Identifier: Apache-2.0 */
/* subrosa-relay: keeps logs of cells for others (doc/operations.md). */
#include "platform.h"
#include "relay_ops.h"
#include "relay_token.h"

#include <argp.h>
#include <gnu/libc-version.h>
#include <gnutls/gnutls.h>
#include <microhttpd.h>
#include <seccomp.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int run(const struct relay_order *o)
{
	return relay_run(&o->conf);
}

/* What a command takes beside the options of all. */
enum takes { NOTHING, TLS, TOKENS, FILE_NAME };

static const struct command {
	const char *name, *what, *doc;
	int (*run)(const struct relay_order *o);
	enum takes takes;
} commands[] = {
	{"run", "serve until stopped",
	 "Serves until it is stopped by SIGTERM or SIGINT."
	 "\vThe exit status is 0, 1 if it ended because its store failed, 2 if it did not start, 3 "
	 "if it tried what it had given up.",
	 run, NOTHING},
	{"init", "make a relay: its key and its empty store",
	 "Makes a relay in DIR and prints its address. One that is there is left alone.",
	 relay_ops_init, TLS},
	{"address", "print the relay's address, which clients need",
	 "Prints the relay's address: where it is reached, and by which keys it is known.",
	 relay_ops_address, NOTHING},
	{"token", "make tokens of admission",
	 "Makes tokens of admission, each good for one new log, and prints them, one a line. The "
	 "relay may be running.",
	 relay_ops_token, TOKENS},
	{"check", "look for damage in the store",
	 "Looks at everything in the store, and prints how much there is. The relay may be running."
	 "\vThe exit status is 0, 1 if something is damaged, 2 after another error.",
	 relay_ops_check, NOTHING},
	{"backup", "copy the store to a new file",
	 "Copies the store as it is now to FILE, which must be new. The relay may be running.",
	 relay_ops_backup, FILE_NAME},
};

enum { COMMANDS_N = sizeof commands / sizeof *commands };

/* struct said: the command line, in its order: the configuration file comes first. */
struct said {
	const struct command *command;
	struct relay_order order;
	const char *config;
	struct pair {
		const char *key, *value; /* key NULL: value has both */
	} * pair;
	size_t pairs_n;
};

static const struct argp_option options[] = {
	{"config", 'c', "FILE", 0, "Read the configuration from FILE", 0},
	{"data", 'd', "DIR", 0, "The relay's folder", 0},
	{"listen", 'l', "ADDR:PORT", 0, "Where to listen (default 127.0.0.1:8787)", 0},
	{"set", 's', "KEY=VALUE", 0, "Set anything that a configuration file may set", 0},
	{"user", 'u', "NAME", 0, "Become this user, if started by root", 0},
	{0},
};
static const struct argp_option tls_options[] = {
	{"tls", 't', NULL, 0, "Make a TLS key as well; the relay then speaks HTTPS only", 0},
	{0},
};
static const struct argp_option token_options[] = {
	{"number", 'n', "N", 0, "How many tokens (default 1)", 0},
	{0},
};

static void add_pair(struct said *s, const char *key, const char *value)
{
	s->pair[s->pairs_n++] = (struct pair){key, value};
}

static size_t take_number(const char *text, struct argp_state *state)
{
	char *end;
	const unsigned long n = strtoul(text, &end, 10);
	if (*text < '1' || *text > '9' || *end || n > RELAY_TOKENS_MAX)
		argp_error(state, "-n takes a whole number from 1 to %d", RELAY_TOKENS_MAX);
	return n;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct said *s = state->input;
	switch (key) {
	case 'c':
		s->config = arg;
		return 0;
	case 'd':
		add_pair(s, "data", arg);
		return 0;
	case 'l':
		add_pair(s, "listen", arg);
		return 0;
	case 's':
		add_pair(s, NULL, arg);
		return 0;
	case 'u':
		add_pair(s, "user", arg);
		return 0;
	case ARGP_KEY_INIT:
		state->child_inputs[0] = s;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* parse_own takes what only one command takes. */
static error_t parse_own(int key, char *arg, struct argp_state *state)
{
	struct said *s = state->input;
	switch (key) {
	case 't':
		s->order.tls = true;
		return 0;
	case 'n':
		s->order.tokens_n = take_number(arg, state);
		return 0;
	case ARGP_KEY_ARG:
		if (s->command->takes != FILE_NAME || s->order.to)
			argp_error(state, "too many arguments");
		s->order.to = arg;
		return 0;
	case ARGP_KEY_END:
		if (s->command->takes == FILE_NAME && !s->order.to)
			argp_error(state, "a file to copy to is needed");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* complain says what is wrong with text (NULL: with the file of the sink). */
static bool complain(const struct sr_sink *sink, const char *text, struct sr_err e)
{
	note(sink, SR_ERROR, 0, 0, "%s%s%s%s%s", text ? text : "", text ? ": " : "", e.what,
	     e.sys ? ": " : "", e.sys ? strerror(e.sys) : "");
	return false;
}

/* read_config and set_pairs say themselves what is wrong. */
static bool read_config(struct said *s, struct arena *a)
{
	enum { CONFIG_BYTES_MAX = 64 * 1024 };
	struct slice text;
	const struct sr_sink sink = relay_ops_sink(s->config);
	struct sr_err e = platform_read_file(a, s->config, CONFIG_BYTES_MAX, &text);
	if (sr_bad(e))
		return complain(&sink, NULL, e);
	return !sr_bad(relay_conf_read(&s->order.conf, a, text, &sink));
}

static bool set_pairs(struct said *s, struct arena *a)
{
	struct relay_conf *c = &s->order.conf;
	const struct sr_sink sink = relay_ops_sink(NULL);
	for (const struct pair *p = s->pair; p < s->pair + s->pairs_n; p++) {
		const struct slice value = slice_str(p->value);
		struct sr_err e = p->key ? relay_conf_set(c, a, slice_str(p->key), value)
					 : relay_conf_pair(c, a, value);
		if (sr_bad(e))
			return complain(&sink, p->value, e);
	}
	struct sr_err e = relay_conf_check(c);
	return sr_bad(e) ? complain(&sink, NULL, e) : true;
}

static int obey(const struct command *c, int argc, char **argv)
{
	static char name[64];
	(void)snprintf(name, sizeof name, "subrosa-relay %s", c->name);
	argv[0] = name; /* argp prints it in its messages */
	argp_err_exit_status = RELAY_ERROR;
	SR_SCOPED(arena_release) struct arena a = {0};
	struct said s = {.command = c,
			 .order = {.tokens_n = 1},
			 .pair = ARENA_ARRAY(&a, (size_t)argc, struct pair)};
	const struct argp own = {.options = c->takes == TLS      ? tls_options
					    : c->takes == TOKENS ? token_options
								 : NULL,
				 .parser = parse_own};
	const struct argp_child children[] = {{&own, 0, NULL, 0}, {0}};
	const struct argp argp = {.options = options,
				  .parser = parse,
				  .args_doc = c->takes == FILE_NAME ? "FILE" : NULL,
				  .doc = c->doc,
				  .children = children};
	struct sr_err e = s.pair ? crypto_init() : sr_nomem();
	if (sr_bad(e))
		return relay_ops_fail(e);
	relay_conf_usual(&s.order.conf);
	(void)argp_parse(&argp, argc, argv, 0, NULL, &s);
	const bool ok = (!s.config || read_config(&s, &a)) && set_pairs(&s, &a);
	return ok ? c->run(&s.order) : RELAY_ERROR;
}

static void help(FILE *to)
{
	(void)fprintf(to, "Usage: subrosa-relay COMMAND [OPTION...]\n\n"
			  "Keeps logs of encrypted cells for others, in order, without knowing "
			  "whose they are.\n\nCommands:\n");
	for (size_t i = 0; i < COMMANDS_N; i++)
		(void)fprintf(to, "  %-8s %s\n", commands[i].name, commands[i].what);
	(void)fprintf(to, "\n'subrosa-relay COMMAND --help' tells more; 'subrosa-relay --version' "
			  "prints the version.\n");
}

static void version(void)
{
	const struct scmp_version *seccomp = seccomp_version();
	(void)printf("subrosa-relay %s\n  %-14s %s\n  %-14s %s\n  %-14s %s\n  %-14s %s\n"
		     "  %-14s %u.%u.%u\n  %-14s %s\n",
		     SUBROSA_VERSION, "SQLite", sqlite3_libversion(), "libsodium",
		     sodium_version_string(), "libmicrohttpd", MHD_get_version(), "GnuTLS",
		     gnutls_check_version(NULL), "libseccomp", seccomp->major, seccomp->minor,
		     seccomp->micro, "glibc", gnu_get_libc_version());
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		help(stderr);
		return RELAY_ERROR;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    strcmp(argv[1], "help") == 0) {
		help(stdout);
		return RELAY_OK;
	}
	if (strcmp(argv[1], "--version") == 0) {
		version();
		return RELAY_OK;
	}
	for (size_t i = 0; i < COMMANDS_N; i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return obey(&commands[i], argc - 1, argv + 1);
	(void)fprintf(stderr, "subrosa-relay: error: there is no such command; see "
			      "'subrosa-relay --help'\n");
	return RELAY_ERROR;
}
