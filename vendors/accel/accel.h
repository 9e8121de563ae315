/* SPDX-License-Identifier: MIT */
/* The accelerator: a device with its own page tables and memory, in a process of its own. */
#ifndef TERN_VENDORS_ACCEL_ACCEL_H
#define TERN_VENDORS_ACCEL_ACCEL_H

#include "runtime/device.h"

extern const struct tern_backend tern_accel_backend;

#endif
