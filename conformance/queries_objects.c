/* SPDX-License-Identifier: MIT */
/* Chapters 4.4, 5: clGet*Info of contexts, queues, events, memory objects, programs and kernels. */
#include "conformance/info.h"
#include <string.h>

static const char *const source = "kernel void first(global int *out, int value) {\n"
				  "  out[get_global_id(0)] = value; }\n"
				  "kernel void second(global const float *a, local float *t) {\n"
				  "  t[get_local_id(0)] = a[0]; }\n";

static void context_info(void)
{
	static const struct conf_info table[] = {
		INFO(CL_CONTEXT_REFERENCE_COUNT, cl_uint),
		INFO(CL_CONTEXT_NUM_DEVICES, cl_uint),
		INFO(CL_CONTEXT_DEVICES, cl_device_id),
		INFO_LIST(CL_CONTEXT_PROPERTIES, cl_context_properties),
		INFO_END,
	};
	cl_uint count = 0;
	cl_device_id device = NULL;
	size_t size = 99;

	conf_check_infos(conf_context_info, conf_context(), table);
	OK(clGetContextInfo(conf_context(), CL_CONTEXT_NUM_DEVICES, sizeof count, &count, NULL));
	CHECK_EQ(1, count);
	OK(clGetContextInfo(conf_context(), CL_CONTEXT_DEVICES, sizeof device, &device, NULL));
	CHECK(device == conf_device());
	/* Made with NULL: nothing to give back. */
	OK(clGetContextInfo(conf_context(), CL_CONTEXT_PROPERTIES, 0, NULL, &size));
	CHECK(size == 0 || size == sizeof(cl_context_properties));
}

static void context_properties(void)
{
	const cl_context_properties list[] = {CL_CONTEXT_PLATFORM,
					      (cl_context_properties)conf_platform(), 0};
	cl_context_properties back[8] = {0};
	cl_device_id device = conf_device();
	size_t size = 0;
	cl_int error;
	cl_context context = clCreateContext(list, 1, &device, NULL, NULL, &error);

	OK(error);
	conf_keep_context(context);
	OK(clGetContextInfo(context, CL_CONTEXT_PROPERTIES, sizeof back, back, &size));
	CHECK_EQ(sizeof list, size);
	CHECK(!memcmp(list, back, sizeof list));
}

static void context_from_type(void)
{
	const cl_context_properties list[] = {CL_CONTEXT_PLATFORM,
					      (cl_context_properties)conf_platform(), 0};
	cl_uint all = 0, count = 0;
	cl_int error;
	cl_context context = clCreateContextFromType(list, CL_DEVICE_TYPE_ALL, NULL, NULL, &error);

	OK(error);
	conf_keep_context(context);
	OK(clGetDeviceIDs(conf_platform(), CL_DEVICE_TYPE_ALL, 0, NULL, &all));
	OK(clGetContextInfo(context, CL_CONTEXT_NUM_DEVICES, sizeof count, &count, NULL));
	CHECK_EQ(all, count);
	context = clCreateContextFromType(list, CL_DEVICE_TYPE_DEFAULT, NULL, NULL, &error);
	OK(error);
	conf_keep_context(context);
	OK(clGetContextInfo(context, CL_CONTEXT_NUM_DEVICES, sizeof count, &count, NULL));
	CHECK_EQ(1, count);
}

static void queue_info(void)
{
	static const struct conf_info table[] = {
		INFO(CL_QUEUE_CONTEXT, cl_context),
		INFO(CL_QUEUE_DEVICE, cl_device_id),
		INFO(CL_QUEUE_REFERENCE_COUNT, cl_uint),
		INFO(CL_QUEUE_PROPERTIES, cl_command_queue_properties),
		INFO_LIST(CL_QUEUE_PROPERTIES_ARRAY, cl_queue_properties),
		INFO(CL_QUEUE_DEVICE_DEFAULT, cl_command_queue),
		INFO_END,
	};
	cl_context context = NULL;
	cl_device_id device = NULL;

	conf_check_infos(conf_queue_info, conf_queue(), table);
	OK(clGetCommandQueueInfo(conf_queue(), CL_QUEUE_CONTEXT, sizeof context, &context, NULL));
	CHECK(context == conf_context());
	OK(clGetCommandQueueInfo(conf_queue(), CL_QUEUE_DEVICE, sizeof device, &device, NULL));
	CHECK(device == conf_device());
	cl_uint size = 0;

	/* Only a queue on the device has a size. */
	CHECK_CL(CL_INVALID_COMMAND_QUEUE,
		 clGetCommandQueueInfo(conf_queue(), CL_QUEUE_SIZE, sizeof size, &size, NULL));
}

