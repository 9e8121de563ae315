/* Work-item functions, work-group sizes, barriers, local memory, atomics. */
#define FENCE CLK_LOCAL_MEM_FENCE

kernel void identity(global ulong *out, int n)
{
	size_t i = get_global_id(0) - get_global_offset(0);
	global ulong *o = out + i * 12;
	o[0] = get_global_id(0);
	o[1] = get_local_id(0);
	o[2] = get_group_id(0);
	o[3] = get_local_size(0);
	o[4] = get_enqueued_local_size(0);
	o[5] = get_global_size(0);
	o[6] = get_num_groups(0);
	o[7] = get_work_dim();
	o[8] = get_global_linear_id();
	o[9] = get_local_linear_id();
	o[10] = get_global_size(5) + get_global_id(3) * 10 + get_local_size(7) * 100;
	o[11] = get_global_size(n & 3) + get_global_id(i & 3) * 3 + get_local_id(i % 5) * 7;
}

kernel void xyz_identity(global ulong *out)
{
	size_t i = get_global_linear_id();
	global ulong *o = out + i * 8;
	o[0] = get_global_id(0) + 1000 * get_global_id(1) + 1000000 * get_global_id(2);
	o[1] = get_local_id(0) + 1000 * get_local_id(1) + 1000000 * get_local_id(2);
	o[2] = get_group_id(0) + 1000 * get_group_id(1) + 1000000 * get_group_id(2);
	o[3] = get_local_size(0) + 1000 * get_local_size(1) + 1000000 * get_local_size(2);
	o[4] = get_local_linear_id();
	o[5] = get_num_groups(0) + 1000 * get_num_groups(1) + 1000000 * get_num_groups(2);
	o[6] = get_local_id(i & 3);
	o[7] = get_work_dim();
}

kernel void barrier_rotate(global const int *in, global int *out, int n)
{
	local int t[128];
	int l = get_local_id(0), i = get_global_id(0) - get_global_offset(0), s = get_local_size(0);
	t[l] = in[i];
	barrier(FENCE);
	int r = 0;
	for (int k = 0; k < 4; k++) {
		if (t[(l + k) % s] > t[l])
			r += k + 1;
		barrier(FENCE);
		t[l] += r;
		barrier(FENCE);
	}
	out[i] = t[s - 1 - l] + r;
}

kernel void reduce(global const int *in, global int *out, local int *tmp)
{
	int l = get_local_id(0), s = get_local_size(0);
	tmp[l] = in[get_global_id(0) - get_global_offset(0)];
	barrier(FENCE);
	for (int k = s / 2, m = s; k > 0; m = (m + 1) / 2, k = m / 2) {
		if (l < k)
			tmp[l] += tmp[m - 1 - l];
		barrier(FENCE);
	}
	if (l == 0)
		out[get_group_id(0)] = tmp[0];
}

kernel void barrier_private(global const int *in, global int *out, local int *tmp)
{
	int l = get_local_id(0), s = get_local_size(0), a[4];
	size_t i = get_global_id(0) - get_global_offset(0);
	for (int k = 0; k < 4; k++) {
		tmp[l] = in[i + k];
		barrier(FENCE);
		a[(k + in[i]) & 3] = tmp[s - 1 - l];
		barrier(FENCE);
	}
	out[i] = a[0] + 2 * a[1] + 3 * a[2] + 4 * a[3];
}

/* Some work-items leave before the barrier: not allowed, but seen; all of a group here. */
kernel void barrier_after_return(global const int *in, global int *out, int n)
{
	local int t[128];
	int l = get_local_id(0), i = get_global_id(0) - get_global_offset(0);
	if (get_group_id(0) & 1)
		return;
	t[l] = in[i];
	barrier(FENCE);
	out[i] = t[get_local_size(0) - 1 - l];
}

/* Divergent as far as anyone can tell, uniform in fact. */
kernel void barrier_divergent(global const int *in, global int *out, int n)
{
	local int t[128];
	int l = get_local_id(0), i = get_global_id(0) - get_global_offset(0);
	t[l] = in[i] & 15;
	if (in[i] != 0x7fffffff) {
		barrier(FENCE);
		t[l] += 1;
		barrier(FENCE);
	}
	out[i] = t[get_local_size(0) - 1 - l];
}

kernel void xy_tiled(global const float *fa, global float *fc, int k)
{
	local float t[64 * 64];
	int x = get_local_id(0), y = get_local_id(1), w = get_local_size(0), h = get_local_size(1);
	size_t i = get_global_linear_id();
	t[y * w + x] = fa[i];
	barrier(FENCE);
	float s = 0;
	for (int j = 0; j < h; j++)
		s += t[j * w + x];
	for (int j = 0; j < w; j++)
		s = s * 0.5f + t[y * w + j];
	fc[i] = s;
}

