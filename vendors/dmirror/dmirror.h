/* SPDX-License-Identifier: MIT */
/* Devices over the Linux kernel's HMM test driver. */
#ifndef TERN_VENDORS_DMIRROR_DMIRROR_H
#define TERN_VENDORS_DMIRROR_DMIRROR_H

#include "runtime/device.h"

extern const struct tern_backend tern_dmirror_backend;

#endif
