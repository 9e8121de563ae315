/* SPDX-License-Identifier: MIT */
/*
 * Every policy against every trace, in the simulator: plans are sound, equal questions get equal
 * plans, and each policy is better where it claims to be. By hand it prints the table:
 *
 *	unit_svm_policy_sim_test table [POLICY[:OPTIONS]] ...
 */
#include "svm/tests/policy_sim.h"

enum { SCAN = 8192, SPARSE = 65536, HOT = 4, RING = 4096, CHASE = 2048 };

static uint64_t hash(uint64_t n)
{
	n = (n ^ n >> 31) * 0x7fb5d329728ea185u;
	n = (n ^ n >> 27) * 0x81dadef4bc2dd44du;
	return n ^ n >> 33;
}

static bool device(struct sim_access *a, uint64_t page, bool write)
{
	*a = (struct sim_access){TERN_SIDE_DEVICE, write, (unsigned)page, 0};
	return true;
}

static bool host(struct sim_access *a, uint64_t page, bool write)
{
	*a = (struct sim_access){TERN_SIDE_HOST, write, (unsigned)page, 0};
	return true;
}

static bool scan(unsigned thread, uint64_t i, struct sim_access *a)
{
	(void)thread;
	return i < SCAN && device(a, i, false);
}

static bool backward(unsigned thread, uint64_t i, struct sim_access *a)
{
	(void)thread;
	return i < SCAN && device(a, SCAN - 1 - i, false);
}

/* y = a * x + y by the device, then the host reads y. */
static bool saxpy(unsigned thread, uint64_t i, struct sim_access *a)
{
	uint64_t n = SCAN / 2;
	(void)thread;
	if (i < 3 * n)
		return i % 3 == 0 ? device(a, i / 3, false) : device(a, n + i / 3, i % 3 == 2);
	return i < 4 * n && host(a, n + i - 3 * n, false);
}

static bool strided(unsigned thread, uint64_t i, struct sim_access *a)
{
	(void)thread;
	return i < SPARSE / 32 && device(a, i * 32, false);
}

/* A few pages of many. */
static bool sparse(unsigned thread, uint64_t i, struct sim_access *a)
{
	(void)thread;
	return i < 2048 && device(a, hash(i) % SPARSE, false);
}

/* Many accesses all over: in the end to each page. */
static bool gather(unsigned thread, uint64_t i, struct sim_access *a)
{
	(void)thread;
	return i < 8 * SCAN && device(a, hash(i) % SCAN, false);
}

/* A list in random order, each node changed: each page once, read, then written. */
static bool list(unsigned thread, uint64_t i, struct sim_access *a)
{
	(void)thread;
	return i < 2 * SCAN && device(a, (i / 2 * 2467 + 11) % SCAN, i % 2);
}

/* Sweeps over two arrays, by the device and the host in turn: reads one, writes the other. */
static bool stencil(unsigned thread, uint64_t i, struct sim_access *a)
{
	uint64_t n = SCAN / 4, sweep = i / (2 * n), page = i % (2 * n) / 2, write = i % 2;
	uint64_t array = (sweep + write) % 2;
	(void)thread;
	if (sweep >= 8)
		return false;
	return sweep % 2 ? host(a, array * n + page, write) : device(a, array * n + page, write);
}

/* Both write the same few pages, independently and all the time. */
static bool pingpong(unsigned thread, uint64_t i, struct sim_access *a)
{
	uint64_t page = 700 + hash(i) % HOT;
	if (i >= 40000)
		return false;
	return thread ? host(a, page, true) : device(a, page, true);
}

/* The same with pages of two chunks, all of which each needs. */
static bool torn(unsigned thread, uint64_t i, struct sim_access *a)
{
	uint64_t page = 498 + hash(2 * i + thread) % 17;
	if (i >= 40000)
		return false;
	return thread ? host(a, page, true) : device(a, page, true);
}

/* The same, but each waits for the other before it goes on. */
static bool lockstep(unsigned thread, uint64_t i, struct sim_access *a)
{
	(void)thread;
	if (i >= 1000)
		return false;
	return i % 2 ? host(a, 700, true) : device(a, 700, true);
}

/* Each reads the other's answer before it writes its own. */
static bool handshake(unsigned thread, uint64_t i, struct sim_access *a)
{
	(void)thread;
	if (i >= 2000)
		return false;
	return i % 4 < 2 ? device(a, 700, i % 2) : host(a, 700, i % 2);
}

/* The same with a page for each side's answer, in two chunks. */
static bool answers(unsigned thread, uint64_t i, struct sim_access *a)
{
	uint64_t page = (i + 1) % 4 < 2 ? 700 : 200;
	(void)thread;
	if (i >= 2000)
		return false;
	return i % 4 < 2 ? device(a, page, i % 2) : host(a, page, i % 2);
}

