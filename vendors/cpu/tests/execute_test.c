/* SPDX-License-Identifier: MIT */
/* Kernels, copies and fills of every size: each part is executed once, with the right memory. */
#include "harness.h"

struct args {
	_Atomic uint32_t *count; /* of each group */
	uint64_t spin;           /* nanoseconds that a group takes */
};

static void count_group(const void *p, const struct tern_group *group, uint64_t x, uint64_t y,
			uint64_t z)
{
	const struct args *args = p;
	uint64_t end = args->spin ? tern_clock_ns() + args->spin : 0;
	atomic_fetch_add(&args->count[x + group->num_groups[0] * (y + group->num_groups[1] * z)],
			 1);
	memset(group->local_mem, (int)x, 64);
	while (end && tern_clock_ns() < end)
		;
	for (unsigned i = 0; i < 64; i++)
		if (group->local_mem[i] != (unsigned char)x)
			abort(); /* another group has it too */
}

static const struct tern_kernel_info info = {
	.name = "count", .lanes = 1, .rows = 1, .local_bytes = 64, .stack_bytes = 4096};

static void run_counted(struct tern_queue *queue, const size_t global[3], const size_t local[3],
			uint64_t spin)
{
	size_t groups = 1;
	for (unsigned d = 0; d < 3; d++)
		groups *= (global[d] + local[d] - 1) / local[d];
	struct args args = {calloc(groups + 1, sizeof(*args.count)), spin};
	CHECK(args.count);
	struct tern_command *c = tern_command_create(queue, CL_COMMAND_NDRANGE_KERNEL, 0);
	CHECK(c);
	c->work = TERN_WORK_NDRANGE;
	c->ndrange = (struct tern_ndrange){
		.info = &info, .function = count_group, .dim = 3, .local_bytes = 64};
	memcpy(c->ndrange.global, global, sizeof(c->ndrange.global));
	memcpy(c->ndrange.local, local, sizeof(c->ndrange.local));
	c->ndrange.args = tern_command_args(c, sizeof(args));
	CHECK(c->ndrange.args);
	memcpy(c->ndrange.args, &args, sizeof(args));
	CHECK(!tern_command_enqueue(c, 0, NULL, NULL, true));
	for (size_t i = 0; i < groups; i++)
		CHECK(args.count[i] == 1);
	CHECK(!args.count[groups]);
	free(args.count);
}

static void test_kernels(struct tern_queue *queue)
{
	run_counted(queue, (size_t[]){1, 1, 1}, (size_t[]){1, 1, 1}, 0);
	run_counted(queue, (size_t[]){1000, 1, 1}, (size_t[]){7, 1, 1}, 0);
	run_counted(queue, (size_t[]){100, 90, 80}, (size_t[]){3, 4, 5}, 0);
	run_counted(queue, (size_t[]){300, 1, 1}, (size_t[]){1, 1, 1}, 5000);
	run_counted(queue, (size_t[]){3, 1, 1}, (size_t[]){1, 1, 1}, 2000000);
	run_counted(queue, (size_t[]){1000000, 1, 1}, (size_t[]){1, 1, 1}, 0);
	run_counted(queue, (size_t[]){20, 0, 1}, (size_t[]){1, 1, 1}, 0);
}

/* What cannot be executed ends with an error. */
static void test_impossible(struct tern_queue *queue)
{
	struct tern_kernel_info big = info;
	struct args args = {0};
	cl_event event;
	big.stack_bytes = UINT64_C(1) << 40;
	CHECK(!enqueue_kernel(queue, &big, count_group, &args, sizeof(args), 1, 1, &event));
	CHECK(event_wait(event) == CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST);
	CHECK(tern_event_status(tern_event_from(event)) == CL_OUT_OF_RESOURCES);
	event_release(event);
	big = info;
	big.local_bytes = UINT64_C(1) << 60;
	CHECK(!enqueue_kernel(queue, &big, count_group, &args, sizeof(args), 100000, 1, &event));
	CHECK(event_wait(event) == CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST);
	CHECK(tern_event_status(tern_event_from(event)) == CL_OUT_OF_RESOURCES);
	event_release(event);
}

