/* SPDX-License-Identifier: MIT */
/* What is said about a kernel that failed: one line with all that is known. */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "runtime/base/log.h"
#include "runtime/memory.h"
#include "svm/svm.h"
#include "vendors/accel/commands.h"

#define NEAR_MOST ((uint64_t)1 << 20) /* further away an allocation says nothing */

struct text {
	char bytes[640];
	size_t used;
};

static TERN_PRINTF(2, 3) void add(struct text *t, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	int n = vsnprintf(t->bytes + t->used, sizeof(t->bytes) - t->used, format, ap);
	va_end(ap);
	if (n > 0)
		t->used = tern_min(t->used + (size_t)n, sizeof(t->bytes) - 1);
}

/* Which work-items. */

/* In the program's order of dimensions. */
static void add_triple(struct text *t, const struct tern_ndrange *n, const uint64_t v[3])
{
	unsigned dim = tern_min(tern_max(n->dim, 1u), 3u);
	bool exchanged = n->info->flags & TERN_KERNEL_EXCHANGED;
	for (unsigned d = 0; d < dim; d++)
		add(t, "%s%llu", d ? "," : "(",
		    (unsigned long long)v[exchanged && d < 2 ? 1 - d : d]);
	add(t, ")");
}

static void add_group(struct text *t, const struct tern_ndrange *n, const uint64_t group[3])
{
	uint64_t each[3], first[3], last[3];
	bool one = true;
	accel_ndrange_groups(n, each);
	for (unsigned d = 0; d < 3; d++) {
		if (group[d] >= each[d]) {
			add(t, ", work-group not known");
			return;
		}
		first[d] = n->offset[d] + group[d] * n->local[d];
		uint64_t end = tern_min((group[d] + 1) * n->local[d], (uint64_t)n->global[d]);
		last[d] = n->offset[d] + end - 1;
		one &= first[d] == last[d];
	}
	add(t, ", work-group ");
	add_triple(t, n, group);
	add(t, one ? ", work-item " : ", work-items ");
	add_triple(t, n, first);
	if (!one) {
		add(t, " to ");
		add_triple(t, n, last);
	}
}

/* What is near. */

/* How far @address is from [@base, @base + @size): 0: inside. */
static uint64_t distance(uint64_t address, uint64_t base, uint64_t size)
{
	if (address < base)
		return base - address;
	return address - base < size ? 0 : address - base - size + 1;
}

static void add_place(struct text *t, const char *what, uint64_t address, uint64_t base,
		      uint64_t size)
{
	uint64_t far = distance(address, base, size);
	if (!far)
		add(t, "; %llu bytes into", (unsigned long long)(address - base));
	else
		add(t, "; %llu bytes %s", (unsigned long long)(address < base ? far : far - 1),
		    address < base ? "before" : "after the end of");
	add(t, " %s %#llx of %llu bytes", what, (unsigned long long)base, (unsigned long long)size);
}

/* The nearest buffer that the command uses. */
static bool add_buffer(struct text *t, const struct tern_command *command, uint64_t address)
{
	const struct tern_memory *nearest = NULL;
	uint64_t least = NEAR_MOST;
	for (unsigned i = 0; i < command->use_count; i++) {
		struct tern_object *object = command->uses[i];
		if (atomic_load(&object->kind) != TERN_KIND_MEMORY)
			continue;
		const struct tern_memory *m = tern_container_of(object, struct tern_memory, obj);
		uint64_t far = distance(address, (uintptr_t)m->host, m->size);
		if (far < least) {
			least = far;
			nearest = m;
		}
	}
	if (nearest)
		add_place(t, "the buffer at", address, (uintptr_t)nearest->host, nearest->size);
	return nearest;
}

/* The nearest SVM allocation: there is no search by distance, so some distances are tried. */
static bool add_svm(struct text *t, uint64_t address)
{
	struct tern_svm_range range;
	for (uint64_t far = 0; far <= NEAR_MOST; far = far ? far * 2 : 1) {
		bool below = tern_svm_find((const void *)(uintptr_t)(address - far), &range);
		if (!below && !tern_svm_find((const void *)(uintptr_t)(address + far), &range))
			continue;
		add_place(t, "the SVM allocation at", address, (uintptr_t)range.base, range.size);
		return true;
	}
	return false;
}

