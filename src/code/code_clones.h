/* SPDX-License-Identifier: Apache-2.0 */
/* CODE_CLONES stands before a function that the compiler is to make twice, with wide vectors and
 * without, the machine choosing at the start of the program. Where compiler or C library cannot,
 * there is one, with the vectors that every machine of the kind has. */
#ifndef CODE_CLONES_H
#define CODE_CLONES_H

#ifdef CODE_HAS_CLONES
#define CODE_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define CODE_CLONES
#endif

#endif
