/* SPDX-License-Identifier: MIT */
#include "kernels/ternc/server.h"

#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "kernels/ternc/build.h"
#include "runtime/base/alloc.h"
#include "runtime/base/futex.h"
#include "runtime/base/log.h"

/* A text on the wire has no NUL inside, but a log quotes the user's source. */
static const char *finish_log(struct tern_writer *log)
{
	for (size_t i = 0; i < log->size; i++) {
		if (log->data[i] == '\0')
			log->data[i] = '?';
	}
	tern_write_u8(log, 0);
	return log->failed ? "error: out of memory\n" : (const char *)log->data;
}

/* Relative -I paths start where the application is. A folder that is gone crashes clang. */
static void enter(const char *folder)
{
	char path[PATH_MAX];
	bool there = *folder && chdir(folder) == 0 && getcwd(path, sizeof(path));
	if (!there && chdir("/") != 0)
		tern_log_debug("ternc: cannot enter /");
}

static int answer(int fd, const struct tern_wire_request *request)
{
	struct tern_build build;
	struct tern_writer w = {0};
	uint64_t start = tern_clock_ns();
	enter(request->directory);
	tern_build_init(&build, request);
	enum tern_build_status status = tern_build_run(&build);
	struct tern_wire_result result = {.status = status, .log = finish_log(&build.log)};
	if (status == TERN_BUILD_OK) {
		result.code = build.code.data;
		result.code_size = build.code.size;
	}
	tern_wire_write_result(&w, &result);
	tern_log_debug("ternc: status %d after %.2f ms", (int)status,
		       (double)(tern_clock_ns() - start) / 1e6);
	int e = w.failed ? -ENOMEM
			 : tern_wire_send(fd, TERN_MESSAGE_RESULT, w.data, w.size,
					  TERN_WIRE_NO_DEADLINE);
	tern_writer_finish(&w);
	tern_build_finish(&build);
	return e;
}

static int serve_one(int fd)
{
	struct tern_wire_request request;
	uint32_t type;
	void *payload;
	size_t size;
	int e = tern_wire_receive(fd, &type, &payload, &size, TERN_WIRE_NO_DEADLINE);
	if (e)
		return e;
	e = type == TERN_MESSAGE_BUILD ? tern_wire_read_request(payload, size, &request) : -EPROTO;
	if (!e) {
		e = answer(fd, &request);
		tern_wire_free_request(&request);
	}
	tern_free(payload);
	return e;
}

/* Without work for a while: gives the memory of the last builds back. */
static void rest(int fd)
{
	enum { A_WHILE = 2000 };
	struct pollfd request = {.fd = fd, .events = POLLIN};
	if (poll(&request, 1, A_WHILE) == 0)
		(void)malloc_trim(0);
}

int tern_server_run(int fd)
{
	int e;
	while ((e = serve_one(fd)) == 0)
		rest(fd);
	return e == -EPIPE ? 0 : e;
}
