/* SPDX-License-Identifier: Apache-2.0 */
/* A store in memory: the second implementation, by which tests are kept free of SQLite, and the
 * model that the other one is compared with. */
#ifndef RELAY_MEMORY_H
#define RELAY_MEMORY_H

#include "relay_log.h"

/* relay_memory_open opens what is in memory, one at a time; relay_memory_reset forgets it. */
SR_MUST struct sr_err relay_memory_open(const struct relay_rules *rules, struct relay_store **out);
void relay_memory_reset(void);

#endif
