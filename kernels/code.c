/* SPDX-License-Identifier: MIT */
/* struct tern_code: the serialised bytes and what they say, read once. */
#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "kernels/code.h"
#include "kernels/target.h"
#include "runtime/base/alloc.h"

struct tern_code {
	_Atomic uint32_t refs;
	struct tern_code_parsed parsed;
	size_t size;
	void *bytes;
};

int tern_code_parse(const void *bytes, size_t size, struct tern_code **out)
{
	struct tern_code *code = tern_zalloc(sizeof(*code));
	if (!code)
		return -ENOMEM;
	int e = -ENOMEM;
	code->refs = 1;
	code->size = size;
	code->bytes = tern_alloc_aligned(TERN_ARGS_ALIGN, size);
	if (!code->bytes)
		goto err_free_code;
	if (size)
		memcpy(code->bytes, bytes, size);
	e = tern_code_format_parse(code->bytes, size, &code->parsed);
	if (e)
		goto err_free_bytes;
	e = tern_target_runs(code->parsed.info.target) ? 0 : -ENOEXEC;
	if (e)
		goto err_finish_parsed;
	*out = code;
	return 0;

err_finish_parsed:
	tern_code_format_finish(&code->parsed);
err_free_bytes:
	tern_free(code->bytes);
err_free_code:
	tern_free(code);
	return e;
}

int tern_code_built_in(const struct tern_kernel_info *kernels, uint32_t count,
		       struct tern_code **out)
{
	struct tern_code *code = tern_zalloc(sizeof(*code));
	struct tern_kernel_info *copy = tern_zalloc_array(count, sizeof(*copy));
	if (!code || !copy) {
		tern_free(code);
		tern_free(copy);
		return -ENOMEM;
	}
	memcpy(copy, kernels, count * sizeof(*copy));
	code->refs = 1;
	code->parsed.tables = copy;
	code->parsed.info = (struct tern_code_info){.kind = TERN_CODE_BUILT_IN,
						    .target = "",
						    .options = "",
						    .kernels = copy,
						    .kernel_count = count};
	*out = code;
	return 0;
}

void tern_code_get(struct tern_code *code)
{
	atomic_fetch_add_explicit(&code->refs, 1, memory_order_relaxed);
}

void tern_code_put(struct tern_code *code)
{
	if (!code || atomic_fetch_sub_explicit(&code->refs, 1, memory_order_acq_rel) != 1)
		return;
	tern_code_format_finish(&code->parsed);
	tern_free(code->bytes);
	tern_free(code);
}

const struct tern_code_info *tern_code_info(const struct tern_code *code)
{
	return &code->parsed.info;
}

const void *tern_code_bytes(const struct tern_code *code, size_t *size)
{
	*size = code->size;
	return code->bytes;
}

const void *tern_code_payload(const struct tern_code *code, size_t *size)
{
	*size = code->parsed.payload_size;
	return code->parsed.payload;
}
