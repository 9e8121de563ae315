/* SPDX-License-Identifier: MIT */
/* Command queues (section 5.1), flush and finish (5.15), markers and barriers (5.12). */
#include "icd/api.h"

#include "runtime/queue.h"

#define HOST_PROPERTIES   (CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE | CL_QUEUE_PROFILING_ENABLE)
#define DEVICE_PROPERTIES (CL_QUEUE_ON_DEVICE | CL_QUEUE_ON_DEVICE_DEFAULT)

/* The value of CL_QUEUE_PROPERTIES. */
static cl_int check_bits(cl_queue_properties bits)
{
	if (bits & ~(cl_queue_properties)(HOST_PROPERTIES | DEVICE_PROPERTIES))
		return CL_INVALID_VALUE;
	if ((bits & CL_QUEUE_ON_DEVICE_DEFAULT) && !(bits & CL_QUEUE_ON_DEVICE))
		return CL_INVALID_VALUE;
	/* Valid, but no device has queues of its own. */
	return bits & DEVICE_PROPERTIES ? CL_INVALID_QUEUE_PROPERTIES : CL_SUCCESS;
}

/* Exactly one of the three levels, which have the same values for priority and for throttle. */
static cl_int check_hint(cl_queue_properties level)
{
	return level == CL_QUEUE_PRIORITY_HIGH_KHR || level == CL_QUEUE_PRIORITY_MED_KHR ||
			       level == CL_QUEUE_PRIORITY_LOW_KHR
		       ? CL_SUCCESS
		       : CL_INVALID_VALUE;
}

static cl_int parse_property(const cl_queue_properties *p, struct tern_queue_options *options)
{
	cl_int error;
	switch (p[0]) {
	case CL_QUEUE_PROPERTIES:
		options->properties = p[1];
		return check_bits(p[1]);
	case CL_QUEUE_SIZE:
		return CL_INVALID_QUEUE_PROPERTIES; /* device queues only */
	case CL_QUEUE_PRIORITY_KHR:
		error = check_hint(p[1]);
		options->priority = (cl_uint)p[1];
		return error;
	case CL_QUEUE_THROTTLE_KHR:
		error = check_hint(p[1]);
		options->throttle = (cl_uint)p[1];
		return error;
	default:
		return CL_INVALID_VALUE;
	}
}

static cl_int parse_properties(const cl_queue_properties *list, struct tern_queue_options *options)
{
	const cl_queue_properties *p = list;
	cl_int error = CL_SUCCESS;
	if (!list)
		return CL_SUCCESS;
	for (; *p; p += 2) {
		cl_int e = parse_property(p, options);
		/* An invalid value goes before one that is not supported. */
		if (e == CL_INVALID_VALUE)
			return e;
		if (e)
			error = e;
		for (const cl_queue_properties *q = list; q < p; q += 2) {
			if (*q == *p)
				return CL_INVALID_VALUE;
		}
	}
	options->list = list;
	options->list_bytes = (size_t)(p + 1 - list) * sizeof(*p);
	return error;
}

static cl_int find_objects(cl_context context_handle, cl_device_id device_handle,
			   struct tern_context **context, struct tern_device **device)
{
	*context = tern_context_from(context_handle);
	if (!*context)
		return CL_INVALID_CONTEXT;
	*device = tern_device_from(device_handle);
	if (!*device || !tern_context_has_device(*context, *device))
		return CL_INVALID_DEVICE;
	return CL_SUCCESS;
}

static cl_command_queue create(struct tern_context *context, struct tern_device *device,
			       const struct tern_queue_options *options, cl_int *errcode_ret)
{
	struct tern_queue *queue;
	cl_int error = tern_queue_create(context, device, options, &queue);
	if (error)
		return tern_fail(errcode_ret, error);
	tern_set_error(errcode_ret, CL_SUCCESS);
	return tern_queue_handle(queue);
}

cl_command_queue CL_API_CALL
tern_clCreateCommandQueueWithProperties(cl_context context_handle, cl_device_id device_handle,
					const cl_queue_properties *properties, cl_int *errcode_ret)
{
	struct tern_queue_options options = {0};
	struct tern_context *context;
	struct tern_device *device;
	cl_int error = find_objects(context_handle, device_handle, &context, &device);
	if (!error)
		error = parse_properties(properties, &options);
	if (error)
		return tern_fail(errcode_ret, error);
	return create(context, device, &options, errcode_ret);
}

cl_command_queue CL_API_CALL tern_clCreateCommandQueueWithPropertiesKHR(
	cl_context context, cl_device_id device, const cl_queue_properties_khr *properties,
	cl_int *errcode_ret)
{
	return tern_clCreateCommandQueueWithProperties(context, device, properties, errcode_ret);
}

cl_command_queue CL_API_CALL tern_clCreateCommandQueue(cl_context context_handle,
						       cl_device_id device_handle,
						       cl_command_queue_properties properties,
						       cl_int *errcode_ret)
{
	struct tern_queue_options options = {.properties = properties};
	struct tern_context *context;
	struct tern_device *device;
	cl_int error = find_objects(context_handle, device_handle, &context, &device);
	if (!error && (properties & ~(cl_command_queue_properties)HOST_PROPERTIES))
		error = CL_INVALID_VALUE;
	if (error)
		return tern_fail(errcode_ret, error);
	return create(context, device, &options, errcode_ret);
}

/* No device has a queue of its own that could be replaced. */
cl_int CL_API_CALL tern_clSetDefaultDeviceCommandQueue(cl_context context_handle,
						       cl_device_id device_handle,
						       cl_command_queue command_queue)
{
	struct tern_context *context;
	struct tern_device *device;
	cl_int error = find_objects(context_handle, device_handle, &context, &device);
	(void)command_queue;
	return error ? error : CL_INVALID_OPERATION;
}

