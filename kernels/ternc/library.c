/* SPDX-License-Identifier: MIT */
/* Links a module with what it needs of the device library (library_format.h, embedded). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <llvm-c/BitReader.h>

#include "kernels/ternc/build.h"
#include "kernels/ternc/embedded.h"
#include "kernels/ternc/library_format.h"
#include "kernels/ternc/shim.h"

#define X(name) name,
static const char *const left_to_widen[] = {TERN_LIBRARY_EXTERNALS(X)};
#undef X

/* The archive is our own and was made by mklib: it is not checked. */
static uint32_t get32(size_t at)
{
	uint32_t v;
	memcpy(&v, tern_device_library + at, sizeof(v));
	return v;
}

static const char *symbol_name(uint32_t i)
{
	return (const char *)tern_device_library + get32(TERN_LIBRARY_HEADER_BYTES + 8 * (size_t)i);
}

/* The number of the shard that defines @name, or -1. */
static int64_t find_shard(const char *name)
{
	uint32_t low = 0, high = get32(4);
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = strcmp(name, symbol_name(middle));
		if (order == 0)
			return get32(TERN_LIBRARY_HEADER_BYTES + 8 * (size_t)middle + 4);
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return -1;
}

static enum tern_build_status link_shard(struct tern_build *b, LLVMModuleRef module, uint32_t shard)
{
	size_t at = TERN_LIBRARY_HEADER_BYTES + 8 * (size_t)get32(4) + 8 * (size_t)shard;
	LLVMMemoryBufferRef bytes = LLVMCreateMemoryBufferWithMemoryRange(
		(const char *)tern_device_library + get32(at), get32(at + 4), "library", false);
	LLVMModuleRef part;
	if (LLVMGetBitcodeModuleInContext2(b->context, bytes, &part)) {
		tern_build_log(b, "error: the device library is damaged\n");
		return TERN_BUILD_UNAVAILABLE;
	}
	return tern_llvm_link(module, part, TERN_LINK_NEEDED) ? TERN_BUILD_OK
							      : TERN_BUILD_UNAVAILABLE;
}

/* Whether clang made @f with -cl-fast-relaxed-math. */
static bool is_relaxed(LLVMValueRef f)
{
	static const char *const flags[] = {"approx-func-fp-math", "no-nans-fp-math",
					    "no-infs-fp-math"};
	for (size_t i = 0; i < tern_array_size(flags); i++) {
		unsigned n = 0;
		LLVMAttributeRef a = LLVMGetStringAttributeAtIndex(
			f, (LLVMAttributeIndex)LLVMAttributeFunctionIndex, flags[i],
			(unsigned)strlen(flags[i]));
		if (!a || strcmp(LLVMGetStringAttributeValue(a, &n), "true") != 0)
			return false;
	}
	return true;
}

/* The short form of function @f that the library may have: __tern_fast_sin of sin; or NULL. */
static LLVMValueRef find_fast(LLVMModuleRef module, LLVMValueRef f)
{
	static const char prefix[] = "__tern_fast_";
	char fast[128], *base;
	size_t n;
	const char *name = LLVMGetValueName2(f, &n);
	if (strncmp(name, "_Z", 2) != 0)
		return NULL;
	unsigned long length = strtoul(name + 2, &base, 10);
	snprintf(fast, sizeof(fast), "_Z%lu%s%s", length + strlen(prefix), prefix, base);
	if (find_shard(fast) < 0)
		return NULL;
	LLVMValueRef found = LLVMGetNamedFunction(module, fast);
	if (!found) {
		found = LLVMAddFunction(module, fast, LLVMGlobalGetValueType(f));
		LLVMSetFunctionCallConv(found, LLVMGetFunctionCallConv(f));
	}
	return found;
}

