/* SPDX-License-Identifier: MIT */
/* The operations of the accelerator, and how it starts, restarts and stops. */
#include <errno.h>
#include <limits.h>
#include <pthread.h>

#include "runtime/base/alloc.h"
#include "runtime/base/log.h"
#include "runtime/base/option.h"
#include "runtime/base/thread.h"
#include "svm/pinned.h"
#include "vendors/accel/commands.h"

struct accel_half accel_half;

/* State. */

static void set_state(enum accel_state state)
{
	tern_lock_acquire(&accel_half.lock);
	accel_half.state = state;
	tern_lock_release(&accel_half.lock);
}

static enum accel_state get_state(void)
{
	tern_lock_acquire(&accel_half.lock);
	enum accel_state state = accel_half.state;
	tern_lock_release(&accel_half.lock);
	return state;
}

/* As it is before the first start. Nobody else uses it: at the probe, or in a child of fork(). */
static void renew(struct accel *accel)
{
	struct accel_half *h = &accel_half;
	accel->device = h->device;
	accel->options = h->options;
	accel->system = h->system;
	accel->socket = accel->uffd = -1;
	accel->helper.pidfd = -1;
	for (unsigned i = 0; i < ACCEL_FD_COUNT; i++)
		accel->fds[i] = -1;
	accel->commands = h;
	tern_lock_init(&accel->process_lock, TERN_LOCK_DEVICE);
	tern_lock_init(&h->lock, TERN_LOCK_WORKERS);
	h->state = ACCEL_STOPPED;
	h->free = UINT64_MAX;
	for (unsigned i = 0; i < 2; i++)
		h->pending[i] = h->host[i] = (struct command_list){0};
	h->agents = h->idle = 0;
	atomic_store(&h->starts, 0);
	atomic_store(&h->in_flight, 0);
	atomic_store(&h->busy, 0);
	atomic_store(&h->spinners, 0);
	atomic_store(&h->spin_ns, SPIN_NS);
	atomic_store(&h->waiting_pending, 0);
	atomic_store(&h->waiting_host, 0);
	atomic_store(&h->role, ROLE_NONE);
	for (unsigned i = 0; i < ACCEL_SLOTS; i++)
		h->slots[i] = (struct slot){0};
}

/* In a child of fork() pinned memory is empty: the accelerator is made anew. Called locked. */
static void renew_if_lost(struct accel *accel)
{
	if (!accel->device)
		renew(accel);
}

/* Before the first start there is none: a program that does not use it has no mapping of it. */
static int make_accel(void)
{
	struct accel_half *h = &accel_half;
	if (!h->accel) {
		int error = tern_pinned_start();
		struct accel *accel = error ? NULL : tern_pinned_alloc(sizeof(*accel));
		if (!accel)
			return error ? error : -ENOMEM;
		h->accel = accel;
	}
	renew_if_lost(h->accel);
	/* Others may ask for its memory meanwhile. */
	if (h->device->backend != h->accel)
		__atomic_store_n(&h->device->backend, h->accel, __ATOMIC_RELEASE);
	return 0;
}

static void before_fork(void)
{
	tern_lock_acquire(&accel_half.start_lock);
}

static void after_fork_parent(void)
{
	tern_lock_release(&accel_half.start_lock);
}

static void after_fork_child(void)
{
	accel_attending = NULL;
	accel_process_forget(accel_half.accel);
	renew_if_lost(accel_half.accel);
	tern_lock_release(&accel_half.start_lock);
}

/* Start and stop. */

