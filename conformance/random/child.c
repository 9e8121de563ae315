/* SPDX-License-Identifier: MIT */
/* A configuration's process: takes cases from a pipe, runs them, answers with a hash. */
#define CL_TARGET_OPENCL_VERSION 300
#include <CL/cl.h>

#include "conformance/random/random.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * Parameters of every kernel: integers of both signs, floats, doubles; then what it writes. Some
 * have three more: integers in constant memory, and twice the rows.
 */
enum buffer {
	INTEGERS,
	FLOATS,
	DOUBLES,
	OUT8,
	OUT16,
	OUT32,
	OUT64,
	COUNT32,
	COUNT64,
	EXCHANGE,
	ROWS
};
enum { BUFFERS = ROWS + 1, INTEGER_PARAMETERS = 8, ALL_PARAMETERS = 23 };

static const size_t sizes[BUFFERS] = {
	[INTEGERS] = RANDOM_INPUT_BYTES,
	[FLOATS] = RANDOM_INPUT_BYTES,
	[DOUBLES] = RANDOM_INPUT_BYTES,
	[OUT8] = (size_t)RANDOM_ITEMS * RANDOM_SLOTS,
	[OUT16] = (size_t)RANDOM_ITEMS * RANDOM_SLOTS * 2,
	[OUT32] = (size_t)RANDOM_ITEMS * RANDOM_SLOTS * 4,
	[OUT64] = (size_t)RANDOM_ITEMS * RANDOM_SLOTS * 8,
	[COUNT32] = (size_t)RANDOM_COUNTERS * 4,
	[COUNT64] = (size_t)RANDOM_COUNTERS * 8,
	[EXCHANGE] = (size_t)RANDOM_GROUPS * RANDOM_LOCAL * 4,
	[ROWS] = (size_t)2 * RANDOM_ROWS + RANDOM_MATRIX,
};

static struct {
	cl_device_id device;
	cl_context context;
	cl_command_queue queue;
	cl_mem buffers[BUFFERS];
	void *memory[BUFFERS];
	uint32_t has; /* enum random_needs */
	char message[RANDOM_MESSAGE];
} child;

static bool read_all(int file, void *data, size_t bytes)
{
	for (char *at = data; bytes;) {
		ssize_t got = read(file, at, bytes);

		if (got <= 0 && !(got < 0 && errno == EINTR))
			return false;
		at += got > 0 ? got : 0;
		bytes -= got > 0 ? (size_t)got : 0;
	}
	return true;
}

static bool write_all(int file, const void *data, size_t bytes)
{
	for (const char *at = data; bytes;) {
		ssize_t put = write(file, at, bytes);

		if (put <= 0 && !(put < 0 && errno == EINTR))
			return false;
		at += put > 0 ? put : 0;
		bytes -= put > 0 ? (size_t)put : 0;
	}
	return true;
}

static bool answer(int out, enum random_status status, uint64_t hash)
{
	struct random_answer a = {status, (uint32_t)strlen(child.message), hash};

	return write_all(out, &a, sizeof a) && write_all(out, child.message, a.text_bytes);
}

static enum random_status failed(enum random_status status, const char *what, cl_int error)
{
	snprintf(child.message, sizeof child.message, "%s: error %d", what, error);
	return status;
}

static bool flag(cl_device_info what)
{
	cl_bool value = CL_FALSE;

	return !clGetDeviceInfo(child.device, what, sizeof value, &value, NULL) && value;
}

static void find_features(void)
{
	char extensions[8192] = "";
	cl_device_fp_config doubles = 0;
	cl_uint sub_groups = 0;

	clGetDeviceInfo(child.device, CL_DEVICE_DOUBLE_FP_CONFIG, sizeof doubles, &doubles, NULL);
	clGetDeviceInfo(child.device, CL_DEVICE_MAX_NUM_SUB_GROUPS, sizeof sub_groups, &sub_groups,
			NULL);
	clGetDeviceInfo(child.device, CL_DEVICE_EXTENSIONS, sizeof extensions, extensions, NULL);
	child.has =
		(doubles ? RANDOM_DOUBLE : 0) | (sub_groups ? RANDOM_SUB_GROUPS : 0) |
		(flag(CL_DEVICE_GENERIC_ADDRESS_SPACE_SUPPORT) ? RANDOM_GENERIC : 0) |
		(flag(CL_DEVICE_WORK_GROUP_COLLECTIVE_FUNCTIONS_SUPPORT) ? RANDOM_COLLECTIVE : 0) |
		(flag(CL_DEVICE_NON_UNIFORM_WORK_GROUP_SUPPORT) ? RANDOM_NON_UNIFORM : 0) |
		(strstr(extensions, "cl_khr_int64_base_atomics") &&
				 strstr(extensions, "cl_khr_int64_extended_atomics")
			 ? RANDOM_ATOMIC64
			 : 0) |
		RANDOM_CHECKED;
}