/* Both sides change a block of 64 KiB in turn. */
static bool handover(unsigned thread, uint64_t i, struct sim_access *a)
{
	uint64_t page = 640 + i % 16;
	(void)thread;
	if (i >= 16000)
		return false;
	return i / 16 % 2 ? device(a, page, true) : host(a, page, true);
}

/* The same with 24 pages that begin anywhere, each read before it is written. */
static bool straddling(unsigned thread, uint64_t i, struct sim_access *a)
{
	uint64_t page = 650 + i / 2 % 24;
	(void)thread;
	if (i >= 19200)
		return false;
	return i / 48 % 2 ? device(a, page, i % 2) : host(a, page, i % 2);
}

/* Both count, at once, into bins of 40 pages. */
static bool bins(unsigned thread, uint64_t i, struct sim_access *a)
{
	uint64_t page = 660 + hash(2 * i + thread) % 40;
	if (i >= 20000)
		return false;
	return thread ? host(a, page, true) : device(a, page, true);
}

/* Each writes all of a block in turn; from then on both only read it. */
static bool calm(unsigned thread, uint64_t i, struct sim_access *a)
{
	bool write = i < 2000;
	(void)thread;
	if (i >= 10000)
		return false;
	return i / 4 % 2 ? host(a, 700 + i % 4, write) : device(a, 700 + i % 4, write);
}

/* Host and device write every other page, at once: false sharing of blocks. */
static bool interleaved(unsigned thread, uint64_t i, struct sim_access *a)
{
	uint64_t page = i % 1024 / 2 * 2 + thread;
	if (i >= 20000)
		return false;
	return thread ? host(a, page, true) : device(a, page, true);
}

/* The same with one side half the memory ahead of the other, several times over. */
static bool chasing(unsigned thread, uint64_t i, struct sim_access *a)
{
	uint64_t page = (i * 2 + (uint64_t)thread * CHASE / 2) % CHASE + thread;
	if (i >= 20 * CHASE)
		return false;
	return thread ? host(a, page, true) : device(a, page, true);
}

/* The host fills 64 pages of a ring, the device reads them. */
static bool producer(unsigned thread, uint64_t i, struct sim_access *a)
{
	uint64_t block = i / 128, page = block * 64 % RING + i % 64;
	(void)thread;
	if (block >= 256)
		return false;
	return i % 128 < 64 ? host(a, page, true) : device(a, page, false);
}

/* Three passes over twice what the device holds. */
static bool cyclic(unsigned thread, uint64_t i, struct sim_access *a)
{
	(void)thread;
	return i < 3 * SCAN && device(a, i % SCAN, i % 2);
}

/* Random accesses to twice what the device holds. */
static bool crowded(unsigned thread, uint64_t i, struct sim_access *a)
{
	(void)thread;
	return i < SCAN && device(a, hash(i) % SCAN, i % 2);
}

/* Half of the accesses go to a quarter of what the device holds, the others all over. */
static bool skewed(unsigned thread, uint64_t i, struct sim_access *a)
{
	uint64_t h = hash(i);
	(void)thread;
	return i < 4 * SCAN && device(a, h >> 40 & 1 ? h % (SCAN / 8) : h % SCAN, false);
}

/* Each side reads and writes all, in turn; from then on both only read. */
static bool rereads(unsigned thread, uint64_t i, struct sim_access *a)
{
	uint64_t round = i / 256, page = i % 256;
	(void)thread;
	if (round == 40)
		return false;
	if (round < 4)
		return round / 2 ? host(a, page, round % 2) : device(a, page, round % 2);
	return round % 2 ? host(a, page, false) : device(a, page, false);
}

static const struct {
	const char *name;
	sim_trace *trace;
	unsigned threads, pages, limit;
} traces[] = {
	{"scan", scan, 1, SCAN, 0},
	{"backward", backward, 1, SCAN, 0},
	{"saxpy", saxpy, 1, SCAN, 0},
	{"strided", strided, 1, SPARSE, 0},
	{"sparse", sparse, 1, SPARSE, 0},
	{"gather", gather, 1, SCAN, 0},
	{"list", list, 1, SCAN, 0},
	{"stencil", stencil, 1, SCAN, 0},
	{"pingpong", pingpong, 2, 1024, 0},
	{"torn", torn, 2, 1024, 0},
	{"lockstep", lockstep, 1, 1024, 0},
	{"handshake", handshake, 1, 1024, 0},
	{"answers", answers, 1, 1024, 0},
	{"handover", handover, 1, 1024, 0},
	{"straddling", straddling, 1, 1024, 0},
	{"bins", bins, 2, 1024, 0},
	{"calm", calm, 1, 1024, 0},
	{"interleaved", interleaved, 2, 1024, 0},
	{"chasing", chasing, 2, CHASE, 0},
	{"producer", producer, 1, RING, 0},
	{"rereads", rereads, 1, 512, 0},
	{"cyclic 2x", cyclic, 1, SCAN, SCAN / 2},
	{"crowded 2x", crowded, 1, SCAN, SCAN / 2},
	{"skewed 2x", skewed, 1, SCAN, SCAN / 2},
	{"tiny limit", scan, 1, SCAN, 7},
};

