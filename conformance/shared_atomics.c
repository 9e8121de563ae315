/* SPDX-License-Identifier: MIT */
/* 3.3.6 and 5.6: atomics of host threads and all devices of a context at once, and signals between
 * host and running kernels. */
#include "conformance/shared.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 2, ITEMS = 64, TIMES = 200, HOST_TIMES = ITEMS * TIMES };

static void need_atomics(void)
{
	NEED_SVM(CL_DEVICE_SVM_FINE_GRAIN_BUFFER);
	NEED_SVM(CL_DEVICE_SVM_ATOMICS);
	if (!conf_has_feature("__opencl_c_atomic_scope_all_devices"))
		SKIP("the device has no atomics of scope all devices");
}

/* Two adjacent counters, so that one page and one line are everybody's. */
struct counting {
	atomic_int *counters;
	pthread_barrier_t start;
};

static void *count_up(void *data)
{
	struct counting *counting = data;

	pthread_barrier_wait(&counting->start);
	for (int i = 0; i < HOST_TIMES; i++) {
		atomic_fetch_add(&counting->counters[0], 1);
		atomic_fetch_add_explicit(&counting->counters[1], 1, memory_order_relaxed);
	}
	return NULL;
}

/* Every device and THREADS host threads add to the words at @counters; the sums must be exact. */
static void count_together(const struct shared_devices *all, atomic_int *counters)
{
	cl_kernel add = shared_devices_kernel(all, NULL, "add");
	struct counting counting = {.counters = counters};
	pthread_t threads[THREADS];
	int times = TIMES;

	atomic_store(&counters[0], 0);
	atomic_store(&counters[1], 0);
	pthread_barrier_init(&counting.start, NULL, THREADS + 1);
	for (int i = 0; i < THREADS; i++)
		REQUIRE(!pthread_create(&threads[i], NULL, count_up, &counting));
	pthread_barrier_wait(&counting.start);
	ARG(add, 1, times);
	for (int which = 0; which < 2; which++) {
		shared_pointer(add, 0, &counters[which]);
		for (cl_uint i = 0; i < all->count; i++)
			shared_start(all->queues[i], add, ITEMS);
	}
	for (cl_uint i = 0; i < all->count; i++)
		OK(clFinish(all->queues[i]));
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&counting.start);
	for (int which = 0; which < 2; which++)
		CHECK_EQ(((int)all->count + THREADS) * HOST_TIMES, atomic_load(&counters[which]));
}

static void sums_on_system_memory(void)
{
	need_atomics();
	NEED_SYSTEM();
	struct shared_devices all;
	atomic_int on_stack[2], *heap = calloc(3, sizeof *heap);

	REQUIRE(heap != NULL);
	shared_open_devices(&all, CL_DEVICE_SVM_FINE_GRAIN_SYSTEM | CL_DEVICE_SVM_ATOMICS);
	for (int turn = 0; turn < 2; turn++) {
		count_together(&all, heap + 1);
		count_together(&all, on_stack);
	}
	free(heap);
}

static atomic_int *allocate_atomic(cl_context context, size_t size)
{
	void *p = clSVMAlloc(context,
			     CL_MEM_READ_WRITE | CL_MEM_SVM_FINE_GRAIN_BUFFER | CL_MEM_SVM_ATOMICS,
			     size, 0);

	REQUIRE(p != NULL);
	return p;
}

static void sums_on_fine_grained_buffer(void)
{
	need_atomics();
	struct shared_devices all;

	shared_open_devices(&all, CL_DEVICE_SVM_FINE_GRAIN_BUFFER | CL_DEVICE_SVM_ATOMICS);
	atomic_int *counters = allocate_atomic(all.context, 64);

	for (int turn = 0; turn < 3; turn++)
		count_together(&all, counters + turn);
	clSVMFree(all.context, counters);
}

/* Every operation once by each work-item and each step of the host, with a result that does not
 * depend on the order. */
