/* SPDX-License-Identifier: MIT */
/* The disk cache: hits, damage, bounds, unsafe folders, several processes, full disks. */
#include "kernels/cache_folder.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "kernels/tests/fake_server.h"
#include "runtime/base/futex.h"

static char folder[PATH_MAX]; /* TERN_CACHE: "cache" in the test's own folder */
static char top[PATH_MAX];

enum { LIMIT = 1 << 20 };

static struct tern_cache_stats stats(void)
{
	struct tern_cache_stats s = {0};
	EXPECT(!tern_cache_stats(&s));
	return s;
}

/* Builds @source; true if it came from the cache. */
static bool cached(const char *source)
{
	struct tern_build_result r = fake_build(source);
	char log[600];
	bool hit = r.from_cache;
	EXPECT(r.status == TERN_BUILD_OK);
	snprintf(log, sizeof(log), "warning: %s", source);
	EXPECT(!strcmp(r.log, log)); /* the same text, cached or not */
	fake_drop(&r);
	return hit;
}

/* The path of the only entry. */
static void only_entry(char out[PATH_MAX])
{
	DIR *dir = opendir(folder);
	int found = 0;
	for (struct dirent *d; dir && (d = readdir(dir));)
		if (strlen(d->d_name) == 64 && ++found)
			REQUIRE(snprintf(out, PATH_MAX, "%s/%s", folder, d->d_name) < PATH_MAX);
	if (dir)
		closedir(dir);
	EXPECT(found == 1);
}

static void hits(void)
{
	EXPECT(stats().entries == 0);
	EXPECT(access(folder, F_OK)); /* asking makes nothing */
	EXPECT(!cached("one"));
	EXPECT(cached("one"));
	EXPECT(!cached("two"));
	EXPECT(cached("two") && cached("one"));
	struct stat s;
	EXPECT(!stat(folder, &s) && (s.st_mode & 07777) == 0700);
	EXPECT(stats().entries == 2 && stats().bytes > 2 * FAKE_PADDING && stats().limit == LIMIT);
	/* failures, and what depends on files, are not kept */
	EXPECT(fake_status("fail", NULL, 0) == TERN_BUILD_FAILED);
	EXPECT(!cached("#include </dev/null>") && !cached("#include </dev/null>"));
	EXPECT(stats().entries == 2);
	EXPECT(!tern_cache_clear() && stats().entries == 0);
	EXPECT(!cached("one"));
}

static struct tern_cache_key key_of(const struct tern_build_request *q, uint32_t flags,
				    uint64_t server, uint64_t translator_size)
{
	struct tern_server_identity identity = {.size = server};
	struct tern_server_identity translator = {.size = translator_size};
	struct tern_cache_key key;
	tern_cache_key(q, flags, &identity, &translator, &key);
	return key;
}

/* Everything that a build depends on changes the key. */
static void keys(void)
{
	const struct tern_header headers[] = {{"a", "bc", 2}, {"ab", "c", 1}};
	struct tern_build_result r = fake_build("one");
	struct tern_code *inputs[] = {r.code, r.code};
	const struct tern_build_request q = {
		.operation = TERN_BUILD_COMPILE, .options = "-w", .source = "ab", .source_size = 2};
	struct tern_build_request v[8];
	for (size_t i = 0; i < tern_array_size(v); i++)
		v[i] = q;
	v[0].operation = TERN_BUILD_BUILD;
	v[1].options = "-w ";
	v[2].source_size = 1;
	v[3].source = "ba";
	v[4].headers = headers, v[4].header_count = 1;
	v[5].headers = headers + 1, v[5].header_count = 1;
	v[6].inputs = inputs, v[6].input_count = 1;
	v[7].inputs = inputs, v[7].input_count = 2;
	struct tern_cache_key keys[12] = {key_of(&q, 0, 1, 0), key_of(&q, 1, 1, 0),
					  key_of(&q, 0, 2, 0), key_of(&q, 0, 1, 1)};
	for (size_t i = 0; i < tern_array_size(v); i++)
		keys[4 + i] = key_of(&v[i], 0, 1, 0);
	for (size_t i = 0; i < tern_array_size(keys); i++)
		for (size_t k = 0; k < i; k++)
			EXPECT(memcmp(&keys[i], &keys[k], sizeof(keys[i])) != 0);
	struct tern_cache_key again = key_of(&q, 0, 1, 0);
	EXPECT(!memcmp(&again, &keys[0], sizeof(again)));
	fake_drop(&r);
}

static void write_entry(const char *path, const void *bytes, size_t size)
{
	FILE *f = fopen(path, "we");
	REQUIRE(f && fwrite(bytes, 1, size, f) == size && !fclose(f));
}

