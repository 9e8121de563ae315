/* SPDX-License-Identifier: MIT */
/*
 * Density: a tree over the chunk whose leaves are groups of 64 KiB. The fault grows to its group,
 * then to the largest subtree of which, with the group, more than `percent` is there already. So a
 * sequential scan doubles what it brings at each fault, and sparse accesses bring their groups. On
 * a full device the leaves are single pages.
 */
#include "svm/policies/policies.h"

struct state {
	unsigned percent, leaf; /* pages of a leaf, a power of two */
};

static bool init(void *device_state, const char *text)
{
	struct state *s = device_state;
	struct tern_policy_option option;
	s->percent = 51;
	s->leaf = TERN_POLICY_GROUP;
	while (tern_policy_option_next(&text, &option)) {
		bool good = false;
		if (tern_policy_option_is(&option, "percent"))
			good = tern_policy_option_number(&option, 1, 100, &s->percent);
		else if (tern_policy_option_is(&option, "leaf"))
			good = tern_policy_option_number(&option, 1, TERN_POLICY_PAGES, &s->leaf) &&
			       tern_is_power_of_two(s->leaf);
		if (!good)
			return false;
	}
	return !*text;
}

/* Pages that are not memory of the program's count neither for nor against a subtree. */
static bool dense(const struct state *s, const struct tern_policy_fault *f, const uint64_t *lacking,
		  unsigned first, unsigned count, unsigned faulted)
{
	unsigned mapped = tern_policy_count(f->mapped, first, count);
	unsigned absent = tern_policy_count(lacking, first, count) - faulted;
	unsigned there = mapped > absent ? mapped - absent : 0;
	return there * 100 > mapped * s->percent;
}

static void fault(void *device_state, void *chunk_state, const struct tern_policy_fault *f,
		  struct tern_policy_plan *plan)
{
	const struct state *s = device_state;
	unsigned leaf = tern_policy_full(f) ? 1 : s->leaf;
	unsigned first = f->page & ~(leaf - 1), count = leaf;
	tern_page_bits lacking;
	plan->action = tern_policy_read_or_own(chunk_state, f);
	tern_policy_lacking(f, lacking);
	unsigned faulted = tern_policy_count(lacking, first, count);
	for (unsigned size = leaf; size <= TERN_POLICY_PAGES; size *= 2)
		if (dense(s, f, lacking, f->page & ~(size - 1), size, faulted)) {
			first = f->page & ~(size - 1);
			count = size;
		}
	tern_policy_range(plan, f, lacking, first, count);
	tern_policy_shared(chunk_state, f, plan);
	plan->rule = count == leaf ? "density: a leaf" : "density: a subtree that is mostly there";
}

const struct tern_policy tern_policy_density = {
	.version = TERN_POLICY_VERSION,
	.name = "density",
	.help = "the largest subtree of the chunk that is mostly there; percent=51, leaf=16 "
		"(pages)",
	.device_state_bytes = sizeof(struct state),
	.chunk_state_bytes = sizeof(struct tern_policy_reads),
	.init = init,
	.fault = fault,
};
