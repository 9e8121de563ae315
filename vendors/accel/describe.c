/* SPDX-License-Identifier: MIT */
/* What a kernel will touch is told to the engine, for migration policies. */
#include "vendors/accel/commands.h"

static struct tern_devmem *listening(void)
{
	struct accel *accel = accel_half.accel;
	return accel && accel->system && tern_space_wants_commands(&accel->devmem) ? &accel->devmem
										   : NULL;
}

void accel_announce(struct tern_device *device, const struct tern_command *command)
{
	struct tern_devmem *memory = listening();
	struct tern_space_command c;
	(void)device;
	if (!memory)
		return;
	tern_command_describe(command, &c);
	tern_space_command_queued(memory, &c);
}

void accel_retract(struct tern_device *device, const struct tern_command *command)
{
	struct tern_devmem *memory = listening();
	(void)device;
	if (memory)
		tern_space_command_ended(memory, (uintptr_t)command);
}

void accel_describe_beginning(const struct tern_command *command, unsigned slot)
{
	struct tern_devmem *memory = listening();
	struct tern_space_command c;
	if (!memory)
		return;
	tern_command_describe(command, &c);
	tern_space_command_begins(memory, slot, &c);
}
