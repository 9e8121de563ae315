/* SPDX-License-Identifier: MIT */
/* Messages over a stream socket (wire.h). */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "kernels/wire.h"
#include "runtime/base/alloc.h"
#include "runtime/base/futex.h"

enum {
	WIRE_MAGIC = 0x4e524554, /* "TERN" */
	WIRE_VERSION = 2,
	HEADER_BYTES = 24, /* magic, version, type, 0, payload bytes as u64 */
};

/* Waits until @fd is ready for @events; 0 or -errno. */
static int wait_ready(int fd, short events, uint64_t deadline)
{
	for (;;) {
		int ms = -1;
		if (deadline != TERN_WIRE_NO_DEADLINE) {
			uint64_t now = tern_clock_ns();
			if (now >= deadline)
				return -ETIMEDOUT;
			uint64_t left = (deadline - now + 999999) / 1000000;
			ms = left > INT_MAX ? INT_MAX : (int)left;
		}
		struct pollfd p = {.fd = fd, .events = events};
		int n = poll(&p, 1, ms);
		if (n > 0)
			return p.revents & POLLNVAL ? -EBADF : 0;
		if (n < 0 && errno != EINTR)
			return -errno;
	}
}

static int send_all(int fd, const unsigned char *at, size_t size, uint64_t deadline)
{
	while (size > 0) {
		ssize_t n = send(fd, at, size, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n >= 0) {
			at += n;
			size -= (size_t)n;
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			int e = wait_ready(fd, POLLOUT, deadline);
			if (e)
				return e;
		} else if (errno != EINTR) {
			return errno == ECONNRESET ? -EPIPE : -errno;
		}
	}
	return 0;
}

static int receive_all(int fd, unsigned char *at, size_t size, uint64_t deadline)
{
	while (size > 0) {
		ssize_t n = recv(fd, at, size, MSG_DONTWAIT);
		if (n > 0) {
			at += n;
			size -= (size_t)n;
		} else if (n == 0) {
			return -EPIPE;
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			int e = wait_ready(fd, POLLIN, deadline);
			if (e)
				return e;
		} else if (errno != EINTR) {
			return errno == ECONNRESET ? -EPIPE : -errno;
		}
	}
	return 0;
}

int tern_wire_send(int fd, uint32_t type, const void *payload, size_t size, uint64_t deadline)
{
	if (size > TERN_WIRE_MAX_PAYLOAD)
		return -EMSGSIZE;
	struct tern_writer w = {0};
	tern_write_u32(&w, WIRE_MAGIC);
	tern_write_u32(&w, WIRE_VERSION);
	tern_write_u32(&w, type);
	tern_write_u32(&w, 0);
	tern_write_u64(&w, size);
	int e = w.failed ? -ENOMEM : send_all(fd, w.data, w.size, deadline);
	tern_writer_finish(&w);
	return e ? e : send_all(fd, payload, size, deadline);
}

int tern_wire_receive(int fd, uint32_t *type, void **payload, size_t *size, uint64_t deadline)
{
	unsigned char header[HEADER_BYTES];
	int e = receive_all(fd, header, sizeof(header), deadline);
	if (e)
		return e;
	struct tern_reader r;
	tern_reader_init(&r, header, sizeof(header));
	bool ours = tern_read_u32(&r) == WIRE_MAGIC;
	ours &= tern_read_u32(&r) == WIRE_VERSION;
	uint32_t t = tern_read_u32(&r);
	ours &= tern_read_u32(&r) == 0;
	uint64_t n = tern_read_u64(&r);
	if (!ours)
		return -EPROTO;
	if (n > TERN_WIRE_MAX_PAYLOAD)
		return -EMSGSIZE;
	unsigned char *p = tern_alloc(n);
	if (!p)
		return -ENOMEM;
	e = receive_all(fd, p, n, deadline);
	if (e) {
		tern_free(p);
		return e;
	}
	*type = t;
	*payload = p;
	*size = n;
	return 0;
}
