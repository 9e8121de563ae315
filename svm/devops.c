/* SPDX-License-Identifier: MIT */
/*
 * The device's operations as the rest of the engine sees them: the model is told, and a device that
 * has died is not asked again. Its window is: the contents survive it.
 */
#include "svm/internal.h"
#include "svm/message.h"

/* True: go on with what the operation would have done; a dead device can access nothing. */
static void check(struct device *device, int64_t result, const char *what)
{
	if (result == -ENODEV || result == -ESRCH)
		device->failed = true;
	else if (result < 0)
		message("%s: the device's memory said %d", what, (int)result);
}

bool device_gone(const struct device *device)
{
	return device->failed || atomic_load(&device->dead);
}

static int64_t fill_some(struct device *device, uint64_t va, uint64_t bytes, const char *from,
			 unsigned flags)
{
	const struct tern_devmem_ops *ops = device->mem->ops;
	uint64_t done = 0;
	unsigned again = 0;
	while (done < bytes) {
		int64_t r = ops->fill(device->mem, va + done, bytes - done,
				      from ? from + done : NULL, flags);
		if (r == -EEXIST && again++ < TERN_CHUNK_PAGES) { /* what should not be there */
			check(device, ops->drop(device->mem, va + done, TERN_PAGE), "drop");
			continue;
		}
		if (r == -EAGAIN && again++ < TERN_CHUNK_PAGES)
			continue;
		if (r <= 0)
			return done ? (int64_t)done : r ? r : -EIO;
		done += (uint64_t)r;
	}
	return (int64_t)done;
}

int64_t device_fill(struct engine *e, struct chunk *chunk, unsigned first, unsigned count,
		    const void *from, bool writable)
{
	struct device *device = chunk->device;
	if (device_gone(device))
		return -ENODEV;
	int64_t r =
		fill_some(device, page_address(chunk, first), count * TERN_PAGE, from,
			  (writable ? TERN_FILL_WRITABLE : 0) | (e->stream ? TERN_FILL_STREAM : 0) |
				  (e->hide ? TERN_FILL_HIDDEN : 0));
	if (r < 0) {
		if (r == -ESRCH)
			r = -ENODEV;
		if (r == -ENODEV)
			device->failed = true;
		return r;
	}
	unsigned pages = (unsigned)((uint64_t)r / TERN_PAGE);
	chunk->woken = ++e->wakes;
	model_device(chunk, first, pages,
		     e->hide    ? MODEL_NONE
		     : writable ? MODEL_WRITE
				: MODEL_READ);
	return pages;
}

/* A page that cannot be shown stays hidden, and is shown when the device faults on it. */
static void sample_end_in(struct engine *e, struct chunk *chunk, unsigned first, unsigned count)
{
	if (sample_in(chunk, first, count))
		(void)!sample_end(e, chunk);
}

void device_protect(struct engine *e, struct chunk *chunk, unsigned first, unsigned count)
{
	struct device *device = chunk->device;
	sample_end_in(e, chunk, first, count);
	if (!device_gone(device))
		check(device,
		      device->mem->ops->protect(device->mem, page_address(chunk, first),
						count * TERN_PAGE),
		      "protect");
	model_device(chunk, first, count, MODEL_READ);
}

void device_unprotect(struct engine *e, struct chunk *chunk, unsigned first, unsigned count)
{
	struct device *device = chunk->device;
	sample_end_in(e, chunk, first, count);
	chunk->woken = ++e->wakes;
	model_device(chunk, first, count, MODEL_WRITE);
	if (!device_gone(device))
		check(device,
		      device->mem->ops->unprotect(device->mem, page_address(chunk, first),
						  count * TERN_PAGE),
		      "unprotect");
}

void device_unmap(struct engine *e, struct chunk *chunk, unsigned first, unsigned count, bool keep)
{
	(void)e;
	struct device *device = chunk->device;
	const struct tern_devmem_ops *ops = device->mem->ops;
	uint64_t va = page_address(chunk, first), bytes = count * TERN_PAGE;
	/* A dead device's memory is freed all the same: the next process would find it mapped. */
	if (keep && !device_gone(device))
		check(device, ops->unmap(device->mem, va, bytes), "unmap");
	else
		check(device, ops->drop(device->mem, va, bytes), "drop");
	model_device(chunk, first, count, MODEL_NONE);
}

void device_unmap_soon(const struct chunk *chunk)
{
	struct device *device = chunk->device;
	if (device->mem->ops->unmap_soon && !device_gone(device))
		device->mem->ops->unmap_soon(device->mem, chunk->base);
}

void device_hide(struct engine *e, struct chunk *chunk, unsigned first, unsigned count)
{
	(void)e;
	struct device *device = chunk->device;
	if (!device_gone(device))
		check(device,
		      device->mem->ops->hide(device->mem, page_address(chunk, first),
					     count * TERN_PAGE),
		      "hide");
	model_device(chunk, first, count, MODEL_NONE);
}

int device_show(struct engine *e, struct chunk *chunk, unsigned first, unsigned count,
		bool writable)
{
	struct device *device = chunk->device;
	int error = 0;
	if (!device_gone(device))
		error = device->mem->ops->show(device->mem, page_address(chunk, first),
					       count * TERN_PAGE,
					       writable ? TERN_FILL_WRITABLE : 0);
	if (error == -ENODEV || error == -ESRCH)
		device->failed = true;
	else if (error < 0) /* the page is hidden still, and nobody was woken */
		return error;
	model_device(chunk, first, count, writable ? MODEL_WRITE : MODEL_READ);
	chunk->woken = ++e->wakes;
	return 0;
}

int device_read(struct engine *e, struct chunk *chunk, unsigned first, unsigned count, void *to)
{
	struct tern_devmem *mem = chunk->device->mem;
	uint64_t va = page_address(chunk, first), bytes = count * TERN_PAGE;
	if (mem->ops->read && !mem->ops->read(mem, va, bytes, to))
		return 0;
	const char *from = device_window(e, chunk, first);
	if (!from)
		return -ENOMEM;
	__builtin_memcpy(to, from, bytes);
	return 0;
}

const char *device_window(struct engine *e, struct chunk *chunk, unsigned first)
{
	(void)e;
	struct tern_devmem *mem = chunk->device->mem;
	return mem->ops->window(mem, page_address(chunk, first));
}

void device_wake(struct engine *e, struct device *device, uint64_t address)
{
	address &= ~(TERN_PAGE - 1);
	struct chunk *chunk = address < ADDRESS_END ? directory_find(&e->directory, address) : NULL;
	if (chunk)
		chunk->woken = ++e->wakes;
	if (!device_gone(device))
		device->mem->ops->wake(device->mem, address, TERN_PAGE);
}
