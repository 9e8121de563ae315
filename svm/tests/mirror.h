/* SPDX-License-Identifier: MIT */
/*
 * A device in the test's own process: a memory file as its memory, mapped a second time for each
 * region under test at another address, with a userfaultfd of its own. "Device threads" are threads
 * of the test that use those addresses. Its operations are those of a real device process.
 */
#ifndef TERN_SVM_TESTS_MIRROR_H
#define TERN_SVM_TESTS_MIRROR_H

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/base/tests/test.h"
#include "svm/bits.h"
#include "svm/pinned.h"
#include "svm/raw.h"
#include "svm/space.h"
#include "svm/uffd.h"

#define MIRROR_REGIONS 8u
#define MIRROR_PAGES   (TERN_CHUNK_PAGES * 192u) /* of a region, at most */

#ifndef UFFDIO_CONTINUE_MODE_WP
#define UFFDIO_CONTINUE_MODE_WP ((uint64_t)2)
#endif

struct mirror_region {
	uint64_t start, bytes;
	uint64_t device; /* where the device has it */
	char *window;
	unsigned char warm[MIRROR_PAGES]; /* pages kept by unmap() */
};

struct mirror {
	struct tern_devmem devmem; /* first */
	int file, uffd;
	_Atomic unsigned count; /* published after its region was filled in */
	uint64_t warm_pages;
	struct mirror_region regions[MIRROR_REGIONS];
	_Atomic unsigned refused;
	_Atomic int why;
	_Atomic uint64_t address;
	_Atomic int fail_fill_after; /* > 0: that many fills, then -ENODEV for good */
	_Atomic bool died;
	_Atomic bool held;
	_Atomic unsigned at_work; /* operations of the engine's that need it alive */
};

static inline struct mirror *mirror_of(struct tern_devmem *devmem)
{
	return (struct mirror *)devmem;
}

static inline struct mirror_region *mirror_region(struct mirror *m, uint64_t va)
{
	for (unsigned i = 0; i < m->count; i++)
		if (va - m->regions[i].start < m->regions[i].bytes)
			return &m->regions[i];
	return NULL;
}

static inline uint64_t mirror_at(const struct mirror_region *r, uint64_t va)
{
	return r->device + (va - r->start);
}

/* The device's address for the program's @p. */
static inline void *mirror_ptr(struct mirror *m, const void *p)
{
	struct mirror_region *r = mirror_region(m, (uintptr_t)p);
	REQUIRE(r);
	return (void *)mirror_at(r, (uintptr_t)p);
}

/* The engine's operations that need the device alive, or -ENODEV: as with a process, all that ran
 * on it has stopped before an operation says so. */
static inline bool mirror_begin(struct mirror *m)
{
	atomic_fetch_add(&m->at_work, 1);
	while (atomic_load(&m->held)) {
		atomic_fetch_sub(&m->at_work, 1);
		raw_yield();
		atomic_fetch_add(&m->at_work, 1);
	}
	if (!atomic_load(&m->died))
		return true;
	atomic_fetch_sub(&m->at_work, 1);
	return false;
}

static inline int64_t mirror_end(struct mirror *m, int64_t result)
{
	atomic_fetch_sub(&m->at_work, 1);
	return result;
}

/* No operation goes on, so no device thread that waits for the engine does. */
static inline void mirror_hold(struct mirror *m)
{
	atomic_store(&m->held, true);
	while (atomic_load(&m->at_work))
		raw_yield();
}

/* After mirror_hold(), when no device thread runs. */
static inline void mirror_kill(struct mirror *m)
{
	atomic_store(&m->died, true);
	atomic_store(&m->held, false);
}

static void mirror_poll_fds(struct tern_devmem *devmem, int fds[2])
{
	fds[0] = mirror_of(devmem)->uffd;
	fds[1] = -1;
}

static int mirror_faults(struct tern_devmem *devmem, struct tern_devmem_fault *out, int max)
{
	struct mirror *m = mirror_of(devmem);
	struct uffd_msg messages[16];
	int n = 0;
	long got = raw_read(m->uffd, messages, sizeof(messages[0]) * (size_t)tern_min(max, 16));
	for (long i = 0; got > 0 && i < got / (long)sizeof(messages[0]); i++) {
		uint64_t at = messages[i].arg.pagefault.address;
		for (unsigned j = 0; j < m->count; j++) {
			struct mirror_region *r = &m->regions[j];
			if (at - r->device >= r->bytes)
				continue;
			out[n].address = r->start + (at - r->device);
			out[n].write = messages[i].arg.pagefault.flags &
				       (UFFD_PAGEFAULT_FLAG_WRITE | UFFD_PAGEFAULT_FLAG_WP);
			out[n].owner = 0;
			out[n].token = at;
			n++;
		}
	}
	return n;
}

