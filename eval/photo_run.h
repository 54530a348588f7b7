/* SPDX-License-Identifier: Apache-2.0 */
/* Other programs, as a user runs them, and what they cost. */
#ifndef PHOTO_RUN_H
#define PHOTO_RUN_H

#include <stdbool.h>

struct photo_cost {
	double wall_s, cpu_s;
	long peak_kib;
};

/* photo_spawn runs a program, argv up to a NULL, with its output going to file (NULL: nowhere), and
 * returns its exit status; -1 if it did not run. photo_run returns whether it ended well. */
int photo_spawn(const char *const *argv, const char *file, struct photo_cost *c);
bool photo_run(const char *const *argv);

/* photo_now_s gives the seconds of a clock that never goes back, photo_cpu_s those that this
 * process has worked. */
double photo_now_s(void);
double photo_cpu_s(void);

#endif
