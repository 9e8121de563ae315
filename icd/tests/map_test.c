/* SPDX-License-Identifier: MIT */
/* Sections 5.2.4, 5.5.2 to 5.5.4: mapping, unmapping and migrating buffers. */
#include "icd/tests/fixture.h"

static cl_int map_error;

static char *map(cl_mem m, cl_map_flags flags, size_t offset, size_t size)
{
	char *p = tern_clEnqueueMapBuffer(queue, m, CL_TRUE, flags, offset, size, 0, NULL, NULL,
					  &map_error);
	EXPECT(!p == !!map_error);
	return p;
}

static cl_int unmap(cl_mem m, void *p)
{
	return tern_clEnqueueUnmapMemObject(queue, m, p, 0, NULL, NULL);
}

static cl_uint map_count(cl_mem m)
{
	return memory_uint(m, CL_MEM_MAP_COUNT);
}

static void counts(void)
{
	cl_mem m = make_buffer(0, 1024, NULL);
	EXPECT(map_count(m) == 0);
	char *p = map(m, CL_MAP_READ | CL_MAP_WRITE, 0, 512);
	char *q = map(m, CL_MAP_WRITE_INVALIDATE_REGION, 512, 512);
	REQUIRE(p && q && q == p + 512);
	EXPECT(map_count(m) == 2);
	memset(p, 3, 1024);
	EXPECT(unmap(m, p + 1) == CL_INVALID_VALUE);
	EXPECT(unmap(m, NULL) == CL_INVALID_VALUE);
	EXPECT(!unmap(m, p));
	EXPECT(map_count(m) == 1);
	EXPECT(unmap(m, p) == CL_INVALID_VALUE);
	EXPECT(!unmap(m, q));
	EXPECT(map_count(m) == 0);
	/* the same range several times, for reading */
	for (unsigned i = 0; i < 5; i++)
		EXPECT(map(m, CL_MAP_READ, 10, 20) == p + 10);
	EXPECT(map_count(m) == 5);
	EXPECT(p[10] == 3 && p[29] == 3);
	for (unsigned i = 0; i < 5; i++)
		EXPECT(!unmap(m, p + 10));
	EXPECT(unmap(m, p + 10) == CL_INVALID_VALUE && map_count(m) == 0);
	EXPECT(!tern_clReleaseMemObject(m));
}

static void errors(void)
{
	cl_mem m = make_buffer(0, 1024, NULL);
	cl_int error = 0;
	EXPECT(!map(m, CL_MAP_READ, 0, 0) && map_error == CL_INVALID_VALUE);
	EXPECT(!map(m, CL_MAP_READ, 1, 1024) && map_error == CL_INVALID_VALUE);
	EXPECT(!map(m, CL_MAP_READ, 2, SIZE_MAX) && map_error == CL_INVALID_VALUE);
	EXPECT(!map(m, 1u << 10, 0, 4) && map_error == CL_INVALID_VALUE);
	EXPECT(!map(m, CL_MAP_READ | CL_MAP_WRITE_INVALIDATE_REGION, 0, 4));
	EXPECT(map_error == CL_INVALID_VALUE);
	EXPECT(!map(NULL, CL_MAP_READ, 0, 4) && map_error == CL_INVALID_MEM_OBJECT);
	EXPECT(!tern_clEnqueueMapBuffer(NULL, m, CL_TRUE, CL_MAP_READ, 0, 4, 0, NULL, NULL,
					&error));
	EXPECT(error == CL_INVALID_COMMAND_QUEUE);
	EXPECT(!tern_clEnqueueMapBuffer(other_queue, m, CL_TRUE, CL_MAP_READ, 0, 4, 0, NULL, NULL,
					&error));
	EXPECT(error == CL_INVALID_CONTEXT);
	EXPECT(!tern_clEnqueueMapBuffer(queue, m, CL_TRUE, CL_MAP_READ, 0, 4, 1, NULL, NULL,
					&error));
	EXPECT(error == CL_INVALID_EVENT_WAIT_LIST && map_count(m) == 0);
	EXPECT(tern_clEnqueueUnmapMemObject(NULL, m, &m, 0, NULL, NULL) ==
	       CL_INVALID_COMMAND_QUEUE);
	EXPECT(unmap(NULL, &m) == CL_INVALID_MEM_OBJECT);
	char *p = map(m, CL_MAP_READ, 0, 4);
	EXPECT(tern_clEnqueueUnmapMemObject(other_queue, m, p, 0, NULL, NULL) ==
	       CL_INVALID_CONTEXT);
	EXPECT(tern_clEnqueueUnmapMemObject(queue, m, p, 1, NULL, NULL) ==
	       CL_INVALID_EVENT_WAIT_LIST);
	EXPECT(map_count(m) == 1);
	EXPECT(!unmap(m, p));
	EXPECT(!tern_clReleaseMemObject(m));
}

