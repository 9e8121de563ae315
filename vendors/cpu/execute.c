/* SPDX-License-Identifier: MIT */
/* The execution of commands, whole or as jobs; see internal.h. */
#include "runtime/base/alloc.h"
#include "runtime/printf.h"
#include "vendors/cpu/internal.h"

#define RAMP_NS     20000  /* how long a command of unknown length runs before it is a job */
#define TRUST_TICKS 100000 /* tens of microseconds, whatever the clock */

/* The cheapest clock there is; its unit does not matter. */
static uint64_t ticks(void)
{
#if defined(__x86_64__)
	return __builtin_ia32_rdtsc();
#else
	return tern_clock_ns();
#endif
}

static struct tern_printf_buffer *printf_buffer(const struct tern_command *command)
{
	return (struct tern_printf_buffer *)(uintptr_t)command->backend_state[STATE_PRINTF];
}

static void begin(struct tern_command *command)
{
	tern_command_running(command);
	command->backend_state[STATE_PRINTF] = 0;
	if (command->work != TERN_WORK_NDRANGE ||
	    !(command->ndrange.info->flags & TERN_KERNEL_PRINTF))
		return;
	uint64_t bytes = command->event.queue->device->caps.printf_bytes;
	struct tern_printf_buffer *b = tern_zalloc(sizeof(*b) + bytes); /* zeros end the output */
	if (!b)
		return; /* printf() returns -1 */
	b->used = 0;
	b->capacity = bytes;
	command->backend_state[STATE_PRINTF] = (uintptr_t)b;
}

static struct tern_command *end(struct tern_command *command, cl_int status)
{
	struct tern_printf_buffer *b = printf_buffer(command);
	if (b) {
		if (command->ndrange.module)
			tern_printf_flush(
				b, tern_code_info(tern_module_code(command->ndrange.module)));
		tern_free(b);
	}
	return tern_command_complete(command, status);
}

/* The work-items of one part of a kernel. */
static uint64_t part_items(const struct tern_command *command)
{
	const struct tern_ndrange *n = &command->ndrange;
	return (uint64_t)n->local[0] * n->local[1] * n->local[2];
}

static uint64_t expected_part_ps(struct root *root, const struct tern_command *command)
{
	if (command->work != TERN_WORK_NDRANGE)
		return COPY_PIECE * 1000 / 8;
	uint64_t ps;
	if (__builtin_mul_overflow(estimate_get(root, command->ndrange.function),
				   part_items(command), &ps))
		return UINT64_MAX / 4;
	return ps;
}

static uint64_t parts_in(uint64_t ns, uint64_t part_ps)
{
	return tern_max(ns * 1000 / tern_max(part_ps, (uint64_t)1), (uint64_t)1);
}

/* @users threads ran the command meanwhile; 0: their number changed. */
static void learn(struct executor *executor, const struct tern_command *command, uint64_t parts,
		  uint64_t ns, unsigned users)
{
	const struct tern_ndrange *n = &command->ndrange;
	uint64_t items;
	if (command->work != TERN_WORK_NDRANGE ||
	    __builtin_mul_overflow(parts, part_items(command), &items))
		return;
	if (users && command_has_atomics(command))
		estimate_put_users(executor->root, n->function, items, ns, users);
	else
		estimate_put(executor->root, n->function, items, ns);
}

/*
 * Runs parts on this thread until all are done or it has taken long. Returns how many were run;
 * *@part_ps is updated.
 */
static uint64_t run_inline(struct executor *executor, struct tern_command *command, uint64_t total,
			   uint64_t *part_ps)
{
	uint64_t done = 0, n = 1;
	if (*part_ps && (total == 1 || parts_in(SHORT_NS, *part_ps) > total) &&
	    (++executor->runs & 15)) {
		/* Known to be short, so only looked at, not measured. */
		uint64_t start = total == 1 ? 0 : ticks();
		work_run(executor, command, 0, 1);
		done = 1;
		if (total == 1)
			return 1;
		if ((ticks() - start) < TRUST_TICKS / total) {
			work_run(executor, command, 1, total - 1);
			return total;
		}
	}
	uint64_t start = tern_clock_ns(), taken = 0, before = done;
	tern_command_began(command, start);
	while (done < total && taken < RAMP_NS) {
		n = tern_min(n, total - done);
		work_run(executor, command, done, n);
		done += n;
		n *= 2;
		taken = tern_clock_ns() - start;
	}
	if (done > before) {
		learn(executor, command, done - before, taken, 1);
		*part_ps = taken * 1000 / (done - before);
	}
	return done;
}

static bool overlaps(const struct tern_command *command)
{
	const struct tern_copy *c = &command->copy;
	if (command->work != TERN_WORK_COPY)
		return false;
	/* Whole extents: too careful for boxes inside each other's rows, which then run alone. */
	size_t z = c->region[2] - 1, y = c->region[1] - 1;
	const unsigned char *src_end = c->src + z * c->src_slice + y * c->src_row + c->region[0];
	const unsigned char *dst_end = c->dst + z * c->dst_slice + y * c->dst_row + c->region[0];
	return c->src < dst_end && c->dst < src_end;
}

