/* SPDX-License-Identifier: MIT */
/* Copies and fills, block by block through the device's page tables. */
#include <string.h>

#include "vendors/dmirror/internal.h"

int dmirror_copy_bytes(struct dmirror_access *a, uint64_t from, uint64_t to, uint64_t bytes)
{
	char *buffer = dmirror_buffer(a->d, 0);
	int error = 0;
	for (uint64_t done = 0, n; done < bytes && !error; done += n) {
		n = dmirror_block(to + done, bytes - done, 1);
		error = dmirror_read(a, from + done, n, buffer);
		if (!error)
			error = dmirror_write(a, to + done, n, buffer);
	}
	return error;
}

static bool is_linear(const struct tern_copy *c)
{
	bool rows = c->region[1] == 1 || (c->src_row == c->region[0] && c->dst_row == c->region[0]);
	bool slices = c->region[2] == 1 || (c->src_slice == c->region[0] * c->region[1] &&
					    c->dst_slice == c->region[0] * c->region[1]);
	return rows && slices;
}

int dmirror_copy(struct dmirror_access *a, const struct tern_copy *c)
{
	uint64_t from = (uintptr_t)c->src, to = (uintptr_t)c->dst;
	int error = 0;
	if (from == to)
		return 0;
	if (is_linear(c))
		return dmirror_copy_bytes(a, from, to, c->region[0] * c->region[1] * c->region[2]);
	for (size_t z = 0; z < c->region[2] && !error; z++)
		for (size_t y = 0; y < c->region[1] && !error; y++)
			error = dmirror_copy_bytes(a, from + z * c->src_slice + y * c->src_row,
						   to + z * c->dst_slice + y * c->dst_row,
						   c->region[0]);
	return error;
}

int dmirror_fill(struct dmirror_access *a, uint64_t to, uint64_t bytes, const void *pattern,
		 size_t pattern_bytes)
{
	char *buffer = dmirror_buffer(a->d, 0);
	int error = 0;
	for (uint64_t done = 0, n; done < bytes && !error; done += n) {
		n = dmirror_block(to + done, bytes - done, 1);
		for (size_t i = 0; i < n; i++)
			buffer[i] = ((const char *)pattern)[(done + i) % pattern_bytes];
		error = dmirror_write(a, to + done, n, buffer);
	}
	return error;
}
