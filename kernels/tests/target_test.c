/* SPDX-License-Identifier: MIT */
/* The choice of a target, for processors that are not here. */
#include "kernels/target.h"

#include <string.h>

#include "runtime/base/tests/test.h"

/* Everything that the levels ask for. */
static const struct tern_cpuid v4 = {
	.ecx1 = 0x3cd83201 | 1u << 27, .ebx7 = 0xd0030128, .ecx81 = 0x21, .xcr0 = 0xe7};

static void levels(void)
{
	struct tern_target t;
	struct tern_cpuid c = v4;
	EXPECT(tern_target_choose(&c, "native", &t));
	EXPECT(!strcmp(t.cpu, "x86-64-v4") && t.lanes == 16);
	EXPECT(strstr(t.features, "+fma") && strstr(t.features, "-prefer-256-bit"));
	EXPECT(!strstr(t.features, "vbmi"));
	c.xcr0 = 0x07; /* the system does not save the AVX-512 registers */
	EXPECT(tern_target_choose(&c, "native", &t));
	EXPECT(!strcmp(t.cpu, "x86-64-v3") && t.lanes == 8);
	EXPECT(!strstr(t.features, "512"));
	c.xcr0 = 0x03;
	EXPECT(tern_target_choose(&c, "native", &t));
	EXPECT(!strcmp(t.name, "x86-64/x86-64-v2/") && t.lanes == 4);
	c = v4;
	c.ecx1 &= ~(1u << 27);
	EXPECT(tern_target_choose(&c, "native", &t) && !strcmp(t.cpu, "x86-64-v2"));
	EXPECT(tern_target_choose(&(struct tern_cpuid){0}, "native", &t));
	EXPECT(!strcmp(t.name, "x86-64/x86-64/") && t.lanes == 4);
}

/* Each feature that AVX-512 needs, taken away alone. */
static void missing_features(void)
{
	static const unsigned avx512[] = {16, 17, 28, 30, 31}, avx2[] = {3, 5, 8};
	struct tern_target t;
	for (size_t i = 0; i < tern_array_size(avx512); i++) {
		struct tern_cpuid c = v4;
		c.ebx7 &= ~(1u << avx512[i]);
		EXPECT(tern_target_choose(&c, "native", &t) && !strcmp(t.cpu, "x86-64-v3"));
	}
	for (size_t i = 0; i < tern_array_size(avx2); i++) {
		struct tern_cpuid c = v4;
		c.ebx7 &= ~(1u << avx2[i]);
		EXPECT(tern_target_choose(&c, "native", &t) && !strcmp(t.cpu, "x86-64-v2"));
	}
}

static void wishes(void)
{
	struct tern_target t;
	struct tern_cpuid c = v4;
	c.ecx7 = ~0u;
	EXPECT(tern_target_choose(&c, "native", &t) && strstr(t.features, "+gfni"));
	EXPECT(tern_target_choose(&c, "avx512", &t) && t.lanes == 16);
	EXPECT(!strstr(t.features, "gfni")); /* the same code on every machine */
	c.ebx0 = 0x756e6547;
	EXPECT(tern_target_choose(&c, "native", &t) && strstr(t.features, ",-prefer-no-scatter"));
	EXPECT(tern_target_fits(&c, t.name));
	c.ebx0 = 0x68747541;
	EXPECT(tern_target_fits(&c, t.name));
	EXPECT(tern_target_choose(&c, "native", &t) && !strstr(t.features, "scatter"));
	EXPECT(tern_target_choose(&c, "avx2", &t) && !strcmp(t.cpu, "x86-64-v3"));
	EXPECT(tern_target_choose(&c, "baseline", &t) && !strcmp(t.name, "x86-64/x86-64/"));
	EXPECT(!tern_target_choose(&c, "fastest", &t) && t.lanes == 16);
	c.xcr0 = 0x07;
	EXPECT(!tern_target_choose(&c, "avx512", &t) && t.lanes == 8);
	c.xcr0 = 0;
	EXPECT(!tern_target_choose(&c, "avx2", &t) && t.lanes == 4);
}

static void fits(void)
{
	struct tern_target t;
	struct tern_cpuid big = v4, small = v4;
	big.ecx7 = ~0u;
	small.xcr0 = 0x07;
	EXPECT(tern_target_choose(&big, "native", &t));
	EXPECT(tern_target_fits(&big, t.name));
	EXPECT(!tern_target_fits(&v4, t.name)); /* no gfni */
	EXPECT(tern_target_choose(&v4, "native", &t));
	EXPECT(tern_target_fits(&v4, t.name) && !tern_target_fits(&small, t.name));
	EXPECT(tern_target_choose(&small, "native", &t));
	EXPECT(tern_target_fits(&v4, t.name) && tern_target_fits(&small, t.name));
	static const char *const foreign[] = {"",
					      "x86-64",
					      "x86-64/",
					      "x86-64/x86-64",
					      "x86-64/x86-64-v",
					      "x86-64/x86-64-v9/",
					      "x86-64/x86-64/+unknown",
					      "x86-64/x86-64/,",
					      "x86-64/x86-64/fma",
					      "x86-64/x86-64-v3/+avx2,,+fma",
					      "aarch64/generic/"};
	for (size_t i = 0; i < tern_array_size(foreign); i++)
		EXPECT(!tern_target_fits(&v4, foreign[i]));
	EXPECT(tern_target_fits(&v4, "x86-64/x86-64/-anything"));
}

static void this_machine(void)
{
	const char *name = tern_target_name();
	EXPECT(!strncmp(name, "x86-64/", 7));
	EXPECT(strstr(name, tern_target_cpu()) && strstr(name, tern_target_features()));
	EXPECT(tern_target_runs(name));
	unsigned lanes = tern_target_lanes();
	EXPECT(lanes == 16 || lanes == 8 || lanes == 4);
}

int main(void)
{
	levels();
	missing_features();
	wishes();
	fits();
	this_machine();
	return test_result();
}
