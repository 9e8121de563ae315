/* SPDX-License-Identifier: MIT */
/*
 * A driver for tests, where there is none: two devices, node 0 with device-private and node 2 with
 * device-coherent memory. Where a page is, is a mark of the page; its bytes stay where they are,
 * and no access of the host's is seen: fake_touch() is one. Any request can be made to fail.
 */
#ifndef TERN_VENDORS_DMIRROR_TESTS_FAKE_DRIVER_H
#define TERN_VENDORS_DMIRROR_TESTS_FAKE_DRIVER_H

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "icd/api.h"
#include "icd/svm_types.h"
#include "runtime/base/tests/test.h"
#include "runtime/queue.h"
#include "vendors/dmirror/internal.h"

#define FAKE_PAGES 65536u
enum {
	FAKE_MAPPED = 1,
	FAKE_WRITABLE = 2,
	FAKE_AWAY = 4,
	FAKE_ALONE = 8,
	FAKE_LOST = 16 /* on the device, without an entry: what driver.h calls the trap */
};

struct fake_page {
	uint64_t va; /* 0: free */
	unsigned node, flags;
};

static struct {
	pthread_mutex_t mutex;
	struct fake_page pages[FAKE_PAGES]; /* a hash table by va */
	_Atomic int fds[DMIRROR_NODES];
	unsigned opens, calls;
	int open_error[DMIRROR_NODES]; /* errno; 0: opens */
	/* The next @fail_count requests @fail_request, after @fail_after more, fail. */
	unsigned long fail_request;
	unsigned fail_after, fail_count;
	int fail_error;
	uint64_t room; /* pages that may be on each device */
	void (*during)(unsigned long request);
} fake = {.mutex = PTHREAD_MUTEX_INITIALIZER, .room = 1 << 20};

static inline struct fake_page *fake_page(uint64_t va)
{
	uint64_t at = va / TERN_PAGE * UINT64_C(0x9e3779b97f4a7c15) >> 48;
	while (fake.pages[at % FAKE_PAGES].va && fake.pages[at % FAKE_PAGES].va != va)
		at++;
	fake.pages[at % FAKE_PAGES].va = va;
	return &fake.pages[at % FAKE_PAGES];
}

static inline int fake_open(unsigned node)
{
	if (node == 1 || node == 3)
		return -ENOENT;
	if (fake.open_error[node])
		return -fake.open_error[node];
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	REQUIRE(fd >= 0);
	fake.fds[node] = fd;
	fake.opens++;
	return fd;
}

static inline unsigned fake_node(int fd)
{
	for (unsigned i = 0; i < DMIRROR_NODES; i++)
		if (fake.fds[i] == fd && fd)
			return i;
	return DMIRROR_NODES;
}

static inline uint64_t fake_resident_locked(unsigned node)
{
	uint64_t n = 0;
	for (unsigned i = 0; i < FAKE_PAGES; i++)
		n += (fake.pages[i].flags & FAKE_AWAY) && fake.pages[i].node == node;
	return n;
}

static inline uint64_t fake_resident(unsigned node)
{
	pthread_mutex_lock(&fake.mutex);
	uint64_t n = fake_resident_locked(node);
	pthread_mutex_unlock(&fake.mutex);
	return n;
}

static inline void fake_go_home(unsigned node)
{
	pthread_mutex_lock(&fake.mutex);
	for (unsigned i = 0; i < FAKE_PAGES; i++)
		if (fake.pages[i].node == node)
			fake.pages[i].flags = 0;
	pthread_mutex_unlock(&fake.mutex);
}

static inline void fake_close(int fd)
{
	unsigned node = fake_node(fd);
	REQUIRE(node < DMIRROR_NODES);
	fake.fds[node] = 0;
	fake_go_home(node);
	close(fd);
}

/* The host accesses [@p, @p + @bytes). */
static inline void fake_touch(const void *p, size_t bytes)
{
	uint64_t va = (uintptr_t)p & ~(TERN_PAGE - 1);
	pthread_mutex_lock(&fake.mutex);
	for (; va < (uintptr_t)p + bytes; va += TERN_PAGE)
		fake_page(va)->flags = 0;
	pthread_mutex_unlock(&fake.mutex);
}

static inline int fake_copy(uint64_t va, void *to, const void *from)
{
	struct iovec here = {to ? to : (void *)(uintptr_t)from, TERN_PAGE};
	struct iovec there = {(void *)(uintptr_t)va, TERN_PAGE};
	ssize_t n = to ? process_vm_readv(getpid(), &here, 1, &there, 1, 0)
		       : process_vm_writev(getpid(), &here, 1, &there, 1, 0);
	return n == (ssize_t)TERN_PAGE ? 0 : -EFAULT;
}

