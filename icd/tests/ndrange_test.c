/* SPDX-License-Identifier: MIT */
/* Section 5.10: executing kernels; what is refused, and that what runs is what was asked for. */
#include "icd/tests/program_fixture.h"

#define LINEAR_ID                                                                                  \
	"((get_global_id(2) - get_global_offset(2)) * get_global_size(1) + get_global_id(1) - "    \
	"get_global_offset(1)) * get_global_size(0) + get_global_id(0) - get_global_offset(0)"

static const char source[] =
	"kernel void ids(global ulong *p) {\n"
	"  size_t i = " LINEAR_ID ";\n"
	"  p[i] = get_global_id(0) + 1000 * get_global_id(1) + 1000000 * get_global_id(2);\n"
	"}\n"
	"kernel void set(global int *p, int v) { p[get_global_id(0)] = v; }\n"
	"kernel void locals(global int *out, local int *a, local int *b) {\n"
	"  local int own[16];\n"
	"  int i = get_local_id(0);\n"
	"  own[i] = i; a[i] = 100 * i; b[i] = 10000 * i;\n"
	"  barrier(CLK_LOCAL_MEM_FENCE);\n"
	"  int j = (i + 1) % 16;\n"
	"  out[get_global_id(0)] = own[j] + a[j] + b[j];\n"
	"}\n"
	"kernel void is_null(global int *out, global int *maybe) { out[0] = maybe == 0; }\n"
	"kernel __attribute__((reqd_work_group_size(4, 2, 1))) void sized(global int *p) {\n"
	"  p[" LINEAR_ID "] = get_local_size(0) * 10 + get_local_size(1); }\n"
	"kernel void sizes(global int *p) { p[get_global_id(0)] = get_local_size(0); }\n";

static cl_int launch(cl_kernel k, cl_uint dim, const size_t *offset, const size_t *global,
		     const size_t *local)
{
	return tern_clEnqueueNDRangeKernel(queue, k, dim, offset, global, local, 0, NULL, NULL);
}

static void refusals(cl_program program)
{
	cl_kernel k = make_kernel(program, "set");
	cl_mem b = make_buffer(CL_MEM_READ_WRITE, 4096, NULL);
	const size_t n[3] = {16, 4, 2}, zero[3] = {0}, three[3] = {3, 1, 1};
	const size_t large[3] = {SIZE_MAX, SIZE_MAX, SIZE_MAX}, offset[3] = {SIZE_MAX, 0, 0};
	int v = 0;
	EXPECT(tern_clEnqueueNDRangeKernel(NULL, k, 1, NULL, n, NULL, 0, NULL, NULL) ==
	       CL_INVALID_COMMAND_QUEUE);
	EXPECT(launch(NULL, 1, NULL, n, NULL) == CL_INVALID_KERNEL);
	EXPECT(launch(k, 1, NULL, n, NULL) == CL_INVALID_KERNEL_ARGS);
	EXPECT(!tern_clSetKernelArg(k, 0, sizeof(b), &b));
	EXPECT(launch(k, 1, NULL, n, NULL) == CL_INVALID_KERNEL_ARGS);
	EXPECT(!tern_clSetKernelArg(k, 1, sizeof(v), &v));
	EXPECT(tern_clEnqueueNDRangeKernel(other_queue, k, 1, NULL, n, NULL, 0, NULL, NULL) ==
	       CL_INVALID_CONTEXT);
	EXPECT(launch(k, 0, NULL, n, NULL) == CL_INVALID_WORK_DIMENSION);
	EXPECT(launch(k, 4, NULL, n, NULL) == CL_INVALID_WORK_DIMENSION);
	EXPECT(launch(k, 1, offset, n, NULL) == CL_INVALID_GLOBAL_OFFSET);
	EXPECT(launch(k, 3, NULL, large, NULL) == CL_OUT_OF_RESOURCES);
	EXPECT(launch(k, 1, NULL, n, zero) == CL_INVALID_WORK_GROUP_SIZE);
	EXPECT(launch(k, 1, NULL, n, three) == CL_INVALID_WORK_GROUP_SIZE);
	cl_int error = launch(k, 1, NULL, large, large);
	EXPECT(error == CL_INVALID_WORK_ITEM_SIZE || error == CL_OUT_OF_RESOURCES);
	EXPECT(tern_clEnqueueNDRangeKernel(queue, k, 1, NULL, n, NULL, 1, NULL, NULL) ==
	       CL_INVALID_EVENT_WAIT_LIST);
	size_t most[3], group = 0;
	EXPECT(!tern_clGetDeviceInfo(device, CL_DEVICE_MAX_WORK_ITEM_SIZES, sizeof(most), most,
				     NULL));
	EXPECT(!tern_clGetKernelWorkGroupInfo(k, device, CL_KERNEL_WORK_GROUP_SIZE, sizeof(group),
					      &group, NULL));
	most[0]++;
	EXPECT(launch(k, 1, NULL, most, most) == CL_INVALID_WORK_ITEM_SIZE);
	const size_t wide[2] = {group, 2};
	EXPECT(launch(k, 2, NULL, wide, wide) == CL_INVALID_WORK_GROUP_SIZE);
	EXPECT(!tern_clFinish(queue));
	EXPECT(!tern_clReleaseMemObject(b));
	EXPECT(!tern_clReleaseKernel(k));
}

