/* SPDX-License-Identifier: MIT */
/* Workloads in which host and device share their data; work.h says what each does. */
#include "bench/lab/work.h"
#include <stdatomic.h>
#include <string.h>

WORK_TEXT(both);

enum { PAGE = 4096, PAGE_WORDS = PAGE / sizeof(uint32_t) };

/* ---- pipe ---- */

enum { SLOTS = 16 };

struct slot {
	uint32_t *in, *out;
	cl_event done;
	uint32_t round; /* what is in it */
};

static void fill(struct slot *s, size_t words, uint32_t round)
{
	work_host(s->in);
	for (size_t i = 0; i < words; i++)
		s->in[i] = round + (uint32_t)i;
	s->round = round;
	work_device(s->in);
	work_device(s->out);
}

static size_t drain(struct slot *s, size_t words)
{
	size_t wrong = 0;

	if (!s->done)
		return 0;
	MUST(clWaitForEvents(1, &s->done));
	MUST(clReleaseEvent(s->done));
	s->done = NULL;
	work_host(s->out);
	for (size_t i = 0; i < words; i++)
		wrong += s->out[i] != work_mix(s->round + (uint32_t)i);
	return wrong;
}

/* Each slot is read right before it is filled again: the device is up to SLOTS blocks behind. */
static size_t run_pipe(struct slot *slots, size_t words, unsigned blocks)
{
	cl_kernel kernel = work_kernel(text_both, "mix_words");
	size_t wrong = 0;

	for (unsigned block = 0; block < blocks; block++) {
		struct slot *s = &slots[block % SLOTS];
		wrong += drain(s, words);
		fill(s, words, block * 7919);
		work_pointer(kernel, 0, s->in);
		work_pointer(kernel, 1, s->out);
		MUST(clEnqueueNDRangeKernel(bench_queue(), kernel, 1, NULL, &words, NULL, 0, NULL,
					    &s->done));
		MUST(clFlush(bench_queue()));
	}
	for (unsigned i = 0; i < SLOTS; i++)
		wrong += drain(&slots[(blocks + i) % SLOTS], words);
	return wrong;
}

void work_pipe(const struct work *w)
{
	size_t words = w->bytes / SLOTS / 2 / sizeof(uint32_t);
	struct slot slots[SLOTS] = {0};

	for (unsigned i = 0; i < SLOTS; i++) {
		slots[i].in = work_memory(words * sizeof(uint32_t));
		slots[i].out = work_memory(words * sizeof(uint32_t));
		memset(slots[i].in, 0, words * sizeof(uint32_t));
		memset(slots[i].out, 0, words * sizeof(uint32_t));
	}
	work_starts();
	size_t wrong = run_pipe(slots, words, w->passes * w->slices);
	work_ends();
	work_check(!wrong, "pipe");
	for (unsigned i = 0; i < SLOTS; i++) {
		work_free(slots[i].in);
		work_free(slots[i].out);
	}
}

/* ---- histogram ---- */

enum { BINS = 16384, BLOCK_WORDS = 64 << 10 >> 2 };

/* Blocks of 64 KiB, host's and device's in turn. In memory that both may not use at once: each has
 * blocks and bins of its own. */
struct histogram {
	bool shared;
	size_t blocks; /* of each side */
	uint32_t *data[2];
	_Atomic uint32_t *bins[2];
};

static uint32_t *block_at(const struct histogram *h, unsigned side, size_t block)
{
	return h->shared ? h->data[0] + (2 * block + side) * BLOCK_WORDS
			 : h->data[side] + block * BLOCK_WORDS;
}

static void make_histogram(struct histogram *h)
{
	size_t words = h->blocks * BLOCK_WORDS * (h->shared ? 2 : 1);

	for (unsigned side = 0; side < (h->shared ? 1 : 2); side++) {
		h->data[side] = work_memory(words * sizeof(uint32_t));
		h->bins[side] = work_memory(BINS * sizeof(uint32_t));
		memset((void *)h->bins[side], 0, BINS * sizeof(uint32_t));
	}
	if (h->shared) {
		h->data[1] = h->data[0];
		h->bins[1] = h->bins[0];
	}
}

static void fill_histogram(const struct histogram *h, unsigned seed, uint32_t *expected)
{
	for (unsigned side = 0; side < 2; side++)
		for (size_t b = 0; b < h->blocks; b++) {
			uint32_t *p = block_at(h, side, b);
			for (size_t i = 0; i < BLOCK_WORDS; i++) {
				size_t n = (2 * b + side) * BLOCK_WORDS + i;
				p[i] = work_mix((uint32_t)n + seed);
				expected[p[i] % BINS]++;
			}
		}
}

static void count_by_host(const struct histogram *h)
{
	for (size_t b = 0; b < h->blocks; b++) {
		const uint32_t *p = block_at(h, 1, b);
		for (size_t i = 0; i < BLOCK_WORDS; i++)
			atomic_fetch_add_explicit(&h->bins[1][p[i] % BINS], 1,
						  memory_order_relaxed);
	}
}

