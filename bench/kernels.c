/* SPDX-License-Identifier: MIT */
/* The texts of bench/kernels/, put in by the assembler (its search path is set by CMake). */
#include "bench/compute.h"

#define TEXT(name)                                                                                 \
	__asm__(".section .rodata\n"                                                               \
		".global kernel_" #name "\n"                                                       \
		".hidden kernel_" #name "\n"                                                       \
		"kernel_" #name ":\n"                                                              \
		".incbin \"" #name ".cl\"\n"                                                       \
		".byte 0\n"                                                                        \
		".previous\n")

TEXT(saxpy);
TEXT(nbody);
TEXT(matmul);
TEXT(matmul_tiled);
TEXT(mandelbrot);
TEXT(reduction);
TEXT(stencil);
TEXT(histogram);
TEXT(math);
