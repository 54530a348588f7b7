/* SPDX-License-Identifier: Apache-2.0 */
/* The options of copies on pages. */
#ifndef CLI_PAGE_H
#define CLI_PAGE_H

#include "cli.h"

/* cli_page_argp fills a struct sr_page_options, its input. */
extern const struct argp cli_page_argp;

#endif
