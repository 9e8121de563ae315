/* SPDX-License-Identifier: MIT */
#include "conformance/info.h"
#include <stdlib.h>
#include <string.h>

#define FILLER 0xa5

cl_int conf_platform_info(void *object, cl_uint param, size_t size, void *value, size_t *size_ret)
{
	return clGetPlatformInfo(object, param, size, value, size_ret);
}

cl_int conf_device_info(void *object, cl_uint param, size_t size, void *value, size_t *size_ret)
{
	return clGetDeviceInfo(object, param, size, value, size_ret);
}

cl_int conf_context_info(void *object, cl_uint param, size_t size, void *value, size_t *size_ret)
{
	return clGetContextInfo(object, param, size, value, size_ret);
}

cl_int conf_queue_info(void *object, cl_uint param, size_t size, void *value, size_t *size_ret)
{
	return clGetCommandQueueInfo(object, param, size, value, size_ret);
}

cl_int conf_event_info(void *object, cl_uint param, size_t size, void *value, size_t *size_ret)
{
	return clGetEventInfo(object, param, size, value, size_ret);
}

cl_int conf_mem_info(void *object, cl_uint param, size_t size, void *value, size_t *size_ret)
{
	return clGetMemObjectInfo(object, param, size, value, size_ret);
}

cl_int conf_program_info(void *object, cl_uint param, size_t size, void *value, size_t *size_ret)
{
	return clGetProgramInfo(object, param, size, value, size_ret);
}

cl_int conf_kernel_info(void *object, cl_uint param, size_t size, void *value, size_t *size_ret)
{
	return clGetKernelInfo(object, param, size, value, size_ret);
}

cl_int conf_build_info(void *object, cl_uint param, size_t size, void *value, size_t *size_ret)
{
	return clGetProgramBuildInfo(object, conf_device(), param, size, value, size_ret);
}

cl_int conf_work_group_info(void *object, cl_uint param, size_t size, void *value, size_t *size_ret)
{
	return clGetKernelWorkGroupInfo(object, conf_device(), param, size, value, size_ret);
}

cl_int conf_profiling_info(void *object, cl_uint param, size_t size, void *value, size_t *size_ret)
{
	return clGetEventProfilingInfo(object, param, size, value, size_ret);
}

cl_int conf_arg_info(void *object, cl_uint param, size_t size, void *value, size_t *size_ret)
{
	return clGetKernelArgInfo(object, 0, param, size, value, size_ret);
}

static bool all_filler(const unsigned char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (bytes[i] != FILLER)
			return false;
	return true;
}

static bool size_fits(const struct conf_info *info, size_t size)
{
	switch (info->kind) {
	case INFO_FIXED:
		return size == info->size;
	case INFO_STRING:
		return size >= 1;
	case INFO_ARRAY:
		return size % info->size == 0;
	case INFO_FIXED_OR_0:
		return size == info->size || size == 0;
	}
	return false;
}

static void check_value(conf_info_fn *get, void *object, const struct conf_info *info, size_t size)
{
	unsigned char *value = malloc(size + 16);
	size_t again = 0;

	REQUIRE(value != NULL);
	memset(value, FILLER, size + 16);
	cl_int error = get(object, info->param, size, value, &again);

	CHECKF(error == CL_SUCCESS, "%s: error %d with a buffer of its size", info->name, error);
	CHECKF(again == size, "%s: size %zu, then %zu", info->name, size, again);
	CHECKF(all_filler(value + size, 16), "%s: written beyond %zu bytes", info->name, size);
	if (info->kind == INFO_STRING && size)
		CHECKF(strnlen((char *)value, size) == size - 1, "%s: not a string of size %zu",
		       info->name, size);
	/* A larger buffer is as good. */
	error = get(object, info->param, size + 16, value, &again);
	CHECKF(error == CL_SUCCESS && again == size, "%s: error %d, size %zu with a larger buffer",
	       info->name, error, again);
	free(value);
}

static void check_short(conf_info_fn *get, void *object, const struct conf_info *info, size_t size)
{
	unsigned char *value = malloc(size);

	REQUIRE(value != NULL);
	memset(value, FILLER, size);
	cl_int error = get(object, info->param, size - 1, value, NULL);

	CHECKF(error == CL_INVALID_VALUE, "%s: error %d with %zu of %zu bytes", info->name, error,
	       size - 1, size);
	CHECKF(all_filler(value, size), "%s: writes into a buffer that is too short", info->name);
	free(value);
}

static void check_info(conf_info_fn *get, void *object, const struct conf_info *info)
{
	size_t size = ~(size_t)0;
	cl_int error = get(object, info->param, 0, NULL, &size);

	if (!CHECKF(error == CL_SUCCESS, "%s: size query gives error %d", info->name, error))
		return;
	if (!CHECKF(size_fits(info, size), "%s: size %zu, type has %zu", info->name, size,
		    info->size))
		return;
	check_value(get, object, info, size);
	if (size)
		check_short(get, object, info, size);
	error = get(object, info->param, 0, NULL, NULL);
	CHECKF(error == CL_SUCCESS, "%s: error %d without any output", info->name, error);
}

void conf_check_infos(conf_info_fn *get, void *object, const struct conf_info *table)
{
	for (const struct conf_info *info = table; info->name; info++)
		check_info(get, object, info);
	char value[64];

	CHECK_CL(CL_INVALID_VALUE, get(object, 0x7777, sizeof value, value, NULL));
}
