/* SPDX-License-Identifier: Apache-2.0 */
/* The arithmetic of array-based trees (RFC 9420, appendix C): node x of a complete balanced tree
 * with leaves_n leaves (a power of two), leaf i being node 2 i. Arguments lie in the tree. */
#ifndef MLS_MATH_H
#define MLS_MATH_H

#include <stdbool.h>
#include <stdint.h>

/* mls_math_width: nodes of a tree with leaves_n > 0 leaves. */
static inline uint32_t mls_math_width(uint32_t leaves_n)
{
	return 2 * leaves_n - 1;
}

static inline uint32_t mls_math_root(uint32_t leaves_n)
{
	return leaves_n - 1;
}

/* mls_math_level: 0 for a leaf; how many steps above the leaves otherwise. */
static inline uint32_t mls_math_level(uint32_t x)
{
	return (uint32_t)__builtin_ctz(~x);
}

/* mls_math_left, _right: the children of a node of level 1 or more. */
static inline uint32_t mls_math_left(uint32_t x)
{
	return x ^ 1U << (mls_math_level(x) - 1);
}

static inline uint32_t mls_math_right(uint32_t x)
{
	return x ^ 3U << (mls_math_level(x) - 1);
}

/* mls_math_parent, _sibling: of any node but the root. */
static inline uint32_t mls_math_parent(uint32_t x)
{
	uint32_t k = mls_math_level(x);
	return (x | 1U << k) & ~(2U << k);
}

static inline uint32_t mls_math_sibling(uint32_t x)
{
	uint32_t p = mls_math_parent(x);
	return x < p ? mls_math_right(p) : mls_math_left(p);
}

/* mls_math_above tells whether node x is y or an ancestor of y. */
static inline bool mls_math_above(uint32_t x, uint32_t y)
{
	uint32_t half = (1U << mls_math_level(x)) - 1;
	return y >= x - half && y <= x + half;
}

#endif