/* Each byte flipped, and each length: never taken, always removed, and the build succeeds. */
static void damage(void)
{
	static unsigned char good[256 << 10], bad[256 << 10];
	char path[PATH_MAX];
	struct tern_cache_key key;
	EXPECT(!tern_cache_clear());
	EXPECT(!cached("one"));
	only_entry(path);
	FILE *f = fopen(path, "re");
	REQUIRE(f);
	size_t size = fread(good, 1, sizeof(good), f), rejected = 0;
	fclose(f);
	memcpy(&key, good + 8, sizeof(key));
	for (size_t at = 0; at < 2 * size; at++) {
		struct tern_code *code;
		char *log;
		/* all of the first bytes, some of the many others */
		if (at % size > 2048 && at % 97)
			continue;
		memcpy(bad, good, size);
		if (at < size)
			bad[at] ^= (unsigned char)(1u << at % 8);
		write_entry(path, bad, at < size ? size : at - size);
		bool taken = tern_cache_load(&key, &code, &log);
		EXPECT(!taken);
		if (taken) {
			tern_code_put(code);
			tern_free(log);
		}
		rejected += access(path, F_OK) != 0;
	}
	EXPECT(rejected > 4096);
	EXPECT(!cached("one") && cached("one"));
	write_entry(path, good, size);
	EXPECT(cached("one"));
	/* neither a folder, nor a link, nor a pipe of that name does harm */
	unlink(path);
	REQUIRE(!mkdir(path, 0700));
	EXPECT(!cached("one"));
	rmdir(path);
	REQUIRE(!mkfifo(path, 0600));
	EXPECT(!cached("one"));
	unlink(path);
	REQUIRE(!symlink("/dev/zero", path));
	EXPECT(!cached("one"));
	unlink(path);
}

