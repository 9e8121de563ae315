/* SPDX-License-Identifier: MIT */
/*
 * DOC: the entry points
 *
 * Entry point clX of the OpenCL API is the function tern_clX, with the parameters and the result
 * that <CL/cl.h> gives clX (CL_API_CALL included). The prototypes below are made from the table
 * icd/entry_points.def, so a definition that differs does not compile:
 *
 *	cl_int CL_API_CALL tern_clRetainMemObject(cl_mem handle)
 *	{
 *		struct tern_memory *memory = tern_memory_from(handle);
 *		if (!memory)
 *			return CL_INVALID_MEM_OBJECT;
 *		tern_object_retain(&memory->obj);
 *		return CL_SUCCESS;
 *	}
 *
 * Entry points cast the handle, check the arguments in the order of the specification's list of
 * errors, and make one call of the runtime. They never call clX: that name may belong to the
 *loader.
 *
 * Who is where: platform.c, device.c and device_*.c, sub_device.c, context.c, queue.c, event.c,
 * native.c, extension.c, image.c and gl.c (images, samplers, pipes, sharing: all refused),
 * program.c and kernel.c, memory.c, transfer.c and svm.c. Functions of extensions: svm_types.h.
 */
#ifndef TERN_ICD_API_H
#define TERN_ICD_API_H

#include "runtime/object.h"

#include <CL/cl_icd.h>

#include "icd/info.h"
#include "runtime/convert.h"

#define TERN_ENTRY(name) __typeof__(*(cl_api_##name)NULL) tern_##name;
#include "icd/entry_points.def"

/* The table that every object's first word points at. */
extern const struct _cl_icd_dispatch tern_icd_dispatch;

/* Functions of extensions; found by clGetExtensionFunctionAddress. */
cl_command_queue CL_API_CALL tern_clCreateCommandQueueWithPropertiesKHR(
	cl_context context, cl_device_id device, const cl_queue_properties_khr *properties,
	cl_int *errcode_ret);

/* The end of a create function: stores @error where the program asked for it. */
static inline void tern_set_error(cl_int *errcode_ret, cl_int error)
{
	if (errcode_ret)
		*errcode_ret = error;
}

/* The end of a create function that fails: `return tern_fail(errcode_ret, CL_INVALID_VALUE);` */
static inline void *tern_fail(cl_int *errcode_ret, cl_int error)
{
	tern_set_error(errcode_ret, error);
	return NULL;
}

#endif
