/* SPDX-License-Identifier: MIT */
#include "svm/replay.h"

#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/option.h"
#include "svm/open.h"
#include "svm/pinned.h"
#include "svm/replay_memory.h"

#define FAULTS_MOST  4u         /* of one access: a read-only copy, then the right to write */
#define TRIES_MOST   100000u    /* of a fault that waits for something */
#define STEPS_MOST   (1u << 26) /* of a request */
#define PAUSE_NS     ((uint64_t)1000)
#define STARTED_NS   ((uint64_t)1000000) /* the clock never is 0 */
#define MEMORY_MOST  ((uint64_t)1 << 42)
#define LATENCY_MOST ((uint64_t)1000000000)

struct tern_replay {
	struct engine *e;
	struct replay_memory memory;
	uint64_t fault_ns, peak_pages;
	uint64_t refused;
	void *policy_state;
	bool attached;
};

static int engine_make(struct tern_replay *r, const struct tern_replay_setup *setup)
{
	struct engine *e = r->e;
	e->host = &replay_host;
	e->simulation = &r->memory;
	e->uffd = e->grave_uffd = e->event = e->mem = e->pagemap = e->maps.maps = -1;
	e->move = true;
	e->hold_ns = tern_option_number(TERN_OPTION_SVM_HOLD, 100) * 1000;
	e->host_bytes = MEMORY_MOST;
	e->now_ns = STARTED_NS;
	e->directory.most = REPLAY_CHUNKS;
	e->directory.tables_most = REPLAY_TABLES;
	tern_list_init(&e->staged);
	int error = engine_choose(e, setup->policy, setup->eviction);
	if (!error)
		error = frames_init(e);
	if (error)
		return error;
	e->bounce = tern_pinned_alloc(TERN_CHUNK);
	r->policy_state = tern_pinned_alloc(e->policy->device_state_bytes);
	return e->bounce && r->policy_state ? 0 : -ENOMEM;
}

static uint64_t whole_pages(uint64_t bytes)
{
	return tern_max(tern_min(bytes, MEMORY_MOST) & ~(TERN_PAGE - 1), TERN_PAGE);
}

int tern_replay_create(const struct tern_replay_setup *setup, struct tern_replay **out)
{
	int error = tern_pinned_start();
	struct tern_replay *r = error ? NULL : tern_zalloc(sizeof(*r));
	if (!r)
		return error ? error : -ENOMEM;
	r->fault_ns = tern_min(setup->fault_ns, LATENCY_MOST);
	r->e = tern_pinned_alloc(sizeof(*r->e));
	error = r->e ? replay_memory_init(&r->memory, r->e) : -ENOMEM;
	if (!error)
		error = engine_make(r, setup);
	if (error) {
		tern_replay_destroy(r);
		return error;
	}
	r->memory.devmem.limit = whole_pages(setup->memory_bytes);
	r->memory.devmem.link = setup->link;
	r->memory.devmem.link.latency_ns = tern_min(setup->link.latency_ns, LATENCY_MOST);
	*out = r;
	return 0;
}

void tern_replay_destroy(struct tern_replay *r)
{
	struct engine *e = r->e;
	if (e) {
		frames_finish(e);
		directory_finish(&e->directory);
		if (r->policy_state)
			tern_pinned_free(r->policy_state, e->policy->device_state_bytes);
		if (e->bounce)
			tern_pinned_free(e->bounce, TERN_CHUNK);
		tern_pinned_free(e, sizeof(*e));
	}
	replay_memory_finish(&r->memory);
	tern_free(r);
}

/* ---- requests and time ---- */

/* What policies have asked for ahead is done as far as that goes until @due. */
static void work_ahead(struct engine *e, uint64_t due_ns)
{
	for (uint64_t next; (next = ahead_due(e)) < due_ns;) {
		e->now_ns = tern_max(e->now_ns, next);
		ahead_work(e);
		return_leftovers(e);
	}
}

/* Time goes on until @due, or a little where nobody says how long it takes. */
static void wait_until(struct engine *e, uint64_t due_ns)
{
	uint64_t due = due_ns > e->now_ns ? due_ns : e->now_ns + PAUSE_NS;
	work_ahead(e, due);
	e->now_ns = tern_max(e->now_ns, due);
}

static void note_peak(struct tern_replay *r)
{
	const struct device *device = r->memory.devmem.engine;
	if (device)
		r->peak_pages = tern_max(r->peak_pages, device->resident);
}

static int request(struct tern_replay *r, struct request *q)
{
	struct engine *e = r->e;
	e->working = q;
	for (unsigned i = 0; !atomic_load(&q->done) && !r->memory.error && i < STEPS_MOST; i++) {
		requests_work(e);
		return_leftovers(e);
		note_peak(r);
		if (!atomic_load(&q->done))
			wait_until(e, q->due_ns);
	}
	e->working = NULL;
	if (!r->memory.error && !atomic_load(&q->done))
		return -ENOMEM;
	return r->memory.error ? r->memory.error : q->result;
}

