/* SPDX-License-Identifier: MIT */
/* Doubly linked circular list with the links inside the elements. Not thread-safe. */
#ifndef TERN_BASE_LIST_H
#define TERN_BASE_LIST_H

#include "runtime/base/base.h"

struct tern_list {
	struct tern_list *prev, *next;
};

static inline void tern_list_init(struct tern_list *l)
{
	l->prev = l->next = l;
}

static inline bool tern_list_empty(const struct tern_list *l)
{
	return l->next == l;
}

/* Adds @item at the end of @head. */
static inline void tern_list_append(struct tern_list *head, struct tern_list *item)
{
	item->prev = head->prev;
	item->next = head;
	head->prev->next = item;
	head->prev = item;
}

/* Takes @item out; it is then an empty list, so a second removal does no harm. */
static inline void tern_list_remove(struct tern_list *item)
{
	item->prev->next = item->next;
	item->next->prev = item->prev;
	tern_list_init(item);
}

#define tern_list_entry(ptr, type, member) tern_container_of(ptr, type, member)

#define tern_list_for_each(pos, head) for (pos = (head)->next; pos != (head); pos = pos->next)

/* @tmp: a second cursor; @pos may be removed in the body. */
#define tern_list_for_each_safe(pos, tmp, head)                                                    \
	for (pos = (head)->next, tmp = pos->next; pos != (head); pos = tmp, tmp = pos->next)

#endif
