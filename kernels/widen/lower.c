/* SPDX-License-Identifier: MIT */
/* What is rewritten in the module before the kernels are looked at one by one. */
#include <stdio.h>
#include <string.h>

#include "kernels/widen/internal.h"

static const struct {
	const char *name;
	enum widen_call call;
	unsigned beyond; /* the value for a dimension that does not exist */
} names[] = {
	{"_Z13get_global_idj", WIDEN_CALL_GLOBAL_ID, 0},
	{"_Z12get_local_idj", WIDEN_CALL_LOCAL_ID, 0},
	{"_Z12get_group_idj", WIDEN_CALL_GROUP_ID, 0},
	{"_Z14get_local_sizej", WIDEN_CALL_LOCAL_SIZE, 1},
	{"_Z23get_enqueued_local_sizej", WIDEN_CALL_ENQUEUED_LOCAL_SIZE, 1},
	{"_Z15get_global_sizej", WIDEN_CALL_GLOBAL_SIZE, 1},
	{"_Z14get_num_groupsj", WIDEN_CALL_NUM_GROUPS, 1},
	{"_Z17get_global_offsetj", WIDEN_CALL_GLOBAL_OFFSET, 0},
	{"_Z12get_work_dimv", WIDEN_CALL_WORK_DIM, 0},
	{"_Z20get_global_linear_idv", WIDEN_CALL_GLOBAL_LINEAR_ID, 0},
	{"_Z19get_local_linear_idv", WIDEN_CALL_LOCAL_LINEAR_ID, 0},
	{"_Z7barrierj", WIDEN_CALL_BARRIER, 0},
	{"_Z18work_group_barrierj", WIDEN_CALL_BARRIER, 0},
	{"_Z18work_group_barrierj12memory_scope", WIDEN_CALL_BARRIER, 0},
	{"_Z9mem_fencej", WIDEN_CALL_MEM_FENCE, 0},
	{"_Z14read_mem_fencej", WIDEN_CALL_MEM_FENCE, 0},
	{"_Z15write_mem_fencej", WIDEN_CALL_MEM_FENCE, 0},
	{"_Z22atomic_work_item_fencej12memory_order12memory_scope", WIDEN_CALL_ATOMIC_FENCE, 0},
	{"__tern_printf_buffer", WIDEN_CALL_PRINTF_BUFFER, 0},
	{"__tern_memory_of", WIDEN_CALL_MEMORY_OF, 0},
	{"__tern_collective", WIDEN_CALL_COLLECTIVE, 0},
	{WIDEN_GLOBAL_ID_32, WIDEN_CALL_GLOBAL_ID_32, 0},
	{"__tern_sub_group_local_id", WIDEN_CALL_SUB_GROUP_LOCAL_ID, 0},
	{"__tern_sub_group_id", WIDEN_CALL_SUB_GROUP_ID, 0},
	{"__tern_sub_group_size", WIDEN_CALL_SUB_GROUP_SIZE, 0},
	{"__tern_sub_group_max_size", WIDEN_CALL_SUB_GROUP_MAX_SIZE, 0},
	{"__tern_sub_group_barrier", WIDEN_CALL_SUB_GROUP_BARRIER, 0},
	{"__tern_sub_group_mask", WIDEN_CALL_SUB_GROUP_MASK, 0},
	/* followed by a type */
	{"__tern_sub_group_shuffle_", WIDEN_CALL_SUB_GROUP_SHUFFLE, 0},
	{"__tern_sub_group_reduce_", WIDEN_CALL_SUB_GROUP_REDUCE, 0},
	{"__tern_sub_group_cluster_", WIDEN_CALL_SUB_GROUP_CLUSTER, 0},
	{"__tern_sub_group_scan_", WIDEN_CALL_SUB_GROUP_SCAN, 0},
	{"__tern_sub_group_before_", WIDEN_CALL_SUB_GROUP_BEFORE, 0},
	{"__tern_machine_scale_", WIDEN_CALL_MACHINE_SCALE, 0},
	{"__tern_machine_exponent_", WIDEN_CALL_MACHINE_EXPONENT, 0},
	{"__tern_machine_mantissa_", WIDEN_CALL_MACHINE_MANTISSA, 0},
	{"__tern_machine_reciprocal_root_", WIDEN_CALL_MACHINE_RECIPROCAL_ROOT, 0},
	{"__tern_machine_lookup_", WIDEN_CALL_MACHINE_LOOKUP, 0},
};

const char *widen_callee_name(LLVMValueRef call)
{
	LLVMValueRef callee = LLVMGetCalledValue(call);
	size_t length;
	return LLVMIsAFunction(callee) ? LLVMGetValueName2(callee, &length) : "";
}

enum widen_call widen_call_of(LLVMValueRef call)
{
	const char *name = widen_callee_name(call);
	for (size_t i = 0; i < tern_array_size(names); i++) {
		size_t n = strlen(names[i].name);
		bool whole = names[i].name[n - 1] != '_';
		if (!strncmp(name, names[i].name, n) && (!whole || !name[n]))
			return names[i].call;
	}
	return WIDEN_CALL_UNKNOWN;
}

