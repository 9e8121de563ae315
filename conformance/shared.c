/* SPDX-License-Identifier: MIT */
/* The helpers of shared.h. */
#include "conformance/shared.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

const char shared_source[] =
	"kernel void inc(global int *p) { p[get_global_id(0)] += 1; }\n"
	"kernel void fill(global int *p, int v) {\n"
	"  size_t i = get_global_id(0); p[i] = v + (int)i; }\n"
	"kernel void wrong(global const int *p, int v, volatile global int *n) {\n"
	"  size_t i = get_global_id(0); if (p[i] != v + (int)i) atomic_inc(n); }\n"
	"kernel void copy(global const uchar *from, global uchar *to) {\n"
	"  size_t i = get_global_id(0); to[i] = from[i]; }\n"
	"#ifdef __opencl_c_atomic_scope_all_devices\n"
	"kernel void add(volatile global atomic_int *p, int times) {\n"
	"  for (int i = 0; i < times; i++) atomic_fetch_add_explicit(p, 1, memory_order_relaxed,\n"
	"    memory_scope_all_svm_devices); }\n"
	"#endif\n";

void shared_need(cl_ulong capability, const char *name)
{
	if (!(conf_device_ulong(CL_DEVICE_SVM_CAPABILITIES) & capability))
		SKIP("the device does not report %s", name);
}

bool shared_own_tables(void)
{
	return conf_device_ulong(CL_DEVICE_TYPE) &
	       (CL_DEVICE_TYPE_ACCELERATOR | CL_DEVICE_TYPE_CUSTOM);
}

void shared_need_own_tables(void)
{
	if (!shared_own_tables())
		SKIP("the device is no accelerator: what a wild access does is not known");
}

static bool is_system(void)
{
	return conf_device_ulong(CL_DEVICE_SVM_CAPABILITIES) & CL_DEVICE_SVM_FINE_GRAIN_SYSTEM;
}

static cl_kernel allow_all(cl_kernel kernel)
{
	const cl_bool yes = CL_TRUE;

	if (is_system())
		OK(clSetKernelExecInfo(kernel, CL_KERNEL_EXEC_INFO_SVM_FINE_GRAIN_SYSTEM,
				       sizeof yes, &yes));
	return kernel;
}

cl_kernel shared_kernel_of(const char *source, const char *name)
{
	return allow_all(conf_kernel_of(conf_program(source, "-cl-std=CL3.0"), name));
}

/* The kernels of shared_source that Tern's custom devices have built in, by other names. */
static const char *built_in_name(const char *name)
{
	static const struct {
		const char *name, *built_in;
	} table[] = {{"inc", "tern_increment"},
		     {"fill", "tern_ramp"},
		     {"wrong", "tern_check_ramp"},
		     {"copy", "tern_copy"},
		     {"add", "tern_count"}};

	for (size_t i = 0; i < LENGTH(table); i++)
		if (!strcmp(table[i].name, name))
			return table[i].built_in;
	return name;
}

cl_int shared_make_kernel(cl_context context, const char *name, cl_program *program,
			  cl_kernel *kernel)
{
	cl_device_id device = conf_device();
	const char *text = shared_source;
	cl_bool compiler = CL_FALSE;
	cl_int error = clGetDeviceInfo(device, CL_DEVICE_COMPILER_AVAILABLE, sizeof compiler,
				       &compiler, NULL);

	if (error)
		return error;
	if (!compiler) {
		name = built_in_name(name);
		*program = clCreateProgramWithBuiltInKernels(context, 1, &device, name, &error);
	} else {
		*program = clCreateProgramWithSource(context, 1, &text, NULL, &error);
		if (!error)
			error = clBuildProgram(*program, 1, &device, "-cl-std=CL3.0", NULL, NULL);
	}
	if (!error)
		*kernel = clCreateKernel(*program, name, &error);
	return error;
}

static cl_kernel built_in(const char *name)
{
	cl_program program = NULL;
	cl_kernel kernel = NULL;
	cl_int error = shared_make_kernel(conf_context(), name, &program, &kernel);

	if (error == CL_INVALID_VALUE)
		SKIP("the device has no built-in kernel %s", built_in_name(name));
	OK(error);
	conf_keep_program(program);
	return allow_all(conf_keep_kernel(kernel));
}

cl_kernel shared_kernel(const char *name)
{
	if (!conf_device_bool(CL_DEVICE_COMPILER_AVAILABLE))
		return built_in(name);
	return shared_kernel_of(shared_source, name);
}

void shared_pointer(cl_kernel kernel, cl_uint index, const void *pointer)
{
	OK(clSetKernelArgSVMPointer(kernel, index, pointer));
}

void shared_inc(int *p, size_t count)
{
	cl_kernel kernel = shared_kernel("inc");

	shared_pointer(kernel, 0, p);
	conf_run(kernel, count, 0);
}