static const char operations_source[] =
	"#define ALL memory_order_relaxed, memory_scope_all_svm_devices\n"
	"kernel void operate(volatile global atomic_int *p, int first) {\n"
	"  int i = first + (int)get_global_id(0);\n"
	"  atomic_fetch_max_explicit(p, i, ALL);\n"
	"  atomic_fetch_min_explicit(p + 1, -i, ALL);\n"
	"  atomic_fetch_or_explicit(p + 2, 1 << (i % 31), ALL);\n"
	"  atomic_fetch_and_explicit(p + 3, ~(1 << (i % 31)), ALL);\n"
	"  atomic_fetch_xor_explicit(p + 4, i, ALL);\n"
	"  atomic_fetch_sub_explicit(p + 5, i, ALL);\n"
	"  int seen = atomic_load_explicit(p + 6, ALL);\n"
	"  while (!atomic_compare_exchange_weak_explicit(p + 6, &seen, seen + 3,\n"
	"    memory_order_acq_rel, ALL)) { }\n"
	"  int mine = i;\n" /* what is exchanged out is counted; the last one stays */
	"  mine = atomic_exchange_explicit(p + 7, mine, ALL);\n"
	"  atomic_fetch_add_explicit(p + 8, mine, ALL); }\n";

static void operate_here(atomic_int *p, int i)
{
	int seen = atomic_load(&p[0]);

	while (seen < i && !atomic_compare_exchange_weak(&p[0], &seen, i))
		;
	seen = atomic_load(&p[1]);
	while (seen > -i && !atomic_compare_exchange_weak(&p[1], &seen, -i))
		;
	atomic_fetch_or(&p[2], 1 << (i % 31));
	atomic_fetch_and(&p[3], ~(1 << (i % 31)));
	atomic_fetch_xor(&p[4], i);
	atomic_fetch_sub(&p[5], i);
	seen = atomic_load(&p[6]);
	while (!atomic_compare_exchange_weak(&p[6], &seen, seen + 3))
		;
	atomic_fetch_add(&p[8], atomic_exchange(&p[7], i));
}

static void check_operations(const atomic_int *p, int count)
{
	int flipped = 0, sum = 0;

	for (int i = 0; i < count; i++) {
		flipped ^= i;
		sum += i;
	}
	CHECK_EQ(count - 1, p[0]);
	CHECK_EQ(1 - count, p[1]);
	CHECK_EQ(0x7fffffff, p[2]);
	CHECK_EQ((int)0x80000000u, p[3]);
	CHECK_EQ(flipped, p[4]);
	CHECK_EQ(-sum, p[5]);
	CHECK_EQ(3 * count, p[6]);
	CHECK_EQ(sum, p[7] + p[8]);
}

static void operate_together(const struct shared_devices *all, atomic_int *p)
{
	enum { STEPS = 3000 };
	cl_kernel operate = shared_devices_kernel(all, operations_source, "operate");
	int first = 0;

	for (int i = 0; i < 9; i++)
		atomic_store(&p[i], i == 3 ? -1 : 0);
	shared_pointer(operate, 0, p);
	for (cl_uint i = 0; i < all->count; i++, first += STEPS) {
		ARG(operate, 1, first);
		shared_start(all->queues[i], operate, STEPS);
	}
	for (int i = 0; i < STEPS; i++)
		operate_here(p, first + i);
	for (cl_uint i = 0; i < all->count; i++)
		OK(clFinish(all->queues[i]));
	check_operations(p, first + STEPS);
}

static void operations_on_system_memory(void)
{
	need_atomics();
	NEED_SYSTEM();
	struct shared_devices all;
	atomic_int *p = calloc(9, sizeof *p);

	REQUIRE(p != NULL);
	shared_open_devices(&all, CL_DEVICE_SVM_FINE_GRAIN_SYSTEM | CL_DEVICE_SVM_ATOMICS);
	operate_together(&all, p);
	operate_together(&all, p);
	free(p);
}

static void operations_on_fine_grained_buffer(void)
{
	need_atomics();
	struct shared_devices all;

	shared_open_devices(&all, CL_DEVICE_SVM_FINE_GRAIN_BUFFER | CL_DEVICE_SVM_ATOMICS);
	atomic_int *p = allocate_atomic(all.context, 64);

	operate_together(&all, p);
	operate_together(&all, p);
	clSVMFree(all.context, p);
}

/* --- a lock ------------------------------------------------------------------------------- */

static const char lock_source[] =
	"#define ALL memory_scope_all_svm_devices\n"
	"kernel void locked(volatile global atomic_int *lock, volatile global int *data, int "
	"times)\n"
	"{ for (int i = 0; i < times; i++) {\n"
	"    int zero = 0;\n"
	"    while (!atomic_compare_exchange_strong_explicit(lock, &zero, 1, "
	"memory_order_acquire,\n"
	"      memory_order_relaxed, ALL)) zero = 0;\n"
	"    data[0]++; data[1000]--; data[2000] += data[0];\n"
	"    atomic_store_explicit(lock, 0, memory_order_release, ALL); } }\n";

