/* SPDX-License-Identifier: Apache-2.0 */
#include "cli_passphrase.h"

#include "cli_secret.h"

#include <bsd/readpassphrase.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { OPT_PASSPHRASE_FILE = 0x10000 }; /* no other key of a command */

static const struct argp_option options[] = {
	{"passphrase-file", OPT_PASSPHRASE_FILE, "FILE", 0,
	 "read the passphrase of sealed ledgers from this file of one line; without it, it is "
	 "asked "
	 "for on the terminal",
	 0},
	{0},
};

static struct sr_err ask_file(void *user, const char *prompt, bool twice, char *buf, size_t len)
{
	(void)prompt;
	(void)twice;
	return cli_secret_read(user, "passphrase", buf, len);
}

static struct sr_err read_terminal(const char *prompt, char *buf, size_t len)
{
	char line[1024];
	(void)snprintf(line, sizeof line, "%s: ", prompt);
	for (char *p = line; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?'; /* the name of a file may steer the terminal */
	if (!readpassphrase(line, buf, len, RPP_REQUIRE_TTY)) {
		if (errno == EINTR)
			return cli_secret_fail(SR_E_IO, NULL, "the passphrase was not given");
		return cli_secret_fail(
			SR_E_INPUT, NULL,
			"a passphrase is needed, and there is no terminal to ask for it; use "
			"--passphrase-file");
	}
	if (strlen(buf) == len - 1) /* the rest is lost */
		return cli_secret_fail(SR_E_LIMIT, NULL, "the passphrase is too long");
	if (!*buf)
		return cli_secret_fail(SR_E_INPUT, NULL, "the passphrase is empty");
	return (struct sr_err){0};
}

static struct sr_err ask_terminal(void *user, const char *prompt, bool twice, char *buf, size_t len)
{
	char again[SR_PASSPHRASE_BYTES];
	(void)user;
	cli_secret_no_core();
	struct sr_err e = read_terminal(prompt, buf, len);
	if (e.code != SR_OK || !twice)
		return e;
	e = read_terminal("The same again", again, sizeof again);
	if (e.code == SR_OK && strcmp(buf, again) != 0)
		e = cli_secret_fail(SR_E_INPUT, NULL, "the two passphrases differ");
	explicit_bzero(again, sizeof again);
	return e;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct sr_passphrase *p = state->input;
	switch (key) {
	case ARGP_KEY_INIT:
		*p = (struct sr_passphrase){ask_terminal, NULL};
		return 0;
	case OPT_PASSPHRASE_FILE:
		*p = (struct sr_passphrase){ask_file, arg};
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp cli_passphrase_argp = {.options = options, .parser = parse};
