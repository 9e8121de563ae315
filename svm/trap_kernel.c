/* SPDX-License-Identifier: MIT */
/* Devices whose trap is the kernel's: attached and detached, and what space.c asks of them. */
#include "svm/trap.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/option.h"
#include "runtime/base/status.h"
#include "svm/open.h"
#include "svm/pinned.h"

/* Apart from the engine's devices and faults in a trace. */
#define FIRST_INDEX DEVICES_MAX
#define FIRST_FAULT (UINT64_C(1) << 40)

static struct trap traps[TRAPS_MAX] = {
	{.lock = TERN_LOCK_INIT(TERN_LOCK_TRAP)},
	{.lock = TERN_LOCK_INIT(TERN_LOCK_TRAP)},
	{.lock = TERN_LOCK_INIT(TERN_LOCK_TRAP)},
	{.lock = TERN_LOCK_INIT(TERN_LOCK_TRAP)},
};
static _Atomic unsigned attached;
/* Over attach, detach and fork(): no tern_lock, as in space.c. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static bool forks_prepared;

bool trap_any(void)
{
	return atomic_load_explicit(&attached, memory_order_acquire);
}

/* Locked, if there is a device in the place. */
static bool lock_used(struct trap *t)
{
	tern_lock_acquire(&t->lock);
	if (t->e) {
		engine_tick(t->e);
		return true;
	}
	tern_lock_release(&t->lock);
	return false;
}

struct trap *trap_get(const struct tern_devmem *mem)
{
	for (unsigned i = 0; i < TRAPS_MAX; i++) {
		if (!lock_used(&traps[i]))
			continue;
		if (traps[i].mem == mem)
			return &traps[i];
		tern_lock_release(&traps[i].lock);
	}
	return NULL;
}

void trap_put(struct trap *t)
{
	tern_lock_release(&t->lock);
}

/* fork() */

static void fork_before(void)
{
	pthread_mutex_lock(&mutex);
	for (unsigned i = 0; i < TRAPS_MAX; i++)
		pthread_mutex_lock(&traps[i].lock.mutex);
}

static void fork_parent(void)
{
	for (unsigned i = TRAPS_MAX; i-- > 0;)
		pthread_mutex_unlock(&traps[i].lock.mutex);
	pthread_mutex_unlock(&mutex);
}

/* Pinned memory is empty here, and the mapping's descriptor is closed with the structure lost. */
static int maps_fds[TRAPS_MAX];

static void fork_child(void)
{
	for (unsigned i = 0; i < TRAPS_MAX; i++) {
		if (traps[i].e)
			raw_close(maps_fds[i]);
		traps[i] = (struct trap){.lock = TERN_LOCK_INIT(TERN_LOCK_TRAP)};
	}
	atomic_store(&attached, 0);
	pthread_mutex_init(&mutex, NULL);
}

/* Attaching. */

static int engine_init(struct engine *e)
{
	e->host = &host_kernel;
	e->uffd = e->grave_uffd = e->event = e->mem = e->pagemap = e->maps.maps = -1;
	e->hold_ns = 0;
	e->single_pages = !strcmp(tern_option(TERN_OPTION_SVM_REGISTER), "page");
	e->host_bytes = (uint64_t)sysconf(_SC_PHYS_PAGES) * TERN_PAGE;
	e->started_ns = raw_clock_ns() - 1000000; /* the clock never is 0 */
	e->faults = FIRST_FAULT;
	tern_list_init(&e->staged);
	tern_list_init(&e->pool.used);
	tern_list_init(&e->pool.unused);
	int error =
		engine_choose(e, tern_option(TERN_OPTION_POLICY), tern_option(TERN_OPTION_EVICT));
	return error ? error : vma_reader_init(&e->maps);
}

static void engine_finish(struct engine *e)
{
	if (e->maps.maps >= 0)
		vma_reader_finish(&e->maps);
	directory_finish(&e->directory);
	if (e->devices[0].policy_state)
		tern_pinned_free(e->devices[0].policy_state, e->policy->device_state_bytes);
	tern_pinned_free(e, sizeof(*e));
}

static int engine_new(struct engine **out)
{
	int error = tern_pinned_start();
	struct engine *e = error ? NULL : tern_pinned_alloc(sizeof(*e));
	if (!e)
		return error ? error : -ENOMEM;
	error = engine_init(e);
	struct device *device = &e->devices[0];
	if (!error) {
		device->policy_state = tern_pinned_alloc(e->policy->device_state_bytes);
		error = device->policy_state ? 0 : -ENOMEM;
	}
	if (!error && !tern_policy_start(e->policy, device->policy_state, e->policy_options))
		error = -ENOMEM; /* it was good at the start */
	if (error) {
		engine_finish(e);
		return error;
	}
	tern_list_init(&device->chunks);
	*out = e;
	return 0;
}

