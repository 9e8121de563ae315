/* SPDX-License-Identifier: MIT */
/* The tables of policies and evictions, their choice by name, and what checks plans. */
#include "svm/policy.h"

#include <string.h>

#include "runtime/base/base.h"
#include "runtime/base/log.h"
#include "svm/policies/policies.h"

const struct tern_policy *const tern_policies[] = {
	&tern_policy_adaptive,
	&tern_policy_thrash,
	&tern_policy_blend,
	&tern_policy_learn,
	&tern_policy_lookahead,
	&tern_policy_footprint,
	&tern_policy_classes,
	&tern_policy_tree,
	&tern_policy_density,
	&tern_policy_sequential,
	&tern_policy_block,
	&tern_policy_demand,
	NULL,
};

const struct tern_eviction *const tern_evictions[] = {
	&tern_eviction_allocation, &tern_eviction_recency, &tern_eviction_sampled,
	&tern_eviction_dead,       &tern_eviction_chance,  NULL,
};

static const struct tern_policy *by_name(const char *text, const char **options)
{
	size_t length = strcspn(text, ":");
	*options = text[length] ? text + length + 1 : "";
	if (!length || (length == 4 && !memcmp(text, "auto", 4)))
		return tern_policies[0];
	for (const struct tern_policy *const *p = tern_policies; *p; p++)
		if (strlen((*p)->name) == length && !memcmp((*p)->name, text, length))
			return *p;
	tern_log_error("no policy is called \"%.*s\"", (int)length, text);
	return NULL;
}

const struct tern_policy *tern_policy_find(const char *text, const char **options)
{
	const char *rest = "";
	if (!text)
		text = "";
	const struct tern_policy *policy = memchr(text, '/', strcspn(text, ":"))
						   ? tern_policy_load(text, &rest)
						   : by_name(text, &rest);
	if (policy)
		*options = rest;
	return policy;
}

static bool is_auto(const char *name)
{
	return !name || !*name || !strcmp(name, "auto");
}

const struct tern_eviction *tern_eviction_find(const char *name)
{
	if (is_auto(name))
		return tern_evictions[0];
	for (const struct tern_eviction *const *e = tern_evictions; *e; e++)
		if (!strcmp((*e)->name, name))
			return *e;
	tern_log_error("no eviction is called \"%s\"", name);
	return NULL;
}

bool tern_eviction_choose(const struct tern_policy *policy, const char *name,
			  const struct tern_eviction **out)
{
	bool automatic = is_auto(name);
	const struct tern_eviction *eviction = automatic ? NULL : tern_eviction_find(name);
	*out = eviction || policy->keep ? eviction : tern_evictions[0];
	return automatic || eviction;
}

bool tern_policy_start(const struct tern_policy *policy, void *device_state, const char *options)
{
	if (policy->init ? policy->init(device_state, options) : !*options)
		return true;
	tern_log_error("policy %s does not understand \"%s\"", policy->name, options);
	return false;
}

/* The range of a plan that a stranger may have made. */
static void correct_range(const struct tern_policy_fault *fault, struct tern_policy_plan *plan)
{
	unsigned pages = TERN_POLICY_PAGES;
	if (plan->first >= pages || !plan->count) {
		plan->first = fault->page;
		plan->count = 1;
	}
	plan->count = tern_min(plan->count, pages - plan->first);
	if (fault->page < plan->first || fault->page - plan->first >= plan->count) {
		plan->first = fault->page;
		plan->count = 1;
	}
}

/* Whole pages of user addresses, in known ways; how many are left. */
static unsigned correct_ranges(struct tern_policy_range *ranges, unsigned count)
{
	unsigned kept = 0;
	for (unsigned i = 0; i < count; i++) {
		struct tern_policy_range r = ranges[i];
		r.start &= ~UINT64_C(4095);
		r.end = tern_min(r.end, UINT64_C(1) << 47);
		r.end = tern_round_up(r.end, UINT64_C(4096));
		r.room = !!r.room;
		if (r.start < r.end && r.way <= TERN_AHEAD_COPY_TO_HOST)
			ranges[kept++] = r;
	}
	return kept;
}

void tern_policy_ask(const struct tern_policy *policy, void *device_state, void *chunk_state,
		     const struct tern_policy_fault *fault, struct tern_policy_plan *plan)
{
	plan->action = fault->write ? TERN_PLAN_MIGRATE : TERN_PLAN_SHARE;
	plan->first = fault->page;
	plan->count = 1;
	plan->hold_us = 0;
	plan->rule = NULL;
	plan->ahead_count = 0;
	policy->fault(device_state, chunk_state, fault, plan);
	correct_range(fault, plan);
	plan->hold_us = tern_min(plan->hold_us, TERN_POLICY_HOLD_MAX_US);
	bool defer = plan->action == TERN_PLAN_DEFER && plan->hold_us &&
		     fault->deferrals < TERN_POLICY_DEFERRALS;
	bool share = plan->action == TERN_PLAN_SHARE && !fault->write;
	if (!defer && !share)
		plan->action = TERN_PLAN_MIGRATE;
	plan->ahead_count =
		correct_ranges(plan->ahead, tern_min(plan->ahead_count, TERN_POLICY_PLAN_AHEAD));
}

unsigned tern_policy_ask_ahead(const struct tern_policy *policy, void *device_state,
			       const struct tern_policy_moment *moment,
			       struct tern_policy_range *out)
{
	if (!policy->ahead)
		return 0;
	unsigned count = policy->ahead(device_state, moment, out);
	return correct_ranges(out, tern_min(count, TERN_POLICY_AHEAD));
}
