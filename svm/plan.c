/* SPDX-License-Identifier: MIT */
/* The policy is asked, and its answer made to fit. */
#include "svm/internal.h"

static void *state_of(const struct engine *e, struct chunk *chunk)
{
	return e->policy->chunk_state_bytes ? chunk->policy_state : NULL;
}

static struct device *plan_device(const struct chunk *chunk, const struct pending *fault)
{
	return fault->device ? fault->device : chunk->device;
}

static void describe(const struct engine *e, struct chunk *chunk, const struct pending *fault,
		     const uint64_t *mapped, const uint64_t *host, struct tern_policy_fault *out)
{
	const struct device *device = plan_device(chunk, fault);
	unsigned page = page_index(fault->address);
	const struct tern_policy_command *running =
		fault->device ? command_of(fault->device, fault->owner) : NULL;
	*out = (struct tern_policy_fault){
		.address = fault->address & ~(TERN_PAGE - 1),
		.page = page,
		.side = fault->device ? TERN_SIDE_DEVICE : TERN_SIDE_HOST,
		.write = fault->write,
		.time_us = e->now_ns / 1000,
		.command =
			fault->device && fault->owner < TERN_DEVMEM_OWNERS ? fault->owner + 1 : 0,
		.host = host,
		.device = chunk->away,
		.mapped = mapped,
		.resident_pages = device->resident,
		.limit_pages = device->mem->limit / TERN_PAGE,
		.advice = chunk->advice,
		.moved_recently = page_changes(e, chunk, page),
		.deferrals = fault->deferrals,
		.running = running,
		.use = command_use(running, fault->address),
		.link = {device->mem->link.latency_ns, device->mem->link.bytes_per_second},
	};
}

void plan_make(struct engine *e, struct chunk *chunk, const struct pending *fault,
	       const uint64_t *mapped, struct tern_policy_plan *plan)
{
	tern_page_bits host;
	chunk_pages(chunk, PAGE_HOME, host);
	for (unsigned w = 0; w < BITS_WORDS; w++)
		host[w] &= mapped[w];
	struct tern_policy_fault described;
	describe(e, chunk, fault, mapped, host, &described);
	struct device *device = plan_device(chunk, fault);
	tern_policy_ask(e->policy, device->policy_state, state_of(e, chunk), &described, plan);
	if (plan->count * TERN_PAGE > device->mem->limit) {
		plan->first = described.page;
		plan->count = 1;
	}
	trace_plan(chunk, fault, plan);
	ahead_add(e, device, plan->ahead, plan->ahead_count,
		  described.running ? described.running->number : 0, fault->number);
}

void policy_moved(struct engine *e, struct chunk *chunk, unsigned first, unsigned count,
		  bool to_device, enum tern_policy_cause cause)
{
	if (e->policy->moved && chunk->device && chunk->device->policy_state)
		e->policy->moved(chunk->device->policy_state, state_of(e, chunk), chunk->base,
				 first, count, to_device, cause);
}

uint64_t policy_keep(struct engine *e, struct chunk *chunk,
		     const struct tern_policy_candidate *candidate)
{
	return e->policy->keep(chunk->device->policy_state, state_of(e, chunk), candidate);
}

unsigned policy_part(struct engine *e, struct chunk *chunk)
{
	if (!e->policy->part)
		return TERN_CHUNK_PAGES;
	return e->policy->part(chunk->device->policy_state, state_of(e, chunk));
}
