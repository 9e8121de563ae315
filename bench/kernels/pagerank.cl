/* SPDX-License-Identifier: MIT */
/* What the nodes that link here give of their rank. */
kernel void pagerank(global const int *start, global const int *from, global const float *rank,
		     global const int *degree, global float *next, const float damping)
{
	const int node = get_global_id(0);
	float sum = 0.0f;

	for (int i = start[node]; i < start[node + 1]; i++) {
		const int other = from[i];

		sum += rank[other] / (float)degree[other];
	}
	next[node] = (1.0f - damping) / get_global_size(0) + damping * sum;
}
