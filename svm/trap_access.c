/* SPDX-License-Identifier: MIT */
/* What a kernel device reads and writes: by its driver, and by the host where that cannot be. */
#include "svm/trap.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "svm/pinned.h"

#define TRIES_MOST 64u
/* A window never crosses a chunk. */
_Static_assert(TERN_CHUNK_PAGES % TERN_MIRROR_PAGES == 0, "windows");

/* Access by the host's page tables, which waits as a thread of the program's would. No lock. */
static int by_host(uint64_t va, size_t bytes, void *buffer, bool write)
{
	struct iovec here = {buffer, bytes}, there = {(void *)(uintptr_t)va, bytes};
	ssize_t n = write ? process_vm_writev(getpid(), &here, 1, &there, 1, 0)
			  : process_vm_readv(getpid(), &here, 1, &there, 1, 0);
	if (n == (ssize_t)bytes)
		return 0;
	return n < 0 ? -errno : -EFAULT;
}

/* One access of a command's. */
struct access {
	struct tern_devmem *mem;
	unsigned owner;
	bool write;
	struct tern_trap_failure *failure;
};

static int fail(const struct access *a, uint64_t va, int error)
{
	*a->failure = (struct tern_trap_failure){va, a->write};
	struct trap *t = trap_get(a->mem);
	if (t) {
		account(t->e, NULL, STAT(refused), 1);
		trap_put(t);
	}
	return error;
}

/* The device faulted: the policy says which pages come. */
static void plan(struct trap *t, struct chunk *chunk, struct pending *fault)
{
	tern_page_bits mapped;
	bits_clear(chunk->reads, page_index(fault->address), 1);
	if (!trap_mapped(t, chunk, fault->address, mapped))
		return;
	plan_make(t->e, chunk, fault, mapped, &fault->plan);
	if (fault->plan.action == TERN_PLAN_SHARE)
		bits_fill(chunk->reads, page_index(fault->address), 1);
	unsigned first = fault->plan.first, end = first + fault->plan.count;
	if (t->e->single_pages) {
		first = page_index(fault->address);
		end = first + 1;
	}
	if (fault->plan.action != TERN_PLAN_MIGRATE)
		return;
	t->e->why = TERN_TRACE_BY_FAULT;
	for (unsigned at = first; (at = bits_next(mapped, at, end)) < end;) {
		unsigned stop = bits_next_clear(mapped, at, end);
		if (trap_to_device(t, chunk, at, stop - at))
			break; /* a hint */
		at = stop;
	}
	t->e->why = TERN_TRACE_BY_OTHER;
}

static void faulted(struct trap *t, const struct access *a, struct chunk *chunk, unsigned page,
		    uint64_t faults)
{
	struct engine *e = t->e;
	struct pending fault = {.address = page_address(chunk, page),
				.arrived_ns = e->now_ns,
				.device = t->device,
				.owner = a->owner,
				.write = a->write};
	account(e, chunk, a->write ? STAT(device_write_faults) : STAT(device_read_faults), faults);
	trace_fault(e, &fault);
	e->serving = fault.number;
	plan(t, chunk, &fault);
	trap_ahead(t);
	engine_tick(e);
	account(e, NULL, STAT(stalled_ns), e->now_ns - fault.arrived_ns);
	trace_served(&fault);
	e->serving = 0;
}

/* Whole pages by the driver, all of one kind: on the device, or one that is not. */
static int by_driver(struct trap *t, const struct access *a, struct chunk *chunk, unsigned first,
		     unsigned count, char *buffer)
{
	const struct tern_mirror_ops *ops = a->mem->mirror;
	uint64_t va = page_address(chunk, first), faults = 0;
	int error = a->write ? ops->write(a->mem, va, count, buffer, &faults)
			     : ops->read(a->mem, va, count, buffer, &faults);
	/* What was to be read only: the driver lets it be written, too, where the host may. */
	bool upgrade = a->write && bits_test(chunk->reads, first);
	if (!error && (faults || upgrade))
		faulted(t, a, chunk, first, tern_max(faults, (uint64_t)1));
	return error;
}

/*
 * As far as it goes from page @first on; how many pages, or -errno of the first. A page may leave
 * the device between the look and the access: then that is a fault of the device's.
 */
