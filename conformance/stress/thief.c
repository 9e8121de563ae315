/* SPDX-License-Identifier: MIT */
/* Kernels that take live allocations of the ordinary heap away, and children that look at them. */
#include "conformance/stress/stress.h"
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 24 };

/* As the kernel knows it. */
struct range {
	uint32_t *words;
	cl_ulong count;
	cl_uint tag, wrong;
};

static unsigned take(struct stress_role *role, struct stress_block **blocks, unsigned most)
{
	unsigned count = 0;

	while (count < most && (blocks[count] = stress_block_take(role)))
		count++;
	return count;
}

static void release(struct stress_block **blocks, unsigned count)
{
	while (count)
		stress_block_release(blocks[--count]);
}

static void steal(struct stress_runner *runner, unsigned device, struct stress_block **blocks,
		  unsigned count)
{
	struct stress_role *role = runner->role;
	/* From the heap itself, beside what it speaks of. */
	struct range *ranges = malloc(count * sizeof *ranges);

	if (!ranges)
		return;
	for (unsigned i = 0; i < count; i++)
		ranges[i] = (struct range){blocks[i]->words, blocks[i]->count, blocks[i]->tag,
					   UINT32_MAX};
	clSetKernelArgSVMPointer(runner->kernel, 0, ranges);
	stress_at(role, "running steal");
	bool done = stress_run(runner, device, count);

	stress_at(role, "looking at what steal found");
	for (unsigned i = 0; i < count && done; i++)
		if (ranges[i].wrong)
			stress_found(role, "%s sees %u of %zu words at %p wrong%s",
				     stress.devices[device].name, ranges[i].wrong, blocks[i]->count,
				     (void *)blocks[i]->words,
				     stress_block_wrong(blocks[i]) ? ", and so does the host" : "");
	free(ranges);
	atomic_fetch_add(&stress.counts.stolen, done ? count : 0);
}

static void migrate(struct stress_runner *runner, unsigned device, struct stress_block **blocks,
		    unsigned count)
{
	const void *pointers[MOST];
	size_t sizes[MOST];
	cl_event event = NULL;
	bool home = stress_random(runner->role) % 2;

	for (unsigned i = 0; i < count; i++) {
		pointers[i] = blocks[i]->words;
		sizes[i] = blocks[i]->count * sizeof *blocks[i]->words;
	}
	stress_at(runner->role, "migrating");
	cl_int error =
		clEnqueueSVMMigrateMem(runner->queues[device], count, pointers, sizes,
				       home ? CL_MIGRATE_MEM_OBJECT_HOST : 0, 0, NULL, &event);

	if (stress_wait(runner, device, error, event))
		atomic_fetch_add(&stress.counts.migrated, count);
}

void stress_thief(struct stress_role *role)
{
	struct stress_runner runner;

	stress_runner_open(&runner, role, "steal");
	while (!atomic_load(&stress.stop)) {
		struct stress_block *blocks[MOST];
		unsigned device = stress_random(role) % stress.device_count;

		stress_at(role, "taking blocks");
		unsigned count = take(role, blocks, 1 + stress_random(role) % MOST);

		if (!count)
			continue;
		if (stress_random(role) % 4 == 0)
			migrate(&runner, device, blocks, count);
		steal(&runner, device, blocks, count);
		release(blocks, count);
	}
	stress_runner_close(&runner);
}

/* In the child: only reads, writes and exits. */
static int look_and_spoil(struct stress_block **blocks, unsigned count)
{
	int wrong = 0;

	alarm(50);
	for (unsigned i = 0; i < count; i++) {
		wrong |= stress_block_wrong(blocks[i]) != 0;
		memset(blocks[i]->words, 0x55, blocks[i]->count * sizeof *blocks[i]->words);
	}
	return wrong;
}

static void wait_child(struct stress_role *role, pid_t pid)
{
	int status = 0;

	stress_at(role, "waiting for a child");
	while (waitpid(pid, &status, 0) != pid)
		;
	if (WIFSIGNALED(status))
		stress_found(role, "a child was ended by signal %d", WTERMSIG(status));
	else if (WEXITSTATUS(status))
		stress_found(role, "a child saw wrong words (%d)", WEXITSTATUS(status));
	atomic_fetch_add(&stress.counts.forks, 1);
}

void stress_fork(struct stress_role *role)
{
	while (!atomic_load(&stress.stop)) {
		struct stress_block *blocks[MOST];
		struct timespec pause = {0, (long)(stress_random(role) % 60) * 1000000};

		stress_at(role, "taking blocks");
		unsigned count = take(role, blocks, MOST);
		bool exec = stress_random(role) % 8 == 0;

		stress_at(role, "forking");
		pid_t pid = fork();

		if (pid == 0 && exec) {
			execlp("true", "true", (char *)NULL);
			_exit(126);
		}
		if (pid == 0)
			_exit(look_and_spoil(blocks, count));
		if (pid > 0)
			wait_child(role, pid);
		stress_at(role, "looking after a fork");
		for (unsigned i = 0; i < count; i++)
			if (stress_block_wrong(blocks[i]))
				stress_found(role, "words are wrong after a fork");
		release(blocks, count);
		nanosleep(&pause, NULL);
	}
}
