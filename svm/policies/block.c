/* SPDX-License-Identifier: MIT */
/* Block: the aligned block of a fixed size that the faulting page lies in. */
#include "svm/policies/policies.h"

struct state {
	unsigned pages;
};

static bool init(void *device_state, const char *text)
{
	struct state *s = device_state;
	struct tern_policy_option option;
	s->pages = TERN_POLICY_GROUP;
	while (tern_policy_option_next(&text, &option))
		if (!tern_policy_option_is(&option, "pages") ||
		    !tern_policy_option_number(&option, 1, TERN_POLICY_PAGES, &s->pages))
			return false;
	return !*text;
}

static void fault(void *device_state, void *chunk_state, const struct tern_policy_fault *f,
		  struct tern_policy_plan *plan)
{
	const struct state *s = device_state;
	unsigned first = f->page / s->pages * s->pages;
	tern_page_bits lacking;
	plan->action = tern_policy_read_or_own(chunk_state, f);
	plan->rule = "block: what is aligned";
	tern_policy_lacking(f, lacking);
	tern_policy_range(plan, f, lacking, first, tern_min(s->pages, TERN_POLICY_PAGES - first));
	tern_policy_shared(chunk_state, f, plan);
}

const struct tern_policy tern_policy_block = {
	.version = TERN_POLICY_VERSION,
	.name = "block",
	.help = "the aligned block around the page; pages=16 (1 to 512)",
	.device_state_bytes = sizeof(struct state),
	.chunk_state_bytes = sizeof(struct tern_policy_reads),
	.init = init,
	.fault = fault,
};
