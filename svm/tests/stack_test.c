/* SPDX-License-Identifier: MIT */
/*
 * What a thread touches at any moment, its stack and the memory of its signal handlers, goes to the
 * device, while the thread is in functions that the engine's thread uses, too: the engine must not
 * wait for it.
 */
#include "svm/tests/mirror.h"

enum { STACK_PAGES = 256, /* a sanitizer wants most of it */ CHUNKS = 128, DEPTH = 2 };

static _Atomic bool stop;
static _Atomic uintptr_t frame;
static volatile char *handled;

static void handler(int number)
{
	(void)number;
	(*handled)++;
}

/* What every request does, a piece of another size each time. */
static void *work(void *arg)
{
	(void)arg;
	atomic_store(&frame, (uintptr_t)__builtin_frame_address(0));
	for (size_t i = 0; !atomic_load(&stop); i++) {
		size_t size = 64 + i % 32 * 64;
		void *p = tern_pinned_alloc(size);
		if (p)
			tern_pinned_free(p, size);
	}
	return NULL;
}

static pthread_t start(char *stack)
{
	pthread_attr_t attr;
	pthread_t thread;
	REQUIRE(!pthread_attr_init(&attr));
	REQUIRE(!pthread_attr_setstack(&attr, stack, STACK_PAGES * TERN_PAGE));
	REQUIRE(!pthread_create(&thread, &attr, work, NULL));
	pthread_attr_destroy(&attr);
	while (!atomic_load(&frame))
		raw_yield();
	return thread;
}

int main(void)
{
#ifdef __SANITIZE_THREAD__ /* its own locks may be held by a thread whose stack is away */
	fprintf(stderr, "skipped: the engine waits for the sanitizer, and that for the engine\n");
	return TEST_SKIP;
#endif
	setenv("TERN_SVM_HOLD", "2000", 1); /* so long the thread waits, and the device goes on */
	setenv("TERN_POLICY", "demand", 1);
	struct mirror *m = mirror_start(256 * TERN_CHUNK);
	char *stack = mirror_memory(STACK_PAGES * TERN_PAGE);
	char *p = mirror_memory(CHUNKS * TERN_CHUNK);
	mirror_map(m, stack, STACK_PAGES * TERN_PAGE);
	mirror_map(m, p, CHUNKS * TERN_CHUNK);
	handled = p + TERN_PAGE;
	REQUIRE(signal(SIGUSR1, handler) != SIG_ERR);
	alarm(60);

	pthread_t thread = start(stack);
	char sum = 0;
	for (unsigned i = 0; i < CHUNKS; i++) {
		char *at = (char *)(atomic_load(&frame) & ~(TERN_PAGE - 1));
		for (unsigned j = 0; j < DEPTH; j++)
			sum += *(volatile char *)mirror_ptr(m, at - j * TERN_PAGE);
		sum += *(volatile char *)mirror_ptr(m, (char *)handled);
		pthread_kill(thread, SIGUSR1);
		/* The engine needs memory for a chunk of the directory. */
		*(volatile char *)mirror_ptr(m, p + i * TERN_CHUNK) = (char)(sum | 1);
	}
	atomic_store(&stop, true);
	REQUIRE(!pthread_join(thread, NULL));
	for (unsigned i = 0; i < CHUNKS; i++)
		EXPECT(p[i * TERN_CHUNK] & 1);
	struct tern_space_stats s;
	tern_space_stats(&s);
	EXPECT(s.host_write_faults > 0);
	munmap(stack, STACK_PAGES * TERN_PAGE);
	munmap(p, CHUNKS * TERN_CHUNK);
	tern_space_fence();
	mirror_stop(m);
	return test_result();
}
