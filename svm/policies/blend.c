/* SPDX-License-Identifier: MIT */
/*
 * Blend: density while the device has room, where what lies near is likely to be used some time,
 * and sequential when it is full, where it is likely to be pushed out before. The leaves are of 8
 * pages: a fault costs about as much as so many pages, so what accesses without any pattern bring
 * in vain at most doubles their cost.
 */
#include <string.h>

#include "svm/policies/policies.h"

struct state {
	_Alignas(16) unsigned char density[64];
	_Alignas(16) unsigned char sequential[1536];
};

/* The options are those of density; the last one of a name counts. */
static bool init(void *device_state, const char *text)
{
	struct state *s = device_state;
	char options[300] = "leaf=8";
	if (strlen(text) > sizeof(options) - 16)
		return false;
	if (*text)
		strcat(strcat(options, ","), text);
	if (tern_policy_density.device_state_bytes > sizeof(s->density) ||
	    tern_policy_sequential.device_state_bytes > sizeof(s->sequential))
		return false; /* a change of theirs was not followed here: tests say so */
	return tern_policy_sequential.init(s->sequential, "") &&
	       tern_policy_density.init(s->density, options);
}

/* Both keep the same for a chunk, and share it. */
static void fault(void *device_state, void *chunk_state, const struct tern_policy_fault *f,
		  struct tern_policy_plan *plan)
{
	struct state *s = device_state;
	if (tern_policy_full(f))
		tern_policy_sequential.fault(s->sequential, chunk_state, f, plan);
	else
		tern_policy_density.fault(s->density, chunk_state, f, plan);
}

const struct tern_policy tern_policy_blend = {
	.version = TERN_POLICY_VERSION,
	.name = "blend",
	.help = "density while the device has room, sequential when it is full; "
		"percent=51, leaf=8 (pages)",
	.device_state_bytes = sizeof(struct state),
	.chunk_state_bytes = sizeof(struct tern_policy_reads),
	.init = init,
	.fault = fault,
};
