/* SPDX-License-Identifier: MIT */
/* Eviction of what no command that is known will touch, or the one that comes last; among equals
 * what has not been faulted on or moved for the longest. Advice goes first. */
#include "svm/policies/policies.h"

static bool before(const struct tern_policy_candidate *a, const struct tern_policy_candidate *b)
{
	int x = tern_policy_advice_rank(a->advice), y = tern_policy_advice_rank(b->advice);
	if (x != y)
		return x < y;
	if (a->next_use != b->next_use)
		return a->next_use > b->next_use;
	if (a->touched != b->touched)
		return a->touched < b->touched;
	return a->chunk < b->chunk;
}

const struct tern_eviction tern_eviction_dead = {
	.version = TERN_POLICY_VERSION,
	.name = "dead",
	.help = "what no known command will touch goes first, then what is touched last",
	.wants_commands = true,
	.before = before,
};
