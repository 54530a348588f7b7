/* SPDX-License-Identifier: Apache-2.0 */
/* The programs that subrosa starts by itself: what reads hostile input with large libraries is not
 * linked into it. They lie beside each other, installed as in a build. */
#ifndef BASE_PROGRAM_H
#define BASE_PROGRAM_H

#include "err.h"

#include <sys/types.h>

enum { PROGRAM_PATH_LEN = 4096 };

/* program_folder writes the folder of the running program; a longer path than fits is cut.
 * SR_E_IO. */
SR_MUST struct sr_err program_folder(char *buf, size_t len);

/* program_find writes the path of subrosa-NAME: the value of the environment's variable if that is
 * set, else the installed one or that of the build. false: there is no such program. */
bool program_find(const char *name, const char *variable, char path[PROGRAM_PATH_LEN]);

/* program_spawn starts path with args (args[0] is set by it, NULL ends them), its standard input
 * and output being in_fd and out_fd, its errors dropped. env (NULL: none), NAME=VALUE, comes before
 * our own environment. false: the system refused, for the reason in errno. */
bool program_spawn(const char *path, const char *args[], int in_fd, int out_fd, const char *env,
		   pid_t *pid);

#endif
