/* SPDX-License-Identifier: MIT */
#include "runtime/rect.h"

/* *@sum += a * b; false on overflow. */
static bool add_product(size_t *sum, size_t a, size_t b)
{
	size_t product;
	return !__builtin_mul_overflow(a, b, &product) &&
	       !__builtin_add_overflow(*sum, product, sum);
}

bool tern_rect_init(struct tern_rect *out, const size_t origin[3], const size_t region[3],
		    size_t row, size_t slice)
{
	struct tern_rect r = {.offset = origin[0]};
	size_t least;
	if (!region[0] || !region[1] || !region[2])
		return false;
	r.row = row ? row : region[0];
	if (r.row < region[0] || __builtin_mul_overflow(region[1], r.row, &least))
		return false;
	r.slice = slice ? slice : least;
	if (r.slice < least || r.slice % r.row)
		return false;
	if (!add_product(&r.offset, origin[1], r.row) ||
	    !add_product(&r.offset, origin[2], r.slice))
		return false;
	r.end = r.offset;
	if (!add_product(&r.end, region[2] - 1, r.slice) ||
	    !add_product(&r.end, region[1] - 1, r.row) || !add_product(&r.end, region[0], 1))
		return false;
	*out = r;
	return true;
}

/*
 * Whether two pieces of @length bytes, repeated every @pitch bytes from @a and @b on, are apart:
 * one fits into the gap that the other leaves.
 */
static bool interleaved(size_t a, size_t b, size_t length, size_t pitch)
{
	size_t x = a % pitch, y = b % pitch;
	size_t near = tern_min(x, y), far = tern_max(x, y);
	return far - near >= length && far - near <= pitch - length;
}

bool tern_rect_overlap(const struct tern_rect *a, const struct tern_rect *b, const size_t region[3])
{
	if (a->end <= b->offset || b->end <= a->offset)
		return false;
	if (a->row != b->row || a->slice != b->slice)
		return true;
	/* The slice pitch is a multiple of the row pitch, so offsets modulo a pitch are positions
	 * within a row or a slice. */
	size_t slice_bytes = (region[1] - 1) * a->row + region[0];
	return !interleaved(a->offset, b->offset, region[0], a->row) &&
	       !interleaved(a->offset, b->offset, slice_bytes, a->slice);
}
