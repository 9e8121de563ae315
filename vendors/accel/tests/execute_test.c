/* SPDX-License-Identifier: MIT */
/* Kernels, copies, fills and calls on the accelerator, one after the other and chained. */
#include "harness.h"

enum { N = 10000, CHAIN = 2000 };

static const char source[] =
	"kernel void number(global uint *out, uint add) { out[get_global_id(0)] ="
	" (uint)get_global_id(0) + add; }"
	"kernel void increment(global uint *p) { atomic_inc(p); }"
	"kernel void place(global ulong *out) {"
	" size_t x = get_global_id(0) - get_global_offset(0), y = get_global_id(1),"
	" z = get_global_id(2), i = (z * get_global_size(1) + y) * get_global_size(0) + x;"
	" out[i] = get_group_id(0) + 100 * get_group_id(1) + 10000 * get_local_id(0) +"
	" 1000000ul * get_global_id(0); }"
	"kernel void reverse(global uint *data, local uint *t) {"
	" size_t l = get_local_id(0), n = get_local_size(0); t[l] = data[get_global_id(0)];"
	" barrier(CLK_LOCAL_MEM_FENCE); data[get_global_id(0)] = t[n - 1 - l]; }"
	"kernel void nothing(void) {}"
	"kernel void say(int n) { printf(\"%d+%s\\n\", n + (int)get_global_id(0), \"x\"); }"
	"constant uint table[4] = {2, 3, 5, 7}; global uint kept = 41;"
	"kernel void variables(global uint *out) { out[0] = table[get_global_size(0)];"
	" out[1] = atomic_inc(&kept); }";

static void ids(struct tern_queue *queue)
{
	uint32_t *out = shared_alloc(N * 4), add = 7;
	CHECK(run_kernel(queue, "number", RANGE(N, 16), ARGS(&out, &add)) == CL_COMPLETE);
	for (uint32_t i = 0; i < N; i++)
		CHECK(out[i] == i + 7);
	shared_free(out, N * 4);
	struct range r = {3, {7, 5, 3}, {2, 5, 1}, {11, 0, 0}};
	uint64_t *place = shared_alloc(7 * 5 * 3 * 8);
	CHECK(run_kernel(queue, "place", r, ARGS(&place)) == CL_COMPLETE);
	for (uint64_t i = 0; i < 7 * 5 * 3; i++)
		CHECK(place[i] == i % 7 / 2 + 10000 * (i % 7 % 2) + 1000000 * (i % 7 + 11));
	shared_free(place, 7 * 5 * 3 * 8);
}

static void local_memory(struct tern_queue *queue)
{
	uint32_t *data = shared_alloc(N * 4);
	size_t bytes = 100 * 4;
	for (uint32_t i = 0; i < N; i++)
		data[i] = i;
	CHECK(run_kernel(queue, "reverse", RANGE(N, 100), ARGS(&data, &bytes)) == CL_COMPLETE);
	for (uint32_t i = 0; i < N; i++)
		CHECK(data[i] == i / 100 * 100 + 99 - i % 100);
	/* More local memory than there is. */
	bytes = ACCEL_LOCAL_BYTES + 1;
	CHECK(run_kernel(queue, "reverse", RANGE(N, 100), ARGS(&data, &bytes)) ==
	      CL_OUT_OF_RESOURCES);
	shared_free(data, N * 4);
}

static void variables(struct tern_queue *queue)
{
	uint32_t *out = shared_alloc(8);
	for (uint32_t i = 0; i < 3; i++) {
		CHECK(run_kernel(queue, "variables", RANGE(1, 1), ARGS(&out)) == CL_COMPLETE);
		CHECK(out[0] == 3 && out[1] == 41 + i);
	}
	shared_free(out, 8);
}

static void empty(struct tern_queue *queue)
{
	for (unsigned d = 0; d < 3; d++) {
		struct range r = {3, {4, 4, 4}, {1, 1, 1}, {0, 0, 0}};
		r.global[d] = 0;
		CHECK(run_kernel(queue, "nothing", r, ARGS(NULL)) == CL_COMPLETE);
	}
}

static _Atomic uint32_t calls;

static cl_int call(void *counter)
{
	/* In order: the kernel before has been seen to end. */
	return *(uint32_t *)counter == atomic_fetch_add(&calls, 1) + 1 ? CL_SUCCESS
								       : CL_INVALID_VALUE;
}

