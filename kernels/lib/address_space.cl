/* SPDX-License-Identifier: MIT */
/* Which memory a generic pointer points to (OpenCL C, Address Space Qualifier Functions). */
#include "lib.clh"

/* The vectoriser puts in the answer: constants are those of its internal.h. */
enum { GLOBAL_MEMORY, LOCAL_MEMORY, PRIVATE_MEMORY };
__attribute__((const)) uint __tern_memory_of(const generic void *p);

/* clang's names for to_global(), to_local() and to_private(). */
#define CONVERT(space, memory)                                                                     \
	space void *__to_##space(generic void *p)                                                  \
	{                                                                                          \
		return __tern_memory_of(p) == memory ? (space void *)p : 0;                        \
	}
CONVERT(global, GLOBAL_MEMORY)
CONVERT(local, LOCAL_MEMORY)
CONVERT(private, PRIVATE_MEMORY)

/* Private memory needs no fence. */
#define FENCE(pointer)                                                                             \
	OVERLOAD cl_mem_fence_flags get_fence(pointer p)                                           \
	{                                                                                          \
		switch (__tern_memory_of(p)) {                                                     \
		case GLOBAL_MEMORY:                                                                \
			return CLK_GLOBAL_MEM_FENCE;                                               \
		case LOCAL_MEMORY:                                                                 \
			return CLK_LOCAL_MEM_FENCE;                                                \
		default:                                                                           \
			return 0;                                                                  \
		}                                                                                  \
	}
FENCE(const generic void *)
FENCE(generic void *)