kernel void xyz_barrier(global const int *in, global int *out)
{
	local int t[128];
	int l = get_local_linear_id(),
	    s = get_local_size(0) * get_local_size(1) * get_local_size(2);
	size_t i = get_global_linear_id();
	t[l] = in[i];
	barrier(FENCE);
	out[i] = t[s - 1 - l];
}

kernel void histogram(global const int *in, global int *out, int n)
{
	local int h[64];
	int l = get_local_id(0), s = get_local_size(0);
	for (int i = l; i < 64; i += s)
		h[i] = 0;
	barrier(FENCE);
	__opencl_atomic_fetch_add((local atomic_int *)&h[in[get_global_id(0)] & 63], 1,
				  memory_order_relaxed, memory_scope_work_group);
	barrier(FENCE);
	for (int i = l; i < 64; i += s)
		__opencl_atomic_fetch_add((global atomic_int *)&out[i], h[i], memory_order_relaxed,
					  memory_scope_device);
}

kernel void atomics(global const int *in, global int *out, int n)
{
	int i = get_global_id(0), v = in[i];
	__opencl_atomic_fetch_add((global atomic_int *)out, v, memory_order_relaxed,
				  memory_scope_device);
	if (v & 1)
		__opencl_atomic_fetch_max((global atomic_int *)out + 1, v, memory_order_seq_cst,
					  memory_scope_device);
	if (v & 2)
		__opencl_atomic_fetch_xor((global atomic_int *)out + (v & 15) + 2, v,
					  memory_order_acq_rel, memory_scope_device);
	__opencl_atomic_store((global atomic_int *)out + 64 + i, v, memory_order_release,
			      memory_scope_device);
	out[4096 + i] = __opencl_atomic_load((global atomic_int *)in + i, memory_order_acquire,
					     memory_scope_device);
	int expected = v, desired = v + 1;
	if (v & 4)
		__opencl_atomic_compare_exchange_strong((global atomic_int *)out + 8192 + i, &expected,
							desired, memory_order_relaxed,
							memory_order_relaxed, memory_scope_device);
	out[16384 + i] = expected;
}

/* Each lane must get the lock: lanes of a chunk wait for each other. */
kernel void spin_lock(global int *lock, global int *out, int n)
{
	global atomic_int *l = (global atomic_int *)(lock + 60000);
	int v = get_global_id(0), expected;
	if (v == 0)
		lock[60000] = 0;
	if (lock[60000] != 0)
		return;
	do {
		expected = 0;
	} while (!__opencl_atomic_compare_exchange_strong(l, &expected, 1, memory_order_acquire,
							  memory_order_relaxed,
							  memory_scope_device));
	out[0] = out[0] * 3 + 1;
	__opencl_atomic_store(l, 0, memory_order_release, memory_scope_device);
}

/* Ids around 2^31: (int) of an id wraps in the middle of the range. */
kernel void wrap_ids(global const int *in, global long *out, global int *out2)
{
	int i = get_global_id(0);
	uint u = get_global_id(0);
	size_t k = get_global_id(0) - get_global_offset(0);
	global const int *middle = in - 0x7fffffe0l;
	out[k * 4] = i;
	out[k * 4 + 1] = u;
	out[k * 4 + 2] = middle[u];
	if ((in[k] & 1) && i > -2147483600) /* i - 5 must not overflow */
		out[k * 4 + 3] = (long)(i - 5) * 3 + (short)i;
	if (i > 0)
		out2[k] = middle[i - 3] + i;
}

kernel void wrap_barrier(global const int *in, global long *out, local int *tmp)
{
	int i = get_global_id(0), l = get_local_id(0);
	size_t k = get_global_id(0) - get_global_offset(0);
	tmp[l] = i;
	barrier(FENCE);
	out[k] = tmp[get_local_size(0) - 1 - l] + (long)i;
}

kernel void fences(global const int *in, global int *out, int n)
{
	int i = get_global_id(0);
	out[i] = in[i];
	mem_fence(CLK_GLOBAL_MEM_FENCE);
	if (in[i] & 1) {
		mem_fence(CLK_LOCAL_MEM_FENCE);
		out[i] += 1;
	}
}

kernel void xy_matmul(global const float *fa, global const float *fb, global float *fc, int k)
{
	int x = get_global_id(0), y = get_global_id(1), n = 64;
	float s = 0;
	for (int j = 0; j < 32; j++)
		s += fa[y * n + j] * fb[j * n + x];
	fc[y * n + x] = s;
}

