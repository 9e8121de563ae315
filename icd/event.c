/* SPDX-License-Identifier: MIT */
/* Events (sections 5.11 and 5.14). */
#include "icd/api.h"

#include "icd/svm_types.h"
#include "runtime/base/alloc.h"
#include "runtime/queue.h"

cl_event CL_API_CALL tern_clCreateUserEvent(cl_context handle, cl_int *errcode_ret)
{
	struct tern_context *context = tern_context_from(handle);
	if (!context)
		return tern_fail(errcode_ret, CL_INVALID_CONTEXT);
	struct tern_event *event = tern_event_create_user(context);
	if (!event)
		return tern_fail(errcode_ret, CL_OUT_OF_HOST_MEMORY);
	tern_set_error(errcode_ret, CL_SUCCESS);
	return tern_event_handle(event);
}

cl_int CL_API_CALL tern_clSetUserEventStatus(cl_event handle, cl_int execution_status)
{
	struct tern_event *event = tern_event_from(handle);
	if (!event || event->type != CL_COMMAND_USER)
		return CL_INVALID_EVENT;
	if (execution_status > CL_COMPLETE)
		return CL_INVALID_VALUE;
	return tern_event_set_user_status(event, execution_status);
}

/* Few events are waited for without an allocation. */
#define FEW_EVENTS 16

cl_int CL_API_CALL tern_clWaitForEvents(cl_uint num_events, const cl_event *event_list)
{
	struct tern_event *few[FEW_EVENTS], **events = few;
	cl_int error = CL_SUCCESS;

	if (!num_events || !event_list)
		return CL_INVALID_VALUE;
	if (num_events > FEW_EVENTS)
		events = tern_zalloc_array(num_events, sizeof(*events));
	if (!events)
		return CL_OUT_OF_HOST_MEMORY;
	for (cl_uint i = 0; i < num_events && !error; i++) {
		events[i] = tern_event_from(event_list[i]);
		if (!events[i])
			error = CL_INVALID_EVENT;
		else if (events[i]->context != events[0]->context)
			error = CL_INVALID_CONTEXT;
	}
	if (!error)
		error = tern_events_wait(events, num_events);
	if (events != few)
		tern_free(events);
	return error;
}

cl_int CL_API_CALL tern_clGetEventInfo(cl_event handle, cl_event_info param_name,
				       size_t param_value_size, void *param_value,
				       size_t *param_value_size_ret)
{
	struct tern_info out = {param_value_size, param_value, param_value_size_ret};
	struct tern_event *event = tern_event_from(handle);
	if (!event)
		return CL_INVALID_EVENT;
	switch (param_name) {
	case CL_EVENT_COMMAND_QUEUE:
		return tern_info_value(&out, cl_command_queue, tern_queue_handle(event->queue));
	case CL_EVENT_CONTEXT:
		return tern_info_value(&out, cl_context, tern_context_handle(event->context));
	case CL_EVENT_COMMAND_TYPE:
		return tern_info_value(&out, cl_command_type, event->type);
	case CL_EVENT_COMMAND_EXECUTION_STATUS:
		return tern_info_value(&out, cl_int, tern_event_query_status(event));
	case CL_EVENT_REFERENCE_COUNT:
		return tern_info_value(&out, cl_uint, tern_object_count(&event->obj));
	case CL_EVENT_SVM_STATISTICS_TERN:
		return tern_svm_event_info(event, &out);
	default:
		return CL_INVALID_VALUE;
	}
}

cl_int CL_API_CALL tern_clGetEventProfilingInfo(cl_event handle, cl_profiling_info param_name,
						size_t param_value_size, void *param_value,
						size_t *param_value_size_ret)
{
	struct tern_info out = {param_value_size, param_value, param_value_size_ret};
	struct tern_event *event = tern_event_from(handle);
	if (!event)
		return CL_INVALID_EVENT;
	if (!event->queue || !(event->queue->properties & CL_QUEUE_PROFILING_ENABLE) ||
	    tern_event_status(event) != CL_COMPLETE)
		return CL_PROFILING_INFO_NOT_AVAILABLE;
	switch (param_name) {
	case CL_PROFILING_COMMAND_QUEUED:
		return tern_info_value(&out, cl_ulong, event->time_queued);
	case CL_PROFILING_COMMAND_SUBMIT:
		return tern_info_value(&out, cl_ulong, event->time_submitted);
	case CL_PROFILING_COMMAND_START:
		return tern_info_value(&out, cl_ulong, event->time_started);
	case CL_PROFILING_COMMAND_END:
	case CL_PROFILING_COMMAND_COMPLETE: /* no command has children on the device */
		return tern_info_value(&out, cl_ulong, event->time_ended);
	default:
		return CL_INVALID_VALUE;
	}
}

cl_int CL_API_CALL tern_clSetEventCallback(cl_event handle, cl_int command_exec_callback_type,
					   void(CL_CALLBACK *pfn_notify)(cl_event, cl_int, void *),
					   void *user_data)
{
	struct tern_event *event = tern_event_from(handle);
	cl_int type = command_exec_callback_type;
	if (!event)
		return CL_INVALID_EVENT;
	if (!pfn_notify || (type != CL_SUBMITTED && type != CL_RUNNING && type != CL_COMPLETE))
		return CL_INVALID_VALUE;
	return tern_event_add_callback(event, type, pfn_notify, user_data);
}

cl_int CL_API_CALL tern_clRetainEvent(cl_event handle)
{
	struct tern_event *event = tern_event_from(handle);
	if (!event)
		return CL_INVALID_EVENT;
	tern_object_retain(&event->obj);
	return CL_SUCCESS;
}

cl_int CL_API_CALL tern_clReleaseEvent(cl_event handle)
{
	struct tern_event *event = tern_event_from(handle);
	if (!event)
		return CL_INVALID_EVENT;
	tern_object_release(&event->obj);
	return CL_SUCCESS;
}
