/* SPDX-License-Identifier: MIT */
#include "kernels/wire.h"

#include <errno.h>
#include <string.h>

#include "runtime/base/alloc.h"

void tern_writer_finish(struct tern_writer *w)
{
	tern_free(w->data);
	*w = (struct tern_writer){0};
}

void *tern_writer_take(struct tern_writer *w, size_t *size)
{
	if (w->failed) {
		tern_writer_finish(w);
		return NULL;
	}
	/* an empty writer has no buffer, yet NULL means failure */
	void *data = w->data ? w->data : tern_alloc(1);
	*size = w->size;
	*w = (struct tern_writer){0};
	return data;
}

/* Makes room for @size more bytes and returns where they go, or NULL. */
static unsigned char *grow(struct tern_writer *w, size_t size)
{
	size_t need;
	if (w->failed)
		return NULL;
	if (__builtin_add_overflow(w->size, size, &need) || need > SIZE_MAX / 4) {
		w->failed = true;
		return NULL;
	}
	if (need > w->capacity) {
		size_t capacity = tern_max(need, tern_max(w->capacity * 2, (size_t)256));
		unsigned char *data = tern_realloc_array(w->data, capacity, 1);
		if (!data) {
			w->failed = true;
			return NULL;
		}
		w->data = data;
		w->capacity = capacity;
	}
	unsigned char *at = w->data + w->size;
	w->size = need;
	return at;
}

void tern_write_raw(struct tern_writer *w, const void *bytes, size_t size)
{
	if (size == 0)
		return;
	unsigned char *at = grow(w, size);
	if (at)
		memcpy(at, bytes, size);
}

void tern_write_u8(struct tern_writer *w, uint8_t v)
{
	tern_write_raw(w, &v, 1);
}

void tern_write_u32(struct tern_writer *w, uint32_t v)
{
	unsigned char b[4];
	for (int i = 0; i < 4; i++)
		b[i] = (unsigned char)(v >> 8 * i);
	tern_write_raw(w, b, sizeof(b));
}

void tern_write_u64(struct tern_writer *w, uint64_t v)
{
	unsigned char b[8];
	for (int i = 0; i < 8; i++)
		b[i] = (unsigned char)(v >> 8 * i);
	tern_write_raw(w, b, sizeof(b));
}

void tern_write_bytes(struct tern_writer *w, const void *bytes, size_t size)
{
	tern_write_u64(w, size);
	tern_write_raw(w, bytes, size);
}

void tern_write_string(struct tern_writer *w, const char *s)
{
	size_t n = s ? strlen(s) : 0;
	if (n >= UINT32_MAX) {
		w->failed = true;
		return;
	}
	tern_write_u32(w, (uint32_t)n);
	tern_write_raw(w, s ? s : "", n + 1);
}

void tern_write_align(struct tern_writer *w, size_t align)
{
	size_t pad = tern_round_up(w->size, align) - w->size;
	unsigned char *at = pad ? grow(w, pad) : NULL;
	if (at)
		memset(at, 0, pad);
}

void tern_reader_init(struct tern_reader *r, const void *bytes, size_t size)
{
	r->at = bytes;
	r->end = r->at + size;
	r->failed = false;
}

size_t tern_reader_left(const struct tern_reader *r)
{
	return r->failed ? 0 : (size_t)(r->end - r->at);
}

const void *tern_read_raw(struct tern_reader *r, size_t size)
{
	if (size > tern_reader_left(r)) {
		r->failed = true;
		return NULL;
	}
	if (size == 0)
		return NULL;
	const void *at = r->at;
	r->at += size;
	return at;
}

static uint64_t read_le(struct tern_reader *r, unsigned bytes)
{
	const unsigned char *b = tern_read_raw(r, bytes);
	uint64_t v = 0;
	for (unsigned i = 0; b && i < bytes; i++)
		v |= (uint64_t)b[i] << 8 * i;
	return v;
}

uint8_t tern_read_u8(struct tern_reader *r)
{
	return (uint8_t)read_le(r, 1);
}

uint32_t tern_read_u32(struct tern_reader *r)
{
	return (uint32_t)read_le(r, 4);
}

uint64_t tern_read_u64(struct tern_reader *r)
{
	return read_le(r, 8);
}

const void *tern_read_bytes(struct tern_reader *r, size_t *size)
{
	uint64_t n = tern_read_u64(r);
	const void *at = tern_read_raw(r, n);
	*size = r->failed ? 0 : n;
	return at;
}

const char *tern_read_string(struct tern_reader *r)
{
	size_t n = (size_t)tern_read_u32(r) + 1;
	const char *s = tern_read_raw(r, n);
	if (s && memchr(s, '\0', n) != s + n - 1) {
		r->failed = true;
		s = NULL;
	}
	return s ? s : "";
}

uint32_t tern_read_count(struct tern_reader *r, size_t min_size)
{
	uint32_t n = tern_read_u32(r);
	if (n > tern_reader_left(r) / min_size) {
		r->failed = true;
		return 0;
	}
	return n;
}

void tern_reader_check(struct tern_reader *r, bool ok)
{
	if (!ok)
		r->failed = true;
}

int tern_reader_done(const struct tern_reader *r)
{
	return r->failed || r->at != r->end ? -EINVAL : 0;
}
