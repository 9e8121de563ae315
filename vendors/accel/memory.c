/* SPDX-License-Identifier: MIT */
/*
 * The accelerator's memory, as svm/device_memory.h wants it: a sparse file, VRAM, in which each
 * page lies at the offset of its virtual address. The process maps it all, and its userfaultfd
 * traps what has no page-table entry there; we reach the same pages through windows.
 *
 * Pages stay in the file when they are unmapped or dropped, until trim(): to fill them again takes
 * no allocation (fill.c). Entries of a few pages are removed by punching a hole, which we can do by
 * ourselves; those of more by a thread of the process (struct accel_dma), which keeps the pages.
 *
 * All on the engine's thread, but for init, renew and release, which run while nothing is attached.
 */
#include "vendors/accel/memory.h"

#include <errno.h>
#include <linux/ioctl.h>
#include <linux/userfaultfd.h>
#include <string.h>

#include "svm/pinned.h"

#define PUNCH_MOST   32u /* pages up to which a hole is cheaper than asking the process */
#define RESTORE_MOST 64u /* pages */
#define DMA_LOOKS    16
#define DMA_LOOK_NS                                                                                \
	((uint64_t)100000) /* about what a wake on another processor takes, and a half */
#define DMA_SLEEP_NS 5000000l
#define DMA_SLEEPS   2000 /* and then it is taken for dead */
#define FAULTS_MOST  32
#define RETRIES      1000000 /* of EAGAIN: the process' mappings change, which they do not */

static bool has_ended(const struct accel *accel)
{
	struct pollfd on = {.fd = accel->helper.pidfd, .events = POLLIN};
	return !atomic_load(&accel->alive) || (on.fd >= 0 && raw_poll(&on, 1, 0) > 0);
}

/* Faults. */

static void memory_poll_fds(struct tern_devmem *devmem, int fds[2])
{
	const struct accel *accel = memory_accel(devmem);
	fds[0] = accel->uffd;
	fds[1] = accel->helper.pidfd;
}

/* A fault's token: the unit, and above it the generation of the packet that it runs. */
enum { TOKEN_UNIT = 0xff, TOKEN_GENERATION = 8 };

static uint32_t unit_of(const struct accel *accel, uint32_t tid)
{
	for (uint32_t i = 0; i < accel->options.units && i < ACCEL_UNITS; i++)
		if (accel->tids[i] == tid)
			return i;
	return ACCEL_UNITS;
}

static void describe(const struct accel *accel, const struct uffd_msg *m,
		     struct tern_devmem_fault *out)
{
	uint32_t unit = unit_of(accel, m->arg.pagefault.feat.ptid);
	uint32_t slot = unit < ACCEL_UNITS ? atomic_load(&accel_status()->units[unit].slot) : 0;
	uint64_t writes = UFFD_PAGEFAULT_FLAG_WRITE | UFFD_PAGEFAULT_FLAG_WP;
	*out = (struct tern_devmem_fault){
		.address = m->arg.pagefault.address,
		.write = m->arg.pagefault.flags & writes,
		.owner = slot && slot <= ACCEL_SLOTS ? slot - 1 : TERN_DEVMEM_NO_OWNER,
		.token = unit,
	};
	if (out->owner < ACCEL_SLOTS)
		out->token |= accel_generation(out->owner) << TOKEN_GENERATION;
}

static void memory_wake(struct tern_devmem *devmem, uint64_t va, uint64_t bytes)
{
	struct uffdio_range range = {.start = va, .len = bytes};
	memory_request(memory_accel(devmem), UFFDIO_WAKE, &range);
}

/*
 * Whether the fault is one that the engine need not know of: the page is mapped as far as it knows,
 * but the entry went with that of a huge page of which a part was protected or unmapped. It is
 * restored, with its neighbours.
 */
static bool restore(struct accel *accel, const struct uffd_msg *m)
{
	uint64_t va = m->arg.pagefault.address / TERN_PAGE * TERN_PAGE;
	struct accel_pages *pages = accel->memory;
	struct accel_chunk *c = accel_chunk(pages, va, false);
	unsigned first = page_of(va), end;
	if (!(m->arg.pagefault.flags & UFFD_PAGEFAULT_FLAG_MINOR) || !c ||
	    !bits_test(c->mapped, first) || bits_test(c->hidden, first))
		return false;
	end = first + bits_run(c->mapped, first, tern_min(first + RESTORE_MOST, TERN_CHUNK_PAGES));
	end = first + bits_run(c->readonly, first, end);
	end = first + bits_run(c->hidden, first, end);
	unsigned flags = bits_test(c->readonly, first) ? 0 : TERN_FILL_WRITABLE;
	pages->early_touched |= c == pages->early;
	/* Its table may be on its way out (memory_unmap_soon()): then it faults again. */
	if (memory_continue(accel, va, (end - first) * TERN_PAGE, flags) <= 0)
		memory_wake(&accel->devmem, va, TERN_PAGE);
	return true;
}

