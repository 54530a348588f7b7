/* SPDX-License-Identifier: Apache-2.0 */
/* GET /metrics and GET /healthz, at a place of their own: exact totals, read often, tell whoever
 * sees somebody act that it was at this relay. */
#ifndef RELAY_METRICS_H
#define RELAY_METRICS_H

#include "relay_count.h"
#include "relay_writer.h"

struct relay_metrics;

/* relay_metrics_open serves whoever connects to listen_fd, which listens, does not block, and is
 * its own from now on, even on failure. All else must outlive it. SR_E_IO, SR_E_NOMEM, and what the
 * store's reader_open says. */
SR_MUST struct sr_err relay_metrics_open(struct relay_store *store, const struct relay_count *count,
					 struct relay_writer *writer, int listen_fd,
					 struct relay_metrics **out);

/* relay_metrics_close ends it. NULL is fine. */
void relay_metrics_close(struct relay_metrics *m);

#endif