/* Calls of @f in functions compiled with -cl-fast-relaxed-math get its short form. */
static void relax_calls(LLVMModuleRef module, LLVMValueRef f)
{
	LLVMUseRef next;
	for (LLVMUseRef u = LLVMGetFirstUse(f); u; u = next) {
		LLVMValueRef call = LLVMGetUser(u), fast;
		next = LLVMGetNextUse(u);
		if (!LLVMIsACallInst(call) || LLVMGetCalledValue(call) != f ||
		    !is_relaxed(LLVMGetBasicBlockParent(LLVMGetInstructionParent(call))))
			continue;
		fast = find_fast(module, f);
		if (!fast)
			return;
		LLVMSetOperand(call, (unsigned)LLVMGetNumOperands(call) - 1, fast);
	}
}

static bool is_undefined(LLVMValueRef f)
{
	return LLVMIsDeclaration(f) && LLVMGetIntrinsicID(f) == 0 && LLVMGetFirstUse(f);
}

static enum tern_build_status link_shards(struct tern_build *b, LLVMModuleRef module)
{
	uint32_t count = get32(8);
	unsigned char *needed = tern_build_alloc(b, count);
	if (!needed)
		return TERN_BUILD_UNAVAILABLE;
	for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f)) {
		if (is_undefined(f))
			relax_calls(module, f);
	}
	for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f)) {
		size_t n;
		int64_t shard = is_undefined(f) ? find_shard(LLVMGetValueName2(f, &n)) : -1;
		if (shard >= 0)
			needed[shard] = 1;
	}
	for (uint32_t i = 0; i < count; i++) {
		enum tern_build_status s = needed[i] ? link_shard(b, module, i) : TERN_BUILD_OK;
		if (s != TERN_BUILD_OK)
			return s;
	}
	return TERN_BUILD_OK;
}

static bool is_left_to_widen(const char *name)
{
	for (size_t i = 0; i < tern_array_size(left_to_widen); i++) {
		if (strncmp(name, left_to_widen[i], strlen(left_to_widen[i])) == 0)
			return true;
	}
	return false;
}

static void report(struct tern_build *b, const char *name)
{
	char *readable = tern_llvm_demangle(name);
	tern_build_log(b, "error: undefined function '%s'\n", readable ? readable : name);
	free(readable);
}

/* What only the library may call, since nobody checks the types: before it is linked, a program's.
 */
static enum tern_build_status refuse_machine(struct tern_build *b, LLVMModuleRef module)
{
	static const char prefix[] = "__tern_machine_";
	enum tern_build_status s = TERN_BUILD_OK;
	for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f)) {
		size_t n;
		const char *name = LLVMGetValueName2(f, &n);
		if (strncmp(name, prefix, sizeof(prefix) - 1) != 0)
			continue;
		report(b, name);
		s = TERN_BUILD_FAILED;
	}
	return s;
}

static enum tern_build_status report_undefined(struct tern_build *b, LLVMModuleRef module)
{
	enum tern_build_status s = TERN_BUILD_OK;
	for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f)) {
		size_t n;
		const char *name = LLVMGetValueName2(f, &n);
		if (!is_undefined(f) || is_left_to_widen(name))
			continue;
		report(b, name);
		s = TERN_BUILD_FAILED;
	}
	for (LLVMValueRef g = LLVMGetFirstGlobal(module); g; g = LLVMGetNextGlobal(g)) {
		size_t n;
		if (!LLVMIsDeclaration(g) || !LLVMGetFirstUse(g))
			continue;
		tern_build_log(b, "error: undefined variable '%s'\n", LLVMGetValueName2(g, &n));
		s = TERN_BUILD_FAILED;
	}
	return s;
}

enum tern_build_status tern_library_link(struct tern_build *b, LLVMModuleRef module)
{
	enum tern_build_status s = refuse_machine(b, module);
	if (s == TERN_BUILD_OK)
		s = link_shards(b, module);
	return s == TERN_BUILD_OK ? report_undefined(b, module) : s;
}
