/* SPDX-License-Identifier: MIT */
/*
 * Eviction with a second chance: what came back after it had been evicted, which is as near as the
 * engine sees to use, goes after what did not, the more often the later. Among equals in the order
 * in which chunks came. Advice goes first.
 */
#include "svm/policies/policies.h"

#define RETURNS_MOST 8u

static bool before(const struct tern_policy_candidate *a, const struct tern_policy_candidate *b)
{
	int x = tern_policy_advice_rank(a->advice), y = tern_policy_advice_rank(b->advice);
	uint32_t p = tern_min(a->returns, RETURNS_MOST), q = tern_min(b->returns, RETURNS_MOST);
	if (x != y)
		return x < y;
	if (p != q)
		return p < q;
	if (a->allocated != b->allocated)
		return a->allocated < b->allocated;
	return a->chunk < b->chunk;
}

const struct tern_eviction tern_eviction_chance = {
	.version = TERN_POLICY_VERSION,
	.name = "chance",
	.help = "what has come back the least often goes first, then what came first",
	.before = before,
};
