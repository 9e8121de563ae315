/* SPDX-License-Identifier: MIT */
/* What clang's metadata and the functions' types say about the kernels of a module. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/ternc/build.h"

/* CL_DEVICE_MAX_PARAMETER_SIZE is 1024; this bound only keeps the block's offsets sane. */
#define MAX_ARGS_BYTES 65536u

/* A metadata node of a function: its operands, in the build's memory. */
struct node {
	unsigned count;
	LLVMValueRef *operand;
};

static bool get_node(struct tern_build *b, LLVMValueRef f, const char *name, struct node *out)
{
	unsigned kind = LLVMGetMDKindIDInContext(b->context, name, (unsigned)strlen(name));
	size_t n;
	LLVMValueMetadataEntry *entries = LLVMGlobalCopyAllMetadata(f, &n);
	LLVMValueRef value = NULL;
	for (unsigned i = 0; i < n; i++) {
		if (LLVMValueMetadataEntriesGetKind(entries, i) == kind)
			value = LLVMMetadataAsValue(
				b->context, LLVMValueMetadataEntriesGetMetadata(entries, i));
	}
	LLVMDisposeValueMetadataEntries(entries);
	*out = (struct node){0};
	if (!value)
		return true;
	unsigned count = LLVMGetMDNodeNumOperands(value);
	out->operand = tern_build_alloc(b, (count + 1) * sizeof(*out->operand));
	if (!out->operand)
		return false;
	LLVMGetMDNodeOperands(value, out->operand);
	out->count = count;
	return true;
}

/* Operand @i as text, "" when there is none; NULL when there is no memory. */
static const char *node_string(struct tern_build *b, const struct node *node, unsigned i)
{
	unsigned n = 0;
	const char *s = NULL;
	if (i < node->count && node->operand[i])
		s = LLVMGetMDString(node->operand[i], &n);
	return tern_build_strndup(b, s ? s : "", s ? n : 0);
}

static uint64_t node_number(const struct node *node, unsigned i)
{
	LLVMValueRef v = i < node->count ? node->operand[i] : NULL;
	return v && LLVMIsAConstantInt(v) ? LLVMConstIntGetZExtValue(v) : 0;
}

static uint32_t parse_qualifiers(const char *s)
{
	uint32_t q = 0;
	if (strstr(s, "const"))
		q |= TERN_QUALIFIER_CONST;
	if (strstr(s, "restrict"))
		q |= TERN_QUALIFIER_RESTRICT;
	if (strstr(s, "volatile"))
		q |= TERN_QUALIFIER_VOLATILE;
	if (strstr(s, "pipe"))
		q |= TERN_QUALIFIER_PIPE;
	return q;
}

struct arg_nodes {
	struct node space, access, type, qualifier, name;
};

static bool get_arg_nodes(struct tern_build *b, LLVMValueRef f, struct arg_nodes *n)
{
	return get_node(b, f, "kernel_arg_addr_space", &n->space) &&
	       get_node(b, f, "kernel_arg_access_qual", &n->access) &&
	       get_node(b, f, "kernel_arg_type", &n->type) &&
	       get_node(b, f, "kernel_arg_type_qual", &n->qualifier) &&
	       get_node(b, f, "kernel_arg_name", &n->name);
}

/* A structure by value arrives as a pointer with attribute byval: its type, or NULL. */
static LLVMTypeRef by_value_type(LLVMValueRef f, unsigned index)
{
	unsigned kind = LLVMGetEnumAttributeKindForName("byval", 5);
	LLVMAttributeRef a = LLVMGetEnumAttributeAtIndex(f, index + 1, kind);
	return a ? LLVMGetTypeAttributeValue(a) : NULL;
}

static uint32_t by_value_align(LLVMValueRef f, unsigned index)
{
	unsigned kind = LLVMGetEnumAttributeKindForName("align", 5);
	LLVMAttributeRef a = LLVMGetEnumAttributeAtIndex(f, index + 1, kind);
	return a ? (uint32_t)LLVMGetEnumAttributeValue(a) : 0;
}

static bool pointer_kind(unsigned llvm_space, struct tern_kernel_arg *arg)
{
	switch (llvm_space) {
	case 1:
		arg->kind = TERN_ARG_GLOBAL;
		arg->address_space = TERN_SPACE_GLOBAL;
		return true;
	case 2:
		arg->kind = TERN_ARG_CONSTANT;
		arg->address_space = TERN_SPACE_CONSTANT;
		return true;
	case 3:
		arg->kind = TERN_ARG_LOCAL;
		arg->address_space = TERN_SPACE_LOCAL;
		return true;
	default:
		return false;
	}
}