static size_t check_histogram(const struct histogram *h, const uint32_t *expected, unsigned passes)
{
	size_t wrong = 0;

	for (size_t i = 0; i < BINS; i++)
		wrong += h->bins[0][i] + (h->shared ? 0 : h->bins[1][i]) != passes * expected[i];
	return wrong;
}

void work_histogram(const struct work *w)
{
	static uint32_t expected[BINS];
	cl_kernel kernel = work_kernel(text_both, work_shares() ? "count_shared" : "count");
	struct histogram h = {.shared = work_shares(),
			      .blocks = w->bytes / 2 / (BLOCK_WORDS * sizeof(uint32_t))};

	make_histogram(&h);
	memset(expected, 0, sizeof expected);
	fill_histogram(&h, w->seed, expected);
	work_device(h.data[0]);
	work_device((void *)h.bins[0]);
	work_pointer(kernel, 0, h.data[0]);
	work_pointer(kernel, 1, (void *)h.bins[0]);
	work_uint(kernel, 2, BLOCK_WORDS);
	work_uint(kernel, 3, h.shared ? 2 : 1);
	work_uint(kernel, 4, BINS);
	work_starts();
	for (unsigned pass = 0; pass < w->passes; pass++) {
		work_slices(kernel, h.blocks * BLOCK_WORDS, w->slices);
		count_by_host(&h);
	}
	work_wait();
	work_host((void *)h.bins[0]);
	size_t wrong = check_histogram(&h, expected, w->passes);
	work_ends();
	work_check(!wrong, "histogram");
	for (unsigned side = 0; side < (h.shared ? 1 : 2); side++) {
		work_free(h.data[side]);
		work_free((void *)h.bins[side]);
	}
}

/* ---- contended, between, handover ---- */

void work_contended(const struct work *w)
{
	enum { TIMES = 1 << 23 };
	uint32_t words = (uint32_t)(w->bytes / sizeof(uint32_t)), times = TIMES * w->passes;

	work_must_share();
	cl_kernel kernel = work_kernel(text_both, "add_often");
	_Atomic uint32_t *p = work_memory(words * sizeof *p);
	memset((void *)p, 0, words * sizeof *p);
	work_pointer(kernel, 0, (void *)p);
	work_uint(kernel, 1, words);
	work_uint(kernel, 2, times);
	work_starts();
	work_run(kernel, 0, 1);
	for (uint32_t i = 0; i < times; i++)
		atomic_fetch_add_explicit(&p[i * 7 % words], 1, memory_order_relaxed);
	work_wait();
	uint64_t sum = 0;
	for (uint32_t i = 0; i < words; i++)
		sum += p[i];
	work_ends();
	work_check(sum == 2 * (uint64_t)times, "contended");
	work_free((void *)p);
}

void work_between(const struct work *w)
{
	uint32_t pages = (uint32_t)(w->bytes / PAGE), times = w->passes;

	work_must_share();
	cl_kernel kernel = work_kernel(text_both, "add_between");
	uint32_t *memory = work_memory(((size_t)pages + 1) * PAGE);
	uint32_t *p = (uint32_t *)(((uintptr_t)memory + PAGE - 1) / PAGE * PAGE);
	memset(memory, 0, ((size_t)pages + 1) * PAGE);
	work_pointer(kernel, 0, p);
	work_uint(kernel, 1, pages);
	work_uint(kernel, 2, times);
	work_starts();
	work_run(kernel, 0, 1);
	for (uint32_t t = 0; t < times; t++)
		for (size_t i = 1; i < pages; i += 2)
			*(volatile uint32_t *)&p[i * PAGE_WORDS] += 1;
	work_wait();
	work_ends();
	size_t wrong = 0;
	for (size_t i = 0; i < pages; i++)
		wrong += p[i * PAGE_WORDS] != times;
	work_check(!wrong, "between");
	work_free(memory);
}

void work_handover(const struct work *w)
{
	cl_kernel kernel = work_kernel(text_both, "add");
	size_t count = w->bytes / sizeof(uint32_t);
	uint32_t *p = work_memory(count * sizeof *p);

	for (size_t i = 0; i < count; i++)
		p[i] = (uint32_t)i;
	work_pointer(kernel, 0, p);
	work_starts();
	for (unsigned t = 0; t < w->passes; t++) {
		work_device(p);
		work_slices(kernel, count, w->slices);
		work_wait();
		work_host(p);
		for (size_t i = 0; i < count; i++)
			p[i] += 1;
	}
	work_ends();
	size_t wrong = 0;
	for (size_t i = 0; i < count; i++)
		wrong += p[i] != i + 2 * w->passes;
	work_check(!wrong, "handover");
	work_free(p);
}
