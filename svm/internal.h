/* SPDX-License-Identifier: MIT */
/*
 * The engine's own structures and the functions between its files. All of it is the engine thread's
 * alone, but what is marked otherwise. Results: 0, -EAGAIN (the kernel has events for us first, or
 * a page is busy for a moment: try again when they have been read), or another -errno.
 */
#ifndef TERN_SVM_INTERNAL_H
#define TERN_SVM_INTERNAL_H

#include <pthread.h>

#include "runtime/base/trace.h"
#include "svm/directory.h"
#include "svm/host.h"
#include "svm/model.h"
#include "svm/uffd.h"
#include "svm/vma.h"

/* What the program's userfaultfd must have, and what is used where it is there. */
#define TERN_UFFD_NEEDED                                                                           \
	((uint64_t)(UFFD_FEATURE_PAGEFAULT_FLAG_WP | UFFD_FEATURE_EVENT_REMOVE |                   \
		    UFFD_FEATURE_EVENT_UNMAP | UFFD_FEATURE_EVENT_REMAP))
#define TERN_UFFD_WANTED ((uint64_t)UFFD_FEATURE_MOVE)

#define DEVICES_MAX   4u
#define KNOWN_MAX     96u  /* commands of a device that are remembered, with those that run */
#define NOTES_MAX     128u /* what commands say and the engine has not read; a power of two */
#define AHEAD_MAX     128u /* ranges of a device that wait to be moved */
#define EXCLUDED_MAX  64u
#define PENDING_MAX   65536u
#define PUT_OFF_SLOTS 256u
/* Up to here a page is taken from a device by protect() and drop(); from here on by unmap(), which
 * costs more but keeps the device's pages warm. */
#define SMALL_RUN 16u

/* The statistics as an array: what is counted. */
#define STAT(field) ((unsigned)(offsetof(struct tern_space_stats, field) / sizeof(uint64_t)))
#define STATS       ((unsigned)(sizeof(struct tern_space_stats) / sizeof(uint64_t)))

struct owner {
	_Atomic uint64_t now[STATS];  /* the engine writes */
	_Atomic uint64_t base[STATS]; /* tern_space_owner_begin() writes */
	_Atomic uint32_t served;      /* a fault of its is in work, what was done not all counted */
};

/* What was moved ahead for a command that had not begun: tern_space_owner_begin() takes it. */
struct advance {
	_Atomic uint64_t moved[STATS];
};

/* A command that waits or runs (commands.c). */
struct known {
	struct tern_policy_command command;
	struct tern_policy_use uses[TERN_POLICY_USES];
	uint64_t order;
	uint32_t owner; /* TERN_DEVMEM_NO_OWNER: it waits */
};

/* Memory of commands that wait or run: the first command's that names it. */
struct span {
	uint64_t start, end;
	uint32_t next_use;
};
#define SPANS_MAX (KNOWN_MAX * 4)

/* A pointer that nobody knows the memory of, and the mapping that it was found in. */
struct pointer {
	uint64_t address; /* 0: not in use */
	uint64_t start, end;
	uint64_t used;
};
#define POINTERS_MAX 64u

/* Moves that nobody waits for (ahead.c). */
struct ahead_range {
	uint64_t at, end;
	uint64_t command; /* 0: none */
	uint8_t way, room;
};
struct ahead {
	struct ahead_range ranges[AHEAD_MAX];
	unsigned count;
	/* What is on its way over the imposed link; pages 0: nothing. */
	struct chunk *chunk;
	unsigned first, pages;
	uint8_t way, room;
	uint64_t command, due_ns;
	unsigned tries;
};

#define VICTIMS_MAX 64u

struct device {
	unsigned index;
	struct tern_devmem *mem; /* NULL: the place is free */
	_Atomic bool dead;
	bool failed;       /* an operation said -ENODEV: nothing is asked until it is recovered */
	uint64_t resident; /* pages */
	struct tern_list chunks; /* with resident pages */
	unsigned chunk_count;
	/* Who goes next, as they were ranked last (evict.c). */
	struct victim {
		struct chunk *chunk;
		uint64_t touched;
	} victims[VICTIMS_MAX];
	unsigned victim_next, victim_count;
	uint64_t mute_ns;      /* its descriptors are not polled until then */
	uint64_t link_free_ns; /* when the imposed link has done what was given to it */
	void *policy_state;
	struct owner owners[TERN_DEVMEM_OWNERS + 1];
	struct known known[KNOWN_MAX];
	struct advance advances[KNOWN_MAX];        /* of the same places */
	_Atomic uint64_t known_numbers[KNOWN_MAX]; /* of their commands; 0: the place is free */
	struct known *running[TERN_DEVMEM_OWNERS];
	uint64_t known_order;
	struct span spans[SPANS_MAX];
	struct pointer pointers[POINTERS_MAX];
	uint64_t pointers_used;
	unsigned span_count;
	bool spans_old;
	struct ahead ahead;
};

