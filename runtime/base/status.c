/* SPDX-License-Identifier: MIT */
#include "runtime/base/status.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/base/alloc.h"
#include "runtime/base/futex.h"
#include "runtime/base/lock.h"
#include "runtime/base/log.h"
#include "runtime/base/option.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8U /* Linux 6.3 */
#endif
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x10 /* Linux 5.1 */
#endif

/* The page's descriptor leaves the lowest numbers to the program. */
#define LOWEST_FD  32
#define CLAIMED    UINT64_C(1)
#define PAGE_BYTES sizeof(struct tern_status_page)

_Static_assert(sizeof(struct tern_status_device) == 128, "the format");
_Static_assert(sizeof(struct tern_status_queue) == 256, "the format");
_Static_assert(PAGE_BYTES == 28672, "the format");

static struct {
	struct tern_lock lock;
	struct tern_status_page *page; /* NULL: none */
	int fd;
	dev_t device; /* and inode: of the file, as the program may close the descriptor */
	ino_t inode;
	uint64_t queues; /* how many there ever were */
	unsigned names;  /* open addressing, by a hash; [0] stays empty */
	char texts[TERN_STATUS_NAMES][TERN_STATUS_NAME_BYTES];
} status = {.lock = TERN_LOCK_INIT(TERN_LOCK_STATUS), .fd = -1};

/* What has no page counts here. */
static struct tern_status_device unseen;

/* ---- the page ---- */

static int create_file(void)
{
	const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int fd = (int)syscall(SYS_memfd_create, TERN_STATUS_FILE, flags | MFD_NOEXEC_SEAL);
	if (fd < 0 && errno == EINVAL)
		fd = (int)syscall(SYS_memfd_create, TERN_STATUS_FILE, flags);
	if (fd < 0)
		return -errno;
	int high = fcntl(fd, F_DUPFD_CLOEXEC, LOWEST_FD);
	if (high < 0)
		return fd;
	close(fd);
	return high;
}

/* All of it now: where memory is short that is an error here, and no signal later. */
static int set_size(int fd)
{
	struct rlimit limit;
	if (!getrlimit(RLIMIT_FSIZE, &limit) && limit.rlim_cur < PAGE_BYTES)
		return -EFBIG; /* to go beyond it would be a signal */
	return ftruncate(fd, PAGE_BYTES) || fallocate(fd, 0, 0, PAGE_BYTES) ? -errno : 0;
}

static int seal(int fd)
{
	const int size = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
	if (!fcntl(fd, F_ADD_SEALS, size | F_SEAL_FUTURE_WRITE))
		return 0;
	if (errno != EINVAL) /* what kernels before 5.1 say of the last one */
		return -errno;
	return fcntl(fd, F_ADD_SEALS, size) ? -errno : 0;
}

static void copy_option(char *to, size_t size, enum tern_option option)
{
	const char *value = tern_option(option);
	memcpy(to, value, strnlen(value, size - 1));
}

static void fill(struct tern_status_page *page)
{
	struct tern_status_header *h = &page->header;
	h->version = TERN_STATUS_VERSION;
	h->page_bytes = PAGE_BYTES;
	h->process = (uint64_t)getpid();
	h->started_ns = tern_clock_ns();
	copy_option(h->policy, sizeof(h->policy), TERN_OPTION_POLICY);
	copy_option(h->accelerator, sizeof(h->accelerator), TERN_OPTION_ACCEL);
	memcpy(page->names, status.texts, sizeof(page->names));
	tern_status_put(&h->magic, TERN_STATUS_MAGIC); /* it is no page before */
}

static int make_page(void)
{
	struct stat s = {0};
	if (tern_fault_hit())
		return -ENOMEM;
	int fd = create_file();
	if (fd < 0)
		return fd;
	int error = set_size(fd);
	void *at = MAP_FAILED;
	if (!error)
		at = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (!error && (at == MAP_FAILED || fstat(fd, &s)))
		error = -errno;
	if (!error)
		error = seal(fd);
	if (error) {
		if (at != MAP_FAILED)
			munmap(at, PAGE_BYTES);
		close(fd);
		return error;
	}
	status.fd = fd;
	status.device = s.st_dev;
	status.inode = s.st_ino;
	status.page = at;
	fill(at);
	return 0;
}

void tern_status_start(void)
{
	if (!strcmp(tern_option(TERN_OPTION_STATUS), "0") || getauxval(AT_SECURE))
		return;
	tern_lock_acquire(&status.lock);
	int error = status.page ? 0 : make_page();
	tern_lock_release(&status.lock);
	if (error)
		tern_log_info("tern top will not see this process: %s", strerror(-error));
}

/* ---- devices, queues, names ---- */

static struct tern_status_device *device_locked(const char *name)
{
	for (unsigned i = 0; status.page && i < TERN_STATUS_DEVICES; i++) {
		struct tern_status_device *d = &status.page->devices[i];
		if (!*d->name)
			memcpy(d->name, name, strnlen(name, sizeof(d->name) - 1));
		if (!strncmp(d->name, name, sizeof(d->name) - 1))
			return d;
	}
	return &unseen;
}

