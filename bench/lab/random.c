/* SPDX-License-Identifier: MIT */
/* Workloads that jump; work.h says what each does. */
#include "bench/lab/work.h"
#include <stdlib.h>

WORK_TEXT(random);

/* ---- update ---- */

void work_update(const struct work *w)
{
	cl_kernel kernel = work_kernel(text_random, "update");
	size_t count = w->bytes / sizeof(uint32_t), updates = w->bytes / 64;
	uint32_t *table = work_memory(count * sizeof *table);
	uint32_t *expected = work_plain(count * sizeof *expected);

	work_check(count > 0, "the size is too small");
	for (size_t i = 0; i < count; i++)
		table[i] = expected[i] = (uint32_t)i;
	for (size_t i = 0; i < updates * w->passes; i++) {
		uint32_t h = work_mix((uint32_t)i + w->seed);
		expected[h % count] ^= h;
	}
	work_device(table);
	work_pointer(kernel, 0, table);
	work_uint(kernel, 1, (cl_uint)count);
	work_starts();
	for (unsigned pass = 0; pass < w->passes; pass++) {
		work_uint(kernel, 2, (cl_uint)(pass * updates) + w->seed);
		work_slices(kernel, updates, w->slices);
	}
	work_wait();
	work_host(table);
	size_t wrong = 0;
	for (size_t i = 0; i < count; i++)
		wrong += table[i] != expected[i];
	work_ends();
	work_check(!wrong, "update");
	work_free(table);
	free(expected);
}

/* ---- gather, sparse ---- */

static void gather(const struct work *w, size_t bytes, size_t count)
{
	cl_kernel kernel = work_kernel(text_random, "gather");
	size_t n = bytes / sizeof(uint32_t);
	uint32_t *in = work_memory(n * sizeof *in), *where = work_memory(count * sizeof *where),
		 *out = work_memory(count * sizeof *out);

	work_check(n > 0, "the size is too small");
	for (size_t i = 0; i < n; i++)
		in[i] = (uint32_t)i + 5;
	for (size_t i = 0; i < count; i++) {
		where[i] = (uint32_t)(work_mix((uint32_t)i + w->seed) % n);
		out[i] = 0;
	}
	work_device(in);
	work_device(where);
	work_device(out);
	work_pointer(kernel, 0, in);
	work_pointer(kernel, 1, where);
	work_pointer(kernel, 2, out);
	work_starts();
	for (unsigned pass = 0; pass < w->passes; pass++)
		work_slices(kernel, count, w->slices);
	work_wait();
	work_host(where);
	work_host(out);
	size_t wrong = 0;
	for (size_t i = 0; i < count; i++)
		wrong += out[i] != w->passes * (where[i] + 5);
	work_ends();
	work_check(!wrong, "gather");
	work_free(in);
	work_free(where);
	work_free(out);
}

/* Eight words of each page. */
void work_gather(const struct work *w)
{
	size_t count = w->bytes / 520;

	gather(w, count * 512, count);
}

/* A word of each 128 KiB. */
void work_sparse(const struct work *w)
{
	size_t count = w->bytes / ((128 << 10) + 8);

	gather(w, count << 17, count);
}

/* ---- chase ---- */

struct node {
	struct node *next;
	uint32_t value, pad[125];
};

/* A random order of [0, @count). */
static uint32_t *shuffled(size_t count, unsigned seed)
{
	uint32_t *order = work_plain(count * sizeof *order);

	for (size_t i = 0; i < count; i++)
		order[i] = (uint32_t)i;
	for (size_t i = count; i > 1; i--) {
		size_t j = work_mix((uint32_t)i + seed) % i;
		uint32_t t = order[i - 1];
		order[i - 1] = order[j];
		order[j] = t;
	}
	return order;
}

void work_chase(const struct work *w)
{
	cl_kernel kernel = work_kernel(text_random, "chase");
	size_t count = w->bytes / sizeof(struct node);
	struct node *nodes = work_memory(count * sizeof *nodes);
	uint32_t *order = shuffled(count, w->seed);

	for (size_t i = 0; i < count; i++) {
		struct node *n = &nodes[order[i]];
		n->next = i + 1 < count ? &nodes[order[i + 1]] : NULL;
		n->value = (uint32_t)i;
	}
	const struct node *head = &nodes[order[0]];
	free(order);
	work_device(nodes);
	work_pointer(kernel, 0, head);
	work_starts();
	for (unsigned pass = 0; pass < w->passes; pass++)
		work_run(kernel, 0, 1);
	work_wait();
	work_host(nodes);
	size_t wrong = 0, i = 0;
	for (const struct node *n = head; n; n = n->next, i++)
		wrong += n->value != i + 3 * w->passes;
	work_ends();
	work_check(!wrong && i == count, "chase");
	work_free(nodes);
}
