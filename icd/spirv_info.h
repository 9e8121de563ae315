/* SPDX-License-Identifier: MIT */
/* What devices say of SPIR-V. */
#ifndef TERN_ICD_SPIRV_INFO_H
#define TERN_ICD_SPIRV_INFO_H

#include "icd/info.h"
#include "runtime/object.h"

#include <CL/cl_ext.h>

/* cl_khr_spirv_queries, for headers that lack it. */
#ifndef CL_DEVICE_SPIRV_EXTENDED_INSTRUCTION_SETS_KHR
#define CL_DEVICE_SPIRV_EXTENDED_INSTRUCTION_SETS_KHR 0x12B9
#define CL_DEVICE_SPIRV_EXTENSIONS_KHR                0x12BA
#define CL_DEVICE_SPIRV_CAPABILITIES_KHR              0x12BB
#endif

/*
 * CL_DEVICE_IL_VERSION, CL_DEVICE_ILS_WITH_VERSION and the queries of cl_khr_spirv_queries: the
 * same for all devices, and empty without a translator. CL_INVALID_VALUE for other queries.
 */
cl_int tern_spirv_device_info(cl_device_info param, const struct tern_info *out) TERN_MUST_CHECK;

#endif
