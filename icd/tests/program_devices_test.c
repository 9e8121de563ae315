/* SPDX-License-Identifier: MIT */
/* Programs for several devices: a root device and its sub-devices. */
#include "icd/tests/program_fixture.h"

static const char source[] = "#ifndef VALUE\n#define VALUE 5\n#endif\n"
			     "#ifndef TYPE\n#define TYPE int\n#endif\n"
			     "kernel void set(global int *p, TYPE v) { p[0] = VALUE + (int)v; }\n"
			     "#ifdef MORE\n"
			     "kernel void more(global int *p) { p[0] = 1; }\n"
			     "#endif\n";

static cl_device_id devices[3]; /* the root and two parts of it */
static cl_context all;
static cl_command_queue queues[3];

static void begin(void)
{
	cl_device_partition_property halves[] = {CL_DEVICE_PARTITION_EQUALLY, 1, 0};
	cl_uint count = 0;
	devices[0] = device;
	cl_uint units = 0;
	REQUIRE(!tern_clGetDeviceInfo(device, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof(units), &units,
				      NULL));
	cl_uint most = 0;
	REQUIRE(!tern_clGetDeviceInfo(device, CL_DEVICE_PARTITION_MAX_SUB_DEVICES, sizeof(most),
				      &most, NULL));
	if (units < 2 || most < 2)
		exit(TEST_SKIP);
	halves[1] = units / 2;
	cl_device_id parts[3];
	REQUIRE(!tern_clCreateSubDevices(device, halves, 3, parts, &count) && count >= 2);
	devices[1] = parts[0];
	devices[2] = parts[1];
	if (count == 3)
		EXPECT(!tern_clReleaseDevice(parts[2]));
	cl_int error = 1;
	all = tern_clCreateContext(NULL, 3, devices, NULL, NULL, &error);
	REQUIRE(all && !error);
	for (int i = 0; i < 3; i++) {
		queues[i] = tern_clCreateCommandQueueWithProperties(all, devices[i], NULL, &error);
		REQUIRE(queues[i] && !error);
	}
}

static void end(void)
{
	for (int i = 0; i < 3; i++)
		EXPECT(!tern_clReleaseCommandQueue(queues[i]));
	EXPECT(!tern_clReleaseContext(all));
	EXPECT(!tern_clReleaseDevice(devices[1]));
	EXPECT(!tern_clReleaseDevice(devices[2]));
}

static cl_program make(void)
{
	const char *text = source;
	cl_int error = 1;
	cl_program p = tern_clCreateProgramWithSource(all, 1, &text, NULL, &error);
	REQUIRE(p && !error);
	return p;
}

static cl_build_status status_of(cl_program p, int i)
{
	cl_build_status status = 12345;
	EXPECT(!tern_clGetProgramBuildInfo(p, devices[i], CL_PROGRAM_BUILD_STATUS, sizeof(status),
					   &status, NULL));
	return status;
}

/* What the kernel "set" writes on device @i, or the error of its enqueue. */
static int run(cl_program p, int i)
{
	int value = 0, two = 2;
	size_t one = 1;
	cl_kernel k = make_kernel(p, "set");
	EXPECT(!tern_clSetKernelArgSVMPointer(k, 0, &value));
	EXPECT(!tern_clSetKernelArg(k, 1, sizeof(two), &two));
	cl_int error =
		tern_clEnqueueNDRangeKernel(queues[i], k, 1, NULL, &one, NULL, 0, NULL, NULL);
	EXPECT(!tern_clFinish(queues[i]));
	EXPECT(!tern_clReleaseKernel(k));
	return error ? error : value;
}

static void built_for_all(void)
{
	cl_program p = make();
	EXPECT(!tern_clBuildProgram(p, 0, NULL, "-DVALUE=40", NULL, NULL));
	size_t sizes[3] = {0};
	EXPECT(!tern_clGetProgramInfo(p, CL_PROGRAM_BINARY_SIZES, sizeof(sizes), sizes, NULL));
	EXPECT(sizes[0] && sizes[0] == sizes[1] && sizes[0] == sizes[2]);
	for (int i = 0; i < 3; i++) {
		EXPECT(status_of(p, i) == CL_BUILD_SUCCESS);
		EXPECT(run(p, i) == 42);
	}
	/* The device must be named when there are several. */
	cl_kernel k = make_kernel(p, "set");
	size_t most;
	EXPECT(tern_clGetKernelWorkGroupInfo(k, NULL, CL_KERNEL_WORK_GROUP_SIZE, sizeof(most),
					     &most, NULL) == CL_INVALID_DEVICE);
	EXPECT(!tern_clGetKernelWorkGroupInfo(k, devices[2], CL_KERNEL_WORK_GROUP_SIZE,
					      sizeof(most), &most, NULL));
	EXPECT(!tern_clReleaseKernel(k));
	EXPECT(!tern_clReleaseProgram(p));
}