/* ---- work-item functions ---- */

struct lowering {
	LLVMModuleRef module;
	LLVMBuilderRef builder;
	LLVMTypeRef i32, i64;
};

static LLVMValueRef build_call(struct lowering *l, enum widen_call call, unsigned dimension)
{
	LLVMContextRef context = LLVMGetModuleContext(l->module);
	const char *name = names[call - WIDEN_CALL_GLOBAL_ID].name;
	LLVMTypeRef type = LLVMFunctionType(l->i64, &l->i32, 1, 0);
	LLVMValueRef f = LLVMGetNamedFunction(l->module, name);
	if (!f) {
		f = LLVMAddFunction(l->module, name, type);
		widen_add_pure_attributes(context, f);
	}
	LLVMValueRef arg = LLVMConstInt(l->i32, dimension, 0);
	LLVMValueRef result = LLVMBuildCall2(l->builder, LLVMGlobalGetValueType(f), f, &arg, 1, "");
	LLVMSetInstructionCallConv(result, LLVMGetFunctionCallConv(f));
	return result;
}

/* value(2) * size(1) * size(0) + value(1) * size(0) + value(0) */
static LLVMValueRef linear_id(struct lowering *l, enum widen_call id, enum widen_call size,
			      bool offset)
{
	LLVMValueRef sum = NULL;
	for (int d = 2; d >= 0; d--) {
		LLVMValueRef v = build_call(l, id, (unsigned)d);
		if (offset)
			v = LLVMBuildSub(l->builder, v,
					 build_call(l, WIDEN_CALL_GLOBAL_OFFSET, (unsigned)d), "");
		if (sum) {
			LLVMValueRef n = build_call(l, size, (unsigned)d);
			v = LLVMBuildAdd(l->builder, LLVMBuildMul(l->builder, sum, n, ""), v, "");
		}
		sum = v;
	}
	return sum;
}

/* The function of @call calls what makes sub-groups of its chunks. */
static bool has_sub_groups(LLVMValueRef call)
{
	LLVMValueRef f = LLVMGetBasicBlockParent(LLVMGetInstructionParent(call));
	for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(f); b; b = LLVMGetNextBasicBlock(b))
		for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = LLVMGetNextInstruction(i))
			if (LLVMIsACallInst(i) && widen_is_sub_group_call(widen_call_of(i)))
				return true;
	return false;
}

/*
 * Collective functions (collective.cl) rely on the chunks' order, in which they run from one
 * barrier to the next, but for those that let others run (yield.c): then a barrier comes before.
 */
static void meet_before(struct lowering *l)
{
	LLVMValueRef f = LLVMGetNamedFunction(l->module, "_Z7barrierj");
	LLVMUseRef use = f ? LLVMGetFirstUse(f) : NULL;
	if (use && LLVMIsACallInst(LLVMGetUser(use)))
		LLVMInsertIntoBuilder(l->builder, LLVMInstructionClone(LLVMGetUser(use)));
}

/* One variable for all collective functions: barriers are between their uses. */
static LLVMValueRef collective_memory(struct lowering *l)
{
	static const char name[] = "tern.collective";
	LLVMValueRef memory = LLVMGetNamedGlobal(l->module, name);
	if (!memory) {
		memory = LLVMAddGlobalInAddressSpace(l->module, l->i64, name, WIDEN_LOCAL_SPACE);
		LLVMSetInitializer(memory, LLVMGetUndef(l->i64));
		LLVMSetLinkage(memory, LLVMInternalLinkage);
		LLVMSetAlignment(memory, 8);
	}
	return memory;
}

static LLVMValueRef lowered_call(struct lowering *l, LLVMValueRef call, enum widen_call kind,
				 unsigned beyond)
{
	int64_t constant;
	enum widen_memory memory;
	if (kind == WIDEN_CALL_GLOBAL_LINEAR_ID)
		return linear_id(l, WIDEN_CALL_GLOBAL_ID, WIDEN_CALL_GLOBAL_SIZE, true);
	if (kind == WIDEN_CALL_LOCAL_LINEAR_ID)
		return linear_id(l, WIDEN_CALL_LOCAL_ID, WIDEN_CALL_LOCAL_SIZE, false);
	if (kind == WIDEN_CALL_MEMORY_OF)
		return widen_known_memory(LLVMGetOperand(call, 0), &memory)
			       ? LLVMConstInt(l->i32, memory, 0)
			       : NULL;
	if (kind == WIDEN_CALL_COLLECTIVE) {
		if (has_sub_groups(call))
			meet_before(l);
		return collective_memory(l);
	}
	if (kind > WIDEN_CALL_LAST_DIMENSIONAL)
		return NULL;
	LLVMValueRef dimension = LLVMGetOperand(call, 0);
	LLVMValueRef result = LLVMConstInt(l->i64, beyond, 0);
	if (widen_constant_int(dimension, &constant))
		return constant >= 0 && constant <= 2 ? NULL : result;
	for (int d = 2; d >= 0; d--) {
		LLVMValueRef is = LLVMBuildICmp(l->builder, LLVMIntEQ, dimension,
						LLVMConstInt(l->i32, (unsigned)d, 0), "");
		result = LLVMBuildSelect(l->builder, is, build_call(l, kind, (unsigned)d), result,
					 "");
	}
	return result;
}

