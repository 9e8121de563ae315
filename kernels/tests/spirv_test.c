/* SPDX-License-Identifier: MIT */
/* SPIR-V as libtern reads it: headers, specialization constants, and bytes that lie. */
#include "kernels/spirv.h"

#include <errno.h>
#include <string.h>

#include "kernels/tests/test_spirv.h"
#include "runtime/base/alloc.h"
#include "runtime/base/tests/test.h"

static uint32_t words[MODULE_WORDS];

/* The test's module, to be changed. */
static uint32_t *fresh(void)
{
	memcpy(words, test_module, sizeof(words));
	return words;
}

static int try_bytes(const void *bytes, size_t size)
{
	struct tern_spirv m;
	const char *wrong = NULL;
	int e = tern_spirv_open(&m, bytes, size, &wrong);
	EXPECT((e == 0) == (wrong == NULL));
	return e;
}

/* Whether the module is taken when word @at is @value. */
static int with_word(size_t at, uint32_t value)
{
	fresh()[at] = value;
	return try_bytes(words, sizeof(words));
}

static void headers(void)
{
	EXPECT(!try_bytes(fresh(), sizeof(words)));
	EXPECT(with_word(0, 0x07230204) == -EINVAL);
	EXPECT(with_word(0, 0) == -EINVAL);
	for (uint32_t minor = 0; minor <= TERN_SPIRV_MINOR_MOST; minor++)
		EXPECT(!with_word(1, TERN_SPIRV_VERSION(minor)));
	EXPECT(with_word(1, TERN_SPIRV_VERSION(TERN_SPIRV_MINOR_MOST + 1)) == -EINVAL);
	EXPECT(with_word(1, 0) == -EINVAL && with_word(1, 0x20000) == -EINVAL);
	EXPECT(with_word(1, 0x10001) == -EINVAL && with_word(1, 0x1010000) == -EINVAL);
	EXPECT(with_word(3, 0) == -EINVAL && with_word(4, 1) == -EINVAL);
	EXPECT(!with_word(2, 0xdeadbeef));
	/* a header alone is a module with nothing in it */
	EXPECT(!try_bytes(fresh(), 20));
	EXPECT(try_bytes(words, 16) == -EINVAL && try_bytes(words, 0) == -EINVAL);
}

/* Only what ends with an instruction, or with the header, is a module. */
static void truncated(void)
{
	struct tern_spirv m;
	struct tern_spirv_instruction i = {0};
	const char *wrong;
	size_t whole = 0, instructions = 0;
	REQUIRE(!tern_spirv_open(&m, fresh(), sizeof(words), &wrong));
	while (tern_spirv_next(&m, &i))
		instructions++;
	for (size_t size = 0; size < sizeof(words); size++)
		whole += !try_bytes(words, size);
	EXPECT(instructions > 40 && whole == instructions);
	EXPECT(try_bytes(words, TERN_SPIRV_MOST_BYTES + 4) == -EINVAL); /* unread */
}

static void lengths_that_lie(void)
{
	EXPECT(with_word(5, 17) == -EINVAL);                 /* no words */
	EXPECT(with_word(5, 0xffffu << 16 | 17) == -EINVAL); /* more than there are */
	EXPECT(!with_word(5, 2u << 16 | 0xffff));            /* an operation that nobody knows */
	EXPECT(with_word(MODULE_WORDS - 1, 2u << 16 | 56) == -EINVAL);
}

static struct tern_spirv_constant *list;
static size_t count;
static struct tern_spirv module;

static void survey(const void *bytes, size_t size)
{
	const char *wrong;
	REQUIRE(!tern_spirv_open(&module, bytes, size, &wrong));
	REQUIRE(!tern_spirv_constants(&module, &list, &count));
}

