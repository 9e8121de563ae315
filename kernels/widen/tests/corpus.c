/* SPDX-License-Identifier: MIT */
/*
 * Developer's test of the vectoriser: runs every kernel of a file work-item by work-item, compiled
 * without widen (barriers switch between contexts), and compares all memory with what the group
 * functions for 1, 4, 8 and 16 lanes leave, for many work-group sizes.
 *
 *     corpus [-v] [-k KERNEL] [-l LANES] [-c CPU] [-d] FILE.cl...
 *
 * clang-19 compiles the files; .ll and .bc are taken as they are. Names of kernels and parameters
 * mean something: xy_* and xyz_* run in two and three dimensions,
 * wrap_* with ids around 2^31; float buffers are called f*, n is
 * the number of work-items. -d dumps the module before and after each step.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/mman.h>

#include <llvm-c/Analysis.h>
#include <llvm-c/BitWriter.h>
#include <llvm-c/BitReader.h>
#include <llvm-c/Error.h>
#include <llvm-c/IRReader.h>
#include <llvm-c/LLJIT.h>
#include <llvm-c/Orc.h>
#include <llvm-c/Transforms/PassBuilder.h>

#include "kernels/widen/tests/corpus.h"

#ifndef TERN_CLANG
#define TERN_CLANG "clang-19"
#endif

enum { SKIPPED = 77 }; /* exit status */

static struct {
	struct kernel kernels[MAX_KERNELS];
	unsigned kernel_count;
	bool verbose, dump;
	const char *only;
	unsigned lanes;
	LLVMTargetMachineRef machine;
	char *cpu, *features; /* the host's, unless -c */
	unsigned failures, runs, widened, scalar;
} test;

_Noreturn void die(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s\n", what, why);
	exit(1);
}

static void check(LLVMErrorRef error, const char *what)
{
	if (error)
		die(what, LLVMGetErrorMessage(error));
}

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* ---- compiling ---- */

static LLVMModuleRef read_module(const char *path, LLVMContextRef context)
{
	LLVMMemoryBufferRef buffer;
	LLVMModuleRef module;
	char *message, compiled[64] = "", command[4096];
	if (strstr(path, ".cl")) {
		snprintf(compiled, sizeof(compiled), "/tmp/corpus-%d.bc", (int)getpid());
		snprintf(command, sizeof(command),
			 "%s -cc1 -triple spir64-unknown-unknown -finclude-default-header "
			 "-fdeclare-opencl-builtins -internal-isystem \"$(%s "
			 "-print-resource-dir)/include\" -cl-std=CL3.0 -O2 -disable-llvm-passes "
			 "-emit-llvm-bc -o %s %s",
			 TERN_CLANG, TERN_CLANG, compiled, path);
		if (system(command))
			die(path, "does not compile");
		path = compiled;
	}
	if (LLVMCreateMemoryBufferWithContentsOfFile(path, &buffer, &message))
		die(path, message);
	if (LLVMParseIRInContext(context, buffer, &module, &message))
		die(path, message);
	if (*compiled)
		unlink(compiled);
	LLVMSetTarget(module, "x86_64-unknown-linux-gnu");
	LLVMTargetDataRef layout = LLVMCreateTargetDataLayout(test.machine);
	LLVMSetModuleDataLayout(module, layout);
	LLVMDisposeTargetData(layout);
	return module;
}

static void verify(LLVMModuleRef module, const char *step)
{
	char *message = NULL, name[64];
	if (test.dump) {
		snprintf(name, sizeof(name), "/tmp/corpus-%s.ll", step);
		LLVMPrintModuleToFile(module, name, &message);
	}
	if (LLVMVerifyModule(module, LLVMReturnStatusAction, &message))
		die(step, message);
	LLVMDisposeMessage(message);
}