static int fill(struct trap *t, struct tern_devmem *mem, unsigned index)
{
	struct engine *e;
	int error = engine_new(&e);
	if (error)
		return error;
	t->seen = tern_pinned_alloc(TERN_CHUNK_PAGES);
	t->next = tern_pinned_alloc(TERN_CHUNK_PAGES);
	if (!t->seen || !t->next) {
		tern_pinned_free(t->seen, TERN_CHUNK_PAGES);
		tern_pinned_free(t->next, TERN_CHUNK_PAGES);
		engine_finish(e);
		return -ENOMEM;
	}
	mem->status = tern_status_device(mem->ops->name, 0);
	tern_status_put(&mem->status->limit, mem->limit);
	tern_status_put(&mem->status->resident, 0);
	t->e = e;
	t->mem = mem;
	t->device = &e->devices[0];
	t->device->index = FIRST_INDEX + index;
	t->device->mem = mem;
	maps_fds[index] = e->maps.maps;
	trace_device(t->device);
	__atomic_store_n(&mem->engine, t->device, __ATOMIC_RELEASE);
	return 0;
}

static int attach_locked(struct tern_devmem *mem)
{
	if (!forks_prepared) {
		int error = pthread_atfork(fork_before, fork_parent, fork_child);
		if (error)
			return -error;
		forks_prepared = true;
	}
	int error = -EBUSY;
	for (unsigned i = 0; i < TRAPS_MAX && error == -EBUSY; i++) {
		struct trap *t = &traps[i];
		tern_lock_acquire(&t->lock);
		if (!t->e)
			error = fill(t, mem, i);
		tern_lock_release(&t->lock);
	}
	if (!error)
		atomic_fetch_add(&attached, 1);
	return error;
}

int trap_attach(struct tern_devmem *mem)
{
	pthread_mutex_lock(&mutex);
	int error = attach_locked(mem);
	pthread_mutex_unlock(&mutex);
	return error;
}

/* Everything on the device that is known, or in [@start, @end): home. */
static int home(struct trap *t, uint64_t start, uint64_t end)
{
	struct tern_list *at, *next;
	int error = 0;
	tern_list_for_each_safe (at, next, &t->device->chunks) {
		struct chunk *chunk = tern_list_entry(at, struct chunk, resident_link);
		uint64_t from = tern_max(chunk->base, start & ~(TERN_PAGE - 1));
		uint64_t to = tern_min(chunk->base + TERN_CHUNK, tern_round_up(end, TERN_PAGE));
		if (from >= to)
			continue;
		int r = trap_to_host(t, chunk, page_index(from),
				     (unsigned)((to - from) / TERN_PAGE));
		error = error ? error : r;
	}
	return error;
}

/* What the driver cannot bring home now the kernel does, at the latest when it is closed. */
void trap_detach(struct tern_devmem *mem)
{
	pthread_mutex_lock(&mutex);
	struct trap *t = trap_get(mem);
	if (t) {
		t->e->why = TERN_TRACE_BY_OTHER;
		(void)!home(t, 0, ADDRESS_END);
		trace_detached(t->device);
		__atomic_store_n(&mem->engine, NULL, __ATOMIC_RELEASE);
		tern_status_put(&mem->status->resident, 0);
		engine_finish(t->e);
		tern_pinned_free(t->seen, TERN_CHUNK_PAGES);
		tern_pinned_free(t->next, TERN_CHUNK_PAGES);
		t->e = NULL;
		t->mem = NULL;
		t->device = NULL;
		trap_put(t);
		atomic_fetch_sub(&attached, 1);
	}
	pthread_mutex_unlock(&mutex);
}

/* Requests. */

static void count_for(struct trap *t, struct request *q, uint64_t start, uint64_t end)
{
	memset(q, 0, sizeof(*q));
	q->start = start;
	q->end = end;
	q->begun_ns = t->e->now_ns;
	t->e->for_request = q;
	t->e->why = TERN_TRACE_BY_REQUEST;
}

static void counted(struct trap *t, const struct request *q, struct tern_space_stats *caused)
{
	t->e->for_request = NULL;
	t->e->why = TERN_TRACE_BY_OTHER;
	for (unsigned i = 0; caused && i < STATS; i++)
		((uint64_t *)caused)[i] += ((const uint64_t *)&q->stats)[i];
}

int trap_bring_home(const struct tern_devmem *but, uint64_t start, uint64_t end,
		    struct tern_space_stats *caused)
{
	struct request q;
	int error = 0;
	for (unsigned i = 0; i < TRAPS_MAX; i++) {
		struct trap *t = &traps[i];
		if (!lock_used(t))
			continue;
		if (t->mem != but) {
			count_for(t, &q, start, end);
			int r = home(t, start, end);
			error = error ? error : r;
			counted(t, &q, caused);
		}
		trap_put(t);
	}
	return error;
}

/* As ahead_one(), but with all that the range has. */
static int bring(struct trap *t, uint64_t at, uint64_t end)
{
	struct vma vma;
	int error = 0;
	while (!error && at < end && t->e->host->mapping(t->e, at, true, &vma) && vma.start < end) {
		uint64_t from = tern_max(at, vma.start);
		uint64_t to = tern_min(tern_min(end, vma.end), chunk_base(from) + TERN_CHUNK);
		struct chunk *chunk = directory_get(&t->e->directory, from);
		tern_page_bits mapped;
		if (!chunk)
			return -ENOMEM;
		if (trap_mapped(t, chunk, from, mapped))
			error = trap_to_device(t, chunk, page_index(from),
					       (unsigned)((to - from) / TERN_PAGE));
		at = to;
	}
	return error;
}

