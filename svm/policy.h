/* SPDX-License-Identifier: MIT */
/*
 * DOC: migration policies
 *
 * A policy is a set of pure functions from what the engine knows to a plan. It cannot block,
 * allocate, read a clock or touch any memory but its arguments: a recorded trace replays exactly.
 * Its state, of a size that it names, is given to it, zeroed at the start: one for the device and
 * one for each chunk (2 MiB) of the address space.
 *
 * Third parties: a shared object with the symbol `tern_policy` of type `const struct tern_policy`,
 * named by TERN_POLICY=/path/policy.so; it needs this header only. TERN_POLICY=name[:key=value,...]
 * chooses a built-in one; TERN_EVICT=name the eviction, which is the policy's own (keep()) unless
 * that names another.
 *
 * It is asked at faults; ahead(), if it has one, hears of commands and says what to move before
 * there are any. A plan is a wish: the engine cuts it to pages that are in the wanted state,
 * registered, and within the limit of the device.
 */
#ifndef TERN_SVM_POLICY_H
#define TERN_SVM_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#define TERN_POLICY_VERSION 4u

/* The most state that a policy may ask for. It is aligned to 16 bytes and starts as zeros. */
#define TERN_POLICY_DEVICE_BYTES 262144u
#define TERN_POLICY_CHUNK_BYTES  512u
/* After so many deferrals in a row a fault is served whatever the plan says. */
#define TERN_POLICY_DEFERRALS 64u
/* The longest hold or deferral; the rest is cut off. */
#define TERN_POLICY_HOLD_MAX_US 100000u

/* Bitmaps of a chunk: bit i is page i, 512 bits. */
typedef uint64_t tern_page_bits[8];

enum tern_policy_side { TERN_SIDE_HOST, TERN_SIDE_DEVICE };

/* The most ranges that a command is described by, and that a plan and ahead() may ask for. */
#define TERN_POLICY_USES       16u
#define TERN_POLICY_PLAN_AHEAD 4u
#define TERN_POLICY_AHEAD      64u
#define TERN_POLICY_NO_USE     UINT32_MAX
#define TERN_POLICY_INDIRECT   UINT16_MAX

/* struct tern_policy_use.flags */
enum {
	TERN_USE_READ_ONLY = 1 << 0, /* __constant, const, or a buffer that kernels only read */
	TERN_USE_GUESSED = 1 << 1,   /* nobody said how large the object is: up to the end of the
				      * mapping or to the next pointer */
};

/* Memory that a command was given a pointer to. */
struct tern_policy_use {
	uint64_t address;    /* the pointer */
	uint64_t start, end; /* of the buffer, allocation or mapping that it points into */
	uint16_t argument;   /* its index; TERN_POLICY_INDIRECT: of clSetKernelExecInfo */
	uint16_t flags;
	uint32_t reserved;
};

/* A kernel that is waiting, running or done. */
struct tern_policy_command {
	uint64_t number; /* names it while it lasts; not 0 */
	uint64_t kernel; /* of its name and arguments, the same in each run of a program */
	uint64_t items;  /* work-items, */
	uint64_t first;  /* from this one on: the global offset, as a number of work-items */
	const struct tern_policy_use *uses;
	uint32_t use_count;
	uint32_t reserved;
};

/* Of the link between host and device, as far as it is imposed; zeros: this machine's. */
struct tern_policy_link {
	uint64_t latency_ns, bytes_per_second;
};

