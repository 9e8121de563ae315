/* SPDX-License-Identifier: MIT */
/* How Tern is plugged together: every device back end that this build has. */
#ifndef TERN_VENDORS_VENDORS_H
#define TERN_VENDORS_VENDORS_H

#include "runtime/device.h"

/* Ended by NULL; for tern_runtime_start(), which offers those that TERN_DEVICES names. */
extern const struct tern_backend *const tern_backends[];

#endif
