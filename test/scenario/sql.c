/* SPDX-License-Identifier: Apache-2.0 */
/* sql FILE STATEMENT: runs SQL on an SQLite file (made if it is missing) and prints the rows,
 * columns separated by tabs. Exit status 1 if SQLite refuses. */
#include <sqlite3.h>
#include <stdio.h>

static int show_row(void *user, int n, char **value, char **name)
{
	(void)user;
	(void)name;
	for (int i = 0; i < n; i++)
		(void)printf("%s%s", i ? "\t" : "", value[i] ? value[i] : "NULL");
	(void)puts("");
	return 0;
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	sqlite3 *db;
	int bad = sqlite3_open(argv[1], &db);
	if (!bad)
		bad = sqlite3_exec(db, argv[2], show_row, NULL, NULL);
	if (bad)
		(void)fprintf(stderr, "%s: %s\n", argv[1], sqlite3_errmsg(db));
	(void)sqlite3_close(db);
	return bad ? 1 : 0;
}
