/* SPDX-License-Identifier: MIT */
/* Policies from shared objects: the manual's example works; what is not a policy is refused. */
#include <dlfcn.h>
#include <limits.h>
#include <unistd.h>

#include "svm/tests/policy_sim.h"

static char folder[PATH_MAX];

static const struct tern_policy *load(const char *name, const char *rest, const char **options)
{
	char path[2 * PATH_MAX];
	snprintf(path, sizeof(path), "%s/%s%s", folder, name, rest);
	const struct tern_policy *policy = tern_policy_find(path, options);
	/* The options lie in the text, which is gone. */
	if (policy && options)
		EXPECT(!strcmp(*options, *rest ? rest + 1 : ""));
	return policy;
}

/* The device reads all pages, and the host writes them. */
static bool sweep(unsigned thread, uint64_t i, struct sim_access *a)
{
	(void)thread;
	*a = (struct sim_access){i < 4096 ? TERN_SIDE_DEVICE : TERN_SIDE_HOST, i >= 4096, i % 4096,
				 0};
	return i < 8192;
}

static void example(void)
{
	const char *options;
	const struct tern_policy *policy = load("policy_halves.so", "", &options);
	REQUIRE(policy && !strcmp(policy->name, "halves"));
	REQUIRE(load("policy_halves.so", ":pages=256", &options) == policy);
	const struct tern_eviction *eviction = tern_evictions[0];
	const struct sim_program program = {.trace = sweep, .threads = 1, .pages = 4096};
	struct sim_result wide = sim_run(policy, "pages=256", eviction, &program);
	struct sim_result narrow = sim_run(policy, "pages=4", eviction, &program);
	EXPECT(wide.faults == 2 * 4096 / 256);
	EXPECT(narrow.faults == 4096 / 4 + 4096 / 2); /* the way back to the start was a jump */
	_Alignas(16) unsigned char state[TERN_POLICY_DEVICE_BYTES] = {0};
	EXPECT(!tern_policy_start(policy, state, "pages=3"));
	EXPECT(!tern_policy_start(policy, state, "colour=blue"));
}

static void refused(void)
{
	const char *options = "unchanged";
	char name[64], path[2 * PATH_MAX], text[3 * PATH_MAX];
	for (unsigned kind = 0; kind < 11; kind++) {
		snprintf(name, sizeof(name), "policy_hostile_%u.so", kind);
		EXPECT((kind == 9) == !!load(name, "", &(const char *){""}));
	}
	EXPECT(!load("no_such_file.so", "", NULL));
	EXPECT(!tern_policy_find(folder, &options));
	EXPECT(!tern_policy_find("/dev/null", &options));
	EXPECT(!tern_policy_find("/:a=b", &options));
	snprintf(path, sizeof(path), "%s/text.so", folder);
	FILE *f = fopen(path, "w");
	REQUIRE(f && fputs("\177ELF is how it begins\n", f) >= 0 && !fclose(f));
	EXPECT(!tern_policy_find(path, &options));
	REQUIRE(!remove(path));
	memset(text, '/', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	EXPECT(!tern_policy_find(text, &options));
	EXPECT(!strcmp(options, "unchanged"));
}

static void senseless_plans(void)
{
	const char *options;
	tern_page_bits bits = {0};
	struct tern_policy_fault f = {.page = 511, .host = bits, .device = bits, .mapped = bits};
	struct tern_policy_plan plan;
	const struct tern_policy *policy = load("policy_hostile_9.so", "", &options);
	REQUIRE(policy);
	tern_policy_ask(policy, NULL, NULL, &f, &plan);
	EXPECT(plan.action == TERN_PLAN_MIGRATE && plan.first == 511 && plan.count == 1);
	EXPECT(plan.hold_us == TERN_POLICY_HOLD_MAX_US);
}

struct found {
	uint64_t address;
	unsigned ranges, holding;
};

static void note(void *user, const void *start, uint64_t bytes)
{
	struct found *found = user;
	found->ranges++;
	found->holding += found->address - (uint64_t)(uintptr_t)start < bytes;
}

/* A plug-in's writable data can be named, so that it stays where it is. */
static void memory(void)
{
	const char *options;
	char path[2 * PATH_MAX];
	const struct tern_policy *policy = load("policy_hostile_9.so", "", &options);
	snprintf(path, sizeof(path), "%s/policy_hostile_9.so", folder);
	void *object = dlopen(path, RTLD_NOW | RTLD_NOLOAD);
	REQUIRE(policy && object);
	struct found found = {(uint64_t)(uintptr_t)dlsym(object, "tern_hostile_data"), 0, 0};
	REQUIRE(found.address);
	tern_policy_memory(policy, note, &found);
	EXPECT(found.ranges >= 1 && found.holding == 1);
	dlclose(object);
	found = (struct found){0, 0, 0};
	for (const struct tern_policy *const *p = tern_policies; *p; p++)
		tern_policy_memory(*p, note, &found);
	EXPECT(!found.ranges);
}

/* TERN_TEST_PLUGINS, or svm/plugins in the build folder that this program lies in a folder of. */
static void find_folder(void)
{
	const char *named = getenv("TERN_TEST_PLUGINS");
	ssize_t n = readlink("/proc/self/exe", folder, sizeof(folder) - 32);
	REQUIRE(named ? strlen(named) < sizeof(folder) - 64 : n > 0);
	folder[n > 0 ? n : 0] = '\0';
	for (int i = 0; i < 2 && strrchr(folder, '/'); i++)
		*strrchr(folder, '/') = '\0';
	strcat(folder, "/svm/plugins");
	if (named)
		strcpy(folder, named);
}

int main(void)
{
	find_folder();
	if (access(folder, R_OK)) {
		printf("there is no %s\n", folder);
		return TEST_SKIP;
	}
	example();
	refused();
	senseless_plans();
	memory();
	return test_result();
}
