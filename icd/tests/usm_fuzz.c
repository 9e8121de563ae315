/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes the functions of the shared-memory extensions: every argument may be wrong, except that
 * pointers which commands follow point at memory of the right size. No error may be unknown to the
 * specification, and nothing may be left at the end.
 */
#include <stdlib.h>

#include "icd/svm_types.h"

#define SLOTS 8
#define BYTES 4096

static cl_context contexts[2];
static cl_device_id device;
static cl_command_queue queue;
static struct {
	char *p;
	bool usm;
	unsigned context;
} live[SLOTS];
static const uint8_t *input;
static size_t input_left;

static unsigned byte(void)
{
	if (!input_left)
		return 0;
	input_left--;
	return *input++;
}

/* Zero, small, odd, large. */
static size_t number(void)
{
	static const size_t some[] = {0, 1, 3, 64, 128, 129, BYTES, SIZE_MAX, SIZE_MAX / 2};
	unsigned b = byte();
	return b % 2 ? some[b / 2 % tern_array_size(some)] : b;
}

static void expect_code(cl_int code)
{
	if (code > 0 || code < -72)
		abort();
}

static cl_context any_context(void)
{
	unsigned b = byte() % 8;
	return b == 7 ? (cl_context)queue : b == 6 ? NULL : contexts[b % 2];
}

static cl_device_id any_device(void)
{
	unsigned b = byte() % 8;
	return b == 7 ? (cl_device_id)contexts[0] : b == 6 ? NULL : device;
}

/* Up to five pairs, terminated; sometimes none. */
static const cl_properties *any_properties(cl_properties list[11])
{
	static const cl_properties names[] = {
		CL_MEM_ALLOC_FLAGS_INTEL, CL_SVM_ALLOC_ASSOCIATED_DEVICE_HANDLE_KHR,
		CL_SVM_ALLOC_ACCESS_FLAGS_KHR, CL_SVM_ALLOC_ALIGNMENT_KHR};
	unsigned n = byte() % 6, i = 0;
	if (n == 5)
		return NULL;
	for (; i < 2 * n; i += 2) {
		unsigned b = byte();
		list[i] = b % 8 ? names[b % tern_array_size(names)] : b;
		list[i + 1] = list[i] == CL_SVM_ALLOC_ASSOCIATED_DEVICE_HANDLE_KHR
				      ? (cl_properties)(uintptr_t)any_device()
				      : number();
	}
	list[i] = 0;
	return list;
}

static void *new_memory(unsigned how, cl_context c, cl_int *error)
{
	cl_properties list[11];
	const cl_properties *p = any_properties(list);
	size_t size = number();
	switch (how) {
	case 0:
		return tern_clHostMemAllocINTEL(c, p, size, (cl_uint)number(), error);
	case 1:
		return tern_clDeviceMemAllocINTEL(c, any_device(), p, size, (cl_uint)number(),
						  error);
	case 2:
		return tern_clSharedMemAllocINTEL(c, any_device(), p, size, (cl_uint)number(),
						  error);
	default:
		return tern_clSVMAllocWithPropertiesKHR(c, p, byte() % 8, size, error);
	}
}

/* Takes what was allocated into its slot when commands may use it as BYTES of memory. */
static void op_allocate(void)
{
	unsigned slot = byte() % SLOTS, how = byte() % 4, which = byte() % 2;
	cl_context c = byte() % 4 ? contexts[which] : any_context();
	cl_int error = 1;
	void *p = new_memory(how, c, byte() % 8 ? &error : NULL);
	if (error <= 0)
		expect_code(error);
	if (error < 0 && p)
		abort();
	if (!p)
		return;
	size_t size = 0;
	expect_code(how < 3 ? tern_clGetMemAllocInfoINTEL(c, p, CL_MEM_ALLOC_SIZE_INTEL,
							  sizeof(size), &size, NULL)
			    : tern_clGetSVMPointerInfoKHR(c, NULL, p, CL_SVM_INFO_SIZE_KHR,
							  sizeof(size), &size, NULL));
	if (!size)
		abort();
	if (size < BYTES || live[slot].p) {
		if (how < 3 ? tern_clMemFreeINTEL(c, p)
			    : tern_clSVMFreeWithPropertiesKHR(c, NULL, 0, p))
			abort();
		return;
	}
	live[slot].p = p;
	live[slot].usm = how < 3;
	live[slot].context = c == contexts[1];
}