static void test_copies(struct tern_queue *queue)
{
	static const size_t sizes[] = {0, 1, 100, 65536, 262145, 5000001};
	for (unsigned i = 0; i < tern_array_size(sizes); i++) {
		size_t n = sizes[i];
		unsigned char *a = malloc(n + 1), *b = malloc(n + 1);
		CHECK(a && b);
		for (size_t j = 0; j < n; j++)
			a[j] = (unsigned char)(j * 7 + j / 256);
		memset(b, 0xee, n + 1);
		CHECK(!enqueue_copy(queue, b, a, n, true));
		CHECK(!memcmp(a, b, n) && b[n] == 0xee);
		/* Overlapping, and onto itself. */
		if (n > 100) {
			CHECK(!enqueue_copy(queue, b, b, n, true) && !memcmp(a, b, n));
			CHECK(!enqueue_copy(queue, b + 100, b, n - 100, true));
			CHECK(!memcmp(a, b + 100, n - 100));
		}
		free(a);
		free(b);
	}
}

static void test_boxes(struct tern_queue *queue)
{
	enum { X = 700, Y = 60, Z = 30, ROW = 1024, SLICE = ROW * 64 };
	unsigned char *a = malloc(SLICE * Z), *b = calloc(SLICE * Z, 1);
	CHECK(a && b);
	for (size_t i = 0; i < SLICE * Z; i++)
		a[i] = (unsigned char)(i * 13 + i / 999 + 1);
	struct tern_command *c = tern_command_create(queue, CL_COMMAND_COPY_BUFFER_RECT, 0);
	c->work = TERN_WORK_COPY;
	c->copy = (struct tern_copy){.src = a,
				     .dst = b,
				     .region = {X, Y, Z},
				     .src_row = ROW,
				     .src_slice = SLICE,
				     .dst_row = X,
				     .dst_slice = X * Y};
	CHECK(!tern_command_enqueue(c, 0, NULL, NULL, true));
	for (size_t z = 0; z < Z; z++)
		for (size_t y = 0; y < Y; y++)
			CHECK(!memcmp(b + (z * Y + y) * X, a + z * SLICE + y * ROW, X));
	free(a);
	free(b);
}

static void test_fills(struct tern_queue *queue)
{
	size_t n = 1 << 20;
	unsigned char *a = malloc(n + 1);
	CHECK(a);
	for (size_t p = 1; p <= 128; p *= 2) {
		struct tern_command *c = tern_command_create(queue, CL_COMMAND_FILL_BUFFER, 0);
		c->work = TERN_WORK_FILL;
		c->fill = (struct tern_fill){.dst = a, .bytes = n - 128, .pattern_bytes = p};
		for (size_t i = 0; i < p; i++)
			c->fill.pattern[i] = (unsigned char)(i + p);
		memset(a, 0, n + 1);
		CHECK(!tern_command_enqueue(c, 0, NULL, NULL, true));
		for (size_t i = 0; i < n + 1; i++)
			CHECK(a[i] == (i < n - 128 ? (unsigned char)(i % p + p) : 0));
	}
	free(a);
}

static pthread_t native_thread;

static void CL_CALLBACK native(void *p)
{
	native_thread = pthread_self();
	**(int **)p = 42;
}

/* Never on the thread that waits. */
static void test_native(struct tern_queue *queue)
{
	int value = 0, *address = &value;
	struct tern_command *c = tern_command_create(queue, CL_COMMAND_NATIVE_KERNEL, 0);
	c->work = TERN_WORK_NATIVE;
	c->native =
		(struct tern_native){.fn = native, .args = tern_command_args(c, sizeof(address))};
	memcpy(c->native.args, &address, sizeof(address));
	CHECK(!tern_command_enqueue(c, 0, NULL, NULL, false));
	CHECK(!tern_queue_finish(queue));
	CHECK(value == 42 && !pthread_equal(native_thread, pthread_self()));
}

static void on_big_stack(const void *p, const struct tern_group *group, uint64_t x, uint64_t y,
			 uint64_t z)
{
	(void)group, (void)x, (void)y, (void)z;
	volatile char space[4 << 20];
	for (size_t i = 0; i < sizeof(space); i += 4096)
		space[i] = 1;
	atomic_fetch_add(((const struct args *)p)->count, space[4096]);
}

static void test_stack(struct tern_queue *queue)
{
	struct tern_kernel_info big = info;
	_Atomic uint32_t count = 0;
	struct args args = {&count, 0};
	big.stack_bytes = 5 << 20;
	CHECK(!enqueue_kernel(queue, &big, on_big_stack, &args, sizeof(args), 10, 1, NULL));
	CHECK(!tern_queue_finish(queue));
	CHECK(count == 10);
}

struct turn {
	_Atomic uint64_t begun;   /* groups */
	_Atomic uint64_t skipped; /* groups that had not begun when one behind them did, at most */
};

