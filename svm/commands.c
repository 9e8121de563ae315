/* SPDX-License-Identifier: MIT */
/*
 * What commands say about themselves. Threads put notes into a bounded queue (each place has a
 * turn: the number of the note that may be written there, and that plus one when it can be read);
 * the engine reads them before it serves faults, so a command that runs is known at its first one.
 * It is woken for a note only where the policy may have something to do.
 */
#include "svm/trap.h"

#include <string.h>

#define NEIGHBOURS_MOST 128u

static struct engine *listener(const struct tern_devmem *devmem)
{
	struct engine *e = space_engine();
	return e && devmem && devmem->engine && e->wants_commands ? e : NULL;
}

bool tern_space_wants_commands(const struct tern_devmem *devmem)
{
	return devmem && devmem->mirror ? trap_wants_commands(devmem) : listener(devmem) != NULL;
}

/* The next place to write, or NULL: all are taken. */
static struct note *claim(struct notes *notes, uint64_t *turn)
{
	uint64_t at = atomic_load_explicit(&notes->tail, memory_order_relaxed);
	for (;;) {
		struct note *n = &notes->notes[at % NOTES_MAX];
		uint64_t now = atomic_load_explicit(&n->turn, memory_order_acquire);
		if (now == at) {
			if (atomic_compare_exchange_weak(&notes->tail, &at, at + 1)) {
				*turn = at;
				return n;
			}
		} else if (now < at) {
			return NULL;
		} else {
			at = atomic_load_explicit(&notes->tail, memory_order_relaxed);
		}
	}
}

static uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 29;
}

/* The same was said, and nothing has moved since: there is nothing to move for it either. */
static bool is_quiet(struct engine *e, enum note_kind kind, const struct tern_devmem *devmem,
		     const struct tern_space_command *c)
{
	uint64_t h = mix(mix(c->kernel, c->items), c->first);
	h = mix(mix(h, kind), (uintptr_t)devmem);
	for (uint32_t i = 0; i < c->use_count; i++)
		h = mix(h, c->uses[i].address);
	uint64_t value = mix(h, atomic_load_explicit(&e->moves, memory_order_relaxed));
	_Atomic uint64_t *place = &e->notes->quiet[h % tern_array_size(e->notes->quiet)];
	return atomic_exchange_explicit(place, value, memory_order_relaxed) == value;
}

/* Something has moved since a command ended last: what this one has written may be to go home. */
static bool has_moved(struct engine *e)
{
	uint64_t moves = atomic_load_explicit(&e->moves, memory_order_relaxed);
	return atomic_exchange_explicit(&e->notes->ended, moves, memory_order_relaxed) != moves;
}

static bool policy_may_act(struct engine *e, enum note_kind kind, const struct tern_devmem *devmem,
			   const struct tern_space_command *command)
{
	if (!e->policy->ahead)
		return false;
	return command ? !is_quiet(e, kind, devmem, command) : has_moved(e);
}

static void say(struct engine *e, enum note_kind kind, struct tern_devmem *devmem, unsigned owner,
		const struct tern_space_command *command, uint64_t number)
{
	uint64_t turn;
	struct note *n = claim(e->notes, &turn);
	if (!n) {
		atomic_store(&e->notes->lost, true);
		engine_poke(e);
		return;
	}
	n->kind = kind;
	n->owner = owner;
	n->devmem = devmem;
	if (command) {
		memcpy(&n->command, command, offsetof(struct tern_space_command, uses));
		n->command.use_count = tern_min(command->use_count, TERN_POLICY_USES);
		memcpy(n->command.uses, command->uses,
		       n->command.use_count * sizeof(command->uses[0]));
	} else {
		n->command.number = number;
		n->command.use_count = 0;
	}
	atomic_store_explicit(&n->turn, turn + 1, memory_order_release);
	bool crowded = turn % (NOTES_MAX / 2) == 0;
	if (policy_may_act(e, kind, devmem, command) || crowded)
		engine_poke(e);
}

/* Of a kernel device there is no engine to tell. */
static void tell(enum note_kind kind, struct tern_devmem *devmem, unsigned owner,
		 const struct tern_space_command *command, uint64_t number)
{
	struct engine *e;
	if (devmem && devmem->mirror)
		trap_command(devmem, kind, owner, command, number);
	else if ((e = listener(devmem)))
		say(e, kind, devmem, owner, command, number);
}

