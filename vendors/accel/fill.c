/* SPDX-License-Identifier: MIT */
/*
 * Filling the device's pages. Three ways:
 *
 * - The file does not have the page: UFFDIO_COPY, which allocates it.
 * - It has: a copy through the window, and an entry (UFFDIO_CONTINUE).
 * - A whole chunk in a huge page of the file: a copy through the window; then the userfaultfd lets
 * go of the chunk for a moment, in which reading one byte of the process' memory makes the entry of
 *   all 512 pages. A thread of the device that comes in this moment gets what it waits for. Where
 * the process' memory cannot be read (Yama's ptrace_scope), as above.
 *
 * The entry of a huge page vanishes as a whole when a part of it is protected or unmapped; what
 * remains mapped is restored when the device faults on it (memory.c).
 */
#include "vendors/accel/memory.h"

#include <errno.h>
#include <linux/ioctl.h>
#include <linux/userfaultfd.h>
#include <string.h>
#include <sys/uio.h>

#include "svm/stream.h"

#define RETRIES     1000000 /* of EAGAIN: see memory.c */
#define AROUND      16      /* pages that the kernel maps at one fault, if not a huge page */
#define POPULATIONS (TERN_CHUNK_PAGES / AROUND)

#ifndef UFFDIO_CONTINUE_MODE_WP
#define UFFDIO_CONTINUE_MODE_WP ((uint64_t)1 << 1) /* Linux 6.4 */
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

static const _Alignas(4096) unsigned char zeros[16 * 4096];

long memory_request(const struct accel *accel, unsigned long number, void *argument)
{
	long r = raw_ioctl(accel->uffd, number, argument);
	return r == -ESRCH || r == -EBADF ? -ENODEV : r;
}

static int64_t copy_pages(const struct accel *accel, uint64_t va, uint64_t bytes, const void *src,
			  unsigned flags)
{
	struct uffdio_copy c = {
		.dst = va,
		.src = (uintptr_t)src,
		.len = bytes,
		.mode = (flags & TERN_FILL_WRITABLE ? 0 : UFFDIO_COPY_MODE_WP) |
			(flags & TERN_FILL_NO_WAKE ? UFFDIO_COPY_MODE_DONTWAKE : 0),
	};
	long r = memory_request(accel, UFFDIO_COPY, &c);
	return r && c.copy <= 0 ? r : c.copy;
}

static int64_t zero_pages(const struct accel *accel, uint64_t va, uint64_t bytes, unsigned flags)
{
	struct uffdio_zeropage z = {
		.range = {.start = va, .len = bytes},
		.mode = flags & TERN_FILL_NO_WAKE ? UFFDIO_ZEROPAGE_MODE_DONTWAKE : 0,
	};
	if (!(flags & TERN_FILL_WRITABLE))
		return copy_pages(accel, va, tern_min(bytes, sizeof(zeros)), zeros, flags);
	long r = memory_request(accel, UFFDIO_ZEROPAGE, &z);
	return r && z.zeropage <= 0 ? r : z.zeropage;
}

int64_t memory_continue(const struct accel *accel, uint64_t va, uint64_t bytes, unsigned flags)
{
	struct uffdio_continue c = {
		.range = {.start = va, .len = bytes},
		.mode = (flags & TERN_FILL_WRITABLE ? 0 : UFFDIO_CONTINUE_MODE_WP) |
			(flags & TERN_FILL_NO_WAKE ? UFFDIO_CONTINUE_MODE_DONTWAKE : 0),
	};
	long r = memory_request(accel, UFFDIO_CONTINUE, &c);
	return r && c.mapped <= 0 ? r : c.mapped;
}

