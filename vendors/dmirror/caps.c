/* SPDX-License-Identifier: MIT */
/* What a device says about itself. Starts nothing. */
#include <stdio.h>

#include "runtime/base/option.h"
#include "vendors/dmirror/internal.h"

#define GROUP_MOST     1024
#define CLOCK_MHZ      1                     /* of no meaning; 0 is not allowed */
#define MEMORY         ((uint64_t)256 << 20) /* what the driver adds at once */
#define MEMORY_LEAST   ((uint64_t)1 << 20)
#define FIRST_COHERENT 2u

uint64_t dmirror_memory_limit(void)
{
	uint64_t bytes = tern_option_number(TERN_OPTION_DMIRROR_MEMORY, MEMORY);
	return tern_max(bytes, MEMORY_LEAST) & ~(TERN_PAGE - 1);
}

void dmirror_caps_fill(struct dmirror *d)
{
	bool coherent = d->node >= FIRST_COHERENT;
	uint64_t bytes = dmirror_memory_limit();
	snprintf(d->name, sizeof(d->name), "Linux HMM test device %u (device-%s)", d->node,
		 coherent ? "coherent" : "private");
	d->devmem.model = coherent ? TERN_MEMORY_COHERENT : TERN_MEMORY_PRIVATE;
	d->devmem.limit = bytes;
	d->device.caps = (struct tern_device_caps){
		.type = CL_DEVICE_TYPE_CUSTOM,
		.name = d->name,
		.vendor = "Tern",
		.compute_units = 1,
		.max_group_size = GROUP_MOST,
		.max_item_sizes = {GROUP_MOST, GROUP_MOST, GROUP_MOST},
		.clock_mhz = CLOCK_MHZ,
		.global_mem_bytes = bytes,
		.max_alloc_bytes = bytes,
		.cache_line_bytes = TERN_CACHE_LINE,
		.svm = CL_DEVICE_SVM_COARSE_GRAIN_BUFFER | CL_DEVICE_SVM_FINE_GRAIN_BUFFER |
		       CL_DEVICE_SVM_FINE_GRAIN_SYSTEM | CL_DEVICE_SVM_ATOMICS,
		/* Allocations are pages that migrate, on coherent devices, too: they are where
		 * they are, not in a place of their own. */
		.memory_model = TERN_MEMORY_PRIVATE,
		.host_unified_memory = coherent,
		.timer_resolution_ns = 1,
		.built_in = dmirror_kernels,
		.built_in_count = dmirror_kernel_count,
		.no_compiler = true,
	};
}
