/* SPDX-License-Identifier: MIT */
/* Step 3: passes over what was made. Much less than O2: kernels are compiled while someone waits.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/widen/internal.h"

/* Bodies become part of the group functions; less in the coroutines' frames. */
static const char first_passes[] =
	"always-inline,globaldce,"
	"function(early-cse,instcombine<no-verify-fixpoint>,simplifycfg,early-cse)";

/* Each value that leaves a loop has a phi at its exit. */
static const char leaving_passes[] = "function(loop-simplify,lcssa)";

static const char coroutine_passes[] = "coro-early,cgscc(coro-split),coro-cleanup,globaldce";

/* Bodies with regions become part of the group functions, once for each. */
static const char region_passes[] = "always-inline,globaldce";

/* What depends on the group only leaves its loops here. */
static const char last_passes[] =
	"function(sroa,early-cse<memssa>,simplifycfg,instcombine<no-verify-fixpoint>,"
	"loop-simplify,lcssa,loop-mssa(licm),gvn,instcombine<no-verify-fixpoint>,dse,adce,"
	"simplifycfg)";

/* A value that is converted more than once is so once. */
static const char half_passes[] = "function(early-cse)";

static bool is_call_of(LLVMUseRef use, LLVMValueRef f)
{
	LLVMValueRef user = LLVMGetUser(use);
	return LLVMIsACallInst(user) && LLVMGetCalledValue(user) == f;
}

/* The largest frame that any coroutine of the kernel reports; the reports go away. */
static uint64_t collect_frame_bytes(LLVMValueRef mark)
{
	uint64_t bytes = 0;
	for (LLVMUseRef use = LLVMGetFirstUse(mark), next; use; use = next) {
		LLVMValueRef call = LLVMGetUser(use);
		int64_t size;
		next = LLVMGetNextUse(use);
		if (!is_call_of(use, mark))
			continue;
		if (widen_constant_int(LLVMGetOperand(call, 0), &size))
			bytes = tern_max(bytes, (uint64_t)size);
		LLVMInstructionEraseFromParent(call);
	}
	return bytes;
}

static void set_stride(LLVMModuleRef module, const char *kernel, uint64_t stride)
{
	char name[512];
	snprintf(name, sizeof(name), WIDEN_STRIDE_MARK "%s", kernel);
	LLVMValueRef mark = LLVMGetNamedFunction(module, name);
	for (LLVMUseRef use = mark ? LLVMGetFirstUse(mark) : NULL, next; use; use = next) {
		LLVMValueRef call = LLVMGetUser(use);
		next = LLVMGetNextUse(use);
		LLVMReplaceAllUsesWith(call, LLVMConstInt(LLVMTypeOf(call), stride, 0));
		LLVMInstructionEraseFromParent(call);
	}
	if (mark)
		LLVMDeleteFunction(mark);
}

static void note_frame_bytes(LLVMModuleRef module, const char *kernel, uint64_t bytes)
{
	char text[24], name[512];
	snprintf(name, sizeof(name), WIDEN_GROUP_PREFIX "%s", kernel);
	LLVMValueRef group = LLVMGetNamedFunction(module, name);
	if (!group)
		return;
	snprintf(text, sizeof(text), "%llu", (unsigned long long)bytes);
	LLVMAttributeRef a =
		LLVMCreateStringAttribute(LLVMGetModuleContext(module), WIDEN_FRAME_BYTES,
					  strlen(WIDEN_FRAME_BYTES), text, (unsigned)strlen(text));
	LLVMAddAttributeAtIndex(group, LLVMAttributeFunctionIndex, a);
}

/* The calls that kept variables in frames, and what they call. */
static void delete_marks(LLVMModuleRef module)
{
	for (LLVMValueRef f = LLVMGetFirstFunction(module), next; f; f = next) {
		size_t length;
		next = LLVMGetNextFunction(f);
		if (strncmp(LLVMGetValueName2(f, &length), WIDEN_KEEP_MARK,
			    strlen(WIDEN_KEEP_MARK)) != 0)
			continue;
		for (LLVMUseRef use; (use = LLVMGetFirstUse(f));)
			LLVMInstructionEraseFromParent(LLVMGetUser(use));
		LLVMDeleteFunction(f);
	}
}

/* Returns whether there were coroutines. */
static bool resolve_frames(LLVMModuleRef module)
{
	bool any = false;
	for (LLVMValueRef f = LLVMGetFirstFunction(module), next; f; f = next) {
		size_t length;
		const char *name = LLVMGetValueName2(f, &length);
		next = LLVMGetNextFunction(f);
		if (strncmp(name, WIDEN_FRAME_MARK, strlen(WIDEN_FRAME_MARK)) != 0)
			continue;
		const char *kernel = name + strlen(WIDEN_FRAME_MARK);
		uint64_t bytes = collect_frame_bytes(f);
		/* The order matters: @next must not be the function that goes. */
		note_frame_bytes(module, kernel, bytes);
		set_stride(module, kernel, tern_round_up(bytes, WIDEN_FRAME_ALIGN));
		next = LLVMGetNextFunction(f);
		LLVMDeleteFunction(f);
		any = true;
	}
	return any;
}

/* ---- values that leave loops ---- */

/*
 * coro-split saves what lives across a barrier where it is made: in every round of a loop, though
 * only the last round's value is wanted. It looks through phis of one value, but not through a
 * freeze; these go away afterwards.
 */