cl_int CL_API_CALL tern_clRetainCommandQueue(cl_command_queue handle)
{
	struct tern_queue *queue = tern_queue_from(handle);
	if (!queue)
		return CL_INVALID_COMMAND_QUEUE;
	tern_object_retain(&queue->obj);
	return CL_SUCCESS;
}

cl_int CL_API_CALL tern_clReleaseCommandQueue(cl_command_queue handle)
{
	struct tern_queue *queue = tern_queue_from(handle);
	if (!queue)
		return CL_INVALID_COMMAND_QUEUE;
	cl_int error = tern_queue_flush(queue);
	tern_object_release(&queue->obj);
	return error;
}

cl_int CL_API_CALL tern_clGetCommandQueueInfo(cl_command_queue handle,
					      cl_command_queue_info param_name,
					      size_t param_value_size, void *param_value,
					      size_t *param_value_size_ret)
{
	struct tern_info out = {param_value_size, param_value, param_value_size_ret};
	struct tern_queue *queue = tern_queue_from(handle);
	if (!queue)
		return CL_INVALID_COMMAND_QUEUE;
	switch (param_name) {
	case CL_QUEUE_CONTEXT:
		return tern_info_value(&out, cl_context, tern_context_handle(queue->context));
	case CL_QUEUE_DEVICE:
		return tern_info_value(&out, cl_device_id, tern_device_handle(queue->device));
	case CL_QUEUE_REFERENCE_COUNT:
		return tern_info_value(&out, cl_uint, tern_object_count(&queue->obj));
	case CL_QUEUE_PROPERTIES:
		return tern_info_value(&out, cl_command_queue_properties, queue->properties);
	case CL_QUEUE_PROPERTIES_ARRAY:
		return tern_info_bytes(&out, queue->property_list, queue->property_list_bytes);
	case CL_QUEUE_SIZE:
		return CL_INVALID_COMMAND_QUEUE; /* device queues only */
	case CL_QUEUE_DEVICE_DEFAULT:
		return tern_info_value(&out, cl_command_queue, NULL);
	default:
		return CL_INVALID_VALUE;
	}
}

/* Devices after OpenCL 1.0 need not support it; a queue's order is fixed when it is made. */
cl_int CL_API_CALL tern_clSetCommandQueueProperty(cl_command_queue command_queue,
						  cl_command_queue_properties properties,
						  cl_bool enable,
						  cl_command_queue_properties *old_properties)
{
	(void)properties, (void)enable, (void)old_properties;
	return tern_queue_from(command_queue) ? CL_INVALID_OPERATION : CL_INVALID_COMMAND_QUEUE;
}

cl_int CL_API_CALL tern_clFlush(cl_command_queue command_queue)
{
	struct tern_queue *queue = tern_queue_from(command_queue);
	return queue ? tern_queue_flush(queue) : CL_INVALID_COMMAND_QUEUE;
}

cl_int CL_API_CALL tern_clFinish(cl_command_queue command_queue)
{
	struct tern_queue *queue = tern_queue_from(command_queue);
	return queue ? tern_queue_finish(queue) : CL_INVALID_COMMAND_QUEUE;
}

static cl_int enqueue_marker(cl_command_queue handle, bool barrier, cl_uint wait_count,
			     const cl_event *wait_list, cl_event *event)
{
	struct tern_queue *queue = tern_queue_from(handle);
	if (!queue)
		return CL_INVALID_COMMAND_QUEUE;
	struct tern_command *command =
		tern_command_create(queue, barrier ? CL_COMMAND_BARRIER : CL_COMMAND_MARKER, 0);
	if (!command)
		return CL_OUT_OF_HOST_MEMORY;
	command->work = TERN_WORK_NONE;
	return tern_command_enqueue_marker(command, barrier, wait_count, wait_list, event);
}

cl_int CL_API_CALL tern_clEnqueueMarkerWithWaitList(cl_command_queue command_queue,
						    cl_uint num_events_in_wait_list,
						    const cl_event *event_wait_list,
						    cl_event *event)
{
	return enqueue_marker(command_queue, false, num_events_in_wait_list, event_wait_list,
			      event);
}

cl_int CL_API_CALL tern_clEnqueueBarrierWithWaitList(cl_command_queue command_queue,
						     cl_uint num_events_in_wait_list,
						     const cl_event *event_wait_list,
						     cl_event *event)
{
	return enqueue_marker(command_queue, true, num_events_in_wait_list, event_wait_list, event);
}

cl_int CL_API_CALL tern_clEnqueueMarker(cl_command_queue command_queue, cl_event *event)
{
	if (!tern_queue_from(command_queue))
		return CL_INVALID_COMMAND_QUEUE;
	if (!event)
		return CL_INVALID_VALUE;
	return enqueue_marker(command_queue, false, 0, NULL, event);
}

cl_int CL_API_CALL tern_clEnqueueBarrier(cl_command_queue command_queue)
{
	return enqueue_marker(command_queue, true, 0, NULL, NULL);
}

cl_int CL_API_CALL tern_clEnqueueWaitForEvents(cl_command_queue command_queue, cl_uint num_events,
					       const cl_event *event_list)
{
	if (!tern_queue_from(command_queue))
		return CL_INVALID_COMMAND_QUEUE;
	if (!num_events || !event_list)
		return CL_INVALID_VALUE;
	cl_int error = enqueue_marker(command_queue, true, num_events, event_list, NULL);
	/* Older than wait lists, and so than their error code. */
	return error == CL_INVALID_EVENT_WAIT_LIST ? CL_INVALID_EVENT : error;
}
