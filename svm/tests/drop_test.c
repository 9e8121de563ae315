/* SPDX-License-Identifier: MIT */
/* The program drops a page while the engine drops the block that it lies in: the others keep what
 * they have. Without UFFDIO_MOVE, so that the engine has to. */
#include <time.h>

#include "svm/tests/mirror.h"

enum { PAGES = 16, DROPPED = 5, SECONDS = 3 };

static unsigned char *memory;
static _Atomic bool stop;

static void *drop(void *unused)
{
	while (!atomic_load(&stop))
		madvise(memory + DROPPED * TERN_PAGE, TERN_PAGE, MADV_DONTNEED);
	return unused;
}

static time_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

int main(void)
{
	setenv("TERN_SVM_MOVE", "0", 1);
	setenv("TERN_POLICY", "block:pages=16", 1);
	struct mirror *m = mirror_start(64 * TERN_CHUNK);
	memory = (unsigned char *)mirror_memory(PAGES * TERN_PAGE);
	mirror_map(m, memory, PAGES * TERN_PAGE);
	volatile unsigned char *d = mirror_ptr(m, memory);
	pthread_t thread;
	REQUIRE(!pthread_create(&thread, NULL, drop, NULL));
	unsigned lost = 0;
	time_t end = now() + SECONDS;
	/* Each drop and each fault of a round needs two other threads in turn: slow on a busy
	 * machine. */
	for (unsigned r = 1; r == 1 || now() < end; r++) {
		unsigned char value = (unsigned char)(r % 250 + 1);
		for (unsigned i = 0; i < PAGES; i++)
			((volatile unsigned char *)memory)[i * TERN_PAGE] = value;
		d[1] = value; /* takes all of the block */
		for (unsigned i = 0; i < PAGES; i++)
			lost += i != DROPPED && d[i * TERN_PAGE] != value;
	}
	EXPECT(lost == 0);
	atomic_store(&stop, true);
	pthread_join(thread, NULL);
	mirror_stop(m);
	return test_result();
}