/* No work-items: success, an event, and nothing happens. */
static void empty_ranges(cl_program program)
{
	cl_kernel k = make_kernel(program, "set");
	int data[4] = {1, 2, 3, 4}, v = 9;
	const size_t zero[3] = {0}, some[3] = {4, 0, 1};
	EXPECT(!tern_clSetKernelArgSVMPointer(k, 0, data));
	EXPECT(!tern_clSetKernelArg(k, 1, sizeof(v), &v));
	cl_event event = NULL;
	EXPECT(!tern_clEnqueueNDRangeKernel(queue, k, 1, NULL, zero, NULL, 0, NULL, &event));
	EXPECT(!launch(k, 3, NULL, some, NULL));
	EXPECT(!launch(k, 2, NULL, NULL, NULL));
	EXPECT(!tern_clFinish(queue));
	EXPECT(event && event_status(event) == CL_COMPLETE);
	EXPECT(event_type(event) == CL_COMMAND_NDRANGE_KERNEL);
	EXPECT(!tern_clReleaseEvent(event));
	EXPECT(data[0] == 1 && data[1] == 2 && data[2] == 3 && data[3] == 4);
	EXPECT(!tern_clReleaseKernel(k));
}

static void three_dimensions(cl_program program)
{
	enum { X = 13, Y = 5, Z = 3 };
	static cl_ulong out[X * Y * Z];
	const size_t global[3] = {X, Y, Z}, offset[3] = {7, 11, 2}, local[3] = {13, 1, 3};
	cl_kernel k = make_kernel(program, "ids");
	EXPECT(!tern_clSetKernelArgSVMPointer(k, 0, out));
	for (int given = 0; given < 2; given++) {
		memset(out, 0, sizeof(out));
		EXPECT(!launch(k, 3, offset, global, given ? local : NULL));
		EXPECT(!tern_clFinish(queue));
		size_t wrong = 0;
		for (size_t i = 0; i < X * Y * Z; i++)
			wrong += out[i] !=
				 i % X + 7 + 1000 * (i / X % Y + 11) + 1000000 * (i / X / Y + 2);
		EXPECT(!wrong);
	}
	EXPECT(!tern_clReleaseKernel(k));
}

/* The values at the enqueue count, whatever happens to the kernel after it. */
static void captured_arguments(cl_program program)
{
	enum { N = 100 };
	static int out[N];
	cl_kernel k = make_kernel(program, "set");
	cl_event gate = make_user_event();
	const size_t one = 1;
	for (int i = 0; i < N; i++) {
		EXPECT(!tern_clSetKernelArgSVMPointer(k, 0, &out[i]));
		EXPECT(!tern_clSetKernelArg(k, 1, sizeof(i), &i));
		EXPECT(!tern_clEnqueueNDRangeKernel(queue, k, 1, NULL, &one, NULL, 1, &gate, NULL));
	}
	EXPECT(!tern_clReleaseKernel(k));
	EXPECT(!tern_clSetUserEventStatus(gate, CL_COMPLETE));
	EXPECT(!tern_clReleaseEvent(gate));
	EXPECT(!tern_clFinish(queue));
	int wrong = 0;
	for (int i = 0; i < N; i++)
		wrong += out[i] != i;
	EXPECT(!wrong);
}