/* A sub-device uses its parent's executable; nobody uses a sub-device's. */
static void built_for_one(void)
{
	cl_program p = make();
	EXPECT(!tern_clBuildProgram(p, 1, &devices[0], NULL, NULL, NULL));
	EXPECT(status_of(p, 0) == CL_BUILD_SUCCESS && status_of(p, 1) == CL_BUILD_SUCCESS);
	EXPECT(run(p, 0) == 7 && run(p, 1) == 7 && run(p, 2) == 7);
	EXPECT(!tern_clReleaseProgram(p));

	p = make();
	EXPECT(!tern_clBuildProgram(p, 1, &devices[1], NULL, NULL, NULL));
	EXPECT(status_of(p, 0) == CL_BUILD_NONE && status_of(p, 2) == CL_BUILD_NONE);
	EXPECT(run(p, 0) == CL_INVALID_PROGRAM_EXECUTABLE);
	EXPECT(run(p, 1) == 7);
	EXPECT(run(p, 2) == CL_INVALID_PROGRAM_EXECUTABLE);
	EXPECT(!tern_clReleaseProgram(p));
}

static void built_differently(void)
{
	cl_program p = make();
	EXPECT(!tern_clBuildProgram(p, 2, devices, "-DVALUE=10", NULL, NULL));
	EXPECT(!tern_clBuildProgram(p, 1, &devices[2], "-DVALUE=20", NULL, NULL));
	EXPECT(run(p, 0) == 12 && run(p, 1) == 12 && run(p, 2) == 22);

	/* A kernel whose definition differs, and one that is not everywhere. */
	EXPECT(!tern_clBuildProgram(p, 1, &devices[2], "-DTYPE=float -DMORE", NULL, NULL));
	cl_int error = 1;
	EXPECT(!tern_clCreateKernel(p, "set", &error) && error == CL_INVALID_KERNEL_DEFINITION);
	EXPECT(!tern_clCreateKernel(p, "more", &error) && error == CL_INVALID_KERNEL_DEFINITION);
	cl_uint count = 12345;
	EXPECT(!tern_clCreateKernelsInProgram(p, 0, NULL, &count) && count == 0);
	EXPECT(!tern_clReleaseProgram(p));
}

static void linked(void)
{
	cl_program object = make();
	EXPECT(!tern_clCompileProgram(object, 1, &devices[0], NULL, 0, NULL, NULL, NULL, NULL));
	cl_int error = 1;
	cl_program p = tern_clLinkProgram(all, 0, NULL, NULL, 1, &object, NULL, NULL, &error);
	REQUIRE(p && !error);
	EXPECT(run(p, 0) == 7 && run(p, 1) == 7 && run(p, 2) == 7);
	EXPECT(!tern_clReleaseProgram(p));
	EXPECT(!tern_clReleaseProgram(object));

	/* Only one device has something to link. */
	object = make();
	EXPECT(!tern_clCompileProgram(object, 1, &devices[1], NULL, 0, NULL, NULL, NULL, NULL));
	p = tern_clLinkProgram(all, 0, NULL, NULL, 1, &object, NULL, NULL, &error);
	REQUIRE(p && !error);
	EXPECT(status_of(p, 0) == CL_BUILD_NONE && status_of(p, 1) == CL_BUILD_SUCCESS);
	EXPECT(run(p, 1) == 7);
	EXPECT(!tern_clReleaseProgram(p));
	EXPECT(!tern_clLinkProgram(all, 1, &devices[2], NULL, 1, &object, NULL, NULL, &error));
	EXPECT(error == CL_INVALID_OPERATION);
	EXPECT(!tern_clReleaseProgram(object));
}

static void binaries(void)
{
	cl_program p = make();
	EXPECT(!tern_clBuildProgram(p, 1, &devices[0], NULL, NULL, NULL));
	size_t sizes[3] = {0};
	EXPECT(!tern_clGetProgramInfo(p, CL_PROGRAM_BINARY_SIZES, sizeof(sizes), sizes, NULL));
	EXPECT(sizes[0] && !sizes[1] && !sizes[2]);
	unsigned char *places[3] = {malloc(sizes[0]), NULL, NULL};
	EXPECT(!tern_clGetProgramInfo(p, CL_PROGRAM_BINARIES, sizeof(places), places, NULL));
	EXPECT(!tern_clReleaseProgram(p));

	/* The binary of a device serves all its sub-devices. */
	const unsigned char *good[3] = {places[0], places[0], places[0]};
	const size_t lengths[3] = {sizes[0], sizes[0], sizes[0]};
	cl_int status[3] = {1, 1, 1}, error = 1;
	p = tern_clCreateProgramWithBinary(all, 3, devices, lengths, good, status, &error);
	REQUIRE(p && !error && !status[0] && !status[1] && !status[2]);
	EXPECT(!tern_clBuildProgram(p, 0, NULL, NULL, NULL, NULL));
	EXPECT(run(p, 0) == 7 && run(p, 2) == 7);
	EXPECT(!tern_clReleaseProgram(p));

	const unsigned char *bad[3] = {places[0], (const unsigned char *)"not a binary", NULL};
	const size_t bad_lengths[3] = {sizes[0], 12, sizes[0]};
	EXPECT(!tern_clCreateProgramWithBinary(all, 2, devices, bad_lengths, bad, status, &error));
	EXPECT(error == CL_INVALID_BINARY && !status[0] && status[1] == CL_INVALID_BINARY);
	EXPECT(!tern_clCreateProgramWithBinary(all, 3, devices, bad_lengths, bad, status, &error));
	EXPECT(error == CL_INVALID_VALUE && !status[0] && status[1] == CL_INVALID_BINARY &&
	       status[2] == CL_INVALID_VALUE);
	free(places[0]);
}

int main(void)
{
	fixture_begin();
	require_compiler();
	begin();
	built_for_all();
	built_for_one();
	built_differently();
	linked();
	binaries();
	end();
	fixture_end();
	return test_result();
}