static void host_access(void)
{
	static const struct {
		cl_mem_flags flags;
		cl_map_flags map;
		bool allowed;
	} cases[] = {{CL_MEM_HOST_READ_ONLY, CL_MAP_READ, true},
		     {CL_MEM_HOST_READ_ONLY, CL_MAP_WRITE, false},
		     {CL_MEM_HOST_READ_ONLY, CL_MAP_READ | CL_MAP_WRITE, false},
		     {CL_MEM_HOST_READ_ONLY, CL_MAP_WRITE_INVALIDATE_REGION, false},
		     {CL_MEM_HOST_WRITE_ONLY, CL_MAP_READ, false},
		     {CL_MEM_HOST_WRITE_ONLY, CL_MAP_WRITE, true},
		     {CL_MEM_HOST_WRITE_ONLY, CL_MAP_WRITE_INVALIDATE_REGION, true},
		     {CL_MEM_HOST_NO_ACCESS, CL_MAP_READ, false},
		     {CL_MEM_HOST_NO_ACCESS, CL_MAP_WRITE, false}};
	for (unsigned i = 0; i < tern_array_size(cases); i++) {
		cl_mem m = make_buffer(cases[i].flags, 64, NULL);
		char *p = map(m, cases[i].map, 0, 64);
		EXPECT(map_error == (cases[i].allowed ? CL_SUCCESS : CL_INVALID_OPERATION));
		EXPECT(!p || !unmap(m, p));
		EXPECT(!tern_clReleaseMemObject(m));
	}
}

/* Maps for writing exclude each other, in a buffer and all its sub-buffers. */
static void writers(void)
{
	cl_mem m = make_buffer(0, 1024, NULL);
	cl_mem s = make_sub(m, 0, 256, 256), t = make_sub(m, 0, 384, 256);
	char *p = map(s, CL_MAP_WRITE, 0, 256);
	EXPECT(!map(m, CL_MAP_WRITE, 511, 1) && map_error == CL_INVALID_OPERATION);
	EXPECT(!map(t, CL_MAP_WRITE_INVALIDATE_REGION, 0, 200));
	EXPECT(map_error == CL_INVALID_OPERATION);
	EXPECT(map_count(m) == 0 && map_count(s) == 1 && map_count(t) == 0);
	char *q = map(m, CL_MAP_WRITE, 512, 512);
	char *r = map(m, CL_MAP_READ, 256, 256); /* readers do not mind */
	EXPECT(q && r == p && map_count(m) == 2);
	/* the pointer is that of both objects: each has its own map */
	EXPECT(unmap(t, p) == CL_INVALID_VALUE);
	EXPECT(!unmap(m, r) && unmap(m, r) == CL_INVALID_VALUE);
	EXPECT(!unmap(s, p) && !unmap(m, q));
	EXPECT((p = map(m, CL_MAP_WRITE, 0, 1024)) && !unmap(m, p));
	/* a sub-buffer that dies mapped leaves nothing */
	EXPECT(map(t, CL_MAP_WRITE, 0, 200));
	EXPECT(!tern_clReleaseMemObject(t));
	EXPECT((p = map(m, CL_MAP_WRITE, 0, 1024)) && !unmap(m, p));
	EXPECT(!tern_clReleaseMemObject(s));
	EXPECT(!tern_clReleaseMemObject(m));
	/* as does a buffer */
	m = make_buffer(0, 64, NULL);
	EXPECT(map(m, CL_MAP_WRITE, 0, 64) && map(m, CL_MAP_READ, 0, 64));
	EXPECT(!tern_clReleaseMemObject(m));
}

/* Not blocking: the pointer is there at once, the map when the event says so. */
static void not_blocking(void)
{
	cl_mem m = make_buffer(0, 1024, NULL);
	cl_event gate = make_user_event(), mapped = NULL, unmapped = NULL;
	cl_int error = 1;
	char *p = tern_clEnqueueMapBuffer(queue, m, CL_FALSE, CL_MAP_WRITE, 0, 1024, 1, &gate,
					  &mapped, &error);
	REQUIRE(p && !error && mapped);
	EXPECT(event_type(mapped) == CL_COMMAND_MAP_BUFFER && event_status(mapped) > CL_COMPLETE);
	EXPECT(!tern_clEnqueueUnmapMemObject(queue, m, p, 0, NULL, &unmapped));
	EXPECT(event_type(unmapped) == CL_COMMAND_UNMAP_MEM_OBJECT);
	/* a next map may be enqueued after the unmap */
	EXPECT(p == tern_clEnqueueMapBuffer(queue, m, CL_FALSE, CL_MAP_WRITE, 0, 1024, 0, NULL,
					    NULL, &error));
	EXPECT(!tern_clSetUserEventStatus(gate, CL_COMPLETE));
	EXPECT(!tern_clFinish(queue));
	EXPECT(event_status(mapped) == CL_COMPLETE && event_status(unmapped) == CL_COMPLETE);
	EXPECT(!unmap(m, p));
	EXPECT(!tern_clReleaseEvent(gate));
	EXPECT(!tern_clReleaseEvent(mapped));
	EXPECT(!tern_clReleaseEvent(unmapped));
	EXPECT(!tern_clReleaseMemObject(m));
}

