/* SPDX-License-Identifier: MIT */
/* Each function with wrong arguments: contexts, queues, buffers, events. */
#include "conformance/harness.h"
#include <stdint.h>
#include <string.h>

/* Checks the error of a create function, and that it returned NULL. */
#define CHECK_NO(want, type, call)                                                                 \
	do {                                                                                       \
		cl_int error = 12345;                                                              \
		type made = call;                                                                  \
		CHECKF(error == (want), #call ": expected error %d, is %d", (want), error);        \
		CHECKF(made == NULL, #call ": returns an object");                                 \
	} while (0)

static cl_context other_context(void)
{
	cl_device_id device = conf_device();
	cl_int error;
	cl_context context = clCreateContext(NULL, 1, &device, NULL, NULL, &error);

	OK(error);
	return conf_keep_context(context);
}

static cl_mem foreign_buffer(void)
{
	cl_int error;
	cl_mem mem = clCreateBuffer(other_context(), 0, 4096, NULL, &error);

	OK(error);
	return conf_keep_mem(mem);
}

static cl_event foreign_event(void)
{
	cl_int error;
	cl_event event = clCreateUserEvent(other_context(), &error);

	OK(error);
	OK(clSetUserEventStatus(event, CL_COMPLETE));
	return conf_keep_event(event);
}

static void null_handles(void)
{
	cl_uint value;

	CHECK_CL(CL_INVALID_CONTEXT, clRetainContext(NULL));
	CHECK_CL(CL_INVALID_CONTEXT, clReleaseContext(NULL));
	CHECK_CL(CL_INVALID_CONTEXT,
		 clGetContextInfo(NULL, CL_CONTEXT_NUM_DEVICES, 4, &value, NULL));
	CHECK_CL(CL_INVALID_COMMAND_QUEUE, clRetainCommandQueue(NULL));
	CHECK_CL(CL_INVALID_COMMAND_QUEUE, clReleaseCommandQueue(NULL));
	CHECK_CL(CL_INVALID_COMMAND_QUEUE, clFlush(NULL));
	CHECK_CL(CL_INVALID_COMMAND_QUEUE, clFinish(NULL));
	CHECK_CL(CL_INVALID_MEM_OBJECT, clRetainMemObject(NULL));
	CHECK_CL(CL_INVALID_MEM_OBJECT, clReleaseMemObject(NULL));
	CHECK_CL(CL_INVALID_PROGRAM, clRetainProgram(NULL));
	CHECK_CL(CL_INVALID_PROGRAM, clReleaseProgram(NULL));
	CHECK_CL(CL_INVALID_PROGRAM, clBuildProgram(NULL, 0, NULL, NULL, NULL, NULL));
	CHECK_CL(CL_INVALID_KERNEL, clRetainKernel(NULL));
	CHECK_CL(CL_INVALID_KERNEL, clReleaseKernel(NULL));
	CHECK_CL(CL_INVALID_KERNEL, clSetKernelArg(NULL, 0, 4, &value));
	CHECK_CL(CL_INVALID_EVENT, clRetainEvent(NULL));
	CHECK_CL(CL_INVALID_EVENT, clReleaseEvent(NULL));
	CHECK_CL(CL_INVALID_EVENT, clSetUserEventStatus(NULL, CL_COMPLETE));
	CHECK_CL(CL_INVALID_DEVICE, clRetainDevice(NULL));
	CHECK_CL(CL_INVALID_DEVICE, clReleaseDevice(NULL));
	CHECK_CL(CL_INVALID_DEVICE, clGetDeviceInfo(NULL, CL_DEVICE_TYPE, 8, &value, NULL));
	CHECK_CL(CL_INVALID_SAMPLER, clReleaseSampler(NULL));
	CHECK_NO(CL_INVALID_CONTEXT, cl_mem, clCreateBuffer(NULL, 0, 64, NULL, &error));
	CHECK_NO(CL_INVALID_CONTEXT, cl_event, clCreateUserEvent(NULL, &error));
}

/* A handle of another kind must be told from a right one. */
static void wrong_kind(void)
{
	cl_uint value = 0;
	size_t one = 1;
	void *queue = conf_queue(), *context = conf_context(), *mem = conf_buffer(0, 64, NULL);
	void *event = conf_user_event();

	CHECK_CL(CL_INVALID_CONTEXT,
		 clGetContextInfo(queue, CL_CONTEXT_NUM_DEVICES, 4, &value, NULL));
	CHECK_CL(CL_INVALID_COMMAND_QUEUE, clFinish(mem));
	CHECK_CL(CL_INVALID_MEM_OBJECT, clRetainMemObject(context));
	CHECK_CL(CL_INVALID_EVENT, clReleaseEvent(mem));
	CHECK_CL(CL_INVALID_KERNEL,
		 clEnqueueNDRangeKernel(queue, mem, 1, NULL, &one, NULL, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_PROGRAM, clBuildProgram(context, 0, NULL, NULL, NULL, NULL));
	CHECK_CL(CL_INVALID_COMMAND_QUEUE, clReleaseCommandQueue(event));
	CHECK_CL(CL_INVALID_MEM_OBJECT,
		 clEnqueueFillBuffer(queue, queue, &value, 4, 0, 64, 0, NULL, NULL));
	CHECK_NO(CL_INVALID_CONTEXT, cl_mem, clCreateBuffer(event, 0, 64, NULL, &error));
	OK(clSetUserEventStatus(event, CL_COMPLETE));
}

static void CL_CALLBACK context_notify(const char *text, const void *data, size_t size, void *user)
{
	(void)text;
	(void)data;
	(void)size;
	(void)user;
}

static void create_context(void)
{
	cl_device_id device = conf_device(), devices[2] = {device, NULL};
	const cl_context_properties platform = (cl_context_properties)conf_platform();
	const cl_context_properties unknown[] = {0x7777, 1, 0};
	const cl_context_properties twice[] = {CL_CONTEXT_PLATFORM, platform, CL_CONTEXT_PLATFORM,
					       platform, 0};
	const cl_context_properties good[] = {CL_CONTEXT_PLATFORM, platform, 0};
	int data = 0;

	CHECK_NO(CL_INVALID_VALUE, cl_context,
		 clCreateContext(NULL, 0, &device, NULL, NULL, &error));
	CHECK_NO(CL_INVALID_VALUE, cl_context, clCreateContext(good, 1, NULL, NULL, NULL, &error));
	CHECK_NO(CL_INVALID_VALUE, cl_context,
		 clCreateContext(NULL, 1, &device, NULL, &data, &error));
	CHECK_NO(CL_INVALID_DEVICE, cl_context,
		 clCreateContext(good, 2, devices, NULL, NULL, &error));
	CHECK_NO(CL_INVALID_PROPERTY, cl_context,
		 clCreateContext(unknown, 1, &device, NULL, NULL, &error));
	CHECK_NO(CL_INVALID_PROPERTY, cl_context,
		 clCreateContext(twice, 1, &device, NULL, NULL, &error));
	CHECK_NO(CL_INVALID_DEVICE_TYPE, cl_context,
		 clCreateContextFromType(good, 1 << 20, NULL, NULL, &error));
	CHECK_NO(CL_INVALID_VALUE, cl_context,
		 clCreateContextFromType(good, CL_DEVICE_TYPE_ALL, NULL, &data, &error));
	/* The same device twice is one device. */
	cl_int error;
	cl_uint count = 0;

	devices[1] = device;
	cl_context context = clCreateContext(NULL, 2, devices, context_notify, &data, &error);

	OK(error);
	conf_keep_context(context);
	OK(clGetContextInfo(context, CL_CONTEXT_NUM_DEVICES, sizeof count, &count, NULL));
	CHECK_EQ(1, count);
}

static void context_destructor_callback(void)
{
	CHECK_CL(CL_INVALID_VALUE, clSetContextDestructorCallback(conf_context(), NULL, NULL));
	CHECK_CL(CL_INVALID_CONTEXT, clSetContextDestructorCallback(NULL, NULL, NULL));
}

static void create_queue(void)
{
	const cl_queue_properties unknown[] = {0x7777, 1, 0};
	const cl_queue_properties bits[] = {CL_QUEUE_PROPERTIES, 1 << 20, 0};
	const cl_queue_properties size[] = {CL_QUEUE_SIZE, 4096, 0};
	const cl_queue_properties device_only[] = {CL_QUEUE_PROPERTIES, CL_QUEUE_ON_DEVICE, 0};
	cl_device_id device = conf_device();
	cl_context context = conf_context();
	cl_int result = 0;

	CHECK_NO(CL_INVALID_CONTEXT, cl_command_queue,
		 clCreateCommandQueueWithProperties(NULL, device, NULL, &error));
	CHECK_NO(CL_INVALID_DEVICE, cl_command_queue,
		 clCreateCommandQueueWithProperties(context, NULL, NULL, &error));
	CHECK_NO(CL_INVALID_VALUE, cl_command_queue,
		 clCreateCommandQueueWithProperties(context, device, unknown, &error));
	CHECK_NO(CL_INVALID_VALUE, cl_command_queue,
		 clCreateCommandQueueWithProperties(context, device, bits, &error));
	/* A size without a queue on the device, and that without out-of-order execution. */
	CHECK(!clCreateCommandQueueWithProperties(context, device, size, &result));
	CHECK_CL2(CL_INVALID_VALUE, CL_INVALID_QUEUE_PROPERTIES, result);
	CHECK(!clCreateCommandQueueWithProperties(context, device, device_only, &result));
	CHECK_CL2(CL_INVALID_VALUE, CL_INVALID_QUEUE_PROPERTIES, result);
	CHECK_NO(CL_INVALID_VALUE, cl_command_queue,
		 clCreateCommandQueue(context, device, 1 << 20, &error));
}

static void create_buffer(void)
{
	cl_context context = conf_context();
	char bytes[64];
	cl_ulong limit = conf_device_ulong(CL_DEVICE_MAX_MEM_ALLOC_SIZE);

	CHECK_NO(CL_INVALID_BUFFER_SIZE, cl_mem, clCreateBuffer(context, 0, 0, NULL, &error));
	CHECK_NO(CL_INVALID_BUFFER_SIZE, cl_mem,
		 clCreateBuffer(context, 0, limit + 1, NULL, &error));
	CHECK_NO(CL_INVALID_BUFFER_SIZE, cl_mem,
		 clCreateBuffer(context, 0, SIZE_MAX, NULL, &error));
	CHECK_NO(CL_INVALID_HOST_PTR, cl_mem,
		 clCreateBuffer(context, CL_MEM_USE_HOST_PTR, 64, NULL, &error));
	CHECK_NO(CL_INVALID_HOST_PTR, cl_mem,
		 clCreateBuffer(context, CL_MEM_COPY_HOST_PTR, 64, NULL, &error));
	CHECK_NO(CL_INVALID_HOST_PTR, cl_mem, clCreateBuffer(context, 0, 64, bytes, &error));
	CHECK_NO(CL_INVALID_HOST_PTR, cl_mem,
		 clCreateBuffer(context, CL_MEM_ALLOC_HOST_PTR, 64, bytes, &error));
	/* No error code asked for: still only NULL. */
	CHECK(clCreateBuffer(context, 0, 0, NULL, NULL) == NULL);
}

static void create_buffer_flags(void)
{
	static const cl_mem_flags wrong[] = {
		CL_MEM_READ_ONLY | CL_MEM_WRITE_ONLY,
		CL_MEM_READ_WRITE | CL_MEM_READ_ONLY,
		CL_MEM_READ_WRITE | CL_MEM_WRITE_ONLY,
		CL_MEM_HOST_READ_ONLY | CL_MEM_HOST_WRITE_ONLY,
		CL_MEM_HOST_READ_ONLY | CL_MEM_HOST_NO_ACCESS,
		CL_MEM_HOST_WRITE_ONLY | CL_MEM_HOST_NO_ACCESS,
		CL_MEM_USE_HOST_PTR | CL_MEM_ALLOC_HOST_PTR,
		CL_MEM_USE_HOST_PTR | CL_MEM_COPY_HOST_PTR,
		(cl_mem_flags)1 << 40,
	};
	static char bytes[64];

	for (size_t i = 0; i < LENGTH(wrong); i++) {
		bool pointer = wrong[i] & (CL_MEM_USE_HOST_PTR | CL_MEM_COPY_HOST_PTR);
		cl_int error = 1;
		cl_mem mem = clCreateBuffer(conf_context(), wrong[i], 64, pointer ? bytes : NULL,
					    &error);

		CHECKF(error == CL_INVALID_VALUE && !mem, "flags 0x%llx: error %d",
		       (unsigned long long)wrong[i], error);
		if (mem)
			conf_keep_mem(mem);
	}
}

static void create_sub_buffer(void)
{
	size_t align = conf_device_uint(CL_DEVICE_MEM_BASE_ADDR_ALIGN) / 8;
	cl_mem mem = conf_buffer(0, 8 * align, NULL);
	const cl_buffer_region good = {0, align}, empty = {0, 0}, beyond = {align, 8 * align};
	const cl_buffer_region wrap = {align, SIZE_MAX - align + 2}, odd = {align / 2 + 1, 8};
	cl_buffer_create_type region = CL_BUFFER_CREATE_TYPE_REGION;
	cl_int made_error;
	cl_mem part = clCreateSubBuffer(mem, 0, region, &good, &made_error);

	OK(made_error);
	conf_keep_mem(part);
	CHECK_NO(CL_INVALID_MEM_OBJECT, cl_mem, clCreateSubBuffer(NULL, 0, region, &good, &error));
	CHECK_NO(CL_INVALID_MEM_OBJECT, cl_mem, clCreateSubBuffer(part, 0, region, &good, &error));
	CHECK_NO(CL_INVALID_VALUE, cl_mem, clCreateSubBuffer(mem, 0, region, NULL, &error));
	CHECK_NO(CL_INVALID_VALUE, cl_mem, clCreateSubBuffer(mem, 0, 0x7777, &good, &error));
	CHECK_NO(CL_INVALID_BUFFER_SIZE, cl_mem, clCreateSubBuffer(mem, 0, region, &empty, &error));
	CHECK_NO(CL_INVALID_VALUE, cl_mem, clCreateSubBuffer(mem, 0, region, &beyond, &error));
	CHECK_NO(CL_INVALID_VALUE, cl_mem, clCreateSubBuffer(mem, 0, region, &wrap, &error));
	CHECK_NO(CL_MISALIGNED_SUB_BUFFER_OFFSET, cl_mem,
		 clCreateSubBuffer(mem, 0, region, &odd, &error));
	CHECK_CL(CL_INVALID_VALUE, clSetMemObjectDestructorCallback(mem, NULL, NULL));
	CHECK_CL(CL_INVALID_MEM_OBJECT, clSetMemObjectDestructorCallback(NULL, NULL, NULL));
}

/* What all clEnqueue* functions have in common, on the transfers. */
static void wait_lists(void)
{
	cl_mem mem = conf_buffer(0, 4096, NULL);
	cl_command_queue queue = conf_queue();
	cl_event gate = conf_user_event(), list[2] = {gate, NULL}, foreign = foreign_event();
	char bytes[64] = {0};

	OK(clSetUserEventStatus(gate, CL_COMPLETE));
	CHECK_CL(CL_INVALID_EVENT_WAIT_LIST,
		 clEnqueueReadBuffer(queue, mem, CL_TRUE, 0, 64, bytes, 1, NULL, NULL));
	CHECK_CL(CL_INVALID_EVENT_WAIT_LIST,
		 clEnqueueReadBuffer(queue, mem, CL_TRUE, 0, 64, bytes, 0, &gate, NULL));
	CHECK_CL(CL_INVALID_EVENT_WAIT_LIST,
		 clEnqueueReadBuffer(queue, mem, CL_TRUE, 0, 64, bytes, 2, list, NULL));
	CHECK_CL(CL_INVALID_CONTEXT,
		 clEnqueueReadBuffer(queue, mem, CL_TRUE, 0, 64, bytes, 1, &foreign, NULL));
	CHECK_CL(CL_INVALID_EVENT_WAIT_LIST, clEnqueueMarkerWithWaitList(queue, 1, NULL, NULL));
	CHECK_CL(CL_INVALID_EVENT_WAIT_LIST, clEnqueueMarkerWithWaitList(queue, 2, list, NULL));
	CHECK_CL(CL_INVALID_EVENT_WAIT_LIST, clEnqueueMarkerWithWaitList(queue, 0, list, NULL));
	CHECK_CL(CL_INVALID_EVENT_WAIT_LIST, clEnqueueBarrierWithWaitList(queue, 1, NULL, NULL));
	CHECK_CL(CL_INVALID_CONTEXT, clEnqueueBarrierWithWaitList(queue, 1, &foreign, NULL));
	CHECK_CL(CL_INVALID_VALUE, clWaitForEvents(0, &gate));
	CHECK_CL(CL_INVALID_VALUE, clWaitForEvents(1, NULL));
	CHECK_CL(CL_INVALID_EVENT, clWaitForEvents(2, list));
	list[1] = foreign;
	CHECK_CL(CL_INVALID_CONTEXT, clWaitForEvents(2, list));
}

static void transfers(void)
{
	cl_mem mem = conf_buffer(0, 4096, NULL), foreign = foreign_buffer();
	cl_command_queue queue = conf_queue();
	char bytes[64] = {0};

	CHECK_CL(CL_INVALID_COMMAND_QUEUE,
		 clEnqueueReadBuffer(NULL, mem, CL_TRUE, 0, 64, bytes, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_MEM_OBJECT,
		 clEnqueueReadBuffer(queue, NULL, CL_TRUE, 0, 64, bytes, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_CONTEXT,
		 clEnqueueReadBuffer(queue, foreign, CL_TRUE, 0, 64, bytes, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE,
		 clEnqueueReadBuffer(queue, mem, CL_TRUE, 4090, 64, bytes, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE,
		 clEnqueueReadBuffer(queue, mem, CL_TRUE, SIZE_MAX - 8, 64, bytes, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE,
		 clEnqueueReadBuffer(queue, mem, CL_TRUE, 0, 64, NULL, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE,
		 clEnqueueWriteBuffer(queue, mem, CL_TRUE, 4090, 64, bytes, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE, clEnqueueWriteBuffer(queue, mem, CL_TRUE, 64, SIZE_MAX - 32,
							bytes, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE,
		 clEnqueueWriteBuffer(queue, mem, CL_TRUE, 0, 64, NULL, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_CONTEXT,
		 clEnqueueWriteBuffer(queue, foreign, CL_TRUE, 0, 64, bytes, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_CONTEXT,
		 clEnqueueCopyBuffer(queue, mem, foreign, 0, 0, 64, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_MEM_OBJECT,
		 clEnqueueCopyBuffer(queue, mem, NULL, 0, 0, 64, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE,
		 clEnqueueCopyBuffer(queue, mem, mem, 0, 4090, 64, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE,
		 clEnqueueCopyBuffer(queue, mem, mem, 4090, 0, 64, 0, NULL, NULL));
}

static void fill_arguments(void)
{
	cl_mem mem = conf_buffer(0, 4096, NULL);
	cl_command_queue queue = conf_queue();
	char bytes[256] = {0};

	CHECK_CL(CL_INVALID_VALUE, clEnqueueFillBuffer(queue, mem, NULL, 4, 0, 64, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE, clEnqueueFillBuffer(queue, mem, bytes, 0, 0, 64, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE, clEnqueueFillBuffer(queue, mem, bytes, 3, 0, 63, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE,
		 clEnqueueFillBuffer(queue, mem, bytes, 256, 0, 256, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE, clEnqueueFillBuffer(queue, mem, bytes, 8, 4, 64, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE, clEnqueueFillBuffer(queue, mem, bytes, 8, 0, 60, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE,
		 clEnqueueFillBuffer(queue, mem, bytes, 8, 4088, 16, 0, NULL, NULL));
}

static void rectangle_arguments(void)
{
	const size_t zero[3] = {0}, region[3] = {8, 8, 2}, empty[3] = {8, 0, 2},
		     far[3] = {4000, 0, 0};
	cl_mem mem = conf_buffer(0, 4096, NULL);
	cl_command_queue queue = conf_queue();
	char bytes[4096] = {0};

	CHECK_CL(CL_INVALID_VALUE, clEnqueueReadBufferRect(queue, mem, CL_TRUE, far, zero, region,
							   0, 0, 0, 0, bytes, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE, clEnqueueReadBufferRect(queue, mem, CL_TRUE, zero, zero, empty,
							   0, 0, 0, 0, bytes, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE, clEnqueueReadBufferRect(queue, mem, CL_TRUE, zero, zero, region,
							   4, 0, 0, 0, bytes, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE, clEnqueueWriteBufferRect(queue, mem, CL_TRUE, zero, zero, region,
							    0, 0, 4, 0, bytes, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE, clEnqueueWriteBufferRect(queue, mem, CL_TRUE, zero, zero, region,
							    8, 60, 0, 0, bytes, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE, clEnqueueWriteBufferRect(queue, mem, CL_TRUE, zero, zero, region,
							    0, 0, 0, 0, NULL, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE, clEnqueueCopyBufferRect(queue, mem, mem, zero, zero, region, 8,
							   64, 16, 128, 0, NULL, NULL));
	CHECK_CL(CL_MEM_COPY_OVERLAP, clEnqueueCopyBufferRect(queue, mem, mem, zero, zero, region,
							      0, 0, 0, 0, 0, NULL, NULL));
}

static void map_arguments(void)
{
	cl_mem mem = conf_buffer(0, 4096, NULL), foreign = foreign_buffer();
	cl_mem no_read = conf_buffer(CL_MEM_HOST_WRITE_ONLY, 64, NULL);
	cl_mem no_write = conf_buffer(CL_MEM_HOST_READ_ONLY, 64, NULL);
	cl_command_queue queue = conf_queue();

#define MAP(mem_, flags, offset, size)                                                             \
	clEnqueueMapBuffer(queue, mem_, CL_TRUE, flags, offset, size, 0, NULL, NULL, &error)
	CHECK_NO(CL_INVALID_VALUE, void *, MAP(mem, CL_MAP_READ, 4090, 64));
	CHECK_NO(CL_INVALID_VALUE, void *, MAP(mem, CL_MAP_READ, 0, 0));
	CHECK_NO(CL_INVALID_VALUE, void *, MAP(mem, CL_MAP_READ, SIZE_MAX - 8, 64));
	CHECK_NO(CL_INVALID_VALUE, void *, MAP(mem, 1 << 12, 0, 64));
	CHECK_NO(CL_INVALID_VALUE, void *,
		 MAP(mem, CL_MAP_READ | CL_MAP_WRITE_INVALIDATE_REGION, 0, 64));
	CHECK_NO(CL_INVALID_CONTEXT, void *, MAP(foreign, CL_MAP_READ, 0, 64));
	CHECK_NO(CL_INVALID_MEM_OBJECT, void *, MAP(NULL, CL_MAP_READ, 0, 64));
	CHECK_NO(CL_INVALID_OPERATION, void *, MAP(no_read, CL_MAP_READ, 0, 64));
	CHECK_NO(CL_INVALID_OPERATION, void *, MAP(no_write, CL_MAP_WRITE, 0, 64));
	CHECK_NO(CL_INVALID_OPERATION, void *,
		 MAP(no_write, CL_MAP_WRITE_INVALIDATE_REGION, 0, 64));
#undef MAP
	CHECK_CL(CL_INVALID_VALUE, clEnqueueUnmapMemObject(queue, mem, &mem, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE, clEnqueueUnmapMemObject(queue, mem, NULL, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_CONTEXT, clEnqueueUnmapMemObject(queue, foreign, &mem, 0, NULL, NULL));
}

static void migrate_arguments(void)
{
	cl_mem mem = conf_buffer(0, 64, NULL), list[2] = {mem, NULL}, foreign = foreign_buffer();
	cl_command_queue queue = conf_queue();

	CHECK_CL(CL_INVALID_VALUE, clEnqueueMigrateMemObjects(queue, 0, &mem, 0, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE, clEnqueueMigrateMemObjects(queue, 1, NULL, 0, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE,
		 clEnqueueMigrateMemObjects(queue, 1, &mem, 1 << 12, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_MEM_OBJECT,
		 clEnqueueMigrateMemObjects(queue, 2, list, 0, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_CONTEXT,
		 clEnqueueMigrateMemObjects(queue, 1, &foreign, 0, 0, NULL, NULL));
}

/* Features that the device does not report are refused with the specified error. */
static void absent_objects(void)
{
	const cl_image_format format = {CL_RGBA, CL_UNORM_INT8};
	const cl_image_desc desc = {
		.image_type = CL_MEM_OBJECT_IMAGE2D, .image_width = 4, .image_height = 4};
	const cl_sampler_properties sampler[] = {CL_SAMPLER_NORMALIZED_COORDS, CL_FALSE, 0};
	cl_context context = conf_context();

	if (!conf_has_images()) {
		CHECK_NO(CL_INVALID_OPERATION, cl_mem,
			 clCreateImage(context, 0, &format, &desc, NULL, &error));
		CHECK_NO(CL_INVALID_OPERATION, cl_sampler,
			 clCreateSamplerWithProperties(context, sampler, &error));
	}
	if (!conf_device_bool(CL_DEVICE_PIPE_SUPPORT))
		CHECK_NO(CL_INVALID_OPERATION, cl_mem,
			 clCreatePipe(context, 0, 4, 16, NULL, &error));
	if (conf_has_images() && conf_device_bool(CL_DEVICE_PIPE_SUPPORT))
		SKIP("the device has images and pipes");
}

CONF_CASES(negative_objects) = {
	CASE(null_handles),        CASE(wrong_kind),
	CASE(create_context),      CASE(context_destructor_callback),
	CASE(create_queue),        CASE(create_buffer),
	CASE(create_buffer_flags), CASE(create_sub_buffer),
	CASE(wait_lists),          CASE(transfers),
	CASE(fill_arguments),      CASE(rectangle_arguments),
	CASE(map_arguments),       CASE(migrate_arguments),
	CASE(absent_objects),      CASE_END,
};
