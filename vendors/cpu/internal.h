/* SPDX-License-Identifier: MIT */
/*
 * DOC: how the CPU device executes
 *
 * A unit is a worker thread. A domain is a range of units that commands may be given to: all units
 * for the root device, fewer for a sub-device. Domains live as long as the process and are shared
 * by all sub-devices of the same range. A worker serves every domain that its unit belongs to.
 *
 * Commands. A ready command goes into one of its domain's rings (lock-free, many producers and
 * consumers): high priority, normal, or for workers only (it calls into the program, or needs more
 * stack than a thread of the program may have left). Who takes one executes it, and then what
 * tern_command_complete() returns: an in-order queue runs on without the ring.
 *
 * Work-groups that are narrow become fewer and wider before anything else, where the kernel cannot
 * tell (choose.c).
 *
 * Jobs. What takes longer than about JOB_NS is split: the command moves into a slot of the domain's
 * job table, and all who serve the domain claim chunks of it by an atomic add, sized to take about
 * CHUNK_NS by the time that earlier chunks took. A job's parts are in as many shares as there are
 * units, up to SHARES; everybody begins with the share of the processor that it is on, and goes on
 * with others' when that is empty: a program that runs over the same data again finds them in the
 * same processor's caches. Where a work-group may wait for another (atomics), there is one share,
 * so that work-groups begin in their order; and where several threads have taken longer than one
 * would have (they change the same memory), one thread runs it. Who ends the last chunk completes
 * the command; nobody waits for the others. A slot's state word counts its users, who joined while
 * it was active; it is free again when it is not active and nobody uses it. A user touches what the
 * command owns only while it has a chunk that is not accounted in `done`.
 *
 * Sleeping. A worker that finds nothing looks on for SPIN_NS (`searching`), then sets its bit in
 * `idle`, looks once more, and sleeps on its own word. Who adds work wakes a worker unless one is
 * searching. Whoever takes up something long while more is left wakes the next: calls spread as a
 * tree. All of these words are sequentially consistent: of one who adds work and looks for
 * sleepers, and one who goes to sleep and looks for work, at least one sees the other. Short
 * commands of the program are added without waking anybody until a doorbell, unless a thread of the
 * program sleeps until something is done (`waiting`).
 *
 * Helping. A thread in wait() executes too: commands of the queue that it waits for, and others
 * known to be short. It never takes up others, because a kernel may wait for something that this
 * very thread is to do after its wait (fine-grained SVM with atomics); nor anything of a
 * sub-device, whose number of units is fixed.
 *
 * Without workers (no thread can be made, or the process is ending) whoever waits does everything.
 *
 * fork: a child has no workers. The root is marked lost and made new at the next start(); queues of
 * before the fork give errors (runtime/fork.c). exit: the destructor asks the workers to leave at
 * the next chunk's end and waits for a moment only. libtern is linked with -z nodelete, so that
 * dlclose() takes no code away from them.
 */
#ifndef TERN_VENDORS_CPU_INTERNAL_H
#define TERN_VENDORS_CPU_INTERNAL_H

#include "runtime/base/futex.h"
#include "runtime/base/lock.h"
#include "runtime/queue.h"
#include "vendors/cpu/cpu.h"

#define MAX_UNITS     1024
#define MAX_CPUS      8192
#define UNIT_WORDS    (MAX_UNITS / 64)
#define MAX_DOMAINS   256
#define DOMAIN_WORDS  (MAX_DOMAINS / 64)
#define RING_CELLS    512
#define JOBS          32
#define SHARES        16 /* of a job, at most */
#define ESTIMATES     256
#define SHORT_NS      10000
#define JOB_NS        40000
#define CHUNK_NS      30000
#define SPIN_NS       30000
#define COPY_PIECE    ((size_t)64 << 10)
#define COPY_SPLIT    ((size_t)256 << 10)
#define WORKER_STACK  ((size_t)8 << 20)
#define STACK_RESERVE ((size_t)128 << 10) /* of it, for libtern and the C library */
#define FOREIGN_STACK ((size_t)64 << 10)  /* what a kernel may use on a thread of the program's */
#define ALONE_STACK   ((size_t)512 << 10) /* the same when there are no workers */
#define SCRATCH_MOST  ((uint64_t)1 << 30) /* of one work-group */
#define LINGER_NS     1000000000u         /* how long workers stay after the last queue is gone */
#define CHAIN_MOST    64                  /* commands of one queue in a row while others wait */
#define JOBS_ENOUGH   4 /* more are not begun while these have parts left, but for short ones */

