/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const struct command {
	const char *name, *what;
	int (*run)(int argc, char **argv);
} commands[] = {
	{"mark", "write an individually marked copy of a paper for each reader", cli_mark},
	{"places", "list the places of a paper, or write them out for approval", cli_places},
	{"trace", "tell whose copy a leak comes from, or that it cannot be told", cli_trace},
	{"which", "tell whose copy a file is, if it is a whole one", cli_which},
	{"show", "print one reader's copy, or a preview of one", cli_show},
	{"verify", "check a verdict against the leak and the commitment, trusting nobody",
	 cli_verify},
	{"pack", "check a language pack", cli_pack},
	{"ledger", "look after ledgers: info, check, backup, seal, unseal, readers", cli_ledger},
	{"mls", "show what an MLS message or key package says", cli_mls},
	{"wire", "try out a relay by hand: key, append, read, head, evidence", cli_wire},
	{"demo", "mark a paper and trace leaks of it, start to end", cli_demo},
};

enum { COMMANDS_N = sizeof commands / sizeof *commands };

/* Whether somebody was told already why the command fails. */
static bool error_shown;

void cli_put_text(const char *text, FILE *to)
{
	for (const char *p = text; *p; p++) {
		const unsigned char c = (unsigned char)p[0], next = (unsigned char)p[1];
		bool c1 = c == 0xc2 && next >= 0x80 && next < 0xa0;
		(void)putc(c < 0x20 || c == 0x7f || c1 ? '?' : c, to);
		p += c1;
	}
}

static void show_note(void *user, const struct sr_note *n)
{
	(void)user;
	cli_progress_clear();
	static const char *const levels[] = {
		[SR_WARNING] = "warning: ", [SR_ERROR] = "error: ", [SR_INFO] = ""};
	error_shown |= n->level == SR_ERROR;
	cli_put_text(n->file ? n->file : "subrosa", stderr);
	if (n->file && n->line)
		(void)fprintf(stderr, ":%u:%u", n->line, n->col);
	(void)fprintf(stderr, ": %s", levels[n->level]);
	cli_put_text(n->text, stderr);
	(void)putc('\n', stderr);
}

struct sr_sink cli_sink(void)
{
	return (struct sr_sink){show_note, NULL, NULL};
}

int cli_fail(struct sr_err e)
{
	cli_progress_clear();
	if (!error_shown)
		(void)fprintf(stderr, "subrosa: error: %s\n", e.what);
	return CLI_ERROR;
}

void cli_put(const struct sr_bytes *report)
{
	cli_progress_clear();
	/* close_output looks whether it arrived */
	(void)fwrite(report->ptr, 1, report->len, stdout);
}

const char **cli_list(const char **list, size_t *n, const char *word)
{
	const char **more = reallocarray(list, *n + 1, sizeof *more);
	if (!more) {
		(void)fprintf(stderr, "subrosa: error: out of memory\n");
		exit(CLI_ERROR);
	}
	more[(*n)++] = word;
	return more;
}

/* strptime(3) skips blanks and takes signs. */
static bool has_form(const char *text, const char *form)
{
	size_t i = 0;
	for (; form[i]; i++) {
		bool digit = text[i] >= '0' && text[i] <= '9';
		if (form[i] == '0' ? !digit : text[i] != form[i])
			return false;
	}
	return !text[i];
}

static bool end_of_day(const char *text, int64_t *out)
{
	enum { DAY_S = 24 * 60 * 60 };
	struct tm tm = {0};
	if (!has_form(text, "0000-00-00") || !strptime(text, "%Y-%m-%d", &tm))
		return false;
	struct tm again = tm;
	time_t t = timegm(&again);
	if (again.tm_mday != tm.tm_mday || again.tm_mon != tm.tm_mon)
		return false; /* 31 February */
	*out = (int64_t)t + DAY_S - 1;
	return true;
}

int64_t cli_end_of_day(const char *text, struct argp_state *state)
{
	int64_t out = 0;
	if (!end_of_day(text, &out))
		argp_error(state, "--leaked-on takes a day as YYYY-MM-DD");
	return out;
}

double cli_level(const char *text, struct argp_state *state)
{
	char *end;
	double p = strtod(text, &end);
	if (end == text || *end || !(p > 0 && p < 1))
		argp_error(state, "--max-false takes a number between 0 and 1, such as 1e-6");
	return p;
}

unsigned cli_collusion(const char *text, struct argp_state *state)
{
	unsigned value = 0;
	for (const char *p = text; *p >= '0' && *p <= '9' && value <= SR_COLLUSION_MAX; p++) {
		value = value * 10 + (unsigned)(*p - '0');
		if (!p[1] && value >= 1 && value <= SR_COLLUSION_MAX)
			return value;
	}
	argp_error(state, "--max-collusion takes a whole number from 1 to %d", SR_COLLUSION_MAX);
	return 0;
}

/* A closed standard stream would give its number to the next file that is opened, and a message
 * would go into a copy or a ledger. It is opened the wrong way round, so that using it fails. */
static bool hold_streams(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) != -1)
			continue;
		if (open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			return false;
	}
	return true;
}

/* Whatever the command has to say with its status, its output must have arrived. */
static void close_output(void)
{
	bool lost = ferror(stdout);
	if (fclose(stdout) == 0 && !lost)
		return;
	(void)fprintf(stderr, "subrosa: error: the standard output cannot be written\n");
	_exit(CLI_ERROR);
}

static void help(FILE *to)
{
	(void)fprintf(
		to,
		"Usage: subrosa COMMAND [OPTION...]\n\n"
		"Marks each reader's copy of a confidential paper by its wording and, on pages, by "
		"where the\nwords stand, and tells from a leak whose copy it was, with an exact "
		"bound on the chance of\nnaming somebody innocent.\n\nCommands:\n");
	for (size_t i = 0; i < COMMANDS_N; i++)
		(void)fprintf(to, "  %-8s %s\n", commands[i].name, commands[i].what);
	(void)fprintf(to, "\n'subrosa COMMAND --help' tells more; 'subrosa --version' prints the "
			  "versions.\n");
}

static void version(void)
{
	size_t n;
	const struct sr_library *l = sr_libraries(&n);
	(void)printf("subrosa %s\n", sr_version());
	for (size_t i = 0; i < n; i++)
		(void)printf("  %-10s %s\n", l[i].name, l[i].version);
}

static int run(const struct command *c, int argc, char **argv)
{
	static char name[64];
	(void)snprintf(name, sizeof name, "subrosa %s", c->name);
	argv[0] = name; /* argp prints it in its messages */
	argp_err_exit_status = CLI_ERROR;
	struct sr_err e = sr_init();
	if (e.code != SR_OK)
		return cli_fail(e);
	return c->run(argc, argv);
}

int main(int argc, char **argv)
{
	if (!hold_streams() || atexit(close_output) != 0)
		return CLI_ERROR;
	if (argc < 2) {
		help(stderr);
		return CLI_ERROR;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    strcmp(argv[1], "help") == 0) {
		help(stdout);
		return CLI_OK;
	}
	if (strcmp(argv[1], "--version") == 0) {
		version();
		return CLI_OK;
	}
	for (size_t i = 0; i < COMMANDS_N; i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return run(&commands[i], argc - 1, argv + 1);
	(void)fputs("subrosa: error: there is no command \"", stderr);
	cli_put_text(argv[1], stderr);
	(void)fputs("\"; see 'subrosa --help'\n", stderr);
	return CLI_ERROR;
}
