/* SPDX-License-Identifier: MIT */
/* What a replay's engine works on: the program's memory and a device's, as bits. */
#ifndef TERN_SVM_REPLAY_MEMORY_H
#define TERN_SVM_REPLAY_MEMORY_H

#include "runtime/base/status.h"
#include "svm/internal.h"

#define REPLAY_CHUNKS   (1u << 17) /* 256 GiB */
#define REPLAY_TABLES   1024u      /* of the directory, each for 16 GiB of address space */
#define REPLAY_MAPPINGS 65536u

struct replay_chunk {
	uint64_t base;
	/* The host has nothing there; known: no guess; of the device: mapped, readonly; been: was
	 * mapped with contents some time. */
	tern_page_bits hole, known, mapped, readonly, been;
};

struct replay_memory {
	struct tern_devmem devmem;        /* first */
	struct tern_status_device status; /* which nobody looks at */
	struct engine *e;
	struct replay_chunk **chunks; /* a hash table by address, a power of two */
	uint32_t count, size;
	struct vma *mappings; /* in order; they do not overlap */
	unsigned mapping_count, mapping_size;
	uint64_t pages_again;
	bool refused; /* since it was cleared */
	int error;    /* -ENOMEM, -E2BIG: nothing goes on */
};

extern const struct host_ops replay_host;

int replay_memory_init(struct replay_memory *m, struct engine *e) TERN_MUST_CHECK;
void replay_memory_finish(struct replay_memory *m);
/* NULL: not there; with @create: m->error says why. @address < ADDRESS_END. */
struct replay_chunk *replay_memory_find(const struct replay_memory *m, uint64_t address);
struct replay_chunk *replay_memory_chunk(struct replay_memory *m, uint64_t address, bool create);
int replay_memory_map(struct replay_memory *m, const struct vma *vma) TERN_MUST_CHECK;
bool replay_memory_is_mapped(const struct replay_memory *m, uint64_t address, bool write);
void replay_memory_forget(struct replay_memory *m, uint64_t start, uint64_t end, bool unmapped);

#endif