struct tern_status_device *tern_status_device(const char *name, uint32_t units)
{
	tern_lock_acquire(&status.lock);
	struct tern_status_device *d = device_locked(name);
	if (units)
		atomic_store_explicit(&d->units, units, memory_order_release);
	tern_lock_release(&status.lock);
	return d;
}

static void set(_Atomic uint32_t *to, uint32_t value)
{
	atomic_store_explicit(to, value, memory_order_release);
}

static void fill_queue(struct tern_status_queue *q, const struct tern_status_queue_info *info)
{
	const struct tern_status_device *devices = status.page->devices;
	/* Who reads any of what follows will see that the number was 0. */
	set(&q->device,
	    info->device == &unseen ? TERN_STATUS_DEVICES : (uint32_t)(info->device - devices));
	set(&q->thread, (uint32_t)syscall(SYS_gettid));
	set(&q->units, info->units);
	set(&q->flags, info->flags);
	set(&q->priority, info->priority);
	set(&q->throttle, info->throttle);
	tern_status_put(&q->made_ns, tern_clock_ns());
	tern_status_put(&q->enqueued, 0);
	tern_status_put(&q->enqueued_others, 0);
	tern_status_put(&q->completed, 0);
	tern_status_put(&q->failed, 0);
	for (unsigned i = 0; i < TERN_STATUS_RUNNING; i++) {
		tern_status_put(&q->running[i].what, 0);
		tern_status_put(&q->running[i].started, 0);
	}
	tern_status_put(&q->number, ++status.queues);
}

/* For want of room. Its number says that it is counted. */
static void count_hidden(struct tern_status_queue *own, bool more)
{
	atomic_store(&own->number, more);
	tern_status_add(&status.page->header.hidden, more ? 1 : UINT64_MAX);
}

struct tern_status_queue *tern_status_queue_get(struct tern_status_queue *own,
						const struct tern_status_queue_info *info)
{
	struct tern_status_queue *found = own;
	memset(own, 0, sizeof(*own));
	tern_lock_acquire(&status.lock);
	for (unsigned i = 0; status.page && found == own && i < TERN_STATUS_QUEUES; i++)
		if (!atomic_load_explicit(&status.page->queues[i].number, memory_order_relaxed))
			found = &status.page->queues[i];
	if (found != own)
		fill_queue(found, info);
	else if (status.page)
		count_hidden(own, true);
	tern_lock_release(&status.lock);
	return found;
}

void tern_status_queue_put(struct tern_status_queue *queue, struct tern_status_queue *own)
{
	tern_lock_acquire(&status.lock);
	if (queue != own)
		tern_status_put(&queue->number, 0);
	else if (status.page && atomic_load(&own->number))
		count_hidden(own, false);
	tern_lock_release(&status.lock);
}

static uint16_t name_locked(const char *name)
{
	size_t length = strnlen(name, TERN_STATUS_NAME_BYTES - 1);
	uint32_t hash = 0x811c9dc5u; /* FNV-1a */
	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)name[i]) * 0x01000193u;
	unsigned at = hash % (TERN_STATUS_NAMES - 1) + 1;
	while (*status.texts[at]) {
		if (!strncmp(status.texts[at], name, TERN_STATUS_NAME_BYTES - 1))
			return (uint16_t)at;
		at = at % (TERN_STATUS_NAMES - 1) + 1;
	}
	if (!length || status.names == TERN_STATUS_NAMES * 3 / 4)
		return 0;
	status.names++;
	memcpy(status.texts[at], name, length);
	if (status.page)
		memcpy(status.page->names[at], name, length);
	return (uint16_t)at;
}

uint16_t tern_status_name(const char *name)
{
	tern_lock_acquire(&status.lock);
	uint16_t number = name_locked(name);
	tern_lock_release(&status.lock);
	return number;
}

struct tern_status_command *tern_status_take(struct tern_status_queue *queue, unsigned type,
					     unsigned name)
{
	for (unsigned i = 0; i < TERN_STATUS_RUNNING; i++) {
		struct tern_status_command *c = &queue->running[i];
		uint64_t before = atomic_load_explicit(&c->what, memory_order_relaxed);
		/* Its mark first, which has no type and is no command to a reader. */
		if (!(uint32_t)before &&
		    atomic_compare_exchange_strong(&c->what, &before, before | CLAIMED)) {
			tern_status_set(c, (before >> 32) + 1, type, name);
			return c;
		}
	}
	return NULL;
}

/* ---- fork ---- */

void tern_status_fork_before(void)
{
	tern_lock_acquire(&status.lock);
}

static void leave_page(void)
{
	struct stat s;
	/* Queues of before go on counting, where nobody sees it. */
	void *at = mmap(status.page, PAGE_BYTES, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	(void)at; /* without memory they count with the parent's */
	if (!fstat(status.fd, &s) && s.st_dev == status.device && s.st_ino == status.inode)
		close(status.fd);
	status.fd = -1;
	status.page = NULL;
}

void tern_status_fork_after(bool child)
{
	if (child && status.page)
		leave_page();
	tern_lock_release(&status.lock);
}
