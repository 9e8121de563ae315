/* SPDX-License-Identifier: MIT */
/* The CPU device: its processor's own cores as compute units. */
#ifndef TERN_VENDORS_CPU_CPU_H
#define TERN_VENDORS_CPU_CPU_H

#include "runtime/device.h"

extern const struct tern_backend tern_cpu_backend;

#endif
