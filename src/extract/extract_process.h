/* SPDX-License-Identifier: Apache-2.0 */
/* Listening to a child process that reads hostile input: until a deadline, and with what ended it
 * as an outcome. */
#ifndef EXTRACT_PROCESS_H
#define EXTRACT_PROCESS_H

#include "extract_outcome.h"

#include <sys/types.h>

enum { EXTRACT_EXIT_MEMORY = 3 }; /* of a child whose libraries find no memory */

/* A running child. fd: its answer, non-blocking. Times in ms, of platform_clock_ms and of the
 * child's own processor time. */
struct process {
	pid_t pid;
	int fd;
	int64_t end, pause_end, cpu_end;
};

/* process_make takes over pid and fd, which may be read from now on for wall_ms. SR_E_IO; the
 * process is the caller's to end in any case. */
SR_MUST struct sr_err process_make(struct process *p, pid_t pid, int fd, int64_t wall_ms);

/* process_bound lets the answer be read only until the child used cpu_ms of processor time from now
 * on. One that waits for a busy machine has PROCESS_PATIENCE times that by the clock. Called again,
 * it counts from then on; the end that process_make set stays. */
enum { PROCESS_PATIENCE = 5 };
void process_bound(struct process *p, int64_t cpu_ms);

/* process_receive takes up to len bytes of the answer; fewer only at its end. SR_E_LIMIT if
 * its time is up, SR_E_IO. */
SR_MUST struct sr_err process_receive(const struct process *p, uint8_t *to, size_t len,
				      size_t *got);

/* process_end kills and reaps, and explains a child that did not leave by itself with status 0;
 * status (may be NULL) is that of waitpid(2). To a child that is dying by itself the signal changes
 * nothing. */
enum extract_outcome process_end(const struct process *p, int *status);

#endif
