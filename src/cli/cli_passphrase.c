/* SPDX-License-Identifier: Apache-2.0 */
#include "cli_passphrase.h"

#include <bsd/readpassphrase.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OPT_PASSPHRASE_FILE = 0x10000 }; /* no other key of a command */

static const struct argp_option options[] = {
	{"passphrase-file", OPT_PASSPHRASE_FILE, "FILE", 0,
	 "read the passphrase of sealed ledgers from this file of one line; without it, it is "
	 "asked "
	 "for on the terminal",
	 0},
	{0},
};

static struct sr_err fail(enum sr_code code, const char *file, const char *what)
{
	struct sr_sink sink = cli_sink();
	int sys = code == SR_E_IO ? errno : 0;
	char text[256];
	(void)snprintf(text, sizeof text, "%s%s%s", what, sys ? ": " : "",
		       sys ? strerror(sys) : "");
	sink.fn(sink.user, &(struct sr_note){.level = SR_ERROR, .file = file, .text = text});
	return (struct sr_err){code, sys, what};
}

static void warn(const char *file, const char *text)
{
	struct sr_sink sink = cli_sink();
	sink.fn(sink.user, &(struct sr_note){.level = SR_WARNING, .file = file, .text = text});
}

/* A core file would hold the passphrase and the ledger. Where cores go to a program instead of a
 * file, Linux heeds no limit but 1, which is too small for a file as well. */
static void no_core_file(void)
{
	static const struct rlimit least = {1, 1}, none = {0, 0};
	if (setrlimit(RLIMIT_CORE, &least))
		(void)setrlimit(RLIMIT_CORE, &none);
}

/* Reads the whole file; no more than len bytes of it. */
static struct sr_err read_all(int fd, const char *file, char *buf, size_t len, size_t *got)
{
	size_t have = 0;
	while (have < len) {
		ssize_t n = read(fd, buf + have, len - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(SR_E_IO, file, "the passphrase cannot be read");
		if (n == 0)
			break;
		have += (size_t)n;
	}
	*got = have;
	return (struct sr_err){0};
}

static struct sr_err take_line(const char *file, char *buf, size_t n, size_t len)
{
	if (n == len)
		return fail(SR_E_LIMIT, file, "the passphrase is too long");
	if (n && buf[n - 1] == '\n')
		n--;
	if (n && buf[n - 1] == '\r')
		n--;
	if (memchr(buf, 0, n) || memchr(buf, '\n', n))
		return fail(SR_E_INPUT, file, "a passphrase file has one line of text");
	if (!n)
		return fail(SR_E_INPUT, file, "the passphrase is empty");
	buf[n] = 0;
	return (struct sr_err){0};
}

static struct sr_err ask_file(void *user, const char *prompt, bool twice, char *buf, size_t len)
{
	const char *file = user;
	struct stat st;
	size_t n = 0;
	(void)prompt;
	(void)twice;
	no_core_file();
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail(SR_E_IO, file, "the passphrase file cannot be opened");
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 077))
		warn(file, "other users of this machine may read or change the passphrase file; "
			   "see chmod(1), mode 600");
	struct sr_err e = read_all(fd, file, buf, len, &n);
	(void)close(fd);
	return e.code == SR_OK ? take_line(file, buf, n, len) : e;
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
			return fail(SR_E_IO, NULL, "the passphrase was not given");
		return fail(SR_E_INPUT, NULL,
			    "a passphrase is needed, and there is no terminal to ask for it; use "
			    "--passphrase-file");
	}
	if (strlen(buf) == len - 1) /* the rest is lost */
		return fail(SR_E_LIMIT, NULL, "the passphrase is too long");
	if (!*buf)
		return fail(SR_E_INPUT, NULL, "the passphrase is empty");
	return (struct sr_err){0};
}

static struct sr_err ask_terminal(void *user, const char *prompt, bool twice, char *buf, size_t len)
{
	char again[SR_PASSPHRASE_BYTES];
	(void)user;
	no_core_file();
	struct sr_err e = read_terminal(prompt, buf, len);
	if (e.code != SR_OK || !twice)
		return e;
	e = read_terminal("The same again", again, sizeof again);
	if (e.code == SR_OK && strcmp(buf, again) != 0)
		e = fail(SR_E_INPUT, NULL, "the two passphrases differ");
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
