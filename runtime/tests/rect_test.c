/* SPDX-License-Identifier: MIT */
/* Rectangles: the checks one by one, and the overlap test against marking every byte. */
#include "runtime/rect.h"

#include <stdlib.h>
#include <string.h>
#include "runtime/base/tests/test.h"

typedef size_t triple[3];

static bool init(size_t x, size_t y, size_t z, size_t w, size_t h, size_t d, size_t row,
		 size_t slice, struct tern_rect *r)
{
	return tern_rect_init(r, (triple){x, y, z}, (triple){w, h, d}, row, slice);
}

static void checks(void)
{
	struct tern_rect r;
	/* default pitches */
	REQUIRE(init(1, 2, 3, 10, 4, 2, 0, 0, &r));
	REQUIRE(r.row == 10 && r.slice == 40 && r.offset == 141 && r.end == 141 + 40 + 30 + 10);
	REQUIRE(init(0, 0, 0, 10, 4, 2, 16, 0, &r) && r.slice == 64);
	REQUIRE(init(0, 0, 0, 10, 4, 2, 16, 80, &r) && r.end == 80 + 48 + 10);
	REQUIRE(init(0, 0, 0, 1, 1, 1, 0, 0, &r) && r.end == 1);
	/* zeros */
	REQUIRE(!init(0, 0, 0, 0, 1, 1, 0, 0, &r));
	REQUIRE(!init(0, 0, 0, 1, 0, 1, 0, 0, &r));
	REQUIRE(!init(0, 0, 0, 1, 1, 0, 0, 0, &r));
	/* pitches too small, or no multiple */
	REQUIRE(!init(0, 0, 0, 10, 4, 2, 9, 0, &r));
	REQUIRE(!init(0, 0, 0, 10, 4, 2, 16, 63, &r));
	REQUIRE(!init(0, 0, 0, 10, 4, 2, 16, 72, &r));
	REQUIRE(!init(0, 0, 0, 10, 4, 2, 0, 39, &r));
	/* overflow, at each step */
	REQUIRE(!init(0, 0, 0, SIZE_MAX / 2, 4, 1, 0, 0, &r));
	REQUIRE(!init(0, 0, 0, 1, 2, 1, SIZE_MAX / 2 + 1, 0, &r));
	REQUIRE(!init(0, SIZE_MAX / 4, 0, 8, 1, 1, 0, 0, &r));
	REQUIRE(!init(0, 0, SIZE_MAX / 4, 8, 1, 1, 0, 0, &r));
	REQUIRE(!init(0, 0, 0, 8, 1, SIZE_MAX / 4, 0, 0, &r));
	REQUIRE(!init(SIZE_MAX, 0, 0, 1, 1, 1, 0, 0, &r));
	REQUIRE(!init(SIZE_MAX - 5, 0, 0, 4, 2, 1, 4, 0, &r));
	REQUIRE(init(SIZE_MAX - 1, 0, 0, 1, 1, 1, 0, 0, &r) && r.end == SIZE_MAX);
}

static void mark(unsigned char *bytes, const struct tern_rect *r, const size_t region[3],
		 unsigned char bit)
{
	for (size_t z = 0; z < region[2]; z++)
		for (size_t y = 0; y < region[1]; y++)
			for (size_t x = 0; x < region[0]; x++)
				bytes[r->offset + z * r->slice + y * r->row + x] |= bit;
}

static void overlaps(void)
{
	static unsigned char bytes[4096];
	unsigned seed = 1, apart = 0, together = 0, inexact = 0;
	for (unsigned i = 0; i < 200000; i++) {
		triple region = {1 + rand_r(&seed) % 5, 1 + rand_r(&seed) % 4,
				 1 + rand_r(&seed) % 3};
		size_t row = region[0] + rand_r(&seed) % 6;
		size_t slice = row * (region[1] + rand_r(&seed) % 4);
		struct tern_rect a, b;
		REQUIRE(init(rand_r(&seed) % 6, rand_r(&seed) % 4, rand_r(&seed) % 3, region[0],
			     region[1], region[2], row, slice, &a));
		REQUIRE(init(rand_r(&seed) % 6, rand_r(&seed) % 4, rand_r(&seed) % 3, region[0],
			     region[1], region[2], row, slice, &b));
		bool said = tern_rect_overlap(&a, &b, region);
		REQUIRE(said == tern_rect_overlap(&b, &a, region));
		memset(bytes, 0, sizeof(bytes));
		mark(bytes, &a, region, 1);
		mark(bytes, &b, region, 2);
		bool true_answer = memchr(bytes, 3, sizeof(bytes));
		REQUIRE(said || !true_answer); /* never a missed one */
		apart += !said;
		together += true_answer;
		inexact += said && !true_answer;
	}
	REQUIRE(apart > 10000 && together > 10000);
	REQUIRE(inexact < 40000);
}

static void different_pitches(void)
{
	struct tern_rect a, b;
	triple region = {4, 2, 1};
	REQUIRE(init(0, 0, 0, 4, 2, 1, 8, 0, &a));
	REQUIRE(init(4, 0, 0, 4, 2, 1, 16, 0, &b));
	REQUIRE(tern_rect_overlap(&a, &b, region)); /* within each other's range */
	REQUIRE(init(12, 0, 0, 4, 2, 1, 16, 0, &b));
	REQUIRE(!tern_rect_overlap(&a, &b, region));
}

int main(void)
{
	checks();
	overlaps();
	different_pitches();
	return test_result();
}
