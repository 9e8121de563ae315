/* SPDX-License-Identifier: MIT */
/* What the CPU device says about itself. Reads a few small files of /sys; no topology discovery. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "vendors/cpu/internal.h"
#include "vendors/cpu/limits.h"

#define LOCAL_BYTES  ((cl_ulong)256 << 10)
#define PRINTF_BYTES ((cl_ulong)1 << 20)
#define GROUP_MOST   4096

static char cpu_name[64] = "CPU";
static char cpu_vendor[16] = "unknown";

static void name_cpu(void)
{
#if defined(__x86_64__)
	unsigned r[4];
	if (__get_cpuid(0, &r[0], &r[1], &r[3], &r[2])) {
		memcpy(cpu_vendor, &r[1], 4);
		memcpy(cpu_vendor + 4, &r[2], 4);
		memcpy(cpu_vendor + 8, &r[3], 4);
		cpu_vendor[12] = '\0';
	}
	char text[49] = {0};
	for (unsigned i = 0; i < 3; i++) {
		if (!__get_cpuid(0x80000002u + i, &r[0], &r[1], &r[2], &r[3]))
			return;
		memcpy(text + 16 * i, r, 16);
	}
	const char *begin = text + strspn(text, " ");
	size_t n = strlen(begin);
	while (n && begin[n - 1] == ' ')
		n--;
	if (n) {
		memcpy(cpu_name, begin, n);
		cpu_name[n] = '\0';
	}
#endif
}

static cl_uint clock_mhz(void)
{
	long khz = file_number("/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq");
	if (khz > 0)
		return (cl_uint)(khz / 1000);
	/* The first processor's entry is within the first bytes. */
	char text[2048];
	if (file_text("/proc/cpuinfo", text, sizeof(text)) > 0) {
		const char *s = strstr(text, "cpu MHz");
		s = s ? strchr(s, ':') : NULL;
		if (s && atof(s + 1) >= 1)
			return (cl_uint)atof(s + 1);
	}
	return 1000;
}

/* Processors that a list such as "0-7,64-71" names. */
static unsigned count_listed(const char *text)
{
	unsigned count = 0;
	while (*text >= '0' && *text <= '9') {
		char *end;
		unsigned long first = strtoul(text, &end, 10), last = first;
		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		count += last >= first ? (unsigned)(last - first) + 1 : 0;
		text = *end == ',' ? end + 1 : end;
	}
	return count;
}

/* Levels of data caches that there are, and the last one's size and processors. */
static cl_device_affinity_domain caches(struct tern_device_caps *caps, unsigned *sharing)
{
	static const cl_device_affinity_domain domain[5] = {
		0, CL_DEVICE_AFFINITY_DOMAIN_L1_CACHE, CL_DEVICE_AFFINITY_DOMAIN_L2_CACHE,
		CL_DEVICE_AFFINITY_DOMAIN_L3_CACHE, CL_DEVICE_AFFINITY_DOMAIN_L4_CACHE};
	const char *folder = "/sys/devices/system/cpu/cpu0/cache/index";
	cl_device_affinity_domain found = 0;
	long last = 0;
	for (unsigned i = 0; i < 8; i++) {
		char path[96], type[32];
		long level = file_number("%s%u/level", folder, i);
		if (level < 0)
			break;
		snprintf(path, sizeof(path), "%s%u/type", folder, i);
		if (file_text(path, type, sizeof(type)) <= 0 || !strncmp(type, "Instruction", 11))
			continue;
		if (level < 5)
			found |= domain[level];
		long line = last ? -1 : file_number("%s%u/coherency_line_size", folder, i);
		if (line > 0)
			caps->cache_line_bytes = (cl_uint)line;
		long size = file_number("%s%u/size", folder, i);
		if (level >= last && size > 0) {
			char cpus[1024];
			last = level;
			caps->cache_bytes = (cl_ulong)size;
			snprintf(path, sizeof(path), "%s%u/shared_cpu_list", folder, i);
			*sharing = file_text(path, cpus, sizeof(cpus)) > 0 ? count_listed(cpus) : 0;
		}
	}
	return found;
}

static void vector_widths(struct tern_device_caps *caps)
{
	cl_uint lanes = tern_target_lanes();
	caps->vector_width_char = lanes * 4;
	caps->vector_width_short = lanes * 2;
	caps->vector_width_int = caps->vector_width_float = lanes;
	caps->vector_width_long = caps->vector_width_double = lanes / 2;
}

uint64_t caps_fill(struct tern_device_caps *caps, unsigned units, unsigned cpus)
{
	unsigned sharing = 0;
	name_cpu();
	*caps = (struct tern_device_caps){
		.type = CL_DEVICE_TYPE_CPU,
		.name = cpu_name,
		.vendor = cpu_vendor,
		.vendor_id = !strcmp(cpu_vendor, "GenuineIntel")   ? 0x8086
			     : !strcmp(cpu_vendor, "AuthenticAMD") ? 0x1022
								   : 0,
		.compute_units = units,
		.max_group_size = GROUP_MOST,
		.max_item_sizes = {GROUP_MOST, GROUP_MOST, GROUP_MOST},
		.clock_mhz = clock_mhz(),
		.cache_line_bytes = TERN_CACHE_LINE,
		.local_mem_bytes = LOCAL_BYTES,
		.local_mem_dedicated = CL_FALSE,
		.printf_bytes = PRINTF_BYTES,
		.max_global_variable_bytes = (cl_ulong)64 << 20,
		.svm = CL_DEVICE_SVM_COARSE_GRAIN_BUFFER | CL_DEVICE_SVM_FINE_GRAIN_BUFFER |
		       CL_DEVICE_SVM_FINE_GRAIN_SYSTEM | CL_DEVICE_SVM_ATOMICS,
		.host_unified_memory = CL_TRUE,
		.native_kernels = CL_TRUE,
		.max_sub_devices = units,
		.timer_resolution_ns = 1,
	};
	vector_widths(caps);
	caps->global_mem_bytes = limit_memory();
	caps->max_alloc_bytes = caps->global_mem_bytes / 2;
	caps->affinity_domains = caches(caps, &sharing);
	if (!access("/sys/devices/system/node/node0", F_OK))
		caps->affinity_domains |= CL_DEVICE_AFFINITY_DOMAIN_NUMA;
	/* With TERN_THREADS above the processors no place is known (topology.c). */
	if (units > cpus)
		caps->affinity_domains = 0;
	if (caps->affinity_domains && units > 1)
		caps->affinity_domains |= CL_DEVICE_AFFINITY_DOMAIN_NEXT_PARTITIONABLE;
	sharing = sharing ? sharing : tern_max(cpus, 1u);
	return caps->cache_bytes * ((cpus + sharing - 1) / sharing);
}
