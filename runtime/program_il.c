/* SPDX-License-Identifier: MIT */
/* Programs of an intermediate language (sections 5.8.1 and 5.8.3). */
#include <errno.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/log.h"
#include "runtime/program_build.h"

void tern_program_il_destroy(struct tern_program_il *il)
{
	if (!il)
		return;
	tern_free(il->constants);
	tern_free(il->bytes);
	tern_free(il);
}

/* Looks at a copy: another thread of the program may write to the original. */
static cl_int read_il(struct tern_program_il *il)
{
	const char *wrong;
	if (tern_spirv_open(&il->module, il->bytes, il->size, &wrong)) {
		tern_log_error("clCreateProgramWithIL: the module %s", wrong);
		return CL_INVALID_VALUE;
	}
	if (tern_spirv_constants(&il->module, &il->constants, &il->constant_count))
		return CL_OUT_OF_HOST_MEMORY;
	return CL_SUCCESS;
}

static cl_int create_il(const void *bytes, size_t size, struct tern_program_il **out)
{
	if (size > TERN_SPIRV_MOST_BYTES) {
		tern_log_error("clCreateProgramWithIL: %zu bytes are more than a module may have",
			       size);
		return CL_INVALID_VALUE;
	}
	struct tern_program_il *il = tern_zalloc(sizeof(*il));
	if (!il)
		return CL_OUT_OF_HOST_MEMORY;
	cl_int error = CL_OUT_OF_HOST_MEMORY;
	il->bytes = tern_alloc(size);
	il->size = size;
	if (il->bytes) {
		memcpy(il->bytes, bytes, size);
		error = read_il(il);
	}
	if (error) {
		tern_program_il_destroy(il);
		return error;
	}
	*out = il;
	return CL_SUCCESS;
}

cl_int tern_program_create_il(struct tern_context *context, const void *bytes, size_t size,
			      struct tern_program **out)
{
	struct tern_program_il *il;
	cl_int error = create_il(bytes, size, &il);
	if (error)
		return error;
	struct tern_program *program = tern_program_create(context, TERN_PROGRAM_IL,
							   context->devices, context->device_count);
	if (!program) {
		tern_program_il_destroy(il);
		return CL_OUT_OF_HOST_MEMORY;
	}
	program->il = il;
	*out = program;
	return CL_SUCCESS;
}

cl_int tern_program_set_constant(struct tern_program *program, cl_uint id, size_t size,
				 const void *value)
{
	tern_lock_acquire(&program->lock);
	int e = tern_spirv_constant_set(program->il->constants, program->il->constant_count, id,
					size, value);
	tern_lock_release(&program->lock);
	if (e == -ENOENT)
		return CL_INVALID_SPEC_ID;
	return e ? CL_INVALID_VALUE : CL_SUCCESS;
}

uint32_t *tern_program_il_words(struct tern_program *program)
{
	const struct tern_program_il *il = program->il;
	uint32_t *words = tern_alloc(il->size);
	if (!words)
		return NULL;
	tern_lock_acquire(&program->lock);
	tern_spirv_specialize(&il->module, il->constants, il->constant_count, words);
	tern_lock_release(&program->lock);
	return words;
}
