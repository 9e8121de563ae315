/* SPDX-License-Identifier: MIT */
/*
 * DOC: the reference model of the directory
 *
 * Debug builds (TERN_DEBUG) keep a second, simple record of each page: its state and the most that
 * each side may do with it. The engine reports every operation that changes what a side may do, and
 * every change of state; what breaks the protocol aborts with a message:
 *
 * - never may one side write while the other can access the page at all;
 * - HOME: the device nothing (but SNAPSHOT: read). SHARED: nobody writes. STAGED: nobody writes,
 * the device nothing. AWAY: the host nothing.
 * - the chunk's counters are those of its bitmaps.
 *
 * Release builds have none of it.
 */
#ifndef TERN_SVM_MODEL_H
#define TERN_SVM_MODEL_H

#include "svm/directory.h"

enum model_access { MODEL_NONE, MODEL_READ, MODEL_WRITE };

#ifdef TERN_DEBUG
int model_create(struct model **out);
void model_destroy(struct model *model);
/* What the host, the device may do from now on. */
void model_host(struct chunk *chunk, unsigned first, unsigned count, enum model_access access);
void model_device(struct chunk *chunk, unsigned first, unsigned count, enum model_access access);
/* The pages are about to be in state @to. */
void model_state(struct chunk *chunk, unsigned first, unsigned count, enum page_state to);
/* The counters of @chunk fit its bitmaps. */
void model_check(const struct chunk *chunk);
#else
static inline int model_create(struct model **out)
{
	*out = NULL;
	return 0;
}
static inline void model_destroy(struct model *model)
{
	(void)model;
}
static inline void model_host(struct chunk *chunk, unsigned first, unsigned count,
			      enum model_access access)
{
	(void)chunk, (void)first, (void)count, (void)access;
}
static inline void model_device(struct chunk *chunk, unsigned first, unsigned count,
				enum model_access access)
{
	(void)chunk, (void)first, (void)count, (void)access;
}
static inline void model_state(struct chunk *chunk, unsigned first, unsigned count,
			       enum page_state to)
{
	(void)chunk, (void)first, (void)count, (void)to;
}
static inline void model_check(const struct chunk *chunk)
{
	(void)chunk;
}
#endif

#endif
