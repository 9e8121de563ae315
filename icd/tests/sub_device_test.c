/* SPDX-License-Identifier: MIT */
/* clCreateSubDevices on a made-up device of six units and two caches: who gets which units. */
#include <errno.h>

#include "icd/api.h"
#include "runtime/base/alloc.h"
#include "runtime/base/tests/test.h"
#include "runtime/device.h"

#define UNITS 6

typedef cl_device_partition_property property;

static bool fail_partition;
static int alive;

static void part_destroy(struct tern_object *object)
{
	struct tern_device *device = tern_container_of(object, struct tern_device, obj);
	tern_free(device->partition);
	tern_free(device);
	alive--;
}

static int partition(struct tern_device *device, const cl_uint *first, const cl_uint *units,
		     unsigned count, struct tern_device **out)
{
	if (fail_partition)
		return -ENOMEM;
	for (unsigned i = 0; i < count; i++) {
		REQUIRE(first[i] + units[i] <= device->caps.compute_units && units[i]);
		out[i] = tern_zalloc(sizeof(struct tern_device));
		REQUIRE(out[i]);
		tern_object_init(&out[i]->obj, TERN_KIND_DEVICE, part_destroy);
		out[i]->ops = device->ops;
		out[i]->caps = device->caps;
		out[i]->caps.compute_units = units[i];
		out[i]->parent = device;
		out[i]->root = device->root;
		out[i]->first_unit = device->first_unit + first[i];
		alive++;
	}
	return 0;
}

/* One NUMA node; two caches of the third level, with four units and two. */
static int affinity_parts(struct tern_device *device, cl_device_affinity_domain domain,
			  cl_uint *first, cl_uint *units, unsigned max)
{
	(void)device;
	first[0] = 0;
	if (domain == CL_DEVICE_AFFINITY_DOMAIN_NUMA) {
		units[0] = UNITS;
		return 1;
	}
	REQUIRE(domain == CL_DEVICE_AFFINITY_DOMAIN_L3_CACHE && max >= 2);
	units[0] = 4;
	first[1] = 4;
	units[1] = 2;
	return 2;
}

static const struct tern_device_ops ops = {.partition = partition,
					   .affinity_parts = affinity_parts};
static struct tern_device device = {
	.ops = &ops,
	.root = &device,
	.caps = {.compute_units = UNITS,
		 .max_sub_devices = UNITS,
		 .affinity_domains =
			 CL_DEVICE_AFFINITY_DOMAIN_NUMA | CL_DEVICE_AFFINITY_DOMAIN_L3_CACHE},
};

static cl_int create(const property *p, cl_uint room, cl_device_id *out, cl_uint *count)
{
	return tern_clCreateSubDevices(tern_device_handle(&device), p, room, out, count);
}

static cl_uint units_of(cl_device_id handle)
{
	cl_uint n = 0;
	EXPECT(!tern_clGetDeviceInfo(handle, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof(n), &n, NULL));
	return n;
}

/* Creates the sub-devices that @p asks for and expects these units; then releases them. */
static void expect_parts(const property *p, const property *type, size_t type_bytes,
			 const cl_uint *units, cl_uint count)
{
	cl_device_id parts[UNITS] = {0};
	property reported[16];
	size_t bytes = 0;
	cl_uint n = 0, first = 0;
	EXPECT(!create(p, 0, NULL, &n) && n == count);
	EXPECT(!create(p, UNITS, parts, &n) && n == count);
	for (cl_uint i = 0; i < count; i++) {
		struct tern_device *part = tern_device_from(parts[i]);
		REQUIRE(part);
		EXPECT(units_of(parts[i]) == units[i] && part->first_unit == first);
		first += units[i];
		EXPECT(!tern_clGetDeviceInfo(parts[i], CL_DEVICE_PARTITION_TYPE, sizeof(reported),
					     reported, &bytes));
		EXPECT(bytes == type_bytes && !memcmp(reported, type, bytes));
		EXPECT(!tern_clRetainDevice(parts[i]));
		EXPECT(!tern_clReleaseDevice(parts[i]));
		EXPECT(tern_device_from(parts[i]) == part);
		EXPECT(!tern_clReleaseDevice(parts[i]));
	}
	EXPECT(alive == 0);
}

#define EXPECT_PARTS(p, type, ...)                                                                 \
	expect_parts(p, type, sizeof(type), (const cl_uint[]){__VA_ARGS__},                        \
		     sizeof((const cl_uint[]){__VA_ARGS__}) / sizeof(cl_uint))

