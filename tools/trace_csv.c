/* SPDX-License-Identifier: MIT */
/* A trace as a table: one line for each record, the columns that a kind does not have are empty. */
#include "tools/trace.h"

#include <inttypes.h>
#include <string.h>

#include "tools/text.h"

struct line {
	int device; /* -1: none */
	uint64_t address, count, number, command;
	const char *what, *why, *text;
};

static struct line describe(const struct tern_trace_reader *reader,
			    const struct tern_trace_record *r)
{
	struct line l = {.device = -1, .text = ""};
	switch (r->kind) {
	case TERN_TRACE_QUEUED:
		l.command = r->a;
		l.what = tern_trace_command_name(r->x);
		break;
	case TERN_TRACE_QUEUE: /* its own number */
	case TERN_TRACE_RUNNING:
		l.command = r->a;
		l.text = tern_trace_reader_text(reader, r->x);
		break;
	case TERN_TRACE_ENDED:
		l.command = r->a;
		l.what = r->x ? "failed" : "complete";
		break;
	case TERN_TRACE_OWNER:
		l.device = r->n;
		l.command = r->a;
		l.count = r->x;
		break;
	case TERN_TRACE_POLICY:
		l.what = r->n ? "replaced" : "chosen";
		l.text = tern_trace_reader_text(reader, r->x);
		break;
	case TERN_TRACE_DEVICE:
		l.device = r->n;
		l.count = r->a;
		break;
	case TERN_TRACE_FAULT:
		l.device = r->flags & TERN_TRACE_HOST ? -1 : r->n;
		l.what = r->flags & TERN_TRACE_WRITE ? "write" : "read";
		l.why = r->flags & TERN_TRACE_HOST ? "host" : "device";
		l.address = r->a;
		l.number = r->b;
		break;
	case TERN_TRACE_SERVED:
		l.what = r->flags & TERN_TRACE_JOINED ? "joined" : NULL;
		l.number = r->b;
		break;
	case TERN_TRACE_PLAN:
		l.what = tern_trace_action_name(r->flags);
		l.address = r->a;
		l.count = r->x;
		l.number = r->b;
		break;
	case TERN_TRACE_RULE:
		l.number = r->b;
		l.text = tern_trace_reader_text(reader, r->x);
		break;
	case TERN_TRACE_MOVED:
		l.device = r->n;
		l.what = tern_trace_way_name(r->flags);
		l.why = tern_trace_reason_name(r->flags);
		l.address = r->a;
		l.count = r->x;
		l.number = r->b;
		break;
	case TERN_TRACE_COMMAND:
		l.device = r->n;
		l.what = tern_trace_event_name(r->flags);
		l.count = r->x;
		l.command = r->a;
		break;
	case TERN_TRACE_ITEMS:
		l.count = r->a;
		break;
	case TERN_TRACE_USE:
		l.what = tern_trace_use_name(r->flags);
		l.address = r->a;
		l.count = r->b;
		break;
	case TERN_TRACE_AHEAD:
		l.device = r->n;
		l.what = tern_trace_ahead_name(r->flags);
		l.address = r->a;
		l.count = r->x;
		if (r->flags & 16)
			l.number = r->b;
		else
			l.command = r->b;
		break;
	case TERN_TRACE_UNMAPPED:
		l.address = r->a;
		l.count = r->x;
		break;
	case TERN_TRACE_MAPPED:
		l.what = r->flags & TERN_TRACE_FILE ? "file" : "memory";
		l.why = r->flags & TERN_TRACE_WRITABLE ? "writable" : "read-only";
		l.address = r->a;
		l.count = r->b;
		break;
	case TERN_TRACE_REMOVED:
		l.what = r->flags ? "unmapped" : "given up";
		l.address = r->a;
		l.count = r->b;
		break;
	case TERN_TRACE_REMAPPED:
		l.address = r->a;
		l.count = r->x;
		break;
	case TERN_TRACE_REQUEST:
		l.device = r->n == UINT16_MAX ? -1 : r->n;
		l.why = r->n == UINT16_MAX ? "host" : "device";
		l.address = r->a;
		l.count = r->b;
		break;
	default: /* advice */
		l.address = r->a;
		l.count = r->b;
		break;
	}
	return l;
}

static void put_number(FILE *out, uint64_t v, bool hex)
{
	fputc(',', out);
	if (v)
		fprintf(out, hex ? "0x%" PRIx64 : "%" PRIu64, v);
}

void tern_trace_csv(struct tern_trace_reader *reader, FILE *out)
{
	const struct tern_trace_header *h = tern_trace_reader_header(reader);
	struct tern_trace_record r;
	fputs("time_us,event,device,what,why,address,count,fault,command,text\n", out);
	while (tern_trace_reader_next(reader, &r)) {
		struct line l = describe(reader, &r);
		double us = ((double)r.ns - (double)h->started_ns) / 1000;
		fprintf(out, "%.3f,%s,", us, tern_trace_kind_name(r.kind));
		if (l.device >= 0)
			fprintf(out, "%d", l.device);
		fprintf(out, ",%s,%s", l.what ? l.what : "", l.why ? l.why : "");
		put_number(out, l.address, true);
		put_number(out, l.count, false);
		put_number(out, l.number, false);
		put_number(out, l.command, true);
		fputc(',', out);
		tern_text_csv(out, l.text ? l.text : "");
		fputc('\n', out);
	}
}
