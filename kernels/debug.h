/* SPDX-License-Identifier: MIT */
/*
 * DOC: what debuggers and profilers need (-g)
 *
 * gdb and perf want files: the source, and the image with its lines, loaded by the dynamic linker.
 * Programs built with -g leave both in the folder "debug" of the cache, named by their contents.
 * They stay there, for a profile that is looked at later. Without a cache there are no files: such
 * a program runs like any other.
 */
#ifndef TERN_KERNELS_DEBUG_H
#define TERN_KERNELS_DEBUG_H

#include <stddef.h>

#include "kernels/image.h"

/* The path of a file with these bytes, for the caller to free; NULL when there can be none. */
char *tern_debug_file(const void *bytes, size_t size, const char *suffix);
/* Removes all of them; @cache: the cache folder's descriptor. */
void tern_debug_clear(int cache);
/* Whether an image has lines. */
bool tern_debug_has_lines(const void *image, size_t size);
/*
 * Puts an image of the same bytes in place of @image, which was loaded from them (and so is known
 * to be harmless), as a shared object that debuggers see. Leaves it as it is when that fails, or
 * when the process has this very file already: each module has variables of its own.
 */
void tern_debug_reload(const void *bytes, size_t size, struct tern_image *image);

#endif
