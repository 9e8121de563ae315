/* SPDX-License-Identifier: MIT */
/* Eviction of what has not been touched for the longest: by faults alone, or also by accesses that
 * are sampled; advice goes first. */
#include "svm/policies/policies.h"

static bool before(const struct tern_policy_candidate *a, const struct tern_policy_candidate *b)
{
	int x = tern_policy_advice_rank(a->advice), y = tern_policy_advice_rank(b->advice);
	if (x != y)
		return x < y;
	if (a->touched != b->touched)
		return a->touched < b->touched;
	return a->chunk < b->chunk;
}

const struct tern_eviction tern_eviction_recency = {
	.version = TERN_POLICY_VERSION,
	.name = "recency",
	.help = "what no fault has touched for the longest goes first",
	.before = before,
};

const struct tern_eviction tern_eviction_sampled = {
	.version = TERN_POLICY_VERSION,
	.name = "sampled",
	.help = "as recency; whether the device still uses what would go next is sampled",
	.wants_samples = true,
	.before = before,
};
