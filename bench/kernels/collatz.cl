/* SPDX-License-Identifier: MIT */
/* Steps until 3n + 1 comes down to 1. */
kernel void collatz(global const uint *start, global uint *steps)
{
	const int at = get_global_id(0);
	ulong n = start[at];
	uint count = 0;

	while (n > 1) {
		n = n & 1 ? 3 * n + 1 : n / 2;
		count++;
	}
	steps[at] = count;
}
