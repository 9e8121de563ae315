/* SPDX-License-Identifier: MIT */
/*
 * What a kernel will touch: the memory that its pointers point into, for migration policies. The
 * bounds are those of the buffer or of the SVM allocation; where there is neither the space asks
 * the kernel for the mapping.
 */
#include <string.h>

#include "runtime/memory.h"
#include "svm/aperture.h"
#include "svm/space.h"
#include "svm/svm.h"

/* Work-items; 0: too many to count. */
static uint64_t items(const struct tern_ndrange *n)
{
	uint64_t all = 1;
	for (unsigned d = 0; d < 3; d++)
		if (__builtin_mul_overflow(all, (uint64_t)n->global[d], &all))
			return 0;
	return all;
}

/* The same for each run of a program, and for each device. */
static uint64_t identity(const struct tern_kernel_info *info)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	for (const char *p = info->name; *p; p++)
		h = (h ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
	h = (h ^ info->arg_count) * UINT64_C(0x100000001b3);
	h = (h ^ info->args_bytes) * UINT64_C(0x100000001b3);
	return h ? h : 1;
}

/* The buffer among the command's objects that @address lies in. */
static const struct tern_memory *buffer_at(const struct tern_command *command, uint64_t address)
{
	for (unsigned i = 0; i < command->use_count; i++) {
		const struct tern_memory *memory = (const struct tern_memory *)command->uses[i];
		if (!tern_object_is(memory, TERN_KIND_MEMORY))
			continue;
		if (address - (uintptr_t)memory->host < memory->size)
			return memory;
	}
	return NULL;
}

static void bound(const struct tern_command *command, struct tern_policy_use *use)
{
	const struct tern_memory *memory = buffer_at(command, use->address);
	struct tern_svm_range range;
	if (memory) {
		use->start = (uintptr_t)memory->host;
		use->end = use->start + memory->size;
		if (memory->flags & CL_MEM_READ_ONLY)
			use->flags |= TERN_USE_READ_ONLY;
	} else if (tern_svm_find((const void *)(uintptr_t)use->address, &range)) {
		use->start = (uintptr_t)range.base;
		use->end = use->start + range.size;
	}
}

static void add(struct tern_space_command *out, const struct tern_command *command,
		uint64_t address, uint16_t argument, uint16_t flags)
{
	bool migrates = address < TERN_APERTURE_START || address >= TERN_APERTURE_END;
	if (!address || !migrates || out->use_count == TERN_POLICY_USES)
		return;
	struct tern_policy_use *use = &out->uses[out->use_count++];
	*use = (struct tern_policy_use){.address = address, .argument = argument, .flags = flags};
	bound(command, use);
}

/* As if offset and size were those of one line of work-items; wraps. */
static uint64_t first_item(const struct tern_ndrange *n)
{
	bool exchanged = n->info->flags & TERN_KERNEL_EXCHANGED;
	uint64_t x = n->global[exchanged], y = n->global[!exchanged];
	return n->offset[exchanged] + x * (n->offset[!exchanged] + y * n->offset[2]);
}

void tern_command_describe(const struct tern_command *command, struct tern_space_command *out)
{
	const struct tern_ndrange *n = &command->ndrange;
	out->number = (uintptr_t)command;
	out->kernel = identity(n->info);
	out->items = items(n);
	out->first = first_item(n);
	out->use_count = 0;
	for (uint32_t i = 0; i < n->info->arg_count; i++) {
		const struct tern_kernel_arg *arg = &n->info->args[i];
		uint64_t address;
		if (arg->kind != TERN_ARG_GLOBAL && arg->kind != TERN_ARG_CONSTANT)
			continue;
		memcpy(&address, (const char *)n->args + arg->offset, sizeof(address));
		bool reads =
			arg->kind == TERN_ARG_CONSTANT || (arg->qualifiers & TERN_QUALIFIER_CONST);
		add(out, command, address, (uint16_t)i, reads ? TERN_USE_READ_ONLY : 0);
	}
	for (unsigned i = 0; i < n->indirect_count; i++)
		add(out, command, (uintptr_t)n->indirect[i], TERN_POLICY_INDIRECT, 0);
}
