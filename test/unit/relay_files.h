/* SPDX-License-Identifier: Apache-2.0 */
/* A folder for the files of a test. */
#ifndef RELAY_FILES_H
#define RELAY_FILES_H

#include <stdbool.h>

/* relay_files_begin makes it, below $TMPDIR or /tmp; relay_files_end removes it with all that is in
 * it. */
bool relay_files_begin(void);
void relay_files_end(void);

/* relay_files_path returns the path of a name in it, good until the eighth call from now. */
const char *relay_files_path(const char *name);

/* relay_files_empty removes all that is in it. */
void relay_files_empty(void);

#endif
