/* Divergent control flow. */
kernel void loop_break_continue(global const int *in, global int *out, int n)
{
	int i = get_global_id(0), v = in[i], r = 0;
	for (int j = 0; j < v % 17; j++) {
		if (j == 11)
			break;
		if (j & 1)
			continue;
		r += j * v;
	}
	out[i] = r;
}

kernel void early_return(global const int *in, global int *out, int n)
{
	int i = get_global_id(0), v = in[i];
	if (v < 0)
		return;
	if (v % 3 == 0) {
		out[i] = 1;
		return;
	}
	if (v % 5 == 0)
		out[i] = 2;
	else if (v % 7 == 0)
		out[i] = 3;
	else
		out[i] = v;
}

kernel void switches(global const int *in, global int *out, int n)
{
	int i = get_global_id(0), v = in[i], r;
	switch (v % 6) {
	case 0:
		r = 10;
		break;
	case 1:
		r = v * 3;
	case 2:
		r = v + 1;
		break;
	case 3:
		r = -v;
		break;
	default:
		r = v / ((v & 7) + 1);
	}
	out[i] = r;
}

kernel void nested_goto(global const int *in, global int *out, int n)
{
	int i = get_global_id(0), v = in[i], r = 0;
	for (int j = 0; j < (v & 15); j++)
		for (int k = j; k < (v >> 2 & 15); k++) {
			if ((j ^ k) == 5) {
				r += 100;
				break;
			}
			r += k * j;
			if (r > 500)
				goto done;
		}
done:
	out[i] = r;
}

kernel void collatz(global const int *in, global int *out, int n)
{
	int i = get_global_id(0), c = 0;
	uint x = in[i];
	do {
		x = (x & 1) ? 3 * x + 1 : x >> 1;
		c++;
	} while (x > 1 && c < 200);
	out[i] = c;
}

kernel void binary_search(global const int *in, global int *out, int n)
{
	int i = get_global_id(0), lo = 0, hi = n, v = in[i];
	while (lo < hi) {
		int m = (lo + hi) / 2;
		if (in[m] * 7 % 1000 < v % 1000)
			lo = m + 1;
		else
			hi = m;
	}
	out[i] = lo;
}

kernel void nested_if_loop(global const int *in, global int *out, int n)
{
	int i = get_global_id(0), v = in[i], r = v;
	for (int k = 0; k < n % 13 + 3; k++) {
		if (v & (1 << k)) {
			r ^= k * 77;
			for (int q = 0; q < k; q++) {
				if (((v >> q) & 3) == 3)
					continue;
				r += q;
				if (r & 64)
					break;
			}
		} else if (k & 1) {
			r += 3;
		}
	}
	out[i] = r;
}

kernel void flag_loop(global const int *in, global int *out, int n)
{
	int i = get_global_id(0), r = 0;
	bool f = false;
	for (int j = 0; j < 20; j++) {
		f = f || (in[(i + j) % n] & 31) == 7;
		if (f && j > 5) {
			r = j;
			break;
		}
	}
	out[i] = f ? r : -1;
}

kernel void long_sum(global const int *in, global int *out, int n)
{
	int i = get_global_id(0);
	long s = 0;
	for (int j = i % 5; j < 40; j += 1 + (in[i] & 3))
		s += (long)in[(i * 3 + j) % n] * j;
	out[i] = (int)(s ^ (s >> 32));
}

/* A uniform counter seen from outside a loop that lanes leave at different times. */
kernel void temporal(global const int *in, global int *out, int n)
{
	int i = get_global_id(0), v = in[i] & 31, j = 0, last = -1;
	while (j < 40) {
		last = j * 3 + n;
		if (j == v)
			break;
		j++;
	}
	out[i] = j * 1000 + last;
}

kernel void linear_in_loop(global const int *in, global int *out, int n)
{
	int i = get_global_id(0), stop = in[i] & 15, p = i, s = 0;
	for (int k = 0; k < 16; k++) {
		s += in[p & 0xfff];
		if (k == stop)
			break;
		p += 7;
	}
	out[i] = s + p;
}

kernel void uniform_in_divergent(global const int *in, global int *out, int n)
{
	int i = get_global_id(0), r = 0;
	if (in[i] & 1) {
		if (n & 1)
			r = in[3];
		else
			r = in[4] / (n + 1);
		for (int k = 0; k < n % 7; k++)
			r += in[k];
	}
	out[i] = r;
}

kernel void short_circuit(global const int *in, global int *out, int n)
{
	int i = get_global_id(0), v = in[i];
	if ((v & 1 && in[(v >> 1) & 255] > 0) || (v & 6) == 4)
		out[i] = 7;
	else if (i > 0 && i < n - 1 && in[i - 1] < in[i + 1])
		out[i] = 8;
}

kernel void guarded_division(global const int *in, global int *out, int n)
{
	int i = get_global_id(0), v = in[i], d = in[i + 1] & 3, r = -1;
	if (d != 0)
		r = v / d + v % d;
	if (v > 3 && (d & 1))
		r += (uint)v / (uint)d;
	out[i] = r;
}

kernel void irreducible(global const int *in, global int *out, int n)
{
	int i = get_global_id(0), v = in[i] & 255, r = 0;
	if (v & 1)
		goto middle;
top:
	r += 3;
	v--;
middle:
	r ^= v;
	v -= 2;
	if (v > 0)
		goto top;
	out[i] = r;
}

kernel void uniform_loops(global const int *in, global int *out, int n)
{
	int i = get_global_id(0), r = 0;
	for (int k = 0; k < n % 11; k++) {
		if (k == 5 && n > 100)
			continue;
		for (int q = 0; q < 3; q++)
			r += in[(i + k * q) & 1023];
	}
	if (n % 3 == 0)
		out[i] = r;
	else
		out[i] = -r;
}

kernel void two_exits(global const int *in, global int *out, int n)
{
	int i = get_global_id(0), v = in[i], r = 0, k;
	for (k = 0; k < 10; k++) {
		int t = in[(v + k) & 1023];
		if (t % 5 == 1) {
			r = t;
			break;
		}
		if (t % 7 == 3) {
			r = -t;
			goto other;
		}
		r += t & 7;
	}
	out[i] = r + k;
	return;
other:
	out[i] = r * 2 - k;
}

kernel void poison_lanes(global const int *in, global int *out, int n)
{
	int i = get_global_id(0);
	uint u = i;
	if (i >= 5) {
		uint j = u - 5;
		out[j] = in[j] + 1;
	}
	int w = in[i] & 63;
	int s = 0;
	if (w < 32)
		s = 1 << w;
	out[2000 + i] = s;
}

/* A variable that is undefined on one of the ways into the loop. */
kernel void into_loop(global const int *in, global int *out, int n)
{
	int sum = 0, rounds = 0;
again:
	if (in[n]) {
		int k = 0;
		if (!(get_local_id(0) < 5u) && get_global_id(0) % 4u == 1u)
			goto middle;
		while (k++ < 4) {
			sum = sum * 31 + 7;
middle:;
		}
	}
	if (rounds++ < 4 && in[get_global_id(0)] & 4)
		goto again;
	out[get_global_id(0)] = sum;
}
