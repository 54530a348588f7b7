/* SPDX-License-Identifier: Apache-2.0 */
/* For medians and other quantiles of what was measured. */
#ifndef MARK_SORT_H
#define MARK_SORT_H

#include <stddef.h>

/* mark_sort puts n numbers, none of them NaN, in ascending order. */
void mark_sort(double *v, size_t n);

#endif
