/* SPDX-License-Identifier: MIT */
/*
 * Answers of the clGet*Info queries. A query function puts its three last parameters together and
 * answers with one of the functions below:
 *
 *	struct tern_info out = {param_value_size, param_value, param_value_size_ret};
 *	switch (param_name) {
 *	case CL_MEM_SIZE:
 *		return tern_info_value(&out, size_t, memory->size);
 *	case CL_MEM_PROPERTIES:
 *		return tern_info_bytes(&out, memory->properties, memory->properties_bytes);
 *	default:
 *		return CL_INVALID_VALUE;
 *	}
 *
 * All return CL_SUCCESS, or CL_INVALID_VALUE when the program gave a buffer that is too small, and
 * then write nothing. No buffer: only the size is told.
 */
#ifndef TERN_ICD_INFO_H
#define TERN_ICD_INFO_H

#include <string.h>

#include "runtime/object.h"

struct tern_info {
	size_t size;      /* param_value_size */
	void *value;      /* param_value; may be NULL */
	size_t *size_ret; /* param_value_size_ret; may be NULL */
};

/* @bytes may be 0 (an empty list), @src is then not read. */
static inline cl_int tern_info_bytes(const struct tern_info *out, const void *src, size_t bytes)
{
	if (out->value) {
		if (out->size < bytes)
			return CL_INVALID_VALUE;
		if (bytes)
			memcpy(out->value, src, bytes);
	}
	if (out->size_ret)
		*out->size_ret = bytes;
	return CL_SUCCESS;
}

/* A string with its NUL; NULL counts as "". */
static inline cl_int tern_info_string(const struct tern_info *out, const char *s)
{
	return s ? tern_info_bytes(out, s, strlen(s) + 1) : tern_info_bytes(out, "", 1);
}

/* One value of @type: tern_info_value(&out, cl_uint, 3). Handles: the handle's type. */
#define tern_info_value(out, type, v)                                                              \
	({                                                                                         \
		type tern_info_tmp = (v);                                                          \
		tern_info_bytes((out), &tern_info_tmp, sizeof(type));                              \
	})

/* A C array (not a pointer): tern_info_array(&out, caps->max_item_sizes). */
#define tern_info_array(out, a) tern_info_bytes((out), (a), sizeof(a))

#endif