/* A buffer lives until the command that uses it has finished; the kernel does not keep it. */
static void released_buffer(cl_program program)
{
	static int out[4];
	cl_kernel k = make_kernel(program, "set");
	cl_event gate = make_user_event();
	const size_t four = 4;
	int v = 5;
	cl_mem b = make_buffer(CL_MEM_USE_HOST_PTR, sizeof(out), out);
	EXPECT(!tern_clSetKernelArg(k, 0, sizeof(b), &b));
	EXPECT(!tern_clSetKernelArg(k, 1, sizeof(v), &v));
	EXPECT(memory_uint(b, CL_MEM_REFERENCE_COUNT) == 1);
	EXPECT(!tern_clEnqueueNDRangeKernel(queue, k, 1, NULL, &four, NULL, 1, &gate, NULL));
	EXPECT(!tern_clReleaseMemObject(b));
	EXPECT(!tern_clSetUserEventStatus(gate, CL_COMPLETE));
	EXPECT(!tern_clReleaseEvent(gate));
	EXPECT(!tern_clFinish(queue));
	EXPECT(out[0] == 5 && out[3] == 5);
	EXPECT(!tern_clReleaseKernel(k));
}

static void local_arguments(cl_program program)
{
	static int out[64];
	cl_kernel k = make_kernel(program, "locals");
	const size_t global = 64, local = 16;
	cl_ulong most = 0;
	EXPECT(!tern_clGetDeviceInfo(device, CL_DEVICE_LOCAL_MEM_SIZE, sizeof(most), &most, NULL));
	EXPECT(!tern_clSetKernelArgSVMPointer(k, 0, out));
	EXPECT(!tern_clSetKernelArg(k, 1, most, NULL));
	EXPECT(!tern_clSetKernelArg(k, 2, 64, NULL));
	EXPECT(launch(k, 1, NULL, &global, &local) == CL_OUT_OF_RESOURCES);
	EXPECT(!tern_clSetKernelArg(k, 1, 64, NULL));
	EXPECT(!launch(k, 1, NULL, &global, &local));
	EXPECT(!tern_clFinish(queue));
	int wrong = 0;
	for (int i = 0; i < 64; i++)
		wrong += out[i] != (i + 1) % 16 * 10101;
	EXPECT(!wrong);
	EXPECT(!tern_clReleaseKernel(k));
}

static void null_and_sub_buffers(cl_program program)
{
	int out[64] = {0}, v = 7;
	const size_t one = 1, four = 4;
	cl_mem none = NULL, b = make_buffer(CL_MEM_READ_WRITE, 256, NULL);
	cl_mem sub = make_sub(b, 0, 128, 64);
	cl_kernel k = make_kernel(program, "is_null");
	EXPECT(!tern_clSetKernelArgSVMPointer(k, 0, out));
	EXPECT(!tern_clSetKernelArg(k, 1, sizeof(none), &none));
	EXPECT(!launch(k, 1, NULL, &one, NULL) && !tern_clFinish(queue) && out[0] == 1);
	EXPECT(!tern_clSetKernelArg(k, 1, sizeof(b), &b));
	EXPECT(!launch(k, 1, NULL, &one, NULL) && !tern_clFinish(queue) && out[0] == 0);
	EXPECT(!tern_clReleaseKernel(k));

	k = make_kernel(program, "set");
	EXPECT(!tern_clSetKernelArg(k, 0, sizeof(sub), &sub));
	EXPECT(!tern_clSetKernelArg(k, 1, sizeof(v), &v));
	EXPECT(!launch(k, 1, NULL, &four, NULL));
	EXPECT(!tern_clEnqueueReadBuffer(queue, b, CL_TRUE, 0, 256, out, 0, NULL, NULL));
	EXPECT(out[32] == 7 && out[35] == 7);
	EXPECT(!tern_clReleaseKernel(k));
	EXPECT(!tern_clReleaseMemObject(sub));
	EXPECT(!tern_clReleaseMemObject(b));
}