static bool open_device(void)
{
	cl_platform_id platform;
	cl_int error = CL_SUCCESS;

	if (clGetPlatformIDs(1, &platform, NULL) ||
	    clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &child.device, NULL))
		return false;
	find_features();
	clGetPlatformInfo(platform, CL_PLATFORM_NAME, sizeof child.message, child.message, NULL);
	child.context = clCreateContext(NULL, 1, &child.device, NULL, NULL, &error);
	if (error)
		return false;
	child.queue = clCreateCommandQueueWithProperties(child.context, child.device, NULL, &error);
	for (int i = 0; i < BUFFERS && !error; i++) {
		child.memory[i] = random_allocate(NULL, sizes[i]);
		child.buffers[i] =
			clCreateBuffer(child.context, CL_MEM_READ_WRITE, sizes[i], NULL, &error);
	}
	return !error;
}

/* Random numbers of which some are small or extreme; floats and doubles are small integers. */
static void fill_inputs(uint32_t data)
{
	uint64_t state = data, *integers = child.memory[INTEGERS];
	float *floats = child.memory[FLOATS];
	double *doubles = child.memory[DOUBLES];

	for (size_t i = 0; i < sizes[INTEGERS] / 8; i++) {
		uint64_t value = random_next(&state);

		if (value % 8 == 0)
			value &= 0x000f000f000f000f;
		else if (value % 8 == 1)
			value |= 0xffffffff00000000;
		else if (value % 8 == 2)
			value = 0x8000000080008080;
		integers[i] = value;
	}
	for (size_t i = 0; i < sizes[FLOATS] / sizeof *floats; i++)
		floats[i] = (float)((int)(random_next(&state) % 1025) - 512);
	for (size_t i = 0; i < sizes[DOUBLES] / sizeof *doubles; i++)
		doubles[i] = (double)((int)(random_next(&state) % 1025) - 512);
}

/* Of @count buffers. */
static cl_int write_buffers(uint32_t data, int count)
{
	cl_int error = CL_SUCCESS;

	fill_inputs(data);
	for (int i = OUT8; i < ROWS; i++)
		memset(child.memory[i], 0x5a, sizes[i]);
	for (size_t at = 0; count == BUFFERS && at < sizes[ROWS]; at += sizes[INTEGERS])
		memcpy((char *)child.memory[ROWS] + at, child.memory[INTEGERS], sizes[INTEGERS]);
	for (int i = 0; i < count && !error; i++)
		error = clEnqueueWriteBuffer(child.queue, child.buffers[i], CL_TRUE, 0, sizes[i],
					     child.memory[i], 0, NULL, NULL);
	return error;
}

static cl_int set_rows(cl_kernel kernel, cl_uint index)
{
	cl_int error = clSetKernelArg(kernel, index++, sizeof(cl_mem), &child.buffers[INTEGERS]);

	for (int i = 0; i < 2 && !error; i++)
		error = clSetKernelArg(kernel, index++, sizeof(cl_mem), &child.buffers[ROWS]);
	return error;
}

static cl_int set_arguments(cl_kernel kernel, uint32_t data, bool rows)
{
	const cl_int n = (cl_int)(data % 97) + 3;
	const cl_uint m = data * 2654435761u;
	const cl_long q = (cl_long)(data * 0x9e3779b97f4a7c15);
	cl_uint index = 0;
	cl_int error = CL_SUCCESS;

	for (int i = 0; i < INTEGER_PARAMETERS && !error; i++)
		error = clSetKernelArg(kernel, index++, sizeof(cl_mem), &child.buffers[INTEGERS]);
	for (int i = FLOATS; i < ROWS && !error; i++)
		error = clSetKernelArg(kernel, index++, sizeof(cl_mem), &child.buffers[i]);
	error = error ? error : clSetKernelArg(kernel, index++, sizeof n, &n);
	error = error ? error : clSetKernelArg(kernel, index++, sizeof m, &m);
	error = error ? error : clSetKernelArg(kernel, index++, sizeof q, &q);
	return error || !rows ? error : set_rows(kernel, index);
}

