/* SPDX-License-Identifier: MIT */
/* As nbody, with the bodies brought into local memory by the work-group first. */
kernel void nbody_tiled(global const float4 *bodies, global float4 *pull, const int count,
			const float softening, local float4 *tile)
{
	const int me = get_global_id(0), lane = get_local_id(0), size = get_local_size(0);
	const float4 here = bodies[me];
	float4 sum = (float4)(0.0f);

	for (int start = 0; start < count; start += size) {
		tile[lane] = bodies[start + lane];
		barrier(CLK_LOCAL_MEM_FENCE);
		for (int i = 0; i < size; i++) {
			float4 way = tile[i] - here;

			way.w = 0.0f;
			const float near = rsqrt(dot(way, way) + softening);

			sum += way * (tile[i].w * near * near * near);
		}
		barrier(CLK_LOCAL_MEM_FENCE);
	}
	pull[me] = sum;
}
