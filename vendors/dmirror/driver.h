/* SPDX-License-Identifier: MIT */
/*
 * DOC: the kernel's HMM test driver
 *
 * Linux has a driver for a device that there is not, to test HMM with (CONFIG_TEST_HMM): it mirrors
 * the page tables of the process that opens it and has memory of its own. This is its interface, as
 * in Linux 5.8 to 6.x. There are up to four nodes: 0 and 1 have device-private memory, 2 and 3
 * device-coherent memory, where the kernel was started with memory set apart for them. Every open
 * file is a device page table of its own; the two nodes of a kind have memory of their own each.
 *
 * All requests have one structure. @addr is a multiple of 4096, @npages is not 0. The driver writes
 * the structure back on success only.
 *
 *	READ, WRITE	whole pages, between @addr and @ptr, by the device's page table; @faults:
 *			how often it had to be filled. -EFAULT: not mapped, or the fault would have
 *			to wait for a userfaultfd; -EPERM: a write to memory that may only be read
 *			(also -EFAULT in some versions)
 *	TO_DEV, TO_SYS	migrate what can be: ranges with holes are -EINVAL from the first one on,
 *			what is not anonymous memory stays. TO_DEV then reads the range into @ptr as
 *			the device has it; -ENOENT: not all of it is there
 *	SNAPSHOT	what the page tables say, a byte for each page at @ptr
 *	EXCLUSIVE	anonymous pages for the device alone; they are read into @ptr. -EBUSY: not
 *			possible, for whatever reason
 *	CHECK_EXCLUSIVE	-EPERM: some page of the range is exclusive; 0: none is
 *	RELEASE		gives up the device's memory; the pages go home
 *
 * The trap. The driver's table has an entry for a page in its own memory from TO_DEV on, and loses
 * it by whatever changes the program's mapping (mprotect, fork, mremap), or that of the page before
 * it (it counts to the end of a range, inclusive), or when two host threads touch the page at once;
 * the page stays. READ and WRITE of such a page fill the entry with the
 * page itself, where device-private memory has another page behind it that holds the contents, and
 * the kernel crashes (Linux 6.1 at least). TO_DEV, however, reads what has entries and says -ENOENT
 * otherwise: of a page that is on the device already it is a reading that cannot fault. So that is
 * how such pages are read (mirror.c), and how it is known that they can be written. What remains is
 * the moment between that and the WRITE.
 *
 * When a file is closed, all pages of the device go home, those of other processes, too. The mirror
 * is of the process that opened the file, whoever uses it.
 */
#ifndef TERN_VENDORS_DMIRROR_DRIVER_H
#define TERN_VENDORS_DMIRROR_DRIVER_H

#include <linux/ioctl.h>

#include "runtime/base/base.h"

#define DMIRROR_NODES 4u

struct dmirror_request {
	uint64_t addr, ptr, npages, cpages, faults;
};

#define DMIRROR_READ            _IOWR('H', 0, struct dmirror_request)
#define DMIRROR_WRITE           _IOWR('H', 1, struct dmirror_request)
#define DMIRROR_TO_DEV          _IOWR('H', 2, struct dmirror_request)
#define DMIRROR_TO_SYS          _IOWR('H', 3, struct dmirror_request)
#define DMIRROR_SNAPSHOT        _IOWR('H', 4, struct dmirror_request)
#define DMIRROR_EXCLUSIVE       _IOWR('H', 5, struct dmirror_request)
#define DMIRROR_CHECK_EXCLUSIVE _IOWR('H', 6, struct dmirror_request)
#define DMIRROR_RELEASE         _IOWR('H', 7, struct dmirror_request)

/* Bytes of a snapshot. */
enum {
	DMIRROR_RIGHTS = 0x03, /* any of them: the program may access it */
	DMIRROR_WRITABLE = 0x02,
	DMIRROR_KIND = 0x70,
	DMIRROR_ZERO = 0x10,
	DMIRROR_PRIVATE_LOCAL = 0x20,
	DMIRROR_PRIVATE_REMOTE = 0x30,
	DMIRROR_COHERENT_LOCAL = 0x40,
	DMIRROR_COHERENT_REMOTE = 0x50,
	DMIRROR_ERROR = 0xff,
};

/* The system calls, for tests to replace. 0 or more, or -errno. */
struct dmirror_driver {
	int (*open)(unsigned node); /* a descriptor */
	int (*call)(int fd, unsigned long request, struct dmirror_request *r);
	void (*close)(int fd);
};

extern const struct dmirror_driver dmirror_kernel;

#endif
