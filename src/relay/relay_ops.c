/* SPDX-License-Identifier: Apache-2.0 */
#include "relay_ops.h"

#include "relay_guard.h"
#include "relay_home.h"
#include "relay_sqlite.h"
#include "relay_token.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void print_note(void *user, const struct sr_note *n)
{
	(void)user;
	static const char *const levels[] = {
		[SR_WARNING] = "warning: ", [SR_ERROR] = "error: ", [SR_INFO] = ""};
	(void)fprintf(stderr, "%s", n->file ? n->file : "subrosa-relay");
	if (n->file && n->line)
		(void)fprintf(stderr, ":%u:%u", n->line, n->col);
	(void)fprintf(stderr, ": %s%s\n", levels[n->level], n->text);
}

struct sr_sink relay_ops_sink(const char *file)
{
	return (struct sr_sink){print_note, NULL, file};
}

int relay_ops_fail(struct sr_err e)
{
	(void)fprintf(stderr, "subrosa-relay: error: %s", e.what);
	if (e.sys)
		(void)fprintf(stderr, ": %s", strerror(e.sys));
	(void)fputc('\n', stderr);
	return RELAY_ERROR;
}

/* become gives up root's privileges, so that what is made belongs to the relay's user. */
static struct sr_err become(const struct relay_order *o)
{
	return o->conf.user ? relay_guard_user(o->conf.user) : sr_ok();
}

static struct sr_err write_address(const struct relay_order *o, struct build *out)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	const struct relay_place *at =
		o->conf.reached_at.host[0] ? &o->conf.reached_at : &o->conf.listen;
	struct relay_home home;
	struct wire_relay address = {.port = at->port};
	const bool is_ip6 = strchr(at->host, ':');
	const int len =
		snprintf(address.host, sizeof address.host, is_ip6 ? "[%s]" : "%s", at->host);
	if (len < 0 || (size_t)len >= sizeof address.host)
		return sr_fail(SR_E_INPUT, "the name of the relay's host is too long");
	SR_TRY(relay_home_open(o->conf.data, &a, &home));
	memcpy(address.key, home.public_key, sizeof address.key);
	address.tls = home.tls;
	memcpy(address.pin, home.pin, sizeof address.pin);
	relay_home_close(&home);
	wire_relay_write(&address, out);
	build_str(out, "\n");
	return sr_ok();
}

/* print puts out what was built, if nothing is wrong, and releases it. */
static int print(struct sr_err e, struct build *b)
{
	struct slice text;
	if (!sr_bad(e))
		e = build_done(b, &text);
	if (!sr_bad(e) && (fwrite(text.ptr, 1, text.len, stdout) != text.len || fflush(stdout)))
		e = sr_sys("the standard output cannot be written");
	build_release(b);
	return sr_bad(e) ? relay_ops_fail(e) : RELAY_OK;
}

int relay_ops_address(const struct relay_order *o)
{
	struct build b;
	build_init(&b, 0);
	struct sr_err e = become(o);
	return print(sr_bad(e) ? e : write_address(o, &b), &b);
}

int relay_ops_init(const struct relay_order *o)
{
	struct sr_err e = become(o);
	if (!sr_bad(e))
		e = relay_home_make(o->conf.data, o->tls);
	return sr_bad(e) ? relay_ops_fail(e) : relay_ops_address(o);
}

static struct sr_err make_tokens(const struct relay_order *o, struct build *out)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	const char *path = relay_home_store(o->conf.data, &a);
	struct relay_store *s;
	if (!path)
		return sr_nomem();
	SR_TRY(become(o));
	SR_TRY(relay_sqlite_open_beside(path, &s));
	struct sr_err e = relay_token_make(s, o->tokens_n, out);
	s->ops->close(s);
	return e;
}

int relay_ops_token(const struct relay_order *o)
{
	struct build b;
	build_init_secret(&b, 0);
	return print(make_tokens(o, &b), &b);
}

static struct sr_err check(const struct relay_order *o, struct relay_counts *counts)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	const char *path = relay_home_store(o->conf.data, &a);
	const struct sr_sink sink = relay_ops_sink(NULL);
	if (!path)
		return sr_nomem();
	SR_TRY(become(o));
	return relay_sqlite_check(path, &sink, counts);
}

int relay_ops_check(const struct relay_order *o)
{
	struct relay_counts c = {0};
	struct sr_err e = check(o, &c);
	if (sr_bad(e)) {
		(void)relay_ops_fail(e);
		return e.code == SR_E_INPUT ? RELAY_FAILED : RELAY_ERROR;
	}
	(void)printf("logs %" PRIu64 "\ncells %" PRIu64 "\ntokens %" PRIu64 "\nbytes %" PRIu64 "\n",
		     c.logs, c.cells, c.tokens, c.bytes);
	return fflush(stdout) ? relay_ops_fail(sr_sys("the standard output cannot be written"))
			      : RELAY_OK;
}

int relay_ops_backup(const struct relay_order *o)
{
	SR_SCOPED(arena_release) struct arena a = {0};
	const char *path = relay_home_store(o->conf.data, &a);
	struct sr_err e = path ? become(o) : sr_nomem();
	if (!sr_bad(e))
		e = relay_sqlite_backup(path, o->to);
	return sr_bad(e) ? relay_ops_fail(e) : RELAY_OK;
}
