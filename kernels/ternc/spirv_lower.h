/* SPDX-License-Identifier: MIT */
#ifndef TERN_TERNC_SPIRV_LOWER_H
#define TERN_TERNC_SPIRV_LOWER_H

#include "kernels/spirv.h"

/*
 * Says in other words what the translator does not know of @m. The new module, of *@bytes, is in
 * *@out, for the caller to tern_free(); NULL there: @m is good as it is. False: no memory.
 */
bool tern_spirv_lower(const struct tern_spirv *m, uint32_t **out, size_t *bytes) TERN_MUST_CHECK;

#endif
