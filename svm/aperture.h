/* SPDX-License-Identifier: MIT */
/*
 * DOC: the aperture
 *
 * A range of addresses that is the same in the program and in every device process and that no
 * memory of the program's ever lies in: it is reserved (PROT_NONE) in the program when the first
 * device of that kind starts. Every other address that is valid in the program is free in the
 * device, which is what makes any pointer valid there. Constants only, so that a freestanding
 * device process can include it.
 *
 *	part		in the program	in the device
 *	IMAGE		-		the device process itself: code, data, stacks
 *	COMMANDS	read, write	read: packets and arguments
 *	STATUS		read, write	read, write: completion, faults; never trusted
 *	UNITS		-		stacks, local and scratch memory of the units
 *	CODE		read, write	as the images' segments ask: kernels, variables
 *	SHARED		read, write	read, write: TERN_HEAP_SHARED
 *
 * The place is free in ordinary processes and in those under ASAN and TSAN (their shadow memory is
 * elsewhere).
 */
#ifndef TERN_SVM_APERTURE_H
#define TERN_SVM_APERTURE_H

#define TERN_APERTURE_START    0x200000000000ul
#define TERN_APERTURE_IMAGE    TERN_APERTURE_START
#define TERN_APERTURE_COMMANDS 0x200010000000ul
#define TERN_APERTURE_STATUS   0x200020000000ul
#define TERN_APERTURE_UNITS    0x201000000000ul
#define TERN_APERTURE_CODE     0x20f000000000ul
#define TERN_APERTURE_SHARED   0x210000000000ul
#define TERN_APERTURE_END      0x220000000000ul

#define TERN_APERTURE_COMMANDS_BYTES 0x4000000ul    /* 64 MiB */
#define TERN_APERTURE_STATUS_BYTES   0x4000000ul    /* 64 MiB */
#define TERN_APERTURE_UNIT_BYTES     0x200000000ul  /* 8 GiB each, 64 units at most */
#define TERN_APERTURE_CODE_BYTES     0x400000000ul  /* 16 GiB */
#define TERN_APERTURE_SHARED_BYTES   0x8000000000ul /* 512 GiB */

/* Reserves it in this process; idempotent, thread-safe. -EEXIST: something else is there; -ENOMEM.
 */
int tern_aperture_reserve(void);

#endif