enum note_kind { NOTE_QUEUED, NOTE_BEGINS, NOTE_ENDED };

/* What a thread says about a command; a bounded queue of many writers and one reader. */
struct note {
	_Atomic uint64_t turn;
	enum note_kind kind;
	uint32_t owner;
	struct tern_devmem *devmem;
	struct tern_space_command command;
};
struct notes {
	_Atomic uint64_t tail;
	uint64_t head; /* the engine's */
	_Atomic bool lost;
	struct note notes[NOTES_MAX];
	/* What was said last, when nothing has moved since: nobody needs to be woken for it. */
	_Atomic uint64_t quiet[64];
	_Atomic uint64_t ended; /* e->moves when a command ended last */
};

#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24 /* Linux 5.18 */
#endif

/* A fault that waits to be served. */
struct pending {
	uint64_t address;
	uint64_t due_ns; /* 0: now */
	uint64_t arrived_ns;
	uint64_t token;
	struct device *device; /* NULL: the host's */
	uint32_t owner;
	uint32_t tries;
	uint32_t deferrals;  /* by the policy */
	uint64_t wakes;      /* e->wakes when it was read */
	uint64_t number;     /* in the trace; 0: it is not there */
	bool write, protect; /* protect: the host wrote to a write-protected page */
	bool counted;        /* in the statistics */
	bool joined;         /* another thread's fault had brought the page already */
	bool asked;          /* mapping_assume() was not enough */
	bool planned;        /* the plan below was made and the link is paid for */
	struct tern_policy_plan plan;
};

/* Scratch of a chunk at the same offsets, which keeps page frames (frames.c). */
struct frames {
	struct tern_list link; /* in use: the longest unused first; else free */
	struct chunk *chunk;
	char *base;
	tern_page_bits present; /* frames that are there */
	bool tables;            /* page tables of small pages are there: no huge page can come */
};

struct frame_pool {
	struct tern_list used, unused;
	uint64_t pages, limit; /* frames in all slots, and how many there may be */
	unsigned slots;
	struct frame_region *regions;
	char *grave; /* TERN_CHUNK bytes */
	unsigned buried;
};

enum dropper_state { DROPPER_IDLE, DROPPER_POSTED, DROPPER_BEGUN, DROPPER_DONE, DROPPER_STOP };

/* The helper thread that drops pages of the program, which must not be the engine's (drop.c). */
struct dropper {
	pthread_t thread;
	void *stack;
	bool started;
	_Atomic uint32_t state; /* enum dropper_state */
	uint64_t start, bytes;
	long result;
	uint64_t next; /* what its events have not told of begins here; 0: none are expected */
};

/* Sampled accesses (watch.c). */
struct watch {
	unsigned window; /* 0: none are */
	unsigned count;
	uint64_t *pages; /* shown ones, @window of them at most, the oldest first */
};

struct range {
	uint64_t start, end;
};

struct request;

struct engine {
	const struct host_ops *host;
	void *simulation; /* what a replay works on; NULL: a program */
	int uffd;         /* the program's */
	int grave_uffd;   /* the graveyard's (frames.c); no events */
	int event;        /* wakes the engine */
	int mem;          /* /proc/self/mem */
	int pagemap;
	bool move;
	struct vma_reader maps;
	struct directory directory;
	struct device devices[DEVICES_MAX];
	struct tern_list staged; /* chunks with STAGED pages */
	struct frame_pool pool;
	struct dropper dropper;
	char *bounce; /* TERN_CHUNK bytes */
	char *zeros;  /* TERN_PAGE */

	struct pending *pending;
	unsigned pending_count;
	struct notes *notes;
	bool wants_commands, wants_samples;
	_Atomic uint64_t moves; /* counts what changed places */
	struct watch watch;
	bool hide;         /* what devices get is hidden from them at first */
	bool protect_home; /* what comes home is write-protected */

	struct range excluded[EXCLUDED_MAX];
	unsigned excluded_count;

