/* SPDX-License-Identifier: MIT */
/*
 * DOC: a simulator of migration
 *
 * Plays the accesses of a program to pages on two sides against a policy and an eviction, with the
 * engine's states and rules (svm/engine.h) and a model of costs (MIRROR.md's measurements), and
 * counts. One or two threads, each with its own clock; the one whose clock is behind goes next;
 * faults are served one after the other. Everything is determined by its arguments.
 */
#ifndef TERN_SVM_TESTS_POLICY_SIM_H
#define TERN_SVM_TESTS_POLICY_SIM_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/tests/test.h"
#include "svm/policies/policies.h"

/* ns */
enum {
	SIM_FAULT = 15000,
	SIM_UPGRADE = 12000,
	SIM_PAGE = 700,    /* page tables */
	SIM_COPY = 1100,   /* 4 KiB at 3.6 GB/s */
	SIM_EVICT = 10000, /* of a chunk, beyond its pages */
	SIM_ACCESS = 200,  /* the work on a page */
	SIM_HOLD = 100000, /* the engine's least */
	SIM_RECENT = 10000000,
	SIM_PIECE = 5000, /* moved ahead, beyond its pages */
};

enum { SIM_PIECE_PAGES = 128, SIM_RANGES = 128 };

enum sim_place { SIM_HOME, SIM_SHARED, SIM_AWAY };

struct sim_page {
	uint8_t place;
	bool used[2], brought[2]; /* by side: touched since it came; came without being asked for */
	uint32_t moves;
	uint64_t moved, held; /* when; until when it stays where it is */
};

struct sim_chunk {
	_Alignas(16) unsigned char state[TERN_POLICY_CHUNK_BYTES];
	uint64_t allocated, touched;
	uint32_t resident;
};

struct sim_access {
	enum tern_policy_side side;
	bool write;
	unsigned page;
	unsigned command; /* of thread 0's; another than before: that one begins. 0: none */
};

/* What command @index (1...) says about itself; false: there is none. Pages are the trace's. */
typedef bool sim_command(unsigned index, struct tern_policy_command *command,
			 struct tern_policy_use *uses);

struct sim_result {
	uint64_t faults, copied, dropped, evicted, useless, deferred, ns, plans, ahead,
		device_faults;
};

struct sim {
	const struct tern_policy *policy;
	const struct tern_eviction *eviction; /* NULL: the policy's own */
	sim_command *describe;
	unsigned queue;              /* commands that are enqueued before they begin, at most */
	unsigned running, announced; /* the one that runs, and the last one that was enqueued */
	struct tern_policy_command command; /* running */
	struct tern_policy_use uses[TERN_POLICY_USES];
	struct tern_policy_range ranges[SIM_RANGES];
	unsigned range_count;
	unsigned pages, limit, resident;
	uint64_t sequence, busy; /* busy: the engine is, until then */
	uint32_t deferrals[2];   /* in a row, of each side's fault */
	struct sim_page *page;
	struct sim_chunk *chunk;
	struct sim_result result;
	_Alignas(16) unsigned char state[TERN_POLICY_DEVICE_BYTES];
};

/* The next access of thread @thread; false: it has ended. @position: the trace's own. */
typedef bool sim_trace(unsigned thread, uint64_t position, struct sim_access *access);

static inline bool sim_has(const struct sim_page *p, enum tern_policy_side side, bool write)
{
	uint8_t own = side == TERN_SIDE_HOST ? SIM_HOME : SIM_AWAY;
	return p->place == own || (!write && p->place == SIM_SHARED);
}

static inline void sim_leave(struct sim *s, struct sim_page *p, enum tern_policy_side side)
{
	if (p->brought[side] && !p->used[side])
		s->result.useless++;
	p->brought[side] = p->used[side] = false;
}

static inline void sim_resident(struct sim *s, unsigned page, int change)
{
	s->resident += (unsigned)change;
	s->chunk[page / 512].resident += (unsigned)change;
}

