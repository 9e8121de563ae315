/* SPDX-License-Identifier: MIT */
/*
 * The whole-function vectoriser: turns an OpenCL kernel in LLVM IR into a work-group function
 * (kernels/abi.h). Used by the compile server alone; LLVM-C only; one thread per LLVM context.
 */
#ifndef TERN_KERNELS_WIDEN_WIDEN_H
#define TERN_KERNELS_WIDEN_WIDEN_H

#include <llvm-c/Core.h>
#include <llvm-c/TargetMachine.h>

#include "kernels/abi.h"
#include "runtime/base/base.h"

/* The most work-items of a group: kernels are compiled for that. */
#define TERN_WIDEN_MOST_ITEMS 4096

struct tern_widen_arg {
	enum tern_arg_kind kind; /* LOCAL: the block holds an offset from group->local_mem */
	uint32_t offset;         /* in the argument block, bytes */
	uint32_t size;
	uint32_t by_value_align; /* != 0: the IR parameter is a byval pointer to a copy in the block
				  */
};

struct tern_widen_kernel {
	LLVMValueRef function; /* in: the kernel, fully inlined but for the functions named below */
	const char *name;      /* the group function becomes "tern.group.<name>" */
	const struct tern_widen_arg *args;
	uint32_t arg_count;
	uint32_t required_size[3]; /* reqd_work_group_size or 0 0 0 */
	uint32_t required_lanes;   /* the sub-group size that the kernel asks for, or 0 */

	bool exchanged; /* in: x of the group function is dimension 1, y is 0; only where that pays
			 */

	LLVMValueRef group_function; /* out, external linkage */
	bool exchange_pays; /* out: so it is quicker where dimension 1 is long (exchange.c) */
	uint32_t flags, lanes, rows; /* out: as struct tern_kernel_info */
	bool resumed; /* out: has barriers, and chunks of which it is not known that they all come
			 to the same ones: each can be resumed */
	uint64_t local_bytes;    /* out: the kernel's __local variables */
	uint64_t private_bytes;  /* out: allocas of one work-item */
	uint64_t stream_bytes;   /* out: as struct tern_kernel_info */
	const char *reason;      /* out: why it was not widened, static text; NULL when it was */
	char reason_detail[128]; /* out: the instruction at fault, "" */
	unsigned reason_line;    /* out: its line, 0 when not known */
	char reason_file[128];   /* out: and file, as the front end names it */
};

struct tern_widen_options {
	LLVMTargetMachineRef machine;
	const char *cpu, *features; /* target-cpu and target-features of the functions made */
	bool keep_lines;            /* debug information stays after step 1, for reason_line */
	bool lines;                 /* and what step 2 makes has lines, too */
	unsigned register_lanes; /* 32-bit lanes of a vector register: 16, 8, 4; 1: scalar only */
};

/*
 * Step 1, on the module after the device library was linked: inline everything into the kernels
 * (all functions but kernels have internal linkage and are inlined; recursion is -ELOOP, with the
 * function's name in @message, for the caller to free with LLVMDisposeMessage), simplify,
 * structurise. Calls that stay and that widen understands: the work-item functions
 * (_Z13get_global_idj, …), barrier and work_group_barrier in all their manglings, mem_fence and
 * atomic_work_item_fence, __tern_printf_buffer() (returns group->printf_buffer),
 * __tern_memory_of() (of a generic pointer), __tern_collective() (8 bytes of local memory, for
 * kernels/lib/collective.cl), __tern_sub_group_...() (kernels/lib/sub_group.cl), LLVM intrinsics.
 * -EINVAL with @message when a pass fails.
 */
int tern_widen_prepare(LLVMModuleRef module, const struct tern_widen_options *options,
		       char **message) TERN_MUST_CHECK;

/*
 * Step 2: makes the group function of @kernel, widened where it can be, scalar otherwise; both are
 * complete and right for all group sizes. The original function is left for the caller to delete;
 * once dimensions are exchanged it is of no more use.
 * -ENOMEM or -ENOTSUP (an instruction that even the scalar path does not know: @kernel->reason).
 */
int tern_widen_kernel(LLVMModuleRef module, const struct tern_widen_options *options,
		      struct tern_widen_kernel *kernel) TERN_MUST_CHECK;

/*
 * Step 3, after all kernels: optimise the module (coroutine passes included). Afterwards
 * tern_widen_frame_bytes() knows a kernel's saved state.
 */
int tern_widen_optimize(LLVMModuleRef module, const struct tern_widen_options *options,
			char **message) TERN_MUST_CHECK;
uint64_t tern_widen_frame_bytes(LLVMModuleRef module, const struct tern_widen_kernel *kernel);

#endif
