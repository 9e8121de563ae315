/* SPDX-License-Identifier: MIT */
#include "tools/replay.h"

#define PAGE_BYTES ((uint64_t)4096)

static enum tern_policy_side side_of(const struct replay_step *s)
{
	return s->flags & TERN_TRACE_HOST ? TERN_SIDE_HOST : TERN_SIDE_DEVICE;
}

static int play_step(struct tern_replay *r, const struct replay_step *s)
{
	int n;
	tern_replay_pass(r, s->gap_ns);
	switch (s->kind) {
	case TERN_TRACE_FAULT:
		n = tern_replay_access(r, side_of(s), s->a, s->flags & TERN_TRACE_WRITE, s->x);
		return n < 0 ? n : 0;
	case TERN_TRACE_MOVED:
		return tern_replay_contents(r, s->a, s->x, (s->flags & 15) == TERN_TRACE_ZEROED);
	case TERN_TRACE_MAPPED:
		return tern_replay_mapped(
			r, s->a, s->b,
			(s->flags & TERN_TRACE_WRITABLE ? TERN_REPLAY_WRITABLE : 0u) |
				(s->flags & TERN_TRACE_FILE ? TERN_REPLAY_FILE : 0u));
	case TERN_TRACE_REMOVED:
		tern_replay_removed(r, s->a, s->b, s->flags & 1);
		return 0;
	case TERN_TRACE_REMAPPED:
		return tern_replay_remapped(r, s->a, s->b, s->x * PAGE_BYTES);
	case TERN_TRACE_REQUEST:
		return tern_replay_migrate(r,
					   s->n == UINT16_MAX ? TERN_SIDE_HOST : TERN_SIDE_DEVICE,
					   s->a, s->b, s->flags);
	case TERN_TRACE_ADVICE:
		return tern_replay_advise(r, s->a, s->b, s->x);
	case TERN_TRACE_OWNER:
		return tern_replay_command(r);
	case TERN_TRACE_DEVICE:
		return tern_replay_detach(r);
	default:
		return 0;
	}
}

int replay_play(const struct replay_history *h, const struct tern_replay_setup *setup,
		struct tern_replay_result *out)
{
	struct tern_replay *r;
	int error = tern_replay_create(setup, &r);
	if (error)
		return error;
	for (size_t i = 0; !error && i < h->count; i++)
		error = play_step(r, &h->steps[i]);
	tern_replay_result(r, out);
	tern_replay_destroy(r);
	return error;
}
