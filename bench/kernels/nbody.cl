/* SPDX-License-Identifier: MIT */
/* Gravity of all bodies (place in xyz, mass in w) on each one. */
kernel void nbody(global const float4 *bodies, global float4 *pull, const int count,
		  const float softening)
{
	const int me = get_global_id(0);
	const float3 here = bodies[me].xyz;
	float3 sum = 0.0f;

	for (int other = 0; other < count; other++) {
		const float4 body = bodies[other];
		const float3 way = body.xyz - here;
		const float near = rsqrt(dot(way, way) + softening);

		sum += way * (body.w * near * near * near);
	}
	pull[me] = (float4)(sum, 0.0f);
}
