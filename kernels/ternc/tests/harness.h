/* SPDX-License-Identifier: MIT */
/* Starts a compile server (TERN_TERNC names it) and asks it to build, for the tests beside. */
#ifndef TERN_TERNC_TESTS_HARNESS_H
#define TERN_TERNC_TESTS_HARNESS_H

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernels/code_format.h"
#include "kernels/protocol.h"
#include "runtime/base/alloc.h"
#include "runtime/base/futex.h"
#include "runtime/base/tests/test.h"

struct server {
	pid_t pid;
	int fd;
};

static inline struct server server_start(void)
{
	struct server s;
	int fd[2];
	const char *path = getenv("TERN_TERNC");
	if (!path || access(path, X_OK) != 0) {
		fprintf(stderr, "skipped: TERN_TERNC names no compile server\n");
		exit(TEST_SKIP);
	}
	REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) == 0);
	s.pid = fork();
	REQUIRE(s.pid >= 0);
	if (s.pid == 0) {
		if (dup2(fd[1], TERN_SERVER_FD) == TERN_SERVER_FD)
			execl(path, "ternc", "--server", (char *)NULL);
		_exit(127);
	}
	close(fd[1]);
	s.fd = fd[0];
	return s;
}

/* Closes the connection; the server must then end by itself, without an error. */
static inline void server_stop(struct server *s)
{
	int status = -1;
	close(s->fd);
	REQUIRE(waitpid(s->pid, &status, 0) == s->pid);
	EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* What came back; the log and the code lie in @payload. */
struct answer {
	void *payload;
	struct tern_wire_result result;
	struct tern_code_parsed code; /* when the status is OK */
};

static inline struct tern_wire_request request_of(enum tern_build_operation operation,
						  const char *source, const char *options)
{
	return (struct tern_wire_request){
		.operation = operation,
		.target = "test",
		.cpu = "x86-64",
		.features = "",
		.register_lanes = 4,
		.options = options,
		.source = source,
		.source_size = source ? strlen(source) : 0,
	};
}

static inline struct answer server_ask(struct server *s, const struct tern_wire_request *q)
{
	struct tern_writer w = {0};
	struct answer a = {0};
	uint32_t type;
	size_t size;
	uint64_t deadline = tern_clock_ns() + 60000000000u;
	tern_wire_write_request(&w, q);
	REQUIRE(!w.failed);
	REQUIRE(tern_wire_send(s->fd, TERN_MESSAGE_BUILD, w.data, w.size, deadline) == 0);
	tern_writer_finish(&w);
	REQUIRE(tern_wire_receive(s->fd, &type, &a.payload, &size, deadline) == 0);
	REQUIRE(type == TERN_MESSAGE_RESULT);
	REQUIRE(tern_wire_read_result(a.payload, size, &a.result) == 0);
	if (a.result.status == TERN_BUILD_OK)
		REQUIRE(tern_code_format_parse(a.result.code, a.result.code_size, &a.code) == 0);
	return a;
}

static inline void answer_free(struct answer *a)
{
	tern_code_format_finish(&a->code);
	tern_free(a->payload);
}

/* Builds and expects @status and, when it is not NULL, @text in the log. */
static inline struct answer build(struct server *s, const char *source, const char *options,
				  enum tern_build_status status, const char *text)
{
	struct tern_wire_request q = request_of(TERN_BUILD_BUILD, source, options);
	struct answer a = server_ask(s, &q);
	if (a.result.status != status || (text && !strstr(a.result.log, text)))
		fprintf(stderr, "options '%s': status %u, log:\n%s\nsource:\n%s\n", options,
			a.result.status, a.result.log, source);
	EXPECT(a.result.status == status);
	EXPECT(!text || strstr(a.result.log, text));
	return a;
}

static inline void expect_build(struct server *s, const char *source, const char *options,
				enum tern_build_status status, const char *text)
{
	struct answer a = build(s, source, options, status, text);
	answer_free(&a);
}

#endif
