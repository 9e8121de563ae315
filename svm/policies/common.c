/* SPDX-License-Identifier: MIT */
/* What policies share: option texts, bitmaps, ranges, and whether a read takes a page or a copy. */
#include <string.h>

#include "svm/policies/policies.h"

bool tern_policy_option_next(const char **text, struct tern_policy_option *option)
{
	const char *p = *text;
	size_t length = strcspn(p, ","), key = strcspn(p, "=");
	if (!key || key >= length)
		return false;
	option->key = p;
	option->key_length = key;
	option->value = p + key + 1;
	option->value_length = length - key - 1;
	p += length;
	if (*p) { /* a comma */
		p++;
		if (!*p)
			return false;
	}
	*text = p;
	return true;
}

bool tern_policy_option_is(const struct tern_policy_option *option, const char *key)
{
	return strlen(key) == option->key_length && !memcmp(key, option->key, option->key_length);
}

bool tern_policy_option_number(const struct tern_policy_option *option, unsigned least,
			       unsigned most, unsigned *out)
{
	uint64_t n = 0;
	if (!option->value_length || option->value_length > 9)
		return false;
	for (size_t i = 0; i < option->value_length; i++) {
		char c = option->value[i];
		if (c < '0' || c > '9')
			return false;
		n = n * 10 + (unsigned)(c - '0');
	}
	if (n < least || n > most)
		return false;
	*out = (unsigned)n;
	return true;
}

/* The first groups that this side has shared were written later: so will be the next one. */
static bool chunk_is_written(const struct tern_policy_reads *reads, unsigned side)
{
	int shared = __builtin_popcount(reads->shared[side]);
	int upgraded = __builtin_popcount(reads->upgraded[side]);
	return upgraded && upgraded * 2 >= shared;
}

static void learn_write(struct tern_policy_reads *reads, const struct tern_policy_fault *fault,
			uint32_t group)
{
	bool both = !tern_policy_bit(fault->host, fault->page) &&
		    !tern_policy_bit(fault->device, fault->page);
	if (both && reads->shared[fault->side] & group)
		reads->upgraded[fault->side] |= group;
}

enum tern_policy_action tern_policy_read_or_own(struct tern_policy_reads *reads,
						const struct tern_policy_fault *fault)
{
	unsigned side = fault->side, other = !side;
	uint32_t group = 1u << fault->page / TERN_POLICY_GROUP;
	if (fault->write) {
		learn_write(reads, fault, group);
		return TERN_PLAN_MIGRATE;
	}
	bool copies = fault->advice == TERN_ADVICE_READ_MOSTLY;
	if (reads->upgraded[side] & group && !copies)
		return TERN_PLAN_MIGRATE;
	if (!copies && !(reads->shared[side] & group) && chunk_is_written(reads, side))
		return TERN_PLAN_MIGRATE;
	reads->shared[side] |= group;
	reads->shared[other] &= ~group; /* the copy is this side's wish */
	reads->upgraded[other] &= ~group;
	return TERN_PLAN_SHARE;
}

void tern_policy_shared(struct tern_policy_reads *reads, const struct tern_policy_fault *fault,
			const struct tern_policy_plan *plan)
{
	unsigned other = !fault->side, last = (plan->first + plan->count - 1) / TERN_POLICY_GROUP;
	if (plan->action != TERN_PLAN_SHARE)
		return;
	for (unsigned group = plan->first / TERN_POLICY_GROUP; group <= last; group++) {
		reads->shared[other] &= ~(1u << group);
		reads->upgraded[other] &= ~(1u << group);
	}
}

void tern_policy_lacking(const struct tern_policy_fault *fault, tern_page_bits lacking)
{
	const uint64_t *own = fault->side == TERN_SIDE_DEVICE ? fault->device : fault->host;
	const uint64_t *others = fault->side == TERN_SIDE_DEVICE ? fault->host : fault->device;
	for (unsigned i = 0; i < 8; i++)
		lacking[i] = fault->mapped[i] & (fault->write ? ~own[i] : others[i]);
	lacking[fault->page / 64] |= (uint64_t)1 << fault->page % 64;
}

unsigned tern_policy_count(const uint64_t *bits, unsigned first, unsigned count)
{
	unsigned n = 0, end = first + count;
	for (unsigned i = first / 64; i < 8 && i * 64 < end; i++) {
		uint64_t word = bits[i];
		if (i == first / 64)
			word &= ~(uint64_t)0 << first % 64;
		if (end - i * 64 < 64)
			word &= ((uint64_t)1 << (end - i * 64)) - 1;
		n += (unsigned)__builtin_popcountll(word);
	}
	return n;
}

bool tern_policy_full(const struct tern_policy_fault *fault)
{
	uint64_t used = tern_min(fault->resident_pages, fault->limit_pages);
	uint64_t little = tern_max(fault->limit_pages / 16, 2 * (uint64_t)TERN_POLICY_PAGES);
	return fault->side == TERN_SIDE_DEVICE && fault->limit_pages &&
	       fault->limit_pages - used < little;
}

/* What fits into the device's memory and leaves something there to be pushed out. */
static unsigned most_pages(const struct tern_policy_fault *fault)
{
	if (fault->side != TERN_SIDE_DEVICE || !fault->limit_pages)
		return TERN_POLICY_PAGES;
	return (unsigned)tern_min(TERN_POLICY_PAGES, tern_max(fault->limit_pages / 2, (uint64_t)1));
}

void tern_policy_range(struct tern_policy_plan *plan, const struct tern_policy_fault *fault,
		       const uint64_t *lacking, unsigned first, unsigned count)
{
	unsigned page = fault->page, end = first + count;
	unsigned most = most_pages(fault);
	if (count > most) { /* the part of that size that the page lies in */
		first += (page - first) / most * most;
		end = tern_min(end, first + most);
	}
	while (first < page && !tern_policy_bit(lacking, first))
		first++;
	while (end > page + 1 && !tern_policy_bit(lacking, end - 1))
		end--;
	plan->first = first;
	plan->count = end - first;
}
