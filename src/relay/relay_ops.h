/* SPDX-License-Identifier: Apache-2.0 */
/* What an operator does with a relay beside running it. Each prints to standard output, says on
 * standard error what is wrong, and returns an exit status of relay_run.h. */
#ifndef RELAY_OPS_H
#define RELAY_OPS_H

#include "relay_run.h"

/* struct relay_order: what the command line says. */
struct relay_order {
	struct relay_conf conf;
	bool tls;
	size_t tokens_n;
	const char *to;
};

/* relay_ops_init makes a relay and prints its address. */
int relay_ops_init(const struct relay_order *o);

/* relay_ops_address prints it. */
int relay_ops_address(const struct relay_order *o);

/* relay_ops_token makes tokens of admission and prints them. */
int relay_ops_token(const struct relay_order *o);

/* relay_ops_check looks at the whole store: RELAY_FAILED if something is wrong with it. */
int relay_ops_check(const struct relay_order *o);

/* relay_ops_backup copies the store to a new file. */
int relay_ops_backup(const struct relay_order *o);

/* relay_ops_sink returns where notes are printed to, with this name in front (may be NULL). */
struct sr_sink relay_ops_sink(const char *file);

/* relay_ops_fail says what is wrong, and returns RELAY_ERROR. */
int relay_ops_fail(struct sr_err e);

#endif
