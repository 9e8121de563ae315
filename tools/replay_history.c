/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "tools/replay.h"
#include "tools/table.h"

#define PAGE_BYTES 4096.0
#define PAGES_MOST 512u /* of one move: they lie in one chunk */
#define GAP_MOST   ((uint64_t)1 << 50)

/* A fault that is not served. */
struct open_fault {
	uint64_t number;
	struct tern_trace_record record;
	uint64_t idle_ns; /* before it */
	uint64_t pages;   /* moved for it */
};

struct numbers {
	uint64_t *at;
	size_t count, size;
};

struct reading {
	struct replay_history *h;
	struct tern_table faults;
	struct numbers gaps, services;
	uint64_t open;     /* faults that are not served */
	uint64_t since_ns; /* when the last one was, or a request ended */
	uint64_t moving_ns, moving_pages, moving_faults;
	uint64_t begun_ns; /* the first access */
	uint64_t device;   /* + 1: the first that was attached; others are left out */
	bool telling;      /* of a command on that device */
	bool out_of_memory;
};

static void add_number(struct reading *s, struct numbers *n, uint64_t value)
{
	if (n->count == n->size) {
		size_t size = n->size ? 2 * n->size : 1024;
		uint64_t *larger = tern_realloc_array(n->at, size, sizeof(*larger));
		s->out_of_memory |= !larger;
		if (!larger)
			return;
		n->at = larger;
		n->size = size;
	}
	n->at[n->count++] = value;
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

/* What @part of them are below. 0: there are none. */
static uint64_t quantile(struct numbers *n, double part)
{
	if (!n->count)
		return 0;
	qsort(n->at, n->count, sizeof(*n->at), by_size);
	return n->at[(size_t)(part * (double)(n->count - 1))];
}

static void add_step(struct reading *s, const struct tern_trace_record *r, uint64_t gap_ns)
{
	struct replay_history *h = s->h;
	if (h->count == h->size) {
		size_t size = h->size ? 2 * h->size : 4096;
		struct replay_step *larger = tern_realloc_array(h->steps, size, sizeof(*larger));
		s->out_of_memory |= !larger;
		if (!larger)
			return;
		h->steps = larger;
		h->size = size;
	}
	h->steps[h->count++] = (struct replay_step){.kind = r->kind,
						    .flags = r->flags,
						    .n = r->n,
						    .x = r->x,
						    .gap_ns = gap_ns,
						    .a = r->a,
						    .b = r->b};
}

static bool is_ours(const struct reading *s, const struct tern_trace_record *r)
{
	return s->device == r->n + UINT64_C(1);
}

static uint64_t elapsed(uint64_t from, uint64_t to)
{
	return to > from ? tern_min(to - from, GAP_MOST) : 0;
}

static void fault(struct reading *s, const struct tern_trace_record *r)
{
	bool host = r->flags & TERN_TRACE_HOST;
	if (!host && !is_ours(s, r))
		return;
	struct open_fault *f = tern_table_add(&s->faults, r->b);
	if (!f) {
		s->out_of_memory |= r->b != 0;
		return;
	}
	s->open += !f->record.kind;
	f->record = *r;
	f->pages = 0;
	f->idle_ns = s->open == 1 && s->since_ns ? elapsed(s->since_ns, r->ns) : 0;
}

static void served(struct reading *s, const struct tern_trace_record *r)
{
	struct open_fault *f = tern_table_find(&s->faults, r->b);
	if (!f || !f->record.kind)
		return;
	if (r->flags & TERN_TRACE_JOINED) { /* the thread wanted what the access before did */
		f->record.kind = TERN_TRACE_NONE;
		s->open--;
		return;
	}
	uint64_t took = elapsed(f->record.ns, r->ns);
	if (f->idle_ns)
		add_number(s, &s->gaps, f->idle_ns);
	if (!f->pages)
		add_number(s, &s->services, took);
	s->moving_ns += f->pages ? took : 0;
	s->moving_faults += f->pages != 0;
	s->moving_pages += f->pages;
	add_step(s, &f->record, f->idle_ns);
	if (!s->h->accesses++)
		s->begun_ns = f->record.ns;
	s->since_ns = tern_max(s->since_ns, r->ns);
	s->h->span_ns = elapsed(s->begun_ns, s->since_ns);
	f->record.kind = TERN_TRACE_NONE;
	s->open--;
}

static void moved(struct reading *s, const struct tern_trace_record *r)
{
	struct open_fault *f = tern_table_find(&s->faults, r->b);
	unsigned pages = tern_min(r->x, PAGES_MOST), way = r->flags & 15;
	if (!is_ours(s, r))
		return;
	if (f && f->record.kind)
		f->pages += pages;
	if (r->flags >> 4 == TERN_TRACE_BY_EVICTION)
		s->h->evicted += pages;
	if (way == TERN_TRACE_TO_DEVICE || way == TERN_TRACE_ZEROED) {
		struct tern_trace_record cut = *r;
		cut.x = pages;
		add_step(s, &cut, 0); /* tells what is a hole */
	}
}

static void device(struct reading *s, const struct tern_trace_record *r)
{
	if (!s->device && r->a) {
		s->device = r->n + UINT64_C(1);
		s->h->memory_bytes = r->a;
	}
	if (is_ours(s, r) && !r->a)
		add_step(s, r, 0);
}

static void request(struct reading *s, const struct tern_trace_record *r)
{
	uint64_t begun = r->ns - tern_min(r->ns, r->x * UINT64_C(1000));
	if (r->n != UINT16_MAX && !is_ours(s, r))
		return;
	add_step(s, r, !s->open && s->since_ns ? elapsed(s->since_ns, begun) : 0);
	s->since_ns = tern_max(s->since_ns, r->ns);
}

static void take(struct reading *s, const struct tern_trace_record *r)
{
	switch (r->kind) {
	case TERN_TRACE_FAULT:
		fault(s, r);
		break;
	case TERN_TRACE_SERVED:
		served(s, r);
		break;
	case TERN_TRACE_MOVED:
		moved(s, r);
		break;
	case TERN_TRACE_DEVICE:
		device(s, r);
		break;
	case TERN_TRACE_REQUEST:
		request(s, r);
		break;
	case TERN_TRACE_COMMAND:
		s->telling = is_ours(s, r);
		if (s->telling)
			add_step(s, r, 0);
		break;
	case TERN_TRACE_ITEMS:
	case TERN_TRACE_USE:
		if (s->telling)
			add_step(s, r, 0);
		break;
	case TERN_TRACE_OWNER:
	case TERN_TRACE_MAPPED:
	case TERN_TRACE_REMOVED:
	case TERN_TRACE_REMAPPED:
	case TERN_TRACE_ADVICE:
		add_step(s, r, 0);
		break;
	default:
		break;
	}
}

/* The gaps without what the recording takes, and the costs that a replay takes by default. */
static void calibrate(struct reading *s)
{
	struct replay_history *h = s->h;
	uint64_t fault_ns = quantile(&s->services, 0.5);
	uint64_t least = tern_min(quantile(&s->gaps, 0.5), 2 * fault_ns);
	for (size_t i = 0; i < h->count; i++) {
		uint64_t *gap = &h->steps[i].gap_ns;
		*gap -= tern_min(*gap, least);
		h->compute_ns += *gap;
	}
	h->fault_ns = tern_min(fault_ns + least, UINT64_C(1000000000));
	/* Of the moves alone: a replay adds what each fault takes by itself. */
	uint64_t own = s->moving_ns - tern_min(s->moving_ns, s->moving_faults * fault_ns);
	if (own && s->moving_pages)
		h->link = (uint64_t)((double)s->moving_pages * PAGE_BYTES / ((double)own / 1e9));
}

static const char *check(const struct reading *s)
{
	if (s->out_of_memory)
		return "no memory";
	if (!s->h->window)
		return "a trace without accesses: record it with tern trace --accesses";
	if (!s->h->accesses)
		return "no access of a device with memory of its own is in it";
	return NULL;
}

bool replay_history_read(struct tern_trace_reader *reader, struct replay_history *out,
			 const char **why)
{
	struct reading s = {.h = out, .faults.bytes = sizeof(struct open_fault)};
	struct tern_trace_record r;
	*out = (struct replay_history){.window = tern_trace_reader_header(reader)->accesses};
	while (!s.out_of_memory && out->window && tern_trace_reader_next(reader, &r))
		take(&s, &r);
	out->lost = atomic_load(&tern_trace_reader_header(reader)->lost);
	calibrate(&s);
	tern_table_finish(&s.faults);
	tern_free(s.gaps.at);
	tern_free(s.services.at);
	*why = check(&s);
	if (*why)
		replay_history_finish(out);
	return !*why;
}

void replay_history_compute(struct replay_history *h, uint64_t ns)
{
	uint64_t before = h->compute_ns;
	h->compute_ns = 0;
	if (!before && h->count)
		before = h->steps[0].gap_ns = ns;
	for (size_t i = 0; i < h->count; i++) {
		uint64_t *gap = &h->steps[i].gap_ns;
		*gap = before ? (uint64_t)((double)*gap * (double)ns / (double)before) : 0;
		h->compute_ns += *gap;
	}
}

void replay_history_finish(struct replay_history *h)
{
	tern_free(h->steps);
	h->steps = NULL;
	h->count = h->size = 0;
}

bool replay_history_open(const char *path, struct replay_history *out, const char **why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		*why = strerror(errno);
		return false;
	}
	struct tern_trace_reader *reader = tern_trace_reader_open(fd, why);
	bool good = reader && replay_history_read(reader, out, why);
	if (reader)
		tern_trace_reader_close(reader);
	return good;
}
