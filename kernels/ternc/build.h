/* SPDX-License-Identifier: MIT */
/*
 * DOC: one build in the compile server
 *
 * A build has its own LLVM context and owns what is made for it: memory from tern_build_alloc() and
 * the log live until tern_build_finish(). Steps return an enum tern_build_status; what is not OK
 * has been explained in the log, except for missing memory (TERN_BUILD_UNAVAILABLE).
 *
 *	COMPILE  frontend.c, spirv.c                            -> OBJECT, SPIR-flavoured bitcode
 *	LINK     link.c [-> LIBRARY]  -> executable.c           -> EXECUTABLE, an ELF image
 *	BUILD    frontend.c, spirv.c  -> executable.c           -> EXECUTABLE
 *
 * executable.c: kernel_info.c (what the kernels are), printf.c, library.c (built-in functions), the
 * vectoriser, code generation, image.c (lld, checks).
 */
#ifndef TERN_TERNC_BUILD_H
#define TERN_TERNC_BUILD_H

#include <llvm-c/Core.h>
#include <llvm-c/TargetMachine.h>

#include "kernels/options.h"
#include "kernels/protocol.h"
#include "kernels/widen/widen.h"

#define TERN_TRIPLE "x86_64-unknown-linux-gnu"
/* Where clang finds the request's files; not shown to readers. */
#define TERN_SOURCE_DIR "/tern/source/"

/* Calling conventions that clang uses for SPIR. */
enum { TERN_CC_SPIR_FUNC = 75, TERN_CC_SPIR_KERNEL = 76 };

struct tern_build {
	const struct tern_wire_request *request;
	struct tern_options options;
	LLVMContextRef context;
	LLVMTargetMachineRef machine;
	LLVMTargetDataRef layout;
	struct tern_writer log;  /* text without NUL */
	struct tern_writer code; /* the result, serialised */
	bool scalar;             /* do not widen */
	bool lines;              /* the image has lines for debuggers */
	bool widen_broke;        /* the vectoriser made invalid code: worth another try, scalar */
	bool llvm_failed;        /* LLVM reported an error, which is in the log */
	uint64_t phase_start;    /* of the phase that runs; for debug messages */
	struct tern_build_block *blocks;
};

void tern_build_init(struct tern_build *b, const struct tern_wire_request *request);
/* Does the request; afterwards b->log and, when OK, b->code are the answer. */
enum tern_build_status tern_build_run(struct tern_build *b);
void tern_build_finish(struct tern_build *b);

/* Zeroed memory that lives as long as the build; NULL when there is none. */
void *tern_build_alloc(struct tern_build *b, size_t size) TERN_MUST_CHECK;
char *tern_build_strndup(struct tern_build *b, const char *s, size_t n) TERN_MUST_CHECK;
char *tern_build_printf(struct tern_build *b, const char *format, ...) TERN_MUST_CHECK
	TERN_PRINTF(2, 3);
/* Appends to the log; a line's end is the caller's. */
void tern_build_log(struct tern_build *b, const char *format, ...) TERN_PRINTF(2, 3);
/* Writes the module to the folder of option TERN_KERNELS=dump, if that is set. */
void tern_build_dump(struct tern_build *b, LLVMModuleRef module, const char *step);

/* Says in a debug message how long the phase that ends here took. */
void tern_build_phase(struct tern_build *b, const char *name);

/* frontend.c: the request's source as a module in b->context. */
enum tern_build_status tern_frontend_compile(struct tern_build *b,
					     LLVMModuleRef *out) TERN_MUST_CHECK;
/* spirv.c: likewise, when that is SPIR-V. */
enum tern_build_status tern_spirv_compile(struct tern_build *b, LLVMModuleRef *out) TERN_MUST_CHECK;

/* link.c: the request's inputs as one module. */
enum tern_build_status tern_link_inputs(struct tern_build *b, LLVMModuleRef *out) TERN_MUST_CHECK;

/* executable.c: consumes @module, fills b->code. */
enum tern_build_status tern_executable_make(struct tern_build *b,
					    LLVMModuleRef module) TERN_MUST_CHECK;

/* A kernel on its way through executable.c. */
struct tern_build_kernel {
	struct tern_kernel_info *info;
	struct tern_widen_kernel widen;
};

/* Those of the source, and behind them other forms of some: room for one of each. */
struct tern_build_kernels {
	uint32_t count, form_count;
	struct tern_build_kernel *kernel;
	struct tern_kernel_info *info;
};

/* kernel_info.c: lists the module's kernels, their arguments and attributes. */
enum tern_build_status tern_kernel_info_read(struct tern_build *b, LLVMModuleRef module,
					     struct tern_build_kernels *out) TERN_MUST_CHECK;

/* printf.c: rewrites the calls of printf() and lists their formats. */
enum tern_build_status tern_printf_lower(struct tern_build *b, LLVMModuleRef module,
					 const struct tern_printf_format **formats,
					 uint32_t *count) TERN_MUST_CHECK;

/* library.c: links what @module needs of the device library; unresolved names are an error. */
enum tern_build_status tern_library_link(struct tern_build *b,
					 LLVMModuleRef module) TERN_MUST_CHECK;

/*
 * image.c: links the object file @object to a position-independent image whose entry is the symbol
 * @entry, and checks it. *out is the build's memory.
 */
enum tern_build_status tern_image_link(struct tern_build *b, LLVMMemoryBufferRef object,
				       const char *entry, const void **out,
				       size_t *size) TERN_MUST_CHECK;
/* elf_check.c: NULL when the image is as kernels/abi.h says, else what is wrong with it. */
const char *tern_elf_check(const void *image, size_t size) TERN_MUST_CHECK;
/* stack.c: an upper estimate of the stack that @function needs, with all that it may call. */
uint64_t tern_stack_bytes(LLVMMemoryBufferRef object, const char *function, uint64_t fallback);

#endif
