/* SPDX-License-Identifier: MIT */
/* The first place in a sorted table whose value is not below the key. */
kernel void search(global const uint *keys, global const uint *table, global uint *place,
		   const uint count)
{
	const int at = get_global_id(0);
	const uint key = keys[at];
	uint low = 0, high = count;

	while (low < high) {
		const uint middle = (low + high) / 2;

		if (table[middle] < key)
			low = middle + 1;
		else
			high = middle;
	}
	place[at] = low;
}