void tern_space_command_queued(struct tern_devmem *devmem, const struct tern_space_command *command)
{
	tell(NOTE_QUEUED, devmem, TERN_DEVMEM_NO_OWNER, command, 0);
}

void tern_space_command_begins(struct tern_devmem *devmem, unsigned owner,
			       const struct tern_space_command *command)
{
	tell(NOTE_BEGINS, devmem, owner, command, 0);
}

void tern_space_command_ended(struct tern_devmem *devmem, uint64_t number)
{
	tell(NOTE_ENDED, devmem, TERN_DEVMEM_NO_OWNER, NULL, number);
}

/* From here on: the engine's thread, but for advance_of(). */

static struct known *known_find(struct device *device, uint64_t number)
{
	for (unsigned i = 0; i < KNOWN_MAX; i++)
		if (device->known_numbers[i] == number)
			return &device->known[i];
	return NULL;
}

struct advance *advance_of(struct device *device, uint64_t number)
{
	struct known *k = number ? known_find(device, number) : NULL;
	return k ? &device->advances[k - device->known] : NULL;
}

const struct tern_policy_command *command_of(const struct device *device, uint32_t owner)
{
	const struct known *k = owner < TERN_DEVMEM_NO_OWNER ? device->running[owner] : NULL;
	return k ? &k->command : NULL;
}

uint32_t command_use(const struct tern_policy_command *command, uint64_t address)
{
	uint32_t best = TERN_POLICY_NO_USE;
	uint64_t least = UINT64_MAX;
	for (uint32_t i = 0; command && i < command->use_count; i++) {
		const struct tern_policy_use *use = &command->uses[i];
		if (address >= use->start && address < use->end && use->end - use->start < least) {
			least = use->end - use->start;
			best = i;
		}
	}
	return best;
}

/*
 * The mapping around @address. What is registered with the userfaultfd is a mapping of its own for
 * the kernel; for the program it is one with its neighbours.
 */
static bool whole_mapping(struct engine *e, uint64_t address, struct pointer *out)
{
	struct vma vma, next;
	if (address >= ADDRESS_END || !e->host->mapping(e, address, false, &vma))
		return false;
	*out = (struct pointer){.address = address, .start = vma.start, .end = vma.end};
	for (unsigned i = 0; i < NEIGHBOURS_MOST && e->host->mapping(e, out->end, false, &next) &&
			     next.flags == vma.flags;
	     i++)
		out->end = next.end;
	for (unsigned i = 0;
	     i < NEIGHBOURS_MOST && out->start &&
	     e->host->mapping(e, out->start - 1, false, &next) && next.flags == vma.flags;
	     i++)
		out->start = next.start;
	return true;
}

static const struct pointer *pointer_get(struct engine *e, struct device *device, uint64_t address)
{
	struct pointer *oldest = &device->pointers[0];
	for (unsigned i = 0; i < POINTERS_MAX; i++) {
		struct pointer *p = &device->pointers[i];
		if (p->address == address) {
			p->used = ++device->pointers_used;
			return p;
		}
		if (p->used < oldest->used)
			oldest = p;
	}
	struct pointer found;
	if (!whole_mapping(e, address, &found))
		return NULL;
	*oldest = found;
	oldest->used = ++device->pointers_used;
	return oldest;
}

void commands_unmapped(struct engine *e, uint64_t start, uint64_t end)
{
	for (unsigned d = 0; d < DEVICES_MAX; d++)
		for (unsigned i = 0; i < POINTERS_MAX; i++) {
			struct pointer *p = &e->devices[d].pointers[i];
			if (p->start < end && start < p->end)
				*p = (struct pointer){0};
		}
}

/* As far as the mapping goes, or the next pointer that is known. The lowest one of a mapping has
 * what lies below it, too; others begin where they point. */
static void bound(const struct device *device, const struct pointer *pointer,
		  struct tern_policy_use *use)
{
	use->start = pointer->start;
	use->end = pointer->end;
	for (unsigned i = 0; i < POINTERS_MAX; i++) {
		uint64_t other = device->pointers[i].address;
		if (other > use->address && other < use->end)
			use->end = other;
		if (other < use->address && other >= pointer->start)
			use->start = use->address;
	}
}

