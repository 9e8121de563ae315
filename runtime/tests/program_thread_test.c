/* SPDX-License-Identifier: MIT */
/* Build threads: every task runs once, not on the caller's thread, and a task that waits for
 * another one does not hold it up. */
#include "runtime/program_thread.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/base/alloc.h"
#include "runtime/base/futex.h"
#include "runtime/base/thread.h"

#define TASKS 200

struct counted {
	struct tern_build_task task; /* first */
	_Atomic uint32_t runs;
};

static struct counted counted[TASKS];
static _Atomic uint32_t done;
static pthread_t main_thread;
static _Atomic bool on_main;

static void count(struct tern_build_task *task)
{
	struct counted *c = (struct counted *)task;
	if (pthread_equal(pthread_self(), main_thread))
		on_main = true;
	c->runs++;
	done++;
	tern_futex_wake(&done, 1);
}

static bool wait_for(_Atomic uint32_t *word, uint32_t value)
{
	for (int i = 0; i < 1000; i++) {
		uint32_t now = *word;
		if (now >= value)
			return true;
		tern_futex_wait_for(word, now, 10000000);
	}
	return false;
}

static int test_all_run(void)
{
	done = 0;
	for (int i = 0; i < TASKS; i++) {
		counted[i].runs = 0;
		counted[i].task.run = count;
		if (tern_build_thread_run(&counted[i].task))
			return fprintf(stderr, "a task is refused\n");
	}
	if (!wait_for(&done, TASKS))
		return fprintf(stderr, "%u of %d tasks ran\n", done, TASKS);
	for (int i = 0; i < TASKS; i++)
		if (counted[i].runs != 1)
			return fprintf(stderr, "task %d ran %u times\n", i, counted[i].runs);
	return on_main ? fprintf(stderr, "a task ran on the caller's thread\n") : 0;
}

static _Atomic uint32_t second_ran, first_done;

static void run_first(struct tern_build_task *task)
{
	(void)task;
	first_done = wait_for(&second_ran, 1) ? 1 : 2;
	tern_futex_wake(&first_done, 1);
}

static void run_second(struct tern_build_task *task)
{
	(void)task;
	second_ran = 1;
	tern_futex_wake(&second_ran, 1);
}

static int test_waiting_task(void)
{
	static struct tern_build_task first = {.run = run_first}, second = {.run = run_second};
	if (tern_build_thread_run(&first) || tern_build_thread_run(&second))
		return fprintf(stderr, "a task is refused\n");
	if (!wait_for(&first_done, 1) || first_done != 1)
		return fprintf(stderr, "a task that waits held up the next\n");
	return 0;
}

/* No thread can be had: an error, and the task does not run, then or later. */
static int test_no_thread(void)
{
	tern_sleep_ms(50); /* the threads of before end */
	done = 0;
	counted[0].runs = 0;
	tern_fault_arm(1, true);
	int error = tern_build_thread_run(&counted[0].task);
	tern_fault_arm(0, false);
	if (!error)
		return fprintf(stderr, "no thread, no error\n");
	if (tern_build_thread_run(&counted[1].task))
		return fprintf(stderr, "a task is refused after the fault\n");
	if (!wait_for(&done, 1) || counted[0].runs)
		return fprintf(stderr, "the refused task ran\n");
	return 0;
}

/* A child has no threads; it can start its own. */
static int test_fork(void)
{
#ifdef __SANITIZE_THREAD__
	return 0; /* its run time allows no threads after a fork */
#endif
	tern_build_thread_fork_before();
	pid_t pid = fork();
	tern_build_thread_fork_after(pid == 0);
	if (pid == 0) {
		main_thread = pthread_self();
		_exit(test_all_run() ? 1 : 0);
	}
	int status = -1;
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		return fprintf(stderr, "no builds after fork (status %d)\n", status);
	return 0;
}

int main(void)
{
	main_thread = pthread_self();
	if (test_all_run() || test_waiting_task() || test_no_thread())
		return 1;
	return test_fork() ? 1 : 0;
}
