/* SPDX-License-Identifier: MIT */
/*
 * TERN_HEAP_SHARED: a memory file that lies at TERN_APERTURE_SHARED in this process and in those of
 * devices.
 *
 * fork: parent and child would go on with one file, each would see what the other writes, and give
 * the other's memory out again. So a child maps the file privately at once: what it writes is its
 * own, what it has not written is what the parent has there. Before it allocates there or starts a
 * device it copies all of that to a file of its own. It never returns the parent's pages to the
 * system.
 */
#include <errno.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <fcntl.h>

#include "runtime/base/alloc.h"
#include "runtime/base/log.h"
#include "svm/aperture.h"
#include "svm/heap.h"
#include "svm/heap_places.h"

#define HUGE       ((size_t)TERN_HEAP_ALIGN_MAX)
#define LEAST      ((size_t)16 << 20)
#define KEEP_BYTES ((size_t)64 << 20)

static struct tern_arena arena;
static int file = -1;
static size_t file_bytes;
static bool foreign; /* the file is that of the process that forked this one */

static void *address(void)
{
	return (void *)TERN_APERTURE_SHARED;
}

/* How large the file may be: a greater ftruncate() would raise a signal. */
static size_t most_bytes(void)
{
	struct rlimit limit;
	size_t bytes = TERN_APERTURE_SHARED_BYTES;
	if (!getrlimit(RLIMIT_FSIZE, &limit) && limit.rlim_cur < bytes)
		bytes = limit.rlim_cur / HUGE * HUGE;
	return bytes;
}

/* A descriptor or -errno. */
static int make_file(size_t bytes)
{
	if (tern_fault_hit())
		return -ENOMEM;
	int fd = memfd_create("tern-shared", MFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)bytes)) {
		int error = -errno;
		close(fd);
		return error;
	}
	return fd;
}

static int map_file(int fd, size_t bytes, int sharing)
{
	if (tern_fault_hit())
		return -ENOMEM;
	/* Directly: the thread sanitizer's mmap() knows of no memory there. */
	long p = syscall(SYS_mmap, address(), bytes, PROT_READ | PROT_WRITE,
			 sharing | MAP_FIXED | MAP_NORESERVE, fd, 0);
	return p == -1 ? -errno : 0;
}

static int write_all(int fd, const char *from, size_t bytes, off_t at)
{
	while (bytes) {
		ssize_t n = pwrite(fd, from, bytes, at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		from += n;
		bytes -= (size_t)n;
		at += n;
	}
	return 0;
}

/* Copies what file @from has, as this process sees it, to file @to. */
static int copy_file(int from, int to)
{
	off_t at = 0, end;
	while ((at = lseek(from, at, SEEK_DATA)) >= 0) {
		end = lseek(from, at, SEEK_HOLE);
		if (end < 0)
			return -errno;
		int error = write_all(to, (const char *)address() + at, (size_t)(end - at), at);
		if (error)
			return error;
		at = end;
	}
	return errno == ENXIO ? 0 : -errno; /* ENXIO: no more data */
}

/* /proc/self/pagemap */
#define MAP_PRESENT_OR_SWAPPED ((uint64_t)3 << 62)
#define MAP_OF_FILE            ((uint64_t)1 << 61)

/* Copies the pages of [@base, @base + @length) that are this process' own; the file may have a hole
 * there. */
static int copy_own_pages(int pagemap, int to, uintptr_t base, size_t length)
{
	uint64_t entries[512];
	const size_t page = TERN_ARENA_PAGE;
	for (size_t done = 0, n; done < length; done += n * page) {
		off_t at = (off_t)((base + done) / page * sizeof(entries[0]));
		n = tern_min((length - done) / page, tern_array_size(entries));
		ssize_t bytes = pread(pagemap, entries, n * sizeof(entries[0]), at);
		if (bytes < 0 || (size_t)bytes != n * sizeof(entries[0]))
			return -EIO;
		for (size_t i = 0; i < n; i++) {
			const char *p = (const char *)base + done + i * page;
			if (!(entries[i] & MAP_PRESENT_OR_SWAPPED) || (entries[i] & MAP_OF_FILE))
				continue;
			int error = write_all(to, p, page, p - (const char *)address());
			if (error)
				return error;
		}
	}
	return 0;
}

static int copy_own(int to)
{
	uintptr_t from = TERN_APERTURE_SHARED;
	size_t length;
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC), error = 0;
	if (pagemap < 0)
		return -errno;
	while (!error && tern_arena_next_used(&arena, from, &from, &length)) {
		error = copy_own_pages(pagemap, to, from, length);
		from += length;
	}
	close(pagemap);
	return error;
}

