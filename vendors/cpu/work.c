/* SPDX-License-Identifier: MIT */
/* The execution of parts of commands: work-groups of kernels, pieces of copies and fills. */
#include <string.h>

#include "runtime/base/alloc.h"
#include "vendors/cpu/internal.h"

/* Copies: a part is a piece of COPY_PIECE bytes, or as many rows as make about one. */

static bool is_linear(const struct tern_copy *c)
{
	bool rows = c->region[1] == 1 || (c->src_row == c->region[0] && c->dst_row == c->region[0]);
	bool slices = c->region[2] == 1 || (c->src_slice == c->region[0] * c->region[1] &&
					    c->dst_slice == c->region[0] * c->region[1]);
	return rows && slices;
}

static size_t rows_of_part(const struct tern_copy *c)
{
	return c->region[0] >= COPY_PIECE ? 1 : COPY_PIECE / tern_max(c->region[0], (size_t)1);
}

static uint64_t copy_parts(const struct tern_copy *c)
{
	size_t bytes = copy_bytes(c);
	if (is_linear(c))
		return bytes / COPY_PIECE + !!(bytes % COPY_PIECE);
	size_t rows = c->region[1] * c->region[2], part = rows_of_part(c);
	return rows / part + !!(rows % part);
}

static void copy_linear(const struct tern_copy *c, uint64_t first, uint64_t n)
{
	size_t bytes = copy_bytes(c), begin = first * COPY_PIECE;
	size_t end = tern_min(begin + n * COPY_PIECE, bytes);
	if (c->src != c->dst && begin < end)
		memmove(c->dst + begin, c->src + begin, end - begin);
}

static void copy_rows(const struct tern_copy *c, uint64_t first, uint64_t n)
{
	size_t rows = c->region[1] * c->region[2], part = rows_of_part(c);
	size_t end = tern_min((first + n) * part, rows);
	for (size_t i = first * part; i < end; i++) {
		size_t y = i % c->region[1], z = i / c->region[1];
		unsigned char *dst = c->dst + z * c->dst_slice + y * c->dst_row;
		const unsigned char *src = c->src + z * c->src_slice + y * c->src_row;
		if (dst != src)
			memmove(dst, src, c->region[0]);
	}
}

/* Fills: a piece is a multiple of every pattern's size, which are powers of two up to 128. */

static void fill(const struct tern_fill *f, uint64_t first, uint64_t n)
{
	size_t begin = first * COPY_PIECE, end = tern_min(begin + n * COPY_PIECE, f->bytes);
	if (begin >= end)
		return;
	unsigned char *dst = f->dst + begin;
	size_t bytes = end - begin, have = tern_min(f->pattern_bytes, bytes);
	if (f->pattern_bytes == 1) {
		memset(dst, f->pattern[0], bytes);
		return;
	}
	memcpy(dst, f->pattern, have);
	/* Doubles what is there, within what stays in the first cache. */
	while (have < bytes && have < 4096) {
		size_t more = tern_min(have, bytes - have);
		memcpy(dst + have, dst, more);
		have += more;
	}
	for (size_t block = have; have < bytes; have += tern_min(block, bytes - have))
		memcpy(dst + have, dst, tern_min(block, bytes - have));
}

/* Kernels. */

static uint64_t groups_along(const struct tern_ndrange *n, unsigned d)
{
	return n->global[d] / n->local[d] + !!(n->global[d] % n->local[d]);
}

static uint64_t ndrange_parts(const struct tern_ndrange *n)
{
	uint64_t xy, parts;
	if (__builtin_mul_overflow(groups_along(n, 0), groups_along(n, 1), &xy) ||
	    __builtin_mul_overflow(xy, groups_along(n, 2), &parts) || parts > UINT64_MAX / 4)
		return 0;
	return parts;
}

uint64_t work_parts(const struct tern_command *command)
{
	switch (command->work) {
	case TERN_WORK_COPY:
		return copy_parts(&command->copy);
	case TERN_WORK_FILL:
		return command->fill.bytes / COPY_PIECE + !!(command->fill.bytes % COPY_PIECE);
	case TERN_WORK_NDRANGE:
		return ndrange_parts(&command->ndrange);
	default:
		return 1;
	}
}

