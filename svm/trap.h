/* SPDX-License-Identifier: MIT */
/*
 * Between trap_kernel.c, trap_pages.c, trap_access.c and space.c only. The book-keeping is that of
 * the engine (internal.h), one for each device, without its thread and its userfaultfd: the
 * directory, policies, what commands say, statistics and traces are the same.
 */
#ifndef TERN_SVM_TRAP_H
#define TERN_SVM_TRAP_H

#include "runtime/base/lock.h"
#include "svm/internal.h"
#include "svm/trap_kernel.h"

#define TRAPS_MAX 4u

/* A device whose trap is the kernel's. */
struct trap {
	struct tern_lock lock; /* rank TRAP: all below, and the driver */
	struct engine *e;      /* NULL: the place is free */
	struct device *device; /* e's only one */
	struct tern_devmem *mem;
	uint8_t *seen; /* TERN_CHUNK_PAGES, pinned: what look() said, */
	uint8_t *next; /* and the next time */
};

/* trap_kernel.c. For space.c, by what they are called there; NULL for a devmem: for all. */
int trap_attach(struct tern_devmem *mem) TERN_MUST_CHECK;
void trap_detach(struct tern_devmem *mem);
/* Whether there is any. */
bool trap_any(void);
int trap_migrate(struct tern_devmem *mem, uint64_t start, uint64_t end, unsigned flags,
		 struct tern_space_stats *caused) TERN_MUST_CHECK;
/* Home from all devices, but from @but's (NULL: none). */
int trap_bring_home(const struct tern_devmem *but, uint64_t start, uint64_t end,
		    struct tern_space_stats *caused) TERN_MUST_CHECK;
int trap_advise(uint64_t start, uint64_t end, enum tern_advice advice) TERN_MUST_CHECK;
/* Adds to *@out. */
void trap_stats(struct tern_space_stats *out);
void trap_range_stats(uint64_t start, uint64_t end, struct tern_space_stats *out);
uint64_t trap_resident(struct tern_devmem *mem);
/* Whether the page is on a device. */
bool trap_has(uint64_t address);
bool trap_wants_commands(const struct tern_devmem *mem);
void trap_command(struct tern_devmem *mem, enum note_kind kind, unsigned owner,
		  const struct tern_space_command *command, uint64_t number);
/* Locked, with the clock looked at; NULL: not attached. trap_put(): and unlocked. */
struct trap *trap_get(const struct tern_devmem *mem);
void trap_put(struct trap *t);

/* trap_pages.c. With the lock. */
/* The directory becomes what the kernel says of the pages. 0 or -errno. */
int trap_look(struct trap *t, struct chunk *chunk, unsigned first, unsigned count) TERN_MUST_CHECK;
/* Hints: e->why is the reason. -ENOMEM, -ENODEV. */
int trap_to_device(struct trap *t, struct chunk *chunk, unsigned first,
		   unsigned count) TERN_MUST_CHECK;
int trap_to_host(struct trap *t, struct chunk *chunk, unsigned first,
		 unsigned count) TERN_MUST_CHECK;
/* What the policy has asked for ahead, all of it. */
void trap_ahead(struct trap *t);
/* The pages of @chunk that are in @address's mapping, if they may migrate. */
bool trap_mapped(struct trap *t, const struct chunk *chunk, uint64_t address, uint64_t *out);

#endif