/* Where argument @index lies in the block, whose size so far is *end. */
static bool place_arg(struct tern_build *b, LLVMValueRef f, unsigned index,
		      struct tern_kernel_arg *arg, struct tern_widen_arg *widen, uint64_t *end)
{
	LLVMTypeRef type = LLVMTypeOf(LLVMGetParam(f, index));
	LLVMTypeRef by_value = by_value_type(f, index);
	uint64_t size = 8, align = 8;
	if (by_value) {
		align = by_value_align(f, index);
		align = align ? align : LLVMABIAlignmentOfType(b->layout, by_value);
		size = LLVMABISizeOfType(b->layout, by_value);
		widen->by_value_align = (uint32_t)align;
	} else if (LLVMGetTypeKind(type) == LLVMPointerTypeKind) {
		if (!pointer_kind(LLVMGetPointerAddressSpace(type), arg))
			return false;
	} else if (LLVMGetTypeKind(type) == LLVMTargetExtTypeKind) {
		return false;
	} else {
		size = LLVMABISizeOfType(b->layout, type);
		align = LLVMABIAlignmentOfType(b->layout, type);
	}
	if (size > MAX_ARGS_BYTES || align > TERN_ARGS_ALIGN)
		return false;
	*end = tern_round_up(*end, align);
	arg->offset = widen->offset = (uint32_t)*end;
	arg->size = arg->kind == TERN_ARG_LOCAL ? 0 : (uint32_t)size;
	widen->size = (uint32_t)size;
	widen->kind = arg->kind;
	*end += size;
	return *end <= MAX_ARGS_BYTES;
}

static enum tern_build_status read_args(struct tern_build *b, LLVMValueRef f,
					struct tern_build_kernel *kernel)
{
	struct tern_kernel_info *info = kernel->info;
	unsigned count = LLVMCountParams(f);
	struct tern_kernel_arg *args = tern_build_alloc(b, (count + 1) * sizeof(*args));
	struct tern_widen_arg *widen = tern_build_alloc(b, (count + 1) * sizeof(*widen));
	struct arg_nodes nodes;
	uint64_t end = 0;
	if (!args || !widen || !get_arg_nodes(b, f, &nodes))
		return TERN_BUILD_UNAVAILABLE;
	for (unsigned i = 0; i < count; i++) {
		args[i].name = node_string(b, &nodes.name, i);
		args[i].type_name = node_string(b, &nodes.type, i);
		const char *qualifiers = node_string(b, &nodes.qualifier, i);
		if (!args[i].name || !args[i].type_name || !qualifiers)
			return TERN_BUILD_UNAVAILABLE;
		args[i].qualifiers = parse_qualifiers(qualifiers);
		if (!place_arg(b, f, i, &args[i], &widen[i], &end)) {
			tern_build_log(b,
				       "error: kernel '%s': argument %u '%s' of type '%s' is "
				       "not supported\n",
				       info->name, i, args[i].name, args[i].type_name);
			return TERN_BUILD_FAILED;
		}
	}
	info->args = args;
	info->arg_count = count;
	info->args_bytes = (uint32_t)end;
	kernel->widen.args = widen;
	kernel->widen.arg_count = count;
	return TERN_BUILD_OK;
}

/* "float4" for a type of LLVM and the signedness that clang records. "" for what has no name. */
static void type_name(LLVMTypeRef type, bool is_signed, char *out, size_t size)
{
	unsigned width = 1;
	const char *name = "";
	if (LLVMGetTypeKind(type) == LLVMVectorTypeKind) {
		width = LLVMGetVectorSize(type);
		type = LLVMGetElementType(type);
	}
	switch (LLVMGetTypeKind(type)) {
	case LLVMHalfTypeKind:
		name = "half";
		break;
	case LLVMFloatTypeKind:
		name = "float";
		break;
	case LLVMDoubleTypeKind:
		name = "double";
		break;
	case LLVMIntegerTypeKind: {
		unsigned bits = LLVMGetIntTypeWidth(type);
		name = bits == 8 ? "uchar" : bits == 16 ? "ushort" : bits == 32 ? "uint" : "ulong";
		name += is_signed;
		break;
	}
	default:
		break;
	}
	if (width > 1)
		snprintf(out, size, "%s%u", name, width % 100);
	else
		snprintf(out, size, "%s", name);
}

static void read_size(const struct node *node, uint32_t out[3])
{
	for (unsigned i = 0; i < 3; i++)
		out[i] = (uint32_t)node_number(node, i);
	if (!out[0] || !out[1] || !out[2])
		memset(out, 0, 3 * sizeof(*out));
}

