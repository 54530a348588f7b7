/* SPDX-License-Identifier: Apache-2.0 */
/* What the writer and the reader of a sheet's bytes share (doc/FORMAT.md, "Sheet"). */
#ifndef PAGE_SHEET_BYTES_H
#define PAGE_SHEET_BYTES_H

#define SHEET_MAGIC "srsheet" /* with its NUL */

enum {
	SHEET_MAGIC_LEN = 8,
	/* Bits of a flow, above those of its alignment, and of a block. */
	SHEET_ALIGN = 3,
	SHEET_MARKED = 4,
	SHEET_RTL = 8,
	SHEET_KEEP = 1,
	SHEET_CUT = 2,
};

#endif
