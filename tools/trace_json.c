/* SPDX-License-Identifier: MIT */
/*
 * A trace in the trace event format of Chrome, which Perfetto reads: queues, the sides that fault
 * and the links as tracks; an arrow leads from each fault to the moves that it caused. What goes on
 * at the same time in one of them is in lanes, since the slices of a track must not overlap.
 */
#include "tools/trace.h"

#include <inttypes.h>
#include <string.h>

#include "tools/table.h"
#include "tools/text.h"

enum { COMMANDS = 1, FAULTS, LINKS }; /* "processes" */
enum { LANES = 64, SIDES_MOST = 100 };

/* What is known of a command, a fault or a queue. */
struct entry {
	uint64_t key;
	double start_us, queued_us;
	uint64_t queue;
	uint32_t type, text;
	uint16_t track;
	uint8_t lane;
	uint64_t busy; /* queues: lanes in use */
};

struct json {
	struct tern_trace_reader *reader;
	FILE *out;
	bool first, out_of_memory;
	unsigned tracks;                            /* of queues */
	uint64_t busy[SIDES_MOST];                  /* lanes of faults in use */
	struct tern_table commands, faults, queues; /* of struct entry */
};

static struct entry *find(const struct tern_table *t, uint64_t key)
{
	return tern_table_find(t, key);
}

/* The entry of @key, cleared. NULL: no memory, or @key is 0. */
static struct entry *add(struct json *j, struct tern_table *t, uint64_t key)
{
	struct entry *e = tern_table_add(t, key);
	if (e)
		*e = (struct entry){.key = key};
	j->out_of_memory = j->out_of_memory || (key && !e);
	return e;
}

/* ---- events ---- */

static void begin(struct json *j, const char *phase, unsigned process, unsigned track, double us)
{
	fprintf(j->out, "%s{\"ph\":\"%s\",\"pid\":%u,\"tid\":%u,\"ts\":%.3f", j->first ? "" : ",\n",
		phase, process, track, us);
	j->first = false;
}

static void put_name(struct json *j, const char *name)
{
	fputs(",\"name\":", j->out);
	tern_text_json(j->out, name);
}

static void name_track(struct json *j, unsigned process, unsigned track, const char *name)
{
	begin(j, "M", process, track, 0);
	put_name(j, "thread_name");
	fputs(",\"args\":{\"name\":", j->out);
	tern_text_json(j->out, name);
	fputs("}}", j->out);
}

static void name_process(struct json *j, unsigned process, const char *name)
{
	begin(j, "M", process, 0, 0);
	put_name(j, "process_name");
	fputs(",\"args\":{\"name\":", j->out);
	tern_text_json(j->out, name);
	fputs("}}", j->out);
}

static double micros(const struct json *j, const struct tern_trace_record *r)
{
	double us = (double)r->ns - (double)tern_trace_reader_header(j->reader)->started_ns;
	return us > 0 ? us / 1000 : 0;
}

/* The first that is free; the last one serves for all that are too many. */
static uint8_t take_lane(uint64_t *busy)
{
	unsigned lane = ~*busy ? (unsigned)__builtin_ctzll(~*busy) : LANES - 1;
	*busy |= UINT64_C(1) << lane;
	return (uint8_t)lane;
}

/* ---- commands ---- */

static void queue_made(struct json *j, const struct tern_trace_record *r)
{
	struct entry *e = add(j, &j->queues, r->a);
	if (!e)
		return;
	e->track = (uint16_t)++j->tracks;
	char name[160];
	const char *device = tern_trace_reader_text(j->reader, r->x);
	snprintf(name, sizeof(name), "queue %u on %s", e->track, device ? device : "a device");
	name_track(j, COMMANDS, e->track * LANES, name);
}

static void command_queued(struct json *j, const struct tern_trace_record *r)
{
	struct entry *e = add(j, &j->commands, r->a);
	if (!e)
		return;
	e->queued_us = e->start_us = micros(j, r);
	e->queue = r->b;
	e->type = r->x;
}

static void command_running(struct json *j, const struct tern_trace_record *r)
{
	struct entry *e = find(&j->commands, r->a);
	if (!e)
		return;
	struct entry *queue = find(&j->queues, e->queue);
	e->start_us = micros(j, r);
	e->text = r->x;
	if (queue)
		e->lane = take_lane(&queue->busy);
}

static void command_ended(struct json *j, const struct tern_trace_record *r)
{
	struct entry *e = find(&j->commands, r->a);
	if (!e || !e->queue)
		return;
	struct entry *queue = find(&j->queues, e->queue);
	const char *name = tern_trace_reader_text(j->reader, e->text);
	double now = micros(j, r);
	begin(j, "X", COMMANDS, queue ? queue->track * LANES + e->lane : 0, e->start_us);
	put_name(j, name ? name : tern_trace_command_name(e->type));
	fprintf(j->out,
		",\"dur\":%.3f,\"args\":{\"command\":\"0x%" PRIx64
		"\",\"waited_us\":%.3f,\"status\":%d}}",
		now > e->start_us ? now - e->start_us : 0, r->a, e->start_us - e->queued_us,
		(int)r->x);
	e->queue = 0; /* it has been told */
	if (queue)
		queue->busy &= ~(UINT64_C(1) << e->lane);
}

/* ---- faults and moves ---- */

