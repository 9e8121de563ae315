/* SPDX-License-Identifier: MIT */
/*
 * userfaultfd(2), its operations as functions, and what Debian 12's kernel headers lack of it.
 * Direct system calls (raw.h). Operations: bytes done (> 0) or -errno; a partial success is a
 * success.
 */
#ifndef TERN_SVM_UFFD_H
#define TERN_SVM_UFFD_H

#include <errno.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>

#include "svm/raw.h"

#ifndef USERFAULTFD_IOC_NEW
#define USERFAULTFD_IOC_NEW _IO(0xAA, 0x00)
#endif
#ifndef UFFD_FEATURE_WP_UNPOPULATED
#define UFFD_FEATURE_WP_UNPOPULATED (1 << 13)
#endif
#ifndef UFFD_FEATURE_POISON
#define UFFD_FEATURE_POISON (1 << 14)
#endif
#ifndef UFFD_FEATURE_MOVE
#define UFFD_FEATURE_MOVE (1 << 16)
#endif

#ifndef UFFDIO_MOVE
struct uffdio_move {
	uint64_t dst, src, len, mode;
	int64_t move;
};
#define UFFDIO_MOVE_MODE_DONTWAKE        ((uint64_t)1 << 0)
#define UFFDIO_MOVE_MODE_ALLOW_SRC_HOLES ((uint64_t)1 << 1)
#define UFFDIO_MOVE                      _IOWR(0xAA, 0x05, struct uffdio_move)
#endif

/*
 * A userfaultfd that sees the kernel's accesses too (read(2) into a page), non-blocking: by the
 * system call or /dev/userfaultfd. @needed: features without which it is of no use; @wanted: those
 * that are taken where there are. *@have: what was enabled. The descriptor or -errno: -EPERM,
 * -ENOSYS (none in the kernel), -EOPNOTSUPP (features missing).
 */
int uffd_open(uint64_t needed, uint64_t wanted, uint64_t *have) TERN_MUST_CHECK;

static inline long uffd_register(int fd, uint64_t at, uint64_t bytes, uint64_t mode)
{
	struct uffdio_register r = {.range = {at, bytes}, .mode = mode};
	return raw_ioctl(fd, UFFDIO_REGISTER, &r);
}

static inline long uffd_unregister(int fd, uint64_t at, uint64_t bytes)
{
	struct uffdio_range r = {at, bytes};
	return raw_ioctl(fd, UFFDIO_UNREGISTER, &r);
}

static inline int64_t uffd_copy(int fd, uint64_t to, const void *from, uint64_t bytes,
				uint64_t mode)
{
	struct uffdio_copy c = {.dst = to, .src = (uintptr_t)from, .len = bytes, .mode = mode};
	long r = raw_ioctl(fd, UFFDIO_COPY, &c);
	return r && c.copy <= 0 ? r : c.copy;
}

static inline int64_t uffd_zero(int fd, uint64_t at, uint64_t bytes, uint64_t mode)
{
	struct uffdio_zeropage z = {.range = {at, bytes}, .mode = mode};
	long r = raw_ioctl(fd, UFFDIO_ZEROPAGE, &z);
	return r && z.zeropage <= 0 ? r : z.zeropage;
}

static inline int64_t uffd_continue(int fd, uint64_t at, uint64_t bytes, uint64_t mode)
{
	struct uffdio_continue c = {.range = {at, bytes}, .mode = mode};
	long r = raw_ioctl(fd, UFFDIO_CONTINUE, &c);
	return r && c.mapped <= 0 ? r : c.mapped;
}

static inline int64_t uffd_move(int fd, uint64_t to, uint64_t from, uint64_t bytes, uint64_t mode)
{
	struct uffdio_move m = {.dst = to, .src = from, .len = bytes, .mode = mode};
	long r = raw_ioctl(fd, UFFDIO_MOVE, &m);
	return r && m.move <= 0 ? r : m.move;
}

/* 0 or -errno. */
static inline long uffd_protect(int fd, uint64_t at, uint64_t bytes, uint64_t mode)
{
	struct uffdio_writeprotect w = {.range = {at, bytes}, .mode = mode};
	return raw_ioctl(fd, UFFDIO_WRITEPROTECT, &w);
}

static inline long uffd_wake(int fd, uint64_t at, uint64_t bytes)
{
	struct uffdio_range r = {at, bytes};
	return raw_ioctl(fd, UFFDIO_WAKE, &r);
}

#endif
