/* SPDX-License-Identifier: MIT */
/* What memory.c and scattered.c share: loads and stores of a chunk. */
#ifndef TERN_KERNELS_WIDEN_ACCESS_H
#define TERN_KERNELS_WIDEN_ACCESS_H

#include "kernels/widen/internal.h"

/* Where leaf after leaf of an access lies. */
struct widen_access {
	LLVMValueRef pointer; /* old */
	LLVMTypeRef type;     /* old, of one lane's value */
	enum widen_shape shape;
	int64_t stride; /* of the pointer, if linear */
	unsigned align;
	uint32_t element;    /* of an interleaved private variable, or 0 */
	bool private;        /* each lane has such a place of its own */
	bool local;          /* a pointer to local memory */
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

/* ---- scattered.c ---- */
/* There is an instruction that gathers or scatters, and none of its lanes need be set. */
bool widen_has_gather(const struct widen_emit *e, LLVMTypeRef type);
/* The addresses of what lies at @offset, where lanes that are not set do no harm. */
LLVMValueRef widen_harmless_pointers(struct widen_emit *e, const struct widen_access *a,
				     LLVMTypeRef type, int64_t offset);
/* The address of a lane. */
LLVMValueRef widen_lane_address(struct widen_emit *e, const struct widen_access *a, unsigned lane);
/* The elements of @type at @offset, of lanes that are not known to be beside each other. */
LLVMValueRef widen_load_scattered(struct widen_emit *e, const struct widen_access *a,
				  LLVMTypeRef type, int64_t offset, unsigned align);
void widen_store_scattered(struct widen_emit *e, const struct widen_access *a, LLVMTypeRef type,
			   int64_t offset, unsigned align, LLVMValueRef v);

#endif
