/* SPDX-License-Identifier: MIT */
#include "vendors/cpu/limits.h"

#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "runtime/base/option.h"
#include "vendors/cpu/internal.h"

#define MASK_BITS 8192

long file_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ssize_t n = read(fd, text, size - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	return n;
}

long file_number(const char *format, ...)
{
	char path[512], text[64], *end;
	va_list ap;
	va_start(ap, format);
	int n = vsnprintf(path, sizeof(path), format, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(path) || file_text(path, text, sizeof(text)) <= 0)
		return -1;
	long value = strtol(text, &end, 10);
	if (end == text || value < 0)
		return -1;
	return value << (*end == 'K' ? 10 : *end == 'M' ? 20 : 0);
}

static unsigned count_cpus(void)
{
	unsigned n = 0;
	cpu_set_t *set = CPU_ALLOC(MASK_BITS);
	if (set && !sched_getaffinity(0, CPU_ALLOC_SIZE(MASK_BITS), set))
		n = (unsigned)CPU_COUNT_S(CPU_ALLOC_SIZE(MASK_BITS), set);
	if (set)
		CPU_FREE(set);
	return n ? n : 1;
}

/* The path of this process in the hierarchy of @controller (version 1), or of version 2 (""). */
static bool group_path(const char *table, const char *controller, char *path, size_t size)
{
	for (const char *line = table; line && *line;) {
		const char *names = strchr(line, ':');
		const char *at = names ? strchr(names + 1, ':') : NULL;
		if (!at)
			return false;
		size_t length = strcspn(at + 1, "\n"), want = strlen(controller);
		for (const char *s = names + 1; s <= at; s += strcspn(s, ",:") + 1) {
			if (strcspn(s, ",:") != want || memcmp(s, controller, want) != 0)
				continue;
			if (length >= size)
				return false;
			memcpy(path, at + 1, length);
			path[length] = '\0';
			return true;
		}
		line = strchr(at, '\n');
		line += line ? 1 : 0;
	}
	return false;
}

/* Processors that @path's quota is worth, as `cpu.max` (version 2) or by two files (version 1). */
static double quota_at(bool version2, const char *path)
{
	char name[600], text[64];
	if (version2) {
		snprintf(name, sizeof(name), "/sys/fs/cgroup%s/cpu.max", path);
		long quota, period;
		if (file_text(name, text, sizeof(text)) <= 0 ||
		    sscanf(text, "%ld %ld", &quota, &period) != 2 || period <= 0)
			return 0;
		return (double)quota / (double)period;
	}
	long quota = file_number("/sys/fs/cgroup/cpu%s/cpu.cfs_quota_us", path);
	long period = file_number("/sys/fs/cgroup/cpu%s/cpu.cfs_period_us", path);
	return quota > 0 && period > 0 ? (double)quota / (double)period : 0;
}

static double memory_at(bool version2, const char *path)
{
	long n = version2 ? file_number("/sys/fs/cgroup%s/memory.max", path)
			  : file_number("/sys/fs/cgroup/memory%s/memory.limit_in_bytes", path);
	return n > 0 ? (double)n : 0;
}

/* The lowest limit from this process's group up to the root; 0: none. In a container the path may
 * not be visible, but its top is: that is why it goes on after a miss. */
static double lowest(const char *controller, double (*at)(bool version2, const char *path))
{
	char table[4096], path[512];
	double least = 0;
	if (file_text("/proc/self/cgroup", table, sizeof(table)) <= 0)
		return 0;
	for (unsigned version = 1; version <= 2; version++) {
		if (!group_path(table, version == 1 ? controller : "", path, sizeof(path)))
			continue;
		for (;;) {
			if (!strcmp(path, "/"))
				*path = '\0';
			double limit = at(version == 2, path);
			if (limit > 0 && (least == 0 || limit < least))
				least = limit;
			char *slash = strrchr(path, '/');
			if (!slash)
				break;
			*slash = '\0';
		}
	}
	return least;
}

unsigned limit_units(unsigned *cpus)
{
	*cpus = count_cpus();
	uint64_t units = *cpus;
	double quota = lowest("cpu", quota_at);
	if (quota > 0 && quota < (double)units)
		units = (uint64_t)quota + (quota > (double)(uint64_t)quota);
	units = tern_option_number(TERN_OPTION_THREADS, units);
	return (unsigned)tern_min(tern_max(units, (uint64_t)1), (uint64_t)MAX_UNITS);
}

uint64_t limit_memory(void)
{
	struct sysinfo info;
	uint64_t bytes = (uint64_t)1 << 30;
	if (!sysinfo(&info))
		bytes = (uint64_t)info.totalram * info.mem_unit;
	double limit = lowest("memory", memory_at);
	return limit > 0 && limit < (double)bytes ? (uint64_t)limit : bytes;
}