/* The right function succeeds once; no other does, and commands have finished before. */
static void drop(unsigned slot)
{
	cl_context c = contexts[live[slot].context], wrong = contexts[!live[slot].context];
	char *p = live[slot].p;
	if (!p)
		return;
	expect_code(tern_clFinish(queue));
	if (!(live[slot].usm ? tern_clSVMFreeWithPropertiesKHR(c, NULL, 0, p)
			     : tern_clMemFreeINTEL(c, p)) ||
	    !tern_clMemFreeINTEL(wrong, p) || !tern_clSVMFreeWithPropertiesKHR(wrong, NULL, 0, p))
		abort();
	cl_int error = !live[slot].usm ? tern_clSVMFreeWithPropertiesKHR(c, NULL, 0, p)
		       : byte() % 2    ? tern_clMemFreeINTEL(c, p)
				       : tern_clMemBlockingFreeINTEL(c, p);
	if (error)
		abort();
	live[slot].p = NULL;
}

static void op_drop(void)
{
	drop(byte() % SLOTS);
}

static void op_free_wrong(void)
{
	char *p = live[byte() % SLOTS].p;
	cl_properties list[11];
	expect_code(tern_clMemFreeINTEL(any_context(), p ? p + 1 : NULL));
	expect_code(tern_clMemBlockingFreeINTEL(any_context(), p ? p + BYTES - 1 : NULL));
	expect_code(tern_clSVMFreeWithPropertiesKHR(any_context(), any_properties(list), number(),
						    p ? p + 1 : NULL));
}

static void op_query(void)
{
	unsigned char out[64];
	char *p = live[byte() % SLOTS].p;
	size_t size = number() % (sizeof(out) + 1), got;
	cl_properties list[11];
	cl_uint index, name = byte() % 32;
	p = p ? p + number() % BYTES : (char *)out;
	expect_code(tern_clGetMemAllocInfoINTEL(any_context(), p, 0x4190 + name, size, out, &got));
	expect_code(tern_clGetSVMPointerInfoKHR(any_context(), any_device(), p, 0x4190 + name, size,
						out, &got));
	expect_code(tern_clGetSVMPointerInfoKHR(any_context(), any_device(), p, 0x2080 + name, size,
						out, &got));
	expect_code(tern_clGetDeviceInfo(device, 0x4190 + name, size, out, &got));
	expect_code(tern_clGetDeviceInfo(device, 0x1070 + name, size, out, &got));
	expect_code(tern_clGetSVMSuggestedTypeIndexKHR(any_context(), number(), number(),
						       any_properties(list), number(), &index));
}

static void op_statistics(void)
{
	static cl_ulong out[64];
	size_t bytes = number();
	if (bytes <= sizeof(out))
		expect_code(tern_clGetSVMStatisticsTERN(any_device(), live[byte() % SLOTS].p,
							number(), bytes, (void *)out));
}

static void op_command(void)
{
	static char arena[BYTES];
	cl_command_queue q = byte() % 8 ? queue : (cl_command_queue)contexts[0];
	char *p = live[byte() % SLOTS].p;
	size_t offset = number(), size = number();
	if (!p)
		p = byte() % 4 ? arena : NULL;
	if (p && (offset > BYTES || size > BYTES - offset))
		size = offset = 0;
	p = p ? p + offset : NULL;
	switch (byte() % 4) {
	case 0:
		expect_code(tern_clEnqueueMemcpyINTEL(q, byte() % 2, p, byte() % 8 ? arena : NULL,
						      p ? size : number(), 0, NULL, NULL));
		break;
	case 1:
		expect_code(tern_clEnqueueMemFillINTEL(q, p, arena, number(), p ? size : number(),
						       0, NULL, NULL));
		break;
	case 2:
		expect_code(tern_clEnqueueMigrateMemINTEL(q, p, number(), number(), 0, NULL, NULL));
		break;
	default:
		expect_code(tern_clEnqueueMemAdviseINTEL(
			q, p, number(), byte() % 2 ? byte() : 0x54455208 + byte() % 16, byte() % 2,
			NULL, NULL));
		break;
	}
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	cl_platform_id platform;
	if (tern_clGetPlatformIDs(1, &platform, NULL) ||
	    tern_clGetDeviceIDs(platform, CL_DEVICE_TYPE_DEFAULT, 1, &device, NULL))
		abort();
	for (int i = 0; i < 2; i++)
		contexts[i] = tern_clCreateContext(NULL, 1, &device, NULL, NULL, NULL);
	if (!contexts[0] || !contexts[1])
		abort();
	queue = tern_clCreateCommandQueueWithProperties(contexts[0], device, NULL, NULL);
	return queue ? 0 : -1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const ops[])(void) = {op_allocate, op_allocate, op_allocate,
					    op_drop,     op_query,    op_free_wrong,
					    op_command,  op_command,  op_statistics};
	input = data;
	input_left = size;
	for (unsigned i = 0; i < 64 && input_left; i++)
		ops[byte() % tern_array_size(ops)]();
	for (unsigned i = 0; i < SLOTS; i++)
		drop(i);
	expect_code(tern_clFinish(queue));
	if (tern_svm_count())
		abort();
	return 0;
}
