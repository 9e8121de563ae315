/* SPDX-License-Identifier: MIT */
/* tern top: what the processes that use Tern are doing (runtime/base/status.h). */
#include "tools/top.h"

#define CL_TARGET_OPENCL_VERSION 300
#include <CL/cl.h>
#include <CL/cl_ext.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/thread.h"
#include "tools/tern.h"

#define BETWEEN_MS 100

static const char help[] =
	"usage: tern top [--once] [--json] [--all] [PID]\n\n"
	"  Shows the processes of the user that use Tern: queues and what runs in them, devices,\n"
	"  memory, faults and pages that move. Every second on a terminal (q ends it), else "
	"once.\n\n"
	"  --once  once; rates are those of 100 ms\n"
	"  --json  once, for programs; the manual describes it\n"
	"  --all   processes of other users, too, as far as their rights allow (root)\n"
	"  PID     this process only\n";

/* ---- what both ways of telling need ---- */

double tern_top_rate(const struct tern_top_process *process, uint64_t before, uint64_t now)
{
	if (!process->before || process->now->read_ns <= process->before->read_ns)
		return -1;
	double seconds = (double)(process->now->read_ns - process->before->read_ns) / 1e9;
	return now > before ? (double)(now - before) / seconds : 0;
}

double tern_top_device_rate(const struct tern_top_process *process, unsigned device, unsigned first,
			    unsigned count)
{
	_Static_assert(TERN_STATUS_DEVICE_WRITE_FAULTS == TERN_STATUS_DEVICE_READ_FAULTS + 1 &&
			       TERN_STATUS_HOST_WRITE_FAULTS == TERN_STATUS_HOST_READ_FAULTS + 1,
		       "reads and writes are asked for together");
	const uint64_t *counters = process->now->devices[device].counters;
	uint64_t before = 0, now = 0;
	for (unsigned i = first; i < first + count; i++) {
		now += counters[i];
		before += process->before ? process->before->devices[device].counters[i] : 0;
	}
	return tern_top_rate(process, before, now);
}

const struct tern_status_seen_queue *tern_top_before(const struct tern_top_process *process,
						     const struct tern_status_seen_queue *queue)
{
	const struct tern_status_seen *seen = process->before;
	for (unsigned i = 0; seen && i < seen->queue_count; i++)
		if (seen->queues[i].number == queue->number)
			return &seen->queues[i];
	return NULL;
}

/* The same command at the earlier look, or NULL. */
static const struct tern_status_seen_command *
earlier(const struct tern_status_seen_queue *before, const struct tern_status_seen_command *command)
{
	for (unsigned i = 0; before && i < before->running_count; i++) {
		const struct tern_status_seen_command *c = &before->running[i];
		if (c->place == command->place && c->count == command->count)
			return c;
	}
	return NULL;
}

double tern_top_seconds(const struct tern_top_process *process,
			const struct tern_status_seen_queue *queue,
			const struct tern_status_seen_command *command, bool *at_least)
{
	const struct tern_status_seen *now = process->now, *before = process->before;
	*at_least = !command->timed;
	if (command->timed)
		return command->ms / 1e3;
	return earlier(tern_top_before(process, queue), command)
		       ? (double)(now->read_ns - before->read_ns) / 1e9
		       : 0;
}

const char *tern_top_priority(uint32_t priority)
{
	switch (priority) {
	case CL_QUEUE_PRIORITY_HIGH_KHR:
		return "high";
	case CL_QUEUE_PRIORITY_LOW_KHR:
		return "low";
	default:
		return "normal";
	}
}

const char *tern_top_device(const struct tern_status_seen *seen, unsigned index)
{
	return index < TERN_STATUS_DEVICES ? seen->devices[index].name : "?";
}

/* ---- the command ---- */

static int scan(struct tern_top *top)
{
	int error = tern_top_scan(top);
	if (error)
		fprintf(stderr, "tern top: %s\n", strerror(-error));
	return error ? 1 : 0;
}

static int once(struct tern_top *top, bool json)
{
	int status = scan(top);
	if (!status) {
		tern_sleep_ms(BETWEEN_MS);
		status = scan(top);
	}
	if (!status && top->only && !top->count) {
		fprintf(stderr,
			"tern top: process %d has no commands in Tern, or may not be seen\n",
			(int)top->only);
		status = 1;
	}
	if (!status && json)
		tern_top_json(top, stdout);
	else if (!status)
		tern_top_table(top, stdout);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "tern top: the output: %s\n", strerror(errno));
		status = 1;
	}
	return status;
}

static bool number_of(const char *text, pid_t *out)
{
	char *end;
	errno = 0;
	long n = strtol(text, &end, 10);
	*out = (pid_t)n;
	return !errno && end != text && !*end && n > 0 && n == *out;
}

int tern_tool_top(int argc, char **argv)
{
	struct tern_top top = {0};
	bool is_once = false, json = false;
	for (; argc; argc--, argv++) {
		if (!strcmp(*argv, "--help")) {
			fputs(help, stdout);
			return 0;
		}
		if (!strcmp(*argv, "--once")) {
			is_once = true;
		} else if (!strcmp(*argv, "--json")) {
			json = true;
		} else if (!strcmp(*argv, "--all")) {
			top.everybody = true;
		} else if (top.only || !number_of(*argv, &top.only)) {
			fprintf(stderr, "tern top: %s: not understood\n%s", *argv, help);
			return 2;
		}
	}
	bool live = !is_once && !json && isatty(STDOUT_FILENO);
	int status = live ? tern_top_live(&top) : once(&top, json);
	tern_top_finish(&top);
	return status;
}
