/* SPDX-License-Identifier: Apache-2.0 */
#include "extract_picture.h"
#include "extract_pages.h"
#include "extract_process.h"
#include "base_limits.h"
#include "platform.h"
#include "program.h"

#include <assert.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the program said at its end; ended: it closed its side before, which it does only by dying.
 */
struct said {
	uint32_t outcome;
	struct slice bytes;
	bool ended;
};

/* seal_bytes makes a file in memory that nobody can change any more. */
static struct sr_err seal_bytes(struct slice bytes, int *fd)
{
	static const int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	int f = memfd_create("subrosa", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (f < 0)
		return sr_sys("cannot be read: no memory file");
	struct sr_err e = platform_write_all(f, bytes.ptr, bytes.len);
	if (!sr_bad(e) && (fcntl(f, F_ADD_SEALS, seals) || lseek(f, 0, SEEK_SET)))
		e = sr_sys("cannot be read: no memory file");
	if (sr_bad(e))
		(void)close(f);
	else
		*fd = f;
	return e;
}

/* start runs the program on the file. A thread of its own would outlive no limit, and none is
 * allowed: OpenMP, which Tesseract is built with, must not ask for one. */
static struct sr_err start(const char *path, enum extract_kind kind, const char *language,
			   int file_fd, struct process *p)
{
	const char *args[] = {NULL, kind == KIND_PDF ? "pdf" : "picture", language, NULL};
	int fd[2];
	pid_t pid;
	if (pipe2(fd, O_CLOEXEC))
		return sr_sys("cannot be read: no pipe");
	struct sr_err e = sr_ok();
	if (!program_spawn(path, args, file_fd, fd[1], "OMP_THREAD_LIMIT=1", &pid))
		e = sr_sys("cannot be read: its reader cannot be started");
	(void)close(fd[1]);
	if (sr_bad(e)) {
		(void)close(fd[0]);
		return e;
	}
	e = process_make(p, pid, fd[0], (int64_t)LIMIT_EXTRACT_PAGES_S * 1000);
	if (sr_bad(e))
		(void)process_end(p, NULL);
	else
		process_bound(p, (int64_t)LIMIT_EXTRACT_S * 1000);
	return e;
}

static struct sr_err hear_u32(const struct process *p, struct said *s, uint32_t *v)
{
	uint8_t bytes[4];
	size_t got;
	SR_TRY(process_receive(p, bytes, sizeof bytes, &got));
	struct slice left = slice_make(bytes, got);
	s->ended = !slice_u32(&left, v);
	return s->ended ? extract_err(EXTRACT_GARBAGE) : sr_ok();
}

/* hear_progress hears until the end of the answer is announced. Each page that was read gives time
 * for another one, as long as there is any. */
static struct sr_err hear_progress(struct process *p, const struct extract_how *how, struct said *s)
{
	uint32_t magic, done, total, last = 0;
	SR_TRY(hear_u32(p, s, &magic));
	if (magic != PAGES_MAGIC)
		return extract_err(EXTRACT_GARBAGE);
	for (;; last = done) {
		SR_TRY(hear_u32(p, s, &done));
		if (!done)
			return sr_ok();
		SR_TRY(hear_u32(p, s, &total));
		if (done <= last || done > total || total > EXTRACT_PAGES_MAX)
			return extract_err(EXTRACT_GARBAGE);
		process_bound(p, (int64_t)LIMIT_EXTRACT_S * 1000);
		if (how->progress)
			how->progress(how->user, done, total);
	}
}

/* hear_bytes hears len bytes and the end of the answer. */
static struct sr_err hear_bytes(struct arena *a, const struct process *p, size_t len,
				struct said *s)
{
	uint8_t more, *bytes = arena_alloc(a, len + 1, 1);
	size_t got;
	if (!bytes)
		return sr_nomem();
	SR_TRY(process_receive(p, bytes, len, &got));
	s->ended = got < len;
	if (s->ended)
		return extract_err(EXTRACT_GARBAGE);
	SR_TRY(process_receive(p, &more, 1, &got));
	s->ended = got == 0;
	s->bytes = slice_make(bytes, len);
	return got ? extract_err(EXTRACT_GARBAGE) : sr_ok();
}

static struct sr_err hear(struct arena *a, struct process *p, const struct extract_how *how,
			  struct said *s)
{
	uint32_t low, high;
	SR_TRY(hear_progress(p, how, s));
	SR_TRY(hear_u32(p, s, &s->outcome));
	SR_TRY(hear_u32(p, s, &low));
	SR_TRY(hear_u32(p, s, &high));
	uint64_t len = (uint64_t)high << 32 | low;
	if (s->outcome >= EXTRACT_CHILD_END || (s->outcome != EXTRACT_OK && len) ||
	    len > PAGES_BYTES_MAX)
		return extract_err(EXTRACT_GARBAGE);
	return hear_bytes(a, p, (size_t)len, s);
}

/* explain_end tells what the program's end says, beside that of any child. */
static enum extract_outcome explain_end(enum extract_outcome end, int status)
{
	if (!WIFEXITED(status))
		return end;
	return WEXITSTATUS(status) == PAGES_EXIT_LANGUAGE     ? EXTRACT_NO_LANGUAGE
	       : WEXITSTATUS(status) == PAGES_EXIT_UNCONFINED ? EXTRACT_UNCONFINED
							      : end;
}

static struct sr_err ask(struct arena *a, struct process *p, const struct extract_how *how,
			 struct extract_pages *out)
{
	struct said s = {0};
	int status = 0;
	struct sr_err e = hear(a, p, how, &s);
	enum extract_outcome end = process_end(p, &status);
	/* Whoever closed its end died: what of says more than the missing answer. */
	if (s.ended && end != EXTRACT_OK)
		return extract_err(explain_end(end, status));
	SR_TRY(e);
	SR_TRY(extract_err((enum extract_outcome)s.outcome));
	return pages_read(a, s.bytes, out);
}

struct sr_err extract_picture(struct arena *a, struct slice bytes, enum extract_kind kind,
			      const struct extract_how *how, struct extract_pages *out)
{
	const char *language = how->language ? how->language : "eng";
	char path[PROGRAM_PATH_LEN];
	struct process p;
	int fd = -1;
	assert(kind == KIND_PDF || kind == KIND_PICTURE);
	if (!pages_language_is(language))
		return extract_err(EXTRACT_NO_LANGUAGE);
	if (!program_find("picture", "SUBROSA_PICTURE", path))
		return extract_err(EXTRACT_NO_READER);
	SR_TRY(seal_bytes(bytes, &fd));
	struct sr_err e = start(path, kind, language, fd, &p);
	(void)close(fd);
	return sr_bad(e) ? e : ask(a, &p, how, out);
}
