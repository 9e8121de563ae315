/* SPDX-License-Identifier: MIT */
/*
 * Policies that learn, in the simulator, with programs whose commands are known: what each saves,
 * in faults and in pages, and what it may cost at most. By hand it prints a table:
 *
 *	unit_svm_policy_learn_test table [POLICY[:OPTIONS]] ...
 */
#include "svm/tests/policy_sim.h"

enum { PAGES = 8192, SLICES = 16, PASSES = 3, LAUNCHES = 4, TABLE = 2048, STREAM = 16384 };

static uint64_t hash(uint64_t n)
{
	n = (n ^ n >> 31) * 0x7fb5d329728ea185u;
	n = (n ^ n >> 27) * 0x81dadef4bc2dd44du;
	return n ^ n >> 33;
}

static bool device(struct sim_access *a, uint64_t page, bool write, uint64_t command)
{
	*a = (struct sim_access){TERN_SIDE_DEVICE, write, (unsigned)page, (unsigned)command};
	return true;
}

static bool host(struct sim_access *a, uint64_t page, bool write)
{
	*a = (struct sim_access){TERN_SIDE_HOST, write, (unsigned)page, 0};
	return true;
}

static void use(struct tern_policy_command *c, struct tern_policy_use *uses, uint64_t page,
		uint64_t pages)
{
	uses[c->use_count] = (struct tern_policy_use){.address = page * 4096,
						      .start = page * 4096,
						      .end = (page + pages) * 4096,
						      .argument = (uint16_t)c->use_count};
	c->use_count++;
}

/* ---- launches: a kernel changes all, the host changes all, and again ---- */

static bool launches(unsigned thread, uint64_t i, struct sim_access *a)
{
	uint64_t launch = i / (2 * PAGES), at = i % (2 * PAGES);
	(void)thread;
	if (launch == LAUNCHES)
		return false;
	return at < PAGES ? device(a, at, true, launch + 1) : host(a, at - PAGES, true);
}

static bool launches_command(unsigned index, struct tern_policy_command *c,
			     struct tern_policy_use *uses)
{
	*c = (struct tern_policy_command){
		.number = index, .kernel = 7, .items = PAGES * 1024, .uses = uses};
	use(c, uses, 0, PAGES);
	return index <= LAUNCHES;
}

/* ---- blocks: as above, but every third 64 KiB only ---- */

static bool blocks(unsigned thread, uint64_t i, struct sim_access *a)
{
	enum { USED = PAGES / 3 / 16 * 16 };
	uint64_t launch = i / (2 * USED), at = i % (2 * USED), n = at % USED;
	uint64_t page = n / 16 * 48 + n % 16;
	(void)thread;
	if (launch == LAUNCHES)
		return false;
	return at < USED ? device(a, page, true, launch + 1) : host(a, page, true);
}

/* ---- slices: passes over all in many commands, all of them enqueued at once ---- */

static bool slices(unsigned thread, uint64_t i, struct sim_access *a)
{
	(void)thread;
	return i < PASSES * PAGES && device(a, i % PAGES, true, i / (PAGES / SLICES) + 1);
}

static bool slices_command(unsigned index, struct tern_policy_command *c,
			   struct tern_policy_use *uses)
{
	uint64_t items = PAGES * 1024 / SLICES;
	*c = (struct tern_policy_command){.number = index,
					  .kernel = 8,
					  .items = items,
					  .first = (index - 1) % SLICES * items,
					  .uses = uses};
	use(c, uses, 0, PAGES);
	return index <= PASSES * SLICES;
}

/* ---- table: a long stream, and for each of its pages some of a table that would fit ---- */

static bool table(unsigned thread, uint64_t i, struct sim_access *a)
{
	uint64_t n = i / 9;
	(void)thread;
	if (n == STREAM)
		return false;
	return i % 9 ? device(a, hash(i) % TABLE, true, 1) : device(a, TABLE + n, false, 1);
}

static bool table_command(unsigned index, struct tern_policy_command *c,
			  struct tern_policy_use *uses)
{
	*c = (struct tern_policy_command){
		.number = index, .kernel = 9, .items = STREAM * 1024, .uses = uses};
	use(c, uses, 0, TABLE);
	use(c, uses, TABLE, STREAM);
	return index == 1;
}

static const struct {
	const char *name;
	struct sim_program program;
} programs[] = {
	{"launches", {launches, 1, PAGES, 0, launches_command, 0}},
	{"blocks", {blocks, 1, PAGES, 0, launches_command, 0}},
	{"slices", {slices, 1, PAGES, PAGES / 2, slices_command, PASSES *SLICES}},
	{"one by one", {slices, 1, PAGES, PAGES / 2, slices_command, 0}},
	{"table", {table, 1, TABLE + STREAM, 2 * TABLE, table_command, 0}},
};

static struct sim_result play(const char *text, const char *name)
{
	const char *options;
	const struct tern_policy *policy = tern_policy_find(text, &options);
	REQUIRE(policy);
	for (unsigned i = 0; i < tern_array_size(programs); i++)
		if (!strcmp(programs[i].name, name))
			return sim_run(policy, options, tern_eviction_choose(policy, "auto"),
				       &programs[i].program);
	REQUIRE(!"a program of that name");
	return (struct sim_result){0};
}

static void print(int count, const char *const *policies)
{
	printf("%-12s %-20s %8s %8s %8s %8s %8s %10s\n", "program", "policy", "faults", "copied",
	       "ahead", "evicted", "useless", "ms");
	for (unsigned p = 0; p < tern_array_size(programs); p++)
		for (int i = 0; i < count; i++) {
			struct sim_result r = play(policies[i], programs[p].name);
			printf("%-12s %-20s %8lu %8lu %8lu %8lu %8lu %10.2f\n", programs[p].name,
			       policies[i], r.faults, r.copied, r.ahead, r.evicted, r.useless,
			       (double)r.ns / 1e6);
		}
}

int main(int argc, char **argv)
{
	static const char *const all[] = {"demand", "density", "sequential", "blend",
					  "tree",   "classes", "lookahead",  "footprint",
					  "learn",  "adaptive"};
	if (argc > 1 && !strcmp(argv[1], "table")) {
		if (argc > 2)
			print(argc - 2, (const char *const *)&argv[2]);
		else
			print(tern_array_size(all), all);
		return 0;
	}
	return test_result();
}
