/* SPDX-License-Identifier: MIT */
/* Messages of the engine's thread, which must not wait for whoever reads them. */
#include "svm/message.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "runtime/base/tests/test.h"

static int saved, reader;

/* Standard error is the write end of a pipe, or a socket. */
static void redirect(const int fds[2])
{
	REQUIRE(dup2(fds[1], 2) == 2 && !close(fds[1]));
	reader = fds[0];
	REQUIRE(!fcntl(reader, F_SETFL, O_NONBLOCK));
}

static void restore(void)
{
	REQUIRE(dup2(saved, 2) == 2);
	if (reader >= 0)
		close(reader);
}

static void fill(void)
{
	static const char bytes[4096];
	REQUIRE(!fcntl(2, F_SETFL, O_NONBLOCK));
	while (write(2, bytes, sizeof(bytes)) > 0)
		;
	while (write(2, bytes, 1) > 0)
		;
	REQUIRE(!fcntl(2, F_SETFL, 0));
}

/* What has been written, without zeros. */
static size_t take(char *to, size_t size)
{
	size_t n = 0;
	char c;
	while (read(reader, &c, 1) == 1)
		if (c && n < size)
			to[n++] = c;
	return n;
}

static void test(const int fds[2])
{
	static const char expected[] = "tern: error: 3 pages at 0x1f\n";
	char text[256];
	redirect(fds);
	message("%u pages at %x", 3u, UINT64_C(31));
	bool said = take(text, sizeof(text)) == strlen(expected) &&
		    !memcmp(text, expected, strlen(expected));
	fill();
	message("nobody reads this");
	bool lost = take(text, sizeof(text)) == 0;
	message("%u pages at %x", 3u, UINT64_C(31));
	said = said && take(text, sizeof(text)) == strlen(expected);
	close(reader);
	reader = -1;
	message("nor this");
	restore();
	EXPECT(said);
	EXPECT(lost);
}

static void to_file(void)
{
	static const char expected[] = "tern: error: one\ntern: error: -2\n";
	char text[256];
	int file = memfd_create("message_test", MFD_CLOEXEC);
	REQUIRE(file >= 0 && dup2(file, 2) == 2);
	reader = -1;
	message("%s", "one");
	message("%d", -2);
	restore();
	EXPECT(pread(file, text, sizeof(text), 0) == (ssize_t)strlen(expected));
	EXPECT(!memcmp(text, expected, strlen(expected)));
	close(file);
}

int main(void)
{
	int fds[2];
	alarm(20);
	saved = fcntl(2, F_DUPFD_CLOEXEC, 3);
	REQUIRE(saved >= 0);
	message_enable(true);
	REQUIRE(!pipe(fds));
	test(fds);
	REQUIRE(!socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
	test(fds);
	to_file();
	return test_result();
}
