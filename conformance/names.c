/* SPDX-License-Identifier: MIT */
#include "conformance/report.h"

#define NAME(error)                                                                                \
	case error:                                                                                \
		return #error

static const char *runtime_error_name(cl_int error)
{
	switch (error) {
		NAME(CL_SUCCESS);
		NAME(CL_DEVICE_NOT_FOUND);
		NAME(CL_DEVICE_NOT_AVAILABLE);
		NAME(CL_COMPILER_NOT_AVAILABLE);
		NAME(CL_MEM_OBJECT_ALLOCATION_FAILURE);
		NAME(CL_OUT_OF_RESOURCES);
		NAME(CL_OUT_OF_HOST_MEMORY);
		NAME(CL_PROFILING_INFO_NOT_AVAILABLE);
		NAME(CL_MEM_COPY_OVERLAP);
		NAME(CL_IMAGE_FORMAT_MISMATCH);
		NAME(CL_IMAGE_FORMAT_NOT_SUPPORTED);
		NAME(CL_BUILD_PROGRAM_FAILURE);
		NAME(CL_MAP_FAILURE);
		NAME(CL_MISALIGNED_SUB_BUFFER_OFFSET);
		NAME(CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST);
		NAME(CL_COMPILE_PROGRAM_FAILURE);
		NAME(CL_LINKER_NOT_AVAILABLE);
		NAME(CL_LINK_PROGRAM_FAILURE);
		NAME(CL_DEVICE_PARTITION_FAILED);
		NAME(CL_KERNEL_ARG_INFO_NOT_AVAILABLE);
		NAME(CL_PLATFORM_NOT_FOUND_KHR);
	default:
		return NULL;
	}
}

static const char *argument_error_name(cl_int error)
{
	switch (error) {
		NAME(CL_INVALID_VALUE);
		NAME(CL_INVALID_DEVICE_TYPE);
		NAME(CL_INVALID_PLATFORM);
		NAME(CL_INVALID_DEVICE);
		NAME(CL_INVALID_CONTEXT);
		NAME(CL_INVALID_QUEUE_PROPERTIES);
		NAME(CL_INVALID_COMMAND_QUEUE);
		NAME(CL_INVALID_HOST_PTR);
		NAME(CL_INVALID_MEM_OBJECT);
		NAME(CL_INVALID_IMAGE_FORMAT_DESCRIPTOR);
		NAME(CL_INVALID_IMAGE_SIZE);
		NAME(CL_INVALID_SAMPLER);
		NAME(CL_INVALID_BINARY);
		NAME(CL_INVALID_BUILD_OPTIONS);
		NAME(CL_INVALID_PROGRAM);
		NAME(CL_INVALID_PROGRAM_EXECUTABLE);
		NAME(CL_INVALID_KERNEL_NAME);
		NAME(CL_INVALID_KERNEL_DEFINITION);
		NAME(CL_INVALID_KERNEL);
		NAME(CL_INVALID_ARG_INDEX);
		NAME(CL_INVALID_ARG_VALUE);
		NAME(CL_INVALID_ARG_SIZE);
		NAME(CL_INVALID_KERNEL_ARGS);
		NAME(CL_INVALID_WORK_DIMENSION);
		NAME(CL_INVALID_WORK_GROUP_SIZE);
		NAME(CL_INVALID_WORK_ITEM_SIZE);
		NAME(CL_INVALID_GLOBAL_OFFSET);
		NAME(CL_INVALID_EVENT_WAIT_LIST);
		NAME(CL_INVALID_EVENT);
		NAME(CL_INVALID_OPERATION);
		NAME(CL_INVALID_GL_OBJECT);
		NAME(CL_INVALID_BUFFER_SIZE);
		NAME(CL_INVALID_MIP_LEVEL);
		NAME(CL_INVALID_GLOBAL_WORK_SIZE);
		NAME(CL_INVALID_PROPERTY);
		NAME(CL_INVALID_IMAGE_DESCRIPTOR);
		NAME(CL_INVALID_COMPILER_OPTIONS);
		NAME(CL_INVALID_LINKER_OPTIONS);
		NAME(CL_INVALID_DEVICE_PARTITION_COUNT);
		NAME(CL_INVALID_PIPE_SIZE);
		NAME(CL_INVALID_DEVICE_QUEUE);
		NAME(CL_INVALID_SPEC_ID);
		NAME(CL_MAX_SIZE_RESTRICTION_EXCEEDED);
	default:
		return NULL;
	}
}

const char *conf_error_name(cl_int error)
{
	static _Thread_local char number[2][24];
	static _Thread_local unsigned turn;
	const char *name = runtime_error_name(error);

	if (!name)
		name = argument_error_name(error);
	if (name)
		return name;
	/* Two names may stand in one message. */
	char *text = number[turn++ % 2];

	snprintf(text, sizeof number[0], "error %d", error);
	return text;
}

const char *conf_status_name(enum conf_status status)
{
	static const char *const names[CONF_STATUS_COUNT] = {
		[CONF_PASS] = "pass",   [CONF_FAIL] = "fail", [CONF_SKIP] = "skip",
		[CONF_CRASH] = "crash", [CONF_HANG] = "hang", [CONF_KNOWN] = "known",
		[CONF_FIXED] = "fixed",
	};

	return names[status];
}