/* Gives @side the page, for a plan's action; returns what that costs. */
static inline uint64_t sim_move(struct sim *s, unsigned page, enum tern_policy_side side,
				bool share)
{
	struct sim_page *p = &s->page[page];
	uint8_t place = share ? SIM_SHARED : side == TERN_SIDE_HOST ? SIM_HOME : SIM_AWAY;
	bool copy = !sim_has(p, side, false);
	if (p->place == place || (share && sim_has(p, side, false)))
		return 0;
	if (p->place == SIM_HOME)
		sim_resident(s, page, 1);
	if (place == SIM_HOME)
		sim_resident(s, page, -1);
	if (!share)
		sim_leave(s, p, side == TERN_SIDE_HOST ? TERN_SIDE_DEVICE : TERN_SIDE_HOST);
	if (copy) {
		p->brought[side] = true;
		s->result.copied++;
	} else {
		s->result.dropped++;
	}
	p->place = place;
	return SIM_PAGE + (copy ? SIM_COPY : 0);
}

/* As many as @need of the chunk's pages, where the policy wants no more to go; never of [@first,
 * @first + @count). */
static inline uint64_t sim_evict_chunk(struct sim *s, unsigned chunk, unsigned need, unsigned first,
				       unsigned count)
{
	uint64_t cost = SIM_EVICT;
	unsigned part = 512, went = 512, i = chunk * 512;
	if (!s->eviction && s->policy->part)
		part = s->policy->part(s->state, s->chunk[chunk].state);
	unsigned most = tern_max(need, part);
	for (; i < (chunk + 1) * 512 && i < s->pages && most; i++) {
		struct sim_page *p = &s->page[i];
		if (p->place == SIM_HOME || (i >= first && i < first + count))
			continue;
		went = tern_min(went, i % 512);
		most--;
		cost += SIM_PAGE + (p->place == SIM_AWAY ? SIM_COPY : 0);
		s->result.evicted++;
		sim_leave(s, p, TERN_SIDE_DEVICE);
		p->place = SIM_HOME;
		sim_resident(s, i, -1);
	}
	if (!s->chunk[chunk].resident) {
		s->chunk[chunk].allocated = 0;
		went = 0;
		i = (chunk + 1) * 512;
	}
	if (s->policy->moved)
		s->policy->moved(s->state, s->chunk[chunk].state, (uint64_t)chunk << 21, went,
				 i - chunk * 512 - went, false, TERN_MOVED_EVICTION);
	return cost;
}

static inline bool sim_before(struct sim *s, const struct tern_policy_candidate *a,
			      const struct tern_policy_candidate *b)
{
	if (s->eviction)
		return s->eviction->before(a, b);
	return s->policy->keep(s->state, s->chunk[a->chunk >> 21].state, a) <
	       s->policy->keep(s->state, s->chunk[b->chunk >> 21].state, b);
}

/* Makes room for @need pages; those of [@first, @first + @count) stay. */
static inline uint64_t sim_room(struct sim *s, unsigned need, unsigned first, unsigned count)
{
	uint64_t cost = 0;
	while (s->resident + need > s->limit) {
		struct tern_policy_candidate best = {0}, c = {0};
		unsigned own = first / 512, victim = own;
		for (unsigned i = 0; i * 512 < s->pages; i++) {
			struct sim_chunk *k = &s->chunk[i];
			if (!k->resident || i == own)
				continue;
			c.chunk = (uint64_t)i << 21;
			c.allocated = k->allocated;
			c.touched = k->touched;
			c.pages = k->resident;
			c.next_use = UINT32_MAX;
			if (victim == own || sim_before(s, &c, &best)) {
				best = c;
				victim = i;
			}
		}
		unsigned before = s->resident;
		cost += sim_evict_chunk(s, victim, before + need - s->limit, first, count);
		REQUIRE(s->resident < before); /* a plan that fits leaves something to evict */
	}
	return cost;
}

static inline void sim_bits(const struct sim *s, unsigned chunk, tern_page_bits *bits)
{
	memset(bits, 0, 3 * sizeof(*bits));
	for (unsigned i = 0; i < 512 && chunk * 512 + i < s->pages; i++) {
		uint64_t bit = (uint64_t)1 << i % 64;
		uint8_t place = s->page[chunk * 512 + i].place;
		bits[2][i / 64] |= bit;
		if (place != SIM_SHARED)
			bits[place == SIM_AWAY][i / 64] |= bit;
	}
}

