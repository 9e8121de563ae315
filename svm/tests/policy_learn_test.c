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

/* ---- uniform: random accesses to twice what the device holds; dense: the same, by far more of
 * them to each part in turn ---- */

static bool uniform(unsigned thread, uint64_t i, struct sim_access *a)
{
	(void)thread;
	return i < 8 * PAGES && device(a, hash(i) % PAGES, true, 1);
}

static bool dense(unsigned thread, uint64_t i, struct sim_access *a)
{
	enum { PART = PAGES / 8, EACH = 8 * PART };
	uint64_t n = i / EACH;
	(void)thread;
	return n < 24 && device(a, n % 8 * PART + hash(i) % PART, true, 1);
}

/* ---- every other: passes over every other page, which would fit, of more than fits; shifting: as
 * above, but then over all of them ---- */

enum { OTHERS = 40 };

static bool every_other(unsigned thread, uint64_t i, struct sim_access *a)
{
	(void)thread;
	return i < (uint64_t)OTHERS * PAGES / 2 && device(a, 2 * i % PAGES, true, 1);
}

static bool shifting(unsigned thread, uint64_t i, struct sim_access *a)
{
	uint64_t few = (uint64_t)OTHERS * PAGES / 2;
	if (i < few)
		return every_other(thread, i, a);
	return i - few < 4 * PAGES && device(a, (i - few) % PAGES, true, 1);
}

/* ---- crowded: many passes over a little more than fits; skipped: reads every third page, again
 * and again ---- */

enum { LONG = 30 };

static bool crowded(unsigned thread, uint64_t i, struct sim_access *a)
{
	(void)thread;
	return i < (uint64_t)LONG * PAGES && device(a, i % PAGES, i % 2, 1);
}

static bool skipped(unsigned thread, uint64_t i, struct sim_access *a)
{
	(void)thread;
	return i < (uint64_t)OTHERS * (PAGES / 3) && device(a, i % (PAGES / 3) * 3, false, 1);
}

static bool one_command(unsigned index, struct tern_policy_command *c, struct tern_policy_use *uses)
{
	*c = (struct tern_policy_command){
		.number = index, .kernel = 10, .items = 8 * PAGES, .uses = uses};
	use(c, uses, 0, PAGES);
	return index == 1;
}

/* ---- scattered: as uniform, but all of it fits; few: likewise, but a work-item for 32 pages, or,
 * seventh, for seven: almost enough of them to bring it all ---- */

static bool few(unsigned thread, uint64_t i, struct sim_access *a)
{
	(void)thread;
	return i < PAGES / 32 && device(a, hash(i) % PAGES, true, 1);
}

static bool few_command(unsigned index, struct tern_policy_command *c, struct tern_policy_use *uses)
{
	*c = (struct tern_policy_command){
		.number = index, .kernel = 11, .items = PAGES / 32, .uses = uses};
	use(c, uses, 0, PAGES);
	return index == 1;
}

static bool seventh(unsigned thread, uint64_t i, struct sim_access *a)
{
	(void)thread;
	return i < PAGES / 7 && device(a, hash(i) % PAGES, true, 1);
}

static bool seventh_command(unsigned index, struct tern_policy_command *c,
			    struct tern_policy_use *uses)
{
	bool is = few_command(index, c, uses);
	c->items = PAGES / 7;
	return is;
}

/* ---- thin: a page of each 32, in an object of many chunks, in random order ---- */

enum { THIN = 8 * PAGES };

static bool thin(unsigned thread, uint64_t i, struct sim_access *a)
{
	(void)thread;
	return i < THIN / 32 && device(a, i * 907 % (THIN / 32) * 32 + hash(i) % 32, false, 1);
}

static bool thin_command(unsigned index, struct tern_policy_command *c,
			 struct tern_policy_use *uses)
{
	*c = (struct tern_policy_command){
		.number = index, .kernel = 17, .items = THIN / 32, .uses = uses};
	use(c, uses, 0, THIN);
	return index == 1;
}

/* ---- list: as scattered, but one work-item ---- */

static bool list_command(unsigned index, struct tern_policy_command *c,
			 struct tern_policy_use *uses)
{
	*c = (struct tern_policy_command){.number = index, .kernel = 13, .items = 1, .uses = uses};
	use(c, uses, 0, PAGES);
	return index == 1;
}

/* ---- displaced: a stream through the first half, then all over the second one, which fits in the
 * place of that; crowding: likewise, while the stream's command is not the last one; unbounded: as
 * displaced, but nobody says where the second half ends ---- */

static bool displaced(unsigned thread, uint64_t i, struct sim_access *a)
{
	(void)thread;
	if (i < PAGES / 2)
		return device(a, i, true, 1);
	return i < 8 * PAGES && device(a, PAGES / 2 + hash(i) % (PAGES / 2), true, 2);
}

static bool displaced_command(unsigned index, struct tern_policy_command *c,
			      struct tern_policy_use *uses)
{
	*c = (struct tern_policy_command){
		.number = index, .kernel = 13 + index, .items = 8 * PAGES, .uses = uses};
	use(c, uses, index == 2 ? PAGES / 2 : 0, PAGES / 2);
	return index <= 2;
}

static bool crowding_command(unsigned index, struct tern_policy_command *c,
			     struct tern_policy_use *uses)
{
	displaced_command(index, c, uses);
	if (index == 3)
		use(c, uses, 0, PAGES / 2);
	return index <= 3;
}

static bool unbounded_command(unsigned index, struct tern_policy_command *c,
			      struct tern_policy_use *uses)
{
	bool is = displaced_command(index, c, uses);
	if (index == 2) {
		uses[0].end *= 2;
		uses[0].flags = TERN_USE_GUESSED;
	}
	return is;
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
	{"uniform", {uniform, 1, PAGES, PAGES / 2, one_command, 0}},
	{"dense", {dense, 1, PAGES, PAGES / 2, one_command, 0}},
	{"every other", {every_other, 1, PAGES, PAGES / 3 * 2, one_command, 0}},
	{"crowded", {crowded, 1, PAGES, PAGES / 8 * 7, one_command, 0}},
	{"skipped", {skipped, 1, PAGES, PAGES / 2, one_command, 0}},
	{"shifting", {shifting, 1, PAGES, PAGES / 3 * 2, one_command, 0}},
	{"scattered", {uniform, 1, PAGES, 0, one_command, 0}},
	{"exactly", {uniform, 1, PAGES, PAGES, one_command, 0}},
	{"lacking", {uniform, 1, PAGES, PAGES - 1, one_command, 0}},
	{"few", {few, 1, PAGES, 0, few_command, 0}},
	{"seventh", {seventh, 1, PAGES, 0, seventh_command, 0}},
	{"thin", {thin, 1, THIN, 0, thin_command, 0}},
	{"list", {uniform, 1, PAGES, 0, list_command, 0}},
	{"displaced", {displaced, 1, PAGES, PAGES / 8 * 5, displaced_command, 0}},
	{"crowding", {displaced, 1, PAGES, PAGES / 8 * 5, crowding_command, 2}},
	{"unbounded", {displaced, 1, PAGES, PAGES / 8 * 5, unbounded_command, 0}},
};

