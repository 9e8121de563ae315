/* SPDX-License-Identifier: MIT */
/* Kernels that fail: the event has the error, one line says what happened, and all goes on. */
#include <sys/mman.h>

#include "harness.h"

static const char source[] =
	"kernel void store(ulong address, uint value) { if (get_global_id(0) == 3)"
	" *(global uint *)address = value; }"
	"kernel void load(ulong address, global uint *out) { out[0] = *(global uint *)address; }"
	"kernel void trap(int when) { if (when == (int)get_global_id(0)) __builtin_trap(); }"
	"kernel void number(global uint *out) { out[get_global_id(0)] = (uint)get_global_id(0); }"
	"kernel void endless(global int *p) { while (*(volatile global int *)p == 0); }";

static struct tern_queue *queue;

static void works(void)
{
	uint32_t *out = shared_alloc(4096);
	CHECK(run_kernel(queue, "number", RANGE(1024, 8), ARGS(&out)) == CL_COMPLETE);
	for (uint32_t i = 0; i < 1024; i++)
		CHECK(out[i] == i);
	shared_free(out, 4096);
}

/* One line, with all of @words. */
static void says(const char *const *words)
{
	char *text = log_take();
	const char *line = strchr(text, '\n');
	bool one = line && !line[1];
	bool all = true;
	for (; *words; words++)
		all &= strstr(text, *words) != NULL;
	if (!one || !all)
		printf("logged: %s\n", text);
	CHECK(one && all);
	free(text);
}

#define SAYS(...) says((const char *const[]){__VA_ARGS__, NULL})

static void bad_store(void *at, const char *why)
{
	uint32_t value = 1;
	char address[32];
	snprintf(address, sizeof(address), "%#llx", (unsigned long long)(uintptr_t)at);
	pid_t before = device_pid();
	CHECK(run_kernel(queue, "store", RANGE(8, 1), ARGS(&at, &value)) == CL_OUT_OF_RESOURCES);
	SAYS("kernel store", "work-group (3)", "work-item (3)", "write", address, why);
	works();
	CHECK(device_pid() == before);
}

static void in_groups(void)
{
	void *at = (void *)16;
	uint32_t value = 1;
	struct range r = {2, {8, 3, 1}, {4, 1, 1}, {0, 0, 0}};
	CHECK(run_kernel(queue, "store", r, ARGS(&at, &value)) == CL_OUT_OF_RESOURCES);
	SAYS("kernel store", "work-group (0,", "work-items (0,", "to (3,");
}

static void kinds(bool system)
{
	char *page = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(page != MAP_FAILED);
	bad_store((void *)16, "0x10");
	bad_store((void *)0x7fff00000000, "no memory");
	bad_store((void *)(TERN_APERTURE_COMMANDS + 4096), "");
	bad_store(page, system ? "may only read" : "no memory of the device's");
	CHECK(!munmap(page, 8192));
	bad_store(page, "no memory");
}

static void signals(void)
{
	int when = 1;
	CHECK(run_kernel(queue, "trap", RANGE(2, 1), ARGS(&when)) == CL_OUT_OF_RESOURCES);
	SAYS("kernel trap", "work-item (1)", "illegal instruction");
	works();
	when = 2;
	CHECK(run_kernel(queue, "trap", RANGE(2, 1), ARGS(&when)) == CL_COMPLETE);
}

/* What waits for the event fails, what follows in the queue does not. */
static cl_int nothing(void *unused)
{
	(void)unused;
	return CL_SUCCESS;
}

static void dependents(void)
{
	void *at = (void *)8;
	uint32_t value = 1;
	cl_event bad, waits, follows;
	enqueue_kernel(queue, "store", RANGE(8, 1), ARGS(&at, &value), &bad);
	CHECK(!enqueue_call(queue, nothing, NULL, 1, &bad, &waits));
	CHECK(!enqueue_call(queue, nothing, NULL, 0, NULL, &follows));
	CHECK(event_end(follows) == CL_COMPLETE);
	CHECK(event_end(waits) == CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST);
	CHECK(event_end(bad) == CL_OUT_OF_RESOURCES);
	SAYS("kernel store");
}

/* One kernel's fault does not disturb another that runs. */
static void beside_another(void)
{
	struct tern_queue *other = queue_new(0);
	int *word = shared_alloc(64);
	cl_event event;
	enqueue_kernel(other, "endless", RANGE(1, 1), ARGS(&word), &event);
	CHECK(!tern_queue_flush(other));
	for (unsigned i = 0; i < 20; i++) {
		bad_store((void *)16, "write");
		CHECK(tern_event_status(event_of(event)) > CL_COMPLETE);
	}
	__atomic_store_n(word, 1, __ATOMIC_SEQ_CST);
	CHECK(event_end(event) == CL_COMPLETE);
	shared_free(word, 64);
	queue_release(other);
}

int main(void)
{
	setenv("TERN_LOG", "error", 1);
	setenv("TERN_ACCEL", "units=2", 1);
	test_start(source);
	queue = queue_new(0);
	log_capture();
	works();
	kinds(test_device->caps.svm & CL_DEVICE_SVM_FINE_GRAIN_SYSTEM);
	in_groups();
	signals();
	dependents();
	beside_another();
	queue_release(queue);
	test_end();
	return 0;
}
