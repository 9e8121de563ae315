/* SPDX-License-Identifier: MIT */
/*
 * DOC: the kernel as the trap
 *
 * A device whose driver mirrors the process's page tables in the kernel (HMM) needs no userfaultfd
 * and no thread of ours. The kernel knows where each page is; it brings a page of the device's
 * memory home when a host thread touches it, and takes the device's mapping away when the program
 * unmaps, remaps or protects memory. What is left for libtern is to decide which pages go to the
 * device, and to say what happened. struct tern_mirror_ops is what that takes of a driver.
 *
 * Accesses. Here the device's accesses are calls: tern_trap_read() and its like give the driver
 * whole pages at once where they are on the device already, else one page at a time. The driver
 * says how many faults of the device's page tables an access had. A page that is not in the
 * device's memory is then mapped where it is, in the host's memory, and the policy (policy.h) is
 * asked, as for any fault:
 *
 *	MIGRATE	the plan's pages go to the device's memory
 *	SHARE	they stay where they are: the mapping is what the copy is elsewhere
 *	DEFER	they stay, too: the access is over already
 *
 * So a page that the device reaches without a fault is never asked about, wherever it lies. But
 * for one case: a driver that maps a page for reading may let it be written at the same time. The
 * first write to a page of which the policy said SHARE counts as a write fault and is asked about.
 *
 * Commands are told to the policy as everywhere (space.h), and what it wants ahead is moved when
 * the next command begins, before its first access.
 *
 * What the kernel does by itself is found out. A page that was on the device when it was looked at
 * last and is no longer was brought home by a fault of the host's (this driver moves one page for
 * each), or is gone, when nothing is mapped there any more. It is looked at before each access to
 * its part of the chunk and before each answer about residency or statistics. Which kind of access
 * it was nobody says: such faults count as host_read_faults. Policies hear of them as of others;
 * their plans for them are moot.
 *
 * Bytes. The driver's unit of writing is a page, in one piece, and other bytes of the page may be
 * the host's to write at the same time. So only whole pages are written through it. The rest of a
 * range, up to a page at either end, goes through the host's page tables by the kernel
 * (process_vm_writev), which writes nothing but those bytes, brings the page home if need be, and
 * obeys the program's protection. Atomic operations take the page for the device alone first (the
 * kernel takes it out of the host's page tables), compute from what was there, and put the result
 * by a compare-and-swap of the host's, which ends the exclusive access: exact, whoever else changes
 * the word meanwhile.
 *
 * Beside the userfaultfd engine (engine.h) in one process:
 *
 * - For the engine, a page in a kernel device's memory is HOME: the kernel brings it when the
 *   engine's device is to get it. tern_space_migrate() to such a device asks the kernel first.
 * - For a kernel device, a page that the engine's device has is a hole with a trap that the kernel
 *   does not wait for on behalf of a driver: the access fails with -EFAULT. It is done through the
 *   host's page tables then, as any thread of the program would, and the engine brings the page.
 *   Explicit migration brings pages home from one before the other gets them.
 * - Memory that is registered with the userfaultfd may migrate by the kernel, but for its holes.
 *
 * Locking. One lock (rank TRAP) for each device, over its directory, policy and counters. It is
 * held while the driver works, never while the host's page tables are used: those may wait for the
 * engine. The engine knows nothing of it.
 *
 * fork: the mirror is of the process that opened it. In a child all of this is forgotten; the
 * kernel keeps the contents of pages that both share.
 *
 * Between kernel devices: what is in another's device-private memory comes home by a fault, as for
 *a host thread. Device-coherent memory of another one's is reached where it is, and is moved by
 * requests only.
 *
 * Not supported: memory limits of the kernel's own (a device that is full leaves pages where they
 * are), TERN_SVM_HOLD, imposed links, recordings of accesses.
 */
#ifndef TERN_SVM_TRAP_KERNEL_H
#define TERN_SVM_TRAP_KERNEL_H

#include "svm/device_memory.h"
#include "svm/space.h"