/* Plain data under a lock that host and kernels take: acquire and release order it. */
static void lock_guards_plain_data(void)
{
	need_atomics();
	NEED_SYSTEM();
	enum { ROUNDS = 2000 };
	struct shared_devices all;
	atomic_int *lock = calloc(1, sizeof *lock);
	volatile int *data = calloc(2001, sizeof *data);
	int times = ROUNDS;

	REQUIRE(lock && data);
	shared_open_devices(&all, CL_DEVICE_SVM_FINE_GRAIN_SYSTEM | CL_DEVICE_SVM_ATOMICS);
	cl_kernel kernel = shared_devices_kernel(&all, lock_source, "locked");

	shared_pointer(kernel, 0, lock);
	shared_pointer(kernel, 1, (void *)(uintptr_t)data);
	ARG(kernel, 2, times);
	for (cl_uint i = 0; i < all.count; i++)
		shared_start(all.queues[i], kernel, 1);
	for (int i = 0; i < ROUNDS; i++) {
		int zero = 0;

		while (!atomic_compare_exchange_strong_explicit(
			lock, &zero, 1, memory_order_acquire, memory_order_relaxed))
			zero = 0;
		data[0]++;
		data[1000]--;
		data[2000] += data[0];
		atomic_store_explicit(lock, 0, memory_order_release);
	}
	for (cl_uint i = 0; i < all.count; i++)
		OK(clFinish(all.queues[i]));
	int total = ROUNDS * ((int)all.count + 1);

	CHECK_EQ(total, data[0]);
	CHECK_EQ(-total, data[1000]);
	CHECK_EQ(total / 2 * (total + 1), data[2000]); /* total is even */
	free(lock);
	free((void *)(uintptr_t)data);
}

/* --- a list to which all add at once --------------------------------------------------------- */

struct link {
	struct link *next;
	cl_ulong number;
};

static const char push_source[] =
	"#pragma OPENCL EXTENSION cl_khr_int64_base_atomics : enable\n"
	"#pragma OPENCL EXTENSION cl_khr_int64_extended_atomics : enable\n"
	"typedef struct { ulong next; ulong number; } link;\n"
	"kernel void push(volatile global atomic_ulong *head, global link *links) {\n"
	"  global link *l = links + get_global_id(0);\n"
	"  ulong seen = atomic_load_explicit(head, memory_order_relaxed,\n"
	"    memory_scope_all_svm_devices);\n"
	"  do l->next = seen;\n"
	"  while (!atomic_compare_exchange_weak_explicit(head, &seen, (ulong)l,\n"
	"    memory_order_release, memory_order_relaxed, memory_scope_all_svm_devices)); }\n";

static void push_together(const struct shared_devices *all, _Atomic(struct link *) *head,
			  struct link *links, size_t each)
{
	cl_kernel push = shared_devices_kernel(all, push_source, "push");

	shared_pointer(push, 0, head);
	for (cl_uint i = 0; i < all->count; i++) {
		shared_pointer(push, 1, links + i * each);
		shared_start(all->queues[i], push, each);
	}
	for (size_t i = 0; i < each; i++) {
		struct link *l = links + all->count * each + i, *seen = atomic_load(head);

		do
			l->next = seen;
		while (!atomic_compare_exchange_weak(head, &seen, l));
	}
	for (cl_uint i = 0; i < all->count; i++)
		OK(clFinish(all->queues[i]));
}

static void list_pushed_at_once(void)
{
	need_atomics();
	NEED_SYSTEM();
	enum { EACH = 3000 };
	if (!conf_has_extension("cl_khr_int64_base_atomics") ||
	    !conf_has_extension("cl_khr_int64_extended_atomics"))
		SKIP("the device has no 64-bit atomics");
	struct shared_devices all;
	_Atomic(struct link *) head = NULL;

	shared_open_devices(&all, CL_DEVICE_SVM_FINE_GRAIN_SYSTEM | CL_DEVICE_SVM_ATOMICS);
	size_t count = (all.count + 1) * EACH, found = 0, twice = 0;
	struct link *links = calloc(count, sizeof *links);
	char *seen = calloc(count, 1);

	REQUIRE(links && seen);
	for (size_t i = 0; i < count; i++)
		links[i].number = i;
	push_together(&all, &head, links, EACH);
	for (struct link *l = head; l && found <= count; l = l->next, found++)
		twice += seen[l->number]++;
	CHECK_EQ(count, found);
	CHECK_EQ(0, twice);
	free(links);
	free(seen);
}