static void filled(struct accel_pages *pages, struct accel_chunk *c, unsigned first, unsigned count,
		   unsigned flags)
{
	pages->present += bits_set(c->present, first, count);
	pages->mapped += bits_set(c->mapped, first, count);
	pages->early_touched |= c == pages->early;
	if (flags & TERN_FILL_HIDDEN)
		bits_set(c->hidden, first, count);
	else
		bits_clear(c->hidden, first, count);
	if (flags & TERN_FILL_WRITABLE)
		bits_clear(c->readonly, first, count);
	else
		bits_set(c->readonly, first, count);
}

static void write_window(void *window, const void *src, uint64_t bytes, unsigned flags)
{
	if (src && (flags & TERN_FILL_STREAM))
		tern_stream_copy(window, src, bytes);
	else if (src)
		memcpy(window, src, bytes);
	else
		memset(window, 0, bytes);
}

/* Pages that the file has: bytes done or -errno. */
static int64_t fill_present(struct tern_devmem *devmem, uint64_t va, uint64_t bytes,
			    const void *src, unsigned flags)
{
	void *window = memory_window(devmem, va);
	if (!window)
		return -ENOMEM;
	write_window(window, src, bytes, flags);
	return memory_continue(memory_accel(devmem), va, bytes, flags);
}

/* In the file only; pages that it does not have yet come by being written. */
static int64_t fill_hidden(struct tern_devmem *devmem, uint64_t va, uint64_t bytes, const void *src,
			   unsigned flags)
{
	void *window = memory_window(devmem, va);
	if (!window)
		return -ENOMEM;
	write_window(window, src, bytes, flags);
	return (int64_t)bytes;
}

/* One run of pages that are all alike: bytes done or -errno. */
static int64_t fill_run(struct tern_devmem *devmem, struct accel_chunk *c, unsigned first,
			unsigned count, const void *src, unsigned flags)
{
	struct accel *accel = memory_accel(devmem);
	uint64_t va = c->va + first * TERN_PAGE, bytes = count * TERN_PAGE;
	int64_t r;
	if (flags & TERN_FILL_HIDDEN)
		return fill_hidden(devmem, va, bytes, src, flags);
	if (bits_test(c->present, first)) {
		r = fill_present(devmem, va, bytes, src, flags);
		/* an older kernel's UFFDIO_CONTINUE: by copies then, into a hole */
		if (r != -EINVAL && r != -EFAULT)
			return r;
		memory_punch(accel, c, first, count);
	}
	r = src ? copy_pages(accel, va, bytes, src, flags) : zero_pages(accel, va, bytes, flags);
	if (r != -EEXIST)
		return r;
	/* the file has the page after all */
	return fill_present(devmem, va, TERN_PAGE, src, flags);
}

/* Gives a chunk, of which nothing is mapped, one huge page in the file. False: it could not. */
static bool make_huge(struct tern_devmem *devmem, struct accel_chunk *c)
{
	struct accel_pages *pages = memory_pages(devmem);
	void *window = memory_window(devmem, c->va);
	if (!window)
		return false;
	if (bits_any(c->present, 0, TERN_CHUNK_PAGES))
		memory_punch(memory_accel(devmem), c, 0, TERN_CHUNK_PAGES);
	/* small pages if there is no large one */
	if (raw_madvise((uintptr_t)window, TERN_CHUNK, MADV_POPULATE_WRITE)) {
		memory_punch(memory_accel(devmem), c, 0, TERN_CHUNK_PAGES);
		return false;
	}
	pages->present += bits_set(c->present, 0, TERN_CHUNK_PAGES);
	c->huge = true;
	return true;
}

static int set_traps(const struct accel *accel, uint64_t va, bool on)
{
	struct uffdio_register r = {.range = {.start = va, .len = TERN_CHUNK},
				    .mode = UFFDIO_REGISTER_MODE_MISSING | UFFDIO_REGISTER_MODE_WP |
					    UFFDIO_REGISTER_MODE_MINOR};
	long error = -EAGAIN;
	for (int i = 0; i < RETRIES && (error == -EAGAIN || error == -ENOMEM); i++)
		error = on ? memory_request(accel, UFFDIO_REGISTER, &r)
			   : memory_request(accel, UFFDIO_UNREGISTER, &r.range);
	return (int)error;
}

