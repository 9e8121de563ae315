/* SPDX-License-Identifier: MIT */
/* From a complete module to an executable: device library, vectoriser, code generation, image. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <llvm-c/Analysis.h>
#include <llvm-c/DebugInfo.h>

#include "kernels/code_format.h"
#include "kernels/ternc/build.h"
#include "kernels/ternc/shim.h"
#include "runtime/base/log.h"

#define TABLE_NAME "tern.table"

/* The most work-items of a group: what tern_group_fn's callers rely on. */
enum { MAX_GROUP_SIZE = TERN_WIDEN_MOST_ITEMS };
enum { LOCAL_SPACE = 3 }; /* __local in spir64 */

/* A step of the vectoriser returned @e: says why in the log. */
static enum tern_build_status widen_status(struct tern_build *b, int e, char *message)
{
	if (e == 0)
		return TERN_BUILD_OK;
	if (e == -ENOMEM)
		return TERN_BUILD_UNAVAILABLE;
	if (e == -ELOOP)
		tern_build_log(b, "error: recursion, which OpenCL C forbids, in function '%s'\n",
			       message ? message : "?");
	else
		tern_build_log(b, "error: %s\n", message ? message : strerror(-e));
	if (message)
		LLVMDisposeMessage(message);
	return TERN_BUILD_FAILED;
}

/*
 * `inline` functions are C99 inline definitions, which no other module provides a body for; OpenCL
 * programs mean static inline.
 */
static void keep_inline_bodies(LLVMModuleRef module)
{
	for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f)) {
		if (LLVMGetLinkage(f) == LLVMAvailableExternallyLinkage)
			LLVMSetLinkage(f, LLVMInternalLinkage);
	}
}

static bool is_called(LLVMValueRef f)
{
	for (LLVMUseRef u = LLVMGetFirstUse(f); u; u = LLVMGetNextUse(u)) {
		if (LLVMIsACallInst(LLVMGetUser(u)))
			return true;
	}
	return false;
}

static void copy_param_attributes(LLVMValueRef from, LLVMValueRef to, unsigned index)
{
	LLVMAttributeRef list[32];
	unsigned n = LLVMGetAttributeCountAtIndex(from, index);
	if (n > tern_array_size(list))
		return;
	LLVMGetAttributesAtIndex(from, index, list);
	for (unsigned i = 0; i < n; i++) {
		if (LLVMIsACallInst(to))
			LLVMAddCallSiteAttribute(to, index, list[i]);
		else
			LLVMAddAttributeAtIndex(to, index, list[i]);
	}
}

/*
 * A kernel that other kernels call becomes an ordinary function, and a new kernel in its place
 * calls it like the others.
 */
static enum tern_build_status split_called_kernel(struct tern_build *b, LLVMModuleRef module,
						  struct tern_build_kernel *kernel)
{
	LLVMValueRef body = kernel->widen.function;
	unsigned count = LLVMCountParams(body);
	LLVMTypeRef type = LLVMGlobalGetValueType(body);
	LLVMValueRef *args = tern_build_alloc(b, (count + 1) * sizeof(*args));
	char *name = tern_build_printf(b, "tern.body.%s", kernel->info->name);
	if (!args || !name)
		return TERN_BUILD_UNAVAILABLE;
	LLVMSetValueName2(body, name, strlen(name));
	LLVMSetFunctionCallConv(body, TERN_CC_SPIR_FUNC);
	LLVMSetLinkage(body, LLVMInternalLinkage);
	for (LLVMUseRef u = LLVMGetFirstUse(body); u; u = LLVMGetNextUse(u)) {
		if (LLVMIsACallInst(LLVMGetUser(u)))
			LLVMSetInstructionCallConv(LLVMGetUser(u), TERN_CC_SPIR_FUNC);
	}
	LLVMValueRef f = LLVMAddFunction(module, kernel->info->name, type);
	LLVMSetFunctionCallConv(f, TERN_CC_SPIR_KERNEL);
	LLVMBuilderRef builder = LLVMCreateBuilderInContext(b->context);
	LLVMPositionBuilderAtEnd(builder, LLVMAppendBasicBlockInContext(b->context, f, "entry"));
	LLVMGetParams(f, args);
	LLVMValueRef call = LLVMBuildCall2(builder, type, body, args, count, "");
	LLVMSetInstructionCallConv(call, TERN_CC_SPIR_FUNC);
	for (unsigned i = 1; i <= count; i++) {
		copy_param_attributes(body, f, i);
		copy_param_attributes(body, call, i);
	}
	LLVMBuildRetVoid(builder);
	LLVMDisposeBuilder(builder);
	kernel->widen.function = f;
	return TERN_BUILD_OK;
}

