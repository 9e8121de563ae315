/* SPDX-License-Identifier: MIT */
/* Writers, readers, messages and the protocol's two structures, whole, cut off and damaged. */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kernels/protocol.h"
#include "kernels/wire.h"
#include "runtime/base/alloc.h"
#include "runtime/base/futex.h"
#include "runtime/base/tests/test.h"

static void test_values(void)
{
	struct tern_writer w = {0};
	size_t n;
	tern_write_u8(&w, 0xab);
	tern_write_u32(&w, 0x12345678);
	tern_write_u64(&w, 0x123456789abcdef0);
	tern_write_string(&w, "tern");
	tern_write_string(&w, NULL);
	tern_write_bytes(&w, "\0\1\2", 3);
	tern_write_align(&w, 16);
	REQUIRE(!w.failed && w.size % 16 == 0);
	EXPECT(w.data[1] == 0x78 && w.data[4] == 0x12);
	struct tern_reader r;
	tern_reader_init(&r, w.data, w.size);
	EXPECT(tern_read_u8(&r) == 0xab);
	EXPECT(tern_read_u32(&r) == 0x12345678);
	EXPECT(tern_read_u64(&r) == 0x123456789abcdef0);
	EXPECT(strcmp(tern_read_string(&r), "tern") == 0);
	EXPECT(strcmp(tern_read_string(&r), "") == 0);
	const void *bytes = tern_read_bytes(&r, &n);
	EXPECT(n == 3 && memcmp(bytes, "\0\1\2", 3) == 0);
	EXPECT(tern_reader_done(&r) == -EINVAL); /* the padding is left */
	tern_read_raw(&r, tern_reader_left(&r));
	EXPECT(tern_reader_done(&r) == 0);
	EXPECT(tern_read_u8(&r) == 0 && r.failed);
	EXPECT(tern_read_u64(&r) == 0 && strcmp(tern_read_string(&r), "") == 0);
	EXPECT(tern_reader_done(&r) == -EINVAL);
	tern_writer_finish(&w);
}

static void test_hostile_values(void)
{
	struct tern_reader r;
	size_t n;
	/* a string with a NUL inside, one without an end, one longer than the bytes */
	static const char inside[] = "\2\0\0\0a\0\0", open[] = "\2\0\0\0abc",
			  longer[] = "\377\377\377\377a";
	tern_reader_init(&r, inside, sizeof(inside) - 1);
	EXPECT(strcmp(tern_read_string(&r), "") == 0 && r.failed);
	tern_reader_init(&r, open, sizeof(open) - 1);
	EXPECT(strcmp(tern_read_string(&r), "") == 0 && r.failed);
	tern_reader_init(&r, longer, sizeof(longer) - 1);
	EXPECT(strcmp(tern_read_string(&r), "") == 0 && r.failed);
	unsigned char ones[16];
	memset(ones, 255, sizeof(ones));
	tern_reader_init(&r, ones, sizeof(ones));
	EXPECT(tern_read_bytes(&r, &n) == NULL && n == 0 && r.failed);
	tern_reader_init(&r, ones, sizeof(ones));
	EXPECT(tern_read_count(&r, 1) == 0 && r.failed);
	static const char three[] = "\3\0\0\0abc";
	tern_reader_init(&r, three, sizeof(three) - 1);
	EXPECT(tern_read_count(&r, 1) == 3 && !r.failed);
	tern_reader_init(&r, three, sizeof(three) - 1);
	EXPECT(tern_read_count(&r, 2) == 0 && r.failed);
}

static void test_no_memory(void)
{
	struct tern_writer w = {0};
	size_t n;
	tern_fault_arm(1, true);
	tern_write_u32(&w, 1);
	tern_write_string(&w, "more");
	tern_fault_arm(0, false);
	EXPECT(w.failed && w.size == 0);
	tern_write_u8(&w, 1);
	EXPECT(w.failed);
	EXPECT(tern_writer_take(&w, &n) == NULL);
	EXPECT(!w.failed && !w.data);
	void *empty = tern_writer_take(&w, &n);
	EXPECT(empty && n == 0);
	tern_free(empty);
}

struct sending {
	int fd, error;
	const void *data;
	size_t size;
};

static void *send_thread(void *arg)
{
	struct sending *s = arg;
	s->error = tern_wire_send(s->fd, 7, s->data, s->size, TERN_WIRE_NO_DEADLINE);
	return NULL;
}

/* Larger than any socket's buffer: both sides must wait for each other. */
static void test_message(size_t size)
{
	int fd[2];
	unsigned char *data = tern_alloc(size);
	REQUIRE(data && socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == 0);
	for (size_t i = 0; i < size; i++)
		data[i] = (unsigned char)(i * 31 >> 3);
	struct sending s = {.fd = fd[0], .data = data, .size = size};
	pthread_t t;
	REQUIRE(pthread_create(&t, NULL, send_thread, &s) == 0);
	uint32_t type;
	void *got;
	size_t got_size;
	REQUIRE(tern_wire_receive(fd[1], &type, &got, &got_size, TERN_WIRE_NO_DEADLINE) == 0);
	pthread_join(t, NULL);
	EXPECT(s.error == 0 && type == 7 && got_size == size && memcmp(got, data, size) == 0);
	tern_free(got);
	tern_free(data);
	close(fd[0]);
	close(fd[1]);
}

