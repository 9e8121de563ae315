/* SPDX-License-Identifier: MIT */
/* From the nodes of one level of a graph to the next. */
kernel void bfs(global const int *start, global const int *neighbour, global const int *level,
		global int *next, const int depth)
{
	const int node = get_global_id(0);

	if (level[node] != depth)
		return;
	for (int i = start[node]; i < start[node + 1]; i++) {
		const int other = neighbour[i];

		if (level[other] < 0)
			next[other] = depth + 1;
	}
}
