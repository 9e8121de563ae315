/* SPDX-License-Identifier: MIT */
#include "svm/aperture.h"

#include <errno.h>
#include <stdatomic.h>
#include <sched.h>

#include "svm/raw.h"

#define BYTES (TERN_APERTURE_END - TERN_APERTURE_START)

/* The thread sanitizer has itself reserved what lies between its ranges, the aperture among it. */
#ifdef __SANITIZE_THREAD__
#define HOW MAP_FIXED
#else
#define HOW MAP_FIXED_NOREPLACE
#endif

enum { NOT_YET, AT_IT, DONE };

/* Direct system call: sanitizers' mmap() refuses places that they have no shadow for. */
static int reserve(void)
{
	long at = raw_mmap(TERN_APERTURE_START, BYTES, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | HOW, -1, 0);
	if (at < 0)
		return (int)at;
	if ((unsigned long)at != TERN_APERTURE_START) { /* before Linux 4.17 it was a hint only */
		raw_munmap((unsigned long)at, BYTES);
		return -EEXIST;
	}
	raw_madvise(TERN_APERTURE_START, BYTES, MADV_DONTDUMP);
	return 0;
}

int tern_aperture_reserve(void)
{
	static _Atomic int state;
	for (;;) {
		int now = NOT_YET;
		if (atomic_compare_exchange_strong(&state, &now, AT_IT)) {
			int error = reserve();
			atomic_store(&state, error ? NOT_YET : DONE);
			return error;
		}
		if (now == DONE)
			return 0;
		sched_yield();
	}
}
