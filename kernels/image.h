/* SPDX-License-Identifier: MIT */
/*
 * DOC: loading images
 *
 * An image is a small ELF shared object for x86-64 that needs nothing from outside: no symbols are
 * looked up, no library, constructor, thread-local storage or lazy binding exists, and the only
 * relocation is R_X86_64_RELATIVE, in writable segments. Everything else is refused, so that a
 * hostile image cannot make the loader write outside its mapping. (What its code does when it runs
 * is another matter: it has the application's rights, as any program binary given to OpenCL.)
 *
 * Steps: check the program headers; reserve address space; copy the segments into anonymous memory;
 * relocate; set the final protection, never writable and executable at once; check the table of
 * functions that e_entry points at (abi.h).
 */
#ifndef TERN_KERNELS_IMAGE_H
#define TERN_KERNELS_IMAGE_H

#include "kernels/abi.h"
#include "runtime/base/base.h"

/*
 * Where an image goes that is not for this process: memory that another process maps at the same
 * address. NULL everywhere means this process' own memory. Functions: 0 or -errno; any thread.
 */
struct tern_image_place {
	/* @size bytes at a multiple of @align (both multiples of the page size), zeroed, which this
	 * process may write. */
	int (*reserve)(void *data, size_t size, size_t align, void **base);
	/* How the other process may access [@at, @at + @size) from now on: PROT_* bits. */
	int (*protect)(void *data, void *at, size_t size, int protection);
	void (*release)(void *data, void *base, size_t size);
	void *data;
};

struct tern_image {
	const struct tern_image_place *place; /* NULL: this process */
	void *base;                           /* of the mapping; NULL: the dynamic linker's */
	size_t size;
	void *object;                    /* dlopen()'s, for debuggers; NULL: none */
	tern_group_fn *const *functions; /* in the mapping; NULL when there are none */
};

/*
 * Loads the @size bytes of an image, which are copied, to @place (NULL: this process), which must
 * outlive it; its table must have @functions elements.
 * -EINVAL: not such an image; -ENOMEM; -EACCES where the system forbids executable memory.
 */
int tern_image_load(const void *bytes, size_t size, uint32_t functions,
		    const struct tern_image_place *place, struct tern_image *out) TERN_MUST_CHECK;
void tern_image_unload(struct tern_image *image);

#endif
