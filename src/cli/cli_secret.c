/* SPDX-License-Identifier: Apache-2.0 */
#include "cli_secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

struct sr_err cli_secret_fail(enum sr_code code, const char *file, const char *what)
{
	struct sr_sink sink = cli_sink();
	int sys = code == SR_E_IO ? errno : 0;
	char text[256];
	(void)snprintf(text, sizeof text, "%s%s%s", what, sys ? ": " : "",
		       sys ? strerror(sys) : "");
	sink.fn(sink.user, &(struct sr_note){.level = SR_ERROR, .file = file, .text = text});
	return (struct sr_err){code, sys, "a secret cannot be used"};
}

/* fail_about is cli_secret_fail with a name between two texts. */
static struct sr_err fail_about(enum sr_code code, const char *file, const char *before,
				const char *name, const char *after)
{
	char text[160];
	int sys = errno;
	(void)snprintf(text, sizeof text, "%s%s%s", before, name, after);
	errno = sys;
	return cli_secret_fail(code, file, text);
}

static void warn(const char *file, const char *name)
{
	struct sr_sink sink = cli_sink();
	char text[160];
	(void)snprintf(text, sizeof text,
		       "other users of this machine may read or change the %s file; see chmod(1), "
		       "mode 600",
		       name);
	sink.fn(sink.user, &(struct sr_note){.level = SR_WARNING, .file = file, .text = text});
}

/* Where cores go to a program instead of a file, Linux heeds no limit but 1, which is too small for
 * a file as well. */
void cli_secret_no_core(void)
{
	static const struct rlimit least = {1, 1}, none = {0, 0};
	if (setrlimit(RLIMIT_CORE, &least))
		(void)setrlimit(RLIMIT_CORE, &none);
}

/* Reads the whole file; no more than len bytes of it. */
static struct sr_err read_all(int fd, const char *file, const char *name, char *buf, size_t len,
			      size_t *got)
{
	size_t have = 0;
	while (have < len) {
		ssize_t n = read(fd, buf + have, len - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_about(SR_E_IO, file, "the ", name, " cannot be read");
		if (n == 0)
			break;
		have += (size_t)n;
	}
	*got = have;
	return (struct sr_err){0};
}

static struct sr_err take_line(const char *file, const char *name, char *buf, size_t n, size_t len)
{
	if (n == len)
		return fail_about(SR_E_LIMIT, file, "the ", name, " is too long");
	if (n && buf[n - 1] == '\n')
		n--;
	if (n && buf[n - 1] == '\r')
		n--;
	if (memchr(buf, 0, n) || memchr(buf, '\n', n))
		return fail_about(SR_E_INPUT, file, "a ", name, " file has one line of text");
	if (!n)
		return fail_about(SR_E_INPUT, file, "the ", name, " is empty");
	buf[n] = 0;
	return (struct sr_err){0};
}

struct sr_err cli_secret_read(const char *file, const char *name, char *buf, size_t len)
{
	struct stat st;
	size_t n = 0;
	cli_secret_no_core();
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail_about(SR_E_IO, file, "the ", name, " file cannot be opened");
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 077))
		warn(file, name);
	struct sr_err e = read_all(fd, file, name, buf, len, &n);
	(void)close(fd);
	return e.code == SR_OK ? take_line(file, name, buf, n, len) : e;
}
