/* SPDX-License-Identifier: MIT */
kernel void mix_words(global const uint *in, global uint *out)
{
	size_t i = get_global_id(0);
	uint n = in[i];

	n = (n ^ n >> 16) * 0x21f0aaadu;
	n = (n ^ n >> 15) * 0x735a2d97u;
	out[i] = n ^ n >> 15;
}

kernel void add(global uint *p)
{
	p[get_global_id(0)] += 1;
}

/* Every @stride-th block of @words. */
kernel void count(global const uint *data, global volatile uint *bins, uint words, uint stride,
		  uint n)
{
	size_t i = get_global_id(0);

	atomic_inc(&bins[data[i / words * words * stride + i % words] % n]);
}

#ifdef SHARED
/* The same while the host counts, too. */
kernel void count_shared(global const uint *data, global atomic_uint *bins, uint words, uint stride,
			 uint n)
{
	size_t i = get_global_id(0);

	atomic_fetch_add_explicit(&bins[data[i / words * words * stride + i % words] % n], 1u,
				  memory_order_relaxed, memory_scope_all_svm_devices);
}

kernel void add_often(global atomic_uint *p, uint words, uint times)
{
	for (uint i = 0; i < times; i++)
		atomic_fetch_add_explicit(&p[i * 7 % words], 1u, memory_order_relaxed,
					  memory_scope_all_svm_devices);
}

kernel void add_between(global volatile uint *p, uint pages, uint times)
{
	for (uint t = 0; t < times; t++)
		for (uint i = 0; i < pages; i += 2)
			p[(size_t)i * 1024] += 1;
}
#endif