/* Runs the command's parts, or makes a job of it. Returns what to execute next. */
static struct tern_command *run_parts(struct executor *executor, struct domain *domain,
				      struct tern_command *command, execute_stop *stop, void *arg)
{
	if (command->work == TERN_WORK_NDRANGE)
		cpu_merge_groups(domain, &command->ndrange);
	uint64_t total = work_parts(command);
	if (!total) {
		const size_t *g = command->ndrange.global;
		bool empty = command->work != TERN_WORK_NDRANGE || !g[0] || !g[1] || !g[2];
		return end(command, empty ? CL_SUCCESS : CL_OUT_OF_RESOURCES);
	}
	cl_int error = work_prepare(executor, command);
	if (error)
		return end(command, error);
	uint64_t part_ps = expected_part_ps(executor->root, command), done = 0;
	bool small = command->work != TERN_WORK_NDRANGE && total <= COPY_SPLIT / COPY_PIECE;
	if (command->work != TERN_WORK_NDRANGE && !small)
		tern_command_began(command, tern_clock_coarse_ns());
	if (small || overlaps(command)) {
		work_run(executor, command, 0, total);
		return end(command, CL_SUCCESS);
	}
	bool probe = command_has_atomics(command) &&
		     estimate_probe(executor->root, command->ndrange.function);
	if (probe || !part_ps || total == 1 || parts_in(JOB_NS, part_ps) >= total)
		done = run_inline(executor, command, total, &part_ps);
	if (done == total)
		return end(command, CL_SUCCESS);
	if (!done && command->work == TERN_WORK_NDRANGE)
		tern_command_began(command, tern_clock_coarse_ns());
	struct job *job = job_publish(domain, command, done, total, part_ps);
	if (!job) {
		work_run(executor, command, done, total - done);
		return end(command, CL_SUCCESS);
	}
	domain_wake_beside(domain);
	return execute_job(executor, domain, job, stop, arg);
}

static struct tern_command *execute_one(struct executor *executor, struct domain *domain,
					struct tern_command *command, execute_stop *stop, void *arg)
{
	/* Whoever is busy for a while leaves no other command without a thread. */
	if (domain_has_commands(domain) && !(command_tag(domain->root, command) & TAG_SHORT))
		domain_wake(domain);
	begin(command);
	switch (command->work) {
	case TERN_WORK_COPY:
	case TERN_WORK_FILL:
	case TERN_WORK_NDRANGE:
		return run_parts(executor, domain, command, stop, arg);
	case TERN_WORK_NATIVE:
		tern_command_began(command, tern_clock_coarse_ns());
		command->native.fn(command->native.args);
		fp_default();
		return end(command, CL_SUCCESS);
	case TERN_WORK_CALL: {
		tern_command_began(command, tern_clock_coarse_ns());
		cl_int status = command->call.fn(command->call.data);
		if (command->call.user_code)
			fp_default();
		return end(command, status);
	}
	default:
		return end(command, CL_SUCCESS);
	}
}

/* The share of @job that the thread begins with. */
static unsigned own_share(const struct executor *executor, const struct domain *domain,
			  const struct job *job)
{
	unsigned here = topology_here(executor->root);
	unsigned unit = here < MAX_UNITS ? here : executor->unit;
	unsigned place = unit >= domain->first ? (unit - domain->first) % domain->count : 0;
	return place * job->share_count / domain->count;
}

/* Claims a chunk: parts that take about CHUNK_NS, fewer towards the end. 0: none is left. */
static uint64_t claim(struct domain *domain, struct job *job, unsigned share, uint64_t *first)
{
	uint64_t part_ps = atomic_load_explicit(&job->part_ps, memory_order_relaxed);
	return job_claim(domain, job, share, parts_in(CHUNK_NS, part_ps), first);
}

static void run_chunk(struct executor *executor, struct domain *domain, struct job *job,
		      uint64_t first, uint64_t n)
{
	unsigned users = job_users(job);
	uint64_t start = tern_clock_ns();
	work_run(executor, job->command, first, n);
	uint64_t taken = tern_clock_ns() - start;
	users = users == job_users(job) ? users : 0;
	uint64_t old = atomic_load_explicit(&job->part_ps, memory_order_relaxed);
	uint64_t now = (old + taken * 1000 / n) / 2;
	atomic_store_explicit(&job->part_ps, tern_max(now, (uint64_t)1), memory_order_relaxed);
	learn(executor, job->command, n, taken, users);
	/* The first groups may have been quicker than the rest. */
	if (users == 1 && command_has_atomics(job->command) && job_open(domain, job))
		domain_wake_beside(domain);
}

struct tern_command *execute_job(struct executor *executor, struct domain *domain, struct job *job,
				 execute_stop *stop, void *arg)
{
	uint64_t first, n;
	bool prepared = false;
	unsigned share = own_share(executor, domain, job);
	while ((n = claim(domain, job, share, &first))) {
		if (!prepared) {
			cl_int error = work_prepare(executor, job->command);
			if (error)
				atomic_store(&job->status, error);
			prepared = !error;
		}
		if (prepared)
			run_chunk(executor, domain, job, first, n);
		if (atomic_fetch_add_explicit(&job->done, n, memory_order_acq_rel) + n ==
		    job->total) {
			struct tern_command *command = job->command;
			cl_int status = atomic_load(&job->status);
			job_end(job);
			job_leave(job);
			return end(command, status);
		}
		if (stop && stop(arg))
			break;
	}
	job_leave(job);
	return NULL;
}

static bool may_execute(const struct executor *executor, const struct tern_command *command)
{
	return executor->worker || root_is_workerless(executor->root) ||
	       command_ring(command) != RING_WORKERS;
}

void execute_chain(struct executor *executor, struct domain *domain, struct tern_command *command,
		   execute_stop *stop, void *arg)
{
	for (unsigned n = 0; command; n++) {
		bool better = !executor->worker && stop && n && stop(arg);
		bool leave = better || !may_execute(executor, command) ||
			     (n >= CHAIN_MOST && domain_has_work(domain)) ||
			     (executor->worker && atomic_load(&executor->root->quit));
		if (leave) {
			domain_push(domain, command, command_tag(domain->root, command));
			domain_wake(domain);
			return;
		}
		command = execute_one(executor, domain, command, stop, arg);
	}
}
