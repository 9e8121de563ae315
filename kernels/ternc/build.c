/* SPDX-License-Identifier: MIT */
#include "kernels/ternc/build.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <llvm-c/BitWriter.h>

#include "kernels/code_format.h"
#include "runtime/base/alloc.h"
#include "runtime/base/futex.h"
#include "runtime/base/log.h"

struct tern_build_block {
	struct tern_build_block *next;
	max_align_t data[];
};

void *tern_build_alloc(struct tern_build *b, size_t size)
{
	struct tern_build_block *block = tern_zalloc(sizeof(*block) + size);
	if (!block)
		return NULL;
	block->next = b->blocks;
	b->blocks = block;
	return block->data;
}

char *tern_build_strndup(struct tern_build *b, const char *s, size_t n)
{
	char *copy = tern_build_alloc(b, n + 1);
	if (copy)
		memcpy(copy, s, n);
	return copy;
}

char *tern_build_printf(struct tern_build *b, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	int n = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	char *s = n < 0 ? NULL : tern_build_alloc(b, (size_t)n + 1);
	if (!s)
		return NULL;
	va_start(ap, format);
	vsnprintf(s, (size_t)n + 1, format, ap);
	va_end(ap);
	return s;
}

void tern_build_log(struct tern_build *b, const char *format, ...)
{
	char line[1024];
	va_list ap;
	va_start(ap, format);
	int n = vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	if (n > 0)
		tern_write_raw(&b->log, line, tern_min((size_t)n, sizeof(line) - 1));
}

void tern_build_dump(struct tern_build *b, LLVMModuleRef module, const char *step)
{
	if (!*b->request->dump)
		return;
	char *path = tern_build_printf(b, "%s/%d-%s.ll", b->request->dump, (int)getpid(), step);
	char *message = NULL;
	if (path && LLVMPrintModuleToFile(module, path, &message)) {
		tern_log_warn("cannot write %s: %s", path, message);
		LLVMDisposeMessage(message);
	}
}

void tern_build_phase(struct tern_build *b, const char *name)
{
	uint64_t now = tern_clock_ns();
	tern_log_debug("ternc: %s %.2f ms", name, (double)(now - b->phase_start) / 1e6);
	b->phase_start = now;
}

static void on_diagnostic(LLVMDiagnosticInfoRef info, void *data)
{
	struct tern_build *b = data;
	LLVMDiagnosticSeverity severity = LLVMGetDiagInfoSeverity(info);
	if (severity != LLVMDSError && severity != LLVMDSWarning)
		return;
	char *text = LLVMGetDiagInfoDescription(info);
	bool error = severity == LLVMDSError;
	tern_build_log(b, "%s: %s\n", error ? "error" : "warning", text);
	LLVMDisposeMessage(text);
	b->llvm_failed |= error;
}

void tern_build_init(struct tern_build *b, const struct tern_wire_request *request)
{
	*b = (struct tern_build){.request = request, .phase_start = tern_clock_ns()};
	b->context = LLVMContextCreate();
	LLVMContextSetDiscardValueNames(b->context, !*request->dump);
	LLVMContextSetDiagnosticHandler(b->context, on_diagnostic, b);
}

void tern_build_finish(struct tern_build *b)
{
	tern_options_finish(&b->options);
	tern_writer_finish(&b->log);
	tern_writer_finish(&b->code);
	if (b->layout)
		LLVMDisposeTargetData(b->layout);
	if (b->machine)
		LLVMDisposeTargetMachine(b->machine);
	LLVMContextDispose(b->context);
	while (b->blocks) {
		struct tern_build_block *next = b->blocks->next;
		tern_free(b->blocks);
		b->blocks = next;
	}
}

/* The machine that code is generated for. */
static enum tern_build_status make_machine(struct tern_build *b)
{
	LLVMTargetRef target;
	char *message = NULL;
	if (LLVMGetTargetFromTriple(TERN_TRIPLE, &target, &message)) {
		tern_build_log(b, "error: %s\n", message);
		LLVMDisposeMessage(message);
		return TERN_BUILD_UNAVAILABLE;
	}
	b->machine =
		LLVMCreateTargetMachine(target, TERN_TRIPLE, b->request->cpu, b->request->features,
					LLVMCodeGenLevelLess, LLVMRelocPIC, LLVMCodeModelSmall);
	b->layout = b->machine ? LLVMCreateTargetDataLayout(b->machine) : NULL;
	return b->layout ? TERN_BUILD_OK : TERN_BUILD_UNAVAILABLE;
}

/* Compiled objects and libraries keep clang's module as bitcode. */
static enum tern_build_status write_bitcode(struct tern_build *b, LLVMModuleRef module,
					    enum tern_code_kind kind)
{
	struct tern_code_info info = {
		.kind = kind, .target = b->request->target, .options = b->request->options};
	LLVMMemoryBufferRef bytes = LLVMWriteBitcodeToMemoryBuffer(module);
	LLVMDisposeModule(module);
	tern_code_format_write(&b->code, &info, LLVMGetBufferStart(bytes),
			       LLVMGetBufferSize(bytes));
	LLVMDisposeMemoryBuffer(bytes);
	return TERN_BUILD_OK;
}

/* The module that the operation begins with. */
static enum tern_build_status make_module(struct tern_build *b, LLVMModuleRef *out)
{
	const struct tern_wire_request *q = b->request;
	bool link = q->operation == TERN_BUILD_LINK, spirv = q->flags & TERN_WIRE_SPIRV;
	enum tern_build_status s = link    ? tern_link_inputs(b, out)
				   : spirv ? tern_spirv_compile(b, out)
					   : tern_frontend_compile(b, out);
	tern_build_phase(b, link ? "link" : spirv ? "spirv" : "clang");
	return s;
}

static enum tern_build_status run(struct tern_build *b)
{
	const struct tern_wire_request *q = b->request;
	LLVMModuleRef module;
	int e = tern_options_parse(q->options, q->operation, &b->options);
	if (e == -EINVAL) {
		tern_build_log(b, "error: %s\n", b->options.error);
		return TERN_BUILD_INVALID_OPTIONS;
	}
	enum tern_build_status s = e ? TERN_BUILD_UNAVAILABLE : make_machine(b);
	if (s == TERN_BUILD_OK)
		s = make_module(b, &module);
	if (s != TERN_BUILD_OK)
		return s;
	if (q->operation == TERN_BUILD_COMPILE)
		return write_bitcode(b, module, TERN_CODE_OBJECT);
	if (b->options.flags & TERN_OPT_CREATE_LIBRARY)
		return write_bitcode(b, module, TERN_CODE_LIBRARY);
	return tern_executable_make(b, module);
}

enum tern_build_status tern_build_run(struct tern_build *b)
{
	b->scalar = b->request->flags & TERN_WIRE_SCALAR;
	enum tern_build_status s = run(b);
	if (s == TERN_BUILD_FAILED && b->widen_broke && !b->scalar) {
		const struct tern_wire_request *request = b->request;
		tern_build_finish(b);
		tern_build_init(b, request);
		b->scalar = true;
		s = run(b);
	}
	if (s == TERN_BUILD_OK && b->llvm_failed)
		s = TERN_BUILD_FAILED;
	if (b->code.failed || b->log.failed)
		s = TERN_BUILD_UNAVAILABLE;
	return s;
}
