/* SPDX-License-Identifier: MIT */
/* Of each line of bytes, by the table of a byte. */
kernel void crc32(global const uchar *lines, global uint *sums, constant uint *table,
		  const int length)
{
	const int at = get_global_id(0);
	uint sum = ~0u;

	for (int i = 0; i < length; i++)
		sum = table[(sum ^ lines[at * length + i]) & 255] ^ sum >> 8;
	sums[at] = ~sum;
}
