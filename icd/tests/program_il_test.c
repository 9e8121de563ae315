/* SPDX-License-Identifier: MIT */
/* Programs of SPIR-V (sections 5.8.1 and 5.8.3), with a translator and without. */
#include "icd/tests/program_fixture.h"
#include "kernels/kernels.h"
#include "kernels/tests/test_spirv.h"

#include <sys/wait.h>
#include <unistd.h>

enum { BYTES = sizeof(test_module), RESULTS = 5 };

static cl_program make_il(const void *bytes, size_t size)
{
	cl_int error = CL_INVALID_VALUE;
	cl_program p = tern_clCreateProgramWithIL(context, bytes, size, &error);
	REQUIRE(p && !error);
	return p;
}

static cl_int il_error(const void *bytes, size_t size)
{
	cl_int error = 1;
	EXPECT(!tern_clCreateProgramWithIL(context, bytes, size, &error));
	return error;
}

static void refused(void)
{
	static const uint32_t noise[8] = {1, 2, 3};
	EXPECT(il_error(NULL, BYTES) == CL_INVALID_VALUE);
	EXPECT(il_error(test_module, 0) == CL_INVALID_VALUE);
	EXPECT(il_error(noise, sizeof(noise)) == CL_INVALID_VALUE);
	EXPECT(il_error(test_module, BYTES - 12) == CL_INVALID_VALUE);
	EXPECT(il_error(test_module, BYTES - 3) == CL_INVALID_VALUE);
	EXPECT(il_error(test_module, (size_t)1 << 30) == CL_INVALID_VALUE); /* unread */
	EXPECT(il_error(test_module, SIZE_MAX) == CL_INVALID_VALUE);
}

static void queries(void)
{
	cl_program p = make_il(test_module, BYTES);
	uint32_t words[MODULE_WORDS];
	size_t size = 0;
	char source[4] = "x";
	EXPECT(!tern_clGetProgramInfo(p, CL_PROGRAM_IL, sizeof(words), words, &size));
	EXPECT(size == BYTES && !memcmp(words, test_module, BYTES));
	EXPECT(tern_clGetProgramInfo(p, CL_PROGRAM_IL, size - 1, words, NULL) == CL_INVALID_VALUE);
	EXPECT(!tern_clGetProgramInfo(p, CL_PROGRAM_SOURCE, sizeof(source), source, &size));
	EXPECT(size == 1 && !source[0]);
	EXPECT(build_status(p) == CL_BUILD_NONE && binary_type(p) == CL_PROGRAM_BINARY_TYPE_NONE);
	EXPECT(!tern_clReleaseProgram(p));
}

static void set_wrongly(void)
{
	cl_program p = make_il(test_module, BYTES), source = make_program("kernel void k(void) {}");
	uint64_t value = 1;
	EXPECT(tern_clSetProgramSpecializationConstant(NULL, 7, 4, &value) == CL_INVALID_PROGRAM);
	EXPECT(tern_clSetProgramSpecializationConstant(source, 7, 4, &value) == CL_INVALID_PROGRAM);
	EXPECT(tern_clSetProgramSpecializationConstant(p, 6, 4, &value) == CL_INVALID_SPEC_ID);
	EXPECT(tern_clSetProgramSpecializationConstant(p, 7, 8, &value) == CL_INVALID_VALUE);
	EXPECT(tern_clSetProgramSpecializationConstant(p, 8, 4, &value) == CL_INVALID_VALUE);
	EXPECT(tern_clSetProgramSpecializationConstant(p, 7, 4, NULL) == CL_INVALID_VALUE);
	EXPECT(!tern_clSetProgramSpecializationConstant(p, 7, 4, &value));
	EXPECT(!tern_clReleaseProgram(p) && !tern_clReleaseProgram(source));
}

/* Runs kernel k, which writes RESULTS words. */
static void run(cl_program p, cl_uint results[RESULTS])
{
	cl_mem out = make_buffer(0, RESULTS * 4, NULL);
	cl_kernel k = make_kernel(p, "k");
	const size_t one = 1;
	EXPECT(!tern_clSetKernelArg(k, 0, sizeof(out), &out));
	EXPECT(!tern_clEnqueueNDRangeKernel(queue, k, 1, NULL, &one, NULL, 0, NULL, NULL));
	EXPECT(!tern_clEnqueueReadBuffer(queue, out, CL_TRUE, 0, RESULTS * 4, results, 0, NULL,
					 NULL));
	EXPECT(!tern_clReleaseKernel(k) && !tern_clReleaseMemObject(out));
}

