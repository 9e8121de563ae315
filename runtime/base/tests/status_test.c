/* SPDX-License-Identifier: MIT */
/* The status page: what is written is read back, by queue and command; what becomes of it over
 * fork() and exec(); pages that are damaged, foreign, or written to while they are read. */
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/base/futex.h"
#include "runtime/base/status_read.h"
#include "runtime/base/tests/test.h"

enum { KERNEL = 0x11F0, COPY = 0x11F5, COMMANDS = 20000 };
#define MOST_NS ((uint64_t)60000000000)

static struct tern_status_seen seen;

/* The descriptor of this process' page, or -1. */
static int find_page(void)
{
	for (int fd = 0; fd < 1024; fd++) {
		char path[64], target[64];
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		ssize_t n = readlink(path, target, sizeof(target) - 1);
		if (n > 0 && !strncmp(target, "/memfd:" TERN_STATUS_FILE, 15))
			return fd;
	}
	return -1;
}

static const struct tern_status_page *map_page(void)
{
	const char *why = NULL;
	const struct tern_status_page *page = tern_status_map(find_page(), &why);
	REQUIRE(page && !why);
	return page;
}

static struct tern_status_queue *get(struct tern_status_queue *own, unsigned flags)
{
	const struct tern_status_queue_info info = {
		.device = tern_status_device("mock", 4), .units = 2, .flags = flags, .priority = 7};
	return tern_status_queue_get(own, &info);
}

