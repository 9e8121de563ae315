/* SPDX-License-Identifier: MIT */
/*
 * What the host does for the device: copies, fills, calls of the runtime's and the program's. Pages
 * that are on the device come home by faults; for large ranges the engine is asked beforehand,
 * which is faster. Never the program's code on a thread that is inside an API call.
 */
#include <string.h>

#include "runtime/base/log.h"
#include "vendors/accel/commands.h"

#define HINT_BYTES ((size_t)2 << 20) /* from here on the engine is asked */
#define LONG_NS    20000             /* what takes longer must not keep completions waiting */
#define FILL_BLOCK ((size_t)4096)

/* Copies. */

static bool is_linear(const struct tern_copy *c)
{
	bool rows = c->region[1] == 1 || (c->src_row == c->region[0] && c->dst_row == c->region[0]);
	bool slices = c->region[2] == 1 || (c->src_slice == c->region[0] * c->region[1] &&
					    c->dst_slice == c->region[0] * c->region[1]);
	return rows && slices;
}

static void ask_home(const void *at, size_t bytes, unsigned flags)
{
	if (!accel_half.accel->system || bytes < HINT_BYTES)
		return;
	int error = tern_space_migrate(NULL, at, bytes, flags, NULL);
	if (error)
		tern_log_debug("accel: %zu bytes at %p stay where they are (error %d)", bytes, at,
			       -error);
}

static void copy_linear(const struct tern_copy *c)
{
	size_t bytes = accel_copy_bytes(c);
	bool apart = c->src + bytes <= c->dst || c->dst + bytes <= c->src;
	if (c->src == c->dst)
		return;
	ask_home(c->src, bytes, 0);
	ask_home(c->dst, bytes, apart ? TERN_MIGRATE_UNDEFINED : 0);
	memmove(c->dst, c->src, bytes);
}

static void copy_rows(const struct tern_copy *c)
{
	for (size_t z = 0; z < c->region[2]; z++)
		for (size_t y = 0; y < c->region[1]; y++)
			memmove(c->dst + z * c->dst_slice + y * c->dst_row,
				c->src + z * c->src_slice + y * c->src_row, c->region[0]);
}

static void copy(const struct tern_copy *c)
{
	if (!c->region[0] || !c->region[1] || !c->region[2])
		return;
	if (is_linear(c))
		copy_linear(c);
	else
		copy_rows(c);
}

static void fill(const struct tern_fill *f)
{
	size_t have = tern_min(f->pattern_bytes, f->bytes);
	if (!have)
		return;
	ask_home(f->dst, f->bytes, TERN_MIGRATE_UNDEFINED);
	if (f->pattern_bytes == 1) {
		memset(f->dst, f->pattern[0], f->bytes);
		return;
	}
	memcpy(f->dst, f->pattern, have);
	/* Doubles what is there, within what stays in the first cache. */
	while (have < f->bytes && have < FILL_BLOCK) {
		size_t more = tern_min(have, f->bytes - have);
		memcpy(f->dst + have, f->dst, more);
		have += more;
	}
	for (size_t block = have; have < f->bytes; have += tern_min(block, f->bytes - have))
		memcpy(f->dst + have, f->dst, tern_min(block, f->bytes - have));
}

/* Commands. */

static bool is_program_code(const struct tern_command *command)
{
	return command->work == TERN_WORK_NATIVE ||
	       (command->work == TERN_WORK_CALL && command->call.user_code);
}

static bool may_do(const struct attendance *who, const struct tern_command *command)
{
	if (!who)
		return false;
	return who->agent || (command->event.queue == who->queue && !is_program_code(command));
}

void accel_host_submit(struct tern_command *command, bool wake)
{
	struct accel_half *h = &accel_half;
	tern_lock_acquire(&h->lock);
	accel_command_append(&h->host[accel_command_rank(command)], command);
	atomic_fetch_add(&h->waiting_host, 1);
	tern_lock_release(&h->lock);
	if (wake)
		accel_agent_wake();
}

/* The first command of @list that the thread may do. Locked. */
static struct tern_command *take_locked(struct command_list *list)
{
	struct tern_command *before = NULL, *c = list->head;
	while (c && !may_do(accel_attending, c)) {
		before = c;
		c = accel_command_next(c);
	}
	if (c)
		accel_command_remove(list, before, c);
	return c;
}

static struct tern_command *take(void)
{
	struct accel_half *h = &accel_half;
	if (!atomic_load(&h->waiting_host))
		return NULL;
	tern_lock_acquire(&h->lock);
	struct tern_command *command = take_locked(&h->host[0]);
	if (!command)
		command = take_locked(&h->host[1]);
	if (command)
		atomic_fetch_sub(&h->waiting_host, 1);
	tern_lock_release(&h->lock);
	return command;
}

static cl_int execute(struct tern_command *command)
{
	switch (command->work) {
	case TERN_WORK_COPY:
		copy(&command->copy);
		return CL_SUCCESS;
	case TERN_WORK_FILL:
		fill(&command->fill);
		return CL_SUCCESS;
	case TERN_WORK_NATIVE:
		command->native.fn(command->native.args);
		return CL_SUCCESS;
	case TERN_WORK_CALL:
		return command->call.fn(command->call.data);
	case TERN_WORK_NDRANGE: /* empty, or more than the device has: accel_packet_submit() */
		return (cl_int)(int64_t)command->backend_state[STATE_STATUS];
	default:
		return CL_SUCCESS;
	}
}

static bool takes_long(const struct tern_command *command)
{
	return command->work == TERN_WORK_CALL ||
	       (command->work != TERN_WORK_NDRANGE &&
		accel_expect(accel_half.device, command) >= LONG_NS);
}

bool accel_host_work(void)
{
	struct tern_command *command = take();
	if (!command)
		return false;
	if (takes_long(command)) {
		accel_agent_cover();
		if (atomic_load(&accel_half.waiting_host))
			accel_agent_wake();
	}
	tern_command_running(command);
	tern_command_began(command, tern_clock_coarse_ns());
	cl_int status = execute(command);
	accel_command_dispatch(tern_command_complete(command, status));
	return true;
}

void accel_command_dispatch(struct tern_command *command)
{
	if (!command)
		return;
	if (command->work == TERN_WORK_NDRANGE)
		accel_packet_submit(command);
	else
		accel_host_submit(command, !may_do(accel_attending, command));
}
