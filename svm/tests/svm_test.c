/* SPDX-License-Identifier: MIT */
/* The registry of SVM allocations: look-up, alignment, owners, threads, failing allocations. */
#include "svm/svm.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "svm/heap.h"
#include "runtime/base/tests/test.h"

static const int owner_a, owner_b;

static void look_up(void)
{
	struct tern_svm_range r;
	char *p = tern_svm_alloc(&owner_a, TERN_HEAP_HOST, 1000, 0, 5);
	REQUIRE(p && (uintptr_t)p % 128 == 0);
	memset(p, 1, 1000);
	REQUIRE(tern_svm_count() == 1);
	for (size_t i = 0; i < 1000; i++) {
		memset(&r, 0, sizeof(r));
		REQUIRE(tern_svm_find(p + i, &r));
		REQUIRE(r.base == p && r.size == 1000 && r.flags == 5 && r.owner == &owner_a);
	}
	REQUIRE(!tern_svm_find(p + 1000, &r));
	REQUIRE(!tern_svm_find(p - 1, &r));
	REQUIRE(!tern_svm_find(NULL, &r));
	REQUIRE(!tern_svm_find((void *)UINTPTR_MAX, &r));
	REQUIRE(tern_svm_free(p + 1) == -ENOENT);
	REQUIRE(tern_svm_free(&r) == -ENOENT);
	REQUIRE(tern_svm_free(NULL) == -ENOENT);
	REQUIRE(tern_svm_free(p) == 0);
	REQUIRE(tern_svm_free(p) == -ENOENT);
	REQUIRE(!tern_svm_find(p, &r));
	REQUIRE(!tern_svm_alloc(&owner_a, TERN_HEAP_HOST, 0, 0, 0));
	REQUIRE(tern_svm_count() == 0);
}

static void alignments(void)
{
	static const size_t sizes[] = {1, 127, 4096, 100000, 3u << 20};
	for (size_t align = 1; align <= TERN_HEAP_ALIGN_MAX; align *= 2)
		for (unsigned i = 0; i < tern_array_size(sizes); i++) {
			char *p = tern_svm_alloc(&owner_a, TERN_HEAP_HOST, sizes[i], align, 0);
			REQUIRE(p && (uintptr_t)p % align == 0 && (uintptr_t)p % 128 == 0);
			p[0] = p[sizes[i] - 1] = 1;
			REQUIRE(tern_svm_free(p) == 0);
		}
	REQUIRE(!tern_svm_alloc(&owner_a, TERN_HEAP_HOST, SIZE_MAX, 0, 0));
	REQUIRE(!tern_svm_alloc(&owner_a, TERN_HEAP_HOST, SIZE_MAX / 2, 0, 0));
	REQUIRE(tern_svm_count() == 0);
}

static void owners(void)
{
	void *a[100], *b[100];
	struct tern_svm_range r;
	for (unsigned i = 0; i < 100; i++) {
		a[i] = tern_svm_alloc(&owner_a, TERN_HEAP_HOST, 1 + i * 10, 0, 0);
		b[i] = tern_svm_alloc(&owner_b, TERN_HEAP_HOST, 1 + i * 10, 0, 0);
		REQUIRE(a[i] && b[i]);
	}
	tern_svm_free_owner(&owner_a);
	REQUIRE(tern_svm_count() == 100);
	for (unsigned i = 0; i < 100; i++)
		REQUIRE(tern_svm_find(b[i], &r) && r.owner == &owner_b);
	tern_svm_free_owner(&owner_a);
	tern_svm_free_owner(&owner_b);
	REQUIRE(tern_svm_count() == 0);
}

/* Each allocation on the way fails in turn; nothing stays behind. */
static void failures(size_t size)
{
	void *p;
	unsigned n = 0;
	do {
		tern_heap_trim();
		tern_fault_arm(++n, false);
		p = tern_svm_alloc(&owner_a, TERN_HEAP_HOST, size, 0, 0);
		tern_fault_arm(0, false);
		REQUIRE(tern_svm_count() == (p ? 1 : 0));
	} while (!p);
	REQUIRE(n == 3); /* two allocations can fail */
	REQUIRE(tern_svm_free(p) == 0);
}