static struct sim_result play(const char *text, const char *name)
{
	const char *options;
	const struct tern_policy *policy = tern_policy_find(text, &options);
	REQUIRE(policy);
	for (unsigned i = 0; i < tern_array_size(programs); i++)
		if (!strcmp(programs[i].name, name))
			return sim_run(policy, options, sim_eviction(policy, "auto"),
				       &programs[i].program);
	REQUIRE(!"a program of that name");
	return (struct sim_result){0};
}

static void print(int count, const char *const *policies)
{
	printf("%-12s %-20s %8s %8s %8s %8s %8s %8s %10s\n", "program", "policy", "faults",
	       "device", "copied", "ahead", "evicted", "useless", "ms");
	for (unsigned p = 0; p < tern_array_size(programs); p++)
		for (int i = 0; i < count; i++) {
			struct sim_result r = play(policies[i], programs[p].name);
			printf("%-12s %-20s %8lu %8lu %8lu %8lu %8lu %8lu %10.2f\n",
			       programs[p].name, policies[i], r.faults, r.device_faults, r.copied,
			       r.ahead, r.evicted, r.useless, (double)r.ns / 1e6);
		}
}

static void determinism(void)
{
	static const char *const all[] = {"tree",      "classes", "lookahead",
					  "footprint", "learn",   "adaptive"};
	for (unsigned p = 0; p < tern_array_size(programs); p++)
		for (unsigned i = 0; i < tern_array_size(all); i++) {
			struct sim_result a = play(all[i], programs[p].name);
			struct sim_result b = play(all[i], programs[p].name);
			EXPECT(!memcmp(&a, &b, sizeof(a)));
		}
}

/* What a command did the last time is there before it asks. */
static void ahead(void)
{
	uint64_t first = play("blend", "launches").device_faults / LAUNCHES;
	EXPECT(first > 100);
	/* The first launch has its faults, the others have a tenth of them at most. */
	EXPECT(play("lookahead", "launches").device_faults < first + 3 * (first / 10));
	EXPECT(play("footprint", "launches").device_faults < 2 * first);
	struct sim_result blocks = play("footprint", "blocks");
	EXPECT(blocks.device_faults * 3 < play("blend", "blocks").device_faults * 2);
	EXPECT(blocks.ahead && !blocks.useless);
	EXPECT(play("classes", "launches").ns < play("density", "launches").ns);
	EXPECT(play("classes", "launches").ahead);
	EXPECT(!play("tree", "launches").ahead);
}

/* Passes over more than the device holds: what need not go stays. */
static void cyclic(void)
{
	uint64_t least = PAGES + (PASSES - 1) * (PAGES - PAGES / 2);
	EXPECT(play("blend", "slices").copied == PASSES * PAGES);
	EXPECT(play("lookahead", "slices").copied * 100 <= least * 103);
	EXPECT(play("adaptive", "slices").copied * 100 <= least * 103);
	EXPECT(play("adaptive", "one by one").copied * 100 <= least * 110);
	least = PAGES + (LONG - 1) * (PAGES - PAGES / 8 * 7);
	EXPECT(play("adaptive", "crowded").copied * 100 <= least * 115);
	EXPECT(play("adaptive", "slices").ns * 3 < play("density", "slices").ns * 2);
}

/* A stream does not push out what is used all the time. */
static void kept(void)
{
	struct sim_result r = play("adaptive", "table");
	EXPECT(r.copied * 100 <= (TABLE + STREAM) * UINT64_C(102));
	EXPECT(play("density", "table").copied * 10 > r.copied * 15);
	EXPECT(r.ns * 2 < play("density", "table").ns);
}

/* On a full device pages come along where samples say that they will be used, and not elsewhere. */
static void samples(void)
{
	EXPECT(play("tree", "uniform").copied * 2 < play("density", "uniform").copied);
	EXPECT(play("tree", "uniform").ns * 100 < play("sequential", "uniform").ns * 106);
	EXPECT(play("tree", "dense").ns * 100 < play("density", "dense").ns * 105);
	EXPECT(play("tree", "dense").faults * 2 < play("sequential", "dense").faults);
}

/* Pages that nobody uses do not push out those that would fit without them: after some passes none
 * moves any more. And that ends when they are used after all. */
static void left_out(void)
{
	struct sim_result r = play("adaptive", "every other");
	EXPECT(r.copied < 2 * PAGES);
	EXPECT(r.ns * 5 < play("density", "every other").ns * 8);
	EXPECT(r.ns * 5 < play("sequential", "every other").ns);
	EXPECT(play("adaptive", "skipped").ns * 5 < play("sequential", "skipped").ns);
	EXPECT(play("adaptive", "shifting").ns < play("density", "shifting").ns);
	EXPECT(play("adaptive", "shifting").copied < play("density", "shifting").copied);
}

/* What work-items will access all over comes at once, where it fits, and where there are enough of
 * them. */
static void all_over(void)
{
	struct sim_result r = play("adaptive", "scattered");
	EXPECT(r.copied == PAGES &&
	       r.device_faults * 5 < play("density", "scattered").device_faults);
	r = play("adaptive", "exactly");
	EXPECT(r.copied == PAGES && !r.evicted);
	EXPECT(play("adaptive", "few").copied <= play("classes", "few").copied);
	EXPECT(play("adaptive", "few").ns <= play("classes", "few").ns);
	/* One page too many is not dear: little goes for it. */
	EXPECT(play("adaptive", "lacking").ns * 3 < play("tree", "lacking").ns * 2);
	EXPECT(play("adaptive", "lacking").evicted < play("lookahead", "lacking").evicted / 2);
}

