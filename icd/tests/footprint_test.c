/* SPDX-License-Identifier: MIT */
/* An application that builds and runs one small kernel stays under 40 MB resident. */
#include <stdlib.h>
#include <string.h>

#include "kernels/kernels.h"
#include "runtime/base/alloc.h"
#include "runtime/base/tests/test.h"
#include "runtime/object.h"
#include <CL/cl_icd.h>

/* Peak resident set in KiB. */
static long peak(void)
{
	char text[256];
	long kib = -1;
	FILE *f = fopen("/proc/self/status", "re");
	while (f && fgets(text, sizeof(text), f))
		if (!strncmp(text, "VmHWM:", 6))
			kib = strtol(text + 6, NULL, 10);
	if (f)
		fclose(f);
	return kib;
}

int main(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	puts("skipped: a sanitizer's own memory would be measured");
	return TEST_SKIP;
#endif
	char *ternc = tern_path_ternc();
	if (!ternc) {
		puts("skipped: no compile server");
		return TEST_SKIP;
	}
	tern_free(ternc);
	setenv("TERN_CACHE", "off", 1);
	cl_platform_id platform;
	cl_device_id device;
	cl_int err, value = 20;
	size_t one = 1;
	const char *text = "kernel void k(global int *p) { p[get_global_id(0)] += 22; }";
	EXPECT(clIcdGetPlatformIDsKHR(1, &platform, NULL) == CL_SUCCESS);
	const cl_icd_dispatch *cl = *(const cl_icd_dispatch *const *)(const void *)platform;
	EXPECT(cl->clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, NULL) == CL_SUCCESS);
	cl_context context = cl->clCreateContext(NULL, 1, &device, NULL, NULL, &err);
	cl_command_queue queue =
		cl->clCreateCommandQueueWithProperties(context, device, NULL, &err);
	cl_mem buffer =
		cl->clCreateBuffer(context, CL_MEM_USE_HOST_PTR, sizeof(value), &value, &err);
	cl_program program = cl->clCreateProgramWithSource(context, 1, &text, NULL, &err);
	EXPECT(cl->clBuildProgram(program, 1, &device, "", NULL, NULL) == CL_SUCCESS);
	cl_kernel kernel = cl->clCreateKernel(program, "k", &err);
	EXPECT(cl->clSetKernelArg(kernel, 0, sizeof(buffer), &buffer) == CL_SUCCESS);
	EXPECT(cl->clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &one, NULL, 0, NULL, NULL) ==
	       CL_SUCCESS);
	void *p = cl->clEnqueueMapBuffer(queue, buffer, CL_TRUE, CL_MAP_READ, 0, sizeof(value), 0,
					 NULL, NULL, &err);
	EXPECT(p == &value && value == 42);
	EXPECT(cl->clEnqueueUnmapMemObject(queue, buffer, p, 0, NULL, NULL) == CL_SUCCESS);
	EXPECT(cl->clFinish(queue) == CL_SUCCESS);
	printf("peak resident set: %ld KiB\n", peak());
	EXPECT(peak() > 0 && peak() < 40 * 1000);
	cl->clReleaseKernel(kernel);
	cl->clReleaseProgram(program);
	cl->clReleaseMemObject(buffer);
	cl->clReleaseCommandQueue(queue);
	cl->clReleaseContext(context);
	return test_result();
}
