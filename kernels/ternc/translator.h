/* SPDX-License-Identifier: MIT */
/*
 * DOC: the translator of SPIR-V
 *
 * llvm-spirv is a program of another project that turns SPIR-V into LLVM bitcode. It is fed with
 * foreign bytes, and ends by an assertion or a signal over many of them, so it runs as a child of
 * the compile server:
 *
 *	standard input	the module: a file in memory, which the child cannot change
 *	standard output	the bitcode: a file in memory, at most OUTPUT_MOST bytes
 *	standard error	what it says: likewise; its beginning goes to the build log
 *
 * There is no shell, no environment, no file in a folder, no other descriptor. Address space and
 * processor time are limited, time on the clock by this side. The kernel kills the child when the
 * compile server's thread ends, however it ends.
 *
 * Whatever the child does is a result: bitcode that LLVM's reader accepts or refuses, or text for
 * the log.
 */
#ifndef TERN_TERNC_TRANSLATOR_H
#define TERN_TERNC_TRANSLATOR_H

#include "kernels/ternc/build.h"

/*
 * Translates @bytes of SPIR-V to bitcode in *@out, which the caller disposes of with
 * LLVMDisposeMemoryBuffer(). What is not OK is explained in the log.
 */
enum tern_build_status tern_translator_run(struct tern_build *b, const void *spirv, size_t bytes,
					   LLVMMemoryBufferRef *out) TERN_MUST_CHECK;

#endif