static int64_t mirror_fill_warm(struct mirror *m, struct mirror_region *r, uint64_t va,
				uint64_t bytes, const char *src, unsigned flags)
{
	char *to = r->window + (va - r->start);
	if (src)
		__builtin_memcpy(to, src, bytes);
	else
		__builtin_memset(to, 0, bytes);
	uint64_t mode = flags & TERN_FILL_WRITABLE ? 0 : UFFDIO_CONTINUE_MODE_WP;
	int64_t n = uffd_continue(m->uffd, mirror_at(r, va), bytes, mode);
	for (int64_t i = 0; i < n; i += (int64_t)TERN_PAGE)
		r->warm[(va - r->start + (uint64_t)i) / TERN_PAGE] = 0;
	m->warm_pages -= n > 0 ? (uint64_t)n / TERN_PAGE : 0;
	return n;
}

static int64_t mirror_fill_cold(struct mirror *m, struct mirror_region *r, uint64_t va,
				uint64_t bytes, const char *src, unsigned flags)
{
	if (!src && (flags & TERN_FILL_WRITABLE))
		return uffd_zero(m->uffd, mirror_at(r, va), bytes, 0);
	if (src)
		return uffd_copy(m->uffd, mirror_at(r, va), src, bytes,
				 flags & TERN_FILL_WRITABLE ? 0 : UFFDIO_COPY_MODE_WP);
	int64_t n = uffd_zero(m->uffd, mirror_at(r, va), bytes, UFFDIO_ZEROPAGE_MODE_DONTWAKE);
	if (n > 0) {
		uffd_protect(m->uffd, mirror_at(r, va), (uint64_t)n, 1);
		uffd_wake(m->uffd, mirror_at(r, va), (uint64_t)n);
	}
	return n;
}

/* In the file, and nowhere else. */
static int64_t mirror_fill_hidden(struct mirror *m, struct mirror_region *r, uint64_t va,
				  uint64_t bytes, const char *src)
{
	char *to = r->window + (va - r->start);
	for (uint64_t i = 0; i < bytes; i += TERN_PAGE) {
		unsigned char *warm = &r->warm[(va - r->start + i) / TERN_PAGE];
		m->warm_pages -= *warm;
		*warm = 0;
	}
	if (src)
		__builtin_memcpy(to, src, bytes);
	else
		__builtin_memset(to, 0, bytes);
	return (int64_t)bytes;
}

static int64_t mirror_fill(struct tern_devmem *devmem, uint64_t va, uint64_t bytes, const void *src,
			   unsigned flags)
{
	struct mirror *m = mirror_of(devmem);
	struct mirror_region *r = mirror_region(m, va);
	int left = atomic_load(&m->fail_fill_after);
	if (left == 1)
		atomic_store(&m->died, true);
	if (!mirror_begin(m))
		return -ENODEV;
	if (left > 1)
		atomic_store(&m->fail_fill_after, left - 1);
	if (flags & TERN_FILL_HIDDEN)
		return mirror_end(m, mirror_fill_hidden(m, r, va, bytes, src));
	const unsigned char *warm = &r->warm[(va - r->start) / TERN_PAGE];
	uint64_t run = TERN_PAGE;
	while (run < bytes && warm[run / TERN_PAGE] == warm[0])
		run += TERN_PAGE;
	return mirror_end(m, warm[0] ? mirror_fill_warm(m, r, va, run, src, flags)
				     : mirror_fill_cold(m, r, va, run, src, flags));
}

static int mirror_protect(struct tern_devmem *devmem, uint64_t va, uint64_t bytes)
{
	struct mirror *m = mirror_of(devmem);
	if (!mirror_begin(m))
		return -ENODEV;
	return (int)mirror_end(m, uffd_protect(m->uffd, mirror_at(mirror_region(m, va), va), bytes,
					       UFFDIO_WRITEPROTECT_MODE_WP));
}

static int mirror_unprotect(struct tern_devmem *devmem, uint64_t va, uint64_t bytes)
{
	struct mirror *m = mirror_of(devmem);
	if (!mirror_begin(m))
		return -ENODEV;
	return (int)mirror_end(
		m, uffd_protect(m->uffd, mirror_at(mirror_region(m, va), va), bytes, 0));
}