/* Where nobody knows how many accesses are to come, the faults so far say it, but not where each
 * work-item has its one. */
static void as_dear(void)
{
	struct sim_result r = play("adaptive", "list"), other = play("classes", "list");
	EXPECT(r.copied == PAGES && r.ns < other.ns);
	EXPECT(r.device_faults * 20 < other.device_faults * 17);
	r = play("adaptive", "seventh");
	other = play("classes", "seventh");
	EXPECT(r.copied <= other.copied && r.ns <= other.ns);
}

/* What comes along with each of few pages in much memory is not used, and soon does not come. */
static void few_in_much(void)
{
	struct sim_result r = play("adaptive", "thin"), other = play("lookahead", "thin");
	EXPECT(r.copied * 5 < other.copied && r.ns < other.ns);
}

/* It pushes out what no known command needs, and only that. */
static void in_the_place_of(void)
{
	struct sim_result r = play("adaptive", "displaced");
	EXPECT(r.copied == PAGES && r.device_faults < 60);
	EXPECT(play("adaptive", "unbounded").copied == PAGES);
	EXPECT(play("adaptive", "unbounded").device_faults < 60);
	EXPECT(play("adaptive", "crowding").device_faults > 600);
}

/* ---- what waits behind a command and goes on where that one ends ---- */

enum { EACH = 32, BEHIND_IT = 3 };

struct waiting {
	const struct tern_policy *policy;
	void *state;
	tern_page_bits host, device, mapped;
	struct tern_policy_command command;
	struct tern_policy_use use;
	uint64_t kernel;
	bool reads;
};

/* Command @number is the slice @slice of the kernel, in an object of 512 pages at @object pages.
 * Where what is moved ahead for it ends. */
static uint64_t tell(struct waiting *w, enum tern_policy_event event, uint64_t number,
		     uint64_t slice, uint64_t object)
{
	struct tern_policy_range out[TERN_POLICY_AHEAD];
	struct tern_policy_moment moment = {
		.event = event, .command = &w->command, .limit_pages = 1 << 20};
	w->command = (struct tern_policy_command){.number = number,
						  .kernel = w->kernel,
						  .items = EACH * 1024,
						  .first = slice * EACH * 1024,
						  .uses = &w->use};
	use(&w->command, &w->use, object, 512);
	unsigned count = w->policy->ahead(w->state, &moment, out);
	return count ? out[count - 1].end / 4096 : 0;
}

/* Where the plan of a fault at @page ends. */
static unsigned fault_at(struct waiting *w, unsigned page, uint64_t limit)
{
	_Alignas(16) unsigned char chunk[TERN_POLICY_CHUNK_BYTES] = {0};
	struct tern_policy_plan plan;
	struct tern_policy_fault f = {.address = (uint64_t)page * 4096,
				      .page = page % 512,
				      .side = TERN_SIDE_DEVICE,
				      .write = !w->reads,
				      .command = w->command.number,
				      .running = &w->command,
				      .host = w->host,
				      .device = w->device,
				      .mapped = w->mapped,
				      .limit_pages = limit};
	tern_policy_ask(w->policy, w->state, chunk, &f, &plan);
	for (unsigned i = plan.first; i < plan.first + plan.count; i++) {
		w->host[i / 64] &= ~((uint64_t)1 << i % 64);
		w->device[i / 64] |= (uint64_t)1 << i % 64;
	}
	return plan.first + plan.count;
}

static void waits_under(struct waiting *w, const char *policy)
{
	static _Alignas(16) unsigned char state[TERN_POLICY_DEVICE_BYTES];
	const char *options;
	memset(state, 0, sizeof(state));
	*w = (struct waiting){.policy = tern_policy_find(policy, &options), .state = state};
	memset(w->mapped, 0xff, sizeof(w->mapped));
	REQUIRE(w->policy && tern_policy_start(w->policy, state, options));
}

/* Command 1 goes through a slice of the object of 512 pages at @object pages. */
static void run_slice(struct waiting *w, uint64_t kernel, unsigned slice, unsigned object)
{
	w->kernel = kernel;
	memset(w->host, 0xff, sizeof(w->host));
	memset(w->device, 0, sizeof(w->device));
	(void)tell(w, TERN_COMMAND_BEGINS, 1, slice, object);
	for (unsigned page = slice * EACH; page < (slice + 1) * EACH;)
		page = fault_at(w, object + page, 1 << 20);
	(void)tell(w, TERN_COMMAND_ENDED, 1, slice, object);
}

/* A slice of an object of 512 pages has been gone through by @kernel. The next one is kernel 12. */
static void first_slice(struct waiting *w, uint64_t kernel, unsigned slice)
{
	waits_under(w, "learn");
	run_slice(w, kernel, slice, 0);
	w->kernel = 12;
}

/* The slices that wait behind the second one are @slices, of the objects at the pages @objects:
 * where the plan of its first fault ends. */
static unsigned second_slice(const uint64_t *slices, const uint64_t *objects, uint64_t limit)
{
	struct waiting w;
	first_slice(&w, 12, 0);
	memset(w.host, 0xff, sizeof(w.host));
	memset(w.device, 0, sizeof(w.device));
	(void)tell(&w, TERN_COMMAND_QUEUED, 2, 1, 0);
	for (unsigned i = 0; i < BEHIND_IT; i++)
		(void)tell(&w, TERN_COMMAND_QUEUED, 3 + i, slices[i], objects[i]);
	(void)tell(&w, TERN_COMMAND_BEGINS, 2, 1, 0);
	return fault_at(&w, EACH, limit);
}

static void goes_on(void)
{
	static const uint64_t one[BEHIND_IT] = {0};
	/* One after the other: up to the end of the last. */
	EXPECT(second_slice((uint64_t[]){2, 3, 4}, one, 1 << 20) == 5 * EACH);
	/* There is a gap after the first, or before it. */
	EXPECT(second_slice((uint64_t[]){2, 4, 5}, one, 1 << 20) == 3 * EACH);
	EXPECT(second_slice((uint64_t[]){3, 4, 5}, one, 1 << 20) == 2 * EACH);
	/* One that goes elsewhere ends it, since others come before what is behind that. */
	EXPECT(second_slice((uint64_t[]){2, 3, 4}, (uint64_t[]){0, 512, 0}, 1 << 20) == 3 * EACH);
	/* What has been gone through is no reason to go on. */
	EXPECT(second_slice((uint64_t[]){0, 0, 2}, one, 1 << 20) == 2 * EACH);
	/* No more than the chunk, and than a part of the memory. */
	EXPECT(second_slice((uint64_t[]){2, 3, 14}, one, 1 << 20) <= 512);
	EXPECT(second_slice((uint64_t[]){2, 3, 4}, one, 16 * 48) == EACH + 48);
}

