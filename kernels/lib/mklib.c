/* SPDX-License-Identifier: MIT */
/*
 * mklib OUTPUT LIBCLC.bc OURS.bc...: a build tool that makes the device library's archive
 * (library_format.h of ternc). Our functions replace those of libclc with the same name, also where
 * libclc's other functions call them. Each group of built-in functions with the same name, in all
 * their types, becomes a small module of its own with all that it calls, so that a build loads only
 * the few that it needs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <llvm-c/BitReader.h>
#include <llvm-c/BitWriter.h>
#include <llvm-c/Core.h>
#include <llvm-c/Target.h>
#include <llvm-c/TargetMachine.h>

#include "kernels/ternc/library_format.h"
#include "kernels/ternc/shim.h"

enum { SPIR_FUNC = 75 };

struct symbol {
	char *name, *group;
	unsigned shard;
};

struct shard {
	LLVMMemoryBufferRef bitcode;
};

static struct symbol *symbols;
static size_t symbol_count;
static struct shard *shards;
static size_t shard_count;

static void die(const char *what, const char *detail)
{
	fprintf(stderr, "mklib: %s: %s\n", what, detail);
	exit(1);
}

static void *check(void *p)
{
	if (!p)
		die("out of memory", "");
	return p;
}

static LLVMTargetMachineRef make_machine(void)
{
	LLVMTargetRef target;
	char *message;
	LLVMInitializeX86TargetInfo();
	LLVMInitializeX86Target();
	LLVMInitializeX86TargetMC();
	if (LLVMGetTargetFromTriple(TERN_LIBRARY_TRIPLE, &target, &message))
		die("no target", message);
	return LLVMCreateTargetMachine(target, TERN_LIBRARY_TRIPLE, "x86-64", "",
				       LLVMCodeGenLevelDefault, LLVMRelocPIC, LLVMCodeModelDefault);
}

static LLVMModuleRef read_module(LLVMContextRef context, LLVMMemoryBufferRef bytes, bool lazy)
{
	LLVMModuleRef module;
	LLVMMemoryBufferRef copy = LLVMCreateMemoryBufferWithMemoryRange(
		LLVMGetBufferStart(bytes), LLVMGetBufferSize(bytes), "library", false);
	LLVMBool bad = lazy ? LLVMGetBitcodeModuleInContext2(context, copy, &module)
			    : LLVMParseBitcodeInContext2(context, copy, &module);
	if (bad)
		die("not bitcode", "");
	return module;
}

static void strip_attributes(LLVMValueRef f)
{
	static const char *const strings[] = {
		"target-cpu",
		"target-features",
		"tune-cpu",
		"frame-pointer",
		"no-builtins",
		"stack-protector-buffer-size",
		"uniform-work-group-size",
		"no-trapping-math",
	};
	static const char *const enums[] = {"noinline", "optnone", "convergent"};
	for (size_t i = 0; i < sizeof(strings) / sizeof(*strings); i++)
		LLVMRemoveStringAttributeAtIndex(f, (LLVMAttributeIndex)LLVMAttributeFunctionIndex,
						 strings[i], (unsigned)strlen(strings[i]));
	for (size_t i = 0; i < sizeof(enums) / sizeof(*enums); i++)
		LLVMRemoveEnumAttributeAtIndex(
			f, (LLVMAttributeIndex)LLVMAttributeFunctionIndex,
			LLVMGetEnumAttributeKindForName(enums[i], strlen(enums[i])));
}

/* Calls and functions alike get the calling convention that clang uses for OpenCL on SPIR. */
static void normalise(LLVMModuleRef m)
{
	for (LLVMValueRef f = LLVMGetFirstFunction(m); f; f = LLVMGetNextFunction(f)) {
		if (LLVMGetIntrinsicID(f))
			continue;
		LLVMSetFunctionCallConv(f, SPIR_FUNC);
		for (LLVMUseRef u = LLVMGetFirstUse(f); u; u = LLVMGetNextUse(u)) {
			LLVMValueRef user = LLVMGetUser(u);
			if (LLVMIsACallInst(user))
				LLVMSetInstructionCallConv(user, SPIR_FUNC);
		}
		if (LLVMIsDeclaration(f))
			continue;
		strip_attributes(f);
		LLVMSetLinkage(f, LLVMLinkOnceODRLinkage);
		LLVMSetVisibility(f, LLVMDefaultVisibility);
	}
	for (LLVMValueRef g = LLVMGetFirstGlobal(m); g; g = LLVMGetNextGlobal(g)) {
		if (!LLVMIsDeclaration(g))
			LLVMSetLinkage(g, LLVMLinkOnceODRLinkage);
	}
}

