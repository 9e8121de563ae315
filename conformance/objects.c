/* SPDX-License-Identifier: MIT */
/* The device of the process, and objects that live as long as the case. */
#include "conformance/report.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

void conf_release_kept(void);

enum kind { KEPT_CONTEXT, KEPT_QUEUE, KEPT_MEM, KEPT_PROGRAM, KEPT_KERNEL, KEPT_EVENT };

struct kept {
	enum kind kind;
	void *object;
};

static struct kept *kept;
static size_t kept_count, kept_room;
static pthread_mutex_t kept_lock = PTHREAD_MUTEX_INITIALIZER;
static cl_platform_id platform;
static cl_device_id device;
static cl_context context;
static cl_command_queue queue;

static void keep(enum kind kind, void *object)
{
	pthread_mutex_lock(&kept_lock);
	if (kept_count == kept_room) {
		kept_room = kept_room ? 2 * kept_room : 64;
		struct kept *grown = realloc(kept, kept_room * sizeof *kept);

		if (!grown)
			abort();
		kept = grown;
	}
	kept[kept_count++] = (struct kept){kind, object};
	pthread_mutex_unlock(&kept_lock);
}

static cl_int release(const struct kept *entry)
{
	switch (entry->kind) {
	case KEPT_CONTEXT:
		return clReleaseContext(entry->object);
	case KEPT_QUEUE:
		return clReleaseCommandQueue(entry->object);
	case KEPT_MEM:
		return clReleaseMemObject(entry->object);
	case KEPT_PROGRAM:
		return clReleaseProgram(entry->object);
	case KEPT_KERNEL:
		return clReleaseKernel(entry->object);
	case KEPT_EVENT:
		return clReleaseEvent(entry->object);
	}
	return CL_INVALID_VALUE;
}

void conf_release_kept(void)
{
	/* A failed case may leave user events open, and commands that wait for them. */
	if (conf_failed())
		for (size_t i = 0; i < kept_count; i++)
			if (kept[i].kind == KEPT_EVENT)
				clSetUserEventStatus(kept[i].object, -1);
	while (kept_count)
		CHECK_CL(CL_SUCCESS, release(&kept[--kept_count]));
	context = NULL;
	queue = NULL;
}

cl_context conf_keep_context(cl_context object)
{
	keep(KEPT_CONTEXT, object);
	return object;
}

cl_command_queue conf_keep_queue(cl_command_queue object)
{
	keep(KEPT_QUEUE, object);
	return object;
}

cl_mem conf_keep_mem(cl_mem object)
{
	keep(KEPT_MEM, object);
	return object;
}

cl_program conf_keep_program(cl_program object)
{
	keep(KEPT_PROGRAM, object);
	return object;
}

cl_kernel conf_keep_kernel(cl_kernel object)
{
	keep(KEPT_KERNEL, object);
	return object;
}

cl_event conf_keep_event(cl_event object)
{
	keep(KEPT_EVENT, object);
	return object;
}

static int fail_open(struct conf_record *record, const char *why)
{
	snprintf(record->text, sizeof record->text, "%s\n", why);
	return -1;
}

int conf_open(const struct conf_options *options, struct conf_record *record)
{
	cl_platform_id platforms[32];
	cl_device_id devices[64];
	cl_uint count = 0;

	if (device)
		return 0;
	if (clGetPlatformIDs(LENGTH(platforms), platforms, &count) || !count)
		return fail_open(record, "no OpenCL platform found");
	count = count < LENGTH(platforms) ? count : LENGTH(platforms);
	for (cl_uint i = 0; i < count; i++) {
		if (clGetPlatformInfo(platforms[i], CL_PLATFORM_NAME, sizeof record->platform,
				      record->platform, NULL))
			return fail_open(record, "clGetPlatformInfo(CL_PLATFORM_NAME) failed");
		if (options->platform && !strcasestr(record->platform, options->platform))
			continue;
		platform = platforms[i];
		break;
	}
	if (!platform)
		return fail_open(record, "no platform of that name");
	clGetPlatformInfo(platform, CL_PLATFORM_VERSION, sizeof record->version, record->version,
			  NULL);
	count = 0;
	if (clGetDeviceIDs(platform, options->custom ? CL_DEVICE_TYPE_CUSTOM : CL_DEVICE_TYPE_ALL,
			   LENGTH(devices), devices, &count))
		return fail_open(record, "clGetDeviceIDs failed");
	if (options->device >= count || options->device >= LENGTH(devices))
		return fail_open(record, "no device of that number");
	device = devices[options->device];
	clGetDeviceInfo(device, CL_DEVICE_NAME, sizeof record->device, record->device, NULL);
	return 0;
}

cl_platform_id conf_platform(void)
{
	return platform;
}

cl_device_id conf_device(void)
{
	return device;
}

cl_context conf_context(void)
{
	if (!context) {
		cl_int error;
		cl_context made = clCreateContext(NULL, 1, &device, NULL, NULL, &error);

		OK(error);
		context = conf_keep_context(made);
	}
	return context;
}

cl_command_queue conf_queue(void)
{
	if (!queue)
		queue = conf_queue_with(0);
	return queue;
}

cl_command_queue conf_queue_with(cl_command_queue_properties properties)
{
	const cl_queue_properties list[] = {CL_QUEUE_PROPERTIES, properties, 0};
	cl_ulong supported = conf_device_ulong(CL_DEVICE_QUEUE_ON_HOST_PROPERTIES);
	cl_int error;

	if (properties & ~supported)
		SKIP("the device has no queue with properties 0x%llx",
		     (unsigned long long)properties);
	cl_command_queue made =
		clCreateCommandQueueWithProperties(conf_context(), device, list, &error);

	OK(error);
	return conf_keep_queue(made);
}

cl_mem conf_buffer(cl_mem_flags flags, size_t size, void *host)
{
	cl_int error;
	cl_mem made = clCreateBuffer(conf_context(), flags, size, host, &error);

	OK(error);
	return conf_keep_mem(made);
}

cl_event conf_user_event(void)
{
	cl_int error;
	cl_event made = clCreateUserEvent(conf_context(), &error);

	OK(error);
	return conf_keep_event(made);
}

void conf_need_compiler(void)
{
	if (!conf_device_bool(CL_DEVICE_COMPILER_AVAILABLE))
		SKIP("the device has no compiler");
}

cl_program conf_program(const char *source, const char *options)
{
	cl_int error;

	conf_need_compiler();
	cl_program made = clCreateProgramWithSource(conf_context(), 1, &source, NULL, &error);

	OK(error);
	conf_keep_program(made);
	error = clBuildProgram(made, 1, &device, options, NULL, NULL);
	if (error) {
		char *log = conf_build_log(made);

		CHECKF(false, "clBuildProgram(\"%s\"): %s\n%.1200s", options ? options : "",
		       conf_error_name(error), log);
		free(log);
		conf_leave();
	}
	return made;
}

cl_kernel conf_kernel_of(cl_program program, const char *name)
{
	cl_int error;
	cl_kernel made = clCreateKernel(program, name, &error);

	OK(error);
	return conf_keep_kernel(made);
}

cl_kernel conf_kernel(const char *source, const char *name)
{
	return conf_kernel_of(conf_program(source, NULL), name);
}
