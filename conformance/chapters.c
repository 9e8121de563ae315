/* SPDX-License-Identifier: MIT */
/* Which file's cases belong to which chapter. */
#include "conformance/harness.h"

extern CONF_CASES(queries_platform);
extern CONF_CASES(queries_device);
extern CONF_CASES(queries_objects);
extern CONF_CASES(lifetimes);
extern CONF_CASES(events_user);
extern CONF_CASES(events_callback);
extern CONF_CASES(events_chain);
extern CONF_CASES(buffers);
extern CONF_CASES(buffers_parts);
extern CONF_CASES(ndrange);
extern CONF_CASES(kernels_groups);
extern CONF_CASES(kernels_language);
extern CONF_CASES(kernels_collective);
extern CONF_CASES(kernels_subgroups);
extern CONF_CASES(kernels_atomics);
extern CONF_CASES(kernels_half);
extern CONF_CASES(kernels_half_data);
extern CONF_CASES(kernels_half_math);
extern CONF_CASES(kernels_integer);
extern CONF_CASES(kernels_convert);
extern CONF_CASES(programs);
extern CONF_CASES(programs_binary);
extern CONF_CASES(programs_il);
extern CONF_CASES(queues);
extern CONF_CASES(svm);
extern CONF_CASES(svm_system);
extern CONF_CASES(shared_structures);
extern CONF_CASES(shared_memory);
extern CONF_CASES(shared_mappings);
extern CONF_CASES(shared_io);
extern CONF_CASES(shared_process);
extern CONF_CASES(shared_atomics);
extern CONF_CASES(shared_devices);
extern CONF_CASES(shared_migration);
extern CONF_CASES(shared_faults);
extern CONF_CASES(shared_exits);
extern CONF_CASES(usm);
extern CONF_CASES(unified_svm);
extern CONF_CASES(built_in);
extern CONF_CASES(hmm_access);
extern CONF_CASES(hmm_migration);
extern CONF_CASES(hmm_sharing);
extern CONF_CASES(concurrency);
extern CONF_CASES(subdevices);
extern CONF_CASES(hostile);
extern CONF_CASES(hostile_exits);
extern CONF_CASES(negative_objects);
extern CONF_CASES(negative_programs);

static const struct conf_case *const queries[] = {
	conf_cases_queries_platform, conf_cases_queries_device, conf_cases_queries_objects, NULL};
static const struct conf_case *const lifetimes[] = {conf_cases_lifetimes, NULL};
static const struct conf_case *const events[] = {conf_cases_events_user, conf_cases_events_callback,
						 conf_cases_events_chain, NULL};
static const struct conf_case *const buffers[] = {conf_cases_buffers, conf_cases_buffers_parts,
						  NULL};
static const struct conf_case *const ndrange[] = {
	conf_cases_ndrange,           conf_cases_kernels_groups,
	conf_cases_kernels_language,  conf_cases_kernels_collective,
	conf_cases_kernels_subgroups, conf_cases_kernels_half,
	conf_cases_kernels_half_math, conf_cases_kernels_half_data,
	conf_cases_kernels_integer,   conf_cases_kernels_convert,
	conf_cases_kernels_atomics,   NULL};
static const struct conf_case *const programs[] = {conf_cases_programs, conf_cases_programs_binary,
						   conf_cases_programs_il, NULL};
static const struct conf_case *const queues[] = {conf_cases_queues, NULL};
static const struct conf_case *const negative[] = {conf_cases_negative_objects,
						   conf_cases_negative_programs, NULL};
static const struct conf_case *const svm[] = {conf_cases_svm, conf_cases_svm_system, NULL};
static const struct conf_case *const shared[] = {
	conf_cases_shared_structures, conf_cases_shared_memory,
	conf_cases_shared_mappings,   conf_cases_shared_io,
	conf_cases_shared_process,    conf_cases_shared_atomics,
	conf_cases_shared_devices,    conf_cases_shared_migration,
	conf_cases_shared_faults,     NULL};
static const struct conf_case *const usm[] = {conf_cases_usm, conf_cases_unified_svm, NULL};
static const struct conf_case *const built_in[] = {conf_cases_built_in, NULL};
static const struct conf_case *const hmm[] = {conf_cases_hmm_access, conf_cases_hmm_migration,
					      conf_cases_hmm_sharing, NULL};
static const struct conf_case *const concurrency[] = {conf_cases_concurrency, NULL};
static const struct conf_case *const subdevices[] = {conf_cases_subdevices, NULL};
static const struct conf_case *const hostile[] = {conf_cases_hostile, NULL};
static const struct conf_case *const at_exit[] = {conf_cases_hostile_exits, conf_cases_shared_exits,
						  NULL};

const struct conf_chapter conf_chapters[] = {
	{"queries", "4.1, 4.2 and the clGet*Info of chapters 4 and 5", queries},
	{"negative", "the errors of each function", negative},
	{"lifetimes", "reference counts", lifetimes},
	{"events", "5.9 to 5.12: events, profiling", events},
	{"queues", "5.1, 5.13: command queues", queues},
	{"buffers", "5.2: buffer objects", buffers},
	{"programs", "5.8, 5.9: program and kernel objects", programs},
	{"ndrange", "5.10 and the execution model: ND-ranges and what their work-items do",
	 ndrange},
	{"svm", "5.6: shared virtual memory", svm},
	{"shared", "5.6.1: the program's own memory, in turn and at once", shared},
	{"usm", "cl_intel_unified_shared_memory and cl_khr_unified_svm", usm},
	{"built-in", "5.8.3, 5.6: built-in kernels of Tern's HMM devices, where pages are, faults",
	 built_in},
	{"hmm", "5.6.1: counterparts of the kernel's own tests of HMM, on Tern's HMM devices", hmm},
	{"concurrency", "appendix A: several threads", concurrency},
	{"subdevices", "4.3: partitioning a device", subdevices},
	{"hostile", "hard sources, fork, exit", hostile},
	{"at-exit", NULL, at_exit}, /* parts of hostile: run by name only */
	{NULL, NULL, NULL},
};