static int mirror_unmap(struct tern_devmem *devmem, uint64_t va, uint64_t bytes)
{
	struct mirror *m = mirror_of(devmem);
	struct mirror_region *r = mirror_region(m, va);
	if (!mirror_begin(m))
		return -ENODEV;
	for (uint64_t i = 0; i < bytes; i += TERN_PAGE) {
		unsigned char *warm = &r->warm[(va - r->start + i) / TERN_PAGE];
		m->warm_pages += !*warm;
		*warm = 1;
	}
	return (int)mirror_end(m, raw_madvise(mirror_at(r, va), bytes, MADV_DONTNEED));
}

static int mirror_hide(struct tern_devmem *devmem, uint64_t va, uint64_t bytes)
{
	struct mirror *m = mirror_of(devmem);
	if (!mirror_begin(m))
		return -ENODEV;
	return (int)mirror_end(
		m, raw_madvise(mirror_at(mirror_region(m, va), va), bytes, MADV_DONTNEED));
}

static int mirror_show(struct tern_devmem *devmem, uint64_t va, uint64_t bytes, unsigned flags)
{
	struct mirror *m = mirror_of(devmem);
	if (!mirror_begin(m))
		return -ENODEV;
	int64_t n = uffd_continue(m->uffd, mirror_at(mirror_region(m, va), va), bytes,
				  flags & TERN_FILL_WRITABLE ? 0 : UFFDIO_CONTINUE_MODE_WP);
	return (int)mirror_end(m, n < 0 ? n : 0);
}

static int mirror_drop(struct tern_devmem *devmem, uint64_t va, uint64_t bytes)
{
	struct mirror *m = mirror_of(devmem);
	struct mirror_region *r = mirror_region(m, va);
	for (uint64_t i = 0; i < bytes; i += TERN_PAGE) {
		unsigned char *warm = &r->warm[(va - r->start + i) / TERN_PAGE];
		m->warm_pages -= *warm;
		*warm = 0;
	}
	return (int)raw_call(SYS_fallocate, m->file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			     (long)va, (long)bytes, 0, 0);
}

static void *mirror_window(struct tern_devmem *devmem, uint64_t va)
{
	struct mirror_region *r = mirror_region(mirror_of(devmem), va);
	return r ? r->window + (va - r->start) : NULL;
}

static void mirror_wake(struct tern_devmem *devmem, uint64_t va, uint64_t bytes)
{
	struct mirror *m = mirror_of(devmem);
	if (!mirror_begin(m))
		return;
	uffd_wake(m->uffd, mirror_at(mirror_region(m, va), va), bytes);
	mirror_end(m, 0);
}

/* The access ends by reading zeros; the refusal is noted. */
static void mirror_refuse(struct tern_devmem *devmem, const struct tern_devmem_fault *fault,
			  enum tern_devmem_refusal why)
{
	struct mirror *m = mirror_of(devmem);
	uint64_t va = fault->address & ~(TERN_PAGE - 1);
	atomic_store(&m->why, (int)why);
	atomic_store(&m->address, fault->address);
	atomic_fetch_add(&m->refused, 1);
	struct mirror_region *r = mirror_region(m, va);
	if (r->warm[(va - r->start) / TERN_PAGE])
		mirror_drop(devmem, va, TERN_PAGE);
	/* The thread goes on at once, and the region may be gone. */
	if (uffd_zero(m->uffd, mirror_at(r, va), TERN_PAGE, 0) <= 0)
		mirror_unprotect(devmem, va, TERN_PAGE);
}

static uint64_t mirror_trim(struct tern_devmem *devmem, uint64_t bytes)
{
	struct mirror *m = mirror_of(devmem);
	uint64_t freed = 0;
	if (!bytes)
		return m->warm_pages * TERN_PAGE;
	for (unsigned i = 0; i < m->count && freed < bytes; i++)
		for (uint64_t p = 0; p < m->regions[i].bytes / TERN_PAGE && freed < bytes; p++)
			if (m->regions[i].warm[p]) {
				mirror_drop(devmem, m->regions[i].start + p * TERN_PAGE, TERN_PAGE);
				freed += TERN_PAGE;
			}
	return freed;
}

static const struct tern_devmem_ops mirror_ops = {
	.name = "mirror",
	.poll_fds = mirror_poll_fds,
	.faults = mirror_faults,
	.fill = mirror_fill,
	.protect = mirror_protect,
	.unprotect = mirror_unprotect,
	.unmap = mirror_unmap,
	.hide = mirror_hide,
	.show = mirror_show,
	.drop = mirror_drop,
	.window = mirror_window,
	.wake = mirror_wake,
	.refuse = mirror_refuse,
	.trim = mirror_trim,
};

