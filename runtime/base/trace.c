/* SPDX-License-Identifier: MIT */
#include "runtime/base/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "runtime/base/alloc.h"
#include "runtime/base/futex.h"
#include "runtime/base/log.h"
#include "runtime/base/option.h"
#include "runtime/base/thread.h"

#define BLOCK_BYTES  ((uint64_t)1 << 20)
#define BLOCK_SLOTS  (BLOCK_BYTES / sizeof(struct tern_trace_record))
#define AHEAD_BLOCKS 8u                   /* are ready beyond the one in use */
#define MOST_BYTES   ((uint64_t)64 << 30) /* of a trace */
#define TEXT_MOST    96u
#define TEXTS        256u
#define LAST_PART    0x8000u
#define STACK_BYTES  ((size_t)64 << 10)

_Static_assert(sizeof(struct tern_trace_record) == 32, "the format");
_Static_assert(sizeof(struct tern_trace_header) <= TERN_TRACE_HEADER_BYTES, "the format");

_Atomic bool tern_trace_enabled;

static struct {
	int fd;
	dev_t device; /* and inode: of the file, as the program may close the descriptor */
	ino_t inode;
	char *base; /* MOST_BYTES of address space: the file as far as it is ready */
	struct tern_trace_header *header;
	struct tern_trace_record *slots;
	_Atomic uint64_t ready;        /* slots that may be written */
	_Atomic uint32_t wanted;       /* changes when another block is wanted */
	_Atomic bool full;             /* no block will be added any more */
	_Atomic uint32_t texts[TEXTS]; /* that were recorded, by their lowest bits */
} trace = {.fd = -1};

/* ---- blocks ---- */

/* Filesystems without fallocate() get zeros: either way there is room for sure afterwards. */
static int reserve(uint64_t offset, uint64_t bytes)
{
	static const char zeros[65536];
	if (!fallocate(trace.fd, 0, (off_t)offset, (off_t)bytes))
		return 0;
	if (errno != EOPNOTSUPP && errno != ENOSYS)
		return -errno;
	while (bytes) {
		ssize_t n = pwrite(trace.fd, zeros, tern_min(bytes, (uint64_t)sizeof(zeros)),
				   (off_t)offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -ENOSPC;
		offset += (uint64_t)n;
		bytes -= (uint64_t)n;
	}
	return 0;
}

/* The program may have closed the descriptor, and opened its own file in its place. */
static bool is_ours(void)
{
	struct stat s;
	return !fstat(trace.fd, &s) && s.st_dev == trace.device && s.st_ino == trace.inode;
}

/* Going beyond it would be a signal, SIGXFSZ. */
static bool within_limit(uint64_t end)
{
	struct rlimit limit;
	return end <= MOST_BYTES && (getrlimit(RLIMIT_FSIZE, &limit) || end <= limit.rlim_cur);
}

static int map_block(uint64_t offset, uint64_t bytes)
{
	if (!within_limit(offset + bytes))
		return -EFBIG;
	int error = is_ours() ? reserve(offset, bytes) : -EBADF;
	if (error)
		return error;
	void *at = mmap(trace.base + offset, bytes, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_FIXED | MAP_POPULATE, trace.fd, (off_t)offset);
	if (at == MAP_FAILED)
		return -errno;
	(void)madvise(at, bytes, MADV_DONTFORK);
	/* So that the first store to a page is no fault, which may wait for the disk. */
	(void)madvise(at, bytes, MADV_POPULATE_WRITE);
	return 0;
}

static int add_block(void)
{
	uint64_t ready = atomic_load_explicit(&trace.ready, memory_order_relaxed);
	int error = map_block(TERN_TRACE_HEADER_BYTES + ready * sizeof(struct tern_trace_record),
			      BLOCK_BYTES);
	if (!error)
		atomic_store_explicit(&trace.ready, ready + BLOCK_SLOTS, memory_order_release);
	return error;
}

static void *keep_ready(void *unused)
{
	(void)unused;
	tern_thread_name("tern-trace");
	for (;;) {
		uint32_t wanted = atomic_load(&trace.wanted);
		uint64_t next = atomic_load(&trace.header->next);
		/* What was lost meanwhile is room that would never be used. */
		if (atomic_load(&trace.ready) >= next + AHEAD_BLOCKS * BLOCK_SLOTS) {
			tern_futex_wait(&trace.wanted, wanted);
			continue;
		}
		int error = add_block();
		if (error) {
			tern_log_error("the trace will end: %s", strerror(-error));
			atomic_store(&trace.full, true);
			return NULL;
		}
	}
}

static void ask_for_blocks(void)
{
	atomic_fetch_add(&trace.wanted, 1);
	tern_futex_wake(&trace.wanted, 1);
}

/* ---- recording ---- */

static void write_slot(struct tern_trace_record *to, const struct tern_trace_record *r)
{
	_Atomic uint64_t *words = (_Atomic uint64_t *)(void *)to;
	uint64_t first;
	memcpy(&first, r, sizeof(first));
	atomic_store_explicit(&words[1], r->ns, memory_order_relaxed);
	atomic_store_explicit(&words[2], r->a, memory_order_relaxed);
	atomic_store_explicit(&words[3], r->b, memory_order_relaxed);
	/* The kind last: readers see a whole record, or none. */
	atomic_store_explicit(&words[0], first, memory_order_release);
}

/* There is no room. */
static void lose(void)
{
	atomic_fetch_add_explicit(&trace.header->lost, 1, memory_order_relaxed);
	if (atomic_load_explicit(&trace.full, memory_order_relaxed))
		atomic_store(&tern_trace_enabled, false);
}

static bool put(const struct tern_trace_record *r)
{
	uint64_t ready = atomic_load_explicit(&trace.ready, memory_order_acquire);
	/* But for a few at once nobody reserves what is not ready: so the blocks catch up. */
	if (atomic_load_explicit(&trace.header->next, memory_order_relaxed) >= ready) {
		lose();
		return false;
	}
	uint64_t slot = atomic_fetch_add_explicit(&trace.header->next, 1, memory_order_relaxed);
	if (slot % BLOCK_SLOTS == 0)
		ask_for_blocks();
	if (slot >= ready && slot >= atomic_load_explicit(&trace.ready, memory_order_acquire)) {
		lose();
		return false;
	}
	write_slot(&trace.slots[slot], r);
	return true;
}

void tern_trace_put(struct tern_trace_record record)
{
	if (!tern_trace_is_on())
		return;
	record.ns = tern_clock_ns();
	(void)put(&record);
}

static bool put_text(uint32_t number, const char *text, size_t length)
{
	bool stored = true;
	for (size_t at = 0; at < length || !at; at += 24) {
		struct tern_trace_record r = {
			.kind = TERN_TRACE_TEXT, .n = (uint16_t)(at / 24), .x = number};
		if (length - at <= 24)
			r.n |= LAST_PART;
		memcpy(&r.ns, text + at, tern_min(length - at, (size_t)24));
		stored = put(&r) && stored;
	}
	return stored;
}

uint32_t tern_trace_text(const char *text)
{
	if (!text || !tern_trace_is_on())
		return 0;
	size_t length = strnlen(text, TEXT_MOST);
	uint32_t hash = 0x811c9dc5u; /* FNV-1a */
	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)text[i]) * 0x01000193u;
	hash += !hash;
	_Atomic uint32_t *known = &trace.texts[hash % TEXTS];
	if (atomic_load_explicit(known, memory_order_relaxed) != hash) {
		if (put_text(hash, text, length))
			atomic_store_explicit(known, hash, memory_order_relaxed);
	}
	return hash;
}

