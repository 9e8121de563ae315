/* SPDX-License-Identifier: MIT */
/* Policies and evictions by name and option, plans for any state that can be asked about, and
 * order. */
#include "svm/policy.h"

#include <string.h>

#include "runtime/base/tests/test.h"
#include "svm/policies/policies.h"

static uint64_t seed = 1;

static uint64_t next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	return seed ^= seed << 17;
}

static void names(void)
{
	const char *options = NULL;
	for (const struct tern_policy *const *p = tern_policies; *p; p++) {
		EXPECT(tern_policy_find((*p)->name, &options) == *p && !*options);
		EXPECT((*p)->version == TERN_POLICY_VERSION && (*p)->fault && (*p)->help);
		EXPECT((*p)->device_state_bytes <= TERN_POLICY_DEVICE_BYTES);
		EXPECT((*p)->chunk_state_bytes <= TERN_POLICY_CHUNK_BYTES);
	}
	EXPECT(tern_policy_find("block:pages=4", &options) && !strcmp(options, "pages=4"));
	EXPECT(tern_policy_find("block:", &options) && !*options);
	EXPECT(tern_policy_find("auto", &options) == tern_policies[0]);
	EXPECT(tern_policy_find("", &options) == tern_policies[0]);
	EXPECT(tern_policy_find(NULL, &options) == tern_policies[0]);
	options = "unchanged";
	EXPECT(!tern_policy_find("bloc", &options));
	EXPECT(!tern_policy_find("blocks", &options));
	EXPECT(!tern_policy_find(" block", &options));
	EXPECT(!strcmp(options, "unchanged"));
	for (const struct tern_eviction *const *e = tern_evictions; *e; e++)
		EXPECT(tern_eviction_find((*e)->name) == *e);
	EXPECT(tern_eviction_find("auto") == tern_evictions[0]);
	EXPECT(tern_eviction_find(NULL) == tern_evictions[0]);
	EXPECT(!tern_eviction_find("recently"));
}

static bool starts(const char *text)
{
	static _Alignas(16) unsigned char state[TERN_POLICY_DEVICE_BYTES];
	const char *options;
	const struct tern_policy *policy = tern_policy_find(text, &options);
	REQUIRE(policy);
	memset(state, 0, sizeof(state));
	return tern_policy_start(policy, state, options);
}

static void options(void)
{
	static const char *const good[] = {
		"demand",
		"blend:leaf=8,percent=60",
		"block",
		"block:pages=1",
		"block:pages=512",
		"block:pages=1,pages=7",
		"density:percent=100,leaf=1",
		"density:leaf=512",
		"sequential:least=1,most=1",
		"sequential:least=512",
		"thrash:over=demand",
		"thrash:pages=4,over=block",
		"thrash:over=sequential,events=100,most=64,pin_us=0",
		"thrash:percent=10,lapse_us=1000000,hold_us=0",
	};
	static const char *const bad[] = {
		"demand:pages=1",
		"block:pages",
		"block:pages=",
		"block:pages=0",
		"block:pages=513",
		"block:pages=-1",
		"block:pages=1x",
		"block:pages= 1",
		"block:=1",
		"block:,",
		"block:pages=1,",
		"block:,pages=1",
		"block:page=1",
		"block:pagess=1",
		"block:pages=4294967297",
		"block:pages=99999999999999999999999",
		"density:leaf=3",
		"density:percent=0",
		"density:percent=101",
		"sequential:least=9,most=8",
		"sequential:least=0",
		"thrash:over=thrash",
		"thrash:over=",
		"thrash:over=densit",
		"thrash:events=0",
		"thrash:events=101",
		"thrash:pages=4",
		"thrash:over=demand,percent=51",
		"thrash:pin_us=100001",
	};
	char many[1024] = "thrash:";
	for (unsigned i = 0; i < tern_array_size(good); i++)
		EXPECT(starts(good[i]));
	for (unsigned i = 0; i < tern_array_size(bad); i++)
		EXPECT(!starts(bad[i]));
	for (unsigned i = 0; i < 60; i++)
		strcat(many, "percent=51,");
	strcat(many, "percent=51");
	EXPECT(!starts(many)); /* more than the guard keeps for the other policy */
}

static void senseless(void *device_state, void *chunk_state, const struct tern_policy_fault *f,
		      struct tern_policy_plan *plan)
{
	(void)device_state;
	(void)f;
	*plan = *(const struct tern_policy_plan *)chunk_state;
}

