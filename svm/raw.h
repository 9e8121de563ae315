/* SPDX-License-Identifier: MIT */
/*
 * System calls made directly, for threads that may touch pinned memory only: no errno, no lazily
 * bound symbol, no interceptor of a sanitizer. Results: as the kernel gives them, -errno.
 */
#ifndef TERN_SVM_RAW_H
#define TERN_SVM_RAW_H

#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include "runtime/base/base.h"

#if defined(__x86_64__)
static inline long raw_call(long number, long a, long b, long c, long d, long e, long f)
{
	long result;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}
#else
#error "svm/raw.h: system calls of this processor are not described"
#endif

static inline long raw_mmap(unsigned long at, size_t bytes, int protection, int flags, int fd,
			    off_t offset)
{
	return raw_call(SYS_mmap, (long)at, (long)bytes, protection, flags, fd, offset);
}

static inline long raw_munmap(unsigned long at, size_t bytes)
{
	return raw_call(SYS_munmap, (long)at, (long)bytes, 0, 0, 0, 0);
}

static inline long raw_mprotect(unsigned long at, size_t bytes, int protection)
{
	return raw_call(SYS_mprotect, (long)at, (long)bytes, protection, 0, 0, 0);
}

static inline long raw_madvise(unsigned long at, size_t bytes, int advice)
{
	return raw_call(SYS_madvise, (long)at, (long)bytes, advice, 0, 0, 0);
}

static inline long raw_ioctl(int fd, unsigned long request, void *argument)
{
	return raw_call(SYS_ioctl, fd, (long)request, (long)argument, 0, 0, 0);
}

static inline long raw_read(int fd, void *to, size_t bytes)
{
	return raw_call(SYS_read, fd, (long)to, (long)bytes, 0, 0, 0);
}

static inline long raw_pread(int fd, void *to, size_t bytes, uint64_t offset)
{
	return raw_call(SYS_pread64, fd, (long)to, (long)bytes, (long)offset, 0, 0);
}

static inline long raw_write(int fd, const void *from, size_t bytes)
{
	return raw_call(SYS_write, fd, (long)from, (long)bytes, 0, 0, 0);
}

static inline long raw_open(const char *path, int flags)
{
	return raw_call(SYS_openat, AT_FDCWD, (long)path, flags, 0, 0, 0);
}

static inline long raw_close(int fd)
{
	return raw_call(SYS_close, fd, 0, 0, 0, 0, 0);
}

/* @timeout_ns < 0: none. */
static inline long raw_poll(struct pollfd *fds, unsigned count, int64_t timeout_ns)
{
	struct timespec t = {.tv_sec = timeout_ns / 1000000000, .tv_nsec = timeout_ns % 1000000000};
	return raw_call(SYS_ppoll, (long)fds, count, timeout_ns < 0 ? 0 : (long)&t, 0, 0, 0);
}

static inline void raw_yield(void)
{
	raw_call(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
}

static inline void raw_futex_wait(_Atomic uint32_t *word, uint32_t expected)
{
	raw_call(SYS_futex, (long)word, FUTEX_WAIT_PRIVATE, expected, 0, 0, 0);
}

static inline void raw_futex_wake(_Atomic uint32_t *word, int count)
{
	raw_call(SYS_futex, (long)word, FUTEX_WAKE_PRIVATE, count, 0, 0, 0);
}

/* CLOCK_MONOTONIC. The C library's goes through the vDSO, but sanitizers intercept it. */
static inline uint64_t raw_clock_ns(void)
{
	struct timespec t;
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
	raw_call(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&t, 0, 0, 0, 0);
#else
	clock_gettime(CLOCK_MONOTONIC, &t);
#endif
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

#endif
