/* SPDX-License-Identifier: MIT */
/* The one place where -errno of the lower layers becomes an OpenCL error code. */
#ifndef TERN_RUNTIME_CONVERT_H
#define TERN_RUNTIME_CONVERT_H

#include <errno.h>

#include "runtime/object.h"

/* @result: 0 (or any success > 0) or -errno. */
static inline cl_int tern_cl_error(int result)
{
	if (result >= 0)
		return CL_SUCCESS;
	switch (-result) {
	case ENOMEM:
		return CL_OUT_OF_HOST_MEMORY;
	case EINVAL:
		return CL_INVALID_VALUE;
	case ENOTSUP:
		return CL_INVALID_OPERATION;
	case ENODEV:
		return CL_DEVICE_NOT_AVAILABLE;
	default:
		/* EAGAIN, EMFILE, EPERM, EIO, …: the machine gives no more than this. */
		return CL_OUT_OF_RESOURCES;
	}
}

#endif
