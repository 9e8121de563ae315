/* SPDX-License-Identifier: MIT */
/*
 * DOC: the disk cache
 *
 * One flat folder (tern_path_cache()), made with mode 0700 at the first store. It is used only when
 * it belongs to the user and nobody else can write to it. Each entry is a file named by its key in
 * hexadecimal:
 *
 *	0    magic "TERNCACH"
 *	8    the key, 32 bytes
 *	40   SHA-256 of the key, the log and the code's header, which has a checksum of the rest
 *	72   the build log (tern_write_string()), the code (tern_write_bytes())
 *
 * The key is a SHA-256 of everything that a build depends on: operation, options, source, headers,
 * inputs, target, flags, Tern's version, and the identity of the compile server's file and, for
 * SPIR-V, of the translator's. Only
 * successful builds are stored, and only those that depend on nothing else (pure.h).
 *
 * An entry is written under a temporary name and renamed, so that readers see all of it or nothing;
 * there is no fsync(): what a power failure leaves is found out by the checksum. Damaged entries
 * are removed. Nothing is locked, several processes work at the same time, and everything that
 * fails (full disk, no permission, no descriptors) means only that there is no cache.
 *
 * Bound: TERN_CACHE_SIZE. The *length* of the file "size" counts the entries' 4 KiB units: a store
 * appends as many bytes as the entry has units. When the count exceeds the bound, the process that
 * sees it removes the least recently used entries (a hit sets the time of modification) down to
 * 7/8 of the bound, and abandoned temporary files, and puts a new "size" in place. What others
 * store meanwhile may go uncounted until the next time.
 */
#ifndef TERN_KERNELS_CACHE_H
#define TERN_KERNELS_CACHE_H

#include "kernels/server.h"
#include "runtime/base/sha256.h"

struct tern_cache_key {
	unsigned char bytes[TERN_SHA256_BYTES];
};

/* @flags: of struct tern_wire_request. @translator: that takes part in it, or zeros. */
void tern_cache_key(const struct tern_build_request *request, uint32_t flags,
		    const struct tern_server_identity *server,
		    const struct tern_server_identity *translator, struct tern_cache_key *out);
/* True with a reference in *@code and a string to free in *@log, if the cache has it. */
bool tern_cache_load(const struct tern_cache_key *key, struct tern_code **code,
		     char **log) TERN_MUST_CHECK;
void tern_cache_store(const struct tern_cache_key *key, const struct tern_code *code,
		      const char *log);

#endif