#define LEAVING_MARK "tern.leaving"

static void freeze_leaving(LLVMBuilderRef builder, LLVMBasicBlockRef block, unsigned mark)
{
	LLVMValueRef phi = LLVMGetFirstInstruction(block), at = phi;
	LLVMContextRef context = LLVMGetTypeContext(LLVMTypeOf(phi));
	LLVMMetadataRef node = LLVMMDNodeInContext2(context, NULL, 0);
	while (LLVMIsAPHINode(at))
		at = LLVMGetNextInstruction(at);
	for (; LLVMIsAPHINode(phi); phi = LLVMGetNextInstruction(phi)) {
		if (LLVMCountIncoming(phi) != 1)
			continue;
		LLVMValueRef in = LLVMGetIncomingValue(phi, 0);
		LLVMPositionBuilderBefore(builder, at);
		LLVMValueRef frozen = LLVMBuildFreeze(builder, in, "");
		if (!LLVMIsAInstruction(frozen))
			continue; /* a constant */
		LLVMReplaceAllUsesWith(phi, frozen);
		LLVMSetOperand(frozen, 0, phi);
		LLVMSetMetadata(frozen, mark, LLVMMetadataAsValue(context, node));
	}
}

static int mark_leaving(LLVMModuleRef module, const struct tern_widen_options *options,
			unsigned mark, char **message)
{
	unsigned coroutine = LLVMGetEnumAttributeKindForName("presplitcoroutine", 17);
	int error = widen_run_passes(module, options->machine, leaving_passes, message);
	if (error)
		return error;
	LLVMBuilderRef builder = LLVMCreateBuilderInContext(LLVMGetModuleContext(module));
	for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f)) {
		if (!LLVMGetEnumAttributeAtIndex(f, LLVMAttributeFunctionIndex, coroutine))
			continue;
		for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(f); b;
		     b = LLVMGetNextBasicBlock(b))
			freeze_leaving(builder, b, mark);
	}
	LLVMDisposeBuilder(builder);
	return 0;
}

static void unmark_block(LLVMBasicBlockRef block, unsigned mark)
{
	for (LLVMValueRef i = LLVMGetFirstInstruction(block), next; i; i = next) {
		next = LLVMGetNextInstruction(i);
		if (!LLVMIsAFreezeInst(i) || !LLVMGetMetadata(i, mark))
			continue;
		LLVMReplaceAllUsesWith(i, LLVMGetOperand(i, 0));
		LLVMInstructionEraseFromParent(i);
	}
}

static void unmark_leaving(LLVMModuleRef module, unsigned mark)
{
	for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f))
		for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(f); b;
		     b = LLVMGetNextBasicBlock(b))
			unmark_block(b, mark);
}

static bool has_coroutines(LLVMModuleRef module)
{
	unsigned id = LLVMLookupIntrinsicID("llvm.coro.id", strlen("llvm.coro.id"));
	for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f))
		if (LLVMGetIntrinsicID(f) == id)
			return true;
	return false;
}

static int split_coroutines(LLVMModuleRef module, const struct tern_widen_options *options,
			    char **message)
{
	unsigned mark = LLVMGetMDKindIDInContext(LLVMGetModuleContext(module), LEAVING_MARK,
						 strlen(LEAVING_MARK));
	int error = mark_leaving(module, options, mark, message);
	if (error)
		return error;
	error = widen_run_passes(module, options->machine, coroutine_passes, message);
	unmark_leaving(module, mark);
	return error;
}

/* Coroutines and bodies with regions become what is called in loops over chunks. */
static int split(LLVMModuleRef module, const struct tern_widen_options *options, char **message)
{
	bool out_of_memory = false;
	bool regions = widen_split_regions(module, &out_of_memory);
	int error = out_of_memory ? -ENOMEM : 0;
	if (!error && has_coroutines(module))
		error = split_coroutines(module, options, message);
	resolve_frames(module);
	delete_marks(module);
	if (!error && regions)
		error = widen_run_passes(module, options->machine, region_passes, message);
	return error;
}

int tern_widen_optimize(LLVMModuleRef module, const struct tern_widen_options *options,
			char **message)
{
	int error = widen_run_passes(module, options->machine, first_passes, message);
	if (!error)
		error = split(module, options, message);
	if (!error)
		error = widen_run_passes(module, options->machine, last_passes, message);
	if (!error)
		error = widen_vectorise_alone(module, options->machine, message);
	if (!error && widen_lower_halves(module, options))
		error = widen_run_passes(module, options->machine, half_passes, message);
	return error;
}

uint64_t tern_widen_frame_bytes(LLVMModuleRef module, const struct tern_widen_kernel *kernel)
{
	char name[512], text[24] = "";
	unsigned length;
	snprintf(name, sizeof(name), WIDEN_GROUP_PREFIX "%s", kernel->name);
	LLVMValueRef group = LLVMGetNamedFunction(module, name);
	LLVMAttributeRef a =
		group ? LLVMGetStringAttributeAtIndex(group, LLVMAttributeFunctionIndex,
						      WIDEN_FRAME_BYTES, strlen(WIDEN_FRAME_BYTES))
		      : NULL;
	if (!a)
		return 0;
	const char *value = LLVMGetStringAttributeValue(a, &length);
	snprintf(text, sizeof(text), "%.*s", (int)length, value);
	return strtoull(text, NULL, 10);
}