/* The mapping of the program's that @address lies in or comes nearest to. */
static void add_mapping(struct text *t, uint64_t address)
{
	char line[512], nearest[512] = "";
	unsigned long long start, end;
	uint64_t least = NEAR_MOST, at = 0, size = 0;
	FILE *maps = fopen("/proc/self/maps", "re");
	if (!maps)
		return;
	while (fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%llx-%llx", &start, &end) != 2)
			continue;
		uint64_t far = distance(address, start, end - start);
		if (far >= least)
			continue;
		least = far;
		at = start;
		size = end - start;
		const char *name = strpbrk(line, "/[");
		snprintf(nearest, sizeof(nearest), "%.4s%s%.*s", strchr(line, ' ') + 1,
			 name ? " " : "", name ? (int)strcspn(name, "\n") : 0, name ? name : "");
	}
	fclose(maps);
	if (!*nearest)
		return;
	add_place(t, "the program's mapping", address, at, size);
	add(t, " (%s)", nearest);
}

static void add_near(struct text *t, const struct tern_command *command, uint64_t address)
{
	if (address < TERN_PAGE)
		return; /* NULL, or a member of what is there */
	if (!add_buffer(t, command, address) && !add_svm(t, address))
		add_mapping(t, address);
}

/* Why. */

static const char *refusal(uint32_t why)
{
	static const char *const text[] = {
		[TERN_REFUSED_UNMAPPED] = "no memory is there",
		[TERN_REFUSED_READ_ONLY] = "the program may only read there",
		[TERN_REFUSED_NO_ACCESS] = "the program has no access there",
		[TERN_REFUSED_FILE] = "a writable private mapping of a file (see the manual)",
		[TERN_REFUSED_SHARED] = "a shared mapping",
		[TERN_REFUSED_HUGETLB] = "a mapping of MAP_HUGETLB",
		[TERN_REFUSED_RUNTIME] = "Tern's own memory",
		[TERN_REFUSED_MEMORY] = "the host has no memory left",
	};
	return why < tern_array_size(text) && text[why] ? text[why] : "refused";
}

static bool in_units(uint64_t address)
{
	return address >= TERN_APERTURE_UNITS &&
	       address < TERN_APERTURE_UNITS + ACCEL_UNITS * TERN_APERTURE_UNIT_BYTES;
}

static void add_signal(struct text *t, const struct accel_fault *fault)
{
	switch (fault->why) {
	case SIGFPE:
		add(t, ": integer division by zero, or its result does not fit");
		return;
	case SIGILL:
		add(t, ": illegal instruction");
		return;
	case SIGSYS:
		add(t, ": a system call");
		return;
	case SIGSEGV:
	case SIGBUS:
		if (in_units(fault->address))
			add(t, ": stack overflow");
		else
			add(t, ": %s %#llx: no memory of the device's is there",
			    fault->write ? "write to" : "access to",
			    (unsigned long long)fault->address);
		return;
	default:
		add(t, ": signal %u", fault->why);
	}
}

void accel_report(const struct tern_command *command, const struct accel_fault *fault)
{
	struct text t = {.used = 0};
	if (!tern_log_enabled(TERN_LOG_ERROR))
		return;
	add(&t, "kernel %s", command->ndrange.info->name);
	add_group(&t, &command->ndrange, fault->group);
	bool access = fault->failure == ACCEL_REFUSED;
	if (access) {
		add(&t, ": %s %#llx: %s", fault->write ? "write to" : "read of",
		    (unsigned long long)fault->address, refusal(fault->why));
	} else if (fault->failure == ACCEL_SIGNALLED) {
		add_signal(&t, fault);
		access = (fault->why == SIGSEGV || fault->why == SIGBUS) &&
			 !in_units(fault->address);
	} else if (fault->failure == ACCEL_ABORTED) {
		add(&t, ": it ran longer than TERN_ACCEL_TIMEOUT, %llu ms",
		    (unsigned long long)(accel_half.timeout_ns / 1000000));
	} else {
		add(&t, ": failed for a reason that is not known (%u)", fault->failure);
	}
	if (access)
		add_near(&t, command, fault->address);
	tern_log_error("accel: %s", t.bytes);
}
