/* SPDX-License-Identifier: MIT */
/* The first words with a fresh accelerator process: struct accel_hello and struct accel_ready. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/base/alloc.h"
#include "runtime/base/log.h"
#include "vendors/accel/launch.h"

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

#define UNIT_SPIN_NS 20000 /* how long an idle unit looks for work before it sleeps */

enum { FILES_MOST = ACCEL_FD_COUNT + 1 };

struct message {
	struct iovec io;
	struct msghdr header;
	union {
		struct cmsghdr header;
		unsigned char bytes[CMSG_SPACE(FILES_MOST * sizeof(int))];
	} control;
};

int accel_poll(int fd, int pidfd, int timeout_ms)
{
	struct pollfd on[2] = {{.fd = fd, .events = POLLIN}, {.fd = pidfd, .events = POLLIN}};
	uint64_t end = tern_clock_ns() + (uint64_t)timeout_ms * 1000000;
	for (;;) {
		uint64_t now = tern_clock_ns();
		int left = now < end ? (int)((end - now) / 1000000) : 0;
		int n = poll(on, 2, left);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			return -ETIMEDOUT;
		if (on[0].revents & POLLIN)
			return 0;
		return -EPIPE;
	}
}

static void message_init(struct message *m, void *data, size_t bytes)
{
	memset(m, 0, sizeof(*m));
	m->io = (struct iovec){.iov_base = data, .iov_len = bytes};
	m->header.msg_iov = &m->io;
	m->header.msg_iovlen = 1;
	m->header.msg_control = m->control.bytes;
	m->header.msg_controllen = sizeof(m->control.bytes);
}

/* So many units look for work at a time that they leave the program its processors. */
static uint32_t spin_units(void)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	return processors > 1 ? (uint32_t)processors / 4 + 1 : 0;
}

static int send_hello(const struct accel *accel, int socket)
{
	struct accel_hello hello = {.version = ACCEL_PROTOCOL,
				    .flags = accel->system ? ACCEL_HELLO_SYSTEM : 0,
				    .units = accel->options.units,
				    .spin_ns = UNIT_SPIN_NS,
				    .spin_units = spin_units(),
				    .stack_bytes = ACCEL_STACK_BYTES,
				    .local_bytes = ACCEL_LOCAL_BYTES,
				    .scratch_bytes = ACCEL_SCRATCH_BYTES};
	int files[FILES_MOST];
	unsigned count = ACCEL_FD_COUNT - !accel->system;
	memcpy(files, accel->fds, count * sizeof(int));
	int owner = (int)syscall(SYS_pidfd_open, getpid(), 0); /* Linux 5.3 */
	if (owner >= 0) {
		hello.flags |= ACCEL_HELLO_OWNER;
		files[count++] = owner;
	}
	struct message m;
	message_init(&m, &hello, sizeof(hello));
	m.header.msg_controllen = CMSG_SPACE(count * sizeof(int));
	m.control.header.cmsg_level = SOL_SOCKET;
	m.control.header.cmsg_type = SCM_RIGHTS;
	m.control.header.cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(&m.control.header), files, count * sizeof(int));
	ssize_t n = sendmsg(socket, &m.header, MSG_NOSIGNAL);
	int error = n == sizeof(hello) ? 0 : n < 0 ? -errno : -EPROTO;
	if (owner >= 0)
		close(owner);
	return error;
}

/* The descriptor that came with @m, or -1; any others are closed. */
static int take_descriptor(struct message *m)
{
	int fd = -1;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m->header); c; c = CMSG_NXTHDR(&m->header, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < count; i++) {
			int got;
			memcpy(&got, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
			if (fd < 0)
				fd = got;
			else
				close(got);
		}
	}
	return fd;
}

static const char *step_name(uint32_t step)
{
	static const char *const names[] = {
		[ACCEL_STEP_HELLO] = "reading what it is to do",
		[ACCEL_STEP_UNMAP] = "emptying its address space",
		[ACCEL_STEP_MAP] = "mapping its memory",
		[ACCEL_STEP_VRAM] =
			"mapping the device memory (is there a limit on address space, ulimit -v?)",
		[ACCEL_STEP_USERFAULTFD] = "opening its userfaultfd",
		[ACCEL_STEP_REGISTER] = "registering the device memory with userfaultfd",
		[ACCEL_STEP_SIGNALS] = "preparing for signals",
		[ACCEL_STEP_THREADS] = "starting its threads",
	};
	return step < tern_array_size(names) ? names[step] : "starting";
}

static int receive_ready(const struct accel *accel, int socket, int *uffd)
{
	struct accel_ready ready;
	struct message m;
	message_init(&m, &ready, sizeof(ready));
	ssize_t n = recvmsg(socket, &m.header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	if (n < 0) /* it may have ended with our message unread */
		return errno == ECONNRESET ? -EPIPE : -errno;
	int fd = take_descriptor(&m), error = 0;
	if (n != sizeof(ready) || ready.version != ACCEL_PROTOCOL)
		error = n ? -EPROTO : -EPIPE;
	else if (ready.error) {
		error = ready.error < 0 && ready.error > -4096 ? ready.error : -EPROTO;
		tern_log_error("accel: the device process failed while %s (error %d)",
			       step_name(ready.step), -error);
	} else if (accel->system && fd < 0)
		error = -EPROTO;
	if (!error && accel->system) {
		*uffd = fd;
		return 0;
	}
	if (fd >= 0)
		close(fd);
	if (!error)
		*uffd = -1;
	return error;
}

int accel_handshake(const struct accel *accel, int socket, int pidfd, int *uffd)
{
	if (tern_fault_hit())
		return -ECONNABORTED;
	int error = send_hello(accel, socket);
	if (!error)
		error = accel_poll(socket, pidfd, START_TIMEOUT_MS);
	if (!error)
		error = receive_ready(accel, socket, uffd);
	if (error == -ETIMEDOUT)
		tern_log_error("accel: the device process does not answer");
	return error;
}
