/* SPDX-License-Identifier: MIT */
/* The output of printf() in kernels, and what damaged buffers do to it. */
#include "runtime/printf.h"

#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);            \
			exit(1);                                                                   \
		}                                                                                  \
	} while (0)

static union {
	struct tern_printf_buffer buffer;
	unsigned char space[sizeof(struct tern_printf_buffer) + 4096];
} u = {.buffer.capacity = 4096};

static struct tern_printf_format formats[2];
static const struct tern_code_info code = {.formats = formats, .format_count = 2};
static uint8_t arg_bytes[16];
static uint32_t args;
static unsigned char record[512];
static size_t record_bytes;

static void add(const void *value, size_t bytes)
{
	memcpy(record + record_bytes, value, bytes);
	record_bytes += tern_round_up(bytes, 8);
	arg_bytes[args++] = (uint8_t)bytes;
}

static void add_int(int value)
{
	add(&value, sizeof(value));
}

static void add_long(long value)
{
	add(&value, sizeof(value));
}

static void add_double(double value)
{
	add(&value, sizeof(value));
}

static char *written(void)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	CHECK(out);
	tern_printf_write(out, &u.buffer, &code);
	CHECK(!fclose(out));
	return text;
}

/* Writes the arguments added so far by @format; they are forgotten then. */
static void expect(const char *format, const char *wanted)
{
	uint32_t head[2] = {0, (uint32_t)(8 + record_bytes)};
	formats[0] = (struct tern_printf_format){format, args, arg_bytes};
	memcpy(u.buffer.data, head, sizeof(head));
	memcpy(u.buffer.data + 8, record, record_bytes);
	u.buffer.used = head[1];
	char *text = written();
	if (strcmp(text, wanted) != 0) {
		fprintf(stderr, "\"%s\": \"%s\", not \"%s\"\n", format, text, wanted);
		exit(1);
	}
	free(text);
	memset(record, 0, sizeof(record));
	args = 0;
	record_bytes = 0;
}

static void test_scalars(void)
{
	expect("plain 100%%\n", "plain 100%\n");
	add_int(-5), add_int(7), expect("%d|%5.3i|", "-5|  007|");
	add_int(-1), expect("%u", "4294967295");
	add_int(-1), expect("%hhu", "255");
	add_int(300), expect("%hhd", "44");
	add_int(70000), expect("%hd", "4464");
	add_long(-5000000000), expect("%ld", "-5000000000");
	add_int(255), add_int(8), expect("%#x %#o", "0xff 010");
	add_double(1.5), add_double(-2), expect("%6.2f|%e", "  1.50|-2.000000e+00");
	add_double(0.5), expect("%a", "0x1p-1");
	add_int('c'), expect("%c%%", "c%");
	const char *s = "text";
	add(&s, sizeof(s)), expect("%s|", "text|");
	add(&s, sizeof(s)), expect("%6.2s|", "    te|");
	s = NULL;
	add(&s, sizeof(s)), expect("%s", "(null)");
	s = (const char *)(uintptr_t)0x7fff0000; /* wild: no memory is there */
	add(&s, sizeof(s)), expect("%5s|", "(null)|");
	void *p = (void *)0x1234;
	add(&p, sizeof(p)), expect("%p", "0x1234");
}

static void test_vectors(void)
{
	int i4[4] = {1, -2, 3, -4};
	add(i4, sizeof(i4)), expect("%v4hld", "1,-2,3,-4");
	add(i4, sizeof(i4)), expect("%v3hld", "1,-2,3");
	add(i4, sizeof(i4)), expect("%3v4hld|", "  1, -2,  3, -4|");
	unsigned char c8[8] = {0, 1, 2, 3, 4, 250, 6, 255};
	add(c8, sizeof(c8)), expect("%v8hhu", "0,1,2,3,4,250,6,255");
	add(c8, sizeof(c8)), expect("%#v8hhx", "0,0x1,0x2,0x3,0x4,0xfa,0x6,0xff");
	short s2[2] = {-1, 2};
	add(s2, sizeof(s2)), expect("%v2hd", "-1,2");
	float f4[4] = {1, 0.5f, -2, 3};
	add(f4, sizeof(f4)), expect("%2.2v4hlf", "1.00,0.50,-2.00,3.00");
	double d2[2] = {1, 0.25};
	add(d2, sizeof(d2)), expect("%v2lg", "1,0.25");
	unsigned short h2[2] = {0x3c00, 0xc100};
	add(h2, sizeof(h2)), expect("%v2hf", "1.000000,-2.500000");
	long l16[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
	add(l16, sizeof(l16)), expect("%v16ld", "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16");
}

/* Wrong formats and arguments: something is shown, nothing is read that is not there. */
static void test_wrong(void)
{
	expect("%d", "");
	add_int(1), expect("%d %d", "1 ");
	add_int(1), expect("%y %d", "%y 1");
	expect("%", "%");
	expect("%v5d", "%v5d");
	char *wide = malloc(65536);
	CHECK(wide);
	memset(wide, ' ', 65535);
	strcpy(wide + 65534, "1");
	add_int(1), expect("%99999999999999d", wide);
	free(wide);
}

static void test_damage(void)
{
	srand(1);
	for (unsigned i = 0; i < 20000; i++) {
		formats[0] = (struct tern_printf_format){"%d %v4hlf %ld\n", 3, arg_bytes};
		formats[1] = (struct tern_printf_format){"x\n", 0, NULL};
		arg_bytes[0] = 4, arg_bytes[1] = 16, arg_bytes[2] = 8;
		for (size_t j = 0; j < 256; j++)
			u.buffer.data[j] = (unsigned char)(rand() % 8 ? 0 : rand());
		u.buffer.data[0] = (unsigned char)(rand() % 3);
		u.buffer.data[4] = (unsigned char)(rand() % 64);
		u.buffer.used = rand() % 4 ? (uint64_t)(rand() % 256) : UINT64_MAX - (uint64_t)i;
		free(written());
	}
}

int main(void)
{
	test_scalars();
	test_vectors();
	test_wrong();
	test_damage();
	return 0;
}
