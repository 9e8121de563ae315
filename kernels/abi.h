/* SPDX-License-Identifier: MIT */
/*
 * DOC: the interface between compiled kernels and whoever runs them
 *
 * The compile server turns each kernel into a work-group function, or two (struct
 * tern_kernel_info.exchanged),
 *
 *     void fn(const void *args, const struct tern_group *group, uint64_t x, uint64_t y, uint64_t
 * z);
 *
 * which executes the whole work-group (x, y, z) on the calling thread: its lanes, rows, barriers
 * and tails are inside. x, y, z count work-groups from 0. The size of this work-group follows from
 * enqueued_local_size, global_size and x, y, z (the last group of a dimension may be smaller), so
 * one struct tern_group serves all the work-groups that a thread runs of one command, and is
 * constant meanwhile.
 *
 * @args: the argument block. Each argument lies at the offset that the kernel's description gives
 * (struct tern_kernel_arg): a scalar, vector or structure by value; a __global or __constant
 * pointer as an address; a __local pointer as a byte offset from group->local_mem. The block is
 * aligned to TERN_ARGS_ALIGN.
 *
 * The functions use no library, no thread-local storage and no floating-point state but the default
 * (round to nearest, no traps; MXCSR 0x1f80): the caller sets that. They may use much stack: see
 * struct tern_kernel_info.stack_bytes.
 *
 * Nothing here depends on the process it runs in: the accelerator runs the same images.
 */
#ifndef TERN_KERNELS_ABI_H
#define TERN_KERNELS_ABI_H

#include <stdint.h>

#define TERN_ABI_VERSION 5u
#define TERN_ARGS_ALIGN  128u
#define TERN_LOCAL_SLACK 1024u

struct tern_printf_buffer;

/* Offsets are part of the ABI: the compile server uses offsetof() on this very structure. */
struct tern_group {
	uint64_t enqueued_local_size[3]; /* get_enqueued_local_size() */
	uint64_t global_size[3];
	uint64_t num_groups[3];
	uint64_t global_offset[3];
	uint64_t work_dim;
	/* Local memory of the running work-group: tern_kernel_info.local_bytes for the kernel's own
	 * __local variables first, then the __local arguments; aligned to TERN_ARGS_ALIGN.
	 * Before it and behind it are TERN_LOCAL_SLACK bytes that belong to this thread alone:
	 * accesses of a chunk of which not all lanes are set read there and write it back. */
	unsigned char *local_mem;
	/* For kernels with barriers: at least tern_kernel_scratch() bytes, aligned to 128. */
	unsigned char *scratch;
	/* Where printf() writes, or NULL: then it returns -1. */
	struct tern_printf_buffer *printf_buffer;
	/* Bytes at local_mem and at scratch: which memory a generic pointer points to. */
	uint64_t local_bytes;
	uint64_t scratch_bytes;
	/* Not 0: stores that fill cache lines go past the caches (tern_kernel_info.stream_bytes).
	 * They are ordered with nothing else until the caller executes a store fence (sfence). */
	uint64_t streams;
};

typedef void tern_group_fn(const void *args, const struct tern_group *group, uint64_t x, uint64_t y,
			   uint64_t z);

/*
 * printf() reserves record bytes by an atomic add on @used; when the sum exceeds @capacity it
 * writes nothing and returns -1 (used then stays above capacity: readers stop at the first record
 * that does not fit). A record: uint32_t index of the format (struct tern_code_info.formats),
 * uint32_t bytes of the whole record (a multiple of 8), then each argument, padded to a multiple of
 * 8 bytes: integers as passed after the default promotions, float as double, vectors as they are (3
 * elements stored as 4), pointers and %s strings as addresses.
 */
struct tern_printf_buffer {
	uint64_t used;     /* atomic; bytes asked for so far */
	uint64_t capacity; /* bytes that follow */
	unsigned char data[];
};

/* tern_kernel_info.flags */
enum {
	TERN_KERNEL_BARRIER =
		1 << 0, /* chunks suspend (barriers, waiting sub-groups): needs scratch */
	TERN_KERNEL_PRINTF = 1 << 1,  /* may call printf() */
	TERN_KERNEL_WIDENED = 1 << 2, /* vectorised; else scalar, TERN_LOG=debug says why */
	TERN_KERNEL_ATOMICS = 1 << 3, /* has atomics on global memory */
	TERN_KERNEL_SUB_GROUPS = 1
				 << 4, /* uses sub-groups, which have as many work-items as lanes */
	TERN_KERNEL_ANY_GROUPS = 1 << 5, /* does the same whatever the work-groups are */
	TERN_KERNEL_CONTIGUOUS = 1 << 6, /* work-items beside each other in x access memory so */
	/* x of the group function is dimension 1 of the program's, y is dimension 0: to be called
	 * with all of struct tern_group exchanged likewise. Another form of some kernels. */
	TERN_KERNEL_EXCHANGED = 1 << 7,
};

enum tern_arg_kind {
	TERN_ARG_VALUE,    /* copied into the block */
	TERN_ARG_GLOBAL,   /* __global pointer: cl_mem, SVM pointer or NULL */
	TERN_ARG_CONSTANT, /* __constant pointer, likewise */
	TERN_ARG_LOCAL,    /* __local pointer: a size */
	TERN_ARG_IMAGE,
	TERN_ARG_SAMPLER,
	TERN_ARG_PIPE,
	TERN_ARG_QUEUE,
};

/* The image's entry (ELF e_entry) is the address of an array of the work-group functions, one for
 * each kernel and each other form of one, in the order of struct tern_code_info.kernels. */

#endif