/* The device sees [@p, @p + @bytes) from here on. */
static inline void mirror_map(struct mirror *m, const void *p, size_t bytes)
{
	REQUIRE(m->count < MIRROR_REGIONS && bytes / TERN_PAGE <= MIRROR_PAGES);
	struct mirror_region *r = &m->regions[m->count];
	memset(r->warm, 0, bytes / TERN_PAGE);
	r->start = (uintptr_t)p;
	r->bytes = bytes;
	void *window =
		mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, m->file, (off_t)r->start);
	void *device =
		mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, m->file, (off_t)r->start);
	REQUIRE(window != MAP_FAILED && device != MAP_FAILED);
	r->window = window;
	r->device = (uintptr_t)device;
	REQUIRE(!uffd_register(m->uffd, r->device, bytes,
			       UFFDIO_REGISTER_MODE_MISSING | UFFDIO_REGISTER_MODE_WP |
				       UFFDIO_REGISTER_MODE_MINOR));
	m->count++;
}

/* Memory of the program's at a chunk's boundary, alone in its chunks, small pages. */
static inline char *mirror_memory(size_t bytes)
{
	size_t round = tern_round_up(bytes, TERN_CHUNK);
	char *p = mmap(NULL, round + 2 * TERN_CHUNK, PROT_NONE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	REQUIRE(p != MAP_FAILED);
	char *base = (char *)tern_round_up((size_t)p + 1, TERN_CHUNK);
	REQUIRE(!mprotect(base, bytes, PROT_READ | PROT_WRITE));
	madvise(base, bytes, MADV_NOHUGEPAGE);
	return base;
}

/* Exits with 77 when there is no userfaultfd. @limit: bytes of device memory. */
static inline struct mirror *mirror_start(uint64_t limit)
{
	struct tern_space_features features;
	tern_space_probe(&features);
	if (!features.system) {
		printf("skipped: %s\n", features.why);
		exit(TEST_SKIP);
	}
	REQUIRE(!tern_pinned_start());
	struct mirror *m = tern_pinned_alloc(sizeof(*m));
	REQUIRE(m);
	m->file = memfd_create("mirror", MFD_CLOEXEC);
	REQUIRE(m->file >= 0 && !ftruncate(m->file, (off_t)1 << 47));
	uint64_t have;
	m->uffd = uffd_open(UFFD_FEATURE_MISSING_SHMEM | UFFD_FEATURE_PAGEFAULT_FLAG_WP |
				    UFFD_FEATURE_WP_HUGETLBFS_SHMEM | UFFD_FEATURE_MINOR_SHMEM,
			    UFFD_FEATURE_EXACT_ADDRESS, &have);
	REQUIRE(m->uffd >= 0);
	m->devmem.ops = &mirror_ops;
	m->devmem.model = TERN_MEMORY_PRIVATE;
	m->devmem.limit = limit;
	REQUIRE(!tern_space_open());
	REQUIRE(!tern_space_attach(&m->devmem));
	return m;
}

static inline void mirror_stop(struct mirror *m)
{
	tern_space_detach(&m->devmem);
	EXPECT(tern_space_resident(&m->devmem) == 0);
	tern_space_close();
	for (unsigned i = 0; i < m->count; i++) {
		munmap(m->regions[i].window, m->regions[i].bytes);
		munmap((void *)m->regions[i].device, m->regions[i].bytes);
	}
	close(m->uffd);
	close(m->file);
	tern_pinned_free(m, sizeof(*m));
}

/*
 * First of all in main(): the same test in a child with UFFDIO_MOVE off, then with the default
 * policy. Not when the environment chooses.
 */
static inline void mirror_variants(char **argv)
{
	static const char *const variants[][2] = {
		{"TERN_SVM_MOVE", "0"},
		{"TERN_POLICY", "demand"},
	};
	if (getenv("MIRROR_VARIANT"))
		return;
	setenv("MIRROR_VARIANT", "1", 1);
	for (unsigned i = 0; i < tern_array_size(variants); i++) {
		pid_t child = fork();
		REQUIRE(child >= 0);
		if (!child) {
			setenv(variants[i][0], variants[i][1], 1);
			execv("/proc/self/exe", argv);
			_exit(126);
		}
		int status;
		REQUIRE(waitpid(child, &status, 0) == child);
		if (WIFEXITED(status) && WEXITSTATUS(status) == TEST_SKIP)
			exit(TEST_SKIP);
		if (status)
			fprintf(stderr, "failed with %s=%s\n", variants[i][0], variants[i][1]);
		EXPECT(!status);
	}
}

#endif
