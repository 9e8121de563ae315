/* SPDX-License-Identifier: MIT */
/* Several threads, queues of both kinds, events across them, waits, callbacks, all at once. */
#include "harness.h"

enum { THREADS = 4, ROUNDS = 60, BURST = 40 };

static struct tern_queue *shared[2];
static _Atomic unsigned calls, callbacks, wanted_calls, wanted_callbacks;

static cl_int count(void *unused)
{
	(void)unused;
	atomic_fetch_add(&calls, 1);
	return CL_SUCCESS;
}

static void CL_CALLBACK called_back(cl_event event, cl_int status, void *data)
{
	if (status != CL_COMPLETE || tern_event_status(tern_event_from(event)) != CL_COMPLETE)
		abort();
	atomic_fetch_add((_Atomic unsigned *)data, 1);
}

struct sum_args {
	_Atomic uint64_t *sum;
	uint64_t spin;
};

static void sum(const void *p, const struct tern_group *group, uint64_t x, uint64_t y, uint64_t z)
{
	const struct sum_args *args = p;
	(void)group, (void)y, (void)z;
	for (volatile uint64_t i = 0; i < args->spin; i++)
		;
	atomic_fetch_add(args->sum, x + 1);
}

static const struct tern_kernel_info info = {.name = "sum", .lanes = 1, .rows = 1};

static void kernels(struct tern_queue *queue, unsigned seed)
{
	_Atomic uint64_t result = 0;
	uint64_t want = 0, groups = 1 + seed % 300;
	struct sum_args args = {&result, seed % 7 * (seed % 5 ? 100 : 1000)};
	cl_event events[4];
	for (unsigned i = 0; i < 4; i++, want += groups * (groups + 1) / 2)
		CHECK(!enqueue_kernel(queue, &info, sum, &args, sizeof(args), groups, 1,
				      &events[i]));
	struct tern_event *list[4];
	for (unsigned i = 0; i < 4; i++)
		list[i] = tern_event_from(events[i]);
	CHECK(!tern_events_wait(list, 4));
	CHECK(result == want);
	for (unsigned i = 0; i < 4; i++)
		event_release(events[i]);
}

static void burst(struct tern_queue *own, struct tern_queue *other, unsigned seed)
{
	cl_event events[BURST];
	struct tern_event *gate = seed % 3 ? NULL : tern_event_create_user(test_context);
	cl_event gate_handle = gate ? tern_event_handle(gate) : NULL;
	for (unsigned i = 0; i < BURST; i++) {
		struct tern_queue *queue = (i + seed) % 3 ? own : other;
		const cl_event *wait = i ? &events[i - 1 - (seed % i)] : &gate_handle;
		bool waits = i ? (i + seed) % 2 : gate != NULL;
		CHECK(!enqueue_call(queue, count, NULL, waits, waits ? wait : NULL, &events[i]));
		if (i % 8 == 0)
			CHECK(!tern_event_add_callback(tern_event_from(events[i]), CL_COMPLETE,
						       called_back, &callbacks));
	}
	atomic_fetch_add(&wanted_calls, BURST);
	atomic_fetch_add(&wanted_callbacks, BURST / 8);
	if (gate) {
		CHECK(!tern_event_set_user_status(gate, CL_COMPLETE));
		tern_object_release(&gate->obj);
	}
	if (seed % 2)
		CHECK(!tern_queue_finish(own));
	CHECK(!event_wait(events[BURST - 1]));
	for (unsigned i = 0; i < BURST; i++) {
		CHECK(!event_wait(events[i]));
		event_release(events[i]);
	}
}

static void *run(void *arg)
{
	unsigned me = (unsigned)(uintptr_t)arg;
	for (unsigned r = 0; r < ROUNDS; r++) {
		unsigned seed = me * 1000 + r * 17;
		struct tern_queue *own =
			queue_new(r & 1 ? CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE : 0);
		burst(own, shared[r & 1], seed);
		burst(shared[0], shared[1], seed + 1);
		kernels(own, seed);
		kernels(shared[r & 1], seed + 5);
		unsigned char a[300], b[300] = {0};
		memset(a, (int)r + 1, sizeof(a));
		CHECK(!enqueue_copy(own, b, a, sizeof(a), true) && !memcmp(a, b, sizeof(a)));
		/* Released with work on its way. */
		for (unsigned i = 0; i < 5; i++)
			CHECK(!enqueue_call(own, count, NULL, 0, NULL, NULL));
		atomic_fetch_add(&wanted_calls, 5);
		queue_release(own);
	}
	return NULL;
}

int main(void)
{
	test_start();
	shared[0] = queue_new(0);
	shared[1] = queue_new(CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
	pthread_t threads[THREADS];
	for (uintptr_t i = 0; i < THREADS; i++)
		CHECK(!pthread_create(&threads[i], NULL, run, (void *)i));
	for (unsigned i = 0; i < THREADS; i++)
		CHECK(!pthread_join(threads[i], NULL));
	for (unsigned i = 0; i < 2; i++) {
		CHECK(!tern_queue_finish(shared[i]));
		queue_release(shared[i]);
	}
	while (calls != wanted_calls || callbacks != wanted_callbacks)
		usleep(1000); /* the test's time limit ends it */
	test_end();
	return 0;
}
