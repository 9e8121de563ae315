/* SPDX-License-Identifier: MIT */
/* Demand: the faulting page and nothing else. The yardstick for all others. */
#include "svm/policies/policies.h"

static void fault(void *device_state, void *chunk_state, const struct tern_policy_fault *f,
		  struct tern_policy_plan *plan)
{
	(void)device_state;
	plan->action = tern_policy_read_or_own(chunk_state, f);
	plan->first = f->page;
	plan->count = 1;
	plan->rule = "demand: the page";
}

const struct tern_policy tern_policy_demand = {
	.version = TERN_POLICY_VERSION,
	.name = "demand",
	.help = "the faulting page alone",
	.chunk_state_bytes = sizeof(struct tern_policy_reads),
	.fault = fault,
};
