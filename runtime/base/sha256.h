/* SPDX-License-Identifier: MIT */
/* SHA-256 (FIPS 180-4): names cache entries and finds damage; nothing secret depends on it. */
#ifndef TERN_BASE_SHA256_H
#define TERN_BASE_SHA256_H

#include "runtime/base/base.h"

#define TERN_SHA256_BYTES 32

struct tern_sha256 {
	uint32_t state[8];
	uint64_t bytes; /* taken in so far */
	unsigned char block[64];
};

void tern_sha256_init(struct tern_sha256 *s);
void tern_sha256_update(struct tern_sha256 *s, const void *bytes, size_t size);
void tern_sha256_finish(struct tern_sha256 *s, unsigned char digest[TERN_SHA256_BYTES]);

#endif