static void the_page(void)
{
	EXPECT(find_page() == -1);
	tern_status_start();
	tern_status_start();
	int fd = find_page();
	EXPECT(fd >= 32 && fcntl(fd, F_GETFD) == FD_CLOEXEC);
	/* Nobody can make it smaller, or write to it. */
	EXPECT(ftruncate(fd, 0) && pwrite(fd, "x", 1, 0) == -1);
	EXPECT(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
	const struct tern_status_page *page = map_page();
	tern_status_read(page, &seen);
	EXPECT(seen.process == (uint64_t)getpid() && !seen.queue_count && !seen.hidden);
	EXPECT(!strcmp(seen.policy, "auto") && seen.started_ns && seen.read_ns >= seen.started_ns);
	tern_status_unmap(page);
}

static void devices(const struct tern_status_page *page)
{
	struct tern_status_device *d = tern_status_device("mock", 4);
	EXPECT(tern_status_device("mock", 0) == d);
	EXPECT(tern_status_device("another with a name of more than 31 bytes", 1) == d + 1);
	EXPECT(tern_status_device("another with a name of more than 31 bytes", 0) == d + 1);
	tern_status_put(&d->limit, 1000);
	tern_status_put(&d->resident, 10);
	tern_status_add(&d->counters[TERN_STATUS_PAGES_EVICTED], 5);
	tern_status_read(page, &seen);
	EXPECT(!strcmp(seen.devices[0].name, "mock") && seen.devices[0].units == 4);
	EXPECT(seen.devices[0].limit == 1000 && seen.devices[0].resident == 10);
	EXPECT(seen.devices[0].counters[TERN_STATUS_PAGES_EVICTED] == 5);
	EXPECT(strlen(seen.devices[1].name) == 31 && seen.devices[1].units == 1);
	EXPECT(!seen.devices[2].units);
	for (unsigned i = 0; i < 2 * TERN_STATUS_DEVICES; i++) {
		char name[16];
		snprintf(name, sizeof(name), "%u", i);
		EXPECT(tern_status_device(name, 1) != NULL);
	}
}

static void in_order(const struct tern_status_page *page)
{
	struct tern_status_queue own, *q = get(&own, 0);
	EXPECT(q != &own);
	tern_status_add(&q->enqueued, 3);
	atomic_fetch_add(&q->enqueued_others, 2);
	tern_status_read(page, &seen);
	const struct tern_status_seen_queue *s = &seen.queues[0];
	REQUIRE(seen.queue_count == 1);
	EXPECT(s->number && s->device == 0 && s->units == 2 && s->priority == 7 && !s->flags);
	EXPECT(s->depth == 5 && !s->completed && !s->running_count && s->made_ns);
	EXPECT(s->thread == (uint32_t)syscall(SYS_gettid));
	unsigned name = tern_status_name("kernel");
	tern_status_begin(q, KERNEL, name);
	tern_status_read(page, &seen);
	EXPECT(s->running_count == 1 && s->running[0].type == KERNEL && !s->running[0].timed);
	EXPECT(!strcmp(s->running[0].name, "kernel") && s->running[0].count == 1);
	tern_status_started(&q->running[0], tern_clock_ns() - 2500000000u);
	tern_status_read(page, &seen);
	EXPECT(s->running[0].timed && s->running[0].ms >= 2499 && s->running[0].ms < 60000);
	tern_status_add(&q->completed, 1);
	tern_status_read(page, &seen);
	EXPECT(s->depth == 4 && s->completed == 1 && !s->running_count);
	/* The start of the one before is not this one's. */
	tern_status_begin(q, COPY, 0);
	tern_status_read(page, &seen);
	EXPECT(s->running_count == 1 && s->running[0].type == COPY && !*s->running[0].name);
	EXPECT(!s->running[0].timed && !s->running[0].ms && s->running[0].count == 2);
	/* A start in the future is now. */
	tern_status_started(&q->running[0], tern_clock_ns() + 5000000);
	tern_status_read(page, &seen);
	EXPECT(s->running[0].timed && !s->running[0].ms);
	tern_status_queue_put(q, &own);
	tern_status_read(page, &seen);
	EXPECT(!seen.queue_count);
}

static void out_of_order(const struct tern_status_page *page)
{
	struct tern_status_queue own, *q = get(&own, TERN_STATUS_OUT_OF_ORDER);
	struct tern_status_command *taken[TERN_STATUS_RUNNING];
	tern_status_add(&q->enqueued, 9);
	for (unsigned i = 0; i < TERN_STATUS_RUNNING; i++) {
		taken[i] = tern_status_take(q, KERNEL, tern_status_name(i % 2 ? "odd" : "even"));
		EXPECT(taken[i] != NULL);
	}
	EXPECT(!tern_status_take(q, KERNEL, 0));
	tern_status_started(taken[3], tern_clock_ns());
	tern_status_leave(taken[0]);
	tern_status_read(page, &seen);
	const struct tern_status_seen_queue *s = &seen.queues[0];
	EXPECT(s->running_count == TERN_STATUS_RUNNING - 1 && s->flags == TERN_STATUS_OUT_OF_ORDER);
	EXPECT(!strcmp(s->running[0].name, "odd") && !strcmp(s->running[1].name, "even"));
	EXPECT(s->running[2].timed && s->running[2].place == 3 && !s->running[1].timed);
	EXPECT(tern_status_take(q, COPY, 0) == taken[0]);
	tern_status_read(page, &seen);
	EXPECT(s->running[0].type == COPY && s->running[0].count == 2);
	tern_status_queue_put(q, &own);
}

/* A place is taken again, and what was in it before is gone. */
static void many_queues(const struct tern_status_page *page)
{
	static struct tern_status_queue own[TERN_STATUS_QUEUES + 3];
	struct tern_status_queue *q[TERN_STATUS_QUEUES + 3];
	for (unsigned i = 0; i < TERN_STATUS_QUEUES + 3; i++)
		q[i] = get(&own[i], 0);
	tern_status_read(page, &seen);
	EXPECT(seen.queue_count == TERN_STATUS_QUEUES && seen.hidden == 3);
	EXPECT(q[TERN_STATUS_QUEUES] == &own[TERN_STATUS_QUEUES]);
	tern_status_add(&q[5]->enqueued, 1);
	tern_status_begin(q[5], KERNEL, 0);
	tern_status_add(&q[5]->failed, 1);
	tern_status_queue_put(q[5], &own[5]);
	q[5] = get(&own[5], 0);
	tern_status_read(page, &seen);
	/* The newest comes last, wherever its place is. */
	const struct tern_status_seen_queue *s = &seen.queues[TERN_STATUS_QUEUES - 1];
	EXPECT(seen.queue_count == TERN_STATUS_QUEUES && !s->depth && !s->failed && !s->completed);
	EXPECT(!s->running_count && s->number > seen.queues[TERN_STATUS_QUEUES - 2].number);
	for (unsigned i = 0; i < TERN_STATUS_QUEUES + 3; i++)
		tern_status_queue_put(q[i], &own[i]);
	tern_status_read(page, &seen);
	EXPECT(!seen.queue_count && !seen.hidden);
}

static void names(void)
{
	char name[100];
	unsigned known = 0, number = tern_status_name("a kernel");
	EXPECT(number && tern_status_name("a kernel") == number && !tern_status_name(""));
	for (unsigned i = 0; i < 2 * TERN_STATUS_NAMES; i++) {
		snprintf(name, sizeof(name), "kernel_%u", i);
		unsigned n = tern_status_name(name);
		EXPECT(n < TERN_STATUS_NAMES && tern_status_name(name) == n);
		known += n != 0;
	}
	EXPECT(known > TERN_STATUS_NAMES / 2 && known < TERN_STATUS_NAMES);
	EXPECT(tern_status_name("a kernel") == number);
}

/* ---- while it is written to ---- */

static struct tern_status_queue *busy;
static _Atomic bool stop;

/* The name says whether the count is odd, the start is the count in milliseconds. */
static void *write_on(void *in_order)
{
	const unsigned name[2] = {tern_status_name("even"), tern_status_name("odd")};
	for (uint64_t i = 1; !atomic_load(&stop); i++) {
		tern_status_add(&busy->enqueued, 1);
		struct tern_status_command *c = &busy->running[0];
		if (in_order)
			tern_status_begin(busy, KERNEL, name[i & 1]);
		else
			c = tern_status_take(busy, KERNEL, name[i & 1]);
		if (i % 3)
			tern_status_started(c, i * 1000000);
		for (unsigned j = 0; j < i % 64; j++)
			tern_cpu_relax();
		if (!in_order)
			tern_status_leave(c);
		tern_status_add(&busy->completed, 1);
	}
	return NULL;
}

static void read_meanwhile(const struct tern_status_page *page, unsigned flags)
{
	struct tern_status_queue own;
	pthread_t thread;
	unsigned running = 0, timed = 0, wrong = 0;
	busy = get(&own, flags);
	atomic_store(&stop, false);
	REQUIRE(!pthread_create(&thread, NULL, write_on, flags ? NULL : &own));
	uint64_t end = tern_clock_ns() + MOST_NS;
	while ((running < COMMANDS || timed < COMMANDS / 10) && tern_clock_ns() < end) {
		tern_status_read(page, &seen);
		const struct tern_status_seen_queue *s = &seen.queues[0];
		wrong += seen.queue_count != 1 || s->depth > 1 << 20 || s->running_count > 1;
		const struct tern_status_seen_command *c = &s->running[0];
		if (s->running_count != 1)
			continue;
		running++;
		wrong += strcmp(c->name, c->count & 1 ? "odd" : "even") != 0;
		timed += c->timed;
		uint32_t now_ms = (uint32_t)(seen.read_ns / 1000000);
		if (c->timed && now_ms > c->count)
			wrong += c->ms != now_ms - c->count || c->count % 3 == 0;
	}
	atomic_store(&stop, true);
	pthread_join(thread, NULL);
	tern_status_queue_put(busy, &own);
	printf("%u reads saw a command, %u its start\n", running, timed);
	EXPECT(!wrong);
	EXPECT(running >= COMMANDS && timed >= COMMANDS / 10);
}

/* ---- other processes ---- */

static int status_of(pid_t child)
{
	int status = -1;
	EXPECT(child > 0 && waitpid(child, &status, 0) == child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* In a child the old queues count, and nobody sees it; its own page is its own. */
static void forks(const struct tern_status_page *page)
{
	struct tern_status_queue own, own_too, *q = get(&own, 0);
	fflush(NULL);
	tern_status_fork_before();
	pid_t child = fork();
	tern_status_fork_after(!child);
	if (!child) {
		bool good = find_page() == -1;
		tern_status_add(&q->enqueued, 1000);
		tern_status_start();
		const struct tern_status_page *mine = map_page();
		struct tern_status_queue *new = get(&own_too, 0);
		tern_status_add(&new->enqueued, 1);
		tern_status_begin(new, KERNEL, tern_status_name("a kernel"));
		tern_status_read(mine, &seen);
		good = good && seen.process == (uint64_t)getpid() && seen.queue_count == 1;
		good = good && seen.queues[0].depth == 1;
		good = good && !strcmp(seen.queues[0].running[0].name, "a kernel");
		_exit(good ? 0 : 1);
	}
	EXPECT(status_of(child) == 0);
	tern_status_read(page, &seen);
	EXPECT(seen.queue_count == 1 && !seen.queues[0].depth);
	tern_status_queue_put(q, &own);
}

/* The program may have closed the descriptor and put its own in the place: that stays. */
static void descriptor_is_gone(void)
{
	fflush(NULL);
	pid_t child = fork();
	if (!child) {
		int fd = find_page(), other = open("/dev/null", O_RDONLY | O_CLOEXEC);
		bool good = fd >= 0 && other >= 0 && dup2(other, fd) == fd;
		tern_status_fork_before();
		tern_status_fork_after(true);
		good = good && fcntl(fd, F_GETFD) >= 0;
		_exit(good ? 0 : 1);
	}
	EXPECT(status_of(child) == 0);
}

static void without(const char *variable, const char *value)
{
	fflush(NULL);
	pid_t child = fork();
	if (!child) {
		struct tern_status_queue own;
		setenv(variable, value, 1);
		tern_status_start();
		bool good = find_page() == -1 && get(&own, 0) == &own;
		tern_status_begin(&own, KERNEL, tern_status_name("a kernel"));
		tern_status_queue_put(&own, &own);
		_exit(good ? 0 : 1);
	}
	EXPECT(status_of(child) == 0);
}

/* ---- pages that are none, or hostile ---- */

static int make_file(const void *data, size_t bytes, int seals)
{
	int fd = memfd_create("page", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	REQUIRE(fd >= 0 && write(fd, data, bytes) == (ssize_t)bytes);
	REQUIRE(!seals || !fcntl(fd, F_ADD_SEALS, seals));
	return fd;
}

static const struct tern_status_page *map_copy(const void *data, size_t bytes, int seals)
{
	const char *why = NULL;
	int fd = make_file(data, bytes, seals);
	const struct tern_status_page *page = tern_status_map(fd, &why);
	EXPECT(!page == !!why);
	close(fd);
	return page;
}

static void refused(const struct tern_status_page *page)
{
	static struct tern_status_page copy;
	const char *why;
	memcpy(&copy, page, sizeof(copy));
	const struct tern_status_page *good = map_copy(&copy, sizeof(copy), F_SEAL_SHRINK);
	REQUIRE(good);
	tern_status_unmap(good);
	EXPECT(!map_copy(&copy, sizeof(copy), 0)); /* could be made smaller under us */
	EXPECT(!map_copy(&copy, sizeof(copy) - 1, F_SEAL_SHRINK));
	EXPECT(!map_copy(&copy, 0, F_SEAL_SHRINK));
	copy.header.version++;
	EXPECT(!map_copy(&copy, sizeof(copy), F_SEAL_SHRINK));
	copy.header.version--;
	atomic_store(&copy.header.magic, TERN_STATUS_MAGIC + 1);
	EXPECT(!map_copy(&copy, sizeof(copy), F_SEAL_SHRINK));
	EXPECT(!tern_status_map(-1, &why) && *why);
	int pipes[2];
	REQUIRE(!pipe(pipes));
	EXPECT(!tern_status_map(pipes[0], &why) && *why);
	close(pipes[0]);
	close(pipes[1]);
}

static void check_seen(void)
{
	EXPECT(strlen(seen.policy) < sizeof(seen.policy));
	EXPECT(strlen(seen.accelerator) < sizeof(seen.accelerator));
	EXPECT(seen.queue_count <= TERN_STATUS_QUEUES);
	for (unsigned i = 0; i < TERN_STATUS_DEVICES; i++)
		EXPECT(strlen(seen.devices[i].name) < sizeof(seen.devices[i].name));
	for (unsigned i = 0; i < seen.queue_count; i++) {
		const struct tern_status_seen_queue *q = &seen.queues[i];
		EXPECT(q->number && q->device <= TERN_STATUS_DEVICES);
		EXPECT(q->device == TERN_STATUS_DEVICES || seen.devices[q->device].units);
		EXPECT(!i || q[-1].number <= q->number);
		EXPECT(q->running_count <= TERN_STATUS_RUNNING);
		for (unsigned j = 0; j < q->running_count; j++)
			EXPECT(q->running[j].type &&
			       strlen(q->running[j].name) < TERN_STATUS_NAME_BYTES);
	}
}

static void damaged(void)
{
	static struct tern_status_page copy;
	unsigned seed = 1;
	for (unsigned round = 0; round < 300; round++) {
		unsigned char *bytes = (unsigned char *)&copy;
		memset(bytes, round % 3 ? 0 : 0xff, sizeof(copy));
		for (unsigned i = 0; round && i < (round % 5) * 8000; i++)
			bytes[rand_r(&seed) % sizeof(copy)] = (unsigned char)rand_r(&seed);
		atomic_store(&copy.header.magic, TERN_STATUS_MAGIC);
		copy.header.version = TERN_STATUS_VERSION;
		copy.header.page_bytes = sizeof(copy);
		const struct tern_status_page *page = map_copy(&copy, sizeof(copy), F_SEAL_SHRINK);
		REQUIRE(page);
		tern_status_read(page, &seen);
		check_seen();
		tern_status_unmap(page);
	}
}

int main(void)
{
	without("TERN_STATUS", "0");
	the_page();
	const struct tern_status_page *page = map_page();
	devices(page);
	in_order(page);
	out_of_order(page);
	many_queues(page);
	read_meanwhile(page, 0);
	read_meanwhile(page, TERN_STATUS_OUT_OF_ORDER);
	names();
	forks(page);
	descriptor_is_gone();
	refused(page);
	damaged();
	tern_status_unmap(page);
	return test_result();
}
