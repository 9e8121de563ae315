/* SPDX-License-Identifier: MIT */
/*
 * DOC: struct tern_code as bytes
 *
 * What the compile server returns, the cache stores and CL_PROGRAM_BINARIES hands out. All numbers
 * are little-endian:
 *
 *	0    magic "TERNCODE"
 *	8    u32 version of this format, u32 TERN_ABI_VERSION
 *	16   version of Tern, 16 characters padded with zeros
 *	32   u64 bytes in all, u64 offset of the payload, u64 bytes of the payload
 *	56   u32 kind, u32 0
 *	64   SHA-256 of bytes 0 to 63 and of all from 96 on
 *	96   the description (struct tern_code_info), then zeros up to the payload
 *	...  the payload, at a multiple of 64: an ELF image or LLVM bitcode
 */
#ifndef TERN_KERNELS_CODE_FORMAT_H
#define TERN_KERNELS_CODE_FORMAT_H

#include "kernels/kernels.h"
#include "kernels/wire.h"

#define TERN_CODE_VERSION "0.1.0"

/*
 * Appends the whole of it to @w, which must be empty. @w->failed tells of missing memory (and of
 * tables with more than 2^32 elements).
 */
void tern_code_format_write(struct tern_writer *w, const struct tern_code_info *info,
			    const void *payload, size_t payload_size);

struct tern_code_parsed {
	struct tern_code_info info; /* strings lie in the parsed bytes, arrays in @tables */
	const void *payload;        /* inside the parsed bytes */
	size_t payload_size;
	void *tables;
};

/*
 * Withstands any bytes. The result refers to @bytes, which must stay; tern_code_format_finish()
 * frees the rest. -EINVAL: not ours, another version, or damaged; -ENOMEM.
 */
int tern_code_format_parse(const void *bytes, size_t size,
			   struct tern_code_parsed *out) TERN_MUST_CHECK;
void tern_code_format_finish(struct tern_code_parsed *parsed);

/* Makes the checksum of @bytes right again. For tests and fuzzers, to get past it. */
void tern_code_format_seal(void *bytes, size_t size);

#endif
