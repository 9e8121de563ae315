/* SPDX-License-Identifier: MIT */
/* 5.6.1: the kernel of the system reads and writes memory that OpenCL kernels have just written. */
#include "conformance/shared.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

enum { SIZE = 100 * SHARED_PAGE, COUNT = SIZE / sizeof(int) };

/* Writes from memory that a kernel wrote, reads into memory that a kernel wrote, @turns times. */
static void through_file(int fd, int *from, int *to)
{
	for (int turn = 0; turn < 5; turn++) {
		shared_fill(from, turn * 7, COUNT);
		shared_fill(to, -5, COUNT);
		CHECK_EQ(SIZE, pwrite(fd, from, SIZE, 0));
		CHECK_EQ(SIZE, pread(fd, to, SIZE, 0));
		CHECK_EQ(0, shared_wrong_here(to, turn * 7, COUNT));
		shared_fill(to, -5, COUNT);
		CHECK_EQ(SIZE, pread(fd, to, SIZE, 0));
		CHECK_EQ(0, shared_wrong(to, turn * 7, COUNT));
		CHECK_EQ(0, shared_wrong(from, turn * 7, COUNT));
	}
}

static void read_and_write(void)
{
	NEED_SYSTEM();
	int fd = shared_file(0);
	int *from = malloc(SIZE), *to = malloc(SIZE);

	REQUIRE(fd >= 0 && from && to);
	through_file(fd, from, to);
	free(from);
	free(to);
	close(fd);
}

static void direct_io(void)
{
	NEED_SYSTEM();
	int fd = shared_file(O_DIRECT);

	if (fd < 0)
		SKIP("O_DIRECT: %s", strerror(errno));
	int *from = aligned_alloc(SHARED_PAGE, SIZE), *to = aligned_alloc(SHARED_PAGE, SIZE);

	REQUIRE(from && to);
	memset(from, 0, SIZE);
	if (pwrite(fd, from, SIZE, 0) < 0 && errno == EINVAL)
		SKIP("the file system has no O_DIRECT");
	through_file(fd, from, to);
	free(from);
	free(to);
	close(fd);
}

/* Sizes and addresses that fit no page. */
static void odd_sizes(void)
{
	NEED_SYSTEM();
	int fd = shared_file(0);
	char *block = malloc(SIZE + 10);
	int wrong = 0;

	REQUIRE(fd >= 0 && block);
	for (int turn = 0; turn < 30; turn++) {
		size_t offset = 4 + (size_t)turn * 4, size = (size_t)turn * 1237 + 1;

		shared_fill((int *)(void *)block, turn, COUNT);
		CHECK_EQ(size, pwrite(fd, block + offset, size, 0));
		shared_inc((int *)(void *)block, COUNT);
		CHECK_EQ(size, pread(fd, block + offset, size, 0));
		char expected[sizeof(int)];

		for (size_t i = 0; i < SIZE; i++) {
			int word =
				turn + (int)(i / sizeof(int)) + (i < offset || i >= offset + size);

			memcpy(expected, &word, sizeof word);
			wrong += block[i] != expected[i % sizeof word];
		}
		CHECK_EQ(0, wrong);
	}
	free(block);
	close(fd);
}

static void *read_all(void *data)
{
	int *fd = data, *to = malloc(SIZE);
	size_t got = 0, wrong = 0;

	if (!to)
		return (void *)-1;
	while (got < SIZE) {
		ssize_t n = read(*fd, (char *)to + got, SIZE - got);

		if (n <= 0)
			break;
		got += (size_t)n;
	}
	for (size_t i = 0; i < COUNT; i++)
		wrong += to[i] != (int)i + 11;
	free(to);
	return (void *)(got == SIZE ? wrong : (size_t)-1);
}

static void pipe_and_vectors(void)
{
	NEED_SYSTEM();
	int ends[2], *from = malloc(SIZE);
	pthread_t thread;
	void *wrong = NULL;

	REQUIRE(pipe2(ends, O_CLOEXEC) == 0 && from);
	shared_fill(from, 11, COUNT);
	REQUIRE(!pthread_create(&thread, NULL, read_all, &ends[0]));
	struct iovec parts[2] = {{from, 12345}, {(char *)from + 12345, SIZE - 12345}};
	size_t sent = 0;

	while (sent < SIZE) {
		ssize_t n = writev(ends[1], parts, 2);

		REQUIRE(n > 0);
		sent += (size_t)n;
		for (int i = 0; i < 2; i++) {
			size_t part = (size_t)n < parts[i].iov_len ? (size_t)n : parts[i].iov_len;

			parts[i].iov_base = (char *)parts[i].iov_base + part;
			parts[i].iov_len -= part;
			n -= (ssize_t)part;
		}
	}
	pthread_join(thread, &wrong);
	CHECK(wrong == NULL);
	close(ends[0]);
	close(ends[1]);
	free(from);
}

/* What a debugger or a profiler does. */
static void read_from_outside(void)
{
	NEED_SYSTEM();
	int *from = malloc(SIZE), *to = malloc(SIZE);

	REQUIRE(from && to);
	shared_fill(from, 31, COUNT);
	struct iovec local = {to, SIZE}, remote = {from, SIZE};
	ssize_t n = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);

	if (n < 0)
		SKIP("process_vm_readv: %s", strerror(errno));
	CHECK_EQ(SIZE, n);
	CHECK_EQ(0, shared_wrong_here(to, 31, COUNT));
	free(from);
	free(to);
}

struct writer {
	int fd;
	int *from;
	atomic_bool stop;
	atomic_int wrong, turns;
};

static void *write_on(void *data)
{
	struct writer *writer = data;
	int back[SHARED_PAGE / sizeof(int)] = {0};

	while (!atomic_load(&writer->stop)) {
		if (pwrite(writer->fd, writer->from, sizeof back, 0) != sizeof back ||
		    pread(writer->fd, back, sizeof back, 0) != sizeof back)
			atomic_fetch_add(&writer->wrong, 1);
		/* The kernels count up: no word is ever more than a few turns old. */
		for (size_t i = 1; i < LENGTH(back); i++)
			if (back[i] < 0 || back[i] > 100000)
				atomic_fetch_add(&writer->wrong, 1);
		atomic_fetch_add(&writer->turns, 1);
	}
	return NULL;
}

/* System calls on a page while kernels change it. */
static void io_while_kernels_run(void)
{
	NEED_SYSTEM();
	struct writer writer = {shared_file(0), calloc(1, SHARED_PAGE), false, 0, 0};
	cl_kernel inc = shared_kernel("inc");
	pthread_t thread;
	int turns = 0;

	REQUIRE(writer.fd >= 0 && writer.from);
	REQUIRE(!pthread_create(&thread, NULL, write_on, &writer));
	shared_pointer(inc, 0, writer.from);
	double end = conf_now() + 0.5;

	for (; conf_now() < end && turns < 100000; turns++)
		conf_run(inc, SHARED_PAGE / sizeof(int), 0);
	atomic_store(&writer.stop, true);
	pthread_join(thread, NULL);
	CHECK_EQ(0, writer.wrong);
	CHECK(writer.turns > 0);
	for (size_t i = 0; i < SHARED_PAGE / sizeof(int); i++)
		CHECK_EQ(turns, writer.from[i]);
	close(writer.fd);
	free(writer.from);
}

CONF_CASES(shared_io) = {
	CASE(read_and_write),
	CASE(direct_io),
	CASE(odd_sizes),
	CASE(pipe_and_vectors),
	CASE(read_from_outside),
	CASE(io_while_kernels_run),
	CASE_END,
};
