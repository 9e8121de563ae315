/* SPDX-License-Identifier: MIT */
#define TILE 16

/* c (n x n) = a (n x depth) b (depth x n), n the size of a row of work-items. */
kernel __attribute__((reqd_work_group_size(TILE, TILE, 1))) void
matmul(global const float *a, global const float *b, global float *c, uint depth)
{
	local float left[TILE][TILE], right[TILE][TILE];
	size_t n = get_global_size(0), column = get_global_id(0), row = get_global_id(1);
	uint x = get_local_id(0), y = get_local_id(1);
	float sum = 0;

	for (uint k = 0; k < depth; k += TILE) {
		left[y][x] = a[row * depth + k + x];
		right[y][x] = b[(k + y) * n + column];
		barrier(CLK_LOCAL_MEM_FENCE);
		for (uint i = 0; i < TILE; i++)
			sum += left[y][i] * right[i][x];
		barrier(CLK_LOCAL_MEM_FENCE);
	}
	c[row * n + column] = sum;
}

uint slot_of(uint key, uint slots)
{
	key = (key ^ key >> 16) * 0x21f0aaadu;
	return (key ^ key >> 15) % slots;
}

/* Pairs of key and value into a table of such pairs, by linear probing; a key of 0 is free. */
kernel void insert(global const uint2 *pairs, global volatile uint *table, uint slots)
{
	uint2 pair = pairs[get_global_id(0)];
	uint slot = slot_of(pair.x, slots);

	while (atomic_cmpxchg(&table[2 * slot], 0u, pair.x))
		slot = slot + 1 == slots ? 0 : slot + 1;
	table[2 * slot + 1] = pair.y;
}

kernel void probe(global const uint *keys, global const uint2 *table, uint slots, global uint *out)
{
	size_t i = get_global_id(0);
	uint key = keys[i], slot = slot_of(key, slots), found = ~0u;

	for (uint2 pair; (pair = table[slot]).x; slot = slot + 1 == slots ? 0 : slot + 1)
		if (pair.x == key) {
			found = pair.y;
			break;
		}
	out[i] = found;
}
