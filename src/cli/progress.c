/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum {
	QUIET_MS = 500, /* what is over sooner is not worth a bar */
	REDRAW_MS = 100,
	WIDTH_DEFAULT = 80, /* where the terminal does not tell */
	BAR_MIN = 10,
	BAR_MAX = 40,
};

static struct {
	int64_t began_ms, drawn_ms;
	bool shown;
} bar;

static int64_t now_ms(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* The width is asked for each time, so that a window may change without a signal handler. */
static size_t width(void)
{
	struct winsize w;
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &w) != 0 || !w.ws_col)
		return WIDTH_DEFAULT;
	return w.ws_col;
}

void cli_progress_clear(void)
{
	if (bar.shown)
		(void)fputs("\r\033[K", stderr);
	bar.shown = false;
}

/* One line, a column short of the width, where terminals would wrap; a narrow window gets less. */
static void draw(const char *what, size_t done, size_t total)
{
	enum { TEXT_LEN = 128 };
	char text[TEXT_LEN], cells[BAR_MAX + 1];
	size_t room = width() - 1;
	double part = (double)done / (double)total;
	int n = snprintf(text, sizeof text, "%3d%% %zu of %zu %s", (int)(part * 100), done, total,
			 what);
	if (n < 0 || room < 4)
		return;
	size_t len = (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
	(void)fputs("\r\033[K", stderr);
	bar.shown = true;
	if (room < len + BAR_MIN + 3) {
		(void)fprintf(stderr, "%.*s", (int)(room < len ? room : len), text);
		return;
	}
	size_t size = room - len - 3 < BAR_MAX ? room - len - 3 : BAR_MAX;
	size_t full = (size_t)(part * (double)size);
	memset(cells, '#', full);
	memset(cells + full, '.', size - full);
	(void)fprintf(stderr, "[%.*s] %s", (int)size, cells, text);
}

static void progress(void *user, const char *what, size_t done, size_t total)
{
	(void)user;
	int64_t now = now_ms();
	if (!total || done >= total) {
		cli_progress_clear();
		return;
	}
	if (now - bar.began_ms < QUIET_MS || now - bar.drawn_ms < REDRAW_MS)
		return;
	bar.drawn_ms = now;
	draw(what, done, total);
}

struct sr_progress cli_progress(void)
{
	const char *term = getenv("TERM");
	if (!isatty(STDERR_FILENO) || !term || strcmp(term, "dumb") == 0)
		return (struct sr_progress){0};
	bar.began_ms = now_ms();
	return (struct sr_progress){progress, NULL};
}