static const char *const candidates[] = {
	"demand",         "block",   "block:pages=512",    "sequential",          "density",
	"density:leaf=4", "blend",   "thrash:over=demand", "thrash:over=density", "thrash",
	"tree",           "classes", "lookahead",          "footprint",           "learn",
	"adaptive",
};

static struct sim_result play(const char *text, const char *eviction, unsigned t)
{
	const char *options;
	const struct tern_policy *policy = tern_policy_find(text, &options);
	REQUIRE(policy);
	const struct sim_program program = {.trace = traces[t].trace,
					    .threads = traces[t].threads,
					    .pages = traces[t].pages,
					    .limit = traces[t].limit};
	return sim_run(policy, options, sim_eviction(policy, eviction), &program);
}

/* The same run is played once. */
static struct sim_result play_named(const char *text, const char *name)
{
	static struct {
		char key[64];
		struct sim_result result;
	} played[1024];
	static unsigned count;
	char key[64];
	int length = snprintf(key, sizeof(key), "%s %s", text, name);
	REQUIRE(length > 0 && (size_t)length < sizeof(key));
	for (unsigned i = 0; i < count; i++)
		if (!strcmp(played[i].key, key))
			return played[i].result;
	unsigned t = 0;
	while (t < tern_array_size(traces) && strcmp(traces[t].name, name) != 0)
		t++;
	REQUIRE(t < tern_array_size(traces) && count < tern_array_size(played));
	strcpy(played[count].key, key);
	played[count].result = play(text, "allocation", t);
	return played[count++].result;
}

static void row(const char *text, const char *eviction, unsigned t)
{
	struct sim_result r = play(text, eviction, t);
	printf("%-12s %-24s %-10s %8lu %8lu %8lu %8lu %8lu %10.2f\n", traces[t].name, text,
	       eviction, r.faults, r.copied, r.evicted, r.useless, r.deferred, (double)r.ns / 1e6);
}

static void table(int count, const char *const *policies)
{
	printf("%-12s %-24s %-10s %8s %8s %8s %8s %8s %10s\n", "trace", "policy", "eviction",
	       "faults", "copied", "evicted", "useless", "deferred", "ms");
	for (unsigned t = 0; t < tern_array_size(traces); t++)
		for (int i = 0; i < count; i++) {
			row(policies[i], "auto", t);
			if (traces[t].limit)
				row(policies[i], "recency", t);
		}
}

/* Soundness is checked by the simulator at each plan; here: two runs are the same run. */
static void determinism(void)
{
	for (unsigned i = 0; i < tern_array_size(candidates); i++)
		for (unsigned t = 0; t < tern_array_size(traces); t++) {
			struct sim_result a = play_named(candidates[i], traces[t].name);
			struct sim_result b = play(candidates[i], "allocation", t);
			EXPECT(!memcmp(&a, &b, sizeof(a)));
			EXPECT(a.faults && a.ns);
			if (traces[t].limit)
				EXPECT(play(candidates[i], "recency", t).faults);
		}
}

static uint64_t faults(const char *text, const char *name)
{
	return play_named(text, name).faults;
}

static uint64_t ns(const char *text, const char *name)
{
	return play_named(text, name).ns;
}

/* Each page is a fault for demand; what others bring without being asked is what they save. */
static void savings(void)
{
	EXPECT(faults("demand", "scan") == SCAN);
	EXPECT(faults("block", "scan") == SCAN / 16);
	EXPECT(faults("block:pages=512", "scan") == SCAN / 512);
	EXPECT(faults("density", "scan") == SCAN / 512 * 6);
	EXPECT(faults("sequential", "scan") <= SCAN / 512 + 8);
	EXPECT(faults("sequential", "backward") == faults("sequential", "scan"));
	EXPECT(faults("density", "backward") == faults("density", "scan"));
	EXPECT(faults("sequential", "scan") * 100 < faults("demand", "scan"));
	EXPECT(faults("sequential", "cyclic 2x") * 100 < faults("demand", "cyclic 2x"));
	EXPECT(faults("density", "gather") * 20 < faults("demand", "gather"));
	EXPECT(faults("density", "list") * 20 < faults("demand", "list"));
	/* y is read before it is written: after some of it that is known, and one fault serves for
	 * both. */
	EXPECT(faults("demand", "saxpy") < 3 * SCAN / 2 + 32);
}