static enum tern_build_status split_called_kernels(struct tern_build *b, LLVMModuleRef module,
						   struct tern_build_kernels *kernels)
{
	enum tern_build_status s = TERN_BUILD_OK;
	for (uint32_t i = 0; i < kernels->count && s == TERN_BUILD_OK; i++) {
		if (is_called(kernels->kernel[i].widen.function))
			s = split_called_kernel(b, module, &kernels->kernel[i]);
	}
	return s;
}

/* A kernel that is not widened has sub-groups of one work-item. */
static bool has_sub_groups_asked_for(struct tern_build *b, const struct tern_widen_kernel *w)
{
	if (!w->required_lanes || w->required_lanes == w->lanes ||
	    !(w->flags & TERN_KERNEL_SUB_GROUPS))
		return true;
	tern_build_log(b, "error: kernel '%s' has no sub-groups of %u: %s %s\n", w->name,
		       w->required_lanes, w->reason, w->reason_detail);
	return false;
}

/* The same kernel with its dimensions exchanged (kernels/widen/exchange.c). */
static enum tern_build_status add_exchanged(struct tern_build *b, LLVMModuleRef module,
					    const struct tern_widen_options *options,
					    struct tern_build_kernels *kernels, uint32_t index)
{
	struct tern_build_kernel *k = &kernels->kernel[index];
	uint32_t at = kernels->count + kernels->form_count++;
	struct tern_build_kernel *form = &kernels->kernel[at];
	*form = (struct tern_build_kernel){.info = &kernels->info[at], .widen = k->widen};
	*form->info = *k->info;
	k->info->exchanged = at;
	form->widen.exchanged = true;
	form->widen.name = tern_build_printf(b, "%s.exchanged", k->info->name);
	if (!form->widen.name)
		return TERN_BUILD_UNAVAILABLE;
	int e = tern_widen_kernel(module, options, &form->widen);
	if (!e && !(form->widen.flags & TERN_KERNEL_WIDENED)) { /* nothing is gained */
		LLVMDeleteFunction(form->widen.group_function);
		k->info->exchanged = 0;
		kernels->form_count--;
	}
	return widen_status(b, e, NULL);
}

static enum tern_build_status widen_kernels(struct tern_build *b, LLVMModuleRef module,
					    const struct tern_widen_options *options,
					    struct tern_build_kernels *kernels)
{
	for (uint32_t i = 0; i < kernels->count; i++) {
		struct tern_build_kernel *k = &kernels->kernel[i];
		int e = tern_widen_kernel(module, options, &k->widen);
		if (e == -ENOTSUP) {
			tern_build_log(b, "error: kernel '%s': %s %s\n", k->info->name,
				       k->widen.reason ? k->widen.reason : "not supported",
				       k->widen.reason_detail);
			return TERN_BUILD_FAILED;
		}
		if (e)
			return widen_status(b, e, NULL);
		if (!has_sub_groups_asked_for(b, &k->widen))
			return TERN_BUILD_FAILED;
		enum tern_build_status s = k->widen.exchange_pays
						   ? add_exchanged(b, module, options, kernels, i)
						   : TERN_BUILD_OK;
		if (s != TERN_BUILD_OK)
			return s;
	}
	for (uint32_t i = 0; i < kernels->count; i++)
		LLVMDeleteFunction(kernels->kernel[i].widen.function);
	return TERN_BUILD_OK;
}

/* Invalid code would crash LLVM later, or worse. */
static enum tern_build_status verify(struct tern_build *b, LLVMModuleRef module)
{
	char *message = NULL;
	enum tern_build_status s = TERN_BUILD_OK;
	if (LLVMVerifyModule(module, LLVMReturnStatusAction, &message)) {
		tern_log_error("ternc: the vectoriser made invalid code: %s", message);
		tern_build_log(b, "error: internal: invalid code: %s\n", message);
		b->widen_broke = true;
		s = TERN_BUILD_FAILED;
	}
	LLVMDisposeMessage(message);
	return s;
}

/* The table that the image's entry is: kernels/abi.h. */
static void add_table(struct tern_build *b, LLVMModuleRef module,
		      const struct tern_build_kernels *kernels, LLVMValueRef *entries)
{
	LLVMTypeRef pointer = LLVMPointerTypeInContext(b->context, 0);
	uint32_t count = kernels->count + kernels->form_count;
	for (uint32_t i = 0; i < count; i++) {
		entries[i] = kernels->kernel[i].widen.group_function;
		LLVMSetVisibility(entries[i], LLVMHiddenVisibility);
	}
	/* never empty: the image's entry must lie somewhere */
	entries[count] = LLVMConstNull(pointer);
	LLVMValueRef value = LLVMConstArray2(pointer, entries, count + 1);
	LLVMValueRef table = LLVMAddGlobal(module, LLVMTypeOf(value), TABLE_NAME);
	LLVMSetInitializer(table, value);
	LLVMSetGlobalConstant(table, true);
	LLVMSetVisibility(table, LLVMHiddenVisibility);
}

