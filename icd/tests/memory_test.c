/* SPDX-License-Identifier: MIT */
/* Sections 5.2.1, 5.5.1, 5.5.5: creating, releasing and querying buffers. */
#include <pthread.h>
#include <unistd.h>

#include "icd/tests/fixture.h"

static cl_int create_error(cl_mem_flags flags, size_t size, void *host_ptr)
{
	cl_int error = 1;
	cl_mem m = tern_clCreateBuffer(context, flags, size, host_ptr, &error);
	EXPECT(!m == !!error);
	if (m)
		EXPECT(!tern_clReleaseMemObject(m));
	return error;
}

static void flags(void)
{
	static const struct {
		cl_mem_flags flags;
		bool pointer;
		cl_int error;
	} cases[] = {
		{0, false, CL_SUCCESS},
		{CL_MEM_READ_WRITE, false, CL_SUCCESS},
		{CL_MEM_READ_ONLY | CL_MEM_HOST_NO_ACCESS, false, CL_SUCCESS},
		{CL_MEM_WRITE_ONLY | CL_MEM_HOST_READ_ONLY, false, CL_SUCCESS},
		{CL_MEM_READ_WRITE | CL_MEM_READ_ONLY, false, CL_INVALID_VALUE},
		{CL_MEM_READ_WRITE | CL_MEM_WRITE_ONLY, false, CL_INVALID_VALUE},
		{CL_MEM_WRITE_ONLY | CL_MEM_READ_ONLY, false, CL_INVALID_VALUE},
		{CL_MEM_HOST_WRITE_ONLY | CL_MEM_HOST_READ_ONLY, false, CL_INVALID_VALUE},
		{CL_MEM_HOST_WRITE_ONLY | CL_MEM_HOST_NO_ACCESS, false, CL_INVALID_VALUE},
		{CL_MEM_HOST_READ_ONLY | CL_MEM_HOST_NO_ACCESS, false, CL_INVALID_VALUE},
		{CL_MEM_USE_HOST_PTR, true, CL_SUCCESS},
		{CL_MEM_COPY_HOST_PTR, true, CL_SUCCESS},
		{CL_MEM_ALLOC_HOST_PTR, false, CL_SUCCESS},
		{CL_MEM_ALLOC_HOST_PTR | CL_MEM_COPY_HOST_PTR, true, CL_SUCCESS},
		{CL_MEM_USE_HOST_PTR | CL_MEM_COPY_HOST_PTR, true, CL_INVALID_VALUE},
		{CL_MEM_USE_HOST_PTR | CL_MEM_ALLOC_HOST_PTR, true, CL_INVALID_VALUE},
		{CL_MEM_USE_HOST_PTR, false, CL_INVALID_HOST_PTR},
		{CL_MEM_COPY_HOST_PTR, false, CL_INVALID_HOST_PTR},
		{CL_MEM_ALLOC_HOST_PTR, true, CL_INVALID_HOST_PTR},
		{CL_MEM_READ_WRITE, true, CL_INVALID_HOST_PTR},
		{CL_MEM_KERNEL_READ_AND_WRITE, false, CL_INVALID_VALUE},
		{CL_MEM_SVM_FINE_GRAIN_BUFFER, false, CL_INVALID_VALUE},
		{(cl_mem_flags)1 << 40, false, CL_INVALID_VALUE},
	};
	char data[64] = {0};
	for (unsigned i = 0; i < tern_array_size(cases); i++) {
		cl_int error =
			create_error(cases[i].flags, sizeof(data), cases[i].pointer ? data : NULL);
		EXPECT(error == cases[i].error);
	}
}