/* The mapping of [@p, @p + @bytes) is changed. */
static inline void fake_lose(const void *p, size_t bytes)
{
	uint64_t va = (uintptr_t)p & ~(TERN_PAGE - 1);
	pthread_mutex_lock(&fake.mutex);
	for (; va < (uintptr_t)p + bytes; va += TERN_PAGE) {
		struct fake_page *page = fake_page(va);
		page->flags = page->flags & FAKE_AWAY ? FAKE_AWAY | FAKE_LOST : 0;
	}
	pthread_mutex_unlock(&fake.mutex);
}

/* One page of a request; as the driver, EINVAL from the first hole on. */
static inline int fake_one(unsigned node, unsigned long request, uint64_t va, uint64_t ptr,
			   struct dmirror_request *r)
{
	struct fake_page *page = fake_page(va);
	unsigned char probe[TERN_PAGE];
	bool there = (page->flags & FAKE_AWAY) && page->node == node;
	bool lost = there && node == 0 && (page->flags & FAKE_LOST);
	REQUIRE(!lost || (request != DMIRROR_READ && request != DMIRROR_WRITE)); /* a crash */
	switch (request) {
	case DMIRROR_READ:
		r->faults += !(page->flags & FAKE_MAPPED) && !there;
		page->flags |= FAKE_MAPPED | FAKE_WRITABLE; /* as far as the host may */
		return fake_copy(va, (void *)(uintptr_t)ptr, NULL);
	case DMIRROR_WRITE:
		r->faults += !(page->flags & FAKE_WRITABLE) && !there;
		page->flags |= FAKE_MAPPED | FAKE_WRITABLE;
		return fake_copy(va, NULL, (const void *)(uintptr_t)ptr);
	case DMIRROR_TO_DEV:
		if (fake_copy(va, probe, NULL))
			return -EINVAL;
		if (lost)
			return -ENOENT;
		if (!there && fake_resident_locked(node) >= fake.room)
			return -ENOENT;
		page->node = node;
		page->flags |= FAKE_AWAY;
		return fake_copy(va, (void *)(uintptr_t)ptr, NULL);
	case DMIRROR_TO_SYS:
		if (there)
			page->flags = 0;
		return fake_copy(va, probe, NULL) ? -EINVAL : 0;
	case DMIRROR_SNAPSHOT:
		*(uint8_t *)(uintptr_t)ptr = fake_copy(va, probe, NULL) ? 0
					     : !there                   ? 0x02
					     : node == 0                ? 0x22
									: 0x42;
		return 0;
	case DMIRROR_EXCLUSIVE:
		page->flags = FAKE_ALONE;
		return fake_copy(va, (void *)(uintptr_t)ptr, NULL) ? -EBUSY : 0;
	case DMIRROR_CHECK_EXCLUSIVE:
		return page->flags & FAKE_ALONE ? -EPERM : 0;
	default:
		return -ENOTTY;
	}
}

static inline int fake_call_locked(unsigned node, unsigned long request, struct dmirror_request *r)
{
	struct dmirror_request out = *r;
	int result = 0;
	fake.calls++;
	if (fake.fail_count && request == fake.fail_request && !fake.fail_after--) {
		fake.fail_after = 0;
		fake.fail_count--;
		return -fake.fail_error;
	}
	out.cpages = out.faults = 0;
	REQUIRE(r->addr % TERN_PAGE == 0 && r->npages);
	size_t step = request == DMIRROR_SNAPSHOT ? 1 : TERN_PAGE;
	for (uint64_t i = 0; i < r->npages && !result; i++) {
		result = fake_one(node, request, r->addr + i * TERN_PAGE, r->ptr + i * step, &out);
		out.cpages += !result;
	}
	if (!result)
		*r = out;
	return result;
}

static inline int fake_call(int fd, unsigned long request, struct dmirror_request *r)
{
	struct stat st;
	unsigned node = fake_node(fd);
	if (fstat(fd, &st))
		return -EBADF;
	if (node == DMIRROR_NODES)
		return -ENOTTY;
	if (fake.during)
		fake.during(request);
	pthread_mutex_lock(&fake.mutex);
	int result = fake_call_locked(node, request, r);
	pthread_mutex_unlock(&fake.mutex);
	return result;
}