void shared_fill(int *p, int value, size_t count)
{
	cl_kernel kernel = shared_kernel("fill");

	shared_pointer(kernel, 0, p);
	ARG(kernel, 1, value);
	conf_run(kernel, count, 0);
}

int shared_wrong(const int *p, int value, size_t count)
{
	cl_kernel kernel = shared_kernel("wrong");
	int wrong = 0;

	shared_pointer(kernel, 0, p);
	ARG(kernel, 1, value);
	shared_pointer(kernel, 2, &wrong);
	conf_run(kernel, count, 0);
	return wrong;
}

size_t shared_wrong_here(const int *p, int value, size_t count)
{
	size_t wrong = 0;

	for (size_t i = 0; i < count; i++)
		wrong += p[i] != value + (int)i;
	return wrong;
}

cl_event shared_start(cl_command_queue queue, cl_kernel kernel, size_t global)
{
	cl_event event = NULL;

	OK(clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &global, NULL, 0, NULL, &event));
	conf_keep_event(event);
	OK(clFlush(queue));
	return event;
}

cl_int shared_try(cl_kernel kernel, size_t global)
{
	cl_event event = shared_start(conf_queue(), kernel, global);
	cl_int waited = clWaitForEvents(1, &event);
	cl_int status = conf_event_status(event);

	CHECK(status <= CL_COMPLETE);
	CHECK_CL(status == CL_COMPLETE ? CL_SUCCESS : CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST,
		 waited);
	return status;
}

static void works_on_system_memory(void)
{
	enum { COUNT = 3000 };
	int *p = malloc(COUNT * sizeof *p);

	REQUIRE(p != NULL);
	for (int i = 0; i < COUNT; i++)
		p[i] = i + 6;
	shared_inc(p, COUNT);
	CHECK_EQ(0, shared_wrong_here(p, 7, COUNT));
	free(p);
}

void shared_still_works(void)
{
	enum { COUNT = 3000 };
	int back[COUNT];
	cl_kernel kernel = shared_kernel("fill");
	cl_mem mem = conf_buffer(0, sizeof back, NULL);
	int value = 100;

	ARG(kernel, 0, mem);
	ARG(kernel, 1, value);
	conf_run(kernel, COUNT, 0);
	conf_read(mem, back, sizeof back);
	CHECK_EQ(0, shared_wrong_here(back, value, COUNT));
	if (is_system())
		works_on_system_memory();
}

void *shared_map(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	REQUIRE(p != MAP_FAILED);
	return p;
}

int shared_file(int flags)
{
	char name[] = "conformance-XXXXXX";
	int made = mkstemp(name);

	if (made < 0)
		return -1;
	int fd = open(name, O_RDWR | O_CLOEXEC | flags);
	int error = errno;

	unlink(name);
	close(made);
	errno = error;
	return fd;
}

static bool has(cl_device_id device, cl_ulong capability)
{
	cl_device_svm_capabilities svm = 0;

	OK(clGetDeviceInfo(device, CL_DEVICE_SVM_CAPABILITIES, sizeof svm, &svm, NULL));
	return (svm & capability) == capability;
}

void shared_open_devices(struct shared_devices *all, cl_ulong capability)
{
	cl_device_id found[LENGTH(all->ids)];
	cl_uint count = 0;
	cl_int error;

	if (!conf_device_bool(CL_DEVICE_COMPILER_AVAILABLE))
		SKIP("the device has no compiler: it shares no kernels with others");
	*all = (struct shared_devices){.count = 1, .ids = {conf_device()}};
	OK(clGetDeviceIDs(conf_platform(), CL_DEVICE_TYPE_ALL, LENGTH(found), found, &count));
	for (cl_uint i = 0; i < count && i < LENGTH(found); i++)
		if (found[i] != conf_device() && all->count < LENGTH(all->ids) &&
		    has(found[i], capability))
			all->ids[all->count++] = found[i];
	cl_context context = clCreateContext(NULL, all->count, all->ids, NULL, NULL, &error);

	OK(error);
	all->context = conf_keep_context(context);
	for (cl_uint i = 0; i < all->count; i++) {
		all->queues[i] =
			clCreateCommandQueueWithProperties(context, all->ids[i], NULL, &error);
		OK(error);
		conf_keep_queue(all->queues[i]);
	}
}

cl_kernel shared_devices_kernel(const struct shared_devices *all, const char *source,
				const char *name)
{
	const char *text = source ? source : shared_source;
	cl_int error;
	cl_program program = clCreateProgramWithSource(all->context, 1, &text, NULL, &error);

	OK(error);
	conf_keep_program(program);
	OK(clBuildProgram(program, all->count, all->ids, "-cl-std=CL3.0", NULL, NULL));
	return allow_all(conf_kernel_of(program, name));
}