static uint64_t worth(struct waiting *w, uint64_t object)
{
	_Alignas(16) unsigned char chunk[TERN_POLICY_CHUNK_BYTES] = {0};
	struct tern_policy_candidate c = {
		.chunk = object * 4096, .pages = 512, .next_use = UINT32_MAX};
	return w->policy->keep(w->state, chunk, &c);
}

/* What a kernel reads (at 512) is needed before what one writes (at 0), but need not go home. */
static bool keeps_written(const char *policy, unsigned slices_before)
{
	struct waiting w;
	waits_under(&w, policy);
	run_slice(&w, 12, 0, 0);
	w.reads = true;
	run_slice(&w, 14, 0, 512);
	for (unsigned i = 0; i < slices_before; i++)
		(void)tell(&w, TERN_COMMAND_QUEUED, 2 + i, 1 + i, 1024);
	(void)tell(&w, TERN_COMMAND_QUEUED, 20, 1, 512);
	w.kernel = 12;
	(void)tell(&w, TERN_COMMAND_QUEUED, 21, 1, 0);
	return worth(&w, 0) > worth(&w, 512);
}

static void by_ways(void)
{
	/* Pages until then: 96 and 128. */
	EXPECT(keeps_written("learn", 3));
	EXPECT(!keeps_written("lookahead", 3));
	/* 0 and 32: that would be too much later. */
	EXPECT(!keeps_written("learn", 0));
}

/* A stream brings twice what the slice of a kernel takes that goes on there: that is not taken for
 * the slice's, since the kernel's earlier slices cannot have taken that much. */
static void no_further(void)
{
	struct waiting w;
	first_slice(&w, 13, 2);
	(void)tell(&w, TERN_COMMAND_BEGINS, 2, 3, 0);
	unsigned page = fault_at(&w, 4 * EACH - 16, 1 << 20);
	EXPECT(page >= 4 * EACH - 16 + 2 * EACH);
	(void)tell(&w, TERN_COMMAND_ENDED, 2, 3, 0);
	EXPECT(tell(&w, TERN_COMMAND_BEGINS, 3, 5, 0) == 6 * EACH);
}

/* What a kernel takes for each work-item of one object it takes of another, from the first fault
 * on, until that turns out to be otherwise. */
static void as_others(void)
{
	struct waiting w;
	first_slice(&w, 12, 0);
	memset(w.host, 0xff, sizeof(w.host));
	memset(w.device, 0, sizeof(w.device));
	(void)tell(&w, TERN_COMMAND_BEGINS, 2, 0, 512);
	EXPECT(fault_at(&w, 512, 1 << 20) == EACH);
	/* A kernel that is not known begins with little. */
	w.kernel = 14;
	memset(w.host, 0xff, sizeof(w.host));
	memset(w.device, 0, sizeof(w.device));
	(void)tell(&w, TERN_COMMAND_ENDED, 2, 0, 512);
	(void)tell(&w, TERN_COMMAND_BEGINS, 3, 0, 1024);
	EXPECT(fault_at(&w, 1024, 1 << 20) < EACH);
	/* Nor does one whose faults have jumped in it. */
	first_slice(&w, 12, 0);
	memset(w.host, 0xff, sizeof(w.host));
	memset(w.device, 0, sizeof(w.device));
	(void)tell(&w, TERN_COMMAND_BEGINS, 2, 0, 512);
	for (unsigned i = 0; i < 6; i++)
		(void)fault_at(&w, 512 + 500 - i * 80, 1 << 20);
	EXPECT(fault_at(&w, 512, 1 << 20) < EACH);
}

/* ---- what the host takes of what a kernel has used ---- */

enum { HALF = 250, ALL = HALF + 1, HAND_ROUNDS = 4 };

struct handed {
	const struct tern_policy *policy;
	void *state;
	_Alignas(16) unsigned char chunk[TERN_POLICY_CHUNK_BYTES];
	tern_page_bits host, device, mapped;
	struct tern_policy_use uses[2];
	struct tern_policy_command command;
	struct tern_policy_range home;
	unsigned ranges;
	bool unknown; /* the first object seems to be both */
	bool first;   /* the page that both lie in counts as the first one's */
};

/* Two objects of HALF pages, whose pointers lie a little behind the start of a page, so that the
 * second one ends in a page of its own. */
static void tell_handed(struct handed *h, enum tern_policy_event event, uint64_t number)
{
	struct tern_policy_range out[TERN_POLICY_AHEAD];
	struct tern_policy_moment moment = {
		.event = event, .command = &h->command, .limit_pages = 1 << 20};
	h->command = (struct tern_policy_command){
		.number = number, .kernel = 21, .items = HALF, .uses = h->uses};
	use(&h->command, h->uses, 0, HALF);
	use(&h->command, h->uses, HALF, HALF);
	for (unsigned i = 0; i < 2; i++) {
		h->uses[i].address += 16;
		h->uses[i].start += 16;
		h->uses[i].end += 16;
	}
	if (h->unknown)
		h->uses[0].end = h->uses[1].end;
	unsigned count = h->policy->ahead(h->state, &moment, out);
	if (event != TERN_COMMAND_ENDED)
		return;
	h->ranges = count;
	h->home = count ? out[0] : (struct tern_policy_range){0};
	for (uint64_t page = h->home.start / 4096; page < h->home.end / 4096; page++) {
		uint64_t bit = (uint64_t)1 << page % 64;
		h->device[page / 64] &= ~bit;
		if (h->home.way == TERN_AHEAD_TO_HOST)
			h->host[page / 64] |= bit;
	}
}

static void start_handed(struct handed *h, const char *policy)
{
	static _Alignas(16) unsigned char state[TERN_POLICY_DEVICE_BYTES];
	const char *options;
	memset(state, 0, sizeof(state));
	*h = (struct handed){.policy = tern_policy_find(policy, &options), .state = state};
	for (unsigned page = 0; page <= 2 * HALF; page++)
		h->host[page / 64] |= (uint64_t)1 << page % 64;
	memcpy(h->mapped, h->host, sizeof(h->mapped));
	REQUIRE(h->policy && tern_policy_start(h->policy, state, options));
}

