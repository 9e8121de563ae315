/* SPDX-License-Identifier: MIT */
/*
 * DOC: programs and kernels (sections 5.8, 5.9, 5.10)
 *
 * A program holds one struct tern_program_build for each of its devices. A build operation (build,
 * compile, link) marks the entries of its devices CL_BUILD_IN_PROGRESS under the program's lock,
 * works without any lock, on the calling thread or on a build thread (program_thread.h), and
 * publishes the results under the lock. While an entry is in progress, or a kernel is attached to
 * the program, no other operation can begin; so what a kernel took from the entries at its creation
 * stays valid for its lifetime and needs no references of its own.
 *
 * A device without an executable of its own uses the one of its parent (section 5.8.9).
 *
 * All devices so far share one compile target, so a build for several devices is one request, and
 * the devices share its code. The module is loaded once for each place where images go
 * (device->ops->image_place): a device and its sub-devices share one, and its program-scope
 * variables.
 *
 * A program of SPIR-V is built like one of source. The values of its specialization constants are
 * put into a copy of the module when an operation begins; until then they may change.
 *
 * A kernel keeps its arguments as a block that is ready to run (kernels/abi.h); an enqueue copies
 * it. Memory objects that are set as arguments are not referenced by the kernel (section 5.9.2),
 * only by the commands.
 */
#ifndef TERN_RUNTIME_PROGRAM_H
#define TERN_RUNTIME_PROGRAM_H

#include "kernels/spirv.h"
#include "runtime/memory.h"
#include "runtime/queue.h"

/* What a program holds for one device of its. */
struct tern_program_build {
	cl_build_status status;
	char *options, *log;        /* NULL: "" */
	struct tern_code *code;     /* reference or NULL */
	struct tern_module *module; /* reference or NULL: an executable, loaded */
	bool uniform;               /* work-groups of one ND-range must have the same size */
	bool arg_info;              /* clGetKernelArgInfo may answer */
};

enum tern_program_origin {
	TERN_PROGRAM_SOURCE,
	TERN_PROGRAM_IL,
	TERN_PROGRAM_BINARY,
	TERN_PROGRAM_LINKED,
	TERN_PROGRAM_BUILT_IN,
};

/* A program's SPIR-V module. */
struct tern_program_il {
	unsigned char *bytes; /* as the program gave them */
	size_t size;
	struct tern_spirv module; /* lies in @bytes */
	struct tern_spirv_constant *constants;
	size_t constant_count;
};

struct tern_program {
	struct tern_object obj;
	struct tern_context *context;      /* reference */
	struct tern_device **devices;      /* references */
	struct tern_program_build *builds; /* one for each device */
	cl_uint device_count;
	enum tern_program_origin origin;
	char *source; /* TERN_PROGRAM_SOURCE only, with a NUL; else NULL */
	size_t source_size;
	struct tern_program_il *il; /* TERN_PROGRAM_IL only; else NULL */
	struct tern_lock lock;      /* rank PROGRAM: builds, kernel_count, il->constants */
	cl_uint kernel_count;       /* attached kernel objects: rebuilding is an error */
};

TERN_DEFINE_HANDLE(program, cl_program, TERN_KIND_PROGRAM)

/* Takes @source (from tern_alloc, @size bytes and a NUL) over on success. NULL: no memory. */
struct tern_program *tern_program_create_source(struct tern_context *context, char *source,
						size_t size) TERN_MUST_CHECK;
/*
 * A program of @size bytes of SPIR-V, which are copied. CL_INVALID_VALUE, logged, when they are no
 * module that can be read; CL_OUT_OF_HOST_MEMORY.
 */
cl_int tern_program_create_il(struct tern_context *context, const void *bytes, size_t size,
			      struct tern_program **out) TERN_MUST_CHECK;
/* clSetProgramSpecializationConstant of a program with IL: CL_INVALID_SPEC_ID, CL_INVALID_VALUE. */
cl_int tern_program_set_constant(struct tern_program *program, cl_uint id, size_t size,
				 const void *value) TERN_MUST_CHECK;