static void *thread(void *arg)
{
	unsigned id = *(unsigned *)arg;
	unsigned *p[64] = {NULL};
	for (unsigned step = 0; step < 20000; step++) {
		unsigned i = (step * 31 + id) % 64;
		if (p[i]) {
			struct tern_svm_range r;
			REQUIRE(*p[i] == id * 64 + i);
			REQUIRE(tern_svm_find(p[i], &r) && r.base == p[i]);
			REQUIRE(tern_svm_free(p[i]) == 0);
			p[i] = NULL;
		} else {
			p[i] = tern_svm_alloc(arg, TERN_HEAP_HOST, 4 + step % 3000, 0, 0);
			REQUIRE(p[i]);
			*p[i] = id * 64 + i;
		}
	}
	tern_svm_free_owner(arg);
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
	REQUIRE(tern_svm_count() == 0);
}

static void many(void)
{
	const unsigned count = 200000;
	struct tern_svm_range r;
	void **p = malloc(count * sizeof(*p));
	REQUIRE(p);
	for (unsigned i = 0; i < count; i++)
		REQUIRE((p[i] = tern_svm_alloc(&owner_a, TERN_HEAP_HOST, 16, 0, i)));
	for (unsigned i = 0; i < count; i++)
		REQUIRE(tern_svm_find(p[i], &r) && r.flags == i);
	for (unsigned i = 0; i < count; i++)
		REQUIRE(tern_svm_free(p[(i * 7919ul) % count]) == 0);
	REQUIRE(tern_svm_count() == 0);
	free(p);
}

/* What other functions gave out is theirs to free; details are kept as they were. */
static void kinds_and_details(void)
{
	const char text[] = "details";
	char got[16];
	struct tern_svm_range r;
	struct tern_svm_request request = {.owner = &owner_a,
					   .kind = TERN_SVM_KIND_USM,
					   .size = 100,
					   .flags = 9,
					   .details = text,
					   .details_bytes = sizeof(text)};
	char *p = tern_svm_alloc_request(&request), *q = tern_svm_alloc(&owner_a, 0, 10, 0, 0);
	REQUIRE(p && q);
	memset(got, 1, sizeof(got));
	EXPECT(tern_svm_find_details(p + 99, &r, got, sizeof(got)));
	EXPECT(r.kind == TERN_SVM_KIND_USM && r.details_bytes == sizeof(text) && r.flags == 9);
	EXPECT(!memcmp(got, text, sizeof(text)) && !got[sizeof(text)] && !got[15]);
	EXPECT(tern_svm_find_details(p, &r, got, 3) && !memcmp(got, "det", 3));
	EXPECT(tern_svm_find_details(q, &r, got, sizeof(got)) && !got[0] && !r.details_bytes);
	EXPECT(r.kind == TERN_SVM_KIND_SVM);
	EXPECT(!tern_svm_find_details(q + 10, &r, got, sizeof(got)));
	EXPECT(tern_svm_free(p) == -ENOENT);
	EXPECT(tern_svm_free_kind(p, TERN_SVM_KIND_SVM, NULL) == -ENOENT);
	EXPECT(tern_svm_free_kind(p, TERN_SVM_KIND_USM, &owner_b) == -ENOENT);
	EXPECT(tern_svm_free_kind(p + 1, TERN_SVM_KIND_USM, NULL) == -ENOENT);
	EXPECT(tern_svm_free_kind(q, TERN_SVM_KIND_USM, NULL) == -ENOENT && tern_svm_count() == 2);
	EXPECT(!tern_svm_free_kind(p, TERN_SVM_KIND_USM, &owner_a));
	EXPECT(!tern_svm_free_kind(q, TERN_SVM_KIND_SVM, NULL) && tern_svm_count() == 0);
	p = tern_svm_alloc_request(&request);
	tern_svm_free_owner(&owner_a);
	EXPECT(p && tern_svm_count() == 0);
	request.size = 0;
	EXPECT(!tern_svm_alloc_request(&request));
}

int main(void)
{
	look_up();
	kinds_and_details();
	alignments();
	owners();
	failures(1000);
	failures(5u << 20);
	threads();
	many();
	return test_result();
}
