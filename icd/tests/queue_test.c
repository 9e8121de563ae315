/* SPDX-License-Identifier: MIT */
/* Section 5.1: properties and queries of command queues; markers and barriers of both generations.
 */
#include "icd/tests/fixture.h"

#define OUT_OF_ORDER CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE
#define PROFILING    CL_QUEUE_PROFILING_ENABLE

static void properties(void)
{
	static const struct {
		cl_queue_properties list[8];
		cl_int error;
	} cases[] = {
		{{0}, CL_SUCCESS},
		{{CL_QUEUE_PROPERTIES, 0, 0}, CL_SUCCESS},
		{{CL_QUEUE_PROPERTIES, OUT_OF_ORDER | PROFILING, 0}, CL_SUCCESS},
		{{CL_QUEUE_PRIORITY_KHR, CL_QUEUE_PRIORITY_LOW_KHR, CL_QUEUE_PROPERTIES, PROFILING,
		  CL_QUEUE_THROTTLE_KHR, CL_QUEUE_THROTTLE_HIGH_KHR, 0},
		 CL_SUCCESS},
		{{CL_QUEUE_PROPERTIES, 1 << 10, 0}, CL_INVALID_VALUE},
		{{CL_QUEUE_PROPERTIES, CL_QUEUE_ON_DEVICE | OUT_OF_ORDER, 0},
		 CL_INVALID_QUEUE_PROPERTIES},
		{{CL_QUEUE_PROPERTIES, CL_QUEUE_ON_DEVICE_DEFAULT, 0}, CL_INVALID_VALUE},
		{{CL_QUEUE_SIZE, 4096, 0}, CL_INVALID_QUEUE_PROPERTIES},
		{{CL_QUEUE_PRIORITY_KHR, 0, 0}, CL_INVALID_VALUE},
		{{CL_QUEUE_PRIORITY_KHR, 3, 0}, CL_INVALID_VALUE},
		{{CL_QUEUE_THROTTLE_KHR, 8, 0}, CL_INVALID_VALUE},
		{{CL_QUEUE_SIZE, 4096, 0x777, 0, 0}, CL_INVALID_VALUE},
		{{CL_QUEUE_PROPERTIES, 0, CL_QUEUE_PROPERTIES, 0, 0}, CL_INVALID_VALUE},
	};
	for (size_t i = 0; i < tern_array_size(cases); i++) {
		cl_queue_properties reported[8];
		size_t bytes = 0, n = 0;
		cl_int error = 1;
		cl_command_queue q = tern_clCreateCommandQueueWithProperties(context, device,
									     cases[i].list, &error);
		if (error != cases[i].error)
			fprintf(stderr, "case %zu: error %d\n", i, error);
		EXPECT(error == cases[i].error && !q == !!error);
		if (!q)
			continue;
		while (cases[i].list[n])
			n += 2;
		EXPECT(!tern_clGetCommandQueueInfo(q, CL_QUEUE_PROPERTIES_ARRAY, sizeof(reported),
						   reported, &bytes));
		EXPECT(bytes == (n + 1) * sizeof(reported[0]));
		EXPECT(!memcmp(reported, cases[i].list, bytes));
		EXPECT(!tern_clReleaseCommandQueue(q));
	}
}

static void old_create(void)
{
	cl_int error = 1;
	cl_command_queue_properties bits = 0;
	size_t bytes = 1;
	EXPECT(!tern_clCreateCommandQueue(NULL, device, 0, &error) && error == CL_INVALID_CONTEXT);
	EXPECT(!tern_clCreateCommandQueue(context, NULL, 0, &error) && error == CL_INVALID_DEVICE);
	EXPECT(!tern_clCreateCommandQueue(context, device, ~(cl_bitfield)0, &error) &&
	       error == CL_INVALID_VALUE);
	EXPECT(!tern_clCreateCommandQueue(context, device, CL_QUEUE_ON_DEVICE, &error) &&
	       error == CL_INVALID_VALUE);
	cl_command_queue q = tern_clCreateCommandQueue(context, device, PROFILING, &error);
	REQUIRE(q && !error);
	EXPECT(!tern_clGetCommandQueueInfo(q, CL_QUEUE_PROPERTIES, sizeof(bits), &bits, NULL) &&
	       bits == PROFILING);
	EXPECT(!tern_clGetCommandQueueInfo(q, CL_QUEUE_PROPERTIES_ARRAY, 0, NULL, &bytes) &&
	       bytes == 0);
	EXPECT(tern_clSetCommandQueueProperty(q, PROFILING, CL_FALSE, NULL) ==
	       CL_INVALID_OPERATION);
	EXPECT(!tern_clReleaseCommandQueue(q));
}

