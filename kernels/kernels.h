/* SPDX-License-Identifier: MIT */
/*
 * DOC: kernels, the compiler as the runtime sees it
 *
 * A build request goes to the compile server (a process of its own, started on demand, restarted
 * when it dies, killed when it exceeds its time), or is answered from the disk cache. What comes
 * back is a struct tern_code: immutable bytes with a checksum that describe kernels and hold either
 * intermediate code (compiled object, library) or a loadable image (executable). The same bytes are
 * what the cache stores and what CL_PROGRAM_BINARIES returns; they are checked whenever they come
 * from outside (tern_code_parse).
 *
 * Knows no OpenCL types. Functions return 0 or -errno unless they say otherwise; all are
 * thread-safe.
 */
#ifndef TERN_KERNELS_KERNELS_H
#define TERN_KERNELS_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/abi.h"
#include "runtime/base/base.h"

enum tern_code_kind {
	TERN_CODE_OBJECT = 1, /* clCompileProgram's result; bitcode */
	TERN_CODE_LIBRARY,    /* clLinkProgram with -create-library; bitcode */
	TERN_CODE_EXECUTABLE, /* bitcode for further use is not kept: the image only */
	TERN_CODE_BUILT_IN,   /* a device's own kernels: a description without bytes */
};

enum tern_address_space {
	TERN_SPACE_PRIVATE,
	TERN_SPACE_GLOBAL,
	TERN_SPACE_CONSTANT,
	TERN_SPACE_LOCAL
};
enum tern_access { TERN_ACCESS_NONE, TERN_ACCESS_READ, TERN_ACCESS_WRITE, TERN_ACCESS_READ_WRITE };
enum {
	TERN_QUALIFIER_CONST = 1,
	TERN_QUALIFIER_RESTRICT = 2,
	TERN_QUALIFIER_VOLATILE = 4,
	TERN_QUALIFIER_PIPE = 8
};

struct tern_kernel_arg {
	const char *name;      /* never NULL; "" when not known */
	const char *type_name; /* as OpenCL spells it: "float4", "uint*" */
	uint32_t kind;         /* enum tern_arg_kind */
	uint32_t address_space, access, qualifiers;
	uint32_t offset; /* in the argument block, bytes */
	uint32_t size;   /* bytes that clSetKernelArg must be given; pointers 8; local 0 */
};

struct tern_kernel_info {
	const char *name;
	const char *attributes; /* CL_KERNEL_ATTRIBUTES */
	const struct tern_kernel_arg *args;
	uint32_t arg_count;
	uint32_t flags;            /* TERN_KERNEL_* */
	uint32_t args_bytes;       /* size of the argument block */
	uint32_t lanes, rows;      /* work-items of one chunk in x and y; 1, 1: scalar */
	uint64_t local_bytes;      /* __local variables declared in the kernel */
	uint64_t stack_bytes;      /* an upper estimate of the stack that the function needs */
	uint64_t private_bytes;    /* private memory of one work-item, CL_KERNEL_PRIVATE_MEM_SIZE */
	uint64_t frame_bytes;      /* of one chunk's state while it is suspended; 0: it never is */
	uint64_t stream_bytes;     /* that a work-item writes and that may go past the caches */
	uint32_t required_size[3]; /* reqd_work_group_size, or 0 0 0 */
	uint32_t required_lanes;   /* intel_reqd_sub_group_size, or 0 */
	uint32_t size_hint[3];
	char vec_type_hint[16];  /* "float4", or "" */
	uint32_t max_group_size; /* the most work-items that one group of it may have */
	/* Where in the code's kernels there is the same kernel with TERN_KERNEL_EXCHANGED, which is
	 * quicker where dimension 1 is long; 0: nowhere. */
	uint32_t exchanged;
};

/* One argument of a printf() format: bytes that it takes in a record (before padding). */
struct tern_printf_format {
	const char *format;
	uint32_t arg_count;
	const uint8_t *arg_bytes;
};

struct tern_code_info {
	enum tern_code_kind kind;
	const char *target;  /* the target it was made for: tern_target_name() */
	const char *options; /* the options of the build */
	const struct tern_kernel_info *kernels;
	uint32_t kernel_count; /* with a name for programs to ask for: the first ones */
	uint32_t form_count;   /* behind them, other forms of some of them */
	const struct tern_printf_format *formats;
	uint32_t format_count;
	uint64_t global_bytes; /* program-scope variables */
};

/* Immutable, counted; any thread. */
struct tern_code;

void tern_code_get(struct tern_code *code);
void tern_code_put(struct tern_code *code);
const struct tern_code_info *tern_code_info(const struct tern_code *code);
/* The serialised form; it lives as long as @code. */
const void *tern_code_bytes(const struct tern_code *code, size_t *size);
/*
 * Makes code of foreign bytes, which are copied. -EINVAL when they are damaged, of another version
 * of Tern or of the format; -ENOEXEC when made for a target that this machine cannot run; -ENOMEM.
 */
int tern_code_parse(const void *bytes, size_t size, struct tern_code **out) TERN_MUST_CHECK;
/*
 * Code of kernels that a device has built in, TERN_CODE_BUILT_IN: no bytes, and a module of it has
 * no functions. @kernels is copied; what it points at must outlive the code. -ENOMEM.
 */
int tern_code_built_in(const struct tern_kernel_info *kernels, uint32_t count,
		       struct tern_code **out) TERN_MUST_CHECK;

