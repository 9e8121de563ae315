/* SPDX-License-Identifier: MIT */
#include "vendors/vendors.h"

#include "vendors/accel/accel.h"
#include "vendors/cpu/cpu.h"
#include "vendors/dmirror/dmirror.h"

const struct tern_backend *const tern_backends[] = {&tern_cpu_backend, &tern_accel_backend,
						    &tern_dmirror_backend, NULL};
