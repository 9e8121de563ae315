/* SPDX-License-Identifier: MIT */
/*
 * memset and memcpy of small private variables become loads and stores of their elements, which
 * have vector forms; an array that is initialised and then indexed at run time needs this.
 */
#include <string.h>

#include "kernels/widen/internal.h"

enum { MOST_ELEMENTS = 64 };

/* The one type that the variable consists of, or NULL. */
static LLVMTypeRef element_type(LLVMTypeRef type)
{
	while (LLVMGetTypeKind(type) == LLVMArrayTypeKind)
		type = LLVMGetElementType(type);
	switch (LLVMGetTypeKind(type)) {
	case LLVMIntegerTypeKind:
	case LLVMHalfTypeKind:
	case LLVMFloatTypeKind:
	case LLVMDoubleTypeKind:
	case LLVMVectorTypeKind:
		return type;
	case LLVMStructTypeKind:
		break;
	default:
		return NULL;
	}
	LLVMTypeRef first = NULL;
	for (unsigned i = 0; i < LLVMCountStructElementTypes(type); i++) {
		LLVMTypeRef member = element_type(LLVMStructGetTypeAtIndex(type, i));
		if (!member || (first && member != first))
			return NULL;
		first = member;
	}
	return first;
}

struct copy {
	LLVMValueRef call, to, from; /* from: NULL for memset */
	LLVMTypeRef element;
	unsigned count;
	unsigned to_align, from_align;
};

static unsigned align_of_argument(LLVMValueRef call, unsigned argument)
{
	unsigned kind = LLVMGetEnumAttributeKindForName("align", 5);
	LLVMAttributeRef a = LLVMGetCallSiteEnumAttribute(call, argument + 1, kind);
	return a ? (unsigned)LLVMGetEnumAttributeValue(a) : 1;
}

static LLVMValueRef variable_of(LLVMValueRef pointer)
{
	while (LLVMIsAGetElementPtrInst(pointer))
		pointer = LLVMGetOperand(pointer, 0);
	return LLVMIsAAllocaInst(pointer) ? pointer : NULL;
}

static bool is_intrinsic(LLVMValueRef call, const char *name)
{
	return LLVMGetIntrinsicID(LLVMGetCalledValue(call)) ==
	       LLVMLookupIntrinsicID(name, strlen(name));
}

static bool find_copy(LLVMTargetDataRef layout, LLVMValueRef call, struct copy *c)
{
	int64_t bytes, byte = 0, is_volatile;
	bool set = is_intrinsic(call, "llvm.memset");
	if (!set && !is_intrinsic(call, "llvm.memcpy"))
		return false;
	*c = (struct copy){.call = call, .to = LLVMGetOperand(call, 0)};
	c->from = set ? NULL : LLVMGetOperand(call, 1);
	LLVMValueRef variable = variable_of(c->to);
	if (!variable && c->from)
		variable = variable_of(c->from);
	if (!variable || !widen_constant_int(LLVMGetOperand(call, 2), &bytes) ||
	    !widen_constant_int(LLVMGetOperand(call, 3), &is_volatile) || is_volatile ||
	    (set && (!widen_constant_int(LLVMGetOperand(call, 1), &byte) || byte)))
		return false;
	c->element = element_type(LLVMGetAllocatedType(variable));
	uint64_t size = c->element ? LLVMABISizeOfType(layout, c->element) : 0;
	if (!size || LLVMSizeOfTypeInBits(layout, c->element) != 8 * size ||
	    (uint64_t)bytes % size || (uint64_t)bytes / size > MOST_ELEMENTS)
		return false;
	c->count = (unsigned)((uint64_t)bytes / size);
	c->to_align = tern_min(align_of_argument(call, 0), (unsigned)size);
	c->from_align = set ? 1 : tern_min(align_of_argument(call, 1), (unsigned)size);
	return true;
}

/* All loads before the stores: memcpy's operands may be equal. */
static void expand(LLVMBuilderRef builder, const struct copy *c)
{
	LLVMTypeRef i32 = LLVMInt32TypeInContext(LLVMGetTypeContext(c->element));
	LLVMValueRef v[MOST_ELEMENTS];
	LLVMPositionBuilderBefore(builder, c->call);
	for (unsigned i = 0; i < c->count; i++) {
		LLVMValueRef index = LLVMConstInt(i32, i, 0);
		v[i] = LLVMConstNull(c->element);
		if (!c->from)
			continue;
		LLVMValueRef at = LLVMBuildGEP2(builder, c->element, c->from, &index, 1, "");
		v[i] = LLVMBuildLoad2(builder, c->element, at, "");
		LLVMSetAlignment(v[i], c->from_align);
	}
	for (unsigned i = 0; i < c->count; i++) {
		LLVMValueRef index = LLVMConstInt(i32, i, 0);
		LLVMValueRef at = LLVMBuildGEP2(builder, c->element, c->to, &index, 1, "");
		LLVMSetAlignment(LLVMBuildStore(builder, v[i], at), c->to_align);
	}
	LLVMInstructionEraseFromParent(c->call);
}

void widen_lower_copies(LLVMModuleRef module)
{
	LLVMTargetDataRef layout = LLVMGetModuleDataLayout(module);
	LLVMBuilderRef builder = LLVMCreateBuilderInContext(LLVMGetModuleContext(module));
	for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f)) {
		unsigned id = LLVMGetIntrinsicID(f);
		size_t length;
		if (!id || strncmp(LLVMIntrinsicGetName(id, &length), "llvm.mem", 8) != 0)
			continue;
		for (LLVMUseRef use = LLVMGetFirstUse(f), next; use; use = next) {
			struct copy c;
			LLVMValueRef call = LLVMGetUser(use);
			next = LLVMGetNextUse(use);
			if (LLVMIsACallInst(call) && find_copy(layout, call, &c))
				expand(builder, &c);
		}
	}
	LLVMDisposeBuilder(builder);
}
