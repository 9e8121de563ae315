/* SPDX-License-Identifier: MIT */
/* The output of printf() in kernels (OpenCL C, section 6.15.14). */
#ifndef TERN_RUNTIME_PRINTF_H
#define TERN_RUNTIME_PRINTF_H

#include <stdio.h>

#include "kernels/kernels.h"

/*
 * Formats the records that a kernel left in @buffer to the program's standard output, in order, and
 * flushes it. Damaged records end the output; a wild pointer for %s prints (null).
 */
void tern_printf_flush(const struct tern_printf_buffer *buffer, const struct tern_code_info *code);
/* As above, to @out; nothing is flushed. */
void tern_printf_write(FILE *out, const struct tern_printf_buffer *buffer,
		       const struct tern_code_info *code);

#endif
