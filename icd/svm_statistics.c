/* SPDX-License-Identifier: MIT */
/* cl_tern_svm_statistics; icd/cl_tern.h documents it. */
#include "icd/svm_types.h"

#include <stddef.h>

#include "runtime/transfer.h"

_Static_assert(sizeof(cl_svm_statistics_tern) == 17 * sizeof(cl_ulong), "padding");
_Static_assert(sizeof(cl_event_svm_statistics_tern) == 6 * sizeof(cl_ulong), "padding");

/* What the first version of the header has: callers never know less. */
#define LEAST_BYTES       sizeof(cl_svm_statistics_tern)
#define EVENT_LEAST_BYTES offsetof(cl_event_svm_statistics_tern, bytes_to_device)

static void fill(cl_svm_statistics_tern *out, const struct tern_space_stats *stats)
{
	out->device_read_faults = stats->device_read_faults;
	out->device_write_faults = stats->device_write_faults;
	out->host_read_faults = stats->host_read_faults;
	out->host_write_faults = stats->host_write_faults;
	out->pages_to_device = stats->pages_to_device;
	out->pages_to_host = stats->pages_to_host;
	out->pages_zeroed = stats->pages_zeroed;
	out->pages_dropped = stats->pages_dropped;
	out->pages_evicted = stats->evicted;
	out->pages_invalidated = stats->invalidated;
	out->pages_fallback = stats->fallback;
	out->faults_deferred = stats->deferred;
	out->faults_retried = stats->retried;
	out->faults_refused = stats->refused;
	out->link_ns = stats->link_ns;
}

static cl_ulong resident_bytes(struct tern_device *device)
{
	struct tern_devmem *memory = tern_device_memory_get(device);
	if (!memory)
		return 0;
	cl_ulong bytes = tern_space_resident(memory);
	tern_device_memory_put(device);
	return bytes;
}

cl_int CL_API_CALL tern_clGetSVMStatisticsTERN(cl_device_id handle, const void *ptr, size_t size,
					       size_t struct_size, cl_svm_statistics_tern *out)
{
	struct tern_device *device = tern_device_from(handle);
	cl_svm_statistics_tern values = {.page_bytes = TERN_PAGE};
	struct tern_space_stats stats = {0};
	if (!device)
		return CL_INVALID_DEVICE;
	if (!out || struct_size < LEAST_BYTES || struct_size % sizeof(cl_ulong) || !ptr != !size)
		return CL_INVALID_VALUE;
	if (size && (uintptr_t)ptr > UINTPTR_MAX - (size - 1))
		return CL_INVALID_VALUE;
	if (device->caps.memory_model != TERN_MEMORY_SYSTEM) {
		if (ptr)
			tern_space_range_stats(ptr, size, &stats);
		else
			tern_space_stats(&stats);
		fill(&values, &stats);
		values.resident_bytes = ptr ? 0 : resident_bytes(device->root);
	}
	memset(out, 0, struct_size);
	memcpy(out, &values, tern_min(struct_size, sizeof(values)));
	return CL_SUCCESS;
}

cl_int tern_svm_event_info(struct tern_event *event, const struct tern_info *out)
{
	cl_int status = tern_event_query_status(event);
	if (!event->queue || status > CL_COMPLETE)
		return CL_PROFILING_INFO_NOT_AVAILABLE;
	const cl_ulong copied = event->svm_pages_in - event->svm_pages_zeroed;
	const cl_event_svm_statistics_tern s = {
		.faults = event->svm_faults,
		.pages_in = event->svm_pages_in,
		.pages_out = event->svm_pages_out,
		.link_ns = event->svm_link_ns,
		.bytes_to_device = copied * TERN_PAGE,
		.bytes_to_host = (cl_ulong)event->svm_pages_out * TERN_PAGE,
		.stalled_ns = event->svm_stalled_ns,
	};
	/* Callers of the first version have a smaller structure. */
	size_t bytes = out->value ? out->size / sizeof(cl_ulong) * sizeof(cl_ulong) : sizeof(s);
	if (bytes < EVENT_LEAST_BYTES)
		return CL_INVALID_VALUE;
	return tern_info_bytes(out, &s, tern_min(bytes, sizeof(s)));
}