/* Two sums, and rows that end at different times. */
kernel void xy_products(global const float *fa, global const float *fb, global float *fc, int k)
{
	int x = get_global_id(0), y = get_global_id(1), n = 64;
	float s = 0, t = 0;
	for (int j = 0; j < 24 + (y & 3); j++) {
		float a = fa[y * n + j], b = fb[j * n + x];
		s += a * b;
		t -= a * (b + 1.0f);
	}
	fc[y * n + x] = s + 3.0f * t;
}

kernel void xy_stencil(global const float *fin, global float *fout, int q)
{
	int x = get_global_id(0), y = get_global_id(1), w = get_global_size(0),
	    h = get_global_size(1);
	if (x > 0 && y > 0 && x < w - 1 && y < h - 1)
		fout[y * w + x] = 0.5f * fin[y * w + x] +
				  0.125f * (fin[y * w + x - 1] + fin[y * w + x + 1] +
					    fin[(y - 1) * w + x] + fin[(y + 1) * w + x]);
}

kernel void xy_mandel(global int *out, int q)
{
	int x = get_global_id(0), y = get_global_id(1), w = get_global_size(0);
	float cr = -2.0f + 3.0f * x / w, ci = -1.5f + 3.0f * y / 16, zr = 0, zi = 0;
	int it = 0;
	while (it < 100 && zr * zr + zi * zi <= 4.0f) {
		float t = zr * zr - zi * zi + cr;
		zi = 2 * zr * zi + ci;
		zr = t;
		it++;
	}
	out[y * w + x] = it;
}

__attribute__((reqd_work_group_size(16, 1, 1))) kernel void required(global const int *in,
								     global int *out)
{
	local int t[16];
	int l = get_local_id(0), i = get_global_id(0) - get_global_offset(0);
	t[l] = in[i] + (int)get_local_size(0);
	barrier(FENCE);
	out[i] = t[get_local_size(0) - 1 - l] + (int)get_enqueued_local_size(0);
}

kernel void called(global int *out, int v)
{
	out[get_global_id(0)] += v;
}

kernel void calls_kernel(global int *out, int v)
{
	called(out, v + 1);
	called(out + 2048, v + 2);
}

kernel void histogram_loop(global const int *in, global int *out, int n)
{
	local int h[64];
	int l = get_local_id(0), s = get_local_size(0);
	size_t g = get_global_size(0);
	for (int i = l; i < 64; i += s)
		h[i] = 0;
	barrier(FENCE);
	for (size_t i = get_global_id(0) - get_global_offset(0); i < 1000; i += g)
		__opencl_atomic_fetch_add((local atomic_int *)&h[in[i] & 63], 1,
					  memory_order_relaxed, memory_scope_work_group);
	barrier(FENCE);
	for (int i = l; i < 64; i += s)
		__opencl_atomic_fetch_add((global atomic_int *)&out[i], h[i], memory_order_relaxed,
					  memory_scope_device);
}

/* By columns of chunks. */
kernel void xy_transposed(global const int *in, global int *out, int q)
{
	int x = get_global_id(0), y = get_global_id(1), w = get_global_size(0);
	int h = get_global_size(1);
	out[x * h + y] = in[y * w + x] + q;
}

kernel void xyz_transposed(global const float2 *f, global float2 *fout, int q)
{
	size_t x = get_global_id(0), y = get_global_id(1), z = get_global_id(2);
	size_t w = get_global_size(0), h = get_global_size(1);
	if (x + y != 7)
		fout[(z * w + x) * h + y] = f[(z * h + y) * w + x] + (float)q;
}

/* Tiles of a product: rows of chunks that wait at barriers in a loop. */
kernel void xy_product(global const float *fa, global const float *fb, global float *fc, int k)
{
	local float left[32 * 32], right[32 * 32];
	int x = get_local_id(0), y = get_local_id(1), w = get_local_size(0), h = get_local_size(1);
	int at = get_global_id(1) * get_global_size(0) + get_global_id(0);
	int least = w < h ? w : h;
	float s = 0, most = -100;
	least = least < 32 ? least : 32;
	for (int i = 0; i < 3 + (k & 1); i++) {
		if (x < 32 && y < 32) {
			left[y * 32 + x] = fa[at + i * 7];
			right[y * 32 + x] = fb[at * (i + 1) & 4095];
		}
		barrier(FENCE);
		for (int j = 0; j < least; j++) {
			float r = right[j * 32 + (x & 31)];
			s += left[(y & 31) * 32 + j] * r;
			most = r > most ? r : most;
		}
		barrier(FENCE);
	}
	if (x != y)
		fc[at] = s + most;
}