/* command->backend_state[] */
enum { STATE_TAG, STATE_NEXT, STATE_PRINTF };

/* Tags say about a command in a ring, whose memory may be gone, what a helper must know: the
 * address of its queue when a helper for that queue may take it, and in the low bits whether it is
 * expected to be short and whether helpers for any other queue may take it. */
enum { TAG_SHORT = 1, TAG_ANYBODY = 2, TAG_FLAGS = 3 };

enum ring_kind { RING_HIGH, RING_NORMAL, RING_WORKERS, RING_KINDS };

struct cell {
	_Atomic uint64_t turn;
	_Atomic uint64_t tag;
	_Atomic(struct tern_command *) command;
};

/* Bounded queue; what does not fit goes to the list behind it, under a lock. */
struct ring {
	_Alignas(TERN_CACHE_LINE) _Atomic uint64_t head; /* next to take */
	_Alignas(TERN_CACHE_LINE) _Atomic uint64_t tail; /* next to fill */
	_Alignas(TERN_CACHE_LINE) _Atomic uint64_t spilled;
	struct tern_lock lock; /* rank WORKERS */
	struct tern_command *spill_head, *spill_tail;
	struct cell cells[RING_CELLS];
};

/* True when a helper may take what has this tag. */
typedef bool ring_accept(uint64_t tag, const void *arg);

/* Parts [next, end) of a job are not claimed. */
struct share {
	_Alignas(TERN_CACHE_LINE) _Atomic uint64_t next;
	uint64_t end;
};

/* job.state: bits 0..31 users, 32..47 the most users, 62 being filled, 63 active */
struct job {
	_Alignas(TERN_CACHE_LINE) _Atomic uint64_t state;
	struct share shares[SHARES];
	_Alignas(TERN_CACHE_LINE) _Atomic uint64_t done; /* parts that have been executed */
	_Atomic uint64_t part_ps;                        /* picoseconds that one part takes */
	_Atomic cl_int status;
	_Atomic unsigned left; /* shares with parts to claim */
	unsigned share_count;
	struct tern_command *command;
	uint64_t total;
	uint64_t tag;
	unsigned priority; /* index of the domain's active[] */
	bool workers_only;
};

struct domain {
	struct root *root;
	unsigned first, count;      /* units */
	_Atomic uint64_t active[2]; /* slots with parts left to claim: high priority, normal */
	struct job jobs[JOBS];
	struct ring rings[RING_KINDS];
};

/* What a thread needs to execute: memory for work-groups, and what it may do. */
struct executor {
	struct root *root;
	unsigned char *local, *scratch;
	size_t local_bytes, scratch_bytes;
	size_t stack_bytes; /* what kernels may use */
	unsigned unit;
	bool worker;   /* may run the program's code */
	unsigned runs; /* counts, to measure only some */
	struct tern_group group;
};

struct worker {
	_Alignas(TERN_CACHE_LINE) _Atomic uint32_t word; /* changes with each wake */
	_Atomic uint64_t member[DOMAIN_WORDS];           /* domains that it serves */
	struct executor executor;
	unsigned pinned; /* root->topology_version that it is bound by */
};

struct estimate {
	_Atomic(tern_group_fn *) function;
	_Atomic uint64_t item_ps;
	_Atomic uint64_t alone_ps;  /* the same while one thread ran the job; 0: not known */
	_Atomic uint64_t beside_ps; /* a thread's, over the threads that ran it; 0: not known */
	_Atomic uint32_t jobs;
};

/* Where the units are; by topology.c. */
struct topology {
	bool loaded;
	int error;
	unsigned count;
	int cpu[MAX_UNITS];      /* the system's number of the unit's processor */
	uint16_t unit[MAX_CPUS]; /* the unit on it, for each of the system's processors */
	int group[5]
		 [MAX_UNITS]; /* by NUMA node, L4, L3, L2, L1: equal numbers share it; -1: none */
};

