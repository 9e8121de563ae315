/* SPDX-License-Identifier: MIT */
/*
 * Lines of the source for what is made (-g): each function made is a subprogram of its own, and
 * what is emitted for an instruction gets that one's location, in the new function. Lines only, no
 * variables.
 */
#include <string.h>

#include <llvm-c/DebugInfo.h>

#include "kernels/widen/internal.h"

static bool make_unit(struct widen_fn *fn, LLVMMetadataRef file)
{
	static const char producer[] = "Tern";
	fn->lines = LLVMCreateDIBuilder(fn->module);
	if (!fn->lines)
		return false;
	LLVMDIBuilderCreateCompileUnit(
		fn->lines, LLVMDWARFSourceLanguageOpenCL, file, producer, strlen(producer), true,
		"", 0, 0, "", 0, LLVMDWARFEmissionLineTablesOnly, 0, false, false, "", 0, "", 0);
	return true;
}

void widen_begin_lines(struct widen_emit *e)
{
	struct widen_fn *fn = e->fn;
	LLVMMetadataRef old = fn->options->lines ? LLVMGetSubprogram(fn->ir) : NULL;
	size_t length;
	if (!old)
		return;
	LLVMMetadataRef file = LLVMDIScopeGetFile(old);
	if (!file || (!fn->lines && !make_unit(fn, file)))
		return;
	const char *name = fn->kernel->name, *linkage = LLVMGetValueName2(e->function, &length);
	unsigned line = LLVMDISubprogramGetLine(old);
	LLVMMetadataRef type =
		LLVMDIBuilderCreateSubroutineType(fn->lines, file, NULL, 0, LLVMDIFlagZero);
	e->subprogram = LLVMDIBuilderCreateFunction(fn->lines, file, name, strlen(name), linkage,
						    length, file, line, type, true, true, line,
						    LLVMDIFlagZero, true);
	LLVMSetSubprogram(e->function, e->subprogram);
	e->first_line = LLVMDIBuilderCreateDebugLocation(fn->context, line, 0, e->subprogram, NULL);
	LLVMSetCurrentDebugLocation2(e->builder, e->first_line);
	if (e->aux)
		LLVMSetCurrentDebugLocation2(e->aux, e->first_line);
}

/* The same place, in the subprogram that is being made instead of the kernel's. */
static LLVMMetadataRef moved_location(struct widen_emit *e, LLVMMetadataRef old)
{
	LLVMMetadataRef within = LLVMDILocationGetInlinedAt(old);
	LLVMMetadataRef scope = within ? LLVMDILocationGetScope(old) : e->subprogram;
	if (within)
		within = moved_location(e, within);
	return LLVMDIBuilderCreateDebugLocation(e->fn->context, LLVMDILocationGetLine(old),
						LLVMDILocationGetColumn(old), scope, within);
}

void widen_set_line(struct widen_emit *e, LLVMValueRef inst)
{
	if (!e->subprogram)
		return;
	LLVMMetadataRef old = LLVMInstructionGetDebugLoc(inst);
	LLVMSetCurrentDebugLocation2(e->builder, old ? moved_location(e, old) : e->first_line);
}

void widen_finish_lines(struct widen_fn *fn)
{
	if (!fn->lines)
		return;
	LLVMDIBuilderFinalize(fn->lines);
	LLVMDisposeDIBuilder(fn->lines);
}