static inline uint32_t sim_use(const struct sim *s, const struct sim_access *a)
{
	uint64_t at = (uint64_t)a->page * 4096;
	for (uint32_t i = 0; a->side == TERN_SIDE_DEVICE && s->running && i < s->command.use_count;
	     i++)
		if (at >= s->uses[i].start && at < s->uses[i].end)
			return i;
	return TERN_POLICY_NO_USE;
}

static inline void sim_ask(struct sim *s, const struct sim_access *a, uint64_t now,
			   uint32_t deferrals, struct tern_policy_plan *plan)
{
	tern_page_bits bits[3];
	struct sim_page *p = &s->page[a->page];
	sim_bits(s, a->page / 512, bits);
	struct tern_policy_fault fault = {
		.address = (uint64_t)a->page * 4096,
		.page = a->page % 512,
		.side = a->side,
		.write = a->write,
		.time_us = now / 1000,
		.command = a->side == TERN_SIDE_DEVICE,
		.host = bits[0],
		.device = bits[1],
		.mapped = bits[2],
		.resident_pages = s->resident,
		.limit_pages = s->limit,
		.running = a->side == TERN_SIDE_DEVICE && s->running ? &s->command : NULL,
		.use = sim_use(s, a),
		.moved_recently = p->moves && now - p->moved < SIM_RECENT ? p->moves : 0,
		.deferrals = deferrals,
	};
	struct tern_policy_plan raw = {
		.action = TERN_PLAN_MIGRATE, .first = fault.page, .count = 1};
	static _Alignas(16) unsigned char again[TERN_POLICY_DEVICE_BYTES];
	_Alignas(16) unsigned char chunk_again[TERN_POLICY_CHUNK_BYTES];
	size_t bytes = s->policy->device_state_bytes;
	/* Large states are compared now and then. */
	bool compare = bytes <= 4096 || s->result.faults % 64 == 0;
	if (compare) {
		memcpy(again, s->state, bytes);
		memcpy(chunk_again, s->chunk[a->page / 512].state, sizeof(chunk_again));
	}
	tern_policy_ask(s->policy, s->state, s->chunk[a->page / 512].state, &fault, plan);
	s->result.plans = s->result.plans * 31 + plan->first * 7 + plan->count + plan->hold_us * 3;
	if (!compare)
		return;
	/* The same question gets the same answer, and it needs no correction. */
	s->policy->fault(again, chunk_again, &fault, &raw);
	REQUIRE(!memcmp(again, s->state, bytes));
	REQUIRE(raw.action == plan->action && raw.first == plan->first &&
		raw.count == plan->count && raw.hold_us == plan->hold_us);
	REQUIRE(raw.first <= fault.page && fault.page - raw.first < raw.count);
	REQUIRE(raw.first + raw.count <= 512 && raw.count <= s->limit);
}

static inline uint64_t sim_act(struct sim *s, const struct sim_access *a,
			       const struct tern_policy_plan *plan, uint64_t now)
{
	unsigned base = a->page / 512 * 512, first = base + plan->first, need = 0;
	unsigned end = tern_min(first + plan->count, s->pages);
	bool share = plan->action == TERN_PLAN_SHARE,
	     copy = !sim_has(&s->page[a->page], a->side, 0);
	struct sim_chunk *chunk = &s->chunk[a->page / 512];
	uint64_t cost = copy ? SIM_FAULT : SIM_UPGRADE;
	for (unsigned i = first; i < end && a->side == TERN_SIDE_DEVICE; i++)
		need += s->page[i].place == SIM_HOME && s->page[i].held <= now;
	cost += sim_room(s, need, first, end - first);
	if (!chunk->resident && a->side == TERN_SIDE_DEVICE)
		chunk->allocated = ++s->sequence;
	chunk->touched = ++s->sequence;
	uint64_t held = tern_max((uint64_t)SIM_HOLD, plan->hold_us * (uint64_t)1000);
	for (unsigned i = first; i < end; i++) {
		struct sim_page *p = &s->page[i];
		if (i != a->page && p->held > now)
			continue;
		uint64_t moved = sim_move(s, i, a->side, share);
		if (!moved)
			continue;
		cost += moved;
		p->moves = now - p->moved < SIM_RECENT ? p->moves + 1 : 1;
		p->moved = now;
		p->held = now + cost + (share ? 0 : held);
	}
	return cost;
}