struct root {
	struct tern_device *device;
	unsigned units;
	unsigned cpus;          /* in the affinity mask */
	unsigned spinners_most; /* workers that may look for work at once */
	uint64_t streams_from;  /* bytes: who writes as many stores them past the caches */
	struct worker *workers;
	_Alignas(TERN_CACHE_LINE) _Atomic uint32_t searching;
	_Atomic uint32_t waiting; /* threads of the program that sleep until something is done */
	_Atomic uint64_t idle[UNIT_WORDS];   /* workers that sleep */
	_Atomic uint64_t unborn[UNIT_WORDS]; /* units without a thread */
	_Alignas(TERN_CACHE_LINE) _Atomic uint32_t alive;
	_Atomic bool quit;       /* the process ends */
	_Atomic bool workerless; /* no thread could be made */
	_Atomic uint32_t starts; /* start() less stop() */
	_Atomic bool lost;       /* in a child: all below `lock` is the parent's */
	_Atomic(struct domain *) domains[MAX_DOMAINS];
	unsigned domain_count; /* under lock */
	struct tern_lock lock; /* rank DEVICE: start and stop, domains, topology */
	struct topology topology;
	_Atomic uint32_t topology_version; /* 0: not known, workers are not bound */
	uint64_t start_ns;
	struct estimate estimates[ESTIMATES];
};

/* Of a device, root or sub-device. */
struct cpu_device {
	struct root *root;
	_Atomic(struct domain *) domain; /* NULL before the first start() */
};

static inline struct domain *device_domain(const struct tern_device *device)
{
	return atomic_load_explicit(&((struct cpu_device *)device->backend)->domain,
				    memory_order_acquire);
}

/* ring.c */
void ring_init(struct ring *ring);
void ring_push(struct ring *ring, struct tern_command *command, uint64_t tag);
/* Takes the first command, when @accept (may be NULL) says so. */
struct tern_command *ring_take(struct ring *ring, ring_accept *accept, const void *arg);
bool ring_empty(struct ring *ring);

/* estimate.c: what commands are expected to take, from what they took before. */
enum ring_kind command_ring(const struct tern_command *command);
/* Nanoseconds that the command will take; UINT64_MAX: not known. */
uint64_t command_expect(struct root *root, const struct tern_command *command);
uint64_t command_tag(struct root *root, const struct tern_command *command);
size_t copy_bytes(const struct tern_copy *copy);
/* Picoseconds of one work-item; 0: not known. */
uint64_t estimate_get(struct root *root, tern_group_fn *function);
void estimate_put(struct root *root, tern_group_fn *function, uint64_t items, uint64_t ns);
/* The same, and that @users threads ran the job meanwhile. */
void estimate_put_users(struct root *root, tern_group_fn *function, uint64_t items, uint64_t ns,
			unsigned users);
/* Several threads get in each other's way: one is quicker. Now and then several try again. */
bool estimate_contended(struct root *root, tern_group_fn *function);
/* It is time to see again what one thread takes, in a job that several are to run. */
bool estimate_probe(struct root *root, tern_group_fn *function);
bool command_has_atomics(const struct tern_command *command);

/* job.c */
/* Makes @command a job of @domain's and joins it. NULL: no slot is free. */
struct job *job_publish(struct domain *domain, struct tern_command *command, uint64_t first,
			uint64_t total, uint64_t part_ps);
/* Joins a job for which there is something to do; @unit spreads the workers over several. */
struct job *job_join(struct domain *domain, unsigned unit, bool high_only);
/* Whether job_join() would find one. */
bool job_waits(struct domain *domain, bool high_only);
/* Jobs with parts to claim that may be joined. */
unsigned job_count(struct domain *domain);
unsigned job_users(const struct job *job);
/* Of one who has a chunk: several may join, if one thread is not quicker after all. */
bool job_open(struct domain *domain, struct job *job);
void job_leave(struct job *job);
/* All parts have been executed: nobody joins any more. The caller still has to leave. */
void job_end(struct job *job);
/* Claims up to @most parts of the share @from or of one behind it; 0: no part is left. */
uint64_t job_claim(struct domain *domain, struct job *job, unsigned from, uint64_t most,
		   uint64_t *first);

/* work.c: the execution of parts. */
/* Parts that the command can be split into (work-groups, pieces of a copy); 0: cannot be counted.
 */