static struct tern_policy_plan fault_handed(struct handed *h, enum tern_policy_side side,
					    unsigned page, bool write)
{
	struct tern_policy_plan plan;
	bool device = side == TERN_SIDE_DEVICE;
	struct tern_policy_fault f = {.address = (uint64_t)page * 4096,
				      .page = page,
				      .side = side,
				      .write = write,
				      .running = device ? &h->command : NULL,
				      .use = h->first ? page > HALF : page >= HALF,
				      .host = h->host,
				      .device = h->device,
				      .mapped = h->mapped,
				      .moved_recently = 1,
				      .limit_pages = 1 << 20};
	tern_policy_ask(h->policy, h->state, h->chunk, &f, &plan);
	for (unsigned i = plan.first; i < plan.first + plan.count; i++) {
		uint64_t bit = (uint64_t)1 << i % 64;
		bool shared = plan.action == TERN_PLAN_SHARE;
		h->host[i / 64] &= ~bit;
		h->device[i / 64] &= ~bit;
		if (!shared)
			(device ? h->device : h->host)[i / 64] |= bit;
	}
	return plan;
}

/* A command writes to both objects; then the host takes the first @pages of the second one. */
static unsigned hand(struct handed *h, uint64_t number, unsigned pages, bool write)
{
	unsigned faults = 0;
	tell_handed(h, TERN_COMMAND_BEGINS, number);
	for (unsigned page = 0; page <= 2 * HALF; page++)
		if (!tern_policy_bit(h->device, page))
			(void)fault_handed(h, TERN_SIDE_DEVICE, page, true);
	tell_handed(h, TERN_COMMAND_ENDED, number);
	for (unsigned page = HALF; page < HALF + pages; page++)
		if (tern_policy_bit(h->device, page)) {
			(void)fault_handed(h, TERN_SIDE_HOST, page, write);
			faults++;
		}
	return faults;
}

/* The host's plan ends where the next object begins, and before the end of this one: it is known
 * where a page belongs that holds the ends of both. */
static void by_object(void)
{
	struct handed h;
	start_handed(&h, "lookahead");
	(void)hand(&h, 1, 0, false);
	struct tern_policy_plan plan = fault_handed(&h, TERN_SIDE_HOST, HALF - 1, false);
	EXPECT(plan.first + plan.count > HALF);
	start_handed(&h, "learn");
	h.unknown = true; /* where the first one ends */
	tell_handed(&h, TERN_COMMAND_BEGINS, 1);
	tell_handed(&h, TERN_COMMAND_ENDED, 1);
	h.unknown = false;
	(void)hand(&h, 1, 0, false);
	plan = fault_handed(&h, TERN_SIDE_HOST, HALF - 1, false);
	EXPECT(plan.first < HALF - 1 && plan.first + plan.count == HALF);
	plan = fault_handed(&h, TERN_SIDE_HOST, HALF, false);
	EXPECT(plan.first == HALF && plan.count > 1);
}

/* Two streams, one in each object, of which one begins in the page that the other object ends in.
 * Which of them are known when the next command begins: 1 for the first one, 2 for the second. */
static unsigned streams(const char *policy)
{
	struct handed h;
	struct tern_policy_range out[TERN_POLICY_AHEAD];
	start_handed(&h, policy);
	h.first = true;
	tell_handed(&h, TERN_COMMAND_BEGINS, 1);
	for (unsigned i = 0; i < HALF / 4; i++)
		for (unsigned second = 2; second-- > 0;)
			if (!tern_policy_bit(h.device, i + second * HALF))
				(void)fault_handed(&h, TERN_SIDE_DEVICE, i + second * HALF, true);
	tell_handed(&h, TERN_COMMAND_ENDED, 1);
	struct tern_policy_moment moment = {
		.event = TERN_COMMAND_BEGINS, .command = &h.command, .limit_pages = 1 << 20};
	h.command.number = 2;
	h.command.items = HALF - 1; /* else the blocks of the last time say it */
	unsigned count = h.policy->ahead(h.state, &moment, out), known = 0;
	for (unsigned i = 0; i < count; i++)
		known |= out[i].start < (uint64_t)HALF * 4096 ? 1 : 2;
	return known;
}

static void begins(void)
{
	EXPECT(streams("lookahead") == 2);
	EXPECT(streams("learn") == 3);
}

/* Pages that have moved not long ago are a stream's all the same, once no command needs them. */
static void streams_home(void)
{
	struct handed h;
	unsigned faults[2];
	for (unsigned waits = 0; waits < 2; waits++) {
		start_handed(&h, "learn");
		if (waits)
			tell_handed(&h, TERN_COMMAND_QUEUED, 100);
		faults[waits] = hand(&h, 1, ALL, false);
	}
	EXPECT(faults[0] < faults[1]);
}

/* A stream's reads are followed by copies of what is behind, but no further than it went the last
 * time; its writes, and what a command waits for, are not. */
static void copied_behind(void)
{
	struct handed h;
	start_handed(&h, "learn");
	(void)hand(&h, 1, 0, false);
	uint64_t most = 0, went = 0;
	for (unsigned page = HALF; page < HALF + HALF / 2;) {
		struct tern_policy_plan plan = fault_handed(&h, TERN_SIDE_HOST, page, false);
		page = plan.first + plan.count;
		for (unsigned i = 0; i < plan.ahead_count; i++) {
			EXPECT(plan.ahead[i].way == TERN_AHEAD_COPY_TO_HOST);
			EXPECT(plan.ahead[i].start == (uint64_t)page * 4096);
			most = plan.ahead[i].end / 4096;
			EXPECT(most > page && most - page <= (page - HALF) / 2 &&
			       most <= HALF + ALL);
		}
		went = page;
	}
	EXPECT(most > went);
	most = 0;
	(void)hand(&h, 2, 0, false);
	for (unsigned page = HALF; page < went;) {
		struct tern_policy_plan plan = fault_handed(&h, TERN_SIDE_HOST, page, false);
		page = plan.first + plan.count;
		for (unsigned i = 0; i < plan.ahead_count; i++)
			most = plan.ahead[i].end / 4096;
	}
	EXPECT(most && most <= went);
	for (unsigned i = 0; i < 2; i++) {
		start_handed(&h, "learn");
		(void)hand(&h, 1, 0, false);
		if (i)
			tell_handed(&h, TERN_COMMAND_QUEUED, 100);
		for (unsigned page = HALF; page < HALF + HALF / 2;) {
			struct tern_policy_plan plan = fault_handed(&h, TERN_SIDE_HOST, page, !i);
			page = plan.first + plan.count;
			EXPECT(!plan.ahead_count);
		}
	}
}