static struct tern_policy_plan corrected(struct tern_policy_plan wish, bool write,
					 uint32_t deferrals)
{
	static const struct tern_policy policy = {.version = TERN_POLICY_VERSION,
						  .fault = senseless};
	tern_page_bits bits = {0};
	struct tern_policy_fault f = {.page = 100,
				      .write = write,
				      .host = bits,
				      .device = bits,
				      .mapped = bits,
				      .deferrals = deferrals};
	struct tern_policy_plan plan;
	tern_policy_ask(&policy, NULL, &wish, &f, &plan);
	return plan;
}

static bool range_is(struct tern_policy_plan plan, unsigned first, unsigned count)
{
	return plan.first == first && plan.count == count;
}

static struct tern_policy_plan plan_of(enum tern_policy_action action, unsigned first,
				       unsigned count, uint32_t hold_us)
{
	return (struct tern_policy_plan){
		.action = action, .first = first, .count = count, .hold_us = hold_us};
}

static void corrections(void)
{
	const enum tern_policy_action move = TERN_PLAN_MIGRATE, share = TERN_PLAN_SHARE,
				      defer = TERN_PLAN_DEFER;
	struct tern_policy_plan p;
	EXPECT(range_is(corrected(plan_of(move, 0, 512, 0), true, 0), 0, 512));
	EXPECT(range_is(corrected(plan_of(move, 90, 5000, 0), true, 0), 90, 422));
	EXPECT(range_is(corrected(plan_of(move, 90, UINT32_MAX, 0), true, 0), 90, 422));
	EXPECT(range_is(corrected(plan_of(move, UINT32_MAX, 2, 0), true, 0), 100, 1));
	EXPECT(range_is(corrected(plan_of(move, 90, 10, 0), true, 0), 100, 1));
	EXPECT(range_is(corrected(plan_of(move, 90, 11, 0), true, 0), 90, 11));
	EXPECT(range_is(corrected(plan_of(move, 101, 9, 0), true, 0), 100, 1));
	EXPECT(range_is(corrected(plan_of(move, 100, 0, 0), true, 0), 100, 1));
	EXPECT(corrected(plan_of(share, 100, 1, 0), true, 0).action == move);
	EXPECT(corrected(plan_of(share, 100, 1, 0), false, 0).action == share);
	EXPECT(corrected(plan_of((enum tern_policy_action)99, 100, 1, 0), false, 0).action == move);
	EXPECT(corrected(plan_of(defer, 100, 1, 0), true, 0).action == move);
	p = corrected(plan_of(defer, 100, 1, UINT32_MAX), true, 0);
	EXPECT(p.action == defer && p.hold_us == TERN_POLICY_HOLD_MAX_US);
	p = corrected(plan_of(defer, 100, 1, 5), true, TERN_POLICY_DEFERRALS);
	EXPECT(p.action == move && p.hold_us == 5);
}

static void any_bits(tern_page_bits bits)
{
	unsigned kind = next() % 4;
	for (unsigned i = 0; i < 8; i++) {
		uint64_t sparse = next();
		sparse &= next();
		bits[i] = kind == 0 ? 0 : kind == 1 ? UINT64_MAX : kind == 2 ? next() : sparse;
	}
}

/* Of few kernels with few objects, so that policies remember them; some have senseless bounds. */
static void any_command(struct tern_policy_command *c, struct tern_policy_use *uses)
{
	uint64_t r = next();
	*c = (struct tern_policy_command){.number = 1 + r % 5,
					  .kernel = r >> 8 & 3,
					  .items = r & 1 << 12 ? next() : 1024,
					  .first = r & 1 << 13 ? next() : 1024 * (r >> 16 & 7),
					  .uses = uses,
					  .use_count = (uint32_t)(r >> 20 & 15)};
	for (uint32_t i = 0; i < c->use_count; i++) {
		uint64_t u = next(), start = (u >> 8 & 3) << 21;
		bool wild = !(u & 15);
		uses[i] = (struct tern_policy_use){.address =
							   wild ? next() : start + (u >> 16 & 4095),
						   .start = wild ? next() : start,
						   .end = wild ? next() : start + (1 << 21),
						   .argument = (uint16_t)(u >> 32 & 3),
						   .flags = (uint16_t)(u >> 40 & 3)};
	}
}

