/* SPDX-License-Identifier: MIT */
/*
 * DOC: the host's memory as the engine works on it
 *
 * What the engine does to the program's pages, as operations: the counterpart of
 * svm/device_memory.h. The kernel's (host.c: userfaultfd, /proc/self/mem and pagemap) are those of
 * every engine that serves a program. The other ones are those of a replay (replay.c), in which the
 * same engine works on an address space that a trace describes and nothing is moved or copied.
 *
 * On the engine's thread. Results: bytes done (> 0), 0, or -errno; as userfaultfd's.
 */
#ifndef TERN_SVM_HOST_H
#define TERN_SVM_HOST_H

#include "runtime/base/base.h"

struct engine;
struct vma;

struct host_ops {
	/* The program's pages at @at to a slot (frames.c). -ENOENT: the first is a hole. */
	int64_t (*take)(struct engine *e, const char *slot, uint64_t at, uint64_t bytes);
	/* And back. -EEXIST: the program has a page there. */
	int64_t (*give)(struct engine *e, uint64_t at, const char *slot, uint64_t bytes);
	/* @mode: UFFDIO_COPY_MODE_* */
	int64_t (*copy)(struct engine *e, uint64_t to, const void *from, uint64_t bytes,
			uint64_t mode);
	/* The kernel's page of zeros in holes. */
	int64_t (*zero)(struct engine *e, uint64_t at, uint64_t bytes);
	/* @mode: UFFDIO_WRITEPROTECT_MODE_*. 0 or -errno: -EAGAIN while an event is unread. */
	long (*protect)(struct engine *e, uint64_t at, uint64_t bytes, uint64_t mode);
	/* The program's threads that wait for the page try again. */
	void (*wake)(struct engine *e, uint64_t at, uint64_t bytes);
	/* Missing pages and writes to protected ones trap from here on. 0 or -errno. */
	long (*track)(struct engine *e, uint64_t at, uint64_t bytes);
	/* Contents, through the kernel; bytes, or <= 0: the first page is a hole. */
	long (*read)(struct engine *e, uint64_t at, uint64_t bytes, void *to);
	/* What the page table has, as /proc/self/pagemap says it: bytes. */
	long (*entries)(struct engine *e, uint64_t at, unsigned count, uint64_t *to);
	/* Contents from a device's window to a slot. */
	void (*fetch)(const struct engine *e, void *to, const void *from, uint64_t bytes);
	/* The mapping that @address lies in; @next: or the first one above. False: none. */
	bool (*mapping)(struct engine *e, uint64_t address, bool next, struct vma *out);
	bool simulated; /* slots are addresses only */
};

extern const struct host_ops host_kernel;

#endif
