/* SPDX-License-Identifier: MIT */
/* The operations of the CPU device, and its start and end. */
#include <errno.h>
#include <pthread.h>

#include "runtime/base/alloc.h"
#include "vendors/cpu/internal.h"
#include "vendors/cpu/limits.h"

static struct root *the_root; /* made once, by the probe; for fork and exit */

void domain_push(struct domain *domain, struct tern_command *command, uint64_t tag)
{
	ring_push(&domain->rings[command_ring(command)], command, tag);
}

/* Will the calling thread look for work of @domain again soon, because it executes for it? */
static bool looks_again(const struct domain *domain)
{
	const struct executor *e = worker_executor();
	if (!e || !e->worker)
		return e && domain->count == domain->root->units;
	return e->unit >= domain->first && e->unit - domain->first < domain->count;
}

static void submit(struct tern_device *device, struct tern_command *command, bool may_defer)
{
	struct domain *domain = device_domain(device);
	uint64_t tag = command_tag(domain->root, command);
	/* Who executes for the same units looks for work again soon, so it wakes nobody for
	 * something short either. */
	bool defer = (tag & TAG_SHORT) && command_ring(command) != RING_WORKERS &&
		     (may_defer || looks_again(domain));
	domain_push(domain, command, tag); /* it may be gone after this */
	/* Who sleeps until something is done may wait for this very command. */
	if (!defer || atomic_load(&domain->root->waiting))
		domain_wake(domain);
}

static uint64_t expect(struct tern_device *device, const struct tern_command *command)
{
	return command_expect(((struct cpu_device *)device->backend)->root, command);
}

static void doorbell(struct tern_device *device)
{
	struct domain *domain = device_domain(device);
	if (domain_has_commands(domain))
		domain_wake(domain);
}

static void domain_reset(struct domain *domain)
{
	for (unsigned i = 0; i < JOBS; i++)
		atomic_store(&domain->jobs[i].state, 0);
	for (unsigned i = 0; i < RING_KINDS; i++)
		ring_init(&domain->rings[i]);
	atomic_store(&domain->active[0], 0);
	atomic_store(&domain->active[1], 0);
}

struct domain *domain_find(struct root *root, unsigned first, unsigned count)
{
	for (unsigned i = 0; i < root->domain_count; i++) {
		struct domain *d = atomic_load(&root->domains[i]);
		if (d->first == first && d->count == count)
			return d;
	}
	if (root->domain_count == MAX_DOMAINS)
		return NULL;
	struct domain *domain = tern_alloc_aligned(_Alignof(struct domain), sizeof(*domain));
	if (!domain)
		return NULL;
	domain->root = root;
	domain->first = first;
	domain->count = count;
	domain_reset(domain);
	unsigned index = root->domain_count++;
	atomic_store_explicit(&root->domains[index], domain, memory_order_release);
	for (unsigned i = first; i < first + count; i++)
		atomic_fetch_or(&root->workers[i].member[index / 64], UINT64_C(1) << (index % 64));
	return domain;
}

static void renew_after_fork(struct root *root)
{
	for (unsigned i = 0; i < root->domain_count; i++)
		domain_reset(atomic_load(&root->domains[i]));
	root_renew(root);
	atomic_store(&root->starts, 0);
	atomic_store(&root->lost, false);
}

static int start(struct tern_device *device)
{
	struct cpu_device *cpu = device->backend;
	struct root *root = cpu->root;
	int error = 0;
	tern_lock_acquire(&root->lock);
	if (atomic_load(&root->lost))
		renew_after_fork(root);
	if (!atomic_load(&cpu->domain)) {
		struct domain *domain =
			domain_find(root, device->first_unit, device->caps.compute_units);
		atomic_store_explicit(&cpu->domain, domain, memory_order_release);
		error = domain ? 0 : -ENOMEM;
	}
	if (!error)
		atomic_fetch_add(&root->starts, 1);
	tern_lock_release(&root->lock);
	return error;
}

/* The workers go to sleep by themselves, and end when they have slept for LINGER_NS. */
static void stop(struct tern_device *device)
{
	struct cpu_device *cpu = device->backend;
	atomic_fetch_sub(&cpu->root->starts, 1);
}

static void destroy(struct tern_device *device)
{
	tern_free(device->backend);
}

static const struct tern_device_ops ops = {
	.name = "cpu",
	.start = start,
	.stop = stop,
	.submit = submit,
	.expect = expect,
	.doorbell = doorbell,
	.wait = cpu_wait,
	.partition = cpu_partition,
	.affinity_parts = cpu_affinity_parts,
	.choose_local = cpu_choose_local,
	.destroy = destroy,
};

static void root_device_destroy(struct tern_object *object)
{
	(void)object; /* root devices live as long as the process */
}

static void before_fork(void)
{
	tern_lock_acquire(&the_root->lock);
}

static void after_fork_parent(void)
{
	tern_lock_release(&the_root->lock);
}

static void after_fork_child(void)
{
	atomic_store(&the_root->lost, true);
	atomic_store(&the_root->alive, 0);
	worker_set_executor(NULL);
	tern_lock_release(&the_root->lock);
}

__attribute__((destructor)) static void end(void)
{
	if (the_root)
		root_quit(the_root);
}

static struct root *root_create(void)
{
	struct root *root = tern_alloc_aligned(_Alignof(struct root), sizeof(*root));
	if (!root)
		return NULL;
	*root = (struct root){.start_ns = tern_clock_ns()};
	root->units = limit_units(&root->cpus);
	unsigned quarter = root->cpus / 4;
	root->spinners_most = root->cpus <= 1 ? 0 : quarter + 1;
	size_t bytes = root->units * sizeof(struct worker);
	root->workers = tern_alloc_aligned(_Alignof(struct worker), bytes);
	if (!root->workers) {
		tern_free(root);
		return NULL;
	}
	for (unsigned i = 0; i < root->units; i++)
		root->workers[i] = (struct worker){0};
	tern_lock_init(&root->lock, TERN_LOCK_DEVICE);
	root_renew(root);
	return root;
}

static int probe(struct tern_device **out, unsigned max)
{
	if (!max)
		return 0;
	struct tern_device *device = tern_zalloc(sizeof(*device));
	struct cpu_device *cpu = tern_zalloc(sizeof(*cpu));
	struct root *root = device && cpu ? root_create() : NULL;
	if (!root)
		goto err_free;
	the_root = root;
	int error = pthread_atfork(before_fork, after_fork_parent, after_fork_child);
	if (error)
		goto err_free_root;
	cpu->root = root;
	root->device = device;
	device->ops = &ops;
	device->backend = cpu;
	device->root = device;
	root->streams_from = caps_fill(&device->caps, root->units, root->cpus) / 2;
	tern_object_init(&device->obj, TERN_KIND_DEVICE, root_device_destroy);
	out[0] = device;
	return 1;

err_free_root:
	the_root = NULL;
	tern_free(root->workers);
	tern_free(root);
err_free:
	tern_free(cpu);
	tern_free(device);
	return -ENOMEM;
}

const struct tern_backend tern_cpu_backend = {.name = "cpu", .probe = probe};