static inline void sim_wish(struct sim *s, const struct tern_policy_range *ranges, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (s->range_count == SIM_RANGES)
			memmove(&s->ranges[0], &s->ranges[1], --s->range_count * sizeof(*ranges));
		s->ranges[s->range_count++] = ranges[i];
	}
}

/* The next piece of the first range; what it costs. */
static inline uint64_t sim_piece(struct sim *s, uint64_t now)
{
	struct tern_policy_range *r = &s->ranges[0];
	bool copy = r->way == TERN_AHEAD_COPY;
	uint64_t end = tern_min(r->end / 4096, (uint64_t)s->pages), cost = 0;
	unsigned page = (unsigned)(r->start / 4096), first, count = 0;
	while (page < end && s->page[page].place != SIM_HOME)
		page++;
	first = page;
	while (page < end && page / 512 == first / 512 && page - first < SIM_PIECE_PAGES)
		count += s->page[page++].place == SIM_HOME;
	r->start = (uint64_t)page * 4096;
	bool short_of_it = s->resident + count > s->limit && !r->room;
	if (page >= end || short_of_it)
		memmove(&s->ranges[0], &s->ranges[1], --s->range_count * sizeof(*r));
	if (!count || short_of_it)
		return 0;
	cost = SIM_PIECE + sim_room(s, count, first, page - first);
	struct sim_chunk *chunk = &s->chunk[first / 512];
	if (!chunk->resident)
		chunk->allocated = ++s->sequence;
	chunk->touched = ++s->sequence;
	for (unsigned i = first; i < page; i++) {
		uint64_t moved = s->page[i].held > now ? 0 : sim_move(s, i, TERN_SIDE_DEVICE, copy);
		cost += moved;
		s->result.ahead += moved != 0;
	}
	if (s->policy->moved)
		s->policy->moved(s->state, chunk->state, (uint64_t)(first / 512) << 21, first % 512,
				 page - first, true, TERN_MOVED_AHEAD);
	return cost;
}

/* What is done ahead until @now, when nobody faults. */
static inline void sim_ahead(struct sim *s, uint64_t now)
{
	while (s->range_count && s->busy < now)
		s->busy += sim_piece(s, s->busy);
}

static inline void sim_tell(struct sim *s, unsigned index, enum tern_policy_event event,
			    uint64_t now)
{
	struct tern_policy_use uses[TERN_POLICY_USES];
	struct tern_policy_command command = {.number = index, .uses = uses};
	struct tern_policy_range ranges[TERN_POLICY_AHEAD];
	if (!index || !s->describe || !s->describe(index, &command, uses))
		return;
	struct tern_policy_moment moment = {.event = event,
					    .command = &command,
					    .time_us = now / 1000,
					    .resident_pages = s->resident,
					    .limit_pages = s->limit};
	unsigned count = tern_policy_ask_ahead(s->policy, s->state, &moment, ranges);
	for (unsigned i = s->range_count; event == TERN_COMMAND_ENDED && i-- > 0;)
		if (!s->ranges[i].command || s->ranges[i].command == index)
			memmove(&s->ranges[i], &s->ranges[i + 1],
				(--s->range_count - i) * sizeof(s->ranges[0]));
	sim_wish(s, ranges, event == TERN_COMMAND_ENDED ? 0 : count);
	if (event != TERN_COMMAND_BEGINS)
		return;
	memcpy(s->uses, uses, sizeof(uses));
	s->command = command;
	s->command.uses = s->uses;
}

/* Command @index begins; others wait behind it. */
static inline void sim_begin(struct sim *s, unsigned index, uint64_t now)
{
	struct tern_policy_use uses[TERN_POLICY_USES];
	struct tern_policy_command command;
	s->busy = tern_max(s->busy, now);
	sim_tell(s, s->running, TERN_COMMAND_ENDED, now);
	sim_tell(s, index, TERN_COMMAND_BEGINS, now);
	s->running = index;
	for (unsigned next = tern_max(s->announced, index) + 1;
	     next <= index + s->queue && s->describe(next, &command, uses); next++) {
		sim_tell(s, next, TERN_COMMAND_QUEUED, now);
		s->announced = next;
	}
}