static void chain(struct tern_queue *queue)
{
	uint32_t *counter = shared_alloc(4);
	cl_event event;
	atomic_store(&calls, 0);
	for (unsigned i = 0; i < CHAIN; i++) {
		enqueue_kernel(queue, "increment", RANGE(1, 1), ARGS(&counter), NULL);
		CHECK(!enqueue_call(queue, call, counter, 0, NULL, i + 1 == CHAIN ? &event : NULL));
	}
	CHECK(event_end(event) == CL_COMPLETE && *counter == CHAIN && calls == CHAIN);
	CHECK(!tern_queue_finish(queue));
	shared_free(counter, 4);
}

static void copies(struct tern_queue *queue)
{
	uint32_t *a = shared_alloc(N * 4), *b = shared_alloc(N * 4), add = 1;
	for (unsigned i = 0; i < 100; i++, add++) {
		enqueue_kernel(queue, "number", RANGE(N, 100), ARGS(&a, &add), NULL);
		CHECK(!enqueue_copy(queue, b, a, N * 4, true));
		CHECK(b[0] == add && b[N - 1] == N - 1 + add);
	}
	struct tern_command *fill = tern_command_create(queue, CL_COMMAND_FILL_BUFFER, 0);
	fill->work = TERN_WORK_FILL;
	fill->fill = (struct tern_fill){.dst = (unsigned char *)a,
					.bytes = N * 4,
					.pattern_bytes = 8,
					.pattern = "ABCDEFGH"};
	CHECK(!tern_command_enqueue(fill, 0, NULL, NULL, true));
	CHECK(!memcmp(a, "ABCDEFGHABC", 11) && !memcmp(a + N - 2, "ABCDEFGH", 8));
	shared_free(a, N * 4);
	shared_free(b, N * 4);
}

/* Nobody flushes or waits: the events complete all the same once there was a flush. */
static void flush_only(struct tern_queue *queue)
{
	uint32_t *counter = shared_alloc(4);
	cl_event event;
	for (unsigned i = 0; i < 10; i++)
		enqueue_kernel(queue, "increment", RANGE(1, 1), ARGS(&counter),
			       i == 9 ? &event : NULL);
	CHECK(!tern_queue_flush(queue));
	for (unsigned ms = 0; tern_event_status(event_of(event)) > CL_COMPLETE; ms++) {
		CHECK(ms < 20000);
		usleep(1000);
	}
	CHECK(*counter == 10 && event_end(event) == CL_COMPLETE);
	shared_free(counter, 4);
}

static void profile(void)
{
	struct tern_queue *queue = queue_new(CL_QUEUE_PROFILING_ENABLE);
	uint32_t *out = shared_alloc(N * 4), add = 7;
	cl_event event;
	enqueue_kernel(queue, "number", RANGE(N, 16), ARGS(&out, &add), &event);
	/* The end is the device's, not when somebody looked. */
	usleep(20000);
	uint64_t looked = tern_clock_ns();
	CHECK(!event_wait(event));
	const struct tern_event *e = event_of(event);
	CHECK(e->time_queued <= e->time_submitted && e->time_submitted <= e->time_started);
	CHECK(e->time_started <= e->time_ended && e->time_ended < looked);
	event_release(event);
	queue_release(queue);
	shared_free(out, N * 4);
}

static void prints(struct tern_queue *queue)
{
	FILE *out = tmpfile();
	char text[64] = "";
	int before = dup(STDOUT_FILENO), n = 40;
	CHECK(out && before >= 0 && dup2(fileno(out), STDOUT_FILENO) >= 0);
	for (unsigned i = 0; i < 2; i++) {
		CHECK(run_kernel(queue, "say", RANGE(2, 1), ARGS(&n)) == CL_COMPLETE);
		n += 10;
	}
	CHECK(dup2(before, STDOUT_FILENO) >= 0);
	close(before);
	CHECK(fseek(out, 0, SEEK_SET) == 0);
	CHECK(fread(text, 1, sizeof(text) - 1, out) == 20);
	CHECK(strstr(text, "40+x\n") && strstr(text, "41+x\n") && strstr(text, "51+x\n"));
	fclose(out);
}

int main(void)
{
	test_start(source);
	struct tern_queue *queue = queue_new(0);
	ids(queue);
	local_memory(queue);
	variables(queue);
	empty(queue);
	copies(queue);
	chain(queue);
	flush_only(queue);
	profile();
	prints(queue);
	queue_release(queue);
	test_end();
	return 0;
}
