/* SPDX-License-Identifier: MIT */
/* Step 1: one function per kernel, simplified, with structured control flow. */
#include <errno.h>
#include <string.h>

#include <llvm-c/DebugInfo.h>
#include <llvm-c/Transforms/PassBuilder.h>

#include "kernels/widen/internal.h"

/* (what no kernel calls would be inlined, too: headers of some programs are libraries) */
static const char inline_passes[] = "globaldce,always-inline,globaldce,function(sroa)";
static const char first_passes[] = "function(early-cse)";
static const char simplify_passes[] =
	"function(early-cse,simplifycfg,instcombine<no-verify-fixpoint>,simplifycfg)";

/* Work-item functions are plain arithmetic by now; loops become do-while, small ones vanish. */
static const char loop_passes[] =
	"function(early-cse,loop-simplify,lcssa,loop(loop-rotate,loop-unroll-full),sroa,early-cse,"
	"simplifycfg,instcombine<no-verify-fixpoint>,loop-simplify,lcssa,loop-mssa(licm))";

/* What unroll.c asks for, and nothing else. */
static const char unroll_passes[] =
	"function(loop-unroll<O2;no-partial;no-peeling;no-profile-peeling;no-runtime;"
	"no-upperbound>,early-cse,instcombine<no-verify-fixpoint>,simplifycfg)";

/*
 * If-then regions and loops that leave from their latch: see internal.h. instsimplify cleans the
 * conditions that structurizecfg negates; LCSSA form comes last because the emitter relies on it.
 */
static const char structure_passes[] = "function(sroa,lower-switch,mergereturn,loop-simplify,lcssa,"
				       "unify-loop-exits,fix-irreducible,"
				       "structurizecfg,instsimplify,loop-simplify,lcssa)";

int widen_run_passes(LLVMModuleRef module, LLVMTargetMachineRef machine, const char *passes,
		     char **message)
{
	LLVMPassBuilderOptionsRef options = LLVMCreatePassBuilderOptions();
	LLVMErrorRef error = LLVMRunPasses(module, passes, machine, options);
	LLVMDisposePassBuilderOptions(options);
	if (!error)
		return 0;
	char *text = LLVMGetErrorMessage(error);
	*message = LLVMCreateMessage(text);
	LLVMDisposeErrorMessage(text);
	return -EINVAL;
}

static unsigned attribute_kind(const char *name)
{
	return LLVMGetEnumAttributeKindForName(name, strlen(name));
}

static void remove_attribute(LLVMValueRef function, const char *name)
{
	LLVMRemoveEnumAttributeAtIndex(function, LLVMAttributeFunctionIndex, attribute_kind(name));
}

void widen_add_attribute(LLVMContextRef context, LLVMValueRef function, unsigned index,
			 const char *name)
{
	LLVMAddAttributeAtIndex(function, index,
				LLVMCreateEnumAttribute(context, attribute_kind(name), 0));
}

void widen_add_pure_attributes(LLVMContextRef context, LLVMValueRef function)
{
	widen_add_attribute(context, function, LLVMAttributeFunctionIndex, "memory"); /* none */
	widen_add_attribute(context, function, LLVMAttributeFunctionIndex, "nounwind");
	widen_add_attribute(context, function, LLVMAttributeFunctionIndex, "willreturn");
}

/* Everything is inlined, kernels that are called as functions too. */
static void mark_for_inlining(LLVMModuleRef module)
{
	static const char *const target[] = {"target-cpu", "target-features", "tune-cpu"};
	LLVMContextRef context = LLVMGetModuleContext(module);

	for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f)) {
		if (LLVMIsDeclaration(f))
			continue;
		for (size_t i = 0; i < tern_array_size(target); i++)
			LLVMRemoveStringAttributeAtIndex(f, LLVMAttributeFunctionIndex, target[i],
							 strlen(target[i]));
		remove_attribute(f, "noinline");
		remove_attribute(f, "optnone");
		remove_attribute(f, "optsize");
		remove_attribute(f, "minsize");
		bool kernel = LLVMGetFunctionCallConv(f) == WIDEN_KERNEL_CALL;
		if (!kernel)
			LLVMSetLinkage(f, LLVMInternalLinkage);
		if (!kernel || LLVMGetFirstUse(f))
			widen_add_attribute(context, f, LLVMAttributeFunctionIndex, "alwaysinline");
	}
}

/* A function that is still called after inlining calls itself, directly or not. */
static int check_inlined(LLVMModuleRef module, char **message)
{
	for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f)) {
		size_t length;
		if (LLVMIsDeclaration(f) || !LLVMGetFirstUse(f))
			continue;
		*message = LLVMCreateMessage(LLVMGetValueName2(f, &length));
		return -ELOOP;
	}
	return 0;
}

/* Sizes and ids are the same wherever a work-item asks for them: out of loops with them. */
static void let_queries_move(LLVMModuleRef module)
{
	unsigned convergent = attribute_kind("convergent");
	for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f)) {
		for (LLVMUseRef use = LLVMGetFirstUse(f); use; use = LLVMGetNextUse(use)) {
			LLVMValueRef call = LLVMGetUser(use);
			enum widen_call which =
				LLVMIsACallInst(call) ? widen_call_of(call) : WIDEN_CALL_UNKNOWN;
			if (which == WIDEN_CALL_UNKNOWN ||
			    (which > WIDEN_CALL_LAST_DIMENSIONAL && which != WIDEN_CALL_WORK_DIM))
				continue;
			remove_attribute(f, "convergent");
			LLVMRemoveCallSiteEnumAttribute(call, LLVMAttributeFunctionIndex,
							convergent);
		}
	}
}

int tern_widen_prepare(LLVMModuleRef module, const struct tern_widen_options *options,
		       char **message)
{
	if (!options->keep_lines)
		LLVMStripModuleDebugInfo(module);
	widen_lower_by_value(module);
	widen_lower_divisions(module);
	widen_lower_machine(module, options);
	mark_for_inlining(module);
	int error = widen_run_passes(module, options->machine, inline_passes, message);
	if (error)
		return error;
	widen_fence_minima(module);
	error = widen_run_passes(module, options->machine, first_passes, message);
	if (error)
		return error;
	error = check_inlined(module, message);
	if (error)
		return error;
	widen_lower_ids(module);
	widen_mark_rare(module);
	error = widen_run_passes(module, options->machine, simplify_passes, message);
	if (error)
		return error;
	widen_lower_work_items(module);
	let_queries_move(module);
	error = widen_run_passes(module, options->machine, loop_passes, message);
	if (error)
		return error;
	if (options->register_lanes > 1) {
		if (widen_ask_for_unrolling(module)) {
			error = widen_run_passes(module, options->machine, unroll_passes, message);
			if (error)
				return error;
		}
		widen_lower_copies(module);
		widen_narrow(module);
		error = widen_run_passes(module, options->machine, structure_passes, message);
		if (error)
			return error;
	}
	widen_lower_globals(module);
	return 0;
}
