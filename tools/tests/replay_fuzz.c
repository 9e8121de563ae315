/* SPDX-License-Identifier: MIT */
/*
 * Traces as they should not be, through all that tern lab replay does with one: whatever they hold
 * is played, within the device's limit, or is an error.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tools/replay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MEMORY ((uint64_t)1 << 20)

static void play(const struct replay_history *h, const char *policy, const struct tern_link *link)
{
	struct tern_replay_setup setup = {
		.policy = policy, .memory_bytes = MEMORY, .link = *link, .fault_ns = 10};
	struct tern_replay_result result;
	int error = replay_play(h, &setup, &result);
	if (error > 0 || (!error && result.peak_pages * 4096 > MEMORY))
		abort();
}

static void replay(struct tern_trace_reader *reader)
{
	static const char *const policies[] = {"demand", "block", "auto"};
	const struct tern_link link = {(uint64_t)1 << 30, 100};
	struct replay_history h;
	struct replay_bound bound;
	const char *why;
	if (!replay_history_read(reader, &h, &why)) {
		if (!why)
			abort();
		return;
	}
	for (unsigned i = 0; i < tern_array_size(policies); i++)
		play(&h, policies[i], &link);
	if (replay_bound_find(&h, MEMORY, &link, &bound) && bound.ns < h.compute_ns)
		abort();
	replay_history_finish(&h);
}

/* Records of 32 bytes, but addresses are drawn together: by chance no two would ever meet. */
static void tame(uint8_t *records, size_t size)
{
	for (size_t at = 0; at + sizeof(struct tern_trace_record) <= size;
	     at += sizeof(struct tern_trace_record)) {
		struct tern_trace_record r;
		memcpy(&r, records + at, sizeof(r));
		if (r.flags & 0x80)
			continue;
		r.kind %= TERN_TRACE_KINDS;
		r.n &= 1;
		r.n -= r.flags >> 6 & 1;
		r.x &= 1023;
		r.a = (r.a & 0xffffff) | (uint64_t)1 << 40;
		if (r.kind != TERN_TRACE_REMAPPED)
			r.b &= 0xffff;
		memcpy(records + at, &r, sizeof(r));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char header[TERN_TRACE_HEADER_BYTES];
	static uint8_t records[1 << 16];
	struct tern_trace_header *h = (void *)header;
	const char *why;
	if (size < 2 || size > sizeof(records))
		return 0;
	int fd = memfd_create("trace", MFD_CLOEXEC);
	if (fd < 0)
		abort();
	memcpy(h->magic, TERN_TRACE_MAGIC, sizeof(h->magic));
	h->version = TERN_TRACE_VERSION;
	h->record_bytes = sizeof(struct tern_trace_record);
	h->accesses = data[0];
	memcpy(records, data + 1, size - 1);
	tame(records, size - 1);
	if (write(fd, header, sizeof(header)) != (ssize_t)sizeof(header) ||
	    write(fd, records, size - 1) != (ssize_t)size - 1)
		abort();
	struct tern_trace_reader *reader = tern_trace_reader_open(fd, &why);
	if (!reader)
		abort();
	replay(reader);
	tern_trace_reader_close(reader);
	return 0;
}