static bool grow(unsigned char **p, size_t *have, size_t need)
{
	if (tern_likely(need <= *have))
		return true;
	size_t bytes = tern_max(need, (size_t)4096);
	unsigned char *fresh = tern_alloc_aligned(TERN_ARGS_ALIGN, bytes);
	if (!fresh)
		return false;
	tern_free(*p);
	*p = fresh;
	*have = bytes;
	return true;
}

/*
 * Whether what the command writes goes past the caches: so much that little of it would be found
 * there by whoever reads it next, while reading the lines that it overwrites takes as long as
 * writing them.
 */
static bool streams(const struct root *root, const struct tern_ndrange *n)
{
	uint64_t bytes = n->info->stream_bytes;
	for (unsigned d = 0; d < 3; d++)
		if (__builtin_mul_overflow(bytes, n->global[d], &bytes))
			return true;
	return bytes && root->streams_from && bytes >= root->streams_from;
}

/* What has gone past the caches is there before anybody is told that it is. */
static void order_streams(const struct tern_group *group)
{
#if defined(__x86_64__)
	if (group->streams)
		__builtin_ia32_sfence();
#else
	(void)group;
#endif
}

cl_int work_prepare(struct executor *executor, struct tern_command *command)
{
	if (command->work != TERN_WORK_NDRANGE)
		return CL_SUCCESS;
	const struct tern_ndrange *n = &command->ndrange;
	uint64_t scratch = tern_kernel_scratch(n->info, n->local[0], n->local[1], n->local[2]);
	if (n->info->stack_bytes > executor->stack_bytes || scratch > SCRATCH_MOST ||
	    n->local_bytes > executor->root->device->caps.local_mem_bytes)
		return CL_OUT_OF_RESOURCES;
	uint64_t local = n->local_bytes ? n->local_bytes + 2 * TERN_LOCAL_SLACK : 0;
	if (!grow(&executor->local, &executor->local_bytes, local) ||
	    !grow(&executor->scratch, &executor->scratch_bytes, scratch))
		return CL_OUT_OF_RESOURCES;
	struct tern_group *g = &executor->group;
	for (unsigned d = 0; d < 3; d++) {
		g->enqueued_local_size[d] = n->local[d];
		g->global_size[d] = n->global[d];
		g->num_groups[d] = groups_along(n, d);
		g->global_offset[d] = n->offset[d];
	}
	g->work_dim = n->dim;
	g->local_mem = local ? executor->local + TERN_LOCAL_SLACK : NULL;
	g->local_bytes = n->local_bytes;
	g->scratch = executor->scratch;
	g->scratch_bytes = scratch;
	g->streams = streams(executor->root, n);
	g->printf_buffer =
		(struct tern_printf_buffer *)(uintptr_t)command->backend_state[STATE_PRINTF];
	return CL_SUCCESS;
}

static void run_groups(struct executor *executor, const struct tern_ndrange *n, uint64_t first,
		       uint64_t count)
{
	const struct tern_group *g = &executor->group;
	uint64_t nx = g->num_groups[0], ny = g->num_groups[1];
	uint64_t x = first % nx, y = first / nx % ny, z = first / nx / ny;
	tern_group_fn *function = n->function;
	const void *args = n->args;
	for (;;) {
		function(args, g, x, y, z);
		if (!--count)
			break;
		if (++x == nx) {
			x = 0;
			if (++y == ny) {
				y = 0;
				z++;
			}
		}
	}
	order_streams(g);
}

void work_run(struct executor *executor, struct tern_command *command, uint64_t first, uint64_t n)
{
	switch (command->work) {
	case TERN_WORK_COPY:
		if (is_linear(&command->copy))
			copy_linear(&command->copy, first, n);
		else
			copy_rows(&command->copy, first, n);
		break;
	case TERN_WORK_FILL:
		fill(&command->fill, first, n);
		break;
	case TERN_WORK_NDRANGE:
		if (n)
			run_groups(executor, &command->ndrange, first, n);
		break;
	default:
		break;
	}
}

void executor_finish(struct executor *executor)
{
	tern_free(executor->local);
	tern_free(executor->scratch);
	executor->local = executor->scratch = NULL;
	executor->local_bytes = executor->scratch_bytes = 0;
}
