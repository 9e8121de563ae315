/* SPDX-License-Identifier: MIT */
#include "kernels/target.h"

#include <cpuid.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "runtime/base/log.h"
#include "runtime/base/option.h"

/* Levels of the x86-64 psABI, each with all of those below it. */
enum level { LEVEL_1, LEVEL_2, LEVEL_3, LEVEL_4 };

static const char *const level_names[] = {"x86-64", "x86-64-v2", "x86-64-v3", "x86-64-v4"};

/* State components that the operating system saves (XCR0). */
#define XCR0_AVX    0x06u
#define XCR0_AVX512 0xe6u

#define VENDOR_INTEL 0x756e6547u /* "Genu" */

#define BIT(n) (1u << (n))

static bool has_all(uint64_t value, uint64_t bits)
{
	return (value & bits) == bits;
}

/* Intel's and AMD's manuals, CPUID; the x86-64 psABI, table 3.1. */
static enum level level_of(const struct tern_cpuid *c)
{
	/* SSE3, SSSE3, CMPXCHG16B, SSE4.1, SSE4.2, POPCNT; LAHF */
	bool v2 = has_all(c->ecx1, BIT(0) | BIT(9) | BIT(13) | BIT(19) | BIT(20) | BIT(23)) &&
		  has_all(c->ecx81, BIT(0));
	/* FMA, MOVBE, OSXSAVE, AVX, F16C; BMI1, AVX2, BMI2; LZCNT */
	bool v3 = v2 && has_all(c->ecx1, BIT(12) | BIT(22) | BIT(27) | BIT(28) | BIT(29)) &&
		  has_all(c->ebx7, BIT(3) | BIT(5) | BIT(8)) && has_all(c->ecx81, BIT(5)) &&
		  has_all(c->xcr0, XCR0_AVX);
	/* AVX-512 F, DQ, CD, BW, VL */
	bool v4 = v3 && has_all(c->ebx7, BIT(16) | BIT(17) | BIT(28) | BIT(30) | BIT(31)) &&
		  has_all(c->xcr0, XCR0_AVX512);
	return v4 ? LEVEL_4 : v3 ? LEVEL_3 : v2 ? LEVEL_2 : LEVEL_1;
}

#define REGISTER(name) offsetof(struct tern_cpuid, name)

/*
 * Features that are named. The first ones belong to their level, but a reader of the list need not
 * know the levels; the others are what is worth having beyond it.
 */
static const struct feature {
	const char *name;
	enum level level; /* from which on it can be used */
	bool extra;
	size_t reg;
	unsigned bit;
} features[] = {
	{"avx2", LEVEL_3, false, REGISTER(ebx7), 5},
	{"fma", LEVEL_3, false, REGISTER(ecx1), 12},
	{"avx512f", LEVEL_4, false, REGISTER(ebx7), 16},
	{"avx512dq", LEVEL_4, false, REGISTER(ebx7), 17},
	{"avx512bw", LEVEL_4, false, REGISTER(ebx7), 30},
	{"avx512vl", LEVEL_4, false, REGISTER(ebx7), 31},
	{"gfni", LEVEL_3, true, REGISTER(ecx7), 8},
	{"avx512ifma", LEVEL_4, true, REGISTER(ebx7), 21},
	{"avx512vbmi", LEVEL_4, true, REGISTER(ecx7), 1},
	{"avx512vbmi2", LEVEL_4, true, REGISTER(ecx7), 6},
	{"avx512vnni", LEVEL_4, true, REGISTER(ecx7), 11},
	{"avx512bitalg", LEVEL_4, true, REGISTER(ecx7), 12},
	{"avx512vpopcntdq", LEVEL_4, true, REGISTER(ecx7), 14},
};

static bool has_feature(const struct tern_cpuid *c, const struct feature *f)
{
	uint32_t reg;
	memcpy(&reg, (const char *)c + f->reg, sizeof(reg));
	return level_of(c) >= f->level && reg & BIT(f->bit);
}