static int some_pages(struct trap *t, const struct access *a, struct chunk *chunk, unsigned first,
		      unsigned count, char *buffer)
{
	int error = trap_look(t, chunk, first, count);
	if (error)
		return error;
	unsigned n = bits_next_clear(chunk->away, first, first + count) - first;
	n = tern_max(n, 1u);
	error = by_driver(t, a, chunk, first, n, buffer);
	if (error && n > 1) { /* which of them? */
		n = 1;
		error = by_driver(t, a, chunk, first, n, buffer);
	}
	return error ? error : (int)n;
}

static int locked_pages(const struct access *a, uint64_t va, unsigned count, char *buffer)
{
	struct trap *t = trap_get(a->mem);
	if (!t)
		return -ENODEV;
	struct chunk *chunk = va < ADDRESS_END ? directory_get(&t->e->directory, va) : NULL;
	int result = va < ADDRESS_END ? -ENOMEM : -EFAULT;
	t->e->for_device = t->device;
	t->e->for_owner = tern_min(a->owner, TERN_DEVMEM_NO_OWNER);
	if (chunk) {
		chunk_take(t->e, chunk, t->device);
		result = some_pages(t, a, chunk, page_index(va), count, buffer);
	}
	t->e->for_device = NULL;
	trap_put(t);
	return result;
}

/* Whole pages of one window. */
static int pages(const struct access *a, uint64_t va, unsigned count, char *buffer)
{
	while (count) {
		int n = locked_pages(a, va, count, buffer);
		if (n == -EFAULT || n == -EPERM || n == -EBUSY) {
			/* Not by the device now: as the program itself could. */
			int error = by_host(va, TERN_PAGE, buffer, a->write);
			if (error)
				return fail(a, va, n == -EPERM ? n : error);
			n = 1;
		}
		if (n < 0)
			return fail(a, va, n);
		va += (uint64_t)n * TERN_PAGE;
		buffer += (size_t)n * TERN_PAGE;
		count -= (unsigned)n;
	}
	return 0;
}

static uint64_t window_end(uint64_t va)
{
	uint64_t bytes = TERN_MIRROR_PAGES * TERN_PAGE;
	return va / bytes * bytes + bytes;
}

int tern_trap_read(struct tern_devmem *devmem, unsigned owner, uint64_t va, size_t bytes, void *to,
		   struct tern_trap_failure *failure)
{
	const struct access a = {devmem, owner, false, failure};
	char *bounce = tern_pinned_alloc(TERN_MIRROR_PAGES * TERN_PAGE);
	int error = 0;
	if (!bounce)
		return fail(&a, va, -ENOMEM);
	for (size_t done = 0, n; done < bytes && !error; done += n) {
		uint64_t at = va + done, page = at & ~(TERN_PAGE - 1);
		if (at < va) {
			error = fail(&a, at, -EFAULT);
			break;
		}
		n = tern_min(bytes - done, window_end(at) - at);
		uint64_t end = tern_round_up(at + n, TERN_PAGE);
		error = pages(&a, page, (unsigned)((end - page) / TERN_PAGE), bounce);
		if (!error)
			memcpy((char *)to + done, bounce + (at - page), n);
	}
	tern_pinned_free(bounce, TERN_MIRROR_PAGES * TERN_PAGE);
	return error;
}

/* Bytes of one page, not all of it. */
static int part(const struct access *a, uint64_t va, size_t bytes, const char *from)
{
	int error = by_host(va, bytes, (void *)(uintptr_t)from, true);
	return error ? fail(a, va, error) : 0;
}

int tern_trap_write(struct tern_devmem *devmem, unsigned owner, uint64_t va, size_t bytes,
		    const void *from, struct tern_trap_failure *failure)
{
	const struct access a = {devmem, owner, true, failure};
	const char *source = from;
	int error = 0;
	for (size_t done = 0, n; done < bytes && !error; done += n) {
		uint64_t at = va + done, in_page = at & (TERN_PAGE - 1);
		if (at < va)
			return fail(&a, at, -EFAULT);
		n = tern_min(bytes - done, window_end(at) - at);
		if (in_page || n < TERN_PAGE) {
			n = tern_min(n, (size_t)(TERN_PAGE - in_page));
			error = part(&a, at, n, source + done);
			continue;
		}
		n &= ~(size_t)(TERN_PAGE - 1);
		error = pages(&a, at, (unsigned)(n / TERN_PAGE),
			      (char *)(uintptr_t)(source + done));
	}
	return error;
}