/* Serves a fault that a thread meets at @now; when it goes on. */
static inline uint64_t sim_fault(struct sim *s, const struct sim_access *a, uint64_t now)
{
	struct sim_page *p = &s->page[a->page];
	struct tern_policy_plan plan;
	if (!s->deferrals[a->side]) {
		s->result.faults++;
		s->result.device_faults += a->side == TERN_SIDE_DEVICE;
	}
	now = tern_max(now, s->busy);
	if (p->held > now && p->place != SIM_SHARED) {
		s->result.deferred++;
		return p->held; /* and tries again */
	}
	sim_ask(s, a, now, s->deferrals[a->side]++, &plan);
	if (plan.action == TERN_PLAN_DEFER) {
		s->result.deferred++;
		return now + plan.hold_us * (uint64_t)1000; /* likewise */
	}
	s->deferrals[a->side] = 0;
	now += sim_act(s, a, &plan, now);
	sim_wish(s, plan.ahead, plan.ahead_count);
	REQUIRE(sim_has(p, a->side, a->write));
	REQUIRE(s->resident <= s->limit);
	s->busy = now;
	p->used[a->side] = true;
	return now;
}

static inline void sim_threads(struct sim *s, sim_trace *trace, unsigned threads)
{
	uint64_t clock[2] = {0, 0}, position[2] = {0, 0};
	bool done[2] = {false, threads < 2};
	while (!done[0] || !done[1]) {
		unsigned t = done[0] || (!done[1] && clock[1] < clock[0]);
		struct sim_access a = {0};
		if (!trace(t, position[t], &a)) {
			done[t] = true;
			s->result.ns = tern_max(s->result.ns, clock[t]);
			continue;
		}
		REQUIRE(a.page < s->pages);
		struct sim_page *p = &s->page[a.page];
		if (s->describe && a.command && a.command != s->running)
			sim_begin(s, a.command, clock[t]);
		if (!sim_has(p, a.side, a.write))
			sim_ahead(s, clock[t]);
		if (!sim_has(p, a.side, a.write)) {
			clock[t] = sim_fault(s, &a, clock[t]);
			if (!sim_has(p, a.side, a.write))
				continue;
		}
		s->deferrals[a.side] = 0;
		p->used[a.side] = true;
		clock[t] += SIM_ACCESS;
		position[t]++;
	}
}

struct sim_program {
	sim_trace *trace;
	unsigned threads, pages, limit; /* of pages that the device can hold; 0: more than all */
	sim_command *describe;          /* NULL: nothing is known of commands */
	unsigned queue;
};

static inline const struct tern_eviction *sim_eviction(const struct tern_policy *policy,
						       const char *name)
{
	const struct tern_eviction *eviction;
	EXPECT(tern_eviction_choose(policy, name, &eviction));
	return eviction;
}

static inline struct sim_result sim_run(const struct tern_policy *policy, const char *options,
					const struct tern_eviction *eviction,
					const struct sim_program *program)
{
	struct sim *s = calloc(1, sizeof(*s));
	unsigned pages = program->pages;
	REQUIRE(s);
	s->policy = policy;
	s->eviction = eviction;
	s->describe = program->describe;
	s->queue = program->queue;
	s->pages = pages;
	s->limit = program->limit ? program->limit : pages * 4 + 4 * TERN_POLICY_PAGES;
	s->page = calloc(pages, sizeof(*s->page));
	s->chunk = aligned_alloc(64, tern_round_up(pages / 512 + 1, 2) * sizeof(*s->chunk));
	REQUIRE(s->page && s->chunk);
	memset(s->chunk, 0, (pages / 512 + 1) * sizeof(*s->chunk));
	REQUIRE(tern_policy_start(policy, s->state, options));
	sim_threads(s, program->trace, program->threads);
	for (unsigned i = 0; i < pages; i++) {
		sim_leave(s, &s->page[i], TERN_SIDE_HOST);
		sim_leave(s, &s->page[i], TERN_SIDE_DEVICE);
	}
	struct sim_result result = s->result;
	free(s->page);
	free(s->chunk);
	free(s);
	return result;
}

#endif