/* Whatever the bitmaps say, and whether they fit together or not. */
static void hostile(const char *text)
{
	static _Alignas(16) unsigned char state[TERN_POLICY_DEVICE_BYTES],
		chunk[TERN_POLICY_CHUNK_BYTES];
	tern_page_bits host, device, mapped;
	const char *rest;
	const struct tern_policy *policy = tern_policy_find(text, &rest);
	REQUIRE(policy);
	memset(state, 0, sizeof(state));
	memset(chunk, 0, sizeof(chunk));
	REQUIRE(tern_policy_start(policy, state, rest));
	for (unsigned i = 0; i < 50000; i++) {
		uint64_t r = next(), h = next();
		struct tern_policy_plan plan = {.first = ~0u, .count = ~0u};
		struct tern_policy_use uses[TERN_POLICY_USES];
		struct tern_policy_command command;
		any_command(&command, uses);
		struct tern_policy_fault f = {
			.address = h & 1 ? next() : (h >> 8 & 3) << 21 | (r % 512) << 12,
			.page = r % 512,
			.side = r >> 10 & 1,
			.write = r >> 11 & 1,
			.time_us = r & 4096 ? next() : i,
			.host = host,
			.device = device,
			.mapped = mapped,
			.resident_pages = r & 8192 ? next() : 0,
			.limit_pages = r & 16384 ? next() : r >> 32 & 15,
			.advice = (uint32_t)(r >> 20),
			.moved_recently = r >> 40 & 3,
			.deferrals = r >> 42 & 1,
			.running = h & 2 ? &command : NULL,
			.use = (uint32_t)(h & 4 ? h >> 32 & 15 : h >> 32),
			.link = {h & 8 ? next() : 0, h & 16 ? next() : 0},
		};
		any_bits(host);
		any_bits(device);
		any_bits(mapped);
		policy->fault(state, chunk, &f, &plan);
		REQUIRE(plan.first <= f.page && f.page - plan.first < plan.count);
		REQUIRE(plan.first + plan.count <= 512);
		REQUIRE(plan.action <= TERN_PLAN_DEFER && plan.hold_us <= TERN_POLICY_HOLD_MAX_US);
		REQUIRE(plan.action != TERN_PLAN_SHARE || !f.write);
		if (f.side == TERN_SIDE_DEVICE && f.limit_pages)
			REQUIRE(plan.count <= f.limit_pages);
		if (policy->moved)
			policy->moved(state, chunk, f.address, plan.first, plan.count, f.write,
				      (enum tern_policy_cause)(h >> 40 & 3));
		if (policy->ahead) {
			struct tern_policy_range ranges[TERN_POLICY_AHEAD];
			struct tern_policy_moment moment = {
				.event = (enum tern_policy_event)((h >> 42) % 3),
				.command = &command,
				.time_us = f.time_us,
				.limit_pages = f.limit_pages};
			REQUIRE(policy->ahead(state, &moment, ranges) <= TERN_POLICY_AHEAD);
		}
		if (policy->keep) {
			struct tern_policy_candidate c = {.chunk = f.address & ~(uint64_t)0x1fffff};
			(void)policy->keep(state, chunk, &c);
		}
	}
}

/* What demand does at a fault on @page; the bitmaps say that both sides have it, or only the host.
 */
static enum tern_policy_action ask(void *chunk, unsigned page, enum tern_policy_side side,
				   bool write, bool both, uint32_t advice)
{
	tern_page_bits all, none = {0};
	struct tern_policy_plan plan;
	memset(all, 0xff, sizeof(all));
	struct tern_policy_fault f = {.page = page,
				      .side = side,
				      .write = write,
				      .host = both || side == TERN_SIDE_HOST ? none : all,
				      .device = both || side == TERN_SIDE_DEVICE ? none : all,
				      .mapped = all,
				      .advice = advice};
	tern_policy_ask(&tern_policy_demand, NULL, chunk, &f, &plan);
	return plan.action;
}

