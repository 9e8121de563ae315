/* SPDX-License-Identifier: MIT */
/* Building, compiling and linking: sections 5.8.4 and 5.8.5. */
#include "runtime/program.h"

#include "icd/api.h"
#include "runtime/base/alloc.h"

/* A list of devices with its number: both or none. */
static bool is_list(cl_uint count, const void *list)
{
	return !count == !list;
}

/* Every handle is a device's, so that the list can be read as one of devices. */
static bool are_devices(cl_uint count, const cl_device_id *list)
{
	for (cl_uint i = 0; i < count; i++)
		if (!tern_device_from(list[i]))
			return false;
	return true;
}

cl_int CL_API_CALL tern_clBuildProgram(cl_program handle, cl_uint num_devices,
				       const cl_device_id *device_list, const char *options,
				       void(CL_CALLBACK *pfn_notify)(cl_program program,
								     void *user_data),
				       void *user_data)
{
	struct tern_program *program = tern_program_from(handle);
	if (!program)
		return CL_INVALID_PROGRAM;
	if (!is_list(num_devices, device_list) || (!pfn_notify && user_data))
		return CL_INVALID_VALUE;
	if (!are_devices(num_devices, device_list))
		return CL_INVALID_DEVICE;
	const struct tern_program_request request = {
		.operation = TERN_BUILD_BUILD,
		.devices = (struct tern_device *const *)device_list,
		.device_count = num_devices,
		.options = options,
		.notify = pfn_notify,
		.notify_data = user_data,
	};
	return tern_program_build(program, &request);
}

static cl_int check_headers(const struct tern_program *program, cl_uint count,
			    const cl_program *headers, const char **names)
{
	if (program->origin == TERN_PROGRAM_IL) /* they are ignored */
		return CL_SUCCESS;
	for (cl_uint i = 0; i < count; i++) {
		struct tern_program *header = tern_program_from(headers[i]);
		if (!header)
			return CL_INVALID_PROGRAM;
		if (header->context != program->context)
			return CL_INVALID_CONTEXT;
		if (!names[i])
			return CL_INVALID_VALUE;
		if (header->origin != TERN_PROGRAM_SOURCE)
			return CL_INVALID_OPERATION;
	}
	return CL_SUCCESS;
}

cl_int CL_API_CALL tern_clCompileProgram(
	cl_program handle, cl_uint num_devices, const cl_device_id *device_list,
	const char *options, cl_uint num_input_headers, const cl_program *input_headers,
	const char **header_include_names,
	void(CL_CALLBACK *pfn_notify)(cl_program program, void *user_data), void *user_data)
{
	struct tern_program *program = tern_program_from(handle);
	if (!program)
		return CL_INVALID_PROGRAM;
	if (!is_list(num_devices, device_list) || !is_list(num_input_headers, input_headers) ||
	    !is_list(num_input_headers, header_include_names) || (!pfn_notify && user_data))
		return CL_INVALID_VALUE;
	cl_int error =
		check_headers(program, num_input_headers, input_headers, header_include_names);
	if (error)
		return error;
	if (!are_devices(num_devices, device_list))
		return CL_INVALID_DEVICE;
	const struct tern_program_request request = {
		.operation = TERN_BUILD_COMPILE,
		.devices = (struct tern_device *const *)device_list,
		.device_count = num_devices,
		.options = options,
		.headers = (struct tern_program *const *)input_headers,
		.header_names = header_include_names,
		.header_count = num_input_headers,
		.notify = pfn_notify,
		.notify_data = user_data,
	};
	return tern_program_build(program, &request);
}

static cl_int check_link(const struct tern_context *context, cl_uint num_devices,
			 const cl_device_id *device_list, cl_uint num_input_programs,
			 const cl_program *input_programs)
{
	for (cl_uint i = 0; i < num_input_programs; i++) {
		struct tern_program *input = tern_program_from(input_programs[i]);
		if (!input)
			return CL_INVALID_PROGRAM;
		if (input->context != context)
			return CL_INVALID_CONTEXT;
	}
	for (cl_uint i = 0; i < num_devices; i++) {
		struct tern_device *device = tern_device_from(device_list[i]);
		if (!device || !tern_context_has_device(context, device))
			return CL_INVALID_DEVICE;
	}
	return CL_SUCCESS;
}

cl_program CL_API_CALL tern_clLinkProgram(
	cl_context handle, cl_uint num_devices, const cl_device_id *device_list,
	const char *options, cl_uint num_input_programs, const cl_program *input_programs,
	void(CL_CALLBACK *pfn_notify)(cl_program program, void *user_data), void *user_data,
	cl_int *errcode_ret)
{
	struct tern_context *context = tern_context_from(handle);
	if (!context)
		return tern_fail(errcode_ret, CL_INVALID_CONTEXT);
	if (!is_list(num_devices, device_list) || !num_input_programs || !input_programs ||
	    (!pfn_notify && user_data))
		return tern_fail(errcode_ret, CL_INVALID_VALUE);
	cl_int error =
		check_link(context, num_devices, device_list, num_input_programs, input_programs);
	if (error)
		return tern_fail(errcode_ret, error);
	struct tern_program *program = NULL;
	error = tern_program_link(context, (struct tern_device *const *)device_list, num_devices,
				  options ? options : "",
				  (struct tern_program *const *)input_programs, num_input_programs,
				  pfn_notify, user_data, &program);
	tern_set_error(errcode_ret, error);
	return program ? tern_program_handle(program) : NULL;
}