static int attach(struct tern_replay *r)
{
	struct engine *e = r->e;
	if (r->attached)
		return 0;
	memset(r->policy_state, 0, e->policy->device_state_bytes);
	if (!tern_policy_start(e->policy, r->policy_state, e->policy_options))
		return -EINVAL;
	struct request q = {.kind = REQUEST_ATTACH,
			    .devmem = &r->memory.devmem,
			    .value = (uintptr_t)r->policy_state};
	int error = request(r, &q);
	r->attached = !error;
	return error;
}

int tern_replay_detach(struct tern_replay *r)
{
	struct request q = {.kind = REQUEST_DETACH, .devmem = &r->memory.devmem};
	if (!r->attached)
		return 0;
	r->attached = false;
	return request(r, &q);
}

/* False: not a range. */
static bool cut_range(uint64_t start, uint64_t bytes, struct request *q)
{
	if (!bytes || start >= ADDRESS_END)
		return false;
	q->start = start;
	q->end = start + tern_min(bytes, ADDRESS_END - start);
	return true;
}

int tern_replay_migrate(struct tern_replay *r, enum tern_policy_side to, uint64_t start,
			uint64_t bytes, unsigned flags)
{
	struct request q = {.kind = REQUEST_MIGRATE,
			    .devmem = to == TERN_SIDE_DEVICE ? &r->memory.devmem : NULL,
			    .flags = flags & TERN_MIGRATE_UNDEFINED};
	int error = attach(r);
	if (error || !cut_range(start, bytes, &q))
		return error;
	error = request(r, &q);
	return error == -ENOMEM || error == -E2BIG ? error : 0;
}

int tern_replay_advise(struct tern_replay *r, uint64_t start, uint64_t bytes, unsigned advice)
{
	struct request q = {.kind = REQUEST_ADVISE, .flags = advice};
	if (!cut_range(start, bytes, &q))
		return 0;
	if ((q.end - q.start) / TERN_CHUNK >= REPLAY_CHUNKS)
		return -E2BIG;
	for (uint64_t at = chunk_base(q.start); advice && at < q.end; at += TERN_CHUNK)
		if (!replay_memory_chunk(&r->memory, at, true))
			return r->memory.error;
	return request(r, &q);
}

int tern_replay_command(struct tern_replay *r)
{
	struct request q = {.kind = REQUEST_FORGET_SNAPSHOTS};
	return r->e->snapshots ? request(r, &q) : 0;
}

int tern_replay_tell(struct tern_replay *r, enum tern_policy_event event, uint32_t owner,
		     const struct tern_space_command *command)
{
	static const enum note_kind kinds[] = {
		[TERN_COMMAND_QUEUED] = NOTE_QUEUED,
		[TERN_COMMAND_BEGINS] = NOTE_BEGINS,
		[TERN_COMMAND_ENDED] = NOTE_ENDED,
	};
	int error = attach(r);
	if (error || !r->e->wants_commands || event > TERN_COMMAND_ENDED)
		return error;
	struct note note = {.kind = kinds[event],
			    .owner = tern_min(owner, TERN_DEVMEM_NO_OWNER),
			    .devmem = &r->memory.devmem,
			    .command = *command};
	note.command.use_count = tern_min(command->use_count, TERN_POLICY_USES);
	command_tell(r->e, &note);
	return r->memory.error;
}

void tern_replay_pass(struct tern_replay *r, uint64_t ns)
{
	uint64_t due = r->e->now_ns + tern_min(ns, (uint64_t)1 << 50);
	work_ahead(r->e, due);
	r->e->now_ns = tern_max(r->e->now_ns, due);
}

/* ---- the address space ---- */

int tern_replay_mapped(struct tern_replay *r, uint64_t start, uint64_t bytes, unsigned flags)
{
	struct vma vma = {.start = start & ~(TERN_PAGE - 1), .flags = VMA_READ};
	if (!bytes || start >= ADDRESS_END)
		return 0;
	vma.end = tern_round_up(start + tern_min(bytes, ADDRESS_END - start), TERN_PAGE);
	vma.flags |= flags & TERN_REPLAY_WRITABLE ? VMA_WRITE : 0;
	vma.flags |= flags & TERN_REPLAY_FILE ? VMA_FILE : 0;
	return replay_memory_map(&r->memory, &vma);
}

void tern_replay_removed(struct tern_replay *r, uint64_t start, uint64_t bytes, bool unmapped)
{
	struct request q;
	if (!cut_range(start & ~(TERN_PAGE - 1), bytes, &q))
		return;
	pages_removed(r->e, q.start, tern_round_up(q.end, TERN_PAGE), unmapped);
	replay_memory_forget(&r->memory, q.start, tern_round_up(q.end, TERN_PAGE), unmapped);
}

