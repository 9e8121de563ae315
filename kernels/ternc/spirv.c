/* SPDX-License-Identifier: MIT */
/* From SPIR-V to a module like clang's: checks, the translator, and what it leaves to be done. */
#include "kernels/spirv.h"

#include <stdio.h>
#include <string.h>

#include <llvm-c/Analysis.h>
#include <llvm-c/BitReader.h>

#include "kernels/ternc/build.h"
#include "kernels/ternc/spirv_lower.h"
#include "kernels/ternc/translator.h"
#include "runtime/base/alloc.h"

/* Operands of OpMemoryModel. */
enum { ADDRESSES_64_BITS = 2, MEMORY_OPENCL = 2 };

/* dst, src, count, stride, event */
enum { EVENT_FUNCTION_PARAMS = 5 };

/* What clang gives SPIR modules, which these may be linked with. */
static const char spir_layout[] = "e-i64:64-v16:16-v24:32-v32:32-v48:64-v96:128-v192:256-v256:256-"
				  "v512:512-v1024:1024-G1";

static bool check_capability(struct tern_build *b, uint32_t number)
{
	size_t count;
	const struct tern_spirv_capability *c = tern_spirv_capabilities(&count);
	const struct tern_spirv_capability *end = c + count;
	while (c < end && c->number != number)
		c++;
	if (c < end && tern_spirv_capability_supported(c))
		return true;
	if (c < end)
		tern_build_log(b, "error: the device does not have the SPIR-V capability %s\n",
			       c->name);
	else
		tern_build_log(b, "error: the device does not have SPIR-V capability number %u\n",
			       number);
	return false;
}

static bool check_memory_model(struct tern_build *b, uint32_t addressing, uint32_t memory)
{
	if (addressing == ADDRESSES_64_BITS && memory == MEMORY_OPENCL)
		return true;
	tern_build_log(b,
		       "error: the module is for addressing model %u and memory model %u, the "
		       "device has Physical64 (2) and OpenCL (2)\n",
		       addressing, memory);
	return false;
}

/* All reasons why a module is not for this device. */
static enum tern_build_status check_demands(struct tern_build *b, const struct tern_spirv *m)
{
	struct tern_spirv_instruction i = {0};
	bool good = true, modelled = false;
	while (tern_spirv_next(m, &i)) {
		if (i.op == TERN_SPIRV_OP_CAPABILITY && i.words == 2) {
			good &= check_capability(b, tern_spirv_word(m, i.at + 1));
		} else if (i.op == TERN_SPIRV_OP_MEMORY_MODEL && i.words == 3) {
			modelled = true;
			good &= check_memory_model(b, tern_spirv_word(m, i.at + 1),
						   tern_spirv_word(m, i.at + 2));
		}
	}
	if (!modelled)
		tern_build_log(b, "error: the module has no memory model\n");
	return good && modelled ? TERN_BUILD_OK : TERN_BUILD_FAILED;
}

/* The translator's bitcode comes from foreign bytes: nothing goes on that is not valid. */
static enum tern_build_status read_bitcode(struct tern_build *b, LLVMMemoryBufferRef bytes,
					   LLVMModuleRef *out)
{
	LLVMModuleRef module;
	char *message = NULL;
	if (LLVMParseBitcodeInContext2(b->context, bytes, &module)) {
		tern_build_log(b, "error: the translator of SPIR-V wrote no valid module\n");
		return TERN_BUILD_FAILED;
	}
	bool bad = LLVMVerifyModule(module, LLVMReturnStatusAction, &message);
	if (bad) {
		tern_build_log(b, "error: the module's code is not valid: %s\n", message);
		LLVMDisposeModule(module);
	} else {
		*out = module;
	}
	LLVMDisposeMessage(message);
	return bad ? TERN_BUILD_FAILED : TERN_BUILD_OK;
}

/*
 * The translator gives a function's attributes to its calls, too: a call that is not to be inlined
 * would stop the vectoriser. Functions without names are of this module only.
 */
static void repair_function(LLVMValueRef f)
{
	static const char noinline[] = "noinline", optnone[] = "optnone";
	const unsigned kinds[] = {
		LLVMGetEnumAttributeKindForName(noinline, sizeof(noinline) - 1),
		LLVMGetEnumAttributeKindForName(optnone, sizeof(optnone) - 1),
	};
	size_t length;
	LLVMGetValueName2(f, &length);
	if (!length && !LLVMIsDeclaration(f))
		LLVMSetLinkage(f, LLVMInternalLinkage);
	for (LLVMUseRef u = LLVMGetFirstUse(f); u; u = LLVMGetNextUse(u)) {
		LLVMValueRef user = LLVMGetUser(u);
		for (size_t i = 0; LLVMIsACallInst(user) && i < tern_array_size(kinds); i++)
			LLVMRemoveCallSiteEnumAttribute(user, LLVMAttributeFunctionIndex, kinds[i]);
	}
}

/* Replaces @call by one of @f, which has event_t for what are pointers in @call. */
static void repair_event_call(LLVMValueRef f, LLVMValueRef call)
{
	LLVMTypeRef type = LLVMGlobalGetValueType(f), event = LLVMGetReturnType(type);
	LLVMValueRef args[EVENT_FUNCTION_PARAMS];
	unsigned count = LLVMGetNumArgOperands(call);
	for (unsigned i = 0; i + 1 < count; i++)
		args[i] = LLVMGetOperand(call, i);
	args[count - 1] = LLVMConstNull(event);
	LLVMBuilderRef builder = LLVMCreateBuilderInContext(LLVMGetTypeContext(event));
	LLVMPositionBuilderBefore(builder, call);
	LLVMValueRef right = LLVMBuildCall2(builder, type, f, args, count, "");
	LLVMSetInstructionCallConv(right, LLVMGetInstructionCallConv(call));
	LLVMReplaceAllUsesWith(call, LLVMConstNull(LLVMTypeOf(call)));
	LLVMInstructionEraseFromParent(call);
	LLVMDisposeBuilder(builder);
}