/* The part of a mangled name that names the function: "sin" in _Z3sinf; NULL for other names. */
static char *base_name(const char *mangled)
{
	char *end;
	if (strncmp(mangled, "_Z", 2) != 0)
		return NULL;
	unsigned long n = strtoul(mangled + 2, &end, 10);
	if (n == 0 || n > strlen(end))
		return NULL;
	return check(strndup(end, n));
}

/*
 * Functions share a shard when their names without digits are the same (vload2, vload4;
 * convert_int, convert_int8); those of half have others, which few kernels need.
 */
static char *group_name(const char *mangled)
{
	static const char half[] = " half";
	char *base = base_name(mangled);
	if (!base)
		return check(strdup(mangled));
	base = check(realloc(base, strlen(base) + sizeof(half)));
	char *to = base;
	for (const char *p = base; *p; p++) {
		if (*p < '0' || *p > '9')
			*to++ = *p;
	}
	strcpy(to, strstr(mangled, "Dh") ? half : "");
	return base;
}

/*
 * What kernels may name: mangled built-ins but for libclc's insides, clang's __to_global() and its
 * kin, what the translator of SPIR-V makes up, and our own helpers.
 */
static int is_public(const char *name)
{
	char *base = base_name(name);
	int yes = base && (strncmp(base, "__", 2) != 0 || strncmp(base, "__tern_", 7) == 0 ||
			   strncmp(base, "__spirv_", 8) == 0);
	free(base);
	return yes || strncmp(name, "__tern_", 7) == 0 || strncmp(name, "__to_", 5) == 0;
}

/*
 * libclc is compiled for a target whose address spaces have other numbers, and for half arithmetic,
 * which is not offered: such functions, what the vectoriser knows itself and what ours of the same
 * name use keep their bodies under another name.
 */
static void hide_pointer_functions(LLVMModuleRef m)
{
	for (LLVMValueRef f = LLVMGetFirstFunction(m); f; f = LLVMGetNextFunction(f)) {
		size_t n;
		char name[512];
		const char *old = LLVMGetValueName2(f, &n);
		int ours = !strcmp(old, "_Z8lgamma_rfPi") || strstr(old, "U3AS") ||
			   strstr(old, "Dh") || strstr(old, "ocl_") || strstr(old, "_id") ||
			   strstr(old, "get_");
		if (LLVMIsDeclaration(f) || !ours)
			continue;
		snprintf(name, sizeof(name), "__clc.%s", old);
		LLVMSetValueName2(f, name, strlen(name));
	}
}

/*
 * libclc is written for processors that convert what does not fit to the nearest integer; for LLVM
 * the result is poison, and on x86 an index far outside the tables.
 */
static void saturate(LLVMModuleRef m, LLVMValueRef f)
{
	LLVMBuilderRef builder = LLVMCreateBuilderInContext(LLVMGetModuleContext(m));
	for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(f); b; b = LLVMGetNextBasicBlock(b)) {
		LLVMValueRef next;
		for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = next) {
			LLVMOpcode opcode = LLVMGetInstructionOpcode(i);
			next = LLVMGetNextInstruction(i);
			if (opcode != LLVMFPToSI && opcode != LLVMFPToUI)
				continue;
			const char *name =
				opcode == LLVMFPToSI ? "llvm.fptosi.sat" : "llvm.fptoui.sat";
			LLVMValueRef x = LLVMGetOperand(i, 0);
			LLVMTypeRef types[] = {LLVMTypeOf(i), LLVMTypeOf(x)};
			unsigned id = LLVMLookupIntrinsicID(name, strlen(name));
			LLVMValueRef intrinsic = LLVMGetIntrinsicDeclaration(m, id, types, 2);
			LLVMPositionBuilderBefore(builder, i);
			LLVMValueRef call = LLVMBuildCall2(
				builder, LLVMGlobalGetValueType(intrinsic), intrinsic, &x, 1, "");
			LLVMReplaceAllUsesWith(i, call);
			LLVMInstructionEraseFromParent(i);
		}
	}
	LLVMDisposeBuilder(builder);
}

/* Without _sat, programs answer for the range of what they convert. */
static void saturate_all(LLVMModuleRef m)
{
	for (LLVMValueRef f = LLVMGetFirstFunction(m); f; f = LLVMGetNextFunction(f)) {
		size_t n;
		const char *name = LLVMGetValueName2(f, &n);
		if (!strstr(name, "convert_") || strstr(name, "_sat"))
			saturate(m, f);
	}
}

