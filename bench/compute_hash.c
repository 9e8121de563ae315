/* SPDX-License-Identifier: MIT */
/* Hashes, checksums and random numbers: operations on whole numbers. */
#include "bench/compute.h"

#define WORDS   16 /* of a record */
#define SEED    0x9747b28cu
#define LINE    64
#define NUMBERS 32 /* of each generator */

static cl_uint left(cl_uint x, unsigned by)
{
	return x << by | x >> (32 - by);
}

static cl_uint right(cl_uint x, unsigned by)
{
	return left(x, 32 - by);
}

static void prepare_murmur(struct compute *compute)
{
	size_t count = compute_choose(compute, 1 << 18, 1 << 10);

	compute_uints(compute, count * WORDS, 0);
	compute_zeros(compute, count * sizeof(cl_uint));
	compute_int(compute, WORDS);
	compute_int(compute, (cl_int)SEED);
	compute_range(compute, count, 0);
	compute->bytes = (WORDS + 1.0) * sizeof(cl_uint) * (double)count;
}

static void expect_murmur(const struct compute *compute, void *expected)
{
	const cl_uint *records = compute_host(compute, 0);
	cl_uint *hash = expected;

	for (size_t at = 0; at < compute->global[0]; at++) {
		cl_uint h = SEED;

		for (size_t i = 0; i < WORDS; i++) {
			cl_uint k = left(records[at * WORDS + i] * 0xcc9e2d51u, 15) * 0x1b873593u;

			h = left(h ^ k, 13) * 5 + 0xe6546b64u;
		}
		h ^= WORDS * 4;
		h = (h ^ h >> 16) * 0x85ebca6bu;
		h = (h ^ h >> 13) * 0xc2b2ae35u;
		hash[at] = h ^ h >> 16;
	}
}

static void prepare_crc32(struct compute *compute)
{
	size_t count = compute_choose(compute, 1 << 16, 1 << 10);

	compute_uints(compute, count * LINE / 4, 0);
	compute_zeros(compute, count * sizeof(cl_uint));
	cl_uint *table = compute_zeros(compute, 256 * sizeof *table);

	for (cl_uint byte = 0; byte < 256; byte++) {
		table[byte] = byte;
		for (int bit = 0; bit < 8; bit++)
			table[byte] = table[byte] >> 1 ^ (table[byte] & 1 ? 0xedb88320u : 0);
	}
	compute_int(compute, LINE);
	compute_range(compute, count, 0);
	compute->bytes = (LINE + 4.0) * (double)count;
}

/* Bit by bit. */
static void expect_crc32(const struct compute *compute, void *expected)
{
	const cl_uchar *lines = compute_host(compute, 0);
	cl_uint *sums = expected;

	for (size_t at = 0; at < compute->global[0]; at++) {
		cl_uint sum = ~0u;

		for (size_t i = 0; i < LINE; i++) {
			sum ^= lines[at * LINE + i];
			for (int bit = 0; bit < 8; bit++)
				sum = sum >> 1 ^ (sum & 1 ? 0xedb88320u : 0);
		}
		sums[at] = ~sum;
	}
}

static void prepare_xorshift(struct compute *compute)
{
	size_t count = compute_choose(compute, 1 << 16, 1 << 10);

	compute_uints(compute, 4 * count, 0);
	compute_zeros(compute, count * NUMBERS * sizeof(cl_uint));
	compute_int(compute, NUMBERS);
	compute_range(compute, count, 64);
	compute->bytes = (NUMBERS + 4.0) * sizeof(cl_uint) * (double)count;
}

static void expect_xorshift(const struct compute *compute, void *expected)
{
	const cl_uint4 *seeds = compute_host(compute, 0);
	size_t items = compute->global[0];
	cl_uint *out = expected;

	for (size_t me = 0; me < items; me++) {
		cl_uint x[4] = {seeds[me].s[0], seeds[me].s[1], seeds[me].s[2], seeds[me].s[3]};

		for (size_t i = 0; i < NUMBERS; i++) {
			cl_uint t = x[3] ^ x[3] << 11;

			x[3] = x[2];
			x[2] = x[1];
			x[1] = x[0];
			x[0] = t ^ t >> 8 ^ x[0] ^ x[0] >> 19;
			out[i * items + me] = x[0];
		}
	}
}

static void prepare_sha256(struct compute *compute)
{
	size_t count = compute_choose(compute, 1 << 16, 1 << 10);

	compute_uints(compute, 16, 0);
	compute_zeros(compute, count * sizeof(cl_uint));
	compute_range(compute, count, 64);
}

/* The constants, from where the standard has them: the fraction of the cube roots of primes. */
static void fill_factors(cl_uint factors[64])
{
	unsigned found = 0;

	for (unsigned n = 2; found < 64; n++) {
		unsigned d = 2, low = 0;
		unsigned __int128 root = 0;

		while (d * d <= n && n % d)
			d++;
		if (d * d <= n)
			continue;
		for (int bit = 34; bit >= 0; bit--) {
			unsigned __int128 tried = root | (unsigned __int128)1 << bit;

			/* n has 96 more bits: those of its root are 32 more. */
			if (tried * tried * tried <= (unsigned __int128)n << 96)
				root = tried;
		}
		low = (unsigned)root;
		factors[found++] = low;
	}
}

static cl_uint first_word(cl_uint w[64], const cl_uint factors[64])
{
	cl_uint s[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
			0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

	for (int i = 16; i < 64; i++) {
		cl_uint a = w[i - 15], b = w[i - 2];

		w[i] = w[i - 16] + w[i - 7] + (right(a, 7) ^ right(a, 18) ^ a >> 3) +
		       (right(b, 17) ^ right(b, 19) ^ b >> 10);
	}
	for (int i = 0; i < 64; i++) {
		cl_uint a = s[0], e = s[4];
		cl_uint t1 = s[7] + (right(e, 6) ^ right(e, 11) ^ right(e, 25)) +
			     ((e & s[5]) ^ (~e & s[6])) + factors[i] + w[i];
		cl_uint t2 = (right(a, 2) ^ right(a, 13) ^ right(a, 22)) +
			     ((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));

		for (int k = 7; k > 0; k--)
			s[k] = s[k - 1];
		s[4] += t1;
		s[0] = t1 + t2;
	}
	return 0x6a09e667 + s[0];
}

static void expect_sha256(const struct compute *compute, void *expected)
{
	const cl_uint *block = compute_host(compute, 0);
	cl_uint *first = expected, factors[64];

	fill_factors(factors);
	for (cl_uint nonce = 0; nonce < compute->global[0]; nonce++) {
		cl_uint w[64];

		for (int i = 0; i < 15; i++)
			w[i] = block[i];
		w[15] = nonce;
		first[nonce] = first_word(w, factors);
	}
}

COMPUTE_TEXT(murmur);
COMPUTE_TEXT(crc32);
COMPUTE_TEXT(xorshift);
COMPUTE_TEXT(sha256);

const struct compute_case compute_hash_cases[] = {
	COMPUTE_CASE(murmur, 1, COMPUTE_EXACT, 0),
	COMPUTE_CASE(crc32, 1, COMPUTE_EXACT, 0),
	COMPUTE_CASE(xorshift, 1, COMPUTE_EXACT, 0),
	COMPUTE_CASE(sha256, 1, COMPUTE_EXACT, 0),
	{0},
};
