/* SPDX-License-Identifier: MIT */
/* What the system grants this process: processors and memory. */
#ifndef TERN_VENDORS_CPU_LIMITS_H
#define TERN_VENDORS_CPU_LIMITS_H

#include "runtime/base/base.h"

/*
 * How many units to offer: TERN_THREADS, or what the affinity mask and the control groups' quotas
 * allow. At least 1, at most MAX_UNITS. @cpus: processors in the mask.
 */
unsigned limit_units(unsigned *cpus);
/* Bytes of memory: the machine's, or the control groups' limit when that is lower. */
uint64_t limit_memory(void);
/* The number in a file, with an optional suffix K or M (KiB, MiB); -1: not there or no number. */
long file_number(const char *format, ...) TERN_PRINTF(1, 2);
/* Reads at most @size - 1 bytes of a file, ended by NUL; their number or -1. */
long file_text(const char *path, char *text, size_t size);

#endif