static void bounded(void)
{
	char source[32];
	EXPECT(!tern_cache_clear());
	EXPECT(!cached("keep"));
	for (int i = 0; i < 200; i++) {
		snprintf(source, sizeof(source), "fill %d", i);
		EXPECT(!cached(source));
		if (i % 10 == 0) {
			EXPECT(cached("keep")); /* used again and again: not thrown out */
			usleep(5000);           /* clocks of file systems are coarse */
		}
		EXPECT(stats().bytes <= LIMIT);
	}
	EXPECT(cached("fill 199") && !cached("fill 0"));
	EXPECT(stats().bytes > LIMIT / 2);
	/* a lost count is found again */
	char path[PATH_MAX + 8];
	snprintf(path, sizeof(path), "%s/size", folder);
	unlink(path);
	for (int i = 200; i < 240; i++) {
		snprintf(source, sizeof(source), "fill %d", i);
		cached(source);
	}
	EXPECT(stats().bytes <= LIMIT);
	/* abandoned temporary files go, others stay */
	char old[PATH_MAX + 8], fresh[PATH_MAX + 8];
	snprintf(old, sizeof(old), "%s/t-1", folder);
	snprintf(fresh, sizeof(fresh), "%s/t-2", folder);
	write_entry(old, "x", 1);
	write_entry(fresh, "x", 1);
	const struct timespec long_ago[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
	REQUIRE(!utimensat(AT_FDCWD, old, long_ago, 0));
	stats();
	EXPECT(access(old, F_OK) && !access(fresh, F_OK));
	unlink(fresh);
}

static void unsafe_folder(void)
{
	EXPECT(!tern_cache_clear());
	EXPECT(!cached("one") && cached("one"));
	REQUIRE(!chmod(folder, 0720));
	EXPECT(!cached("one") && !cached("one"));
	struct tern_cache_stats s;
	EXPECT(tern_cache_stats(&s) == -ENOENT);
	REQUIRE(!chmod(folder, 0702));
	EXPECT(!cached("one"));
	REQUIRE(!chmod(folder, 0700));
	EXPECT(cached("one"));
	if (geteuid() == 0) {
		REQUIRE(!chown(folder, 1, 1));
		EXPECT(!cached("one"));
		REQUIRE(!chown(folder, 0, 0));
		EXPECT(cached("one"));
	}
}

static int wait_for(pid_t pid)
{
	int status = -1;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Several processes fill the cache at once, beyond its bound. */
static void several_processes(void)
{
	enum { PROCESSES = 3, BUILDS = 120 };
	pid_t pids[PROCESSES];
	char source[32];
	EXPECT(!tern_cache_clear());
	for (int p = 0; p < PROCESSES; p++) {
		pids[p] = fork();
		REQUIRE(pids[p] >= 0);
		if (pids[p])
			continue;
		for (int i = 0; i < BUILDS; i++) {
			snprintf(source, sizeof(source), "many %d", (i + p * 10) % 100);
			cached(source);
		}
		tern_kernels_finish();
		_exit(test_failures ? 1 : 0);
	}
	for (int p = 0; p < PROCESSES; p++)
		EXPECT(wait_for(pids[p]) == 0);
	for (int i = 0; i < 60; i++) {
		snprintf(source, sizeof(source), "after %d", i);
		cached(source);
	}
	EXPECT(stats().entries > 0 && stats().bytes <= LIMIT);
}

/* Each allocation and call failing: a build always succeeds or says -ENOMEM, nothing leaks. */
static void failing_calls(bool hit_first)
{
	const struct tern_build_request q = {
		.operation = TERN_BUILD_BUILD, .options = "", .source = "one", .source_size = 3};
	bool done = false;
	uint64_t n = 1;
	unsigned files = fake_open_files();
	for (; !done && n < 10000; n++) {
		struct tern_build_result r;
		EXPECT(!tern_cache_clear());
		if (hit_first)
			cached("one");
		EXPECT(fake_status("pid", NULL, 0) == TERN_BUILD_OK); /* a server is there */
		tern_fault_arm(n, false);
		int e = tern_kernels_build(&q, &r);
		done = tern_fault_count() < n;
		tern_fault_arm(0, false);
		EXPECT(e == 0 || e == -ENOMEM);
		if (e)
			continue;
		EXPECT(r.status == TERN_BUILD_OK || r.status == TERN_BUILD_UNAVAILABLE);
		EXPECT((r.status == TERN_BUILD_OK) == (r.code != NULL) && r.log);
		fake_drop(&r);
	}
	EXPECT(done && n > 10);
	EXPECT(fake_open_files() <= files + 3); /* those of the server */
	EXPECT(cached("one"));
}

static void no_space(void)
{
	struct rlimit old, small;
	EXPECT(!tern_cache_clear());
	REQUIRE(!getrlimit(RLIMIT_FSIZE, &old));
	small = old;
	small.rlim_cur = 8 << 10; /* exceeding it would raise SIGXFSZ */
	REQUIRE(!setrlimit(RLIMIT_FSIZE, &small));
	EXPECT(!cached("one") && !cached("one"));
	small.rlim_cur = 0;
	REQUIRE(!setrlimit(RLIMIT_FSIZE, &small));
	EXPECT(!cached("one"));
	REQUIRE(!setrlimit(RLIMIT_FSIZE, &old));
	EXPECT(!cached("one") && cached("one"));
}

/* In a process of its own that may mount: a file system with no room, then one that is read-only.
 */
static void on_full_disk(void)
{
	if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", folder, "tmpfs", 0, "size=64k,mode=0700"))
		_exit(TEST_SKIP);
	for (int i = 0; i < 20; i++) {
		char source[32];
		snprintf(source, sizeof(source), "full %d", i);
		cached(source);
	}
	EXPECT(stats().entries > 0 && stats().entries < 20);
	DIR *dir = opendir(folder);
	for (struct dirent *d; dir && (d = readdir(dir));)
		EXPECT(strncmp(d->d_name, "t-", 2) != 0); /* nothing half written stays */
	if (dir)
		closedir(dir);
	REQUIRE(!mount("none", folder, NULL, MS_REMOUNT | MS_RDONLY, NULL));
	EXPECT(cached("full 0"));
	EXPECT(!cached("new") && !cached("new"));
	tern_kernels_finish();
	_exit(test_failures ? 1 : 0);
}

static void full_disk(void)
{
	pid_t pid = fork();
	REQUIRE(pid >= 0);
	if (!pid)
		on_full_disk();
	int result = wait_for(pid);
	EXPECT(result == 0 || result == TEST_SKIP);
	if (result == TEST_SKIP)
		fprintf(stderr, "no right to mount: full disk not tried\n");
}

static void hit_is_quick(void)
{
	uint64_t best = UINT64_MAX;
	cached("one");
	for (int i = 0; i < 50; i++) {
		uint64_t start = tern_clock_ns();
		EXPECT(cached("one"));
		best = tern_min(best, tern_clock_ns() - start);
	}
	printf("a hit takes %.0f us\n", (double)best / 1e3);
}

int main(int argc, char **argv)
{
	fake_server_or_test(argc, argv);
	fake_make_folder(top);
	REQUIRE(snprintf(folder, sizeof(folder), "%s/cache", top) < (int)sizeof(folder));
	setenv("TERN_CACHE", folder, 1);
	setenv("TERN_CACHE_SIZE", "1M", 1);
	unsigned files = fake_open_files();
	hits();
	keys();
	damage();
	bounded();
	unsafe_folder();
	several_processes();
	failing_calls(false);
	failing_calls(true);
	no_space();
	full_disk();
	hit_is_quick();
	tern_kernels_finish();
	EXPECT(fake_open_files() == files);
	fake_remove_folder(folder);
	fake_remove_folder(top);
	return test_result();
}
