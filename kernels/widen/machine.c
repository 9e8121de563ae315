/* SPDX-License-Identifier: MIT */
/*
 * Instructions of some processors that mathematical functions are much shorter with: the device
 * library (machine.clh) asks whether there are any, and calls them for one number. LLVM has no
 * intrinsics of all widths for them, so vectors are taken in pieces of what a register holds.
 */
#include <stdio.h>
#include <string.h>

#include "kernels/widen/internal.h"

enum { MOST_ARGS = 6, NO_IMMEDIATE = -1, ROUND_AS_MXCSR = 4 };

/* In the order of enum widen_call. */
static const struct {
	const char *intrinsic; /* llvm.x86.avx512.<intrinsic>.ps.512 and so on */
	unsigned vectors;      /* operands that differ between lanes */
	int immediate;         /* NO_IMMEDIATE */
	bool rounds;           /* the form for 512 bits has a rounding mode */
} instructions[] = {
	{"mask.scalef", 2, NO_IMMEDIATE, true},
	{"mask.getexp", 1, NO_IMMEDIATE, true},
	/* from 3/4 to 3/2; negative numbers have none */
	{"mask.getmant", 1, 0xb, true},
	{"rsqrt14", 1, NO_IMMEDIATE, false},
};

/* ---- what there is ---- */

bool widen_machine_has(const struct tern_widen_options *options, const char *feature)
{
	bool avx512 = !strcmp(options->cpu, "x86-64-v4");
	if (!strcmp(feature, "avx512"))
		return avx512;
	if (!strcmp(feature, "scatter"))
		return avx512 && strstr(options->features, "-prefer-no-scatter");
	return !strcmp(feature, "fma") && (avx512 || !strcmp(options->cpu, "x86-64-v3"));
}

void widen_lower_machine(LLVMModuleRef module, const struct tern_widen_options *options)
{
	static const char question[] = "__tern_machine_has_";
	for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f)) {
		size_t length;
		LLVMUseRef next;
		const char *name = LLVMGetValueName2(f, &length);
		if (strncmp(name, question, strlen(question)) != 0)
			continue;
		bool answer = widen_machine_has(options, name + strlen(question));
		for (LLVMUseRef use = LLVMGetFirstUse(f); use; use = next) {
			LLVMValueRef call = LLVMGetUser(use);
			next = LLVMGetNextUse(use);
			if (!LLVMIsACallInst(call) || LLVMGetCalledValue(call) != f ||
			    LLVMGetTypeKind(LLVMTypeOf(call)) != LLVMIntegerTypeKind)
				continue; /* a program's own, of that name */
			LLVMReplaceAllUsesWith(call, LLVMConstInt(LLVMTypeOf(call), answer, 0));
			LLVMInstructionEraseFromParent(call);
		}
	}
}

/* ---- calls ---- */

bool widen_is_machine_call(enum widen_call call)
{
	return call >= WIDEN_CALL_MACHINE_SCALE && call <= WIDEN_CALL_MACHINE_LOOKUP;
}

/* The instruction for whole registers. */
static LLVMValueRef build(struct widen_emit *e, unsigned which, LLVMValueRef *args)
{
	char name[64];
	LLVMTypeRef type = LLVMTypeOf(args[0]);
	bool is_double = LLVMGetTypeKind(LLVMGetElementType(type)) == LLVMDoubleTypeKind;
	unsigned lanes = LLVMGetVectorSize(type), bits = lanes * (is_double ? 64 : 32);
	unsigned n = instructions[which].vectors;
	if (instructions[which].immediate != NO_IMMEDIATE)
		args[n++] = widen_int(e, e->fn->i32, instructions[which].immediate);
	args[n++] = LLVMConstNull(type); /* of lanes that the mask leaves out */
	args[n++] = LLVMConstAllOnes(LLVMIntTypeInContext(e->fn->context, tern_max(lanes, 8u)));
	if (instructions[which].rounds && bits == 512)
		args[n++] = widen_int(e, e->fn->i32, ROUND_AS_MXCSR);
	snprintf(name, sizeof(name), "llvm.x86.avx512.%s.p%c.%u", instructions[which].intrinsic,
		 is_double ? 'd' : 's', bits);
	return widen_intrinsic(e, name, NULL, 0, args, n);
}

/* @count lanes of @v from @first on, and any others up to @width. */
static LLVMValueRef piece(struct widen_emit *e, LLVMValueRef v, unsigned first, unsigned count,
			  unsigned width)
{
	int index[WIDEN_MAX_LANES];
	if (first == 0 && count == width && LLVMGetVectorSize(LLVMTypeOf(v)) == width)
		return v;
	for (unsigned i = 0; i < width; i++)
		index[i] = i < count ? (int)(first + i) : -1;
	return widen_shuffle(e, v, NULL, index, width);
}

