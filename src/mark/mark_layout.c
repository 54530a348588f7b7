/* SPDX-License-Identifier: Apache-2.0 */
#include "mark_layout.h"

#include <assert.h>

int32_t mark_layout_reach(const struct page_word *w)
{
	int32_t gap = w->gap_before < w->gap_after ? w->gap_before : w->gap_after;
	if (gap <= 0)
		return 0;
	int64_t reach = (int64_t)gap * MARK_GAP_SHARE / 1000;
	if (reach < MARK_SHIFT_MIN)
		return 0;
	return reach < MARK_SHIFT ? (int32_t)reach : MARK_SHIFT;
}

void mark_layout_write(const struct page_laid *l, const uint16_t *symbol, int32_t *shift)
{
	for (size_t i = 0; i < l->words_n; i++) {
		int32_t reach = mark_layout_reach(&l->word[i]);
		if (reach) {
			assert(symbol[l->word[i].slot] <= 1);
			shift[i] = symbol[l->word[i].slot] ? reach : -reach;
		} else {
			shift[i] = 0;
		}
	}
}
