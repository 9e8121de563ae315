/* SPDX-License-Identifier: MIT */
/* Sub-devices: ranges of units. They get a domain when a queue is made for them. */
#include <errno.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "vendors/cpu/internal.h"

static void sub_device_destroy(struct tern_object *object)
{
	struct tern_device *device = tern_container_of(object, struct tern_device, obj);
	struct tern_device *parent = device->parent;
	device->ops->destroy(device);
	tern_free(device->partition);
	tern_free(device);
	tern_device_put(parent);
}

static struct tern_device *make_sub_device(struct tern_device *parent, cl_uint first, cl_uint units)
{
	struct tern_device *device = tern_zalloc(sizeof(*device));
	struct cpu_device *cpu = tern_zalloc(sizeof(*cpu));
	if (!device || !cpu) {
		tern_free(device);
		tern_free(cpu);
		return NULL;
	}
	cpu->root = ((struct cpu_device *)parent->backend)->root;
	device->ops = parent->ops;
	device->backend = cpu;
	device->caps = parent->caps;
	device->caps.compute_units = units;
	device->caps.max_sub_devices = units;
	device->parent = parent;
	device->root = parent->root;
	device->first_unit = parent->first_unit + first;
	tern_device_get(parent);
	tern_object_init(&device->obj, TERN_KIND_DEVICE, sub_device_destroy);
	return device;
}

int cpu_partition(struct tern_device *device, const cl_uint *first, const cl_uint *units,
		  unsigned count, struct tern_device **out)
{
	for (unsigned i = 0; i < count; i++)
		if (!units[i] || first[i] >= device->caps.compute_units ||
		    units[i] > device->caps.compute_units - first[i])
			return -EINVAL;
	for (unsigned i = 0; i < count; i++) {
		struct tern_device *sub = make_sub_device(device, first[i], units[i]);
		if (!sub) {
			while (i--)
				tern_device_put(out[i]);
			return -ENOMEM;
		}
		out[i] = sub;
	}
	return 0;
}

static unsigned parts_by(const int *group, unsigned begin, unsigned count, cl_uint *first,
			 cl_uint *units, unsigned max)
{
	unsigned parts = 0;
	for (unsigned i = 0; i < count;) {
		unsigned n = 1;
		while (i + n < count && group[begin + i + n] == group[begin + i])
			n++;
		if (parts < max) {
			first[parts] = i;
			units[parts] = n;
		}
		parts++;
		i += n;
	}
	return parts;
}

int cpu_affinity_parts(struct tern_device *device, cl_device_affinity_domain domain, cl_uint *first,
		       cl_uint *units, unsigned max)
{
	static const cl_device_affinity_domain order[5] = {
		CL_DEVICE_AFFINITY_DOMAIN_NUMA, CL_DEVICE_AFFINITY_DOMAIN_L4_CACHE,
		CL_DEVICE_AFFINITY_DOMAIN_L3_CACHE, CL_DEVICE_AFFINITY_DOMAIN_L2_CACHE,
		CL_DEVICE_AFFINITY_DOMAIN_L1_CACHE};
	struct root *root = ((struct cpu_device *)device->backend)->root;
	if (topology_load(root))
		return -ENOTSUP;
	bool next = domain == CL_DEVICE_AFFINITY_DOMAIN_NEXT_PARTITIONABLE;
	for (unsigned level = 0; level < 5; level++) {
		const int *group = root->topology.group[level];
		if ((!next && domain != order[level]) || group[device->first_unit] < 0)
			continue;
		unsigned parts = parts_by(group, device->first_unit, device->caps.compute_units,
					  first, units, max);
		if (!next || parts > 1)
			return (int)parts;
	}
	return -ENOTSUP;
}
