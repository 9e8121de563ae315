/* SPDX-License-Identifier: MIT */
#include "vendors/vendors.h"

#include "vendors/accel/accel.h"
#include "vendors/cpu/cpu.h"

const struct tern_backend *const tern_backends[] = {&tern_cpu_backend, &tern_accel_backend, NULL};
