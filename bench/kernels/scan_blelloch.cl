/* SPDX-License-Identifier: MIT */
/* Exclusive, of two numbers for each work-item: a tree up and down again. */
kernel void scan_blelloch(global const int *in, global int *out, local int *tree)
{
	const int me = get_local_id(0), size = 2 * get_local_size(0);
	const int base = get_group_id(0) * size;
	int apart = 1;

	tree[2 * me] = in[base + 2 * me];
	tree[2 * me + 1] = in[base + 2 * me + 1];
	for (int active = size >> 1; active > 0; active >>= 1) {
		barrier(CLK_LOCAL_MEM_FENCE);
		if (me < active) {
			const int left = apart * (2 * me + 1) - 1, right = apart * (2 * me + 2) - 1;

			tree[right] += tree[left];
		}
		apart *= 2;
	}
	if (me == 0)
		tree[size - 1] = 0;
	for (int active = 1; active < size; active *= 2) {
		apart >>= 1;
		barrier(CLK_LOCAL_MEM_FENCE);
		if (me < active) {
			const int left = apart * (2 * me + 1) - 1, right = apart * (2 * me + 2) - 1;
			const int sum = tree[left];

			tree[left] = tree[right];
			tree[right] += sum;
		}
	}
	barrier(CLK_LOCAL_MEM_FENCE);
	out[base + 2 * me] = tree[2 * me];
	out[base + 2 * me + 1] = tree[2 * me + 1];
}