static void expect_results(cl_program p, const cl_uint want[RESULTS])
{
	cl_uint got[RESULTS] = {0};
	cl_int error = tern_clBuildProgram(p, 0, NULL, NULL, NULL, NULL);
	if (error)
		print_log(p);
	REQUIRE(!error);
	run(p, got);
	test_checks++;
	if (memcmp(got, want, sizeof(got)) != 0) {
		test_failures++;
		fprintf(stderr, "results %x %x %x %x %x\n", got[0], got[1], got[2], got[3], got[4]);
	}
}

/* The defaults, some values, other values: each build has those that are set when it begins. */
static void specialized(void)
{
	static const uint8_t no = 0, yes = 7;
	static const uint16_t narrow = 0xfffe;
	static const uint32_t word = 99, real = 0x40490fdb;
	static const uint64_t wide = 0x1234567800000011;
	cl_program p = make_il(test_module, BYTES);
	expect_results(p, (const cl_uint[]){42, 1, 3, 5, 0x3f800000});
	EXPECT(!tern_clSetProgramSpecializationConstant(p, 7, sizeof(word), &word));
	EXPECT(!tern_clSetProgramSpecializationConstant(p, 8, sizeof(no), &no));
	expect_results(p, (const cl_uint[]){99, 0, 3, 5, 0x3f800000});
	EXPECT(!tern_clSetProgramSpecializationConstant(p, 8, sizeof(yes), &yes));
	EXPECT(!tern_clSetProgramSpecializationConstant(p, 9, sizeof(narrow), &narrow));
	EXPECT(!tern_clSetProgramSpecializationConstant(p, 10, sizeof(wide), &wide));
	EXPECT(!tern_clSetProgramSpecializationConstant(p, 11, sizeof(real), &real));
	expect_results(p, (const cl_uint[]){99, 1, 0xfffffffe, 0x11, 0x40490fdb});
	EXPECT(!tern_clReleaseProgram(p));
}

/* The module in the other byte order, from an odd address, that is overwritten afterwards. */
static void swapped(void)
{
	unsigned char bytes[BYTES + 1], il[BYTES];
	size_t size;
	for (size_t i = 0; i < MODULE_WORDS; i++) {
		uint32_t word = __builtin_bswap32(test_module[i]);
		memcpy(bytes + 1 + 4 * i, &word, 4);
	}
	cl_program p = make_il(bytes + 1, BYTES);
	EXPECT(!tern_clGetProgramInfo(p, CL_PROGRAM_IL, BYTES, il, &size));
	EXPECT(size == BYTES && !memcmp(il, bytes + 1, BYTES)); /* as it was given */
	memset(bytes, 0, sizeof(bytes));
	expect_results(p, (const cl_uint[]){42, 1, 3, 5, 0x3f800000});
	EXPECT(!tern_clReleaseProgram(p));
}

/* Compiled, with headers that do not matter, and linked. */
static void compiled(void)
{
	cl_program p = make_il(test_module, BYTES), header = make_program("#error no\n");
	const char *name = "h";
	const uint32_t word = 5;
	cl_int error;
	EXPECT(!tern_clSetProgramSpecializationConstant(p, 7, 4, &word));
	EXPECT(!tern_clCompileProgram(p, 0, NULL, NULL, 1, &p, &name, NULL, NULL));
	EXPECT(!tern_clCompileProgram(p, 0, NULL, NULL, 1, &header, &name, NULL, NULL));
	EXPECT(binary_type(p) == CL_PROGRAM_BINARY_TYPE_COMPILED_OBJECT);
	EXPECT(tern_clCompileProgram(header, 0, NULL, NULL, 1, &p, &name, NULL, NULL) ==
	       CL_INVALID_OPERATION);
	cl_program linked = tern_clLinkProgram(context, 0, NULL, NULL, 1, &p, NULL, NULL, &error);
	REQUIRE(linked && !error);
	cl_uint got[RESULTS];
	run(linked, got);
	EXPECT(got[0] == 5 && got[1] == 1);
	EXPECT(!tern_clReleaseProgram(linked) && !tern_clReleaseProgram(p));
	EXPECT(!tern_clReleaseProgram(header));
}

