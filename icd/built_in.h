/* SPDX-License-Identifier: MIT */
/* Device queries (section 4.2) about built-in kernels, and of devices that have nothing else. */
#ifndef TERN_ICD_BUILT_IN_H
#define TERN_ICD_BUILT_IN_H

#include "icd/info.h"
#include "runtime/device.h"

/* CL_DEVICE_BUILT_IN_KERNELS and CL_DEVICE_BUILT_IN_KERNELS_WITH_VERSION. */
cl_int tern_built_in_info(const struct tern_device_caps *caps, cl_device_info param,
			  const struct tern_info *out) TERN_MUST_CHECK;
/* What a device without a compiler answers otherwise: true, and *@result is the query's. */
bool tern_no_compiler_info(cl_device_info param, const struct tern_info *out,
			   cl_int *result) TERN_MUST_CHECK;

#endif