/* Takes references on @codes, one for each of the @count devices. NULL: no memory. */
struct tern_program *tern_program_create_binary(struct tern_context *context,
						struct tern_device *const *devices, cl_uint count,
						struct tern_code *const *codes) TERN_MUST_CHECK;

/*
 * A program of built-in kernels, @names with semicolons between: executable at once, on each of the
 * devices that has one of them. CL_INVALID_VALUE: no device has one of that name.
 */
cl_int tern_program_create_built_in(struct tern_context *context,
				    struct tern_device *const *devices, cl_uint count,
				    const char *names, struct tern_program **out) TERN_MUST_CHECK;

/* The index of @device among the program's devices, or -1. */
int tern_program_device(const struct tern_program *program, const struct tern_device *device);
cl_program_binary_type tern_program_binary_type(const struct tern_program_build *build);

typedef void(CL_CALLBACK *tern_program_notify)(cl_program program, void *data);

/* clBuildProgram and clCompileProgram. */
struct tern_program_request {
	enum tern_build_operation operation;
	struct tern_device *const *devices; /* NULL: all of the program's */
	cl_uint device_count;
	const char *options;                 /* NULL: none given */
	struct tern_program *const *headers; /* COMPILE */
	const char *const *header_names;
	cl_uint header_count;
	tern_program_notify notify; /* NULL: return when done */
	void *notify_data;
};

/*
 * Builds or compiles @program; every error of the two entry points that depends on the program's
 * state, its devices and the options is found here (sections 5.8.4 and 5.8.5). With a notify
 * function it returns CL_SUCCESS once the operation has begun; @notify is called from a build
 * thread, with no lock held.
 */
cl_int tern_program_build(struct tern_program *program,
			  const struct tern_program_request *request) TERN_MUST_CHECK;

/*
 * clLinkProgram. @devices: NULL means all of the context's; else they are the context's.
 * *@out is set on CL_SUCCESS and on CL_LINK_PROGRAM_FAILURE (then without executable).
 */
cl_int tern_program_link(struct tern_context *context, struct tern_device *const *devices,
			 cl_uint device_count, const char *options,
			 struct tern_program *const *inputs, cl_uint input_count,
			 tern_program_notify notify, void *notify_data,
			 struct tern_program **out) TERN_MUST_CHECK;

/*
 * The names of the kernels that can be created, separated by @separator, in *@names (the caller
 * frees it) and their number in *@count. CL_INVALID_PROGRAM_EXECUTABLE, CL_OUT_OF_HOST_MEMORY.
 */
cl_int tern_program_kernel_names(struct tern_program *program, char separator, char **names,
				 size_t *count) TERN_MUST_CHECK;

/* A kernel on one device of its program. */
struct tern_kernel_target {
	struct tern_module *module; /* the program's; NULL: not built for this device */
	const struct tern_kernel_info *info;
	tern_group_fn *function;
	/* The form with TERN_KERNEL_EXCHANGED, or NULL. */
	const struct tern_kernel_info *exchanged;
	tern_group_fn *exchanged_function;
	bool uniform;
};

/* The most pointers of clSetKernelExecInfo that are remembered. */
#define TERN_KERNEL_INDIRECT 16u

/* What an argument was set to, beyond its bytes in the block. */
struct tern_kernel_value {
	struct tern_memory *memory; /* no reference; NULL: none */
	size_t local_size;          /* TERN_ARG_LOCAL */
	bool set;
};

/* The work-group size that was chosen last: programs enqueue the same range again and again. */
struct tern_kernel_choice {
	const struct tern_device *device; /* compared only; NULL: none yet */
	size_t global[3], local[3];
};