static void describe(const struct tern_cpuid *c, enum level level, bool with_extras,
		     struct tern_target *out)
{
	char *at = out->features;
	*at = '\0';
	for (size_t i = 0; i < tern_array_size(features); i++)
		if (features[i].level <= level && (with_extras || !features[i].extra) &&
		    has_feature(c, &features[i]))
			at += sprintf(at, "+%s,", features[i].name);
	/* LLVM's default for this level is not to use registers of 512 bits */
	if (level == LEVEL_4)
		at += sprintf(at, "-prefer-256-bit,");
	/* Zen 4 takes as long for a scatter as for a store of each lane, and longer. */
	if (level == LEVEL_4 && with_extras && c->ebx0 == VENDOR_INTEL)
		at += sprintf(at, "-prefer-no-scatter,");
	if (at > out->features)
		at[-1] = '\0';
	snprintf(out->cpu, sizeof(out->cpu), "%s", level_names[level]);
	snprintf(out->name, sizeof(out->name), "x86-64/%s/%s", out->cpu, out->features);
	out->lanes = level == LEVEL_4 ? 16 : level == LEVEL_3 ? 8 : 4;
}

bool tern_target_choose(const struct tern_cpuid *cpuid, const char *wish, struct tern_target *out)
{
	static const struct {
		const char *wish;
		enum level level;
	} wishes[] = {{"avx512", LEVEL_4}, {"avx2", LEVEL_3}, {"baseline", LEVEL_1}};
	enum level best = level_of(cpuid);
	for (size_t i = 0; i < tern_array_size(wishes); i++) {
		if (strcmp(wish, wishes[i].wish) != 0 || wishes[i].level > best)
			continue;
		/* the same on every machine: no extras */
		describe(cpuid, wishes[i].level, false, out);
		return true;
	}
	describe(cpuid, best, true, out);
	return !strcmp(wish, "native");
}

static bool feature_fits(const struct tern_cpuid *c, const char *name, size_t length)
{
	if (length && name[0] == '-')
		return true;
	for (size_t i = 0; i < tern_array_size(features); i++)
		if (length == strlen(features[i].name) + 1 && name[0] == '+' &&
		    !strncmp(name + 1, features[i].name, length - 1))
			return has_feature(c, &features[i]);
	return false;
}

bool tern_target_fits(const struct tern_cpuid *cpuid, const char *name)
{
	static const char machine[] = "x86-64/";
	if (strncmp(name, machine, sizeof(machine) - 1) != 0)
		return false;
	name += sizeof(machine) - 1;
	size_t length = strcspn(name, "/");
	int level = LEVEL_4;
	while (level >= 0 && (strlen(level_names[level]) != length ||
			      strncmp(name, level_names[level], length) != 0))
		level--;
	if (level < 0 || level > (int)level_of(cpuid) || name[length] != '/')
		return false;
	for (name += length + 1; *name; name += name[length] ? length + 1 : length) {
		length = strcspn(name, ",");
		if (!feature_fits(cpuid, name, length))
			return false;
	}
	return true;
}

void tern_cpuid_read(struct tern_cpuid *out)
{
	unsigned a, b, c, d;
	*out = (struct tern_cpuid){0};
	if (__get_cpuid(0, &a, &b, &c, &d))
		out->ebx0 = b;
	if (__get_cpuid(1, &a, &b, &c, &d))
		out->ecx1 = c;
	if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) {
		out->ebx7 = b;
		out->ecx7 = c;
	}
	if (__get_cpuid(0x80000001, &a, &b, &c, &d))
		out->ecx81 = c;
	if (out->ecx1 & BIT(27)) { /* OSXSAVE: XGETBV may be used */
		uint32_t low, high;
		__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
		out->xcr0 = (uint64_t)high << 32 | low;
	}
}

static struct tern_cpuid machine_cpuid;
static struct tern_target chosen;
static pthread_once_t chosen_once = PTHREAD_ONCE_INIT;

static void choose(void)
{
	const char *wish = tern_option(TERN_OPTION_CPU);
	tern_cpuid_read(&machine_cpuid);
	if (!tern_target_choose(&machine_cpuid, wish, &chosen))
		tern_log_warn("TERN_CPU=%s is unknown or more than this machine has; using %s",
			      wish, chosen.name);
}

static const struct tern_target *target(void)
{
	pthread_once(&chosen_once, choose);
	return &chosen;
}

const char *tern_target_name(void)
{
	return target()->name;
}

unsigned tern_target_lanes(void)
{
	return target()->lanes;
}

const char *tern_target_cpu(void)
{
	return target()->cpu;
}

const char *tern_target_features(void)
{
	return target()->features;
}

bool tern_target_runs(const char *name)
{
	(void)target();
	return tern_target_fits(&machine_cpuid, name);
}