static void drop_range(LLVMValueRef f)
{
	unsigned range = LLVMGetEnumAttributeKindForName("range", strlen("range"));
	LLVMRemoveEnumAttributeAtIndex(f, LLVMAttributeReturnIndex, range);
	for (LLVMUseRef u = LLVMGetFirstUse(f); u; u = LLVMGetNextUse(u)) {
		LLVMValueRef user = LLVMGetUser(u);
		if (LLVMIsACallInst(user))
			LLVMRemoveCallSiteEnumAttribute(user, LLVMAttributeReturnIndex, range);
	}
}

static void wrap(LLVMValueRef i)
{
	switch (LLVMGetInstructionOpcode(i)) {
	case LLVMAdd:
	case LLVMSub:
	case LLVMMul:
	case LLVMShl:
	case LLVMTrunc:
		LLVMSetNSW(i, 0);
		LLVMSetNUW(i, 0);
		return;
	default:
		return;
	}
}

/*
 * abs(), mad_sat() and others are defined for all arguments, but written in C, where signed numbers
 * that are too large mean that LLVM may assume anything about the result. Here they wrap.
 */
static void wrap_all(LLVMModuleRef m)
{
	for (LLVMValueRef f = LLVMGetFirstFunction(m); f; f = LLVMGetNextFunction(f)) {
		size_t n;
		bool is_abs = strncmp(LLVMGetValueName2(f, &n), "llvm.abs.", 9) == 0;
		LLVMValueRef no =
			LLVMConstInt(LLVMInt1TypeInContext(LLVMGetModuleContext(m)), 0, 0);
		drop_range(f);
		for (LLVMUseRef u = LLVMGetFirstUse(f); is_abs && u; u = LLVMGetNextUse(u))
			LLVMSetOperand(LLVMGetUser(u), 1, no); /* the least number is no poison */
		for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(f); b;
		     b = LLVMGetNextBasicBlock(b))
			for (LLVMValueRef i = LLVMGetFirstInstruction(b); i;
			     i = LLVMGetNextInstruction(i))
				wrap(i);
	}
}

/* What is declared and used must be an intrinsic or known to the vectoriser. */
static void check_externals(LLVMModuleRef m)
{
#define X(name) name,
	static const char *const known[] = {TERN_LIBRARY_EXTERNALS(X)};
#undef X
	for (LLVMValueRef f = LLVMGetFirstFunction(m); f; f = LLVMGetNextFunction(f)) {
		size_t n;
		const char *name = LLVMGetValueName2(f, &n);
		int found = !LLVMIsDeclaration(f) || LLVMGetIntrinsicID(f) || !LLVMGetFirstUse(f);
		for (size_t i = 0; i < sizeof(known) / sizeof(*known) && !found; i++)
			found = strncmp(name, known[i], strlen(known[i])) == 0;
		if (!found)
			die("undefined in the device library", name);
	}
}

static int by_group(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;
	int order = strcmp(x->group, y->group);
	return order ? order : strcmp(x->name, y->name);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct symbol *)a)->name, ((const struct symbol *)b)->name);
}

static void list_symbols(LLVMModuleRef m)
{
	for (LLVMValueRef f = LLVMGetFirstFunction(m); f; f = LLVMGetNextFunction(f)) {
		size_t n;
		const char *name = LLVMGetValueName2(f, &n);
		if (LLVMIsDeclaration(f) || !is_public(name))
			continue;
		symbols = check(realloc(symbols, (symbol_count + 1) * sizeof(*symbols)));
		symbols[symbol_count++] = (struct symbol){check(strdup(name)), group_name(name), 0};
	}
	qsort(symbols, symbol_count, sizeof(*symbols), by_group);
}

