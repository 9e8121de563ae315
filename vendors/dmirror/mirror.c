/* SPDX-License-Identifier: MIT */
/* The driver behind the interface of svm/trap_kernel.h. */
#include <errno.h>

#include "runtime/base/alloc.h"
#include "runtime/base/log.h"
#include "runtime/base/thread.h"
#include "vendors/dmirror/internal.h"

#define TRIES_MOST 20u /* of a driver that is busy, a millisecond apart */

int dmirror_open(struct dmirror *d)
{
	if (atomic_exchange(&d->lost, false))
		dmirror_close(d);
	if (atomic_load(&d->fd) >= 0)
		return 0;
	int fd = tern_fault_hit() ? -EMFILE : d->driver->open(d->node);
	if (fd < 0)
		return fd;
	atomic_store(&d->fd, fd);
	return 0;
}

/* What is not ours any more must not be closed: it is the program's file. */
void dmirror_close(struct dmirror *d)
{
	struct dmirror_request r = {.npages = 1};
	int fd = atomic_exchange(&d->fd, -1);
	if (fd < 0)
		return;
	int ours = d->driver->call(fd, DMIRROR_CHECK_EXCLUSIVE, &r);
	if (ours != -EBADF && ours != -ENOTTY)
		d->driver->close(fd);
}

static int call(struct dmirror *d, unsigned long request, struct dmirror_request *r)
{
	const struct dmirror_request asked = *r;
	int result = -EINTR;
	for (unsigned tries = 0; tries < TRIES_MOST; tries++) {
		*r = asked;
		result = d->driver->call(atomic_load(&d->fd), request, r);
		if (result == -EBUSY && request != DMIRROR_EXCLUSIVE)
			tern_sleep_ms(1);
		else if (result != -EINTR)
			break;
	}
	/* The descriptor has been closed, or is another file's. */
	if (result == -EBADF || result == -ENOTTY) {
		if (!atomic_exchange(&d->lost, true))
			tern_log_error("%s: the driver's file was closed; it is opened again",
				       d->name);
		result = -ENODEV;
	}
	return result;
}

static struct dmirror *of(struct tern_devmem *devmem)
{
	return (struct dmirror *)devmem;
}

static int transfer(struct dmirror *d, unsigned long request, uint64_t va, unsigned pages,
		    const void *buffer, uint64_t *faults)
{
	struct dmirror_request r = {.addr = va, .ptr = (uintptr_t)buffer, .npages = pages};
	int error = call(d, request, &r);
	if (error)
		return error;
	*faults += r.faults;
	return r.cpages == pages ? 0 : -EIO;
}

/*
 * Migrates: 0, also when nothing could be. A range with a hole, or with memory that is none, is
 * refused from there on: then each page goes alone.
 */
static int migrate(struct dmirror *d, unsigned long request, uint64_t va, unsigned pages)
{
	struct dmirror_request r = {.addr = va, .ptr = (uintptr_t)d->check, .npages = pages};
	int result = call(d, request, &r);
	switch (result) {
	case 0:
	case -ENOENT: /* not all of it could be moved */
		return 0;
	case -ENODEV:
	case -ENOMEM:
		return result;
	default:
		break;
	}
	for (unsigned i = 0; pages > 1 && i < pages; i++) {
		int error = migrate(d, request, va + i * TERN_PAGE, 1);
		if (error)
			return error;
	}
	return 0;
}

static int snapshot(struct dmirror *d, uint64_t va, unsigned pages, uint8_t *out)
{
	struct dmirror_request r = {.addr = va, .ptr = (uintptr_t)out, .npages = pages};
	return call(d, DMIRROR_SNAPSHOT, &r);
}

static bool is_private_local(uint8_t seen)
{
	return seen != DMIRROR_ERROR && (seen & DMIRROR_RIGHTS) &&
	       (seen & DMIRROR_KIND) == DMIRROR_PRIVATE_LOCAL;
}

/* From @first on, how many pages are of one kind: in the device-private memory, which *@local says,
 * or not. */
static unsigned run_of(const uint8_t *seen, unsigned first, unsigned pages, bool *local)
{
	unsigned n = 1;
	*local = is_private_local(seen[first]);
	while (first + n < pages && is_private_local(seen[first + n]) == *local)
		n++;
	return n;
}

/* The driver has not lost its entries for the pages of its memory: it reads them without asking the
 * kernel, into @to. False: it has, or there is no telling. */
static bool read_in_place(struct dmirror *d, uint64_t va, unsigned pages, void *to)
{
	struct dmirror_request r = {.addr = va, .ptr = (uintptr_t)to, .npages = pages};
	return !call(d, DMIRROR_TO_DEV, &r);
}

static bool all_writable(const uint8_t *seen, unsigned pages)
{
	for (unsigned i = 0; i < pages; i++)
		if (!(seen[i] & DMIRROR_WRITABLE))
			return false;
	return true;
}

