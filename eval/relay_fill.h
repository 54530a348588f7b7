/* SPDX-License-Identifier: Apache-2.0 */
/* A relay's store filled through its own interface, in big batches, while the relay does not run.
 */
#ifndef RELAY_FILL_H
#define RELAY_FILL_H

#include "relay_client.h"

/* relay_fill_store appends each cells to every one of n logs, which move along: one of each in
 * turn, as if many had written at once. */
void relay_fill_store(const struct client_relay *r, struct client_log *logs, size_t n, size_t each);

#endif
