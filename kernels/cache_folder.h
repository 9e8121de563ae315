/* SPDX-License-Identifier: MIT */
/* The cache's folder: opening it safely, writing files into it, keeping it within its bound. */
#ifndef TERN_KERNELS_CACHE_FOLDER_H
#define TERN_KERNELS_CACHE_FOLDER_H

#include "kernels/cache.h"

enum { TERN_CACHE_NAME_BYTES = 2 * TERN_SHA256_BYTES + 1 };

/* The name of an entry's file. */
void tern_cache_name(const struct tern_cache_key *key, char out[TERN_CACHE_NAME_BYTES]);
/*
 * A descriptor of the folder for the caller to close, or -errno: -ENOENT when there is none (and
 * it is not to be made), or the cache is off; -EPERM when others have a hand in it.
 */
int tern_cache_folder_open(bool create) TERN_MUST_CHECK;
/* Puts a file with these bytes in place of @name, at once and whole. */
int tern_cache_folder_write(int folder, const char *name, const void *bytes,
			    size_t size) TERN_MUST_CHECK;
/* Counts an entry of @size bytes that was stored, and makes room when the bound is exceeded. */
void tern_cache_folder_account(int folder, size_t size);
/* TERN_CACHE_SIZE */
uint64_t tern_cache_limit(void);

#endif
