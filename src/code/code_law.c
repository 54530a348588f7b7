/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled with -frounding-math. All arithmetic that is rounded upward stands in functions that
 * are not inlined, so that the compiler cannot carry it across a change of the rounding mode. */
#include "code_law.h"

#include <assert.h>
#include <fenv.h>
#include <float.h>
#include <string.h>

#define ROUNDED_UP __attribute__((noinline))

/* 16: narrower types are widened, doubles are not. */
static_assert(FLT_EVAL_METHOD == 0 || FLT_EVAL_METHOD == 16, "doubles are rounded as doubles");
/* The floor times the smallest atom: a bias of 2^-32 whose reading is unlikely (e^-16). */
static_assert(DBL_MIN_10_EXP <= -307, "a product stays normal");

/* struct window: p[i] is the probability of the sum lo + i; what was cut off above is in top, as
 * if it were infinite; what was cut off below was moved up to p[0]. spare takes the next law. */
struct window {
	double *p, *spare;
	double *buffer[2];
	size_t n;
	int64_t lo;
	double top;
};

static uint32_t value_max(const struct code_summand *s)
{
	return s->atom[s->n - 1].value;
}

/* lift leaves 0 as it is and makes what is below the floor the floor. */
static inline double lift(double p)
{
	double lifted = p < CODE_LAW_FLOOR ? CODE_LAW_FLOOR : p;
	return p > 0 ? lifted : p;
}

/* The three loops are where the time goes: written for the compiler's vectors. out and in do not
 * overlap. */
ROUNDED_UP static void scale(double *restrict out, const double *restrict in, size_t n, double p)
{
	for (size_t i = 0; i < n; i++)
		out[i] = lift(p * in[i]);
}

ROUNDED_UP static void scale_both(double *restrict out, const double *restrict in,
				  const double *restrict later, size_t n, double p, double q)
{
	for (size_t i = 0; i < n; i++)
		out[i] = lift(p * in[i] + q * later[i]);
}

ROUNDED_UP static void add_scaled(double *restrict out, const double *restrict in, size_t n,
				  double p)
{
	for (size_t i = 0; i < n; i++)
		out[i] += lift(p * in[i]);
}

/* convolve_two writes the law with the first two atoms: where only the first reaches, where both
 * do, and where only the second does. */
static void convolve_two(double *out, const double *in, size_t n, const struct code_atom *atom)
{
	size_t shift = atom[1].value, alone = shift < n ? shift : n;
	scale(out, in, alone, atom[0].p);
	if (shift > n)
		memset(out + n, 0, (shift - n) * sizeof *out);
	scale_both(out + alone, in + alone, in, n - alone, atom[0].p, atom[1].p);
	scale(out + (shift < n ? n : shift), in + (n - alone), alone, atom[1].p);
}

static void convolve(struct window *w, const struct code_summand *s)
{
	size_t n = w->n, done = n;
	if (s->n == 1) {
		scale(w->spare, w->p, n, s->atom[0].p);
	} else {
		convolve_two(w->spare, w->p, n, s->atom);
		done += s->atom[1].value;
	}
	memset(w->spare + done, 0, (n + value_max(s) - done) * sizeof *w->spare);
	for (uint32_t k = 2; k < s->n; k++)
		add_scaled(w->spare + s->atom[k].value, w->p, n, s->atom[k].p);
	w->p = w->spare;
	w->spare = w->p == w->buffer[0] ? w->buffer[1] : w->buffer[0];
	w->n = n + value_max(s);
}

/* trim cuts what is at the floor or below off both ends. Like lift it only moves probability to
 * higher sums or adds some, so that no tail gets smaller. */
ROUNDED_UP static void trim(struct window *w)
{
	while (w->n > 1 && w->p[w->n - 1] <= CODE_LAW_FLOOR)
		w->top += w->p[--w->n];
	for (; w->n > 1 && w->p[0] <= CODE_LAW_FLOOR; w->p++, w->n--, w->lo++)
		w->p[1] += w->p[0];
}

ROUNDED_UP static void suffix_sums(const struct window *w, double *at)
{
	at[w->n] = w->top;
	for (size_t i = w->n; i-- > 0;) {
		at[i] = at[i + 1] + w->p[i];
		if (at[i] > 1)
			at[i] = 1;
	}
	at[0] = 1;
}

/* rounds_up tells whether the arithmetic obeys the mode: valgrind, for one, does not. */
ROUNDED_UP static bool rounds_up(void)
{
	volatile double one = 1, tiny = DBL_EPSILON / 1024;
	volatile double sum = one + tiny, product = (one + DBL_EPSILON) * (one + DBL_EPSILON);
	return sum > 1 && product > 1 + 2 * DBL_EPSILON;
}

static struct sr_err window_open(struct arena *a, const struct code_summand *sum, size_t n,
				 struct window *w)
{
	size_t max = 0;
	for (size_t i = 0; i < n; i++) {
		assert(sum[i].n > 0 && sum[i].atom[0].value == 0);
		max += value_max(&sum[i]);
	}
	double *both = ARENA_ARRAY(a, 2 * (max + 1), double);
	if (!both)
		return sr_nomem();
	*w = (struct window){both, both + max + 1, {both, both + max + 1}, 1, 0, 0};
	w->p[0] = 1;
	return sr_ok();
}

static struct sr_err law_rounded_up(struct arena *a, const struct code_summand *sum, size_t n,
				    struct window *w, struct code_tail *out)
{
	if (!rounds_up())
		return sr_fail(SR_E_STATE, "this machine does not round upward when told to");
	for (size_t i = 0; i < n; i++) {
		convolve(w, &sum[i]);
		trim(w);
	}
	double *at = ARENA_ARRAY(a, w->n + 1, double);
	if (!at)
		return sr_nomem();
	suffix_sums(w, at);
	*out = (struct code_tail){w->lo, w->n, at};
	return sr_ok();
}

struct sr_err code_law_tail(struct arena *a, const struct code_summand *sum, size_t n,
			    struct code_tail *out)
{
	struct arena scratch = {0};
	struct window w;
	int mode = fegetround();
	struct sr_err err = window_open(&scratch, sum, n, &w);
	if (!sr_bad(err) && (mode < 0 || fesetround(FE_UPWARD)))
		err = sr_fail(SR_E_STATE, "this machine has no upward rounding");
	if (!sr_bad(err)) {
		err = law_rounded_up(a, sum, n, &w, out);
		int bad = fesetround(mode);
		assert(!bad);
	}
	arena_release(&scratch);
	return err;
}

double code_law_at(const struct code_tail *t, int64_t s)
{
	if (s <= t->lo)
		return 1;
	uint64_t i = (uint64_t)s - (uint64_t)t->lo;
	if (i < t->n)
		return t->at[i];
	return t->at[t->n] > 0 ? t->at[t->n] : t->at[t->n - 1];
}
