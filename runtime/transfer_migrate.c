/* SPDX-License-Identifier: MIT */
/* Commands that say where pages should be (sections 5.2.4, 5.5.4, 5.6.1). */
#include <string.h>

#include "runtime/base/log.h"
#include "runtime/queue.h"
#include "runtime/transfer.h"
#include "svm/space.h"

struct migration {
	struct tern_command *command;
	struct tern_device *device; /* NULL: home. Started: its queue has the command. */
	unsigned flags;
	cl_uint count;
	struct tern_range ranges[];
};

/* Where data is does not change what it is: a failure is told, and not the command's. */
static void migrate(struct tern_devmem *devmem, const struct tern_range *range, unsigned flags,
		    struct tern_space_stats *caused)
{
	int error = tern_space_migrate(devmem, range->start, range->bytes, flags, caused);
	if (error)
		tern_log_warn("%zu bytes at %p were not migrated to %s (error %d)", range->bytes,
			      range->start, devmem ? devmem->ops->name : "the host", -error);
}

void tern_transfer_bring_home(const void *start, size_t bytes, bool undefined)
{
	const struct tern_range range = {start, bytes};
	migrate(NULL, &range, undefined ? TERN_MIGRATE_UNDEFINED : 0, NULL);
}

static cl_int run(void *data)
{
	const struct migration *m = data;
	struct tern_devmem *devmem = m->device ? m->device->ops->memory(m->device) : NULL;
	struct tern_space_stats caused = {0};
	for (cl_uint i = 0; i < m->count; i++)
		migrate(devmem, &m->ranges[i], m->flags, &caused);
	tern_command_caused(m->command, &caused);
	return CL_SUCCESS;
}

static struct migration *create(struct tern_command *command, cl_mem_migration_flags flags,
				const struct tern_range *ranges, cl_uint count)
{
	struct tern_device *device = command->event.queue->device;
	struct migration *m = tern_command_own(command, sizeof(*m) + count * sizeof(m->ranges[0]));
	if (!m)
		return NULL;
	bool home = (flags & CL_MIGRATE_MEM_OBJECT_HOST) || !device->ops->memory;
	*m = (struct migration){.command = command, .device = home ? NULL : device, .count = count};
	if (flags & CL_MIGRATE_MEM_OBJECT_CONTENT_UNDEFINED)
		m->flags = TERN_MIGRATE_UNDEFINED;
	memcpy(m->ranges, ranges, count * sizeof(ranges[0]));
	return m;
}

cl_int tern_transfer_migrate(const struct tern_submission *s, cl_command_type type,
			     cl_mem_migration_flags flags, const struct tern_range *ranges,
			     cl_uint range_count, struct tern_memory *const *memory, cl_uint count)
{
	if (!s->queue->context->memory.migrates || !range_count)
		return tern_transfer_none(s, type, memory, count);
	struct tern_command *command = tern_command_create(s->queue, type, count);
	if (!command)
		return CL_OUT_OF_HOST_MEMORY;
	struct migration *m = create(command, flags, ranges, range_count);
	if (!m) {
		tern_command_cancel(command);
		return CL_OUT_OF_HOST_MEMORY;
	}
	for (cl_uint i = 0; i < count; i++)
		tern_command_use(command, &memory[i]->obj);
	command->work = TERN_WORK_CALL;
	command->call = (struct tern_call){.fn = run, .data = m};
	return tern_command_enqueue(command, s->wait_count, s->wait_list, s->event, s->blocking);
}
