/* SPDX-License-Identifier: MIT */
/* Statistics, time, the imposed link. */
#include "runtime/base/status.h"
#include "svm/internal.h"

/* One writer, so no read-modify-write is needed. */
static void add(_Atomic uint64_t *counter, uint64_t n)
{
	uint64_t v = atomic_load_explicit(counter, memory_order_relaxed);
	atomic_store_explicit(counter, v + n, memory_order_relaxed);
}

#define SAME(field, counter)                                                                       \
	_Static_assert(STAT(field) == TERN_STATUS_##counter, "runtime/base/status.h")
SAME(device_read_faults, DEVICE_READ_FAULTS);
SAME(device_write_faults, DEVICE_WRITE_FAULTS);
SAME(host_read_faults, HOST_READ_FAULTS);
SAME(host_write_faults, HOST_WRITE_FAULTS);
SAME(pages_to_device, PAGES_TO_DEVICE);
SAME(pages_to_host, PAGES_TO_HOST);
SAME(pages_zeroed, PAGES_ZEROED);
SAME(pages_dropped, PAGES_DROPPED);
SAME(evicted, PAGES_EVICTED);

/* For others to see, by device. */
static void show(const struct device *device, unsigned stat, uint64_t n)
{
	if (device && device->mem && stat < TERN_STATUS_COUNTERS)
		tern_status_add(&device->mem->status->counters[stat], n);
}

void account(struct engine *e, struct chunk *chunk, unsigned stat, uint64_t n)
{
	add(&e->stats[stat], n);
	if (chunk) {
		((uint64_t *)&chunk->stats)[stat] += n;
		show(chunk->device, stat, n);
	}
	if (e->for_request)
		((uint64_t *)&e->for_request->stats)[stat] += n;
	if (e->for_advance)
		atomic_fetch_add_explicit(&e->for_advance->moved[stat], n, memory_order_relaxed);
	else if (e->for_device)
		add(&e->for_device->owners[e->for_owner].now[stat], n);
}

void engine_tick(struct engine *e)
{
	e->now_ns = raw_clock_ns() - e->started_ns;
}

uint32_t engine_us(const struct engine *e)
{
	return (uint32_t)(e->now_ns / 1000);
}

static uint64_t transfer_ns(const struct tern_link *link, uint64_t bytes)
{
	if (!link->bytes_per_second)
		return 0;
	return (uint64_t)((unsigned __int128)bytes * 1000000000u / link->bytes_per_second);
}

void link_count(struct engine *e, struct device *device, struct chunk *chunk, uint64_t bytes)
{
	const struct tern_link *link = &device->mem->link;
	account(e, chunk, STAT(link_ns), link->latency_ns + transfer_ns(link, bytes));
}

/* The latency is that of the way: transfers that follow one another overlap it. */
uint64_t link_transfer(struct engine *e, struct device *device, struct chunk *chunk, uint64_t bytes)
{
	const struct tern_link *link = &device->mem->link;
	link_count(e, device, chunk, bytes);
	if (!link->bytes_per_second && !link->latency_ns)
		return 0;
	uint64_t begin = tern_max(device->link_free_ns, e->now_ns);
	device->link_free_ns = begin + transfer_ns(link, bytes);
	return device->link_free_ns + link->latency_ns;
}