	const struct tern_policy *policy;
	const char *policy_options;
	const struct tern_eviction *eviction;
	uint64_t wakes;      /* of threads of devices; struct chunk.woken */
	uint64_t host_bytes; /* of memory that the machine has */
	uint64_t sequence;   /* of allocations and touches */
	uint64_t hold_ns;    /* the least hold */
	bool single_pages;   /* a page is registered without its neighbours */
	bool assumed;        /* of the mapping in work nobody has been asked: mapping_assume() */
	const struct chunk *soon; /* the chunk that will be taken from its device next, or NULL */
	bool stream;              /* what is being copied is a part of more than caches hold */
	uint32_t hold_us;         /* what the plan in work wants beyond it */
	uint64_t started_ns, now_ns;
	uint16_t put_off[PUT_OFF_SLOTS]; /* how often UFFDIO_MOVE did, by page (take_out.c) */
	uint64_t snapshots;              /* pages */
	_Atomic uint64_t any_snapshots;  /* the same, for tern_space_fence() */
	unsigned paused;                 /* forks in progress: device faults wait */

	/* What the present work is counted for. */
	struct device *for_device;
	uint32_t for_owner;
	struct advance *for_advance; /* or NULL; instead of the owner */
	struct request *for_request; /* or NULL */
	enum tern_trace_reason why;
	uint64_t serving, faults; /* numbers in the trace: of the fault in work, and the last */
	_Atomic uint64_t stats[STATS];

	/* Odd while events have been read and not handled. */
	_Atomic uint32_t fence;
	_Atomic uint32_t fence_waiters;
	_Atomic(struct request *) requests; /* new ones, the newest first; any thread */
	struct request *working;            /* begun or not, in order */
	bool stop;
	bool eager;          /* a fault has been served since it slept */
	struct device *last; /* whose the newest was; NULL: the host's */
	unsigned straight;   /* times that nobody else was looked after since */

	pthread_t thread;
	void *stack;
	bool running;
};

/* account.c: statistics, time, the imposed link. */
void account(struct engine *e, struct chunk *chunk, unsigned stat, uint64_t n);
uint32_t engine_us(const struct engine *e);
void engine_tick(struct engine *e); /* looks at the clock */
/* A transfer of @bytes over the imposed link: counted, and when it would be done (0: now). */
uint64_t link_transfer(struct engine *e, struct device *device, struct chunk *chunk,
		       uint64_t bytes);
void link_count(struct engine *e, struct device *device, struct chunk *chunk, uint64_t bytes);

/* trace.c: nothing, unless there is a trace. */
void trace_fault(struct engine *e, struct pending *fault);
void trace_served(const struct pending *fault);
void trace_plan(const struct chunk *chunk, const struct pending *fault,
		const struct tern_policy_plan *plan);
void trace_moved(const struct engine *e, const struct chunk *chunk, unsigned first, unsigned count,
		 enum tern_trace_way way);
void trace_unmapped(const struct chunk *chunk, unsigned first, unsigned count);
void trace_device(const struct device *device);
/* The policy that was chosen; @replaced: the default, for one that is not understood. */
void trace_policy(const struct engine *e, bool replaced);
void trace_owner(const struct device *device, unsigned owner, uint64_t command);
/* The mapping that @address, which is in @chunk, lies in, unless that was told before. */
void trace_mapping(struct chunk *chunk, const struct vma *vma);
void trace_removed(uint64_t start, uint64_t end, bool unmapped);
void trace_remapped(uint64_t from, uint64_t to, uint64_t bytes);
void trace_request(const struct engine *e, const struct device *device, const struct request *q);
void trace_detached(const struct device *device);
void trace_advice(uint64_t start, uint64_t end, unsigned advice);
void trace_command(const struct device *device, const struct tern_policy_command *command,
		   enum tern_policy_event event);
void trace_ahead(const struct device *device, const struct tern_policy_range *range,
		 uint64_t command, uint64_t fault);

/* state.c: the directory's changes, which the model checks. */
void pages_set(struct engine *e, struct chunk *chunk, unsigned first, unsigned count,
	       enum page_state to);
void pages_snapshot(struct engine *e, struct chunk *chunk, unsigned first, unsigned count, bool on);
/* Puts @chunk's future pages on @device. */
void chunk_take(struct engine *e, struct chunk *chunk, struct device *device);
/* The pages came to one side: it holds them for a while. */
void pages_hold(struct engine *e, struct chunk *chunk, unsigned first, unsigned count, bool device,
		uint32_t hold_us, bool changed);
