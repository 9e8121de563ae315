/* SPDX-License-Identifier: MIT */
/*
 * CODE: images of kernels, at the same addresses in the program, which writes them, and in the
 * process, which executes them. What is where, and with which rights, is known here only, in
 * ordinary memory, so a process may come and go: a fresh one is told all rights again. What is
 * released is punched out of the file, so that it is zeros when it is given out the next time.
 *
 * Locking: `lock`, under which nothing is called but the process' answer is waited for. A process
 * that does not answer is killed; its successor is told everything.
 *
 * fork: the child finds the parent's file mapped. Before it uses it, it replaces it with a copy.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/base/alloc.h"
#include "runtime/base/list.h"
#include "runtime/base/log.h"
#include "vendors/accel/launch.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010u
#endif

struct rights {
	struct rights *next;
	uint64_t address, bytes;
	int protection;
};

struct extent {
	struct tern_list link; /* in ascending order of addresses */
	uint64_t start, bytes;
	struct rights *rights; /* the last one first */
};

static struct {
	struct tern_lock lock;
	int file;          /* -1: not yet */
	bool foreign;      /* the file is that of the process that forked this one */
	int socket, pidfd; /* of the process, -1: none runs */
	struct tern_list extents;
} code = {.lock = TERN_LOCK_INIT(TERN_LOCK_CODE),
	  .file = -1,
	  .socket = -1,
	  .pidfd = -1,
	  .extents = {&code.extents, &code.extents}};

static int create_file(void)
{
	int fd = accel_file_create("tern-code", TERN_APERTURE_CODE_BYTES, MFD_EXEC);
	if (fd == -EINVAL) /* before Linux 6.3 */
		fd = accel_file_create("tern-code", TERN_APERTURE_CODE_BYTES, 0);
	return fd;
}

/* In a child of fork(): the images that are there, in a file of our own. */
static int copy_file(void)
{
	struct tern_list *l;
	int fd = create_file();
	if (fd < 0)
		return fd;
	tern_list_for_each (l, &code.extents) {
		const struct extent *e = tern_list_entry(l, struct extent, link);
		off_t from = (off_t)(e->start - TERN_APERTURE_CODE), to = from;
		size_t left = e->bytes;
		while (left) {
			ssize_t n = pwrite(fd, (const void *)(TERN_APERTURE_CODE + (uint64_t)from),
					   left, to);
			if (n <= 0) {
				int error = n ? -errno : -EIO;
				close(fd);
				return error;
			}
			from += n, to += n, left -= (size_t)n;
		}
	}
	return fd;
}

/* Another thread may have held the lock: lists are whole, from the front, at every moment. */
static void after_fork_child(void)
{
	tern_lock_init(&code.lock, TERN_LOCK_CODE);
	code.socket = code.pidfd = -1;
	code.foreign = code.file >= 0;
}

static int file_locked(void)
{
	static bool at_fork;
	if (code.file >= 0 && !code.foreign)
		return code.file;
	int error = at_fork ? 0 : -pthread_atfork(NULL, NULL, after_fork_child);
	if (error)
		return error;
	at_fork = true;
	error = tern_aperture_reserve();
	if (error)
		return error;
	int fd = code.foreign ? copy_file() : create_file();
	if (fd < 0)
		return fd;
	error = accel_file_map(fd, TERN_APERTURE_CODE, TERN_APERTURE_CODE_BYTES);
	if (error) {
		close(fd);
		return error;
	}
	if (code.file >= 0)
		close(code.file);
	code.file = fd;
	code.foreign = false;
	return fd;
}

int accel_code_file(void)
{
	tern_lock_acquire(&code.lock);
	int fd = file_locked();
	tern_lock_release(&code.lock);
	return fd;
}

/* Tells the process, if one runs. One that does not answer is ended: nothing is lost by that. */
static int tell(uint64_t address, uint64_t bytes, int protection)
{
	struct accel_protect request = {
		.address = address, .bytes = bytes, .protection = (uint32_t)protection};
	int32_t result;
	if (code.socket < 0)
		return 0;
	if (send(code.socket, &request, sizeof(request), MSG_NOSIGNAL) != sizeof(request))
		return -EPIPE;
	int error = accel_poll(code.socket, code.pidfd, ANSWER_TIMEOUT_MS);
	if (error)
		return error;
	if (recv(code.socket, &result, sizeof(result), MSG_DONTWAIT) != sizeof(result))
		return -EPIPE;
	return result < 0 && result > -4096 ? result : 0;
}

/* As tell(), for those to whom the process' end does not matter. */
static int tell_if_alive(uint64_t address, uint64_t bytes, int protection)
{
	int error = tell(address, bytes, protection);
	if (error != -EPIPE && error != -ETIMEDOUT)
		return error;
	if (error == -ETIMEDOUT)
		tern_log_error("accel: the device process does not answer: it is ended");
	if (error == -ETIMEDOUT && code.pidfd >= 0)
		syscall(SYS_pidfd_send_signal, code.pidfd, SIGKILL, NULL, 0);
	code.socket = code.pidfd = -1;
	return 0;
}

