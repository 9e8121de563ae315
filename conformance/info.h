/* SPDX-License-Identifier: MIT */
/* Checks of clGet*Info functions that hold for every one of them. */
#ifndef CONFORMANCE_INFO_H
#define CONFORMANCE_INFO_H

#include "conformance/harness.h"

/* A clGet*Info function with its object's type erased. */
typedef cl_int conf_info_fn(void *object, cl_uint param, size_t size, void *value,
			    size_t *size_ret);

enum conf_info_kind {
	INFO_FIXED,      /* exactly @size bytes */
	INFO_STRING,     /* ends with NUL, the size counts it */
	INFO_ARRAY,      /* a multiple of @size bytes, may be empty */
	INFO_FIXED_OR_0, /* @size bytes, or nothing */
};

struct conf_info {
	cl_uint param;
	const char *name;
	enum conf_info_kind kind;
	size_t size;
};

#define INFO(param, type)       {param, #param, INFO_FIXED, sizeof(type)}
#define INFO_TEXT(param)        {param, #param, INFO_STRING, 1}
#define INFO_LIST(param, type)  {param, #param, INFO_ARRAY, sizeof(type)}
#define INFO_MAYBE(param, type) {param, #param, INFO_FIXED_OR_0, sizeof(type)}
#define INFO_END                {0, NULL, INFO_FIXED, 0}

/* For each entry of @table (ended by INFO_END): the size is as the specification's type, the value
 * comes complete, nothing is written beyond it, a short buffer is CL_INVALID_VALUE and stays as it
 * was, and no output at all is allowed. Also that an unknown name is CL_INVALID_VALUE. */
void conf_check_infos(conf_info_fn *get, void *object, const struct conf_info *table);

conf_info_fn conf_platform_info, conf_device_info, conf_context_info, conf_queue_info,
	conf_event_info, conf_mem_info, conf_program_info, conf_kernel_info;
/* Those with a device: it is conf_device(). */
conf_info_fn conf_build_info, conf_work_group_info;
conf_info_fn conf_profiling_info;
/* Of argument 0. */
conf_info_fn conf_arg_info;

#endif
