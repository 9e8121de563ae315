/* SPDX-License-Identifier: MIT */
/* Traces: what several threads record is read back, also after a kill, and from a full disk. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/base/thread.h"
#include "runtime/base/trace_read.h"
#include "runtime/base/tests/test.h"

enum { THREADS = 3, EACH = 100000 };

static char path[64];

static void *record(void *argument)
{
	uint64_t thread = (uintptr_t)argument;
	char name[64];
	for (uint64_t i = 0; i < EACH; i++) {
		snprintf(name, sizeof(name), "a name of more than 24 bytes, number %d",
			 (int)(i % 5));
		uint32_t text = i % 100 ? 0 : tern_trace_text(name);
		tern_trace_put((struct tern_trace_record){.kind = TERN_TRACE_RUNNING,
							  .flags = (uint8_t)thread,
							  .x = text,
							  .a = i,
							  .b = ~i});
		if (i % 1000 == 0)
			tern_sleep_ms(1); /* so that blocks are ready in time */
	}
	return NULL;
}

/* In a child, since tracing begins once in a process. */
static int in_child(void (*fn)(void))
{
	int status = -1;
	fflush(NULL);
	unlink(path);
	pid_t child = fork();
	if (!child) {
		setenv("TERN_TRACE", path, 1);
		fn();
		_exit(0);
	}
	EXPECT(child > 0 && waitpid(child, &status, 0) == child);
	return status;
}

static struct tern_trace_reader *reopen(void)
{
	const char *why = NULL;
	struct tern_trace_reader *reader =
		tern_trace_reader_open(open(path, O_RDONLY | O_CLOEXEC), &why);
	if (!reader)
		printf("%s: %s\n", path, why);
	REQUIRE(reader);
	return reader;
}

static void threads_record(void)
{
	pthread_t threads[THREADS];
	tern_trace_start();
	EXPECT(tern_trace_is_on());
	for (uintptr_t i = 0; i < THREADS; i++)
		EXPECT(!pthread_create(&threads[i], NULL, record, (void *)i));
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

/* All of them, in order for each thread, with their names. */
static void all_is_read(void)
{
	EXPECT(in_child(threads_record) == 0);
	struct tern_trace_reader *reader = reopen();
	const struct tern_trace_header *h = tern_trace_reader_header(reader);
	struct tern_trace_record r;
	uint64_t next[THREADS] = {0}, before = 0, names = 0, count = 0;
	while (tern_trace_reader_next(reader, &r)) {
		EXPECT(r.kind == TERN_TRACE_RUNNING && r.flags < THREADS && r.b == ~r.a);
		EXPECT(r.a >= next[r.flags] && r.ns >= h->started_ns);
		next[r.flags] = r.a + 1;
		count++;
		before = r.ns;
		if (!r.x)
			continue;
		char name[64];
		snprintf(name, sizeof(name), "a name of more than 24 bytes, number %d",
			 (int)(r.a % 5));
		const char *text = tern_trace_reader_text(reader, r.x);
		names += text && !strcmp(text, name);
	}
	EXPECT(before && count + atomic_load(&h->lost) >= (uint64_t)THREADS * EACH);
	EXPECT(count > (uint64_t)THREADS * EACH / 2);
	EXPECT(names > count / 200);
	EXPECT(strstr(h->program, "trace_test"));
	tern_trace_reader_close(reader);
}

static void record_and_die(void)
{
	tern_trace_start();
	for (uint64_t i = 1; i <= 1000; i++)
		tern_trace_put((struct tern_trace_record){.kind = TERN_TRACE_ENDED, .a = i});
	raise(SIGKILL);
}

static uint64_t count_ended(void)
{
	struct tern_trace_reader *reader = reopen();
	struct tern_trace_record r;
	uint64_t n = 0;
	while (tern_trace_reader_next(reader, &r))
		n += r.kind == TERN_TRACE_ENDED && r.a == n + 1;
	tern_trace_reader_close(reader);
	return n;
}

static void killed(void)
{
	EXPECT(WIFSIGNALED(in_child(record_and_die)));
	EXPECT(count_ended() == 1000);
}

/* The limit stands for a full disk: the same place says no. */
static void record_without_room(void)
{
	struct rlimit limit = {3u << 20, 3u << 20};
	EXPECT(!setrlimit(RLIMIT_FSIZE, &limit));
	tern_trace_start();
	EXPECT(tern_trace_is_on());
	for (uint64_t i = 1; i <= 1000000; i++) {
		tern_trace_put((struct tern_trace_record){.kind = TERN_TRACE_ENDED, .a = i});
		if (i % 1000 == 0)
			tern_sleep_ms(1);
		if (!tern_trace_is_on())
			return;
	}
	exit(1);
}

static void full_disk(void)
{
	EXPECT(in_child(record_without_room) == 0);
	uint64_t n = count_ended();
	EXPECT(n > 1000 && n < 1000000);
}

/* A program closes what it does not know, and opens files of its own, which get the numbers. (By
 * system calls: a thread sanitizer would call it a race, and so it is.) */
static void closes_everything(void)
{
	char name[80], byte;
	tern_trace_start();
	EXPECT(tern_trace_is_on());
	for (int fd = 3; fd < 100; fd++)
		syscall(SYS_close, fd);
	snprintf(name, sizeof(name), "%s.own", path);
	int fd = (int)syscall(SYS_openat, AT_FDCWD, name, O_RDWR | O_CREAT | O_TRUNC, 0600);
	for (uint64_t i = 1; i <= 1000000 && tern_trace_is_on(); i++) {
		tern_trace_put((struct tern_trace_record){.kind = TERN_TRACE_ENDED, .a = i});
		if (i % 1000 == 0)
			tern_sleep_ms(1);
	}
	int is_empty = syscall(SYS_pread64, fd, &byte, 1, 0) == 0;
	unlink(name);
	exit(!is_empty || tern_trace_is_on());
}

static void start_nowhere(void)
{
	setenv("TERN_TRACE", "/nonexistent/folder/file", 1);
	tern_trace_start();
	EXPECT(!tern_trace_is_on() && !tern_trace_text("name"));
	tern_trace_put((struct tern_trace_record){.kind = TERN_TRACE_ENDED});
}

static void fork_in_traced(void)
{
	int status = -1;
	tern_trace_start();
	pid_t child = fork();
	if (!child) {
		tern_trace_put((struct tern_trace_record){.kind = TERN_TRACE_ENDED, .a = 1});
		_exit(tern_trace_is_on());
	}
	EXPECT(waitpid(child, &status, 0) == child && !status);
	tern_trace_put((struct tern_trace_record){.kind = TERN_TRACE_ENDED, .a = 1});
}

int main(void)
{
	snprintf(path, sizeof(path), "/tmp/tern_trace_test.%ld", (long)getpid());
	all_is_read();
	killed();
	full_disk();
	EXPECT(in_child(closes_everything) == 0);
	EXPECT(in_child(start_nowhere) == 0);
	EXPECT(in_child(fork_in_traced) == 0);
	EXPECT(count_ended() == 1);
	unlink(path);
	return test_result();
}
