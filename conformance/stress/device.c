/* SPDX-License-Identifier: MIT */
/* The devices with fine-grained system SVM, one context of them, and running kernels there. */
#include "conformance/stress/stress.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KILL_SECONDS 10.0 /* for so long after a kill a command may say that it failed */

static const char source[] =
	"#define ALL memory_order_relaxed, memory_scope_all_svm_devices\n"
	"typedef struct { volatile global atomic_uint *words; ulong count; uint tag, wrong; } "
	"range;\n"
	"uint pattern(uint tag, uint i) {\n"
	"  uint x = tag + i * 0x9e3779b9u; x ^= x >> 15; x *= 0x85ebca6bu; return x ^ (x >> 13); "
	"}\n"
	/* One work-item for each allocation: checks every word and adds 0 to it. */
	"kernel void steal(global range *ranges) {\n"
	"  global range *r = ranges + get_global_id(0);\n"
	"  uint wrong = 0;\n"
	"  for (ulong i = 0; i < r->count; i++)\n"
	"    wrong += atomic_fetch_add_explicit(r->words + i, 0, ALL) != pattern(r->tag, "
	"(uint)i);\n"
	"  r->wrong = wrong; }\n"
	"kernel void bump(global uint *p) { p[get_global_id(0)] += 1; }\n"
	"kernel void check(global const uint *p, uint value, volatile global atomic_uint *wrong) "
	"{\n"
	"  size_t i = get_global_id(0);\n"
	"  if (p[i] != value + (uint)i) atomic_fetch_add_explicit(wrong, 1, ALL); }\n"
	"kernel void add(volatile global atomic_int *p, int times) {\n"
	"  for (int i = 0; i < times; i++) atomic_fetch_add_explicit(p, 1, ALL); }\n";

static bool usable(cl_device_id id)
{
	const cl_device_svm_capabilities want =
		CL_DEVICE_SVM_FINE_GRAIN_SYSTEM | CL_DEVICE_SVM_ATOMICS;
	cl_device_svm_capabilities svm = 0;

	return !clGetDeviceInfo(id, CL_DEVICE_SVM_CAPABILITIES, sizeof svm, &svm, NULL) &&
	       (svm & want) == want;
}

static void find_devices(void)
{
	cl_platform_id platforms[8];
	cl_device_id ids[STRESS_DEVICES];
	cl_uint platform_count = 0, count;

	if (clGetPlatformIDs(8, platforms, &platform_count))
		return;
	/* All devices of the first platform that has any: they can share a context. */
	for (cl_uint p = 0; p < platform_count && p < 8 && !stress.device_count; p++) {
		count = 0;
		if (clGetDeviceIDs(platforms[p], CL_DEVICE_TYPE_ALL, STRESS_DEVICES, ids, &count))
			continue;
		for (cl_uint i = 0; i < count && i < STRESS_DEVICES; i++) {
			struct stress_device *device = &stress.devices[stress.device_count];
			cl_ulong memory = 0;

			if (!usable(ids[i]))
				continue;
			device->id = ids[i];
			clGetDeviceInfo(ids[i], CL_DEVICE_NAME, sizeof device->name, device->name,
					NULL);
			clGetDeviceInfo(ids[i], CL_DEVICE_GLOBAL_MEM_SIZE, sizeof memory, &memory,
					NULL);
			device->memory = memory;
			stress.device_count++;
		}
	}
}

static int fail(const char *what, cl_int error)
{
	fprintf(stderr, "stress: %s: error %d\n", what, error);
	return 1;
}

int stress_open(void)
{
	cl_device_id ids[STRESS_DEVICES];
	const char *text = source;
	cl_int error;

	find_devices();
	if (!stress.device_count) {
		fputs("stress: no device with fine-grained system SVM and atomics\n", stderr);
		return 77;
	}
	for (unsigned i = 0; i < stress.device_count; i++)
		ids[i] = stress.devices[i].id;
	stress.context = clCreateContext(NULL, stress.device_count, ids, NULL, NULL, &error);
	if (error)
		return fail("clCreateContext", error);
	stress.program = clCreateProgramWithSource(stress.context, 1, &text, NULL, &error);
	if (error)
		return fail("clCreateProgramWithSource", error);
	error = clBuildProgram(stress.program, 0, NULL, "-cl-std=CL3.0", NULL, NULL);
	return error ? fail("clBuildProgram", error) : 0;
}

void stress_close(void)
{
	clReleaseProgram(stress.program);
	clReleaseContext(stress.context);
}

static void need(cl_int error, const char *what)
{
	if (!error)
		return;
	fail(what, error);
	exit(1);
}

void stress_runner_open(struct stress_runner *runner, struct stress_role *role, const char *kernel)
{
	const cl_bool yes = CL_TRUE;
	cl_int error;

	runner->role = role;
	runner->kernel = clCreateKernel(stress.program, kernel, &error);
	need(error, "clCreateKernel");
	need(clSetKernelExecInfo(runner->kernel, CL_KERNEL_EXEC_INFO_SVM_FINE_GRAIN_SYSTEM,
				 sizeof yes, &yes),
	     "clSetKernelExecInfo");
	for (unsigned i = 0; i < stress.device_count; i++) {
		runner->queues[i] = clCreateCommandQueueWithProperties(
			stress.context, stress.devices[i].id, NULL, &error);
		need(error, "clCreateCommandQueueWithProperties");
	}
}

void stress_runner_close(struct stress_runner *runner)
{
	for (unsigned i = 0; i < stress.device_count; i++)
		clReleaseCommandQueue(runner->queues[i]);
	clReleaseKernel(runner->kernel);
}

bool stress_wait(struct stress_runner *runner, unsigned device, cl_int error, cl_event event)
{
	cl_int status = error;

	if (!error) {
		clWaitForEvents(1, &event);
		clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof status, &status,
			       NULL);
		clReleaseEvent(event);
	}
	if (status == CL_COMPLETE) {
		atomic_fetch_add(&stress.devices[device].done, 1);
		return true;
	}
	atomic_fetch_add(&stress.devices[device].failed, 1);
	double killed = atomic_load(&stress.killed_at);

	if (killed == 0 || stress_now() - killed > KILL_SECONDS)
		stress_found(runner->role, "a command on %s failed with %d for no reason",
			     stress.devices[device].name, status);
	return false;
}

bool stress_run(struct stress_runner *runner, unsigned device, size_t global)
{
	cl_event event = NULL;
	cl_int error = clEnqueueNDRangeKernel(runner->queues[device], runner->kernel, 1, NULL,
					      &global, NULL, 0, NULL, &event);

	return stress_wait(runner, device, error, event);
}
