/* SPDX-License-Identifier: Apache-2.0 */
/* What the tables of eval/relay share: a folder of their own on a disk, that disk's time for a sync
 * beside each table, the programs they start, and times. What does not do what it should ends the
 * program, which takes the others and the folder with it. */
#ifndef RELAY_BENCH_H
#define RELAY_BENCH_H

#include "crypto.h"

#include <sys/types.h>

enum { BENCH_SEED = 20261127, BENCH_PATH_LEN = 256, BENCH_ROUNDS_MAX = 10000 };

/* struct bench: what the command line says; folder is made by bench_begin. */
struct bench {
	const char *relay, *under;
	uint64_t rounds;  /* 0: as many as is usual for the table */
	uint64_t writers; /* speed: only with so many; 0: all */
	char folder[BENCH_PATH_LEN];
};

/* struct bench_times: seconds, or anything else that is measured. */
struct bench_times {
	double *v;
	size_t n, cap;
};

_Noreturn void bench_fail(const char *what);

/* bench_must ends the program if e is an error. */
void bench_must(struct sr_err e);

double bench_now_s(void);

void bench_add(struct bench_times *t, double v);

/* bench_quantile returns 0 if there are none. */
double bench_quantile(struct bench_times *t, double q);

/* bench_begin makes the folder, which is removed when the program ends. */
void bench_begin(struct bench *b);
void bench_path(const struct bench *b, const char *name, char out[BENCH_PATH_LEN]);

/* bench_disk appends 4 KiB to a file in the folder some 50 times, each followed by fdatasync, and
 * adds the times; bench_disk_print prints what they were. */
void bench_disk(const struct bench *b, struct bench_times *t);
void bench_disk_print(struct bench_times *t);

/* bench_spawn starts a program that is to end with this one; what it says goes to out_fd, or, like
 * its errors, to the file NAME.log in the folder. bench_wait returns its exit status, -1: a signal.
 * bench_stop sends it one and waits. */
pid_t bench_spawn(const struct bench *b, const char *name, const char *const argv[], int out_fd);
int bench_wait(pid_t pid);
void bench_stop(pid_t pid, int sig);

/* bench_port returns a port of loopback that nobody listens at and no connection is given. */
uint16_t bench_port(void);

/* bench_try connects to it, bench_connect waits for somebody to listen there. */
int bench_try(uint16_t port);
int bench_connect(uint16_t port);

/* bench_descriptors asks for n open files, and returns how many there may be. */
size_t bench_descriptors(size_t n);

/* The tables. */
void relay_speed(struct bench *b);
void relay_reads(struct bench *b);
void relay_order(struct bench *b);
void relay_kill(struct bench *b);
void relay_polls(struct bench *b);
void relay_start(struct bench *b);
void relay_hostile(struct bench *b);

#endif
