/* SPDX-License-Identifier: MIT */
/* Chapter 4.3: partitioning a device. */
#include "conformance/harness.h"
#include <stdlib.h>
#include <string.h>

static bool partition_type(cl_device_partition_property wanted)
{
	cl_device_partition_property list[16] = {0};
	size_t size = 0;
	bool found = false;

	OK(clGetDeviceInfo(conf_device(), CL_DEVICE_PARTITION_PROPERTIES, sizeof list, list,
			   &size));
	for (size_t i = 0; i < size / sizeof *list; i++)
		found |= list[i] == wanted;
	return found;
}

static cl_uint units(cl_device_id device)
{
	cl_uint count = 0;

	OK(clGetDeviceInfo(device, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof count, &count, NULL));
	return count;
}

static void release_all(cl_device_id *devices, cl_uint count)
{
	for (cl_uint i = 0; i < count; i++)
		OK(clReleaseDevice(devices[i]));
}

/* A kernel runs on the sub-device, in a context of its own. */
static void run_on_device(cl_device_id device)
{
	const char *text =
		"kernel void k(global int *o) { o[get_global_id(0)] = get_global_id(0) * 2; }";
	cl_int error, back[100];
	cl_context context = clCreateContext(NULL, 1, &device, NULL, NULL, &error);

	OK(error);
	conf_keep_context(context);
	cl_command_queue queue = clCreateCommandQueueWithProperties(context, device, NULL, &error);

	OK(error);
	conf_keep_queue(queue);
	cl_program program = clCreateProgramWithSource(context, 1, &text, NULL, &error);

	OK(error);
	conf_keep_program(program);
	OK(clBuildProgram(program, 1, &device, NULL, NULL, NULL));
	cl_kernel kernel = conf_kernel_of(program, "k");
	cl_mem mem = clCreateBuffer(context, 0, sizeof back, NULL, &error);

	OK(error);
	conf_keep_mem(mem);
	ARG(kernel, 0, mem);
	conf_run_on(queue, kernel, 100, 0);
	OK(clEnqueueReadBuffer(queue, mem, CL_TRUE, 0, sizeof back, back, 0, NULL, NULL));
	CHECK(back[0] == 0 && back[99] == 198);
}

static void equally(void)
{
	const cl_device_partition_property one_each[] = {CL_DEVICE_PARTITION_EQUALLY, 1, 0};
	cl_device_partition_property back[8] = {0};
	cl_device_id devices[256], parent = NULL;
	cl_uint count = 0, all = units(conf_device()), references = 0;
	size_t size = 0;

	if (!partition_type(CL_DEVICE_PARTITION_EQUALLY))
		SKIP("CL_DEVICE_PARTITION_EQUALLY is not reported");
	OK(clCreateSubDevices(conf_device(), one_each, 0, NULL, &count));
	CHECK_EQ(all, count);
	REQUIRE(count <= LENGTH(devices));
	OK(clCreateSubDevices(conf_device(), one_each, count, devices, NULL));
	for (cl_uint i = 0; i < count; i++) {
		CHECK_EQ(1, units(devices[i]));
		OK(clGetDeviceInfo(devices[i], CL_DEVICE_PARENT_DEVICE, sizeof parent, &parent,
				   NULL));
		CHECK(parent == conf_device());
		OK(clGetDeviceInfo(devices[i], CL_DEVICE_PARTITION_TYPE, sizeof back, back, &size));
		CHECK_EQ(sizeof one_each, size);
		CHECK(!memcmp(back, one_each, sizeof one_each));
		OK(clGetDeviceInfo(devices[i], CL_DEVICE_REFERENCE_COUNT, sizeof references,
				   &references, NULL));
		CHECK_EQ(1, references);
	}
	run_on_device(devices[0]);
	run_on_device(devices[count - 1]);
	release_all(devices, count);
}

static void by_counts(void)
{
	const cl_device_partition_property one[] = {CL_DEVICE_PARTITION_BY_COUNTS, 1,
						    CL_DEVICE_PARTITION_BY_COUNTS_LIST_END, 0};
	cl_device_id device = NULL;
	cl_uint count = 0;

	if (!partition_type(CL_DEVICE_PARTITION_BY_COUNTS))
		SKIP("CL_DEVICE_PARTITION_BY_COUNTS is not reported");
	OK(clCreateSubDevices(conf_device(), one, 1, &device, &count));
	CHECK_EQ(1, count);
	CHECK_EQ(1, units(device));
	run_on_device(device);
	OK(clReleaseDevice(device));
	const cl_device_partition_property much[] = {
		CL_DEVICE_PARTITION_BY_COUNTS,
		(cl_device_partition_property)units(conf_device()) + 1,
		CL_DEVICE_PARTITION_BY_COUNTS_LIST_END, 0};

	CHECK_CL(CL_INVALID_DEVICE_PARTITION_COUNT,
		 clCreateSubDevices(conf_device(), much, 0, NULL, &count));
}

