/* SPDX-License-Identifier: MIT */
/*
 * DOC: the migration engine
 *
 * One thread, which owns the directory and is the only one to change it. It polls the program's
 * userfaultfd, each device's faults, and an eventfd for requests and for what commands say of
 * themselves (commands.c), by which a policy may have pages moved ahead of faults (ahead.c), in
 * pieces between them. Coherence is by page: one writer or many readers.
 *
 * States of a page of the program (directory.h):
 *
 *	HOME	only the host has it; a device faults on it
 *	SHARED	both may read, neither write: host write-protected, device read-only
 *	STAGED	on the way: neither side can access it, its contents lie in the chunk's slot
 *	AWAY	only the device has it; the host's entry is a hole that is trapped
 *
 * A page that no device ever touched has no entry: HOME. The host's memory is registered with the
 * userfaultfd (missing and write-protect) by chunks of 2 MiB, only when a device first touches
 * them: registered memory is slower to touch first. Mappings of up to 16 MiB are registered as a
 * whole, since mremap() refuses a range of which a part is registered.
 *
 * Transitions. "slot": 2 MiB of scratch for the chunk at the same offset, which keeps the host's
 * page frames while their contents are away, so that they come back without allocation. The
 * number of frames is bounded: the slots unused the longest are emptied.
 *
 *	HOME -> AWAY	(device writes) MOVE host pages to the slot, fill the device from it.
 *			A hole: fill zeros.
 *	HOME -> SHARED	(device reads) write-protect the host, read the page (through the kernel: it
 *			may be a hole), fill read-only. A hole goes AWAY as zeros.
 *	SHARED -> AWAY	(device writes) MOVE the host's page out, unprotect the device.
 *	SHARED -> HOME	(host writes) drop the device's, unprotect the host.
 *	AWAY -> SHARED	(host reads) protect the device, give the host a write-protected copy.
 *	AWAY -> HOME	(host writes) protect or unmap the device, copy to a frame of the
 *			slot, drop the device's, MOVE the frame in.
 *
 * Whatever moves the only copy goes through STAGED. The host never can write before the device's
 * copy is gone, and the other way round. The directory changes with each step that is done, so
 * EAGAIN (events are unread), a full or a dead device undo nothing: the fault is queued again, and
 * what is left STAGED goes home.
 *
 * Read-only private mappings of files (constants, code) are not registered and send no events: a
 * device gets a copy, which the next tern_space_fence() takes back.
 *
 * Where UFFDIO_MOVE is not there or refuses (EBUSY: copy-on-write shared or part of a huge page;
 * EINVAL: locked): write-protect, read through the kernel, fill, then madvise(DONTNEED) by a helper
 * thread, whose REMOVE event the engine recognises.
 *
 * Events. REMOVE, UNMAP: drop the device's copy. REMAP: page state is detached from the old
 * address first, since the UNMAP that follows would discard the data, then put at the new one, as
 * STAGED. The kernel lets the program go on when an event has been read, not when it has been
 * handled: the engine's counter is odd in between, and tern_space_fence() waits for it. There are
 * no events for mprotect: the rights of a mapping are asked anew at every device fault (a write to
 * a registered page at home leaves that to UFFDIO_MOVE, mapping_assume()), and a page that the
 * device may write stays so until it comes home. fork: see space.h.
 *
 * Conflicts. A page is held for a minimum time where it was brought (TERN_SVM_HOLD, and the
 * policy's hold); a fault of the other side meanwhile is deferred. An imposed link defers faults
 * likewise, until the transfer would be over.
 *
 * A recording of accesses (watch.c) takes the place of the policy: nothing is SHARED then, and
 * pages that are AWAY may be hidden from the device.
 *
 * What the engine may touch: pinned memory (pinned.h), its own stack and thread-local storage,
 * which lie there, the aperture, and libtern's read-only data. System calls are made directly:
 * errno and the C library's lazily bound symbols are the program's memory. libtern's own writable
 * data, the engine's arena, the aperture and what tern_space_exclude() named never migrate.
 */
