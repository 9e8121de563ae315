/* SPDX-License-Identifier: MIT */
/* Sections 5.2.2, 5.2.3: reads, writes, copies, rectangles and fills; errors, data, events. */
#include "icd/tests/fixture.h"

#define READ(m, offset, size, ptr)                                                                 \
	tern_clEnqueueReadBuffer(queue, m, CL_TRUE, offset, size, ptr, 0, NULL, NULL)
#define WRITE(m, offset, size, ptr)                                                                \
	tern_clEnqueueWriteBuffer(queue, m, CL_TRUE, offset, size, ptr, 0, NULL, NULL)

static unsigned char data[1024], back[1024];

static void pattern(void)
{
	for (unsigned i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)(i * 7 + i / 256);
}

static void linear(void)
{
	cl_mem m = make_buffer(0, 1024, NULL);
	cl_event e = NULL;
	EXPECT(!WRITE(m, 0, 1024, data));
	memset(back, 0, sizeof(back));
	EXPECT(!READ(m, 100, 50, back + 10));
	EXPECT(!memcmp(back + 10, data + 100, 50) && !back[9] && !back[60]);
	EXPECT(!READ(m, 1024, 0, back)); /* nothing at the very end */
	EXPECT(READ(m, 1024, 1, back) == CL_INVALID_VALUE);
	EXPECT(READ(m, 1, 1024, back) == CL_INVALID_VALUE);
	EXPECT(READ(m, 2, SIZE_MAX, back) == CL_INVALID_VALUE);
	EXPECT(WRITE(m, SIZE_MAX, 2, back) == CL_INVALID_VALUE);
	EXPECT(READ(m, 0, 4, NULL) == CL_INVALID_VALUE);
	EXPECT(WRITE(m, 0, 4, NULL) == CL_INVALID_VALUE);
	EXPECT(READ(NULL, 0, 4, back) == CL_INVALID_MEM_OBJECT);
	EXPECT(READ((cl_mem)queue, 0, 4, back) == CL_INVALID_MEM_OBJECT);
	EXPECT(tern_clEnqueueReadBuffer(NULL, m, CL_TRUE, 0, 4, back, 0, NULL, NULL) ==
	       CL_INVALID_COMMAND_QUEUE);
	EXPECT(tern_clEnqueueReadBuffer(other_queue, m, CL_TRUE, 0, 4, back, 0, NULL, NULL) ==
	       CL_INVALID_CONTEXT);
	EXPECT(tern_clEnqueueReadBuffer(queue, m, CL_TRUE, 0, 4, back, 1, NULL, NULL) ==
	       CL_INVALID_EVENT_WAIT_LIST);
	EXPECT(tern_clEnqueueReadBuffer(queue, m, CL_TRUE, 0, 4, back, 0, &e, NULL) ==
	       CL_INVALID_EVENT_WAIT_LIST);
	EXPECT(!tern_clEnqueueReadBuffer(queue, m, CL_FALSE, 0, 1024, back, 0, NULL, &e));
	EXPECT(e && !tern_clWaitForEvents(1, &e) && event_type(e) == CL_COMMAND_READ_BUFFER);
	EXPECT(!memcmp(back, data, 1024));
	EXPECT(!tern_clReleaseEvent(e));
	EXPECT(!tern_clReleaseMemObject(m));
}

/* USE_HOST_PTR: reading into and writing from the buffer's own bytes. */
static void own_bytes(void)
{
	cl_mem m = make_buffer(CL_MEM_USE_HOST_PTR, 1024, data);
	EXPECT(!READ(m, 0, 1024, data));
	EXPECT(!WRITE(m, 16, 100, data + 16));
	EXPECT(!tern_clReleaseMemObject(m));
}

static void host_access(void)
{
	static const struct {
		cl_mem_flags flags;
		bool read, write;
	} cases[] = {{0, true, true},
		     {CL_MEM_HOST_READ_ONLY, true, false},
		     {CL_MEM_HOST_WRITE_ONLY, false, true},
		     {CL_MEM_HOST_NO_ACCESS, false, false}};
	size_t origin[3] = {0, 0, 0}, region[3] = {4, 2, 1};
	for (unsigned i = 0; i < tern_array_size(cases); i++) {
		cl_mem m = make_buffer(cases[i].flags, 64, NULL);
		cl_int read = cases[i].read ? CL_SUCCESS : CL_INVALID_OPERATION;
		cl_int write = cases[i].write ? CL_SUCCESS : CL_INVALID_OPERATION;
		EXPECT(WRITE(m, 0, 4, data) == write);
		EXPECT(READ(m, 0, 4, back) == read);
		EXPECT(tern_clEnqueueReadBufferRect(queue, m, CL_TRUE, origin, origin, region, 0, 0,
						    0, 0, back, 0, NULL, NULL) == read);
		EXPECT(tern_clEnqueueWriteBufferRect(queue, m, CL_TRUE, origin, origin, region, 0,
						     0, 0, 0, data, 0, NULL, NULL) == write);
		/* these do not count as the host's accesses */
		EXPECT(!tern_clEnqueueFillBuffer(queue, m, data, 1, 0, 64, 0, NULL, NULL));
		EXPECT(!tern_clEnqueueCopyBuffer(queue, m, m, 0, 32, 32, 0, NULL, NULL));
		EXPECT(!tern_clFinish(queue));
		EXPECT(!tern_clReleaseMemObject(m));
	}
}

