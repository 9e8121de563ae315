/* SPDX-License-Identifier: MIT */
/* The driver behind the interface of svm/trap_kernel.h. */
#include <errno.h>

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
	int fd = d->driver->open(d->node);
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

static int mirror_read(struct tern_devmem *devmem, uint64_t va, unsigned pages, void *to,
		       uint64_t *faults)
{
	return transfer(of(devmem), DMIRROR_READ, va, pages, to, faults);
}

static int mirror_write(struct tern_devmem *devmem, uint64_t va, unsigned pages, const void *from,
			uint64_t *faults)
{
	return transfer(of(devmem), DMIRROR_WRITE, va, pages, from, faults);
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
	struct dmirror_request r = {.addr = va, .ptr = (uintptr_t)out, .npages = pages};
	int error = call(of(devmem), DMIRROR_SNAPSHOT, &r);
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
