/* SPDX-License-Identifier: MIT */
/* Joins compiled objects and libraries to one module. */
#include <errno.h>

#include <llvm-c/BitReader.h>

#include "kernels/code_format.h"
#include "kernels/ternc/build.h"
#include "kernels/ternc/shim.h"

static enum tern_build_status read_input(struct tern_build *b, uint32_t index, LLVMModuleRef *out)
{
	const struct tern_wire_input *input = &b->request->inputs[index];
	struct tern_code_parsed code;
	int e = tern_code_format_parse(input->bytes, input->size, &code);
	if (e == -ENOMEM)
		return TERN_BUILD_UNAVAILABLE;
	if (e || code.info.kind == TERN_CODE_EXECUTABLE) {
		if (!e)
			tern_code_format_finish(&code);
		tern_build_log(b, "error: program %u is no compiled object or library\n", index);
		return TERN_BUILD_FAILED;
	}
	LLVMMemoryBufferRef bytes = LLVMCreateMemoryBufferWithMemoryRangeCopy(
		code.payload, code.payload_size, "program");
	tern_code_format_finish(&code);
	bool bad = LLVMParseBitcodeInContext2(b->context, bytes, out);
	LLVMDisposeMemoryBuffer(bytes);
	if (bad) {
		tern_build_log(b, "error: program %u is damaged\n", index);
		return TERN_BUILD_FAILED;
	}
	return TERN_BUILD_OK;
}

enum tern_build_status tern_link_inputs(struct tern_build *b, LLVMModuleRef *out)
{
	LLVMModuleRef whole = NULL;
	for (uint32_t i = 0; i < b->request->input_count; i++) {
		LLVMModuleRef part;
		enum tern_build_status s = read_input(b, i, &part);
		if (s == TERN_BUILD_OK && !whole) {
			whole = part;
			continue;
		}
		if (s == TERN_BUILD_OK && !tern_llvm_link(whole, part, TERN_LINK_ALL))
			s = TERN_BUILD_FAILED; /* the diagnostic handler has logged why */
		if (s != TERN_BUILD_OK) {
			if (whole)
				LLVMDisposeModule(whole);
			return s;
		}
	}
	if (!whole) {
		tern_build_log(b, "error: nothing to link\n");
		return TERN_BUILD_FAILED;
	}
	*out = whole;
	return TERN_BUILD_OK;
}
