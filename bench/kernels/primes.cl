/* SPDX-License-Identifier: MIT */
/* The smallest divisor, by trying them. */
kernel void primes(global const uint *in, global uint *divisor)
{
	const int at = get_global_id(0);
	const uint n = in[at];
	uint found = n;

	if (n % 2 == 0) {
		found = 2;
	} else {
		for (uint d = 3; d * d <= n; d += 2)
			if (n % d == 0) {
				found = d;
				break;
			}
	}
	divisor[at] = found;
}
