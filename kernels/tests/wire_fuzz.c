/* SPDX-License-Identifier: MIT */
/*
 * The wire format between libtern and ternc: what each side makes of the other's bytes, and the
 * framing over a socket. What was read must survive being written and read again.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kernels/protocol.h"
#include "runtime/base/alloc.h"
#include "runtime/base/futex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void request(const uint8_t *data, size_t size)
{
	struct tern_wire_request first, second;
	if (tern_wire_read_request(data, size, &first))
		return;
	struct tern_writer w = {0};
	tern_wire_write_request(&w, &first);
	size_t n;
	void *again = tern_writer_take(&w, &n);
	if (!again || tern_wire_read_request(again, n, &second))
		abort();
	if (strcmp(first.options, second.options) != 0 || first.source_size != second.source_size ||
	    first.header_count != second.header_count || first.input_count != second.input_count ||
	    first.operation != second.operation)
		abort();
	tern_wire_free_request(&second);
	tern_wire_free_request(&first);
	tern_free(again);
}

static void result(const uint8_t *data, size_t size)
{
	struct tern_wire_result first, second;
	if (tern_wire_read_result(data, size, &first))
		return;
	struct tern_writer w = {0};
	tern_wire_write_result(&w, &first);
	size_t n;
	void *again = tern_writer_take(&w, &n);
	if (!again || tern_wire_read_result(again, n, &second))
		abort();
	if (first.status != second.status || strcmp(first.log, second.log) != 0 ||
	    first.code_size != second.code_size)
		abort();
	tern_free(again);
}

/* A peer that sends anything and hangs up; or nothing more, until the deadline. */
static void frame(const uint8_t *data, size_t size)
{
	int fds[2];
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds))
		abort();
	if (size > 65536)
		size = 65536;
	if (size && send(fds[0], data, size, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		abort();
	bool hang_up = size & 1;
	if (hang_up)
		close(fds[0]);
	uint32_t type;
	void *payload;
	size_t n;
	if (!tern_wire_receive(fds[1], &type, &payload, &n, tern_clock_ns() + 1000))
		tern_free(payload);
	close(fds[1]);
	if (!hang_up)
		close(fds[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	switch (*data % 3) {
	case 0:
		request(data + 1, size - 1);
		break;
	case 1:
		result(data + 1, size - 1);
		break;
	default:
		frame(data + 1, size - 1);
		break;
	}
	return 0;
}
