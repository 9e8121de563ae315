/* SPDX-License-Identifier: MIT */
/* What is moved before a command, and the next one, faults on it. See learn.h. */
#include "svm/policies/learn.h"

#define PAGE  UINT64_C(4096)
#define CHUNK ((uint64_t)2 << 20)
#define PARTS 24u /* ranges into which what a command touches is cut, about */

struct list {
	struct tern_policy_range *out;
	unsigned count;
	bool room;
};

/* What of @use comes after @from: at most @most bytes; start == end: nothing. */
static struct learn_guess next(const struct learn *l, const struct learn_command *c,
			       const struct learn_use *use, uint64_t from, uint64_t most)
{
	struct learn_guess g = {0, 0};
	if (l->features & LEARN_LOOKAHEAD)
		g = learn_guess(l, c, use);
	if (g.start < g.end) {
		g.start = tern_max(g.start, from);
		g.end = tern_min(g.end, g.start + most);
		return g;
	}
	if (!(l->features & LEARN_FOOTPRINT) || !learn_same_blocks(&l->models[use->model], c))
		return g;
	/* What lies before a pointer is something else, though its block begins there. */
	uint64_t begin =
		(l->features & LEARN_POINTER) && use->guessed ? use->address & ~(PAGE - 1) : 0;
	g = learn_run(&l->models[use->model], use, from, most);
	g.start = tern_max(g.start, begin);
	return g;
}

static uint64_t bytes_of(const struct learn *l, const struct learn_command *c)
{
	uint64_t bytes = 0;
	for (uint32_t i = 0; i < c->use_count; i++) {
		struct learn_guess g = next(l, c, &c->uses[i], 0, UINT64_MAX / 2);
		while (g.start < g.end) {
			bytes += g.end - g.start;
			g = next(l, c, &c->uses[i], g.end, UINT64_MAX / 2);
		}
	}
	return bytes;
}

/* A part of each use in turn, since that is how a command goes through them. */
static void emit(const struct learn *l, const struct learn_command *c, struct list *list)
{
	uint64_t part = tern_max(bytes_of(l, c) / PARTS, CHUNK), from[TERN_POLICY_USES] = {0};
	for (bool any = true; any && list->count < TERN_POLICY_AHEAD;) {
		any = false;
		for (uint32_t i = 0; i < c->use_count && list->count < TERN_POLICY_AHEAD; i++) {
			const struct learn_use *use = &c->uses[i];
			struct learn_guess g = next(l, c, use, from[i], part);
			if (g.start >= g.end)
				continue;
			bool copy = use->read_only || !l->models[use->model].writes;
			list->out[list->count++] = (struct tern_policy_range){
				.start = g.start,
				.end = g.end,
				.command = c->number,
				.way = copy ? TERN_AHEAD_COPY : TERN_AHEAD_TO_DEVICE,
				.room = list->room};
			from[i] = g.end;
			any = true;
		}
	}
}

/* What runs, and of what waits as much as is worth an eviction. */
static unsigned begins(struct learn *l, const struct learn_command *c,
		       struct tern_policy_range *out)
{
	struct list list = {.out = out};
	uint64_t bytes = bytes_of(l, c);
	list.room = bytes / PAGE <= l->limit / 4;
	emit(l, c, &list);
	list.room = true;
	for (const struct learn_command *w = learn_command_next(l, false, 0); w && bytes;
	     w = learn_command_next(l, false, w->order)) {
		bytes += bytes_of(l, w);
		if (bytes / PAGE > l->limit / 4)
			break;
		emit(l, w, &list);
	}
	return list.count;
}

/* What runs and waits before @c, and @c, are not too much to be there at once. */
static unsigned waits(struct learn *l, const struct learn_command *c, struct tern_policy_range *out)
{
	struct list list = {.out = out, .room = true};
	uint64_t bytes = 0;
	for (unsigned i = 0; i < LEARN_COMMANDS; i++)
		if (l->commands[i].number && l->commands[i].order <= c->order)
			bytes += bytes_of(l, &l->commands[i]);
	if (bytes / PAGE <= l->limit / 4)
		emit(l, c, &list);
	return list.count;
}

unsigned learn_ahead(void *device_state, const struct tern_policy_moment *moment,
		     struct tern_policy_range *out)
{
	struct learn *l = device_state;
	struct learn_command *c;
	bool ran;
	bool moves = l->features & (LEARN_LOOKAHEAD | LEARN_FOOTPRINT);
	l->limit = moment->limit_pages;
	switch (moment->event) {
	case TERN_COMMAND_QUEUED:
		c = learn_command_note(l, moment->command, false);
		return moves ? waits(l, c, out) : 0;
	case TERN_COMMAND_BEGINS:
		c = learn_command_note(l, moment->command, true);
		learn_early_again(l, c);
		return moves ? begins(l, c, out) : 0;
	case TERN_COMMAND_ENDED:
		c = learn_command_find(l, moment->command->number);
		if (!c)
			return 0;
		ran = c->running;
		learn_command_ended(l, c);
		return ran && (l->features & LEARN_HOST) ? learn_host_ended(l, c, out) : 0;
	}
	return 0;
}
