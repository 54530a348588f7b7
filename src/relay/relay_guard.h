/* SPDX-License-Identifier: Apache-2.0 */
/* What the relay takes away from itself, so that whoever breaks into it has little. */
#ifndef RELAY_GUARD_H
#define RELAY_GUARD_H

#include "err.h"

/* Of a process that made a system call which is not in the list. */
enum { RELAY_EXIT_REFUSED = 3 };

/* relay_guard_memory has no core file written and no debugger of the same user attached. */
SR_MUST struct sr_err relay_guard_memory(void);

/* relay_guard_descriptors raises the limit on open files to n, or to what the system allows, and
 * returns it. */
unsigned relay_guard_descriptors(unsigned n);

/* relay_guard_user becomes this user for good, with the user's groups, if the process is root's;
 * else it must be this user's already: SR_E_STATE. SR_E_INPUT: there is no such user. */
SR_MUST struct sr_err relay_guard_user(const char *name);

/* relay_guard_lock lets all threads make only the system calls that a relay in service makes: no
 * new sockets, processes, executable memory. Another one is logged, by its number, and ends the
 * process with RELAY_EXIT_REFUSED. */
SR_MUST struct sr_err relay_guard_lock(void);

#endif
