/* SPDX-License-Identifier: MIT */
/* Counts of the low bytes, straight into global memory. */
kernel void histogram_global(global const uint *in, global uint *counts)
{
	atomic_inc(&counts[in[get_global_id(0)] & 255]);
}
