/* SPDX-License-Identifier: MIT */
/*
 * Where the units are, by hwloc. Discovery takes about ten milliseconds, so it happens only when
 * someone asks for an affinity domain, or in a worker once the program has run for a while: from
 * then on workers are bound to their processors. Until then they float within the program's mask.
 */
#include <errno.h>
#include <hwloc.h>
#include <sched.h>

#include "runtime/base/log.h"
#include "vendors/cpu/internal.h"

#define BIND_AFTER_NS 100000000u

static int discover(hwloc_topology_t *out)
{
	static const hwloc_obj_type_t kept[] = {HWLOC_OBJ_L4CACHE, HWLOC_OBJ_L3CACHE,
						HWLOC_OBJ_L2CACHE, HWLOC_OBJ_L1CACHE};
	hwloc_topology_t t;
	if (hwloc_topology_init(&t))
		return -ENOMEM;
	hwloc_topology_set_all_types_filter(t, HWLOC_TYPE_FILTER_KEEP_NONE);
	for (unsigned i = 0; i < tern_array_size(kept); i++)
		hwloc_topology_set_type_filter(t, kept[i], HWLOC_TYPE_FILTER_KEEP_ALL);
	unsigned long flags = 0;
#if HWLOC_API_VERSION >= 0x00020800
	flags |= HWLOC_TOPOLOGY_FLAG_NO_DISTANCES | HWLOC_TOPOLOGY_FLAG_NO_MEMATTRS |
		 HWLOC_TOPOLOGY_FLAG_NO_CPUKINDS;
#endif
	if (hwloc_topology_set_flags(t, flags) || hwloc_topology_load(t)) {
		hwloc_topology_destroy(t);
		return -EIO;
	}
	*out = t;
	return 0;
}

static int covering(hwloc_topology_t t, hwloc_obj_t pu, hwloc_obj_type_t type)
{
	if (type == HWLOC_OBJ_NUMANODE) {
		hwloc_obj_t node = NULL;
		while ((node = hwloc_get_next_obj_by_type(t, type, node)))
			if (hwloc_bitmap_isset(node->cpuset, pu->os_index))
				return (int)node->logical_index;
		return -1;
	}
	hwloc_obj_t cache = hwloc_get_ancestor_obj_by_type(t, type, pu);
	return cache ? (int)cache->logical_index : -1;
}

static void describe(struct root *root, hwloc_topology_t t, hwloc_const_bitmap_t allowed)
{
	static const hwloc_obj_type_t levels[5] = {HWLOC_OBJ_NUMANODE, HWLOC_OBJ_L4CACHE,
						   HWLOC_OBJ_L3CACHE, HWLOC_OBJ_L2CACHE,
						   HWLOC_OBJ_L1CACHE};
	struct topology *topology = &root->topology;
	hwloc_obj_t pu = NULL;
	while (topology->count < root->units &&
	       (pu = hwloc_get_next_obj_by_type(t, HWLOC_OBJ_PU, pu))) {
		if (!hwloc_bitmap_isset(allowed, pu->os_index))
			continue;
		unsigned unit = topology->count++;
		topology->cpu[unit] = (int)pu->os_index;
		if (pu->os_index < MAX_CPUS)
			topology->unit[pu->os_index] = (uint16_t)unit;
		for (unsigned i = 0; i < 5; i++)
			topology->group[i][unit] = covering(t, pu, levels[i]);
	}
}

static int load(struct root *root)
{
	hwloc_topology_t t;
	int error = discover(&t);
	if (error)
		return error;
	hwloc_bitmap_t allowed = hwloc_bitmap_alloc();
	if (!allowed)
		error = -ENOMEM;
	else if (hwloc_get_cpubind(t, allowed, HWLOC_CPUBIND_PROCESS) &&
		 hwloc_bitmap_copy(allowed, hwloc_topology_get_allowed_cpuset(t)))
		error = -ENOMEM;
	if (!error)
		describe(root, t, allowed);
	/* More units than processors (TERN_THREADS): there is no saying where each is. */
	if (!error && root->topology.count < root->units)
		error = -ENOTSUP;
	hwloc_bitmap_free(allowed);
	hwloc_topology_destroy(t);
	return error;
}

int topology_load(struct root *root)
{
	tern_lock_acquire(&root->lock);
	if (!root->topology.loaded) {
		root->topology.loaded = true;
		root->topology.error = load(root);
		if (root->topology.error)
			tern_log_info("processors' places are not known (error %d)",
				      -root->topology.error);
		else
			atomic_store_explicit(&root->topology_version, 1, memory_order_release);
	}
	int error = root->topology.error;
	tern_lock_release(&root->lock);
	return error;
}

unsigned topology_here(struct root *root)
{
	if (!atomic_load_explicit(&root->topology_version, memory_order_acquire))
		return MAX_UNITS;
	int cpu = sched_getcpu();
	if (cpu < 0 || cpu >= MAX_CPUS)
		return MAX_UNITS;
	unsigned unit = root->topology.unit[cpu];
	return root->topology.cpu[unit] == cpu ? unit : MAX_UNITS;
}

/* Workers are bound one to each processor when there are as many, or when sub-devices by affinity
 * were asked for; with a quota of fewer they would be stuck behind others. */
void topology_bind(struct root *root, struct worker *worker)
{
	if (tern_likely(worker->pinned))
		return;
	if (!atomic_load_explicit(&root->topology_version, memory_order_acquire)) {
		if (root->units != root->cpus || root->units == 1 ||
		    tern_clock_ns() - root->start_ns < BIND_AFTER_NS)
			return;
		worker->pinned = 1;
		if (topology_load(root))
			return;
	}
	worker->pinned = 1;
	cpu_set_t *set = CPU_ALLOC(MAX_CPUS);
	if (!set)
		return;
	size_t bytes = CPU_ALLOC_SIZE(MAX_CPUS);
	CPU_ZERO_S(bytes, set);
	CPU_SET_S((size_t)root->topology.cpu[worker->executor.unit], bytes, set);
	if (sched_setaffinity(0, bytes, set))
		tern_log_debug("worker %u could not be bound", worker->executor.unit);
	CPU_FREE(set);
}