static void required_size(cl_program program)
{
	static int out[64];
	cl_kernel k = make_kernel(program, "sized");
	const size_t global[2] = {8, 4}, odd[2] = {9, 4}, local[2] = {4, 2}, other[2] = {8, 1};
	EXPECT(!tern_clSetKernelArgSVMPointer(k, 0, out));
	EXPECT(!launch(k, 2, NULL, global, local));
	EXPECT(launch(k, 2, NULL, global, other) == CL_INVALID_WORK_GROUP_SIZE);
	EXPECT(launch(k, 1, NULL, global, local) == CL_INVALID_WORK_GROUP_SIZE);
	EXPECT(launch(k, 2, NULL, odd, NULL) == CL_INVALID_WORK_GROUP_SIZE);
	EXPECT(tern_clEnqueueTask(queue, k, 0, NULL, NULL) == CL_INVALID_WORK_GROUP_SIZE);
	memset(out, 0, sizeof(out));
	EXPECT(!tern_clFinish(queue));
	EXPECT(!launch(k, 2, NULL, global, NULL));
	EXPECT(!tern_clFinish(queue));
	EXPECT(out[0] == 42 && out[31] == 42);
	EXPECT(!tern_clReleaseKernel(k));
}

/* Groups of different sizes: OpenCL C 2.0 and later, without -cl-uniform-work-group-size. */
static void uniform_groups(cl_program program)
{
	static const char *const options[] = {"-cl-std=CL2.0", "-cl-std=CL3.0",
					      "-cl-std=CL3.0 -cl-uniform-work-group-size"};
	static int out[10];
	const size_t global = 10, local = 4;
	cl_kernel k = make_kernel(program, "sizes");
	EXPECT(!tern_clSetKernelArgSVMPointer(k, 0, out));
	EXPECT(launch(k, 1, NULL, &global, &local) == CL_INVALID_WORK_GROUP_SIZE);
	EXPECT(!launch(k, 1, NULL, &global, NULL) && !tern_clFinish(queue));
	EXPECT(out[0] && global % (size_t)out[0] == 0 && out[9] == out[0]);
	EXPECT(!tern_clReleaseKernel(k));
	for (unsigned i = 0; i < tern_array_size(options); i++) {
		cl_program p = build_program(source, options[i]);
		k = make_kernel(p, "sizes");
		EXPECT(!tern_clSetKernelArgSVMPointer(k, 0, out));
		cl_int error = launch(k, 1, NULL, &global, &local);
		EXPECT(error == (i < 2 ? CL_SUCCESS : CL_INVALID_WORK_GROUP_SIZE));
		EXPECT(!tern_clFinish(queue));
		EXPECT(error || (out[0] == 4 && out[7] == 4 && out[8] == 2 && out[9] == 2));
		EXPECT(!tern_clReleaseKernel(k));
		EXPECT(!tern_clReleaseProgram(p));
	}
}

static void clones(cl_program program)
{
	int a[2] = {0}, b[2] = {0}, v = 3, w = 4;
	const size_t two = 2;
	cl_kernel k = make_kernel(program, "set");
	cl_int error = 1;
	EXPECT(!tern_clCloneKernel(NULL, &error) && error == CL_INVALID_KERNEL);
	cl_kernel bare = tern_clCloneKernel(k, &error);
	REQUIRE(bare && !error);
	EXPECT(launch(bare, 1, NULL, &two, NULL) == CL_INVALID_KERNEL_ARGS);
	EXPECT(!tern_clReleaseKernel(bare));
	EXPECT(!tern_clSetKernelArgSVMPointer(k, 0, a));
	EXPECT(!tern_clSetKernelArg(k, 1, sizeof(v), &v));
	cl_kernel clone = tern_clCloneKernel(k, &error);
	REQUIRE(clone && !error);
	EXPECT(!tern_clSetKernelArgSVMPointer(clone, 0, b));
	EXPECT(!launch(clone, 1, NULL, &two, NULL));
	EXPECT(!tern_clSetKernelArg(clone, 1, sizeof(w), &w));
	EXPECT(!launch(k, 1, NULL, &two, NULL));
	EXPECT(!tern_clReleaseKernel(k));
	EXPECT(!tern_clReleaseKernel(clone));
	EXPECT(!tern_clFinish(queue));
	EXPECT(a[0] == 3 && a[1] == 3 && b[0] == 3 && b[1] == 3);
}

int main(void)
{
	fixture_begin();
	require_own_variables();
	require_compiler();
	cl_program program = build_program(source, "");
	refusals(program);
	empty_ranges(program);
	three_dimensions(program);
	captured_arguments(program);
	released_buffer(program);
	local_arguments(program);
	null_and_sub_buffers(program);
	required_size(program);
	uniform_groups(program);
	clones(program);
	EXPECT(!tern_clReleaseProgram(program));
	fixture_end();
	return test_result();
}