/* --- signals -------------------------------------------------------------------------------- */

/* Kernel number i waits until the word is i, and makes it i + 1; at the end it says how it went. */
static const char relay_source[] =
	"#define ALL memory_scope_all_svm_devices\n"
	"kernel void relay(volatile global atomic_int *word, int mine, int all, int rounds,\n"
	"                  global int *payload, volatile global atomic_int *late) {\n"
	"  for (int r = 0; r < rounds; r++) {\n"
	"    long spins = 0;\n"
	"    while (atomic_load_explicit(word, memory_order_acquire, ALL) != r * all + mine)\n"
	"      if (++spins > 10000000000L) { atomic_store_explicit(late, 1, memory_order_relaxed,\n"
	"        ALL); return; }\n"
	"    payload[mine + 1] = payload[mine] + 1;\n"
	"    atomic_store_explicit(word, r * all + mine + 1, memory_order_release, ALL);\n"
	"  } }\n";

/* Host -> first device -> second device ... -> host, while all the kernels run. */
static void relay(const struct shared_devices *all, atomic_int *words, int *payload)
{
	enum { ROUNDS = 60 };
	int parts = (int)all->count + 1, rounds = ROUNDS, wrong = 0, r = 0;
	cl_kernel kernel = shared_devices_kernel(all, relay_source, "relay");
	double end = conf_now() + 30;

	atomic_store(&words[0], -1);
	atomic_store(&words[1], 0);
	shared_pointer(kernel, 0, &words[0]);
	shared_pointer(kernel, 4, payload);
	shared_pointer(kernel, 5, &words[1]);
	ARG(kernel, 2, parts);
	ARG(kernel, 3, rounds);
	for (cl_uint i = 0; i < all->count; i++) {
		int mine = (int)i;

		ARG(kernel, 1, mine);
		shared_start(all->queues[i], kernel, 1);
	}
	for (; r < ROUNDS; r++) {
		payload[0] = r * 10;
		atomic_store_explicit(&words[0], r * parts, memory_order_release);
		while (atomic_load_explicit(&words[0], memory_order_acquire) !=
			       r * parts + parts - 1 &&
		       conf_now() < end)
			;
		wrong += payload[parts - 1] != r * 10 + parts - 1;
	}
	atomic_store(&words[0], ROUNDS * parts);
	for (cl_uint i = 0; i < all->count; i++)
		OK(clFinish(all->queues[i]));
	CHECK_EQ(0, wrong);
	CHECK_EQ(0, atomic_load(&words[1]));
	CHECK(conf_now() < end);
}

static void signals_in_fine_grained_buffer(void)
{
	need_atomics();
	struct shared_devices all;

	shared_open_devices(&all, CL_DEVICE_SVM_FINE_GRAIN_BUFFER | CL_DEVICE_SVM_ATOMICS);
	atomic_int *words = allocate_atomic(all.context, 8192);

	relay(&all, words, (int *)(void *)(words + 1024));
	clSVMFree(all.context, words);
}

static void signals_in_system_memory(void)
{
	need_atomics();
	NEED_SYSTEM();
	struct shared_devices all;
	atomic_int *words = malloc(2 * sizeof *words);
	int payload[16] = {0};

	REQUIRE(words != NULL);
	shared_open_devices(&all, CL_DEVICE_SVM_FINE_GRAIN_SYSTEM | CL_DEVICE_SVM_ATOMICS);
	relay(&all, words, payload);
	free(words);
}

CONF_CASES(shared_atomics) = {
	CASE(sums_on_system_memory),
	CASE(sums_on_fine_grained_buffer),
	CASE(operations_on_system_memory),
	CASE(operations_on_fine_grained_buffer),
	CASE(lock_guards_plain_data),
	CASE(list_pushed_at_once),
	CASE(signals_in_fine_grained_buffer),
	CASE(signals_in_system_memory),
	CASE_END,
};