static inline void fake_fail(unsigned long request, unsigned after, unsigned count, int error)
{
	pthread_mutex_lock(&fake.mutex);
	fake.fail_request = request;
	fake.fail_after = after;
	fake.fail_count = count;
	fake.fail_error = error;
	pthread_mutex_unlock(&fake.mutex);
}

static const struct dmirror_driver fake_driver = {fake_open, fake_call, fake_close};

static inline int fake_probe(struct tern_device **out, unsigned max)
{
	return dmirror_probe(&fake_driver, out, max);
}

static cl_device_id fake_ids[2];
static cl_context context;
static cl_command_queue queue;
static cl_program program;

/* Before any other call. */
static inline void fake_find_devices(const char *policy)
{
	static const struct tern_backend backend = {.name = "dmirror", .probe = fake_probe};
	static const struct tern_backend *const backends[] = {&backend, NULL};
	cl_platform_id platform;
	cl_uint count = 0;
	REQUIRE(!setenv("TERN_DEVICES", "dmirror", 1));
	REQUIRE(!setenv("TERN_POLICY", policy, 1));
	REQUIRE(!tern_runtime_start(&tern_icd_dispatch, backends));
	REQUIRE(!tern_clGetPlatformIDs(1, &platform, NULL));
	REQUIRE(!tern_clGetDeviceIDs(platform, CL_DEVICE_TYPE_CUSTOM, 2, fake_ids, &count) &&
		count == 2);
}

/* Before any other call: a queue on the device of node 0. */
static inline void fake_begin(const char *policy)
{
	cl_int error = 1;
	char names[512];
	fake_find_devices(policy);
	context = tern_clCreateContext(NULL, 2, fake_ids, NULL, NULL, &error);
	REQUIRE(context && !error);
	queue = tern_clCreateCommandQueueWithProperties(context, fake_ids[0], NULL, &error);
	REQUIRE(queue && !error);
	REQUIRE(!tern_clGetDeviceInfo(fake_ids[0], CL_DEVICE_BUILT_IN_KERNELS, sizeof(names), names,
				      NULL));
	program = tern_clCreateProgramWithBuiltInKernels(context, 2, fake_ids, names, &error);
	REQUIRE(program && !error);
}

static inline void fake_end(void)
{
	EXPECT(!tern_clReleaseProgram(program));
	EXPECT(!tern_clReleaseCommandQueue(queue));
	EXPECT(!tern_clReleaseContext(context));
}

/* Runs kernel @name on @items with pointers, then words, as arguments: its final status. */
static inline cl_int fake_run(const char *name, size_t items, cl_uint pointers,
			      const void *const *pointer, cl_uint words, const cl_uint *word)
{
	cl_int error = 1, status = 1;
	cl_event event;
	cl_kernel kernel = tern_clCreateKernel(program, name, &error);
	REQUIRE(kernel && !error);
	cl_uint count = 0;
	REQUIRE(!tern_clGetKernelInfo(kernel, CL_KERNEL_NUM_ARGS, sizeof(count), &count, NULL) &&
		count == pointers + words);
	for (cl_uint i = 0, p = 0, w = 0; i < count; i++) {
		/* The kinds do not mix but for what each takes. */
		if (w < words && !tern_clSetKernelArg(kernel, i, sizeof(*word), &word[w]))
			w++;
		else
			REQUIRE(p < pointers &&
				!tern_clSetKernelArgSVMPointer(kernel, i, pointer[p++]));
	}
	REQUIRE(!tern_clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &items, NULL, 0, NULL,
					     &event));
	error = tern_clWaitForEvents(1, &event);
	EXPECT(!tern_clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof(status),
				    &status, NULL));
	EXPECT(!error == !status);
	EXPECT(!tern_clReleaseEvent(event));
	EXPECT(!tern_clReleaseKernel(kernel));
	return status;
}

static inline cl_svm_statistics_tern fake_statistics(void)
{
	cl_svm_statistics_tern s = {0};
	EXPECT(!tern_clGetSVMStatisticsTERN(fake_ids[0], NULL, 0, sizeof(s), &s));
	return s;
}

/* @pages pages of memory of the program's, each byte @value, in a mapping of their own. */
static inline unsigned char *fake_memory(size_t pages, int value)
{
	char *p =
		mmap(NULL, (pages + 2) * TERN_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE(p != MAP_FAILED);
	REQUIRE(!mprotect(p + TERN_PAGE, pages * TERN_PAGE, PROT_READ | PROT_WRITE));
	return memset(p + TERN_PAGE, value, pages * TERN_PAGE);
}

#endif