/* @result with @part from lane @first on. */
static LLVMValueRef join(struct widen_emit *e, LLVMValueRef result, LLVMValueRef part,
			 unsigned first, unsigned count, unsigned lanes)
{
	int index[WIDEN_MAX_LANES];
	part = piece(e, part, 0, count, lanes);
	if (!result)
		return part;
	for (unsigned i = 0; i < lanes; i++)
		index[i] = (int)(i < first ? i : lanes + i - first);
	return widen_shuffle(e, result, part, index, lanes);
}

static unsigned most_lanes(LLVMTypeRef vector)
{
	return LLVMGetTypeKind(LLVMGetElementType(vector)) == LLVMFloatTypeKind ? 16 : 8;
}

/* The instruction for vectors of any number of lanes. */
static LLVMValueRef apply(struct widen_emit *e, unsigned which, LLVMValueRef *vectors)
{
	LLVMTypeRef type = LLVMTypeOf(vectors[0]);
	unsigned lanes = LLVMGetVectorSize(type), most = most_lanes(type);
	LLVMValueRef args[MOST_ARGS] = {0}, result = NULL;
	for (unsigned first = 0; first < lanes; first += most) {
		unsigned count = tern_min(lanes - first, most), width = most / 4;
		while (width < count)
			width *= 2;
		for (unsigned i = 0; i < instructions[which].vectors; i++)
			args[i] = piece(e, vectors[i], first, count, width);
		result = join(e, result, build(e, which, args), first, count, lanes);
	}
	return result;
}

/* A number of the 16 at @table for each of @indices, whose last bits count. */
static LLVMValueRef look_up(struct widen_emit *e, LLVMValueRef table, LLVMValueRef indices)
{
	enum { HALF = 8 };
	LLVMTypeRef type = LLVMVectorType(LLVMDoubleTypeInContext(e->fn->context), HALF);
	LLVMValueRef one = widen_int(e, e->fn->i32, 1), result = NULL;
	LLVMValueRef upper = LLVMBuildGEP2(e->builder, type, table, &one, 1, "");
	LLVMValueRef args[] = {LLVMBuildLoad2(e->builder, type, table, ""), NULL,
			       LLVMBuildLoad2(e->builder, type, upper, "")};
	LLVMSetAlignment(args[0], sizeof(double));
	LLVMSetAlignment(args[2], sizeof(double));
	unsigned lanes = LLVMGetVectorSize(LLVMTypeOf(indices));
	for (unsigned first = 0; first < lanes; first += HALF) {
		unsigned count = tern_min(lanes - first, (unsigned)HALF);
		args[1] = piece(e, indices, first, count, HALF);
		LLVMValueRef part =
			widen_intrinsic(e, "llvm.x86.avx512.vpermi2var.pd.512", NULL, 0, args, 3);
		result = join(e, result, part, first, count, lanes);
	}
	return result;
}

bool widen_emit_machine(struct widen_emit *e, LLVMValueRef inst)
{
	LLVMValueRef vectors[MOST_ARGS] = {0}, result;
	enum widen_call call = widen_call_of(inst);
	if (!widen_is_machine_call(call))
		return false;
	unsigned which = call - WIDEN_CALL_MACHINE_SCALE;
	if (call == WIDEN_CALL_MACHINE_LOOKUP) {
		result = look_up(e, widen_scalar(e, LLVMGetOperand(inst, 0)),
				 widen_vector(e, LLVMGetOperand(inst, 1), 0));
	} else {
		for (unsigned i = 0; i < instructions[which].vectors; i++)
			vectors[i] = widen_vector(e, LLVMGetOperand(inst, i), 0);
		result = apply(e, which, vectors);
	}
	widen_set_vector(e, inst, 0, result);
	return true;
}

static LLVMValueRef single(struct widen_emit *e, LLVMValueRef scalar)
{
	LLVMTypeRef type = LLVMVectorType(LLVMTypeOf(scalar), 1);
	return LLVMBuildInsertElement(e->builder, LLVMGetPoison(type), scalar,
				      widen_int(e, e->fn->i32, 0), "");
}

LLVMValueRef widen_scalar_machine(struct widen_emit *e, LLVMValueRef inst, LLVMValueRef *operands)
{
	LLVMValueRef vectors[MOST_ARGS] = {0}, result;
	enum widen_call call = widen_call_of(inst);
	unsigned which = call - WIDEN_CALL_MACHINE_SCALE;
	if (call == WIDEN_CALL_MACHINE_LOOKUP) {
		result = look_up(e, operands[0], single(e, operands[1]));
	} else {
		for (unsigned i = 0; i < instructions[which].vectors; i++)
			vectors[i] = single(e, operands[i]);
		result = apply(e, which, vectors);
	}
	return LLVMBuildExtractElement(e->builder, result, widen_int(e, e->fn->i32, 0), "");
}