static LLVMOrcLLJITRef load(LLVMModuleRef module)
{
	LLVMMemoryBufferRef object;
	LLVMOrcLLJITRef jit;
	LLVMOrcDefinitionGeneratorRef process;
	char *message;
	if (LLVMTargetMachineEmitToMemoryBuffer(test.machine, module, LLVMObjectFile, &message,
						&object))
		die("object", message);
	check(LLVMOrcCreateLLJIT(&jit, NULL), "jit");
	LLVMOrcJITDylibRef lib = LLVMOrcLLJITGetMainJITDylib(jit);
	check(LLVMOrcCreateDynamicLibrarySearchGeneratorForProcess(
		      &process, LLVMOrcLLJITGetGlobalPrefix(jit), NULL, NULL),
	      "process symbols");
	LLVMOrcJITDylibAddGenerator(lib, process);
	check(LLVMOrcLLJITAddObjectFile(jit, lib, object), "add object");
	return jit;
}

static void *symbol(LLVMOrcLLJITRef jit, const char *name)
{
	LLVMOrcExecutorAddress address;
	check(LLVMOrcLLJITLookup(jit, &address, name), name);
	return (void *)(uintptr_t)address;
}

static void describe_kernel(LLVMModuleRef module, LLVMValueRef f)
{
	struct kernel *k = &test.kernels[test.kernel_count++];
	LLVMTargetDataRef layout = LLVMGetModuleDataLayout(module);
	unsigned byval = LLVMGetEnumAttributeKindForName("byval", 5);
	size_t length;
	memset(k, 0, sizeof(*k));
	snprintf(k->name, sizeof(k->name), "%s", LLVMGetValueName2(f, &length));
	k->arg_count = LLVMCountParams(f);
	for (unsigned i = 0; i < k->arg_count; i++) {
		struct arg *a = &k->args[i];
		LLVMValueRef p = LLVMGetParam(f, i);
		LLVMAttributeRef by = LLVMGetEnumAttributeAtIndex(f, i + 1, byval);
		LLVMTypeRef t = by ? LLVMGetTypeAttributeValue(by) : LLVMTypeOf(p);
		bool pointer = LLVMGetTypeKind(t) == LLVMPointerTypeKind;
		uint32_t align = LLVMABIAlignmentOfType(layout, t);
		snprintf(a->name, sizeof(a->name), "%s", LLVMGetValueName2(p, &length));
		a->type = t;
		a->w.kind = !pointer                             ? TERN_ARG_VALUE
			    : LLVMGetPointerAddressSpace(t) == 3 ? TERN_ARG_LOCAL
								 : TERN_ARG_GLOBAL;
		a->w.size = (uint32_t)LLVMABISizeOfType(layout, t);
		a->w.by_value_align = by ? align : 0;
		k->block_bytes = (uint32_t)tern_round_up(k->block_bytes, align);
		a->w.offset = k->block_bytes;
		k->block_bytes += a->w.size;
		k->widen_args[i] = a->w;
	}
	LLVMValueRef node =
		LLVMGetMetadata(f, LLVMGetMDKindIDInContext(LLVMGetModuleContext(module),
							    "reqd_work_group_size", 20));
	if (node) {
		LLVMValueRef sizes[3];
		LLVMGetMDNodeOperands(node, sizes);
		for (int d = 0; d < 3; d++)
			k->required[d] = (uint32_t)LLVMConstIntGetZExtValue(sizes[d]);
	}
}