static void sizes_and_properties(void)
{
	cl_ulong most = 0;
	cl_int error = 0;
	cl_mem_properties none[] = {0}, bad[] = {CL_MEM_SIZE, 1, 0}, got[4];
	size_t bytes = 99;
	REQUIRE(!tern_clGetDeviceInfo(device, CL_DEVICE_MAX_MEM_ALLOC_SIZE, sizeof(most), &most,
				      NULL));
	EXPECT(create_error(0, 0, NULL) == CL_INVALID_BUFFER_SIZE);
	EXPECT(create_error(0, most + 1, NULL) == CL_INVALID_BUFFER_SIZE);
	EXPECT(create_error(0, SIZE_MAX, NULL) == CL_INVALID_BUFFER_SIZE);
	EXPECT(create_error(CL_MEM_USE_HOST_PTR, 1000, (void *)(UINTPTR_MAX - 10)) ==
	       CL_INVALID_HOST_PTR);
	EXPECT(!tern_clCreateBuffer(NULL, 0, 10, NULL, &error) && error == CL_INVALID_CONTEXT);
	EXPECT(!tern_clCreateBuffer((cl_context)queue, 0, 10, NULL, NULL));
	EXPECT(!tern_clCreateBufferWithProperties(context, bad, 0, 10, NULL, &error));
	EXPECT(error == CL_INVALID_PROPERTY);

	cl_mem m = tern_clCreateBufferWithProperties(context, none, 0, 10, NULL, &error);
	REQUIRE(m && !error);
	EXPECT(!tern_clGetMemObjectInfo(m, CL_MEM_PROPERTIES, sizeof(got), got, &bytes));
	EXPECT(bytes == sizeof(none) && got[0] == 0);
	EXPECT(!tern_clReleaseMemObject(m));
	m = tern_clCreateBufferWithProperties(context, NULL, 0, 10, NULL, &error);
	REQUIRE(m && !error);
	EXPECT(!tern_clGetMemObjectInfo(m, CL_MEM_PROPERTIES, 0, NULL, &bytes) && bytes == 0);
	EXPECT(!tern_clReleaseMemObject(m));
}

static void no_copy(void)
{
	static unsigned char data[1000];
	cl_int error;
	for (unsigned shift = 0; shift < 9; shift++) { /* unaligned ones too */
		cl_mem m = make_buffer(CL_MEM_USE_HOST_PTR, 500, data + shift);
		void *p = tern_clEnqueueMapBuffer(queue, m, CL_TRUE, CL_MAP_READ, 7, 100, 0, NULL,
						  NULL, &error);
		EXPECT(p == data + shift + 7 && !error);
		EXPECT(!tern_clEnqueueUnmapMemObject(queue, m, p, 0, NULL, NULL));
		EXPECT(!tern_clReleaseMemObject(m));
	}
	memset(data, 5, sizeof(data));
	cl_mem m = make_buffer(CL_MEM_COPY_HOST_PTR, sizeof(data), data);
	memset(data, 6, sizeof(data));
	EXPECT(!tern_clEnqueueReadBuffer(queue, m, CL_TRUE, 0, sizeof(data), data, 0, NULL, NULL));
	EXPECT(data[0] == 5 && data[999] == 5);
	EXPECT(!tern_clReleaseMemObject(m));
}

static cl_int sub_error(cl_mem buffer, cl_mem_flags flags, size_t origin, size_t size)
{
	cl_int error = 1;
	cl_buffer_region region = {origin, size};
	cl_mem m = tern_clCreateSubBuffer(buffer, flags, CL_BUFFER_CREATE_TYPE_REGION, &region,
					  &error);
	EXPECT(!m == !!error);
	if (m)
		EXPECT(!tern_clReleaseMemObject(m));
	return error;
}

