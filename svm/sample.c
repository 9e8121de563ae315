/* SPDX-License-Identifier: MIT */
/*
 * DOC: sampled recency
 *
 * What a device has, it uses without faults: a table that all work-items read looks as old as a
 * stream that was gone through long ago. An eviction may want to know better (wants_samples). Then
 * the chunks that would go next are asked, whenever evict.c ranks them: those that will go until it
 * does so again, one where there are few chunks, and SAMPLE_NEXT behind them. One page of each is
 * hidden from the device (hide() in device_memory.h). The page stays the device's, nothing moves.
 * The device's next access to it is a fault, counted as every other: the page is shown again, and
 * the chunk counts as touched, so it stays.
 *
 * So a chunk has been asked at least SAMPLE_NEXT evictions before it goes itself, but for the first
 * ones of all, and a ranking costs a fault for each chunk asked at most, without transfers. Which
 * page is asked for is arbitrary: a chunk of which little is used may not answer.
 *
 * The page counts as hidden until it is shown, or is no longer the device's. Devices whose memory
 * has no hide() and those of the kernel's are not asked.
 */
#include "svm/internal.h"

static bool can_ask(const struct engine *e, const struct device *device)
{
	const struct tern_devmem *mem = device->mem;
	return e->wants_samples && !e->watch.window && !mem->mirror && mem->ops->hide &&
	       mem->ops->show;
}

/* One that the device has, the same in each run. */
static unsigned any_page(const struct engine *e, const struct chunk *chunk)
{
	tern_page_bits there;
	for (unsigned w = 0; w < BITS_WORDS; w++)
		there[w] = chunk->away[w] | chunk->shared[w];
	uint64_t mixed = (e->sequence + chunk->base) * UINT64_C(0x9e3779b97f4a7c15);
	unsigned page = bits_next(there, (unsigned)(mixed >> 55), TERN_CHUNK_PAGES);
	return page < TERN_CHUNK_PAGES ? page : bits_next(there, 0, TERN_CHUNK_PAGES);
}

void sample_ask(struct engine *e, struct chunk *chunk)
{
	if (!can_ask(e, chunk->device) || chunk->asked)
		return;
	unsigned page = any_page(e, chunk);
	if (page == TERN_CHUNK_PAGES) /* copies of files alone */
		return;
	device_hide(e, chunk, page, 1);
	chunk->asked = (uint16_t)(page + 1);
}

int sample_end(struct engine *e, struct chunk *chunk)
{
	unsigned page = chunk->asked - 1u;
	int error = device_show(e, chunk, page, 1,
				bits_test(chunk->away, page) && !bits_test(chunk->readonly, page));
	if (!error)
		chunk->asked = 0;
	return error;
}

int sample_answered(struct engine *e, struct chunk *chunk, const struct pending *fault)
{
	struct tern_policy_plan plan = {
		.first = page_index(fault->address), .count = 1, .rule = "sample: in use"};
	int error = sample_end(e, chunk);
	if (!error)
		trace_plan(chunk, fault, &plan);
	return error;
}