/* void reference.<kernel>(ptr block): loads the arguments and calls. */
static void add_thunk(LLVMModuleRef module, struct kernel *k)
{
	LLVMContextRef c = LLVMGetModuleContext(module);
	LLVMBuilderRef b = LLVMCreateBuilderInContext(c);
	LLVMTypeRef ptr = LLVMPointerTypeInContext(c, 0);
	LLVMValueRef f = LLVMGetNamedFunction(module, k->name), args[MAX_ARGS];
	char name[96];
	snprintf(name, sizeof(name), "reference.%s", k->name);
	LLVMValueRef thunk = LLVMAddFunction(
		module, name, LLVMFunctionType(LLVMVoidTypeInContext(c), &ptr, 1, 0));
	LLVMPositionBuilderAtEnd(b, LLVMAppendBasicBlockInContext(c, thunk, ""));
	for (unsigned i = 0; i < k->arg_count; i++) {
		LLVMTypeRef type = LLVMTypeOf(LLVMGetParam(f, i));
		LLVMValueRef o = LLVMConstInt(LLVMInt64TypeInContext(c), k->args[i].w.offset, 0);
		LLVMValueRef at = LLVMBuildGEP2(b, LLVMInt8TypeInContext(c), LLVMGetParam(thunk, 0),
						&o, 1, "");
		args[i] = k->args[i].w.by_value_align ? at : LLVMBuildLoad2(b, type, at, "");
	}
	LLVMValueRef call = LLVMBuildCall2(b, LLVMGlobalGetValueType(f), f, args, k->arg_count, "");
	/* A by-value structure is copied: it may be changed. */
	for (unsigned i = 0; i < k->arg_count; i++)
		if (k->args[i].w.by_value_align) {
			unsigned byval = LLVMGetEnumAttributeKindForName("byval", 5);
			LLVMAddCallSiteAttribute(call, i + 1,
						 LLVMGetEnumAttributeAtIndex(f, i + 1, byval));
		}
	LLVMBuildRetVoid(b);
	LLVMDisposeBuilder(b);
}

static void make_reference(LLVMModuleRef original)
{
	LLVMModuleRef m = LLVMCloneModule(original);
	for (unsigned i = 0; i < test.kernel_count; i++)
		add_thunk(m, &test.kernels[i]);
	for (LLVMValueRef f = LLVMGetFirstFunction(m); f; f = LLVMGetNextFunction(f)) {
		LLVMSetFunctionCallConv(f, 0);
		for (LLVMUseRef u = LLVMGetFirstUse(f); u; u = LLVMGetNextUse(u))
			if (LLVMIsACallInst(LLVMGetUser(u)))
				LLVMSetInstructionCallConv(LLVMGetUser(u), 0);
	}
	LLVMPassBuilderOptionsRef options = LLVMCreatePassBuilderOptions();
	/* Keeps calls of barrier() where they are. */
	check(LLVMRunPasses(m, "function(mem2reg)", test.machine, options), "reference");
	LLVMDisposePassBuilderOptions(options);
	LLVMOrcLLJITRef jit = load(m);
	for (unsigned i = 0; i < test.kernel_count; i++) {
		char name[96];
		snprintf(name, sizeof(name), "reference.%s", test.kernels[i].name);
		void *p = symbol(jit, name);
		memcpy(&test.kernels[i].reference, &p, sizeof(p));
	}
}

/* ---- data ---- */

static unsigned char *buffers[2][MAX_ARGS]; /* reference, tested */
static unsigned char local_memory[2 * LOCAL_BYTES + 65536] __attribute__((aligned(128)));
static unsigned char *const local_mem = local_memory + TERN_LOCAL_SLACK;

