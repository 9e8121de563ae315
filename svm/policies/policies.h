/* SPDX-License-Identifier: MIT */
/* The built-in policies, and what they have in common. */
#ifndef TERN_SVM_POLICIES_H
#define TERN_SVM_POLICIES_H

#include "runtime/base/base.h"
#include "svm/policy.h"
#include "svm/space.h"

#define TERN_POLICY_PAGES 512u /* of a chunk */
#define TERN_POLICY_GROUP 16u  /* pages of 64 KiB */

extern const struct tern_policy tern_policy_demand, tern_policy_block, tern_policy_sequential,
	tern_policy_density, tern_policy_blend, tern_policy_thrash, tern_policy_tree,
	tern_policy_classes, tern_policy_lookahead, tern_policy_footprint, tern_policy_learn,
	tern_policy_adaptive;
extern const struct tern_eviction tern_eviction_allocation, tern_eviction_recency,
	tern_eviction_sampled, tern_eviction_dead, tern_eviction_chance;

/* As tern_policy_find(), of a text that begins with a path. load.c */
const struct tern_policy *tern_policy_load(const char *text, const char **options);

/* One of "key=value,key=value". */
struct tern_policy_option {
	const char *key, *value; /* not terminated */
	size_t key_length, value_length;
};
/* Takes the next one off *@text. False: there is none (*@text is "") or it is malformed. */
bool tern_policy_option_next(const char **text, struct tern_policy_option *option);
bool tern_policy_option_is(const struct tern_policy_option *option, const char *key);
/* False: no decimal number within the bounds. */
bool tern_policy_option_number(const struct tern_policy_option *option, unsigned least,
			       unsigned most, unsigned *out);

/*
 * Share or migrate on reads, by groups of 16 pages: a group that a side has read and then written
 * (two faults) is migrated at its next read (one fault), until that proves wrong: the other side
 * reads it. The first groups of a chunk speak for the others. Memory that is advised to be mostly
 * read is always shared.
 */
struct tern_policy_reads {
	uint32_t shared[2];   /* by side: which groups it got as copies */
	uint32_t upgraded[2]; /* and which of them it wrote later */
};
enum tern_policy_action tern_policy_read_or_own(struct tern_policy_reads *reads,
						const struct tern_policy_fault *fault);

/* The other groups of a plan that shares: what the other side was known to write there is not known
 * any more, so that two sides which read do not take the pages from each other for ever. */
void tern_policy_shared(struct tern_policy_reads *reads, const struct tern_policy_fault *fault,
			const struct tern_policy_plan *plan);

/* Pages that the faulting side lacks for an access of the fault's kind, and could have. */
void tern_policy_lacking(const struct tern_policy_fault *fault, tern_page_bits lacking);
/*
 * The device's memory is as good as used up: what it gets pushes something else out, which makes a
 * wrong guess dear. Policies then begin with a single page and earn more.
 */
bool tern_policy_full(const struct tern_policy_fault *fault);
/* Of [@first, @first + @count). */
unsigned tern_policy_count(const uint64_t *bits, unsigned first, unsigned count);

/*
 * Makes [@first, @first + @count), which holds the faulting page, the plan's range, cut to what is
 * lacking at its ends and to what the device's memory can hold.
 */
void tern_policy_range(struct tern_policy_plan *plan, const struct tern_policy_fault *fault,
		       const uint64_t *lacking, unsigned first, unsigned count);

/* Chunks that are to live on the host go first, those that are to stay on the device last. */
static inline int tern_policy_advice_rank(uint32_t advice)
{
	return advice == TERN_ADVICE_PREFER_HOST ? 0 : advice == TERN_ADVICE_PREFER_DEVICE ? 2 : 1;
}

static inline bool tern_policy_bit(const uint64_t *bits, unsigned page)
{
	return bits[page / 64] >> page % 64 & 1;
}

#endif
