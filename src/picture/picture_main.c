/* SPDX-License-Identifier: Apache-2.0 */
/* subrosa-picture: reads one picture or PDF (extract_pages.h). */
#include "base_limits.h"
#include "extract_pages.h"
#include "extract_process.h"
#include "jail.h"
#include "picture_decode.h"
#include "picture_ocr.h"
#include "picture_pdf.h"
#include "picture_read.h"
#include "platform.h"

#include <glib.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { IN_FD = 0, OUT_FD = 1, FDS_N = 3, MEMORY_LEN = 1024 * 1024 * 1024 };

/* Reading of another page of pictures begins no later. */
enum { LAST_START_MS = (LIMIT_EXTRACT_PAGES_S - 30) * 1000 };

static const int calls[] = {SCMP_SYS(getrusage), SCMP_SYS(gettimeofday), SCMP_SYS(times)};

/* Fonts that a PDF does not embed, lists of letters, settings: nothing is opened any more. */
static const int refused[] = {SCMP_SYS(open),       SCMP_SYS(openat),  SCMP_SYS(access),
			      SCMP_SYS(stat),       SCMP_SYS(lstat),   SCMP_SYS(newfstatat),
			      SCMP_SYS(faccessat2), SCMP_SYS(readlink)};

/* What is read, and what came of it. Pages' memory is the arena's; scratch ends with a page. */
struct reading {
	struct slice bytes;
	bool is_pdf;
	struct pdf *pdf;
	unsigned n;
	int64_t start_ms;
	struct arena *a;
	struct extract_page *page;
	struct build text;
	size_t gray_len;
};

static void say(const void *ptr, size_t len)
{
	if (sr_bad(platform_write_all(OUT_FD, ptr, len)))
		_exit(PAGES_EXIT_BROKEN);
}

static void say_u32(uint32_t v)
{
	const uint8_t bytes[4] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16),
				  (uint8_t)(v >> 24)};
	say(bytes, sizeof bytes);
}

/* keep_gray hands the pixels of a page on. */
static bool keep_gray(struct reading *r, PIX *gray, struct extract_page *page)
{
	page->w = (uint32_t)pixGetWidth(gray);
	page->h = (uint32_t)pixGetHeight(gray);
	uint8_t *to = arena_alloc(r->a, page->w, page->h);
	page->gray = to;
	for (l_uint32 y = 0; to && y < page->h; y++) {
		l_uint32 *line = pixGetData(gray) + (size_t)y * (size_t)pixGetWpl(gray);
		for (l_uint32 x = 0; x < page->w; x++)
			*to++ = (uint8_t)GET_DATA_BYTE(line, x);
	}
	r->gray_len += (size_t)page->w * page->h;
	return page->gray;
}

static enum extract_outcome get_page(struct reading *r, unsigned i, struct extract_page *page,
				     struct picture_words *words, PIX **gray)
{
	page->of = i;
	return r->is_pdf ? pdf_page(r->a, r->pdf, i, page, words, gray)
			 : decode_page(r->bytes, i, gray);
}

/* read_gray reads a page that is a picture. */
static enum extract_outcome read_gray(struct reading *r, PIX **gray, struct extract_page *page,
				      struct picture_words *words)
{
	if (page->of > 0 && platform_clock_ms() - r->start_ms > LAST_START_MS)
		return EXTRACT_MANY_SCANS;
	if (!read_picture(r->a, gray, words))
		return EXTRACT_MEMORY;
	if (words->n > EXTRACT_PAGE_WORDS_MAX)
		return EXTRACT_LONG;
	if (r->gray_len + (size_t)pixGetWidth(*gray) * (size_t)pixGetHeight(*gray) >
	    EXTRACT_GRAY_BYTES_MAX)
		return EXTRACT_MANY_PAGES;
	return keep_gray(r, *gray, page) ? EXTRACT_OK : EXTRACT_MEMORY;
}

static enum extract_outcome read_one(struct reading *r, unsigned i)
{
	struct extract_page *page = &r->page[i];
	struct picture_words words = {0};
	PIX *gray = NULL;
	enum extract_outcome o = get_page(r, i, page, &words, &gray);
	if (o == EXTRACT_OK && gray)
		o = read_gray(r, &gray, page, &words);
	if (o == EXTRACT_OK && !words_page(r->a, &words, &r->text, page))
		o = EXTRACT_MEMORY;
	if (r->n > 1) {
		say_u32(i + 1);
		say_u32(r->n);
	}
	pixDestroy(&gray);
	return o;
}

