/* SPDX-License-Identifier: MIT */
/*
 * DOC: targets
 *
 * A target names the instructions that code may use, as "x86-64/<cpu>/<features>":
 *
 *     x86-64/x86-64-v3/+avx2,+fma,+gfni
 *
 * <cpu> is a processor name and <features> a feature list, both as LLVM spells them; the list is
 * separated by commas and may be empty. The compile server gets the two parts as they are
 * (struct tern_wire_request.cpu, features); the name as a whole is part of the code it makes, and
 * of the cache key. CPU names in use: x86-64, x86-64-v2, x86-64-v3 (AVX2) and x86-64-v4 (AVX-512 F,
 * CD, BW, DQ, VL). The features say again what matters of the level, and what the machine has
 * beyond; those with a minus are advice, and any machine can run such code.
 */
#ifndef TERN_KERNELS_TARGET_H
#define TERN_KERNELS_TARGET_H

#include "kernels/kernels.h"

/* The middle and the last part of tern_target_name(). */
const char *tern_target_cpu(void);
const char *tern_target_features(void);
/* True when this machine can run code made for the target @name. */
bool tern_target_runs(const char *name) TERN_MUST_CHECK;

/* For the tests: everything below is a function of its arguments alone. */

/* Registers that CPUID and XGETBV give; 0 where the processor has no such leaf. */
struct tern_cpuid {
	uint32_t ebx0;       /* leaf 0: the vendor's first four letters */
	uint32_t ecx1;       /* leaf 1 */
	uint32_t ebx7, ecx7; /* leaf 7, sub-leaf 0 */
	uint32_t ecx81;      /* leaf 0x80000001 */
	uint64_t xcr0;       /* 0 without OSXSAVE */
};

struct tern_target {
	char name[256];
	char cpu[16];
	char features[224];
	unsigned lanes;
};

void tern_cpuid_read(struct tern_cpuid *out);
/*
 * The target for a processor and a value of option TERN_CPU. False when @wish is unknown, or more
 * than the processor has: the target is then the best that it has.
 */
bool tern_target_choose(const struct tern_cpuid *cpuid, const char *wish, struct tern_target *out);
bool tern_target_fits(const struct tern_cpuid *cpuid, const char *name) TERN_MUST_CHECK;

#endif
