/* SPDX-License-Identifier: Apache-2.0 */
/* The relay in numbers: `relay --help` lists the tables. Each starts the real program with a store
 * in a folder of its own, and prints that folder's disk beside what it measured. */
#include "relay_bench.h"

#include "instrument.h"

#include <stdio.h>
#include <string.h>

static const struct table {
	const char *name;
	void (*run)(struct bench *b);
	const char *what;
} tables[] = {
	{"speed", relay_speed, "durable appends, beside Redis 7 and PostgreSQL 15 (rounds: 7)"},
	{"reads", relay_reads, "20 cells of each of 1,000 logs (rounds: 5)"},
	{"order", relay_order, "16 writers race for each place of a log (rounds: 5000)"},
	{"kill", relay_kill, "killed while many write, looked at, started again (rounds: 200)"},
	{"polls", relay_polls, "10,000 clients wait: memory, and who is woken (rounds: 50)"},
	{"start", relay_start, "starting with 1,000,000 cells (rounds: 5)"},
	{"hostile", relay_hostile, "honest clients beside hostile ones (rounds: 7)"},
};

static void help(FILE *out)
{
	(void)fprintf(out, "usage: relay TABLE [--relay PROGRAM] [--folder FOLDER] [--rounds N] "
			   "[--writers N]\n"
			   "\n"
			   "PROGRAM: subrosa-relay (usually build-eval/src/relay/subrosa-relay)\n"
			   "FOLDER: on the disk that is to be measured (usually /var/tmp)\n"
			   "--writers: of the table speed, only the lines with so many\n"
			   "\n");
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		(void)fprintf(out, "%-8s %s\n", tables[i].name, tables[i].what);
}

static bool parse(int argc, char **argv, struct bench *b)
{
	for (int i = 0; i < argc; i += 2) {
		const char *name = argv[i], *value = argv[i + 1];
		if (!value)
			return false;
		if (!strcmp(name, "--relay"))
			b->relay = value;
		else if (!strcmp(name, "--folder"))
			b->under = value;
		else if (!strcmp(name, "--writers") && instrument_number(value, &b->writers))
			continue;
		else if (strcmp(name, "--rounds") != 0 || !instrument_number(value, &b->rounds) ||
			 !b->rounds || b->rounds > BENCH_ROUNDS_MAX)
			return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	struct bench b = {.relay = "build-eval/src/relay/subrosa-relay", .under = "/var/tmp"};
	if (argc > 1 && !strcmp(argv[1], "--help")) {
		help(stdout);
		return 0;
	}
	for (size_t i = 0; i < sizeof tables / sizeof *tables && argc > 1; i++) {
		if (strcmp(argv[1], tables[i].name) != 0)
			continue;
		if (!parse(argc - 2, argv + 2, &b))
			break;
		bench_must(crypto_init());
		bench_begin(&b);
		tables[i].run(&b);
		return 0;
	}
	help(stderr);
	return 2;
}