struct tern_kernel {
	struct tern_object obj;
	struct tern_program *program; /* reference, counted in its kernel_count */
	const char *name;
	/* Of the first device that has the kernel: name, attributes and arguments are the same for
	 * all of them, the rest may differ. */
	const struct tern_kernel_info *info;
	struct tern_kernel_target *targets; /* one for each device of the program */
	bool arg_info;
	struct tern_lock lock; /* rank KERNEL: all below */
	unsigned char *block;  /* info->args_bytes, aligned to TERN_ARGS_ALIGN */
	struct tern_kernel_value *values;
	cl_uint unset;          /* arguments not set yet */
	cl_uint memory_count;   /* values that are memory objects */
	size_t local_arg_bytes; /* sum of the local arguments' sizes, each rounded up */
	size_t local_base;      /* constant: where the local arguments start, on every target */
	uint16_t status_name;   /* tern_status_name(), when it was asked: */
	bool named;
	struct tern_kernel_choice choice;
	struct tern_kernel_choice remade; /* instead of what a program gave: as the form has it */
	/* Of clSetKernelExecInfo: memory that it reaches beyond its arguments, as far as hints go.
	 */
	const void *indirect[TERN_KERNEL_INDIRECT];
	unsigned indirect_count;
};

TERN_DEFINE_HANDLE(kernel, cl_kernel, TERN_KIND_KERNEL)

/* clCreateKernel: CL_INVALID_PROGRAM_EXECUTABLE, CL_INVALID_KERNEL_NAME,
 * CL_INVALID_KERNEL_DEFINITION, CL_OUT_OF_HOST_MEMORY. */
cl_int tern_kernel_create(struct tern_program *program, const char *name,
			  struct tern_kernel **out) TERN_MUST_CHECK;
/* clCloneKernel. NULL: no memory. */
struct tern_kernel *tern_kernel_clone(struct tern_kernel *kernel) TERN_MUST_CHECK;
/* The kernel on @device, or what its parent has; NULL: there is no executable for it. */
const struct tern_kernel_target *tern_kernel_target(const struct tern_kernel *kernel,
						    const struct tern_device *device);

/* clSetKernelArg, clSetKernelArgSVMPointer: all their errors but CL_INVALID_KERNEL. */
cl_int tern_kernel_set_arg(struct tern_kernel *kernel, cl_uint index, size_t size,
			   const void *value) TERN_MUST_CHECK;
cl_int tern_kernel_set_pointer(struct tern_kernel *kernel, cl_uint index,
			       const void *pointer) TERN_MUST_CHECK;
/* clSetKernelExecInfo: replaces the pointers that it was told of before. A hint. */
void tern_kernel_set_indirect(struct tern_kernel *kernel, const void *const *pointers,
			      size_t count);

/* Bytes of local memory of one work-group on @target with the arguments as they are now. */
uint64_t tern_kernel_local_bytes(struct tern_kernel *kernel,
				 const struct tern_kernel_target *target);
/* CL_KERNEL_WORK_GROUP_SIZE */
size_t tern_kernel_max_group(const struct tern_kernel_target *target,
			     const struct tern_device *device);

/* An ND-range as the program gave it. */
struct tern_launch {
	cl_uint dim;
	const size_t *offset, *global, *local; /* dim values each, or NULL */
};

/*
 * clGetKernelSuggestedLocalWorkSizeKHR: the work-group size that tern_kernel_enqueue() takes where
 * the program gives none, launch->dim values. launch->local must be NULL. All errors of the
 * extension's but those of the handles; @out is written on success only.
 */
cl_int tern_kernel_suggest_local(struct tern_queue *queue, struct tern_kernel *kernel,
				 const struct tern_launch *launch, size_t *out);

/*
 * clEnqueueNDRangeKernel and clEnqueueTask: all errors of section 5.10 but those of the handles.
 * @type: CL_COMMAND_NDRANGE_KERNEL or CL_COMMAND_TASK.
 */
cl_int tern_kernel_enqueue(struct tern_queue *queue, struct tern_kernel *kernel,
			   cl_command_type type, const struct tern_launch *launch,
			   cl_uint wait_count, const cl_event *wait_list,
			   cl_event *event) TERN_MUST_CHECK;

#endif