static void queue_properties_array(void)
{
	const cl_queue_properties list[] = {CL_QUEUE_PROPERTIES, CL_QUEUE_PROFILING_ENABLE, 0};
	cl_queue_properties back[8] = {0};
	cl_command_queue_properties properties = 0;
	size_t size = 0;
	cl_int error;
	cl_command_queue queue =
		clCreateCommandQueueWithProperties(conf_context(), conf_device(), list, &error);

	OK(error);
	conf_keep_queue(queue);
	OK(clGetCommandQueueInfo(queue, CL_QUEUE_PROPERTIES_ARRAY, sizeof back, back, &size));
	CHECK_EQ(sizeof list, size);
	CHECK(!memcmp(list, back, sizeof list));
	OK(clGetCommandQueueInfo(queue, CL_QUEUE_PROPERTIES, sizeof properties, &properties, NULL));
	CHECK_EQ(CL_QUEUE_PROFILING_ENABLE, properties);
	queue = clCreateCommandQueueWithProperties(conf_context(), conf_device(), NULL, &error);
	OK(error);
	conf_keep_queue(queue);
	OK(clGetCommandQueueInfo(queue, CL_QUEUE_PROPERTIES_ARRAY, sizeof back, back, &size));
	CHECK_EQ(0, size);
	/* The way of OpenCL 1 leaves no array either. */
	queue = clCreateCommandQueue(conf_context(), conf_device(), CL_QUEUE_PROFILING_ENABLE,
				     &error);
	OK(error);
	conf_keep_queue(queue);
	OK(clGetCommandQueueInfo(queue, CL_QUEUE_PROPERTIES_ARRAY, sizeof back, back, &size));
	CHECK_EQ(0, size);
}

static void event_info(void)
{
	static const struct conf_info table[] = {
		INFO(CL_EVENT_COMMAND_QUEUE, cl_command_queue),
		INFO(CL_EVENT_CONTEXT, cl_context),
		INFO(CL_EVENT_COMMAND_TYPE, cl_command_type),
		INFO(CL_EVENT_COMMAND_EXECUTION_STATUS, cl_int),
		INFO(CL_EVENT_REFERENCE_COUNT, cl_uint),
		INFO_END,
	};
	static const struct conf_info times[] = {
		INFO(CL_PROFILING_COMMAND_QUEUED, cl_ulong),
		INFO(CL_PROFILING_COMMAND_SUBMIT, cl_ulong),
		INFO(CL_PROFILING_COMMAND_START, cl_ulong),
		INFO(CL_PROFILING_COMMAND_END, cl_ulong),
		INFO(CL_PROFILING_COMMAND_COMPLETE, cl_ulong),
		INFO_END,
	};
	cl_command_queue queue = conf_queue_with(CL_QUEUE_PROFILING_ENABLE);
	cl_event event = NULL;

	OK(clEnqueueMarkerWithWaitList(queue, 0, NULL, &event));
	conf_keep_event(event);
	OK(clWaitForEvents(1, &event));
	conf_check_infos(conf_event_info, event, table);
	conf_check_infos(conf_profiling_info, event, times);
	conf_check_infos(conf_event_info, conf_user_event(), table);
	cl_command_queue other = queue;
	cl_event user = conf_user_event();

	OK(clGetEventInfo(user, CL_EVENT_COMMAND_QUEUE, sizeof other, &other, NULL));
	CHECK(other == NULL);
	OK(clSetUserEventStatus(user, CL_COMPLETE));
}