static void constants(void)
{
	static const uint32_t bytes[] = {4, 1, 2, 8, 4};
	survey(fresh(), sizeof(words));
	REQUIRE(count == tern_array_size(bytes));
	for (uint32_t i = 0; i < count; i++)
		EXPECT(list[i].id == 7 + i && list[i].bytes == bytes[i] &&
		       list[i].boolean == (i == 1) && !list[i].set);
	const uint64_t value = 0x8899aabbccddeeff;
	EXPECT(tern_spirv_constant_set(list, count, 6, 4, &value) == -ENOENT);
	EXPECT(tern_spirv_constant_set(list, count, 7, 8, &value) == -EINVAL);
	EXPECT(tern_spirv_constant_set(list, count, 8, 4, &value) == -EINVAL);
	EXPECT(tern_spirv_constant_set(list, count, 9, 0, &value) == -EINVAL);
	uint32_t out[MODULE_WORDS];
	tern_spirv_specialize(&module, list, count, out);
	EXPECT(!memcmp(out, test_module, sizeof(out)));
	tern_free(list);
}

/* The values in the instructions, and nothing else changed. */
static void specialized(void)
{
	static const uint8_t no = 0;
	static const uint16_t narrow = 0x8001;
	static const uint32_t word = 0xcafe0001;
	static const uint64_t wide = 0x123456789abcdef0;
	uint32_t out[MODULE_WORDS];
	size_t changed = 0;
	survey(fresh(), sizeof(words));
	EXPECT(!tern_spirv_constant_set(list, count, 7, sizeof(word), &word));
	EXPECT(!tern_spirv_constant_set(list, count, 8, sizeof(no), &no));
	EXPECT(!tern_spirv_constant_set(list, count, 9, sizeof(narrow), &narrow));
	EXPECT(!tern_spirv_constant_set(list, count, 10, sizeof(wide), &wide));
	tern_spirv_specialize(&module, list, count, out);
	for (size_t i = 0; i < MODULE_WORDS; i++)
		changed += out[i] != test_module[i];
	EXPECT(changed == 5);
	EXPECT(out[list[0].at + 3] == word && out[list[2].at + 3] == narrow);
	EXPECT(out[list[1].at] == (3u << 16 | OP_SPEC_FALSE));
	EXPECT(out[list[3].at + 3] == (uint32_t)wide && out[list[3].at + 4] == wide >> 32);
	EXPECT(!try_bytes(out, sizeof(out)));
	tern_free(list);
}

/* Signed types fill the word with their sign. */
static void signed_values(void)
{
	static const uint32_t source[] = {
		SPV_HEADER(0, 9),          SPV(OP_DECORATE, 2, 1, 1),  SPV(OP_DECORATE, 4, 1, 2),
		SPV(OP_DECORATE, 5, 1, 2), SPV(OP_TYPE_INT, 1, 16, 1), SPV(OP_SPEC, 1, 2, 0),
		SPV(OP_TYPE_INT, 3, 8, 0), SPV(OP_SPEC, 3, 4, 0),      SPV(OP_SPEC, 3, 5, 0),
	};
	uint32_t out[tern_array_size(source)];
	static const int16_t minus = -2;
	static const uint8_t large = 0xfe;
	survey(source, sizeof(source));
	REQUIRE(count == 3);
	EXPECT(!tern_spirv_constant_set(list, count, 1, 2, &minus));
	EXPECT(!tern_spirv_constant_set(list, count, 2, 1, &large));
	tern_spirv_specialize(&module, list, count, out);
	EXPECT(out[list[0].at + 3] == 0xfffffffe);
	EXPECT(out[list[1].at + 3] == 0xfe && out[list[2].at + 3] == 0xfe); /* both of one id */
	tern_free(list);
}

