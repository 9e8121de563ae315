/* SPDX-License-Identifier: MIT */
/* Files that the build puts into the executable (embedded.c). */
#ifndef TERN_TERNC_EMBEDDED_H
#define TERN_TERNC_EMBEDDED_H

#include <stddef.h>

/* clang's opencl-c-base.h, with a NUL behind it. */
extern const char tern_opencl_header[];
extern const size_t tern_opencl_header_size;
/* The device library's archive (library_format.h), aligned to 64. */
extern const unsigned char tern_device_library[];
extern const size_t tern_device_library_size;
/* lib/runtime.c as an object file, for lld. */
extern const unsigned char tern_kernel_runtime[];
extern const size_t tern_kernel_runtime_size;

#endif
