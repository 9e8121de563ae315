/* SPDX-License-Identifier: MIT */
#include "kernels/ternc/embedded.h"

/* clang-format off */
#define EMBED(name, file)                                                                          \
	__asm__(".section .rodata." #name ",\"a\",@progbits\n"                                     \
		".balign 64\n"                                                                     \
		".globl " #name "\n"                                                               \
		".type " #name ",@object\n"                                                        \
		#name ":\n"                                                                        \
		".incbin \"" file "\"\n"                                                           \
		"1: .byte 0\n"                                                                     \
		".balign 8\n"                                                                      \
		".globl " #name "_size\n"                                                          \
		".type " #name "_size,@object\n"                                                   \
		#name "_size: .quad 1b - " #name "\n"                                              \
		".previous\n")

/* The build defines where the files are. */
EMBED(tern_opencl_header, TERN_OPENCL_HEADER);
EMBED(tern_device_library, TERN_DEVICE_LIBRARY);
EMBED(tern_kernel_runtime, TERN_KERNEL_RUNTIME);