/* When @page may go to the other side: 0 (now) or the clock. */
uint64_t page_held_until(const struct engine *e, const struct chunk *chunk, unsigned page,
			 bool for_device);
unsigned page_changes(const struct engine *e, const struct chunk *chunk, unsigned page);

/* devops.c: the device's operations, with the model told and a dead device survived. */
int64_t device_fill(struct engine *e, struct chunk *chunk, unsigned first, unsigned count,
		    const void *from, bool writable);
void device_protect(struct engine *e, struct chunk *chunk, unsigned first, unsigned count);
void device_unprotect(struct engine *e, struct chunk *chunk, unsigned first, unsigned count);
/* The device has nothing there afterwards; @keep: the contents stay in its window. */
void device_unmap(struct engine *e, struct chunk *chunk, unsigned first, unsigned count, bool keep);
/* All of @chunk, which the device has, will be unmapped and kept soon. */
void device_unmap_soon(const struct chunk *chunk);
void device_hide(struct engine *e, struct chunk *chunk, unsigned first, unsigned count);
/* -errno: the pages are hidden as before, and nobody was woken. */
int device_show(struct engine *e, struct chunk *chunk, unsigned first, unsigned count,
		bool writable) TERN_MUST_CHECK;
const char *device_window(struct engine *e, struct chunk *chunk, unsigned first);
/* Copies what the device has, or had: -ENOMEM when it cannot be reached. */
int device_read(struct engine *e, struct chunk *chunk, unsigned first, unsigned count,
		void *to) TERN_MUST_CHECK;
bool device_gone(const struct device *device);
void device_wake(struct engine *e, struct device *device, uint64_t address);

/* frames.c */
int frames_init(struct engine *e) TERN_MUST_CHECK;
void frames_finish(struct engine *e);
/* The slot of @chunk, made if need be. @whole: a huge page may come. NULL: no memory. */
struct frames *frames_get(struct engine *e, struct chunk *chunk, bool whole);
void frames_mark(struct engine *e, struct frames *f, unsigned first, unsigned count);
void frames_unmark(struct engine *e, struct frames *f, unsigned first, unsigned count);
/* Frees the page frames in [first, first + count). */
void frames_clear(struct engine *e, struct frames *f, unsigned first, unsigned count);
/* Empties the longest unused slots until the pool is within its limit; never that of @keep. */
void frames_trim(struct engine *e, const struct chunk *keep);
static inline char *frame_address(const struct frames *f, unsigned page)
{
	return f->base + (size_t)page * TERN_PAGE;
}

/* drop.c */
int dropper_start(struct engine *e) TERN_MUST_CHECK;
void dropper_stop(struct engine *e);
/* Drops pages of the program's, whose contents are elsewhere and which are write-protected, while
 * events are handled. -ENOMEM: some have been unmapped, the others dropped; -errno: none is. */
int drop_host(struct engine *e, struct chunk *chunk, unsigned first, unsigned count);
/* The event is our own drop's. */
bool drop_is_ours(struct engine *e, uint64_t start, uint64_t end);

/* mapping.c: what may migrate. */
struct mapping {
	struct vma vma;
	tern_page_bits pages; /* of the chunk: in this mapping, not excluded */
	bool file;            /* read-only file: snapshots only */
};
/* 0, or the reason of refusal + 1. */
int mapping_find(struct engine *e, uint64_t address, bool write, struct mapping *out);
/*
 * For a write to a page that is home and registered, the same without asking the kernel, which says
 * no to the UFFDIO_MOVE of memory that the program may not write. Whoever works with it while
 * e->assumed gives up with -EXDEV where anything else than a move would be needed.
 */
bool mapping_assume(struct engine *e, uint64_t address, const struct device *device,
		    struct mapping *out);
/* Registers the pages of @m around @address with the userfaultfd; others are taken out of @m. */
int mapping_register(struct engine *e, struct chunk *chunk, struct mapping *m, uint64_t address);
/* The base of the first chunk from @at on, a base, in which there is memory. */
uint64_t mapping_next_chunk(struct engine *e, uint64_t at);
int exclude(struct engine *e, uint64_t start, uint64_t end);
/* libtern's own data, pinned memory, the aperture, the sanitizers' memory. */
int exclude_own(struct engine *e);

/* to_device.c. All pages of the range that are in the right state; the device is chunk->device.
 * -ENOMEM: the device has no room; -ENODEV: it died. */
int give_exclusive(struct engine *e, struct chunk *chunk, unsigned first, unsigned count,
		   bool contents);
