/* SPDX-License-Identifier: MIT */
/* Damaged and hostile status pages: what the reader gives has texts that end and is in range. */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "runtime/base/status_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct tern_status_page page;
static struct tern_status_seen seen;

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition))                                                                  \
			abort();                                                                   \
	} while (0)

static void check_queue(const struct tern_status_seen_queue *q)
{
	CHECK(q->number && q->device <= TERN_STATUS_DEVICES);
	CHECK(q->device == TERN_STATUS_DEVICES || seen.devices[q->device].units);
	CHECK(q->running_count <= TERN_STATUS_RUNNING);
	for (unsigned i = 0; i < q->running_count; i++)
		CHECK(q->running[i].type && q->running[i].place < TERN_STATUS_RUNNING &&
		      strlen(q->running[i].name) < TERN_STATUS_NAME_BYTES);
}

/* Pairs of a place in the page and the words that go there, so that little reaches everything. */
static void fill(const uint8_t *data, size_t size)
{
	memset(&page, 0, sizeof(page));
	for (uint16_t at; size > sizeof(at);) {
		memcpy(&at, data, sizeof(at));
		size_t place = (size_t)at % sizeof(page) / 8 * 8, left = size - sizeof(at);
		size_t bytes = tern_min(left, tern_min(sizeof(page) - place, (size_t)16));
		memcpy((char *)&page + place, data + sizeof(at), bytes);
		data += sizeof(at) + bytes;
		size -= sizeof(at) + bytes;
	}
}

/* The first byte says what is as it must be: header, seal, size. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *why;
	if (!size)
		return 0;
	fill(data + 1, size - 1);
	if (data[0] & 1) {
		atomic_store(&page.header.magic, TERN_STATUS_MAGIC);
		page.header.version = TERN_STATUS_VERSION;
		page.header.page_bytes = sizeof(page);
	}
	int fd = memfd_create("page", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	size_t bytes = data[0] & 2 ? sizeof(page) : size;
	bytes = tern_min(bytes, sizeof(page));
	CHECK(fd >= 0 && write(fd, &page, bytes) == (ssize_t)bytes);
	CHECK(!(data[0] & 4) || !fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK));
	const struct tern_status_page *mapped = tern_status_map(fd, &why);
	close(fd);
	if (!mapped)
		return 0;
	CHECK((data[0] & 4) && bytes == sizeof(page));
	tern_status_read(mapped, &seen);
	tern_status_unmap(mapped);
	CHECK(strlen(seen.policy) < sizeof(seen.policy) &&
	      strlen(seen.accelerator) < sizeof(seen.accelerator));
	for (unsigned i = 0; i < TERN_STATUS_DEVICES; i++)
		CHECK(strlen(seen.devices[i].name) < sizeof(seen.devices[i].name));
	CHECK(seen.queue_count <= TERN_STATUS_QUEUES);
	for (unsigned i = 0; i < seen.queue_count; i++)
		check_queue(&seen.queues[i]);
	return 0;
}