void widen_lower_work_items(LLVMModuleRef module)
{
	LLVMContextRef context = LLVMGetModuleContext(module);
	struct lowering l = {.module = module,
			     .builder = LLVMCreateBuilderInContext(context),
			     .i32 = LLVMInt32TypeInContext(context),
			     .i64 = LLVMInt64TypeInContext(context)};

	for (size_t i = 0; i < tern_array_size(names); i++) {
		LLVMValueRef f = LLVMGetNamedFunction(module, names[i].name);
		LLVMUseRef next;
		for (LLVMUseRef use = f ? LLVMGetFirstUse(f) : NULL; use; use = next) {
			LLVMValueRef call = LLVMGetUser(use);
			next = LLVMGetNextUse(use);
			if (!LLVMIsACallInst(call) || LLVMGetCalledValue(call) != f)
				continue;
			LLVMPositionBuilderBefore(l.builder, call);
			LLVMValueRef lowered =
				lowered_call(&l, call, names[i].call, names[i].beyond);
			if (!lowered)
				continue;
			LLVMReplaceAllUsesWith(call, lowered);
			LLVMInstructionEraseFromParent(call);
		}
	}
	LLVMDisposeBuilder(l.builder);
}

/* ---- variables ---- */

/* @g in address space 0: a new variable that takes name and contents over. */
static void flatten_global(LLVMModuleRef module, LLVMValueRef g)
{
	size_t length;
	char name[256];
	LLVMTypeRef type = LLVMGlobalGetValueType(g);
	snprintf(name, sizeof(name), "%s", LLVMGetValueName2(g, &length));
	LLVMValueRef flat = LLVMAddGlobal(module, type, length ? "" : "tern.constant");
	if (length) {
		LLVMSetValueName2(g, "", 0);
		LLVMSetValueName2(flat, name, strlen(name));
	}
	LLVMSetInitializer(flat, LLVMGetInitializer(g));
	LLVMSetGlobalConstant(flat, LLVMIsGlobalConstant(g));
	LLVMSetAlignment(flat, LLVMGetAlignment(g));
	LLVMSetLinkage(flat, LLVMInternalLinkage);
	LLVMReplaceAllUsesWith(g, LLVMConstAddrSpaceCast(flat, LLVMTypeOf(g)));
	LLVMDeleteGlobal(g);
}

void widen_lower_globals(LLVMModuleRef module)
{
	LLVMValueRef next;
	/* New variables are appended: they are in address space 0 and left alone. */
	for (LLVMValueRef g = LLVMGetFirstGlobal(module); g; g = next) {
		size_t length;
		unsigned space = LLVMGetPointerAddressSpace(LLVMTypeOf(g));
		next = LLVMGetNextGlobal(g);
		if (LLVMIsDeclaration(g) || !strncmp(LLVMGetValueName2(g, &length), "llvm.", 5))
			continue;
		LLVMSetLinkage(g, LLVMInternalLinkage);
		if (space != 0 && space != WIDEN_LOCAL_SPACE)
			flatten_global(module, g);
	}
}

/* ---- by-value parameters ---- */

static void copy_parameter(LLVMContextRef context, LLVMBuilderRef builder, LLVMTargetDataRef layout,
			   LLVMValueRef parameter, LLVMTypeRef type, unsigned align)
{
	LLVMValueRef copy = LLVMBuildAlloca(builder, type, "");
	LLVMSetAlignment(copy, align);
	LLVMReplaceAllUsesWith(parameter, copy);
	LLVMBuildMemCpy(
		builder, copy, align, parameter, align,
		LLVMConstInt(LLVMInt64TypeInContext(context), LLVMABISizeOfType(layout, type), 0));
}

void widen_lower_by_value(LLVMModuleRef module)
{
	LLVMContextRef context = LLVMGetModuleContext(module);
	LLVMTargetDataRef layout = LLVMGetModuleDataLayout(module);
	LLVMBuilderRef builder = LLVMCreateBuilderInContext(context);
	unsigned byval = LLVMGetEnumAttributeKindForName("byval", 5);

	for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f)) {
		if (LLVMIsDeclaration(f) || LLVMGetFunctionCallConv(f) != WIDEN_KERNEL_CALL)
			continue;
		LLVMBasicBlockRef entry = LLVMGetEntryBasicBlock(f);
		LLVMPositionBuilderBefore(builder, LLVMGetFirstInstruction(entry));
		for (unsigned i = 0; i < LLVMCountParams(f); i++) {
			LLVMAttributeRef a = LLVMGetEnumAttributeAtIndex(f, i + 1, byval);
			if (!a)
				continue;
			LLVMTypeRef type = LLVMGetTypeAttributeValue(a);
			unsigned align = LLVMABIAlignmentOfType(layout, type);
			copy_parameter(context, builder, layout, LLVMGetParam(f, i), type, align);
		}
	}
	LLVMDisposeBuilder(builder);
}