static void fault(struct json *j, const struct tern_trace_record *r)
{
	struct entry *e = add(j, &j->faults, r->b);
	if (!e)
		return;
	bool host = r->flags & TERN_TRACE_HOST;
	e->queue = r->a;
	e->start_us = micros(j, r);
	e->type = r->flags;
	unsigned side = host ? 0 : tern_min(r->n + 1u, SIDES_MOST - 1u);
	e->lane = take_lane(&j->busy[side]);
	e->track = (uint16_t)(side * LANES + e->lane);
}

static void plan(struct json *j, const struct tern_trace_record *r)
{
	struct entry *e = find(&j->faults, r->b);
	const char *rule = e ? tern_trace_reader_text(j->reader, e->text) : NULL;
	if (!e)
		return;
	begin(j, "i", FAULTS, e->track, micros(j, r));
	put_name(j, rule ? rule : "plan");
	fprintf(j->out,
		",\"s\":\"t\",\"args\":{\"action\":\"%s\",\"address\":\"0x%" PRIx64
		"\",\"pages\":%" PRIu32 "}}",
		tern_trace_action_name(r->flags), r->a, r->x);
}

static void served(struct json *j, const struct tern_trace_record *r)
{
	struct entry *e = find(&j->faults, r->b);
	if (!e || !e->start_us)
		return;
	double now = micros(j, r);
	begin(j, "X", FAULTS, e->track, e->start_us);
	put_name(j, e->type & TERN_TRACE_WRITE ? "write fault" : "read fault");
	fprintf(j->out, ",\"dur\":%.3f,\"args\":{\"address\":\"0x%" PRIx64 "\"}}",
		now > e->start_us ? now - e->start_us : 0, e->queue);
	e->start_us = 0;
	j->busy[e->track / LANES] &= ~(UINT64_C(1) << e->lane);
}

static void arrow(struct json *j, const char *phase, unsigned process, unsigned track, double us,
		  uint64_t number)
{
	begin(j, phase, process, track, us);
	put_name(j, "fault");
	fprintf(j->out, ",\"cat\":\"migration\",\"id\":%" PRIu64 "%s}", number,
		*phase == 'f' ? ",\"bp\":\"e\"" : "");
}

static void moved(struct json *j, const struct tern_trace_record *r)
{
	unsigned track =
		2 * tern_min(r->n + 1u, SIDES_MOST - 1u) + tern_trace_way_is_to_host(r->flags);
	double us = micros(j, r);
	const struct entry *e = find(&j->faults, r->b);
	if (e && e->start_us) {
		arrow(j, "s", FAULTS, e->track, e->start_us, r->b);
		arrow(j, "f", LINKS, track, us, r->b);
	}
	begin(j, "X", LINKS, track, us);
	put_name(j, tern_trace_way_name(r->flags));
	fprintf(j->out,
		",\"dur\":1,\"args\":{\"address\":\"0x%" PRIx64 "\",\"pages\":%" PRIu32
		",\"why\":\"%s\"}}",
		r->a, r->x, tern_trace_reason_name(r->flags));
}

static void device(struct json *j, const struct tern_trace_record *r)
{
	unsigned n = tern_min(r->n + 1u, SIDES_MOST - 1u);
	char name[64];
	snprintf(name, sizeof(name), "device %u", r->n);
	name_track(j, FAULTS, n * LANES, name);
	snprintf(name, sizeof(name), "to device %u", r->n);
	name_track(j, LINKS, 2 * n, name);
	snprintf(name, sizeof(name), "from device %u", r->n);
	name_track(j, LINKS, 2 * n + 1, name);
}

static void rule(struct json *j, const struct tern_trace_record *r)
{
	struct entry *e = find(&j->faults, r->b);
	if (e)
		e->text = r->x;
}

static void record(struct json *j, const struct tern_trace_record *r)
{
	static void (*const tell[TERN_TRACE_KINDS])(struct json *,
						    const struct tern_trace_record *) = {
		[TERN_TRACE_QUEUE] = queue_made,
		[TERN_TRACE_QUEUED] = command_queued,
		[TERN_TRACE_RUNNING] = command_running,
		[TERN_TRACE_ENDED] = command_ended,
		[TERN_TRACE_DEVICE] = device,
		[TERN_TRACE_FAULT] = fault,
		[TERN_TRACE_SERVED] = served,
		[TERN_TRACE_PLAN] = plan,
		[TERN_TRACE_RULE] = rule,
		[TERN_TRACE_MOVED] = moved,
	};
	if (tell[r->kind])
		tell[r->kind](j, r);
}

bool tern_trace_json(struct tern_trace_reader *reader, FILE *out)
{
	struct json j = {.reader = reader,
			 .out = out,
			 .first = true,
			 .commands.bytes = sizeof(struct entry),
			 .faults.bytes = sizeof(struct entry),
			 .queues.bytes = sizeof(struct entry)};
	struct tern_trace_record r;
	fputs("{\"traceEvents\":[\n", out);
	name_process(&j, COMMANDS, "commands");
	name_process(&j, FAULTS, "faults");
	name_process(&j, LINKS, "links");
	name_track(&j, FAULTS, 0, "host");
	while (!j.out_of_memory && tern_trace_reader_next(reader, &r))
		record(&j, &r);
	fputs("\n],\"otherData\":{\"program\":", out);
	tern_text_json(out, tern_trace_reader_header(reader)->program);
	fputs("}}\n", out);
	tern_table_finish(&j.commands);
	tern_table_finish(&j.faults);
	tern_table_finish(&j.queues);
	return !j.out_of_memory;
}
