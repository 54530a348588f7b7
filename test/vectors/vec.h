/* SPDX-License-Identifier: Apache-2.0 */
/* Official test vectors: files of JSON in the folder mls of $SUBROSA_VECTORS (../shared/vectors if
 * that is not set), each a list of cases. One TAP line a case; a case that fails goes on. What a
 * case lacks, or has in another form than was asked for, fails it: accessors then return something
 * empty. A program is a main that calls vec_file for each file and returns test_done(). */
#ifndef VEC_H
#define VEC_H

#include "arena.h"
#include "err.h"
#include "slice.h"
#include "test.h"

/* struct vec: a value of a case, of any kind: an object, an array, a string, a number. NULL is one
 * that was missing. In all accessors name is that of a field of v; NULL: v itself. */
struct vec;

/* vec_file calls run for every case of the file whose cipher_suite is 1, 3 or none. There must be
 * n of them; if there is no file, n are skipped. Prints "# NAME: N passed, N failed, N skipped". */
void vec_file(const char *name, size_t n, void (*run)(const struct vec *v));

/* vec_has tells whether a value is there and not null; it never fails the case. */
bool vec_has(const struct vec *v, const char *name);

/* vec_hex returns the bytes of a string of hexadecimal digits, vec_str a string as it stands; they
 * live until the case ends. */
struct slice vec_hex(const struct vec *v, const char *name);
const char *vec_str(const struct vec *v, const char *name);

/* vec_int returns a number that is not negative; it may be a string of decimal digits. */
uint64_t vec_int(const struct vec *v, const char *name);
bool vec_bool(const struct vec *v, const char *name);

/* vec_get returns a field of any kind (null too). vec_n is the length of an array, vec_at one of
 * its elements: vec_hex(vec_at(v, "tree_hashes", i), NULL), vec_at(vec_at(v, "leaves", i), NULL,
 * j). */
const struct vec *vec_get(const struct vec *v, const char *name);
size_t vec_n(const struct vec *v, const char *name);
const struct vec *vec_at(const struct vec *v, const char *name, size_t i);

/* vec_arena returns the arena of the running case, released when it ends. */
struct arena *vec_arena(void);

/* VEC_EQ checks that two slices are equal and prints both if not; VEC_FIELD that got is the bytes
 * of v's field. VEC_OK checks that a struct sr_err is none and prints its words if not. */
#define VEC_EQ(got, want, what) vec_eq((got), (want), (what), __FILE__, __LINE__)
#define VEC_FIELD(v, name, got) vec_eq((got), vec_hex((v), (name)), (name), __FILE__, __LINE__)
#define VEC_OK(expr) vec_ok((expr), #expr, __FILE__, __LINE__)
bool vec_eq(struct slice got, struct slice want, const char *what, const char *file, int line);

bool vec_ok(struct sr_err e, const char *what, const char *file, int line);

/* In a program with vectors a failed CHECK counts for the case as well. vec_note returns ok. */
#undef CHECK
#define CHECK(cond, ...) vec_note(test_check((cond), __FILE__, __LINE__, #cond, __VA_ARGS__))
bool vec_note(bool ok);

#endif
