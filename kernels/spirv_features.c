/* SPDX-License-Identifier: MIT */
/* Which capabilities a module may declare. */
#include <string.h>

#include "kernels/features.h"
#include "kernels/spirv.h"

#define IMAGES "__opencl_c_images"
#define DOT    "cl_khr_integer_dot_product"

static const struct tern_spirv_capability capabilities[] = {
	{0, "Matrix", NULL},
	{1, "Shader", NULL},
	{4, "Addresses", ""},
	{5, "Linkage", ""},
	{6, "Kernel", ""},
	{7, "Vector16", ""},
	{8, "Float16Buffer", ""},
	{9, "Float16", "cl_khr_fp16"},
	{10, "Float64", "cl_khr_fp64"},
	{11, "Int64", ""},
	{12, "Int64Atomics", "cl_khr_int64_base_atomics"},
	{13, "ImageBasic", IMAGES},
	{14, "ImageReadWrite", IMAGES},
	{15, "ImageMipmap", IMAGES},
	{17, "Pipes", "__opencl_c_pipes"},
	{18, "Groups", "__opencl_c_work_group_collective_functions"},
	{19, "DeviceEnqueue", "__opencl_c_device_enqueue"},
	{20, "LiteralSampler", IMAGES},
	{22, "Int16", ""},
	{38, "GenericPointer", "__opencl_c_generic_address_space"},
	{39, "Int8", ""},
	{43, "Sampled1D", IMAGES},
	{44, "Image1D", IMAGES},
	{46, "SampledBuffer", IMAGES},
	{47, "ImageBuffer", IMAGES},
	{58, "SubgroupDispatch", "__opencl_c_subgroups"},
	{59, "NamedBarrier", NULL},
	{60, "PipeStorage", NULL},
	{61, "GroupNonUniform", "cl_khr_subgroup_ballot"},
	{62, "GroupNonUniformVote", "cl_khr_subgroup_non_uniform_vote"},
	{63, "GroupNonUniformArithmetic", "cl_khr_subgroup_non_uniform_arithmetic"},
	{64, "GroupNonUniformBallot", "cl_khr_subgroup_ballot"},
	{65, "GroupNonUniformShuffle", "cl_khr_subgroup_shuffle"},
	{66, "GroupNonUniformShuffleRelative", "cl_khr_subgroup_shuffle_relative"},
	{67, "GroupNonUniformClustered", "cl_khr_subgroup_clustered_reduce"},
	{71, "UniformDecoration", ""},
	{5629, "ExpectAssumeKHR", ""},
	{6016, "DotProductInputAll", NULL},
	{6017, "DotProductInput4x8Bit", DOT},
	{6018, "DotProductInput4x8BitPacked", DOT},
	{6019, "DotProduct", DOT},
	{5837, "FPFastMathModeINTEL", ""},
	{5886, "UnstructuredLoopControlsINTEL", ""},
	{6094, "OptNoneINTEL", ""},
	{6025, "BitInstructions", "cl_khr_extended_bit_ops"},
	{6026, "GroupNonUniformRotateKHR", "cl_khr_subgroup_rotate"},
};

const struct tern_spirv_capability *tern_spirv_capabilities(size_t *count)
{
	*count = tern_array_size(capabilities);
	return capabilities;
}

bool tern_spirv_capability_supported(const struct tern_spirv_capability *c)
{
#define X(name, major, minor, patch) name,
	static const char *const features[] = {TERN_C_FEATURES(X) TERN_C_EXTENSIONS(X)
						       TERN_C_EXTENSIONS_20(X)};
#undef X
	if (!c->needs || !*c->needs)
		return c->needs != NULL;
	for (size_t i = 0; i < tern_array_size(features); i++)
		if (!strcmp(features[i], c->needs))
			return true;
	return false;
}
