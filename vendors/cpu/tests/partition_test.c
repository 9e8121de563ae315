/* SPDX-License-Identifier: MIT */
/* Sub-devices: what can be asked for, and that their commands keep to their units. */
#include <errno.h>

#include "harness.h"

enum { UNITS = 4, MOST = 64 };

struct args {
	_Atomic int *now, *most;
};

/* Counts how many groups run at once. */
static void overlap(const void *p, const struct tern_group *group, uint64_t x, uint64_t y,
		    uint64_t z)
{
	const struct args *args = p;
	(void)group, (void)x, (void)y, (void)z;
	int now = atomic_fetch_add(args->now, 1) + 1, most = atomic_load(args->most);
	while (now > most && !atomic_compare_exchange_weak(args->most, &most, now))
		;
	uint64_t end = tern_clock_ns() + 200000;
	while (tern_clock_ns() < end)
		;
	atomic_fetch_sub(args->now, 1);
}

static const struct tern_kernel_info info = {.name = "overlap", .lanes = 1, .rows = 1};

static int overlap_on(struct tern_device *device, unsigned queues)
{
	_Atomic int now = 0, most = 0;
	struct args args = {&now, &most};
	struct tern_queue *queue[4];
	for (unsigned i = 0; i < queues; i++) {
		queue[i] = queue_on(device, 0);
		CHECK(!enqueue_kernel(queue[i], &info, overlap, &args, sizeof(args), 60, 1, NULL));
	}
	for (unsigned i = 0; i < queues; i++) {
		CHECK(!tern_queue_finish(queue[i]));
		queue_release(queue[i]);
	}
	return most;
}

static void test_counts(void)
{
	cl_uint first[] = {0, 1}, units[] = {1, 2};
	struct tern_device *sub[2], *inner;
	CHECK(!test_device->ops->partition(test_device, first, units, 2, sub));
	CHECK(sub[0]->caps.compute_units == 1 && sub[1]->caps.compute_units == 2);
	CHECK(sub[1]->parent == test_device && sub[1]->root == test_device);
	CHECK(overlap_on(sub[0], 2) == 1);
	CHECK(overlap_on(sub[1], 3) <= 2);
	cl_uint one = 1;
	CHECK(!sub[1]->ops->partition(sub[1], &one, &one, 1, &inner));
	CHECK(inner->first_unit == 2 && inner->caps.compute_units == 1);
	CHECK(overlap_on(inner, 2) == 1);
	tern_object_release(&sub[0]->obj);
	tern_object_release(&sub[1]->obj); /* the inner one keeps it */
	CHECK(overlap_on(inner, 1) == 1);
	tern_object_release(&inner->obj);
	cl_uint too_many = UNITS + 1, zero = 0;
	CHECK(test_device->ops->partition(test_device, &zero, &too_many, 1, sub) == -EINVAL);
	CHECK(test_device->ops->partition(test_device, &too_many, &one, 1, sub) == -EINVAL);
	CHECK(test_device->ops->partition(test_device, &zero, &zero, 1, sub) == -EINVAL);
}

static void test_affinity(void)
{
	cl_uint first[MOST], units[MOST];
	for (unsigned bit = 0; bit < 6; bit++) {
		cl_device_affinity_domain domain = 1u << bit;
		int n = test_device->ops->affinity_parts(test_device, domain, first, units, MOST);
		if (!(test_device->caps.affinity_domains & domain))
			continue;
		if (domain == CL_DEVICE_AFFINITY_DOMAIN_NEXT_PARTITIONABLE && n < 0)
			continue; /* nothing to part */
		CHECK(n > 0 && n <= MOST);
		cl_uint at = 0;
		for (int i = 0; i < n; i++) {
			CHECK(first[i] == at && units[i]);
			at += units[i];
		}
		CHECK(at == test_device->caps.compute_units);
	}
}

int main(void)
{
	/* As many units as the test wants, whatever the machine; places are then unknown. */
	bool forced = !getenv("TERN_THREADS");
	if (forced)
		setenv("TERN_THREADS", "4", 1);
	test_start();
	if (test_device->caps.compute_units == UNITS)
		test_counts();
	CHECK(overlap_on(test_device, 3) >= 1);
	test_affinity();
	test_end();
	return test_device->caps.compute_units == UNITS || !forced ? 0 : 1;
}