static void sub_buffers(void)
{
	cl_int error;
	cl_buffer_region region = {0, 128};
	cl_mem b = make_buffer(CL_MEM_READ_WRITE, 1024, NULL);
	EXPECT(sub_error(b, 0, 128, 128) == CL_SUCCESS);
	EXPECT(sub_error(b, 0, 896, 128) == CL_SUCCESS);
	EXPECT(sub_error(b, 0, 896, 129) == CL_INVALID_VALUE);
	EXPECT(sub_error(b, 0, 2048, 1) == CL_INVALID_VALUE);
	EXPECT(sub_error(b, 0, 128, SIZE_MAX - 64) == CL_INVALID_VALUE);
	EXPECT(sub_error(b, 0, 128, 0) == CL_INVALID_BUFFER_SIZE);
	EXPECT(sub_error(b, 0, 64, 128) == CL_MISALIGNED_SUB_BUFFER_OFFSET);
	EXPECT(sub_error(b, CL_MEM_USE_HOST_PTR, 0, 128) == CL_INVALID_VALUE);
	EXPECT(sub_error(b, CL_MEM_ALLOC_HOST_PTR, 0, 128) == CL_INVALID_VALUE);
	EXPECT(sub_error(b, CL_MEM_COPY_HOST_PTR, 0, 128) == CL_INVALID_VALUE);
	EXPECT(sub_error(b, CL_MEM_READ_ONLY | CL_MEM_WRITE_ONLY, 0, 128) == CL_INVALID_VALUE);
	EXPECT(sub_error(NULL, 0, 0, 128) == CL_INVALID_MEM_OBJECT);
	EXPECT(!tern_clCreateSubBuffer(b, 0, 0, &region, &error) && error == CL_INVALID_VALUE);
	EXPECT(!tern_clCreateSubBuffer(b, 0, CL_BUFFER_CREATE_TYPE_REGION, NULL, &error));
	EXPECT(error == CL_INVALID_VALUE);

	cl_mem s = make_sub(b, CL_MEM_READ_ONLY, 256, 256);
	EXPECT(sub_error(s, 0, 0, 128) == CL_INVALID_MEM_OBJECT);
	cl_mem associated = NULL;
	size_t offset = 0;
	EXPECT(!tern_clGetMemObjectInfo(s, CL_MEM_ASSOCIATED_MEMOBJECT, sizeof(cl_mem), &associated,
					NULL));
	EXPECT(associated == b);
	EXPECT(!tern_clGetMemObjectInfo(s, CL_MEM_OFFSET, sizeof(offset), &offset, NULL));
	EXPECT(offset == 256);
	/* the sub-buffer keeps the bytes */
	unsigned char c = 77;
	EXPECT(!tern_clReleaseMemObject(b));
	EXPECT(!tern_clEnqueueWriteBuffer(queue, s, CL_TRUE, 3, 1, &c, 0, NULL, NULL));
	EXPECT(!tern_clReleaseMemObject(s));
}

static void inherited_flags(void)
{
	static const struct {
		cl_mem_flags buffer, sub, result; /* result 0: CL_INVALID_VALUE */
	} cases[] = {
		{CL_MEM_READ_ONLY, 0, CL_MEM_READ_ONLY},
		{CL_MEM_READ_WRITE, CL_MEM_WRITE_ONLY, CL_MEM_WRITE_ONLY},
		{CL_MEM_WRITE_ONLY, CL_MEM_READ_ONLY, 0},
		{CL_MEM_WRITE_ONLY, CL_MEM_READ_WRITE, 0},
		{CL_MEM_READ_ONLY, CL_MEM_WRITE_ONLY, 0},
		{CL_MEM_READ_ONLY, CL_MEM_READ_WRITE, 0},
		{CL_MEM_HOST_WRITE_ONLY, CL_MEM_HOST_READ_ONLY, 0},
		{CL_MEM_HOST_READ_ONLY, CL_MEM_HOST_WRITE_ONLY, 0},
		{CL_MEM_HOST_NO_ACCESS, CL_MEM_HOST_READ_ONLY, 0},
		{CL_MEM_HOST_NO_ACCESS, CL_MEM_HOST_WRITE_ONLY, 0},
		{CL_MEM_HOST_READ_ONLY, CL_MEM_HOST_NO_ACCESS, CL_MEM_HOST_NO_ACCESS},
		{CL_MEM_READ_WRITE | CL_MEM_HOST_READ_ONLY | CL_MEM_ALLOC_HOST_PTR,
		 CL_MEM_READ_ONLY,
		 CL_MEM_READ_ONLY | CL_MEM_HOST_READ_ONLY | CL_MEM_ALLOC_HOST_PTR},
	};
	for (unsigned i = 0; i < tern_array_size(cases); i++) {
		cl_mem b = make_buffer(cases[i].buffer, 256, NULL);
		cl_mem_flags got = 0;
		if (!cases[i].result) {
			EXPECT(sub_error(b, cases[i].sub, 0, 128) == CL_INVALID_VALUE);
		} else {
			cl_mem s = make_sub(b, cases[i].sub, 0, 128);
			EXPECT(!tern_clGetMemObjectInfo(s, CL_MEM_FLAGS, sizeof(got), &got, NULL));
			EXPECT(got == cases[i].result);
			EXPECT(!tern_clReleaseMemObject(s));
		}
		EXPECT(!tern_clReleaseMemObject(b));
	}
}

