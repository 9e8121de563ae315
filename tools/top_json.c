/* SPDX-License-Identifier: MIT */
/* tern top --json. The schema is described in docs/manual.md: members are added, never changed. */
#include <inttypes.h>
#include <time.h>

#include "tools/text.h"
#include "tools/top.h"
#include "tools/trace.h"

#define PAGE 4096u /* bytes of a page that migrates */

static void put_rate(FILE *out, const char *name, double rate)
{
	if (rate < 0)
		fprintf(out, "\"%s\": null", name);
	else
		fprintf(out, "\"%s\": %.1f", name, rate);
}

static void put_text(FILE *out, const char *name, const char *text)
{
	fprintf(out, "\"%s\": ", name);
	tern_text_json(out, text);
}

static double page_bytes(double pages)
{
	return pages < 0 ? pages : pages * PAGE;
}

static void put_memory(FILE *out, const struct tern_top_process *p, unsigned i)
{
	static const char *const names[] = {
		"device_read_faults", "device_write_faults", "host_read_faults",
		"host_write_faults",  "pages_to_device",     "pages_to_host",
		"pages_zeroed",       "pages_dropped",       "pages_evicted"};
	_Static_assert(tern_array_size(names) == TERN_STATUS_COUNTERS, "one for each");
	const struct tern_status_seen_device *d = &p->now->devices[i];
	fprintf(out,
		",\n         \"memory\": {\"limit\": %" PRIu64 ", \"resident\": %" PRIu64 "},\n",
		d->limit, d->resident);
	fputs("         ", out);
	put_rate(out, "device_faults_per_s",
		 tern_top_device_rate(p, i, TERN_STATUS_DEVICE_READ_FAULTS, 2));
	fputs(", ", out);
	put_rate(out, "host_faults_per_s",
		 tern_top_device_rate(p, i, TERN_STATUS_HOST_READ_FAULTS, 2));
	fputs(",\n         ", out);
	put_rate(out, "bytes_to_device_per_s",
		 page_bytes(tern_top_device_rate(p, i, TERN_STATUS_PAGES_TO_DEVICE, 1)));
	fputs(", ", out);
	put_rate(out, "bytes_to_host_per_s",
		 page_bytes(tern_top_device_rate(p, i, TERN_STATUS_PAGES_TO_HOST, 1)));
	fputs(",\n         \"counters\": {", out);
	for (unsigned c = 0; c < TERN_STATUS_COUNTERS; c++)
		fprintf(out, "%s\"%s\": %" PRIu64, c ? ", " : "", names[c], d->counters[c]);
	fputs("}", out);
}

static void put_devices(FILE *out, const struct tern_top_process *p)
{
	const char *separator = "";
	fputs("     \"devices\": [", out);
	for (unsigned i = 0; i < TERN_STATUS_DEVICES; i++) {
		const struct tern_status_seen_device *d = &p->now->devices[i];
		if (!d->units)
			continue;
		fprintf(out, "%s\n        {", separator);
		put_text(out, "name", d->name);
		fprintf(out, ", \"units\": %" PRIu32, d->units);
		if (d->limit)
			put_memory(out, p, i);
		else
			fputs(", \"memory\": null", out);
		fputs("}", out);
		separator = ",";
	}
	fputs("],\n", out);
}

static void put_running(FILE *out, const struct tern_top_process *p,
			const struct tern_status_seen_queue *q)
{
	fputs("         \"running\": [", out);
	for (unsigned i = 0; i < q->running_count; i++) {
		const struct tern_status_seen_command *c = &q->running[i];
		bool at_least;
		double seconds = tern_top_seconds(p, q, c, &at_least);
		fprintf(out, "%s\n            {", i ? "," : "");
		put_text(out, "command", tern_trace_command_name(c->type));
		fprintf(out, ", \"type\": %" PRIu32 ", ", c->type);
		if (*c->name)
			put_text(out, "kernel", c->name);
		else
			fputs("\"kernel\": null", out);
		fprintf(out, ", \"seconds\": %.3f, \"at_least\": %s}", seconds,
			at_least ? "true" : "false");
	}
	fputs("]", out);
}

static void put_queue(FILE *out, const struct tern_top_process *p,
		      const struct tern_status_seen_queue *q)
{
	const struct tern_status_seen_queue *before = tern_top_before(p, q);
	fprintf(out, "\n        {\"number\": %" PRIu64 ", ", q->number);
	put_text(out, "device", tern_top_device(p->now, q->device));
	fprintf(out, ", \"units\": %" PRIu32 ", \"thread\": %" PRIu32, q->units, q->thread);
	fprintf(out, ", \"in_order\": %s", q->flags & TERN_STATUS_OUT_OF_ORDER ? "false" : "true");
	fprintf(out, ", \"profiled\": %s, ", q->flags & TERN_STATUS_PROFILED ? "true" : "false");
	put_text(out, "priority", tern_top_priority(q->priority));
	fprintf(out,
		",\n         \"depth\": %" PRIu64 ", \"completed\": %" PRIu64
		", \"failed\": %" PRIu64 ", ",
		q->depth, q->completed, q->failed);
	put_rate(out, "completed_per_s",
		 before ? tern_top_rate(p, before->completed, q->completed) : -1);
	fputs(",\n", out);
	put_running(out, p, q);
	fputs("}", out);
}

static void put_process(FILE *out, const struct tern_top_process *p)
{
	const struct tern_status_seen *s = p->now;
	fprintf(out, "\n    {\"pid\": %d, \"uid\": %u, ", (int)p->pid, (unsigned)p->uid);
	put_text(out, "owner", p->user);
	fputs(", ", out);
	put_text(out, "program", p->program);
	fprintf(out, ",\n     \"seconds\": %.3f, ", (double)(s->read_ns - s->started_ns) / 1e9);
	put_text(out, "policy", s->policy);
	fputs(", ", out);
	put_text(out, "accelerator", s->accelerator);
	if (p->before)
		fprintf(out, ", \"interval_s\": %.3f,\n",
			(double)(s->read_ns - p->before->read_ns) / 1e9);
	else
		fputs(", \"interval_s\": null,\n", out);
	put_devices(out, p);
	fputs("     \"queues\": [", out);
	for (unsigned i = 0; i < s->queue_count; i++) {
		fputs(i ? "," : "", out);
		put_queue(out, p, &s->queues[i]);
	}
	fprintf(out, "],\n     \"hidden_queues\": %" PRIu64 "}", s->hidden);
}

void tern_top_json(const struct tern_top *top, FILE *out)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	fprintf(out, "{\"version\": 1, \"time\": %lld.%03ld,\n \"processes\": [",
		(long long)now.tv_sec, now.tv_nsec / 1000000);
	for (size_t i = 0; i < top->count; i++) {
		fputs(i ? "," : "", out);
		put_process(out, &top->processes[i]);
	}
	fputs("]}\n", out);
}
