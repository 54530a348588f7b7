/* SPDX-License-Identifier: Apache-2.0 */
/* Making and passing on errors. sr_err is returned by value; dropping one does not compile. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "subrosa-err.h"

#include <stdbool.h>

/* sr_ok returns success. */
static inline struct sr_err sr_ok(void)
{
	return (struct sr_err){SR_OK, 0, 0};
}

/* sr_fail returns an error; what is a string literal. */
static inline struct sr_err sr_fail(enum sr_code code, const char *what)
{
	return (struct sr_err){code, 0, what};
}

/* sr_nomem returns SR_E_NOMEM. */
static inline struct sr_err sr_nomem(void)
{
	return (struct sr_err){SR_E_NOMEM, 0, "out of memory"};
}

/* sr_sys returns SR_E_IO with the present errno. */
struct sr_err sr_sys(const char *what);

static inline bool sr_bad(struct sr_err e)
{
	return e.code != SR_OK;
}

/* SR_TRY returns from the enclosing function with the error of expr, if it has one. For functions
 * that own nothing at that point. */
#define SR_TRY(expr)                                                                               \
	do {                                                                                       \
		struct sr_err sr_try_ = (expr);                                                    \
		if (sr_try_.code != SR_OK)                                                         \
			return sr_try_;                                                            \
	} while (0)

/* SR_SCOPED declares a local object that release is called with where its block is left, on whatever
 * path: SR_SCOPED(arena_release) struct arena a = {0}; */
#define SR_SCOPED(release) __attribute__((cleanup(release)))

/* note writes one remark to sink (NULL: dropped), with sink->file; longer texts than 1,000 bytes
 * are cut. line and col as in struct sr_note. */
void note(const struct sr_sink *sink, enum sr_level level, uint32_t line, uint32_t col,
	  const char *fmt, ...) __attribute__((format(printf, 5, 6)));

#endif