static void in_turn(const void *p, const struct tern_group *group, uint64_t x, uint64_t y,
		    uint64_t z)
{
	struct turn *turn = *(struct turn *const *)p;
	uint64_t before = atomic_fetch_add(&turn->begun, 1), most = atomic_load(&turn->skipped);
	(void)group, (void)y, (void)z;
	while (x > before && x - before > most &&
	       !atomic_compare_exchange_weak(&turn->skipped, &most, x - before))
		;
	for (uint64_t end = tern_clock_ns() + 20000; tern_clock_ns() < end;)
		;
}

/* Groups that may wait for earlier ones begin in their order, but for the chunks that are run. */
static void test_order(struct tern_queue *queue)
{
	struct tern_kernel_info atomics = info;
	struct turn turn = {0}, *arg = &turn;
	atomics.flags |= TERN_KERNEL_ATOMICS;
	CHECK(!enqueue_kernel(queue, &atomics, in_turn, &arg, sizeof(arg), 1000, 1, NULL));
	CHECK(!tern_queue_finish(queue));
	CHECK(turn.begun == 1000 && turn.skipped < 100);
}

struct crowd {
	_Atomic unsigned inside; /* groups that run now */
	_Atomic unsigned most;
};

/* As if groups that run at once changed the same memory: each takes many times as long. */
static void in_the_way(const void *p, const struct tern_group *group, uint64_t x, uint64_t y,
		       uint64_t z)
{
	struct crowd *crowd = *(struct crowd *const *)p;
	unsigned inside = atomic_fetch_add(&crowd->inside, 1) + 1, most = atomic_load(&crowd->most);
	(void)group, (void)x, (void)y, (void)z;
	while (inside > most && !atomic_compare_exchange_weak(&crowd->most, &most, inside))
		;
	uint64_t begin = tern_clock_ns(), end = begin + 5000;
	while (tern_clock_ns() < end)
		if (atomic_load(&crowd->inside) > 1)
			end = begin + 50000;
	atomic_fetch_sub(&crowd->inside, 1);
}

/* One thread comes to run a kernel that several run more slowly. */
static void test_contended(struct tern_queue *queue)
{
	enum { JOBS_RUN = 200 };
	struct tern_kernel_info atomics = info;
	unsigned alone = 0;
	atomics.flags |= TERN_KERNEL_ATOMICS;
	for (unsigned i = 0; i < JOBS_RUN; i++) {
		struct crowd crowd = {0}, *arg = &crowd;
		CHECK(!enqueue_kernel(queue, &atomics, in_the_way, &arg, sizeof(arg), 50, 1, NULL));
		CHECK(!tern_queue_finish(queue));
		alone += i >= JOBS_RUN / 2 && crowd.most == 1;
	}
	CHECK(alone > JOBS_RUN / 4);
}

static void see_streams(const void *p, const struct tern_group *group, uint64_t x, uint64_t y,
			uint64_t z)
{
	(void)x, (void)y, (void)z;
	**(_Atomic uint64_t *const *)p = group->streams;
}

/* Much that is written goes past the caches, little does not. */
static void test_streams(struct tern_queue *queue)
{
	struct tern_kernel_info writes = info;
	_Atomic uint64_t seen = 9, *arg = &seen;
	uint64_t items = 1000, caches = queue->device->caps.cache_bytes;
	if (!caches)
		return; /* a machine that does not tell of any */
	writes.stream_bytes = caches / items / 8;
	CHECK(!enqueue_kernel(queue, &writes, see_streams, &arg, sizeof(arg), items, 1, NULL));
	CHECK(!tern_queue_finish(queue));
	CHECK(seen == 0);
	writes.stream_bytes = caches * 1024 / items;
	CHECK(!enqueue_kernel(queue, &writes, see_streams, &arg, sizeof(arg), items, 1, NULL));
	CHECK(!tern_queue_finish(queue));
	CHECK(seen == 1);
	writes.stream_bytes = 0;
	CHECK(!enqueue_kernel(queue, &writes, see_streams, &arg, sizeof(arg), items, 1, NULL));
	CHECK(!tern_queue_finish(queue));
	CHECK(seen == 0);
}

struct merged {
	_Atomic uint64_t items, groups, size[3];
};

static uint64_t items_along(const struct tern_group *g, unsigned d, uint64_t at)
{
	uint64_t left = g->global_size[d] - at * g->enqueued_local_size[d];
	return tern_min(left, g->enqueued_local_size[d]);
}