static void queries(void)
{
	cl_context c = NULL;
	cl_device_id d = NULL;
	cl_uint n = 0;
	cl_command_queue default_queue = queue;
	EXPECT(!tern_clGetCommandQueueInfo(queue, CL_QUEUE_CONTEXT, sizeof(cl_context), &c, NULL) &&
	       c == context);
	EXPECT(!tern_clGetCommandQueueInfo(queue, CL_QUEUE_DEVICE, sizeof(cl_device_id), &d,
					   NULL) &&
	       d == device);
	EXPECT(!tern_clRetainCommandQueue(queue));
	EXPECT(!tern_clGetCommandQueueInfo(queue, CL_QUEUE_REFERENCE_COUNT, sizeof(n), &n, NULL) &&
	       n == 2);
	EXPECT(!tern_clReleaseCommandQueue(queue));
	EXPECT(!tern_clGetCommandQueueInfo(queue, CL_QUEUE_DEVICE_DEFAULT, sizeof(cl_command_queue),
					   &default_queue, NULL) &&
	       !default_queue);
	EXPECT(tern_clGetCommandQueueInfo(queue, CL_QUEUE_SIZE, sizeof(n), &n, NULL) ==
	       CL_INVALID_COMMAND_QUEUE);
	EXPECT(tern_clGetCommandQueueInfo(queue, 0, 0, NULL, NULL) == CL_INVALID_VALUE);
	EXPECT(tern_clGetCommandQueueInfo(queue, CL_QUEUE_CONTEXT, 7, &c, NULL) ==
	       CL_INVALID_VALUE);
	EXPECT(tern_clGetCommandQueueInfo(NULL, CL_QUEUE_CONTEXT, sizeof(cl_context), &c, NULL) ==
	       CL_INVALID_COMMAND_QUEUE);
	EXPECT(tern_clFlush(NULL) == CL_INVALID_COMMAND_QUEUE);
	EXPECT(tern_clFinish(NULL) == CL_INVALID_COMMAND_QUEUE);
	EXPECT(tern_clRetainCommandQueue(NULL) == CL_INVALID_COMMAND_QUEUE);
	EXPECT(tern_clReleaseCommandQueue(NULL) == CL_INVALID_COMMAND_QUEUE);
	EXPECT(tern_clSetDefaultDeviceCommandQueue(context, device, queue) == CL_INVALID_OPERATION);
	EXPECT(tern_clSetDefaultDeviceCommandQueue(NULL, device, queue) == CL_INVALID_CONTEXT);
	EXPECT(tern_clSetDefaultDeviceCommandQueue(context, NULL, queue) == CL_INVALID_DEVICE);
}

static void marker_errors(void)
{
	cl_event user = make_user_event(), event = NULL, null = NULL;
	EXPECT(tern_clEnqueueMarker(NULL, &event) == CL_INVALID_COMMAND_QUEUE);
	EXPECT(tern_clEnqueueMarker(queue, NULL) == CL_INVALID_VALUE);
	EXPECT(tern_clEnqueueBarrier(NULL) == CL_INVALID_COMMAND_QUEUE);
	EXPECT(tern_clEnqueueWaitForEvents(NULL, 1, &user) == CL_INVALID_COMMAND_QUEUE);
	EXPECT(tern_clEnqueueWaitForEvents(queue, 0, &user) == CL_INVALID_VALUE);
	EXPECT(tern_clEnqueueWaitForEvents(queue, 1, NULL) == CL_INVALID_VALUE);
	EXPECT(tern_clEnqueueWaitForEvents(queue, 1, &null) == CL_INVALID_EVENT);
	EXPECT(tern_clEnqueueWaitForEvents(other_queue, 1, &user) == CL_INVALID_CONTEXT);
	EXPECT(tern_clEnqueueMarkerWithWaitList(NULL, 0, NULL, &event) == CL_INVALID_COMMAND_QUEUE);
	EXPECT(tern_clEnqueueMarkerWithWaitList(queue, 1, NULL, &event) ==
	       CL_INVALID_EVENT_WAIT_LIST);
	EXPECT(tern_clEnqueueMarkerWithWaitList(queue, 0, &user, &event) ==
	       CL_INVALID_EVENT_WAIT_LIST);
	EXPECT(tern_clEnqueueBarrierWithWaitList(queue, 1, &null, &event) ==
	       CL_INVALID_EVENT_WAIT_LIST);
	EXPECT(tern_clEnqueueBarrierWithWaitList(other_queue, 1, &user, &event) ==
	       CL_INVALID_CONTEXT);
	EXPECT(!event);
	EXPECT(!tern_clReleaseEvent(user));
}

/* In an out-of-order queue: what comes after a barrier waits, what comes after a marker does not.
 */
static void order(void)
{
	cl_command_queue q = tern_clCreateCommandQueue(context, device, OUT_OF_ORDER, NULL);
	cl_event gate = make_user_event(), first, marker, free_one, barrier, last;
	REQUIRE(q);
	EXPECT(!tern_clEnqueueMarkerWithWaitList(q, 1, &gate, &first));
	EXPECT(!tern_clEnqueueMarker(q, &marker)); /* waits for all before it */
	cl_event done = make_user_event();
	EXPECT(!tern_clSetUserEventStatus(done, CL_COMPLETE));
	EXPECT(!tern_clEnqueueMarkerWithWaitList(q, 1, &done, &free_one));
	EXPECT(!tern_clWaitForEvents(1, &free_one)); /* the markers do not hold it */
	EXPECT(!tern_clEnqueueBarrierWithWaitList(q, 1, &gate, &barrier));
	EXPECT(!tern_clEnqueueMarkerWithWaitList(q, 1, &done, &last));
	EXPECT(!tern_clFlush(q));
	EXPECT(event_status(first) > 0 && event_status(marker) > 0 && event_status(barrier) > 0);
	EXPECT(event_status(last) > 0);
	EXPECT(event_type(marker) == CL_COMMAND_MARKER &&
	       event_type(barrier) == CL_COMMAND_BARRIER);
	EXPECT(!tern_clSetUserEventStatus(gate, CL_COMPLETE));
	EXPECT(!tern_clFinish(q));
	cl_event all[] = {gate, first, marker, free_one, barrier, last, done};
	for (size_t i = 0; i < tern_array_size(all); i++) {
		EXPECT(event_status(all[i]) == CL_COMPLETE);
		EXPECT(!tern_clReleaseEvent(all[i]));
	}
	EXPECT(!tern_clEnqueueBarrier(q));
	EXPECT(!tern_clReleaseCommandQueue(q));
}

int main(void)
{
	fixture_begin();
	properties();
	old_create();
	queries();
	marker_errors();
	order();
	fixture_end();
	return test_result();
}
