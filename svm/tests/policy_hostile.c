/* SPDX-License-Identifier: MIT */
/* Shared objects that are no good policies, one for each value of KIND; policy_load_test.c. */
#include "svm/policy.h"

__attribute__((unused)) static void fault(void *device_state, void *chunk_state,
					  const struct tern_policy_fault *f,
					  struct tern_policy_plan *plan)
{
	(void)device_state;
	(void)chunk_state;
	(void)f;
	plan->action = (enum tern_policy_action)77;
	plan->first = 0x80000000u;
	plan->count = 0xffffffffu;
	plan->hold_us = 0xffffffffu;
}

#if KIND == 0 /* no symbol of that name */
extern const struct tern_policy another_name;
const struct tern_policy another_name = {TERN_POLICY_VERSION, "a", "b", 0, 0, 0, fault, 0};
#elif KIND == 1 /* a function */
void tern_policy(void);
void tern_policy(void)
{
	fault(0, 0, 0, &(struct tern_policy_plan){0});
}
#elif KIND == 2 /* another version */
extern const struct tern_policy tern_policy;
const struct tern_policy tern_policy = {TERN_POLICY_VERSION + 1, "a", "b", 0, 0, 0, fault, 0};
#elif KIND == 3 /* shorter than a version */
extern const char tern_policy;
const char tern_policy = 1;
#elif KIND == 4 /* of this version, but too small */
extern const struct {
	uint32_t version;
	const void *fault;
} tern_policy;
__typeof__(tern_policy) tern_policy = {TERN_POLICY_VERSION, (const void *)fault};
#elif KIND == 5 /* wants too much */
extern const struct tern_policy tern_policy;
const struct tern_policy tern_policy = {TERN_POLICY_VERSION, "a", "b", 0xffffffffu, 0, 0, fault, 0};
#elif KIND == 6
extern const struct tern_policy tern_policy;
const struct tern_policy tern_policy = {TERN_POLICY_VERSION,         "a", "b",   0,
					TERN_POLICY_CHUNK_BYTES + 1, 0,   fault, 0};
#elif KIND == 7  /* can do nothing */
extern const struct tern_policy tern_policy;
const struct tern_policy tern_policy = {TERN_POLICY_VERSION, "a", "b", 0, 0, 0, 0, 0};
#elif KIND == 8  /* has no name */
extern const struct tern_policy tern_policy;
const struct tern_policy tern_policy = {TERN_POLICY_VERSION, 0, "b", 0, 0, 0, fault, 0};
#elif KIND == 9  /* is taken, but makes senseless plans */
extern const struct tern_policy tern_policy;
uint64_t tern_hostile_data[3] = {1, 2, 3}; /* writable: must be excluded from migration */
const struct tern_policy tern_policy = {TERN_POLICY_VERSION, "senseless", "b", 0, 0, 0, fault, 0};
#elif KIND == 10 /* cannot be bound */
extern const struct tern_policy tern_policy;
void tern_nowhere_to_be_found(void *, void *, const struct tern_policy_fault *,
			      struct tern_policy_plan *);
const struct tern_policy tern_policy = {TERN_POLICY_VERSION,      "a", "b", 0, 0, 0,
					tern_nowhere_to_be_found, 0};
void *tern_uses = fault;
#endif
