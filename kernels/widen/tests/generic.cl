/* SPDX-License-Identifier: MIT */
/* Which memory a generic pointer points to: kernels/widen/generic.c. */

uint __tern_memory_of(const generic void *p) __attribute__((const));

kernel void known(global int *in, global int *out, local int *t)
{
	int i = get_global_id(0) - get_global_offset(0), x = in[i];
	generic int *g = in + i, *p = &x, *l = t + get_local_id(0);
	*l = x;
	for (int k = 0; k < (i & 3); k++)
		g++;
	out[i] = __tern_memory_of(g) + 4 * __tern_memory_of(p) + 16 * __tern_memory_of(l) +
		 64 * __tern_memory_of(i & 1 ? g : (generic int *)0) + *l + *p + *g;
}

/* Pointers to private arrays, local and global memory, mixed among the lanes. */
kernel void mixed(global int *in, global int *out, local int *t)
{
	int i = get_global_id(0) - get_global_offset(0), x[4], l = get_local_id(0);
	generic int *p = in + i;
	for (int k = 0; k < 4; k++)
		x[k] = in[i + k];
	t[l] = i;
	if (i % 3 == 1)
		p = &x[i & 3];
	else if (i % 3 == 2)
		p = t + l;
	out[2 * i] = __tern_memory_of(p);
	if (__tern_memory_of(p) != 0)
		*p += 5;
	out[2 * i + 1] = *p;
}

kernel void the_same_in_all_lanes(global int *in, global int *out, local int *t, int n)
{
	int i = get_global_id(0) - get_global_offset(0);
	generic int *p = n & 1 ? (generic int *)in : n & 2 ? (generic int *)t : 0;
	out[i] = __tern_memory_of(p);
}

/* Private memory in a coroutine's frame, and on the stack behind the barrier. */
kernel void across_barriers(global int *in, global int *out, local int *t)
{
	int i = get_global_id(0) - get_global_offset(0), l = get_local_id(0), x[8], y[8];
	generic int *p = i & 1 ? (generic int *)&x[i & 7] : i & 2 ? (generic int *)in : t + l;
	for (int k = 0; k < 8; k++)
		x[k] = in[i] + k;
	t[l] = i;
	barrier(CLK_LOCAL_MEM_FENCE);
	for (int k = 0; k < 8; k++)
		y[k] = x[k] * t[0];
	generic int *q = i & 2 ? (generic int *)&y[i & 7] : i & 1 ? (generic int *)(in + i) : t;
	out[4 * i] = __tern_memory_of(p);
	out[4 * i + 1] = __tern_memory_of(q);
	barrier(CLK_LOCAL_MEM_FENCE);
	out[4 * i + 2] = __tern_memory_of(p) + *p;
	out[4 * i + 3] = __tern_memory_of(q) + *q;
}

kernel void xy_with_variables(global int *in, global int *out, local int *t)
{
	int i = get_global_id(0) - get_global_offset(0), j = get_global_id(1), x[2];
	x[0] = i;
	x[1] = j;
	generic int *p = (i ^ j) & 1 ? (generic int *)&x[i & 1] : (i & 2) ? (generic int *)t : in;
	out[i + j * get_global_size(0)] = __tern_memory_of(p);
}
