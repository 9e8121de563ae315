/* SPDX-License-Identifier: MIT */
#include "runtime/transfer.h"

#include <string.h>

static cl_int enqueue(const struct tern_submission *s, struct tern_command *command)
{
	return tern_command_enqueue(command, s->wait_count, s->wait_list, s->event, s->blocking);
}

/* A command that uses @a and @b where they are not NULL. */
static struct tern_command *create(const struct tern_submission *s, cl_command_type type,
				   struct tern_memory *a, struct tern_memory *b)
{
	struct tern_command *command = tern_command_create(s->queue, type, 2);
	if (!command)
		return NULL;
	if (a)
		tern_command_use(command, &a->obj);
	if (b && b != a)
		tern_command_use(command, &b->obj);
	return command;
}

cl_int tern_transfer_copy(const struct tern_submission *s, cl_command_type type,
			  const struct tern_copy *copy, struct tern_memory *a,
			  struct tern_memory *b)
{
	struct tern_command *command = create(s, type, a, b);
	if (!command)
		return CL_OUT_OF_HOST_MEMORY;
	command->work = TERN_WORK_COPY;
	command->copy = *copy;
	return enqueue(s, command);
}

cl_int tern_transfer_copy_bytes(const struct tern_submission *s, cl_command_type type, void *dst,
				const void *src, size_t bytes, struct tern_memory *a,
				struct tern_memory *b)
{
	struct tern_command *command = create(s, type, a, b);
	if (!command)
		return CL_OUT_OF_HOST_MEMORY;
	/* Reading a buffer into its own host_ptr or mapped pointer is legal, and moves nothing. */
	command->work = bytes && dst != src ? TERN_WORK_COPY : TERN_WORK_NONE;
	if (command->work == TERN_WORK_COPY)
		command->copy = (struct tern_copy){.src = src,
						   .dst = dst,
						   .region = {bytes, 1, 1},
						   .src_row = bytes,
						   .src_slice = bytes,
						   .dst_row = bytes,
						   .dst_slice = bytes};
	return enqueue(s, command);
}

cl_int tern_transfer_fill(const struct tern_submission *s, cl_command_type type, void *dst,
			  size_t bytes, const void *pattern, size_t pattern_bytes,
			  struct tern_memory *memory)
{
	struct tern_command *command = create(s, type, memory, NULL);
	if (!command)
		return CL_OUT_OF_HOST_MEMORY;
	command->work = bytes ? TERN_WORK_FILL : TERN_WORK_NONE;
	if (bytes) {
		command->fill.dst = dst;
		command->fill.bytes = bytes;
		command->fill.pattern_bytes = pattern_bytes;
		memcpy(command->fill.pattern, pattern, pattern_bytes);
	}
	return enqueue(s, command);
}

cl_int tern_transfer_none(const struct tern_submission *s, cl_command_type type,
			  struct tern_memory *const *memory, cl_uint count)
{
	struct tern_command *command = tern_command_create(s->queue, type, count);
	if (!command)
		return CL_OUT_OF_HOST_MEMORY;
	for (cl_uint i = 0; i < count; i++)
		tern_command_use(command, &memory[i]->obj);
	command->work = TERN_WORK_NONE;
	return enqueue(s, command);
}