static void svm_pointers(void)
{
	char *p = tern_clSVMAlloc(context, CL_MEM_READ_WRITE, 1000, 0);
	REQUIRE(p);
	EXPECT(create_error(CL_MEM_USE_HOST_PTR, 1001, p) == CL_INVALID_BUFFER_SIZE);
	EXPECT(create_error(CL_MEM_COPY_HOST_PTR, 1001, p) == CL_INVALID_BUFFER_SIZE);
	EXPECT(create_error(CL_MEM_USE_HOST_PTR, 901, p + 100) == CL_INVALID_BUFFER_SIZE);
	cl_mem b = make_buffer(CL_MEM_USE_HOST_PTR, 1000, p);
	cl_mem s = make_sub(b, 0, 128, 100);
	cl_mem plain = make_buffer(0, 1000, NULL);
	void *host = NULL;
	EXPECT(memory_uint(b, CL_MEM_USES_SVM_POINTER) == CL_TRUE);
	EXPECT(memory_uint(s, CL_MEM_USES_SVM_POINTER) == CL_TRUE);
	EXPECT(memory_uint(plain, CL_MEM_USES_SVM_POINTER) == CL_FALSE);
	EXPECT(!tern_clGetMemObjectInfo(s, CL_MEM_HOST_PTR, sizeof(host), &host, NULL));
	EXPECT(host == p + 128);
	EXPECT(!tern_clReleaseMemObject(plain));
	EXPECT(!tern_clReleaseMemObject(s));
	EXPECT(!tern_clReleaseMemObject(b));
	tern_clSVMFree(context, p);
}

static void references(void)
{
	cl_mem m = make_buffer(0, 100, NULL);
	EXPECT(memory_uint(m, CL_MEM_REFERENCE_COUNT) == 1);
	EXPECT(!tern_clRetainMemObject(m));
	EXPECT(memory_uint(m, CL_MEM_REFERENCE_COUNT) == 2);
	EXPECT(!tern_clReleaseMemObject(m));
	EXPECT(!tern_clReleaseMemObject(m));
	EXPECT(tern_clRetainMemObject(NULL) == CL_INVALID_MEM_OBJECT);
	EXPECT(tern_clReleaseMemObject((cl_mem)context) == CL_INVALID_MEM_OBJECT);
	size_t size;
	m = make_buffer(0, 100, NULL);
	EXPECT(tern_clGetMemObjectInfo(m, 0x1234, sizeof(size), &size, NULL) == CL_INVALID_VALUE);
	EXPECT(tern_clGetMemObjectInfo(m, CL_MEM_SIZE, 1, &size, NULL) == CL_INVALID_VALUE);
	EXPECT(!tern_clReleaseMemObject(m));
}

