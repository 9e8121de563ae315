/* SPDX-License-Identifier: MIT */
/* A hash of each record of some words. */
kernel void murmur(global const uint *records, global uint *hash, const int words, const uint seed)
{
	const int at = get_global_id(0);
	uint h = seed;

	for (int i = 0; i < words; i++) {
		uint k = records[at * words + i] * 0xcc9e2d51u;

		k = rotate(k, 15u) * 0x1b873593u;
		h = rotate(h ^ k, 13u) * 5 + 0xe6546b64u;
	}
	h ^= words * 4;
	h = (h ^ h >> 16) * 0x85ebca6bu;
	h = (h ^ h >> 13) * 0xc2b2ae35u;
	hash[at] = h ^ h >> 16;
}