/* Maps and unmaps that did not execute did not happen. */
static void not_executed(void)
{
	cl_mem m = make_buffer(0, 1024, NULL);
	cl_event gate = make_user_event(), gate2 = make_user_event();
	cl_int error = 1;
	char *p = tern_clEnqueueMapBuffer(queue, m, CL_FALSE, CL_MAP_WRITE, 0, 1024, 1, &gate, NULL,
					  &error);
	EXPECT(p && map_count(m) == 1);
	EXPECT(!tern_clSetUserEventStatus(gate, -1));
	EXPECT(!tern_clFinish(queue));
	EXPECT(map_count(m) == 0 && unmap(m, p) == CL_INVALID_VALUE);
	EXPECT(!tern_clEnqueueMapBuffer(queue, m, CL_TRUE, CL_MAP_WRITE, 0, 1024, 1, &gate, NULL,
					&error));
	EXPECT(error == CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST && map_count(m) == 0);
	EXPECT((p = map(m, CL_MAP_WRITE, 0, 1024)));
	EXPECT(!tern_clEnqueueUnmapMemObject(queue, m, p, 1, &gate, NULL));
	EXPECT(!tern_clFinish(queue));
	EXPECT(map_count(m) == 1 && !unmap(m, p) && map_count(m) == 0);
	/* neither the map nor its unmap */
	p = tern_clEnqueueMapBuffer(queue, m, CL_FALSE, CL_MAP_WRITE, 0, 1024, 1, &gate2, NULL,
				    &error);
	EXPECT(p && !tern_clEnqueueUnmapMemObject(queue, m, p, 1, &gate2, NULL));
	EXPECT(!tern_clSetUserEventStatus(gate2, -1));
	EXPECT(!tern_clFinish(queue));
	EXPECT(map_count(m) == 0 && unmap(m, p) == CL_INVALID_VALUE);
	EXPECT(!tern_clReleaseEvent(gate));
	EXPECT(!tern_clReleaseEvent(gate2));
	EXPECT(!tern_clReleaseMemObject(m));
}

static void migrations(void)
{
	cl_mem m[40];
	cl_event e = NULL;
	for (unsigned i = 0; i < 40; i++)
		m[i] = make_buffer(0, 64, NULL);
#define MIGRATE(n, list, flags)                                                                    \
	tern_clEnqueueMigrateMemObjects(queue, n, list, flags, 0, NULL, NULL)
	EXPECT(!MIGRATE(40, m, 0));
	EXPECT(!MIGRATE(1, m,
			CL_MIGRATE_MEM_OBJECT_HOST | CL_MIGRATE_MEM_OBJECT_CONTENT_UNDEFINED));
	EXPECT(MIGRATE(0, m, 0) == CL_INVALID_VALUE);
	EXPECT(MIGRATE(1, NULL, 0) == CL_INVALID_VALUE);
	EXPECT(MIGRATE(1, m, 4) == CL_INVALID_VALUE);
	EXPECT(tern_clEnqueueMigrateMemObjects(NULL, 1, m, 0, 0, NULL, NULL) ==
	       CL_INVALID_COMMAND_QUEUE);
	EXPECT(tern_clEnqueueMigrateMemObjects(other_queue, 1, m, 0, 0, NULL, NULL) ==
	       CL_INVALID_CONTEXT);
	EXPECT(!tern_clEnqueueMigrateMemObjects(queue, 20, m, 0, 0, NULL, &e));
	EXPECT(!tern_clWaitForEvents(1, &e) && event_type(e) == CL_COMMAND_MIGRATE_MEM_OBJECTS);
	EXPECT(!tern_clReleaseEvent(e));
	EXPECT(!tern_clReleaseMemObject(m[39]));
	m[39] = NULL;
	EXPECT(MIGRATE(40, m, 0) == CL_INVALID_MEM_OBJECT);
	for (unsigned i = 0; i < 39; i++)
		EXPECT(!tern_clReleaseMemObject(m[i]));
}

static void failures(void)
{
	cl_mem m = make_buffer(0, 1024, NULL);
	char *p = NULL;
	for (unsigned n = 1; !p; n++) {
		cl_int error = 0;
		tern_fault_arm(n, true);
		p = tern_clEnqueueMapBuffer(queue, m, CL_TRUE, CL_MAP_WRITE, 0, 1024, 0, NULL, NULL,
					    &error);
		tern_fault_arm(0, false);
		EXPECT(p ? !error && map_count(m) == 1
			 : error == CL_OUT_OF_HOST_MEMORY && map_count(m) == 0);
		REQUIRE(n < 20);
	}
	tern_fault_arm(1, true);
	EXPECT(unmap(m, p) == CL_OUT_OF_HOST_MEMORY);
	tern_fault_arm(0, false);
	EXPECT(map_count(m) == 1 && !unmap(m, p));
	EXPECT(!tern_clReleaseMemObject(m));
}

int main(void)
{
	fixture_begin();
	counts();
	errors();
	host_access();
	writers();
	not_blocking();
	not_executed();
	migrations();
	failures();
	fixture_end();
	return test_result();
}