static cl_int copy(cl_mem src, cl_mem dst, size_t from, size_t to, size_t size)
{
	return tern_clEnqueueCopyBuffer(queue, src, dst, from, to, size, 0, NULL, NULL);
}

static void copies(void)
{
	cl_mem a = make_buffer(0, 1024, NULL), b = make_buffer(0, 512, NULL);
	cl_mem s = make_sub(a, 0, 128, 256), t = make_sub(a, 0, 256, 256);
	EXPECT(!WRITE(a, 0, 1024, data));
	EXPECT(!copy(a, b, 500, 12, 500) && !READ(b, 12, 500, back));
	EXPECT(!memcmp(back, data + 500, 500));
	EXPECT(copy(a, b, 0, 0, 513) == CL_INVALID_VALUE);
	EXPECT(copy(b, a, 1, 0, 512) == CL_INVALID_VALUE);
	EXPECT(copy(NULL, a, 0, 0, 1) == CL_INVALID_MEM_OBJECT);
	EXPECT(copy(a, NULL, 0, 0, 1) == CL_INVALID_MEM_OBJECT);
	/* within one buffer */
	EXPECT(!copy(a, a, 0, 512, 512));
	EXPECT(copy(a, a, 0, 511, 512) == CL_MEM_COPY_OVERLAP);
	EXPECT(copy(a, a, 511, 0, 512) == CL_MEM_COPY_OVERLAP);
	EXPECT(copy(a, a, 3, 3, 1) == CL_MEM_COPY_OVERLAP);
	EXPECT(!copy(a, a, 3, 3, 0));
	/* sub-buffers of one buffer, at 128..383 and 256..511 of it */
	EXPECT(!copy(s, t, 0, 128, 128));
	EXPECT(copy(s, t, 128, 0, 128) == CL_MEM_COPY_OVERLAP);
	EXPECT(copy(s, t, 0, 0, 129) == CL_MEM_COPY_OVERLAP);
	EXPECT(copy(a, s, 0, 0, 129) == CL_MEM_COPY_OVERLAP);
	EXPECT(!copy(a, s, 0, 0, 128));
	EXPECT(!tern_clFinish(queue));
	EXPECT(!tern_clReleaseMemObject(s));
	EXPECT(!tern_clReleaseMemObject(t));
	EXPECT(!tern_clReleaseMemObject(a));
	EXPECT(!tern_clReleaseMemObject(b));
}

