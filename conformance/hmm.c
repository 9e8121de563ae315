/* SPDX-License-Identifier: MIT */
#include "conformance/hmm.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static bool is_driver(cl_device_id device)
{
	char names[512] = "";

	clGetDeviceInfo(device, CL_DEVICE_BUILT_IN_KERNELS, sizeof names, names, NULL);
	return strstr(names, "tern_exclusive") != NULL;
}

static bool unified(cl_device_id device)
{
	cl_bool is = CL_FALSE;

	OK(clGetDeviceInfo(device, CL_DEVICE_HOST_UNIFIED_MEMORY, sizeof is, &is, NULL));
	return is;
}

bool hmm_private(void)
{
	return !unified(conf_device());
}

int hmm_nodes_open(void)
{
	int count = 0;

	for (int fd = 3; fd < 256; fd++) {
		char path[40], target[64] = "";

		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
		count += readlink(path, target, sizeof target - 1) > 0 &&
			 strstr(target, "hmm_dmirror") != NULL;
	}
	return count;
}

bool hmm_closes(void)
{
	const double end = conf_now() + 60;

	while (hmm_nodes_open() && conf_now() < end)
		conf_sleep(0.05);
	return !hmm_nodes_open();
}

/* Another device over the driver, with the same kind of memory. */
static cl_device_id find_other(void)
{
	cl_device_id found[8];
	cl_uint count = 0;

	OK(clGetDeviceIDs(conf_platform(), CL_DEVICE_TYPE_CUSTOM, LENGTH(found), found, &count));
	for (cl_uint i = 0; i < count && i < LENGTH(found); i++)
		if (found[i] != conf_device() && is_driver(found[i]) &&
		    unified(found[i]) == unified(conf_device()))
			return found[i];
	SKIP("there is one such device only");
}

void hmm_need(void)
{
	const char *policy = getenv("TERN_POLICY");

	if (!is_driver(conf_device()))
		SKIP("the device is none over the kernel's HMM test driver");
	if (!policy || strcmp(policy, "demand") != 0)
		SKIP("needs TERN_POLICY=demand");
}

void hmm_open(struct hmm *h, cl_uint count)
{
	cl_int error;

	hmm_need();
	*h = (struct hmm){.ids = {conf_device(), count > 1 ? find_other() : NULL}};
	h->context = conf_keep_context(clCreateContext(NULL, count, h->ids, NULL, NULL, &error));
	OK(error);
	for (cl_uint i = 0; i < count; i++) {
		h->queues[i] = conf_keep_queue(
			clCreateCommandQueueWithProperties(h->context, h->ids[i], NULL, &error));
		OK(error);
	}
	hmm_mark(h);
}

static cl_kernel make_kernel(const struct hmm *h, unsigned i, const char *name)
{
	cl_int error;
	cl_program program =
		clCreateProgramWithBuiltInKernels(h->context, 1, &h->ids[i], name, &error);

	OK(error);
	return conf_kernel_of(conf_keep_program(program), name);
}

static cl_int finish(const struct hmm *h, unsigned i, cl_kernel kernel, size_t items)
{
	cl_event event = shared_start(h->queues[i], kernel, items);

	clWaitForEvents(1, &event);
	return conf_event_status(event);
}

cl_int hmm_run(const struct hmm *h, unsigned i, const char *name, size_t items, const void *first,
	       const void *second)
{
	cl_kernel kernel = make_kernel(h, i, name);

	shared_pointer(kernel, 0, first);
	shared_pointer(kernel, 1, second);
	return finish(h, i, kernel, items);
}

cl_int hmm_copy(const struct hmm *h, unsigned i, const void *from, void *to, size_t bytes)
{
	return hmm_run(h, i, "tern_copy", bytes, from, to);
}

cl_int hmm_ramp(const struct hmm *h, unsigned i, int *to, int value, size_t words)
{
	cl_kernel kernel = make_kernel(h, i, "tern_ramp");

	shared_pointer(kernel, 0, to);
	ARG(kernel, 1, value);
	return finish(h, i, kernel, words);
}

size_t hmm_wrong(const struct hmm *h, unsigned i, const int *p, int value, size_t words)
{
	size_t bytes = words * sizeof *p;
	int *seen = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	REQUIRE(seen != MAP_FAILED);
	OK(hmm_copy(h, i, p, seen, bytes));
	size_t wrong = shared_wrong_here(seen, value, words);

	munmap(seen, bytes);
	return wrong;
}

static void move(const struct hmm *h, unsigned i, const void *p, size_t bytes,
		 cl_mem_migration_flags flags)
{
	OK(clEnqueueSVMMigrateMem(h->queues[i], 1, &p, &bytes, flags, 0, NULL, NULL));
	OK(clFinish(h->queues[i]));
}

void hmm_migrate(const struct hmm *h, unsigned i, const void *p, size_t bytes)
{
	move(h, i, p, bytes, 0);
}

void hmm_home(const struct hmm *h, unsigned i, const void *p, size_t bytes)
{
	move(h, i, p, bytes, CL_MIGRATE_MEM_OBJECT_HOST);
}

static cl_svm_statistics_tern statistics(cl_device_id device)
{
	cl_svm_statistics_tern s = {0};
	clGetSVMStatisticsTERN_fn get =
		(clGetSVMStatisticsTERN_fn)clGetExtensionFunctionAddressForPlatform(
			conf_platform(), "clGetSVMStatisticsTERN");

	REQUIRE(get != NULL);
	OK(get(device, NULL, 0, sizeof s, &s));
	return s;
}

int hmm_there(const struct hmm *h, unsigned i)
{
	return (int)(statistics(h->ids[i]).resident_bytes / SHARED_PAGE);
}

void hmm_mark(struct hmm *h)
{
	h->before = statistics(h->ids[0]);
}

cl_svm_statistics_tern hmm_since(const struct hmm *h)
{
	const cl_svm_statistics_tern *b = &h->before;
	cl_svm_statistics_tern s = statistics(h->ids[0]);

	s.device_read_faults -= b->device_read_faults;
	s.device_write_faults -= b->device_write_faults;
	s.host_read_faults -= b->host_read_faults;
	s.host_write_faults -= b->host_write_faults;
	s.pages_to_device -= b->pages_to_device;
	s.pages_to_host -= b->pages_to_host;
	s.pages_zeroed -= b->pages_zeroed;
	s.pages_invalidated -= b->pages_invalidated;
	s.faults_refused -= b->faults_refused;
	return s;
}

int *hmm_map(int value, size_t words)
{
	size_t bytes = words * sizeof(int);
	char *p =
		mmap(NULL, bytes + 2 * SHARED_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	REQUIRE(p != MAP_FAILED);
	int *inner = (int *)(void *)(p + SHARED_PAGE);

	REQUIRE(!mprotect(inner, bytes, PROT_READ | PROT_WRITE));
	for (size_t i = 0; i < words; i++)
		inner[i] = value + (int)i;
	return inner;
}

void hmm_unmap(int *p, size_t words)
{
	munmap((char *)p - SHARED_PAGE, words * sizeof *p + 2 * SHARED_PAGE);
}
