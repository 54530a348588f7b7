/* SPDX-License-Identifier: Apache-2.0 */
/* What the sub-commands share. Each is a file of its own with one entry in main.c's table; all of
 * them use include/subrosa.h and nothing below it. */
#ifndef CLI_H
#define CLI_H

#include "subrosa.h"

#include <argp.h>
#include <stdio.h>

/* Exit statuses, stable. CLI_NOBODY: a trace that names nobody, a verdict that does not follow,
 * evidence that proves nothing. */
enum { CLI_OK = 0, CLI_NOBODY = 1, CLI_ERROR = 2 };

int cli_mark(int argc, char **argv);
int cli_places(int argc, char **argv);
int cli_pack(int argc, char **argv);
int cli_trace(int argc, char **argv);
int cli_which(int argc, char **argv);
int cli_show(int argc, char **argv);
int cli_verify(int argc, char **argv);
int cli_ledger(int argc, char **argv);
int cli_mls(int argc, char **argv);
int cli_wire(int argc, char **argv);
int cli_demo(int argc, char **argv);

/* cli_sink writes notes to standard error as FILE:LINE:COLUMN: LEVEL: TEXT. */
struct sr_sink cli_sink(void);

/* cli_fail returns CLI_ERROR, and says what e is if no note did. */
int cli_fail(struct sr_err e);

/* cli_progress draws a bar on standard error if that is a terminal and the command, which starts
 * now, takes longer than half a second; it is erased at the end, and by all that is written here.
 * cli_progress_clear erases it before other output. */
struct sr_progress cli_progress(void);
void cli_progress_clear(void);

/* cli_put writes a report to standard output. If that fails, the program ends with CLI_ERROR and a
 * message, as it does for all that was printed. */
void cli_put(const struct sr_bytes *report);

/* cli_put_text writes a text in which there may be names of files that somebody else chose: a
 * character that steers a terminal is replaced by a question mark. */
void cli_put_text(const char *text, FILE *to);

/* cli_level reads the value of --max-false; it ends the program if that is none. */
double cli_level(const char *text, struct argp_state *state);

/* cli_collusion reads the value of --max-collusion, 1 to SR_COLLUSION_MAX; it ends the program if
 * that is none. */
unsigned cli_collusion(const char *text, struct argp_state *state);

/* cli_end_of_day reads the value of --leaked-on, YYYY-MM-DD, and gives the last second of that day
 * in UTC; it ends the program if it is no date. */
int64_t cli_end_of_day(const char *text, struct argp_state *state);

/* cli_list adds a word to a growing list, which it returns; it exits when there is no memory. */
const char **cli_list(const char **list, size_t *n, const char *word);

#endif
