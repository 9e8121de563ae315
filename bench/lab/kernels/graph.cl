/* SPDX-License-Identifier: MIT */
/* From the nodes of level @depth to the next; *more: there are any. */
kernel void bfs(global const uint *start, global const uint *edges, global volatile uint *level,
		global volatile uint *more, uint depth)
{
	size_t v = get_global_id(0);

	if (level[v] != depth)
		return;
	for (uint i = start[v]; i < start[v + 1]; i++)
		if (atomic_min(&level[edges[i]], depth + 1) > depth + 1)
			atomic_or(more, 1u);
}

kernel void spmv(global const uint *start, global const uint *column, global const uint *value,
		 global const uint *x, global uint *y)
{
	size_t row = get_global_id(0);
	uint sum = 0;

	for (uint i = start[row]; i < start[row + 1]; i++)
		sum += value[i] * x[column[i]];
	y[row] = sum;
}
