/* SPDX-License-Identifier: MIT */
/* The program's mappings, as the kernel knows them now. Pinned memory and direct system calls only.
 */
#ifndef TERN_SVM_VMA_H
#define TERN_SVM_VMA_H

#include "runtime/base/base.h"

enum {
	VMA_READ = 1 << 0,
	VMA_WRITE = 1 << 1,
	VMA_EXEC = 1 << 2,
	VMA_SHARED = 1 << 3,
	VMA_FILE = 1 << 4,
	VMA_HUGETLB = 1 << 5,
};

struct vma {
	uint64_t start, end;
	unsigned flags;
};

struct vma_reader {
	int maps;   /* /proc/self/maps */
	bool query; /* PROCMAP_QUERY works */
	char *text; /* VMA_TEXT_BYTES, pinned: for kernels without it */
};
#define VMA_TEXT_BYTES 65536u

/* PROCMAP_QUERY is there (Linux 6.11). */
bool vma_query_works(void);
/* 0 or -errno. */
int vma_reader_init(struct vma_reader *reader) TERN_MUST_CHECK;
void vma_reader_finish(struct vma_reader *reader);
/* The mapping that @address lies in. False: none. */
bool vma_find(struct vma_reader *reader, uint64_t address, struct vma *out);
/* As above, or the next one above @address. */
bool vma_find_next(struct vma_reader *reader, uint64_t address, struct vma *out);

#endif