/* They are part of the image: linking gigabytes would take minutes. */
static bool check_variables(struct tern_build *b, LLVMModuleRef module)
{
	const uint64_t most = (uint64_t)256 << 20;
	uint64_t bytes = 0;
	for (LLVMValueRef g = LLVMGetFirstGlobal(module); g && bytes <= most;
	     g = LLVMGetNextGlobal(g)) {
		unsigned space = LLVMGetPointerAddressSpace(LLVMTypeOf(g));
		if (LLVMIsDeclaration(g) || space == LOCAL_SPACE)
			continue;
		uint64_t size = LLVMABISizeOfType(b->layout, LLVMGlobalGetValueType(g));
		bytes = size > most ? size : bytes + size;
	}
	if (bytes > most)
		tern_build_log(b,
			       "error: %llu bytes of program-scope variables: the most is %llu\n",
			       (unsigned long long)bytes, (unsigned long long)most);
	return bytes <= most;
}

/* Program-scope variables stay inside; returns their bytes. */
static uint64_t hide_globals(struct tern_build *b, LLVMModuleRef module)
{
	uint64_t bytes = 0;
	for (LLVMValueRef g = LLVMGetFirstGlobal(module); g; g = LLVMGetNextGlobal(g)) {
		if (LLVMIsDeclaration(g))
			continue;
		LLVMSetLinkage(g, LLVMInternalLinkage);
		LLVMTypeRef type = LLVMGlobalGetValueType(g);
		if (LLVMGetPointerAddressSpace(LLVMTypeOf(g)) == 1)
			bytes += LLVMABISizeOfType(b->layout, type);
	}
	return bytes;
}

static enum tern_build_status generate(struct tern_build *b, LLVMModuleRef module,
				       LLVMMemoryBufferRef *object)
{
	char *message = NULL;
	tern_llvm_record_stack(b->machine);
	if (*b->request->dump) {
		LLVMModuleRef copy = LLVMCloneModule(module);
		char *path =
			tern_build_printf(b, "%s/%d-6-code.s", b->request->dump, (int)getpid());
		if (path &&
		    LLVMTargetMachineEmitToFile(b->machine, copy, path, LLVMAssemblyFile, &message))
			LLVMDisposeMessage(message);
		LLVMDisposeModule(copy);
	}
	if (!LLVMTargetMachineEmitToMemoryBuffer(b->machine, module, LLVMObjectFile, &message,
						 object))
		return TERN_BUILD_OK;
	tern_build_log(b, "error: code generation: %s\n", message);
	LLVMDisposeMessage(message);
	return TERN_BUILD_FAILED;
}

/* For developers: programs take a build log that is not empty for a warning. */
static void note_scalar(struct tern_build *b, const struct tern_widen_kernel *w)
{
	const char *colon = *w->reason_detail ? ": " : "";
	tern_log_debug("ternc: kernel '%s' is not vectorised: %s%s%s", w->name, w->reason, colon,
		       w->reason_detail);
	static const char folder[] = TERN_SOURCE_DIR;
	size_t hidden =
		strncmp(w->reason_file, folder, sizeof(folder) - 1) ? 0 : sizeof(folder) - 1;
	if (w->reason_line && (b->request->flags & TERN_WIRE_REPORT))
		tern_build_log(b, "%s:%u: note: kernel '%s' is not vectorised: %s\n",
			       w->reason_file + hidden, w->reason_line, w->name, w->reason);
	else if (*b->request->dump || (b->request->flags & TERN_WIRE_REPORT))
		tern_build_log(b, "note: kernel '%s' is not vectorised: %s%s%s\n", w->name,
			       w->reason, colon, w->reason_detail);
}

static void fill_info(struct tern_build *b, LLVMModuleRef module, LLVMMemoryBufferRef object,
		      struct tern_build_kernels *kernels)
{
	for (uint32_t i = 0; i < kernels->count + kernels->form_count; i++) {
		struct tern_build_kernel *k = &kernels->kernel[i];
		const struct tern_widen_kernel *w = &k->widen;
		k->info->flags = w->flags;
		k->info->lanes = w->lanes;
		k->info->rows = w->rows;
		k->info->local_bytes = w->local_bytes;
		k->info->private_bytes = w->private_bytes;
		k->info->stream_bytes = w->stream_bytes;
		k->info->frame_bytes =
			w->flags & TERN_KERNEL_BARRIER ? tern_widen_frame_bytes(module, w) : 0;
		k->info->max_group_size = MAX_GROUP_SIZE;
		uint64_t estimate = w->private_bytes * w->lanes * w->rows + 4096;
		size_t n;
		k->info->stack_bytes = tern_stack_bytes(
			object, LLVMGetValueName2(w->group_function, &n), estimate);
		if (w->reason && !(w->flags & (TERN_KERNEL_WIDENED | TERN_KERNEL_EXCHANGED)) &&
		    b->request->register_lanes > 1 && !(b->request->flags & TERN_WIRE_SCALAR))
			note_scalar(b, w);
	}
}