/*
 * Bytes of scratch that one group of @nx x @ny x @nz work-items, or a smaller one, needs. The
 * compile server's code relies on this very formula: a table of chunk frame pointers, then the
 * frames. It never falls as a size grows.
 */
static inline uint64_t tern_kernel_scratch(const struct tern_kernel_info *k, uint64_t nx,
					   uint64_t ny, uint64_t nz)
{
	/* One more in x than nx / lanes rounded up where a chunk may be cut in two: no chunk
	 * crosses a multiple of 2^31 of the global id. */
	uint64_t chunks = (nx + 2 * k->lanes - 2) / k->lanes * ny * nz;
	/* Chunks of several rows; what is left in x or in y is chunks of one row: at most rows - 1,
	 * also of a smaller group at the range's end. */
	uint64_t left = ny < k->rows ? ny : k->rows - 1;
	if (k->rows > 1)
		chunks = (nx / k->lanes * (ny / k->rows + left) + 2 * ny) * nz;
	uint64_t table = (chunks * 8 + 127) & ~(uint64_t)127;
	return k->frame_bytes ? table + chunks * ((k->frame_bytes + 127) & ~(uint64_t)127) : 0;
}

/* What the machine (or option TERN_CPU) gives: "x86-64/znver5/+avx512f,…". Names a cache entry. */
const char *tern_target_name(void);
/* Lanes of 32 bits in a vector register of the target: 16, 8 or 4. */
unsigned tern_target_lanes(void);

/* Work-items of a sub-group of the kernel: all but the last have as many. */
static inline uint32_t tern_kernel_sub_group_size(const struct tern_kernel_info *k)
{
	if (k->flags & TERN_KERNEL_SUB_GROUPS)
		return k->lanes;
	return k->required_lanes ? k->required_lanes : tern_target_lanes();
}

enum tern_build_operation { TERN_BUILD_COMPILE = 1, TERN_BUILD_LINK, TERN_BUILD_BUILD };

enum tern_build_status {
	TERN_BUILD_OK,
	TERN_BUILD_FAILED,          /* the program is at fault: see the log */
	TERN_BUILD_INVALID_OPTIONS, /* CL_INVALID_(BUILD|COMPILER|LINKER)_OPTIONS */
	TERN_BUILD_UNAVAILABLE,     /* no compile server, or no memory; not the program's fault */
	TERN_BUILD_TIMEOUT,         /* compile server killed after TERN_COMPILE_TIMEOUT */
	TERN_BUILD_CRASHED,         /* compile server died over this source, twice */
};

struct tern_header {
	const char *name; /* as in #include */
	const char *source;
	size_t size;
};

struct tern_build_request {
	enum tern_build_operation operation;
	const char *options; /* "" or the user's text */
	/* BUILD, COMPILE: UTF-8 text, not necessarily ended by NUL; or a SPIR-V module in this
	 * machine's byte order (kernels/spirv.h), without headers. */
	const char *source;
	size_t source_size;
	bool spirv;
	const struct tern_header *headers; /* COMPILE */
	size_t header_count;
	struct tern_code *const *inputs; /* LINK: objects and libraries */
	size_t input_count;
};

struct tern_build_result {
	enum tern_build_status status;
	struct tern_code *code; /* a reference for the caller when status is OK, else NULL */
	char *log;              /* never NULL after a return of 0; tern_free() it */
	bool from_cache;
};

/*
 * Builds, blocking. Returns 0 with @result filled (whatever its status), or -ENOMEM with nothing to
 * free. Several threads may build at once.
 */
int tern_kernels_build(const struct tern_build_request *request,
		       struct tern_build_result *result) TERN_MUST_CHECK;

/* Loaded code: an executable's image mapped and relocated, ready to run. Counted; any thread. */
struct tern_module;
struct tern_image_place;

/* @place: where a device of another process wants it (kernels/image.h); NULL: this process. */
int tern_module_load(struct tern_code *code, const struct tern_image_place *place,
		     struct tern_module **out) TERN_MUST_CHECK;
void tern_module_get(struct tern_module *module);
void tern_module_put(struct tern_module *module);
/* The code that it was made of; lives as long as @module. */
struct tern_code *tern_module_code(struct tern_module *module);
/* The work-group function of kernel @index of tern_code_info.kernels; NULL: it is built in. */
tern_group_fn *tern_module_function(struct tern_module *module, uint32_t index);

/* Ends the compile server if one runs, and frees what the client holds. At unload. */
void tern_kernels_finish(void);

/* For `tern info` and `tern cache`. */
struct tern_cache_stats {
	uint64_t entries, bytes, limit;
};
/* -ENOENT when the cache is off or its folder not usable. */
int tern_cache_stats(struct tern_cache_stats *stats) TERN_MUST_CHECK;
/* Removes all entries. */
int tern_cache_clear(void) TERN_MUST_CHECK;
/* Finds the compile server: its path (caller frees) or NULL. */
char *tern_path_ternc(void) TERN_MUST_CHECK;
/* Likewise the accelerator process, which is installed beside it. */
char *tern_path_accel(void) TERN_MUST_CHECK;
/* Likewise the translator of SPIR-V, which is a tool of another package. */
char *tern_path_spirv(void) TERN_MUST_CHECK;
/* Whether there is a translator: one answer for the life of the process. */
bool tern_kernels_take_spirv(void);

#endif
