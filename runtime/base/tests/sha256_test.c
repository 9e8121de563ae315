/* SPDX-License-Identifier: MIT */
/* The vectors of FIPS 180-4's examples and of the NIST long message, in pieces of every size. */
#include <string.h>

#include "runtime/base/sha256.h"
#include "runtime/base/tests/test.h"

static void expect_digest(struct tern_sha256 *s, const char *hex)
{
	unsigned char digest[TERN_SHA256_BYTES];
	char text[2 * TERN_SHA256_BYTES + 1];
	tern_sha256_finish(s, digest);
	for (int i = 0; i < TERN_SHA256_BYTES; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	EXPECT(strcmp(text, hex) == 0);
}

static void test_text(const char *text, const char *hex)
{
	/* in one piece, and in two of every size */
	for (size_t cut = 0; cut <= strlen(text); cut++) {
		struct tern_sha256 s;
		tern_sha256_init(&s);
		tern_sha256_update(&s, text, cut);
		tern_sha256_update(&s, text + cut, strlen(text) - cut);
		expect_digest(&s, hex);
	}
}

static void test_million(void)
{
	char block[999];
	struct tern_sha256 s;
	memset(block, 'a', sizeof(block));
	tern_sha256_init(&s);
	for (size_t left = 1000000; left > 0;) {
		size_t n = left < sizeof(block) ? left : sizeof(block);
		tern_sha256_update(&s, block, n);
		left -= n;
	}
	expect_digest(&s, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

int main(void)
{
	test_text("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	test_text("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	test_text("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	test_text("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
		  "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
		  "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
	test_million();
	return test_result();
}
