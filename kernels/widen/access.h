/* SPDX-License-Identifier: MIT */
/* What memory.c and scattered.c share: loads and stores of a chunk. */
#ifndef TERN_KERNELS_WIDEN_ACCESS_H
#define TERN_KERNELS_WIDEN_ACCESS_H

#include "kernels/widen/internal.h"

/* Where leaf after leaf of an access lies. */
struct widen_access {
	LLVMValueRef pointer; /* old */
	int64_t offset;       /* bytes from there */
	LLVMTypeRef type;     /* old, of one lane's value */
	enum widen_shape shape;
	int64_t stride; /* of the pointer, if linear */
	unsigned align;
	uint32_t element;    /* of an interleaved private variable, or 0 */
	bool private;        /* each lane has such a place of its own */
	bool local;          /* a pointer to local memory */
	bool joined;         /* of elements: joined.c */
	bool streams;        /* a store that may go past the caches */
	LLVMValueRef mask;   /* NULL: all */
	LLVMValueRef packed; /* what is stored, of all lanes as in memory; or NULL */
};

/* ---- memory.c ---- */
LLVMValueRef widen_add_bytes(struct widen_emit *e, LLVMValueRef pointer, int64_t bytes);
LLVMValueRef widen_load_plainly(struct widen_emit *e, LLVMTypeRef type, LLVMValueRef pointer,
				unsigned align);
/*
 * The bytes of all lanes lie together where no other thread writes and where it does no harm to
 * read them, as one lane is active: the mask does not matter, or what was there is written back.
 */
bool widen_is_close(const struct widen_emit *e, const struct widen_access *a);

/* Where @inst, a load or store of @type through @pointer, goes. */
struct widen_access widen_access_of(const struct widen_emit *e, LLVMValueRef inst,
				    LLVMValueRef pointer, LLVMTypeRef type);
/* Alignment of what lies @offset bytes from the pointer. */
unsigned widen_alignment(const struct widen_access *a, int64_t offset);
/* The lanes' vectors follow each other. */
bool widen_is_vector_array(const struct widen_emit *e, const struct widen_access *a);
/* Concatenates @n vectors of equal length; there is room for the next power of two of them. */
LLVMValueRef widen_concatenate(struct widen_emit *e, LLVMValueRef *parts, unsigned n,
			       unsigned length);
/* A load of @type for each lane. */
void widen_load_parts(struct widen_emit *e, const struct widen_access *a, LLVMTypeRef type,
		      LLVMValueRef *parts);
/* All leaves, or one, with the access's mask. */
void widen_load_all(struct widen_emit *e, const struct widen_access *a, LLVMValueRef *leaves);
LLVMValueRef widen_load_leaf(struct widen_emit *e, const struct widen_access *a, unsigned leaf);
void widen_store_leaf(struct widen_emit *e, const struct widen_access *a, unsigned leaf,
		      LLVMValueRef v);
void widen_store_quickly(struct widen_emit *e, const struct widen_access *a, LLVMValueRef *leaves);

/* Of the current row alone, whatever is beside it. */
void widen_emit_one_load(struct widen_emit *e, LLVMValueRef inst);
void widen_emit_one_store(struct widen_emit *e, LLVMValueRef inst);

/* ---- prefetch.c ---- */
/* Asks for what a load will load later on in its loop, if that is far away. */
void widen_prefetch(struct widen_emit *e, const struct widen_access *a);

/* ---- pieces.c ---- */
/* True if @inst is tall: it is made once for all rows. */
bool widen_emit_tall(struct widen_emit *e, LLVMValueRef inst);
/* True if @inst is part of a joined access, which is made in the place of one of its parts. */
bool widen_emit_joined(struct widen_emit *e, LLVMValueRef inst);
void widen_store_pieces(struct widen_emit *e, const struct widen_access *a, LLVMValueRef *leaves);

/* ---- scattered.c ---- */
/* What lies at each of @pointers; @mask may be NULL. */
LLVMValueRef widen_gather(struct widen_emit *e, LLVMTypeRef type, LLVMValueRef pointers,
			  unsigned align, LLVMValueRef mask);
/* There is an instruction that gathers or scatters, and none of its lanes need be set. */
bool widen_has_gather(const struct widen_emit *e, LLVMTypeRef type);
/* The addresses of what lies at @offset, where lanes that are not set do no harm. */
LLVMValueRef widen_harmless_pointers(struct widen_emit *e, const struct widen_access *a,
				     LLVMTypeRef type, int64_t offset);
/* The address of a lane. */
LLVMValueRef widen_lane_address(struct widen_emit *e, const struct widen_access *a, unsigned lane);
/* Of its part of the access; @harmless: widen_harmless_pointers() of a masked one, else NULL. */
LLVMValueRef widen_part_address(struct widen_emit *e, const struct widen_access *a,
				LLVMValueRef harmless, unsigned lane);
/* The elements of @type at @offset, of lanes that are not known to be beside each other. */
LLVMValueRef widen_load_scattered(struct widen_emit *e, const struct widen_access *a,
				  LLVMTypeRef type, int64_t offset, unsigned align);
void widen_store_scattered(struct widen_emit *e, const struct widen_access *a, LLVMTypeRef type,
			   int64_t offset, unsigned align, LLVMValueRef v);

#endif