int give_shared(struct engine *e, struct chunk *chunk, unsigned first, unsigned count);
int give_upgrade(struct engine *e, struct chunk *chunk, unsigned first, unsigned count);
int give_staged(struct engine *e, struct chunk *chunk, unsigned first, unsigned count);
int give_snapshot(struct engine *e, struct chunk *chunk, unsigned first, unsigned count);

/* take_out.c: HOME to STAGED. Holes are marked in @holes. */
int take_out(struct engine *e, struct chunk *chunk, unsigned first, unsigned count,
	     uint64_t *holes);
/* UFFDIO_MOVE has put the page off again (EAGAIN), so often that a copy is to be tried. */
bool stubborn(struct engine *e, uint64_t address);
/* Reads the program's pages through the kernel; pages done (0: the first is a hole). */
unsigned read_host(struct engine *e, struct chunk *chunk, unsigned first, unsigned count, void *to);
/* 0 when all that happened to the address space so far has been handled; -EAGAIN; or -ENOENT: it
 * has, and the page is not registered. */
int quiet(struct engine *e, uint64_t address);
/* Write-protects the host's pages (@on) or not: 0 or -errno. -EAGAIN: also when the range turns out
 * not to be registered any more, which the directory then knows. */
int protect_host(struct engine *e, struct chunk *chunk, unsigned first, unsigned count, bool on);
/* The page table has something for the page. */
bool host_has(struct engine *e, uint64_t address);

/* to_host.c */
int return_exclusive(struct engine *e, struct chunk *chunk, unsigned first, unsigned count,
		     bool contents);
int return_shared(struct engine *e, struct chunk *chunk, unsigned first, unsigned count);
int return_staged(struct engine *e, struct chunk *chunk, unsigned first, unsigned count);
int unshare_run(struct engine *e, struct chunk *chunk, unsigned first, unsigned count);
void forget_snapshots(struct engine *e, struct chunk *chunk, unsigned first, unsigned count);
/* All pages of the range, of whatever state, HOME. */
int return_all(struct engine *e, struct chunk *chunk, unsigned first, unsigned count,
	       bool contents);
/* What is left of staged pages goes home. */
void return_leftovers(struct engine *e);

/* evict.c */
/* Who goes first, but @keep; NULL: nobody else is there. */
struct chunk *evict_victim(struct engine *e, struct device *device, const struct chunk *keep);
/* Makes room for @pages more on @device; never takes [first, first + count) of @chunk. */
int evict_for(struct engine *e, struct device *device, unsigned pages, const struct chunk *chunk,
	      unsigned first, unsigned count);

/* events.c */
/* Reads all that the program's userfaultfd has: events are handled, faults queued. Messages. */
unsigned events_drain(struct engine *e);
/* The program gave up the contents of [@start, @end), or unmapped it. */
void pages_removed(struct engine *e, uint64_t start, uint64_t end, bool unmapped);

/* fault_device.c, fault_host.c: 0: done; -EAGAIN: again, at fault->due_ns. */
int serve_device(struct engine *e, struct pending *fault);
int serve_host(struct engine *e, struct pending *fault);
struct pending *pending_add(struct engine *e);
/* Forgets what a device waits for. */
void pending_forget(struct engine *e, const struct device *device);

/* watch.c */
int watch_init(struct engine *e) TERN_MUST_CHECK;
void watch_finish(struct engine *e);
/* Accesses to @device's pages are sampled. */
static inline bool watch_on(const struct engine *e, const struct device *device)
{
	return e->watch.window && device->mem->ops->hide && device->mem->ops->show;
}
/* In the place of a plan; as serve_device(), serve_host(). */
int watch_device(struct engine *e, struct chunk *chunk, struct pending *fault,
		 const struct mapping *m);
int watch_host(struct engine *e, struct chunk *chunk, const struct pending *fault);

/* sample.c */
/* Whether @chunk is in use: one of its pages is hidden from its device, if that can be. */
void sample_ask(struct engine *e, struct chunk *chunk);
/* The page is shown again; -errno: it is hidden still. */
int sample_end(struct engine *e, struct chunk *chunk) TERN_MUST_CHECK;
/* [@first, @first + @count) has the page that is hidden, if one is. */
static inline bool sample_in(const struct chunk *chunk, unsigned first, unsigned count)
{
	return chunk->asked && chunk->asked - 1u - first < count;
}
/* @fault is an access to it. 0 or -errno, as sample_end(). */
int sample_answered(struct engine *e, struct chunk *chunk,
		    const struct pending *fault) TERN_MUST_CHECK;

