/* SPDX-License-Identifier: MIT */
/* The lists of names with versions that the platform and device queries report. */
#ifndef TERN_ICD_EXTENSION_H
#define TERN_ICD_EXTENSION_H

#include "runtime/object.h"

struct tern_names {
	const char *text; /* the names with a space between */
	const cl_name_version *list;
	size_t list_bytes;
};

/* All extensions, the same for the platform and for every device that has a compiler:
 * CL_DEVICE_EXTENSIONS. */
const struct tern_names *tern_icd_extensions(void);
/* Those of them that are not about the kernel language: of devices without a compiler. */
const struct tern_names *tern_icd_api_extensions(void);
/* CL_DEVICE_OPENCL_C_FEATURES */
const struct tern_names *tern_icd_c_features(void);
/* CL_DEVICE_OPENCL_C_ALL_VERSIONS */
const struct tern_names *tern_icd_c_versions(void);

#endif