/* What is known at a fault. */
struct tern_policy_fault {
	uint64_t address;           /* of the page */
	unsigned page;              /* in the chunk, 0..511 */
	enum tern_policy_side side; /* who faults */
	bool write;
	uint64_t time_us;       /* of the engine's clock; recorded, so replays are exact */
	uint64_t command;       /* number of the running command, 0: not known (host) */
	const uint64_t *host;   /* tern_page_bits: pages whose only valid copy is the host's */
	const uint64_t *device; /* pages whose only valid copy is the device's */
	const uint64_t *mapped; /* pages that are memory of the program's with the needed rights */
	uint64_t resident_pages, limit_pages; /* of the device */
	uint32_t advice;         /* of the program, for the chunk (enum tern_advice): 0 none,
				  * 1 mostly read, 2 home is the host, 3 home is the device */
	uint32_t moved_recently; /* how often this page changed sides within the last 10 ms or so */
	uint32_t deferrals;      /* how often a plan has deferred this very fault */
	/* Whose fault it is, where that is known (device faults); else NULL. */
	const struct tern_policy_command *running;
	uint32_t use; /* of running->uses: the one that the address lies in, or NO_USE */
	struct tern_policy_link link;
};

enum tern_policy_action {
	TERN_PLAN_MIGRATE, /* the side that faults gets the pages alone */
	TERN_PLAN_SHARE,   /* read faults: both sides keep a read-only copy */
	TERN_PLAN_DEFER,   /* ask again after hold_us: against ping-pong */
};

enum tern_policy_way {
	TERN_AHEAD_TO_DEVICE,   /* the device gets the pages alone */
	TERN_AHEAD_COPY,        /* it gets copies to read */
	TERN_AHEAD_TO_HOST,     /* they go home: room is made before it is needed */
	TERN_AHEAD_COPY_TO_HOST /* the host gets copies to read */
};

/*
 * Pages to be moved before anybody faults on them: when nobody waits for a fault and the link is
 * idle, piece by piece, in the order in which they were asked for. Given up when the command has
 * ended, or when memory is short.
 */
struct tern_policy_range {
	uint64_t start, end;
	uint64_t command; /* its number; 0: the one that the policy was asked about */
	uint8_t way;      /* enum tern_policy_way */
	uint8_t room;     /* it is worth an eviction; else it ends where the device is full */
};

struct tern_policy_plan {
	enum tern_policy_action action;
	unsigned first, count; /* pages of the chunk; must include the faulting one */
	uint32_t hold_us; /* MIGRATE, SHARE: the other side's faults on these pages wait for this
			   * long (the engine's least applies); DEFER: how long */
	const char *rule; /* what decided, for traces: a constant text, or NULL */
	uint32_t ahead_count;
	struct tern_policy_range ahead[TERN_POLICY_PLAN_AHEAD];
};

/* What happens to a command. */
enum tern_policy_event {
	TERN_COMMAND_QUEUED, /* others run before it; it may never begin (then it ends) */
	TERN_COMMAND_BEGINS,
	TERN_COMMAND_ENDED,
};

struct tern_policy_moment {
	enum tern_policy_event event;
	const struct tern_policy_command *command;
	uint64_t time_us;
	uint64_t resident_pages, limit_pages;
	struct tern_policy_link link;
};

/* A candidate for eviction, one chunk with pages on the device. */
struct tern_policy_candidate {
	uint64_t chunk;     /* address */
	uint64_t allocated; /* sequence number of the first page that came since it was empty */
	uint64_t touched;   /* likewise of the last fault, migration or answered sample in it */
	uint32_t pages;     /* on the device */
	uint32_t advice;
	uint32_t next_use; /* of the commands that are known, the first whose memory it is: 0: one
			    * that runs, n: the nth that waits, UINT32_MAX: none */
	uint32_t returns;  /* how often it came again after it had been evicted */
};

/* Why pages came or went. */
enum tern_policy_cause {
	TERN_MOVED_REQUEST,  /* the program asked for it */
	TERN_MOVED_AHEAD,    /* the policy did */
	TERN_MOVED_EVICTION, /* room was needed */
	TERN_MOVED_UNMAP,    /* the program gave the memory up */
};