/* What it takes each time goes home when the command has ended, but for a page now and then. */
static void goes_home(void)
{
	struct handed h;
	uint64_t end = 0, cut = 0;
	start_handed(&h, "learn");
	for (unsigned i = 1; i < 4; i++) {
		EXPECT(!h.ranges);
		unsigned faults = hand(&h, i, ALL, false);
		EXPECT(i == 3 ? faults == 1 : faults > 1);
	}
	for (unsigned i = 4; i < 4 + 4; i++) {
		EXPECT(h.ranges == 1 && h.home.start == (uint64_t)HALF * 4096);
		EXPECT(h.home.way == TERN_AHEAD_COPY_TO_HOST);
		end += h.home.end == (uint64_t)(HALF + ALL) * 4096;
		cut += h.home.end == (uint64_t)2 * HALF * 4096;
		EXPECT(hand(&h, i, ALL, false) <= 1);
	}
	EXPECT(end == 3 && cut == 1 && h.ranges);
	/* The host does not take it any more: after some commands that is known. */
	for (unsigned i = 8; i < 8 + 9; i++)
		(void)hand(&h, i, 0, false);
	EXPECT(!h.ranges);
}

/* What it writes to it takes alone; what it takes little of, or another command waits for, stays.
 */
static void stays(void)
{
	struct handed h;
	start_handed(&h, "learn");
	for (unsigned i = 1; i <= HAND_ROUNDS; i++)
		(void)hand(&h, i, ALL, true);
	EXPECT(h.ranges == 1 && h.home.way == TERN_AHEAD_TO_HOST);
	tell_handed(&h, TERN_COMMAND_QUEUED, 100);
	(void)hand(&h, 5, ALL, true);
	EXPECT(!h.ranges);
	start_handed(&h, "learn");
	for (unsigned i = 1; i <= HAND_ROUNDS; i++)
		(void)hand(&h, i, HALF / 4, false);
	EXPECT(!h.ranges);
	start_handed(&h, "lookahead");
	for (unsigned i = 1; i <= HAND_ROUNDS; i++)
		(void)hand(&h, i, ALL, false);
	EXPECT(!h.ranges);
}

/* ---- a pass over an object of PARTS parts, a command for each ---- */

enum { PARTS = 8, PART = 48 };

struct parts {
	const struct tern_policy *policy;
	void *state;
	_Alignas(16) unsigned char chunk[TERN_POLICY_CHUNK_BYTES];
	tern_page_bits host, device, mapped;
	struct tern_policy_use uses[1];
	struct tern_policy_command command;
	unsigned home[PARTS]; /* pages that go home after each */
	bool copies;          /* all of them are copies */
	uint64_t pointer;     /* bytes behind its start */
	unsigned pages;       /* of an object whose end nobody says; 0: of the parts */
};

static void tell_part(struct parts *p, enum tern_policy_event event, unsigned number)
{
	struct tern_policy_range out[TERN_POLICY_AHEAD];
	struct tern_policy_moment moment = {
		.event = event, .command = &p->command, .limit_pages = 1 << 20};
	unsigned part = (number - 1) % PARTS;
	p->command = (struct tern_policy_command){.number = number,
						  .kernel = 31,
						  .items = PART,
						  .first = part * PART,
						  .uses = p->uses};
	use(&p->command, p->uses, 0, p->pages ? p->pages : PARTS * PART);
	p->uses[0].flags = p->pages ? TERN_USE_GUESSED : 0;
	p->uses[0].address += p->pointer;
	unsigned count = p->policy->ahead(p->state, &moment, out);
	for (unsigned i = 0; event == TERN_COMMAND_ENDED && i < count; i++) {
		EXPECT(count == 1 && out[i].start == (uint64_t)part * PART * 4096);
		p->home[part] = (unsigned)((out[i].end - out[i].start) / 4096);
		p->copies = p->copies && out[i].way == TERN_AHEAD_COPY_TO_HOST;
	}
}

static struct tern_policy_plan fault_part(struct parts *p, enum tern_policy_side side,
					  unsigned page, bool write)
{
	struct tern_policy_plan plan;
	bool device = side == TERN_SIDE_DEVICE;
	struct tern_policy_fault f = {.address = (uint64_t)page * 4096,
				      .page = page % TERN_POLICY_PAGES,
				      .side = side,
				      .write = write,
				      .running = device ? &p->command : NULL,
				      .host = p->host,
				      .device = p->device,
				      .mapped = p->mapped,
				      .limit_pages = 1 << 20};
	tern_policy_ask(p->policy, p->state, p->chunk, &f, &plan);
	for (unsigned i = plan.first; device && i < plan.first + plan.count; i++) {
		p->host[i / 64] &= ~((uint64_t)1 << i % 64);
		p->device[i / 64] |= (uint64_t)1 << i % 64;
	}
	return plan;
}

/* A pass, all of it enqueued at once, behind it another kernel if @more. */
static void pass(struct parts *p, unsigned first, bool more)
{
	memset(p->home, 0, sizeof(p->home));
	p->copies = true;
	for (unsigned i = 0; i < PARTS; i++)
		tell_part(p, TERN_COMMAND_QUEUED, first + i);
	if (more) {
		struct tern_policy_range out[TERN_POLICY_AHEAD];
		p->command = (struct tern_policy_command){
			.number = 1000 + first, .kernel = 32, .items = 1, .uses = p->uses};
		use(&p->command, p->uses, PARTS * PART, 8);
		(void)p->policy->ahead(p->state,
				       &(struct tern_policy_moment){.event = TERN_COMMAND_QUEUED,
								    .command = &p->command,
								    .limit_pages = 1 << 20},
				       out);
	}
	for (unsigned i = 0; i < PARTS; i++) {
		tell_part(p, TERN_COMMAND_BEGINS, first + i);
		for (unsigned page = i * PART; page < (i + 1) * PART; page++)
			if (!tern_policy_bit(p->device, page))
				(void)fault_part(p, TERN_SIDE_DEVICE, page, true);
		tell_part(p, TERN_COMMAND_ENDED, first + i);
	}
}

