/* SPDX-License-Identifier: MIT */
#include "tools/trace.h"

#include <CL/cl.h>

#define WORD(table, index) ((index) < tern_array_size(table) ? (table)[index] : "?")

const char *tern_trace_kind_name(unsigned kind)
{
	static const char *const names[] = {"none",    "text",    "queue",    "queued",   "running",
					    "ended",   "owner",   "device",   "fault",    "served",
					    "plan",    "rule",    "moved",    "unmapped", "advice",
					    "mapped",  "removed", "remapped", "request",  "policy",
					    "command", "items",   "use",      "ahead"};
	_Static_assert(tern_array_size(names) == TERN_TRACE_KINDS, "one for each");
	return WORD(names, kind);
}

const char *tern_trace_way_name(unsigned flags)
{
	static const char *const names[] = {"to device", "copied to device", "zeroed",
					    "to host",   "copied to host",   "dropped"};
	return WORD(names, flags & 15u);
}

const char *tern_trace_reason_name(unsigned flags)
{
	static const char *const names[] = {"other", "fault", "eviction", "request", "ahead"};
	return WORD(names, flags >> 4);
}

const char *tern_trace_action_name(unsigned flags)
{
	static const char *const names[] = {"migrate", "share", "defer"};
	return WORD(names, flags);
}

const char *tern_trace_event_name(unsigned flags)
{
	static const char *const names[] = {"queued", "begins", "ended"};
	return WORD(names, flags);
}

const char *tern_trace_use_name(unsigned flags)
{
	static const char *const names[] = {"", "read", "guessed", "read guessed"};
	return WORD(names, flags);
}

const char *tern_trace_ahead_name(unsigned flags)
{
	static const char *const names[] = {"to device", "copy to device", "to host",
					    "copy to host"};
	return WORD(names, flags & 7u);
}

const char *tern_trace_command_name(unsigned type)
{
	static const struct {
		unsigned type;
		const char *name;
	} names[] = {
		{CL_COMMAND_NDRANGE_KERNEL, "kernel"},
		{CL_COMMAND_TASK, "task"},
		{CL_COMMAND_NATIVE_KERNEL, "native kernel"},
		{CL_COMMAND_READ_BUFFER, "read buffer"},
		{CL_COMMAND_WRITE_BUFFER, "write buffer"},
		{CL_COMMAND_COPY_BUFFER, "copy buffer"},
		{CL_COMMAND_READ_BUFFER_RECT, "read buffer rect"},
		{CL_COMMAND_WRITE_BUFFER_RECT, "write buffer rect"},
		{CL_COMMAND_COPY_BUFFER_RECT, "copy buffer rect"},
		{CL_COMMAND_FILL_BUFFER, "fill buffer"},
		{CL_COMMAND_MAP_BUFFER, "map buffer"},
		{CL_COMMAND_UNMAP_MEM_OBJECT, "unmap"},
		{CL_COMMAND_MARKER, "marker"},
		{CL_COMMAND_BARRIER, "barrier"},
		{CL_COMMAND_MIGRATE_MEM_OBJECTS, "migrate buffers"},
		{CL_COMMAND_SVM_FREE, "SVM free"},
		{CL_COMMAND_SVM_MEMCPY, "SVM copy"},
		{CL_COMMAND_SVM_MEMFILL, "SVM fill"},
		{CL_COMMAND_SVM_MAP, "SVM map"},
		{CL_COMMAND_SVM_UNMAP, "SVM unmap"},
		{CL_COMMAND_SVM_MIGRATE_MEM, "SVM migrate"},
	};
	for (size_t i = 0; i < tern_array_size(names); i++)
		if (names[i].type == type)
			return names[i].name;
	return "command";
}