/* FNV-1a over words. */
static cl_int hash_outputs(uint64_t *hash, int count)
{
	cl_int error = CL_SUCCESS;

	*hash = 0xcbf29ce484222325;
	for (int i = OUT8; i < count && !error; i++) {
		const uint64_t *words = child.memory[i];

		error = clEnqueueReadBuffer(child.queue, child.buffers[i], CL_TRUE, 0, sizes[i],
					    child.memory[i], 0, NULL, NULL);
		for (size_t w = 0; w < sizes[i] / 8; w++) {
			*hash = (*hash ^ words[w]) * 0x100000001b3;
			*hash ^= *hash >> 29;
		}
	}
	return error;
}

static enum random_status launch(cl_kernel kernel, const struct random_request *r, uint64_t *hash)
{
	size_t global[3], local[3], offset[3];
	cl_uint parameters = 0;
	cl_int error =
		clGetKernelInfo(kernel, CL_KERNEL_NUM_ARGS, sizeof parameters, &parameters, NULL);
	bool rows = parameters == ALL_PARAMETERS;
	int count = rows ? BUFFERS : ROWS;

	error = error ? error : write_buffers(r->data, count);
	if (error)
		return failed(RANDOM_RUN_FAILED, "clEnqueueWriteBuffer", error);
	error = set_arguments(kernel, r->data, rows);
	if (error)
		return failed(RANDOM_RUN_FAILED, "clSetKernelArg", error);
	for (int d = 0; d < 3; d++) {
		global[d] = r->global[d];
		local[d] = r->local[d];
		offset[d] = r->offset[d];
	}
	error = clEnqueueNDRangeKernel(child.queue, kernel, r->dimensions, offset, global, local, 0,
				       NULL, NULL);
	if (error)
		return failed(RANDOM_RUN_FAILED, "clEnqueueNDRangeKernel", error);
	error = clFinish(child.queue);
	if (error)
		return failed(RANDOM_RUN_FAILED, "clFinish", error);
	error = hash_outputs(hash, count);
	return error ? failed(RANDOM_RUN_FAILED, "clEnqueueReadBuffer", error) : RANDOM_OK;
}

static enum random_status run(const struct random_request *r, const char *source, uint64_t *hash)
{
	const char *check =
		r->needs & RANDOM_CHECKED ? "-DAT(e,n)=((ulong)(e)<(n)?(e):(1<<30))" : "";
	const char *more = getenv("RANDOM_OPTIONS");
	char options[200];
	enum random_status status = RANDOM_BUILD_FAILED;
	cl_kernel kernel = NULL;
	cl_int error;

	snprintf(options, sizeof options, "-w -cl-std=CL3.0 %s %s", check, more ? more : "");
	cl_program program = clCreateProgramWithSource(child.context, 1, &source, NULL, &error);

	if (error)
		return failed(status, "clCreateProgramWithSource", error);
	error = clBuildProgram(program, 1, &child.device, options, NULL, NULL);
	if (error) {
		failed(status, "clBuildProgram", error);
		clGetProgramBuildInfo(program, child.device, CL_PROGRAM_BUILD_LOG,
				      sizeof child.message, child.message, NULL);
		child.message[sizeof child.message - 1] = '\0';
		goto out;
	}
	kernel = clCreateKernel(program, "k", &error);
	status = error ? failed(status, "clCreateKernel", error) : launch(kernel, r, hash);
	if (kernel)
		clReleaseKernel(kernel);
out:
	clReleaseProgram(program);
	return status;
}

int random_child(int in, int out)
{
	struct random_request request;
	bool there = open_device();

	if (!answer(out, there ? RANDOM_OK : RANDOM_LEFT_OUT, 0) || !there)
		return 77;
	while (read_all(in, &request, sizeof request)) {
		char *source = random_allocate(NULL, (size_t)request.source_bytes + 1);
		enum random_status status = RANDOM_LEFT_OUT;
		uint64_t hash = 0;

		if (!read_all(in, source, request.source_bytes))
			return 1;
		source[request.source_bytes] = '\0';
		child.message[0] = '\0';
		if (!(request.needs & ~child.has))
			status = run(&request, source, &hash);
		free(source);
		if (!answer(out, status, hash))
			return 1;
	}
	return 0;
}