/* What nobody knows the size of. All pointers are looked up first: each may be another's end. */
static void guess(struct engine *e, struct device *device, struct tern_policy_use *uses,
		  uint32_t count)
{
	const struct pointer *found[TERN_POLICY_USES];
	for (uint32_t i = 0; i < count; i++)
		found[i] = uses[i].end ? NULL : pointer_get(e, device, uses[i].address);
	for (uint32_t i = 0; i < count; i++) {
		struct tern_policy_use *use = &uses[i];
		if (use->end)
			continue;
		use->flags |= TERN_USE_GUESSED;
		use->start = use->end = use->address;
		if (found[i] && found[i]->address == use->address)
			bound(device, found[i], use);
	}
}

static void take_in(struct engine *e, struct device *device, struct known *k, const struct note *n)
{
	const struct tern_space_command *c = &n->command;
	memcpy(k->uses, c->uses, c->use_count * sizeof(c->uses[0]));
	guess(e, device, k->uses, c->use_count);
	k->command = (struct tern_policy_command){.number = c->number,
						  .kernel = c->kernel,
						  .items = c->items,
						  .first = c->first,
						  .uses = k->uses,
						  .use_count = c->use_count};
	k->owner = n->owner;
	device->known_numbers[k - device->known] = c->number;
	if (n->owner < TERN_DEVMEM_NO_OWNER)
		device->running[n->owner] = k;
}

static struct known *known_place(struct device *device)
{
	struct known *newest = NULL;
	for (unsigned i = 0; i < KNOWN_MAX; i++) {
		struct known *k = &device->known[i];
		if (!device->known_numbers[i])
			return k;
		if (k->owner == TERN_DEVMEM_NO_OWNER && (!newest || k->order > newest->order))
			newest = k;
	}
	return newest;
}

static void ask(struct engine *e, struct device *device, const struct known *k,
		enum tern_policy_event event)
{
	trace_command(device, &k->command, event);
	if (e->watch.window) /* nobody else moves anything while accesses are recorded */
		return;
	struct tern_policy_range ranges[TERN_POLICY_AHEAD];
	struct tern_policy_moment moment = {
		.event = event,
		.command = &k->command,
		.time_us = e->now_ns / 1000,
		.resident_pages = device->resident,
		.limit_pages = device->mem->limit / TERN_PAGE,
		.link = {device->mem->link.latency_ns, device->mem->link.bytes_per_second},
	};
	unsigned count = tern_policy_ask_ahead(e->policy, device->policy_state, &moment, ranges);
	ahead_add(e, device, ranges, count, event == TERN_COMMAND_ENDED ? 0 : k->command.number, 0);
}

/* What was moved ahead and tern_space_owner_begin() has not taken is nobody's. */
static void known_forget(struct device *device, unsigned place)
{
	device->known_numbers[place] = 0;
	for (unsigned i = 0; i < STATS; i++)
		device->advances[place].moved[i] = 0;
}

static void ended(struct engine *e, struct device *device, struct known *k)
{
	ahead_cancel(device, k->command.number);
	ask(e, device, k, TERN_COMMAND_ENDED);
	known_forget(device, (unsigned)(k - device->known));
	if (k->owner < TERN_DEVMEM_NO_OWNER)
		device->running[k->owner] = NULL;
}

/* What was moved between tern_space_owner_begin() and now. */
static void advance_rest(struct advance *a, struct owner *owner)
{
	for (unsigned i = 0; i < STATS; i++) {
		uint64_t moved = atomic_exchange(&a->moved[i], 0);
		uint64_t now = atomic_load_explicit(&owner->now[i], memory_order_relaxed);
		atomic_store_explicit(&owner->now[i], now + moved, memory_order_relaxed);
	}
}

static void begins(struct engine *e, struct device *device, const struct note *n)
{
	if (device->running[n->owner]) /* its end was lost */
		ended(e, device, device->running[n->owner]);
	struct known *k = known_find(device, n->command.number);
	if (!k)
		k = known_place(device);
	if (!k)
		return;
	if (device->known_numbers[k - device->known] &&
	    device->known_numbers[k - device->known] != n->command.number)
		ended(e, device, k); /* gives way */
	take_in(e, device, k, n);
	advance_rest(&device->advances[k - device->known], &device->owners[n->owner]);
	ask(e, device, k, TERN_COMMAND_BEGINS);
}

static void queued(struct engine *e, struct device *device, const struct note *n)
{
	struct known *k = known_find(device, n->command.number);
	if (k) /* its end was lost */
		ended(e, device, k);
	k = known_place(device);
	if (!k || device->known_numbers[k - device->known])
		return;
	take_in(e, device, k, n);
	k->order = ++device->known_order;
	ask(e, device, k, TERN_COMMAND_QUEUED);
}