int trap_migrate(struct tern_devmem *mem, uint64_t start, uint64_t end, unsigned flags,
		 struct tern_space_stats *caused)
{
	struct request q;
	struct trap *t = trap_get(mem);
	if (!t)
		return 0;
	count_for(t, &q, start, end);
	q.flags = flags;
	int error = bring(t, start & ~(TERN_PAGE - 1), tern_round_up(end, TERN_PAGE));
	if (tern_trace_is_on()) {
		engine_tick(t->e);
		trace_request(t->e, t->device, &q);
	}
	counted(t, &q, caused);
	trap_put(t);
	return error;
}

int trap_advise(uint64_t start, uint64_t end, enum tern_advice advice)
{
	int error = 0;
	for (unsigned i = 0; i < TRAPS_MAX; i++) {
		struct trap *t = &traps[i];
		if (!lock_used(t))
			continue;
		for (uint64_t at = chunk_base(start);
		     !error && (at = mapping_next_chunk(t->e, at)) < end; at += TERN_CHUNK) {
			struct chunk *chunk = advice ? directory_get(&t->e->directory, at)
						     : directory_find(&t->e->directory, at);
			if (chunk)
				chunk->advice = advice;
			else if (advice)
				error = -ENOMEM;
		}
		trap_put(t);
	}
	return error;
}

/* Answers. */

/* What the kernel has done by itself in [@start, @end) is known afterwards, as far as the driver
 * says. */
static void look(struct trap *t, uint64_t start, uint64_t end)
{
	struct tern_list *at, *next;
	tern_list_for_each_safe (at, next, &t->device->chunks) {
		struct chunk *chunk = tern_list_entry(at, struct chunk, resident_link);
		if (chunk->base < end && chunk->base + TERN_CHUNK > start)
			(void)!trap_look(t, chunk, 0, TERN_CHUNK_PAGES);
	}
}

void trap_stats(struct tern_space_stats *out)
{
	for (unsigned i = 0; i < TRAPS_MAX; i++) {
		if (!lock_used(&traps[i]))
			continue;
		look(&traps[i], 0, ADDRESS_END);
		for (unsigned s = 0; s < STATS; s++)
			((uint64_t *)out)[s] +=
				atomic_load_explicit(&traps[i].e->stats[s], memory_order_relaxed);
		trap_put(&traps[i]);
	}
}

void trap_range_stats(uint64_t start, uint64_t end, struct tern_space_stats *out)
{
	for (unsigned i = 0; i < TRAPS_MAX; i++) {
		struct trap *t = &traps[i];
		struct chunk *chunk;
		if (!lock_used(t))
			continue;
		look(t, start, end);
		for (uint64_t at = chunk_base(start);
		     (chunk = directory_next(&t->e->directory, at, end));
		     at = chunk->base + TERN_CHUNK)
			for (unsigned s = 0; s < STATS; s++)
				((uint64_t *)out)[s] += ((const uint64_t *)&chunk->stats)[s];
		trap_put(t);
	}
}

uint64_t trap_resident(struct tern_devmem *mem)
{
	struct trap *t = trap_get(mem);
	if (!t)
		return 0;
	look(t, 0, ADDRESS_END);
	uint64_t bytes = t->device->resident * TERN_PAGE;
	trap_put(t);
	return bytes;
}

bool trap_has(uint64_t address)
{
	bool has = false;
	for (unsigned i = 0; i < TRAPS_MAX; i++) {
		uint8_t page = TERN_MIRROR_NONE;
		if (!lock_used(&traps[i]))
			continue;
		struct tern_devmem *mem = traps[i].mem;
		if (!mem->mirror->look(mem, address & ~(TERN_PAGE - 1), 1, &page))
			has |= page == TERN_MIRROR_DEVICE;
		trap_put(&traps[i]);
	}
	return has;
}

/* Commands. */

bool trap_wants_commands(const struct tern_devmem *mem)
{
	struct trap *t = trap_get(mem);
	if (!t)
		return false;
	bool wants = t->e->wants_commands;
	trap_put(t);
	return wants;
}

void trap_command(struct tern_devmem *mem, enum note_kind kind, unsigned owner,
		  const struct tern_space_command *command, uint64_t number)
{
	struct note note = {.kind = kind, .owner = owner, .devmem = mem};
	struct trap *t = trap_get(mem);
	if (!t)
		return;
	if (command)
		note.command = *command;
	else
		note.command.number = number;
	note.command.use_count = tern_min(note.command.use_count, TERN_POLICY_USES);
	command_tell(t->e, &note);
	if (kind == NOTE_BEGINS)
		trap_ahead(t);
	trap_put(t);
}
