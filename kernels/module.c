/* SPDX-License-Identifier: MIT */
/*
 * Modules. Each has its own mapping, also when two are made of the same code: program-scope
 * variables belong to the program object on its device and must not be shared.
 */
#include <errno.h>
#include <stdatomic.h>

#include "kernels/code.h"
#include "kernels/debug.h"
#include "kernels/image.h"
#include "runtime/base/alloc.h"
#include "runtime/base/log.h"

struct tern_module {
	_Atomic uint32_t refs;
	struct tern_code *code; /* reference */
	struct tern_image image;
};

static int load_image(struct tern_code *code, const struct tern_image_place *place,
		      struct tern_image *out)
{
	size_t size;
	const struct tern_code_info *info = tern_code_info(code);
	const void *image = tern_code_payload(code, &size);
	int e = tern_image_load(image, size, info->kernel_count + info->form_count, place, out);
	if (!e && !place && tern_debug_has_lines(image, size))
		tern_debug_reload(image, size, out);
	if (e && e != -ENOMEM)
		tern_log_error("a program's image cannot be loaded (error %d)", -e);
	return e;
}

int tern_module_load(struct tern_code *code, const struct tern_image_place *place,
		     struct tern_module **out)
{
	enum tern_code_kind kind = tern_code_info(code)->kind;
	if (kind != TERN_CODE_EXECUTABLE && kind != TERN_CODE_BUILT_IN)
		return -EINVAL;
	struct tern_module *module = tern_zalloc(sizeof(*module));
	if (!module)
		return -ENOMEM;
	module->refs = 1;
	int e = kind == TERN_CODE_BUILT_IN ? 0 : load_image(code, place, &module->image);
	if (e) {
		tern_free(module);
		return e;
	}
	tern_code_get(code);
	module->code = code;
	*out = module;
	return 0;
}

void tern_module_get(struct tern_module *module)
{
	atomic_fetch_add_explicit(&module->refs, 1, memory_order_relaxed);
}

void tern_module_put(struct tern_module *module)
{
	if (!module || atomic_fetch_sub_explicit(&module->refs, 1, memory_order_acq_rel) != 1)
		return;
	tern_image_unload(&module->image);
	tern_code_put(module->code);
	tern_free(module);
}

struct tern_code *tern_module_code(struct tern_module *module)
{
	return module->code;
}

tern_group_fn *tern_module_function(struct tern_module *module, uint32_t index)
{
	return module->image.functions ? module->image.functions[index] : NULL;
}
