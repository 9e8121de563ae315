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
 * chooses a built-in one; TERN_EVICT=name the eviction.
 *
 * A plan is a wish: the engine cuts it to pages that are in the wanted state, registered, and
 * within the limit of the device.
 */
#ifndef TERN_SVM_POLICY_H
#define TERN_SVM_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#define TERN_POLICY_VERSION 2u

/* The most state that a policy may ask for. It is aligned to 16 bytes and starts as zeros. */
#define TERN_POLICY_DEVICE_BYTES 4096u
#define TERN_POLICY_CHUNK_BYTES  256u
/* After so many deferrals in a row a fault is served whatever the plan says. */
#define TERN_POLICY_DEFERRALS 64u
/* The longest hold or deferral; the rest is cut off. */
#define TERN_POLICY_HOLD_MAX_US 100000u

/* Bitmaps of a chunk: bit i is page i, 512 bits. */
typedef uint64_t tern_page_bits[8];

enum tern_policy_side { TERN_SIDE_HOST, TERN_SIDE_DEVICE };

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
};

enum tern_policy_action {
	TERN_PLAN_MIGRATE, /* the side that faults gets the pages alone */
	TERN_PLAN_SHARE,   /* read faults: both sides keep a read-only copy */
	TERN_PLAN_DEFER,   /* ask again after hold_us: against ping-pong */
};

struct tern_policy_plan {
	enum tern_policy_action action;
	unsigned first, count; /* pages of the chunk; must include the faulting one */
	uint32_t hold_us; /* MIGRATE, SHARE: the other side's faults on these pages wait for this
			   * long (the engine's least applies); DEFER: how long */
	const char *rule; /* what decided, for traces: a constant text, or NULL */
};

/* A candidate for eviction, one chunk with pages on the device. */
struct tern_policy_candidate {
	uint64_t chunk;     /* address */
	uint64_t allocated; /* sequence number of the first page that came since it was empty */
	uint64_t touched;   /* sequence number of the last fault or migration in it */
	uint32_t pages;     /* on the device */
	uint32_t advice;
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
	/* (optional) Pages came or went without a fault (explicit migration, eviction, unmap). */
	void (*moved)(void *device_state, void *chunk_state, uint64_t chunk, unsigned first,
		      unsigned count, bool to_device);
};

struct tern_eviction {
	uint32_t version;
	const char *name, *help;
	/* True when @a is to be evicted before @b. A strict weak order. */
	bool (*before)(const struct tern_policy_candidate *a,
		       const struct tern_policy_candidate *b);
};

/* Built in; NULL ends the tables. The first is the default. */
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

/* Calls @each with the writable segments of the shared object that @policy lies in; not at all for
 * built-in policies. */
void tern_policy_memory(const struct tern_policy *policy,
			void (*each)(void *user, const void *start, uint64_t bytes), void *user);

#endif
