/* SPDX-License-Identifier: MIT */
/* Within memory.c and fill.c: the engine's thread, pinned memory, system calls made directly. */
#ifndef TERN_VENDORS_ACCEL_MEMORY_H
#define TERN_VENDORS_ACCEL_MEMORY_H

#include "svm/raw.h"
#include "vendors/accel/launch.h"
#include "vendors/accel/pages.h"

static inline struct accel *memory_accel(struct tern_devmem *devmem)
{
	return tern_container_of(devmem, struct accel, devmem);
}

static inline struct accel_pages *memory_pages(struct tern_devmem *devmem)
{
	return memory_accel(devmem)->memory;
}

static inline unsigned page_of(uint64_t va)
{
	return va % TERN_CHUNK / TERN_PAGE;
}

/* memory.c */
void *memory_window(struct tern_devmem *devmem, uint64_t va);
/* Frees pages of the file, whatever they are; their entries go, too. */
void memory_punch(const struct accel *accel, struct accel_chunk *c, unsigned first, unsigned count);

/* fill.c */
int64_t memory_fill(struct tern_devmem *devmem, uint64_t va, uint64_t bytes, const void *src,
		    unsigned flags);
/* An ioctl() on the process' userfaultfd: 0 or -errno; -ENODEV: the process has ended. */
long memory_request(const struct accel *accel, unsigned long number, void *argument);
/* Makes entries for pages that the file has: bytes done or -errno. */
int64_t memory_continue(const struct accel *accel, uint64_t va, uint64_t bytes, unsigned flags);

#endif
