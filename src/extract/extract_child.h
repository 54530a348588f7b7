/* SPDX-License-Identifier: Apache-2.0 */
/* Running a function on hostile input in a child process, and taking its answer. The one idea:
 * everything that must be opened is opened before the filter is loaded (prepare), and the hostile
 * bytes are looked at only behind it (run).
 *
 * The answer, little-endian: u32 0x7872627e, u32 outcome, u64 replaced_n, u64 length of the text,
 * for each outcome below EXTRACT_CHILD_END a u32 skipped_n, the text (UTF-8, no NUL), end of file,
 * exit status 0. Unless the outcome is EXTRACT_OK, all numbers are 0 and the text is empty. A child
 * whose libraries find no memory may say nothing and exit with EXTRACT_EXIT_MEMORY
 * (extract_process.h). */
#ifndef EXTRACT_CHILD_H
#define EXTRACT_CHILD_H

#include "arena.h"
#include "extract_outcome.h"
#include "extract_process.h"
#include "slice.h"

enum {
	EXTRACT_MAGIC = 0x7872627e,
	EXTRACT_HEADER_LEN = 24 + 4 * EXTRACT_CHILD_END,
	EXTRACT_FD = 0, /* the child's only descriptor: where its answer goes */
};

/* Memory the child may take beside what it inherits: the decoded bytes, libxml2's copy of them and
 * the text, each in a buffer that doubles, and something for the libraries. A mail takes more, its
 * skeleton and what GMime makes of it: the largest, of very many parts, are refused for it. */
#define EXTRACT_MEMORY_LEN (((size_t)1536 + 256) * 1024 * 1024)

/* extract_task: what runs in the child. prepare may be NULL. wall_ms is the time for all of it,
 * text_len_max the bound on the text, memory_len on the memory it adds. */
struct extract_task {
	void (*prepare)(void *state);
	void (*run)(void *state);
	void *state;
	int64_t wall_ms;
	size_t text_len_max;
	size_t memory_len;
};

/* extract_run forks, confines the child and returns its checked answer; its text lies in a. The
 * child is dead and reaped on return, whatever happened. Errors as extract_text. */
SR_MUST struct sr_err extract_run(struct arena *a, const struct extract_task *task,
				  struct extract_found *found);

/* extract_answer writes an answer to EXTRACT_FD, in the child; found (may be NULL) is ignored
 * unless o is EXTRACT_OK. A failed write is seen by the parent as a broken answer. */
void extract_answer(enum extract_outcome o, const struct extract_found *found);

#endif