static enum extract_outcome read_all(struct reading *r)
{
	enum extract_outcome o =
		r->is_pdf ? pdf_open(r->bytes, &r->pdf, &r->n) : decode_pages(r->bytes, &r->n);
	if (o != EXTRACT_OK)
		return o;
	r->page = ARENA_ARRAY(r->a, r->n, struct extract_page);
	if (!r->page)
		return EXTRACT_MEMORY;
	for (unsigned i = 0; i < r->n && o == EXTRACT_OK; i++)
		o = read_one(r, i);
	if (o != EXTRACT_OK || r->text.failed)
		return o != EXTRACT_OK                ? o
		       : r->text.failed == SR_E_NOMEM ? EXTRACT_MEMORY
						      : EXTRACT_LONG;
	return r->text.len ? EXTRACT_OK : EXTRACT_NOTHING;
}

static int answer(struct reading *r)
{
	struct build out = {0};
	struct slice bytes = {0};
	enum extract_outcome o = read_all(r);
	if (o == EXTRACT_OK) {
		const struct extract_pages pages = {slice_make(r->text.ptr, r->text.len), r->page,
						    r->n};
		pages_write(&pages, &out);
		if (sr_bad(build_done(&out, &bytes)))
			o = EXTRACT_MEMORY;
	}
	if (o != EXTRACT_OK)
		bytes = slice_make(NULL, 0);
	say_u32(0);
	say_u32(o);
	say_u32((uint32_t)bytes.len);
	say_u32((uint32_t)(bytes.len >> 16 >> 16));
	say(bytes.ptr, bytes.len);
	return EXIT_SUCCESS;
}

/* log_words gives GLib's last words to jail_hear; its own way asks the system about stderr. */
static GLogWriterOutput log_words(GLogLevelFlags level, const GLogField *fields, gsize n,
				  gpointer user)
{
	(void)level;
	(void)user;
	for (gsize i = 0; i < n; i++)
		if (strcmp(fields[i].key, "MESSAGE") == 0)
			(void)fprintf(stderr, "%s\n", (const char *)fields[i].value);
	return G_LOG_WRITER_HANDLED;
}

/* take_file maps the input and closes it. */
static bool take_file(struct slice *bytes)
{
	struct stat st;
	if (fstat(IN_FD, &st) || st.st_size < 1 || st.st_size > LIMIT_LEAK_BYTES)
		return false;
	void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, IN_FD, 0);
	if (p == MAP_FAILED)
		return false;
	*bytes = slice_make(p, (size_t)st.st_size);
	return close(IN_FD) == 0;
}

static int usage(void)
{
	(void)fputs("usage: subrosa-picture picture|pdf LANGUAGES; subrosa starts it by itself\n",
		    stderr);
	return PAGES_EXIT_BROKEN;
}

static int tell_versions(void)
{
	char *leptonica = getLeptonicaVersion();
	(void)printf("subrosa-picture %s\nTesseract %s\n%s\npoppler %s\n", SUBROSA_VERSION,
		     ocr_version(), leptonica, pdf_version());
	return EXIT_SUCCESS;
}

static int run(struct reading *r)
{
	const struct jail jail = {.read_fd = -1,
				  .write_fd = OUT_FD,
				  .calls = calls,
				  .calls_n = sizeof calls / sizeof *calls,
				  .refused = refused,
				  .refused_n = sizeof refused / sizeof *refused,
				  .memory_len = MEMORY_LEN,
				  .cpu_ms = (int64_t)LIMIT_EXTRACT_PAGES_S * 1000};
	if (!jail_lock(&jail))
		return PAGES_EXIT_UNCONFINED;
	say_u32(PAGES_MAGIC);
	return answer(r);
}

int main(int argc, char **argv)
{
	struct arena a = {0};
	struct reading r = {.start_ms = platform_clock_ms(), .a = &a};
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return tell_versions();
	if (argc != 3 || !pages_language_is(argv[2]) ||
	    (strcmp(argv[1], "pdf") != 0 && strcmp(argv[1], "picture") != 0))
		return usage();
	r.is_pdf = strcmp(argv[1], "pdf") == 0;
	build_init(&r.text, EXTRACT_PAGES_TEXT_MAX);
	if (!take_file(&r.bytes))
		_exit(PAGES_EXIT_BROKEN);
	if (!jail_enter(getppid(), FDS_N) || !jail_hear(EXTRACT_EXIT_MEMORY))
		_exit(PAGES_EXIT_UNCONFINED);
	stdout = stderr;
	g_log_set_writer_func(log_words, NULL, NULL);
	setMsgSeverity(L_SEVERITY_NONE);
	if (!ocr_open(argv[2]))
		_exit(PAGES_EXIT_LANGUAGE);
	if (r.is_pdf && !pdf_prepare())
		_exit(PAGES_EXIT_BROKEN);
	_exit(run(&r));
}
