/* SPDX-License-Identifier: MIT */
/* The parts of `tern trace`. */
#ifndef TERN_TOOLS_TRACE_H
#define TERN_TOOLS_TRACE_H

#include <stdio.h>

#include "runtime/base/trace_read.h"

/* Everything in @reader to @out; what could not be written @out tells (ferror()). */
void tern_trace_csv(struct tern_trace_reader *reader, FILE *out);
/* For Perfetto (ui.perfetto.dev) and chrome://tracing: the trace event format. False: no memory. */
bool tern_trace_json(struct tern_trace_reader *reader, FILE *out);

/* Words for what a record says; "?" for what no program of ours writes. */
const char *tern_trace_kind_name(unsigned kind);
const char *tern_trace_way_name(unsigned flags);    /* of MOVED */
const char *tern_trace_reason_name(unsigned flags); /* of MOVED */
const char *tern_trace_action_name(unsigned flags); /* of PLAN */
const char *tern_trace_event_name(unsigned flags);  /* of COMMAND, */
const char *tern_trace_use_name(unsigned flags);    /* USE, */
const char *tern_trace_ahead_name(unsigned flags);  /* AHEAD */
const char *tern_trace_command_name(unsigned type); /* cl_command_type */
static inline bool tern_trace_way_is_to_host(unsigned flags)
{
	unsigned way = flags & 15;
	return way == TERN_TRACE_TO_HOST || way == TERN_TRACE_COPIED_TO_HOST;
}

#endif
