/* SPDX-License-Identifier: MIT */
/* Times of the scheduler alone, in nanoseconds. Built by hand; not a test. */
#include "harness.h"

static void empty(const void *args, const struct tern_group *group, uint64_t x, uint64_t y,
		  uint64_t z)
{
	(void)args, (void)group, (void)x, (void)y, (void)z;
}

static const struct tern_kernel_info info = {.name = "empty", .lanes = 1, .rows = 1};
static uint64_t nothing;

static void report(const char *what, uint64_t start, unsigned n)
{
	printf("%-40s %8.0f ns\n", what, (double)(tern_clock_ns() - start) / n);
}

static void round_trips(struct tern_queue *queue, const char *what, size_t global, size_t local)
{
	enum { N = 100000 };
	for (unsigned warm = 0; warm < 2; warm++) {
		uint64_t start = tern_clock_ns();
		for (unsigned i = 0; i < N; i++) {
			CHECK(!enqueue_kernel(queue, &info, empty, &nothing, 8, global, local,
					      NULL));
			CHECK(!tern_queue_finish(queue));
		}
		if (warm)
			report(what, start, N);
	}
}

static void many(struct tern_queue *queue, const char *what, bool events)
{
	enum { N = 10000, ROUNDS = 20 };
	static cl_event list[N];
	uint64_t enqueue = UINT64_MAX, all = UINT64_MAX; /* the best round's */
	for (unsigned r = 0; r < ROUNDS; r++) {
		uint64_t start = tern_clock_ns();
		for (unsigned i = 0; i < N; i++)
			CHECK(!enqueue_kernel(queue, &info, empty, &nothing, 8, 1, 1,
					      events ? &list[i] : NULL));
		enqueue = tern_min(enqueue, tern_clock_ns() - start);
		CHECK(!tern_queue_finish(queue));
		all = tern_min(all, tern_clock_ns() - start);
		for (unsigned i = 0; events && i < N; i++)
			event_release(list[i]);
	}
	printf("%-40s %8.0f ns each to enqueue, %.0f ns in all\n", what, (double)enqueue / N,
	       (double)all / N);
}

static void copies(struct tern_queue *queue)
{
	enum { N = 100000 };
	static char a[64], b[64];
	uint64_t start = tern_clock_ns();
	for (unsigned i = 0; i < N; i++)
		CHECK(!enqueue_copy(queue, a, b, 64, true));
	report("blocking copy of 64 bytes", start, N);
}

static void chain(struct tern_queue *queue)
{
	enum { N = 100000 };
	cl_event last = NULL;
	uint64_t start = tern_clock_ns();
	for (unsigned i = 0; i < N; i++) {
		struct tern_command *c = tern_command_create(queue, CL_COMMAND_NDRANGE_KERNEL, 0);
		c->work = TERN_WORK_NDRANGE;
		c->ndrange = (struct tern_ndrange){.info = &info,
						   .function = empty,
						   .dim = 1,
						   .global = {1, 1, 1},
						   .local = {1, 1, 1}};
		c->ndrange.args = tern_command_args(c, 8);
		cl_event event;
		CHECK(!tern_command_enqueue(c, last ? 1 : 0, last ? &last : NULL, &event, false));
		if (last)
			event_release(last);
		last = event;
	}
	CHECK(!event_wait(last));
	event_release(last);
	report("chain by events, out of order", start, N);
}

int main(void)
{
	uint64_t start = tern_clock_ns();
	test_start();
	report("start", start, 1);
	struct tern_queue *in_order = queue_new(0);
	struct tern_queue *out_of_order = queue_new(CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
	start = tern_clock_ns();
	CHECK(!enqueue_kernel(in_order, &info, empty, &nothing, 8, 1, 1, NULL));
	CHECK(!tern_queue_finish(in_order));
	report("first round trip", start, 1);
	round_trips(in_order, "round trip, 1 group", 1, 1);
	round_trips(in_order, "round trip, 16 groups of 64", 1024, 64);
	round_trips(out_of_order, "round trip out of order, 1 group", 1, 1);
	many(in_order, "10,000 in order", false);
	many(in_order, "10,000 in order, with events", true);
	many(out_of_order, "10,000 out of order", false);
	copies(in_order);
	chain(out_of_order);
	queue_release(in_order);
	queue_release(out_of_order);
	test_end();
	return 0;
}