static void mem_info(void)
{
	static const struct conf_info table[] = {
		INFO(CL_MEM_TYPE, cl_mem_object_type),
		INFO(CL_MEM_FLAGS, cl_mem_flags),
		INFO(CL_MEM_SIZE, size_t),
		INFO(CL_MEM_HOST_PTR, void *),
		INFO(CL_MEM_MAP_COUNT, cl_uint),
		INFO(CL_MEM_REFERENCE_COUNT, cl_uint),
		INFO(CL_MEM_CONTEXT, cl_context),
		INFO(CL_MEM_ASSOCIATED_MEMOBJECT, cl_mem),
		INFO(CL_MEM_OFFSET, size_t),
		INFO(CL_MEM_USES_SVM_POINTER, cl_bool),
		INFO_LIST(CL_MEM_PROPERTIES, cl_mem_properties),
		INFO_END,
	};
	cl_mem mem = conf_buffer(CL_MEM_READ_ONLY, 1000, NULL);
	cl_mem_object_type type = 0;
	cl_mem_flags flags = 0;
	size_t size = 0;

	conf_check_infos(conf_mem_info, mem, table);
	OK(clGetMemObjectInfo(mem, CL_MEM_TYPE, sizeof type, &type, NULL));
	CHECK_EQ(CL_MEM_OBJECT_BUFFER, type);
	OK(clGetMemObjectInfo(mem, CL_MEM_FLAGS, sizeof flags, &flags, NULL));
	CHECK_EQ(CL_MEM_READ_ONLY, flags);
	OK(clGetMemObjectInfo(mem, CL_MEM_SIZE, sizeof size, &size, NULL));
	CHECK_EQ(1000, size);
}

static void program_info(void)
{
	static const struct conf_info table[] = {
		INFO(CL_PROGRAM_REFERENCE_COUNT, cl_uint),
		INFO(CL_PROGRAM_CONTEXT, cl_context),
		INFO(CL_PROGRAM_NUM_DEVICES, cl_uint),
		INFO(CL_PROGRAM_DEVICES, cl_device_id),
		INFO_TEXT(CL_PROGRAM_SOURCE),
		INFO_LIST(CL_PROGRAM_IL, char),
		INFO(CL_PROGRAM_BINARY_SIZES, size_t),
		INFO(CL_PROGRAM_NUM_KERNELS, size_t),
		INFO_TEXT(CL_PROGRAM_KERNEL_NAMES),
		INFO(CL_PROGRAM_SCOPE_GLOBAL_CTORS_PRESENT, cl_bool),
		INFO(CL_PROGRAM_SCOPE_GLOBAL_DTORS_PRESENT, cl_bool),
		INFO_END,
	};
	static const struct conf_info build[] = {
		INFO(CL_PROGRAM_BUILD_STATUS, cl_build_status),
		INFO_TEXT(CL_PROGRAM_BUILD_OPTIONS),
		INFO_TEXT(CL_PROGRAM_BUILD_LOG),
		INFO(CL_PROGRAM_BINARY_TYPE, cl_program_binary_type),
		INFO(CL_PROGRAM_BUILD_GLOBAL_VARIABLE_TOTAL_SIZE, size_t),
		INFO_END,
	};
	cl_program program = conf_program(source, "-DA=1");
	size_t count = 0;
	char text[512];

	conf_check_infos(conf_program_info, program, table);
	conf_check_infos(conf_build_info, program, build);
	OK(clGetProgramInfo(program, CL_PROGRAM_NUM_KERNELS, sizeof count, &count, NULL));
	CHECK_EQ(2, count);
	OK(clGetProgramInfo(program, CL_PROGRAM_KERNEL_NAMES, sizeof text, text, NULL));
	CHECK(!strcmp(text, "first;second") || !strcmp(text, "second;first"));
	OK(clGetProgramInfo(program, CL_PROGRAM_SOURCE, sizeof text, text, NULL));
	CHECK(!strcmp(text, source));
	OK(clGetProgramBuildInfo(program, conf_device(), CL_PROGRAM_BUILD_OPTIONS, sizeof text,
				 text, NULL));
	CHECK(!strcmp(text, "-DA=1"));
}

