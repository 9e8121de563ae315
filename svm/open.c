/* SPDX-License-Identifier: MIT */
/* An engine made and unmade. On the threads of the program's. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "runtime/base/alloc.h"
#include "runtime/base/log.h"
#include "runtime/base/option.h"
#include "svm/aperture.h"
#include "svm/message.h"
#include "svm/open.h"
#include "svm/pinned.h"

#define PENDING_BYTES (PENDING_MAX * sizeof(struct pending))

static void close_all(struct engine *e)
{
	int *const fds[] = {&e->uffd, &e->grave_uffd, &e->event, &e->mem, &e->pagemap};
	for (unsigned i = 0; i < tern_array_size(fds); i++)
		if (*fds[i] >= 0) {
			raw_close(*fds[i]);
			*fds[i] = -1;
		}
}

static int open_file(const char *path, int *out)
{
	long fd = tern_fault_hit() ? -EMFILE : raw_open(path, O_RDONLY | O_CLOEXEC);
	*out = (int)fd;
	return fd < 0 ? (int)fd : 0;
}

static int open_all(struct engine *e, bool move)
{
	uint64_t have, grave_have;
	e->uffd = uffd_open(TERN_UFFD_NEEDED, TERN_UFFD_WANTED, &have);
	if (e->uffd < 0)
		return e->uffd;
	e->move = move && (have & UFFD_FEATURE_MOVE);
	e->grave_uffd =
		uffd_open(0, UFFD_FEATURE_MOVE | UFFD_FEATURE_PAGEFAULT_FLAG_WP, &grave_have);
	if (e->grave_uffd < 0)
		return e->grave_uffd;
	e->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (e->event < 0)
		return -errno;
	int error = open_file("/proc/self/mem", &e->mem);
	if (!error)
		error = open_file("/proc/self/pagemap", &e->pagemap);
	return error;
}

static uint32_t chunk_bytes(const struct engine *e)
{
	return (uint32_t)tern_round_up(sizeof(struct chunk) + e->policy->chunk_state_bytes, 64);
}

/* Whether @policy takes @options; 0 or -errno. */
static int try_policy(const struct tern_policy *policy, const char *options)
{
	void *state = tern_pinned_alloc(policy->device_state_bytes);
	if (!state)
		return -ENOMEM;
	bool good = tern_policy_start(policy, state, options);
	tern_pinned_free(state, policy->device_state_bytes);
	return good ? 0 : -EINVAL;
}

static void exclude_segment(void *user, const void *start, uint64_t bytes)
{
	exclude(user, (uintptr_t)start, (uintptr_t)start + bytes);
}

int engine_choose(struct engine *e, const char *policy, const char *eviction)
{
	e->policy_options = "";
	e->policy = tern_policy_find(policy, &e->policy_options);
	int error = e->policy ? try_policy(e->policy, e->policy_options) : -EINVAL;
	bool replaced = error == -EINVAL && !e->host->simulated;
	if (replaced) {
		e->policy = tern_policies[0];
		e->policy_options = "";
		error = try_policy(e->policy, e->policy_options);
	}
	if (error)
		return error;
	if (!tern_eviction_choose(e->policy, eviction, &e->eviction) && e->host->simulated)
		return -EINVAL;
	if (!e->host->simulated) {
		trace_policy(e, replaced);
		tern_policy_memory(e->policy, exclude_segment, e);
	}
	e->wants_commands = e->policy->ahead || e->policy->keep ||
			    (e->eviction && e->eviction->wants_commands) || tern_trace_is_on();
	e->wants_samples = e->eviction && e->eviction->wants_samples;
	e->directory.chunk_bytes = chunk_bytes(e);
	return 0;
}

static int memory(struct engine *e)
{
	e->pending = tern_pinned_alloc(PENDING_BYTES);
	e->bounce = tern_pinned_alloc(TERN_CHUNK);
	e->zeros = tern_pinned_alloc(TERN_PAGE);
	e->notes = tern_pinned_alloc(sizeof(*e->notes));
	for (uint64_t i = 0; e->notes && i < NOTES_MAX; i++)
		atomic_init(&e->notes->notes[i].turn, i);
	return e->pending && e->bounce && e->zeros && e->notes ? 0 : -ENOMEM;
}

static void free_memory(struct engine *e)
{
	if (e->pending)
		tern_pinned_free(e->pending, PENDING_BYTES);
	if (e->bounce)
		tern_pinned_free(e->bounce, TERN_CHUNK);
	if (e->zeros)
		tern_pinned_free(e->zeros, TERN_PAGE);
	if (e->notes)
		tern_pinned_free(e->notes, sizeof(*e->notes));
}

static int init(struct engine *e)
{
	struct tern_space_features features;
	tern_space_probe(&features);
	if (!features.system)
		return -features.error;
	int error = tern_aperture_reserve();
	if (!error)
		error = engine_choose(e, tern_option(TERN_OPTION_POLICY),
				      tern_option(TERN_OPTION_EVICT));
	if (!error)
		error = memory(e);
	if (!error)
		error = open_all(e, features.move);
	if (!error)
		error = vma_reader_init(&e->maps);
	if (!error)
		error = frames_init(e);
	if (!error)
		error = exclude_own(e);
	if (!error)
		error = watch_init(e);
	return error;
}

/* Both threads are deaf to signals from the start: they inherit the mask. */
static int start_threads(struct engine *e)
{
	sigset_t all, old;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	int error = dropper_start(e);
	if (!error) {
		error = engine_start(e);
		if (error)
			dropper_stop(e);
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return error;
}

int engine_create(struct engine **out)
{
	int error = tern_pinned_start();
	if (error)
		return error;
	struct engine *e = tern_pinned_alloc(sizeof(*e));
	if (!e)
		return -ENOMEM;
	e->host = &host_kernel;
	e->uffd = e->grave_uffd = e->event = e->mem = e->pagemap = e->maps.maps = -1;
	message_enable(tern_log_enabled(TERN_LOG_ERROR));
	e->hold_ns = tern_option_number(TERN_OPTION_SVM_HOLD, 100) * 1000;
	e->single_pages = !strcmp(tern_option(TERN_OPTION_SVM_REGISTER), "page");
	e->host_bytes = (uint64_t)sysconf(_SC_PHYS_PAGES) * TERN_PAGE;
	e->started_ns = raw_clock_ns() - 1000000; /* the clock never is 0 */
	tern_list_init(&e->staged);
	tern_list_init(&e->pool.used);
	tern_list_init(&e->pool.unused);
	error = init(e);
	if (!error)
		error = start_threads(e);
	if (error)
		goto err_init;
	*out = e;
	return 0;

err_init:
	engine_free(e);
	return error;
}

void engine_destroy(struct engine *e)
{
	struct request *q = tern_pinned_alloc(sizeof(*q));
	while (!q) { /* a moment's shortage */
		raw_yield();
		q = tern_pinned_alloc(sizeof(*q));
	}
	q->kind = REQUEST_STOP;
	request_run(e, q);
	tern_pinned_free(q, sizeof(*q));
	engine_join(e);
	dropper_stop(e);
	engine_free(e);
}

void engine_free(struct engine *e)
{
	if (e->maps.maps >= 0)
		vma_reader_finish(&e->maps);
	frames_finish(e);
	watch_finish(e);
	directory_finish(&e->directory);
	close_all(e);
	free_memory(e);
	tern_pinned_free(e, sizeof(*e));
}
