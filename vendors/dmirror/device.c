/* SPDX-License-Identifier: MIT */
/* The devices: which there are, and how they start and stop. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "runtime/base/alloc.h"
#include "runtime/base/log.h"
#include "svm/space.h"
#include "vendors/dmirror/internal.h"

#define BUFFER_BYTES ((DMIRROR_BUFFERS + 1) * DMIRROR_BLOCK)

static struct dmirror devices[DMIRROR_NODES];
static unsigned device_count;

/* fork() */

/* Past the checks of ranks: nobody else takes two of one. */
static void before_fork(void)
{
	for (unsigned i = 0; i < device_count; i++)
		pthread_mutex_lock(&devices[i].start_lock.mutex);
	for (unsigned i = 0; i < device_count; i++)
		pthread_mutex_lock(&devices[i].lock.mutex);
}

static void after_fork_parent(void)
{
	for (unsigned i = device_count; i-- > 0;) {
		pthread_mutex_unlock(&devices[i].lock.mutex);
		pthread_mutex_unlock(&devices[i].start_lock.mutex);
	}
}

static void after_fork_child(void)
{
	for (unsigned i = device_count; i-- > 0;) {
		struct dmirror *d = &devices[i];
		dmirror_close(d);
		atomic_store(&d->lost, false);
		d->starts = 0;
		d->running = false;
		d->ready[0] = d->ready[1] = (struct dmirror_list){0};
		d->devmem.engine = NULL;
	}
	after_fork_parent();
}

/* After the space has done so: the handlers before a fork run in the opposite order, and start()
 * goes from here to there. */
static int prepare_fork(void)
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	static bool prepared;
	int error = 0;
	pthread_mutex_lock(&mutex);
	if (!prepared)
		error = pthread_atfork(before_fork, after_fork_parent, after_fork_child);
	prepared |= !error;
	pthread_mutex_unlock(&mutex);
	return -error;
}

/* Start and stop. */