struct tern_policy {
	uint32_t version; /* TERN_POLICY_VERSION */
	const char *name, *help;
	uint32_t device_state_bytes, chunk_state_bytes; /* at most TERN_POLICY_*_BYTES */
	/* @option: "key=value,..." or "", valid during the call. False: not understood. NULL: takes
	 * none. */
	bool (*init)(void *device_state, const char *option);
	/* (required) Fills *@plan. */
	void (*fault)(void *device_state, void *chunk_state, const struct tern_policy_fault *fault,
		      struct tern_policy_plan *plan);
	/* (optional) Pages came or went without a fault. */
	void (*moved)(void *device_state, void *chunk_state, uint64_t chunk, unsigned first,
		      unsigned count, bool to_device, enum tern_policy_cause cause);
	/* (optional) A command is known: fills @out with what is to be moved for it; how many, at
	 * most TERN_POLICY_AHEAD. */
	unsigned (*ahead)(void *device_state, const struct tern_policy_moment *moment,
			  struct tern_policy_range *out);
	/* (optional) The policy's own eviction, used unless TERN_EVICT names another: what has the
	 * least goes first. */
	uint64_t (*keep)(void *device_state, const void *chunk_state,
			 const struct tern_policy_candidate *candidate);
	/* (optional) With keep(): how many pages of the chunk are to go, if no more are needed: the
	 * first that it has there, and moved() tells which. NULL: all of them. */
	unsigned (*part)(void *device_state, const void *chunk_state);
	bool keep_wants_commands; /* keep() reads candidates' next_use; else that is UINT32_MAX */
};

struct tern_eviction {
	uint32_t version;
	const char *name, *help;
	bool wants_commands; /* candidates' next_use matters */
	bool wants_samples;  /* accesses are to be sampled: svm/sample.c */
	/* True when @a is to be evicted before @b. A strict weak order. */
	bool (*before)(const struct tern_policy_candidate *a,
		       const struct tern_policy_candidate *b);
};

/* Built in; NULL ends the tables. The first is the default; of evictions, where the policy has none
 * of its own. */
extern const struct tern_policy *const tern_policies[];
extern const struct tern_eviction *const tern_evictions[];

/*
 * "name", "name:options", or the same with a path (it has a slash; up to the first colon); the
 * options begin at *@options, "" when there are none. "auto", "" and NULL: the default. NULL: not
 * known or refused, logged. A shared object stays loaded, and its data is excluded from migration
 * by the caller: tern_policy_memory().
 */
const struct tern_policy *tern_policy_find(const char *text, const char **options);
const struct tern_eviction *tern_eviction_find(const char *name);
/* What TERN_EVICT=@name means with @policy: *@out NULL: the policy's own. False: it is not known,
 * which was logged, and taken as "auto". */
bool tern_eviction_choose(const struct tern_policy *policy, const char *name,
			  const struct tern_eviction **out);

/*
 * Prepares @device_state (@policy->device_state_bytes, zeroed, aligned to 16) with @options. False,
 * and logged: they are not understood; the state is then undefined.
 */
bool tern_policy_start(const struct tern_policy *policy, void *device_state, const char *options);

/*
 * Asks @policy and puts its plan right: the faulting page is in it, all of it lies in the chunk,
 * the action is known and fits the fault, times are bounded, no fault is deferred for ever. For the
 * engine's thread: touches nothing but its arguments.
 */
void tern_policy_ask(const struct tern_policy *policy, void *device_state, void *chunk_state,
		     const struct tern_policy_fault *fault, struct tern_policy_plan *plan);

/* Likewise for @policy->ahead(), if there is one: how many ranges of @out are good. */
unsigned tern_policy_ask_ahead(const struct tern_policy *policy, void *device_state,
			       const struct tern_policy_moment *moment,
			       struct tern_policy_range *out);

/* Calls @each with the writable segments of the shared object that @policy lies in; not at all for
 * built-in policies. */
void tern_policy_memory(const struct tern_policy *policy,
			void (*each)(void *user, const void *start, uint64_t bytes), void *user);

#endif