static int memory_faults(struct tern_devmem *devmem, struct tern_devmem_fault *out, int max)
{
	struct accel *accel = memory_accel(devmem);
	struct uffd_msg messages[FAULTS_MOST] = {0};
	int n = 0;
	if (max <= 0)
		return 0;
	long bytes = raw_read(accel->uffd, messages,
			      sizeof(messages[0]) * (size_t)tern_min(max, FAULTS_MOST));
	for (long i = 0; i < bytes / (long)sizeof(messages[0]); i++)
		if (messages[i].event == UFFD_EVENT_PAGEFAULT && !restore(accel, &messages[i]))
			describe(accel, &messages[i], &out[n++]);
	return bytes <= 0 && has_ended(accel) ? -ENODEV : n;
}

static void memory_refuse(struct tern_devmem *devmem, const struct tern_devmem_fault *fault,
			  enum tern_devmem_refusal why)
{
	/* The fault may be an old one: the thread may have been woken for another's sake since, and
	 * have begun another packet. */
	accel_process_interrupt(memory_accel(devmem), (unsigned)fault->token & TOKEN_UNIT,
				fault->owner < ACCEL_SLOTS ? fault->owner : ACCEL_SLOTS,
				fault->token >> TOKEN_GENERATION, ACCEL_REFUSED, why,
				fault->address, fault->write);
}

/* Windows. */

void *memory_window(struct tern_devmem *devmem, uint64_t va)
{
	struct accel_leaf *leaf = accel_leaf(memory_pages(devmem), va, true);
	if (!leaf)
		return NULL;
	uint64_t size = UINT64_C(1) << WINDOW_SHIFT;
	unsigned char **window = &leaf->windows[va % (UINT64_C(1) << LEAF_SHIFT) >> WINDOW_SHIFT];
	if (!*window) {
		long at = raw_mmap(0, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE,
				   memory_accel(devmem)->fds[ACCEL_FD_VRAM],
				   (off_t)(va & ~(size - 1)));
		if (at < 0 && at > -4096)
			return NULL;
		if (memory_accel(devmem)->huge)
			raw_madvise((unsigned long)at, size, MADV_HUGEPAGE);
		*window = (unsigned char *)at;
	}
	return *window + va % size;
}

static int memory_read(struct tern_devmem *devmem, uint64_t va, uint64_t bytes, void *to)
{
	long n = raw_pread(memory_accel(devmem)->fds[ACCEL_FD_VRAM], to, bytes, va);
	return n == (long)bytes ? 0 : -EIO;
}

static int write_protect(struct tern_devmem *devmem, uint64_t va, uint64_t bytes, uint64_t mode)
{
	struct uffdio_writeprotect w = {.range = {.start = va, .len = bytes}, .mode = mode};
	long r = -EAGAIN;
	for (int i = 0; i < RETRIES && r == -EAGAIN; i++)
		r = memory_request(memory_accel(devmem), UFFDIO_WRITEPROTECT, &w);
	return (int)r;
}

static int memory_protect(struct tern_devmem *devmem, uint64_t va, uint64_t bytes)
{
	struct accel_chunk *c = accel_chunk(memory_pages(devmem), va, false);
	int error = write_protect(devmem, va, bytes, UFFDIO_WRITEPROTECT_MODE_WP);
	if (!error && c)
		bits_set(c->readonly, page_of(va), (unsigned)(bytes / TERN_PAGE));
	return error;
}

static int memory_unprotect(struct tern_devmem *devmem, uint64_t va, uint64_t bytes)
{
	struct accel_chunk *c = accel_chunk(memory_pages(devmem), va, false);
	int error = write_protect(devmem, va, bytes, 0);
	if (!error && c)
		bits_clear(c->readonly, page_of(va), (unsigned)(bytes / TERN_PAGE));
	return error;
}

/* Holes. */

void memory_punch(const struct accel *accel, struct accel_chunk *c, unsigned first, unsigned count)
{
	struct accel_pages *pages = accel->memory;
	raw_call(SYS_fallocate, accel->fds[ACCEL_FD_VRAM],
		 FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (long)(c->va + first * TERN_PAGE),
		 (long)(count * TERN_PAGE), 0, 0);
	c->huge = false;
	pages->mapped -= bits_clear(c->mapped, first, count);
	bits_clear(c->hidden, first, count);
	pages->present -= bits_clear(c->present, first, count);
}

