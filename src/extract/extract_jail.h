/* SPDX-License-Identifier: Apache-2.0 */
/* Confining the process that calls, for good. */
#ifndef EXTRACT_JAIL_H
#define EXTRACT_JAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* jail_enter makes this process, a fresh fork of parent, die with its parent, closes every
 * descriptor but answer_fd, which becomes EXTRACT_FD, and gives every signal its default action.
 * false: the system refused. */
bool jail_enter(pid_t parent, int answer_fd);

/* jail_lock takes away everything else: new descriptors, files, processes, signals to others,
 * executable memory, more than memory_len bytes on top of what is mapped now, and processor time
 * beyond wall_ms, rounded up. What remains is in the list in extract_jail.c; another system call
 * kills the process (SECCOMP_RET_KILL_PROCESS, seccomp(2)). false: the system cannot do that. */
bool jail_lock(size_t memory_len, int64_t wall_ms);

#endif
