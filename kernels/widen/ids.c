/* SPDX-License-Identifier: MIT */
/*
 * What optimisers should know of ids, before they see them.
 *
 * (int)get_global_id(0) becomes one call that yields 32 bits. Otherwise instcombine makes shifts of
 * 64 bits of (long)((int)id + 1), and nothing tells any more that the addition does not wrap. And
 * there are bounds: of local ids and sizes.
 */
#include "kernels/widen/internal.h"

enum { DIMENSIONS = 3 };

struct ids {
	LLVMModuleRef module;
	LLVMContextRef context;
	LLVMBuilderRef builder;
	LLVMTypeRef i32, i64;
};

static LLVMValueRef narrow_function(const struct ids *ids)
{
	LLVMValueRef f = LLVMGetNamedFunction(ids->module, WIDEN_GLOBAL_ID_32);
	if (f)
		return f;
	LLVMTypeRef parameter = ids->i32;
	f = LLVMAddFunction(ids->module, WIDEN_GLOBAL_ID_32,
			    LLVMFunctionType(ids->i32, &parameter, 1, 0));
	widen_add_pure_attributes(ids->context, f);
	return f;
}

/* Truncations of the id @call to 32 bits. */
static void narrow_uses(const struct ids *ids, LLVMValueRef call)
{
	LLVMValueRef narrow = NULL, dimension = LLVMGetOperand(call, 0);
	int64_t d;
	LLVMUseRef next;
	if (!widen_constant_int(dimension, &d) || d < 0 || d >= DIMENSIONS)
		return;
	for (LLVMUseRef use = LLVMGetFirstUse(call); use; use = next) {
		LLVMValueRef user = LLVMGetUser(use);
		next = LLVMGetNextUse(use);
		if (!LLVMIsATruncInst(user) || LLVMTypeOf(user) != ids->i32)
			continue;
		if (!narrow) {
			LLVMValueRef f = narrow_function(ids);
			LLVMPositionBuilderBefore(ids->builder, call);
			narrow = LLVMBuildCall2(ids->builder, LLVMGlobalGetValueType(f), f,
						&dimension, 1, "");
		}
		LLVMReplaceAllUsesWith(user, narrow);
		LLVMInstructionEraseFromParent(user);
	}
}

/* @call yields at least @first and less than @end. */
static void set_range(const struct ids *ids, LLVMValueRef call, uint64_t first, uint64_t end)
{
	LLVMTypeRef type = LLVMTypeOf(call);
	LLVMMetadataRef bounds[] = {LLVMValueAsMetadata(LLVMConstInt(type, first, 0)),
				    LLVMValueAsMetadata(LLVMConstInt(type, end, 0))};
	LLVMMetadataRef node = LLVMMDNodeInContext2(ids->context, bounds, 2);
	LLVMSetMetadata(call, LLVMGetMDKindIDInContext(ids->context, "range", 5),
			LLVMMetadataAsValue(ids->context, node));
}

static void teach(const struct ids *ids, LLVMValueRef call)
{
	switch (widen_call_of(call)) {
	case WIDEN_CALL_GLOBAL_ID:
		narrow_uses(ids, call);
		break;
	case WIDEN_CALL_LOCAL_ID:
	case WIDEN_CALL_LOCAL_LINEAR_ID:
		set_range(ids, call, 0, TERN_WIDEN_MOST_ITEMS);
		break;
	case WIDEN_CALL_LOCAL_SIZE:
	case WIDEN_CALL_ENQUEUED_LOCAL_SIZE:
		set_range(ids, call, 1, TERN_WIDEN_MOST_ITEMS + 1);
		break;
	default:
		break;
	}
}

void widen_lower_ids(LLVMModuleRef module)
{
	LLVMContextRef context = LLVMGetModuleContext(module);
	struct ids ids = {.module = module,
			  .context = context,
			  .builder = LLVMCreateBuilderInContext(context),
			  .i32 = LLVMInt32TypeInContext(context),
			  .i64 = LLVMInt64TypeInContext(context)};
	for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f))
		for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(f); block;
		     block = LLVMGetNextBasicBlock(block))
			for (LLVMValueRef i = LLVMGetFirstInstruction(block), next; i; i = next) {
				next = LLVMGetNextInstruction(i);
				/* a truncation that goes is behind the call: not @next */
				if (LLVMIsACallInst(i)) {
					teach(&ids, i);
					next = LLVMGetNextInstruction(i);
				}
			}
	LLVMDisposeBuilder(ids.builder);
}