static void see_size(const void *p, const struct tern_group *g, uint64_t x, uint64_t y, uint64_t z)
{
	struct merged *seen = *(struct merged *const *)p;
	for (unsigned d = 0; d < 3; d++)
		seen->size[d] = g->enqueued_local_size[d];
	seen->items += items_along(g, 0, x) * items_along(g, 1, y) * items_along(g, 2, z);
	seen->groups++;
}

/* Runs a kernel that counts its work-items; returns the groups' size in x. */
static uint64_t size_of_groups(struct tern_queue *queue, const struct tern_kernel_info *kernel,
			       const size_t global[3], const size_t local[3])
{
	struct merged seen = {0}, *arg = &seen;
	struct tern_command *c = tern_command_create(queue, CL_COMMAND_NDRANGE_KERNEL, 0);
	CHECK(c);
	c->work = TERN_WORK_NDRANGE;
	c->ndrange = (struct tern_ndrange){
		.info = kernel, .function = see_size, .dim = 3, .local_bytes = 64};
	memcpy(c->ndrange.global, global, sizeof(c->ndrange.global));
	memcpy(c->ndrange.local, local, sizeof(c->ndrange.local));
	c->ndrange.args = tern_command_args(c, sizeof(arg));
	CHECK(c->ndrange.args);
	memcpy(c->ndrange.args, &arg, sizeof(arg));
	CHECK(!tern_command_enqueue(c, 0, NULL, NULL, true));
	CHECK(seen.items == global[0] * global[1] * global[2]);
	CHECK(seen.size[1] == tern_max(local[1], (size_t)kernel->rows) && seen.size[2] == local[2]);
	return seen.size[0];
}

/* Groups become wider for kernels that cannot tell, while there are enough of them. */
static void test_merged(struct tern_queue *queue)
{
	const size_t many = (size_t)queue->device->caps.compute_units * 64;
	struct tern_kernel_info any = info, widened = info;
	any.lanes = widened.lanes = 16;
	any.max_group_size = widened.max_group_size = 4096;
	widened.flags = TERN_KERNEL_WIDENED;
	any.flags = TERN_KERNEL_WIDENED | TERN_KERNEL_ANY_GROUPS | TERN_KERNEL_CONTIGUOUS;
	size_t tall[] = {1, 64, 1}, flat[] = {16, 4, 2}, odd[] = {10, 1, 1};
	CHECK(size_of_groups(queue, &any, (size_t[]){640, 64 * many, 1}, tall) == 64);
	CHECK(size_of_groups(queue, &any, (size_t[]){170, 4 * many, 2}, flat) == 64);
	CHECK(size_of_groups(queue, &any, (size_t[]){16 * many, 1, 1}, odd) == 40);
	CHECK(size_of_groups(queue, &any, (size_t[]){5, 64 * many, 3}, tall) <= 8);
	CHECK(size_of_groups(queue, &any, (size_t[]){160, 4, 2}, flat) == 16);
	CHECK(size_of_groups(queue, &widened, (size_t[]){640, 64 * many, 1}, tall) == 1);
	any.flags &= ~(uint32_t)TERN_KERNEL_CONTIGUOUS;
	CHECK(size_of_groups(queue, &any, (size_t[]){640, 64 * many, 1}, tall) == 16);
	CHECK(size_of_groups(queue, &any, (size_t[]){640, 4 * many, 2}, flat) == 16);
	any.rows = 8; /* all sizes in y are multiples, or divisors */
	CHECK(size_of_groups(queue, &any, (size_t[]){640, 64 * many, 1}, tall) == 16);
	CHECK(size_of_groups(queue, &any, (size_t[]){640, 8 * many, 2}, flat) == 16);
	any.rows = 1;
	any.max_group_size = 200;
	CHECK(size_of_groups(queue, &any, (size_t[]){640, 64 * many, 1}, tall) == 2);
}

int main(void)
{
	test_start();
	struct tern_queue *queues[] = {queue_new(0),
				       queue_new(CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE)};
	for (unsigned i = 0; i < 2; i++) {
		test_kernels(queues[i]);
		test_impossible(queues[i]);
		test_copies(queues[i]);
		test_boxes(queues[i]);
		test_fills(queues[i]);
		test_native(queues[i]);
		test_stack(queues[i]);
		test_order(queues[i]);
		test_contended(queues[i]);
		test_streams(queues[i]);
		test_merged(queues[i]);
		queue_release(queues[i]);
	}
	test_end();
	return 0;
}
