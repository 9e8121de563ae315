/* SPDX-License-Identifier: MIT */
/*
 * Sequential: recognises streams, upwards and downwards, also across chunks and several at once
 * (each of the device's threads may have its own). A stream begins with 64 KiB and doubles at each
 * fault that continues it, up to a chunk. Where faults keep continuing nothing, new streams begin
 * with less and less, down to a page, as they do on a full device.
 */
#include "svm/policies/policies.h"

#define STREAMS 32u
#define SLACK   4u /* pages that a stream may leave out, at least */
#define MISSES  8u /* new streams in a row after which they begin with half as much */

struct stream {
	uint64_t first, end; /* pages of the address space: what the last plan brought */
	uint32_t used;       /* when, by the count of faults */
	uint16_t size;       /* pages of the next plan; 0: not in use */
	int8_t direction;    /* 1, -1, 0: not known */
	uint8_t kind;        /* side and access */
};

struct state {
	unsigned least, most; /* pages */
	unsigned start;       /* of a new stream */
	unsigned misses;
	uint32_t count;
	struct stream streams[STREAMS];
};

static bool init(void *device_state, const char *text)
{
	struct state *s = device_state;
	struct tern_policy_option option;
	s->least = TERN_POLICY_GROUP;
	s->most = TERN_POLICY_PAGES;
	while (tern_policy_option_next(&text, &option)) {
		unsigned *value = tern_policy_option_is(&option, "least")  ? &s->least
				  : tern_policy_option_is(&option, "most") ? &s->most
									   : NULL;
		if (!value || !tern_policy_option_number(&option, 1, TERN_POLICY_PAGES, value))
			return false;
	}
	s->start = s->least;
	return !*text && s->least <= s->most;
}

/* The direction in which @page continues the stream, leaving out a little; 0: it does not. */
static int continues(const struct stream *t, uint64_t page)
{
	uint64_t slack = tern_max(t->size, SLACK);
	if (t->direction >= 0 && page >= t->end && page - t->end < slack)
		return 1;
	if (t->direction <= 0 && page < t->first && t->first - page <= slack)
		return -1;
	return 0;
}

/* The stream that @page continues, or else the longest unused one, emptied. */
static struct stream *find(struct state *s, uint64_t page, unsigned kind, int *direction)
{
	struct stream *oldest = &s->streams[0];
	for (unsigned i = 0; i < STREAMS; i++) {
		struct stream *t = &s->streams[i];
		*direction = t->size && t->kind == kind ? continues(t, page) : 0;
		if (*direction)
			return t;
		if (!t->size || (oldest->size && s->count - t->used > s->count - oldest->used))
			oldest = t;
	}
	return oldest;
}

static void hit(struct state *s, struct stream *t, int direction, bool full)
{
	t->direction = (int8_t)direction;
	t->size = (uint16_t)tern_min(tern_max(t->size * 2u, full ? 1 : s->least), s->most);
	s->start = s->least;
	s->misses = 0;
}

static void miss(struct state *s, struct stream *t, unsigned kind, bool full)
{
	if (++s->misses == MISSES) {
		s->start = tern_max(1u, s->start / 2);
		s->misses = 0;
	}
	t->size = (uint16_t)(full ? 1 : s->start);
	t->direction = 0;
	t->kind = (uint8_t)kind;
}

/* Pages [*@first, *@end) of the chunk for a fault on @page in a stream of that direction. */
static void window(unsigned page, unsigned size, int direction, unsigned *first, unsigned *end)
{
	*first = page;
	*end = page + size;
	if (direction < 0) {
		*end = page + 1;
		*first = *end > size ? *end - size : 0;
	} else if (!direction) {
		*first = page / size * size;
		*end = *first + size;
	}
	*end = tern_min(*end, TERN_POLICY_PAGES);
}

static void fault(void *device_state, void *chunk_state, const struct tern_policy_fault *f,
		  struct tern_policy_plan *plan)
{
	struct state *s = device_state;
	uint64_t page = f->address / 4096, chunk = page - f->page;
	unsigned kind = (unsigned)f->side * 2 + f->write, first, end;
	tern_page_bits lacking;
	int direction;

	s->count++;
	struct stream *t = find(s, page, kind, &direction);
	if (direction)
		hit(s, t, direction, tern_policy_full(f));
	else
		miss(s, t, kind, tern_policy_full(f));
	window(f->page, t->size, direction, &first, &end);
	plan->action = tern_policy_read_or_own(chunk_state, f);
	tern_policy_lacking(f, lacking);
	tern_policy_range(plan, f, lacking, first, end - first);
	tern_policy_shared(chunk_state, f, plan);
	t->first = chunk + (direction ? plan->first : first);
	t->end = chunk + (direction ? plan->first + plan->count : end);
	t->used = s->count;
	plan->rule = direction             ? "sequential: a stream goes on"
		     : tern_policy_full(f) ? "sequential: a full device"
					   : "sequential: perhaps a stream";
}

const struct tern_policy tern_policy_sequential = {
	.version = TERN_POLICY_VERSION,
	.name = "sequential",
	.help = "streams that grow as they continue; least=16, most=512 (pages)",
	.device_state_bytes = sizeof(struct state),
	.chunk_state_bytes = sizeof(struct tern_policy_reads),
	.init = init,
	.fault = fault,
};