static int open_all(struct dmirror *d)
{
	if (!d->buffers) {
		void *p = tern_fault_hit() ? MAP_FAILED
					   : mmap(NULL, BUFFER_BYTES, PROT_READ | PROT_WRITE,
						  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (p == MAP_FAILED)
			return -ENOMEM;
		d->buffers = p;
		d->check = dmirror_buffer(d, DMIRROR_BUFFERS);
	}
	int error = dmirror_open(d);
	if (error)
		return error;
	error = tern_space_attach(&d->devmem);
	if (error)
		goto err_driver;
	error = prepare_fork();
	if (!error)
		error = dmirror_worker_start(d);
	if (error)
		goto err_memory;
	return 0;

err_memory:
	tern_space_detach(&d->devmem);
err_driver:
	dmirror_close(d);
	return error;
}

static void count_start(struct dmirror *d)
{
	tern_lock_acquire(&d->lock);
	d->starts++;
	tern_lock_release(&d->lock);
}

static int start(struct tern_device *device)
{
	struct dmirror *d = dmirror_of(device);
	int error = 0;
	tern_lock_acquire(&d->start_lock);
	if (!d->running)
		error = open_all(d);
	if (error) {
		tern_log_error("%s: it does not start: %s", d->name, strerrordesc_np(-error));
	} else {
		d->running = true;
		count_start(d);
	}
	tern_lock_release(&d->start_lock);
	return error;
}

static void stop(struct tern_device *device)
{
	struct dmirror *d = dmirror_of(device);
	tern_lock_acquire(&d->lock);
	bool last = !--d->starts;
	tern_lock_release(&d->lock);
	if (last)
		dmirror_worker_wake(d);
}

bool dmirror_retire(struct dmirror *d)
{
	tern_lock_acquire(&d->start_lock);
	tern_lock_acquire(&d->lock);
	bool idle = !d->starts && !d->ready[0].head && !d->ready[1].head;
	tern_lock_release(&d->lock);
	if (idle) {
		tern_space_detach(&d->devmem);
		dmirror_close(d);
		d->running = false;
	}
	tern_lock_release(&d->start_lock);
	return idle;
}

/* Operations. */

static void submit(struct tern_device *device, struct tern_command *command, bool may_defer)
{
	(void)may_defer;
	dmirror_worker_add(dmirror_of(device), command);
}

/* Nothing is held back. */
static uint64_t expect(struct tern_device *device, const struct tern_command *command)
{
	(void)device, (void)command;
	return 0;
}

static void doorbell(struct tern_device *device)
{
	(void)device;
}

static void wait(struct tern_device *device, struct tern_queue *queue, bool (*done)(void *),
		 void *arg, _Atomic uint32_t *word)
{
	(void)device, (void)queue;
	while (!done(arg))
		tern_wake_sleep(word, done, arg);
}

/* Built-in kernels do not know of work-groups. */
static void choose_local(struct tern_device *device, const struct tern_kernel_info *kernel,
			 unsigned dim, const size_t global[3], size_t local[3])
{
	(void)device, (void)kernel, (void)dim, (void)global;
	local[0] = local[1] = local[2] = 1;
}

static void announce(struct tern_device *device, const struct tern_command *command)
{
	struct dmirror *d = dmirror_of(device);
	struct tern_space_command described;
	if (!tern_space_wants_commands(&d->devmem))
		return;
	tern_command_describe(command, &described);
	tern_space_command_queued(&d->devmem, &described);
}

static void retract(struct tern_device *device, const struct tern_command *command)
{
	struct dmirror *d = dmirror_of(device);
	if (tern_space_wants_commands(&d->devmem))
		tern_space_command_ended(&d->devmem, (uintptr_t)command);
}

static struct tern_devmem *memory(struct tern_device *device)
{
	return &dmirror_of(device)->devmem;
}

static const struct tern_device_ops operations = {
	.start = start,
	.stop = stop,
	.submit = submit,
	.expect = expect,
	.doorbell = doorbell,
	.wait = wait,
	.choose_local = choose_local,
	.announce = announce,
	.retract = retract,
	.memory = memory,
};

/* Which there are. */

static void root_device_destroy(struct tern_object *object)
{
	(void)object; /* as long as the process */
}

static void make(struct dmirror *d, const struct dmirror_driver *driver, unsigned node)
{
	*d = (struct dmirror){.driver = driver, .node = node, .fd = -1};
	snprintf(d->short_name, sizeof(d->short_name), "dmirror%u", node);
	d->ops = operations;
	d->ops.name = d->memory_ops.name = d->short_name;
	d->devmem.ops = &d->memory_ops;
	d->devmem.mirror = &dmirror_mirror_ops;
	tern_lock_init(&d->start_lock, TERN_LOCK_DEVICE);
	tern_lock_init(&d->lock, TERN_LOCK_WORKERS);
	dmirror_caps_fill(d);
	d->device.ops = &d->ops;
	d->device.backend = d;
	d->device.root = &d->device;
	tern_object_init(&d->device.obj, TERN_KIND_DEVICE, root_device_destroy);
}

int dmirror_probe(const struct dmirror_driver *driver, struct tern_device **out, unsigned max)
{
	int worst = 0;
	for (unsigned node = 0; node < DMIRROR_NODES && device_count < max; node++) {
		int fd = driver->open(node);
		if (fd < 0) {
			worst = fd == -ENOENT || worst ? worst : fd;
			continue;
		}
		driver->close(fd);
		make(&devices[device_count], driver, node);
		out[device_count] = &devices[device_count].device;
		device_count++;
	}
	if (!device_count && !worst)
		tern_log_error("dmirror: there is no /dev/hmm_dmirror0: it needs a kernel with "
			       "CONFIG_TEST_HMM");
	else if (!device_count)
		tern_log_error("dmirror: /dev/hmm_dmirror0 cannot be opened: %s",
			       strerrordesc_np(-worst));
	return (int)device_count;
}

static int probe(struct tern_device **out, unsigned max)
{
	return dmirror_probe(&dmirror_kernel, out, max);
}

const struct tern_backend tern_dmirror_backend = {.name = "dmirror", .probe = probe};
