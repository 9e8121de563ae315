/* SPDX-License-Identifier: MIT */
/* What the engine tells a trace (runtime/base/trace.h). */
#include "svm/internal.h"

static uint16_t index_of(const struct device *device)
{
	return device ? (uint16_t)device->index : UINT16_MAX;
}

void trace_fault(struct engine *e, struct pending *fault)
{
	if (!tern_trace_is_on())
		return;
	fault->number = ++e->faults;
	tern_trace_put((struct tern_trace_record){
		.kind = TERN_TRACE_FAULT,
		.flags = (uint8_t)((fault->device ? 0 : TERN_TRACE_HOST) |
				   (fault->write ? TERN_TRACE_WRITE : 0)),
		.n = index_of(fault->device),
		.x = fault->owner,
		.a = fault->address,
		.b = fault->number});
}

void trace_served(const struct pending *fault)
{
	if (fault->number)
		tern_trace_put(
			(struct tern_trace_record){.kind = TERN_TRACE_SERVED,
						   .flags = fault->joined ? TERN_TRACE_JOINED : 0,
						   .b = fault->number});
}

void trace_plan(const struct chunk *chunk, const struct pending *fault,
		const struct tern_policy_plan *plan)
{
	if (!tern_trace_is_on())
		return;
	if (plan->rule)
		tern_trace_put((struct tern_trace_record){.kind = TERN_TRACE_RULE,
							  .x = tern_trace_text(plan->rule),
							  .b = fault->number});
	tern_trace_put((struct tern_trace_record){
		.kind = TERN_TRACE_PLAN,
		.flags = (uint8_t)plan->action,
		.n = (uint16_t)tern_min(plan->hold_us, (uint32_t)UINT16_MAX),
		.x = plan->count,
		.a = page_address(chunk, plan->first),
		.b = fault->number});
}

void trace_moved(const struct engine *e, const struct chunk *chunk, unsigned first, unsigned count,
		 enum tern_trace_way way)
{
	if (!tern_trace_is_on() || !count)
		return;
	tern_trace_put((struct tern_trace_record){.kind = TERN_TRACE_MOVED,
						  .flags = (uint8_t)(way | e->why << 4),
						  .n = index_of(chunk->device),
						  .x = count,
						  .a = page_address(chunk, first),
						  .b = e->serving});
}

void trace_unmapped(const struct chunk *chunk, unsigned first, unsigned count)
{
	tern_trace_put((struct tern_trace_record){
		.kind = TERN_TRACE_UNMAPPED, .x = count, .a = page_address(chunk, first)});
}

void trace_device(const struct device *device)
{
	const struct tern_link *link = &device->mem->link;
	tern_trace_put((struct tern_trace_record){
		.kind = TERN_TRACE_DEVICE,
		.n = index_of(device),
		.x = (uint32_t)tern_min(link->latency_ns, (uint64_t)UINT32_MAX),
		.a = device->mem->limit,
		.b = link->bytes_per_second});
}

void trace_policy(const struct engine *e, bool replaced)
{
	if (tern_trace_is_on())
		tern_trace_put((struct tern_trace_record){.kind = TERN_TRACE_POLICY,
							  .n = replaced,
							  .x = tern_trace_text(e->policy->name)});
}

void trace_owner(const struct device *device, unsigned owner, uint64_t command)
{
	tern_trace_put((struct tern_trace_record){
		.kind = TERN_TRACE_OWNER, .n = (uint16_t)device->index, .x = owner, .a = command});
}

void trace_mapping(struct chunk *chunk, const struct vma *vma)
{
	if (chunk->told_start == vma->start && chunk->told_end == vma->end)
		return;
	chunk->told_start = vma->start;
	chunk->told_end = vma->end;
	tern_trace_put((struct tern_trace_record){
		.kind = TERN_TRACE_MAPPED,
		.flags = (uint8_t)((vma->flags & VMA_WRITE ? TERN_TRACE_WRITABLE : 0) |
				   (vma->flags & VMA_FILE ? TERN_TRACE_FILE : 0)),
		.a = vma->start,
		.b = vma->end - vma->start});
}

void trace_removed(uint64_t start, uint64_t end, bool unmapped)
{
	tern_trace_put((struct tern_trace_record){
		.kind = TERN_TRACE_REMOVED, .flags = unmapped, .a = start, .b = end - start});
}

void trace_remapped(uint64_t from, uint64_t to, uint64_t bytes)
{
	tern_trace_put((struct tern_trace_record){.kind = TERN_TRACE_REMAPPED,
						  .x = (uint32_t)(bytes / TERN_PAGE),
						  .a = from,
						  .b = to});
}

void trace_request(const struct engine *e, const struct device *device, const struct request *q)
{
	uint64_t us = (e->now_ns - q->begun_ns) / 1000;
	tern_trace_put((struct tern_trace_record){.kind = TERN_TRACE_REQUEST,
						  .flags = (uint8_t)q->flags,
						  .n = index_of(device),
						  .x = (uint32_t)tern_min(us, (uint64_t)UINT32_MAX),
						  .a = q->start,
						  .b = q->end - q->start});
}

void trace_detached(const struct device *device)
{
	tern_trace_put(
		(struct tern_trace_record){.kind = TERN_TRACE_DEVICE, .n = index_of(device)});
}

void trace_advice(uint64_t start, uint64_t end, unsigned advice)
{
	tern_trace_put((struct tern_trace_record){
		.kind = TERN_TRACE_ADVICE, .x = advice, .a = start, .b = end - start});
}

void trace_command(const struct device *device, const struct tern_policy_command *command,
		   enum tern_policy_event event)
{
	if (!tern_trace_is_on())
		return;
	uint32_t uses = event == TERN_COMMAND_ENDED ? 0 : command->use_count;
	tern_trace_put((struct tern_trace_record){.kind = TERN_TRACE_COMMAND,
						  .flags = (uint8_t)event,
						  .n = index_of(device),
						  .x = uses,
						  .a = command->number,
						  .b = command->kernel});
	if (event != TERN_COMMAND_ENDED)
		tern_trace_put((struct tern_trace_record){
			.kind = TERN_TRACE_ITEMS, .a = command->items, .b = command->first});
	for (uint32_t i = 0; i < uses; i++) {
		const struct tern_policy_use *use = &command->uses[i];
		uint64_t offset = use->address - use->start;
		tern_trace_put((struct tern_trace_record){
			.kind = TERN_TRACE_USE,
			.flags = (uint8_t)use->flags,
			.n = use->argument,
			.x = (uint32_t)tern_min(offset, (uint64_t)UINT32_MAX),
			.a = use->start,
			.b = use->end - use->start});
	}
}

void trace_ahead(const struct device *device, const struct tern_policy_range *range,
		 uint64_t command, uint64_t fault)
{
	if (!tern_trace_is_on())
		return;
	uint64_t pages = (range->end - range->start) / TERN_PAGE;
	tern_trace_put((struct tern_trace_record){
		.kind = TERN_TRACE_AHEAD,
		.flags = (uint8_t)(range->way | range->room << 3 | !!fault << 4),
		.n = index_of(device),
		.x = (uint32_t)tern_min(pages, (uint64_t)UINT32_MAX),
		.a = range->start,
		.b = fault            ? fault
		     : range->command ? range->command
				      : command});
}
