/* SPDX-License-Identifier: MIT */
/*
 * Rectangular regions of buffers and of host memory (section 5.2.2): pitches, bounds, overlap. Pure
 * functions; all arithmetic is checked for overflow.
 */
#ifndef TERN_RUNTIME_RECT_H
#define TERN_RUNTIME_RECT_H

#include "runtime/base/base.h"

/* Where a region lies: the offset of its first byte, its rows' and slices' pitches in bytes. */
struct tern_rect {
	size_t offset;
	size_t row, slice;
	size_t end; /* one past the offset of its last byte */
};

/*
 * Computes @out from the parameters of an enqueue function; a pitch of 0 stands for the least one.
 * false when @region (bytes, rows, slices) has a zero, a pitch is too small, the slice pitch is no
 * multiple of the row pitch, or the region's end exceeds SIZE_MAX.
 */
bool tern_rect_init(struct tern_rect *out, const size_t origin[3], const size_t region[3],
		    size_t row, size_t slice) TERN_MUST_CHECK;

/*
 * Whether two regions of the same memory share a byte. With equal pitches this is the algorithm of
 * the specification's appendix D, which may take regions for overlapping that are interleaved in
 * unusual ways; with different pitches the whole ranges from offset to end count.
 */
bool tern_rect_overlap(const struct tern_rect *a, const struct tern_rect *b,
		       const size_t region[3]);

#endif
