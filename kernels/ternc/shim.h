/* SPDX-License-Identifier: MIT */
/* What the compile server needs of clang, LLVM and lld that has no C interface (*.cpp). */
#ifndef TERN_TERNC_SHIM_H
#define TERN_TERNC_SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <llvm-c/Core.h>
#include <llvm-c/TargetMachine.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A file that exists for clang only. */
struct tern_virtual_file {
	const char *path; /* absolute */
	const char *data; /* data[size] must be readable and NUL: see tern_clang_compile() */
	size_t size;
};

/*
 * Runs clang's front end with cc1 arguments. @files cover the real file system. The data of each
 * file must be followed by a NUL and stay until the return. Returns the module, or NULL; *log is
 * the text of clang's diagnostics (malloc'ed, NULL when there is no memory).
 */
LLVMModuleRef tern_clang_compile(LLVMContextRef context, const char *const *args, size_t arg_count,
				 const struct tern_virtual_file *files, size_t file_count,
				 char **log);

enum tern_link_mode {
	TERN_LINK_ALL,
	TERN_LINK_NEEDED,   /* only what the destination lacks */
	TERN_LINK_OVERRIDE, /* the source's definitions win */
};

/*
 * Links @source into @dest and consumes @source. True on success; errors go to the context's
 * diagnostic handler.
 */
bool tern_llvm_link(LLVMModuleRef dest, LLVMModuleRef source, enum tern_link_mode mode);

/* The readable form of a mangled name (malloc'ed) or NULL. */
char *tern_llvm_demangle(const char *name);

/* "19.1.7" */
const char *tern_llvm_version(void);

/* Makes the object files of @machine record how much stack each function needs (.stack_sizes). */
void tern_llvm_record_stack(LLVMTargetMachineRef machine);

/* Runs ld.lld with @args (args[0] is its name). True on success; *log as above. */
bool tern_lld_link(const char *const *args, size_t arg_count, char **log);

#ifdef __cplusplus
}
#endif

#endif
