/* SPDX-License-Identifier: Apache-2.0 */
/* Which places a command finds beside the author's. */
#ifndef CLI_FIND_H
#define CLI_FIND_H

#include "cli.h"

/* cli_find_argp is the options --no-auto, --language and --fixed, for the children of a command's
 * argp. Its input is a struct sr_find_options, as with cli_passphrase_argp. */
extern const struct argp cli_find_argp;

#endif
