/* SPDX-License-Identifier: Apache-2.0 */
/* The ZIP archive that an office document is (ECMA-376 part 2; ODF 1.3 part 2), in memory. What the
 * archive says of itself is a claim: sizes are counted while parts are unpacked, and everything
 * has a limit. Writing replaces the bytes of some parts and leaves all else as it was, so that
 * archives made from one source differ in these bytes only. */
#ifndef OFFICE_ZIP_H
#define OFFICE_ZIP_H

#include "build.h"
#include "err.h"
#include "slice.h"

/* Invariants: at least one part; names are not empty and differ also without case (A to Z); no part
 * is encrypted; each is stored or deflated. */
struct office_zip;

/* office_zip_prepare makes a process fit to use this in a jail: it sets the time zone ($TZ) to UTC,
 * because libzip asks for local times and the C library would look at a file each time. After it
 * nothing here makes a system call but for memory. False if there is no memory. Others need not
 * call it: no time zone changes what is read or written. */
SR_MUST bool office_zip_prepare(void);

/* office_zip_open reads the directory of an archive. bytes are borrowed until office_zip_close.
 * SR_E_INPUT: not a ZIP archive, damaged, without parts, encrypted, with two parts of one name, or
 * packed in an unusual way; SR_E_LIMIT: LIMIT_ZIP_PARTS, or parts that claim to be larger than
 * LIMIT_ZIP_TOTAL_BYTES together; SR_E_NOMEM. */
SR_MUST struct sr_err office_zip_open(struct slice bytes, struct office_zip **out);

/* office_zip_close frees z; NULL is fine. */
void office_zip_close(struct office_zip *z);

/* office_zip_parts returns how many parts there are, folders included; they are numbered from 0 in
 * the order of the archive's directory. */
size_t office_zip_parts(const struct office_zip *z);

/* office_zip_name returns the name of part i (asserted) as it stands in the archive: any bytes but
 * NUL. It lives until office_zip_close. */
struct slice office_zip_name(const struct office_zip *z, size_t i);

/* office_zip_find looks a name up, without case (A to Z) as ECMA-376 part 2, 6.2.2 wants it; false,
 * and *i unchanged, if there is no such part. */
bool office_zip_find(const struct office_zip *z, struct slice name, size_t *i);

/* office_zip_read appends the unpacked bytes of part i (asserted) to out. SR_E_INPUT: damaged (its
 * CRC is checked); SR_E_LIMIT: larger than LIMIT_ZIP_PART_BYTES or out's own bound, beyond
 * LIMIT_ZIP_RATIO, or all that was read from z together beyond LIMIT_ZIP_TOTAL_BYTES; SR_E_NOMEM.
 * After a failure out holds a part of it. */
SR_MUST struct sr_err office_zip_read(struct office_zip *z, size_t i, struct build *out);

/* office_zip_is_writable tells whether office_zip_write can write the archive: it has no comment
 * and is not in ZIP64 form. */
bool office_zip_is_writable(const struct office_zip *z);

/* The bytes that part number part gets. */
struct office_zip_change {
	size_t part;
	struct slice bytes;
};

/* office_zip_write appends the archive with n parts changed (each once, asserted). Order, names,
 * times, attributes and ways of packing stay those of the source, the bytes of other parts too; a
 * data descriptor may go. The same source and changes give the same bytes. SR_E_INPUT: a damaged
 * archive, or one with a comment or in ZIP64 form, which no word processor writes; SR_E_LIMIT,
 * SR_E_NOMEM. After a failure out holds a part of it. */
SR_MUST struct sr_err office_zip_write(const struct office_zip *z,
				       const struct office_zip_change *changes, size_t n,
				       struct build *out);

#endif
