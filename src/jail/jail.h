/* SPDX-License-Identifier: Apache-2.0 */
/* Confining the process that calls, for good: what reads hostile input, or a large library that
 * reads anything, can then change nothing but its own memory and its answer. */
#ifndef JAIL_H
#define JAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What a confined process keeps. read_fd: -1 for none. calls: system calls it may make beside the
 * list in jail.c; refused: those that only fail (EACCES), since a library tries them and can do
 * without. memory_len: bytes on top of what is mapped now. cpu_ms is rounded up. */
struct jail {
	int read_fd, write_fd;
	const int *calls;
	size_t calls_n;
	const int *refused;
	size_t refused_n;
	size_t memory_len;
	int64_t cpu_ms;
};

/* jail_enter makes this process, a child of parent, die with its parent, closes every descriptor
 * from fds_n on, and gives every signal its default action. false: the system refused. */
bool jail_enter(pid_t parent, unsigned fds_n);

/* jail_hear drops what is printed to stderr, and leaves with status where a library says there that
 * it found no memory, before it ends the process. false: there is no memory. */
bool jail_hear(int status);

/* jail_lock takes away everything else: new descriptors, files, processes, signals to others,
 * executable memory, reading and writing elsewhere, more memory and processor time. What remains
 * is in the list in jail.c; another system call kills the process (SECCOMP_RET_KILL_PROCESS,
 * seccomp(2)). false: the system cannot do that. */
bool jail_lock(const struct jail *j);

#endif