static void right(void)
{
	const property twos[] = {CL_DEVICE_PARTITION_EQUALLY, 2, 0};
	const property fours[] = {CL_DEVICE_PARTITION_EQUALLY, 4, 0};
	const property ones[] = {CL_DEVICE_PARTITION_EQUALLY, 1, 0};
	const property counts[] = {CL_DEVICE_PARTITION_BY_COUNTS, 3, 1, 2, 0, 0};
	const property some[] = {CL_DEVICE_PARTITION_BY_COUNTS, 5, 0, 0};
	const property caches[] = {CL_DEVICE_PARTITION_BY_AFFINITY_DOMAIN,
				   CL_DEVICE_AFFINITY_DOMAIN_L3_CACHE, 0};
	const property next[] = {CL_DEVICE_PARTITION_BY_AFFINITY_DOMAIN,
				 CL_DEVICE_AFFINITY_DOMAIN_NEXT_PARTITIONABLE, 0};
	EXPECT_PARTS(twos, twos, 2, 2, 2);
	EXPECT_PARTS(fours, fours, 4);
	EXPECT_PARTS(ones, ones, 1, 1, 1, 1, 1, 1);
	EXPECT_PARTS(counts, counts, 3, 1, 2);
	EXPECT_PARTS(some, some, 5);
	EXPECT_PARTS(caches, caches, 4, 2);
	EXPECT_PARTS(next, caches, 4, 2);
}

/* Only what splits the device is offered. */
static void offered(void)
{
	cl_device_affinity_domain domains = 0;
	EXPECT(!tern_clGetDeviceInfo(tern_device_handle(&device),
				     CL_DEVICE_PARTITION_AFFINITY_DOMAIN, sizeof(domains), &domains,
				     NULL));
	EXPECT(domains ==
	       (CL_DEVICE_AFFINITY_DOMAIN_L3_CACHE | CL_DEVICE_AFFINITY_DOMAIN_NEXT_PARTITIONABLE));
}

static void wrong(void)
{
	static const struct {
		property list[10];
		cl_int error;
	} cases[] = {
		{{0}, CL_INVALID_VALUE},
		{{-1, 1, 0}, CL_INVALID_VALUE},
		{{CL_DEVICE_PARTITION_EQUALLY, 0, 0}, CL_INVALID_VALUE},
		{{CL_DEVICE_PARTITION_EQUALLY, -1, 0}, CL_INVALID_VALUE},
		{{CL_DEVICE_PARTITION_EQUALLY, 2, CL_DEVICE_PARTITION_EQUALLY, 2, 0},
		 CL_INVALID_VALUE},
		{{CL_DEVICE_PARTITION_EQUALLY, UNITS, 0}, CL_DEVICE_PARTITION_FAILED},
		{{CL_DEVICE_PARTITION_EQUALLY, UNITS + 1, 0}, CL_INVALID_DEVICE_PARTITION_COUNT},
		{{CL_DEVICE_PARTITION_EQUALLY, (property)1 << 32 | 2, 0},
		 CL_INVALID_DEVICE_PARTITION_COUNT},
		{{CL_DEVICE_PARTITION_BY_COUNTS, 0, 0}, CL_INVALID_VALUE},
		{{CL_DEVICE_PARTITION_BY_COUNTS, UNITS + 1, 0, 0},
		 CL_INVALID_DEVICE_PARTITION_COUNT},
		{{CL_DEVICE_PARTITION_BY_COUNTS, 4, 3, 0, 0}, CL_INVALID_DEVICE_PARTITION_COUNT},
		{{CL_DEVICE_PARTITION_BY_COUNTS, 1, -1, 0, 0}, CL_INVALID_DEVICE_PARTITION_COUNT},
		{{CL_DEVICE_PARTITION_BY_COUNTS, 1, 1, 1, 1, 1, 1, 1, 0, 0},
		 CL_INVALID_DEVICE_PARTITION_COUNT},
		{{CL_DEVICE_PARTITION_BY_AFFINITY_DOMAIN, CL_DEVICE_AFFINITY_DOMAIN_L1_CACHE, 0},
		 CL_INVALID_VALUE},
		{{CL_DEVICE_PARTITION_BY_AFFINITY_DOMAIN, 0, 0}, CL_INVALID_VALUE},
		{{CL_DEVICE_PARTITION_BY_AFFINITY_DOMAIN,
		  CL_DEVICE_AFFINITY_DOMAIN_NUMA | CL_DEVICE_AFFINITY_DOMAIN_L3_CACHE, 0},
		 CL_INVALID_VALUE},
		{{CL_DEVICE_PARTITION_BY_AFFINITY_DOMAIN, CL_DEVICE_AFFINITY_DOMAIN_NUMA, 0},
		 CL_DEVICE_PARTITION_FAILED},
	};
	for (size_t i = 0; i < tern_array_size(cases); i++) {
		cl_device_id parts[UNITS] = {0};
		cl_uint n = 12345;
		cl_int error = create(cases[i].list, UNITS, parts, &n);
		if (error != cases[i].error)
			fprintf(stderr, "case %zu: error %d\n", i, error);
		EXPECT(error == cases[i].error && n == 12345 && !parts[0]);
	}
	const property twos[] = {CL_DEVICE_PARTITION_EQUALLY, 2, 0};
	cl_device_id parts[UNITS] = {0};
	EXPECT(create(NULL, UNITS, parts, NULL) == CL_INVALID_VALUE);
	EXPECT(create(twos, 2, parts, NULL) == CL_INVALID_VALUE);
	EXPECT(tern_clCreateSubDevices(NULL, twos, UNITS, parts, NULL) == CL_INVALID_DEVICE);
}