/* Sleepers look again: the words that they slept on have been reset. */
static void wake_sleepers(void)
{
	struct accel_status *status = accel_status();
	atomic_fetch_add(&status->completion, 1);
	syscall(SYS_futex, &status->completion, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

/* The process runs, unless it has died again before anybody could be told. */
static void now_running(struct accel *accel)
{
	set_state(ACCEL_RUNNING);
	if (!atomic_load(&accel->alive))
		accel_device_died(accel);
}

static int first_start(struct accel *accel)
{
	static bool at_fork;
	int error = 0;
	if (accel->system && !accel->devmem.ops) {
		error = accel_memory_init(accel);
		if (error)
			return error;
		accel->devmem.model = accel->options.model;
		accel->devmem.limit = accel->options.memory_bytes;
		accel->devmem.link = accel->options.link;
	}
	error = accel_process_prepare(accel);
	if (!error)
		error = accel_process_start(accel);
	if (error)
		return error;
	/* After the engine has done so: the handlers before a fork run in the opposite order. */
	if (!at_fork)
		error = -pthread_atfork(before_fork, after_fork_parent, after_fork_child);
	at_fork |= !error;
	if (!error)
		error = accel_agent_start();
	if (error)
		accel_process_stop(accel);
	return error;
}

static int power_up(struct accel *accel)
{
	enum accel_state state = get_state();
	int error = 0;
	if (state == ACCEL_STOPPED)
		error = first_start(accel);
	else if (state == ACCEL_BROKEN)
		error = accel_process_restart(accel);
	else
		return 0;
	if (error)
		tern_log_error("accel: the device does not start (error %d)", -error);
	else
		now_running(accel);
	return error;
}

static int start(struct tern_device *device)
{
	(void)device;
	tern_lock_acquire(&accel_half.start_lock);
	int error = make_accel();
	if (!error)
		error = power_up(accel_half.accel);
	if (!error)
		atomic_fetch_add(&accel_half.starts, 1);
	tern_lock_release(&accel_half.start_lock);
	return error;
}

/* An agent stops the process when it has had nothing to do for the time of linger=. */
static void stop(struct tern_device *device)
{
	(void)device;
	if (atomic_fetch_sub(&accel_half.starts, 1) != 1)
		return;
	accel_agent_wake();
	tern_futex_wake(&accel_half.agent_word, INT_MAX); /* all: their time is another now */
}

bool accel_device_retire(void)
{
	struct accel_half *h = &accel_half;
	tern_lock_acquire(&h->start_lock);
	bool last = !atomic_load(&h->starts) && !atomic_load(&h->quit);
	tern_lock_acquire(&h->lock);
	last = last && h->agents == 1;
	if (last) {
		h->state = ACCEL_STOPPED;
		h->agents = 0;
	}
	tern_lock_release(&h->lock);
	if (last) {
		accel_packets_finish();
		accel_process_stop(h->accel);
	}
	tern_lock_release(&h->start_lock);
	return last;
}

/* The end of the process. */

void accel_device_died(struct accel *accel)
{
	struct accel_half *h = &accel_half;
	tern_lock_acquire(&h->lock);
	bool died = h->state == ACCEL_RUNNING && !atomic_load(&accel->alive);
	if (died)
		h->state = ACCEL_DEAD;
	tern_lock_release(&h->lock);
	if (died)
		accel_agent_wake();
}

static unsigned fail(struct command_list *failed)
{
	unsigned n = 0;
	struct tern_command *command;
	while ((command = accel_command_take(failed))) {
		tern_log_error("accel: kernel %s failed: the device process ended while it ran",
			       command->ndrange.info->name);
		accel_command_dispatch(tern_command_complete(command, CL_OUT_OF_RESOURCES));
		n++;
	}
	return n;
}

void accel_device_restart(void)
{
	struct accel_half *h = &accel_half;
	struct command_list failed = {0};
	int error = -EIO;
	tern_lock_acquire(&h->start_lock);
	if (get_state() != ACCEL_DEAD) {
		tern_lock_release(&h->start_lock);
		return;
	}
	accel_packets_reap();
	accel_packets_lost(&failed);
	for (unsigned i = 0; i < RESTARTS_MOST && error; i++)
		error = accel_process_restart(h->accel);
	if (error)
		set_state(ACCEL_BROKEN);
	else
		now_running(h->accel);
	wake_sleepers();
	tern_lock_release(&h->start_lock);
	if (error)
		tern_log_error("accel: the device process died and does not start again (error %d)",
			       -error);
	unsigned n = fail(&failed);
	if (!error)
		tern_log_warn("accel: the device process died (%u commands failed); a new one runs",
			      n);
	accel_packets_publish();
}

/* Operations. */

static void submit(struct tern_device *device, struct tern_command *command, bool may_defer)
{
	(void)device;
	if (command->work != TERN_WORK_NDRANGE) {
		accel_host_submit(command, !may_defer && !accel_attending);
		return;
	}
	accel_packet_submit(command);
	if ((!may_defer || accel_half.timeout_ns) && !accel_attending)
		accel_agent_cover();
}

static void doorbell(struct tern_device *device)
{
	struct accel_half *h = &accel_half;
	(void)device;
	accel_packets_publish();
	if (accel_packets_ended())
		accel_packets_reap();
	if (atomic_load(&h->waiting_host))
		accel_agent_wake();
	accel_agent_cover();
}

/* Also before the first start. */
static const struct tern_image_place *image_place(struct tern_device *device)
{
	(void)device;
	return accel_code_place();
}

static struct tern_devmem *memory(struct tern_device *device)
{
	struct accel *accel = __atomic_load_n(&device->backend, __ATOMIC_ACQUIRE);
	return accel && accel->system ? &accel->devmem : NULL;
}

static const struct tern_device_ops ops = {
	.name = "accel",
	.start = start,
	.stop = stop,
	.submit = submit,
	.expect = accel_expect,
	.doorbell = doorbell,
	.wait = accel_wait,
	.choose_local = accel_choose_local,
	.image_place = image_place,
	.announce = accel_announce,
	.retract = accel_retract,
	.memory = memory,
};

#if defined(__SANITIZE_ADDRESS__)
/* At the end of the process LeakSanitizer stops all other threads, the engine's among them, and
 * then reads all memory: it must be home. */
static void end_process(struct accel_half *h)
{
	tern_lock_acquire(&h->start_lock);
	if (get_state() != ACCEL_STOPPED) {
		set_state(ACCEL_STOPPED);
		accel_process_kill(h->accel);
		accel_process_stop(h->accel);
	}
	tern_lock_release(&h->start_lock);
}
#else
static void end_process(struct accel_half *h)
{
	(void)h; /* it ends by itself when we have ended */
}
#endif

/* The agents leave where they can. */
__attribute__((destructor)) static void end(void)
{
	struct accel_half *h = &accel_half;
	unsigned agents = 1;
	if (!h->accel)
		return;
	atomic_store(&h->quit, true);
	atomic_fetch_add(&h->agent_word, 1);
	tern_futex_wake(&h->agent_word, INT_MAX);
	for (unsigned ms = 0; agents && ms < 50; ms++) {
		tern_lock_acquire(&h->lock);
		agents = h->agents;
		tern_lock_release(&h->lock);
		if (agents)
			tern_sleep_ms(1);
	}
	end_process(h);
}

static void root_device_destroy(struct tern_object *object)
{
	(void)object; /* root devices live as long as the process */
}

static int probe(struct tern_device **out, unsigned max)
{
	struct accel_half *h = &accel_half;
	if (!max)
		return 0;
	struct tern_device *device = tern_zalloc(sizeof(*device));
	if (!device)
		return -ENOMEM;
	accel_options_read(&h->options);
	h->system = accel_caps_system();
	h->device = device;
	h->timeout_ns = tern_option_number(TERN_OPTION_ACCEL_TIMEOUT, 0) * 1000000;
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	h->spinners_most = processors > 1 ? (unsigned)processors / 4 + 1 : 0;
	tern_lock_init(&h->start_lock, TERN_LOCK_RUNTIME);
	tern_lock_init(&h->lock, TERN_LOCK_WORKERS);
	device->ops = &ops;
	device->root = device;
	accel_caps_fill(&device->caps, &h->options, h->system);
	tern_object_init(&device->obj, TERN_KIND_DEVICE, root_device_destroy);
	out[0] = device;
	return 1;
}

const struct tern_backend tern_accel_backend = {.name = "accel", .probe = probe};
