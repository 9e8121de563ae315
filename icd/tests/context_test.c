/* SPDX-License-Identifier: MIT */
/* Section 4.4: properties, devices, queries, references and destructor callbacks of contexts. */
#include "icd/platform.h"
#include "icd/tests/fixture.h"

static void CL_CALLBACK notify(const char *info, const void *data, size_t bytes, void *user_data)
{
	(void)info, (void)data, (void)bytes, (void)user_data;
}

/* Both ways to create one give @error. */
static void expect_error(const cl_context_properties *p, cl_int expected)
{
	cl_int error = 1;
	EXPECT(!tern_clCreateContext(p, 1, &device, NULL, NULL, &error) && error == expected);
	error = 1;
	EXPECT(!tern_clCreateContextFromType(p, CL_DEVICE_TYPE_ALL, NULL, NULL, &error) &&
	       error == expected);
}

static void properties(void)
{
	const cl_context_properties platform = (cl_context_properties)tern_icd_platform();
	const cl_context_properties null[] = {CL_CONTEXT_PLATFORM, 0, 0};
	const cl_context_properties foreign[] = {CL_CONTEXT_PLATFORM, 0x1234567, 0};
	const cl_context_properties unknown[] = {0x777, 0, 0};
	const cl_context_properties gl[] = {CL_CONTEXT_PLATFORM, platform, CL_GL_CONTEXT_KHR, 1, 0};
	const cl_context_properties sync[] = {CL_CONTEXT_INTEROP_USER_SYNC, 2, 0};
	const cl_context_properties doubled[] = {CL_CONTEXT_PLATFORM, platform, CL_CONTEXT_PLATFORM,
						 platform, 0};
	const cl_context_properties good[] = {CL_CONTEXT_PLATFORM, platform,
					      CL_CONTEXT_INTEROP_USER_SYNC, CL_TRUE, 0};
	expect_error(null, CL_INVALID_PLATFORM);
	expect_error(foreign, CL_INVALID_PLATFORM);
	expect_error(unknown, CL_INVALID_PROPERTY);
	expect_error(gl, CL_INVALID_PROPERTY);
	expect_error(sync, CL_INVALID_PROPERTY);
	expect_error(doubled, CL_INVALID_PROPERTY);

	cl_context_properties reported[8];
	size_t bytes = 0;
	cl_context made = tern_clCreateContext(good, 1, &device, notify, NULL, NULL);
	REQUIRE(made);
	EXPECT(!tern_clGetContextInfo(made, CL_CONTEXT_PROPERTIES, sizeof(reported), reported,
				      &bytes));
	EXPECT(bytes == sizeof(good) && !memcmp(good, reported, bytes));
	EXPECT(!tern_clReleaseContext(made));
	EXPECT(!tern_clGetContextInfo(context, CL_CONTEXT_PROPERTIES, sizeof(reported), reported,
				      &bytes));
	EXPECT(bytes == 0);
}

static void devices(void)
{
	cl_device_id with_null[2] = {device, NULL}, twice[2] = {device, device}, reported[4];
	cl_uint n = 0;
	size_t bytes = 0;
	cl_int error = 1;
	EXPECT(!tern_clCreateContext(NULL, 0, &device, NULL, NULL, &error) &&
	       error == CL_INVALID_VALUE);
	EXPECT(!tern_clCreateContext(NULL, 1, NULL, NULL, NULL, &error) &&
	       error == CL_INVALID_VALUE);
	EXPECT(!tern_clCreateContext(NULL, 1, &device, NULL, &n, &error) &&
	       error == CL_INVALID_VALUE);
	EXPECT(!tern_clCreateContext(NULL, 2, with_null, NULL, NULL, &error) &&
	       error == CL_INVALID_DEVICE);
	EXPECT(!tern_clCreateContextFromType(NULL, CL_DEVICE_TYPE_GPU, NULL, NULL, &error) &&
	       error == CL_DEVICE_NOT_FOUND);
	EXPECT(!tern_clCreateContextFromType(NULL, 0, NULL, NULL, &error) &&
	       error == CL_INVALID_DEVICE_TYPE);
	EXPECT(!tern_clCreateContextFromType(NULL, CL_DEVICE_TYPE_ALL, NULL, &n, &error) &&
	       error == CL_INVALID_VALUE);
	cl_context made = tern_clCreateContext(NULL, 2, twice, NULL, NULL, &error);
	REQUIRE(made && !error);
	EXPECT(!tern_clGetContextInfo(made, CL_CONTEXT_NUM_DEVICES, sizeof(n), &n, NULL) && n == 1);
	EXPECT(!tern_clGetContextInfo(made, CL_CONTEXT_DEVICES, sizeof(reported), reported,
				      &bytes));
	EXPECT(bytes == sizeof(cl_device_id) && reported[0] == device);
	EXPECT(!tern_clReleaseContext(made));
}

static int order[3], called;

static void CL_CALLBACK destructor(cl_context which, void *data)
{
	(void)which;
	order[called++] = *(int *)data;
}

static cl_uint references(cl_context c)
{
	cl_uint n = 0;
	REQUIRE(!tern_clGetContextInfo(c, CL_CONTEXT_REFERENCE_COUNT, sizeof(n), &n, NULL));
	return n;
}

static void lifetime(void)
{
	int one = 1, two = 2;
	EXPECT(tern_clRetainContext(NULL) == CL_INVALID_CONTEXT);
	EXPECT(tern_clReleaseContext(NULL) == CL_INVALID_CONTEXT);
	EXPECT(tern_clRetainContext((cl_context)device) == CL_INVALID_CONTEXT);
	EXPECT(tern_clGetContextInfo(NULL, CL_CONTEXT_DEVICES, 0, NULL, NULL) ==
	       CL_INVALID_CONTEXT);
	EXPECT(tern_clGetContextInfo(context, 0, 0, NULL, NULL) == CL_INVALID_VALUE);
	EXPECT(tern_clSetContextDestructorCallback(NULL, destructor, &one) == CL_INVALID_CONTEXT);
	EXPECT(tern_clSetContextDestructorCallback(context, NULL, &one) == CL_INVALID_VALUE);
	cl_context made = tern_clCreateContext(NULL, 1, &device, NULL, NULL, NULL);
	REQUIRE(made);
	EXPECT(!tern_clSetContextDestructorCallback(made, destructor, &one));
	EXPECT(!tern_clSetContextDestructorCallback(made, destructor, &two));
	cl_command_queue q = tern_clCreateCommandQueueWithProperties(made, device, NULL, NULL);
	REQUIRE(q);
	EXPECT(references(made) == 1); /* what the runtime holds does not count */
	EXPECT(!tern_clRetainContext(made) && references(made) == 2);
	EXPECT(!tern_clReleaseContext(made) && references(made) == 1);
	EXPECT(!tern_clReleaseContext(made) && called == 0); /* the queue keeps it */
	EXPECT(!tern_clReleaseCommandQueue(q));
	EXPECT(called == 2 && order[0] == 2 && order[1] == 1);
}

int main(void)
{
	fixture_begin();
	properties();
	devices();
	lifetime();
	fixture_end();
	return test_result();
}
