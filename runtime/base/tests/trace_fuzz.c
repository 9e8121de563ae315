/* SPDX-License-Identifier: MIT */
/* Damaged and hostile traces: the reader gives known kinds and texts that end. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "runtime/base/trace_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_all(struct tern_trace_reader *reader)
{
	const struct tern_trace_header *h = tern_trace_reader_header(reader);
	struct tern_trace_record r;
	size_t length = strlen(h->program) + strlen(h->policy) + strlen(h->eviction) +
			strlen(h->accelerator);
	if (length > sizeof(*h))
		abort();
	while (tern_trace_reader_next(reader, &r)) {
		const char *text = tern_trace_reader_text(reader, r.x);
		if (r.kind <= TERN_TRACE_TEXT || r.kind >= TERN_TRACE_KINDS)
			abort();
		if (text && strlen(text) > 96)
			abort();
	}
}

/* The first byte says whether the header is as it must be; the rest are records. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char header[TERN_TRACE_HEADER_BYTES];
	struct tern_trace_header *h = (void *)header;
	const char *why;
	if (!size)
		return 0;
	int fd = memfd_create("trace", MFD_CLOEXEC);
	if (fd < 0)
		abort();
	memcpy(h->magic, TERN_TRACE_MAGIC, sizeof(h->magic));
	h->version = TERN_TRACE_VERSION;
	h->record_bytes = sizeof(struct tern_trace_record);
	if ((data[0] & 1 && write(fd, header, sizeof(header)) != (ssize_t)sizeof(header)) ||
	    write(fd, data + 1, size - 1) != (ssize_t)size - 1)
		abort();
	struct tern_trace_reader *reader = tern_trace_reader_open(fd, &why);
	if (reader) {
		read_all(reader);
		tern_trace_reader_close(reader);
	}
	return 0;
}