int tern_replay_remapped(struct tern_replay *r, uint64_t from, uint64_t to, uint64_t bytes)
{
	tern_replay_removed(r, from, bytes, true);
	tern_replay_removed(r, to, bytes, true);
	return tern_replay_mapped(r, to, bytes, TERN_REPLAY_WRITABLE);
}

int tern_replay_contents(struct tern_replay *r, uint64_t start, unsigned pages, bool holes)
{
	for (unsigned i = 0; i < pages; i++) {
		uint64_t at = start + i * TERN_PAGE;
		if (at >= ADDRESS_END)
			break;
		struct replay_chunk *c = replay_memory_chunk(&r->memory, at, true);
		if (!c)
			return r->memory.error;
		if (bits_test(c->known, page_index(at)))
			continue;
		bits_fill(c->known, page_index(at), 1);
		if (holes)
			bits_fill(c->hole, page_index(at), 1);
		else
			bits_clear(c->hole, page_index(at), 1);
	}
	return 0;
}

/* ---- accesses ---- */

static bool hits(const struct tern_replay *r, const struct pending *fault)
{
	unsigned page = page_index(fault->address);
	const struct replay_chunk *c = replay_memory_find(&r->memory, fault->address);
	if (fault->device)
		return c && bits_test(c->mapped, page) &&
		       !(fault->write && bits_test(c->readonly, page));
	const struct chunk *chunk = directory_find(&r->e->directory, fault->address);
	enum page_state state = chunk ? page_state(chunk, page) : PAGE_HOME;
	if (state == PAGE_HOME)
		return !chunk || !bits_test(chunk->registered, page) || !c ||
		       !bits_test(c->hole, page);
	return state == PAGE_SHARED && !fault->write;
}

/* One fault, until it is served: 0, or -ENOMEM where that takes for ever. */
static int serve(struct tern_replay *r, struct pending fault)
{
	struct engine *e = r->e;
	const struct chunk *chunk = directory_find(&e->directory, fault.address);
	fault.wakes = e->wakes;
	fault.protect = chunk && page_state(chunk, page_index(fault.address)) == PAGE_SHARED;
	tern_replay_pass(r, r->fault_ns);
	for (unsigned tries = 0; tries < TRIES_MOST && !r->memory.error; tries++) {
		int error = fault.device ? serve_device(e, &fault) : serve_host(e, &fault);
		return_leftovers(e);
		note_peak(r);
		if (!error)
			return 0;
		wait_until(e, fault.due_ns);
	}
	return r->memory.error ? r->memory.error : -ENOMEM;
}

/* A fault that is counted; first touches of the host's are not. */
static bool is_fault(const struct tern_replay *r, const struct pending *fault)
{
	const struct chunk *chunk = directory_find(&r->e->directory, fault->address);
	return fault->device ||
	       (chunk && page_state(chunk, page_index(fault->address)) != PAGE_HOME);
}

/* There is no room for the chunk of the access, or maybe not. */
static bool is_full(const struct directory *dir)
{
	return dir->count >= dir->most || dir->table_count >= dir->tables_most;
}

int tern_replay_access(struct tern_replay *r, enum tern_policy_side side, uint64_t address,
		       bool write, uint32_t owner)
{
	struct pending fault = {.address = address & ~(TERN_PAGE - 1),
				.owner = tern_min(owner, TERN_DEVMEM_NO_OWNER),
				.write = write};
	int error = attach(r), faults = 0;
	if (error)
		return error;
	fault.device = side == TERN_SIDE_DEVICE ? r->memory.devmem.engine : NULL;
	if (address >= ADDRESS_END || !replay_memory_is_mapped(&r->memory, address, write)) {
		r->refused++;
		return 0;
	}
	if (!replay_memory_chunk(&r->memory, address, true))
		return r->memory.error;
	for (unsigned i = 0; i < FAULTS_MOST && !hits(r, &fault); i++) {
		faults += is_fault(r, &fault);
		r->memory.refused = false;
		error = serve(r, fault);
		if (error)
			return error;
		if (r->memory.refused && is_full(&r->e->directory))
			return r->memory.error = -E2BIG;
		r->refused += r->memory.refused;
		if (r->memory.refused)
			break;
	}
	return faults;
}

void tern_replay_result(const struct tern_replay *r, struct tern_replay_result *out)
{
	*out = (struct tern_replay_result){.pages_again = r->memory.pages_again,
					   .peak_pages = r->peak_pages,
					   .ns = r->e->now_ns - STARTED_NS,
					   .refused = r->refused};
	for (unsigned i = 0; i < STATS; i++)
		((uint64_t *)&out->stats)[i] = atomic_load(&r->e->stats[i]);
}