static enum tern_build_status write_code(struct tern_build *b, struct tern_code_info *info,
					 LLVMMemoryBufferRef object)
{
	const void *image;
	size_t size;
	enum tern_build_status s = tern_image_link(b, object, TABLE_NAME, &image, &size);
	if (s == TERN_BUILD_OK)
		tern_code_format_write(&b->code, info, image, size);
	return s;
}

/* Lines for debuggers: this program, or one that it was linked from, was compiled with -g. */
static bool has_lines(const struct tern_build *b, LLVMModuleRef module)
{
	bool any = LLVMGetNamedMetadataNumOperands(module, "llvm.dbg.cu") > 0;
	return any &&
	       (b->options.flags & TERN_OPT_DEBUG || b->request->operation == TERN_BUILD_LINK);
}

/* Everything up to optimised group functions and their table. */
static enum tern_build_status make_functions(struct tern_build *b, LLVMModuleRef module,
					     struct tern_code_info *info,
					     struct tern_build_kernels *kernels)
{
	const struct tern_wire_request *q = b->request;
	struct tern_widen_options options = {
		.machine = b->machine,
		.cpu = q->cpu,
		.features = q->features,
		.keep_lines = q->flags & TERN_WIRE_REPORT || has_lines(b, module),
		.lines = has_lines(b, module),
		.register_lanes = b->scalar ? 1 : q->register_lanes,
	};
	char *message = NULL;
	keep_inline_bodies(module);
	enum tern_build_status s = tern_kernel_info_read(b, module, kernels);
	if (s == TERN_BUILD_OK)
		s = split_called_kernels(b, module, kernels);
	if (s == TERN_BUILD_OK)
		s = tern_printf_lower(b, module, &info->formats, &info->format_count);
	if (s != TERN_BUILD_OK)
		return s;
	LLVMSetTarget(module, TERN_TRIPLE);
	LLVMSetModuleDataLayout(module, b->layout);
	s = tern_library_link(b, module);
	if (s != TERN_BUILD_OK)
		return s;
	tern_build_phase(b, "device library");
	if (!check_variables(b, module))
		return TERN_BUILD_FAILED;
	info->global_bytes = hide_globals(b, module);
	tern_build_dump(b, module, "2-linked");
	s = widen_status(b, tern_widen_prepare(module, &options, &message), message);
	if (s != TERN_BUILD_OK)
		return s;
	tern_build_phase(b, "prepare");
	tern_build_dump(b, module, "3-prepared");
	s = widen_kernels(b, module, &options, kernels);
	LLVMValueRef *entries =
		tern_build_alloc(b, (kernels->count + kernels->form_count + 1) * sizeof(*entries));
	if (s != TERN_BUILD_OK || !entries)
		return s != TERN_BUILD_OK ? s : TERN_BUILD_UNAVAILABLE;
	add_table(b, module, kernels, entries);
	b->lines = options.lines;
	if (!b->lines)
		LLVMStripModuleDebugInfo(module); /* they were for the notes */
	tern_build_phase(b, "widen");
	tern_build_dump(b, module, "4-widened");
	s = verify(b, module);
	if (s != TERN_BUILD_OK)
		return s;
	s = widen_status(b, tern_widen_optimize(module, &options, &message), message);
	tern_build_phase(b, "optimise");
	tern_build_dump(b, module, "5-optimised");
	return s;
}

enum tern_build_status tern_executable_make(struct tern_build *b, LLVMModuleRef module)
{
	struct tern_code_info info = {
		.kind = TERN_CODE_EXECUTABLE,
		.target = b->request->target,
		.options = b->request->options,
	};
	struct tern_build_kernels kernels = {0};
	LLVMMemoryBufferRef object = NULL;
	enum tern_build_status s = make_functions(b, module, &info, &kernels);
	if (s == TERN_BUILD_OK)
		s = generate(b, module, &object);
	tern_build_phase(b, "generate");
	if (s == TERN_BUILD_OK) {
		fill_info(b, module, object, &kernels);
		info.kernels = kernels.info;
		info.kernel_count = kernels.count;
		info.form_count = kernels.form_count;
		s = write_code(b, &info, object);
		tern_build_phase(b, "image");
	}
	if (object)
		LLVMDisposeMemoryBuffer(object);
	LLVMDisposeModule(module);
	return s;
}
