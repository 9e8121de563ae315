/* SPDX-License-Identifier: MIT */
/*
 * DOC: the interface of a device's memory
 *
 * What the migration engine (svm/engine.h) needs from a device that has page tables of its own. The
 * engine decides which page is where; the device memory carries it out. Three models:
 *
 * - system: the device works in the host's page tables and memory (the cpu device). It has no
 * struct tern_devmem at all.
 * - device-private: memory that the host cannot reach (accel; the kernel's HMM devices).
 * Pages migrate, on faults of either side and on request.
 * - device-coherent: what Tern itself allocates lies in memory that both sides reach
 *   (TERN_HEAP_SHARED) and never faults; other memory of the program is as in device-private,
 *   since Linux lets no process map another's anonymous page.
 *
 * All operations are called on the engine's thread only, unless it says otherwise. They may not
 * block beyond a bounded time, may not take a lock that another thread holds while it touches
 * memory of the program, and may touch only pinned memory (svm/pinned.h): the engine resolves the
 * faults of the whole process, so it must not fault itself. Addresses and lengths are multiples of
 * the page size (TERN_PAGE), and no range crosses a chunk (TERN_CHUNK).
 *
 * Results: 0 or a number of bytes, or -errno. -ENODEV: the device has died; the engine then takes
 * all its pages home through window(), whose contents survive the device.
 */
#ifndef TERN_SVM_DEVICE_MEMORY_H
#define TERN_SVM_DEVICE_MEMORY_H

#include "runtime/base/base.h"

#define TERN_PAGE        ((uint64_t)4096)
#define TERN_CHUNK       ((uint64_t)2 << 20)
#define TERN_CHUNK_PAGES 512u
/* Running commands whose faults are counted apart (struct tern_devmem_fault.owner). */
#define TERN_DEVMEM_OWNERS   64u
#define TERN_DEVMEM_NO_OWNER TERN_DEVMEM_OWNERS

enum tern_memory_model {
	TERN_MEMORY_SYSTEM,
	TERN_MEMORY_PRIVATE,
	TERN_MEMORY_COHERENT,
};

struct tern_devmem;

struct tern_devmem_fault {
	uint64_t address; /* exact */
	bool write;
	uint32_t owner; /* which running command's, or TERN_DEVMEM_NO_OWNER */
	uint64_t token; /* the device's own: which of its threads waits */
};

/* Why an access was refused. */
enum tern_devmem_refusal {
	TERN_REFUSED_UNMAPPED,  /* no memory of the program's there */
	TERN_REFUSED_READ_ONLY, /* a write to memory that the program may only read */
	TERN_REFUSED_NO_ACCESS, /* PROT_NONE */
	TERN_REFUSED_FILE,      /* a writable private mapping of a file (.data): see the manual */
	TERN_REFUSED_SHARED,    /* a shared mapping */
	TERN_REFUSED_HUGETLB,   /* MAP_HUGETLB */
	TERN_REFUSED_RUNTIME,   /* Tern's own memory */
	TERN_REFUSED_MEMORY,    /* the host has no memory left */
};

/* fill()'s flags */
enum {
	TERN_FILL_WRITABLE = 1 << 0, /* else the device may only read */
	TERN_FILL_NO_WAKE = 1 << 1,  /* threads that wait for the pages stay asleep until wake() */
	TERN_FILL_STREAM = 1 << 2,   /* a part of more than caches hold: copy past them */
	TERN_FILL_HIDDEN = 1 << 3,   /* as if hide() had followed at once */
};

struct tern_devmem_ops {
	const char *name;
	/* A descriptor that polls readable while faults() has something, or when the device has
	 * died. Up to two; -1: none. */
	void (*poll_fds)(struct tern_devmem *devmem, int fds[2]);
	/* Takes up to @max faults without blocking; their number, 0: none. */
	int (*faults)(struct tern_devmem *devmem, struct tern_devmem_fault *out, int max);
	/*
	 * Gives the device @bytes at @va with the contents of @src (pinned; NULL: zeros) and maps
	 * them. Bytes done: less than asked for when some page is there already (then 0 and
	 * -EEXIST for the first), -ENOMEM, -ENODEV.
	 */
	int64_t (*fill)(struct tern_devmem *devmem, uint64_t va, uint64_t bytes, const void *src,
			unsigned flags);
	/* The device can no longer write, once this returns; it may still read. */
	int (*protect)(struct tern_devmem *devmem, uint64_t va, uint64_t bytes);
	/* It may write again; threads that wait for that go on. */
	int (*unprotect)(struct tern_devmem *devmem, uint64_t va, uint64_t bytes);
	/* The device can no longer access the pages, once this returns. Their contents stay
	 * readable through window() until drop() or fill(). */
	int (*unmap)(struct tern_devmem *devmem, uint64_t va, uint64_t bytes);
	/* May be NULL. unmap() of this chunk, of which all is mapped, will follow: the device may
	 * begin with it. What it accesses until then, it has. */
	void (*unmap_soon)(struct tern_devmem *devmem, uint64_t va);
	/* Both may be NULL: then accesses cannot be sampled (svm/watch.c). The device loses its
	 * access to pages that stay its own and count as before; its next access to each is a
	 * fault. */
	int (*hide)(struct tern_devmem *devmem, uint64_t va, uint64_t bytes);
	/* Hidden pages: the device has them again, also to write with TERN_FILL_WRITABLE, and
	 * threads that wait for them go on. */
	int (*show)(struct tern_devmem *devmem, uint64_t va, uint64_t bytes, unsigned flags);
	/* As unmap(), and the contents are gone. Also asked of a device that has died, when its
	 * pages have been taken home: its successor must not find them. */
	int (*drop)(struct tern_devmem *devmem, uint64_t va, uint64_t bytes);
	/* Where the engine reads the contents of [@va, end of the chunk). NULL: no address space
	 * left. */
	void *(*window)(struct tern_devmem *devmem, uint64_t va);
	/* May be NULL. Copies the contents to @to (pinned) without mapping them in a window, whose
	 * entry drop() would have to take away again. 0 or -errno; then window() is asked. */
	int (*read)(struct tern_devmem *devmem, uint64_t va, uint64_t bytes, void *to);
	/* Threads that wait for the pages try again. */
	void (*wake)(struct tern_devmem *devmem, uint64_t va, uint64_t bytes);
	/* The access cannot be served: the command that made it fails. */
	void (*refuse)(struct tern_devmem *devmem, const struct tern_devmem_fault *fault,
		       enum tern_devmem_refusal why);
	/* Bytes of device memory in use beyond the resident pages (warm pages kept by unmap(),
	 * whose contents go with them);
	 * frees up to @bytes of them and returns how many. 0 as @bytes asks for the amount. */
	uint64_t (*trim)(struct tern_devmem *devmem, uint64_t bytes);
};

/* The link between host and device as it is to be imposed. */
struct tern_link {
	uint64_t bytes_per_second; /* 0: as fast as this machine is */
	uint64_t latency_ns;       /* of each transfer */
};

struct tern_mirror_ops;

/* Lies in pinned memory; the device's own structure begins with it. */
struct tern_devmem {
	const struct tern_devmem_ops *ops;
	/* NULL: the engine moves its pages. Else the kernel does (svm/trap_kernel.h): of ops only
	 * the name is used, and the memory need not be pinned. */
	const struct tern_mirror_ops *mirror;
	enum tern_memory_model model;
	uint64_t limit; /* bytes of device memory for migrated pages */
	struct tern_link link;
	void *engine;                      /* the engine's own; NULL: not attached */
	struct tern_status_device *status; /* the engine's: what others see of it */
};

#endif