static void expect_refused(const void *header, size_t size, int error)
{
	int fd[2];
	uint32_t type;
	void *got;
	size_t n;
	REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == 0);
	REQUIRE(write(fd[0], header, size) == (ssize_t)size);
	close(fd[0]);
	EXPECT(tern_wire_receive(fd[1], &type, &got, &n, TERN_WIRE_NO_DEADLINE) == error);
	close(fd[1]);
}

static void test_bad_messages(void)
{
	unsigned char good[24] = {'T', 'E', 'R', 'N', 2, 0, 0, 0, 7};
	unsigned char bad[24];
	expect_refused(good, 0, -EPIPE);
	expect_refused(good, 23, -EPIPE);
	memcpy(bad, good, sizeof(bad));
	bad[0] = 'X';
	expect_refused(bad, sizeof(bad), -EPROTO);
	memcpy(bad, good, sizeof(bad));
	bad[4] = 1;
	expect_refused(bad, sizeof(bad), -EPROTO);
	memcpy(bad, good, sizeof(bad));
	bad[23] = 1;
	expect_refused(bad, sizeof(bad), -EMSGSIZE);
	memcpy(bad, good, sizeof(bad));
	bad[16] = 9;
	expect_refused(bad, sizeof(bad), -EPIPE);
	EXPECT(tern_wire_send(-1, 1, good, TERN_WIRE_MAX_PAYLOAD + 1, 0) == -EMSGSIZE);
}

static void test_deadline_and_close(void)
{
	int fd[2];
	uint32_t type;
	void *got;
	size_t n;
	static unsigned char large[1 << 22];
	REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == 0);
	uint64_t start = tern_clock_ns();
	EXPECT(tern_wire_receive(fd[0], &type, &got, &n, start + 20000000) == -ETIMEDOUT);
	uint64_t took = tern_clock_ns() - start;
	EXPECT(took >= 20000000);
	EXPECT(tern_wire_send(fd[0], 1, large, sizeof(large), tern_clock_ns() + 20000000) ==
	       -ETIMEDOUT);
	close(fd[1]);
	EXPECT(tern_wire_send(fd[0], 1, large, 1, TERN_WIRE_NO_DEADLINE) == -EPIPE);
	close(fd[0]);
}

static void make_request(struct tern_writer *w)
{
	struct tern_header headers[2] = {{"a.h", "int a;", 6}, {"dir/b.h", "", 0}};
	struct tern_wire_input inputs[1] = {{"code", 4}};
	struct tern_wire_request q = {
		.operation = TERN_BUILD_BUILD,
		.target = "t",
		.cpu = "znver5",
		.features = "+fma",
		.register_lanes = 16,
		.translator = "/t",
		.translator_seconds = 45,
		.options = "-w",
		.source = "kernel void f(void) {}",
		.source_size = 22,
		.headers = headers,
		.header_count = 2,
		.inputs = inputs,
		.input_count = 1,
	};
	tern_wire_write_request(w, &q);
}

static void test_request(void)
{
	struct tern_writer w = {0};
	struct tern_wire_request q;
	make_request(&w);
	REQUIRE(!w.failed);
	REQUIRE(tern_wire_read_request(w.data, w.size, &q) == 0);
	EXPECT(q.operation == TERN_BUILD_BUILD && q.register_lanes == 16 && q.source_size == 22);
	EXPECT(strcmp(q.cpu, "znver5") == 0 && strcmp(q.dump, "") == 0);
	EXPECT(strcmp(q.translator, "/t") == 0 && q.translator_seconds == 45);
	EXPECT(q.header_count == 2 && strcmp(q.headers[1].name, "dir/b.h") == 0);
	EXPECT(q.input_count == 1 && q.inputs[0].size == 4);
	tern_wire_free_request(&q);
	for (size_t n = 0; n < w.size; n++)
		EXPECT(tern_wire_read_request(w.data, n, &q) == -EINVAL);
	for (size_t i = 0; i < w.size; i++) {
		for (int bit = 0; bit < 8; bit++) {
			w.data[i] ^= (unsigned char)(1 << bit);
			if (tern_wire_read_request(w.data, w.size, &q) == 0)
				tern_wire_free_request(&q);
			w.data[i] ^= (unsigned char)(1 << bit);
		}
	}
	for (uint64_t n = 1; n <= 2; n++) {
		tern_fault_arm(n, false);
		EXPECT(tern_wire_read_request(w.data, w.size, &q) == -ENOMEM);
	}
	tern_fault_arm(0, false);
	tern_writer_finish(&w);
}

static void test_result_message(void)
{
	struct tern_writer w = {0};
	struct tern_wire_result out, in = {TERN_BUILD_OK, "warning", "image", 5};
	tern_wire_write_result(&w, &in);
	REQUIRE(!w.failed && tern_wire_read_result(w.data, w.size, &out) == 0);
	EXPECT(out.status == TERN_BUILD_OK && out.code_size == 5 &&
	       strcmp(out.log, "warning") == 0);
	for (size_t n = 0; n < w.size; n++)
		EXPECT(tern_wire_read_result(w.data, n, &out) == -EINVAL);
	w.data[0] = TERN_BUILD_FAILED; /* must not have code */
	EXPECT(tern_wire_read_result(w.data, w.size, &out) == -EINVAL);
	w.data[0] = 200;
	EXPECT(tern_wire_read_result(w.data, w.size, &out) == -EINVAL);
	tern_writer_finish(&w);
}

int main(void)
{
	test_values();
	test_hostile_values();
	test_no_memory();
	test_message(0);
	test_message(1);
	test_message((size_t)5 << 20);
	test_bad_messages();
	test_deadline_and_close();
	test_request();
	test_result_message();
	return test_result();
}