static int make_own_locked(void)
{
	/* The limit may be another one than the parent's. */
	int fd = most_bytes() < file_bytes ? -EFBIG : make_file(file_bytes);
	if (fd < 0)
		return fd;
	int error = copy_file(file, fd);
	if (!error)
		error = copy_own(fd);
	if (!error)
		error = map_file(fd, file_bytes, MAP_SHARED);
	if (error) {
		close(fd);
		return error;
	}
	close(file);
	file = fd;
	foreign = false;
	return 0;
}

static int start_locked(void)
{
	if (file >= 0)
		return foreign ? make_own_locked() : 0;
	size_t bytes = most_bytes();
	if (bytes < LEAST)
		return -EFBIG;
	int error = tern_aperture_reserve();
	if (error)
		return error;
	int fd = make_file(bytes);
	if (fd < 0)
		return fd;
	error = map_file(fd, bytes, MAP_SHARED);
	if (error)
		goto err_file;
	tern_arena_init(&arena, TERN_ARENA_SMALL);
	error = tern_arena_add(&arena, address(), bytes);
	if (error)
		goto err_file; /* what is mapped stays, as a reservation */
	file = fd;
	file_bytes = bytes;
	return 0;

err_file:
	close(fd);
	return error;
}

int tern_heap_shared_fd(void)
{
	tern_lock_acquire(&tern_heap_lock);
	int error = start_locked();
	int fd = error ? error : file;
	tern_lock_release(&tern_heap_lock);
	if (fd < 0)
		tern_log_error("no memory that devices share with the program (error %d)", -fd);
	return fd;
}

static void drop(const struct tern_arena_piece *piece)
{
	off_t at = (off_t)((uintptr_t)piece->base - TERN_APERTURE_SHARED);
	(void)fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at, (off_t)piece->length);
}

void *tern_heap_shared_alloc(size_t size, size_t align)
{
	void *p = NULL;
	if (size >= HUGE)
		align = HUGE;
	tern_lock_acquire(&tern_heap_lock);
	int error = start_locked();
	if (!error)
		error = tern_arena_alloc(&arena, size, align, &p);
	tern_lock_release(&tern_heap_lock);
	return error ? NULL : p;
}

void tern_heap_shared_free(void *p)
{
	tern_lock_acquire(&tern_heap_lock);
	tern_arena_free(&arena, p);
	bool much = !foreign && arena.dirty_bytes > KEEP_BYTES;
	tern_lock_release(&tern_heap_lock);
	if (much)
		tern_heap_clean(&arena, KEEP_BYTES, drop);
}

size_t tern_heap_shared_trim(void)
{
	tern_lock_acquire(&tern_heap_lock);
	bool own = file >= 0 && !foreign;
	tern_lock_release(&tern_heap_lock);
	return own ? tern_heap_clean(&arena, 0, drop) : 0;
}

void tern_heap_shared_forked_locked(void)
{
	if (file < 0 || foreign)
		return;
	foreign = true;
	tern_arena_forked(&arena);
	/* Without it the child would write into the parent's memory: worse than none of its own. */
	int error = map_file(file, file_bytes, MAP_PRIVATE);
	if (error)
		tern_log_error("a child's writes to shared memory are the parent's too (error %d)",
			       -error);
}