static void kernel_info(void)
{
	static const struct conf_info table[] = {
		INFO_TEXT(CL_KERNEL_FUNCTION_NAME),
		INFO(CL_KERNEL_NUM_ARGS, cl_uint),
		INFO(CL_KERNEL_REFERENCE_COUNT, cl_uint),
		INFO(CL_KERNEL_CONTEXT, cl_context),
		INFO(CL_KERNEL_PROGRAM, cl_program),
		INFO_TEXT(CL_KERNEL_ATTRIBUTES),
		INFO_END,
	};
	static const struct conf_info group[] = {
		INFO(CL_KERNEL_WORK_GROUP_SIZE, size_t),
		INFO(CL_KERNEL_COMPILE_WORK_GROUP_SIZE, size_t[3]),
		INFO(CL_KERNEL_LOCAL_MEM_SIZE, cl_ulong),
		INFO(CL_KERNEL_PREFERRED_WORK_GROUP_SIZE_MULTIPLE, size_t),
		INFO(CL_KERNEL_PRIVATE_MEM_SIZE, cl_ulong),
		INFO_END,
	};
	cl_program program = conf_program(source, NULL), back = NULL;
	cl_kernel kernel = conf_kernel_of(program, "first");
	cl_uint arguments = 0;
	char name[64];

	conf_check_infos(conf_kernel_info, kernel, table);
	conf_check_infos(conf_work_group_info, kernel, group);
	OK(clGetKernelInfo(kernel, CL_KERNEL_NUM_ARGS, sizeof arguments, &arguments, NULL));
	CHECK_EQ(2, arguments);
	OK(clGetKernelInfo(kernel, CL_KERNEL_FUNCTION_NAME, sizeof name, name, NULL));
	CHECK(!strcmp(name, "first"));
	OK(clGetKernelInfo(kernel, CL_KERNEL_PROGRAM, sizeof back, &back, NULL));
	CHECK(back == program);
	size_t sizes[3];

	/* Only for built-in kernels and custom devices. */
	CHECK_CL(CL_INVALID_VALUE,
		 clGetKernelWorkGroupInfo(kernel, conf_device(), CL_KERNEL_GLOBAL_WORK_SIZE,
					  sizeof sizes, sizes, NULL));
}

static void kernel_work_group_values(void)
{
	cl_program program = conf_program(
		"kernel __attribute__((reqd_work_group_size(4, 2, 1))) void fixed(global int *o)\n"
		"{ local int t[64]; t[get_local_id(0)] = 1; o[get_global_id(0)] = t[0]; }\n"
		"kernel void open(global int *o) { o[get_global_id(0)] = 1; }\n",
		NULL);
	cl_kernel fixed = conf_kernel_of(program, "fixed"), open = conf_kernel_of(program, "open");
	size_t sizes[3] = {9, 9, 9}, size = 0, multiple = 0;
	cl_ulong local = 0;
	cl_device_id device = conf_device();

	OK(clGetKernelWorkGroupInfo(fixed, device, CL_KERNEL_COMPILE_WORK_GROUP_SIZE, sizeof sizes,
				    sizes, NULL));
	CHECK(sizes[0] == 4 && sizes[1] == 2 && sizes[2] == 1);
	OK(clGetKernelWorkGroupInfo(open, device, CL_KERNEL_COMPILE_WORK_GROUP_SIZE, sizeof sizes,
				    sizes, NULL));
	CHECK(sizes[0] == 0 && sizes[1] == 0 && sizes[2] == 0);
	OK(clGetKernelWorkGroupInfo(fixed, device, CL_KERNEL_LOCAL_MEM_SIZE, sizeof local, &local,
				    NULL));
	CHECK(local >= 64 * 4);
	OK(clGetKernelWorkGroupInfo(open, device, CL_KERNEL_WORK_GROUP_SIZE, sizeof size, &size,
				    NULL));
	CHECK(size >= 1 && size <= conf_device_size(CL_DEVICE_MAX_WORK_GROUP_SIZE));
	OK(clGetKernelWorkGroupInfo(open, device, CL_KERNEL_PREFERRED_WORK_GROUP_SIZE_MULTIPLE,
				    sizeof multiple, &multiple, NULL));
	CHECK(multiple >= 1 && multiple <= size);
	/* NULL stands for the only device. */
	OK(clGetKernelWorkGroupInfo(open, NULL, CL_KERNEL_WORK_GROUP_SIZE, sizeof size, &size,
				    NULL));
	CHECK(size >= 1);
}

CONF_CASES(queries_objects) = {
	CASE(context_info),
	CASE(context_properties),
	CASE(context_from_type),
	CASE(queue_info),
	CASE(queue_properties_array),
	CASE(event_info),
	CASE(mem_info),
	CASE(program_info),
	CASE(kernel_info),
	CASE(kernel_work_group_values),
	CASE_END,
};