static void by_affinity(void)
{
	const cl_device_partition_property list[] = {CL_DEVICE_PARTITION_BY_AFFINITY_DOMAIN,
						     CL_DEVICE_AFFINITY_DOMAIN_NEXT_PARTITIONABLE,
						     0};
	cl_device_affinity_domain domains = 0;
	cl_device_id devices[64];
	cl_uint count = 0, sum = 0;

	OK(clGetDeviceInfo(conf_device(), CL_DEVICE_PARTITION_AFFINITY_DOMAIN, sizeof domains,
			   &domains, NULL));
	CHECK_EQ(partition_type(CL_DEVICE_PARTITION_BY_AFFINITY_DOMAIN), domains != 0);
	if (!domains)
		return;
	cl_int error = clCreateSubDevices(conf_device(), list, LENGTH(devices), devices, &count);

	CHECK_CL2(CL_SUCCESS, CL_DEVICE_PARTITION_FAILED, error);
	if (error)
		return;
	for (cl_uint i = 0; i < count; i++)
		sum += units(devices[i]);
	CHECK_EQ(units(conf_device()), sum);
	run_on_device(devices[0]);
	release_all(devices, count);
}

/* A sub-device lives while a context of it does, and its data can be shared with its siblings. */
static void siblings_share_context(void)
{
	const cl_device_partition_property one_each[] = {CL_DEVICE_PARTITION_EQUALLY, 1, 0};
	cl_device_id devices[256];
	cl_uint count = 0;
	cl_int error, value = 5, back = 0;

	if (!partition_type(CL_DEVICE_PARTITION_EQUALLY))
		SKIP("CL_DEVICE_PARTITION_EQUALLY is not reported");
	OK(clCreateSubDevices(conf_device(), one_each, LENGTH(devices), devices, &count));
	if (count < 2) {
		release_all(devices, count);
		SKIP("one compute unit");
	}
	cl_context context = clCreateContext(NULL, 2, devices, NULL, NULL, &error);

	OK(error);
	conf_keep_context(context);
	cl_command_queue queues[2];

	for (int i = 0; i < 2; i++) {
		queues[i] = clCreateCommandQueueWithProperties(context, devices[i], NULL, &error);
		OK(error);
		conf_keep_queue(queues[i]);
	}
	release_all(devices, count);
	cl_mem mem = clCreateBuffer(context, 0, sizeof value, NULL, &error);
	cl_event event = NULL;

	OK(error);
	conf_keep_mem(mem);
	OK(clEnqueueWriteBuffer(queues[0], mem, CL_FALSE, 0, sizeof value, &value, 0, NULL,
				&event));
	conf_keep_event(event);
	OK(clFlush(queues[0]));
	OK(clEnqueueReadBuffer(queues[1], mem, CL_TRUE, 0, sizeof back, &back, 1, &event, NULL));
	CHECK_EQ(5, back);
}

static void errors(void)
{
	const cl_device_partition_property unknown[] = {0x7777, 1, 0};
	const cl_device_partition_property zero[] = {CL_DEVICE_PARTITION_EQUALLY, 0, 0};
	const cl_device_partition_property one[] = {CL_DEVICE_PARTITION_EQUALLY, 1, 0};
	const cl_device_partition_property much[] = {CL_DEVICE_PARTITION_EQUALLY, 1 << 20, 0};
	cl_device_id devices[2] = {NULL, NULL};
	cl_uint count = 0;

	CHECK_CL(CL_INVALID_DEVICE, clCreateSubDevices(NULL, one, 0, NULL, &count));
	CHECK_CL(CL_INVALID_VALUE, clCreateSubDevices(conf_device(), NULL, 0, NULL, &count));
	CHECK_CL(CL_INVALID_VALUE, clCreateSubDevices(conf_device(), unknown, 0, NULL, &count));
	if (!partition_type(CL_DEVICE_PARTITION_EQUALLY)) {
		CHECK_CL(CL_INVALID_VALUE, clCreateSubDevices(conf_device(), one, 0, NULL, &count));
		return;
	}
	CHECK_CL2(CL_INVALID_VALUE, CL_INVALID_DEVICE_PARTITION_COUNT,
		  clCreateSubDevices(conf_device(), zero, 0, NULL, &count));
	/* The specification has a reason for each of three errors here. */
	cl_int error = clCreateSubDevices(conf_device(), much, 2, devices, &count);

	CHECKF(error == CL_DEVICE_PARTITION_FAILED || error == CL_INVALID_VALUE ||
		       error == CL_INVALID_DEVICE_PARTITION_COUNT,
	       "too many compute units: error %d", error);
	if (units(conf_device()) > 1)
		CHECK_CL(CL_INVALID_VALUE,
			 clCreateSubDevices(conf_device(), one, 1, devices, NULL));
	CHECK(devices[1] == NULL);
}

CONF_CASES(subdevices) = {
	CASE(equally), CASE(by_counts), CASE(by_affinity), CASE(siblings_share_context),
	CASE(errors),  CASE_END,
};