static void start_parts(struct parts *p, const char *policy)
{
	static _Alignas(16) unsigned char state[TERN_POLICY_DEVICE_BYTES];
	const char *options;
	memset(state, 0, sizeof(state));
	*p = (struct parts){.policy = tern_policy_find(policy, &options), .state = state};
	memset(p->host, 0xff, sizeof(p->host));
	memset(p->mapped, 0xff, sizeof(p->mapped));
	REQUIRE(p->policy && tern_policy_start(p->policy, state, options));
}

/* Each part goes home when its command has ended, but for pages that tell whether the host wants
 * it, and for the last one, behind which nothing runs. */
static void goes_early(void)
{
	struct parts p;
	start_parts(&p, "learn");
	pass(&p, 1, false);
	for (unsigned i = 0; i < PARTS - 1; i++)
		EXPECT(p.home[i] == (i == 0 || i == 1 || i == 3 ? PART - 1 : PART));
	EXPECT(!p.home[PARTS - 1] && p.copies);
	/* The host asks for the pages that were left out. */
	for (unsigned i = 0; i < 4; i++)
		if (i != 2)
			(void)fault_part(&p, TERN_SIDE_HOST, i * PART + PART - 1, false);
	pass(&p, PARTS + 1, false);
	EXPECT(p.home[0] && p.home[1] && p.home[PARTS - 2]);
	/* It does not: only one of them. */
	(void)fault_part(&p, TERN_SIDE_HOST, PART - 1, false);
	pass(&p, 2 * PARTS + 1, false);
	for (unsigned i = 0; i < PARTS; i++)
		EXPECT(!p.home[i]);
	/* What is not the last thing that is known to be made may be nobody's result. */
	start_parts(&p, "learn");
	pass(&p, 1, true);
	for (unsigned i = 0; i < PARTS; i++)
		EXPECT(!p.home[i]);
	start_parts(&p, "lookahead");
	pass(&p, 1, false);
	for (unsigned i = 0; i < PARTS; i++)
		EXPECT(!p.home[i]);
}

/* What the program asks for is what the host wants; what went home otherwise says nothing. */
static void goes_by_itself(void)
{
	static const enum tern_policy_cause causes[] = {TERN_MOVED_REQUEST, TERN_MOVED_EVICTION,
							TERN_MOVED_UNMAP};
	for (unsigned i = 0; i < tern_array_size(causes); i++) {
		struct parts p;
		start_parts(&p, "learn");
		pass(&p, 1, false);
		p.policy->moved(p.state, p.chunk, 0, 0, PARTS * PART, false, causes[i]);
		memset(p.host, 0xff, sizeof(p.host));
		memset(p.device, 0, sizeof(p.device));
		pass(&p, PARTS + 1, false);
		EXPECT(p.home[0] && p.home[1] && p.home[PARTS - 2]);
	}
}

/* A stream has been moved ahead into the next chunk: what it gets at the first fault there. */
static unsigned next_chunk(const char *policy)
{
	struct parts p;
	struct tern_policy_plan plan;
	unsigned page = 0;
	start_parts(&p, policy);
	p.pages = 2 * TERN_POLICY_PAGES;
	tell_part(&p, TERN_COMMAND_BEGINS, 1);
	while (page < TERN_POLICY_PAGES) {
		plan = fault_part(&p, TERN_SIDE_DEVICE, page, true);
		page = plan.first + plan.count;
		for (unsigned i = 0; i < plan.ahead_count; i++)
			page = (unsigned)(plan.ahead[i].end / 4096);
	}
	REQUIRE(page > TERN_POLICY_PAGES && page < p.pages - 32);
	memset(p.chunk, 0, sizeof(p.chunk));
	memset(p.host, 0xff, sizeof(p.host));
	memset(p.device, 0, sizeof(p.device));
	/* Another thread's page comes first. */
	plan = fault_part(&p, TERN_SIDE_DEVICE, page + 8, true);
	EXPECT(plan.first == (page + 8) % TERN_POLICY_PAGES ||
	       plan.first == page % TERN_POLICY_PAGES);
	return plan.first + plan.count;
}

static void new_chunk(struct parts *p)
{
	memset(p->chunk, 0, sizeof(p->chunk));
	memset(p->host, 0xff, sizeof(p->host));
	memset(p->device, 0, sizeof(p->device));
}

/* Half of what a short stream has gone through ends in the page that is faulted on. */
static void behind_half_a_page(void)
{
	enum { FIRST = 40 * TERN_POLICY_PAGES, AHEAD = 64 + 23 };
	struct parts p;
	start_parts(&p, "learn");
	p.pages = 64 * TERN_POLICY_PAGES;
	tell_part(&p, TERN_COMMAND_BEGINS, 1);
	for (unsigned chunk = 8; chunk < 20; chunk++) {
		new_chunk(&p);
		for (unsigned page = 0; page < TERN_POLICY_PAGES;) {
			struct tern_policy_plan plan = fault_part(
				&p, TERN_SIDE_DEVICE, chunk * TERN_POLICY_PAGES + page, true);
			page = plan.first + plan.count;
		}
	}
	new_chunk(&p);
	struct tern_policy_plan plan = fault_part(&p, TERN_SIDE_DEVICE, FIRST + 64, true);
	unsigned end = plan.first + plan.count;
	REQUIRE(end < AHEAD);
	p.policy->moved(p.state, p.chunk, FIRST * UINT64_C(4096), end, AHEAD - end, true,
			TERN_MOVED_AHEAD);
	for (unsigned i = end; i < AHEAD; i++) {
		p.host[i / 64] &= ~((uint64_t)1 << i % 64);
		p.device[i / 64] |= (uint64_t)1 << i % 64;
	}
	plan = fault_part(&p, TERN_SIDE_DEVICE, FIRST + AHEAD + 11, true);
	EXPECT(plan.first <= AHEAD + 11 && plan.first + plan.count > AHEAD + 11 && plan.count > 1);
}

static void behind(void)
{
	EXPECT(next_chunk("learn") == TERN_POLICY_PAGES);
	EXPECT(next_chunk("classes") < TERN_POLICY_PAGES);
}

/* What lies before a pointer into a mapping stays where it is when the memory behind it moves, and
 * the other way round. */
