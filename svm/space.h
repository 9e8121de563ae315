/* SPDX-License-Identifier: MIT */
/*
 * DOC: the shared address space
 *
 * One for the process. It opens with the first device that has page tables of its own and closes
 * with the last (counted). While it is open, an engine thread keeps a directory of which page of
 * the program is where, resolves the faults of both sides, and carries out requests. The protocol
 * and the states are described in svm/engine.h.
 *
 * Threads: every function may be called from any thread but the engine's, with no lock held that
 * the engine's callbacks could want; those that say "blocking" wait for the engine. The engine
 * itself takes no lock and touches no memory but pinned memory.
 *
 * A device's use:
 *	tern_space_open()                    userfaultfd, the engine's thread
 *	tern_space_attach(devmem)            its faults are served from here on
 *	  tern_space_fence()                 before each submission: what the program unmapped is
 *	                                     unmapped for the device too
 *	  tern_space_migrate(...)            explicit migration
 *	tern_space_recover(devmem)           it died: all pages are home when this returns
 *	tern_space_detach(devmem)            all pages are home, nothing refers to it
 *	tern_space_close()
 */
#ifndef TERN_SVM_SPACE_H
#define TERN_SVM_SPACE_H

#include "svm/device_memory.h"
#include "svm/policy.h"

/* What the kernel and our rights allow. Cheap, starts nothing; may be called before any open(). */
struct tern_space_features {
	bool system;     /* any memory of the program's can migrate */
	bool move;       /* UFFDIO_MOVE is there (Linux 6.8) and TERN_SVM_MOVE is not 0 */
	bool query;      /* PROCMAP_QUERY is there (Linux 6.11) */
	int error;       /* why not `system`: 0 or an errno */
	const char *why; /* in words, static; "" when all is there */
};
void tern_space_probe(struct tern_space_features *out);

/* Counted. -EPERM: no right to userfaultfd; -ENOSYS: the kernel has none; -ENOMEM; -EAGAIN: no
 * thread. */
int tern_space_open(void) TERN_MUST_CHECK;
void tern_space_close(void);

/* Blocking. -EBUSY: too many devices. @devmem stays the caller's until detach(). */
int tern_space_attach(struct tern_devmem *devmem) TERN_MUST_CHECK;
/* Blocking: brings all its pages home first. */
void tern_space_detach(struct tern_devmem *devmem);
/*
 * Blocking. The device has died, or is about to be killed by the caller, after which it was: brings
 * home everything it had and forgets its faults. From here on the engine asks it nothing, until
 * tern_space_revive(). Loses nothing that was written.
 */
void tern_space_recover(struct tern_devmem *devmem);
void tern_space_revive(struct tern_devmem *devmem);

/*
 * Returns when every change of the address space that the program made before (munmap, mremap,
 * madvise, as seen by this thread) is known to all devices. Two atomic loads when nothing is going
 * on.
 */
void tern_space_fence(void);

/* Counters since the space was opened, or since a command began; they wrap. */
struct tern_space_stats {
	uint64_t device_read_faults, device_write_faults;
	uint64_t host_read_faults, host_write_faults;
	uint64_t pages_to_device, pages_to_host; /* contents copied over the link */
	uint64_t pages_zeroed;                   /* given to a device without a copy */
	uint64_t pages_dropped;                  /* a read-only copy was no longer valid */
	uint64_t evicted;  /* pages, counted in pages_to_host too when copied */
	uint64_t deferred; /* faults that waited: minimum hold, or the link */
	uint64_t retried;  /* EAGAIN and busy pages */
	uint64_t fallback; /* pages that UFFDIO_MOVE could not take */
	uint64_t refused;
	uint64_t invalidated; /* pages that the program unmapped */
	uint64_t link_ns;     /* virtual clock: what the imposed link takes for the transfers */
	uint64_t stalled_ns;  /* device faults: from when they were read until they were served */
};

enum { TERN_MIGRATE_UNDEFINED = 1 << 0 }; /* contents need not be kept */
/*
 * Blocking: moves what is anonymous memory of the program in [@address, @address + @bytes) to
 * @devmem, or home when that is NULL. Only whole pages inside the range lose their contents with
 * TERN_MIGRATE_UNDEFINED. What cannot be moved (not mapped, a file, pinned) stays where it is:
 * migration is a hint. -ENODEV: the device died meanwhile. -ENOMEM. What it caused is added to
 * *@caused, unless that is NULL, also when it fails.
 */
int tern_space_migrate(struct tern_devmem *devmem, const void *address, size_t bytes,
		       unsigned flags, struct tern_space_stats *caused) TERN_MUST_CHECK;

enum tern_advice {
	TERN_ADVICE_NONE,
	TERN_ADVICE_READ_MOSTLY, /* keep copies on both sides as long as nobody writes */
	TERN_ADVICE_PREFER_HOST, /* go home when idle */
	TERN_ADVICE_PREFER_DEVICE,
};
/* Blocking. Replaces earlier advice; remembered by chunk (2 MiB), for policies. */
int tern_space_advise(const void *address, size_t bytes, enum tern_advice advice) TERN_MUST_CHECK;

/* Blocking for consistency. All zeros while the space is closed. */
void tern_space_stats(struct tern_space_stats *out);
/* Blocking. Of the chunks (2 MiB) that [@address, @address + @bytes) touches. */
void tern_space_range_stats(const void *address, size_t bytes, struct tern_space_stats *out);
/* Not blocking. @command: the number of the command that @owner stands for from here on, for
 * traces, and for what was moved ahead for it. */
void tern_space_owner_begin(struct tern_devmem *devmem, unsigned owner, uint64_t command);
/* What owner @owner has caused since tern_space_owner_begin(). Waits while the engine works on a
 * fault of the owner's or moves pages ahead for it, so that of one that has ended all is counted.
 */
void tern_space_owner_stats(struct tern_devmem *devmem, unsigned owner,
			    struct tern_space_stats *out);
/*
 * What kernels will touch, for policies. A kernel may be announced when it must wait for others; it
 * begins as owner @owner before its first access, and ends (also if it never began). Copied; not
 * blocking: what finds no room is forgotten. @number is not 0 and names it in between.
 */
struct tern_space_command {
	uint64_t number, kernel, items, first; /* struct tern_policy_command */
	uint32_t use_count;
	struct tern_policy_use uses[TERN_POLICY_USES]; /* start, end: 0 where not known */
};
/* Whether anybody wants to know; else the following do nothing. Cheap. */
bool tern_space_wants_commands(const struct tern_devmem *devmem);
void tern_space_command_queued(struct tern_devmem *devmem,
			       const struct tern_space_command *command);
void tern_space_command_begins(struct tern_devmem *devmem, unsigned owner,
			       const struct tern_space_command *command);
void tern_space_command_ended(struct tern_devmem *devmem, uint64_t number);

/* Blocking. Bytes resident on @devmem. */
uint64_t tern_space_resident(struct tern_devmem *devmem);

/* Where a page is. Blocking; for tests, tools and the nearest-allocation log line. */
enum tern_page_place { TERN_PAGE_HOME, TERN_PAGE_SHARED, TERN_PAGE_AWAY };
enum tern_page_place tern_space_place(const void *address);

/* Names a range that no device may take (a plug-in's data, say). Before attach() or blocking. */
int tern_space_exclude(const void *address, size_t bytes) TERN_MUST_CHECK;

/* Around fork(): brings everything home and keeps it there until after. In the child the space is
 * closed; devices must be attached anew. Registered by tern_space_open() itself. */

#endif
