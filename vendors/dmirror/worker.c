/* SPDX-License-Identifier: MIT */
/* The thread that executes a device's commands. */
#include <errno.h>
#include <string.h>

#include "runtime/base/log.h"
#include "runtime/base/thread.h"
#include "svm/space.h"
#include "vendors/dmirror/internal.h"

#define LINGER_NS 1000000000u /* how long the driver stays open after the last queue is gone */
#define OWNER     0u          /* one command runs at a time */

void dmirror_worker_wake(struct dmirror *d)
{
	atomic_fetch_add(&d->word, 1);
	tern_futex_wake(&d->word, 1);
}

void dmirror_worker_add(struct dmirror *d, struct tern_command *command)
{
	bool high = command->event.queue->priority == CL_QUEUE_PRIORITY_HIGH_KHR;
	struct dmirror_list *list = &d->ready[!high];
	command->next_ready = NULL;
	tern_lock_acquire(&d->lock);
	if (list->head)
		list->tail->next_ready = command;
	else
		list->head = command;
	list->tail = command;
	tern_lock_release(&d->lock);
	dmirror_worker_wake(d);
}

static struct tern_command *take(struct dmirror *d)
{
	struct tern_command *command = NULL;
	tern_lock_acquire(&d->lock);
	for (unsigned i = 0; i < 2 && !command; i++) {
		command = d->ready[i].head;
		if (command)
			d->ready[i].head = command->next_ready;
	}
	tern_lock_release(&d->lock);
	return command;
}

static const char *reason(int error)
{
	switch (-error) {
	case EFAULT:
		return "no memory that the device can reach is there";
	case EPERM:
		return "the program may only read there";
	case EINVAL:
		return "not aligned to the type, or beyond the address space";
	case EBUSY:
		return "the page stays busy";
	case ENOMEM:
		return "the host has no memory left";
	case ENODEV:
		return "the driver is gone";
	default:
		return strerrordesc_np(-error);
	}
}

/* The specification has no code for a wild access; the accelerator gives the same. */
static cl_int status_of(const struct dmirror_access *a, const struct tern_command *command,
			int error)
{
	if (!error)
		return CL_SUCCESS;
	const char *what = command->work == TERN_WORK_NDRANGE ? command->ndrange.info->name
			   : command->work == TERN_WORK_COPY  ? "a copy"
							      : "a fill";
	tern_log_error("%s: %s failed: %s %#llx: %s", a->d->name, what,
		       a->failure.write ? "write to" : "access to",
		       (unsigned long long)a->failure.address, reason(error));
	return error == -ENOMEM ? CL_OUT_OF_HOST_MEMORY : CL_OUT_OF_RESOURCES;
}

static int work(struct dmirror_access *a, const struct tern_command *command)
{
	const struct tern_fill *f = &command->fill;
	int error = dmirror_open(a->d);
	if (error)
		return error;
	switch (command->work) {
	case TERN_WORK_COPY:
		return dmirror_copy(a, &command->copy);
	case TERN_WORK_FILL:
		return dmirror_fill(a, (uintptr_t)f->dst, f->bytes, f->pattern, f->pattern_bytes);
	case TERN_WORK_NDRANGE:
		return dmirror_run(a, &command->ndrange);
	default:
		return -EINVAL;
	}
}

/* The device's own work: what it causes is the command's. */
static cl_int execute_here(struct dmirror *d, struct tern_command *command)
{
	struct dmirror_access access = {.d = d};
	struct tern_space_command described;
	struct tern_space_stats caused;
	bool tell = command->work == TERN_WORK_NDRANGE && tern_space_wants_commands(&d->devmem);
	tern_space_owner_begin(&d->devmem, OWNER, (uintptr_t)command);
	if (tell) {
		tern_command_describe(command, &described);
		tern_space_command_begins(&d->devmem, OWNER, &described);
	}
	int error = work(&access, command);
	tern_space_owner_stats(&d->devmem, OWNER, &caused);
	tern_command_caused(command, &caused);
	return status_of(&access, command, error);
}

static cl_int execute(struct dmirror *d, struct tern_command *command)
{
	switch (command->work) {
	case TERN_WORK_COPY:
	case TERN_WORK_FILL:
	case TERN_WORK_NDRANGE:
		return execute_here(d, command);
	case TERN_WORK_CALL:
		(void)!dmirror_open(d); /* a migration is a hint */
		return command->call.fn(command->call.data);
	default:
		return CL_SUCCESS;
	}
}

static void run_all(struct dmirror *d)
{
	struct tern_command *command;
	while ((command = take(d)))
		while (command) {
			tern_command_running(command);
			tern_command_began(command, tern_clock_coarse_ns());
			command = tern_command_complete(command, execute(d, command));
		}
}

static bool is_idle(struct dmirror *d)
{
	tern_lock_acquire(&d->lock);
	bool idle = !d->starts;
	tern_lock_release(&d->lock);
	return idle;
}

static void *main_loop(void *arg)
{
	struct dmirror *d = arg;
	tern_thread_name("tern-dmirror");
	for (;;) {
		uint32_t seen = atomic_load(&d->word);
		run_all(d);
		if (!is_idle(d)) {
			tern_futex_wait(&d->word, seen);
			continue;
		}
		tern_futex_wait_for(&d->word, seen, LINGER_NS);
		if (atomic_load(&d->word) == seen && dmirror_retire(d))
			return NULL;
	}
}

int dmirror_worker_start(struct dmirror *d)
{
	return tern_thread_start(main_loop, d, 0);
}
