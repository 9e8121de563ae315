/* SPDX-License-Identifier: MIT */
/* tern top as text: a block for each process. */
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "tools/text.h"
#include "tools/top.h"
#include "tools/trace.h"

#define PAGES_PER_MIB 256.0
#define IDLE_MOST     8u /* queues without commands that are told one by one */

static void put_padded(FILE *out, const char *text, int columns)
{
	char plain[256];
	int n = (int)tern_text_plain(plain, sizeof(plain), text);
	fprintf(out, "%s%*s", plain, columns > n ? columns - n : 0, "");
}

/* @columns wide, and a space. */
static void put_rate(FILE *out, int columns, double rate, int digits)
{
	if (rate < 0)
		fprintf(out, "%*s ", columns, "-");
	else
		fprintf(out, "%*.*f ", columns, digits, rate);
}

static void put_device(FILE *out, const struct tern_top_process *p, unsigned i)
{
	const struct tern_status_seen_device *d = &p->now->devices[i];
	fputs("        ", out);
	put_padded(out, d->name, 8);
	fprintf(out, "%6" PRIu32, d->units);
	if (!d->limit) {
		fputs("  the host's memory\n", out);
		return;
	}
	fprintf(out, " %10.1f %10.1f ", (double)d->resident / (1 << 20),
		(double)d->limit / (1 << 20));
	put_rate(out, 10, tern_top_device_rate(p, i, TERN_STATUS_DEVICE_READ_FAULTS, 2), 0);
	put_rate(out, 10, tern_top_device_rate(p, i, TERN_STATUS_HOST_READ_FAULTS, 2), 0);
	double in = tern_top_device_rate(p, i, TERN_STATUS_PAGES_TO_DEVICE, 1);
	double back = tern_top_device_rate(p, i, TERN_STATUS_PAGES_TO_HOST, 1);
	put_rate(out, 9, in < 0 ? in : in / PAGES_PER_MIB, 1);
	put_rate(out, 9, back < 0 ? back : back / PAGES_PER_MIB, 1);
	fputc('\n', out);
}

static void put_devices(FILE *out, const struct tern_top_process *p)
{
	bool memory = false;
	for (unsigned i = 0; i < TERN_STATUS_DEVICES; i++)
		memory |= p->now->devices[i].units && p->now->devices[i].limit;
	fprintf(out, "        DEVICE   UNITS%s\n",
		memory ? "   MiB THERE     OF MiB DEV FLT/s HOST FLT/s MiB/s IN MiB/s OUT" : "");
	for (unsigned i = 0; i < TERN_STATUS_DEVICES; i++)
		if (p->now->devices[i].units)
			put_device(out, p, i);
}

static void put_command(FILE *out, const struct tern_top_process *p,
			const struct tern_status_seen_queue *q,
			const struct tern_status_seen_command *c)
{
	bool at_least;
	double seconds = tern_top_seconds(p, q, c, &at_least);
	put_padded(out, *c->name ? c->name : tern_trace_command_name(c->type), 24);
	fprintf(out, " %s%.2f\n", at_least ? ">" : "", seconds);
}

static void put_queue(FILE *out, const struct tern_top_process *p,
		      const struct tern_status_seen_queue *q)
{
	const struct tern_status_seen_queue *before = tern_top_before(p, q);
	fprintf(out, "   %5" PRIu64 " ", q->number % 100000);
	put_padded(out, tern_top_device(p->now, q->device), 8);
	fprintf(out, " %-8s %-5s %8" PRIu64 " ", tern_top_priority(q->priority),
		q->flags & TERN_STATUS_OUT_OF_ORDER ? "out" : "in", q->depth);
	put_rate(out, 10, before ? tern_top_rate(p, before->completed, q->completed) : -1, 0);
	if (!q->running_count)
		fputs(q->depth ? "(waits)\n" : "\n", out);
	for (unsigned i = 0; i < q->running_count; i++) {
		if (i)
			fprintf(out, "%*s", 53, "");
		put_command(out, p, q, &q->running[i]);
	}
}

static bool is_busy(const struct tern_top_process *p, const struct tern_status_seen_queue *q)
{
	const struct tern_status_seen_queue *before = tern_top_before(p, q);
	return q->depth || (before && q->completed != before->completed);
}

static void put_process(FILE *out, const struct tern_top_process *p)
{
	const struct tern_status_seen *s = p->now;
	uint64_t depth = 0, running = 0, idle = 0;
	double done = p->before ? 0 : -1;
	char user[64], program[256];
	tern_text_plain(user, sizeof(user), p->user);
	tern_text_plain(program, sizeof(program), p->program);
	fprintf(out, "\n%7d %s  %s\n", (int)p->pid, user, program);
	put_devices(out, p);
	fputs("   QUEUE DEVICE   PRIORITY ORDER    DEPTH     DONE/s RUNNING                  "
	      "SECONDS\n",
	      out);
	for (unsigned i = 0; i < s->queue_count; i++) {
		const struct tern_status_seen_queue *q = &s->queues[i];
		const struct tern_status_seen_queue *before = tern_top_before(p, q);
		depth += q->depth;
		running += q->running_count;
		if (before && done >= 0)
			done += tern_top_rate(p, before->completed, q->completed);
		if (is_busy(p, q) || idle++ < IDLE_MOST)
			put_queue(out, p, q);
	}
	fprintf(out, "   %-29s %8" PRIu64 " ", "total", depth);
	put_rate(out, 10, done, 0);
	fprintf(out, "%" PRIu64 " running\n", running);
	if (idle > IDLE_MOST)
		fprintf(out, "   and %" PRIu64 " more idle queues\n", idle - IDLE_MOST);
	if (s->hidden)
		fprintf(out, "   and %" PRIu64 " queues that the process does not show\n",
			s->hidden);
}

void tern_top_table(const struct tern_top *top, FILE *out)
{
	uint64_t queues = 0, depth = 0, running = 0;
	for (size_t i = 0; i < top->count; i++) {
		const struct tern_status_seen *s = top->processes[i].now;
		queues += s->queue_count + s->hidden;
		for (unsigned q = 0; q < s->queue_count; q++) {
			depth += s->queues[q].depth;
			running += s->queues[q].running_count;
		}
	}
	char clock[16];
	time_t now = time(NULL);
	struct tm tm;
	strftime(clock, sizeof(clock), "%H:%M:%S", localtime_r(&now, &tm));
	fprintf(out,
		"tern top %s  processes %zu, queues %" PRIu64 ", commands %" PRIu64
		", running %" PRIu64 "\n",
		clock, top->count, queues, depth, running);
	for (size_t i = 0; i < top->count; i++)
		put_process(out, &top->processes[i]);
}
