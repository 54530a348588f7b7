/* SPDX-License-Identifier: Apache-2.0 */
/* What our MLS library takes for what a group does, through include/subrosa-mls.h, suite 3. Timed
 * is what the peer's program times (eval/mls.c): from the bytes that come in to those that go out
 * and the new state; what is freed afterwards is not. Handshakes are PublicMessages, private
 * messages are not filled up. Whatever fails ends the program. */
#ifndef MLS_BENCH_H
#define MLS_BENCH_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum mls_bench_what {
	MLS_BENCH_CREATE,  /* a group, n - 1 added by one commit without path, with the Welcome */
	MLS_BENCH_WELCOME, /* the n-th member joins; all the parents are filled but its own */
	MLS_BENCH_UPDATE_CREATE,  /* a commit of fresh keys by leaf 0; all parents are filled */
	MLS_BENCH_UPDATE_PROCESS, /* the same: received and merged by leaf n - 1 */
	MLS_BENCH_PROTECT,        /* one message of 1 KiB by leaf 0, of many in a row */
	MLS_BENCH_UNPROTECT,      /* the same by leaf n - 1 */
	MLS_BENCH_TIMES,
};

/* struct mls_bench: clients, and a group of theirs of which leaf 0 and leaf n - 1 are kept. */
struct mls_bench;

/* mls_bench_open makes n > 1 clients and their group, all of whose parents are filled. The tree is
 * filled by one state that acts for each member in turn, by other means than the public header.
 * clock is for what is timed, of all that are open. */
struct mls_bench *mls_bench_open(uint32_t n, uint64_t seed, clockid_t clock);

/* mls_bench_run does everything once; s[i] is set to the seconds of each. */
void mls_bench_run(struct mls_bench *b, double s[MLS_BENCH_TIMES]);

/* mls_bench_close returns the bytes of memory that leaf 0's group took. */
size_t mls_bench_close(struct mls_bench *b);

/* mls_bench_least gives the seconds that the public-key operations of each take by themselves, of a
 * Welcome on as many cores as there are. */
void mls_bench_least(const struct mls_bench *b, double s[MLS_BENCH_TIMES]);

#endif