/* The first gap of @size bytes at a multiple of @align: its address, 0: none; and what follows. */
static uint64_t find_gap(uint64_t size, uint64_t align, struct tern_list **before)
{
	uint64_t end = TERN_APERTURE_CODE + TERN_APERTURE_CODE_BYTES, at = TERN_APERTURE_CODE;
	struct tern_list *l;
	tern_list_for_each (l, &code.extents) {
		const struct extent *e = tern_list_entry(l, struct extent, link);
		if (at < e->start && e->start - at >= size)
			break;
		at = tern_round_up(e->start + e->bytes, align);
	}
	*before = l;
	return at < end && end - at >= size ? at : 0;
}

static int code_reserve(void *data, size_t size, size_t align, void **base)
{
	(void)data;
	struct extent *e = tern_zalloc(sizeof(*e));
	struct tern_list *before;
	if (!e || !size || size > TERN_APERTURE_CODE_BYTES || !tern_is_power_of_two(align) ||
	    align > TERN_APERTURE_CODE_BYTES) {
		tern_free(e);
		return e ? -EINVAL : -ENOMEM;
	}
	tern_lock_acquire(&code.lock);
	int fd = file_locked();
	e->bytes = size;
	e->start = fd < 0 ? 0 : find_gap(size, tern_max(align, (size_t)4096), &before);
	if (e->start) {
		tern_list_append(before, &e->link);
		*base = (void *)e->start;
	}
	tern_lock_release(&code.lock);
	if (e->start)
		return 0;
	tern_free(e);
	return fd < 0 ? fd : -ENOMEM;
}

static struct extent *find_locked(uint64_t address)
{
	struct tern_list *l;
	tern_list_for_each (l, &code.extents) {
		struct extent *e = tern_list_entry(l, struct extent, link);
		if (address >= e->start && address - e->start < e->bytes)
			return e;
	}
	return NULL;
}

static int code_protect(void *data, void *at, size_t size, int protection)
{
	(void)data;
	struct rights *r = tern_zalloc(sizeof(*r));
	if (!r)
		return -ENOMEM;
	*r = (struct rights){.address = (uintptr_t)at, .bytes = size, .protection = protection};
	tern_lock_acquire(&code.lock);
	struct extent *e = find_locked(r->address);
	int error = e && size <= e->start + e->bytes - r->address ? 0 : -EINVAL;
	if (!error)
		error = tell_if_alive(r->address, r->bytes, protection);
	if (!error) {
		r->next = e->rights;
		e->rights = r;
	}
	tern_lock_release(&code.lock);
	if (error)
		tern_free(r);
	return error;
}

static void forget_rights(struct extent *e)
{
	for (struct rights *r = e->rights, *next; r; r = next) {
		next = r->next;
		tern_free(r);
	}
}

static void code_release(void *data, void *base, size_t size)
{
	(void)data, (void)size;
	tern_lock_acquire(&code.lock);
	struct extent *e = find_locked((uintptr_t)base);
	if (e && e->start == (uintptr_t)base) {
		tern_list_remove(&e->link);
		tell_if_alive(e->start, e->bytes, PROT_NONE);
		if (!code.foreign)
			fallocate(code.file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				  (off_t)(e->start - TERN_APERTURE_CODE), (off_t)e->bytes);
	} else {
		e = NULL;
	}
	tern_lock_release(&code.lock);
	if (!e)
		return;
	forget_rights(e);
	tern_free(e);
}

const struct tern_image_place *accel_code_place(void)
{
	static const struct tern_image_place place = {
		.reserve = code_reserve, .protect = code_protect, .release = code_release};
	return &place;
}

/* In the order in which they were given. */
static int replay_rights(const struct rights *r)
{
	int error = r->next ? replay_rights(r->next) : 0;
	return error ? error : tell(r->address, r->bytes, r->protection);
}

static int replay_locked(void)
{
	struct tern_list *l;
	int error = 0;
	tern_list_for_each (l, &code.extents) {
		const struct extent *e = tern_list_entry(l, struct extent, link);
		if (!error && e->rights)
			error = replay_rights(e->rights);
	}
	return error;
}

/* Connects the process at once, so that no right that is given meanwhile is missed. */
int accel_code_replay(struct accel *accel)
{
	tern_lock_acquire(&code.lock);
	code.socket = accel->socket;
	code.pidfd = accel->helper.pidfd;
	int error = replay_locked();
	if (error)
		code.socket = code.pidfd = -1;
	tern_lock_release(&code.lock);
	return error;
}

void accel_code_disconnect(void)
{
	tern_lock_acquire(&code.lock);
	code.socket = code.pidfd = -1;
	tern_lock_release(&code.lock);
}