/*
 * Events are pointers for the translator and a type of their own for clang, so for the device
 * library. They carry nothing: any will do.
 */
static void repair_event_function(LLVMModuleRef module, LLVMValueRef f)
{
	static const char prefix[] = "_Z29async_work_group_strided_copy";
	size_t length;
	const char *name = LLVMGetValueName2(f, &length);
	unsigned count = LLVMCountParams(f);
	LLVMTypeRef result = LLVMGetReturnType(LLVMGlobalGetValueType(f));
	if (strncmp(name, prefix, sizeof(prefix) - 1) != 0 || !LLVMIsDeclaration(f) ||
	    count != EVENT_FUNCTION_PARAMS || LLVMGetTypeKind(result) != LLVMPointerTypeKind)
		return;
	LLVMTypeRef params[EVENT_FUNCTION_PARAMS];
	LLVMContextRef context = LLVMGetModuleContext(module);
	LLVMTypeRef event = LLVMTargetExtTypeInContext(context, "spirv.Event", NULL, 0, NULL, 0);
	LLVMGetParamTypes(LLVMGlobalGetValueType(f), params);
	params[count - 1] = event;
	LLVMValueRef right =
		LLVMAddFunction(module, "", LLVMFunctionType(event, params, count, false));
	LLVMSetFunctionCallConv(right, LLVMGetFunctionCallConv(f));
	LLVMUseRef next;
	for (LLVMUseRef u = LLVMGetFirstUse(f); u; u = next) {
		LLVMValueRef user = LLVMGetUser(u);
		next = LLVMGetNextUse(u);
		if (LLVMIsACallInst(user) && LLVMGetCalledValue(user) == f &&
		    LLVMGetNumArgOperands(user) == count)
			repair_event_call(right, user);
	}
	char *copy = LLVMCreateMessage(name);
	LLVMSetValueName2(f, "", 0);
	LLVMSetValueName2(right, copy, length);
	LLVMDisposeMessage(copy);
	if (!LLVMGetFirstUse(f))
		LLVMDeleteFunction(f);
}

/*
 * Functions that OpenCL C has under another name. What follows the prefix is the same, or of no
 * interest: the type that get_fence()'s pointer points to.
 */
static void repair_name(LLVMModuleRef module, LLVMValueRef f)
{
	static const struct {
		const char *prefix, *right;
		bool whole; /* @right is the whole name */
	} names[] = {
		{"_Z9get_fencePU3AS4", "_Z9get_fencePU3AS4Kv", true},
		{"_Z11fmax_common", "_Z4fmax", false},
		{"_Z11fmin_common", "_Z4fmin", false},
	};
	char right[64];
	size_t length;
	const char *name = LLVMGetValueName2(f, &length);
	for (size_t i = 0; i < tern_array_size(names); i++) {
		size_t n = strlen(names[i].prefix);
		if (strncmp(name, names[i].prefix, n) != 0 || !LLVMIsDeclaration(f))
			continue;
		snprintf(right, sizeof(right), "%s%s", names[i].right,
			 names[i].whole ? "" : name + n);
		LLVMValueRef other = LLVMGetNamedFunction(module, right);
		if (other == f)
			return;
		if (!other)
			LLVMSetValueName2(f, right, strlen(right));
		else if (LLVMGlobalGetValueType(other) == LLVMGlobalGetValueType(f))
			LLVMReplaceAllUsesWith(f, other);
		return;
	}
}

static void repair(LLVMModuleRef module)
{
	LLVMValueRef next;
	for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = next) {
		next = LLVMGetNextFunction(f);
		repair_function(f);
		repair_name(module, f);
		repair_event_function(module, f);
	}
	LLVMSetDataLayout(module, spir_layout);
}

static enum tern_build_status translate(struct tern_build *b, const struct tern_spirv *m,
					LLVMMemoryBufferRef *bitcode)
{
	uint32_t *lowered;
	size_t bytes;
	if (!tern_spirv_lower(m, &lowered, &bytes))
		return TERN_BUILD_UNAVAILABLE;
	enum tern_build_status s =
		lowered ? tern_translator_run(b, lowered, bytes, bitcode)
			: tern_translator_run(b, m->bytes, 4 * m->words, bitcode);
	tern_free(lowered);
	return s;
}

enum tern_build_status tern_spirv_compile(struct tern_build *b, LLVMModuleRef *out)
{
	const struct tern_wire_request *q = b->request;
	struct tern_spirv m;
	const char *wrong;
	if (tern_spirv_open(&m, q->source, q->source_size, &wrong)) {
		tern_build_log(b, "error: the module %s\n", wrong);
		return TERN_BUILD_FAILED;
	}
	enum tern_build_status s = check_demands(b, &m);
	LLVMMemoryBufferRef bitcode;
	if (s == TERN_BUILD_OK)
		s = translate(b, &m, &bitcode);
	if (s != TERN_BUILD_OK)
		return s;
	s = read_bitcode(b, bitcode, out);
	LLVMDisposeMemoryBuffer(bitcode);
	if (s != TERN_BUILD_OK)
		return s;
	repair(*out);
	tern_build_dump(b, *out, "1-spirv");
	return TERN_BUILD_OK;
}
