/* SPDX-License-Identifier: MIT */
/*
 * DOC: replays
 *
 * The migration engine on an address space that somebody describes, access by access, instead of a
 * program's: what would another policy have done, with another device memory, on another link? It
 * is the engine itself, with the same directory, policies, evictions, holds and statistics; only
 * what it works on is simulated (host.h, device_memory.h), and its clock is the caller's. Nothing
 * is moved, no thread runs, no privilege is needed, and equal calls have equal results.
 *
 * Time: accesses come one after the other. tern_replay_pass() is what the program computes between
 * them; a fault costs the set-up's fault_ns, and the waits for holds, for the policy's deferrals
 * and for the link, on which transfers queue as on an imposed one.
 *
 * Addresses are numbers here. Any may be given, in any order: hostile traces end in an error at
 * worst. A replay keeps what it knows of the address space by chunks of 2 MiB, of a number that is
 * bounded (REPLAY_CHUNKS).
 *
 * One thread at a time for each replay.
 */
#ifndef TERN_SVM_REPLAY_H
#define TERN_SVM_REPLAY_H

#include "svm/policy.h"
#include "svm/space.h"

struct tern_replay;

struct tern_replay_setup {
	const char *policy, *eviction; /* as TERN_POLICY, TERN_EVICT; NULL: the defaults */
	uint64_t memory_bytes;         /* of the device */
	struct tern_link link;
	uint64_t fault_ns; /* until a fault is looked at, and back */
};

struct tern_replay_result {
	struct tern_space_stats stats;
	uint64_t pages_again; /* of pages_to_device: they had been there before */
	uint64_t peak_pages;  /* on the device */
	uint64_t ns;          /* since the start */
	uint64_t refused;     /* accesses that no policy could have served */
};

/* -EINVAL: the policy or eviction is not known or refuses its options, which was logged; -ENOMEM.
 */
int tern_replay_create(const struct tern_replay_setup *setup,
		       struct tern_replay **out) TERN_MUST_CHECK;
void tern_replay_destroy(struct tern_replay *r);

/* There is a mapping of the program's at @start. */
enum { TERN_REPLAY_WRITABLE = 1 << 0, TERN_REPLAY_FILE = 1 << 1 };
int tern_replay_mapped(struct tern_replay *r, uint64_t start, uint64_t bytes,
		       unsigned flags) TERN_MUST_CHECK;
/* What the program gave up (madvise), or unmapped. */
void tern_replay_removed(struct tern_replay *r, uint64_t start, uint64_t bytes, bool unmapped);
/* mremap(). What the device had of it is gone, and what it touches next is new: the engine moves
 * pages instead. */
int tern_replay_remapped(struct tern_replay *r, uint64_t from, uint64_t to,
			 uint64_t bytes) TERN_MUST_CHECK;
/* Pages are known to be holes, or not: counts where nothing else tells. What is not told is no
 * hole. */
int tern_replay_contents(struct tern_replay *r, uint64_t start, unsigned pages,
			 bool holes) TERN_MUST_CHECK;

void tern_replay_pass(struct tern_replay *r, uint64_t ns);
/*
 * 0: a hit; > 0: how many faults it took; -ENOMEM; -E2BIG: more chunks than a replay keeps.
 * @owner: which running command's, TERN_DEVMEM_NO_OWNER: not known.
 */
int tern_replay_access(struct tern_replay *r, enum tern_policy_side side, uint64_t address,
		       bool write, uint32_t owner) TERN_MUST_CHECK;
/* clEnqueueSVMMigrateMem and the like; @flags: TERN_MIGRATE_* */
int tern_replay_migrate(struct tern_replay *r, enum tern_policy_side to, uint64_t start,
			uint64_t bytes, unsigned flags) TERN_MUST_CHECK;
int tern_replay_advise(struct tern_replay *r, uint64_t start, uint64_t bytes,
		       unsigned advice) TERN_MUST_CHECK;
/* What a policy hears of commands; @owner: whose faults are the command's, when it begins. The
 * bounds of its uses are known. */
int tern_replay_tell(struct tern_replay *r, enum tern_policy_event event, uint32_t owner,
		     const struct tern_space_command *command) TERN_MUST_CHECK;
/* A command begins. */
int tern_replay_command(struct tern_replay *r) TERN_MUST_CHECK;
/* The device goes: all pages come home. It comes back with the next access. */
int tern_replay_detach(struct tern_replay *r) TERN_MUST_CHECK;
/* The numbers so far. */
void tern_replay_result(const struct tern_replay *r, struct tern_replay_result *out);

#endif