/* A read is answered with a copy until it turns out that its side writes next. */
static void reads(void)
{
	_Alignas(16) unsigned char chunk[TERN_POLICY_CHUNK_BYTES] = {0};
	const enum tern_policy_side d = TERN_SIDE_DEVICE, h = TERN_SIDE_HOST;
	EXPECT(ask(chunk, 5, d, false, false, 0) == TERN_PLAN_SHARE);
	EXPECT(ask(chunk, 100, d, false, false, 0) == TERN_PLAN_SHARE);
	EXPECT(ask(chunk, 101, d, false, false, 0) == TERN_PLAN_SHARE);
	EXPECT(ask(chunk, 200, d, false, false, 0) == TERN_PLAN_SHARE);
	EXPECT(ask(chunk, 5, d, true, true, 0) == TERN_PLAN_MIGRATE);
	EXPECT(ask(chunk, 5, d, false, false, 0) == TERN_PLAN_MIGRATE);
	EXPECT(ask(chunk, 5, d, false, false, TERN_ADVICE_READ_MOSTLY) == TERN_PLAN_SHARE);
	EXPECT(ask(chunk, 5, d, true, false, TERN_ADVICE_READ_MOSTLY) == TERN_PLAN_MIGRATE);
	/* Others of the chunk do not count before half of what was read was written. */
	EXPECT(ask(chunk, 300, d, false, false, 0) == TERN_PLAN_SHARE);
	EXPECT(ask(chunk, 100, d, true, true, 0) == TERN_PLAN_MIGRATE);
	EXPECT(ask(chunk, 400, d, false, false, 0) == TERN_PLAN_MIGRATE);
	/* The host reads what the device was thought to write. */
	EXPECT(ask(chunk, 5, h, false, false, 0) == TERN_PLAN_SHARE);
	EXPECT(ask(chunk, 100, h, false, false, 0) == TERN_PLAN_SHARE);
	EXPECT(ask(chunk, 5, d, false, false, 0) == TERN_PLAN_SHARE);
	/* A write of the device after the host asked for a copy is no upgrade of the device's. */
	EXPECT(ask(chunk, 120, h, false, false, 0) == TERN_PLAN_SHARE);
	EXPECT(ask(chunk, 120, d, true, true, 0) == TERN_PLAN_MIGRATE);
	EXPECT(ask(chunk, 120, h, false, false, 0) == TERN_PLAN_SHARE);
}

static void order(const struct tern_eviction *e)
{
	struct tern_policy_candidate c[24];
	for (unsigned i = 0; i < tern_array_size(c); i++) {
		c[i].chunk = i << 21;
		c[i].allocated = next() % 8;
		c[i].touched = next() % 8;
		c[i].pages = next() % 512;
		c[i].advice = next() % 4;
		c[i].next_use = next() % 4 ? next() % 3 : UINT32_MAX;
		c[i].returns = next() % 3;
	}
	for (unsigned i = 0; i < tern_array_size(c); i++)
		for (unsigned j = 0; j < tern_array_size(c); j++) {
			EXPECT(e->before(&c[i], &c[j]) + e->before(&c[j], &c[i]) == (i != j));
			for (unsigned k = 0; k < tern_array_size(c); k++)
				if (e->before(&c[i], &c[j]) && e->before(&c[j], &c[k]))
					EXPECT(e->before(&c[i], &c[k]));
		}
}

static void evictions(void)
{
	struct tern_policy_candidate
		a = {.chunk = 1 << 21, .allocated = 1, .touched = 9, .pages = 1},
		b = {.chunk = 2 << 21, .allocated = 2, .touched = 8, .pages = 1};
	const struct tern_eviction *allocation = tern_eviction_find("allocation");
	const struct tern_eviction *recency = tern_eviction_find("recency");
	EXPECT(allocation->before(&a, &b) && !allocation->before(&b, &a));
	EXPECT(recency->before(&b, &a) && !recency->before(&a, &b));
	const struct tern_eviction *dead = tern_eviction_find("dead");
	const struct tern_eviction *chance = tern_eviction_find("chance");
	a.next_use = 1;
	b.next_use = UINT32_MAX;
	EXPECT(dead->before(&b, &a) && !dead->before(&a, &b) && dead->wants_commands);
	EXPECT(chance->before(&a, &b));
	a.returns = 1;
	EXPECT(chance->before(&b, &a) && !chance->before(&a, &b));
	/* A policy's own goes before the first of the table, and after what TERN_EVICT names. */
	const struct tern_eviction *chosen;
	EXPECT(tern_eviction_choose(&tern_policy_adaptive, "auto", &chosen) && !chosen);
	EXPECT(tern_eviction_choose(&tern_policy_adaptive, "dead", &chosen) && chosen == dead);
	EXPECT(tern_eviction_choose(&tern_policy_density, "", &chosen) && chosen == allocation);
	EXPECT(!tern_eviction_choose(&tern_policy_adaptive, "no such", &chosen) && !chosen);
	b.advice = TERN_ADVICE_PREFER_HOST;
	a.advice = TERN_ADVICE_PREFER_DEVICE;
	EXPECT(allocation->before(&b, &a) && recency->before(&b, &a));
	for (const struct tern_eviction *const *e = tern_evictions; *e; e++)
		for (unsigned i = 0; i < 20; i++)
			order(*e);
}

int main(void)
{
	names();
	options();
	corrections();
	for (const struct tern_policy *const *p = tern_policies; *p; p++)
		hostile((*p)->name);
	hostile("thrash:over=sequential,events=1,lapse_us=1000000,pin_us=100000");
	hostile("thrash:over=block,pages=511,events=1");
	hostile("density:percent=1");
	hostile("block:pages=511");
	reads();
	evictions();
	return test_result();
}