/* Removing page-table entries: by the process' own thread. */

static void dma_sleep(struct accel_dma *dma)
{
	struct timespec t = {.tv_nsec = DMA_SLEEP_NS};
	raw_call(SYS_futex, (long)&dma->state, FUTEX_WAIT, ACCEL_DMA_POSTED, (long)&t, 0, 0);
}

static void dma_post(uint64_t va, uint64_t bytes)
{
	struct accel_dma *dma = &accel_status()->dma;
	dma->address = va;
	dma->bytes = bytes;
	atomic_store(&dma->state, ACCEL_DMA_POSTED);
	raw_call(SYS_futex, (long)&dma->state, FUTEX_WAKE, 1, 0, 0, 0);
}

static int dma_wait(struct accel *accel)
{
	struct accel_dma *dma = &accel_status()->dma;
	memory_pages(&accel->devmem)->early_posted = false;
	/* It may need this very processor: give it away, but do not go to sleep at once. */
	for (uint64_t end = raw_clock_ns() + DMA_LOOK_NS; raw_clock_ns() < end; raw_yield())
		for (int i = 0; i < DMA_LOOKS; i++) {
			if (atomic_load(&dma->state) == ACCEL_DMA_DONE)
				return 0;
			tern_cpu_relax();
		}
	for (int i = 0; i < DMA_SLEEPS; i++) {
		dma_sleep(dma);
		if (atomic_load(&dma->state) == ACCEL_DMA_DONE)
			return 0;
		if (has_ended(accel))
			return -ENODEV;
	}
	raw_call(SYS_kill, accel->helper.pid, SIGKILL, 0, 0, 0, 0);
	return -ENODEV;
}

static int zap(struct accel *accel, uint64_t va, uint64_t bytes)
{
	int error = memory_pages(&accel->devmem)->early_posted ? dma_wait(accel) : 0;
	if (error)
		return error;
	dma_post(va, bytes);
	return dma_wait(accel);
}

static void memory_unmap_soon(struct tern_devmem *devmem, uint64_t va)
{
	struct accel *accel = memory_accel(devmem);
	struct accel_pages *pages = accel->memory;
	struct accel_chunk *c = accel_chunk(pages, va, false);
	if (!c || pages->early_posted || !atomic_load(&accel->alive))
		return;
	pages->early = c;
	pages->early_posted = true;
	pages->early_touched = false;
	dma_post(c->va, TERN_CHUNK);
}

/* Whether all entries of @c have gone already. 0 or -ENODEV. */
static int zapped_early(struct accel *accel, const struct accel_chunk *c, bool *done)
{
	struct accel_pages *pages = accel->memory;
	*done = false;
	if (pages->early != c)
		return 0;
	int error = pages->early_posted ? dma_wait(accel) : 0;
	*done = !error && !pages->early_touched;
	pages->early = NULL;
	return error;
}

/* Removes what entries there are in the range. */
static int zap_pages(struct accel *accel, struct accel_chunk *c, unsigned first, unsigned count)
{
	if (!bits_any(c->mapped, first, count))
		return 0;
	bool done = false;
	int error = has_ended(accel) ? -ENODEV : zapped_early(accel, c, &done);
	if (!error && !done)
		error = zap(accel, c->va + first * TERN_PAGE, count * TERN_PAGE);
	if (!error || error == -ENODEV) {
		struct accel_pages *pages = accel->memory;
		pages->mapped -= bits_clear(c->mapped, first, count);
		bits_clear(c->hidden, first, count);
	}
	return error;
}

static int memory_unmap(struct tern_devmem *devmem, uint64_t va, uint64_t bytes)
{
	struct accel_chunk *c = accel_chunk(memory_pages(devmem), va, false);
	if (!c)
		return 0;
	return zap_pages(memory_accel(devmem), c, page_of(va), (unsigned)(bytes / TERN_PAGE));
}

static int memory_hide(struct tern_devmem *devmem, uint64_t va, uint64_t bytes)
{
	struct accel *accel = memory_accel(devmem);
	struct accel_chunk *c = accel_chunk(accel->memory, va, false);
	if (!c)
		return 0;
	int error = has_ended(accel) ? -ENODEV : zap(accel, va, bytes);
	if (!error)
		bits_set(c->hidden, page_of(va), (unsigned)(bytes / TERN_PAGE));
	return error;
}

