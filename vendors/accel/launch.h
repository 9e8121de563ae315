/* SPDX-License-Identifier: MIT */
/* Within the process half: launch.c and its neighbours. */
#ifndef TERN_VENDORS_ACCEL_LAUNCH_H
#define TERN_VENDORS_ACCEL_LAUNCH_H

#include "vendors/accel/internal.h"

#define START_TIMEOUT_MS  10000 /* a process that has not answered by then never will */
#define ANSWER_TIMEOUT_MS 10000

/* files.c. A memory file of @bytes (sparse), @flags: MFD_* beside MFD_CLOEXEC. A descriptor or
 * -errno. */
int accel_file_create(const char *name, uint64_t bytes, unsigned flags) TERN_MUST_CHECK;
/* The same with huge pages in mappings that are advised so: for those who may mount. -EPERM. */
int accel_file_create_huge(uint64_t bytes) TERN_MUST_CHECK;
/* Maps it at @at, inside the aperture, to read and write. */
int accel_file_map(int fd, uint64_t at, uint64_t bytes) TERN_MUST_CHECK;

/* As accel_process_start(), restart() and stop(), but for the space: nothing serves the process'
 * faults. For tests that do that themselves. */
int accel_launch(struct accel *accel) TERN_MUST_CHECK;
int accel_launch_again(struct accel *accel) TERN_MUST_CHECK;
void accel_launch_end(struct accel *accel);

/* handshake.c. Hello and ready with a fresh process over @socket; its userfaultfd or -1 in *@uffd.
 * -ETIMEDOUT; -EPROTO; what the process says. */
int accel_handshake(const struct accel *accel, int socket, int pidfd, int *uffd) TERN_MUST_CHECK;
/* Waits until @fd is readable. -ETIMEDOUT; -EPIPE: the process of @pidfd (-1: unknown) has ended.
 */
int accel_poll(int fd, int pidfd, int timeout_ms) TERN_MUST_CHECK;

/* code.c. The memory file CODE, made at the first call: a descriptor or -errno. */
int accel_code_file(void) TERN_MUST_CHECK;
/* The process is no longer told of new code. */
void accel_code_disconnect(void);

/* memory.c. The device's memory goes back to the system; nothing is attached. */
void accel_memory_release(struct accel *accel);

#endif
