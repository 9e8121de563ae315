/* SPDX-License-Identifier: MIT */
/* Virtual time, from a trace; lab_cost.h says what it is. */
#include <string.h>

#include "runtime/base/alloc.h"
#include "tools/lab_cost.h"

#define PAGE_BYTES  4096.0
#define CHUNK_SHIFT 21

/* ns; a page's contents only where no link is imposed. Medians of this engine on one machine. */
enum {
	COST_FAULT = 15000,
	COST_PAGE = 700,   /* page tables of both sides */
	COST_COPY = 1100,  /* 4 KiB at 3.6 GB/s */
	COST_EVICT = 10000 /* of a part of a chunk, beyond its pages */
};

struct entry {
	uint64_t key;
	uint64_t open;
};

void lab_cost_init(struct lab_cost *cost, uint64_t link, uint64_t latency_us)
{
	*cost = (struct lab_cost){.faults.bytes = sizeof(struct entry),
				  .copy_ns = link ? PAGE_BYTES * 1e9 / (double)link : COST_COPY,
				  .latency_ns = link ? (double)latency_us * 1000 : 0};
}

void lab_cost_finish(struct lab_cost *cost)
{
	tern_table_finish(&cost->faults);
	tern_free(cost->work);
}

/* ---- the work ---- */

static void advance(struct lab_cost *cost, uint64_t ns)
{
	if (cost->now && ns > cost->now && !cost->open)
		for (unsigned i = 0; i < cost->running_count; i++)
			cost->work[cost->running[i].kernel] +=
				(double)(ns - cost->now) / cost->running_count;
	cost->now = tern_max(cost->now, ns);
}

static bool kernel_starts(struct lab_cost *cost, uint64_t command)
{
	if (cost->running_count == LAB_RUNNING) /* so many at once: the rest counts for nothing */
		return true;
	if (cost->kernels == cost->size) {
		size_t size = cost->size ? 2 * cost->size : 256;
		double *larger = tern_realloc_array(cost->work, size, sizeof(*larger));
		if (!larger)
			return false;
		cost->work = larger;
		cost->size = size;
	}
	cost->running[cost->running_count].command = command;
	cost->running[cost->running_count++].kernel = cost->kernels;
	cost->work[cost->kernels++] = 0;
	return true;
}

static void command_ends(struct lab_cost *cost, uint64_t command)
{
	for (unsigned i = 0; i < cost->running_count; i++)
		if (cost->running[i].command == command) {
			cost->running[i] = cost->running[--cost->running_count];
			return;
		}
}

static bool fault_begins(struct lab_cost *cost, uint64_t number)
{
	struct entry *e = tern_table_add(&cost->faults, number);
	if (!e)
		return false;
	cost->open += !e->open;
	e->open = 1;
	return true;
}

static void fault_ends(struct lab_cost *cost, uint64_t number)
{
	struct entry *e = tern_table_find(&cost->faults, number);
	if (!e || !e->open)
		return;
	cost->open--;
	e->open = 0;
}

/* ---- the service ---- */

static void moved(struct lab_cost *cost, const struct tern_trace_record *r)
{
	unsigned way = r->flags & 15;
	bool contents = way != TERN_TRACE_ZEROED && way != TERN_TRACE_DROPPED;
	uint64_t key[] = {r->a >> CHUNK_SHIFT, r->b, r->flags};
	cost->service_ns += (double)r->x * (COST_PAGE + (contents ? cost->copy_ns : 0));
	if (!memcmp(key, cost->transfer, sizeof(key)))
		return; /* more of the same */
	memcpy(cost->transfer, key, sizeof(key));
	if (contents) {
		cost->transfers++;
		cost->service_ns += cost->latency_ns;
	}
	if (r->flags >> 4 == TERN_TRACE_BY_EVICTION)
		cost->service_ns += COST_EVICT;
}

bool lab_cost_record(struct lab_cost *cost, const struct tern_trace_record *r)
{
	bool good = true;
	advance(cost, r->ns);
	switch (r->kind) {
	case TERN_TRACE_RUNNING:
		if (r->x) /* a kernel; other commands are moves and copies */
			good = kernel_starts(cost, r->a);
		break;
	case TERN_TRACE_ENDED:
		command_ends(cost, r->a);
		break;
	case TERN_TRACE_FAULT:
		cost->service_ns += COST_FAULT;
		if (!(r->flags & TERN_TRACE_HOST) && r->b)
			good = fault_begins(cost, r->b);
		break;
	case TERN_TRACE_SERVED:
		if (r->flags & TERN_TRACE_JOINED) /* another one's service was its, too */
			cost->service_ns -= COST_FAULT;
		fault_ends(cost, r->b);
		break;
	case TERN_TRACE_MOVED:
		moved(cost, r);
		break;
	default:
		break;
	}
	return good;
}