/* Home, where the driver can fault on them. -EBUSY: not all are. */
static int go_home(struct dmirror *d, uint64_t va, unsigned pages)
{
	uint8_t seen[TERN_MIRROR_PAGES];
	int error = migrate(d, DMIRROR_TO_SYS, va, pages);
	if (!error)
		error = snapshot(d, va, pages, seen);
	for (unsigned i = 0; i < pages && !error; i++)
		if (is_private_local(seen[i]))
			error = -EBUSY;
	return error;
}

/*
 * Reads or writes past the driver's trap (driver.h): pages of device-private memory only where it
 * has entries for them, others in any case. Nobody else brings pages to the device meanwhile: this
 * is called with the lock of svm/trap_kernel.h.
 */
static int safely(struct dmirror *d, unsigned long request, uint64_t va, unsigned pages,
		  char *buffer, uint64_t *faults)
{
	uint8_t seen[TERN_MIRROR_PAGES];
	int error = snapshot(d, va, pages, seen);
	for (unsigned at = 0, n; at < pages && !error; at += n) {
		uint64_t from = va + at * TERN_PAGE;
		char *part = buffer + at * TERN_PAGE;
		bool local, write = request == DMIRROR_WRITE;
		n = run_of(seen, at, pages, &local);
		if (local) {
			bool there = (!write || all_writable(seen + at, n)) &&
				     read_in_place(d, from, n, write ? d->check : part);
			if (there && !write)
				continue;
			error = there ? 0 : go_home(d, from, n);
		}
		if (!error)
			error = transfer(d, request, from, n, part, faults);
	}
	return error;
}

static int mirror_read(struct tern_devmem *devmem, uint64_t va, unsigned pages, void *to,
		       uint64_t *faults)
{
	if (devmem->model == TERN_MEMORY_PRIVATE)
		return safely(of(devmem), DMIRROR_READ, va, pages, to, faults);
	return transfer(of(devmem), DMIRROR_READ, va, pages, to, faults);
}

static int mirror_write(struct tern_devmem *devmem, uint64_t va, unsigned pages, const void *from,
			uint64_t *faults)
{
	if (devmem->model == TERN_MEMORY_PRIVATE)
		return safely(of(devmem), DMIRROR_WRITE, va, pages, (char *)(uintptr_t)from,
			      faults);
	return transfer(of(devmem), DMIRROR_WRITE, va, pages, from, faults);
}

static int mirror_to_device(struct tern_devmem *devmem, uint64_t va, unsigned pages)
{
	return migrate(of(devmem), DMIRROR_TO_DEV, va, pages);
}

static int mirror_to_host(struct tern_devmem *devmem, uint64_t va, unsigned pages)
{
	return migrate(of(devmem), DMIRROR_TO_SYS, va, pages);
}

static enum tern_mirror_page kind_of(uint8_t seen)
{
	if (seen == DMIRROR_ERROR || !(seen & DMIRROR_RIGHTS))
		return TERN_MIRROR_NONE;
	switch (seen & DMIRROR_KIND) {
	case DMIRROR_ZERO:
		return TERN_MIRROR_ZERO;
	case DMIRROR_PRIVATE_LOCAL:
	case DMIRROR_COHERENT_LOCAL:
		return TERN_MIRROR_DEVICE;
	case DMIRROR_PRIVATE_REMOTE:
	case DMIRROR_COHERENT_REMOTE:
		return TERN_MIRROR_OTHER;
	default:
		return TERN_MIRROR_HOST;
	}
}

static int mirror_look(struct tern_devmem *devmem, uint64_t va, unsigned pages, uint8_t *out)
{
	int error = snapshot(of(devmem), va, pages, out);
	for (unsigned i = 0; !error && i < pages; i++)
		out[i] = (uint8_t)kind_of(out[i]);
	return error;
}

static int mirror_exclusive(struct tern_devmem *devmem, uint64_t va, void *to)
{
	struct dmirror_request r = {.addr = va, .ptr = (uintptr_t)to, .npages = 1};
	int error = call(of(devmem), DMIRROR_EXCLUSIVE, &r);
	return error == -ENOENT ? -EBUSY : error; /* the host was faster */
}

static int mirror_is_exclusive(struct tern_devmem *devmem, uint64_t va)
{
	struct dmirror_request r = {.addr = va, .npages = 1};
	int result = call(of(devmem), DMIRROR_CHECK_EXCLUSIVE, &r);
	return result == -EPERM ? 1 : result;
}

const struct tern_mirror_ops dmirror_mirror_ops = {
	.read = mirror_read,
	.write = mirror_write,
	.to_device = mirror_to_device,
	.to_host = mirror_to_host,
	.look = mirror_look,
	.exclusive = mirror_exclusive,
	.is_exclusive = mirror_is_exclusive,
};