/* Nothing stays behind when there is no memory, whichever allocation it is. */
static void out_of_memory(void)
{
	const property twos[] = {CL_DEVICE_PARTITION_EQUALLY, 2, 0};
	cl_device_id parts[UNITS] = {0};
	fail_partition = true;
	EXPECT(create(twos, UNITS, parts, NULL) == CL_OUT_OF_HOST_MEMORY);
	fail_partition = false;
	const unsigned before[] = {1, 2, 3}; /* the two lists and the array of parts */
	for (size_t i = 0; i < tern_array_size(before); i++) {
		tern_fault_arm(before[i], false);
		EXPECT(create(twos, UNITS, parts, NULL) == CL_OUT_OF_HOST_MEMORY);
	}
	tern_fault_arm(8, false); /* past the three parts: the copy of the second's list */
	EXPECT(create(twos, UNITS, parts, NULL) == CL_OUT_OF_HOST_MEMORY);
	tern_fault_arm(0, false);
	EXPECT(alive == 0 && !parts[0]);
}

/* cl_ext_device_fission */
static void fission(void)
{
	const cl_device_partition_property_ext counts[] = {CL_DEVICE_PARTITION_BY_COUNTS_EXT, 4, 2,
							   0, 0};
	const cl_device_partition_property_ext caches[] = {
		CL_DEVICE_PARTITION_BY_AFFINITY_DOMAIN_EXT, CL_AFFINITY_DOMAIN_L3_CACHE_EXT, 0};
	const cl_device_partition_property_ext many[] = {CL_DEVICE_PARTITION_BY_COUNTS_EXT, 7, 0,
							 0};
	const cl_device_partition_property_ext names[] = {CL_DEVICE_PARTITION_BY_NAMES_EXT, 1, 2, 0,
							  0};
	const cl_device_partition_property_ext *const right_ones[] = {counts, caches};
	cl_device_id handle = tern_device_handle(&device), parts[UNITS];
	cl_uint n = 0;
	for (int i = 0; i < 2; i++) {
		EXPECT(!tern_clCreateSubDevicesEXT(handle, right_ones[i], UNITS, parts, &n));
		REQUIRE(n == 2);
		EXPECT(units_of(parts[0]) == 4 && units_of(parts[1]) == 2);
		EXPECT(!tern_clRetainDeviceEXT(parts[0]) && !tern_clReleaseDeviceEXT(parts[0]));
		EXPECT(!tern_clReleaseDeviceEXT(parts[0]) && !tern_clReleaseDeviceEXT(parts[1]));
	}
	EXPECT(tern_clCreateSubDevicesEXT(handle, many, UNITS, parts, &n) ==
	       CL_INVALID_PARTITION_COUNT_EXT);
	EXPECT(tern_clCreateSubDevicesEXT(handle, names, UNITS, parts, &n) == CL_INVALID_VALUE);
	EXPECT(alive == 0);
}

int main(void)
{
	tern_object_init(&device.obj, TERN_KIND_DEVICE, NULL);
	right();
	offered();
	wrong();
	out_of_memory();
	fission();
	return test_result();
}
