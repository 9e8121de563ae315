/* SPDX-License-Identifier: MIT */
/* The one platform. */
#ifndef TERN_ICD_PLATFORM_H
#define TERN_ICD_PLATFORM_H

#include "runtime/device.h"

#define TERN_CL_VERSION     CL_MAKE_VERSION(3, 0, 0)
#define TERN_PLATFORM_TITLE "OpenCL 3.0 Tern " TERN_VERSION

struct tern_platform {
	struct tern_object obj;
};

TERN_DEFINE_HANDLE(platform, cl_platform_id, TERN_KIND_PLATFORM)

/* It is static and constant: there before anything is started. */
cl_platform_id tern_icd_platform(void);

/*
 * Starts the runtime, at the first call that asks for devices, and writes the root devices that
 * @type selects (as clGetDeviceIDs has it) to @out, which has room for TERN_MAX_ROOT_DEVICES; their
 * number to @count. CL_INVALID_DEVICE_TYPE, CL_DEVICE_NOT_FOUND.
 */
cl_int tern_icd_devices(cl_device_type type, struct tern_device **out,
			cl_uint *count) TERN_MUST_CHECK;

#endif
