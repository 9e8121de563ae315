/* SPDX-License-Identifier: MIT */
/* clCreateSubDevices (section 4.3): which compute units each part gets; the back end makes them. */
#include "icd/api.h"

#include "runtime/base/alloc.h"
#include "runtime/device.h"

typedef cl_device_partition_property property;

/* Parts of a device: part i has units[i] compute units from first[i] on. */
struct split {
	cl_uint *first, *units;
	cl_uint count, max;
	cl_device_affinity_domain domain; /* by affinity domain: which it was */
};

static cl_int split_equally(const struct tern_device *device, const property *p, struct split *s)
{
	cl_uint all = device->caps.compute_units;
	if (p[1] <= 0 || p[2])
		return CL_INVALID_VALUE;
	if ((uint64_t)p[1] > all)
		return CL_INVALID_DEVICE_PARTITION_COUNT;
	cl_uint each = (cl_uint)p[1];
	if (each == all)
		return CL_DEVICE_PARTITION_FAILED;
	for (s->count = 0; s->count < all / each; s->count++) {
		s->first[s->count] = s->count * each;
		s->units[s->count] = each;
	}
	return CL_SUCCESS;
}

static cl_int split_by_counts(const struct tern_device *device, const property *p, struct split *s)
{
	cl_uint all = device->caps.compute_units, used = 0;
	if (!p[1])
		return CL_INVALID_VALUE;
	for (size_t i = 1; p[i] != CL_DEVICE_PARTITION_BY_COUNTS_LIST_END; i++) {
		if (p[i] < 0 || (uint64_t)p[i] > all - used ||
		    s->count >= device->caps.max_sub_devices)
			return CL_INVALID_DEVICE_PARTITION_COUNT;
		s->first[s->count] = used;
		s->units[s->count++] = (cl_uint)p[i];
		used += (cl_uint)p[i];
	}
	return CL_SUCCESS;
}

/* True when @domain splits the device into two parts or more. */
static bool split_along(struct tern_device *device, cl_device_affinity_domain domain,
			struct split *s)
{
	if (!(device->caps.affinity_domains & domain))
		return false;
	int n = device->ops->affinity_parts(device, domain, s->first, s->units, s->max);
	if (n < 2)
		return false;
	s->count = (cl_uint)n;
	s->domain = domain;
	return true;
}

static cl_int split_by_affinity(struct tern_device *device, const property *p, struct split *s)
{
	static const cl_device_affinity_domain order[] = {
		CL_DEVICE_AFFINITY_DOMAIN_NUMA,     CL_DEVICE_AFFINITY_DOMAIN_L4_CACHE,
		CL_DEVICE_AFFINITY_DOMAIN_L3_CACHE, CL_DEVICE_AFFINITY_DOMAIN_L2_CACHE,
		CL_DEVICE_AFFINITY_DOMAIN_L1_CACHE,
	};
	cl_device_affinity_domain wanted = (cl_device_affinity_domain)p[1];
	cl_device_affinity_domain supported = device->caps.affinity_domains;
	if (supported)
		supported |= CL_DEVICE_AFFINITY_DOMAIN_NEXT_PARTITIONABLE;
	if (p[2] || !tern_is_power_of_two(wanted) || !(supported & wanted))
		return CL_INVALID_VALUE;
	for (size_t i = 0; i < tern_array_size(order); i++) {
		bool asked = wanted == CL_DEVICE_AFFINITY_DOMAIN_NEXT_PARTITIONABLE ||
			     wanted == order[i];
		if (asked && split_along(device, order[i], s))
			return CL_SUCCESS;
	}
	return CL_DEVICE_PARTITION_FAILED;
}

static cl_int split_device(struct tern_device *device, const property *p, struct split *s)
{
	switch (p[0]) {
	case CL_DEVICE_PARTITION_EQUALLY:
		return split_equally(device, p, s);
	case CL_DEVICE_PARTITION_BY_COUNTS:
		return split_by_counts(device, p, s);
	case CL_DEVICE_PARTITION_BY_AFFINITY_DOMAIN:
		return split_by_affinity(device, p, s);
	default:
		return CL_INVALID_VALUE;
	}
}

static size_t list_length(const property *p)
{
	size_t n = 2;
	if (p[0] == CL_DEVICE_PARTITION_BY_COUNTS) {
		/* Its list has an end of its own. */
		for (n = 1; p[n] != CL_DEVICE_PARTITION_BY_COUNTS_LIST_END; n++)
			;
		n++;
	}
	return n + 1;
}

/* Notes with the sub-device how it was asked for. */
static cl_int set_partition(struct tern_device *device, const property *p, const struct split *s)
{
	size_t n = list_length(p);
	property *copy = tern_zalloc_array(n, sizeof(*copy));
	if (!copy)
		return CL_OUT_OF_HOST_MEMORY;
	memcpy(copy, p, (n - 1) * sizeof(*copy));
	if (s->domain)
		copy[1] =
			(property)s->domain; /* for CL_DEVICE_AFFINITY_DOMAIN_NEXT_PARTITIONABLE */
	device->partition = copy;
	device->partition_bytes = n * sizeof(*copy);
	return CL_SUCCESS;
}

static cl_int create_parts(struct tern_device *device, const property *p, const struct split *s,
			   cl_device_id *out)
{
	struct tern_device **parts = tern_zalloc_array(s->count, sizeof(struct tern_device *));
	if (!parts)
		return CL_OUT_OF_HOST_MEMORY;
	cl_int error =
		tern_cl_error(device->ops->partition(device, s->first, s->units, s->count, parts));
	if (error)
		goto err_free;
	for (cl_uint i = 0; i < s->count; i++) {
		error = set_partition(parts[i], p, s);
		if (error)
			goto err_release;
	}
	for (cl_uint i = 0; i < s->count; i++)
		out[i] = tern_device_handle(parts[i]);
	tern_free(parts);
	return CL_SUCCESS;

err_release:
	for (cl_uint i = 0; i < s->count; i++)
		tern_object_release(&parts[i]->obj);
err_free:
	tern_free(parts);
	return error;
}

cl_int CL_API_CALL tern_clCreateSubDevices(cl_device_id in_device, const property *properties,
					   cl_uint num_devices, cl_device_id *out_devices,
					   cl_uint *num_devices_ret)
{
	struct tern_device *device = tern_device_from(in_device);
	if (!device)
		return CL_INVALID_DEVICE;
	if (!properties || !device->caps.max_sub_devices) /* valid, but not supported here */
		return CL_INVALID_VALUE;
	struct split split = {.max = device->caps.compute_units};
	split.first = tern_zalloc_array(split.max, sizeof(cl_uint));
	split.units = tern_zalloc_array(split.max, sizeof(cl_uint));
	cl_int error = CL_OUT_OF_HOST_MEMORY;
	if (split.first && split.units)
		error = split_device(device, properties, &split);
	if (!error && out_devices && num_devices < split.count)
		error = CL_INVALID_VALUE;
	if (!error && out_devices)
		error = create_parts(device, properties, &split, out_devices);
	if (!error && num_devices_ret)
		*num_devices_ret = split.count;
	tern_free(split.units);
	tern_free(split.first);
	return error;
}
