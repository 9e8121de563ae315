/* SPDX-License-Identifier: MIT */
/* Sixteen bytes for each work-item: brightens, and mixes with a second picture. */
kernel void blend(global const uchar16 *a, global const uchar16 *b, global uchar16 *out,
		  const uchar lift)
{
	const size_t at = get_global_id(0);
	const uchar16 bright = add_sat(a[at], (uchar16)lift);

	out[at] = max(rhadd(bright, b[at]), abs_diff(bright, b[at]));
}
