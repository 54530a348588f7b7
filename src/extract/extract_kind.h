/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are no text, known by their first bytes. */
#ifndef EXTRACT_KIND_H
#define EXTRACT_KIND_H

#include "extract_outcome.h"
#include "slice.h"

/* kind_refused names the kind of a file whose text subrosa cannot take out yet; EXTRACT_OK for all
 * others. Looks at the first 64 KiB at most. */
enum extract_outcome kind_refused(struct slice bytes);

#endif
