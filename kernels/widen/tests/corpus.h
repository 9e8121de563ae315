/* SPDX-License-Identifier: MIT */
/* What the parts of the vectoriser's test share: see corpus.c. */
#ifndef TERN_WIDEN_TESTS_CORPUS_H
#define TERN_WIDEN_TESTS_CORPUS_H

#include <llvm-c/Core.h>

#include "kernels/kernels.h"
#include "kernels/widen/widen.h"

enum {
	MAX_ARGS = 16,
	MAX_KERNELS = 128,
	BUFFER_BYTES = 1 << 18,
	LOCAL_BYTES = 1 << 14,
	KERNEL_CALL = 76,
};

struct arg {
	struct tern_widen_arg w;
	LLVMTypeRef type;
	char name[32];
};

struct kernel {
	char name[64];
	struct arg args[MAX_ARGS];
	struct tern_widen_arg widen_args[MAX_ARGS];
	unsigned arg_count;
	uint32_t block_bytes, required[3];
	void (*reference)(void *block);
};

struct config {
	uint64_t global[3], local[3], offset[3];
};

_Noreturn void die(const char *what, const char *why);
/* The command of @c as the group functions see it. */
void set_group(struct tern_group *g, const struct config *c);
/* reference.c: all work-groups of @c, one work-item after the other, with arguments at @block. */
void run_reference(struct kernel *k, const struct config *c, void *block);

#endif
