/* SPDX-License-Identifier: MIT */
/* The heap: what it keeps of freed large pieces is bounded, used again, and given back. */
#include "svm/heap.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/tests/test.h"

#define MB ((size_t)1 << 20)

static void reuse(void)
{
	char *p = tern_heap_alloc(TERN_HEAP_HOST, 8 * MB, 0);
	REQUIRE(p && (uintptr_t)p % (2 * MB) == 0);
	memset(p, 1, 8 * MB);
	tern_heap_free(TERN_HEAP_HOST, p, 8 * MB);
	char *q = tern_heap_alloc(TERN_HEAP_HOST, 8 * MB, 0);
	REQUIRE(q == p && q[8 * MB - 1] == 1);
	tern_heap_free(TERN_HEAP_HOST, q, 8 * MB);
	/* a little smaller: cut; much smaller: not that one */
	q = tern_heap_alloc(TERN_HEAP_HOST, 7 * MB, 0);
	REQUIRE(q == p);
	char *small = tern_heap_alloc(TERN_HEAP_HOST, 2 * MB, 0);
	REQUIRE(small && (small < q || small >= q + 7 * MB));
	tern_heap_free(TERN_HEAP_HOST, small, 2 * MB);
	tern_heap_free(TERN_HEAP_HOST, q, 7 * MB);
	REQUIRE(tern_heap_trim() == 9 * MB);
	REQUIRE(tern_heap_trim() == 0);
	tern_heap_free(TERN_HEAP_HOST, NULL, 0);
	tern_heap_free(TERN_HEAP_HOST, NULL, 8 * MB);
}

static void bounded(void)
{
	void *p[40];
	for (unsigned i = 0; i < 40; i++)
		REQUIRE((p[i] = tern_heap_alloc(TERN_HEAP_HOST, 5 * MB, 0)));
	for (unsigned i = 0; i < 40; i++)
		tern_heap_free(TERN_HEAP_HOST, p[i], 5 * MB);
	size_t kept = tern_heap_trim();
	REQUIRE(kept > 0 && kept <= 64 * MB);
	for (unsigned i = 0; i < 40; i++)
		REQUIRE((p[i] = tern_heap_alloc(TERN_HEAP_HOST, 2 * MB, 0)));
	for (unsigned i = 0; i < 40; i++)
		tern_heap_free(TERN_HEAP_HOST, p[i], 2 * MB);
	kept = tern_heap_trim();
	REQUIRE(kept > 0 && kept <= 16 * 2 * MB);
	p[0] = tern_heap_alloc(TERN_HEAP_HOST, 100 * MB, 0);
	REQUIRE(p[0]);
	tern_heap_free(TERN_HEAP_HOST, p[0], 100 * MB);
	REQUIRE(tern_heap_trim() == 0);
}

static void failures(void)
{
	static const size_t sizes[] = {100, 4 * MB};
	for (unsigned i = 0; i < tern_array_size(sizes); i++) {
		tern_fault_arm(1, true);
		REQUIRE(!tern_heap_alloc(TERN_HEAP_HOST, sizes[i], 0));
		tern_fault_arm(0, false);
	}
	REQUIRE(!tern_heap_alloc(TERN_HEAP_HOST, SIZE_MAX, 0));
	/* a failure to map is answered by giving back what is kept */
	void *p = tern_heap_alloc(TERN_HEAP_HOST, 4 * MB, 0);
	REQUIRE(p);
	tern_heap_free(TERN_HEAP_HOST, p, 4 * MB);
	tern_fault_arm(1, false);
	p = tern_heap_alloc(TERN_HEAP_HOST, 10 * MB, 0);
	tern_fault_arm(0, false);
	REQUIRE(p && tern_heap_trim() == 0);
	tern_heap_free(TERN_HEAP_HOST, p, 10 * MB);
	tern_heap_trim();
	REQUIRE(tern_heap_used() == 0);
}

static void *thread(void *arg)
{
	unsigned seed = *(unsigned *)arg;
	for (unsigned i = 0; i < 500; i++) {
		size_t size = 2 * MB + (rand_r(&seed) % 64) * (MB / 8);
		char *p = tern_heap_alloc(TERN_HEAP_HOST, size, 0);
		REQUIRE(p);
		p[0] = p[size - 1] = (char)i;
		REQUIRE(p[0] == (char)i && p[size - 1] == (char)i);
		tern_heap_free(TERN_HEAP_HOST, p, size);
	}
	return NULL;
}

static void threads(void)
{
	pthread_t t[8];
	unsigned id[8];
	for (unsigned i = 0; i < 8; i++) {
		id[i] = i;
		REQUIRE(!pthread_create(&t[i], NULL, thread, &id[i]));
	}
	for (unsigned i = 0; i < 8; i++)
		pthread_join(t[i], NULL);
	REQUIRE(tern_heap_trim() <= 64 * MB);
}

int main(void)
{
	reuse();
	bounded();
	failures();
	threads();
	return test_result();
}