void command_tell(struct engine *e, const struct note *n)
{
	struct device *device = device_of(e, n->devmem);
	struct known *k;
	if (!device || !n->command.number || device_gone(device))
		return;
	device->spans_old = true;
	switch (n->kind) {
	case NOTE_QUEUED:
		queued(e, device, n);
		break;
	case NOTE_BEGINS:
		if (n->owner < TERN_DEVMEM_NO_OWNER)
			begins(e, device, n);
		break;
	case NOTE_ENDED:
		k = known_find(device, n->command.number);
		if (k)
			ended(e, device, k);
		break;
	}
}

static void end_known(struct engine *e, struct device *device, bool running)
{
	for (unsigned i = 0; device->mem && i < KNOWN_MAX; i++) {
		struct known *k = &device->known[i];
		if (device->known_numbers[i] && (running || k->owner == TERN_DEVMEM_NO_OWNER))
			ended(e, device, k);
	}
	device->spans_old = true;
}

/* Notes were lost, maybe of ends: what has not begun is forgotten. */
static void forget_waiting(struct engine *e)
{
	for (unsigned i = 0; i < DEVICES_MAX; i++)
		end_known(e, &e->devices[i], false);
}

void commands_end(struct engine *e, struct device *device)
{
	end_known(e, device, true);
	commands_forget(device);
}

void commands_read(struct engine *e)
{
	struct notes *notes = e->notes;
	for (unsigned i = 0; i < NOTES_MAX; i++) {
		struct note *n = &notes->notes[notes->head % NOTES_MAX];
		if (atomic_load_explicit(&n->turn, memory_order_acquire) != notes->head + 1)
			break;
		command_tell(e, n);
		atomic_store_explicit(&n->turn, notes->head + NOTES_MAX, memory_order_release);
		notes->head++;
	}
	if (tern_unlikely(atomic_load_explicit(&notes->lost, memory_order_relaxed))) {
		atomic_store(&notes->lost, false);
		forget_waiting(e);
	}
}

void commands_forget(struct device *device)
{
	memset(device->pointers, 0, sizeof(device->pointers));
	for (unsigned i = 0; i < KNOWN_MAX; i++)
		known_forget(device, i);
	for (unsigned i = 0; i < TERN_DEVMEM_OWNERS; i++)
		device->running[i] = NULL;
	device->span_count = 0;
	device->spans_old = false;
}

/* Whose turn comes how soon: those that run are 0. */
static uint32_t position(const struct device *device, const struct known *k)
{
	uint32_t before = 1;
	if (k->owner != TERN_DEVMEM_NO_OWNER)
		return 0;
	for (unsigned i = 0; i < KNOWN_MAX; i++) {
		const struct known *other = &device->known[i];
		before += device->known_numbers[i] && other->owner == TERN_DEVMEM_NO_OWNER &&
			  other->order < k->order;
	}
	return before;
}

static void span_add(struct device *device, const struct tern_policy_use *use, uint32_t next_use)
{
	for (unsigned i = 0; i < device->span_count; i++) {
		struct span *s = &device->spans[i];
		if (s->start != use->start || s->end != use->end)
			continue;
		s->next_use = tern_min(s->next_use, next_use);
		return;
	}
	if (device->span_count < SPANS_MAX)
		device->spans[device->span_count++] = (struct span){use->start, use->end, next_use};
}

static void spans_renew(struct device *device)
{
	device->span_count = 0;
	device->spans_old = false;
	for (unsigned i = 0; i < KNOWN_MAX; i++) {
		const struct known *k = &device->known[i];
		if (!device->known_numbers[i])
			continue;
		uint32_t next_use = position(device, k);
		for (uint32_t u = 0; u < k->command.use_count; u++)
			span_add(device, &k->uses[u], next_use);
	}
}

uint32_t commands_next_use(struct device *device, const struct chunk *chunk)
{
	uint32_t soonest = UINT32_MAX;
	if (device->spans_old)
		spans_renew(device);
	for (unsigned i = 0; i < device->span_count; i++) {
		const struct span *s = &device->spans[i];
		if (s->start < chunk->base + TERN_CHUNK && s->end > chunk->base)
			soonest = tern_min(soonest, s->next_use);
	}
	return soonest;
}