static int memory_show(struct tern_devmem *devmem, uint64_t va, uint64_t bytes, unsigned flags)
{
	struct accel *accel = memory_accel(devmem);
	struct accel_chunk *c = accel_chunk(accel->memory, va, false);
	unsigned first = page_of(va), count = (unsigned)(bytes / TERN_PAGE);
	if (!c)
		return -EFAULT;
	struct accel_pages *pages = accel->memory;
	pages->early_touched |= c == pages->early;
	int64_t r = -EAGAIN;
	for (int i = 0; i < RETRIES && r == -EAGAIN; i++)
		r = memory_continue(accel, va, bytes, flags);
	if (r == -EINVAL) { /* a kernel that knows no read-only entry here: writes are not seen */
		flags |= TERN_FILL_WRITABLE;
		r = memory_continue(accel, va, bytes, flags);
	}
	if (r < 0 && r != -EEXIST)
		return (int)r;
	bits_clear(c->hidden, first, count);
	if (flags & TERN_FILL_WRITABLE)
		bits_clear(c->readonly, first, count);
	else
		bits_set(c->readonly, first, count);
	if (r == -EEXIST)
		memory_wake(devmem, va, bytes);
	return 0;
}

static int memory_drop(struct tern_devmem *devmem, uint64_t va, uint64_t bytes)
{
	struct accel_chunk *c = accel_chunk(memory_pages(devmem), va, false);
	unsigned first = page_of(va), count = (unsigned)(bytes / TERN_PAGE);
	if (!c || !bits_any(c->mapped, first, count))
		return 0;
	if (count <= PUNCH_MOST) {
		memory_punch(memory_accel(devmem), c, first, count);
		return 0;
	}
	int error = zap_pages(memory_accel(devmem), c, first, count);
	return error == -ENODEV ? 0 : error; /* a dead process cannot access them either */
}

/* Frees the pages of @c that nobody needs, up to @most of them; how many. */
static uint64_t trim_chunk(const struct accel *accel, struct accel_chunk *c, uint64_t most)
{
	uint64_t freed = 0;
	for (unsigned i = 0, n; i < TERN_CHUNK_PAGES && freed < most; i += n) {
		n = bits_run(c->mapped, i, TERN_CHUNK_PAGES);
		if (bits_test(c->mapped, i))
			continue;
		n = tern_min(n, bits_run(c->present, i, TERN_CHUNK_PAGES));
		if (!bits_test(c->present, i))
			continue;
		n = (unsigned)tern_min((uint64_t)n, most - freed);
		memory_punch(accel, c, i, n);
		freed += n;
	}
	return freed;
}

static uint64_t memory_trim(struct tern_devmem *devmem, uint64_t bytes)
{
	struct accel_pages *pages = memory_pages(devmem);
	uint64_t warm = pages->present - pages->mapped, freed = 0;
	if (!bytes)
		return warm * TERN_PAGE;
	uint64_t most = tern_min((bytes + TERN_PAGE - 1) / TERN_PAGE, warm);
	for (unsigned rounds = 0; freed < most && rounds < 2;) {
		if (!pages->trimmed) {
			pages->trimmed = pages->chunks;
			rounds++;
		}
		struct accel_chunk *c = pages->trimmed;
		if (!c)
			break;
		freed += trim_chunk(memory_accel(devmem), c, most - freed);
		if (freed < most)
			pages->trimmed = c->next;
	}
	return freed * TERN_PAGE;
}

static const struct tern_devmem_ops ops = {
	.name = "accel",
	.poll_fds = memory_poll_fds,
	.faults = memory_faults,
	.fill = memory_fill,
	.protect = memory_protect,
	.unprotect = memory_unprotect,
	.unmap = memory_unmap,
	.unmap_soon = memory_unmap_soon,
	.hide = memory_hide,
	.show = memory_show,
	.drop = memory_drop,
	.window = memory_window,
	.read = memory_read,
	.wake = memory_wake,
	.refuse = memory_refuse,
	.trim = memory_trim,
};

int accel_memory_init(struct accel *accel)
{
	int error = tern_pinned_start();
	if (error)
		return error;
	if (!accel->memory)
		accel->memory = tern_pinned_alloc(sizeof(struct accel_pages));
	if (!accel->memory)
		return -ENOMEM;
	accel->devmem.ops = &ops;
	return 0;
}

/* All contents are home: what the file has is warm. */
void accel_memory_renew(struct accel *accel)
{
	struct accel_pages *pages = accel->memory;
	for (struct accel_chunk *c = pages->chunks; c; c = c->next) {
		memset(c->mapped, 0, sizeof(c->mapped));
		memset(c->hidden, 0, sizeof(c->hidden));
	}
	pages->mapped = 0;
	pages->early = NULL;
	pages->early_posted = false;
}

void accel_memory_release(struct accel *accel)
{
	accel_memory_renew(accel);
	memory_trim(&accel->devmem, UINT64_MAX / 2);
}
