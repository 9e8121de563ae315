/* SPDX-License-Identifier: MIT */
#include "tools/replay.h"

#define PAGE_BYTES ((uint64_t)4096)

/* What has been read of a command, whose parts are steps of their own. */
struct play {
	struct tern_replay *replay;
	uint64_t owners[TERN_DEVMEM_OWNERS]; /* the commands whose faults carry that number */
	struct tern_space_command command;
	enum tern_policy_event event;
	uint32_t missing; /* uses */
	bool items;       /* are missing, too */
};

static uint32_t owner_of(const struct play *p, uint64_t command)
{
	for (uint32_t i = 0; i < TERN_DEVMEM_OWNERS; i++)
		if (p->owners[i] == command)
			return i;
	return TERN_DEVMEM_NO_OWNER;
}

static int told(struct play *p)
{
	if (p->missing || p->items || !p->command.number)
		return 0;
	uint32_t owner = p->event == TERN_COMMAND_BEGINS ? owner_of(p, p->command.number)
							 : TERN_DEVMEM_NO_OWNER;
	int error = tern_replay_tell(p->replay, p->event, owner, &p->command);
	p->command.number = 0;
	return error;
}

static int tell_command(struct play *p, const struct replay_step *s)
{
	p->command = (struct tern_space_command){.number = s->a, .kernel = s->b};
	p->event = s->flags <= TERN_COMMAND_ENDED ? (enum tern_policy_event)s->flags
						  : TERN_COMMAND_ENDED;
	p->items = p->event != TERN_COMMAND_ENDED;
	p->missing = p->items ? s->x : 0;
	return told(p);
}

static int tell_items(struct play *p, const struct replay_step *s)
{
	p->command.items = s->a;
	p->command.first = s->b;
	p->items = false;
	return told(p);
}

static int tell_use(struct play *p, const struct replay_step *s)
{
	struct tern_space_command *c = &p->command;
	if (!p->missing || s->a > UINT64_MAX - s->b)
		return 0;
	p->missing--;
	if (c->use_count < TERN_POLICY_USES)
		c->uses[c->use_count++] = (struct tern_policy_use){.address = s->a + s->x,
								   .start = s->a,
								   .end = s->a + s->b,
								   .argument = s->n,
								   .flags = s->flags};
	return told(p);
}

static int owner(struct play *p, const struct replay_step *s)
{
	if (s->x < TERN_DEVMEM_OWNERS)
		p->owners[s->x] = s->a;
	return tern_replay_command(p->replay);
}

static enum tern_policy_side side_of(const struct replay_step *s)
{
	return s->flags & TERN_TRACE_HOST ? TERN_SIDE_HOST : TERN_SIDE_DEVICE;
}

static int play_step(struct play *p, const struct replay_step *s)
{
	struct tern_replay *r = p->replay;
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
		return owner(p, s);
	case TERN_TRACE_COMMAND:
		return tell_command(p, s);
	case TERN_TRACE_ITEMS:
		return tell_items(p, s);
	case TERN_TRACE_USE:
		return tell_use(p, s);
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
	struct play p = {.replay = r};
	for (size_t i = 0; !error && i < h->count; i++)
		error = play_step(&p, &h->steps[i]);
	tern_replay_result(r, out);
	tern_replay_destroy(r);
	return error;
}
