/* SPDX-License-Identifier: MIT */
/*
 * The reference: kernels compiled as plain functions call the work-item functions below, and
 * barrier() switches to the next work-item of the group.
 */
#include <stdio.h>
#include <string.h>
#include <ucontext.h>

#include "kernels/widen/tests/corpus.h"

enum { MAX_ITEMS = 4096, STACK_BYTES = 1 << 16 };

static struct {
	struct tern_group group;
	uint64_t group_id[3], local_size[3], local_id[3];
	struct kernel *kernel;
	void *block;
	ucontext_t main, items[MAX_ITEMS];
	bool finished[MAX_ITEMS];
	unsigned item;
} now_running;

static unsigned char stacks[MAX_ITEMS][STACK_BYTES] __attribute__((aligned(64)));

#define ID(name, in, out)                                                                          \
	__attribute__((visibility("default"))) uint64_t name(uint32_t d);                          \
	uint64_t name(uint32_t d)                                                                  \
	{                                                                                          \
		return d < 3 ? (in) : (out);                                                       \
	}
ID(_Z13get_global_idj,
   now_running.group_id[d] * now_running.group.enqueued_local_size[d] +
	   now_running.group.global_offset[d] + now_running.local_id[d],
   0)
ID(_Z12get_local_idj, now_running.local_id[d], 0)
ID(_Z12get_group_idj, now_running.group_id[d], 0)
ID(_Z14get_local_sizej, now_running.local_size[d], 1)
ID(_Z23get_enqueued_local_sizej, now_running.group.enqueued_local_size[d], 1)
ID(_Z15get_global_sizej, now_running.group.global_size[d], 1)
ID(_Z14get_num_groupsj, now_running.group.num_groups[d], 1)
ID(_Z17get_global_offsetj, now_running.group.global_offset[d], 0)

#define EXPORTED __attribute__((visibility("default")))
EXPORTED uint32_t _Z12get_work_dimv(void);
uint32_t _Z12get_work_dimv(void)
{
	return (uint32_t)now_running.group.work_dim;
}

EXPORTED uint64_t _Z20get_global_linear_idv(void);
uint64_t _Z20get_global_linear_idv(void)
{
	uint64_t id = 0;
	for (uint32_t d = 3; d-- > 0;)
		id = id * now_running.group.global_size[d] + _Z13get_global_idj(d) -
		     now_running.group.global_offset[d];
	return id;
}

EXPORTED uint64_t _Z19get_local_linear_idv(void);
uint64_t _Z19get_local_linear_idv(void)
{
	uint64_t id = 0;
	for (uint32_t d = 3; d-- > 0;)
		id = id * now_running.local_size[d] + now_running.local_id[d];
	return id;
}

EXPORTED void _Z7barrierj(uint32_t flags);
void _Z7barrierj(uint32_t flags)
{
	(void)flags;
	swapcontext(&now_running.items[now_running.item], &now_running.main);
}

EXPORTED void _Z9mem_fencej(uint32_t flags);
void _Z9mem_fencej(uint32_t flags)
{
	(void)flags;
}

EXPORTED struct tern_printf_buffer *__tern_printf_buffer(void);
struct tern_printf_buffer *__tern_printf_buffer(void)
{
	return now_running.group.printf_buffer;
}

EXPORTED uint32_t __tern_memory_of(const void *p);
uint32_t __tern_memory_of(const void *p)
{
	const unsigned char *at = p, *stack = stacks[now_running.item];
	const struct tern_group *g = &now_running.group;
	if (at >= g->local_mem && at < g->local_mem + g->local_bytes)
		return 1;
	return at >= stack && at < stack + STACK_BYTES ? 2 : 0;
}

static void item_main(void)
{
	now_running.kernel->reference(now_running.block);
	now_running.finished[now_running.item] = true;
}

static void set_local_id(unsigned item)
{
	now_running.item = item;
	now_running.local_id[0] = item % now_running.local_size[0];
	item /= (unsigned)now_running.local_size[0];
	now_running.local_id[1] = item % now_running.local_size[1];
	now_running.local_id[2] = item / now_running.local_size[1];
}

/* Every item runs to its next barrier, in turn. */
static void run_reference_group(void)
{
	unsigned n = (unsigned)(now_running.local_size[0] * now_running.local_size[1] *
				now_running.local_size[2]);
	bool running = true;
	if (n > MAX_ITEMS)
		die("work-group", "too large");
	memset(now_running.finished, 0, sizeof(now_running.finished));
	for (unsigned i = 0; i < n; i++) {
		getcontext(&now_running.items[i]);
		now_running.items[i].uc_stack.ss_sp = stacks[i];
		now_running.items[i].uc_stack.ss_size = STACK_BYTES;
		now_running.items[i].uc_link = &now_running.main;
		makecontext(&now_running.items[i], item_main, 0);
	}
	while (running) {
		running = false;
		for (unsigned i = 0; i < n; i++) {
			if (now_running.finished[i])
				continue;
			set_local_id(i);
			swapcontext(&now_running.main, &now_running.items[i]);
			running = running || !now_running.finished[i];
		}
	}
}

void run_reference(struct kernel *k, const struct config *c, void *block)
{
	struct tern_group *g = &now_running.group;
	set_group(g, c);
	now_running.kernel = k;
	now_running.block = block;
	for (uint64_t i = 0; i < g->num_groups[0] * g->num_groups[1] * g->num_groups[2]; i++) {
		now_running.group_id[0] = i % g->num_groups[0];
		now_running.group_id[1] = i / g->num_groups[0] % g->num_groups[1];
		now_running.group_id[2] = i / g->num_groups[0] / g->num_groups[1];
		for (int d = 0; d < 3; d++) {
			uint64_t left = c->global[d] - now_running.group_id[d] * c->local[d];
			now_running.local_size[d] = tern_min(left, c->local[d]);
		}
		run_reference_group();
	}
}