static bool cuts(const char *policy)
{
	struct parts p;
	start_parts(&p, policy);
	p.pages = TERN_POLICY_PAGES;
	p.pointer = 100 * 4096 + 16;
	tell_part(&p, TERN_COMMAND_BEGINS, 1);
	struct tern_policy_plan device = fault_part(&p, TERN_SIDE_DEVICE, 102, true);
	EXPECT(device.first + device.count > 102);
	memset(p.device, 0xff, sizeof(p.device));
	memset(p.host, 0, sizeof(p.host));
	struct tern_policy_plan before = fault_part(&p, TERN_SIDE_HOST, 97, true);
	struct tern_policy_plan behind = fault_part(&p, TERN_SIDE_HOST, 103, true);
	bool three =
		device.first == 100 && before.first + before.count == 100 && behind.first == 100;
	tell_part(&p, TERN_COMMAND_ENDED, 1);
	before = fault_part(&p, TERN_SIDE_HOST, 97, true);
	EXPECT(before.first + before.count > 100);
	return three;
}

/* A command with a pointer to page @from of a mapping that ends where @to is. */
static void tell_mapping(struct parts *p, enum tern_policy_event event, unsigned number,
			 unsigned from, unsigned to)
{
	struct tern_policy_range out[TERN_POLICY_AHEAD];
	struct tern_policy_moment moment = {
		.event = event, .command = &p->command, .limit_pages = 1 << 20};
	p->command = (struct tern_policy_command){
		.number = number, .kernel = 31, .items = 1024, .uses = p->uses};
	use(&p->command, p->uses, from, to - from);
	p->uses[0].flags = TERN_USE_GUESSED;
	p->uses[0].argument = from != 0;
	(void)p->policy->ahead(p->state, &moment, out);
}

/* Nor does it come along behind a fault of the host's, which has taken all so far. */
static void cuts_ahead(void)
{
	enum { POINTER = 700, ALL_PAGES = 2 * TERN_POLICY_PAGES };
	struct parts p;
	struct tern_policy_plan plan;
	start_parts(&p, "learn");
	for (unsigned n = 1; n < 5; n++) {
		memset(p.host, 0xff, sizeof(p.host));
		memset(p.device, 0, sizeof(p.device));
		tell_mapping(&p, TERN_COMMAND_BEGINS, n, 0, ALL_PAGES);
		for (unsigned page = 0; page < ALL_PAGES; page += 16)
			(void)fault_part(&p, TERN_SIDE_DEVICE, page, true);
		tell_mapping(&p, TERN_COMMAND_ENDED, n, 0, ALL_PAGES);
		memset(p.host, 0, sizeof(p.host));
		memset(p.device, 0xff, sizeof(p.device));
		for (unsigned page = 0; n < 4 && page < ALL_PAGES;) {
			plan = fault_part(&p, TERN_SIDE_HOST, page, true);
			page = page / TERN_POLICY_PAGES * TERN_POLICY_PAGES + plan.first +
			       plan.count;
		}
	}
	tell_mapping(&p, TERN_COMMAND_BEGINS, 9, POINTER, ALL_PAGES);
	plan = fault_part(&p, TERN_SIDE_HOST, 5, true);
	EXPECT(plan.ahead_count);
	for (unsigned i = 0; i < plan.ahead_count; i++)
		EXPECT(plan.ahead[i].end <= POINTER * UINT64_C(4096));
}

/* A kernel that jumps to and fro behind its pointer: when it comes again, its blocks begin there.
 */
static void blocks_begin(void)
{
	enum { POINTER = 20, END = 2 * TERN_POLICY_PAGES };
	struct tern_policy_range out[TERN_POLICY_AHEAD];
	struct parts p;
	start_parts(&p, "learn");
	for (unsigned n = 1; n < 3; n++) {
		p.command = (struct tern_policy_command){
			.number = n, .kernel = 31, .items = 1024, .uses = p.uses};
		use(&p.command, p.uses, 0, END);
		p.uses[0].flags = TERN_USE_GUESSED;
		p.uses[0].address = POINTER * UINT64_C(4096) + 16;
		struct tern_policy_moment moment = {.event = TERN_COMMAND_BEGINS,
						    .command = &p.command,
						    .limit_pages = 1 << 20};
		unsigned count = p.policy->ahead(p.state, &moment, out);
		EXPECT((n == 1) == !count);
		for (unsigned i = 0; i < count; i++)
			EXPECT(out[i].start >= POINTER * UINT64_C(4096));
		for (unsigned i = 0; n == 1 && i < 6; i++)
			(void)fault_part(&p, TERN_SIDE_DEVICE, POINTER + i * 37 % 100, true);
		moment.event = TERN_COMMAND_ENDED;
		(void)p.policy->ahead(p.state, &moment, out);
	}
}

static void pointers(void)
{
	EXPECT(cuts("learn"));
	cuts_ahead();
	blocks_begin();
	EXPECT(!cuts("lookahead"));
}

/* As quick as the best of the others, but for a little; left_out() is about the other programs. */
static void adaptive(void)
{
	static const char *const programs_here[] = {"launches", "blocks",  "slices", "one by one",
						    "table",    "uniform", "dense"};
	static const char *const others[] = {"density", "sequential", "blend",    "tree",
					     "classes", "lookahead",  "footprint"};
	for (unsigned p = 0; p < tern_array_size(programs_here); p++) {
		const char *name = programs_here[p];
		uint64_t ns = play("adaptive", name).ns;
		for (unsigned i = 0; i < tern_array_size(others); i++)
			if (strcmp(name, "blocks") != 0 ||
			    strcmp(others[i], "density") != 0) /* whose leaves are those blocks */
				EXPECT(ns * 100 <= play(others[i], name).ns * 105);
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
#ifdef __SANITIZE_THREAD__
	fprintf(stderr, "one thread, and minutes of it: nothing for the thread sanitizer\n");
	return TEST_SKIP;
#endif
	determinism();
	ahead();
	cyclic();
	kept();
	samples();
	left_out();
	all_over();
	as_dear();
	few_in_much();
	in_the_place_of();
	goes_on();
	no_further();
	by_ways();
	as_others();
	by_object();
	begins();
	streams_home();
	copied_behind();
	goes_home();
	stays();
	goes_early();
	goes_by_itself();
	behind_half_a_page();
	behind();
	pointers();
	adaptive();
	return test_result();
}
