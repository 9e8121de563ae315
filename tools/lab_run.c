/* SPDX-License-Identifier: MIT */
#include "tools/lab.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "runtime/base/alloc.h"
#include "runtime/base/futex.h"
#include "tools/replay.h"
#include "tools/tern.h"

#define GRACE_SECONDS 2 /* between SIGTERM and SIGKILL */

static volatile sig_atomic_t child;

void lab_interrupt(void)
{
	if (child > 0)
		kill(-(pid_t)child, SIGTERM);
}

static bool set(const char *name, char *value)
{
	bool good = value && !setenv(name, value, 1);
	tern_free(value);
	return good;
}

static bool set_options(const struct lab *lab, const struct lab_result *r, const char *trace,
			bool accesses)
{
	if (accesses && setenv("TERN_TRACE_ACCESSES", "64", 1))
		return false;
	const char *before = getenv("TERN_ACCEL");
	if (!before)
		before = "";
	char *accel = tern_asprintf("%s%smem=%llu", before, *before ? "," : "",
				    (unsigned long long)r->memory);
	if (accel && lab->link) {
		char *more = tern_asprintf("%s,link=%llu,latency=%lluus", accel,
					   (unsigned long long)lab->link,
					   (unsigned long long)lab->latency_us);
		tern_free(accel);
		accel = more;
	}
	/* What is not understood, a policy's name for instance, is then in the program's output. */
	if (setenv("TERN_DEVICES", "accel", 0) || setenv("TERN_LOG", "error", 0))
		return false;
	return set("TERN_ACCEL", accel) && set("TERN_POLICY", tern_strdup(r->policy)) &&
	       set("TERN_TRACE", tern_strdup(trace));
}

/* In the child. Its output goes to a file, for whoever wants to know why it failed. */
static void become_program(const struct lab *lab, const struct lab_result *r, const char *trace,
			   const char *log, bool accesses)
{
	int null = open("/dev/null", O_RDONLY);
	int out = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	setpgid(0, 0);
	if (null < 0 || out < 0 || dup2(null, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0 ||
	    !set_options(lab, r, trace, accesses)) {
		perror("tern lab");
		_exit(126);
	}
	_exit(tern_tool_run(lab->argc, lab->program));
}

static double now(void)
{
	return (double)tern_clock_ns() / 1e9;
}

/* Its status as a shell has it. */
static int wait_for(const struct lab *lab, pid_t pid)
{
	double begin = now(), asked = 0;
	struct timespec nap = {0, 1000000};
	int status;
	for (;;) {
		pid_t done = waitpid(pid, &status, WNOHANG);
		if (done == pid)
			break;
		if (done < 0 && errno != EINTR)
			return -1;
		if (!asked && now() - begin > lab->timeout) {
			asked = now();
			kill(-pid, SIGTERM);
		}
		if (asked && now() - asked > GRACE_SECONDS)
			kill(-pid, SIGKILL);
		nanosleep(&nap, NULL);
	}
	kill(-pid, SIGKILL); /* what it may have left */
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static bool read_history(const char *path, struct replay_history *history)
{
	const char *why;
	bool good = replay_history_open(path, history, &why);
	if (!good)
		fprintf(stderr, "tern lab: no regret: %s: %s\n", path, why);
	return good;
}

/* @history: NULL, or what the accesses become, which are recorded then. */
static bool run_named(const struct lab *lab, struct lab_result *result, const char *name,
		      struct replay_history *history)
{
	char *trace = tern_asprintf("%s/run-%s.trace", lab->folder, name);
	char *log = tern_asprintf("%s/run-%s.txt", lab->folder, name);
	bool good = trace && log;
	pid_t pid = -1;
	if (good) {
		unlink(trace);
		fflush(NULL);
		pid = fork();
	}
	double begin = now();
	if (good && !pid)
		become_program(lab, result, trace, log, history);
	if (pid < 0) {
		perror("tern lab");
		good = false;
	} else {
		(void)setpgid(pid, pid); /* the child does it, too: whoever is first */
		child = (sig_atomic_t)pid;
		result->status = wait_for(lab, pid);
		child = 0;
		result->m.seconds = now() - begin;
		if (history)
			good = read_history(trace, history);
		else if (!lab_measure(lab, trace, &result->m) && !result->status)
			result->status = -1;
	}
	if (trace && pid > 0 && !lab->keep)
		unlink(trace);
	tern_free(trace);
	tern_free(log);
	return good;
}

bool lab_run(const struct lab *lab, struct lab_result *result, unsigned number)
{
	char name[16];
	snprintf(name, sizeof(name), "%u", number);
	return run_named(lab, result, name, NULL);
}

bool lab_run_recording(const struct lab *lab, struct lab_result *result,
		       struct replay_history *history)
{
	return run_named(lab, result, "accesses", history);
}
