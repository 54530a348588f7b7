/* SPDX-License-Identifier: Apache-2.0 */
#include "err.h"

#include <errno.h>
#include <stdio.h>

struct sr_err sr_sys(const char *what)
{
	return (struct sr_err){SR_E_IO, errno, what};
}

void note(const struct sr_sink *sink, enum sr_level level, uint32_t line, uint32_t col,
	  const char *fmt, ...)
{
	if (!sink || !sink->fn)
		return;
	char text[1001];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	struct sr_note n = {level, sink->file, line, col, text};
	sink->fn(sink->user, &n);
}
