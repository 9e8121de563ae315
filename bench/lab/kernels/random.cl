/* SPDX-License-Identifier: MIT */
uint mix_bits(uint n)
{
	n = (n ^ n >> 16) * 0x21f0aaadu;
	n = (n ^ n >> 15) * 0x735a2d97u;
	return n ^ n >> 15;
}

kernel void update(global volatile uint *table, uint count, uint seed)
{
	uint h = mix_bits((uint)get_global_id(0) + seed);

	atomic_xor(&table[h % count], h);
}

kernel void gather(global const uint *in, global const uint *where, global uint *out)
{
	size_t i = get_global_id(0);

	out[i] += in[where[i]];
}

struct node {
	global struct node *next;
	uint value, pad[125];
};

kernel void chase(global struct node *n)
{
	for (; n; n = n->next)
		n->value += 3;
}