static _Atomic int calls[3];
static _Atomic int call_count;
static _Atomic pthread_t call_thread;

static void CL_CALLBACK called(cl_mem memory, void *data)
{
	EXPECT(memory);
	call_thread = pthread_self();
	calls[(intptr_t)data] = ++call_count;
}

static void destructors(void)
{
	cl_mem m = make_buffer(0, 100, NULL);
	EXPECT(tern_clSetMemObjectDestructorCallback(m, NULL, NULL) == CL_INVALID_VALUE);
	EXPECT(tern_clSetMemObjectDestructorCallback(NULL, called, NULL) == CL_INVALID_MEM_OBJECT);
	for (intptr_t i = 0; i < 3; i++)
		EXPECT(!tern_clSetMemObjectDestructorCallback(m, called, (void *)i));
	EXPECT(!tern_clRetainMemObject(m));
	EXPECT(!tern_clReleaseMemObject(m));
	EXPECT(call_count == 0);
	EXPECT(!tern_clReleaseMemObject(m));
	EXPECT(calls[2] == 1 && calls[1] == 2 && calls[0] == 3);
	EXPECT(call_thread == pthread_self());
}

/* A command holds the last reference: the callback must not run in the middle of an API call. */
static void destructor_after_command(void)
{
	char data[100];
	cl_mem m = make_buffer(0, 100, NULL);
	cl_event gate = make_user_event(), done = NULL;
	call_count = 0;
	EXPECT(!tern_clSetMemObjectDestructorCallback(m, called, NULL));
	EXPECT(!tern_clEnqueueReadBuffer(queue, m, CL_FALSE, 0, 100, data, 1, &gate, &done));
	EXPECT(!tern_clReleaseMemObject(m));
	EXPECT(call_count == 0);
	EXPECT(!tern_clSetUserEventStatus(gate, CL_COMPLETE));
	EXPECT(!tern_clWaitForEvents(1, &done));
	for (unsigned i = 0; i < 5000 && !call_count; i++)
		usleep(1000);
	EXPECT(call_count == 1 && call_thread != pthread_self());
	EXPECT(!tern_clReleaseEvent(gate));
	EXPECT(!tern_clReleaseEvent(done));
}

/* Every allocation on the way fails in turn. */
static void failures(void)
{
	static const cl_mem_properties none[] = {0};
	static char data[3u << 20];
	cl_int error = 0;
	cl_mem m = NULL, s = NULL;
	for (unsigned n = 1; !m; n++) {
		tern_fault_arm(n, true);
		m = tern_clCreateBufferWithProperties(context, none, CL_MEM_COPY_HOST_PTR,
						      sizeof(data), data, &error);
		tern_fault_arm(0, false);
		EXPECT(m       ? !error && n >= 4
		       : n < 3 ? error == CL_OUT_OF_HOST_MEMORY
			       : error == CL_MEM_OBJECT_ALLOCATION_FAILURE);
	}
	cl_buffer_region region = {0, 128};
	tern_fault_arm(1, true);
	EXPECT(!tern_clCreateSubBuffer(m, 0, CL_BUFFER_CREATE_TYPE_REGION, &region, &error));
	EXPECT(error == CL_OUT_OF_HOST_MEMORY);
	EXPECT(tern_clSetMemObjectDestructorCallback(m, called, NULL) == CL_OUT_OF_HOST_MEMORY);
	tern_fault_arm(0, false);
	s = make_sub(m, 0, 0, 128);
	EXPECT(!tern_clReleaseMemObject(m));
	EXPECT(!tern_clReleaseMemObject(s));
}

int main(void)
{
	fixture_begin();
	flags();
	sizes_and_properties();
	no_copy();
	sub_buffers();
	inherited_flags();
	svm_pointers();
	references();
	destructors();
	destructor_after_command();
	failures();
	fixture_end();
	return test_result();
}
