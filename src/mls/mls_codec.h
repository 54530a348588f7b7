/* SPDX-License-Identifier: Apache-2.0 */
/* The presentation language of TLS with variable-size vectors (RFC 9420, 2.1), driven by tables: a
 * struct mls_type lists the fields of a C struct, and one decoder, one encoder and one printer
 * serve them all. Encodings are unique, so that what was decoded encodes to the bytes it came from.
 */
#ifndef MLS_CODEC_H
#define MLS_CODEC_H

#include "arena.h"
#include "build.h"
#include "slice.h"

enum {
	MLS_MESSAGE_MAX = 64 * 1024 * 1024, /* bytes of any message or tree */
	/* Bytes of memory for an object, at most, for each byte that is decoded; an arena's blocks
	 * may be half empty beside. It follows from the tables and their limits (a unit test
	 * computes it). */
	MLS_DECODE_FACTOR = 128,
};

enum mls_kind {
	MLS_U8,
	MLS_U16,
	MLS_U32,
	MLS_U64,
	MLS_OPAQUE,   /* opaque<V>: a struct slice */
	MLS_STRUCT,   /* a struct within */
	MLS_LIST,     /* T<V>: an MLS_LIST_OF objects of type, each of a byte at least */
	MLS_BOXED,    /* T, by a pointer that is never NULL */
	MLS_OPTIONAL, /* optional<T>: a pointer, NULL if absent */
	MLS_SELECT,   /* select: what is there depends on a number that stands before it */
};

/* mls_refuse returns SR_E_INPUT: what is malformed, or breaks a rule. */
static inline struct sr_err mls_refuse(const char *what)
{
	return sr_fail(SR_E_INPUT, what);
}

/* MLS_LIST_OF: n objects; ptr may be NULL where n is 0. */
#define MLS_LIST_OF(t)                                                                             \
	struct {                                                                                   \
		t *ptr;                                                                            \
		size_t n;                                                                          \
	}
#define MLS_LIST_NAMED(name, t)                                                                    \
	struct name {                                                                              \
		t *ptr;                                                                            \
		size_t n;                                                                          \
	}

/* struct mls_list: any of them. */
struct mls_list {
	void *ptr;
	size_t n;
};

struct mls_type;

/* A value of a number: its name, for whoever prints it, and what a select is then. A table of them
 * ends with one without a name. */
struct mls_case {
	uint32_t tag;
	const char *name;
	const struct mls_type *type; /* NULL: nothing is selected by this number */
};

struct mls_field {
	const char *name; /* as in the RFC; NULL: its parts appear as fields of what it is in */
	enum mls_kind kind, tag_kind; /* of a select's number: MLS_U8 or MLS_U16 */
	size_t off;                   /* in the C struct */
	const struct mls_type *type;  /* of a struct, an element, an optional object */
	/* list: elements at most; number: the largest; opaque: its length; 0: any */
	size_t max;
	size_t tag_off;               /* select: where the number is, from the same start as off */
	const struct mls_case *cases; /* of a number, or NULL; of a select: what is known */
	bool secret;                  /* not to be printed */
};

struct mls_type {
	const char *name;
	size_t size;
	const struct mls_field *fields;
	size_t fields_n;
};

/* mls_decode reads the whole of in as one object into out; lists and optional objects go into a,
 * opaque fields borrow from in. SR_E_INPUT: too short, too long, a length not in its shortest form,
 * an unknown choice; SR_E_LIMIT: too many elements, or more than MLS_MESSAGE_MAX bytes. out is
 * undefined on failure. mls_decode_front cuts the object from the front of in and leaves the rest;
 * after a failure, in begins with what could not be read. Its out is zeroed by the caller, but for
 * a number outside of the object that a select asks for. */
SR_MUST struct sr_err mls_decode(const struct mls_type *type, struct slice in, struct arena *a,
				 void *out);
SR_MUST struct sr_err mls_decode_front(const struct mls_type *type, struct slice *in,
				       struct arena *a, void *out);

/* mls_encode appends an object. */
void mls_encode(const struct mls_type *type, const void *object, struct build *b);

/* mls_encoded returns its bytes in a. SR_E_NOMEM, SR_E_LIMIT. */
SR_MUST struct sr_err mls_encoded(const struct mls_type *type, const void *object, struct arena *a,
				  struct slice *out);

/* mls_put_u8 .. _u64 append integers, most significant byte first; mls_put_opaque a length and the
 * bytes. mls_put_label appends "MLS 1.0 " and label as opaque<V>. */
void mls_put_u8(struct build *b, uint8_t v);
void mls_put_u16(struct build *b, uint16_t v);
void mls_put_u32(struct build *b, uint32_t v);
void mls_put_u64(struct build *b, uint64_t v);
void mls_put_opaque(struct build *b, struct slice s);
void mls_put_label(struct build *b, struct slice label);

/* mls_put_padding fills b up with zeros to a multiple of padding bytes (0 or 1: none). mls_all_zero
 * looks at every byte, whatever is found. */
void mls_put_padding(struct build *b, size_t padding);
bool mls_all_zero(struct slice s);

/* mls_list_close turns what was appended since start into a vector: its length goes before it. */
void mls_list_close(struct build *b, size_t start);

/* mls_next_* cut from the front of in; false, and nothing changed, if it is too short or a length
 * is not in its shortest form (2.1.2). */
bool mls_next_int(struct slice *in, enum mls_kind kind, uint64_t *out);
bool mls_next_length(struct slice *in, size_t *out);
bool mls_next_opaque(struct slice *in, struct slice *out);

/* mls_int reads the number of a field of kind MLS_U8 .. MLS_U64 in memory; mls_selected gives what
 * a field of kind MLS_SELECT is in this object, NULL if the number is unknown. */
uint64_t mls_int(const void *at, enum mls_kind kind);
const struct mls_type *mls_selected(const struct mls_field *f, const void *object);

#endif