/* What look() says of a page. */
enum tern_mirror_page {
	TERN_MIRROR_NONE,   /* nothing is there, or nothing that the program may access */
	TERN_MIRROR_HOST,   /* in the host's memory */
	TERN_MIRROR_ZERO,   /* the kernel's page of zeros */
	TERN_MIRROR_DEVICE, /* in this device's memory */
	TERN_MIRROR_OTHER,  /* in another device's */
};

/* Pages of one call to a driver, at most. */
#define TERN_MIRROR_PAGES 64u

/*
 * Any thread; calls for one device follow one another. Addresses are multiples of TERN_PAGE,
 * @pages is 1 to TERN_MIRROR_PAGES. 0 or -errno:
 *
 * -EFAULT: nothing is mapped there, or what is there cannot be had now; -EPERM: a write to memory
 * that the program may only read; -EBUSY: in use, again and again; -ENOMEM; -ENODEV: the device is
 * gone. An access that fails may have been done in part.
 */
struct tern_mirror_ops {
	/* Contents, by the device's page tables. Adds to *@faults how often it had to ask. */
	int (*read)(struct tern_devmem *devmem, uint64_t va, unsigned pages, void *to,
		    uint64_t *faults);
	int (*write)(struct tern_devmem *devmem, uint64_t va, unsigned pages, const void *from,
		     uint64_t *faults);
	/* A hint: what can be moved goes to the device's memory, or home. 0 also when nothing was.
	 */
	int (*to_device)(struct tern_devmem *devmem, uint64_t va, unsigned pages);
	int (*to_host)(struct tern_devmem *devmem, uint64_t va, unsigned pages);
	/* Where pages are: enum tern_mirror_page for each. */
	int (*look)(struct tern_devmem *devmem, uint64_t va, unsigned pages, uint8_t *out);
	/* The page is the device's alone until the host touches it; its contents at that moment.
	 * -EBUSY: also where the kernel cannot, as with memory of files. */
	int (*exclusive)(struct tern_devmem *devmem, uint64_t va, void *to);
	/* 1: it still is; 0: not. */
	int (*is_exclusive)(struct tern_devmem *devmem, uint64_t va);
};

/* Where an access ended that failed. */
struct tern_trap_failure {
	uint64_t address;
	bool write;
};

/*
 * Accesses of a device with devmem->mirror, attached (tern_space_attach()), on behalf of command
 * @owner (tern_space_owner_begin(), or TERN_DEVMEM_NO_OWNER). Any byte range of the program's; the
 * buffer must not lie in it. 0; -EFAULT, -EPERM, -EBUSY, -ENOMEM, -ENODEV as above, and then
 * *@failure is filled.
 */
int tern_trap_read(struct tern_devmem *devmem, unsigned owner, uint64_t va, size_t bytes, void *to,
		   struct tern_trap_failure *failure) TERN_MUST_CHECK;
int tern_trap_write(struct tern_devmem *devmem, unsigned owner, uint64_t va, size_t bytes,
		    const void *from, struct tern_trap_failure *failure) TERN_MUST_CHECK;

/* What an atomic operation makes of a word. */
typedef uint32_t tern_trap_update(uint32_t old, uint32_t operand, uint32_t other);
/* On an aligned word (-EINVAL); *@old: what it was. Memory that the program unmaps at that very
 * moment ends the program, as an access of its own would. */
int tern_trap_atomic(struct tern_devmem *devmem, unsigned owner, uint64_t va,
		     tern_trap_update *update, uint32_t operand, uint32_t other, uint32_t *old,
		     struct tern_trap_failure *failure) TERN_MUST_CHECK;

/* Takes each page of the range for the device alone, as far as possible; how many: *@held. */
int tern_trap_exclusive(struct tern_devmem *devmem, unsigned owner, uint64_t va, size_t bytes,
			uint32_t *held, struct tern_trap_failure *failure) TERN_MUST_CHECK;
/* How many pages of the range it has alone now. */
int tern_trap_held(struct tern_devmem *devmem, uint64_t va, size_t bytes,
		   uint32_t *held) TERN_MUST_CHECK;

#endif
