/* SPDX-License-Identifier: Apache-2.0 */
/* A disk in memory, under SQLite as its VFS, that keeps what was written apart from what was
 * synced: for each file, and for the names in the folder. All that is done to it can be recorded,
 * and the power be cut at each moment of the record; any call can be made to fail. One thread only.
 *
 * What a cut leaves: all that was synced, and of what was not as much as the kind of loss says. A
 * sync that fails loses what it should have synced for good, though it can still be read: the
 * kernel holds it for written, and writes it no more ("fsyncgate"). */
#ifndef RELAY_SHIM_H
#define RELAY_SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* relay_shim_install makes it SQLite's VFS, before anything else is asked of SQLite. */
bool relay_shim_install(void);

/* relay_shim_reset forgets all files; none may be open. relay_shim_add adds an empty one, on disk.
 */
void relay_shim_reset(void);
void relay_shim_add(const char *path);

/* ---- Power cuts ---- */

/* What happens to each thing that was not synced. RELAY_SHIM_TORN: a write is lost or kept by
 * sectors of 512 bytes. _GARBAGE: and what is lost of it may be anything. _NONE is the kill of a
 * process. */
enum relay_shim_loss {
	RELAY_SHIM_ALL,
	RELAY_SHIM_SOME,
	RELAY_SHIM_TORN,
	RELAY_SHIM_GARBAGE,
	RELAY_SHIM_NONE,
	RELAY_SHIM_LOSSES
};

struct relay_shim_record;

/* relay_shim_record_begin records from now on, all being on disk; relay_shim_record_end stops. The
 * record is good until relay_shim_record_free. */
struct relay_shim_record *relay_shim_record_begin(void);
void relay_shim_record_end(void);
void relay_shim_record_free(struct relay_shim_record *r);

/* relay_shim_record_n returns how many writes, truncations, syncs, and changes of names there are
 * by now. */
size_t relay_shim_record_n(const struct relay_shim_record *r);

/* relay_shim_cut makes the disk what a cut after the first n of them leaves; no file may be open,
 * and n not be below that of an earlier cut of this record. */
void relay_shim_cut(struct relay_shim_record *r, size_t n, enum relay_shim_loss loss,
		    uint64_t seed);

/* ---- Failures ---- */

enum relay_shim_call {
	RELAY_SHIM_READ,
	RELAY_SHIM_WRITE,
	RELAY_SHIM_SYNC,
	RELAY_SHIM_TRUNCATE,
	RELAY_SHIM_OPEN,
	RELAY_SHIM_CALLS
};

/* relay_shim_fail_at lets the n-th such call from now fail with the result rc, or all from that one
 * on. n 0 switches it off. A write that fails has written half. */
void relay_shim_fail_at(enum relay_shim_call call, size_t n, int rc, bool all);
bool relay_shim_failed(void);

/* relay_shim_never_sync plants a fault: all connections that are opened from now on have
 * synchronous=OFF, whatever they ask for and however they look. */
void relay_shim_never_sync(bool on);

#endif
