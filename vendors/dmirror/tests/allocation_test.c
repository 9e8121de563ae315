/* SPDX-License-Identifier: MIT */
/* Each allocation, and what else may fail, failing in turn, then that one and all later ones: in a
 * child of its own each, whose devices have not been started. */
#include "vendors/dmirror/tests/fake_driver.h"

#include <sys/wait.h>

#include "runtime/base/alloc.h"

enum { BYTES = 3 * 4096 + 100, MOST = 200, DONE = 2 };

static char from[BYTES], to[BYTES];

/* From nothing to a copy and back. */
static cl_int use_device(cl_device_id device)
{
	cl_int error = 0, status;
	size_t bytes = BYTES;
	cl_kernel kernel = NULL;
	cl_program made = NULL;
	cl_command_queue q = NULL;
	cl_context c = tern_clCreateContext(NULL, 1, &device, NULL, NULL, &error);
	if (!error)
		q = tern_clCreateCommandQueueWithProperties(c, device, NULL, &error);
	if (!error)
		made = tern_clCreateProgramWithBuiltInKernels(c, 1, &device, "tern_fill;tern_copy",
							      &error);
	if (!error)
		kernel = tern_clCreateKernel(made, "tern_copy", &error);
	if (!error)
		error = tern_clSetKernelArgSVMPointer(kernel, 0, from);
	if (!error)
		error = tern_clSetKernelArgSVMPointer(kernel, 1, to);
	if (!error)
		error = tern_clEnqueueNDRangeKernel(q, kernel, 1, NULL, &bytes, NULL, 0, NULL,
						    NULL);
	if (q) {
		status = tern_clFinish(q);
		error = error ? error : status;
		tern_clReleaseCommandQueue(q);
	}
	if (kernel)
		tern_clReleaseKernel(kernel);
	if (made)
		tern_clReleaseProgram(made);
	if (c)
		tern_clReleaseContext(c);
	return error;
}

static void in_child(unsigned n, bool sticky)
{
	alarm(30);
	tern_fault_arm(n, sticky);
	cl_int error = use_device(fake_ids[1]);
	bool over = tern_fault_count() < n;
	tern_fault_arm(0, false);
	bool good = error == CL_SUCCESS || error == CL_OUT_OF_HOST_MEMORY ||
		    error == CL_OUT_OF_RESOURCES;
	good &= error || !memcmp(from, to, BYTES);
	memset(to, 0, BYTES);
	good &= !use_device(fake_ids[1]) && !memcmp(from, to, BYTES);
	_exit(!good ? 1 : over ? DONE : 0);
}

static void each(bool sticky)
{
	for (unsigned n = 1; n < MOST; n++) {
		int status = 1;
		pid_t pid = fork();
		REQUIRE(pid >= 0);
		if (!pid)
			in_child(n, sticky);
		EXPECT(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
		if (WIFEXITED(status) && WEXITSTATUS(status) == DONE) {
			EXPECT(n > 10); /* there are some */
			return;
		}
		EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	EXPECT(!"no run got by without a failure");
}

int main(void)
{
#ifdef __SANITIZE_THREAD__
	puts("the thread sanitizer lets no child of fork() start threads");
	return TEST_SKIP;
#endif
	for (unsigned i = 0; i < BYTES; i++)
		from[i] = (char)(i * 7);
	fake_find_devices("demand"); /* no thread yet that could hold a lock when a child begins */
	each(false);
	each(true);
	return test_result();
}
