/* SPDX-License-Identifier: Apache-2.0 */
/* The relay at work, from its start to its end. */
#ifndef RELAY_RUN_H
#define RELAY_RUN_H

#include "relay_conf.h"

/* What relay_run returns: exit statuses of the program. */
enum {
	RELAY_OK = 0,     /* stopped by SIGTERM or SIGINT */
	RELAY_FAILED = 1, /* stopped because the store failed */
	RELAY_ERROR = 2,  /* did not start */
};

/* relay_run serves until it is told to stop, or the store fails, and logs to standard error. The
 * process can do nothing else afterwards. */
int relay_run(const struct relay_conf *c);

#endif
