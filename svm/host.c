/* SPDX-License-Identifier: MIT */
/* The kernel's operations on the program's memory. */
#include "svm/internal.h"
#include "svm/stream.h"

static int64_t host_take(struct engine *e, const char *slot, uint64_t at, uint64_t bytes)
{
	return uffd_move(e->uffd, (uintptr_t)slot, at, bytes, 0);
}

static int64_t host_give(struct engine *e, uint64_t at, const char *slot, uint64_t bytes)
{
	return uffd_move(e->uffd, at, (uintptr_t)slot, bytes, 0);
}

static int64_t host_copy(struct engine *e, uint64_t to, const void *from, uint64_t bytes,
			 uint64_t mode)
{
	return uffd_copy(e->uffd, to, from, bytes, mode);
}

static int64_t host_zero(struct engine *e, uint64_t at, uint64_t bytes)
{
	return uffd_zero(e->uffd, at, bytes, 0);
}

/* Before Linux 6.3 a call took a range within one mapping only, and what was registered piece by
 * piece is several. What lies between mappings is passed over, as the kernel does now. */
static long protect_mappings(struct engine *e, uint64_t at, uint64_t bytes, uint64_t mode)
{
	uint64_t end = at + bytes;
	long r = -ENOENT;
	struct vma vma;
	while (at < end && vma_find_next(&e->maps, at, &vma) && vma.start < end) {
		at = tern_max(at, vma.start);
		r = uffd_protect(e->uffd, at, tern_min(end, vma.end) - at, mode);
		if (r)
			break;
		at = vma.end;
	}
	return r;
}

static long host_protect(struct engine *e, uint64_t at, uint64_t bytes, uint64_t mode)
{
	long r = uffd_protect(e->uffd, at, bytes, mode);
	return r == -ENOENT && bytes > TERN_PAGE ? protect_mappings(e, at, bytes, mode) : r;
}

static void host_wake(struct engine *e, uint64_t at, uint64_t bytes)
{
	uffd_wake(e->uffd, at, bytes);
}

static long host_track(struct engine *e, uint64_t at, uint64_t bytes)
{
	return uffd_register(e->uffd, at, bytes,
			     UFFDIO_REGISTER_MODE_MISSING | UFFDIO_REGISTER_MODE_WP);
}

static long host_read(struct engine *e, uint64_t at, uint64_t bytes, void *to)
{
	return raw_pread(e->mem, to, bytes, at);
}

static long host_entries(struct engine *e, uint64_t at, unsigned count, uint64_t *to)
{
	return raw_pread(e->pagemap, to, count * sizeof(*to), at / TERN_PAGE * sizeof(*to));
}

static void host_fetch(const struct engine *e, void *to, const void *from, uint64_t bytes)
{
	if (e->stream)
		tern_stream_copy(to, from, bytes);
	else
		__builtin_memcpy(to, from, bytes);
}

static bool host_mapping(struct engine *e, uint64_t address, bool next, struct vma *out)
{
	return next ? vma_find_next(&e->maps, address, out) : vma_find(&e->maps, address, out);
}

const struct host_ops host_kernel = {
	.take = host_take,
	.give = host_give,
	.copy = host_copy,
	.zero = host_zero,
	.protect = host_protect,
	.wake = host_wake,
	.track = host_track,
	.read = host_read,
	.entries = host_entries,
	.fetch = host_fetch,
	.mapping = host_mapping,
};
