/* SPDX-License-Identifier: MIT */
/* Advice on where memory should be, and memory that begins on a device. */
#include "runtime/base/log.h"
#include "runtime/transfer.h"
#include "svm/space.h"

struct advice {
	const void *start;
	size_t bytes;
	enum tern_advice advice;
};

/* Advice is kept until it is replaced: memory that is used again must not inherit it. Until some
 * was given there is nothing to take back. */
static _Atomic bool any_given;

/* The chunks that lie in the range as a whole; false: none. */
static bool whole_chunks(struct advice *a)
{
	uintptr_t start = tern_round_up((uintptr_t)a->start, TERN_CHUNK);
	uintptr_t end = ((uintptr_t)a->start + a->bytes) & ~(uintptr_t)(TERN_CHUNK - 1);
	if (start < (uintptr_t)a->start || end <= start)
		return false;
	a->start = (const void *)start;
	a->bytes = end - start;
	return true;
}

static void advise(const struct advice *a)
{
	int error = tern_space_advise(a->start, a->bytes, a->advice);
	if (error)
		tern_log_warn("advice on %zu bytes at %p was not taken (error %d)", a->bytes,
			      a->start, -error);
}

static cl_int run(void *data)
{
	advise(data);
	return CL_SUCCESS;
}

cl_int tern_transfer_advise(const struct tern_submission *s, cl_command_type type,
			    const void *start, size_t bytes, enum tern_advice advice)
{
	struct advice a = {start, bytes, advice};
	if (!s->queue->context->memory.migrates || !whole_chunks(&a))
		return tern_transfer_none(s, type, NULL, 0);
	struct tern_command *command = tern_command_create(s->queue, type, 0);
	if (!command)
		return CL_OUT_OF_HOST_MEMORY;
	struct advice *own = tern_command_own(command, sizeof(*own));
	if (!own) {
		tern_command_cancel(command);
		return CL_OUT_OF_HOST_MEMORY;
	}
	*own = a;
	if (advice != TERN_ADVICE_NONE)
		atomic_store(&any_given, true);
	command->work = TERN_WORK_CALL;
	command->call = (struct tern_call){.fn = run, .data = own};
	return tern_command_enqueue(command, s->wait_count, s->wait_list, s->event, s->blocking);
}

void tern_transfer_forget_advice(const void *start, size_t bytes)
{
	struct advice a = {start, bytes, TERN_ADVICE_NONE};
	if (atomic_load(&any_given) && whole_chunks(&a))
		advise(&a);
}

void tern_transfer_place(struct tern_device *device, const void *start, size_t bytes)
{
	struct tern_devmem *memory = tern_device_memory_get(device->root);
	if (!memory)
		return;
	int error = tern_space_migrate(memory, start, bytes, TERN_MIGRATE_UNDEFINED, NULL);
	if (error)
		tern_log_warn("%zu bytes at %p do not begin on %s (error %d)", bytes, start,
			      memory->ops->name, -error);
	tern_device_memory_put(device->root);
}