static void rectangles(void)
{
	cl_mem m = make_buffer(0, 1024, NULL);
	size_t from[3] = {3, 2, 1}, to[3] = {1, 1, 0}, region[3] = {5, 3, 2}, zero[3] = {5, 0, 2};
	EXPECT(!WRITE(m, 0, 1024, data));
	memset(back, 0, sizeof(back));
	EXPECT(!tern_clEnqueueReadBufferRect(queue, m, CL_TRUE, from, to, region, 16, 128, 8, 64,
					     back, 0, NULL, NULL));
	for (size_t z = 0; z < 2; z++)
		for (size_t y = 0; y < 3; y++)
			for (size_t x = 0; x < 5; x++)
				EXPECT(back[z * 64 + (y + 1) * 8 + x + 1] ==
				       data[(z + 1) * 128 + (y + 2) * 16 + x + 3]);
	EXPECT(!back[8] && !back[14]);
	EXPECT(!tern_clEnqueueWriteBufferRect(queue, m, CL_TRUE, from, to, region, 16, 128, 8, 64,
					      back, 0, NULL, NULL));
	EXPECT(!READ(m, 0, 1024, back) && !memcmp(back, data, 1024));

#define RECT(o, h, r, brow, bslice, hrow, hslice, p)                                               \
	tern_clEnqueueReadBufferRect(queue, m, CL_TRUE, o, h, r, brow, bslice, hrow, hslice, p, 0, \
				     NULL, NULL)
	EXPECT(RECT(NULL, to, region, 0, 0, 0, 0, back) == CL_INVALID_VALUE);
	EXPECT(RECT(from, NULL, region, 0, 0, 0, 0, back) == CL_INVALID_VALUE);
	EXPECT(RECT(from, to, NULL, 0, 0, 0, 0, back) == CL_INVALID_VALUE);
	EXPECT(RECT(from, to, zero, 0, 0, 0, 0, back) == CL_INVALID_VALUE);
	EXPECT(RECT(from, to, region, 0, 0, 0, 0, NULL) == CL_INVALID_VALUE);
	EXPECT(RECT(from, to, region, 4, 0, 0, 0, back) == CL_INVALID_VALUE);
	EXPECT(RECT(from, to, region, 16, 47, 0, 0, back) == CL_INVALID_VALUE);
	EXPECT(RECT(from, to, region, 16, 56, 0, 0, back) == CL_INVALID_VALUE);
	EXPECT(RECT(from, to, region, 0, 0, 4, 0, back) == CL_INVALID_VALUE);
	EXPECT(RECT(from, to, region, 0, 0, 8, 30, back) == CL_INVALID_VALUE);
	EXPECT(RECT(from, to, region, 16, 512, 0, 0, back) == CL_INVALID_VALUE);
	EXPECT(RECT(from, to, region, SIZE_MAX, 0, 0, 0, back) == CL_INVALID_VALUE);
	EXPECT(RECT(from, to, region, 0, 0, SIZE_MAX / 4, 0, back) == CL_INVALID_VALUE);
#undef RECT
	EXPECT(!tern_clReleaseMemObject(m));
}

static cl_int copy_rect(cl_mem src, cl_mem dst, size_t sx, size_t sy, size_t dx, size_t dy,
			size_t w, size_t h, size_t src_row, size_t dst_row)
{
	size_t from[3] = {sx, sy, 0}, to[3] = {dx, dy, 0}, region[3] = {w, h, 1};
	return tern_clEnqueueCopyBufferRect(queue, src, dst, from, to, region, src_row, 0, dst_row,
					    0, 0, NULL, NULL);
}

static void rectangle_copies(void)
{
	cl_mem a = make_buffer(0, 1024, NULL), b = make_buffer(0, 1024, NULL);
	cl_mem s = make_sub(a, 0, 0, 512), t = make_sub(a, 0, 512, 512);
	EXPECT(!WRITE(a, 0, 1024, data));
	EXPECT(!copy_rect(a, b, 1, 2, 3, 4, 8, 4, 32, 16) && !READ(b, 0, 1024, back));
	for (size_t y = 0; y < 4; y++)
		EXPECT(!memcmp(back + (y + 4) * 16 + 3, data + (y + 2) * 32 + 1, 8));
	/* in one buffer: side by side is no overlap */
	EXPECT(!copy_rect(a, a, 0, 0, 16, 0, 16, 8, 32, 32));
	EXPECT(!copy_rect(a, a, 0, 0, 16, 3, 16, 8, 32, 32));
	EXPECT(copy_rect(a, a, 0, 0, 15, 3, 16, 8, 32, 32) == CL_MEM_COPY_OVERLAP);
	EXPECT(copy_rect(a, a, 0, 0, 0, 7, 16, 8, 32, 32) == CL_MEM_COPY_OVERLAP);
	EXPECT(!copy_rect(a, a, 0, 0, 0, 8, 16, 8, 32, 32));
	EXPECT(copy_rect(a, a, 0, 0, 0, 16, 16, 8, 32, 16) == CL_INVALID_VALUE);
	EXPECT(!copy_rect(s, t, 0, 0, 0, 0, 16, 8, 32, 32));
	EXPECT(copy_rect(a, t, 0, 16, 0, 0, 16, 8, 32, 32) == CL_MEM_COPY_OVERLAP);
	EXPECT(copy_rect(s, t, 0, 9, 0, 0, 16, 8, 32, 32) == CL_INVALID_VALUE);
	EXPECT(!tern_clFinish(queue));
	EXPECT(!tern_clReleaseMemObject(s));
	EXPECT(!tern_clReleaseMemObject(t));
	EXPECT(!tern_clReleaseMemObject(a));
	EXPECT(!tern_clReleaseMemObject(b));
}

static cl_int fill(cl_mem m, const void *p, size_t bytes, size_t offset, size_t size)
{
	return tern_clEnqueueFillBuffer(queue, m, p, bytes, offset, size, 0, NULL, NULL);
}

