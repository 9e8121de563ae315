/* SPDX-License-Identifier: MIT */
/*
 * Reading traces (trace.h), also such as are damaged, hostile, or being written: whatever a file
 * holds, a reader gives records whose texts end, and nothing worse.
 */
#ifndef TERN_BASE_TRACE_READ_H
#define TERN_BASE_TRACE_READ_H

#include "runtime/base/trace.h"

struct tern_trace_reader;

/* Takes over @fd, also when it fails. NULL: no memory, or not a trace, which *@why (static) says.
 */
struct tern_trace_reader *tern_trace_reader_open(int fd, const char **why) TERN_MUST_CHECK;
void tern_trace_reader_close(struct tern_trace_reader *reader);
/* Its texts end with a zero. */
const struct tern_trace_header *tern_trace_reader_header(const struct tern_trace_reader *reader);
/* The next record of a known kind, other than TEXT; false: there is none, or no memory. */
bool tern_trace_reader_next(struct tern_trace_reader *reader, struct tern_trace_record *out);
/* A text that was complete so far, or NULL. Valid until the next record is read. */
const char *tern_trace_reader_text(const struct tern_trace_reader *reader, uint32_t number);

#endif