uint64_t work_parts(const struct tern_command *command);
/* Makes the executor ready for the command. CL_SUCCESS or an error for the command. */
cl_int work_prepare(struct executor *executor, struct tern_command *command);
void work_run(struct executor *executor, struct tern_command *command, uint64_t first, uint64_t n);
void executor_finish(struct executor *executor);

/* execute.c */
/* Asked between commands and chunks: true when the thread has something better to do. */
typedef bool execute_stop(void *arg);
/* Runs @command and what follows it in its queue, until @stop(@arg) (may be NULL) says so. */
void execute_chain(struct executor *executor, struct domain *domain, struct tern_command *command,
		   execute_stop *stop, void *arg);
/* Runs parts of a job that was joined, until none is left or @stop says so, and leaves it. What it
 * returns is to be executed next (NULL: nothing). */
struct tern_command *execute_job(struct executor *executor, struct domain *domain, struct job *job,
				 execute_stop *stop, void *arg) TERN_MUST_CHECK;
/* Adds a ready command to its ring, waking nobody. */
void domain_push(struct domain *domain, struct tern_command *command, uint64_t tag);

/* worker.c */
bool domain_has_commands(struct domain *domain);
bool domain_has_work(struct domain *domain); /* commands, or jobs to join */
/* Wakes (or makes) a worker of @domain's, unless one is looking for work. */
void domain_wake(struct domain *domain);
/* The same, but not the one that is bound to the processor that the caller goes on using. */
void domain_wake_beside(struct domain *domain);
/* The executor of the calling thread when it is a worker or helps right now: then it will look for
 * work again soon. Else NULL. */
struct executor *worker_executor(void);
void worker_set_executor(struct executor *executor);
void root_quit(struct root *root);
/* In a child: everything about workers as it was at the start. */
void root_renew(struct root *root);
/* True when those who wait must do everything. */
bool root_is_workerless(struct root *root);

/* wait.c */
void cpu_wait(struct tern_device *device, struct tern_queue *queue, bool (*done)(void *), void *arg,
	      _Atomic uint32_t *word);

/* device.c: the domain of units [@first, @first + @count), made when there is none. NULL: no memory
 * or too many. */
struct domain *domain_find(struct root *root, unsigned first, unsigned count);

/* caps.c */
/* Returns the bytes of the last-level caches of @cpus processors, all together. */
uint64_t caps_fill(struct tern_device_caps *caps, unsigned units, unsigned cpus);

/* topology.c */
/* Loads it once; 0 or -errno. */
int topology_load(struct root *root);
void topology_bind(struct root *root, struct worker *worker);
/* The unit whose processor this thread is on; MAX_UNITS: there is no telling. */
unsigned topology_here(struct root *root);

/* partition.c */
int cpu_partition(struct tern_device *device, const cl_uint *first, const cl_uint *units,
		  unsigned count, struct tern_device **out);
int cpu_affinity_parts(struct tern_device *device, cl_device_affinity_domain domain, cl_uint *first,
		       cl_uint *units, unsigned max);
/* choose.c */
void cpu_choose_local(struct tern_device *device, const struct tern_kernel_info *kernel,
		      unsigned dim, const size_t global[3], size_t local[3]);
/* Work-groups that follow each other become one, if the kernel cannot tell: in y up to the rows of
 * a chunk, then in x. */
void cpu_merge_groups(const struct domain *domain, struct tern_ndrange *range);

/* The floating-point state that kernels expect (abi.h). */
struct fp_state {
	uint32_t mxcsr;
	uint16_t control;
};

#define FP_MXCSR   0x1f80u
#define FP_CONTROL 0x037fu

static inline void fp_set(struct fp_state state)
{
#if defined(__x86_64__)
	__builtin_ia32_ldmxcsr(state.mxcsr);
	__asm__ volatile("fldcw %0" : : "m"(state.control));
#else
	(void)state;
#endif
}

static inline void fp_default(void)
{
	fp_set((struct fp_state){FP_MXCSR, FP_CONTROL});
}

static inline struct fp_state fp_save(void)
{
	struct fp_state state = {FP_MXCSR, FP_CONTROL};
#if defined(__x86_64__)
	state.mxcsr = __builtin_ia32_stmxcsr();
	__asm__ volatile("fnstcw %0" : "=m"(state.control));
#endif
	return state;
}

#endif
