/* SPDX-License-Identifier: Apache-2.0 */
#include "relay_say.h"

#include "platform.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void relay_say(const char *level, const char *event, const char *fmt, ...)
{
	char line[1024];
	const time_t now = (time_t)platform_now();
	struct tm tm;
	size_t len = strftime(line, sizeof line, "time=%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
	len += (size_t)snprintf(line + len, sizeof line - len, " level=%s event=%s ", level, event);
	va_list ap;
	va_start(ap, fmt);
	const int more = vsnprintf(line + len, sizeof line - len - 1, fmt, ap);
	va_end(ap);
	len += more > 0 ? (size_t)more : 0;
	len = len < sizeof line - 1 ? len : sizeof line - 2;
	line[len++] = '\n';
	/* One call, so that lines of several threads do not mix. */
	(void)!write(STDERR_FILENO, line, len);
}

void relay_say_failure(const char *event, struct sr_err e)
{
	if (e.sys)
		relay_say("error", event, "what=\"%s\" system=\"%s\"", e.what,
			  strerrordesc_np(e.sys) ? strerrordesc_np(e.sys) : "an unknown error");
	else
		relay_say("error", event, "what=\"%s\"", e.what);
}
