/* SPDX-License-Identifier: MIT */
/* Where an implementation is known to deviate from the specification. */
#include "conformance/report.h"
#include <fnmatch.h>

#define POCL "Portable Computing Language"

/* The first row that fits counts. Seen with pocl 3.1 of Debian 12. */
static const struct conf_deviation table[] = {
	{POCL, "queries.device_ids", CONF_DEVIATES,
	 "impossible device types give CL_DEVICE_NOT_FOUND, not CL_INVALID_DEVICE_TYPE"},
	{POCL, "queries.device_info", CONF_DEVIATES,
	 "CL_DEVICE_DEVICE_ENQUEUE_CAPABILITIES has 4 bytes instead of 8"},
	{POCL, "queries.context_info", CONF_CRASHES,
	 "CL_CONTEXT_PROPERTIES of a context made without properties"},
	{POCL, "negative.wrong_kind", CONF_CRASHES, "handles of another kind are not told apart"},
	{POCL, "negative.create_context", CONF_DEVIATES,
	 "clCreateContextFromType with an impossible type gives CL_DEVICE_NOT_FOUND and a context"},
	{POCL, "negative.create_queue", CONF_CRASHES,
	 "a queue on the device ends the process; CL_QUEUE_SIZE without one is accepted"},
	{POCL, "negative.create_sub_buffer", CONF_DEVIATES,
	 "a region whose end wraps around is accepted"},
	{POCL, "negative.map_arguments", CONF_DEVIATES,
	 "unknown and contradictory map flags are accepted"},
	{POCL, "negative.create_program", CONF_CRASHES, "no strings, or one that is NULL"},
	{POCL, "negative.create_program_with_binary", CONF_CRASHES,
	 "a binary or device that is NULL"},
	{POCL, "negative.create_program_with_il", CONF_DEVIATES,
	 "CL_INVALID_VALUE instead of CL_INVALID_OPERATION"},
	{POCL, "negative.build_arguments", CONF_CRASHES, "a device that is NULL"},
	{POCL, "negative.compile_arguments", CONF_CRASHES, "headers without names"},
	{POCL, "negative.link_arguments", CONF_CRASHES, "a program that is NULL"},
	{POCL, "negative.set_arguments", CONF_DEVIATES,
	 "an argument that is too small by less than its padding is accepted"},
	{POCL, "negative.wrong_objects_as_arguments", CONF_DEVIATES,
	 "handles of another kind are not told apart"},
	{POCL, "negative.enqueue_arguments", CONF_CRASHES, "a work dimension of 0"},
	{POCL, "negative.enqueue_sizes", CONF_DEVIATES, "an offset that wraps around is accepted"},
	{POCL, "negative.too_much_local_memory", CONF_CRASHES,
	 "more local memory than there is ends the process when the kernel runs"},
	{POCL, "negative.svm_alloc", CONF_DEVIATES, "CL_MEM_USE_HOST_PTR is accepted"},
	{POCL, "negative.svm_commands", CONF_CRASHES, "wrong pointers and sizes"},
	{POCL, "negative.svm_kernel_arguments", CONF_DEVIATES,
	 "clSetKernelExecInfo accepts anything"},
	{POCL, "queues.marker_with_list", CONF_DEVIATES,
	 "a marker with a wait list waits for all earlier commands"},
	{POCL, "programs.status_and_type", CONF_DEVIATES,
	 "a failed build leaves the binary type CL_PROGRAM_BINARY_TYPE_EXECUTABLE"},
	{POCL, "programs.options_accepted", CONF_DEVIATES, "-cl-no-subgroup-ifp is refused"},
	{POCL, "programs.language_versions", CONF_DEVIATES,
	 "without -cl-std the language is 3.0, not the highest 1.x"},
	{POCL, "programs.no_kernels", CONF_DEVIATES, "the empty list of names is not written"},
	{POCL, "programs.binary_not_wanted", CONF_CRASHES, "NULL among CL_PROGRAM_BINARIES"},
	{POCL, "programs.binary_truncated", CONF_CRASHES, "damaged binaries"},
	{POCL, "programs.binary_bits_flipped", CONF_CRASHES, "damaged binaries"},
	{POCL, "svm.host_and_kernel_talk", CONF_DEVIATES,
	 "CL_DEVICE_SVM_ATOMICS is reported, but memory_scope_all_svm_devices is not there"},
	{POCL, "svm.host_and_kernel_count", CONF_DEVIATES,
	 "CL_DEVICE_SVM_ATOMICS is reported, but memory_scope_all_svm_devices is not there"},
	{POCL, "subdevices.siblings_share_context", CONF_CRASHES,
	 "buffers in a context of sub-devices only"},
	{POCL, "hostile.macro_bomb", CONF_HANGS, "the compiler has no time limit"},
	{POCL, "buffers.several_maps", CONF_SOMETIMES,
	 "the map count falls a moment after the unmap command is complete"},
	{POCL, "hostile.strange_options", CONF_CRASHES, "-D without a name"},
	{POCL, "events.failure_of_blocking_calls", CONF_HANGS,
	 "a blocking transfer that waits for a failed event never returns"},
	{POCL, "events.callback_on_failure", CONF_DEVIATES,
	 "callbacks of events that fail are not called"},
	{POCL, "events.chain_million_out_of_order", CONF_HANGS,
	 "enqueuing takes time that grows with the commands pending"},
	{POCL, "events.chain_time_is_linear", CONF_HANGS,
	 "enqueuing takes time that grows with the commands pending"},
	{POCL, "events.chain_released_late", CONF_HANGS,
	 "enqueuing takes time that grows with the commands pending"},
	{POCL, "events.chain_fails", CONF_HANGS,
	 "the failure does not pass through the chain before the time limit"},
	{POCL, "events.fan_out", CONF_HANGS,
	 "enqueuing takes time that grows with the commands pending"},
	{POCL, "events.other_command_types", CONF_DEVIATES,
	 "clEnqueueTask's events have the type CL_COMMAND_NDRANGE_KERNEL"},
	{POCL, "ndrange.required_group_size", CONF_DEVIATES,
	 "reqd_work_group_size with a NULL local size is refused (the rule of OpenCL 1.2)"},
	{NULL, NULL, CONF_DEVIATES, NULL},
};

const struct conf_deviation *conf_deviation_find(const char *platform, const char *name)
{
	for (const struct conf_deviation *entry = table; entry->platform; entry++)
		if (!fnmatch(entry->platform, platform, 0) && !fnmatch(entry->name, name, 0))
			return entry;
	return NULL;
}