/* A build error with a log, and nothing else: the program is as before. */
static void broken(void)
{
	uint32_t words[MODULE_WORDS];
	char log[400] = "";
	memcpy(words, test_module, BYTES);
	words[MODULE_CAPABILITY_AT] = 13;
	cl_program p = make_il(words, BYTES);
	EXPECT(tern_clBuildProgram(p, 0, NULL, NULL, NULL, NULL) == CL_BUILD_PROGRAM_FAILURE);
	EXPECT(!tern_clGetProgramBuildInfo(p, device, CL_PROGRAM_BUILD_LOG, sizeof(log), log,
					   NULL));
	EXPECT(strstr(log, "ImageBasic") && build_status(p) == CL_BUILD_ERROR);
	EXPECT(tern_clBuildProgram(p, 0, NULL, "-cl-nonsense", NULL, NULL) ==
	       CL_INVALID_BUILD_OPTIONS);
	EXPECT(!tern_clReleaseProgram(p));
}

static void no_memory(void)
{
	bool done = false;
	for (uint64_t n = 1; n < 100 && !done; n++) {
		cl_int error = 1;
		tern_fault_arm(n, false);
		cl_program p = tern_clCreateProgramWithIL(context, test_module, BYTES, &error);
		tern_fault_arm(0, false);
		EXPECT(p ? !error : error == CL_OUT_OF_HOST_MEMORY);
		done = p != NULL;
		if (p)
			EXPECT(!tern_clReleaseProgram(p));
	}
	EXPECT(done);
}

static bool lists(cl_device_info what, const char *word)
{
	char text[4096] = "";
	EXPECT(!tern_clGetDeviceInfo(device, what, sizeof(text), text, NULL));
	return strstr(text, word) != NULL;
}

static void device_answers(void)
{
	cl_uint numbers[64];
	cl_name_version versions[8];
	const char *names[8] = {NULL};
	size_t size = 0;
	EXPECT(lists(CL_DEVICE_IL_VERSION, "SPIR-V_1.0 SPIR-V_1.1"));
	EXPECT(lists(CL_DEVICE_EXTENSIONS, "cl_khr_il_program"));
	EXPECT(!tern_clGetDeviceInfo(device, CL_DEVICE_ILS_WITH_VERSION, sizeof(versions), versions,
				     &size));
	EXPECT(size == (TERN_SPIRV_MINOR_MOST + 1) * sizeof(versions[0]));
	EXPECT(!strcmp(versions[0].name, "SPIR-V"));
	EXPECT(versions[0].version == CL_MAKE_VERSION(1, 0, 0));
	EXPECT(!tern_clGetDeviceInfo(device, 0x12BB, sizeof(numbers), numbers, &size));
	EXPECT(size >= 16 && size % 4 == 0 && numbers[0] == 4);
	EXPECT(!tern_clGetDeviceInfo(device, 0x12B9, sizeof(names), names, &size));
	EXPECT(size == 8 && !strcmp(names[0], "OpenCL.std"));
	EXPECT(tern_clGetExtensionFunctionAddress("clCreateProgramWithILKHR") != NULL);
}

/* As on a machine without the translator. */
static void absent(void)
{
	cl_program source = make_program("kernel void k(void) {}");
	size_t size = 1;
	EXPECT(!tern_kernels_take_spirv());
	EXPECT(il_error(test_module, BYTES) == CL_INVALID_OPERATION);
	EXPECT(tern_clSetProgramSpecializationConstant(source, 7, 4, &size) ==
	       CL_INVALID_OPERATION);
	EXPECT(!lists(CL_DEVICE_IL_VERSION, "SPIR-V"));
	EXPECT(!lists(CL_DEVICE_EXTENSIONS, "cl_khr_il_program"));
	EXPECT(!tern_clGetDeviceInfo(device, CL_DEVICE_ILS_WITH_VERSION, 0, NULL, &size) && !size);
	EXPECT(!tern_clGetDeviceInfo(device, 0x12BB, 0, NULL, &size) && !size);
	EXPECT(!tern_clReleaseProgram(source));
}

/* In a process of its own: options are read once. */
static void without_translator(void)
{
	int status = -1;
	pid_t pid = fork();
	REQUIRE(pid >= 0);
	if (!pid) {
		setenv("TERN_SPIRV", "off", 1);
		fixture_begin();
		absent();
		fixture_end();
		exit(test_result());
	}
	EXPECT(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && !WEXITSTATUS(status));
}

int main(void)
{
	without_translator();
	fixture_begin();
	if (!tern_kernels_take_spirv()) {
		printf("skipped in part: no translator of SPIR-V\n");
		return test_result() ? test_result() : TEST_SKIP;
	}
	require_compiler();
	refused();
	queries();
	set_wrongly();
	specialized();
	swapped();
	compiled();
	broken();
	no_memory();
	device_answers();
	fixture_end();
	return test_result();
}