static void append_attribute(char *text, size_t room, const char *name, const uint32_t size[3])
{
	size_t n = strlen(text);
	if (size[0])
		snprintf(text + n, room - n, "%s%s(%u,%u,%u)", n ? " " : "", name, size[0], size[1],
			 size[2]);
}

static bool is_sub_group_size(uint64_t n)
{
	return n == 4 || n == 8 || n == 16 || n == 32;
}

static enum tern_build_status read_sub_group_size(struct tern_build *b, LLVMValueRef f,
						  struct tern_kernel_info *info, char *text,
						  size_t room)
{
	struct node required;
	if (!get_node(b, f, "intel_reqd_sub_group_size", &required))
		return TERN_BUILD_UNAVAILABLE;
	if (!required.count)
		return TERN_BUILD_OK;
	uint64_t size = node_number(&required, 0);
	if (!is_sub_group_size(size)) {
		tern_build_log(b,
			       "error: kernel '%s' asks for sub-groups of %llu: this device has 4, "
			       "8, 16, 32\n",
			       info->name, (unsigned long long)size);
		return TERN_BUILD_FAILED;
	}
	info->required_lanes = (uint32_t)size;
	size_t n = strlen(text);
	snprintf(text + n, room - n, "%sintel_reqd_sub_group_size(%u)", n ? " " : "",
		 info->required_lanes);
	return TERN_BUILD_OK;
}

static enum tern_build_status read_attributes(struct tern_build *b, LLVMValueRef f,
					      struct tern_kernel_info *info)
{
	struct node required, hint, type;
	char text[256] = "";
	if (!get_node(b, f, "reqd_work_group_size", &required) ||
	    !get_node(b, f, "work_group_size_hint", &hint) ||
	    !get_node(b, f, "vec_type_hint", &type))
		return TERN_BUILD_UNAVAILABLE;
	read_size(&required, info->required_size);
	read_size(&hint, info->size_hint);
	append_attribute(text, sizeof(text), "reqd_work_group_size", info->required_size);
	append_attribute(text, sizeof(text), "work_group_size_hint", info->size_hint);
	enum tern_build_status s = read_sub_group_size(b, f, info, text, sizeof(text));
	if (s != TERN_BUILD_OK)
		return s;
	if (type.count == 2 && type.operand[0]) {
		type_name(LLVMTypeOf(type.operand[0]), node_number(&type, 1) != 0,
			  info->vec_type_hint, sizeof(info->vec_type_hint));
		size_t n = strlen(text);
		snprintf(text + n, sizeof(text) - n, "%svec_type_hint(%s)", n ? " " : "",
			 info->vec_type_hint);
	}
	info->attributes = tern_build_strndup(b, text, strlen(text));
	return info->attributes ? TERN_BUILD_OK : TERN_BUILD_UNAVAILABLE;
}

static bool is_kernel(LLVMValueRef f)
{
	return !LLVMIsDeclaration(f) && LLVMGetFunctionCallConv(f) == TERN_CC_SPIR_KERNEL;
}

static enum tern_build_status read_kernel(struct tern_build *b, LLVMValueRef f,
					  struct tern_build_kernel *kernel)
{
	size_t n;
	const char *name = LLVMGetValueName2(f, &n);
	kernel->info->name = tern_build_strndup(b, name, n);
	if (!kernel->info->name)
		return TERN_BUILD_UNAVAILABLE;
	kernel->widen.function = f;
	kernel->widen.name = kernel->info->name;
	enum tern_build_status s = read_args(b, f, kernel);
	if (s == TERN_BUILD_OK)
		s = read_attributes(b, f, kernel->info);
	memcpy(kernel->widen.required_size, kernel->info->required_size,
	       sizeof(kernel->widen.required_size));
	kernel->widen.required_lanes = kernel->info->required_lanes;
	return s;
}

enum tern_build_status tern_kernel_info_read(struct tern_build *b, LLVMModuleRef module,
					     struct tern_build_kernels *out)
{
	uint32_t count = 0;
	for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f))
		count += is_kernel(f);
	out->kernel = tern_build_alloc(b, (2 * count + 1) * sizeof(*out->kernel));
	out->info = tern_build_alloc(b, (2 * count + 1) * sizeof(*out->info));
	if (!out->kernel || !out->info)
		return TERN_BUILD_UNAVAILABLE;
	out->count = 0;
	for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f)) {
		if (!is_kernel(f))
			continue;
		struct tern_build_kernel *kernel = &out->kernel[out->count];
		kernel->info = &out->info[out->count++];
		enum tern_build_status s = read_kernel(b, f, kernel);
		if (s != TERN_BUILD_OK)
			return s;
	}
	return TERN_BUILD_OK;
}
