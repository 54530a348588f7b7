/* SPDX-License-Identifier: Apache-2.0 */
#include "relay_metrics.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CONNECTIONS = 16, TIMEOUT_S = 10, MEMORY = 4096 };

struct relay_metrics {
	struct MHD_Daemon *daemon;
	struct relay_reader *reader;
	const struct relay_count *count;
	struct relay_writer *writer;
};

static enum MHD_Result say(struct MHD_Connection *mhd, unsigned http, struct slice text)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(
		text.len, (void *)(uintptr_t)text.ptr, MHD_RESPMEM_MUST_COPY);
	if (!r)
		return MHD_NO;
	enum MHD_Result ok =
		MHD_add_response_header(r, "Content-Type", "text/plain; version=0.0.4") &&
				MHD_add_response_header(r, "Cache-Control", "no-store")
			? MHD_queue_response(mhd, http, r)
			: MHD_NO;
	MHD_destroy_response(r);
	return ok;
}

static enum MHD_Result send_metrics(struct relay_metrics *m, struct MHD_Connection *mhd)
{
	struct relay_counts counts;
	struct build b;
	struct slice text;
	build_init(&b, 0);
	struct sr_err e = m->reader->ops->counts(m->reader, &counts);
	if (!sr_bad(e)) {
		relay_count_write(m->count, &counts, relay_writer_waiting(m->writer), &b);
		e = build_done(&b, &text);
	}
	enum MHD_Result ok =
		sr_bad(e) ? say(mhd, MHD_HTTP_SERVICE_UNAVAILABLE, SLICE_LIT("no counts\n"))
			  : say(mhd, MHD_HTTP_OK, text);
	build_release(&b);
	return ok;
}

/* serve is libmicrohttpd's MHD_AccessHandlerCallback. */
static enum MHD_Result serve(void *user, struct MHD_Connection *mhd, const char *path,
			     const char *method, const char *version, const char *data, size_t *len,
			     void **context)
{
	(void)version;
	(void)data;
	(void)len;
	(void)context;
	if (strcmp(method, "GET") == 0 && strcmp(path, "/metrics") == 0)
		return send_metrics(user, mhd);
	if (strcmp(method, "GET") == 0 && strcmp(path, "/healthz") == 0)
		return say(mhd, MHD_HTTP_OK, SLICE_LIT("ok\n"));
	return say(mhd, MHD_HTTP_NOT_FOUND, SLICE_LIT("nothing here\n"));
}

struct sr_err relay_metrics_open(struct relay_store *store, const struct relay_count *count,
				 struct relay_writer *writer, int listen_fd,
				 struct relay_metrics **out)
{
	struct relay_metrics *m = calloc(1, sizeof *m);
	struct sr_err e = m ? store->ops->reader_open(store, &m->reader) : sr_nomem();
	if (sr_bad(e)) {
		(void)close(listen_fd);
	} else {
		m->count = count;
		m->writer = writer;
		m->daemon = MHD_start_daemon(
			MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC, 0, NULL, NULL, serve, m,
			MHD_OPTION_LISTEN_SOCKET, listen_fd, MHD_OPTION_CONNECTION_LIMIT,
			(unsigned)CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)TIMEOUT_S,
			MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY, MHD_OPTION_END);
		if (m->daemon) {
			*out = m;
			return sr_ok();
		}
		e = sr_fail(SR_E_IO, "libmicrohttpd does not start for the metrics");
	}
	relay_metrics_close(m);
	return e;
}

void relay_metrics_close(struct relay_metrics *m)
{
	if (!m)
		return;
	MHD_stop_daemon(m->daemon);
	if (m->reader)
		m->reader->ops->reader_close(m->reader);
	free(m);
}
