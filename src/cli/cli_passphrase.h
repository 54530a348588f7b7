/* SPDX-License-Identifier: Apache-2.0 */
/* Where a command gets the passphrase of sealed ledgers from: --passphrase-file, or the terminal.
 * It is never an argument, which every user of the machine could read. */
#ifndef CLI_PASSPHRASE_H
#define CLI_PASSPHRASE_H

#include "cli.h"

/* cli_passphrase_argp is the option --passphrase-file, for the children of a command's argp. Its
 * input is a struct sr_passphrase, which it fills:
 *
 *	case ARGP_KEY_INIT:
 *		state->child_inputs[0] = &o->passphrase;
 */
extern const struct argp cli_passphrase_argp;

#endif