static uint32_t random_word(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

static void fill_buffer(const struct arg *a, unsigned index, unsigned char *p)
{
	uint32_t seed = 77 + index * 1000003;
	for (unsigned i = 0; i < BUFFER_BYTES / 4; i++) {
		uint32_t r = random_word(&seed);
		float f = (float)(int)(r & 0xffff) / 4096.f - 8.f;
		int32_t v = (int32_t)(r >> (i % 16));
		if (i % 9 == 0)
			v = -v;
		memcpy(p + 4 * i, a->name[0] == 'f' ? (void *)&f : (void *)&v, 4);
	}
}

static void fill_value(const struct arg *a, unsigned index, uint64_t items, unsigned char *p)
{
	for (uint32_t i = 0; i < a->w.size; i++)
		p[i] = (unsigned char)(i % 4 ? 0 : 3 + index + i / 4);
	LLVMTypeKind kind = LLVMGetTypeKind(a->type);
	float f = 0.5f + (float)index;
	double d = 0.25 + index;
	if (kind == LLVMFloatTypeKind)
		memcpy(p, &f, 4);
	if (kind == LLVMDoubleTypeKind)
		memcpy(p, &d, 8);
	if (!strcmp(a->name, "n"))
		memcpy(p, &items, a->w.size);
}

static void fill(const struct kernel *k, unsigned which, uint64_t items, unsigned char *block,
		 bool absolute, uint64_t local_from)
{
	for (unsigned i = 0; i < k->arg_count; i++) {
		const struct arg *a = &k->args[i];
		unsigned char *at = block + a->w.offset, *p = buffers[which][i];
		uint64_t local = local_from + 4096 * i;
		if (a->w.kind == TERN_ARG_VALUE) {
			fill_value(a, i, items, at);
		} else if (a->w.kind == TERN_ARG_LOCAL) {
			p = local_mem + local;
			memcpy(at, absolute ? (void *)&p : (void *)&local, 8);
		} else {
			fill_buffer(a, i, p);
			memcpy(at, &p, 8);
		}
	}
}

/* ---- running ---- */

void set_group(struct tern_group *g, const struct config *c)
{
	static unsigned char printf_space[4096] __attribute__((aligned(8)));
	memset(g, 0, sizeof(*g));
	for (int d = 0; d < 3; d++) {
		g->enqueued_local_size[d] = c->local[d];
		g->global_size[d] = c->global[d];
		g->num_groups[d] = (c->global[d] + c->local[d] - 1) / c->local[d];
		g->global_offset[d] = c->offset[d];
		g->streams += c->local[d] % 2 == 0; /* not for all sizes */
		g->work_dim = c->global[d] > 1 ? (uint64_t)d + 1 : tern_max(g->work_dim, 1u);
	}
	g->local_mem = local_mem;
	g->local_bytes = sizeof(local_memory) - 2 * TERN_LOCAL_SLACK;
	g->printf_buffer = (struct tern_printf_buffer *)printf_space;
	g->printf_buffer->used = 0;
}

static void exchange(uint64_t v[3])
{
	uint64_t first = v[0];
	v[0] = v[1];
	v[1] = first;
}

/* As the runtime does for TERN_KERNEL_EXCHANGED. */
static void exchange_group(struct tern_group *g)
{
	exchange(g->enqueued_local_size);
	exchange(g->global_size);
	exchange(g->num_groups);
	exchange(g->global_offset);
}

static uint64_t items_of(const struct config *c)
{
	return c->global[0] * c->global[1] * c->global[2];
}

enum { GUARD = 16384 }; /* bytes behind the scratch memory that nobody may write */

static void run_tested(struct kernel *k, const struct config *c, tern_group_fn *f,
		       uint64_t local_bytes, struct tern_kernel_info *info)
{
	static unsigned char block[1024] __attribute__((aligned(128)));
	struct tern_group g;
	set_group(&g, c);
	fill(k, 1, items_of(c), block, false, tern_round_up(local_bytes, 128));
	memset(local_memory, 0xa5, sizeof(local_memory));
	if (info->flags & TERN_KERNEL_EXCHANGED)
		exchange_group(&g);
	const uint64_t *local = g.enqueued_local_size;
	uint64_t scratch = tern_kernel_scratch(info, local[0], local[1], local[2]);
	g.scratch = aligned_alloc(128, tern_round_up(scratch + GUARD, 128));
	memset(g.scratch + scratch, 0x5a, GUARD);
	g.scratch_bytes = scratch;
	for (uint64_t z = 0; z < g.num_groups[2]; z++)
		for (uint64_t y = 0; y < g.num_groups[1]; y++)
			for (uint64_t x = 0; x < g.num_groups[0]; x++)
				f(block, &g, x, y, z);
	for (unsigned i = 0; i < GUARD; i++)
		if (g.scratch[scratch + i] != 0x5a)
			die(k->name, "wrote behind the scratch memory");
	free(g.scratch);
	for (unsigned i = 0; i < TERN_LOCAL_SLACK; i++)
		if (local_memory[i] != 0xa5 || local_mem[g.local_bytes + i] != 0xa5)
			die(k->name, "changed what is beside the local memory");
}

static void compare(struct kernel *k, const struct config *c, unsigned lanes)
{
	for (unsigned i = 0; i < k->arg_count; i++) {
		if (k->args[i].w.kind != TERN_ARG_GLOBAL)
			continue;
		const uint32_t *want = (void *)buffers[0][i], *have = (void *)buffers[1][i];
		unsigned bad = 0, first = 0;
		for (unsigned j = 0; j < BUFFER_BYTES / 4; j++)
			if (want[j] != have[j] && !bad++)
				first = j;
		if (!bad)
			continue;
		test.failures++;
		printf("FAIL %s lanes %u global %llux%llux%llu local %llux%llux%llu: %s: %u "
		       "words differ, [%u] is %08x (%g), should be %08x (%g)\n",
		       k->name, lanes, (unsigned long long)c->global[0],
		       (unsigned long long)c->global[1], (unsigned long long)c->global[2],
		       (unsigned long long)c->local[0], (unsigned long long)c->local[1],
		       (unsigned long long)c->local[2], k->args[i].name, bad, first, have[first],
		       *(const float *)&have[first], want[first], *(const float *)&want[first]);
		return;
	}
}

static const struct config configs[4][12] = {
	{
		{{64, 1, 1}, {64, 1, 1}, {0}},
		{{1, 1, 1}, {1, 1, 1}, {0}},
		{{96, 1, 1}, {3, 1, 1}, {0}},
		{{100, 1, 1}, {7, 1, 1}, {0}},
		{{256, 1, 1}, {16, 1, 1}, {5, 0, 0}},
		{{170, 1, 1}, {17, 1, 1}, {0}},
		{{200, 1, 1}, {33, 1, 1}, {0}},
		{{1000, 1, 1}, {128, 1, 1}, {0}},
		{{45, 1, 1}, {45, 1, 1}, {3, 0, 0}},
	},
	{
		{{32, 8, 1}, {16, 4, 1}, {0}},
		{{33, 7, 1}, {16, 4, 1}, {0}},
		{{5, 9, 1}, {5, 3, 1}, {0}},
		{{40, 20, 1}, {8, 8, 1}, {2, 3, 0}},
		{{1, 16, 1}, {1, 16, 1}, {0}},
		{{64, 5, 1}, {64, 2, 1}, {0}},
		/* the last group has fewer rows, and more chunks of one row */
		{{64, 15, 1}, {64, 8, 1}, {0}},
		{{64, 7, 1}, {64, 4, 1}, {0}},
	},
	{
		{{3, 5, 2}, {3, 5, 2}, {0}},
		{{20, 6, 5}, {8, 4, 2}, {0}},
		{{17, 3, 3}, {17, 1, 3}, {1, 2, 3}},
		{{4, 4, 4}, {4, 4, 4}, {0}},
	},
	{
		{{100, 1, 1}, {50, 1, 1}, {0x7fffffe0, 0, 0}},
		{{100, 1, 1}, {32, 1, 1}, {0x7fffffe0, 0, 0}},
		{{96, 1, 1}, {96, 1, 1}, {0x7ffffff1, 0, 0}},
		{{64, 1, 1}, {18, 1, 1}, {0xffffffe7, 0, 0}},
	},
};

static void run_configs(struct kernel *k, tern_group_fn *f, struct tern_kernel_info *info)
{
	static unsigned char block[1024] __attribute__((aligned(128)));
	unsigned dims = !strncmp(k->name, "wrap_", 5)  ? 3
			: !strncmp(k->name, "xyz_", 4) ? 2
			: !strncmp(k->name, "xy_", 3)  ? 1
						       : 0;
	for (unsigned i = 0; i < 12 && configs[dims][i].local[0]; i++) {
		struct config c = configs[dims][i];
		for (int d = 0; d < 3 && k->required[0]; d++)
			c.local[d] = k->required[d];
		fill(k, 0, items_of(&c), block, true, 0);
		run_reference(k, &c, block);
		run_tested(k, &c, f, info->local_bytes, info);
		compare(k, &c, info->lanes);
		test.runs++;
	}
}

/* ---- one module at one width ---- */

static void check_exchange(const struct kernel *k, const struct tern_widen_kernel *w,
			   unsigned lanes)
{
	if (strstr(k->name, "_exchanged") && lanes > 1 && !w->exchange_pays)
		die(k->name, "lanes could be along dimension 1");
	if (strstr(k->name, "_as_written") && w->exchange_pays)
		die(k->name, "lanes should not be along dimension 1");
}

static void widen_one(LLVMModuleRef m, const struct tern_widen_options *options,
		      struct tern_widen_kernel *w)
{
	int error = tern_widen_kernel(m, options, w);
	if (error)
		die(w->name, w->reason ? w->reason : strerror(-error));
	if (test.verbose)
		printf("%-20s lanes %u rows %u %s %s\n", w->name, w->lanes, w->rows,
		       w->reason ? w->reason : "", w->reason ? w->reason_detail : "");
	*(w->reason ? &test.scalar : &test.widened) += 1;
}

/* @forms: those with exchanged dimensions, where that pays; else without a name. */
static void widen_all(LLVMModuleRef m, unsigned lanes, struct tern_widen_kernel *out,
		      struct tern_widen_kernel *forms)
{
	static char names[MAX_KERNELS][96];
	struct tern_widen_options options = {.machine = test.machine,
					     .cpu = test.cpu,
					     .features = test.features,
					     .register_lanes = lanes};
	char *message = NULL;
	double t0 = now();
	if (tern_widen_prepare(m, &options, &message))
		die("prepare", message);
	double t1 = now();
	verify(m, "prepared");
	double t2 = now();
	for (unsigned i = 0; i < test.kernel_count; i++) {
		struct kernel *k = &test.kernels[i];
		out[i] = (struct tern_widen_kernel){.function = LLVMGetNamedFunction(m, k->name),
						    .name = k->name,
						    .args = k->widen_args,
						    .arg_count = k->arg_count};
		memcpy(out[i].required_size, k->required, sizeof(k->required));
		widen_one(m, &options, &out[i]);
		check_exchange(k, &out[i], lanes);
		if (!out[i].exchange_pays)
			continue;
		forms[i] = out[i];
		forms[i].exchanged = true;
		snprintf(names[i], sizeof(names[i]), "%s.exchanged", k->name);
		forms[i].name = names[i];
		widen_one(m, &options, &forms[i]);
	}
	double t3 = now();
	verify(m, "widened");
	for (unsigned i = 0; i < test.kernel_count; i++)
		LLVMDeleteFunction(out[i].function);
	double t4 = now();
	if (tern_widen_optimize(m, &options, &message))
		die("optimize", message);
	double t5 = now();
	verify(m, "optimized");
	if (test.verbose)
		printf("prepare %.1f widen %.1f optimize %.1f ms\n", (t1 - t0) * 1e3,
		       (t3 - t2) * 1e3, (t5 - t4) * 1e3);
}

static void test_form(LLVMModuleRef m, LLVMOrcLLJITRef jit, struct kernel *k,
		      const struct tern_widen_kernel *made)
{
	struct tern_kernel_info info = {.lanes = made->lanes,
					.rows = made->rows,
					.flags = made->flags,
					.local_bytes = made->local_bytes,
					.frame_bytes = tern_widen_frame_bytes(m, made)};
	char name[128];
	if (strstr(k->name, "_regions") && made->resumed)
		die(k->name, "chunks may come to different barriers");
	if (strstr(k->name, "_resumed") && !made->resumed)
		die(k->name, "nobody can tell that chunks come to the same barriers");
	if (!info.lanes || !info.rows)
		die(k->name, "no lanes or rows");
	if (!!info.frame_bytes != !!(made->flags & TERN_KERNEL_BARRIER))
		die(k->name, "frame size and barrier flag disagree");
	if (made->exchanged != !!(made->flags & TERN_KERNEL_EXCHANGED))
		die(k->name, "nobody says that dimensions are exchanged");
	snprintf(name, sizeof(name), "tern.group.%s", made->name);
	void *p = symbol(jit, name);
	tern_group_fn *f;
	memcpy(&f, &p, sizeof(p));
	run_configs(k, f, &info);
}

static void test_lanes(LLVMModuleRef original, unsigned lanes)
{
	struct tern_widen_kernel made[MAX_KERNELS] = {0}, forms[MAX_KERNELS] = {0};
	LLVMModuleRef m = LLVMCloneModule(original);
	widen_all(m, lanes, made, forms);
	double t0 = now();
	LLVMOrcLLJITRef jit = load(m);
	if (test.verbose)
		printf("code generation %.1f ms\n", (now() - t0) * 1e3);
	for (unsigned i = 0; i < test.kernel_count; i++) {
		test_form(m, jit, &test.kernels[i], &made[i]);
		if (forms[i].name)
			test_form(m, jit, &test.kernels[i], &forms[i]);
	}
	LLVMOrcDisposeLLJIT(jit);
	LLVMDisposeModule(m);
}

static void test_file(const char *path)
{
	LLVMContextRef context = LLVMContextCreate();
	LLVMModuleRef m = read_module(path, context);
	test.kernel_count = 0;
	for (LLVMValueRef f = LLVMGetFirstFunction(m); f; f = LLVMGetNextFunction(f)) {
		size_t length;
		if (LLVMIsDeclaration(f) || LLVMGetFunctionCallConv(f) != KERNEL_CALL)
			continue;
		if (test.only && strcmp(LLVMGetValueName2(f, &length), test.only) != 0)
			LLVMSetFunctionCallConv(f, 0);
		else
			describe_kernel(m, f);
	}
	make_reference(m);
	for (unsigned lanes = 1; lanes <= 16; lanes = lanes == 1 ? 4 : 2 * lanes)
		if (!test.lanes || test.lanes == lanes)
			test_lanes(m, lanes);
	LLVMDisposeModule(m);
	LLVMContextDispose(context);
}

/* With zeros as far around it as 32-bit indices reach, for kernels that let them wrap. */
static unsigned char *wide_buffer(void)
{
	size_t around = (size_t)20 << 30;
	unsigned char *p = mmap(NULL, 2 * around, PROT_READ,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED || mprotect(p + around, BUFFER_BYTES, PROT_READ | PROT_WRITE))
		die("address space", strerror(errno));
	return p + around;
}

int main(int argc, char **argv)
{
	LLVMTargetRef target;
	char *message;
	int option;
	LLVMInitializeX86TargetInfo();
	LLVMInitializeX86Target();
	LLVMInitializeX86TargetMC();
	LLVMInitializeX86AsmPrinter();
	LLVMInitializeX86AsmParser();
	while ((option = getopt(argc, argv, "vdk:l:c:f:")) != -1) {
		test.verbose |= option == 'v';
		test.dump |= option == 'd';
		if (option == 'c') {
			test.cpu = optarg;
			test.features = (char *)"";
		}
		if (option == 'f') /* after -c */
			test.features = optarg;
		if (option == 'k')
			test.only = optarg;
		if (option == 'l')
			test.lanes = (unsigned)atoi(optarg);
	}
	if (LLVMGetTargetFromTriple("x86_64-unknown-linux-gnu", &target, &message))
		die("target", message);
	if (test.cpu && !strcmp(test.cpu, "x86-64-v4") && !__builtin_cpu_supports("x86-64-v4")) {
		puts("skipped: this processor has no AVX-512");
		return SKIPPED;
	}
	if (!test.cpu) {
		test.cpu = LLVMGetHostCPUName();
		/* As kernels/target.c has it. With it half is not computed in float, and what is
		 * contracted where is another matter in scalar code than in vectors. */
		if (asprintf(&test.features, "%s,-avx512fp16", LLVMGetHostCPUFeatures()) < 0)
			return 1;
	}
	test.machine =
		LLVMCreateTargetMachine(target, "x86_64-unknown-linux-gnu", test.cpu, test.features,
					LLVMCodeGenLevelLess, LLVMRelocPIC, LLVMCodeModelDefault);
	for (int which = 0; which < 2; which++)
		for (int i = 0; i < MAX_ARGS; i++)
			buffers[which][i] = i ? aligned_alloc(128, BUFFER_BYTES) : wide_buffer();
	for (; optind < argc; optind++)
		test_file(argv[optind]);
	printf("%u runs, %u failures; kernels widened %u, scalar %u\n", test.runs, test.failures,
	       test.widened, test.scalar);
	return test.failures || !test.runs;
}
