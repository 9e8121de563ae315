/* SPDX-License-Identifier: MIT */
#include "runtime/base/trace_read.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/alloc.h"

#define RECORDS    1024u /* are read at once */
#define TEXT_BYTES 96u
#define PART_BYTES 24u
#define LAST_PART  0x8000u
#define TEXTS_MOST ((size_t)1 << 16)

struct text {
	uint32_t number; /* 0: none */
	bool complete;
	char bytes[TEXT_BYTES + 1];
};

struct tern_trace_reader {
	int fd;
	uint64_t offset; /* of what is read next */
	unsigned at, count;
	struct tern_trace_record records[RECORDS];
	struct tern_trace_header header;
	struct text *texts; /* hash table by number, a power of two */
	size_t text_count, text_size;
};

/* As much as there is, up to @bytes; 0 at the end and where it cannot be read. */
static size_t read_at(int fd, void *to, size_t bytes, uint64_t offset)
{
	size_t done = 0;
	while (done < bytes) {
		ssize_t n = pread(fd, (char *)to + done, bytes - done, (off_t)(offset + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	return done;
}

static const char *check_header(struct tern_trace_header *h)
{
	if (memcmp(h->magic, TERN_TRACE_MAGIC, sizeof(h->magic)) != 0)
		return "not a trace of Tern's";
	if (h->version != TERN_TRACE_VERSION || h->record_bytes != sizeof(struct tern_trace_record))
		return "a trace of another version";
	h->program[sizeof(h->program) - 1] = '\0';
	h->policy[sizeof(h->policy) - 1] = '\0';
	h->eviction[sizeof(h->eviction) - 1] = '\0';
	h->accelerator[sizeof(h->accelerator) - 1] = '\0';
	return NULL;
}

struct tern_trace_reader *tern_trace_reader_open(int fd, const char **why)
{
	struct tern_trace_reader *r = tern_zalloc(sizeof(*r));
	*why = "no memory";
	if (!r) {
		close(fd);
		return NULL;
	}
	r->fd = fd;
	r->offset = TERN_TRACE_HEADER_BYTES;
	*why = "too short for a trace";
	if (read_at(fd, &r->header, sizeof(r->header), 0) == sizeof(r->header))
		*why = check_header(&r->header);
	if (*why) {
		tern_trace_reader_close(r);
		return NULL;
	}
	return r;
}

void tern_trace_reader_close(struct tern_trace_reader *reader)
{
	close(reader->fd);
	tern_free(reader->texts);
	tern_free(reader);
}

const struct tern_trace_header *tern_trace_reader_header(const struct tern_trace_reader *reader)
{
	return &reader->header;
}

/* ---- texts ---- */

static struct text *slot(const struct tern_trace_reader *r, uint32_t number)
{
	size_t at = (size_t)(number * UINT64_C(0x9e3779b97f4a7c15) >> 40) & (r->text_size - 1);
	while (r->texts[at].number && r->texts[at].number != number)
		at = (at + 1) & (r->text_size - 1);
	return &r->texts[at];
}

static bool grow_texts(struct tern_trace_reader *r)
{
	if (r->text_count * 2 < r->text_size)
		return true;
	struct tern_trace_reader larger = *r;
	larger.text_size = r->text_size ? 2 * r->text_size : 64;
	if (larger.text_size > TEXTS_MOST)
		return false;
	larger.texts = tern_zalloc_array(larger.text_size, sizeof(*larger.texts));
	if (!larger.texts)
		return false;
	for (size_t i = 0; i < r->text_size; i++)
		if (r->texts[i].number)
			*slot(&larger, r->texts[i].number) = r->texts[i];
	tern_free(r->texts);
	r->texts = larger.texts;
	r->text_size = larger.text_size;
	return true;
}

static void note_text(struct tern_trace_reader *r, const struct tern_trace_record *record)
{
	size_t at = (size_t)(record->n & ~LAST_PART) * PART_BYTES;
	if (!record->x || at >= TEXT_BYTES || !grow_texts(r))
		return;
	struct text *text = slot(r, record->x);
	r->text_count += !text->number;
	text->number = record->x;
	memcpy(text->bytes + at, &record->ns, PART_BYTES);
	text->complete = text->complete || record->n & LAST_PART;
}

const char *tern_trace_reader_text(const struct tern_trace_reader *reader, uint32_t number)
{
	if (!number || !reader->text_size)
		return NULL;
	const struct text *text = slot(reader, number);
	return text->number && text->complete ? text->bytes : NULL;
}

/* ---- records ---- */

static bool fill(struct tern_trace_reader *r)
{
	size_t bytes = read_at(r->fd, r->records, sizeof(r->records), r->offset);
	r->count = (unsigned)(bytes / sizeof(r->records[0]));
	r->offset += r->count * sizeof(r->records[0]);
	r->at = 0;
	return r->count;
}

bool tern_trace_reader_next(struct tern_trace_reader *reader, struct tern_trace_record *out)
{
	for (;;) {
		if (reader->at == reader->count && !fill(reader))
			return false;
		const struct tern_trace_record *record = &reader->records[reader->at++];
		if (record->kind == TERN_TRACE_TEXT) {
			note_text(reader, record);
		} else if (record->kind != TERN_TRACE_NONE && record->kind < TERN_TRACE_KINDS) {
			*out = *record;
			return true;
		}
	}
}
