/* SPDX-License-Identifier: MIT */
/* Scalar copies of instructions, without address spaces. */
#include <string.h>

#include "kernels/widen/internal.h"

static const char *intrinsic_name(LLVMValueRef inst)
{
	LLVMValueRef callee = LLVMGetCalledValue(inst);
	size_t length;
	unsigned id = LLVMIsAFunction(callee) ? LLVMGetIntrinsicID(callee) : 0;
	return id ? LLVMIntrinsicGetName(id, &length) : "";
}

static bool starts_with(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

bool widen_is_dropped(LLVMValueRef inst)
{
	static const char *const hints[] = {
		"llvm.lifetime.",       "llvm.dbg.",
		"llvm.assume",          "llvm.experimental.noalias.scope.decl",
		"llvm.sideeffect",      "llvm.donothing",
		"llvm.invariant.start", "llvm.invariant.end",
		"llvm.pseudoprobe",
	};
	if (!LLVMIsACallInst(inst) || LLVMGetFirstUse(inst))
		return false;
	const char *name = intrinsic_name(inst);
	for (size_t i = 0; i < tern_array_size(hints); i++)
		if (starts_with(name, hints[i]))
			return true;
	return false;
}

/* ---- which instructions ---- */

/* Intrinsics that are overloaded by the address space of their pointers, all of which come first.
 */
static unsigned pointer_overloads(const char *name)
{
	if (starts_with(name, "llvm.memcpy") || starts_with(name, "llvm.memmove"))
		return 2;
	if (starts_with(name, "llvm.memset") || starts_with(name, "llvm.prefetch"))
		return 1;
	return 0;
}

static bool same_types(const struct widen_fn *fn, LLVMValueRef call)
{
	if (widen_map_type(fn, LLVMTypeOf(call)) != LLVMTypeOf(call))
		return false;
	for (unsigned i = 0; i < LLVMGetNumArgOperands(call); i++) {
		LLVMTypeRef type = LLVMTypeOf(LLVMGetArgOperand(call, i));
		if (widen_map_type(fn, type) != type)
			return false;
	}
	return true;
}

static bool can_rebuild_call(struct widen_fn *fn, LLVMValueRef call)
{
	const char *name = intrinsic_name(call);
	if (widen_is_dropped(call) || widen_call_of(call) != WIDEN_CALL_UNKNOWN)
		return true;
	if (*name && (pointer_overloads(name) || same_types(fn, call)))
		return true;
	return widen_refuse(fn, "a call that is not known", call);
}

unsigned widen_operand_count(LLVMValueRef inst)
{
	return LLVMIsACallInst(inst) ? LLVMGetNumArgOperands(inst)
				     : (unsigned)LLVMGetNumOperands(inst);
}

/* A constant address with more indices than the emitter has room for, anywhere in @v. */
static bool has_long_expression(LLVMValueRef v)
{
	if (!LLVMIsAConstant(v) || LLVMIsAGlobalValue(v))
		return false;
	unsigned n = (unsigned)LLVMGetNumOperands(v);
	if (LLVMIsAConstantExpr(v) && n > WIDEN_MAX_OPERANDS)
		return true;
	for (unsigned i = 0; i < n; i++)
		if (has_long_expression(LLVMGetOperand(v, i)))
			return true;
	return false;
}

/* An array of arrays of arrays and so on: what it names has no end. */
static bool is_too_long(LLVMValueRef inst)
{
	unsigned n = widen_operand_count(inst);
	for (unsigned i = 0; i < n; i++)
		if (has_long_expression(LLVMGetOperand(inst, i)))
			return true;
	if (LLVMIsAInsertValueInst(inst))
		n = LLVMGetNumIndices(inst);
	else if (LLVMIsAShuffleVectorInst(inst))
		n = LLVMGetNumMaskElements(inst);
	return n > WIDEN_MAX_OPERANDS && !LLVMIsAPHINode(inst) && !LLVMIsATerminatorInst(inst);
}

bool widen_can_rebuild(struct widen_fn *fn, LLVMValueRef inst)
{
	if (is_too_long(inst))
		return widen_refuse(fn, "an instruction with too many operands", inst);
	switch (LLVMGetInstructionOpcode(inst)) {
	case LLVMCall:
		return can_rebuild_call(fn, inst);
	case LLVMInvoke:
	case LLVMCallBr:
	case LLVMIndirectBr:
	case LLVMVAArg:
	case LLVMLandingPad:
	case LLVMResume:
	case LLVMCleanupPad:
	case LLVMCleanupRet:
	case LLVMCatchPad:
	case LLVMCatchRet:
	case LLVMCatchSwitch:
		return widen_refuse(fn, "an instruction that is not known", inst);
	default:
		return true;
	}
}

/* ---- copies ---- */

static unsigned metadata_kind(const struct widen_emit *e, const char *name)
{
	return LLVMGetMDKindIDInContext(e->fn->context, name, (unsigned)strlen(name));
}

void widen_drop_poison_flags(LLVMValueRef inst)
{
	if (!LLVMIsAInstruction(inst))
		return;
	switch (LLVMGetInstructionOpcode(inst)) {
	case LLVMAdd:
	case LLVMSub:
	case LLVMMul:
	case LLVMShl:
	case LLVMTrunc:
		LLVMSetNSW(inst, 0);
		LLVMSetNUW(inst, 0);
		break;
	case LLVMUDiv:
	case LLVMSDiv:
	case LLVMLShr:
	case LLVMAShr:
		LLVMSetExact(inst, 0);
		break;
	case LLVMOr:
		LLVMSetIsDisjoint(inst, 0);
		break;
	case LLVMZExt:
	case LLVMUIToFP:
		LLVMSetNNeg(inst, 0);
		break;
	case LLVMGetElementPtr:
		LLVMGEPSetNoWrapFlags(inst, 0);
		break;
	default:
		break;
	}
}

static LLVMValueRef clone(struct widen_emit *e, LLVMValueRef inst, LLVMValueRef *operands)
{
	LLVMValueRef copy = LLVMInstructionClone(inst);
	for (unsigned i = 0; i < widen_operand_count(inst); i++)
		LLVMSetOperand(copy, i, operands[i]);
	/* The scopes that they name are gone with the functions that were inlined. */
	LLVMSetMetadata(copy, metadata_kind(e, "noalias"), NULL);
	LLVMSetMetadata(copy, metadata_kind(e, "alias.scope"), NULL);
	LLVMInsertIntoBuilder(e->builder, copy);
	return copy;
}

static LLVMValueRef rebuild_load(struct widen_emit *e, LLVMValueRef inst, LLVMTypeRef type,
				 LLVMValueRef pointer)
{
	LLVMValueRef load = LLVMBuildLoad2(e->builder, type, pointer, "");
	unsigned tbaa = metadata_kind(e, "tbaa");
	LLVMSetAlignment(load, LLVMGetAlignment(inst));
	LLVMSetVolatile(load, LLVMGetVolatile(inst));
	LLVMSetOrdering(load, LLVMGetOrdering(inst));
	LLVMSetMetadata(load, tbaa, LLVMGetMetadata(inst, tbaa));
	return load;
}

static LLVMValueRef rebuild_shuffle(struct widen_emit *e, LLVMValueRef inst, LLVMValueRef *operands)
{
	int index[WIDEN_MAX_OPERANDS];
	unsigned n = LLVMGetNumMaskElements(inst);
	for (unsigned i = 0; i < n; i++)
		index[i] = LLVMGetMaskValue(inst, i);
	return widen_shuffle(e, operands[0], operands[1], index, n);
}

/* LLVM-C builds these with one index only: nested ones go member by member. */
static LLVMValueRef rebuild_insert_value(struct widen_emit *e, LLVMValueRef inst,
					 LLVMValueRef *operands)
{
	const unsigned *index = LLVMGetIndices(inst);
	unsigned n = LLVMGetNumIndices(inst);
	LLVMValueRef outer[WIDEN_MAX_OPERANDS], v = operands[1];
	outer[0] = operands[0];
	for (unsigned i = 1; i < n; i++)
		outer[i] = LLVMBuildExtractValue(e->builder, outer[i - 1], index[i - 1], "");
	for (unsigned i = n; i-- > 0;)
		v = LLVMBuildInsertValue(e->builder, outer[i], v, index[i], "");
	return v;
}

static LLVMValueRef rebuild_extract_value(struct widen_emit *e, LLVMValueRef inst, LLVMValueRef v)
{
	for (unsigned i = 0; i < LLVMGetNumIndices(inst); i++)
		v = LLVMBuildExtractValue(e->builder, v, LLVMGetIndices(inst)[i], "");
	return v;
}

LLVMValueRef widen_modify(struct widen_emit *e, LLVMAtomicRMWBinOp op, LLVMValueRef old,
			  LLVMValueRef v)
{
	static const LLVMIntPredicate better[] = {LLVMIntSGT, LLVMIntSLT, LLVMIntUGT, LLVMIntULT};
	switch (op) {
	case LLVMAtomicRMWBinOpXchg:
		return v;
	case LLVMAtomicRMWBinOpAdd:
		return LLVMBuildAdd(e->builder, old, v, "");
	case LLVMAtomicRMWBinOpSub:
		return LLVMBuildSub(e->builder, old, v, "");
	case LLVMAtomicRMWBinOpAnd:
		return LLVMBuildAnd(e->builder, old, v, "");
	case LLVMAtomicRMWBinOpOr:
		return LLVMBuildOr(e->builder, old, v, "");
	case LLVMAtomicRMWBinOpXor:
		return LLVMBuildXor(e->builder, old, v, "");
	case LLVMAtomicRMWBinOpFAdd:
		return LLVMBuildFAdd(e->builder, old, v, "");
	case LLVMAtomicRMWBinOpMax:
	case LLVMAtomicRMWBinOpMin:
	case LLVMAtomicRMWBinOpUMax:
	case LLVMAtomicRMWBinOpUMin:
		return LLVMBuildSelect(
			e->builder,
			LLVMBuildICmp(e->builder, better[op - LLVMAtomicRMWBinOpMax], old, v, ""),
			old, v, "");
	default:
		return NULL;
	}
}

/*
 * @v in a register: what is loaded, changed and stored is not one instruction then. Zen 4 takes ten
 * times as long for many such instructions on addresses that are known late: it guesses that each
 * gets what the one before has stored, and must begin anew when that was wrong.
 */
static LLVMValueRef in_register(struct widen_emit *e, LLVMValueRef v)
{
	static const char constraints[] = "=r,0";
	LLVMTypeRef type = LLVMTypeOf(v);
	if (type != e->fn->i32 && type != e->fn->i64)
		return v;
	LLVMTypeRef function = LLVMFunctionType(type, &type, 1, 0);
	LLVMValueRef nothing =
		LLVMGetInlineAsm(function, "", 0, constraints, sizeof(constraints) - 1, false,
				 false, LLVMInlineAsmDialectATT, false);
	LLVMValueRef call = LLVMBuildCall2(e->builder, function, nothing, &v, 1, "");
	static const char *const attributes[] = {"nounwind", "willreturn", "memory"}; /* none */
	for (size_t i = 0; i < tern_array_size(attributes); i++) {
		unsigned kind =
			LLVMGetEnumAttributeKindForName(attributes[i], strlen(attributes[i]));
		LLVMAddCallSiteAttribute(call, LLVMAttributeFunctionIndex,
					 LLVMCreateEnumAttribute(e->fn->context, kind, 0));
	}
	return call;
}

/* One thread runs the work-group: nobody else sees its local memory. NULL: take the atomic. */
static LLVMValueRef rebuild_local_atomic(struct widen_emit *e, LLVMValueRef inst,
					 LLVMValueRef *operands)
{
	if (!widen_is_pointer_to_local(LLVMGetOperand(inst, 0)))
		return NULL;
	LLVMTypeRef type = LLVMTypeOf(operands[1]);
	LLVMValueRef old = LLVMBuildLoad2(e->builder, type, operands[0], ""), v, result = old;
	LLVMSetAlignment(old, LLVMGetAlignment(inst));
	if (LLVMIsAAtomicRMWInst(inst)) {
		v = widen_modify(e, LLVMGetAtomicRMWBinOp(inst), old, operands[1]);
	} else {
		LLVMValueRef same = LLVMBuildICmp(e->builder, LLVMIntEQ, old, operands[1], "");
		v = LLVMBuildSelect(e->builder, same, operands[2], old, "");
		result = LLVMGetPoison(widen_map_type(e->fn, LLVMTypeOf(inst)));
		result = LLVMBuildInsertValue(e->builder, result, old, 0, "");
		result = LLVMBuildInsertValue(e->builder, result, same, 1, "");
	}
	if (!v) /* the load goes away as dead */
		return NULL;
	v = in_register(e, v);
	LLVMSetAlignment(LLVMBuildStore(e->builder, v, operands[0]), LLVMGetAlignment(inst));
	return result;
}

static LLVMValueRef rebuild_atomic(struct widen_emit *e, LLVMValueRef inst, LLVMValueRef *operands)
{
	bool single = LLVMIsAtomicSingleThread(inst);
	LLVMValueRef copy = rebuild_local_atomic(e, inst, operands);
	if (copy)
		return copy;
	if (LLVMIsAAtomicRMWInst(inst))
		copy = LLVMBuildAtomicRMW(e->builder, LLVMGetAtomicRMWBinOp(inst), operands[0],
					  operands[1], LLVMGetOrdering(inst), single);
	else
		copy = LLVMBuildAtomicCmpXchg(e->builder, operands[0], operands[1], operands[2],
					      LLVMGetCmpXchgSuccessOrdering(inst),
					      LLVMGetCmpXchgFailureOrdering(inst), single);
	LLVMSetAlignment(copy, LLVMGetAlignment(inst));
	LLVMSetVolatile(copy, LLVMGetVolatile(inst));
	return copy;
}

static LLVMValueRef rebuild_alloca(struct widen_emit *e, LLVMValueRef inst, LLVMTypeRef type,
				   LLVMValueRef count)
{
	LLVMValueRef copy;
	if (LLVMIsAConstantInt(count)) {
		LLVMPositionBuilderBefore(e->aux, LLVMGetBasicBlockTerminator(e->prologue));
		copy = LLVMBuildArrayAlloca(e->aux, type, count, "");
	} else {
		copy = LLVMBuildArrayAlloca(e->builder, type, count, "");
	}
	LLVMSetAlignment(copy, LLVMGetAlignment(inst));
	return copy;
}

static void copy_call_attributes(LLVMValueRef from, LLVMValueRef to)
{
	LLVMAttributeRef attributes[32];
	for (unsigned i = 1; i <= LLVMGetNumArgOperands(from); i++) {
		unsigned n = LLVMGetCallSiteAttributeCount(from, i);
		if (n > tern_array_size(attributes))
			continue;
		LLVMGetCallSiteAttributes(from, i, attributes);
		for (unsigned j = 0; j < n; j++)
			LLVMAddCallSiteAttribute(to, i, attributes[j]);
	}
}

/* Its declaration names address spaces: take the one for address space 0. */
static LLVMValueRef rebuild_memory_intrinsic(struct widen_emit *e, LLVMValueRef inst,
					     LLVMValueRef *operands)
{
	const char *name = intrinsic_name(inst);
	unsigned pointers = pointer_overloads(name), n = pointers;
	LLVMTypeRef overloads[3] = {e->fn->ptr, e->fn->ptr};
	if (starts_with(name, "llvm.mem"))
		overloads[n++] = LLVMTypeOf(operands[2]);
	LLVMValueRef copy =
		widen_intrinsic(e, name, overloads, n, operands, LLVMGetNumArgOperands(inst));
	copy_call_attributes(inst, copy);
	return copy;
}

static LLVMValueRef rebuild_fence(struct widen_emit *e, enum widen_call call,
				  LLVMValueRef *operands)
{
	enum {
		GLOBAL_MEMORY = 2,
		RELAXED = 0,
		SEQUENTIAL = 5
	}; /* cl_mem_fence_flags, memory_order */
	int64_t flags = GLOBAL_MEMORY, order = call == WIDEN_CALL_MEM_FENCE ? 4 : SEQUENTIAL;
	(void)widen_constant_int(operands[0], &flags);
	if (call == WIDEN_CALL_ATOMIC_FENCE)
		(void)widen_constant_int(operands[1], &order);
	if (order == RELAXED)
		return NULL;
	/* Local and private memory is seen by this thread only. */
	LLVMBuildFence(e->builder,
		       order == SEQUENTIAL ? LLVMAtomicOrderingSequentiallyConsistent
					   : LLVMAtomicOrderingAcquireRelease,
		       !(flags & GLOBAL_MEMORY), "");
	return NULL;
}

static LLVMValueRef rebuild_call(struct widen_emit *e, LLVMValueRef inst, LLVMValueRef *operands)
{
	enum widen_call call = widen_call_of(inst);
	int64_t dimension = 0;
	switch (call) {
	case WIDEN_CALL_UNKNOWN:
		return pointer_overloads(intrinsic_name(inst))
			       ? rebuild_memory_intrinsic(e, inst, operands)
			       : clone(e, inst, operands);
	case WIDEN_CALL_BARRIER:
		widen_emit_barrier(e);
		return NULL;
	case WIDEN_CALL_MEM_FENCE:
	case WIDEN_CALL_ATOMIC_FENCE:
		return rebuild_fence(e, call, operands);
	case WIDEN_CALL_PRINTF_BUFFER:
		return widen_group_field(e, offsetof(struct tern_group, printf_buffer), e->fn->ptr);
	case WIDEN_CALL_MEMORY_OF:
		return widen_memory_of(e, operands[0]);
	default:
		if (widen_is_sub_group_call(call))
			return widen_scalar_sub_group(e, inst, operands);
		if (widen_is_machine_call(call))
			return widen_scalar_machine(e, inst, operands);
		if (call <= WIDEN_CALL_LAST_DIMENSIONAL || call == WIDEN_CALL_GLOBAL_ID_32)
			(void)widen_constant_int(operands[0], &dimension);
		LLVMValueRef v = widen_work_item(e, call, (unsigned)dimension);
		return LLVMBuildIntCast2(e->builder, v, LLVMTypeOf(inst), 0, "");
	}
}

LLVMValueRef widen_rebuild(struct widen_emit *e, LLVMValueRef inst, LLVMValueRef *operands)
{
	LLVMTypeRef type = widen_map_type(e->fn, LLVMTypeOf(inst));
	LLVMOpcode op = LLVMGetInstructionOpcode(inst);
	if (op == LLVMCall)
		return rebuild_call(e, inst, operands);
	if (op == LLVMAddrSpaceCast)
		return operands[0];
	if (op == LLVMAlloca)
		return rebuild_alloca(e, inst, widen_map_type(e->fn, LLVMGetAllocatedType(inst)),
				      operands[0]);
	if (op == LLVMAtomicRMW || op == LLVMAtomicCmpXchg)
		return rebuild_atomic(e, inst, operands);
	if (type == LLVMTypeOf(inst))
		return clone(e, inst, operands);
	switch (op) {
	case LLVMGetElementPtr:
		return LLVMBuildGEPWithNoWrapFlags(
			e->builder, LLVMGetGEPSourceElementType(inst), operands[0], operands + 1,
			LLVMGetNumIndices(inst), "", LLVMGEPGetNoWrapFlags(inst));
	case LLVMLoad:
		return rebuild_load(e, inst, type, operands[0]);
	case LLVMIntToPtr:
		return LLVMBuildIntToPtr(e->builder, operands[0], type, "");
	case LLVMBitCast:
		return operands[0];
	case LLVMSelect:
		return LLVMBuildSelect(e->builder, operands[0], operands[1], operands[2], "");
	case LLVMFreeze:
		return LLVMBuildFreeze(e->builder, operands[0], "");
	case LLVMExtractElement:
		return LLVMBuildExtractElement(e->builder, operands[0], operands[1], "");
	case LLVMInsertElement:
		return LLVMBuildInsertElement(e->builder, operands[0], operands[1], operands[2],
					      "");
	case LLVMShuffleVector:
		return rebuild_shuffle(e, inst, operands);
	case LLVMExtractValue:
		return rebuild_extract_value(e, inst, operands[0]);
	default: /* insertvalue: the others yield no pointers */
		return rebuild_insert_value(e, inst, operands);
	}
}