/* Reads a byte of each piece that the kernel maps at once. */
static bool populate(const struct accel *accel, uint64_t va)
{
	char bytes[POPULATIONS];
	struct iovec from[POPULATIONS], to = {.iov_base = bytes, .iov_len = POPULATIONS};
	for (unsigned i = 0; i < POPULATIONS; i++)
		from[i] = (struct iovec){.iov_base = (void *)(va + i * AROUND * TERN_PAGE),
					 .iov_len = 1};
	return raw_call(SYS_process_vm_readv, accel->helper.pid, (long)&to, 1, (long)from,
			POPULATIONS, 0) == POPULATIONS;
}

/* A whole chunk in one huge page, to be written by the device. 0 or -errno: nothing is mapped. */
static int map_huge(struct tern_devmem *devmem, struct accel_chunk *c, const void *src,
		    unsigned flags)
{
	struct accel *accel = memory_accel(devmem);
	struct accel_pages *pages = accel->memory;
	void *window = memory_window(devmem, c->va);
	if (!window)
		return -ENOMEM;
	write_window(window, src, TERN_CHUNK, flags);
	int error = set_traps(accel, c->va, false);
	if (error)
		return error;
	bool populated = populate(accel, c->va);
	error = set_traps(accel, c->va, true);
	if (error && error != -ENODEV) {
		/* without traps the device would see what it must not */
		raw_call(SYS_kill, accel->helper.pid, SIGKILL, 0, 0, 0, 0);
		error = -ENODEV;
	}
	if (error)
		return error;
	pages->no_populate |= !populated;
	filled(pages, c, 0, TERN_CHUNK_PAGES, TERN_FILL_WRITABLE);
	return 0; /* what was not populated is restored when it is used */
}

/* Whether the range is one for map_huge(), which wakes threads. */
static bool prepare_huge(struct tern_devmem *devmem, struct accel_chunk *c, unsigned pages,
			 unsigned flags)
{
	struct accel *accel = memory_accel(devmem);
	if (!accel->huge || pages < TERN_CHUNK_PAGES)
		return false;
	if (!c->huge && !make_huge(devmem, c))
		return false;
	return (flags & TERN_FILL_WRITABLE) && !(flags & (TERN_FILL_NO_WAKE | TERN_FILL_HIDDEN)) &&
	       !memory_pages(devmem)->no_populate;
}

int64_t memory_fill(struct tern_devmem *devmem, uint64_t va, uint64_t bytes, const void *src,
		    unsigned flags)
{
	struct accel_chunk *c = accel_chunk(memory_pages(devmem), va, true);
	unsigned begin = page_of(va), end = begin + (unsigned)(bytes / TERN_PAGE);
	unsigned at = begin, retries = 0;
	if (!c)
		return -ENOMEM;
	if (bits_test(c->mapped, begin))
		return -EEXIST;
	end = begin + bits_run(c->mapped, begin, end);
	if (prepare_huge(devmem, c, end - begin, flags)) {
		int error = map_huge(devmem, c, src, flags);
		return error ? error : (int64_t)TERN_CHUNK;
	}
	while (at < end) {
		const unsigned char *from = src;
		uint64_t done = (at - begin) * TERN_PAGE;
		int64_t r = fill_run(devmem, c, at, bits_run(c->present, at, end),
				     from ? from + done : NULL, flags);
		if (r == -EAGAIN && retries++ < RETRIES)
			continue;
		if (r <= 0)
			return done ? (int64_t)done : r ? r : -EIO;
		filled(memory_pages(devmem), c, at, (unsigned)(r / (int64_t)TERN_PAGE), flags);
		at += (unsigned)(r / (int64_t)TERN_PAGE);
	}
	return (int64_t)((at - begin) * TERN_PAGE);
}