/* Constants that are described wrongly are none. */
static void misdescribed(void)
{
	static const uint32_t source[] = {
		SPV_HEADER(0, 9),          SPV(OP_DECORATE, 2, 1),     SPV(OP_DECORATE, 3, 1, 3),
		SPV(OP_DECORATE, 4, 1, 4), SPV(OP_DECORATE, 5, 1, 5),  SPV(OP_DECORATE, 6, 1, 6),
		SPV(OP_DECORATE, 7, 1, 7), SPV(OP_TYPE_INT, 1, 32, 0), SPV(OP_TYPE_INT, 8, 128, 0),
		SPV(OP_TYPE_INT, 10, 64),  SPV(OP_SPEC, 1, 2, 0), /* no id */
		SPV(OP_SPEC, 1, 3, 0, 0),                         /* too long */
		SPV(OP_SPEC, 1, 4),                               /* too short */
		SPV(OP_SPEC_TRUE, 1, 5),                          /* no boolean type */
		SPV(OP_SPEC, 8, 6, 0),                            /* no type for it */
		SPV(OP_SPEC, 10, 7, 0, 0), SPV_ALONE(OP_SPEC),         SPV(OP_SPEC_TRUE, 1),
	};
	survey(source, sizeof(source));
	EXPECT(count == 0);
	tern_free(list);
}

/* The other byte order, from an address that is no multiple of anything. */
static void swapped(void)
{
	static unsigned char bytes[sizeof(words) + 1];
	uint32_t out[MODULE_WORDS];
	for (size_t i = 0; i < MODULE_WORDS; i++) {
		uint32_t word = __builtin_bswap32(test_module[i]);
		memcpy(bytes + 1 + 4 * i, &word, 4);
	}
	survey(bytes + 1, sizeof(words));
	EXPECT(module.swapped && count == 5);
	tern_spirv_specialize(&module, list, count, out);
	EXPECT(!memcmp(out, test_module, sizeof(out)));
	tern_free(list);
}

/* Random words behind a good header: any answer, within the bytes and soon. */
static void random_words(void)
{
	static uint32_t noise[2000];
	uint32_t state = 12345, taken = 0;
	for (int round = 0; round < 3000; round++) {
		size_t n = tern_array_size(noise);
		memcpy(noise, test_module, 20);
		for (size_t i = 5; i < n; i++) {
			state = state * 1664525 + 1013904223;
			noise[i] = round & 1 ? (state >> 28) << 16 | (state >> 8 & 127) : state;
		}
		const char *wrong;
		if (tern_spirv_open(&module, noise, sizeof(noise), &wrong))
			continue;
		taken++;
		REQUIRE(!tern_spirv_constants(&module, &list, &count));
		tern_free(list);
	}
	EXPECT(taken < 3000);
}

/* Many types and many constants: no longer than sorting takes. */
static void crowd(void)
{
	enum { EACH = 200000 };
	uint32_t *w = tern_zalloc_array(5 + EACH * 12, 4);
	size_t n = 5;
	REQUIRE(w);
	memcpy(w, test_module, 20);
	for (uint32_t i = 0; i < EACH; i++) {
		const uint32_t three[] = {SPV(OP_DECORATE, 1000000 + i, 1, i),
					  SPV(OP_TYPE_INT, i, 32, 0),
					  SPV(OP_SPEC, i, 1000000 + i, i)};
		memcpy(w + n, three, sizeof(three));
		n += tern_array_size(three);
	}
	survey(w, 4 * n);
	EXPECT(count == EACH);
	for (size_t i = 0; i < count; i += 1000)
		EXPECT(list[i].id == i);
	tern_free(list);
	tern_free(w);
}

static void no_memory(void)
{
	const char *wrong;
	bool failed = false;
	REQUIRE(!tern_spirv_open(&module, fresh(), sizeof(words), &wrong));
	for (uint64_t n = 1; n < 20; n++) {
		tern_fault_arm(n, false);
		int e = tern_spirv_constants(&module, &list, &count);
		tern_fault_arm(0, false);
		EXPECT(!e || e == -ENOMEM);
		failed |= e != 0;
		if (!e)
			tern_free(list);
	}
	EXPECT(failed);
}

int main(void)
{
	headers();
	truncated();
	lengths_that_lie();
	constants();
	specialized();
	signed_values();
	misdescribed();
	swapped();
	random_words();
	crowd();
	no_memory();
	return test_result();
}
