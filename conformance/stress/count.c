/* SPDX-License-Identifier: MIT */
/* Atomics of host threads and all devices on the same words, at once; and the killer. */
#include "conformance/stress/stress.h"
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ITEMS = 64, TIMES = 50, HOST_TIMES = 3000 };

struct adder {
	atomic_int *word;
	atomic_bool stop;
	long added;
};

static void *add_here(void *data)
{
	struct adder *adder = data;

	for (int i = 0; i < HOST_TIMES; i++) {
		atomic_fetch_add(adder->word, 1);
		adder->added++;
	}
	return NULL;
}

/* One round: all devices and two host threads add to @word. A command that fails may have done a
 * part of its additions, so that the sum has bounds; else it is exact. */
static void add_together(struct stress_runner *runner, atomic_int *word)
{
	struct stress_role *role = runner->role;
	struct adder adder = {.word = word};
	pthread_t thread;
	cl_event events[STRESS_DEVICES] = {NULL};
	cl_int errors[STRESS_DEVICES], times = TIMES;
	const size_t range = ITEMS;
	long least = atomic_load(word), most;

	stress_at(role, "adding together");
	clSetKernelArgSVMPointer(runner->kernel, 0, word);
	clSetKernelArg(runner->kernel, 1, sizeof times, &times);
	for (unsigned i = 0; i < stress.device_count; i++) {
		errors[i] = clEnqueueNDRangeKernel(runner->queues[i], runner->kernel, 1, NULL,
						   &range, NULL, 0, NULL, &events[i]);
		clFlush(runner->queues[i]);
	}
	bool second = !pthread_create(&thread, NULL, add_here, &adder);

	for (int i = 0; i < HOST_TIMES; i++)
		atomic_fetch_add(word, 1);
	if (second)
		pthread_join(thread, NULL);
	least += HOST_TIMES + adder.added;
	most = least;
	stress_at(role, "waiting for the additions");
	for (unsigned i = 0; i < stress.device_count; i++) {
		bool done = stress_wait(runner, i, errors[i], events[i]);

		least += done ? (long)ITEMS * TIMES : 0;
		most += (long)ITEMS * TIMES;
	}
	stress_at(role, "looking at the sum");
	long sum = atomic_load(word);

	if (sum < least || sum > most)
		stress_found(role, "the sum is %ld, which should be %ld to %ld", sum, least, most);
	atomic_fetch_add(&stress.counts.additions, (unsigned long)(most - least + HOST_TIMES));
	atomic_store(word, 0);
}

void stress_count(struct stress_role *role)
{
	struct stress_runner runner;
	atomic_int on_stack = 0, *heap = calloc(1, sizeof *heap);
	atomic_int *fine =
		clSVMAlloc(stress.context,
			   CL_MEM_READ_WRITE | CL_MEM_SVM_FINE_GRAIN_BUFFER | CL_MEM_SVM_ATOMICS,
			   sizeof *fine, 0);

	stress_runner_open(&runner, role, "add");
	if (!heap || !fine) {
		stress_found(role, "no memory for counters");
		atomic_store(&stress.stop, true);
	}
	while (!atomic_load(&stress.stop)) {
		add_together(&runner, &on_stack);
		add_together(&runner, heap);
		atomic_store(fine, 0);
		add_together(&runner, fine);
	}
	clSVMFree(stress.context, fine);
	free(heap);
	stress_runner_close(&runner);
}

/* --- the killer ----------------------------------------------------------------------------- */

/* The process that the pidfd @entry of ours stands for, if it is an accelerator; else 0. */
static pid_t accelerator_of(const char *entry)
{
	char path[300], line[200], name[32] = "";
	int pid = 0;

	snprintf(path, sizeof path, "/proc/self/fdinfo/%s", entry);
	FILE *file = fopen(path, "re");

	while (file && fgets(line, sizeof line, file))
		if (sscanf(line, "Pid: %d", &pid) == 1)
			break;
	if (file)
		fclose(file);
	if (pid <= 0)
		return 0;
	snprintf(path, sizeof path, "/proc/%d/comm", pid);
	file = fopen(path, "re");
	if (file && !fgets(name, sizeof name, file))
		name[0] = '\0';
	if (file)
		fclose(file);
	return strcmp(name, "tern-accel\n") ? 0 : pid;
}

/* It is nobody's child, but the runtime in this process holds a descriptor of it. 0: none. */
static pid_t find_accelerator(void)
{
	DIR *proc = opendir("/proc/self/fdinfo");
	pid_t found = 0;

	for (struct dirent *entry; proc && !found && (entry = readdir(proc));)
		found = accelerator_of(entry->d_name);
	if (proc)
		closedir(proc);
	return found;
}

void stress_kill(struct stress_role *role)
{
	while (!atomic_load(&stress.stop)) {
		int tenths = 3 + (int)(stress_random(role) % 30);
		struct timespec tenth = {0, 100000000};

		for (int i = 0; i < tenths && !atomic_load(&stress.stop); i++) {
			stress_at(role, "waiting");
			nanosleep(&tenth, NULL);
		}
		stress_at(role, "looking for the accelerator");
		pid_t pid = find_accelerator();

		if (!pid)
			continue;
		atomic_store(&stress.killed_at, stress_now());
		if (!kill(pid, SIGKILL))
			atomic_fetch_add(&stress.counts.kills, 1);
	}
}