/* Makes the shard of symbols[from] to symbols[to - 1]. */
static void make_shard(LLVMMemoryBufferRef library, size_t from, size_t to)
{
	LLVMContextRef context = LLVMContextCreate();
	LLVMModuleRef all = read_module(context, library, true);
	LLVMModuleRef part = LLVMModuleCreateWithNameInContext("shard", context);
	LLVMSetTarget(part, LLVMGetTarget(all));
	LLVMSetDataLayout(part, LLVMGetDataLayoutStr(all));
	for (size_t i = from; i < to; i++) {
		LLVMValueRef f = LLVMGetNamedFunction(all, symbols[i].name);
		LLVMValueRef d = LLVMAddFunction(part, symbols[i].name, LLVMGlobalGetValueType(f));
		LLVMSetFunctionCallConv(d, SPIR_FUNC);
		symbols[i].shard = (unsigned)shard_count;
	}
	if (!tern_llvm_link(part, all, TERN_LINK_NEEDED))
		die("cannot link", symbols[from].group);
	shards = check(realloc(shards, (shard_count + 1) * sizeof(*shards)));
	shards[shard_count++].bitcode = LLVMWriteBitcodeToMemoryBuffer(part);
	LLVMDisposeModule(part);
	LLVMContextDispose(context);
}

static void put32(FILE *f, size_t v)
{
	for (int i = 0; i < 4; i++)
		putc((int)(v >> 8 * i & 255), f);
}

static void pad(FILE *f, size_t n)
{
	while (n--)
		putc(0, f);
}

static void write_archive(const char *path)
{
	FILE *f = check(fopen(path, "wb"));
	qsort(symbols, symbol_count, sizeof(*symbols), by_name);
	size_t name_at = TERN_LIBRARY_HEADER_BYTES + 8 * symbol_count + 8 * shard_count;
	size_t data_at = name_at;
	for (size_t i = 0; i < symbol_count; i++)
		data_at += strlen(symbols[i].name) + 1;
	size_t padding = -data_at & 15;
	data_at += padding;
	put32(f, TERN_LIBRARY_MAGIC);
	put32(f, symbol_count);
	put32(f, shard_count);
	put32(f, 0);
	for (size_t i = 0; i < symbol_count; i++) {
		put32(f, name_at);
		put32(f, symbols[i].shard);
		name_at += strlen(symbols[i].name) + 1;
	}
	for (size_t i = 0; i < shard_count; i++) {
		size_t n = LLVMGetBufferSize(shards[i].bitcode);
		put32(f, data_at);
		put32(f, n);
		data_at += (n + 15) & ~(size_t)15;
	}
	for (size_t i = 0; i < symbol_count; i++)
		fwrite(symbols[i].name, 1, strlen(symbols[i].name) + 1, f);
	pad(f, padding);
	for (size_t i = 0; i < shard_count; i++) {
		size_t n = LLVMGetBufferSize(shards[i].bitcode);
		fwrite(LLVMGetBufferStart(shards[i].bitcode), 1, n, f);
		pad(f, -n & 15);
	}
	if (ferror(f) | fclose(f))
		die("cannot write", path);
}

/* Reads a module and gives it the target of kernels; all it defines becomes visible. */
static LLVMModuleRef read_file(LLVMContextRef context, const char *path, LLVMTargetDataRef layout)
{
	char *message;
	LLVMMemoryBufferRef bytes;
	if (LLVMCreateMemoryBufferWithContentsOfFile(path, &bytes, &message))
		die(path, message);
	LLVMModuleRef m = read_module(context, bytes, false);
	LLVMSetTarget(m, TERN_LIBRARY_TRIPLE);
	LLVMSetModuleDataLayout(m, layout);
	for (LLVMValueRef f = LLVMGetFirstFunction(m); f; f = LLVMGetNextFunction(f)) {
		if (LLVMGetLinkage(f) == LLVMLinkOnceODRLinkage)
			LLVMSetLinkage(f, LLVMExternalLinkage);
	}
	return m;
}

int main(int argc, char **argv)
{
	if (argc < 3)
		die("usage", "mklib OUTPUT LIBCLC.bc OURS.bc...");
	LLVMContextRef context = LLVMContextCreate();
	LLVMTargetDataRef layout = LLVMCreateTargetDataLayout(make_machine());
	LLVMModuleRef module = read_file(context, argv[2], layout);
	hide_pointer_functions(module);
	saturate_all(module);
	for (int i = 3; i < argc; i++) {
		if (!tern_llvm_link(module, read_file(context, argv[i], layout),
				    TERN_LINK_OVERRIDE))
			die("cannot link", argv[i]);
	}
	wrap_all(module);
	normalise(module);
	check_externals(module);
	list_symbols(module);
	LLVMMemoryBufferRef library = LLVMWriteBitcodeToMemoryBuffer(module);
	for (size_t i = 0, j; i < symbol_count; i = j) {
		for (j = i; j < symbol_count && !strcmp(symbols[i].group, symbols[j].group); j++)
			;
		make_shard(library, i, j);
	}
	write_archive(argv[1]);
	return 0;
}
