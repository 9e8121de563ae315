/* SPDX-License-Identifier: MIT */
#include "icd/spirv_info.h"

#include "kernels/kernels.h"
#include "kernels/spirv.h"

/* The versions that tern_spirv_open() takes. */
#define VERSIONS(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6)

#define AS_TEXT(minor)    " SPIR-V_1." #minor
#define AS_ELEMENT(minor) {.version = CL_MAKE_VERSION(1, minor, 0), .name = "SPIR-V"},

static const char version_text[] = VERSIONS(AS_TEXT);
static const cl_name_version version_list[] = {VERSIONS(AS_ELEMENT)};
_Static_assert(sizeof(version_list) / sizeof(version_list[0]) == TERN_SPIRV_MINOR_MOST + 1,
	       "a version that is read and not reported, or the other way round");

static const char *const instruction_sets[] = {"OpenCL.std"};
static const char *const extensions[] = {
	"SPV_INTEL_fp_fast_math_mode",
	"SPV_INTEL_optnone",
	"SPV_INTEL_unstructured_loop_controls",
	"SPV_KHR_bit_instructions",
	"SPV_KHR_expect_assume",
	"SPV_KHR_integer_dot_product",
	"SPV_KHR_linkonce_odr",
	"SPV_KHR_no_integer_wrap_decoration",
	"SPV_KHR_subgroup_rotate",
};

static cl_int answer_capabilities(const struct tern_info *out)
{
	cl_uint numbers[64];
	size_t count, supported = 0;
	const struct tern_spirv_capability *list = tern_spirv_capabilities(&count);
	for (size_t i = 0; i < count && supported < tern_array_size(numbers); i++)
		if (tern_spirv_capability_supported(&list[i]))
			numbers[supported++] = list[i].number;
	return tern_info_bytes(out, numbers, supported * sizeof(numbers[0]));
}

static cl_int answer_if(bool there, const struct tern_info *out, const void *list, size_t bytes)
{
	return tern_info_bytes(out, there ? list : NULL, there ? bytes : 0);
}

cl_int tern_spirv_device_info(cl_device_info param, const struct tern_info *out)
{
	bool there = tern_kernels_take_spirv();
	switch (param) {
	case CL_DEVICE_IL_VERSION:
		return tern_info_string(out, there ? version_text + 1 : "");
	case CL_DEVICE_ILS_WITH_VERSION:
		return answer_if(there, out, version_list, sizeof(version_list));
	case CL_DEVICE_SPIRV_EXTENDED_INSTRUCTION_SETS_KHR:
		return answer_if(there, out, instruction_sets, sizeof(instruction_sets));
	case CL_DEVICE_SPIRV_EXTENSIONS_KHR:
		return answer_if(there, out, extensions, sizeof(extensions));
	case CL_DEVICE_SPIRV_CAPABILITIES_KHR:
		return there ? answer_capabilities(out) : tern_info_bytes(out, NULL, 0);
	default:
		return CL_INVALID_VALUE;
	}
}
