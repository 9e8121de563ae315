/* SPDX-License-Identifier: MIT */
#include "svm/model.h"

#ifdef TERN_DEBUG

#include <errno.h>

#include "svm/message.h"
#include "svm/pinned.h"

struct page {
	uint8_t state, host, device;
};

struct model {
	struct page pages[TERN_CHUNK_PAGES];
};

static const char *const state_names[] = {"HOME", "SHARED", "STAGED", "AWAY"};

/* What may follow: a set of enum page_state. */
static const uint8_t legal[] = {
	[PAGE_HOME] = 1 << PAGE_SHARED | 1 << PAGE_STAGED | 1 << PAGE_AWAY,
	[PAGE_SHARED] = 1 << PAGE_HOME | 1 << PAGE_AWAY,
	[PAGE_STAGED] = 1 << PAGE_HOME | 1 << PAGE_AWAY,
	[PAGE_AWAY] = 1 << PAGE_HOME | 1 << PAGE_SHARED | 1 << PAGE_STAGED,
};

int model_create(struct model **out)
{
	struct model *m = tern_pinned_alloc(sizeof(*m));
	if (!m)
		return -ENOMEM;
	for (unsigned i = 0; i < TERN_CHUNK_PAGES; i++)
		m->pages[i].host = MODEL_WRITE;
	*out = m;
	return 0;
}

void model_destroy(struct model *model)
{
	tern_pinned_free(model, sizeof(*model));
}

static void broken(const struct chunk *chunk, unsigned page, const char *what)
{
	const struct page *p = &chunk->model->pages[page];
	message_abort("the model of the directory: %s: page %x, %s, host may %u, device may %u",
		      what, page_address(chunk, page), state_names[p->state], p->host, p->device);
}

static void check_access(const struct chunk *chunk, unsigned page)
{
	const struct page *p = &chunk->model->pages[page];
	if (p->host == MODEL_WRITE && p->device != MODEL_NONE)
		broken(chunk, page, "the host may write while the device has access");
	if (p->device == MODEL_WRITE && p->host != MODEL_NONE)
		broken(chunk, page, "the device may write while the host has access");
}

void model_host(struct chunk *chunk, unsigned first, unsigned count, enum model_access access)
{
	for (unsigned i = first; i < first + count; i++) {
		chunk->model->pages[i].host = (uint8_t)access;
		check_access(chunk, i);
	}
}

void model_device(struct chunk *chunk, unsigned first, unsigned count, enum model_access access)
{
	for (unsigned i = first; i < first + count; i++) {
		chunk->model->pages[i].device = (uint8_t)access;
		check_access(chunk, i);
	}
}

static bool fits(const struct page *p, enum page_state to)
{
	switch (to) {
	case PAGE_HOME:
		return p->device == MODEL_NONE;
	case PAGE_SHARED:
		return p->host == MODEL_READ && p->device == MODEL_READ;
	case PAGE_STAGED:
		return p->host != MODEL_WRITE && p->device == MODEL_NONE;
	case PAGE_AWAY:
		return p->host == MODEL_NONE;
	}
	return false;
}

void model_state(struct chunk *chunk, unsigned first, unsigned count, enum page_state to)
{
	for (unsigned i = first; i < first + count; i++) {
		struct page *p = &chunk->model->pages[i];
		if (p->state != page_state(chunk, i))
			broken(chunk, i, "the directory has another state");
		if (p->state != to && !(legal[p->state] >> to & 1))
			broken(chunk, i, "not a legal change of state");
		if (!fits(p, to))
			broken(chunk, i, "the new state does not fit what the sides may do");
		p->state = (uint8_t)to;
	}
}

void model_check(const struct chunk *chunk)
{
	unsigned resident = 0;
	for (unsigned i = 0; i < TERN_CHUNK_PAGES; i++) {
		unsigned states = bits_test(chunk->away, i) + bits_test(chunk->shared, i) +
				  bits_test(chunk->staged, i);
		if (states > 1)
			broken(chunk, i, "several states at once");
		resident += bits_test(chunk->away, i) + bits_test(chunk->shared, i) +
			    bits_test(chunk->snapshot, i);
	}
	if (resident != chunk->resident)
		broken(chunk, 0, "the count of resident pages is wrong");
	if (resident && !chunk->device)
		broken(chunk, 0, "pages on no device");
}

#endif