/* ---- the start ---- */

/* %p in the name is the process's number. */
static char *file_name(const char *option)
{
	const char *p = strstr(option, "%p");
	if (!p)
		return tern_strdup(option);
	return tern_asprintf("%.*s%ld%s", (int)(p - option), option, (long)getpid(), p + 2);
}

static void copy_option(char *to, size_t size, enum tern_option option)
{
	const char *value = tern_option(option);
	size_t n = strnlen(value, size - 1);
	memcpy(to, value, n);
}

static void write_header(struct tern_trace_header *h)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	h->started_ns = tern_clock_ns();
	h->started_unix_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	h->version = TERN_TRACE_VERSION;
	h->record_bytes = sizeof(struct tern_trace_record);
	h->process = (uint64_t)getpid();
	int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		ssize_t n = read(fd, h->program, sizeof(h->program) - 1);
		(void)n; /* it stays empty */
		close(fd);
	}
	h->accesses = (uint32_t)tern_min(tern_option_number(TERN_OPTION_TRACE_ACCESSES, 0),
					 (uint64_t)UINT32_MAX);
	copy_option(h->policy, sizeof(h->policy), TERN_OPTION_POLICY);
	copy_option(h->eviction, sizeof(h->eviction), TERN_OPTION_EVICT);
	copy_option(h->accelerator, sizeof(h->accelerator), TERN_OPTION_ACCEL);
	memcpy(h->magic, TERN_TRACE_MAGIC, sizeof(h->magic));
}

static int begin(const char *name)
{
	/* A program that this one starts must not begin its trace anew. */
	trace.fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	struct stat s;
	if (trace.fd < 0 || fstat(trace.fd, &s))
		return -errno;
	trace.device = s.st_dev;
	trace.inode = s.st_ino;
	void *base = mmap(NULL, MOST_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
			  -1, 0);
	if (base == MAP_FAILED)
		return -errno;
	trace.base = base;
	trace.header = base;
	trace.slots = (void *)(trace.base + TERN_TRACE_HEADER_BYTES);
	int error = map_block(0, TERN_TRACE_HEADER_BYTES);
	if (!error)
		error = add_block();
	if (error)
		return error;
	write_header(trace.header);
	return tern_thread_start(keep_ready, NULL, STACK_BYTES);
}

static void in_child(void)
{
	atomic_store(&tern_trace_enabled, false); /* its mapping is not there */
}

void tern_trace_start(void)
{
	const char *option = tern_option(TERN_OPTION_TRACE);
	if (!*option || trace.base)
		return;
	char *name = file_name(option);
	int error = name ? begin(name) : -ENOMEM;
	if (!error)
		error = -pthread_atfork(NULL, NULL, in_child);
	if (!error) {
		atomic_store(&tern_trace_enabled, true);
	} else {
		tern_log_error("TERN_TRACE: %s: %s; nothing is traced", option, strerror(-error));
		if (name && trace.fd >= 0) { /* it is new, and of no use */
			(void)unlink(name);
			close(trace.fd);
			trace.fd = -1;
		}
	}
	tern_free(name);
}

bool tern_trace_memory(uint64_t *start, uint64_t *end)
{
	*start = (uintptr_t)trace.base;
	*end = *start + MOST_BYTES;
	return trace.base != NULL;
}
