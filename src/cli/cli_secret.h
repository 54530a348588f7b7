/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets that the user keeps in a file of one line: passphrases, keys. They are never arguments,
 * which every user of the machine could read. */
#ifndef CLI_SECRET_H
#define CLI_SECRET_H

#include "cli.h"

/* cli_secret_fail notes what is wrong, with the system's reason if code is SR_E_IO, and returns it
 * as an error. file may be NULL. */
struct sr_err cli_secret_fail(enum sr_code code, const char *file, const char *what);

/* cli_secret_no_core keeps secrets out of a core file. */
void cli_secret_no_core(void);

/* cli_secret_read reads the line of file into buf, of len bytes, with a NUL behind it. name says
 * what it is: "passphrase". A file that others may read is noted as a warning; every error is
 * noted. SR_E_IO, SR_E_INPUT, SR_E_LIMIT. */
struct sr_err cli_secret_read(const char *file, const char *name, char *buf, size_t len);

#endif
