/* SPDX-License-Identifier: MIT */
/* What the rest of the client may know about struct tern_code beyond kernels.h. */
#ifndef TERN_KERNELS_CODE_H
#define TERN_KERNELS_CODE_H

#include "kernels/code_format.h"

/* The ELF image of an executable, else bitcode; lives as long as @code. */
const void *tern_code_payload(const struct tern_code *code, size_t *size);

#endif
