/* SPDX-License-Identifier: MIT */
/* What the parts of a fault with migration cost on this machine without Tern. */
#include "bench/migration.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BATCH  512 /* operations whose mean is one sample */
#define HUGE_2 ((size_t)2 << 20)

void *map_plain(size_t size)
{
	size_t room = size + HUGE_2;
	char *all = mmap(NULL, room, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (all == MAP_FAILED) {
		fprintf(stderr, "bench-migration: mmap of %zu: %s\n", room, strerror(errno));
		exit(1);
	}
	char *start = (char *)(((uintptr_t)all + HUGE_2 - 1) & ~(HUGE_2 - 1));

	if (start != all)
		munmap(all, (size_t)(start - all));
	if (all + room != start + size)
		munmap(start + size, (size_t)(all + room - (start + size)));
	return start;
}

void *map_pages(size_t size)
{
	void *start = map_plain(size);

	madvise(start, size, MADV_NOHUGEPAGE);
	return start;
}

void unmap_pages(void *memory, size_t size)
{
	munmap(memory, size);
}

/* A userfaultfd and a range of BATCH pages registered with it; -1: none to be had. */
static int trapped_pages(char **range)
{
	struct uffdio_api api = {.api = UFFD_API};
	struct uffdio_register reg = {.mode = UFFDIO_REGISTER_MODE_MISSING};

	*range = map_pages(BATCH * PAGE);
	reg.range.start = (uintptr_t)*range;
	reg.range.len = BATCH * PAGE;
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY);

	if (fd >= 0 && (ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &reg))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

double floor_copy(void)
{
	static _Alignas(4096) char source[4096];
	static char *pages;
	static int fd = -2;

	if (fd == -2)
		fd = trapped_pages(&pages);
	if (fd < 0)
		return 0;
	madvise(pages, BATCH * PAGE, MADV_DONTNEED);
	source[0] = 1;
	double start = bench_now();

	for (size_t i = 0; i < BATCH; i++) {
		struct uffdio_copy copy = {
			.dst = (uintptr_t)pages + i * PAGE, .src = (uintptr_t)source, .len = PAGE};

		if (ioctl(fd, UFFDIO_COPY, &copy))
			return 0;
	}
	return (bench_now() - start) / BATCH;
}

/* Answers each fault on @fd (an int) with a copy of a page. */
static void *answer_faults(void *fd)
{
	static _Alignas(4096) char source[4096];
	struct pollfd on = {.fd = *(int *)fd, .events = POLLIN};
	struct uffd_msg message;

	while (poll(&on, 1, -1) > 0 && !(on.revents & (POLLERR | POLLNVAL))) {
		if (read(on.fd, &message, sizeof message) != sizeof message)
			continue;
		struct uffdio_copy copy = {.dst = message.arg.pagefault.address & ~(PAGE - 1),
					   .src = (uintptr_t)source,
					   .len = PAGE};

		ioctl(on.fd, UFFDIO_COPY, &copy);
	}
	return NULL;
}

double floor_trap(void)
{
	static char *pages;
	static int fd = -2;
	static pthread_t thread;

	if (fd == -2) {
		fd = trapped_pages(&pages);
		if (fd >= 0 && pthread_create(&thread, NULL, answer_faults, &fd))
			fd = -1;
	}
	if (fd < 0)
		return 0;
	madvise(pages, BATCH * PAGE, MADV_DONTNEED);
	double start = bench_now();

	for (size_t i = 0; i < BATCH; i++)
		((volatile char *)pages)[i * PAGE] = 1;
	return (bench_now() - start) / BATCH;
}

double floor_anonymous(void)
{
	static volatile char *pages;

	if (!pages)
		pages = map_pages(BATCH * PAGE);
	madvise((void *)(uintptr_t)pages, BATCH * PAGE, MADV_DONTNEED);
	double start = bench_now();

	for (size_t i = 0; i < BATCH; i++)
		pages[i * PAGE] = 1;
	return (bench_now() - start) / BATCH;
}

/* Shared with the other process: it waits for `place`, moves there and plays BATCH turns. */
struct table {
	_Atomic uint32_t ball;  /* odd: the other process' turn */
	_Atomic uint32_t games; /* how many have been asked for */
	_Atomic int32_t cpu;    /* where it shall play; -1: anywhere */
};

static struct table *table;
static cpu_set_t all_cpus;

static void sleep_while(_Atomic uint32_t *word, uint32_t value)
{
	syscall(SYS_futex, word, FUTEX_WAIT, value, NULL, NULL, 0);
}

static void wake(_Atomic uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* Puts the calling thread on @cpu, or anywhere that the program may run. */
static void move_to(int cpu)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	if (cpu >= 0)
		CPU_SET(cpu, &one);
	sched_setaffinity(0, sizeof one, cpu >= 0 ? &one : &all_cpus);
}

/* The side that hits the ball when it is @odd, @turns times; starts with the ball at @from. */
static void play(uint32_t from, uint32_t odd, uint32_t turns)
{
	for (uint32_t i = 0; i < turns; i++) {
		uint32_t want = from + 2 * i + odd, ball;

		while ((ball = atomic_load(&table->ball)) != want)
			sleep_while(&table->ball, ball);
		atomic_store(&table->ball, want + 1);
		wake(&table->ball);
	}
}

static void partner(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	for (uint32_t games = 0;; games++) {
		while (atomic_load(&table->games) == games)
			sleep_while(&table->games, games);
		move_to(atomic_load(&table->cpu));
		play(atomic_load(&table->ball) & ~1u, 1, BATCH + 1);
	}
}

void floors_start(void)
{
	pid_t parent = getpid();

	sched_getaffinity(0, sizeof all_cpus, &all_cpus);
	table = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (table == MAP_FAILED)
		abort();
	pid_t child = fork();

	if (child < 0)
		abort();
	if (!child)
		partner(parent);
}

/* The @nth processor that this program may use, or the last. */
static int nth_cpu(int nth)
{
	int found = -1;

	for (int cpu = 0; cpu < CPU_SETSIZE && nth >= 0; cpu++)
		if (CPU_ISSET(cpu, &all_cpus)) {
			found = cpu;
			nth--;
		}
	return found;
}

/* One turn first that is not timed: both sides move. */
double floor_futex(enum futex_place place)
{
	int mine = place == FUTEX_ANY_CPU ? -1 : nth_cpu(0);
	int other = place == FUTEX_OTHER_CPU ? nth_cpu(1) : mine;

	if (place == FUTEX_OTHER_CPU && mine == other)
		return 0;
	uint32_t from = atomic_load(&table->ball);

	move_to(mine);
	atomic_store(&table->cpu, other);
	atomic_fetch_add(&table->games, 1);
	wake(&table->games);
	play(from, 0, 1);
	while (atomic_load(&table->ball) != from + 2)
		sleep_while(&table->ball, from + 1);
	double start = bench_now();

	play(from + 2, 0, BATCH);
	while (atomic_load(&table->ball) != from + 2 + 2 * BATCH)
		sleep_while(&table->ball, from + 1 + 2 * BATCH);
	double seconds = (bench_now() - start) / BATCH;

	move_to(-1);
	return seconds;
}

double floor_memcpy(size_t size)
{
	static char *from, *to;
	static size_t room;

	if (!from || !to || room < size) {
		if (room) {
			unmap_pages(from, room);
			unmap_pages(to, room);
		}
		from = map_plain(size);
		to = map_plain(size);
		memset(from, 1, size);
		memset(to, 2, size);
		room = size;
	}
	double start = bench_now();

	memcpy(to, from, size);
	__asm__ volatile("" : : "r"(to) : "memory");
	return bench_now() - start;
}

double floor_fault(void)
{
	double copy = floor_copy();

	return copy > 0 ? copy + floor_anonymous() + floor_futex(FUTEX_SAME_CPU) : 0;
}
