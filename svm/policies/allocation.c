/* SPDX-License-Identifier: MIT */
/* Eviction in the order in which chunks came to the device; advice of the program goes first. */
#include "svm/policies/policies.h"

static bool before(const struct tern_policy_candidate *a, const struct tern_policy_candidate *b)
{
	int x = tern_policy_advice_rank(a->advice), y = tern_policy_advice_rank(b->advice);
	if (x != y)
		return x < y;
	if (a->allocated != b->allocated)
		return a->allocated < b->allocated;
	return a->chunk < b->chunk;
}

const struct tern_eviction tern_eviction_allocation = {
	.version = TERN_POLICY_VERSION,
	.name = "allocation",
	.help = "what came first goes first",
	.before = before,
};
