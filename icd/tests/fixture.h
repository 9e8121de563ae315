/* SPDX-License-Identifier: MIT */
/* A context with queues on the first device, for tests that call the entry points directly. */
#ifndef TERN_ICD_TESTS_FIXTURE_H
#define TERN_ICD_TESTS_FIXTURE_H

#include <stdlib.h>
#include <string.h>

#include "icd/api.h"
#include "runtime/base/alloc.h"
#include "runtime/base/tests/test.h"

static cl_context context, other_context;
static cl_device_id device;
static cl_command_queue queue;       /* in order */
static cl_command_queue other_queue; /* of other_context */

static inline void fixture_begin(void)
{
	cl_platform_id platform;
	cl_int error = CL_SUCCESS;
	REQUIRE(!tern_clGetPlatformIDs(1, &platform, NULL));
	REQUIRE(!tern_clGetDeviceIDs(platform, CL_DEVICE_TYPE_DEFAULT, 1, &device, NULL));
	context = tern_clCreateContext(NULL, 1, &device, NULL, NULL, &error);
	REQUIRE(context && !error);
	other_context = tern_clCreateContext(NULL, 1, &device, NULL, NULL, &error);
	REQUIRE(other_context && !error);
	queue = tern_clCreateCommandQueueWithProperties(context, device, NULL, &error);
	REQUIRE(queue && !error);
	other_queue = tern_clCreateCommandQueueWithProperties(other_context, device, NULL, &error);
	REQUIRE(other_queue && !error);
}

/* For tests that hand any memory of theirs to the device: where that cannot be, they are skipped.
 */
static inline void require_any_pointer(void)
{
	cl_device_svm_capabilities svm = 0;
	REQUIRE(!tern_clGetDeviceInfo(device, CL_DEVICE_SVM_CAPABILITIES, sizeof(svm), &svm, NULL));
	if (svm & CL_DEVICE_SVM_FINE_GRAIN_SYSTEM)
		return;
	fprintf(stderr, "the device reaches only what clSVMAlloc gives\n");
	exit(TEST_SKIP);
}

/* For tests that hand variables of theirs to the device. A unit test is linked with all of libtern,
 * so they are Tern's own memory, which a device with memory of its own does not get. */
static inline void require_own_variables(void)
{
	cl_device_type type = 0;
	REQUIRE(!tern_clGetDeviceInfo(device, CL_DEVICE_TYPE, sizeof(type), &type, NULL));
	if (type & CL_DEVICE_TYPE_CPU)
		return;
	fprintf(stderr, "variables of a unit test are not for the device\n");
	exit(TEST_SKIP);
}

static inline void fixture_end(void)
{
	EXPECT(!tern_clFinish(queue));
	EXPECT(!tern_clReleaseCommandQueue(queue));
	EXPECT(!tern_clReleaseCommandQueue(other_queue));
	EXPECT(!tern_clReleaseContext(context));
	EXPECT(!tern_clReleaseContext(other_context));
}

static inline cl_mem make_buffer(cl_mem_flags flags, size_t size, void *host_ptr)
{
	cl_int error = CL_INVALID_VALUE;
	cl_mem m = tern_clCreateBuffer(context, flags, size, host_ptr, &error);
	REQUIRE(m && !error);
	return m;
}

static inline cl_mem make_sub(cl_mem buffer, cl_mem_flags flags, size_t origin, size_t size)
{
	cl_int error = CL_INVALID_VALUE;
	cl_buffer_region region = {origin, size};
	cl_mem m = tern_clCreateSubBuffer(buffer, flags, CL_BUFFER_CREATE_TYPE_REGION, &region,
					  &error);
	REQUIRE(m && !error);
	return m;
}

static inline cl_event make_user_event(void)
{
	cl_int error = CL_INVALID_VALUE;
	cl_event e = tern_clCreateUserEvent(context, &error);
	REQUIRE(e && !error);
	return e;
}

static inline cl_int event_status(cl_event event)
{
	cl_int status = CL_QUEUED;
	REQUIRE(!tern_clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof(status),
				     &status, NULL));
	return status;
}

static inline cl_command_type event_type(cl_event event)
{
	cl_command_type type = 0;
	REQUIRE(!tern_clGetEventInfo(event, CL_EVENT_COMMAND_TYPE, sizeof(type), &type, NULL));
	return type;
}

static inline cl_uint memory_uint(cl_mem memory, cl_mem_info name)
{
	cl_uint value = 12345;
	REQUIRE(!tern_clGetMemObjectInfo(memory, name, sizeof(value), &value, NULL));
	return value;
}

#endif
