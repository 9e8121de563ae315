/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "runtime/base/log.h"
#include "runtime/base/option.h"
#include "runtime/base/trace.h"
#include "runtime/schedule.h"

static struct {
	struct tern_lock lock;
	_Atomic bool started;
	int error;
	struct tern_device *devices[TERN_MAX_ROOT_DEVICES];
	unsigned count;
} runtime = {.lock = TERN_LOCK_INIT(TERN_LOCK_RUNTIME)};

static const struct tern_backend *find(const struct tern_backend *const *backends, const char *name,
				       size_t length)
{
	for (; *backends; backends++)
		if (strlen((*backends)->name) == length && !memcmp((*backends)->name, name, length))
			return *backends;
	return NULL;
}

static void probe(const struct tern_backend *backend)
{
	int n = backend->probe(runtime.devices + runtime.count,
			       TERN_MAX_ROOT_DEVICES - runtime.count);
	if (n < 0)
		tern_log_error("device %s: not usable (error %d)", backend->name, -n);
	else
		runtime.count += (unsigned)n;
}

/* Makes the devices that TERN_DEVICES names, in its order, each once. */
static void probe_all(const struct tern_backend *const *backends)
{
	uint32_t seen = 0;
	for (const char *s = tern_option(TERN_OPTION_DEVICES); *s;) {
		size_t length = strcspn(s, ",");
		const struct tern_backend *backend = find(backends, s, length);
		unsigned index = 0;
		while (backend && backends[index] != backend)
			index++;
		if (!backend && length)
			tern_log_warn("TERN_DEVICES: no device is called \"%.*s\"", (int)length, s);
		else if (backend && !(seen & 1u << index))
			probe(backend);
		seen |= backend ? 1u << index : 0;
		s += length;
		s += *s == ',';
	}
}

int tern_runtime_start(const void *dispatch, const struct tern_backend *const *backends)
{
	if (tern_likely(atomic_load_explicit(&runtime.started, memory_order_acquire)))
		return runtime.error;
	tern_lock_acquire(&runtime.lock);
	if (!atomic_load_explicit(&runtime.started, memory_order_relaxed)) {
		tern_dispatch = dispatch;
		runtime.error = tern_fork_prepare_once();
		if (!runtime.error)
			tern_trace_start();
		if (!runtime.error)
			probe_all(backends);
		if (!runtime.error && !runtime.count)
			runtime.error = -ENODEV;
		atomic_store_explicit(&runtime.started, true, memory_order_release);
	}
	tern_lock_release(&runtime.lock);
	return runtime.error;
}

unsigned tern_root_devices(struct tern_device *const **out)
{
	*out = runtime.devices;
	return runtime.count;
}