/* Atomic operations. */

/* The page for the device alone, and what it had: 0 or -errno. */
static int take(const struct access *a, uint64_t page, char *contents)
{
	struct trap *t = trap_get(a->mem);
	if (!t)
		return -ENODEV;
	int error = a->mem->mirror->exclusive(a->mem, page, contents);
	trap_put(t);
	return error;
}

/* Whether the program may write there; what the kernel device cannot take may be fine. */
static int may_write(const struct access *a, uint64_t va)
{
	struct trap *t = trap_get(a->mem);
	struct vma vma;
	if (!t)
		return -ENODEV;
	bool found = t->e->host->mapping(t->e, va, false, &vma);
	trap_put(t);
	if (!found || !(vma.flags & VMA_READ))
		return -EFAULT;
	return vma.flags & VMA_WRITE ? 0 : -EPERM;
}

static int atomic_by_host(const struct access *a, uint64_t va, tern_trap_update *update,
			  uint32_t operand, uint32_t other, uint32_t *old)
{
	int error = may_write(a, va);
	uint32_t value;
	if (!error) /* past the end of a file there is a mapping, and no memory */
		error = by_host(va, sizeof(value), &value, false);
	if (error)
		return fail(a, va, error);
	uint32_t *word = (uint32_t *)(uintptr_t)va;
	value = __atomic_load_n(word, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(word, &value, update(value, operand, other), false,
					    __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		;
	*old = value;
	return 0;
}

int tern_trap_atomic(struct tern_devmem *devmem, unsigned owner, uint64_t va,
		     tern_trap_update *update, uint32_t operand, uint32_t other, uint32_t *old,
		     struct tern_trap_failure *failure)
{
	const struct access a = {devmem, owner, true, failure};
	uint64_t page = va & ~(TERN_PAGE - 1);
	bool done = false;
	int error = 0;
	if (va % sizeof(uint32_t))
		return fail(&a, va, -EINVAL);
	char *contents = tern_pinned_alloc(TERN_PAGE);
	if (!contents)
		return fail(&a, va, -ENOMEM);
	for (unsigned tries = 0; tries < TRIES_MOST && !done; tries++) {
		uint32_t value;
		error = take(&a, page, contents);
		if (error == -EBUSY || error == -EFAULT)
			continue;
		if (error)
			break;
		memcpy(&value, contents + (va - page), sizeof(value));
		*old = value;
		done = __atomic_compare_exchange_n((uint32_t *)(uintptr_t)va, &value,
						   update(value, operand, other), false,
						   __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
	}
	tern_pinned_free(contents, TERN_PAGE);
	if (done)
		return 0;
	if (error && error != -EBUSY && error != -EFAULT)
		return fail(&a, va, error);
	return atomic_by_host(&a, va, update, operand, other, old);
}

int tern_trap_exclusive(struct tern_devmem *devmem, unsigned owner, uint64_t va, size_t bytes,
			uint32_t *held, struct tern_trap_failure *failure)
{
	const struct access a = {devmem, owner, true, failure};
	uint64_t page = va & ~(TERN_PAGE - 1), end = tern_round_up(va + bytes, TERN_PAGE);
	char *contents = tern_pinned_alloc(TERN_PAGE);
	*held = 0;
	if (!contents)
		return fail(&a, va, -ENOMEM);
	int error = 0;
	for (; page < end && !error; page += TERN_PAGE) {
		error = take(&a, page, contents);
		if (!error)
			++*held;
		else if (error == -EBUSY) /* what cannot be taken may be there all the same */
			error = may_write(&a, page);
		if (error)
			fail(&a, page, error);
	}
	tern_pinned_free(contents, TERN_PAGE);
	return error;
}

int tern_trap_held(struct tern_devmem *devmem, uint64_t va, size_t bytes, uint32_t *held)
{
	uint64_t page = va & ~(TERN_PAGE - 1), end = tern_round_up(va + bytes, TERN_PAGE);
	struct trap *t = trap_get(devmem);
	*held = 0;
	if (!t)
		return -ENODEV;
	int is = 0;
	for (; page < end && is >= 0; page += TERN_PAGE) {
		is = devmem->mirror->is_exclusive(devmem, page);
		*held += is > 0;
	}
	trap_put(t);
	return is < 0 ? is : 0;
}