/* What is brought in vain is bounded: by the block, or by what faults have earned. */
static void waste(void)
{
	static const char *const all[] = {"scan", "backward", "saxpy", "stencil", "list"};
	for (unsigned i = 0; i < tern_array_size(candidates); i++)
		for (unsigned t = 0; t < tern_array_size(all); t++)
			EXPECT(!play_named(candidates[i], all[t]).useless);
	EXPECT(play_named("demand", "sparse").useless == 0);
	EXPECT(play_named("block", "strided").useless == SPARSE / 32 * 15);
	EXPECT(play_named("sequential", "strided").useless * 8 < SPARSE / 32);
	/* On a full device a wrong guess pushes out something of use: policies become careful. */
	EXPECT(ns("sequential", "crowded 2x") < ns("block", "crowded 2x") / 2);
	EXPECT(ns("density", "crowded 2x") < ns("block", "crowded 2x") / 2);
	EXPECT(ns("density", "skewed 2x") < ns("block", "skewed 2x") / 2);
	static const char *const full[] = {"cyclic 2x", "crowded 2x", "skewed 2x"};
	for (unsigned t = 0; t < tern_array_size(full); t++)
		EXPECT(ns("blend", full[t]) < ns("density", full[t]) &&
		       ns("blend", full[t]) * 100 < ns("sequential", full[t]) * 105);
}

/* Nothing moves while nobody writes, whatever both sides did before. */
static void readers(void)
{
	for (unsigned i = 0; i < tern_array_size(candidates); i++)
		EXPECT(play_named(candidates[i], "rereads").copied <= 4 * 512);
	EXPECT(faults("adaptive", "calm") <= faults("thrash", "calm") + 32);
}

/* The guard ends what it is there to end, and costs nothing where there is nothing to end. */
static void guard(void)
{
	static const char *const quiet[] = {"scan",       "saxpy",    "strided", "sparse",
					    "gather",     "list",     "stencil", "cyclic 2x",
					    "crowded 2x", "skewed 2x"};
	for (unsigned t = 0; t < tern_array_size(quiet); t++) {
		EXPECT(faults("thrash", quiet[t]) == faults("blend", quiet[t]));
		EXPECT(faults("thrash:over=demand", quiet[t]) == faults("demand", quiet[t]));
	}
	EXPECT(faults("thrash:over=demand", "pingpong") * 20 < faults("demand", "pingpong"));
	EXPECT(ns("thrash:over=demand", "pingpong") * 10 < ns("demand", "pingpong"));
	EXPECT(faults("thrash", "interleaved") * 3 < faults("density", "interleaved"));
	EXPECT(ns("adaptive", "torn") * 10 < ns("demand", "torn"));
	EXPECT(ns("adaptive", "torn") * 100 < ns("adaptive", "pingpong") * 130);
	EXPECT(play_named("adaptive", "chasing").copied * 6 <
	       play_named("learn", "chasing").copied);
	EXPECT(ns("adaptive", "chasing") * 4 < ns("density", "chasing"));
	EXPECT(faults("thrash", "handover") * 5 < faults("demand", "handover"));
	/* A block of any size that both write is one fault for each turn. */
	EXPECT(faults("adaptive", "straddling") * 2 < faults("thrash", "straddling"));
	EXPECT(faults("adaptive", "bins") * 20 < faults("thrash", "bins"));
	EXPECT(ns("adaptive", "bins") * 10 < ns("thrash", "bins"));
	/* Two that wait for each other are not made to wait longer, unless that is asked for. */
	EXPECT(ns("thrash", "lockstep") <= ns("density", "lockstep") * 11 / 10);
	EXPECT(ns("thrash", "handshake") <= ns("density", "handshake") * 11 / 10);
	EXPECT(faults("adaptive", "handshake") * 4 < faults("thrash", "handshake") * 3);
	EXPECT(ns("thrash", "answers") <= ns("density", "answers") * 11 / 10);
	EXPECT(ns("thrash:pin_us=2000", "handshake") <= ns("density", "handshake") * 11 / 10);
	EXPECT(faults("thrash:pin_us=2000", "pingpong") < faults("thrash", "pingpong"));
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "table")) {
		if (argc > 2)
			table(argc - 2, (const char *const *)&argv[2]);
		else
			table(tern_array_size(candidates), candidates);
		return 0;
	}
#ifdef __SANITIZE_THREAD__
	fprintf(stderr, "one thread, and minutes of it: nothing for the thread sanitizer\n");
	return TEST_SKIP;
#endif
	determinism();
	savings();
	waste();
	readers();
	guard();
	return test_result();
}
