/* SPDX-License-Identifier: Apache-2.0 */
#include "extract_child.h"
#include "extract_utf8.h"
#include "base_limits.h"
#include "jail.h"
#include "platform.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct answer {
	uint32_t outcome;
	uint64_t text_len;
	struct extract_found found;
	bool ended;
};

static void put(uint8_t *p, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

void extract_answer(enum extract_outcome o, const struct extract_found *found)
{
	static const struct extract_found nothing;
	uint8_t head[EXTRACT_HEADER_LEN];
	if (o != EXTRACT_OK || !found)
		found = &nothing;
	put(head, EXTRACT_MAGIC, 4);
	put(head + 4, o, 4);
	put(head + 8, found->replaced_n, 8);
	put(head + 16, found->text.len, 8);
	for (size_t i = 0; i < EXTRACT_CHILD_END; i++)
		put(head + 24 + 4 * i, found->skipped_n[i], 4);
	if (sr_bad(platform_write_all(EXTRACT_FD, head, sizeof head)) ||
	    sr_bad(platform_write_all(EXTRACT_FD, found->text.ptr, found->text.len)))
		_exit(EXIT_FAILURE);
}

static _Noreturn void be_child(const struct extract_task *task, pid_t parent, int fd)
{
	const struct jail jail = {.read_fd = -1,
				  .write_fd = EXTRACT_FD,
				  .memory_len = task->memory_len,
				  .cpu_ms = task->wall_ms};
	if (dup2(fd, EXTRACT_FD) != EXTRACT_FD || !jail_enter(parent, EXTRACT_FD + 1) ||
	    !jail_hear(EXTRACT_EXIT_MEMORY))
		_exit(EXIT_FAILURE);
	if (task->prepare)
		task->prepare(task->state);
	if (jail_lock(&jail))
		task->run(task->state);
	else
		extract_answer(EXTRACT_UNCONFINED, NULL);
	_exit(EXIT_SUCCESS);
}

static struct sr_err start(const struct extract_task *task, struct process *c)
{
	int fd[2];
	pid_t parent = getpid();
	if (pipe2(fd, O_CLOEXEC))
		return sr_sys("cannot be read: no pipe");
	pid_t pid = fork();
	if (pid == 0)
		be_child(task, parent, fd[1]);
	struct sr_err e = pid < 0 ? sr_sys("cannot be read: no process") : sr_ok();
	(void)close(fd[1]);
	if (sr_bad(e)) {
		(void)close(fd[0]);
		return e;
	}
	e = process_make(c, pid, fd[0], task->wall_ms);
	if (sr_bad(e))
		(void)process_end(c, NULL);
	return e;
}

/* skips_are_right reads how many parts were skipped: only for reasons that allow it. */
static bool skips_are_right(struct slice *head, struct answer *ans)
{
	for (size_t i = 0; i < EXTRACT_CHILD_END; i++) {
		uint32_t *n = &ans->found.skipped_n[i];
		bool may = ans->outcome == EXTRACT_OK &&
			   extract_part_words((enum extract_outcome)i, false);
		if (!slice_u32(head, n) || *n > (may ? LIMIT_MAIL_PARTS : 0))
			return false;
	}
	return true;
}

static bool head_is_right(struct slice head, struct answer *ans)
{
	uint32_t magic;
	return slice_u32(&head, &magic) && slice_u32(&head, &ans->outcome) &&
	       slice_u64(&head, &ans->found.replaced_n) && slice_u64(&head, &ans->text_len) &&
	       magic == EXTRACT_MAGIC && ans->outcome < EXTRACT_CHILD_END &&
	       (ans->outcome == EXTRACT_OK || (!ans->text_len && !ans->found.replaced_n)) &&
	       ans->found.replaced_n <= ans->text_len / 3 && skips_are_right(&head, ans);
}

static bool is_text(struct slice s)
{
	struct utf8_counts n = utf8_count(s);
	return n.bad_n == 0 && n.control_n == 0;
}

/* take_answer reads all that the child says and checks it; ended tells whether the child closed
 * its end, which it does only by dying. */
static struct sr_err take_answer(struct arena *a, const struct process *c, size_t text_len_max,
				 struct answer *ans)
{
	uint8_t head[EXTRACT_HEADER_LEN], more;
	uint8_t *text;
	size_t got;
	SR_TRY(process_receive(c, head, sizeof head, &got));
	ans->ended = got < sizeof head;
	if (!head_is_right(slice_make(head, got), ans))
		return extract_err(EXTRACT_GARBAGE);
	if (ans->text_len > text_len_max)
		return extract_err(EXTRACT_LONG);
	text = arena_alloc(a, (size_t)ans->text_len + 1, 1);
	if (!text)
		return sr_nomem();
	SR_TRY(process_receive(c, text, (size_t)ans->text_len, &got));
	ans->ended = got < ans->text_len;
	if (ans->ended)
		return extract_err(EXTRACT_GARBAGE);
	SR_TRY(process_receive(c, &more, 1, &got));
	ans->ended = got == 0;
	ans->found.text = slice_make(text, (size_t)ans->text_len);
	if (got || !is_text(ans->found.text))
		return extract_err(EXTRACT_GARBAGE);
	return extract_err((enum extract_outcome)ans->outcome);
}

struct sr_err extract_run(struct arena *a, const struct extract_task *task,
			  struct extract_found *found)
{
	struct process c;
	struct answer ans = {0};
	SR_TRY(start(task, &c));
	struct sr_err e = take_answer(a, &c, task->text_len_max, &ans);
	enum extract_outcome end = process_end(&c, NULL);
	/* Whoever closed its end died: what of says more than the missing answer. */
	if (ans.ended && end != EXTRACT_OK)
		return extract_err(end);
	if (sr_bad(e))
		return e;
	*found = ans.found;
	return sr_ok();
}
