/* SPDX-License-Identifier: MIT */
/*
 * A migration policy of one's own: brings aligned blocks, half as large each time that faults jump
 * about in the chunk, and never more than the device has room for.
 *
 *     cc -std=c17 -O2 -shared -fPIC -I<where svm/policy.h is> policy_halves.c -o policy_halves.so
 *     TERN_DEVICES=cpu,accel TERN_POLICY=$PWD/policy_halves.so:pages=128 ./program
 *
 * The rules: nothing but the arguments is read or written; no locks, no allocation, no clock, no
 * input and output. The same questions in the same order must get the same answers.
 */
#include "svm/policy.h"

#include <stdlib.h>
#include <string.h>

/* For the device: what init() makes of the options. */
struct state {
	unsigned pages;
};

/* For each chunk; zeros at first. */
struct chunk {
	uint16_t last;  /* page of the last fault, + 1 */
	uint16_t jumps; /* how often the next fault was not near it */
};

_Static_assert(sizeof(struct state) <= TERN_POLICY_DEVICE_BYTES, "device state");
_Static_assert(sizeof(struct chunk) <= TERN_POLICY_CHUNK_BYTES, "chunk state");

/* "pages=N", a power of two up to 512. Called once, not by the engine's thread: may use libc. */
static bool init(void *device_state, const char *option)
{
	struct state *s = device_state;
	char *end;
	s->pages = 64;
	if (!*option)
		return true;
	if (strncmp(option, "pages=", 6) != 0)
		return false;
	unsigned long n = strtoul(option + 6, &end, 10);
	if (*end || !n || n > 512 || n & (n - 1))
		return false;
	s->pages = (unsigned)n;
	return true;
}

static void fault(void *device_state, void *chunk_state, const struct tern_policy_fault *f,
		  struct tern_policy_plan *plan)
{
	const struct state *s = device_state;
	struct chunk *c = chunk_state;
	unsigned pages = s->pages;
	unsigned distance = c->last > f->page ? c->last - f->page : f->page - c->last;

	if (c->last && distance > 2 * pages && c->jumps < 9)
		c->jumps++;
	c->last = (uint16_t)(f->page + 1);

	pages >>= c->jumps; /* random: less and less */
	while (pages > 1 && f->side == TERN_SIDE_DEVICE &&
	       f->resident_pages + pages > f->limit_pages)
		pages /= 2;
	if (!pages)
		pages = 1;

	plan->action = f->write ? TERN_PLAN_MIGRATE : TERN_PLAN_SHARE;
	plan->first = f->page / pages * pages;
	plan->count = pages;
	plan->rule = "halves";
}

/* The one symbol that Tern looks for. */
const struct tern_policy tern_policy = {
	.version = TERN_POLICY_VERSION,
	.name = "halves",
	.help = "an example: aligned blocks that shrink under pressure; pages=64",
	.device_state_bytes = sizeof(struct state),
	.chunk_state_bytes = sizeof(struct chunk),
	.init = init,
	.fault = fault,
};
