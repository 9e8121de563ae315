/* SPDX-License-Identifier: MIT */
/* What the accelerator says about itself. Starts nothing. */
#include "runtime/base/log.h"
#include "vendors/accel/commands.h"

#define PRINTF_BYTES ((cl_ulong)1 << 20)
#define GROUP_MOST   4096
#define ALLOC_LEAST                                                                                \
	((uint64_t)128 << 20) /* CL_DEVICE_MAX_MEM_ALLOC_SIZE, where there is as much              \
			       */
#define CLOCK_MHZ   1000      /* of no meaning; 0 is not allowed */
#define CACHE_BYTES ((cl_ulong)1 << 20)

static void vector_widths(struct tern_device_caps *caps)
{
	cl_uint lanes = tern_target_lanes();
	caps->vector_width_char = lanes * 4;
	caps->vector_width_short = lanes * 2;
	caps->vector_width_int = caps->vector_width_float = lanes;
	caps->vector_width_long = caps->vector_width_double = lanes / 2;
}

static cl_device_svm_capabilities svm(bool system)
{
	cl_device_svm_capabilities buffer = CL_DEVICE_SVM_COARSE_GRAIN_BUFFER |
					    CL_DEVICE_SVM_FINE_GRAIN_BUFFER | CL_DEVICE_SVM_ATOMICS;
	return system ? buffer | CL_DEVICE_SVM_FINE_GRAIN_SYSTEM : buffer;
}

void accel_caps_fill(struct tern_device_caps *caps, const struct accel_options *options,
		     bool system)
{
	uint64_t bytes = options->memory_bytes;
	*caps = (struct tern_device_caps){
		.type = CL_DEVICE_TYPE_ACCELERATOR,
		.name = "Tern accelerator",
		.vendor = "Tern",
		.compute_units = options->units,
		.max_group_size = GROUP_MOST,
		.max_item_sizes = {GROUP_MOST, GROUP_MOST, GROUP_MOST},
		.clock_mhz = CLOCK_MHZ,
		.global_mem_bytes = bytes,
		.max_alloc_bytes = tern_max(bytes / 4, tern_min(bytes, ALLOC_LEAST)),
		.cache_bytes = CACHE_BYTES,
		.cache_line_bytes = TERN_CACHE_LINE,
		.local_mem_bytes = ACCEL_LOCAL_BYTES,
		.local_mem_dedicated = CL_TRUE,
		.printf_bytes = PRINTF_BYTES,
		.max_global_variable_bytes = (cl_ulong)64 << 20,
		.svm = svm(system),
		.memory_model = options->model,
		.host_unified_memory = options->model == TERN_MEMORY_COHERENT,
		.native_kernels = CL_FALSE,
		.max_sub_devices = 0,
		.affinity_domains = 0,
		.timer_resolution_ns = 1,
	};
	vector_widths(caps);
}

bool accel_caps_system(void)
{
	struct tern_space_features features;
	tern_space_probe(&features);
	if (!features.system)
		tern_log_info("accel: buffer SVM only, any other pointer of the program's is not "
			      "valid on the device: %s (error %d)",
			      features.why, features.error);
	return features.system;
}
