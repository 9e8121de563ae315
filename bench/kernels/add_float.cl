/* SPDX-License-Identifier: MIT */
/* Weights added up in bins: floats have no atomic_add(), so compare and swap until it is done. */
void atomic_add_float(volatile global float *at, float value)
{
	union {
		uint bits;
		float value;
	} before, after;

	do {
		before.value = *at;
		after.value = before.value + value;
	} while (atomic_cmpxchg((volatile global uint *)at, before.bits, after.bits) !=
		 before.bits);
}

kernel void add_float(global const uint *bin, global const float *weight, global float *sums)
{
	const int at = get_global_id(0);

	atomic_add_float(&sums[bin[at]], weight[at]);
}