static void fills(void)
{
	cl_mem m = make_buffer(0, 1024, NULL);
	for (size_t bytes = 1; bytes <= 128; bytes *= 2) {
		EXPECT(!fill(m, data + 5, bytes, 0, 1024));
		EXPECT(!fill(m, data + 99, bytes, bytes, 3 * bytes));
		EXPECT(!READ(m, 0, 1024, back));
		for (size_t i = 0; i < 1024; i += bytes) {
			bool second = i >= bytes && i < 4 * bytes;
			EXPECT(!memcmp(back + i, data + (second ? 99 : 5), bytes));
		}
		EXPECT(bytes == 1 || fill(m, data, bytes, 1, bytes) == CL_INVALID_VALUE);
		EXPECT(bytes == 1 || fill(m, data, bytes, 0, bytes + 1) == CL_INVALID_VALUE);
	}
	EXPECT(fill(m, data, 0, 0, 16) == CL_INVALID_VALUE);
	EXPECT(fill(m, data, 3, 0, 12) == CL_INVALID_VALUE);
	EXPECT(fill(m, data, 256, 0, 256) == CL_INVALID_VALUE);
	EXPECT(fill(m, NULL, 4, 0, 16) == CL_INVALID_VALUE);
	EXPECT(fill(m, data, 4, 1024, 4) == CL_INVALID_VALUE);
	EXPECT(fill(NULL, data, 4, 0, 4) == CL_INVALID_MEM_OBJECT);
	EXPECT(!fill(m, data, 4, 16, 0));
	EXPECT(!tern_clReleaseMemObject(m));
}

/* A command keeps its buffers; a failed wait list keeps it from running. */
static void dependencies(void)
{
	cl_mem a = make_buffer(0, 1024, NULL), b = make_buffer(0, 1024, NULL);
	cl_event gate = make_user_event(), bad = make_user_event(), e[3];
	EXPECT(!WRITE(a, 0, 1024, data));
	EXPECT(!tern_clEnqueueCopyBuffer(queue, a, b, 0, 0, 1024, 1, &gate, &e[0]));
	EXPECT(!tern_clEnqueueReadBuffer(queue, b, CL_FALSE, 0, 1024, back, 0, NULL, &e[1]));
	EXPECT(!tern_clReleaseMemObject(a));
	EXPECT(!tern_clReleaseMemObject(b));
	memset(back, 0, sizeof(back));
	EXPECT(!tern_clSetUserEventStatus(gate, CL_COMPLETE));
	EXPECT(!tern_clWaitForEvents(2, e));
	EXPECT(!memcmp(back, data, 1024));
	EXPECT(!tern_clReleaseEvent(e[0]));
	EXPECT(!tern_clReleaseEvent(e[1]));

	a = make_buffer(0, 1024, NULL);
	EXPECT(!tern_clSetUserEventStatus(bad, -5));
	EXPECT(tern_clEnqueueReadBuffer(queue, a, CL_TRUE, 0, 1024, back, 1, &bad, NULL) ==
	       CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST);
	EXPECT(!memcmp(back, data, 1024));
	EXPECT(!tern_clReleaseMemObject(a));
	EXPECT(!tern_clReleaseEvent(gate));
	EXPECT(!tern_clReleaseEvent(bad));
}

/* Each allocation on the way fails in turn: the enqueue says so and nothing happens. */
static void failures(void)
{
	cl_mem m = make_buffer(0, 1024, NULL);
	cl_event gate[8], e = NULL;
	cl_int error = 1;
	for (unsigned i = 0; i < 8; i++) {
		gate[i] = make_user_event();
		EXPECT(!tern_clSetUserEventStatus(gate[i], CL_COMPLETE));
	}
	for (unsigned n = 1; error; n++) {
		tern_fault_arm(n, true);
		error = tern_clEnqueueFillBuffer(queue, m, data, 4, 0, 1024, 8, gate, &e);
		tern_fault_arm(0, false);
		EXPECT(!error || (error == CL_OUT_OF_HOST_MEMORY && !e));
		REQUIRE(n < 20);
	}
	EXPECT(!tern_clWaitForEvents(1, &e));
	EXPECT(!tern_clReleaseEvent(e));
	for (unsigned i = 0; i < 8; i++)
		EXPECT(!tern_clReleaseEvent(gate[i]));
	EXPECT(!tern_clReleaseMemObject(m));
}

int main(void)
{
	fixture_begin();
	pattern();
	linear();
	own_bytes();
	host_access();
	copies();
	rectangles();
	rectangle_copies();
	fills();
	dependencies();
	failures();
	fixture_end();
	return test_result();
}
