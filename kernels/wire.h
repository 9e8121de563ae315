/* SPDX-License-Identifier: MIT */
/*
 * DOC: bytes between libtern and the compile server
 *
 * A writer appends little-endian values to a growing buffer; a reader takes them out of foreign
 * bytes. Both remember their first failure (out of memory; bytes that end too early or are
 * malformed), after which writing does nothing and reading gives zeros, so that callers check once,
 * at the end. Strings are stored with their length and a final NUL: the reader hands out pointers
 * into its bytes.
 *
 * A message on the stream socket is a header (magic, version, type, length of the payload) and the
 * payload. Neither side trusts the other's lengths.
 */
#ifndef TERN_KERNELS_WIRE_H
#define TERN_KERNELS_WIRE_H

#include "runtime/base/base.h"

struct tern_writer {
	unsigned char *data; /* the owner frees it with tern_writer_finish() */
	size_t size, capacity;
	bool failed; /* out of memory */
};

/* A zeroed struct tern_writer is an empty one. */
void tern_writer_finish(struct tern_writer *w);
/* The bytes, for the caller to tern_free(); NULL when the writer has failed. Leaves @w empty. */
void *tern_writer_take(struct tern_writer *w, size_t *size) TERN_MUST_CHECK;
void tern_write_raw(struct tern_writer *w, const void *bytes, size_t size);
void tern_write_u8(struct tern_writer *w, uint8_t v);
void tern_write_u32(struct tern_writer *w, uint32_t v);
void tern_write_u64(struct tern_writer *w, uint64_t v);
/* A u64 length and the bytes. */
void tern_write_bytes(struct tern_writer *w, const void *bytes, size_t size);
/* A u32 length, the characters, a NUL. NULL is written as "". */
void tern_write_string(struct tern_writer *w, const char *s);
/* Zeros up to a multiple of @align, a power of two. */
void tern_write_align(struct tern_writer *w, size_t align);

struct tern_reader {
	const unsigned char *at, *end;
	bool failed;
};

void tern_reader_init(struct tern_reader *r, const void *bytes, size_t size);
size_t tern_reader_left(const struct tern_reader *r);
uint8_t tern_read_u8(struct tern_reader *r);
uint32_t tern_read_u32(struct tern_reader *r);
uint64_t tern_read_u64(struct tern_reader *r);
/* @size bytes inside the buffer, or NULL after a failure (and when @size is 0: not a failure). */
const void *tern_read_raw(struct tern_reader *r, size_t size);
/* What tern_write_bytes() wrote; *size is 0 after a failure. */
const void *tern_read_bytes(struct tern_reader *r, size_t *size);
/* Never NULL: "" after a failure. The string has no NUL but its last byte. */
const char *tern_read_string(struct tern_reader *r);
/*
 * A u32 count of elements that take at least @min_size bytes each; fails when the bytes left cannot
 * hold so many, so that arrays of that length may be allocated.
 */
uint32_t tern_read_count(struct tern_reader *r, size_t min_size);
/* Marks the reader as failed when @ok is false. */
void tern_reader_check(struct tern_reader *r, bool ok);
/* 0 when all bytes were read without a failure, else -EINVAL. */
int tern_reader_done(const struct tern_reader *r) TERN_MUST_CHECK;

#define TERN_WIRE_MAX_PAYLOAD ((size_t)256 << 20)
#define TERN_WIRE_NO_DEADLINE UINT64_MAX

/*
 * Send and receive one message on the connected stream socket @fd. @deadline: CLOCK_MONOTONIC
 * nanoseconds (tern_clock_ns()). -ETIMEDOUT; -EPIPE when the peer has closed (receive: at the
 * beginning of a message too); -EMSGSIZE; -EPROTO for a message of something else; -ENOMEM; other
 * -errno of the socket. After an error the stream is of no use. Never raises SIGPIPE.
 * Receive: *payload is the caller's to tern_free(), not NULL even when *size is 0.
 */
int tern_wire_send(int fd, uint32_t type, const void *payload, size_t size,
		   uint64_t deadline) TERN_MUST_CHECK;
int tern_wire_receive(int fd, uint32_t *type, void **payload, size_t *size,
		      uint64_t deadline) TERN_MUST_CHECK;

#endif
