/* SPDX-License-Identifier: MIT */
/* Devices (sections 4.2 and 4.3): enumeration, references, timers. */
#include "icd/api.h"

#include "icd/platform.h"
#include "runtime/base/futex.h"

cl_int CL_API_CALL tern_clGetDeviceIDs(cl_platform_id platform, cl_device_type device_type,
				       cl_uint num_entries, cl_device_id *devices,
				       cl_uint *num_devices)
{
	struct tern_device *found[TERN_MAX_ROOT_DEVICES];
	cl_uint count;

	if (!tern_platform_from(platform))
		return CL_INVALID_PLATFORM;
	if ((devices && !num_entries) || (!devices && !num_devices))
		return CL_INVALID_VALUE;
	cl_int error = tern_icd_devices(device_type, found, &count);
	if (error)
		return error;
	for (cl_uint i = 0; devices && i < tern_min(count, num_entries); i++)
		devices[i] = tern_device_handle(found[i]);
	if (num_devices)
		*num_devices = count;
	return CL_SUCCESS;
}

/* The references of root devices do not count. */
cl_int CL_API_CALL tern_clRetainDevice(cl_device_id handle)
{
	struct tern_device *device = tern_device_from(handle);
	if (!device)
		return CL_INVALID_DEVICE;
	if (!tern_device_is_root(device))
		tern_object_retain(&device->obj);
	return CL_SUCCESS;
}

cl_int CL_API_CALL tern_clReleaseDevice(cl_device_id handle)
{
	struct tern_device *device = tern_device_from(handle);
	if (!device)
		return CL_INVALID_DEVICE;
	if (!tern_device_is_root(device))
		tern_object_release(&device->obj);
	return CL_SUCCESS;
}

/* Every device's clock is the host's monotonic one, which profiling uses too. */
cl_int CL_API_CALL tern_clGetDeviceAndHostTimer(cl_device_id device, cl_ulong *device_timestamp,
						cl_ulong *host_timestamp)
{
	if (!tern_device_from(device))
		return CL_INVALID_DEVICE;
	if (!device_timestamp || !host_timestamp)
		return CL_INVALID_VALUE;
	*device_timestamp = *host_timestamp = tern_clock_ns();
	return CL_SUCCESS;
}

cl_int CL_API_CALL tern_clGetHostTimer(cl_device_id device, cl_ulong *host_timestamp)
{
	if (!tern_device_from(device))
		return CL_INVALID_DEVICE;
	if (!host_timestamp)
		return CL_INVALID_VALUE;
	*host_timestamp = tern_clock_ns();
	return CL_SUCCESS;
}
