/* SPDX-License-Identifier: MIT */
/* Runs cases in this process, or each in a child with a time limit. */
#include "conformance/report.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define HANG_SECONDS 3 /* for a case that is known to hang */

static const char *running; /* for the alarm handler */

/* There in builds with the address sanitizer: a case that passes must not have leaked either. */
extern int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

static void reset(struct conf_record *record)
{
	atomic_store(&record->checks, 0);
	atomic_store(&record->failures, 0);
	atomic_store(&record->skipped, false);
	atomic_store(&record->finished, false);
	atomic_store(&record->used, 0);
	record->text[0] = '\0';
}

/* Without isolation a hang ends the run, with the name of the case. */
static void on_alarm(int number)
{
	static const char text[] = "\ntime limit reached in ";
	ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);

	written += write(STDERR_FILENO, running, strlen(running));
	written += write(STDERR_FILENO, "\n", 1);
	(void)written;
	(void)number;
	_exit(1);
}

/* Whether a thread of this process has that name. */
static bool has_thread(const char *name)
{
	DIR *tasks = opendir("/proc/self/task");
	bool found = false;

	for (struct dirent *entry; tasks && !found && (entry = readdir(tasks));) {
		char path[300], line[32] = "";

		snprintf(path, sizeof path, "/proc/self/task/%s/comm", entry->d_name);
		FILE *file = fopen(path, "re");

		if (!file)
			continue;
		if (fgets(line, sizeof line, file))
			line[strcspn(line, "\n")] = '\0';
		found = !strcmp(line, name);
		fclose(file);
	}
	if (tasks)
		closedir(tasks);
	return found;
}

/*
 * The leak checker stops all threads and reads all memory: it would wait for ever for a page that
 * is on a device, since the thread that brings pages back is stopped. That thread ends a while
 * after the last queue of the device.
 */
static bool leaked(void)
{
	if (!__lsan_do_recoverable_leak_check || conf_failed())
		return false;
	for (int i = 0; i < 300 && has_thread("tern-engine"); i++)
		conf_sleep(0.01);
	if (has_thread("tern-engine"))
		return !conf_check(false, __FILE__, __LINE__, "the device is still open");
	return __lsan_do_recoverable_leak_check() != 0;
}

static void child(const struct conf_options *options, const struct conf_case *test,
		  struct conf_record *record)
{
	/* What the kernels or the driver print must not get between the lines of a report. */
	dup2(STDERR_FILENO, STDOUT_FILENO);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpgid(0, 0);
	if (conf_open(options, record)) {
		atomic_store(&record->failures, 1);
		atomic_store(&record->finished, true);
	} else if (test) {
		conf_execute(test, record);
		if (leaked())
			conf_check(false, __FILE__, __LINE__, "memory leaked: see standard error");
	} else {
		atomic_store(&record->finished, true);
	}
	_exit(0);
}

/* Waits for @pid at most @seconds. Returns whether it ended by itself; @status as waitpid's. */
static bool wait_limited(pid_t pid, unsigned seconds, int *status)
{
	double end = conf_now() + seconds;
	double pause = 0.0002;

	while (waitpid(pid, status, WNOHANG) == 0) {
		if (conf_now() > end) {
			kill(-pid, SIGKILL);
			kill(pid, SIGKILL);
			waitpid(pid, status, 0);
			return false;
		}
		conf_sleep(pause);
		pause = pause < 0.02 ? pause * 1.5 : pause;
	}
	kill(-pid, SIGKILL); /* what the case may have left behind */
	return true;
}

static enum conf_status run_isolated(const struct conf_options *options, const char *name,
				     const struct conf_case *test, struct conf_record *record,
				     unsigned seconds)
{
	int status = 0;

	fflush(NULL);
	pid_t pid = fork();

	if (pid == 0)
		child(options, test, record);
	if (pid < 0) {
		snprintf(record->text, sizeof record->text, "fork: %s\n", strerror(errno));
		return CONF_FAIL;
	}
	bool ended = wait_limited(pid, seconds, &status);
	unsigned used = atomic_load(&record->used);
	char *text = record->text + used;
	size_t room = sizeof record->text - used;

	if (!ended) {
		snprintf(text, room, "%s: still running after %u s\n", name, seconds);
		return CONF_HANG;
	}
	if (WIFSIGNALED(status)) {
		snprintf(text, room, "%s: ended by signal %d (%s)\n", name, WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
		return CONF_CRASH;
	}
	if (!atomic_load(&record->finished)) {
		snprintf(text, room, "%s: the process left by exit(%d)\n", name,
			 WEXITSTATUS(status));
		return CONF_CRASH;
	}
	return CONF_PASS;
}

static enum conf_status run_here(const struct conf_options *options, const char *name,
				 const struct conf_case *test, struct conf_record *record,
				 unsigned seconds)
{
	if (conf_open(options, record)) {
		atomic_store(&record->failures, 1);
		return CONF_FAIL;
	}
	running = name;
	signal(SIGALRM, on_alarm);
	alarm(seconds);
	conf_execute(test, record);
	alarm(0);
	return CONF_PASS;
}

static void apply_deviation(const struct conf_deviation *deviation, struct conf_outcome *outcome)
{
	if (!deviation)
		return;
	if (outcome->status == CONF_FAIL || outcome->status == CONF_CRASH ||
	    outcome->status == CONF_HANG)
		outcome->status = CONF_KNOWN;
	else if (outcome->status == CONF_PASS && deviation->kind != CONF_SOMETIMES)
		outcome->status = CONF_FIXED;
	else
		return;
	outcome->deviation = deviation->reason;
}

struct conf_outcome conf_run_case(const struct conf_options *options, const char *name,
				  const struct conf_case *test, struct conf_record *record)
{
	const struct conf_deviation *deviation = conf_deviation_find(record->platform, name);
	unsigned seconds = test->seconds ? test->seconds : options->seconds;
	struct conf_outcome outcome = {CONF_PASS, 0, NULL};
	double start = conf_now();

	reset(record);
	if (!options->isolate && deviation && deviation->kind >= CONF_CRASHES) {
		outcome.status = CONF_KNOWN;
		outcome.deviation = deviation->reason;
		return outcome;
	}
	if (deviation && deviation->kind == CONF_HANGS)
		seconds = HANG_SECONDS;
	outcome.status =
		(options->isolate ? run_isolated : run_here)(options, name, test, record, seconds);
	if (outcome.status == CONF_PASS) {
		if (atomic_load(&record->failures))
			outcome.status = CONF_FAIL;
		else if (atomic_load(&record->skipped))
			outcome.status = CONF_SKIP;
	}
	apply_deviation(deviation, &outcome);
	outcome.seconds = conf_now() - start;
	return outcome;
}

int conf_probe(const struct conf_options *options, struct conf_record *record)
{
	reset(record);
	if (!options->isolate)
		return conf_open(options, record) ? 77 : 0;

	enum conf_status status = run_isolated(options, "probe", NULL, record, options->seconds);

	if (status != CONF_PASS)
		return 1;
	return atomic_load(&record->failures) ? 77 : 0;
}
