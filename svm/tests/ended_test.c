/* SPDX-License-Identifier: MIT */
/* What the host takes each time a kernel has ended goes home by itself, while nobody touches it. */
#include <time.h>

#include "runtime/base/status.h"
#include "svm/tests/mirror.h"

enum { PAGES = 64, RUNS = 6, SECONDS = 20 };

static void sleep_ms(unsigned ms)
{
	struct timespec t = {.tv_nsec = ms * 1000000l};
	nanosleep(&t, NULL);
}

/* As the engine counts them; to ask it would wake it. */
static uint64_t came_home(struct mirror *m)
{
	return atomic_load(&m->devmem.status->counters[TERN_STATUS_PAGES_TO_HOST]);
}

/* The kernel writes all of the memory; how many pages come home before anybody asks for them. */
static uint64_t run(struct mirror *m, char *memory, uint64_t number, bool last)
{
	struct tern_space_command c = {.number = number,
				       .kernel = 7,
				       .items = PAGES,
				       .use_count = 1,
				       .uses = {{.address = (uintptr_t)memory,
						 .start = (uintptr_t)memory,
						 .end = (uintptr_t)memory + PAGES * TERN_PAGE}}};
	volatile char *d = mirror_ptr(m, memory);
	tern_space_command_queued(&m->devmem, &c);
	tern_space_command_begins(&m->devmem, 0, &c);
	for (unsigned i = 0; i < PAGES; i++)
		d[i * TERN_PAGE] = (char)(number + i);
	sleep_ms(last ? 200 : 1); /* the engine sleeps */
	uint64_t before = came_home(m);
	tern_space_command_ended(&m->devmem, number);
	for (unsigned i = 0; last && i < SECONDS * 100 && came_home(m) == before; i++)
		sleep_ms(10);
	return came_home(m) - before;
}

int main(void)
{
	setenv("TERN_POLICY", "learn", 1);
	struct mirror *m = mirror_start(64 * TERN_CHUNK);
	char *memory = mirror_memory(PAGES * TERN_PAGE);
	mirror_map(m, memory, PAGES * TERN_PAGE);
	alarm(100);
	uint64_t home = 0;
	for (unsigned r = 1; r <= RUNS; r++) {
		home = run(m, memory, r, r == RUNS);
		for (unsigned i = 0; i < PAGES; i++)
			EXPECT(((volatile char *)memory)[i * TERN_PAGE] == (char)(r + i));
	}
	printf("%llu pages came home\n", (unsigned long long)home);
	EXPECT(home > 0);
	mirror_stop(m);
	return test_result();
}