/* plan.c */
/* Asks the policy; *@plan fits the chunk and has the page. */
void plan_make(struct engine *e, struct chunk *chunk, const struct pending *fault,
	       const uint64_t *mapped, struct tern_policy_plan *plan);
void policy_moved(struct engine *e, struct chunk *chunk, unsigned first, unsigned count,
		  bool to_device, enum tern_policy_cause cause);
uint64_t policy_keep(struct engine *e, struct chunk *chunk,
		     const struct tern_policy_candidate *candidate);
/* How many pages of @chunk are to go at once. */
unsigned policy_part(struct engine *e, struct chunk *chunk);

/* commands.c: what is known about commands. */
/* Takes in what has been said; the policy is asked what to move for it. */
void commands_read(struct engine *e);
/* As if @note had been read. */
void command_tell(struct engine *e, const struct note *note);
/* The command of owner @owner, or NULL. */
const struct tern_policy_command *command_of(const struct device *device, uint32_t owner);
/* What was moved ahead for the command of that number, or NULL: it is not known. Any thread. */
struct advance *advance_of(struct device *device, uint64_t number);
/* The use of @command that @address lies in, or TERN_POLICY_NO_USE. */
uint32_t command_use(const struct tern_policy_command *command, uint64_t address);
/* struct tern_policy_candidate.next_use */
uint32_t commands_next_use(struct device *device, const struct chunk *chunk);
/* The device has died: the policy hears that all that is known of it has ended. */
void commands_end(struct engine *e, struct device *device);
void commands_forget(struct device *device);
/* The program unmapped or moved [@start, @end). */
void commands_unmapped(struct engine *e, uint64_t start, uint64_t end);

/* ahead.c: moves that nobody waits for. */
/* Adds @count ranges for @command (0: none); @fault: its number in the trace, or 0. */
void ahead_add(struct engine *e, struct device *device, const struct tern_policy_range *ranges,
	       unsigned count, uint64_t command, uint64_t fault);
void ahead_cancel(struct device *device, uint64_t command);
void ahead_forget(struct device *device);
/* Does at most one piece for each device, unless a fault could be served. */
void ahead_work(struct engine *e);
/* As requests_due(). */
uint64_t ahead_due(const struct engine *e);
/* The fault's page is on its way: fault->plan and due_ns become those of the piece, which is the
 * fault's from then on. */
bool ahead_takes(struct device *device, const struct chunk *chunk, struct pending *fault);
/* space.c: the engine, or NULL. Any thread. */
struct engine *space_engine(void);

/* request.c */
enum request_kind {
	REQUEST_STOP,
	REQUEST_ATTACH,
	REQUEST_DETACH,
	REQUEST_RECOVER,
	REQUEST_REVIVE,
	REQUEST_MIGRATE,
	REQUEST_ADVISE,
	REQUEST_STATS,
	REQUEST_RANGE_STATS,
	REQUEST_RESIDENT,
	REQUEST_PLACE,
	REQUEST_EXCLUDE,
	REQUEST_PAUSE,
	REQUEST_RESUME,
	REQUEST_FORGET_SNAPSHOTS,
};

/* In pinned memory; the engine may not touch the caller's. */
struct request {
	struct request *next;
	enum request_kind kind;
	struct tern_devmem *devmem;
	uint64_t start, end;
	unsigned flags;
	uint64_t cursor; /* how far it is */
	uint64_t due_ns; /* the imposed link is busy until then */
	unsigned tries;
	uint64_t begun_ns;
	bool begun, paid; /* migration: the piece at the cursor, over the imposed link */
	int result;
	uint64_t value;
	struct tern_space_stats stats;
	_Atomic uint32_t done;
};
/* Takes new requests over and works on all that are due for a bounded time. */
void requests_work(struct engine *e);
/* When there is work for it: the clock; 0: at once; UINT64_MAX: none. */
uint64_t requests_due(const struct engine *e);
/* 0: done; -EAGAIN: go on later (at q->due_ns, 0: soon). */
int migrate_step(struct engine *e, struct request *q);
/* Puts a request into the engine's hands and waits for it. Any thread but the engine's. */
int request_run(struct engine *e, struct request *q);
struct device *device_of(struct engine *e, const struct tern_devmem *mem);

/* engine.c */
int engine_start(struct engine *e) TERN_MUST_CHECK;
void engine_join(struct engine *e);
/* By any thread: it has a look. */
void engine_poke(const struct engine *e);

#endif
